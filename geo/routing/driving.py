"""Travel times, distances and road geometries on the drivable network."""

from __future__ import annotations

from dataclasses import dataclass, replace
from itertools import groupby
from operator import itemgetter
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra
from shapely.geometry.base import BaseGeometry

from geo.arrays import Bools, Floats, Ints
from geo.crs import require_metric
from geo.evidence_line import told
from geo.network.graph import Network, from_lines
from geo.network.source_lines import VERTEX_GRID_M
from geo.params import SpeedParams
from geo.schema import DRIVABLE, WAYS

CROSSING_M: Final = 60.0
"""A shorter piece of a road, between two of another, is part of their crossing."""


class RoutingError(ValueError):
    """There is no way to drive between two places, or no road at all."""


class OffRoadError(RoutingError):
    """No road that can be driven there and back lies near the depot."""


@told
@dataclass(frozen=True)
class Drive:
    """A network of roads with the speed and the label of each source line."""

    network: Network
    speed_mps: Floats
    """(lines,), metres a second."""
    label: npt.NDArray[np.object_]
    """(lines,) of str: number, else name of the road; empty where it has neither."""

    @property
    def time_s(self) -> Floats:
        """Driving time of every edge, in seconds."""
        return self.network.length_m / self.speed_mps[self.network.line]

    def keep(self, edges: npt.NDArray[np.bool_]) -> Drive:
        """Return the drive network of the marked edges only."""
        return replace(self, network=self.network.keep(edges))

    def insert(self, positions: pd.DataFrame) -> tuple[Drive, Ints]:
        """Return the drive network with a node at each position; see `Network.insert`."""
        network, nodes = self.network.insert(positions)
        return replace(self, network=network), nodes

    def two_way_from(self, depot: gpd.GeoSeries, within_m: float) -> Drive:
        """Return the part from which the depot can be driven to, and that it can drive to.

        Of the strongly connected components with an edge within `within_m` metres of the depot,
        that with the most edges: a stub behind a barrier does not make an island of the depot.
        Raises `OffRoadError` if no edge with a way there and back lies that near.
        """
        network = self.network
        component = network.components()
        inside = component[network.edge_from] == component[network.edge_to]
        of_edge = np.where(inside, component[network.edge_from], -1)
        _, near = network.tree.query(
            depot.values, predicate="dwithin", distance=within_m
        )
        reached = np.unique(of_edge[near][of_edge[near] >= 0])
        if not len(reached):
            raise OffRoadError(
                f"no road that can be driven there and back lies within {within_m:.0f} m of "
                "the depot. Fix: set patrols.depot to a place nearer to a road inside the "
                "boundary, or allow a greater distance with patrols.access_m or "
                "patrols.access_generalised_m"
            )
        edges = np.array([(of_edge == number).sum() for number in reached])
        return self.keep(of_edge == reached[edges.argmax()])


class Leg(NamedTuple):
    """One drive between two nodes."""

    geometry: shapely.LineString
    roads: str
    """Labels of the roads in order, such as ``South Street > M-2``."""


@told
@dataclass(frozen=True)
class Matrix:
    """Fastest drives between the nodes of a list."""

    drive: Drive
    nodes: Ints
    """(k,)"""
    time_s: Floats
    """(k, k), seconds from row to column; infinite where there is no way."""
    distance_m: Floats
    """(k, k), metres along the fastest drive."""
    _previous: npt.NDArray[np.int32]
    _arc_key: Ints
    _arc_edge: Ints

    def of(self, rows: Ints) -> Matrix:
        """Return the drives between some of its nodes, by their rows."""
        return replace(
            self,
            nodes=self.nodes[rows],
            time_s=self.time_s[np.ix_(rows, rows)],
            distance_m=self.distance_m[np.ix_(rows, rows)],
            _previous=self._previous[rows],
        )

    def leg(self, i: int, j: int) -> Leg:
        """Return the fastest drive from the `i`-th to the `j`-th node; `RoutingError` if none."""
        if not np.isfinite(self.time_s[i, j]):
            raise RoutingError(
                f"there is no way from node {self.nodes[i]} to {self.nodes[j]}"
            )
        path = [int(self.nodes[j])]
        while path[-1] != self.nodes[i]:
            path.append(int(self._previous[i, path[-1]]))
        path.reverse()
        network = self.drive.network
        if len(path) == 1:
            return Leg(shapely.LineString(network.node_xy[[path[0], path[0]]]), "")
        tail, head = np.array(path[:-1]), np.array(path[1:])
        edge = self._edges(tail, head)
        pieces = [
            network.xy[network.start[number] : network.start[number + 1]][
                :: 1 if forth else -1
            ]
            for number, forth in zip(edge, network.edge_from[edge] == tail, strict=True)
        ]
        xy = np.concatenate([pieces[0], *(piece[1:] for piece in pieces[1:])])
        labels = self.drive.label[network.line[edge]]
        return Leg(shapely.LineString(xy), _roads(labels, network.length_m[edge]))

    def _edges(self, tail: Ints, head: Ints) -> Ints:
        key = tail * self.drive.network.n_nodes + head
        return self._arc_edge[np.searchsorted(self._arc_key, key)]


