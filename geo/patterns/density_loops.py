"""Compiled loops of `geo.patterns.density`: what kernels leave on lixels."""

from __future__ import annotations

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.half_edges import HalfEdges
from geo.network.reach_loops import between, forget, walk
from geo.patterns.kernels import mass


@compiled
def by_shortest_way(
    half: HalfEdges, edge: Ints, at: Floats, weight: Floats, h: Floats, kernel: int, first: Ints,
    pieces: Ints,
) -> Floats:  # fmt: skip
    r"""Return the kernel mass of shortest distances on each lixel, summed over events.

    Along an edge the distance rises or falls one for one.  Between the places where it turns, mass
    is a difference of the kernel's own masses::

        distance along another edge       and along the event's edge, if a way round is shorter

                 /\                              /\         /\
                /  \                            /  \       /  \
               /    \                               \     /    \
                     \                               \   /
             tail turn head                  tail  turn  event  turn  head
    """
    found = np.zeros(first[-1])
    distance = np.full(len(half.pointer) - 1, np.inf)
    touched = np.empty(len(distance), dtype=np.int64)
    for i in range(len(edge)):
        count = walk(half, edge[i], at[i], h[i], distance, touched)
        for here in range(len(half.length)):
            tail, head = distance[half.start[2 * here]], distance[half.start[2 * here + 1]]
            length = half.length[here]
            if here == edge[i]:
                turns = ((at[i] - tail) / 2, at[i], (at[i] + length + head) / 2)
            elif min(tail, head) < h[i]:
                turn = (head + length - tail) / 2
                turns = (turn, turn, turn)
            else:
                continue
            size = length / pieces[here]
            for piece in range(pieces[here]):
                place, until = piece * size, (piece + 1) * size
                before = mass(kernel, between(half, edge[i], at[i], here, place, distance), h[i])
                for k in range(4):
                    place = min(max(turns[k], place), until) if k < 3 else until
                    away = between(half, edge[i], at[i], here, place, distance)
                    after = mass(kernel, away, h[i])
                    found[first[here] + piece] += weight[i] * abs(after - before)
                    before = after
        forget(distance, touched, count)
    return found


@compiled
def along_own_edge(
    half: HalfEdges, edge: Ints, at: Floats, weight: Floats, h: float, kernel: int, first: Ints,
    pieces: Ints,
) -> Floats:  # fmt: skip
    """Return the kernel mass that events leave on the lixels of their own edge, before any node."""
    found = np.zeros(first[-1])
    for i in range(len(edge)):
        size = half.length[edge[i]] / pieces[edge[i]]
        for piece in range(pieces[edge[i]]):
            begin, end = piece * size - at[i], (piece + 1) * size - at[i]
            part = np.sign(end) * mass(kernel, abs(end), h)
            part -= np.sign(begin) * mass(kernel, abs(begin), h)
            found[first[edge[i]] + piece] += weight[i] * part
    return found


@compiled
def along_waves(
    half: HalfEdges, inflow: Floats, step_m: float, h: float, kernel: int, first: Ints, pieces: Ints
) -> Floats:
    """Return the kernel mass that waves leave on each lixel.

    `inflow` is (steps, half-edges): what entered each after so many steps from its event.
    """
    found = np.zeros(first[-1])
    for step in range(len(inflow)):
        way = step * step_m
        for way_on in range(len(half.start)):
            edge = way_on >> 1
            if inflow[step, way_on] == 0.0 or way >= h:
                continue
            size = half.length[edge] / pieces[edge]
            before = mass(kernel, way, h)
            for k in range(pieces[edge]):
                after = mass(kernel, way + (k + 1) * size, h)
                piece = k if way_on % 2 == 0 else pieces[edge] - 1 - k
                found[first[edge] + piece] += inflow[step, way_on] * (after - before)
                before = after
                if after >= 0.5:
                    break
    return found
