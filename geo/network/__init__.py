"""The network that people and cars use: roads, paths and railways as a graph.

Start with `from_lines`: it splits lines where they share a vertex and returns a `Network`.
`Network.snap` finds the nearest position of points, `Network.distances` measures along the edges,
`cut` makes the lixels on which density is given.

==============  ================================================================================
module          what it holds
==============  ================================================================================
`graph`         `Network`: nodes and edges as arrays
`positions`     `Positions`: which edge, how far along it
`lixels`        `Lixels`: equal pieces of edges; which edges lie within reach of positions
`cells`         sightings known to a grid cell, on the edges in it, spread over the edges inside it
`segments`      straight segments, and the nearest of them to a point
`half_edges`    edges in both directions, and the compiled loops that walk them
==============  ================================================================================
"""

from geo.network.graph import Network, NetworkError, from_lines
from geo.network.lixels import Lixels, cut
from geo.network.positions import Positions
from geo.network.segments import GeometryError

__all__ = [
    "GeometryError",
    "Lixels",
    "Network",
    "NetworkError",
    "Positions",
    "cut",
    "from_lines",
]
