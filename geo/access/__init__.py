"""Access: how far is help, on foot.

Start with `walking_access`: minutes to the nearest help of each kind, as rasters and by corridor
section.  For service points in town, see `minutes_to_sites` and `maximal_cover`.

============  =============================================================================
module        what it holds
============  =============================================================================
`model`       what counts as help, and the minutes to it
`grid`        a grid of cells: lines, rivers and terrain on it
`least_cost`  the compiled least-cost surface
`pace`        walking speed on a slope
`siting`      the best sites for service points
============  =============================================================================
"""

from geo.access.model import walking_access
from geo.access.pace import WALKING_FUNCTIONS
from geo.access.siting import SitingError, maximal_cover, minutes_to_sites

__all__ = [
    "WALKING_FUNCTIONS",
    "SitingError",
    "maximal_cover",
    "minutes_to_sites",
    "walking_access",
]
