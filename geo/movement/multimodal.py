"""The multimodal network: walking on public ways, riding on roads, and what each way costs.

People walk on roads, paths and railways, disused ones too, and ride on roads.  Layers that meet
without a common vertex are joined by connectors of a bounded length, each flagged with its reason.
A ride begins and ends at stations, bus stations, taxi stands, towns and entries only.
"""

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

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

    def minutes(
        self, params: MovementParams, ride_kph: Mapping[str, float]
    ) -> Floats:
        """Return the cost of every arc, in minutes; a ``_link`` drives as its road."""
        network = self.network
        by_layer = {
            layer: MIN_PER_H / (kph * M_PER_KM)
            for layer, kph in params.walk_kph.items()
        }
        on_path = by_layer["path"]
        by_layer["railway"] *= params.railway_weight
        ride_kph_of_edge = self._ride_kph(ride_kph)[network.ride.line]
        access_min = _least(network.changes["access_m"]) * on_path
        by_kind = {
            WALK: network.walk.length_m
            * _of_class(self._layers, by_layer)[network.walk.line],
            CONNECTOR: _least(network.connectors["length_m"]) * on_path,
            RIDE: network.ride.length_m
            / (ride_kph_of_edge * M_PER_KM / MIN_PER_H),
            BOARD: access_min + params.board_min,
            ALIGHT: access_min,
        }
        minutes = np.empty(len(self.tail))
        for kind, cost in by_kind.items():
            of_kind = self.kind == kind
            minutes[of_kind] = cost[self.item[of_kind]]
        return minutes

    def _ride_kph(self, ride_kph: Mapping[str, float]) -> Floats:
        """Return the speed on each source line of the riding network."""
        missing = ", ".join(sorted(set(self._roads.categories) - set(ride_kph)))
        if missing:
            raise MovementError(
                f"no speed is set for {missing}. Fix: set it in [speeds.kph]"
            )
        return _of_class(self._roads, ride_kph)

    @cached_property
    def _layers(self) -> "pd.Categorical[str]":
        """Layer of each source line of the walking network."""
        return pd.Categorical(self.network.ways["layer"])

    @cached_property
    def _roads(self) -> "pd.Categorical[str]":
        """Class of each source line of the riding network."""
        classes = self.network.driven["highway"].str.removesuffix("_link")
        return pd.Categorical(classes)


def _of_class(
    classes: "pd.Categorical[str]", values: Mapping[str, float]
) -> Floats:
    """Return the value of the class of each line."""
    by_class = np.array([values[name] for name in classes.categories])
    return np.asarray(by_class[classes.codes], dtype=float)


def _least(length_m: pd.Series) -> Floats:
    """Return lengths, none below `SHORTEST_M`."""
    return np.asarray(np.maximum(length_m, SHORTEST_M), dtype=float)


def build(
    layers: Layers,
    places: gpd.GeoDataFrame,
    terminals: Sequence[str],
    params: MovementParams,
) -> Multimodal:
    """Build the network of walking and riding.

    Parameters
    ----------
    layers : geo.records.Layers, projected CRS in metres
    places : geopandas.GeoDataFrame, table `PLACES`, in the same CRS
    terminals : sequence of str
        Place ids of the entries and exits.
    params : geo.params.MovementParams

    Returns
    -------
    Multimodal

    Raises
    ------
    MovementError
        If there is no road, a terminal is not among the places, or it lies too far from any way.
    """
    roads = layers.roads
    driven = roads[roads["highway"].isin(DRIVABLE)].reset_index(drop=True)
    if driven.empty:
        raise MovementError(
            "there is no road to walk or ride on; check the layers"
        )
    walk, ways, connectors = _walking(layers, places, params.connector_m)
    ride = from_lines(driven)
    points = _points(places, layers.facilities, terminals, params)
    on_foot = walk.snap(points.geometry)
    on_road = ride.snap(points.geometry)
    walks = on_foot["snap_m"] <= points["limit_m"]
    _require_reached(points, on_foot["snap_m"].to_numpy(float), params)
    rides = walks & (on_road["snap_m"] <= points["limit_m"])
    walk, walk_node = walk.insert(on_foot[walks])
    ride, ride_node = ride.insert(on_road[rides])
    change_node = walk_node[rides[walks].to_numpy()]
    ends = points[points["is_end"]]
    return Multimodal(
        walk=walk,
        ways=ways,
        connectors=connectors,
        ride=ride,
        driven=driven[["id", "highway"]],
        changes=pd.DataFrame(
            {
                "place": points.loc[rides, "id"].array,
                "walk_node": change_node,
                "ride_node": ride_node,
                "access_m": np.hypot(
                    *(walk.node_xy[change_node] - ride.node_xy[ride_node]).T
                ),
            }
        ),
        terminals=pd.Series(walk_node[: len(ends)], index=ends["id"]),
    )


