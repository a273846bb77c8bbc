"""Compiled loops that walk the network from each event to a bounded distance."""

from __future__ import annotations

from heapq import heappop, heappush

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.kernels import mass


@compiled
def walk(
    edge: int, at: float, limit: float, length: Floats, start: Ints, pointer: Ints, leaving: Ints,
    distance: Floats, touched: Ints,
) -> int:  # fmt: skip
    """Set the distance of each node within `limit` of a position; return how many were touched.

    `distance` comes in infinite and is infinite again after `forget`.
    """
    heap = [(0.0, 0)]
    heap.pop()
    count = 0
    for way in range(2):
        node = start[2 * edge + way]
        d = at if way == 0 else length[edge] - at
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
        for k in range(pointer[node], pointer[node + 1]):
            half = leaving[k]
            other = start[half ^ 1]
            there = d + length[half >> 1]
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
    edge: int, at: float, other_edge: int, other_at: float, length: Floats, start: Ints,
    distance: Floats,
) -> float:  # fmt: skip
    """Return the distance from a position whose node distances are set to another position."""
    by_tail = distance[start[2 * other_edge]] + other_at
    by_head = distance[start[2 * other_edge + 1]] + length[other_edge] - other_at
    found = min(by_tail, by_head)
    if edge == other_edge:
        found = min(found, abs(at - other_at))
    return float(found)


@compiled
def all_pairs(
    edge: Ints, at: Floats, other_edge: Ints, other_at: Floats, limit: float,
    length: Floats, start: Ints, pointer: Ints, leaving: Ints,
) -> Floats:  # fmt: skip
    """Return the distances from positions to other positions, infinite beyond `limit`."""
    found = np.full((len(edge), len(other_edge)), np.inf)
    distance = np.full(len(pointer) - 1, np.inf)
    touched = np.empty(len(pointer) - 1, dtype=np.int64)
    for i in range(len(edge)):
        count = walk(edge[i], at[i], limit, length, start, pointer, leaving, distance, touched)
        for j in range(len(other_edge)):
            d = between(edge[i], at[i], other_edge[j], other_at[j], length, start, distance)
            if d <= limit:
                found[i, j] = d
        forget(distance, touched, count)
    return found


@compiled
def near_pairs(
    edge: Ints, at: Floats, limit: float, length: Floats, start: Ints, pointer: Ints,
    leaving: Ints, first: Ints, order: Ints,
) -> tuple[list[int], list[int], list[float]]:  # fmt: skip
    """Return i, j and distance of every ordered pair of positions within `limit`."""
    rows, columns, values = [0], [0], [0.0]
    rows.pop(), columns.pop(), values.pop()
    distance = np.full(len(pointer) - 1, np.inf)
    touched = np.empty(len(pointer) - 1, dtype=np.int64)
    seen = np.full(len(length), -1)
    for i in range(len(edge)):
        count = walk(edge[i], at[i], limit, length, start, pointer, leaving, distance, touched)
        for t in range(-1, count):
            begin, end = (0, 1) if t < 0 else (pointer[touched[t]], pointer[touched[t] + 1])
            for k in range(begin, end):
                here = edge[i] if t < 0 else leaving[k] >> 1
                if seen[here] == i:
                    continue
                seen[here] = i
                for m in range(first[here], first[here + 1]):
                    j = order[m]
                    d = between(edge[i], at[i], here, at[j], length, start, distance)
                    if j != i and d <= limit:
                        rows.append(i)
                        columns.append(j)
                        values.append(d)
        forget(distance, touched, count)
    return rows, columns, values


@compiled
def piece_mass(kernel: int, away: float, begin: float, end: float, h: float) -> float:
    """Return the kernel mass on [begin, end] of a ray that starts at distance `away`."""
    if end <= begin or away + begin >= h:
        return 0.0
    return float(mass(kernel, away + end, h) - mass(kernel, away + begin, h))


@compiled
def spread_ray(
    found: Floats, first: int, pieces: int, size: float, kernel: int, h: float, weight: float,
    origin: float, away: float, until: float,
) -> None:  # fmt: skip
    """Add to lixels the kernel along an edge from `origin` towards `until`, `away` from its event.

    `origin` and `until` are places along the edge; the ray runs either way.
    """
    low, high = min(origin, until), max(origin, until)
    if origin <= until:
        high = min(high, origin + h - away)
    else:
        low = max(low, origin - h + away)
    if high <= low:
        return
    begin = max(0, int(low / size))
    end = min(pieces - 1, int(high / size))
    for piece in range(begin, end + 1):
        left, right = max(low, piece * size), min(high, (piece + 1) * size)
        if origin <= until:
            part = piece_mass(kernel, away, left - origin, right - origin, h)
        else:
            part = piece_mass(kernel, away, origin - right, origin - left, h)
        found[first + piece] += weight * part


@compiled
def shortest_on_lixels(
    edge: Ints, at: Floats, weight: Floats, reach: Floats, kernel: int,
    length: Floats, start: Ints, pointer: Ints, leaving: Ints, first: Ints, pieces: Ints,
) -> Floats:  # fmt: skip
    """Return the kernel mass of shortest distances on each lixel, summed over events."""
    found = np.zeros(first[len(first) - 1])
    distance = np.full(len(pointer) - 1, np.inf)
    touched = np.empty(len(pointer) - 1, dtype=np.int64)
    seen = np.full(len(length), -1)
    for i in range(len(edge)):
        h = reach[i]
        own = edge[i]
        seen[own] = i
        count = walk(own, at[i], h, length, start, pointer, leaving, distance, touched)
        size = length[own] / pieces[own]
        # On the event's own edge a way round by another road may be shorter than along it.
        by_tail = min(distance[start[2 * own]], at[i])
        by_head = min(distance[start[2 * own + 1]], length[own] - at[i])
        left = (at[i] - by_tail) / 2
        right = (at[i] + length[own] + by_head) / 2
        args = (first[own], pieces[own], size, kernel, h, weight[i])
        spread_ray(found, *args, at[i], 0.0, left)
        spread_ray(found, *args, at[i], 0.0, right)
        spread_ray(found, *args, 0.0, by_tail, left)
        spread_ray(found, *args, length[own], by_head, right)
        for t in range(count):
            for k in range(pointer[touched[t]], pointer[touched[t] + 1]):
                here = leaving[k] >> 1
                if seen[here] == i:
                    continue
                seen[here] = i
                size = length[here] / pieces[here]
                tail, head = distance[start[2 * here]], distance[start[2 * here + 1]]
                meet = (head + length[here] - tail) / 2
                if tail == np.inf:
                    meet = 0.0
                if head == np.inf:
                    meet = length[here]
                args = (first[here], pieces[here], size, kernel, h, weight[i])
                spread_ray(found, *args, 0.0, tail, meet)
                spread_ray(found, *args, length[here], head, meet)
        forget(distance, touched, count)
    return found
