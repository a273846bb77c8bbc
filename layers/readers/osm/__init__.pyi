from . import changes as changes
from . import extract as extract
from . import live as live
from . import queries as queries
from . import snapshots as snapshots
from . import tags as tags
