"""Access: how far is help, on foot.

Start with `walking_access`: minutes to the nearest help of each kind, as rasters and by corridor
section.  For one service point in town, see `minutes_to_sites` and `best_sites`.

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

from geo.access.model import help_places, walking_access
from geo.access.pace import WALKING_FUNCTIONS
from geo.access.siting import (
    SitingError,
    best_sites,
    maximal_cover,
    minutes_to_sites,
    need_scenarios,
    p_median,
    share_within_walk,
)

__all__ = [
    "WALKING_FUNCTIONS",
    "SitingError",
    "best_sites",
    "help_places",
    "maximal_cover",
    "minutes_to_sites",
    "need_scenarios",
    "p_median",
    "share_within_walk",
    "walking_access",
]
