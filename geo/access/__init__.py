"""Access: how far is help, on foot.

Start with `walking_access`: minutes to the nearest help of each kind, as rasters and by corridor
section.  For service points in town, see `minutes_to_sites`.  `slope_deg` and `hillshade` show the
terrain that people walk on.
"""

from geo.access.grid import tobler
from geo.access.relief import hillshade, slope_deg
from geo.access.walking import minutes_to_nearest, minutes_to_sites, walking_access

__all__ = [
    "hillshade",
    "minutes_to_nearest",
    "minutes_to_sites",
    "slope_deg",
    "tobler",
    "walking_access",
]
