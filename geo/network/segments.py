"""Lines as flat arrays of straight segments: what distances are measured against.

Coordinates are planar, in any unit; every length comes back in the same unit.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely

from geo.arrays import Floats, Ints
from geo.network import nearest_loops as loops

Lines = gpd.GeoDataFrame | gpd.GeoSeries | npt.ArrayLike | Sequence[shapely.LineString]
Points = gpd.GeoDataFrame | gpd.GeoSeries | npt.ArrayLike


class GeometryError(ValueError):
    """A geometry cannot be measured: missing, empty, or of the wrong type."""


@dataclass(frozen=True)
class Segments:
    """Straight segments, `start` to `end`, each with the number of its source line."""

    start: Floats
    end: Floats
    line: Ints

    def __len__(self) -> int:
        """Return the number of segments."""
        return len(self.start)

    @cached_property
    def length(self) -> Floats:
        """Length of each segment."""
        return np.asarray(np.hypot(*(self.end - self.start).T))

    @cached_property
    def _tree(self) -> tuple[Floats, Ints, Floats]:
        """Segments in sorted order, their numbers, and the boxes about them."""
        order = np.argsort(loops.morton((self.start + self.end) / 2), kind="stable")
        segment = np.hstack([self.start[order], self.end[order]])
        return segment, order, loops.boxes(segment)

    def nearest(self, xy: Floats) -> tuple[Floats, Ints]:
        """Return the distance to the nearest segment of each point, and that segment.

        Of segments at the same distance the lowest number wins.  Without segments the distance is
        infinite and the segment -1.
        """
        best, found = np.full(len(xy), np.inf), np.full(len(xy), -1, dtype=np.int64)
        if len(self) and len(xy):
            order = np.argsort(loops.morton(xy))
            loops.search(xy, order, *self._tree, best, found)
        return np.sqrt(best), found

    def near_squares(self, xy: Floats, half: Floats) -> tuple[Ints, Ints]:
        """Return all pairs (square, segment) whose bounding boxes meet, in order.

        `xy` holds the middles of the squares and `half` one half of each one's side.
        """
        lines = np.asarray(shapely.linestrings(np.stack([self.start, self.end], axis=1)))
        boxes = shapely.box(*(xy - half[:, None]).T, *(xy + half[:, None]).T)
        which, found = shapely.STRtree(lines).query(boxes)
        order = np.lexsort((found, which))
        return which[order], found[order]

    def foot(self, xy: Floats, segment: Ints) -> Floats:
        """Return the fraction of each segment at which it comes nearest to the point; 0 to 1."""
        start, run = self.start[segment], self.end[segment] - self.start[segment]
        squared = run[:, 0] * run[:, 0] + run[:, 1] * run[:, 1]
        dot = (xy[:, 0] - start[:, 0]) * run[:, 0] + (xy[:, 1] - start[:, 1]) * run[:, 1]
        return np.asarray(np.clip(dot / np.where(squared > 0, squared, 1.0), 0.0, 1.0))


def from_lines(lines: Lines) -> Segments:
    """Cut lines into segments.

    A line without length counts as a point; other repeated vertices are passed over.  A geometry
    that is missing, empty, not made of lines or not finite raises `GeometryError`.
    """
    geometry = _geometries(lines)
    _refuse(geometry, lines, "lines", (1, 2, 5), "a LineString")
    parts, owner = shapely.get_parts(geometry, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    inner = np.flatnonzero(np.diff(part) == 0)
    start, end = xy[inner], xy[inner + 1]
    line = owner[part[inner]].astype(np.int64)
    length = np.hypot(*(end - start).T)
    whole = np.bincount(line, length, minlength=len(geometry))
    first = np.r_[True, np.diff(line) > 0][: len(line)]
    kept = (length > 0) | (first & (whole[line] == 0))
    return Segments(start[kept], end[kept], line[kept])


def points_xy(points: Points) -> Floats:
    """Return points as an (n, 2) array.

    One that is missing, empty, of another type or not finite raises `GeometryError`.
    """
    if isinstance(points, (gpd.GeoDataFrame, gpd.GeoSeries)):
        geometry = np.asarray(points.geometry.values, dtype=object)
        _refuse(geometry, points, "points", (0,), "a Point")
        return np.asarray(shapely.get_coordinates(geometry))
    xy = np.asarray(points, dtype=float)
    if xy.ndim != 2 or xy.shape[1] != 2:
        raise GeometryError(f"points has shape {xy.shape}; expected (n, 2): a row of x, y a point")
    if not np.isfinite(xy).all():
        row = int(np.flatnonzero(~np.isfinite(xy).all(axis=1))[0])
        raise GeometryError(f"row {row} of points is {xy[row].tolist()}; drop or mend it")
    return xy


def _geometries(lines: Lines) -> npt.NDArray[Any]:
    if isinstance(lines, (gpd.GeoDataFrame, gpd.GeoSeries)):
        return np.asarray(lines.geometry.values, dtype=object)
    array = np.asarray(lines)
    if array.dtype == object or not array.size:
        return array.reshape(-1).astype(object)
    if array.ndim != 2 or array.shape[1] != 4:
        raise GeometryError(
            f"lines has shape {array.shape}; expected (s, 4): a row of x0, y0, x1, y1 a segment, "
            "or LineStrings"
        )
    return np.asarray(shapely.linestrings(array.astype(float).reshape(-1, 2, 2)), dtype=object)


def _refuse(
    geometry: npt.NDArray[Any], source: object, name: str, types: tuple[int, ...], wanted: str
) -> None:
    """Raise for the first geometry that is missing, empty, of another type or not finite."""
    good = np.isin(shapely.get_type_id(geometry), types) & ~shapely.is_empty(geometry)
    good &= np.isfinite(shapely.bounds(geometry)).all(axis=-1)
    if good.all():
        return
    row = int(np.flatnonzero(~good)[0])
    label = source.index[row] if isinstance(source, (gpd.GeoDataFrame, gpd.GeoSeries)) else row
    found = "nothing" if geometry[row] is None else geometry[row].wkt[:60]
    raise GeometryError(
        f"row {label!r} of {name} holds {found}, not {wanted}. "
        f"Fix: {name} = {name}[~({name}.geometry.isna() | {name}.geometry.is_empty)]"
    )
