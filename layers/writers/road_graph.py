"""The drivable network, for programs that find ways: GeoPackage and GraphML, as OSMnx has them."""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Floats, Ints
from geo.crs import require_metric
from geo.network.exchange import to_networkx
from geo.params import Params
from geo.params.patrols import ON_FOOT_KPH
from geo.patrols.roads import open_roads
from geo.records import StudyData
from geo.routing.driving import Drive, Matrix, drivable
from geo.schema import NETWORK_EDGES, NETWORK_NODES, WGS84
from layers.files import filenames
from layers.files.handling import Handling
from layers.writers import geopackage

SAME_M: Final = 0.01
"""Nodes and edges of two networks of the same roads that lie nearer than this are the same."""
FORBIDDEN: Final = -1.0
"""The cost by which pgRouting leaves out an edge in a direction."""


def write(
    data: StudyData,
    matrix: Matrix,
    stops: Mapping[str, int],
    params: Params,
    folder: Path,
    handling: Handling,
) -> None:
    """Write the network of a plan as ``network.gpkg`` and ``network.graphml``.

    Parameters
    ----------
    data
        In metres.  The GeoPackage has every drivable road of it: where no patrol may drive, too,
        and why.
    matrix
        Has the network that is driven.
    stops
        The node of each stop, by id.
    params
        Of the plan.
    folder
        Where the files are written.
    handling
        What they say.
    """
    edges, nodes = tables(data, matrix, stops, params)
    path = folder / filenames.NETWORK
    package = path.with_suffix(".gpkg")
    for table, rows in ((NETWORK_NODES, nodes), (NETWORK_EDGES, edges)):
        about = geopackage.described(table, handling)
        geopackage.add(package, table.name, table, rows, about)
    held = {NETWORK_NODES.name: len(nodes), NETWORK_EDGES.name: len(edges)}
    geopackage.require_held(package, held)
    # osmnx takes a second to import, and only this needs it.
    import osmnx  # noqa: PLC0415

    graph = _graph(matrix.drive, stops)
    osmnx.save_graphml(graph, path.with_suffix(".graphml"))


def tables(
    data: StudyData, matrix: Matrix, stops: Mapping[str, int], params: Params
) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return tables `NETWORK_EDGES` and `NETWORK_NODES`, in EPSG:4326, which every GIS knows.

    Parameters
    ----------
    data, matrix, stops, params
        As for `write`.
    """
    roads = data.layers.roads
    boundary = data.boundary
    crs = require_metric(roads=roads, boundary=boundary)
    driven = matrix.drive
    every = drivable(roads, boundary, params.speeds)
    is_open = drivable(open_roads(roads, params.patrols), boundary, params.speeds)
    not_driven = every.keep(~_among(every, driven))
    closed = np.where(_among(not_driven, is_open), "no_way_back", "closed")
    driven_nodes = np.arange(driven.network.n_nodes)
    other_nodes = _numbers(not_driven.network.node_xy, driven.network.node_xy)
    others = _edges(not_driven, other_nodes)
    others = others.assign(drive_s=FORBIDDEN, back_s=FORBIDDEN, closed=closed)
    edges = pd.concat([_edges(driven, driven_nodes), others], ignore_index=True)
    edges["edge"] = np.arange(len(edges))
    nodes = pd.DataFrame({"node": np.concatenate([driven_nodes, other_nodes])})
    xy = np.concatenate([driven.network.node_xy, not_driven.network.node_xy])
    nodes["geometry"] = gpd.points_from_xy(*xy.T)
    nodes = nodes.drop_duplicates("node").sort_values("node", ignore_index=True)
    nodes["stop"] = nodes["node"].map(_by_node(stops))
    name = str(crs)
    return (
        NETWORK_EDGES.geoframe(edges, crs=name).to_crs(WGS84),
        NETWORK_NODES.geoframe(nodes, crs=name).to_crs(WGS84),
    )


def _edges(drive: Drive, nodes: Ints) -> pd.DataFrame:
    """Return the edges of a network, by the numbers of its nodes in the table."""
    network = drive.network
    time_s = drive.time_s
    return pd.DataFrame(
        {
            "from_node": nodes[network.edge_from],
            "to_node": nodes[network.edge_to],
            "length_m": network.length_m,
            "drive_s": np.where(network.oneway >= 0, time_s, FORBIDDEN),
            "back_s": np.where(network.oneway <= 0, time_s, FORBIDDEN),
            "walk_s": network.length_m / (ON_FOOT_KPH * (1 / 3.6)),
            "oneway": network.oneway,
            "road": drive.label[network.line],
            "closed": None,
            "geometry": network.geometry,
        }
    )


def _among(drive: Drive, other: Drive) -> npt.NDArray[np.bool_]:
    """Tell which edges of a network lie on one of another network of the same roads."""
    edges = drive.network.geometry
    middles = shapely.line_interpolate_point(edges, 0.5, normalized=True)
    tree = other.network.tree
    shared, _ = tree.query(middles, predicate="dwithin", distance=SAME_M)
    return np.isin(np.arange(len(middles)), shared)


def _numbers(xy: Floats, known_xy: Floats) -> Ints:
    """Return the number of each node: that of a known one at its place, or the next free one."""
    nodes = len(known_xy) + np.arange(len(xy))
    tree = shapely.STRtree(gpd.points_from_xy(*known_xy.T))
    points = gpd.points_from_xy(*xy.T)
    places, same = tree.query(points, predicate="dwithin", distance=SAME_M)
    nodes[places] = same
    return nodes


def _graph(drive: Drive, stops: Mapping[str, int]) -> Any:
    """Return the network that is driven as a graph of OSMnx, with seconds and names."""
    graph = to_networkx(drive.network)
    time_s = drive.time_s
    for _, _, data in graph.edges(data=True):
        data["travel_time"] = float(time_s[data["edge"]])
        data["name"] = str(drive.label[data["line"]])
    for node, named in _by_node(stops).items():
        graph.nodes[node]["stop"] = json.dumps(named)
    return graph


def _by_node(stops: Mapping[str, int]) -> dict[int, list[str]]:
    """Return the stops at each node."""
    named = pd.Series(list(stops), index=list(stops.values()), dtype=object)
    return dict(named.groupby(level=0).agg(list))
