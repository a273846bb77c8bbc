"""The multimodal network: walking on public ways, riding on roads, and where one joins the other.

People walk on roads, paths and railways, disused ones too, and ride on roads.  Layers that meet
without a common vertex are joined by connectors of a bounded length, each flagged with its reason.
A ride begins and ends at stations, bus stations, taxi stands, towns and entries only.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.arrays import Ints
from geo.crs import require_metric
from geo.network.graph import Network, from_lines
from geo.params import MovementParams
from geo.params.suggest import hint
from layers.schema import CONNECTORS, DRIVABLE

NO_WALKING: Final = ("motorway", "motorway_link")
"""Classes of road on which nobody is taken to walk."""

STATION_REACH_M: Final = 300.0
"""A station lies at most this far from its railway."""

SHORTEST_M: Final = 1.0
"""Least length that a connector counts with, so that it costs something."""


class MultimodalError(ValueError):
    """A multimodal network cannot be built as asked."""


@dataclass(frozen=True)
class Multimodal:
    """Walking and riding networks, the connectors of the first and the links between them.

    Attributes
    ----------
    walk : geo.network.graph.Network
    ways : geopandas.GeoDataFrame
        The lines of `walk`, with ``layer``, ``highway``, ``railway``, ``ref`` and ``name``.
    connectors : geopandas.GeoDataFrame, table `CONNECTORS`
        ``from_node`` and ``to_node`` are nodes of `walk`.
    ride : geo.network.graph.Network
    driven : pandas.DataFrame
        ``id`` and ``highway`` of each source line of `ride`.
    changes : pandas.DataFrame
        ``place``, ``walk_node``, ``ride_node``, ``access_m``: where a ride may begin or end.
    terminals : pandas.Series of int
        Node of `walk` for each entry and exit, by place id.
    """

    walk: Network
    ways: gpd.GeoDataFrame
    connectors: gpd.GeoDataFrame
    ride: Network
    driven: pd.DataFrame
    changes: pd.DataFrame
    terminals: pd.Series

    @property
    def n_nodes(self) -> int:
        """Number of nodes: those of `walk`, then those of `ride`."""
        return self.walk.n_nodes + self.ride.n_nodes


def build(
    roads: gpd.GeoDataFrame,
    paths: gpd.GeoDataFrame,
    railways: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    *,
    terminals: Sequence[str],
    params: MovementParams,
) -> Multimodal:
    """Build the multimodal network.

    Parameters
    ----------
    roads, paths, railways : geopandas.GeoDataFrame, table `WAYS`, projected CRS in metres
    places : geopandas.GeoDataFrame, table `PLACES`, the same CRS
    facilities : geopandas.GeoDataFrame, table `FACILITIES`, the same CRS
    terminals : sequence of str
        Place ids of the entries and exits.
    params : geo.params.MovementParams

    Raises
    ------
    geo.crs.CRSError
        If the layers are not in one projected CRS in metres.
    MultimodalError
        If there is no way to walk on, a terminal is not among the places, or it lies farther
        than ``terminal_snap_m`` from every way.
    """
    require_metric(
        roads=roads, paths=paths, railways=railways, places=places, facilities=facilities
    )
    walked = [roads[~roads["highway"].isin(NO_WALKING)], paths, railways]
    ways = gpd.GeoDataFrame(pd.concat(walked, ignore_index=True), crs=roads.crs)
    if ways.empty:
        raise MultimodalError("there is no road, path or railway to walk on; check the layers")
    walk = from_lines(ways.drop(columns="oneway"))
    driven = roads[roads["highway"].isin(DRIVABLE)].reset_index(drop=True)
    ride = from_lines(driven) if len(driven) else walk.keep(np.zeros(walk.n_edges, dtype=bool))

    stations = _stations(places, facilities)
    walk, joined = _join(walk, ways, stations.geometry, params.connector_m)
    walk, bridged = _join_components(walk, _pairs(joined), params.connector_m)
    ends = _terminals(places, terminals)
    others = _change_points(places, facilities, ends, params)
    walk, ride, nodes, changes = _place(walk, ride, ends, others, params)
    connectors = pd.concat([joined, bridged], ignore_index=True)
    return Multimodal(
        walk=walk,
        ways=ways,
        connectors=CONNECTORS.geoframe(connectors, crs=str(roads.crs)),
        ride=ride,
        driven=driven[["id", "highway"]],
        changes=changes,
        terminals=pd.Series(nodes, index=pd.Index(ends["id"], name="place"), dtype="int64"),
    )


def _terminals(places: gpd.GeoDataFrame, ids: Sequence[str]) -> gpd.GeoDataFrame:
    missing = sorted(set(ids) - set(places["id"]))
    if missing:
        raise MultimodalError(
            f"no place has the id {', '.join(missing)}. {hint(missing, places['id'])} Fix: name "
            "crossings of the places table in [movement] entries and exits"
        )
    return places.set_index("id", drop=False).loc[list(dict.fromkeys(ids))]


def _stations(places: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    named = places.loc[places["kind"] == "station", ["id", "geometry"]]
    mapped = facilities.loc[facilities["kind"] == "railway_station", ["id", "geometry"]]
    return gpd.GeoDataFrame(pd.concat([named, mapped], ignore_index=True), crs=places.crs)


def _change_points(
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    ends: gpd.GeoDataFrame,
    params: MovementParams,
) -> gpd.GeoDataFrame:
    """Return where a ride may begin or end, beside the terminals: by kind and by word."""
    name = places["name_en"].str.lower()
    worded = name.apply(lambda text: any(word in text for word in params.change_words))
    chosen = (places["kind"].isin(params.change_kinds) | worded) & ~places["id"].isin(ends["id"])
    served = facilities["kind"].isin(params.change_facilities)
    both = [places.loc[chosen, ["id", "geometry"]], facilities.loc[served, ["id", "geometry"]]]
    points = gpd.GeoDataFrame(pd.concat(both, ignore_index=True), crs=places.crs)
    return points[~points["id"].duplicated()].reset_index(drop=True)


def _join(
    walk: Network, ways: gpd.GeoDataFrame, stations: gpd.GeoSeries, limit_m: float
) -> tuple[Network, gpd.GeoDataFrame]:
    """Join railways to roads and paths at level crossings and stations."""
    layer = ways["layer"].to_numpy()[walk.line]
    raised = (ways["bridge"] | ways["tunnel"]).to_numpy()[walk.line]
    rail = layer == "railway"
    level = _level_crossings(walk, rail & ~raised, ~rail & ~raised)
    halts = _halts(walk, stations, rail, limit_m)
    both = pd.concat([level, halts], ignore_index=True)
    return _insert_pairs(walk, both)


def _level_crossings(
    walk: Network, rail: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]
) -> pd.DataFrame:
    """Return the pairs of positions at which a railway and a way cross without a vertex."""
    lines, tracks = walk.geometry, np.flatnonzero(rail)
    which, edge = walk.tree.query(lines[tracks], predicate="intersects")
    track = tracks[which]
    ends = np.stack([walk.edge_from, walk.edge_to])
    shared = (ends[:, None, track] == ends[None, :, edge]).any(axis=(0, 1))
    take = other[edge] & ~shared
    track, edge = track[take], edge[take]
    meet, owner = shapely.get_parts(
        shapely.intersection(lines[track], lines[edge]), return_index=True
    )
    point = shapely.get_type_id(meet) == shapely.GeometryType.POINT
    return _pair_rows(walk, track[owner[point]], edge[owner[point]], meet[point], "level_crossing")


def _halts(
    walk: Network, stations: gpd.GeoSeries, rail: npt.NDArray[np.bool_], limit_m: float
) -> pd.DataFrame:
    """Return pairs (foot on the railway, nearest way within the limit) of the stations."""
    tracks, others = np.flatnonzero(rail), np.flatnonzero(~rail)
    if not (len(tracks) and len(others) and len(stations)):
        return _pair_rows(walk, tracks[:0], others[:0], np.zeros(0, dtype=object), "station")
    lines = walk.geometry
    which, found = shapely.STRtree(lines[tracks]).query_nearest(
        np.asarray(stations.values), max_distance=STATION_REACH_M, all_matches=False
    )
    track, point = tracks[found], np.asarray(stations.values)[which]
    foot = shapely.line_interpolate_point(
        lines[track], shapely.line_locate_point(lines[track], point)
    )
    near, way = shapely.STRtree(lines[others]).query_nearest(
        foot, max_distance=limit_m, all_matches=False
    )
    return _pair_rows(walk, track[near], others[way], foot[near], "station")


def _pair_rows(
    walk: Network, one: Ints, other: Ints, point: npt.NDArray[np.object_], reason: str
) -> pd.DataFrame:
    lines = walk.geometry
    return pd.DataFrame(
        {
            "edge": one,
            "offset_m": shapely.line_locate_point(lines[one], point),
            "other_edge": other,
            "other_offset_m": shapely.line_locate_point(lines[other], point),
            "reason": reason,
        }
    )


def _insert_pairs(walk: Network, pairs: pd.DataFrame) -> tuple[Network, gpd.GeoDataFrame]:
    """Cut the network at both positions of each pair and return the connectors between them."""
    other = pairs[["other_edge", "other_offset_m"]].set_axis(["edge", "offset_m"], axis=1)
    network, nodes = walk.insert(pd.concat([pairs[["edge", "offset_m"]], other]))
    one, two = nodes[: len(pairs)], nodes[len(pairs) :]
    return network, _connectors(network, one, two, pairs["reason"].to_numpy(object))


def _connectors(
    network: Network, one: Ints, two: Ints, reason: npt.NDArray[np.object_]
) -> gpd.GeoDataFrame:
    ends = np.stack([network.node_xy[one], network.node_xy[two]], axis=1)
    frame = gpd.GeoDataFrame(
        {
            "reason": reason,
            "from_node": one,
            "to_node": two,
            "length_m": np.hypot(*(ends[:, 1] - ends[:, 0]).T),
        },
        geometry=shapely.linestrings(ends) if len(ends) else np.zeros(0, dtype=object),
        crs=network.crs,
    )
    frame = frame[frame["from_node"] != frame["to_node"]]
    return frame[~frame[["from_node", "to_node"]].duplicated()]


def _pairs(connectors: gpd.GeoDataFrame) -> Ints:
    return connectors[["from_node", "to_node"]].to_numpy(np.int64)


def _join_components(
    walk: Network, pairs: Ints, limit_m: float
) -> tuple[Network, gpd.GeoDataFrame]:
    """Join each loose end of a part of the network to the nearest way of another part.

    Ends inside one part are left alone: a cul-de-sac beside a street is a cul-de-sac.
    """
    part = _parts(walk, pairs)
    degree = np.bincount(
        np.concatenate([walk.edge_from, walk.edge_to, pairs.ravel()]), minlength=walk.n_nodes
    )
    loose = np.flatnonzero(degree == 1)
    point = np.asarray(shapely.points(walk.node_xy[loose]), dtype=object)
    which, edge = walk.tree.query(point, predicate="dwithin", distance=limit_m)
    apart = part[loose[which]] != part[walk.edge_from[edge]]
    which, edge = which[apart], edge[apart]
    far = shapely.distance(point[which], walk.geometry[edge])
    order = np.lexsort((edge, far, which))
    first = order[np.unique(which[order], return_index=True)[1]]
    which, edge = which[first], edge[first]
    position = pd.DataFrame(
        {
            "edge": edge,
            "offset_m": shapely.line_locate_point(walk.geometry[edge], point[which]),
        }
    )
    network, nodes = walk.insert(position)
    reason = np.full(len(nodes), "loose_end", dtype=object)
    return network, _connectors(network, loose[which], nodes, reason)


def _parts(walk: Network, pairs: Ints) -> Ints:
    """Return the connected part of each node, connectors included."""
    edges = np.concatenate([np.stack([walk.edge_from, walk.edge_to], axis=1), pairs])
    ones = np.ones(len(edges))
    graph = csr_array((ones, (edges[:, 0], edges[:, 1])), shape=(walk.n_nodes, walk.n_nodes))
    return np.asarray(connected_components(graph, directed=False)[1]).astype(np.int64)


def _place(
    walk: Network,
    ride: Network,
    ends: gpd.GeoDataFrame,
    others: gpd.GeoDataFrame,
    params: MovementParams,
) -> tuple[Network, Network, Ints, pd.DataFrame]:
    """Put the terminals on the walking network and link the two networks at every change."""
    points = gpd.GeoDataFrame(
        pd.concat([ends[["id", "geometry"]], others], ignore_index=True), crs=walk.crs
    )
    terminal = np.arange(len(points)) < len(ends)
    on_foot = walk.snap(points.geometry)
    _refuse_far(points["id"][terminal], on_foot["snap_m"][terminal], params.terminal_snap_m)
    limit = np.where(terminal, params.terminal_snap_m, params.change_snap_m)
    near = on_foot["snap_m"].to_numpy() <= limit
    walk, found = walk.insert(on_foot[near])
    walk_node = np.full(len(points), -1, dtype=np.int64)
    walk_node[near] = found
    if not ride.n_edges:
        return (
            walk,
            ride,
            walk_node[terminal],
            _changes(walk, ride, points[:0], found[:0], found[:0]),
        )
    on_road = ride.snap(points.geometry)
    both = near & (on_road["snap_m"].to_numpy() <= limit)
    ride, ride_node = ride.insert(on_road[both])
    changes = _changes(walk, ride, points[both], walk_node[both], ride_node)
    return walk, ride, walk_node[terminal], changes


def _refuse_far(names: pd.Series, snap_m: pd.Series, limit_m: float) -> None:
    far = snap_m > limit_m
    if far.any():
        raise MultimodalError(
            f"{names[far].iloc[0]} lies {snap_m[far].iloc[0]:.0f} m from the nearest way, more "
            f"than the {limit_m:.0f} m of [movement] terminal_snap_m. "
            "Cure: a network that reaches it, or a greater distance"
        )


def _changes(
    walk: Network, ride: Network, points: gpd.GeoDataFrame, walk_node: Ints, ride_node: Ints
) -> pd.DataFrame:
    return pd.DataFrame(
        {
            "place": points["id"].to_numpy(),
            "walk_node": walk_node,
            "ride_node": ride_node,
            "access_m": np.hypot(*(walk.node_xy[walk_node] - ride.node_xy[ride_node]).T),
        }
    )