def _walking(
    layers: Layers, places: gpd.GeoDataFrame, limit_m: float
) -> tuple[Network, gpd.GeoDataFrame, pd.DataFrame]:
    """Return the walking network, the lines that it is from, and its connectors."""
    roads = layers.roads
    walked = [
        roads[~roads["highway"].isin(NO_WALKING)],
        layers.paths,
        layers.railways,
    ]
    ways = gpd.GeoDataFrame(pd.concat(walked, ignore_index=True), crs=roads.crs)
    walk = from_lines(ways.drop(columns="oneway"))
    is_station = layers.facilities["kind"] == "railway_station"
    stations = np.concatenate(
        [
            places.geometry[places["kind"] == "station"],
            layers.facilities.geometry[is_station],
        ]
    )
    walk, joined = _join_railways(walk, ways, stations, limit_m)
    walk, bridged = _join_loose_ends(walk, joined, limit_m)
    return walk, ways, pd.concat([joined, bridged], ignore_index=True)


def _points(
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    terminals: Sequence[str],
    params: MovementParams,
) -> gpd.GeoDataFrame:
    """Return entries and exits, ``is_end``, then where a ride may begin or end.

    ``limit_m`` is how far each may lie from a way.
    """
    ends = _terminals(places, terminals)
    ends = ends.assign(is_end=True, limit_m=params.terminal_snap_m)
    changes = _change_points(places, facilities, params)
    changes = changes.assign(is_end=False, limit_m=params.change_snap_m)
    points = pd.concat([ends, changes], ignore_index=True)
    return points.drop_duplicates("id")


def _require_reached(
    points: pd.DataFrame, away_m: Floats, params: MovementParams
) -> None:
    """Raise `MovementError` if a terminal is too far from any way."""
    is_reached = away_m <= points["limit_m"].to_numpy(float)
    far = np.flatnonzero(points["is_end"].to_numpy(bool) & ~is_reached)
    if len(far):
        raise MovementError(
            f"{points['id'].iloc[far[0]]} lies {away_m[far[0]]:.0f} m from the "
            f"nearest way, more than the {params.terminal_snap_m:.0f} m of [movement] "
            "terminal_snap_m. Fix: a network that reaches it, or a greater distance"
        )


def arcs_of(network: Multimodal) -> Arcs:
    """Return the arcs of the network: both ways on foot, one-way streets obeyed on wheels."""
    walk = network.walk
    joins = network.connectors
    edges = np.arange(walk.n_edges)
    links = np.arange(len(joins))
    on_foot = network.changes["walk_node"]
    # Riding nodes follow the walking nodes.
    on_road = network.changes["ride_node"] + walk.n_nodes
    changes = np.arange(len(on_foot))
    table = pd.concat(
        [
            _arcs(WALK, walk.edge_from, walk.edge_to, edges),
            _arcs(WALK, walk.edge_to, walk.edge_from, edges),
            _arcs(CONNECTOR, joins["from_node"], joins["to_node"], links),
            _arcs(CONNECTOR, joins["to_node"], joins["from_node"], links),
            _rides(network.ride, walk.n_nodes),
            _arcs(BOARD, on_foot, on_road, changes),
            _arcs(ALIGHT, on_road, on_foot, changes),
        ]
    )
    tail, head, kind, item = table.to_numpy(int).T
    return Arcs(network, tail, head, kind, item, _against(kind, item))


