"""Lines as flat arrays of straight segments: what distances are measured against.

Coordinates are planar, in any unit; every length comes back in the same unit.  To find the nearest
segment fast, they are sorted along a Morton curve into leaves of a tree of boxes, two by two.  A
search goes down the nearer box first and leaves out those farther than the best segment so far.
"""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.arrays import Bools, Floats, Ints, Objects
from geo.crs import Frame
from geo.network.compiling import compiled, in_threads

LEAF: Final = 8
"""Segments in a leaf."""
GROUP: Final = 16
"""Points that search together."""
MOST: Final = 32
"""Leaves that they search, at most."""
_LINES: Final = (
    shapely.GeometryType.LINESTRING,
    shapely.GeometryType.LINEARRING,
    shapely.GeometryType.MULTILINESTRING,
)
PART: Final = 100_000
"""Points that a thread takes at a time."""


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
        order = along_curve((self.start + self.end) / 2)
        start = self.start[order]
        end = self.end[order]
        return np.hstack([start, end]), order, _boxes(start, end)

    def nearest(self, xy: Floats, order: Ints | None = None) -> tuple[Floats, Ints]:
        """Return the distance to the nearest segment of each point, and that segment.

        Of equals the lowest number wins.  Without segments they are infinite and -1.  `order`, as
        from `along_curve`, spares finding it anew where the points are measured more than once.
        """
        best = np.full(len(xy), np.inf)
        segment = np.full(len(xy), -1)
        if len(self) and len(xy):
            order = along_curve(xy) if order is None else order
            points = np.ascontiguousarray(xy)
            tree = self._tree

            def search(part: Ints) -> None:
                _search(points, part, *tree, best, segment)

            list(in_threads(search, np.array_split(order, 1 + len(order) // PART)))
        return np.sqrt(best), segment

    def near_squares(self, xy: Floats, half: Floats) -> tuple[Ints, Ints]:
        """Return all pairs (square, segment) whose bounding boxes meet, by middle and half side."""
        if not len(self):
            none = np.zeros(0, dtype=int)
            return none, none
        boxes = np.hstack([xy - half[:, None], xy + half[:, None]])
        which, segment = _meetings(boxes, *self._tree).T
        order = np.lexsort((segment, which))
        return which[order], segment[order]

    def foot(self, xy: Floats, segment: Ints) -> Floats:
        """Return the fraction of each segment at which it comes nearest to the point; 0 to 1."""
        start = self.start[segment]
        run = self.end[segment] - self.start[segment]
        squared = run[:, 0] * run[:, 0] + run[:, 1] * run[:, 1]
        dot = (xy[:, 0] - start[:, 0]) * run[:, 0] + (xy[:, 1] - start[:, 1]) * run[
            :, 1
        ]
        return np.clip(dot / np.where(squared > 0, squared, 1.0), 0.0, 1.0)


def segments_of(lines: Frame) -> Segments:
    """Cut lines into segments.

    A line without length counts as a point; other repeated vertices are passed over.  A geometry
    that is missing, empty, not made of lines or not finite raises `GeometryError`.
    """
    geometry = require_lines(lines)
    parts, owner = shapely.get_parts(geometry, return_index=True)
    xy, part = shapely.get_coordinates(parts, return_index=True)
    inner = np.flatnonzero(np.diff(part) == 0)
    start = xy[inner]
    end = xy[inner + 1]
    line = owner[part[inner]]
    length = np.hypot(*(end - start).T)
    whole = np.bincount(line, length, minlength=len(geometry))
    first = np.r_[True, np.diff(line) > 0][: len(line)]
    counts = (length > 0) | (first & (whole[line] == 0))
    return Segments(start[counts], end[counts], line[counts])


def require_lines(lines: Frame, error: type[ValueError] = GeometryError) -> Objects:
    """Return the geometries of lines; one that cannot be measured raises `error`."""
    geometry = np.asarray(lines.geometry.values, dtype=object)
    _refuse(geometry, lines, "lines", _LINES, "a LineString", error)
    return geometry


def points_xy(points: Frame | pd.Series) -> Floats:
    """Return points as an (n, 2) array.

    One that is missing, empty, of another type or not finite raises `GeometryError`.
    """
    column = points if isinstance(points, pd.Series) else points.geometry
    geometry = np.asarray(column.values, dtype=object)
    _refuse(
        geometry,
        points,
        "points",
        (shapely.GeometryType.POINT,),
        "a Point",
        GeometryError,
    )
    return shapely.get_coordinates(geometry)


def _refuse(
    geometry: Objects,
    source: pd.Series | pd.DataFrame,
    name: str,
    types: tuple[int, ...],
    wanted: str,
    error: type[ValueError],
) -> None:
    """Raise for the first geometry that is missing, empty, of another type or not finite."""
    good = np.isin(shapely.get_type_id(geometry), types) & ~shapely.is_empty(geometry)
    good &= _finite(geometry)
    if good.all():
        return
    row = int(np.flatnonzero(~good)[0])
    shown = "nothing" if geometry[row] is None else geometry[row].wkt[:60]
    fix = _fix(geometry[row], name, is_frame=isinstance(source, pd.DataFrame))
    raise error(
        f"row {source.index[row]!r} of {name} holds {shown}, not {wanted}. Fix: {fix}"
    )


def _finite(geometry: Objects) -> Bools:
    """Mark the geometries whose coordinates are all finite."""
    with np.errstate(invalid="ignore"):
        extent = np.where(
            shapely.get_dimensions(geometry) > 0, shapely.length(geometry), 0.0
        )
    return np.isfinite(extent) & np.isfinite(shapely.bounds(geometry)).all(axis=-1)


def _fix(shape: BaseGeometry | None, name: str, *, is_frame: bool) -> str:
    """Return the code that makes points or lines of what is none of them."""
    code = f"{name}.centroid"
    if name == "lines":
        column = "lines.geometry" if is_frame else "lines"
        code = f"{column}.where(lines.geom_type.str.endswith('LineString'), lines.boundary)"
    if is_frame:
        code = f"{name}.set_geometry({code})"
    if shape is None or shape.is_empty or not _finite(np.array([shape]))[0]:
        code = f"{name}[{name}.length.lt(float('inf')) & {name}.bounds.notna().all(axis=1)]"
        if name == "points":
            code = f"{name}[{name}.bounds.abs().lt(float('inf')).all(axis=1)]"
    elif name == "points" and shape.geom_type == "MultiPoint":
        code = f"{name}.explode(ignore_index=True)"
    elif name == "lines" and shape.geom_type.endswith("Point"):
        code = f"{name}[{name}.geom_type.str.endswith('LineString')]"
    return f"{name} = {code}"


@compiled
def _squared(x: float, y: float, segment: Floats) -> float:
    ux = segment[2] - segment[0]
    uy = segment[3] - segment[1]
    px = x - segment[0]
    py = y - segment[1]
    length = ux * ux + uy * uy
    along = 0.0
    if length > 0:
        along = min(max((px * ux + py * uy) / length, 0.0), 1.0)
    px -= along * ux
    py -= along * uy
    return float(px * px + py * py)


@compiled
def _to_box(
    low_x: float, low_y: float, high_x: float, high_y: float, box: Floats
) -> float:
    """Return the squared distance between two boxes; a point is a box too."""
    dx = max(box[0] - high_x, low_x - box[2], 0.0)
    dy = max(box[1] - high_y, low_y - box[3], 0.0)
    return float(dx * dx + dy * dy)


# One loop: each point starts from the segment that the one before found.
@compiled
def _search(
    xy: Floats,
    order: Ints,
    segment: Floats,
    number: Ints,
    box: Floats,
    best: Floats,
    nearest: Ints,
) -> None:
    """Fill in squared distance and number of the nearest segment; of equals the lowest number.

    The order puts points together that lie together.  `GROUP` of them go down the tree at once, to
    the leaves that may hold the nearest segment of any; where these are more than `MOST`, each
    point goes down for itself.
    """
    stack = np.empty(128, dtype=np.int64)
    leaf = np.empty(MOST, dtype=np.int64)
    which = len(segment) // 2  # each point starts from the segment of the one before
    for begin in range(0, len(order), GROUP):
        group = order[begin : begin + GROUP]
        low_x, low_y = high_x, high_y = xy[group[0]]
        _, which = _down(low_x, low_y, segment, number, box, stack, which)
        far = 0.0
        for k in group:
            x, y = xy[k]
            far = max(far, _squared(x, y, segment[which]))
            low_x = min(low_x, x)
            low_y = min(low_y, y)
            high_x = max(high_x, x)
            high_y = max(high_y, y)
        count = _leaves(low_x, low_y, high_x, high_y, far, box, stack, leaf)
        for k in group:
            at_x, at_y = xy[k]
            if count > MOST:
                least, which = _down(at_x, at_y, segment, number, box, stack, which)
            else:
                least = _squared(at_x, at_y, segment[which])
                for node in leaf[:count]:
                    if _to_box(at_x, at_y, at_x, at_y, box[node]) <= least:
                        least, which = _in_leaf(
                            at_x, at_y, node, segment, number, box, least, which
                        )
            best[k] = least
            nearest[k] = number[which]


@compiled
def _down(
    x: float,
    y: float,
    segment: Floats,
    number: Ints,
    box: Floats,
    stack: Ints,
    which: int,
) -> tuple[float, int]:
    """Return squared distance and place of the nearest segment, the nearer box first."""
    least = _squared(x, y, segment[which])
    size = 1
    leaves = (len(box) + 1) // 2
    stack[0] = 0
    while size > 0:
        size -= 1
        node = stack[size]
        if _to_box(x, y, x, y, box[node]) > least:
            continue
        if node >= leaves - 1:
            least, which = _in_leaf(x, y, node, segment, number, box, least, which)
            continue
        nearer = 2 * node + 1
        farther = 2 * node + 2
        away_first = _to_box(x, y, x, y, box[nearer])
        if away_first > _to_box(x, y, x, y, box[farther]):
            nearer, farther = farther, nearer
        stack[size] = farther
        stack[size + 1] = nearer
        size += 2
    return least, which


@compiled
def _leaves(
    low_x: float,
    low_y: float,
    high_x: float,
    high_y: float,
    least: float,
    box: Floats,
    stack: Ints,
    leaf: Ints,
) -> int:
    """Fill in the leaves within a squared distance of a box, and return how many they are.

    Of too many only some are filled in, and one more is counted.
    """
    size = 1
    count = 0
    leaves = (len(box) + 1) // 2
    stack[0] = 0
    while size > 0 and count <= len(leaf):
        size -= 1
        node = stack[size]
        if _to_box(low_x, low_y, high_x, high_y, box[node]) > least:
            continue
        if node >= leaves - 1:
            if count < len(leaf):
                leaf[count] = node
            count += 1
            continue
        stack[size] = 2 * node + 1
        stack[size + 1] = 2 * node + 2
        size += 2
    return count


@compiled
def _meetings(squares: Floats, segment: Floats, number: Ints, box: Floats) -> Ints:
    """Return number of square and of segment where their boxes meet, (pairs, 2)."""
    pairs = [(0, 0)]
    leaves = (len(box) + 1) // 2
    for square in range(len(squares)):
        low_x, low_y, high_x, high_y = squares[square]
        waiting = [0]
        while waiting:
            node = waiting.pop()
            if _to_box(low_x, low_y, high_x, high_y, box[node]) > 0.0:
                continue
            if node < leaves - 1:
                waiting.append(2 * node + 1)
                waiting.append(2 * node + 2)
                continue
            begin = (node - len(box) // 2) * LEAF
            for s in range(begin, min(begin + LEAF, len(segment))):
                x, y, to_x, to_y = segment[s]
                if (
                    min(x, to_x) <= high_x
                    and max(x, to_x) >= low_x
                    and min(y, to_y) <= high_y
                    and max(y, to_y) >= low_y
                ):
                    pairs.append((square, number[s]))
    return np.array(pairs)[1:]


@compiled
def _in_leaf(
    x: float,
    y: float,
    node: int,
    segment: Floats,
    number: Ints,
    box: Floats,
    least: float,
    which: int,
) -> tuple[float, int]:
    """Return the nearest segment so far, after those of a leaf."""
    begin = (node - len(box) // 2) * LEAF
    for s in range(begin, min(begin + LEAF, len(segment))):
        d = _squared(x, y, segment[s])
        if d < least or (d == least and number[s] < number[which]):
            least = d
            which = s
    return least, which


def _boxes(start: Floats, end: Floats) -> Floats:
    """Return the boxes of sorted segments as a full binary tree, root first."""
    leaves = -(-len(start) // LEAF)
    full = 1 << max(int(np.ceil(np.log2(leaves))), 0)
    low = np.full((full * LEAF, 2), np.inf)
    high = np.full((full * LEAF, 2), -np.inf)
    low[: len(start)] = np.minimum(start, end)
    high[: len(start)] = np.maximum(start, end)
    low = low.reshape(full, LEAF, 2).min(axis=1)
    high = high.reshape(full, LEAF, 2).max(axis=1)
    levels = [np.hstack([low, high])]
    while len(low) > 1:
        low = low.reshape(-1, 2, 2).min(axis=1)
        high = high.reshape(-1, 2, 2).max(axis=1)
        levels.append(np.hstack([low, high]))
    return np.concatenate(levels[::-1])


def along_curve(xy: Floats) -> Ints:
    """Return the order of points along a Morton curve over their extent."""
    low = xy.min(axis=0)
    extent = float((xy.max(axis=0) - low).max()) or 1.0
    cell = ((xy - low) * (((1 << 16) - 1) / extent)).astype(int)
    for shift, mask in (
        (8, 0x00FF00FF),
        (4, 0x0F0F0F0F),
        (2, 0x33333333),
        (1, 0x55555555),
    ):
        cell = (cell | (cell << shift)) & mask
    return np.argsort(cell[:, 0] | (cell[:, 1] << 1), kind="stable")
