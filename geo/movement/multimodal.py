"""The multimodal network: walking on public ways, riding on roads, and what each way costs.

People walk on roads, paths and railways, disused ones too, and ride on roads.  Layers that meet
without a common vertex are joined by connectors of a bounded length, each flagged with its reason.
A ride begins and ends at stations, bus stations, taxi stands, towns and entries only.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components

from geo.arrays import Bools, Floats, Ints, Objects
from geo.network.graph import Network, from_lines
from geo.params import MovementParams
from geo.params.types import hint
from geo.records import Layers
from geo.schema import DRIVABLE

NO_WALKING: Final = ("motorway", "motorway_link")
"""Classes of road on which nobody is taken to walk."""
STATION_REACH_M: Final = 300.0
"""A station lies at most this far from its railway."""
SHORTEST_M: Final = 1.0
"""Least length that a connector counts with, so that it costs something."""

WALK, CONNECTOR, RIDE, BOARD, ALIGHT = range(5)

MIN_PER_H: Final = 60.0
M_PER_KM: Final = 1000.0


class MovementError(ValueError):
    """Flows cannot be modelled."""


@dataclass(frozen=True)
class Multimodal:
    """Walking and riding networks, the connectors of the first and the links between them."""

    walk: Network
    ways: gpd.GeoDataFrame
    """Table `WAYS`, the lines of `walk`."""
    connectors: pd.DataFrame
    """Joins that we made: ``reason``, ``length_m``, and ``from_node`` and ``to_node`` of `walk`."""
    ride: Network
    driven: pd.DataFrame
    """``id`` and ``highway`` of each source line of `ride`."""
    changes: pd.DataFrame
    """``place``, ``walk_node``, ``ride_node``, ``access_m``: where a ride may begin or end."""
    terminals: pd.Series
    """Node of `walk` for each entry and exit, by place id."""

    @property
    def node_xy(self) -> Floats:
        """Positions of the nodes: those of `walk`, then those of `ride`."""
        return np.concatenate([self.walk.node_xy, self.ride.node_xy])


@dataclass(frozen=True)
class Arcs:
    """Arcs of the multimodal network: walking nodes first, then riding nodes."""

    network: Multimodal
    tail: Ints
    head: Ints
    kind: Ints
    """`WALK`, `CONNECTOR`, `RIDE`, `BOARD` or `ALIGHT`."""
    item: Ints
    """Edge of the walking or riding network, row of the connectors or of the changes."""
    against: Ints
    """The arc that goes the other way on the same edge, -1 on a one-way edge."""

    def minutes(self, params: MovementParams, ride_kph: Mapping[str, float]) -> Floats:
        """Return the cost of every arc, in minutes; a ``_link`` drives as its road."""
        network = self.network
        layer = network.ways["layer"].to_numpy(object)[network.walk.line]
        per_m = {
            key: MIN_PER_H
            / (kph * M_PER_KM)
            * (params.railway_weight if key == "railway" else 1.0)
            for key, kph in params.walk_kph.items()
        }
        road = network.driven["highway"].str.removesuffix("_link")
        missing = ", ".join(sorted(set(road) - set(ride_kph)))
        if missing:
            raise MovementError(
                f"no speed is set for {missing}. Fix: set it in [speeds.kph]"
            )
        kph = road.map(ride_kph).to_numpy(float)
        join_m = np.maximum(network.connectors["length_m"].to_numpy(float), SHORTEST_M)
        access_m = np.maximum(network.changes["access_m"].to_numpy(float), SHORTEST_M)
        by_kind = {
            WALK: network.walk.length_m
            * np.array([per_m[key] for key in layer], dtype=float),
            CONNECTOR: join_m * per_m["path"],
            RIDE: network.ride.length_m
            / (kph[network.ride.line] * M_PER_KM / MIN_PER_H),
            BOARD: access_m * per_m["path"] + params.board_min,
            ALIGHT: access_m * per_m["path"],
        }
        result = np.empty(len(self.tail))
        for kind, cost in by_kind.items():
            result[self.kind == kind] = cost[self.item[self.kind == kind]]
        return result


def build(
    layers: Layers,
    places: gpd.GeoDataFrame,
    terminals: Sequence[str],
    params: MovementParams,
) -> Multimodal:
    """Build the network; the terminals are the place ids of the entries and exits."""
    roads, facilities = layers.roads, layers.facilities
    driven = roads[roads["highway"].isin(DRIVABLE)].reset_index(drop=True)
    if driven.empty:
        raise MovementError("there is no road to walk or ride on; check the layers")
    walked = [roads[~roads["highway"].isin(NO_WALKING)], layers.paths, layers.railways]
    ways = gpd.GeoDataFrame(pd.concat(walked, ignore_index=True), crs=roads.crs)
    walk, ride = from_lines(ways.drop(columns="oneway")), from_lines(driven)
    mapped = facilities.geometry[facilities["kind"] == "railway_station"]
    stations = np.concatenate([places.geometry[places["kind"] == "station"], mapped])
    walk, joined = _join_railways(walk, ways, stations, params.connector_m)
    walk, bridged = _join_loose_ends(walk, joined, params.connector_m)

    ends = _terminals(places, terminals)
    points = pd.concat(
        [ends, _change_points(places, facilities, params)], ignore_index=True
    )
    points = points[~points["id"].duplicated()].reset_index(drop=True)
    terminal = np.arange(len(points)) < len(ends)
    on_foot, on_road = walk.snap(points.geometry), ride.snap(points.geometry)
    far = terminal & (on_foot["snap_m"] > params.terminal_snap_m)
    if far.any():
        raise MovementError(
            f"{points['id'][far].iloc[0]} lies {on_foot['snap_m'][far].iloc[0]:.0f} m from the "
            f"nearest way, more than the {params.terminal_snap_m:.0f} m of [movement] "
            "terminal_snap_m. Fix: a network that reaches it, or a greater distance"
        )
    limit = np.where(terminal, params.terminal_snap_m, params.change_snap_m)
    near = (on_foot["snap_m"] <= limit).to_numpy()
    walk, at = walk.insert(on_foot[near])
    change = (on_road["snap_m"][near] <= limit[near]).to_numpy()
    ride, ride_node = ride.insert(on_road[near][change])
    walk_node = at[change]
    access_m = np.hypot(*(walk.node_xy[walk_node] - ride.node_xy[ride_node]).T)
    place = points["id"][near][change].to_numpy()
    changes = {
        "place": place,
        "walk_node": walk_node,
        "ride_node": ride_node,
        "access_m": access_m,
    }
    connectors = pd.concat([joined, bridged], ignore_index=True)
    at_ends = pd.Series(at[: len(ends)], index=ends["id"])
    driven = driven[["id", "highway"]]
    return Multimodal(
        walk, ways, connectors, ride, driven, pd.DataFrame(changes), at_ends
    )


def arcs_of(network: Multimodal) -> Arcs:
    """Return the arcs of the network: both ways on foot, one-way streets obeyed on wheels."""
    walk, ride, links = network.walk, network.ride, network.connectors
    forth, back = np.flatnonzero(ride.oneway >= 0), np.flatnonzero(ride.oneway <= 0)
    ride_from, ride_to = ride.edge_from + walk.n_nodes, ride.edge_to + walk.n_nodes
    change_walk = network.changes["walk_node"].to_numpy(int)
    change_ride = network.changes["ride_node"].to_numpy(int) + walk.n_nodes
    one, two = (links[end].to_numpy(int) for end in ("from_node", "to_node"))
    blocks = [
        (WALK, walk.edge_from, walk.edge_to, np.arange(walk.n_edges)),
        (WALK, walk.edge_to, walk.edge_from, np.arange(walk.n_edges)),
        (CONNECTOR, one, two, np.arange(len(links))),
        (CONNECTOR, two, one, np.arange(len(links))),
        (RIDE, ride_from[forth], ride_to[forth], forth),
        (RIDE, ride_to[back], ride_from[back], back),
        (BOARD, change_walk, change_ride, np.arange(len(change_walk))),
        (ALIGHT, change_ride, change_walk, np.arange(len(change_walk))),
    ]
    kind = np.repeat(
        [block[0] for block in blocks], [len(block[1]) for block in blocks]
    )
    tail, head, item = (
        np.concatenate([block[k] for block in blocks]) for k in (1, 2, 3)
    )
    # Two arcs of one kind on one item go opposite ways.
    order = np.lexsort((item, kind))
    paired = (np.diff(kind[order]) == 0) & (np.diff(item[order]) == 0)
    a, b = order[:-1][paired], order[1:][paired]
    against = np.full(len(kind), -1)
    against[a], against[b] = b, a
    return Arcs(network, tail, head, kind, item, against)


def _terminals(places: gpd.GeoDataFrame, ids: Sequence[str]) -> gpd.GeoDataFrame:
    missing = sorted(set(ids) - set(places["id"]))
    if missing:
        raise MovementError(
            f"no place has the id {', '.join(missing)}. {hint(missing, places['id'])} Fix: name "
            "crossings of the places table in [movement] entries and exits"
        )
    rows = places.set_index("id", drop=False).loc[list(dict.fromkeys(ids))]
    return rows[["id", "geometry"]].reset_index(drop=True)


def _change_points(
    places: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, params: MovementParams
) -> gpd.GeoDataFrame:
    name = places["name_en"].str.lower()
    worded = name.apply(lambda text: any(word in text for word in params.change_words))
    chosen = places["kind"].isin(params.change_kinds) | worded
    served = facilities["kind"].isin(params.change_facilities)
    both = [
        places.loc[chosen, ["id", "geometry"]],
        facilities.loc[served, ["id", "geometry"]],
    ]
    return gpd.GeoDataFrame(pd.concat(both, ignore_index=True), crs=places.crs)


def _join_railways(
    walk: Network, ways: gpd.GeoDataFrame, stations: Objects, limit_m: float
) -> tuple[Network, pd.DataFrame]:
    """Join railways to roads and paths at level crossings and stations."""
    layer = ways["layer"].to_numpy()[walk.line]
    raised = (ways["bridge"] | ways["tunnel"]).to_numpy()[walk.line]
    rail = layer == "railway"
    found = {
        "level_crossing": _level_crossings(walk, rail & ~raised, ~rail & ~raised),
        "station": _halts(walk, stations, rail, limit_m),
    }
    own, way, point = (
        np.concatenate(column) for column in zip(*found.values(), strict=True)
    )
    reason = np.repeat(list(found), [len(rails) for rails, _, _ in found.values()])
    network, nodes = _insert(
        walk, np.concatenate([own, way]), np.concatenate([point, point])
    )
    return network, _connectors(network, nodes[: len(own)], nodes[len(own) :], reason)


def _level_crossings(
    walk: Network, rail: Bools, other: Bools
) -> tuple[Ints, Ints, Objects]:
    """Return railway, way and point where both cross without a vertex."""
    lines, rails = walk.geometry, np.flatnonzero(rail)
    which, edge = walk.tree.query(lines[rails], predicate="intersects")
    own = rails[which]
    ends = np.stack([walk.edge_from, walk.edge_to])
    shared = (ends[:, None, own] == ends[None, :, edge]).any(axis=(0, 1))
    take = other[edge] & ~shared
    own, edge = own[take], edge[take]
    common = shapely.intersection(lines[own], lines[edge])
    meet, owner = shapely.get_parts(common, return_index=True)
    point = shapely.get_type_id(meet) == shapely.GeometryType.POINT
    return own[owner[point]], edge[owner[point]], meet[point]


def _halts(
    walk: Network, station: Objects, rail: Bools, limit_m: float
) -> tuple[Ints, Ints, Objects]:
    """Return railway, nearest way within the limit, and point of the railway, for stations."""
    lines, rails, others = walk.geometry, np.flatnonzero(rail), np.flatnonzero(~rail)
    which, found = _nearest(lines[rails], station, STATION_REACH_M)
    own = rails[found]
    along = shapely.line_locate_point(lines[own], station[which])
    foot = shapely.line_interpolate_point(lines[own], along)
    near, way = _nearest(lines[others], foot, limit_m)
    return own[near], others[way], foot[near]


def _nearest(lines: Objects, points: Objects, within_m: float) -> tuple[Ints, Ints]:
    """Return points, and the line nearest to each, of those that have one within a distance."""
    tree = shapely.STRtree(lines)
    near, line = tree.query_nearest(points, max_distance=within_m, all_matches=False)
    return near, line


def _insert(walk: Network, edge: Ints, point: Objects) -> tuple[Network, Ints]:
    """Return the network with a node on each edge nearest to its point, and those nodes."""
    offset_m = shapely.line_locate_point(walk.geometry[edge], point)
    return walk.insert(pd.DataFrame({"edge": edge, "offset_m": offset_m}))


def _connectors(
    network: Network, one: Ints, two: Ints, reason: Objects | str
) -> pd.DataFrame:
    """Return the joins of different nodes, each pair once."""
    length_m = np.hypot(*(network.node_xy[two] - network.node_xy[one]).T)
    frame = pd.DataFrame(
        {"reason": reason, "from_node": one, "to_node": two, "length_m": length_m}
    )
    frame = frame[frame["from_node"] != frame["to_node"]]
    return frame.drop_duplicates(["from_node", "to_node"])


def _join_loose_ends(
    walk: Network, joined: pd.DataFrame, limit_m: float
) -> tuple[Network, pd.DataFrame]:
    """Join each loose end of a part of the network to the nearest way of another part."""
    one = np.r_[walk.edge_from, joined["from_node"].to_numpy(int)]
    two = np.r_[walk.edge_to, joined["to_node"].to_numpy(int)]
    graph = csr_array(
        (np.ones(len(one)), (one, two)), shape=(walk.n_nodes, walk.n_nodes)
    )
    _, part = connected_components(graph, directed=False)
    degree = np.bincount(np.concatenate([one, two]), minlength=walk.n_nodes)
    loose = np.flatnonzero(degree == 1)
    point = np.asarray(shapely.points(walk.node_xy[loose]), dtype=object)
    which, edge = walk.tree.query(point, predicate="dwithin", distance=limit_m)
    apart = part[loose[which]] != part[walk.edge_from[edge]]
    which, edge = which[apart], edge[apart]
    far = shapely.distance(point[which], walk.geometry[edge])
    order = np.lexsort((edge, far, which))
    first = order[np.unique(which[order], return_index=True)[1]]
    which, edge = which[first], edge[first]
    network, nodes = _insert(walk, edge, point[which])
    return network, _connectors(network, loose[which], nodes, "loose_end")
