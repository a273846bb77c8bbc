"""Compiled search for the nearest of many segments, in a tree of boxes.

Segments are sorted along a Morton curve and put into leaves of `LEAF`; boxes of leaves are joined
two by two up to one root.  A search goes down the nearer box first and leaves out boxes that are
farther than the best segment so far.
"""

from __future__ import annotations

from typing import Final

import numpy as np

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled

LEAF: Final = 8
"""Segments in a leaf."""


@compiled
def squared(x: float, y: float, segment: Floats) -> float:
    """Return the squared distance from a point to a segment ``x0, y0, x1, y1``."""
    ux, uy = segment[2] - segment[0], segment[3] - segment[1]
    px, py = x - segment[0], y - segment[1]
    length = ux * ux + uy * uy
    at = 0.0
    if length > 0:
        at = min(max((px * ux + py * uy) / length, 0.0), 1.0)
    px -= at * ux
    py -= at * uy
    return float(px * px + py * py)


@compiled
def to_box(x: float, y: float, box: Floats) -> float:
    """Return the squared distance from a point to a box ``x0, y0, x1, y1``."""
    dx = max(box[0] - x, x - box[2], 0.0)
    dy = max(box[1] - y, y - box[3], 0.0)
    return float(dx * dx + dy * dy)


@compiled
def search(
    xy: Floats, order: Ints, segment: Floats, number: Ints, box: Floats, best: Floats, found: Ints
) -> None:
    """Fill in squared distance and number of the nearest segment; of equals the lowest number.

    Points are taken in `order`; each starts from the segment of the one before.
    """
    leaves = (len(box) + 1) // 2
    stack = np.empty(128, dtype=np.int64)
    last = 0
    for k in order:
        x, y = xy[k, 0], xy[k, 1]
        least, which = squared(x, y, segment[last]), last
        size = 1
        stack[0] = 0
        while size > 0:
            size -= 1
            node = stack[size]
            if to_box(x, y, box[node]) > least:
                continue
            if node >= leaves - 1:
                begin = (node - leaves + 1) * LEAF
                for s in range(begin, min(begin + LEAF, len(segment))):
                    d = squared(x, y, segment[s])
                    if d < least or (d == least and number[s] < number[which]):
                        least, which = d, s
                continue
            left, right = 2 * node + 1, 2 * node + 2
            if to_box(x, y, box[left]) > to_box(x, y, box[right]):
                left, right = right, left
            stack[size] = right
            stack[size + 1] = left
            size += 2
        best[k], found[k] = least, number[which]
        last = which


def boxes(segment: Floats) -> Floats:
    """Return the boxes of sorted segments as a full binary tree, root first.

    Boxes of leaves that are not there are infinitely far.
    """
    leaves = -(-len(segment) // LEAF)
    full = 1 << max(int(np.ceil(np.log2(leaves))), 0)
    low = np.full((full * LEAF, 2), np.inf)
    high = np.full((full * LEAF, 2), -np.inf)
    low[: len(segment)] = np.minimum(segment[:, :2], segment[:, 2:])
    high[: len(segment)] = np.maximum(segment[:, :2], segment[:, 2:])
    low, high = low.reshape(full, LEAF, 2).min(axis=1), high.reshape(full, LEAF, 2).max(axis=1)
    levels = [np.hstack([low, high])]
    while len(levels[-1]) > 1:
        pair = levels[-1].reshape(-1, 2, 4)
        levels.append(np.hstack([pair[:, :, :2].min(axis=1), pair[:, :, 2:].max(axis=1)]))
    return np.concatenate(levels[::-1])


def morton(xy: Floats) -> Ints:
    """Return the place of each point along a Morton curve over their extent."""
    low = xy.min(axis=0)
    extent = float((xy.max(axis=0) - low).max()) or 1.0
    cell = ((xy - low) * (((1 << 16) - 1) / extent)).astype(np.int64)
    for shift, mask in ((8, 0x00FF00FF), (4, 0x0F0F0F0F), (2, 0x33333333), (1, 0x55555555)):
        cell = (cell | (cell << shift)) & mask
    return np.asarray(cell[:, 0] | (cell[:, 1] << 1))
