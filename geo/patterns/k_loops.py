"""Compiled loops of `geo.patterns.k`: sums over pairs and Ang's weights."""

from __future__ import annotations

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.half_edges import HalfEdges
from geo.network.reach_loops import between, forget, walk


@compiled
def pair_sums(half: HalfEdges, edge: Ints, at: Floats, r: Floats, ang: bool, tie: float) -> Floats:
    """Return the sum over ordered pairs of their weights, by the first `r` at or above them."""
    found = np.zeros(len(r))
    distance = np.full(len(half.pointer) - 1, np.inf)
    touched = np.empty(len(distance), dtype=np.int64)
    away = np.empty(len(edge))
    for i in range(len(edge)):
        count = walk(half, edge[i], at[i], r[-1], distance, touched)
        near = 0
        for j in range(len(edge)):
            d = between(half, edge[i], at[i], edge[j], at[j], distance)
            if j != i and d <= r[-1]:
                away[near] = d
                near += 1
        ordered = np.sort(away[:near])
        weight = np.ones(near)
        if ang:
            weight /= places_at(ordered, half, edge[i], at[i], distance, touched[:count], tie)
        for m in range(near):
            found[np.searchsorted(r, ordered[m])] += weight[m]
        forget(distance, touched, count)
    return found


@compiled
def places_at(
    ordered: Floats, half: HalfEdges, edge: int, at: float, distance: Floats, touched: Ints,
    tie: float,
) -> Floats:  # fmt: skip
    """Return the number of places at each of the sorted distances from a position x.

    A ray runs from x both ways.  At the first node that it reaches it dies, and a ray is born along
    every other edge there.  Two rays that meet within an edge both die::

                b===m===c         distance   up to a   a to b, c   b, c to m   from m on
                |       |         places     2         2 + 1       4           2
        ---x----a-------+
                                  (to the left of x one ray goes on; at `a` one dies, two are born)

    The changes of the number are counted by node and entered in the sorted list.  A node is one
    place for distances within `tie` of its own, and its rays are born after that.
    """
    change = np.zeros(len(ordered) + 1)
    change[0] = 2.0
    for node in touched:
        d, born, dead = distance[node], 0, 0
        for k in range(half.pointer[node], half.pointer[node + 1]):
            leaving = half.leaving[k]
            here = leaving >> 1
            # The other end of the way: the node across the edge, or x itself on its own edge.
            other, length = distance[half.start[leaving ^ 1]], half.length[here]
            if here == edge:
                other, length = 0.0, at if leaving % 2 == 0 else length - at
            if other + length <= d + 2 * tie:
                dead += 1
                continue
            born += 1
            if d + length > other + 2 * tie:
                meet = np.searchsorted(ordered, (d + other + length) / 2)
                change[meet] -= 2 if here == edge else 1
        change[np.searchsorted(ordered, d - tie)] += 1 - dead
        change[np.searchsorted(ordered, d + tie)] += born - 1
    return np.maximum(np.cumsum(change)[: len(ordered)], 1.0)
