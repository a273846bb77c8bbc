"""Walking on a slope: pace by the direction of travel, and the least minutes over a grid of cells.

A pace takes slopes as rise over run, positive uphill, and gives minutes per metre of map distance.
The loop is our own: no kept library has moves that depend on the direction of travel at this size.
"""

from heapq import heappop, heappush

import numpy as np
import numpy.typing as npt

from geo.arrays import Floats, Ints
from geo.network.compiled import compiled

Bits = npt.NDArray[np.uint32]
Floats32 = npt.NDArray[np.float32]


def tobler(slope: npt.ArrayLike) -> Floats:
    """Return the pace of Tobler's hiking function: ``v = 6 exp(-3.5 |s + 0.05|)`` km/h.

    Tobler 1993, Three presentations on geographical analysis and modeling, NCGIA 93-1.

    >>> (0.06 / tobler([-0.05, 0.0, 0.2])).round(2)  # km/h
    array([6.  , 5.04, 2.5 ])
    """
    kph = 6.0 * np.exp(-3.5 * np.abs(np.asarray(slope, dtype=float) + 0.05))
    return np.asarray(1.0 / (kph * (1000 / 60)))


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
    move_column: Ints, pace: Floats, steepest: float, cell_m: float,
) -> Floats32:  # fmt: skip
    """Return the least minutes from every cell to the nearest start; infinite without a way.

    `factor` and `barred` are as in `geo.access.model.Ground`, `start` holds flat numbers of cells;
    move ``k`` leads over `move_row[k]` and `move_column[k]` cells.  `pace` holds minutes per metre
    at even slopes from ``-steepest`` to ``steepest``.
    """
    rows, columns = elevation.shape
    height, slowness, walls = elevation.ravel(), factor.ravel(), barred.ravel()
    length = np.hypot(move_row, move_column) * cell_m
    minutes = np.full(rows * columns, np.inf)
    heap = [(0.0, cell) for cell in start]
    minutes[start] = 0.0
    while len(heap) > 0:
        spent, cell = heappop(heap)
        if spent > minutes[cell]:
            continue
        row, column = cell // columns, cell % columns
        for k in range(len(length)):
            to_row, to_column = row + move_row[k], column + move_column[k]
            if to_row < 0 or to_row >= rows or to_column < 0 or to_column >= columns:
                continue
            if (walls[cell] >> k) & 1:
                continue
            other = to_row * columns + to_column
            # The walk is from the other cell to this one.
            slope = (height[cell] - height[other]) / length[k]
            per_m = at_slope(slope, pace, steepest)
            there = spent + per_m * length[k] * 0.5 * (slowness[cell] + slowness[other])
            if there < minutes[other]:
                minutes[other] = there
                heappush(heap, (there, other))
    return minutes.astype(np.float32).reshape(rows, columns)
