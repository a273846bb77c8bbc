"""Compiled loops of the network scan: what each ball holds, and counts in many balls."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled
from geo.network.half_edges import HalfEdges
from geo.network.reach_loops import between, forget, walk

Whole = npt.NDArray[np.signedinteger[Any]]
"""Whole numbers of any size: lixels of windows are held in 32 bits, radii in 8."""


@compiled
def longer(array: Whole) -> Whole:
    """Return an array of twice the length that begins with the given one."""
    found = np.empty(2 * len(array), dtype=array.dtype)
    found[: len(array)] = array
    return found


@compiled
def balls(
    half: HalfEdges, lixel: Ints, edge: Ints, at: Floats, radius: Floats, apart: float, first: Ints,
    pieces: Ints,
) -> tuple[Ints, Ints, Whole, Whole]:  # fmt: skip
    """Return centres and the lixels about each: those whose middle lies within the last radius.

    A lixel within `apart` of a centre that came before it is no centre.  The result is the chosen
    positions in `lixel`, where each one's lixels begin, the lixels, and from 1 the number of the
    first radius that holds each.
    """
    covered = np.zeros(first[len(first) - 1], dtype=np.bool_)
    distance = np.full(len(half.pointer) - 1, np.inf)
    touched = np.empty(len(distance), dtype=np.int64)
    seen = np.full(len(half.length), -1)
    chosen = np.empty(len(lixel), dtype=np.int64)
    begin = np.zeros(len(lixel) + 1, dtype=np.int64)
    found: Whole = np.empty(1024, dtype=np.int32)
    ring: Whole = np.empty(1024, dtype=np.int8)
    centres, size = 0, 0
    limit = radius[len(radius) - 1]
    for i in range(len(lixel)):
        if covered[lixel[i]]:
            continue
        count = walk(half, edge[i], at[i], limit, distance, touched)
        for t in range(-1, count):
            low, high = 0, 1
            if t >= 0:
                low, high = half.pointer[touched[t]], half.pointer[touched[t] + 1]
            for k in range(low, high):
                here = edge[i] if t < 0 else half.leaving[k] >> 1
                if seen[here] == i:
                    continue
                seen[here] = i
                step = half.length[here] / pieces[here]
                for piece in range(pieces[here]):
                    middle = (piece + 0.5) * step
                    d = between(half, edge[i], at[i], here, middle, distance)
                    if d > limit:
                        continue
                    if d <= apart:
                        covered[first[here] + piece] = True
                    if size == len(found):
                        found, ring = longer(found), longer(ring)
                    found[size] = first[here] + piece
                    ring[size] = 1 + np.searchsorted(radius, d)
                    size += 1
        forget(distance, touched, count)
        chosen[centres] = i
        centres += 1
        begin[centres] = size
    return chosen[:centres], begin[: centres + 1], found[:size], ring[:size]


@compiled
def held(
    lixel: Ints, weight: Floats, begin: Whole, centre: Whole, ring: Whole, found: Floats
) -> None:
    """Add the weight of each lixel to the rings, (centres, radii), that hold it."""
    for i in range(len(lixel)):
        for k in range(begin[lixel[i]], begin[lixel[i] + 1]):
            found[centre[k], ring[k] - 1] += weight[i]
