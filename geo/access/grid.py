"""A grid of square cells: lines, points and terrain on it, and the least minutes of a walk over it.

A pace takes slopes as rise over run, positive uphill, and gives minutes per metre of map distance.
The loop is our own: no kept library has moves that depend on the direction of travel at this size.
"""

from dataclasses import dataclass
from heapq import heappop, heappush
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from pyproj import CRS, Transformer
from pyproj.exceptions import CRSError as ProjError
from scipy.ndimage import binary_dilation, map_coordinates

from geo.arrays import Bools, Floats, Ints, Objects
from geo.crs import CRSError
from geo.network.compiling import compiled
from geo.records import Terrain

Bits = npt.NDArray[np.uint32]
Floats32 = npt.NDArray[np.float32]

MOVES: Final = tuple(
    (row, column)
    for row in range(-2, 3)
    for column in range(-2, 3)
    if {abs(row), abs(column)} in ({0, 1}, {1}, {1, 2})
)
"""The 16 moves to neighbours, knight's moves among them: paths are at most 2.8 % too long."""
LARGEST: Final = 60_000_000
"""Cells that a grid may have: about 2 GB."""


class GridError(ValueError):
    """A grid or the terrain on it cannot be used."""


@dataclass(frozen=True)
class Grid:
    """Square cells in a projected CRS, from north-west to south-east."""

    west: float
    north: float
    """Corner of the first cell, metres."""
    cell_m: float
    shape: tuple[int, int]
    """Rows and columns."""
    crs: CRS

    @property
    def transform(self) -> tuple[float, float, float, float, float, float]:
        """Affine of the grid: x = a column + b row + c, y = d column + e row + f."""
        return (self.cell_m, 0.0, self.west, 0.0, -self.cell_m, self.north)

    def rows_columns(self, xy: Floats) -> tuple[Ints, Ints]:
        """Return the cell of each position; it may lie outside the grid."""
        column = np.floor((xy[..., 0] - self.west) / self.cell_m).astype(np.int64)
        row = np.floor((self.north - xy[..., 1]) / self.cell_m).astype(np.int64)
        return row, column

    def inside(self, row: Ints, column: Ints) -> Bools:
        """Mark the cells that lie on the grid."""
        rows, columns = self.shape
        return np.asarray(
            (row >= 0) & (row < rows) & (column >= 0) & (column < columns)
        )

    def centres(self, row: Ints, column: Ints) -> Floats:
        """Return the middle of cells as (..., 2) positions."""
        x = self.west + (column + 0.5) * self.cell_m
        y = self.north - (row + 0.5) * self.cell_m
        return np.stack(np.broadcast_arrays(x, y), axis=-1)

    def cells(self, points: gpd.GeoSeries) -> Ints:
        """Return the flat numbers of the cells of those points that lie on the grid."""
        row, column = self.rows_columns(
            shapely.get_coordinates(np.asarray(points.values))
        )
        fits = self.inside(row, column)
        return np.unique(row[fits] * self.shape[1] + column[fits])

    def burn(self, lines: gpd.GeoSeries) -> Bools:
        """Mark the cells that LineStrings run through, corners touched briefly left out."""
        dense = shapely.segmentize(np.asarray(lines.values), self.cell_m / 3)
        row, column = self.rows_columns(shapely.get_coordinates(dense))
        marked = np.zeros(self.shape, dtype=bool)
        fits = self.inside(row, column)
        marked[row[fits], column[fits]] = True
        return marked

    def walls(self, barriers: gpd.GeoSeries, gates: gpd.GeoSeries) -> Bits:
        """Return the moves that would cross a barrier away from a gate, as bits by cell.

        Bit ``k`` is set where move ``k`` of `MOVES` is barred; a gate opens one cell about it.
        """
        bits = np.zeros(self.shape, dtype=np.uint32)
        row, column = np.nonzero(
            binary_dilation(self.burn(barriers), np.ones((5, 5), dtype=bool))
        )
        here = self.centres(row, column)
        tree = shapely.STRtree(_segments(barriers))
        gate_tree = shapely.STRtree(np.asarray(gates.values))
        for k, (dr, dc) in enumerate(MOVES):
            if (dr, dc) < (0, 0):
                continue  # the same move backwards
            there = self.centres(row + dr, column + dc)
            shut = _shut(np.stack([here, there], axis=1), tree, gate_tree, self.cell_m)
            bits[row[shut], column[shut]] |= np.uint32(1 << k)
            to_row = row[shut] + dr
            to_column = column[shut] + dc
            fits = self.inside(to_row, to_column)
            backwards = np.uint32(1 << MOVES.index((-dr, -dc)))
            bits[to_row[fits], to_column[fits]] |= backwards
        return bits


def grid_over(layer: gpd.GeoSeries, cell_m: float, margin_m: float) -> Grid:
    """Return the grid that covers geometries and a margin around them, in their CRS."""
    if layer.empty:
        raise GridError(
            "there is no section to lay a grid over; check roads and railways"
        )
    west, south, east, north = layer.total_bounds
    west = np.floor((west - margin_m) / cell_m) * cell_m
    north = np.ceil((north + margin_m) / cell_m) * cell_m
    columns = int(np.ceil((east + margin_m - west) / cell_m))
    rows = int(np.ceil((north - south + margin_m) / cell_m))
    if rows * columns > LARGEST:
        raise GridError(
            f"a grid of {rows} x {columns} cells of {cell_m:g} m is too large. "
            "Fix: a greater [access] cell_m"
        )
    return Grid(float(west), float(north), cell_m, (rows, columns), CRS(layer.crs))


