from . import assumptions as assumptions
from . import comparison as comparison
from . import scenario_files as scenario_files