def _rides(ride: Network, first_node: int) -> pd.DataFrame:
    """Return the arcs on wheels, by the one-way streets; nodes count from `first_node`."""
    tail = ride.edge_from + first_node
    head = ride.edge_to + first_node
    forth = np.flatnonzero(ride.oneway >= 0)
    back = np.flatnonzero(ride.oneway <= 0)
    return pd.concat(
        [
            _arcs(RIDE, tail[forth], head[forth], forth),
            _arcs(RIDE, head[back], tail[back], back),
        ]
    )


def _against(kind: Ints, item: Ints) -> Ints:
    """Return the arc that goes the way of each against it, -1 for none.

    Two arcs of one kind on one item go opposite ways.
    """
    order = np.lexsort((item, kind))
    same = (np.diff(kind[order]) == 0) & (np.diff(item[order]) == 0)
    there = order[:-1][same]
    return_ = order[1:][same]
    against = np.full(len(kind), -1)
    against[there] = return_
    against[return_] = there
    return against


def _arcs(
    kind: int, tail: Ints | pd.Series, head: Ints | pd.Series, item: Ints
) -> pd.DataFrame:
    nodes = {"tail": np.asarray(tail), "head": np.asarray(head)}
    return pd.DataFrame({**nodes, "kind": kind, "item": item})


def _terminals(
    places: gpd.GeoDataFrame, ids: Sequence[str]
) -> gpd.GeoDataFrame:
    missing = sorted(set(ids) - set(places["id"]))
    if missing:
        raise MovementError(
            f"no place has the id {', '.join(missing)}. {hint(missing, places['id'])} Fix: name "
            "crossings of the places table in [movement] entries and exits"
        )
    rows = places.set_index("id", drop=False).loc[list(dict.fromkeys(ids))]
    return rows[["id", "geometry"]].reset_index(drop=True)


def _change_points(
    places: gpd.GeoDataFrame,
    facilities: gpd.GeoDataFrame,
    params: MovementParams,
) -> gpd.GeoDataFrame:
    words = "|".join(map(re.escape, params.change_words))
    chosen = places["kind"].isin(params.change_kinds)
    if words:
        chosen |= places["name_en"].str.lower().str.contains(words)
    served = facilities["kind"].isin(params.change_facilities)
    columns = ["id", "geometry"]
    both = [places.loc[chosen, columns], facilities.loc[served, columns]]
    return gpd.GeoDataFrame(pd.concat(both, ignore_index=True), crs=places.crs)


class Meetings(NamedTuple):
    """Where railways are joined to other ways: edges of the walking network."""

    rail: Ints
    way: Ints
    point: Objects


def _join_railways(
    walk: Network, ways: gpd.GeoDataFrame, stations: Objects, limit_m: float
) -> tuple[Network, pd.DataFrame]:
    """Join railways to roads and paths at level crossings and stations."""
    is_rail = (ways["layer"] == "railway").to_numpy()[walk.line]
    level = ~(ways["bridge"] | ways["tunnel"]).to_numpy()[walk.line]
    crossings = _level_crossings(walk, is_rail & level, ~is_rail & level)
    halts = _halts(walk, stations, is_rail, limit_m)
    rail = np.concatenate([crossings.rail, halts.rail])
    way = np.concatenate([crossings.way, halts.way])
    point = np.concatenate([crossings.point, halts.point])
    counts = [len(crossings.rail), len(halts.rail)]
    reason = np.repeat(["level_crossing", "station"], counts)
    network, nodes = _insert(walk, np.r_[rail, way], np.r_[point, point])
    on_rail, on_way = np.split(nodes, 2)
    return network, _connectors(network, on_rail, on_way, reason)


