from . import crew as crew
from . import dispatch_lines as dispatch_lines
from . import lines as lines
from . import log as log
