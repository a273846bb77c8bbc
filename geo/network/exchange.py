"""The network as a networkx graph, in and out, in the forms of osmnx, momepy and libpysal.

- in: ``from_networkx(graph)``, of osmnx, projected, or of ``momepy.gdf_to_nx``; as lines
  ``from_lines(osmnx.graph_to_gdfs(graph, nodes=False))`` or of ``momepy.nx_to_gdf``
- out: ``to_networkx(network)``, which osmnx takes; as lines
  ``momepy.gdf_to_nx(gpd.GeoDataFrame(geometry=network.geometry, crs=network.crs))``; as weights
  ``libpysal.graph.Graph.from_sparse(network.walking)``: nodes, and metres between neighbours
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import CRSError, require_metric
from geo.network.graph import Network, from_lines
from geo.network.lines import NetworkError

if TYPE_CHECKING:
    import networkx as nx


def from_networkx(graph: nx.Graph) -> Network:
    """Return the network of a networkx graph, such as osmnx's.

    An edge of a directed graph is passable from its first node to its second; two that are drawn
    along one another both ways become one edge.  Edges of other graphs are passable both ways.
    An edge without ``geometry`` is a straight line.  Lengths are those of the lines: osmnx's own
    ``length`` is measured on the globe.  A node without edges is left out.

    Parameters
    ----------
    graph : networkx.Graph, MultiGraph, DiGraph or MultiDiGraph
        With ``graph.graph["crs"]``, projected, in metres.  An edge has ``geometry``, which runs
        from its first node to its second, or its nodes have ``x`` and ``y``.  ``Network.line``
        counts ``graph.edges`` in their order.

    Raises `geo.crs.CRSError`, `NetworkError` if the CRS is missing, geographic or not in metres; if
    an edge has neither a line nor nodes with a position.

    Examples
    --------
    >>> import networkx as nx
    >>> graph = nx.MultiDiGraph(crs="EPSG:9141")
    >>> graph.add_nodes_from([(1, {"x": 0.0, "y": 0.0}), (2, {"x": 300.0, "y": 400.0})])
    >>> _ = graph.add_edges_from([(1, 2), (2, 1)])
    >>> from_networkx(graph)
    Network(2 nodes, 1 edges, 0.5 km; twins left out: 1)
    """
    try:
        crs = require_metric(graph=gpd.GeoSeries([], crs=graph.graph.get("crs")))
    except CRSError as error:
        found = graph.graph.get("crs", "no CRS")
        raise CRSError(
            f"the graph has {found}; distances need a projected CRS in metres. "
            "Fix: graph = osmnx.project_graph(graph)"
        ) from error
    lines = [
        data["geometry"]
        if data.get("geometry") is not None
        else shapely.LineString([_position(graph, tail), _position(graph, head)])
        for tail, head, data in graph.edges(data=True)
    ]
    oneway = [int(graph.is_directed())] * len(lines)
    return from_lines(gpd.GeoDataFrame({"oneway": oneway}, geometry=lines, crs=crs))


def to_networkx(network: Network) -> nx.MultiDiGraph:
    """Return a network as the graph that osmnx would make of it.

    It has a node for each of the network, by number, with ``x``, ``y`` and ``street_count``, and an
    edge for each direction in which an edge may be travelled, with ``length`` in metres,
    ``geometry``, ``oneway``, ``reversed``, ``edge`` (its number in the network) and ``osmid``, the
    position of its source line.

    Examples
    --------
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


def _position(graph: nx.Graph, node: Any) -> tuple[float, float]:
    data = graph.nodes[node]
    if "x" not in data or "y" not in data:
        raise NetworkError(
            f"node {node!r} has {sorted(data)}, no x and y, and an edge of it has no geometry. "
            "Fix: graph.add_node(node, x=..., y=...)"
        )
    return float(data["x"]), float(data["y"])
