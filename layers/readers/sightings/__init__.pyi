from . import columns as columns
from . import containers as containers
from . import parsing as parsing
from . import personal as personal
from . import report as report
from . import rows as rows
from . import tables as tables
