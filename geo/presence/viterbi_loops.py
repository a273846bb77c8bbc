"""Viterbi's algorithm on roads, and the routes between the places that it chooses."""

from typing import NamedTuple

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.half_edges import forget, spread


class Arcs(NamedTuple):
    """Edges in their passable directions, by the node that they leave; compiled loops take it."""

    pointer: Ints
    """Arcs that leave node v: ``pointer[v]:pointer[v + 1]``."""
    head: Ints
    cost: Floats
    edge: Ints
    edge_from: Ints
    """Of each edge, as in `Network`, to its `oneway`."""
    edge_to: Ints
    length: Floats
    oneway: Ints


class Candidates(NamedTuple):
    """Places on roads that fixes may be of: those of fix k are ``first[k]:first[k + 1]``."""

    first: Ints
    edge: Ints
    offset: Floats
    away: Floats
    """Distance from the fix."""


class Search(NamedTuple):
    """Room for searches from one place."""

    distance: Floats
    """Of each node, infinite where it is not reached."""
    by: Ints
    """Arc by which each node is reached, -1 from the place itself."""
    touched: Ints


@compiled
def reach(arcs: Arcs, edge: int, at: float, limit: float, search: Search) -> int:
    """Search the nodes within `limit` of a place along passable ways; return how many."""
    ahead = arcs.length[edge] - at if arcs.oneway[edge] >= 0 else np.inf
    back = at if arcs.oneway[edge] <= 0 else np.inf
    ends = arcs.edge_to[edge], arcs.edge_from[edge]
    return spread(
        arcs.pointer, arcs.head, arcs.cost, ends, (ahead, back), limit, search.distance, search.by,
        search.touched,
    )  # fmt: skip


@compiled
def drive(
    arcs: Arcs, search: Search, edge: int, at: float, to: int, to_at: float, slack: float
) -> tuple[float, int]:
    """Return the length of the drive to another place, and the node by which it comes there.

    The node is -1 where the drive stays on its edge; a fix that strays back by at most `slack` on
    a one-way street is no drive round the block.
    """
    length, node = np.inf, -1
    if edge == to:
        ahead = (to_at - at) * (1.0 if arcs.oneway[edge] == 0 else arcs.oneway[edge])
        if arcs.oneway[edge] == 0 or ahead >= -slack:
            length = abs(ahead)
    if arcs.oneway[to] >= 0 and search.distance[arcs.edge_from[to]] + to_at < length:
        node = arcs.edge_from[to]
        length = search.distance[node] + to_at
    rest = arcs.length[to] - to_at
    if arcs.oneway[to] <= 0 and search.distance[arcs.edge_to[to]] + rest < length:
        node = arcs.edge_to[to]
        length = search.distance[node] + rest
    return length, node


@compiled
def viterbi(
    arcs: Arcs, places: Candidates, begins: Ints, straight: Floats, limit: Floats, detour: Floats,
    noise: float, search: Search,
) -> tuple[Ints, Ints]:  # fmt: skip
    """Return the most likely place of each fix, and which fixes no drive leads to.

    `begins` is 1 where a piece of the track begins.  Of the drive to each fix, `straight` is the
    straight line, `limit` how far it is searched, and `detour` the mean of what it is longer.
    """
    n = len(places.first) - 1
    cost = np.full(len(places.edge), np.inf)
    before = np.full(len(places.edge), -1)
    lost = begins.copy()
    for t in range(n):
        here = range(places.first[t], places.first[t + 1])
        if t > 0 and lost[t] == 0:
            for i in range(places.first[t - 1], places.first[t]):
                if cost[i] == np.inf:
                    continue
                count = reach(arcs, places.edge[i], places.offset[i], limit[t], search)
                for j in here:
                    length, _ = drive(
                        arcs, search, places.edge[i], places.offset[i], places.edge[j],
                        places.offset[j], 3 * noise,
                    )  # fmt: skip
                    if length > limit[t]:
                        continue
                    total = cost[i] + abs(length - straight[t]) / detour[t]
                    if total < cost[j]:
                        cost[j], before[j] = total, i
                forget(search.distance, search.touched, count)
            lost[t] = int(cost[places.first[t] : places.first[t + 1]].min() == np.inf)
        for j in here:
            if lost[t] == 1:
                cost[j] = 0.0
            cost[j] += (places.away[j] / noise) ** 2 / 2
    chosen = np.full(n, -1)
    following = -1
    for t in range(n - 1, -1, -1):
        if following < 0:
            low, high = places.first[t], places.first[t + 1]
            following = low + np.argmin(cost[low:high])
        chosen[t] = following
        following = -1 if lost[t] == 1 else before[following]
    return chosen, lost


@compiled
def routes(
    arcs: Arcs, places: Candidates, chosen: Ints, lost: Ints, limit: Floats, slack: float,
    search: Search,
) -> tuple[Ints, Ints, Floats, Floats]:  # fmt: skip
    """Return the drives to the chosen places: fix, edge, and from where to where on the edge."""
    fix, edges = [0], [0]
    start, end = [0.0], [0.0]
    for t in range(1, len(chosen)):
        if lost[t] == 1:
            continue
        i, j = chosen[t - 1], chosen[t]
        edge, at, to, to_at = places.edge[i], places.offset[i], places.edge[j], places.offset[j]
        count = reach(arcs, edge, at, limit[t], search)
        _, node = drive(arcs, search, edge, at, to, to_at, slack)
        begin = len(fix)
        last = node
        while node >= 0:
            # Backwards: the edge of the fix, edges between, the edge of the fix before.
            arc = search.by[node]
            if arc < 0:
                break
            forth = arcs.edge_to[arcs.edge[arc]] == node
            fix.append(t)
            edges.append(arcs.edge[arc])
            start.append(0.0 if forth else arcs.cost[arc])
            end.append(arcs.cost[arc] if forth else 0.0)
            node = arcs.edge_from[arcs.edge[arc]] if forth else arcs.edge_to[arcs.edge[arc]]
        if last >= 0:
            fix.append(t)
            edges.append(edge)
            start.append(at)
            end.append(arcs.length[edge] if node == arcs.edge_to[edge] else 0.0)
            edges[begin:] = edges[begin:][::-1]
            start[begin:] = start[begin:][::-1]
            end[begin:] = end[begin:][::-1]
        fix.append(t)
        edges.append(to)
        start.append(at if last < 0 else (0.0 if last == arcs.edge_from[to] else arcs.length[to]))
        end.append(to_at)
        forget(search.distance, search.touched, count)
    return np.array(fix[1:]), np.array(edges[1:]), np.array(start[1:]), np.array(end[1:])
