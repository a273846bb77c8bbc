"""Compiled loops of `geo.patterns.k`: pair counts and Ang's weights."""

# One sweep, in one function, is what numba compiles well.
# ruff: noqa: PLR0912

from __future__ import annotations

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.reach_loops import between, forget, walk


@compiled
def pair_sums(
    edge: Ints, at: Floats, kind: Ints, r: Floats, nodes: Floats, ang: bool, tie: float,
    length: Floats, start: Ints, pointer: Ints, leaving: Ints,
) -> Floats:  # fmt: skip
    """Return the sum over ordered pairs of their weights, by the first `r` at or above them.

    Pairs run from positions of kind 0 to positions of kind 1; a position of kind 2 is both.
    `nodes` holds all node-to-node distances, or nothing; then each position's are walked.
    """
    n, limit = len(edge), r[len(r) - 1]
    found = np.zeros(len(r))
    distance = np.full(len(pointer) - 1, np.inf)
    touched = np.empty(len(pointer) - 1, dtype=np.int64)
    d = np.empty(n)
    count = 0
    # Regular grids of r are searched in one step.
    step = r[1] - r[0] if len(r) > 1 else 1.0
    regular = True
    for k in range(1, len(r)):
        if abs(r[k] - r[k - 1] - step) > 1e-9 * limit:
            regular = False
    for i in range(n):
        if kind[i] == 1:
            continue
        if len(nodes) > 0:
            tail, head = start[2 * edge[i]], start[2 * edge[i] + 1]
            rest = length[edge[i]] - at[i]
            for v in range(len(distance)):
                distance[v] = min(at[i] + nodes[tail, v], rest + nodes[head, v])
        else:
            count = walk(edge[i], at[i], limit, length, start, pointer, leaving, distance, touched)
        near = 0
        for j in range(n):
            # Uncorrected sums are symmetric: with one kind each pair is measured once.
            if j == i or kind[j] == 0 or (not ang and kind[i] == 2 and j < i):
                continue
            value = between(edge[i], at[i], edge[j], at[j], length, start, distance)
            if value <= limit:
                d[near] = value
                near += 1
        if ang and near > 0:
            ordered = np.sort(d[:near])
            rays = ray_counts(ordered, edge[i], at[i], length, start, distance, limit, tie)
            for m in range(near):
                found[_bin(ordered[m], r, step, regular)] += 1.0 / rays[m]
        else:
            for m in range(near):
                found[_bin(d[m], r, step, regular)] += 2.0 if kind[i] == 2 else 1.0
        if len(nodes) == 0:
            forget(distance, touched, count)
    return found


@compiled
def _bin(d: float, r: Floats, step: float, regular: bool) -> int:
    """Return the number of the first `r` at or above `d`."""
    if not regular:
        return int(np.searchsorted(r, d))
    k = max(0, int(np.ceil((d - r[0]) / step)))
    while k > 0 and r[k - 1] >= d:
        k -= 1
    while r[k] < d:
        k += 1
    return k


@compiled
def ray_counts(
    ordered: Floats, edge: int, at: float, length: Floats, start: Ints, distance: Floats,
    limit: float, tie: float,
) -> Floats:  # fmt: skip
    """Return the number of places at each of the sorted distances from a position.

    A ray leaves a node along every edge that does not lie on the shortest way to it, and lives
    until it meets the ray from the other end or reaches a node.  A node is one place for
    distances within `tie` of its own, and its rays are born after that.  The changes of the number
    are entered in the sorted list, found through a table of equal bins.
    """
    n = len(ordered)
    bins = 4 * n
    scale = bins / limit
    table = np.zeros(bins + 1, dtype=np.int64)
    for k in range(n):
        table[min(bins - 1, int(ordered[k] * scale)) + 1] += 1
    for b in range(bins):
        table[b + 1] += table[b]
    change = np.zeros(n + 1)
    change[0] = 2.0
    born = np.zeros(len(distance))
    dead = np.zeros(len(distance))
    for e in range(len(length)):
        tail, head = start[2 * e], start[2 * e + 1]
        if e == edge:
            for way in range(2):
                node = start[2 * e + way]
                part = at if way == 0 else length[e] - at
                if distance[node] >= part - 2 * tie:
                    dead[node] += 1
                else:
                    born[node] += 1
                    meet = (distance[node] + part) / 2
                    change[_place(meet, ordered, table, scale, limit)] -= 2
            continue
        near, far = distance[tail], distance[head]
        if min(near, far) > limit:
            continue
        if near + length[e] <= far + 2 * tie:
            born[tail] += 1
            dead[head] += 1
        elif far + length[e] <= near + 2 * tie:
            born[head] += 1
            dead[tail] += 1
        else:
            born[tail] += 1
            born[head] += 1
            meet = (near + far + length[e]) / 2
            change[_place(meet, ordered, table, scale, limit)] -= 2
    for node in range(len(distance)):
        d = distance[node]
        if d <= limit + tie:
            if dead[node] != 1:
                change[_place(d - tie, ordered, table, scale, limit)] += 1 - dead[node]
            if born[node] != 1:
                change[_place(d + tie, ordered, table, scale, limit)] += born[node] - 1
    for k in range(1, n):
        change[k] += change[k - 1]
    return np.maximum(change[:n], 1.0)


@compiled
def _place(value: float, ordered: Floats, table: Ints, scale: float, limit: float) -> int:
    """Return how many of the sorted distances lie below `value`."""
    if value <= 0:
        return 0
    if value > limit:
        return len(ordered)
    k = table[min(len(table) - 2, int(value * scale))]
    while k < len(ordered) and ordered[k] < value:
        k += 1
    return int(k)
