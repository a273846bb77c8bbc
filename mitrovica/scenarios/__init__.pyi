from . import assumed as assumed
from . import comparison as comparison
from . import scenario_files as scenario_files
