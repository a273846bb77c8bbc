"""The `Network`: nodes and edges as arrays, split where lines share a vertex."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS
from scipy.sparse import csr_array
from scipy.sparse.csgraph import connected_components, dijkstra

from geo.arguments import require_type
from geo.arrays import Floats, Ints
from geo.crs import Frame, edges_of, is_graph, require_metric
from geo.evidence_line import told
from geo.network import source_lines
from geo.network.segments import Segments, points_xy
from geo.network.source_lines import VERTEX_GRID_M, NetworkError
from geo.records import Layers

FEW: Final = 100
"""Points are few where a network has this many times as many edges."""


@dataclass(frozen=True, repr=False)
class Network:
    """Nodes and edges in flat arrays; parallel edges and loops are kept.

    Edge ``e`` runs from node ``edge_from[e]`` to ``edge_to[e]`` along the coordinates
    ``xy[start[e]:start[e + 1]]``.
    """

    node_xy: Floats
    """(n, 2), metres"""
    edge_from: Ints
    edge_to: Ints
    length_m: Floats
    line: Ints
    """(m,): position of the source line in the frame that the network was built from."""
    oneway: Ints
    """(m,): 1 passable from ``edge_from`` to ``edge_to`` only, -1 against, 0 both ways."""
    xy: Floats
    """(k, 2), metres: coordinates of all edges, one after the other."""
    start: Ints
    crs: CRS
    twins: Ints = field(default_factory=lambda: np.zeros(0, dtype=int))
    """Positions of source lines left out, at least in part, since one before them is the same."""
    lines: Frame | None = None
    """The source lines, whose columns `geo.network.to_networkx` hands on; None if not known."""

    def __repr__(self) -> str:
        """Return its size in a line, and how many lines were left out as twins."""
        left_out = f"; twins left out: {len(self.twins)}" if len(self.twins) else ""
        length = self.length_m.sum() / 1000
        return f"Network({self.n_nodes} nodes, {self.n_edges} edges, {length:.1f} km{left_out})"

    @property
    def n_nodes(self) -> int:
        """Number of nodes."""
        return len(self.node_xy)

    @property
    def n_edges(self) -> int:
        """Number of edges."""
        return len(self.edge_from)

    @cached_property
    def junctions(self) -> Floats:
        """Where three ends of edges or more meet, (k, 2)."""
        ends = np.concatenate([self.edge_from, self.edge_to])
        return self.node_xy[np.bincount(ends, minlength=self.n_nodes) >= 3]

    @cached_property
    def geometry(self) -> npt.NDArray[Any]:
        """Edges as an object array of shapely LineStrings."""
        index = np.repeat(np.arange(self.n_edges), np.diff(self.start))
        return np.asarray(shapely.linestrings(self.xy, indices=index), dtype=object)

    def frame(self) -> gpd.GeoDataFrame:
        """Return the edges as rows: ``edge``, its number, and ``length_m``."""
        edges = {"edge": range(self.n_edges), "length_m": self.length_m}
        return gpd.GeoDataFrame(edges, geometry=self.geometry, crs=self.crs)

    def lines_of(self, edge: Ints) -> npt.NDArray[Any]:
        """Return the `geometry` of some edges; where they are few, without that of the others."""
        few, which = np.unique(edge, return_inverse=True)
        if "geometry" in vars(self) or 4 * len(few) > self.n_edges:
            return np.asarray(self.geometry[edge], dtype=object)
        size = np.diff(self.start)[few]
        first = self.start[few] - (np.cumsum(size) - size)
        vertices = np.arange(size.sum()) + np.repeat(first, size)
        index = np.repeat(np.arange(len(few)), size)
        lines = np.full(len(few), None, dtype=object)
        shapely.linestrings(self.xy[vertices], indices=index, out=lines)
        return lines[which]

    @cached_property
    def tree(self) -> shapely.STRtree:
        """Spatial index over `geometry`."""
        return shapely.STRtree(self.geometry)

    @cached_property
    def segments(self) -> Segments:
        """The straight pieces that the edges are drawn of, in the order of the edges."""
        inner = np.delete(np.arange(len(self.xy)), self.start[1:] - 1)
        edge = np.repeat(np.arange(self.n_edges), np.diff(self.start) - 1)
        return Segments(self.xy[inner], self.xy[inner + 1], edge)

    @cached_property
    def begin_m(self) -> Floats:
        """Where on its edge each of the `segments` begins, as drawn."""
        return np.delete(self.along_m, self.start[1:] - 1)

    @cached_property
    def along_m(self) -> Floats:
        """Distance of every coordinate in `xy` from the start of its own edge."""
        total = np.cumsum(_steps(self.xy, self.start))
        return total - np.repeat(total[self.start[:-1]], np.diff(self.start))

    @cached_property
    def walking(self) -> csr_array:
        """Node-to-node lengths, both ways."""
        return self.adjacency()

    @cached_property
    def drawn_ratio(self) -> Floats:
        """Drawn length of each edge over `length_m`: 1 except for rounding, so that offsets fit."""
        steps = _steps(self.xy, self.start)
        return np.add.reduceat(steps, self.start[:-1]) / self.length_m

    def _drawn_ratio_of(self, edge: Ints) -> Floats:
        return np.asarray(shapely.length(self.lines_of(edge)) / self.length_m[edge])

    def adjacency(
        self, weight: Floats | None = None, *, directed: bool = False
    ) -> csr_array:
        """Return the least cost from node to node, (n, n): that of the `arcs`."""
        tail, head, cost, _ = self.arcs(weight, directed=directed)
        return csr_array((cost, (tail, head)), shape=(self.n_nodes, self.n_nodes))

    def arcs(
        self, weight: Floats | None = None, *, directed: bool = False
    ) -> tuple[Ints, Ints, Floats, Ints]:
        """Return tail, head, cost and edge of every arc, sorted by tail, then head.

        An arc is an edge in one direction: in those of `oneway` if `directed`, else in both.  Of
        parallel arcs the cheapest is kept.  `weight` is the cost of each edge, its length by
        default; one that is not positive raises `NetworkError`.
        """
        cost = self.length_m if weight is None else np.asarray(weight, dtype=float)
        if not (cost > 0).all():
            bad = int(np.flatnonzero(~(cost > 0))[0])
            raise NetworkError(
                f"edge {bad} has weight {cost[bad]}; weights must be positive"
            )
        forth = self.oneway >= 0 if directed else np.ones(self.n_edges, dtype=bool)
        back = self.oneway <= 0 if directed else forth
        tail = np.concatenate([self.edge_from[forth], self.edge_to[back]])
        head = np.concatenate([self.edge_to[forth], self.edge_from[back]])
        edge = np.concatenate([np.flatnonzero(forth), np.flatnonzero(back)])
        order = np.lexsort((cost[edge], head, tail))
        new = (np.diff(tail[order]) != 0) | (np.diff(head[order]) != 0)
        order = order[np.r_[True, new][: len(order)]]
        return tail[order], head[order], cost[edge[order]], edge[order]

    def distances(self, sources: Sequence[int] | Ints) -> Floats:
        """Return the distance in metres from each source node to every node, (s, n)."""
        nodes = np.asarray(sources)
        if nodes.size and not 0 <= nodes.min() <= nodes.max() < self.n_nodes:
            raise NetworkError(
                f"sources are nodes from 0 to {self.n_nodes - 1}; found {nodes.min()} to "
                f"{nodes.max()}. Fix: network, sources = network.insert(network.snap(points))"
            )
        return dijkstra(self.walking, directed=True, indices=sources)

    def nearest(self, xy: Floats) -> tuple[Positions, Floats]:
        """Return the nearest position of each point, on the lowest edge of equals, and how far."""
        if FEW * len(xy) < self.n_edges and "segments" not in vars(self):
            return self._nearest_of_few(xy)
        away, segment = self.segments.nearest(xy)
        edge = self.segments.line[segment]
        length = self.segments.length[segment]
        offset = self.begin_m[segment] + self.segments.foot(xy, segment) * length
        offset /= self._drawn_ratio_of(edge)
        return Positions(edge, np.minimum(offset, self.length_m[edge])), away

    def _nearest_of_few(self, xy: Floats) -> tuple[Positions, Floats]:
        """Return the nearest positions of few points, with the segments of edges near them only."""
        points = np.asarray(shapely.points(xy), dtype=object)
        _, away = self.tree.query_nearest(
            points, return_distance=True, all_matches=False
        )
        _, near = self.tree.query(
            points, predicate="dwithin", distance=away + VERTEX_GRID_M
        )
        is_near = np.bincount(near, minlength=self.n_edges) > 0
        positions, away = self.keep(is_near).nearest(xy)
        edge = np.flatnonzero(is_near)[positions.edge]
        return replace(positions, edge=edge), away

    def snap(self, points: Frame, max_snap_m: float = np.inf) -> pd.DataFrame:
        """Return the nearest position on the network for each point.

        On the caller's index: ``edge``; ``offset_m``, distance along the edge; ``snap_m``, how far
        it was moved.  Raises `geo.crs.CRSError` if the points are not in the network's CRS,
        `NetworkError` if the network has no edges, a point is missing or empty, or points lie
        farther from the network than `max_snap_m`, in metres.

        >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (90, 0)])], crs=9141)
        >>> house = gpd.GeoSeries.from_xy([30], [20], crs=9141)
        >>> from_lines(street).snap(house).values.tolist()
        [[0.0, 30.0, 20.0]]
        """
        _require_points("points", points)
        points = points.geometry
        require_metric(network=gpd.GeoSeries([], crs=self.crs), points=points)
        if not self.n_edges:
            raise NetworkError(
                "the network has no edges to snap to. Fix: make it from a layer that has lines"
            )
        missing = points.isna() | points.is_empty
        if missing.any():
            raise NetworkError(f"point {points.index[missing][0]} has no position")
        positions, snap_m = self.nearest(points_xy(points))
        far = np.count_nonzero(snap_m > max_snap_m)
        if far:
            farthest = int(snap_m.argmax())
            raise NetworkError(
                f"{far} of {len(points)} points lie more than {max_snap_m:.0f} m from the "
                f"network, the farthest, {points.index[farthest]}, {snap_m[farthest]:.0f} m. "
                "Fix: leave them out, or give "
                "positions = geo.network.Positions.of(network.snap(points))"
            )
        table = {
            "edge": positions.edge,
            "offset_m": positions.offset_m,
            "snap_m": snap_m,
        }
        return pd.DataFrame(table, index=points.index)

    def insert(self, positions: pd.DataFrame) -> tuple[Network, Ints]:
        """Return the network with a node at each position as from `snap`, and those nodes.

        A position at an end of its edge, to within a millimetre, takes the node that is there.
        """
        if "edge" not in positions:
            raise NetworkError(
                "positions have no columns edge and offset_m. "
                "Fix: positions = network.snap(positions)"
            )
        places = Positions.of(positions)
        nodes = np.full(len(places), -1)
        at_start = places.offset_m <= VERTEX_GRID_M
        at_end = places.offset_m >= self.length_m[places.edge] - VERTEX_GRID_M
        nodes[at_end] = self.edge_to[places.edge[at_end]]
        nodes[at_start] = self.edge_from[places.edge[at_start]]
        inner = places.take(nodes < 0)
        if not len(inner):
            return self, nodes
        grid = np.round(inner.offset_m / VERTEX_GRID_M)
        rows = np.stack([inner.edge, grid], axis=1)
        cuts, which = np.unique(rows, axis=0, return_inverse=True)
        nodes[nodes < 0] = self.n_nodes + which.reshape(-1)
        edge, offset = cuts.T
        return self.split_at(edge.astype(int), offset * VERTEX_GRID_M), nodes

    def split_at(self, edge: Ints, offset: Floats) -> Network:
        """Return the network cut at inner positions, sorted by edge and offset, in metres.

        Edges keep their order, pieces in place of one that is cut; nodes follow the present ones.
        """
        drawn_m = offset * self._drawn_ratio_of(edge)
        line = shapely.line_interpolate_point(self.lines_of(edge), drawn_m)
        point = shapely.get_coordinates(line)
        xy, start = self._with_points(edge, drawn_m, point)
        parent = np.repeat(
            np.arange(self.n_edges), 1 + np.bincount(edge, minlength=self.n_edges)
        )
        cut = np.arange(len(edge))
        ends_at_cut = edge + cut  # position of the piece that ends at each cut
        edge_from = self.edge_from[parent]
        edge_to = self.edge_to[parent]
        edge_to[ends_at_cut] = self.n_nodes + cut
        edge_from[ends_at_cut + 1] = self.n_nodes + cut
        begin_m = np.zeros(len(parent))
        end_m = self.length_m[parent]
        end_m[ends_at_cut] = offset
        begin_m[ends_at_cut + 1] = offset
        network = replace(
            self,
            node_xy=np.concatenate([self.node_xy, point]),
            edge_from=edge_from,
            edge_to=edge_to,
            length_m=end_m - begin_m,
            line=self.line[parent],
            oneway=self.oneway[parent],
            xy=xy,
            start=start,
        )
        if "geometry" in vars(self):
            pieces = np.union1d(ends_at_cut, ends_at_cut + 1)
            lines = self.geometry[parent]
            lines[pieces] = network.lines_of(pieces)
            vars(network)["geometry"] = lines
        return network

    def _with_points(
        self, edge: Ints, drawn_m: Floats, point: Floats
    ) -> tuple[Floats, Ints]:
        """Return coordinates and starts of the edges when they are cut at points of theirs.

        Each cut puts its point twice, as the end and the start of two pieces.
        """
        of_coordinate = np.repeat(np.arange(self.n_edges), np.diff(self.start))
        cuts = np.bincount(edge, minlength=self.n_edges)
        # Only the coordinates of edges that are cut are put in order with the points.
        is_moved = (cuts > 0)[of_coordinate]
        moved = np.flatnonzero(is_moved)
        stays = np.flatnonzero(~is_moved)
        before = 2 * np.r_[0, np.cumsum(cuts)]
        xy = np.empty((len(self.xy) + 2 * len(edge), 2))
        to = stays + before[of_coordinate[stays]]
        xy[to] = self.xy[stays]
        is_free = np.ones(len(xy), dtype=bool)
        is_free[to] = False
        owner = np.concatenate([of_coordinate[moved], edge, edge])
        along_m = np.concatenate([self.along_m[moved], drawn_m, drawn_m])
        turn = np.repeat([0, 1, 2], [len(moved), len(edge), len(edge)])
        order = np.lexsort((turn, along_m, owner))
        free = np.flatnonzero(is_free)
        xy[free] = np.concatenate([self.xy[moved], point, point])[order]
        start = np.r_[self.start + before, free[turn[order] == 2]]
        return xy, np.sort(start)

    def components(self) -> Ints:
        """Return the component number of each node, by what can be driven there and back."""
        one_way = self.adjacency(directed=True)
        return connected_components(one_way, connection="strong")[1].astype(int)

    def keep(self, edges: npt.NDArray[np.bool_]) -> Network:
        """Return the network of the marked edges only, all nodes kept."""
        vertices = np.repeat(edges, np.diff(self.start))
        by_edge = ("edge_from", "edge_to", "length_m", "line", "oneway")
        kept_columns: dict[str, Any] = {
            name: getattr(self, name)[edges] for name in by_edge
        }
        start = np.r_[0, np.cumsum(np.diff(self.start)[edges])]
        return replace(self, xy=self.xy[vertices], start=start, **kept_columns)


def of_layers(layers: Layers) -> Network:
    """Return the network of all ways of a study: roads, paths, railways, in metres."""
    ways = [layers.roads, layers.paths, layers.railways]
    network = from_lines(pd.concat(ways, ignore_index=True))
    return replace(network, lines=None)  # half of what is sent to another process


def from_lines(lines: Frame) -> Network:
    """Build a network from lines, splitting them at every vertex that they share.

    Lines that cross without a common vertex, as a bridge over a road does, are not joined::

        o                 o
        |                 |              o  a node: an end of a line, or a vertex of two lines
        o----.----o   ----|----o         .  any other vertex
        |                 |
        o                 o              left: joined, three edges; right: a bridge, two edges

    A line with the same vertices as one before it, whichever way it runs, is the same street drawn
    again, as in the edges of an osmnx graph.  It is left out and named in `Network.twins`; what
    remains may be travelled as either could.

    Parameters
    ----------
    lines : GeoDataFrame or GeoSeries of LineString or MultiLineString, projected CRS in metres
        A column ``oneway`` (1, 0, -1; True, False; "yes", "no", "-1"), where there is one, sets
        the direction of travel.

    Returns
    -------
    Network

    Raises `geo.crs.CRSError`, `NetworkError` if the CRS is missing, geographic or not in metres; if
    a geometry is missing, empty or not of lines, or a direction is unknown.

    Examples
    --------
    >>> streets = [
    ...     shapely.LineString([(0, 0), (50, 0), (90, 0)]), shapely.LineString([(50, 0), (50, 30)])
    ... ]
    >>> network = from_lines(gpd.GeoSeries([*streets, streets[1].reverse()], crs=9141))
    >>> network.n_nodes, network.length_m.tolist(), network.twins.tolist()
    (4, [50.0, 40.0, 30.0], [2])
    """
    crs = require_metric(lines=lines)
    geometry, row = source_lines.parts_of(lines)
    xy, owner = shapely.get_coordinates(geometry, return_index=True)
    grid = np.round(xy / VERTEX_GRID_M).view(complex)[:, 0]
    differs = np.r_[True, (np.diff(owner) != 0) | (np.diff(grid) != 0)][: len(xy)]
    xy = xy[differs]
    owner = owner[differs]
    grid = grid[differs]
    directions = source_lines.directions_of(lines)[row]
    single, oneway = source_lines.merge_twins(xy, owner, directions)
    first = single[owner]
    edges = _split(xy[first], owner[first], grid[first])
    return Network(
        node_xy=edges.node_xy,
        edge_from=edges.tail,
        edge_to=edges.head,
        length_m=edges.length_m,
        line=row[edges.line],
        oneway=oneway[edges.line],
        xy=edges.xy,
        start=edges.start,
        crs=crs,
        twins=np.unique(row[~single]),
        lines=lines.copy(deep=False),
    )


class _Edges(NamedTuple):
    """Edges between the nodes of lines, named as in `Network`."""

    node_xy: Floats
    tail: Ints
    head: Ints
    line: Ints
    xy: Floats
    start: Ints

    @property
    def length_m(self) -> Floats:
        """Length of each edge."""
        if not len(self.line):
            return np.zeros(0)
        return np.add.reduceat(_steps(self.xy, self.start), self.start[:-1])


def _split(xy: Floats, owner: Ints, grid: npt.NDArray[np.complex128]) -> _Edges:
    """Split lines at the vertices that they share; `grid` tells vertices apart."""
    vertex, _ = pd.factorize(grid)
    times = np.bincount(vertex)
    border = np.r_[True, np.diff(owner) != 0, True]
    node_at = np.flatnonzero(border[:-1] | border[1:] | (times[vertex] > 1))
    nodes, node = np.unique(grid[node_at], return_inverse=True)
    node_xy = np.empty((len(nodes), 2))
    node_xy[node] = xy[node_at]
    # An edge runs from each node along a line to the next.
    edge = np.flatnonzero(np.diff(owner[node_at]) == 0)
    begin = node_at[edge]
    size = np.diff(node_at)[edge] + 1
    start = np.r_[0, np.cumsum(size)]
    vertices = np.arange(start[-1]) + np.repeat(begin - start[:-1], size)
    return _Edges(
        node_xy, node[edge], node[edge + 1], owner[begin], xy[vertices], start
    )


def _steps(xy: Floats, start: Ints) -> Floats:
    """Return the distance of each coordinate from the one before on its edge; 0 at its start."""
    step = np.hypot(*np.diff(xy, axis=0, prepend=xy[:1]).T)
    step[start[:-1]] = 0.0
    return np.asarray(step)


@told
@dataclass(frozen=True)
class Positions:
    """Places on the edges of a network, (n,).

    >>> Positions(np.array([0, 2]), np.array([10.0, 5.0])).take(np.array([1])).offset_m.tolist()
    [5.0]
    """

    edge: Ints
    offset_m: Floats
    """Distance from the start of the edge."""
    snap_m: Floats | None = None
    """How far each point was moved to the network; None for positions that were no points."""

    def __len__(self) -> int:
        """Return the number of positions."""
        return len(self.edge)

    def take(self, which: Ints | npt.NDArray[np.bool_]) -> Positions:
        """Return the chosen positions."""
        snap_m = None if self.snap_m is None else self.snap_m[which]
        return Positions(self.edge[which], self.offset_m[which], snap_m)

    def points(self, network: Network) -> Floats:
        """Return the coordinates of the positions, (n, 2)."""
        share = self.offset_m / network.length_m[self.edge]
        places = shapely.line_interpolate_point(
            network.lines_of(self.edge), share, normalized=True
        )
        return shapely.get_coordinates(places)

    @classmethod
    def of(cls, snapped: pd.DataFrame) -> Positions:
        """Return the positions of a table from `Network.snap`."""
        edge = snapped["edge"].to_numpy(int)
        offset_m = snapped["offset_m"].to_numpy(float)
        if "snap_m" not in snapped:
            return cls(edge, offset_m)
        return cls(edge, offset_m, snapped["snap_m"].to_numpy(float))

    @classmethod
    def random(
        cls,
        network: Network,
        n: int,
        rng: np.random.Generator,
        intensity: Floats | None = None,
    ) -> Positions:
        """Draw positions on a network.

        Parameters
        ----------
        network : Network
        n : int
        rng : numpy.random.Generator
        intensity : (m,) array, optional
            Relative intensity per metre of each edge; by default even.
        """
        return cls.along(network.length_m, n, rng, intensity)

    @classmethod
    def along(
        cls,
        length_m: Floats,
        n: int,
        rng: np.random.Generator,
        intensity: Floats | None = None,
    ) -> Positions:
        """Draw `n` positions on edges of given lengths.

        Parameters
        ----------
        length_m : (m,) array
            Length of each edge.
        n : int
        rng : numpy.random.Generator
        intensity : (m,) array, optional
            Relative intensity per metre of each edge; by default even.
        """
        total = np.cumsum(length_m if intensity is None else length_m * intensity)
        edge = np.searchsorted(total, rng.random(n) * total[-1], side="right")
        edge = np.minimum(edge, len(length_m) - 1)
        return cls(edge, rng.random(n) * length_m[edge])


Events = Positions | Frame
"""Positions on a network, or points within `MAX_SNAP_M` of it, which are moved to the nearest."""

MAX_SNAP_M: Final = 500.0
"""How far a point is moved to a network, unless a caller says so himself by `Network.snap`."""


def require_network(network: object) -> None:
    """Raise `NetworkError`, with the code that makes a network, for a graph or a layer of lines."""
    if isinstance(network, Network):
        return
    code = edges_of("network") if is_graph(network) else "network"
    raise NetworkError(
        f"network is {type(network).__name__}, no geo.network.Network. "
        f"Fix: network = geo.network.from_lines({code})"
    )


def _require_points(name: str, points: object) -> None:
    """Raise `geo.arguments.ArgumentError` for what is no layer of points."""
    fix = f"{name} = geopandas.GeoSeries({name}, crs=network.crs)"
    if isinstance(points, str):
        fix = f"{name} = geopandas.read_file({name}).to_crs(network.crs)"
    require_type(name, points, (gpd.GeoSeries, gpd.GeoDataFrame), fix)


def positions_of(network: Network, events: Events) -> Positions:
    """Return positions as they are, and of points the nearest; raises as `Network.snap`."""
    require_network(network)
    if isinstance(events, Positions):
        return events
    if isinstance(events, pd.DataFrame) and {"edge", "offset_m"} <= {*events}:
        return Positions.of(events)
    _require_points("positions", events)
    points_xy(events)
    return Positions.of(network.snap(events, MAX_SNAP_M))
