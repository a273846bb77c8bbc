"""Pairs of events within reach of each other along a network, and Ang's weights of them.

Many patterns on one network are counted together.  On a small network all share one table of the
distances between nodes.  On a large one all events on an edge share two searches, from the first of
them and from the last, whatever pattern they belong to::

         A <--- a o---o--o-o b ---> B      from an event at x a node is as far as the nearer of
                    x                      ``x - a + A`` and ``b - x + B``
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final, NamedTuple

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.network.compiling import compiled, in_threads
from geo.network.graph import Network, Positions
from geo.network.half_edges import HalfEdges, edges_at, half_edges_of, walk

CELLS: Final = 512
"""Equal cells in which distances are looked up."""
TABLE: Final = 1000
"""Nodes, at most, between which all distances are kept."""
PART: Final = 2000
"""Events, about, that a thread takes at a time."""
_TIE: Final = 0.001
"""A distance within this share of the shortest edge from a node's is the node's, as in spatstat."""


class Weights(NamedTuple):
    """A pair from i to j weighs ``begin[i] * end[j]``."""

    begin: Floats
    end: Floats


class Events(NamedTuple):
    """Events of some patterns in an order, by pattern or by edge."""

    edge: Ints
    offset_m: Floats
    """Distance from the start of the edge."""
    pattern: Ints
    weight: Floats
    """Weight of the pairs that begin at each event."""
    to_weight: Floats
    """Weight of the pairs that end at each event."""
    first: Ints
    """Number of the first event of each pattern, or on each edge; one more closes the last."""
    weighted: bool
    """False where each weight is 1, so that none need be looked up."""


class Distances(NamedTuple):
    """Distances at which pairs are counted, in rising order, and a table to find them by."""

    r: Floats
    start: Ints
    """The first `r` to look at for a distance of each cell."""
    scale: float
    """Cells to a metre."""
    tie: float


class Scratch(NamedTuple):
    """What the count of places writes on, again and again."""

    away: Floats
    """Distance of each pair of one event."""
    weight: Floats
    """Weight of each pair of one event."""
    before: Ints
    """The pair before it in its cell."""
    more: Ints
    """Change of the number of places in its own cell."""
    last: Ints
    """The last pair of each cell."""
    change: Ints
    """Change of the number of places in each cell."""


@dataclass(frozen=True)
class Pairs:
    """Pairs on one network, for many patterns; what these share is prepared once.

    Pairs count from the events on `from_edges`, by default all edges, to every other of the same
    pattern.
    `shortest_m` is the shortest edge, where the network is a part of another.
    """

    network: Network
    r_m: Floats
    ang: bool
    from_edges: Bools | None = None
    shortest_m: float | None = None

    @cached_property
    def _half(self) -> HalfEdges:
        return half_edges_of(self.network)

    @cached_property
    def _distances(self) -> Distances:
        scale = CELLS / float(self.r_m[-1])
        start = np.searchsorted(self.r_m, (np.arange(CELLS + 1) - 0.5) / scale).astype(
            np.int64
        )
        shortest = (
            self.network.length_m.min() if self.shortest_m is None else self.shortest_m
        )
        return Distances(self.r_m, start, scale, _TIE * float(shortest))

    @cached_property
    def _table(self) -> Floats:
        return _node_distances(self._half, self.r_m[-1])

    def sums(
        self, patterns: Sequence[Positions], weights: Weights | None = None
    ) -> Floats:
        """Return the weights of ordered pairs by the first `r_m` at or above them, (p, k).

        `weights` are those of the events of all patterns, one pattern after the other.
        """
        size = [len(positions) for positions in patterns]
        weighted = weights is not None
        if weights is None:
            weights = Weights(np.ones(sum(size)), np.ones(sum(size)))
        edge = np.concatenate([positions.edge for positions in patterns])
        offset_m = np.concatenate(
            [positions.offset_m for positions in patterns]
        ).astype(float)
        pattern = np.repeat(np.arange(len(patterns)), size)
        nodes = len(self._half.pointer) - 1
        many = len(edge)
        if self.from_edges is None and nodes <= TABLE and 2 * nodes <= many:
            first = np.r_[0, np.cumsum(size)]
            events = Events(edge, offset_m, pattern, *weights, first, weighted)
            return _sums_by_table(
                self._half, events, self._table, self._distances, self.ang
            )
        order = np.argsort(edge, kind="stable")
        first = np.searchsorted(edge[order], np.arange(self.network.n_edges + 1))
        events = Events(
            edge[order],
            offset_m[order],
            pattern[order],
            weights.begin[order],
            weights.end[order],
            first,
            weighted,
        )
        from_edges = (
            np.ones(self.network.n_edges, dtype=bool)
            if self.from_edges is None
            else self.from_edges
        )
        origins = np.flatnonzero(from_edges & (np.diff(first) > 0))

        def sums(part: Ints) -> Floats:
            return _sums(
                self._half,
                events,
                part,
                from_edges,
                self._distances,
                len(patterns),
                self.ang,
            )

        return np.asarray(
            sum(in_threads(sums, np.array_split(origins, 1 + many // PART)))
        )


@compiled
def _node_distances(half: HalfEdges, limit: float) -> Floats:
    """Return the distances between all nodes, infinite beyond the limit."""
    n = len(half.pointer) - 1
    distance = np.full((n, n), np.inf)
    touched = np.empty(n, dtype=np.int64)
    for node in range(n):
        leaving = half.leaving[half.pointer[node]]
        edge = leaving >> 1
        offset_m = 0.0 if leaving % 2 == 0 else half.length[edge]
        walk(half, edge, offset_m, limit, distance[node], touched)
    return distance


# One loop: its arrays are shared by all events.
@compiled
def _sums_by_table(
    half: HalfEdges, events: Events, table: Floats, distances: Distances, ang: bool
) -> Floats:
    """Return the sums of the weights of pairs of each pattern, (p, k)."""
    n = len(table)
    limit = distances.r[-1]
    sums = np.zeros((len(events.first) - 1, len(distances.r)))
    nodes = np.arange(n)
    distance = np.empty(n)
    scratch = _scratch(len(events.offset_m))
    for i in range(len(events.offset_m)):
        pattern = events.pattern[i]
        edge = events.edge[i]
        offset_m = events.offset_m[i]
        tail = table[half.start[2 * edge]]
        head = table[half.start[2 * edge + 1]]
        rest = half.length[edge] - offset_m
        count = 0
        # Uncorrected, a pair is measured once for both its directions.
        for j in range(
            events.first[pattern] if ang else i + 1, events.first[pattern + 1]
        ):
            other_edge = events.edge[j]
            other_offset_m = events.offset_m[j]
            a = half.start[2 * other_edge]
            b = half.start[2 * other_edge + 1]
            by_tail = min(offset_m + tail[a], rest + head[a]) + other_offset_m
            by_head = (
                min(offset_m + tail[b], rest + head[b])
                + half.length[other_edge]
                - other_offset_m
            )
            d = min(by_tail, by_head)
            if other_edge == edge:
                d = min(d, abs(offset_m - other_offset_m))
            if d > limit or i == j:
                continue
            if ang:
                scratch.away[count] = d
                scratch.weight[count] = events.to_weight[j]
                count += 1
            else:
                weight = _forth(events, i, j) + _forth(events, j, i)
                sums[pattern, _bin(d, distances)] += weight
        if count > 0:
            for node in range(n):
                distance[node] = min(offset_m + tail[node], rest + head[node])
            away = scratch.away[:count]
            _weigh(
                half,
                edge,
                offset_m,
                nodes,
                distance,
                away,
                distances,
                scratch,
                events.weight[i],
                sums[pattern],
            )
    return sums


# One loop: its arrays are shared by all edges, and cleared after each.
@compiled
def _sums(
    half: HalfEdges,
    events: Events,
    origins: Ints,
    from_edges: Bools,
    distances: Distances,
    patterns: int,
    ang: bool,
) -> Floats:
    """Return the sums of the weights of pairs from the events on some edges, (p, k)."""
    n = len(half.pointer) - 1
    limit = distances.r[-1]
    sums = np.zeros((patterns, len(distances.r)))
    from_low = np.full(n, np.inf)
    from_high = np.full(n, np.inf)
    distance = np.full(n, np.inf)
    nodes = np.empty(n, dtype=np.int64)
    nodes_from_high = np.empty(n, dtype=np.int64)
    edges = np.empty(len(half.length), dtype=np.int64)
    seen = np.full(len(half.length), -1)
    scratch = _scratch(len(events.offset_m))
    for e in origins:
        begin = events.first[e]
        end = events.first[e + 1]
        low = events.offset_m[begin:end].min()
        high = events.offset_m[begin:end].max()
        size = walk(half, e, low, limit, from_low, nodes)
        n_from_high = (
            walk(half, e, high, limit, from_high, nodes_from_high) if high > low else 0
        )
        for node in nodes_from_high[:n_from_high]:
            if from_low[node] == np.inf:
                nodes[size] = node
                size += 1
        count = edges_at(half, e, nodes[:size], e, seen, edges)
        pairs, last = _pairs(
            half,
            events,
            e,
            edges[:count],
            from_edges,
            from_low,
            from_high,
            low,
            high,
            distances,
            ang,
            sums,
        )
        for i in range(begin, end):
            pair = last[i - begin]
            count = 0
            while pair > 0:
                away, weight, pair = pairs[pair]
                scratch.away[count] = away
                scratch.weight[count] = weight
                count += 1
            if count > 0:
                to_low = events.offset_m[i] - low
                to_high = high - events.offset_m[i]
                for node in nodes[:size]:
                    distance[node] = min(
                        to_low + from_low[node], to_high + from_high[node]
                    )
                _weigh(
                    half,
                    e,
                    events.offset_m[i],
                    nodes[:size],
                    distance,
                    scratch.away[:count],
                    distances,
                    scratch,
                    events.weight[i],
                    sums[events.pattern[i]],
                )
        for node in nodes[:size]:
            from_low[node] = from_high[node] = distance[node] = np.inf
    return sums


# One loop: what is known of an edge is looked up once for all its pairs.
@compiled
def _pairs(
    half: HalfEdges,
    events: Events,
    e: int,
    edges: Ints,
    from_edges: Bools,
    from_low: Floats,
    from_high: Floats,
    low: float,
    high: float,
    distances: Distances,
    ang: bool,
    sums: Floats,
) -> tuple[list[tuple[float, float, int]], Ints]:
    """Count uncorrected pairs; return others, each with the one before it of the same event.

    An uncorrected pair is measured once for both its directions.
    """
    begin = events.first[e]
    end = events.first[e + 1]
    limit = distances.r[-1]
    pairs = [(0.0, 0.0, -1)]
    last = np.full(end - begin, -1)
    first = np.searchsorted(events.pattern[begin:end], np.arange(len(sums) + 1)) + begin
    for f in edges:
        if not ang and from_edges[f] and f < e:
            continue
        tail = half.start[2 * f]
        head = half.start[2 * f + 1]
        length = half.length[f]
        low_tail = from_low[tail]
        low_head = from_low[head]
        high_tail = from_high[tail]
        high_head = from_high[head]
        for j in range(events.first[f], events.first[f + 1]):
            pattern = events.pattern[j]
            offset_m = events.offset_m[j]
            for i in range(first[pattern], first[pattern + 1]):
                to_low = events.offset_m[i] - low
                to_high = high - events.offset_m[i]
                by_tail = min(to_low + low_tail, to_high + high_tail) + offset_m
                by_head = (
                    min(to_low + low_head, to_high + high_head) + length - offset_m
                )
                d = min(by_tail, by_head)
                if f == e:
                    d = min(d, abs(events.offset_m[i] - offset_m))
                if d > limit or i == j:
                    continue
                if ang:
                    pairs.append((d, events.to_weight[j], last[i - begin]))
                    last[i - begin] = len(pairs) - 1
                elif f != e or i < j:
                    weight = _forth(events, i, j)
                    if from_edges[f]:
                        weight += _forth(events, j, i)
                    sums[pattern, _bin(d, distances)] += weight
    return pairs, last


@compiled
def _forth(events: Events, i: int, j: int) -> float:
    """Return the weight of the pair from i to j."""
    if events.weighted:
        return float(events.weight[i] * events.to_weight[j])
    return 1.0


@compiled
def _bin(d: float, distances: Distances) -> int:
    """Return the number of the first `r` at or above `d`."""
    k = distances.start[int(d * distances.scale)]
    while distances.r[k] < d:
        k += 1
    return int(k)


@compiled
def _scratch(events: int) -> Scratch:
    whole = np.empty((2, events), dtype=np.int64)
    change = np.zeros(CELLS + 1, dtype=np.int64)
    return Scratch(
        np.empty(events),
        np.empty(events),
        whole[0],
        whole[1],
        np.full(CELLS + 1, -1),
        change,
    )


# One pass outwards: its three loops share the arrays of `Scratch`.
@compiled
def _weigh(
    half: HalfEdges,
    edge: int,
    offset_m: float,
    nodes: Ints,
    distance: Floats,
    away: Floats,
    distances: Distances,
    scratch: Scratch,
    weight: float,
    sums: Floats,
) -> None:
    """Add the weights of the pairs of an event at x, over the number of places as far from x.

    A ray runs from x both ways.  At the first node that it reaches it dies, and a ray is born along
    every other edge there.  Two rays that meet within an edge both die::

                b===m===c         distance   up to a   a to b, c   b, c to m   from m on
                |       |         places     2         2 + 1       4           2
        ---x----a-------+
                                  (to the left of x one ray goes on; at `a` one dies, two are born)

    A node is one place for distances within `tie` of its own; its rays are born after that.  A
    change counts for all pairs in later cells, and one by one for those in its own.
    """
    _, to_weight, before, more, last, change = scratch
    for k in range(len(away)):
        cell = int(away[k] * distances.scale)
        before[k] = last[cell]
        last[cell] = k
        more[k] = 0
    tie = distances.tie
    limit = away.max() + distances.tie
    tail = half.start[2 * edge]
    head = half.start[2 * edge + 1]
    for node in nodes:
        d = distance[node]
        born = 0
        dead = 0
        if d > limit:
            continue
        at_end = node in (tail, head)
        for k in range(half.pointer[node], half.pointer[node + 1]):
            other = distance[half.head[k]]
            length = half.cost[k]
            is_event_end = False
            if at_end and half.leaving[k] >> 1 == edge:
                # The other end of the way is x.
                other = 0.0
                is_event_end = True
                length = offset_m if half.leaving[k] % 2 == 0 else length - offset_m
            if other + length <= d + 2 * tie:
                dead += 1
                continue
            born += 1
            if d + length > other + 2 * tie and (
                is_event_end or half.leaving[k] % 2 == 0
            ):
                _change((d + other + length) / 2, -2, distances.scale, scratch)
        _change(max(d - tie, 0.0), 1 - dead, distances.scale, scratch)
        _change(d + tie, born - 1, distances.scale, scratch)
    places = 2
    for cell in range(CELLS + 1):
        k = last[cell]
        while k >= 0:
            pair = weight * to_weight[k]
            sums[_bin(away[k], distances)] += pair / max(places + more[k], 1)
            k = before[k]
        places += change[cell]
        last[cell] = -1
        change[cell] = 0


@compiled
def _change(place: float, by: int, scale: float, scratch: Scratch) -> None:
    """Change the number of places from a distance on."""
    cell = int(place * scale)
    if by == 0 or cell > CELLS:
        return
    scratch.change[cell] += by
    k = scratch.last[cell]
    while k >= 0:
        if scratch.away[k] >= place:
            scratch.more[k] += by
        k = scratch.before[k]
