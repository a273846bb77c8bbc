"""What of a patrol's sketch map is drawn again, enlarged, and how large each picture is."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats

Ints = npt.NDArray[np.intp]
Shapes = npt.NDArray[Any]

MOST: Final = 3
"""Enlargements on one sheet."""

LARGER: Final = 1.6
"""An enlargement is to be larger than the whole by this factor at least."""

START_M: Final = 1_200.0
"""Around the start, of the first and the last leg, this much is drawn enlarged."""

HEIGHT: Final = 700
"""Of all pictures on a sheet together, in their own units."""

ROOM: Final = ((6, 735), (8, 660), (10, 600), (22, 516), (24, 340))
"""Width of all pictures together, by the most stops whose timetable leaves it."""

NARROW: Final = 400
"""In less room than this, one enlargement lies below the whole route."""

GAP: Final = 14
CAPTION: Final = 26
"""Between two pictures side by side, and one above the other."""

SINGLE: Final = 0.66
"""Share of the width that one picture takes that needs no enlargement."""

REACH: Final = 1.5
"""An enlargement takes in stops this much farther than those that crowd."""

MUCH: Final = 1.5
"""An enlargement of the start, whose streets are named, or of many stops is larger by this."""

SAME_M: Final = 20.0
"""Stops no farther apart are one place, and no enlargement parts them."""


class Size(NamedTuple):
    """Width and height of a picture, in its own units."""

    width: int
    height: int


class Area(NamedTuple):
    """What is drawn enlarged."""

    bounds: Floats
    """West, south, east, north, in metres."""
    middle: BaseGeometry
    """Where its name is looked up: the depot, if that is within."""
    share: float
    """Of the height of all enlargements, against the others."""


def is_narrow(served: int) -> bool:
    """Return whether the timetable of so many stops leaves little room for pictures."""
    return room(served) < NARROW


def areas(
    points: Shapes, start: BaseGeometry, apart_m: float, merged: Sequence[Sequence[int]] = ()
) -> list[Area]:
    """Return where stops crowd, most stops first, then the start if it is not among them.

    Parameters
    ----------
    points : (n,) array of shapely.Point
        The depot, then the stops by order, in metres.
    start : shapely geometry
        First and last leg.
    apart_m : float
        Stops nearer than this crowd; so do those that the whole picture has merged.
    merged : sequence of sequences of int
        Orders of stops under one number.
    """
    near = shapely.distance(points[:, None], points[None, :]) < apart_m
    for orders in merged:
        near[np.ix_(orders, orders)] = True
    extent, reach_m = _extent(points), REACH * apart_m
    groups = crowds(points, near, reach_m)
    # A chain of stops along the whole route is no place to enlarge; its densest part is.
    while any(_extent(points[group]) > extent / 2 for group in groups) and reach_m > SAME_M:
        reach_m /= 2
        groups = crowds(points, near, reach_m)
    found = [_area(points, group) for group in groups[:MOST]]
    around = shapely.intersection(start, points[0].buffer(START_M))
    if len(found) < MOST and not any(0 in group for group in groups) and not around.is_empty:
        found.append(Area(shapely.total_bounds([around, points[0]]), points[0], MUCH))
    return found


def crowds(points: Shapes, near: npt.NDArray[np.bool_], reach_m: float) -> list[Ints]:
    """Return the groups of points in which some crowd, the most points first.

    `near` has which pairs crowd.  In a group each point has another nearer than `reach_m`.
    """
    linked = shapely.distance(points[:, None], points[None, :]) < reach_m
    _, group = connected_components(linked, directed=False)
    groups = [np.flatnonzero(group == n) for n in range(group.max() + 1)]
    parted = [
        g for g in groups
        if _extent(points[g]) > SAME_M and np.triu(near[np.ix_(g, g)], 1).any()
    ]  # fmt: skip
    return sorted(parted, key=lambda g: -len(g))


def sizes(served: int, shares: Sequence[float], *, flat: bool) -> list[Size]:
    """Return the sizes of the whole route and of its enlargements, which share the sheet.

    A flat route, or any in narrow room, lies above its enlargements; else it lies beside::

        +---------------+     +-------+-------+
        |  whole route  |     |       | start |
        +-------+-------+     | whole +-------+
        | start | crowd |     | route | crowd |
        +-------+-------+     +-------+-------+
    """
    across = room(served)
    parts = np.array(shares) / sum(shares)
    between = len(shares) - 1
    if flat or is_narrow(served):
        high = (HEIGHT - CAPTION) // 2
        wide = parts * (across - GAP * between)
        return [Size(across, high), *(Size(int(w), high) for w in wide)]
    wide_each = (across - GAP) // 2
    tall = parts * (HEIGHT - CAPTION * between)
    return [Size(wide_each, HEIGHT), *(Size(wide_each, int(h)) for h in tall)]


def single(served: int, *, flat: bool) -> Size:
    """Return the size of a picture that has the sheet's room for itself."""
    across = room(served)
    if flat and not is_narrow(served):
        return Size(across, HEIGHT * 2 // 3)
    return Size(across if is_narrow(served) else int(SINGLE * across), HEIGHT)


def room(served: int) -> int:
    """Return the width of all pictures together, for so many stops."""
    return next((wide for most, wide in ROOM if served <= most), ROOM[-1][1])


def _extent(points: Shapes) -> float:
    """Return the longer side of what holds some points."""
    west, south, east, north = shapely.total_bounds(points)
    return float(max(east - west, north - south))


def _area(points: Shapes, group: Ints) -> Area:
    bounds = shapely.total_bounds(points[group])
    middle = points[0] if 0 in group else shapely.box(*bounds).centroid
    return Area(bounds, middle, MUCH if 0 in group or len(group) > 2 else 1.0)
