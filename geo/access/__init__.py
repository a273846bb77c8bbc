"""Access: how far is help, on foot.

Start with `walking_access`: minutes to the nearest help of each kind, as rasters and by corridor
section.  For service points in town, see `minutes_to_sites`.
"""

from geo.access.model import walking_access
from geo.access.pace import WALKING_FUNCTIONS
from geo.access.siting import minutes_to_sites

__all__ = ["WALKING_FUNCTIONS", "minutes_to_sites", "walking_access"]
