"""Half-edges: each edge in both directions, and compiled loops that walk them so far."""

from heapq import heappop, heappush
from typing import NamedTuple

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.graph import Network


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

    def position(self, edge: Ints) -> Ints:
        """Return the position in the set of each edge, which must be in it."""
        return np.asarray(np.searchsorted(self.edges, edge), dtype=np.int64)


def half_edges(network: Network, edges: Ints | None = None) -> HalfEdges:
    """Return the half-edges of a sorted set of edges; of all edges by default."""
    chosen = np.arange(network.n_edges) if edges is None else np.asarray(edges)
    ends = np.stack([network.edge_from[chosen], network.edge_to[chosen]], axis=1)
    nodes, start = np.unique(ends, return_inverse=True)
    start = start.reshape(-1).astype(np.int64)
    pointer = np.r_[0, np.cumsum(np.bincount(start, minlength=len(nodes)))]
    leaving, length = np.argsort(start, kind="stable").astype(np.int64), network.length_m[chosen]
    onward = start[leaving ^ 1], length[leaving >> 1]
    pointer = pointer.astype(np.int64)
    return HalfEdges(chosen.astype(np.int64), length, start, pointer, leaving, *onward)


@compiled
def walk(
    half: HalfEdges, edge: int, at: float, limit: float, distance: Floats, by: Ints, touched: Ints
) -> int:
    """Set the distance of each node within `limit` of a position; return how many were touched.

    `by` is the place in `leaving` of the half-edge that leads to each node, -1 from the position.
    `distance` comes in infinite and is infinite again after `forget`.
    """
    pointer, head, cost = half.pointer, half.head, half.cost
    ends, away = (
        (half.start[2 * edge], half.start[2 * edge + 1]),
        (float(at), half.length[edge] - at),
    )
    heap = [(0.0, 0)]
    heap.pop()
    count = 0
    for way in range(2):
        d, node = away[way], ends[way]
        if d <= limit and d < distance[node]:
            if distance[node] == np.inf:
                touched[count] = node
                count += 1
            distance[node], by[node] = d, -1
            heappush(heap, (d, node))
    while len(heap) > 0:
        d, node = heappop(heap)
        if d > distance[node]:
            continue
        for k in range(pointer[node], pointer[node + 1]):
            other, there = head[k], d + cost[k]
            if there <= limit and there < distance[other]:
                if distance[other] == np.inf:
                    touched[count] = other
                    count += 1
                distance[other], by[other] = there, k
                heappush(heap, (there, other))
    return count


@compiled
def forget(distance: Floats, touched: Ints, count: int) -> None:
    """Make the touched distances infinite again."""
    for i in range(count):
        distance[touched[i]] = np.inf


@compiled
def between(
    half: HalfEdges, edge: int, at: float, other_edge: int, other_at: float, distance: Floats
) -> float:
    """Return the distance from a position whose node distances are set to another position."""
    by_tail = distance[half.start[2 * other_edge]] + other_at
    by_head = distance[half.start[2 * other_edge + 1]] + half.length[other_edge] - other_at
    found = min(by_tail, by_head)
    if edge == other_edge:
        found = min(found, abs(at - other_at))
    return float(found)
