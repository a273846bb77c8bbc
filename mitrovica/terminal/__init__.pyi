from . import crew as crew
from . import lines as lines
from . import log as log
from . import tonight as tonight