def _roads(labels: npt.NDArray[np.object_], length_m: Floats) -> str:
    """Return the roads of a drive in order, without crossings of another road's short end."""
    runs = [
        (label, sum(metres for _, metres in run))
        for label, run in groupby(zip(labels, length_m, strict=True), key=itemgetter(0))
        if label
    ]
    kept = [
        label
        for run, (label, metres) in enumerate(runs)
        if metres > CROSSING_M
        or not 0 < run < len(runs) - 1
        or runs[run - 1][0] != runs[run + 1][0]
    ]
    return " > ".join(label for label, _ in groupby(kept))


def drivable(
    roads: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, speeds: SpeedParams
) -> Drive:
    """Build the drivable network inside the boundary.

    Roads are the rows of a class in `geo.schema.DRIVABLE`; bridges for pedestrians and
    tracks are none.  A road that leaves the boundary is cut there and only the pieces inside
    are driven.  The speed is that of the class, lowered for the surface, at most the posted limit;
    a ``_link`` drives as its road.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame, table `WAYS`, projected CRS in metres
    boundary : geopandas.GeoDataFrame of Polygon, the same CRS
    speeds : geo.params.SpeedParams

    Returns
    -------
    Drive

    Raises `geo.crs.CRSError` if the layers are not in one projected CRS in metres, `RoutingError`
    if no road lies inside the boundary.
    """
    require_metric(roads=roads, boundary=boundary)
    outline = boundary.geometry.union_all()
    ways = _clip(roads[roads["highway"].isin(DRIVABLE)], outline)
    if ways.empty:
        raise OffRoadError(
            f"none of {len(roads)} roads lies inside the boundary, whose bounds are "
            f"{np.round(outline.bounds).tolist()}. Fix: check that both are of one region"
        )
    _, labels = labels_of(ways)
    label = labels.to_numpy(object)
    table = WAYS.frame(ways)
    kph = table["highway"].str.removesuffix("_link").map(speeds.kph).astype("float64")
    kph *= table["surface"].map(speeds.surface).astype("float64").fillna(1.0)
    return Drive(
        from_lines(ways),
        np.asarray(np.fmin(kph, table["maxspeed_kph"]) * (1 / 3.6)),
        label,
    )


def labels_of(ways: gpd.GeoDataFrame) -> tuple[pd.Series, pd.Series]:
    """Return the number of each road, table `WAYS`, and its number or else its name; "" for none.

    Of a road that bears several numbers, as "M-2;M-25", it is the first.
    """
    number = ways["ref"].fillna("").astype(str).str.partition(";")[0].str.strip()
    return number, number.where(number != "", ways["name"].fillna("").astype(str))


