from . import imports as imports
from . import retention as retention
from . import store as store
from . import tracks as tracks
