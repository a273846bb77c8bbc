"""Where a sighting lies on a network when only its grid cell is known.

A cell is a square of a metric grid.  Its sighting is spread by length over the pieces of edges
inside the square, never snapped from the square's middle, which can lie on the other bank of a
river.  Where the square holds no edge it is widened on all sides to the nearest edge and half a
cell more.  A cell without a side is an exact place; it lies at the nearest position.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
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

    def take(self, rows: Ints) -> Pieces:
        """Return the chosen pieces."""
        return Pieces(
            self.cell[rows], self.edge[rows], self.offset_m[rows], self.share[rows]
        )


@dataclass(frozen=True)
class Placing:
    """How sightings are placed on a network, on pieces no longer than `piece_m`."""

    network: Network
    limit_m: float
    """The middle of a placed cell is no farther from an edge than this and half its diagonal."""
    piece_m: float

    def away_m(self, middle: Floats) -> Floats:
        """Return the distance from the middle of each cell to the nearest edge."""
        return self.network.segments.nearest(middle)[0]

    def placed(self, middle: Floats, side_m: Floats) -> Bools:
        """Mark the cells that can be placed on the network."""
        return self.in_reach(self.away_m(middle), side_m)

    def in_reach(self, away_m: Floats, side_m: Floats) -> Bools:
        """Mark the cells that can be placed, by how far their middles lie from the network."""
        return np.asarray(away_m <= self.limit_m + side_m / np.sqrt(2))

    def pieces(self, middle: Floats, side_m: Floats) -> Pieces:
        """Return the pieces of network in reach of each cell; none of a cell that is not placed."""
        batches = max(-(-len(middle) // _AT_ONCE), 1)
        cells = np.array_split(np.arange(len(middle)), batches)
        return _joined([self._pieces(batch, middle, side_m) for batch in cells])

    def _pieces(self, cells: Ints, middle: Floats, side_m: Floats) -> Pieces:
        """Return the pieces in reach of some of the cells."""
        cells = cells[self.placed(middle[cells], side_m[cells])]
        exact = cells[side_m[cells] == 0]
        square = cells[side_m[cells] > 0]
        where, _ = self.network.nearest(middle[exact])
        points = Pieces(exact, where.edge, where.offset_m, np.ones(len(exact)))
        within = self._inside(square, middle, side_m / 2)
        empty = np.setdiff1d(square, within.cell)
        half_m = np.zeros(len(middle))
        away_m, _ = self.network.segments.nearest(middle[empty])
        half_m[empty] = away_m + side_m[empty] / 2
        widened = self._inside(empty, middle, half_m)
        pieces = _joined([points, within, widened])
        pieces = pieces.take(np.argsort(pieces.cell, kind="stable"))
        total_m = np.bincount(pieces.cell, pieces.share, minlength=1)
        return replace(pieces, share=pieces.share / total_m[pieces.cell])

    # One set of arrays: a row a segment in reach, then a row a piece of it.
    def _inside(self, cells: Ints, middle: Floats, half_m: Floats) -> Pieces:
        """Return what lies inside squares, with its length in metres as share."""
        network = self.network
        segments = self.network.segments
        centre = middle[cells]
        half = half_m[cells]
        which, segment = segments.near_squares(centre, half)
        start = segments.start[segment] - centre[which]
        end = segments.end[segment] - centre[which]
        low, high = clipped(start, end, half[which])
        length_m = (high - low) * segments.length[segment]
        count = np.maximum(np.ceil(length_m / self.piece_m - 1e-9), 1).astype(int)
        count[length_m <= _LEAST_M] = 0
        row = np.repeat(np.arange(len(count)), count)
        order = np.arange(len(row)) - np.repeat(np.cumsum(count) - count, count)
        segment = segment[row]
        step_m = (length_m / np.maximum(count, 1))[row]
        first_m = network.begin_m[segment] + low[row] * segments.length[segment]
        edge = segments.line[segment]
        offset_m = (first_m + (order + 0.5) * step_m) / network.drawn_ratio[edge]
        return Pieces(cells[which[row]], edge, offset_m, step_m)


def _joined(parts: Sequence[Pieces]) -> Pieces:
    """Return pieces one after the other."""
    return Pieces(
        np.concatenate([part.cell for part in parts]),
        np.concatenate([part.edge for part in parts]),
        np.concatenate([part.offset_m for part in parts]),
        np.concatenate([part.share for part in parts]),
    )


def clipped(start: Floats, end: Floats, half_m: Floats) -> tuple[Floats, Floats]:
    """Return from which to which fraction of their length segments lie inside squares.

    `start` and `end` are (k, 2), from the middle of the square; outside it the second fraction is
    not above the first.  Liang, Barsky (1984). A new concept and method for line clipping.
    """
    low = np.zeros(len(start))
    high = np.ones(len(start))
    for along, run in zip(start.T, (end - start).T, strict=True):
        moves = run != 0
        by = np.where(moves, run, 1.0)
        enters = (-half_m - along) / by
        leaves = (half_m - along) / by
        within = np.where(np.abs(along) <= half_m, np.inf, -np.inf)
        first = np.where(moves, np.minimum(enters, leaves), -np.inf)
        last = np.where(moves, np.maximum(enters, leaves), within)
        low = np.maximum(low, first)
        high = np.minimum(high, last)
    return low, high


def distinct(xy: Floats, side_m: Floats) -> tuple[Floats, Floats, Ints]:
    """Return middle and side of the distinct cells, and for each row the number of its cell."""
    order = np.lexsort((xy[:, 0], xy[:, 1], side_m))
    rows = np.column_stack([xy, side_m])[order]
    new = np.r_[True, (np.diff(rows, axis=0) != 0).any(axis=1)][: len(rows)]
    number = np.empty(len(rows), dtype=int)
    number[order] = np.cumsum(new) - 1
    return rows[new, :2], rows[new, 2], number
