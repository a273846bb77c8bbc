"""Compiled loops that walk the network from a position to a bounded distance."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.half_edges import HalfEdges


@compiled
def walk(
    half: HalfEdges, edge: int, at: float, limit: float, distance: Floats, touched: Ints
) -> int:
    """Set the distance of each node within `limit` of a position; return how many were touched.

    `distance` comes in infinite and is infinite again after `forget`.
    """
    heap = [(0.0, 0)]
    heap.pop()
    count = 0
    for way in range(2):
        node = half.start[2 * edge + way]
        d = at if way == 0 else half.length[edge] - at
        if d <= limit and d < distance[node]:
            if distance[node] == np.inf:
                touched[count] = node
                count += 1
            distance[node] = d
            heappush(heap, (d, node))
    while len(heap) > 0:
        d, node = heappop(heap)
        if d > distance[node]:
            continue
        for k in range(half.pointer[node], half.pointer[node + 1]):
            leaving = half.leaving[k]
            other = half.start[leaving ^ 1]
            there = d + half.length[leaving >> 1]
            if there <= limit and there < distance[other]:
                if distance[other] == np.inf:
                    touched[count] = other
                    count += 1
                distance[other] = there
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
