"""Where a sighting lies on a network when only its grid cell is known.

A cell is a square of a metric grid.  Its sighting is spread by length over the pieces of edges
inside the square, never snapped from the square's middle, which can lie on the other bank of a
river.  Where the square holds no edge it is widened on all sides to the nearest edge and half a
cell more.  A cell without a side is an exact place; it lies at the nearest position.
"""

from dataclasses import dataclass
from typing import Final

import numpy as np
from scipy.sparse import csr_array

from geo.arrays import Bools, Floats, Ints
from geo.network.graph import Network
from geo.network.lixels import Lixels

_AT_ONCE: Final = 20_000
"""Cells that are laid over the network at a time."""
_LEAST_M: Final = 1e-6
"""A shorter piece only touches its cell."""


@dataclass(frozen=True)
class Pieces:
    """Pieces of network in reach of cells; `cell` rises, `offset_m` is the middle of a piece."""

    cell: Ints
    edge: Ints
    offset_m: Floats
    share: Floats
    """Share of the length of the network in its cell."""

    def on_lixels(self, cells: int, lixels: Lixels) -> csr_array:
        """Return the share of each cell on each lixel, (cells, lixels)."""
        places = (self.cell, lixels.holding(self.edge, self.offset_m))
        return csr_array((self.share, places), shape=(cells, len(lixels)))


@dataclass(frozen=True)
class Placing:
    """How sightings are placed on a network, on pieces no longer than `piece_m`."""

    network: Network
    limit_m: float
    """The middle of a placed cell is no farther from an edge than this and half its diagonal."""
    piece_m: float

    def placed(self, middle: Floats, side_m: Floats) -> Bools:
        """Mark the cells that can be placed on the network."""
        return np.asarray(
            self.network.segments.nearest(middle)[0]
            <= self.limit_m + side_m / np.sqrt(2)
        )

    def pieces(self, middle: Floats, side_m: Floats) -> Pieces:
        """Return the pieces of network in reach of each cell; none of a cell that is not placed."""
        batches = np.array_split(
            np.arange(len(middle)), max(-(-len(middle) // _AT_ONCE), 1)
        )
        parts = [self._pieces(cells, middle, side_m) for cells in batches]
        return Pieces(*(np.concatenate(part) for part in zip(*parts, strict=True)))

    def _pieces(
        self, cells: Ints, middle: Floats, side_m: Floats
    ) -> tuple[Ints, Ints, Floats, Floats]:
        """Return cell, edge, middle along the edge and share of the pieces of some of the cells."""
        cells = cells[self.placed(middle[cells], side_m[cells])]
        exact = cells[side_m[cells] == 0]
        at, _ = self.network.nearest(middle[exact])
        square = cells[side_m[cells] > 0]
        within = self._inside(square, middle, side_m / 2)
        wanting = np.setdiff1d(square, within[0])
        half = np.zeros(len(middle))
        half[wanting] = (
            self.network.segments.nearest(middle[wanting])[0] + side_m[wanting] / 2
        )
        wide = self._inside(wanting, middle, half)
        points = exact, at.edge, at.offset_m, np.ones(len(exact))
        parts = zip(points, within, wide, strict=True)
        cell, edge, offset, length = (np.concatenate(part) for part in parts)
        order = np.argsort(cell, kind="stable")
        share = length / np.bincount(cell, length, minlength=1)[cell]
        return cell[order], edge[order], offset[order], share[order]

    def _inside(
        self, cells: Ints, middle: Floats, half_m: Floats
    ) -> tuple[Ints, Ints, Floats, Floats]:
        """Return cell, edge, middle along the edge and length of what lies inside the squares."""
        net, centre, half = self.network, middle[cells], half_m[cells]
        seg = net.segments
        which, segment = seg.near_squares(centre, half)
        begin, end = clipped(
            seg.start[segment] - centre[which],
            seg.end[segment] - centre[which],
            half[which],
        )
        length = (end - begin) * seg.length[segment]
        kept = length > _LEAST_M
        which, segment, begin, length = (
            which[kept],
            segment[kept],
            begin[kept],
            length[kept],
        )
        count = np.maximum(np.ceil(length / self.piece_m - 1e-9), 1).astype(int)
        each = np.repeat(np.arange(len(which)), count)
        order = np.arange(len(each)) - np.repeat(np.cumsum(count) - count, count)
        which, segment, step = which[each], segment[each], (length / count)[each]
        first = net.begin_m[segment] + begin[each] * seg.length[segment]
        edge = seg.line[segment]
        offset = (first + (order + 0.5) * step) / net.drawn_ratio[edge]
        return cells[which], edge, offset, step


def clipped(start: Floats, end: Floats, half_m: Floats) -> tuple[Floats, Floats]:
    """Return from which to which fraction of their length segments lie inside squares.

    `start` and `end` are (k, 2), from the middle of the square; outside it the second fraction is
    not above the first.  Liang, Barsky (1984). A new concept and method for line clipping.
    """
    low, high = np.zeros(len(start)), np.ones(len(start))
    for axis in (0, 1):
        at, run = start[:, axis], end[:, axis] - start[:, axis]
        moves = run != 0
        by = np.where(moves, run, 1.0)
        one, two = (-half_m - at) / by, (half_m - at) / by
        inside = np.where(np.abs(at) <= half_m, np.inf, -np.inf)
        low = np.maximum(low, np.where(moves, np.minimum(one, two), -np.inf))
        high = np.minimum(high, np.where(moves, np.maximum(one, two), inside))
    return low, high


def distinct(xy: Floats, side_m: Floats) -> tuple[Floats, Floats, Ints]:
    """Return middle and side of the distinct cells, and for each row the number of its cell."""
    order = np.lexsort((xy[:, 0], xy[:, 1], side_m))
    rows = np.column_stack([xy, side_m])[order]
    new = np.r_[True, (np.diff(rows, axis=0) != 0).any(axis=1)][: len(rows)]
    number = np.empty(len(rows), dtype=int)
    number[order] = np.cumsum(new) - 1
    return rows[new, :2], rows[new, 2], number
