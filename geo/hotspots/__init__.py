"""Hotspots: where more was reported than reporting effort would bring.

A hotspot says where people were *reported*, never where they *are*.  Start with `find`, which scans
a network for hotspots and gives the density of what was reported on it.  It takes any points and
any lines in metres.  `find_heavier` asks where events that weigh more lie together.

The density alone, which takes no account of effort: `heat_density`, along a network; as rasters,
`planar_density` and `network_density`.
"""

from geo.hotspots.heat import Sources, heat_density
from geo.hotspots.ranking import find
from geo.hotspots.surface import network_density, planar_density
from geo.hotspots.weighted_scan import find_heavier

__all__ = [
    "Sources",
    "find",
    "find_heavier",
    "heat_density",
    "network_density",
    "planar_density",
]
