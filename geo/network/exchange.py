"""The network as a networkx graph, as osmnx has it; other programs take its lines and weights.

- in, as lines: ``from_lines(osmnx.graph_to_gdfs(graph, nodes=False))`` of a projected graph, or
  ``from_lines`` of what ``momepy.nx_to_gdf`` gives
- out: ``to_networkx(network)``, which osmnx takes; as lines
  ``momepy.gdf_to_nx(gpd.GeoDataFrame(geometry=network.geometry, crs=network.crs))``; as weights
  ``libpysal.graph.Graph.from_sparse(network.walking)``: nodes, and metres between neighbours
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import shapely

from geo.network.graph import Network

if TYPE_CHECKING:
    import networkx as nx


def to_networkx(network: Network) -> nx.MultiDiGraph:
    """Return a network as the graph that osmnx would make of it.

    It has a node for each of the network, by number, with ``x``, ``y`` and ``street_count``, and an
    edge for each direction in which an edge may be travelled, with ``length`` in metres,
    ``geometry``, ``oneway``, ``reversed``, ``edge`` (its number in the network) and ``osmid``, the
    position of its source line.

    Examples
    --------
    >>> import geopandas as gpd
    >>> from geo.network import from_lines
    >>> ways = [shapely.LineString(xy) for xy in ([(0, 0), (50, 0)], [(50, 0), (50, 9)])]
    >>> lines = gpd.GeoDataFrame({"oneway": [1, 0]}, geometry=ways, crs=9141)
    >>> graph = to_networkx(from_lines(lines))
    >>> [(tail, head, data["length"]) for tail, head, data in graph.edges(data=True)]
    [(0, 1, 50.0), (1, 2, 9.0), (2, 1, 9.0)]
    """
    # networkx takes a third of a second to import, and no run needs it.
    import networkx as nx  # noqa: PLC0415

    graph = nx.MultiDiGraph(crs=network.crs.to_string(), simplified=True)
    degree = np.bincount(np.r_[network.edge_from, network.edge_to], minlength=network.n_nodes)
    for node, (x, y) in enumerate(network.node_xy.tolist()):
        graph.add_node(node, x=x, y=y, street_count=int(degree[node]))
    ends = np.stack([network.edge_from, network.edge_to], axis=1).tolist()
    for backward, lines in ((False, network.geometry), (True, shapely.reverse(network.geometry))):
        passable = network.oneway <= 0 if backward else network.oneway >= 0
        for edge in np.flatnonzero(passable).tolist():
            tail, head = reversed(ends[edge]) if backward else ends[edge]
            graph.add_edge(
                tail, head, osmid=int(network.line[edge]), edge=edge,
                length=float(network.length_m[edge]), geometry=lines[edge],
                oneway=bool(network.oneway[edge] != 0), reversed=backward,
            )  # fmt: skip
    return graph
