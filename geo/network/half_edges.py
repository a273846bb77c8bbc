"""Half-edges: each edge in both directions, and compiled loops that walk them up to a distance."""

from typing import Final, NamedTuple

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiling import compiled
from geo.network.graph import Network

BUCKETS: Final = 256
"""Buckets of nodes that wait in a search."""


class HalfEdges(NamedTuple):
    """A set of edges in both directions: half-edge ``2e`` runs forth, ``2e + 1`` back.

    Half-edge ``h`` ends where ``h ^ 1`` starts.  A named tuple, because compiled loops take it.
    """

    edges: Ints
    """The set, sorted; ``e`` is the position in it."""
    length: Floats
    start: Ints
    """Node at which each half-edge starts, numbered within the set."""
    pointer: Ints
    leaving: Ints
    """Half-edges that leave node v: ``leaving[pointer[v]:pointer[v + 1]]``; a loop leaves twice."""
    head: Ints
    """Node to which each of `leaving` leads."""
    cost: Floats
    """Its length."""


def half_edges_of(network: Network, edges: Ints | None = None) -> HalfEdges:
    """Return the half-edges of a sorted set of edges; of all edges by default."""
    chosen = np.arange(network.n_edges) if edges is None else np.asarray(edges)
    ends = np.stack([network.edge_from[chosen], network.edge_to[chosen]], axis=1)
    nodes, start = np.unique(ends, return_inverse=True)
    start = start.reshape(-1)
    pointer = np.r_[0, np.cumsum(np.bincount(start, minlength=len(nodes)))]
    leaving = np.argsort(start, kind="stable")
    length = network.length_m[chosen]
    onward = start[leaving ^ 1], length[leaving >> 1]
    return HalfEdges(chosen, length, start, pointer, leaving, *onward)


# One loop: the buckets and the distances are read and written at every node.
@compiled
def walk(
    half: HalfEdges, edge: int, at: float, limit: float, distance: Floats, touched: Ints
) -> int:
    """Set the distance of each node within `limit` of a position; return how many were touched.

    The position lies `at` metres along an `edge` of `half`.  `distance` comes in infinite.  Nodes
    wait in buckets of equal width, each entry with the one before it there, and the nearest bucket
    is emptied first (Denardo and Fox 1979, Shortest-route methods 1).  Within a bucket the order is
    free: a node that is reached by a shorter way later waits again.
    """
    pointer = half.pointer
    heads = half.head
    cost = half.cost
    last = np.full(BUCKETS + 1, -1)
    scale = BUCKETS / limit
    tail = half.start[2 * edge]
    head = half.start[2 * edge + 1]
    waiting = [(float(at), tail, -1), (half.length[edge] - at, head, -1)]
    for end in range(2):
        away, node, _ = waiting[end]
        if away <= limit:
            bucket = int(away * scale)
            waiting[end] = (away, node, last[bucket])
            last[bucket] = end
    count = 0
    for bucket in range(BUCKETS + 1):
        while last[bucket] >= 0:
            away, node, last[bucket] = waiting[last[bucket]]
            if away >= distance[node]:
                continue
            if distance[node] == np.inf:
                touched[count] = node
                count += 1
            distance[node] = away
            for k in range(pointer[node], pointer[node + 1]):
                there = away + cost[k]
                if there <= limit and there < distance[heads[k]]:
                    later = int(there * scale)
                    waiting.append((there, heads[k], last[later]))
                    last[later] = len(waiting) - 1
    return count


@compiled
def edges_at(
    half: HalfEdges, edge: int, nodes: Ints, search: int, seen: Ints, edges: Ints
) -> int:
    """Fill in an edge and all that leave some nodes, each once; return how many they are.

    `seen` holds the number of the last search that met each edge.

    Parameters
    ----------
    half : HalfEdges
    edge : int
        The edge that comes first.
    nodes : (k,) ints
        All edges that leave these follow.
    search : int
        Number of this search, another each time.
    seen : (e,) ints
        Number of the last search that met each edge.
    edges : (e,) ints
        Filled in.
    """
    edges[0] = edge
    seen[edge] = search
    count = 1
    for node in nodes:
        for k in range(half.pointer[node], half.pointer[node + 1]):
            here = half.leaving[k] >> 1
            if seen[here] != search:
                seen[here] = search
                edges[count] = here
                count += 1
    return count


@compiled
def between(
    half: HalfEdges,
    edge: int,
    at: float,
    other_edge: int,
    other_at: float,
    distance: Floats,
) -> float:
    """Return the distance from a position whose node distances are set to another position.

    Parameters
    ----------
    half : HalfEdges
    edge, at : int, float
        The position whose distances to nodes are set: metres along its edge.
    other_edge, other_at : int, float
        The other position.
    distance : (n,) floats
        Metres from the first position to each node.
    """
    by_tail = distance[half.start[2 * other_edge]] + other_at
    by_head = (
        distance[half.start[2 * other_edge + 1]] + half.length[other_edge] - other_at
    )
    shortest = min(by_tail, by_head)
    if edge == other_edge:
        shortest = min(shortest, abs(at - other_at))
    return float(shortest)
