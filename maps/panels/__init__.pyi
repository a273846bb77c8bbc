from . import crews as crews
from . import crossings as crossings
from . import numbered_stops as numbered_stops
from . import patrol_panel as patrol_panel
from . import plan_quality as plan_quality
