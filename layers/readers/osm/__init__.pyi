from . import asking as asking
from . import changes as changes
from . import extract as extract
from . import live as live
from . import snapshots as snapshots
from . import tags as tags
