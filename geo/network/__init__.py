"""The network that people and cars use: roads, paths and railways as a graph.

Start with `from_lines`, on any lines in metres, or `from_networkx`, on a graph of osmnx:

>>> import geopandas as gpd, shapely
>>> from geo import network
>>> lines = [shapely.LineString(xy) for xy in ([(0, 0), (80, 0)], [(80, 0), (80, 50)])]
>>> streets = network.from_lines(gpd.GeoSeries(lines, crs="EPSG:32634"))
>>> streets  # from osmnx: network.from_networkx(osmnx.project_graph(graph))
Network(3 nodes, 2 edges, 0.1 km)
>>> streets.distances([0]).tolist()  # from node 0 to each
[[0.0, 80.0, 130.0]]
>>> network.to_networkx(streets).number_of_edges()  # for osmnx, a two-way street twice
4

Lines are split where they share a vertex; of lines drawn twice one is kept.  `Network.snap` finds
the nearest position of points, `Network.distances` measures along the edges, `cut` makes the lixels
on which density is given.

==============  ================================================================================
module          what it holds
==============  ================================================================================
`graph`         `Network`: nodes and edges as arrays
`lines`         lines as they come: parts, directions, tags, twins
`exchange`      networkx graphs in and out, as of osmnx, momepy and libpysal
`positions`     `Positions`: which edge, how far along it
`lixels`        `Lixels`: equal pieces of edges; which edges lie within reach of positions
`cells`         sightings known to a grid cell, on the edges in it, spread over the edges inside it
`segments`      straight segments, and the nearest of them to a point
`half_edges`    edges in both directions, and the compiled loops that walk them
==============  ================================================================================
"""

from geo.network.exchange import from_networkx, to_networkx
from geo.network.graph import Network, from_lines
from geo.network.lines import NetworkError
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
    "from_networkx",
    "to_networkx",
]
