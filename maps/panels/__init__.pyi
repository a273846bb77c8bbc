from . import crews as crews
from . import crossings as crossings
from . import marks as marks
from . import plan_quality as plan_quality
from . import timetable as timetable