def _level_crossings(walk: Network, rail: Bools, other: Bools) -> Meetings:
    """Return where railways cross other ways without a vertex."""
    lines = walk.geometry
    rails = np.flatnonzero(rail)
    which, way = walk.tree.query(lines[rails], predicate="intersects")
    track = rails[which]
    ends = np.stack([walk.edge_from, walk.edge_to])
    shared = (ends[:, None, track] == ends[None, :, way]).any(axis=(0, 1))
    crosses = other[way] & ~shared
    track = track[crosses]
    way = way[crosses]
    common = shapely.intersection(lines[track], lines[way])
    part, owner = shapely.get_parts(common, return_index=True)
    is_point = shapely.get_type_id(part) == shapely.GeometryType.POINT
    pair = owner[is_point]
    return Meetings(track[pair], way[pair], part[is_point])


def _halts(
    walk: Network, station: Objects, rail: Bools, limit_m: float
) -> Meetings:
    """Return railway, nearest way within the limit, and point of the railway, for stations."""
    lines = walk.geometry
    rails = np.flatnonzero(rail)
    others = np.flatnonzero(~rail)
    which, nearest = _nearest(lines[rails], station, STATION_REACH_M)
    track = rails[nearest]
    along = shapely.line_locate_point(lines[track], station[which])
    foot = shapely.line_interpolate_point(lines[track], along)
    reached, way = _nearest(lines[others], foot, limit_m)
    return Meetings(track[reached], others[way], foot[reached])


def _nearest(
    lines: Objects, points: Objects, within_m: float
) -> tuple[Ints, Ints]:
    """Return points, and the line nearest to each, of those that have one within a distance."""
    point, line = shapely.STRtree(lines).query_nearest(
        points, max_distance=within_m, all_matches=False
    )
    return point, line


def _insert(walk: Network, edge: Ints, point: Objects) -> tuple[Network, Ints]:
    """Return the network with a node on each edge nearest to its point, and those nodes."""
    offset_m = shapely.line_locate_point(walk.lines_of(edge), point)
    return walk.insert(pd.DataFrame({"edge": edge, "offset_m": offset_m}))


def _connectors(
    network: Network, from_node: Ints, to_node: Ints, reason: Objects | str
) -> pd.DataFrame:
    """Return the joins of different nodes, each pair once."""
    step = network.node_xy[to_node] - network.node_xy[from_node]
    joins = pd.DataFrame(
        {
            "reason": reason,
            "from_node": from_node,
            "to_node": to_node,
            "length_m": np.hypot(*step.T),
        }
    )
    joins = joins[joins["from_node"] != joins["to_node"]]
    return joins.drop_duplicates(["from_node", "to_node"])


def _join_loose_ends(
    walk: Network, joined: pd.DataFrame, limit_m: float
) -> tuple[Network, pd.DataFrame]:
    """Join each loose end of a part of the network to the nearest way of another part."""
    tail = np.r_[walk.edge_from, joined["from_node"].to_numpy(int)]
    head = np.r_[walk.edge_to, joined["to_node"].to_numpy(int)]
    n = walk.n_nodes
    graph = csr_array((np.ones(len(tail)), (tail, head)), shape=(n, n))
    _, part = connected_components(graph, directed=False)
    degree = np.bincount(np.r_[tail, head], minlength=n)
    loose = np.flatnonzero(degree == 1)
    points = np.asarray(shapely.points(walk.node_xy[loose]), dtype=object)
    end, way = walk.tree.query(points, predicate="dwithin", distance=limit_m)
    pairs = pd.DataFrame({"end": end, "way": way})
    pairs = pairs[part[loose[end]] != part[walk.edge_from[way]]]
    pairs["away_m"] = shapely.distance(
        points[pairs["end"]], walk.geometry[pairs["way"]]
    )
    nearest = pairs.sort_values(["end", "away_m", "way"]).drop_duplicates("end")
    end = nearest["end"].to_numpy()
    way = nearest["way"].to_numpy()
    network, nodes = _insert(walk, way, points[end])
    return network, _connectors(network, loose[end], nodes, "loose_end")
