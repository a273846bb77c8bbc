"""The network that people and cars use: roads, paths and railways as a graph.

Start with `from_lines`, on any lines in metres, such as the edges of a graph of osmnx.
Lines are split where they share a vertex; of lines drawn twice one is kept.  `Network.snap` finds
the nearest position of points, `Network.distances` measures along the edges, `lixelize` makes the
lixels on which density is given.
"""

from geo.network.exchange import to_networkx
from geo.network.graph import Network, Positions, from_lines
from geo.network.lixels import Lixels, lixelize
from geo.network.segments import GeometryError
from geo.network.source_lines import NetworkError

__all__ = [
    "GeometryError",
    "Lixels",
    "Network",
    "NetworkError",
    "Positions",
    "from_lines",
    "lixelize",
    "to_networkx",
]
