"""What of a patrol's sketch map is drawn again, enlarged, and how large each picture is."""

from collections.abc import Sequence
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from scipy.sparse.csgraph import connected_components
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats

Shapes = npt.NDArray[Any]
"""Arrays of shapely geometries."""

MOST: Final = 3
"""Enlargements on one sheet."""

LARGER: Final = 1.6
"""An enlargement is to be larger than the whole by this factor at least."""

START_M: Final = 1_200.0
"""Around the start, of the first and the last leg, this much is drawn enlarged."""

HEIGHT: Final = 700
"""Height of all pictures on a sheet together, in their own units."""

ROOM: Final = ((6, 735), (8, 660), (10, 600), (22, 516), (24, 340))
"""Width of all pictures together, by the most stops whose timetable leaves it."""

GAP: Final = 14
CAPTION: Final = 26
"""Between two pictures side by side, and one above the other."""

SINGLE: Final = 0.66
"""Share of the width that one picture takes that needs no enlargement."""

REACH: Final = 1.5
"""An enlargement takes in stops this much farther than those that crowd."""

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


def is_narrow(served: int) -> bool:
    """Return whether there is room for one enlargement only, below the whole route."""
    return room(served) < 400


def areas(
    points: Shapes,
    start: BaseGeometry,
    apart_m: float,
    merged: Sequence[Sequence[int]] = (),
) -> list[Area]:
    """Return where stops crowd, most stops first, then the start if it is not among them.

    Of `points`, in metres, the first is the depot; `start` is the first and the last leg.  Stops
    nearer than `apart_m` crowd, and so do those under one mark of the whole picture: `merged` has
    their orders.
    """
    crowd = shapely.distance(points[:, None], points[None, :]) < apart_m
    for orders in merged:
        crowd[np.ix_(orders, orders)] = True
    extent, reach_m = _extent(points), REACH * apart_m
    groups = _crowds(points, crowd, reach_m)
    # A chain of stops along the whole route is not a place to enlarge; its densest part is.
    while (
        any(_extent(points[group]) > extent / 2 for group in groups)
        and reach_m > SAME_M
    ):
        reach_m /= 2
        groups = _crowds(points, crowd, reach_m)
    together = [set(group.tolist()) for group in groups]
    # One mark of the whole picture may hold a crowd and a stop some way off.
    partly = [
        list(orders)
        for orders in merged
        if any(group & set(orders) for group in together)
        and not any(group >= set(orders) for group in together)
    ]
    crowded = [group.tolist() for group in groups]
    around = shapely.intersection(start, points[0].buffer(START_M))
    chosen = [_area(points, group, around) for group in [*crowded, *partly][:MOST]]
    depot_is_in = any(0 in group for group in together)
    if len(chosen) < MOST and not depot_is_in and not around.is_empty:
        chosen.append(Area(shapely.total_bounds([around, points[0]]), points[0]))
    return chosen


def _area(points: Shapes, group: list[int], around: BaseGeometry) -> Area:
    """Return what holds a group of points; with the depot, the roads `around` it, too."""
    if 0 in group:
        return Area(shapely.total_bounds([*points[group], around]), points[0])
    bounds = shapely.total_bounds(points[group])
    return Area(bounds, shapely.box(*bounds).centroid)


def _crowds(
    points: Shapes, near: npt.NDArray[np.bool_], reach_m: float
) -> list[npt.NDArray[np.intp]]:
    """Return the groups of points in which some crowd, as `near` has it, the most points first.

    In a group each point has another nearer than `reach_m`.
    """
    linked = shapely.distance(points[:, None], points[None, :]) < reach_m
    _, group = connected_components(linked, directed=False)
    groups = [np.flatnonzero(group == n) for n in range(group.max() + 1)]
    parted = [
        g
        for g in groups
        if _extent(points[g]) > SAME_M and np.triu(near[np.ix_(g, g)], 1).any()
    ]
    return sorted(parted, key=lambda g: -len(g))


def sizes(served: int, enlarged: int, *, flat: bool) -> list[Size]:
    """Return the sizes of the whole route and of its enlargements, which share the sheet.

    A flat route, or any in narrow room, lies above its enlargements; else it lies beside::

        +---------------+     +-------+-------+
        |  whole route  |     |       | start |
        +-------+-------+     | whole +-------+
        | start | crowd |     | route | crowd |
        +-------+-------+     +-------+-------+

    Without enlargements it is as large as is useful.
    """
    across = room(served)
    lies_above = flat or is_narrow(served)
    if not enlarged:
        if flat and not is_narrow(served):
            return [Size(across, HEIGHT * 2 // 3)]
        return [Size(across if lies_above else int(SINGLE * across), HEIGHT)]
    if lies_above:
        high = (HEIGHT - CAPTION) // 2
        wide = (across - GAP * (enlarged - 1)) // enlarged
        return [Size(across, high), *[Size(wide, high)] * enlarged]
    wide = (across - GAP) // 2
    high = (HEIGHT - CAPTION * (enlarged - 1)) // enlarged
    return [Size(wide, HEIGHT), *[Size(wide, high)] * enlarged]


def room(served: int) -> int:
    """Return the width of all pictures together, for a number of stops."""
    return next((wide for most, wide in ROOM if served <= most), ROOM[-1][1])


def _extent(points: Shapes) -> float:
    """Return the longer side of what holds some points."""
    west, south, east, north = shapely.total_bounds(points)
    return float(max(east - west, north - south))