def _segments(lines: gpd.GeoSeries) -> Objects:
    """Return the straight parts of lines."""
    xy, owner = shapely.get_coordinates(lines.values, return_index=True)
    inner = np.flatnonzero(np.diff(owner) == 0)
    ends = np.stack([xy[inner], xy[inner + 1]], axis=1)
    return np.asarray(shapely.linestrings(ends))


def _shut(
    moves: Floats, barriers: shapely.STRtree, gates: shapely.STRtree, gate_m: float
) -> Ints:
    """Return which moves, (n, 2, 2), cross a barrier farther than `gate_m` from every gate."""
    walks = np.asarray(shapely.linestrings(moves))
    which, line = barriers.query(walks, predicate="intersects")
    crossed = barriers.geometries[line]
    crossings = shapely.intersection(walks[which], crossed)
    at_gate, _ = gates.query(crossings, "dwithin", distance=gate_m)
    return np.unique(np.delete(which, np.unique(at_gate)))


def _cells_at(terrain: Terrain, x: Floats, y: Floats) -> Floats:
    """Return column and row, parts of cells, of places in the CRS of the terrain."""
    a, b, c, d, e, f = terrain.transform
    to_cells = np.linalg.inv([[a, b], [d, e]])
    cells: Floats = np.einsum("ij,j...->i...", to_cells, np.stack([x - c, y - f]))
    return cells - 0.5


def elevation_on(grid: Grid, terrain: Terrain) -> Floats32:
    """Return the elevation at the middle of each cell, between the terrain's cells bilinearly.

    Cells beyond the terrain or next to a hole in it are NaN.  The warper of GDAL averages where
    cells are larger than the terrain's, and may err by an eighth of the terrain's cells.
    """
    try:
        turn = Transformer.from_crs(grid.crs, CRS(terrain.crs), always_xy=True)
    except ProjError as error:
        raise CRSError(
            f"the terrain's CRS {terrain.crs!r} is not known. Fix: set it in the raster, "
            "such as gdal_edit.py -a_srs EPSG:4326"
        ) from error
    result = np.full(grid.shape, np.nan, dtype=np.float32)
    for begin in range(0, grid.shape[0], 512):  # rows at a time: it saves memory
        rows = np.arange(begin, min(begin + 512, grid.shape[0]))
        xy = grid.centres(rows[:, None], np.arange(grid.shape[1]))
        x, y = turn.transform(xy[..., 0], xy[..., 1])
        column, row = _cells_at(terrain, x, y)
        result[rows] = map_coordinates(
            terrain.elevation_m,
            [row, column],
            order=1,
            mode="constant",
            cval=np.nan,
            output=np.float32,
        )
    return result


def tobler(slope: npt.ArrayLike) -> Floats:
    """Return the pace of Tobler's hiking function: ``v = 6 exp(-3.5 |s + 0.05|)`` km/h.

    Tobler 1993, Three presentations on geographical analysis and modeling, NCGIA 93-1.

    Parameters
    ----------
    slope : array_like
        Rise over run in the direction of the walk.

    Returns
    -------
    float array of the same shape
        Minutes per metre.

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
    limited = min(max(slope, -steepest), steepest)
    place = (limited + steepest) * (len(pace) - 1) / (2 * steepest)
    low = min(int(place), len(pace) - 2)
    return float(pace[low] + (place - low) * (pace[low + 1] - pace[low]))


# One loop: the queue and the arrays are read and written at every cell.
@compiled
def least_minutes(
    elevation: Floats32,
    factor: Floats32,
    barred: Bits,
    start: Ints,
    move_row: Ints,
    move_column: Ints,
    pace: Floats,
    steepest: float,
    cell_m: float,
) -> Floats32:
    """Return the least minutes from every cell to the nearest start; infinite without a way.

    `factor` and `barred` are as in `geo.access.walking.WalkingCells`, `start` holds flat numbers of
    cells; move ``k`` leads over `move_row[k]` and `move_column[k]` cells.  `pace` holds minutes per
    metre at even slopes from ``-steepest`` to ``steepest``.

    Parameters
    ----------
    elevation : (rows, columns) floats
        Height of each cell, metres.
    factor, barred : (rows, columns)
        As in `geo.access.walking.WalkingCells`.
    start : (s,) ints
        Flat numbers of the cells to start from.
    move_row, move_column : (k,) ints
        Move ``i`` leads over so many rows and columns.
    pace : (p,) floats
        Minutes per metre at even slopes from ``-steepest`` to ``steepest``.
    steepest : float
        Height over length; a steeper slope is walked as slowly as this one.
    cell_m : float
        Side of a cell, metres.
    """
    rows, columns = elevation.shape
    height = elevation.ravel()
    slowness = factor.ravel()
    walls = barred.ravel()
    length = np.hypot(move_row, move_column) * cell_m
    minutes = np.full(rows * columns, np.inf)
    heap = [(0.0, cell) for cell in start]
    minutes[start] = 0.0
    while len(heap) > 0:
        spent, cell = heappop(heap)
        if spent > minutes[cell]:
            continue
        row = cell // columns
        column = cell % columns
        for k in range(len(length)):
            to_row = row + move_row[k]
            to_column = column + move_column[k]
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