def matrix(drive: Drive, nodes: Ints) -> Matrix:
    """Return seconds and metres of the fastest drive between each two nodes.

    Dijkstra's algorithm from each node (scipy), one-way streets obeyed, turns free.

    Parameters
    ----------
    drive : geo.routing.Drive
        The roads.
    nodes : (n,) int array
        Nodes of its network.

    Returns
    -------
    Matrix
        Seconds and metres, (n, n).
    """
    network = drive.network
    tail, head, arc_s, edge = _arcs_between(drive, nodes)
    size = network.n_nodes
    graph = csr_array((arc_s, (tail, head)), shape=(size, size))
    sources, row = np.unique(nodes, return_inverse=True)
    found, previous = dijkstra(graph, indices=sources, return_predecessors=True)
    time_s = found[:, nodes][row]
    key = tail * size + head
    half = Matrix(drive, nodes, time_s, np.zeros_like(time_s), previous[row], key, edge)
    return replace(half, distance_m=_distances(half))


def _arcs_between(drive: Drive, nodes: Ints) -> tuple[Ints, Ints, Floats, Ints]:
    """Return tail, head, seconds and edge of the arcs that ways between the nodes may use."""
    tail, head, arc_s, edge = drive.network.arcs(drive.time_s, directed=True)
    passed = ~_dead_ends(drive.network, nodes)[edge]
    return tail[passed], head[passed], arc_s[passed], edge[passed]


def _dead_ends(network: Network, nodes: Ints) -> Bools:
    """Return the edges in dead ends without any of the nodes: no way between nodes uses them."""
    is_dead = np.zeros(network.n_edges, dtype=bool)
    ends_at_last = True
    while ends_at_last:
        ends = np.r_[network.edge_from[~is_dead], network.edge_to[~is_dead]]
        is_last = np.bincount(ends, minlength=network.n_nodes) == 1
        is_last[nodes] = False
        ends_there = is_last[network.edge_from] | is_last[network.edge_to]
        ends_at_last = bool((ends_there & ~is_dead).any())
        is_dead |= ends_there
    return is_dead


def to_and_from(drive: Drive, depot: int, nodes: Ints) -> tuple[Floats, Floats]:
    """Return the seconds from the depot to each node, and from each node to the depot."""
    graph = drive.network.adjacency(drive.time_s, directed=True)
    out = np.asarray(dijkstra(graph, indices=[depot]))[0]
    back = np.asarray(dijkstra(graph.T.tocsr(), indices=[depot]))[0]
    return out[nodes], back[nodes]


def _clip(roads: gpd.GeoDataFrame, outline: BaseGeometry) -> gpd.GeoDataFrame:
    """Return the pieces of the roads inside the outline, each in its road's direction."""
    shapely.prepare(outline)
    lines = roads.geometry.values
    inside = outline.contains_properly(lines)
    crossing = roads[~inside & outline.intersects(lines)]
    pieces = crossing.set_geometry(crossing.intersection(outline)).explode(
        index_parts=False
    )
    pieces = pieces[
        (pieces.geom_type == "LineString") & (pieces.length > VERTEX_GRID_M)
    ]
    whole = np.asarray(crossing.geometry.loc[pieces.index].values)
    ends = (shapely.get_point(np.asarray(pieces.geometry.values), at) for at in (0, -1))
    begin, end = (shapely.line_locate_point(whole, point) for point in ends)
    turned = np.where(begin > end, pieces.geometry.reverse(), pieces.geometry)
    parts = [
        roads[inside],
        pieces.set_geometry(gpd.GeoSeries(turned, pieces.index, roads.crs)),
    ]
    return gpd.GeoDataFrame(pd.concat(parts), crs=roads.crs).reset_index(drop=True)


def _distances(matrix: Matrix) -> Floats:
    """Follow every path of the matrix back to its source, one step of all paths at a time."""
    size = len(matrix.nodes)
    row, column = (indices.ravel() for indices in np.indices((size, size)))
    total = np.zeros(size * size)
    at = matrix.nodes[column]
    going = np.flatnonzero(
        np.isfinite(matrix.time_s.ravel()) & (at != matrix.nodes[row])
    )
    while len(going):
        head = at[going]
        tail = matrix._previous[row[going], head].astype(np.int64)
        total[going] += matrix.drive.network.length_m[matrix._edges(tail, head)]
        at[going] = tail
        going = going[tail != matrix.nodes[row[going]]]
    distance = total.reshape(size, size)
    distance[~np.isfinite(matrix.time_s)] = np.inf
    return distance
