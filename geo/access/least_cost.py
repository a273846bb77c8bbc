"""The compiled loop of the least-cost surface: Dijkstra's algorithm with buckets on a grid.

The loop is our own because no kept library has moves that depend on the direction of travel at
this size: itinera holds every move of a grid in one sparse matrix, scikit-image calls Python for
each move, xarray-spatial has eight neighbours and no slope.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled

Bits = npt.NDArray[np.uint32]
Cells = npt.NDArray[np.int32]
Floats32 = npt.NDArray[np.float32]


@compiled
def put(cell: int, slot: int, first: Cells, after: Cells, before: Cells) -> None:
    """Put a cell at the front of a bucket."""
    after[cell], before[cell] = first[slot], -1
    if first[slot] >= 0:
        before[first[slot]] = cell
    first[slot] = cell


@compiled
def take(cell: int, slot: int, first: Cells, after: Cells, before: Cells) -> None:
    """Take a cell out of the bucket that it waits in."""
    if before[cell] >= 0:
        after[before[cell]] = after[cell]
    else:
        first[slot] = after[cell]
    if after[cell] >= 0:
        before[after[cell]] = before[cell]


@compiled
def at_slope(slope: float, pace: Floats, steepest: float) -> float:
    """Return the minutes per metre at a slope; an unknown slope is level."""
    if np.isnan(slope):
        slope = 0.0
    at = (min(max(slope, -steepest), steepest) + steepest) * (len(pace) - 1) / (2 * steepest)
    low = min(int(at), len(pace) - 2)
    return float(pace[low] + (at - low) * (pace[low + 1] - pace[low]))


@compiled
def least_minutes(
    elevation: Floats32, factor: Floats32, barred: Bits, start: Ints, move_row: Ints,
    move_column: Ints, length: Floats, pace: Floats, steepest: float, towards: bool, width: float,
    n_buckets: int,
) -> Floats32:  # fmt: skip
    """Return the least minutes between every cell and the nearest start.

    Dial's variant of Dijkstra's algorithm: no move costs less than a bucket is wide, so that all
    cells of the first bucket that is not empty are final.

    Elevation is in metres, NaN where it is unknown: such a move counts as level.  `factor`,
    `barred` are as in `geo.access.model.Ground`, `start` holds flat numbers of cells; move ``k``
    leads over `move_row[k]` and `move_column[k]` cells and `length[k]` metres.  `pace` holds
    minutes per metre at even slopes from ``-steepest`` to ``steepest``.  With `towards` the walk
    is from the cells to the start.  A bucket is `width` minutes wide, and the dearest move costs
    less than `n_buckets` of them.  The result is infinite where there is no way.
    """
    rows, columns = elevation.shape
    height, slowness, walls = elevation.ravel(), factor.ravel(), barred.ravel()
    minutes = np.full(rows * columns, np.inf, dtype=np.float64)
    after = np.full(rows * columns, -1, dtype=np.int32)
    before = np.full(rows * columns, -1, dtype=np.int32)
    first = np.full(n_buckets, -1, dtype=np.int32)
    final = np.zeros(rows * columns, dtype=np.bool_)
    for cell in start:
        minutes[cell] = 0.0
        put(cell, 0, first, after, before)
    bucket, waiting = 0, len(start)
    while waiting > 0:
        slot = bucket % n_buckets
        while first[slot] >= 0:
            cell = first[slot]
            take(cell, slot, first, after, before)
            final[cell] = True
            waiting -= 1
            row, column = cell // columns, cell % columns
            for k in range(len(length)):
                to_row, to_column = row + move_row[k], column + move_column[k]
                if to_row < 0 or to_row >= rows or to_column < 0 or to_column >= columns:
                    continue
                other = to_row * columns + to_column
                if final[other] or (walls[cell] >> k) & 1:
                    continue
                slope = (height[other] - height[cell]) / length[k]
                per_m = at_slope(-slope if towards else slope, pace, steepest)
                there = minutes[cell] + per_m * length[k] * 0.5 * (slowness[cell] + slowness[other])
                if there >= minutes[other]:
                    continue
                if minutes[other] < np.inf:
                    take(other, int(minutes[other] / width) % n_buckets, first, after, before)
                else:
                    waiting += 1
                minutes[other] = there
                put(other, int(there / width) % n_buckets, first, after, before)
        bucket += 1
    return minutes.astype(np.float32).reshape(rows, columns)
