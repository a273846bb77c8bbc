"""Access: how far is help, on foot.

Start with `walking_access`: minutes to the nearest help of each kind, as rasters and by corridor
section.  For service points in town, see `minutes_to_sites`.
"""

from geo.access.grid import tobler
from geo.access.model import minutes_to_sites, walking_access

__all__ = ["minutes_to_sites", "tobler", "walking_access"]
