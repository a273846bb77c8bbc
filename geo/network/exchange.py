"""The network as a networkx graph, as osmnx has it; other programs take its lines and weights.

- in, as lines: ``from_lines(osmnx.graph_to_gdfs(graph, nodes=False))`` of a projected graph, or
  ``from_lines`` of what ``momepy.nx_to_gdf`` gives
- out: ``to_networkx(network)``, which osmnx takes; as lines
  ``momepy.gdf_to_nx(gpd.GeoDataFrame(geometry=network.geometry, crs=network.crs))``; as weights
  ``libpysal.graph.Graph.from_sparse(network.walking)``: nodes, and metres between neighbours
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Floats
from geo.network.graph import Network
from geo.network.source_lines import VERTEX_GRID_M

if TYPE_CHECKING:
    import networkx as nx

_YES_NO: Final = ("bridge", "tunnel", "ford", "intermittent")
"""Columns that are true or false here, and ``yes`` or absent in OpenStreetMap."""


def to_networkx(network: Network) -> nx.MultiDiGraph:
    """Return a network as the graph that osmnx would make of it.

    An edge for each direction in which an edge may be travelled has what its source line says
    (``highway``, ``name``, ``bridge`` and all other columns; nothing where it is null), with
    ``length`` in metres, ``geometry``, ``oneway``, ``reversed``, and two numbers: ``edge`` in the
    network, ``line`` in the frame that it is from.  ``osmid`` is that of the line, else the number
    in its id (``way/123``), else the number of the line; a column ``id`` is called ``way``, since
    GraphML has ids of its own.

    A node has ``x``, ``y``, ``street_count`` and ``node``, its number in the network.  It is called
    as in the graph of osmnx that the lines are from, by the index ``u``, ``v`` of their frame; a
    node that is new there has a negative id.  Of other lines it is called by its number.

    Parameters
    ----------
    network : geo.network.Network

    Returns
    -------
    networkx.MultiDiGraph

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
    ids = _node_ids(network)
    of_line = _attributes(network)
    _add_nodes(graph, network, ids)
    tails = network.edge_from.tolist()
    heads = network.edge_to.tolist()
    forth = network.oneway >= 0
    back = network.oneway <= 0
    reversed_lines = shapely.reverse(network.geometry)
    for passable, begins, ends, lines in (
        (forth, tails, heads, network.geometry),
        (back, heads, tails, reversed_lines),
    ):
        for edge in np.flatnonzero(passable).tolist():
            line = int(network.line[edge])
            data = {"osmid": line} | of_line.get(line, {})
            data |= {
                "edge": edge,
                "line": line,
                "length": float(network.length_m[edge]),
                "geometry": lines[edge],
                "oneway": bool(network.oneway[edge] != 0),
                "reversed": passable is back,
            }
            graph.add_edge(ids[begins[edge]], ids[ends[edge]], **data)
    return graph


def _add_nodes(graph: nx.MultiDiGraph, network: Network, ids: list[int]) -> None:
    """Add the nodes, with their place and how many edges meet there."""
    ends = np.r_[network.edge_from, network.edge_to]
    degree = np.bincount(ends, minlength=network.n_nodes)
    for node, (x, y) in enumerate(network.node_xy.tolist()):
        graph.add_node(ids[node], x=x, y=y, street_count=int(degree[node]), node=node)


def _node_ids(network: Network) -> list[int]:
    """Return what each node is called in the graph that the lines are from, else its number."""
    lines = network.lines
    if not isinstance(lines, gpd.GeoDataFrame):
        return list(range(network.n_nodes))
    if not {"u", "v"} <= {*lines.index.names, *lines}:
        return list(range(network.n_nodes))
    table = lines.reset_index()
    ids = -1 - np.arange(network.n_nodes)
    for name, vertex in (("u", 0), ("v", -1)):
        points = np.asarray(shapely.get_point(table.geometry.values, vertex))
        ends = shapely.get_coordinates(points)
        node = _grid(network.node_xy).get_indexer(_grid(ends))
        given = table[name].to_numpy()[~shapely.is_missing(points)]
        ids[node[node >= 0]] = given[node >= 0]
    return ids.tolist()


def _grid(xy: Floats) -> pd.MultiIndex:
    """Return coordinates as a network tells vertices apart."""
    x, y = np.round(xy / VERTEX_GRID_M).astype(int).T
    return pd.MultiIndex.from_arrays([x, y])


def _attributes(network: Network) -> dict[int, dict[str, Any]]:
    """Return what each source line of an edge says, as OpenStreetMap says it, by its number."""
    lines = network.lines
    if not isinstance(lines, gpd.GeoDataFrame):
        return {}
    number = np.unique(network.line)
    table = pd.DataFrame(lines.drop(columns=lines.geometry.name)).iloc[number]
    if "osmid" not in table and "id" in {*table.index.names}:
        table["osmid"] = table.index.get_level_values("id")
    elif "osmid" not in table and "id" in table:
        way = table["id"].astype("string").str.extract(r"^way/(\d+)")[0]
        table["osmid"] = way.astype("Int64")
    table = table.rename(columns={"id": "way"})
    if "maxspeed_kph" in table:
        table["maxspeed"] = table["maxspeed_kph"].map("{:g}".format, na_action="ignore")
    for name in _YES_NO:
        if name in table and table[name].dtype == bool:
            table[name] = table[name].map({True: "yes"})
    names = np.array([str(name) for name in table], dtype=object)
    is_known = table.notna().to_numpy()
    attributes = {}
    for position, row in enumerate(table.to_dict("records")):
        filled = names[is_known[position]]
        attributes[int(number[position])] = {name: row[name] for name in filled}
    return attributes
