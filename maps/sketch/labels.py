"""Labels of a picture: how wide a text is, and where it hides nothing."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from itertools import product
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats

Anchor = Literal["start", "middle", "end"]
"""Which part of a text its place names, as SVG's ``text-anchor``."""

ROUTE_GAP: Final = 3.5
"""Between the middle of the route and a label: half of the route with its casing."""

AROUND: Final = 3
"""Between a label and what it may not hide."""

EDGE: Final = 3
"""Between the edge of a picture and a label."""

CLOSE: Final = 9
"""A label no farther than this from its point needs no line to it."""

_EM: Final[Mapping[str, float]] = MappingProxyType(
    {
        letter: em
        for em, letters in (
            (0.4, "ijlIJјЈ .,/’;:'\u00a0\u202f"), (0.45, "f-"), (0.5, "rt–()"), (0.55, '"'),
            (0.6, "cszçščćžгзст"), (0.65, "LxГвх"),
            (0.7, "EFTaekovyËëЕТабекнопучџ0123456789„“"),
            (0.75, "CPSYZbdghnpquÇŠČĆŽđЗРСђилрћц"), (0.8, "ABKRVXАБВУХ"),
            (0.85, "DGHNUĐИКЛНПЧЏдм"), (0.9, "OQДЂОЋ&"), (0.95, "wЦ"), (1.0, "MМФжљњф"),
            (1.05, "m"), (1.1, "ш"), (1.15, "WЊ"), (1.2, "Љ"), (1.25, "ЖШ"),
        )
        for letter in letters
    }
)  # fmt: skip
"""Widths of letters in DejaVu Sans Bold, rounded up: the widest font that the page may get."""

_OTHER_EM: Final = 1.0

_SIDES: Final[tuple[tuple[int, int], ...]] = (
    (1, 0), (-1, 0), (0, -1), (0, 1), (1, -1), (1, 1), (-1, -1), (-1, 1),
)  # fmt: skip
"""Right and down of a point: where a label may lie, in the order in which it is tried."""

_ANCHORS: Final[Mapping[int, Anchor]] = MappingProxyType({1: "start", 0: "middle", -1: "end"})


class Box(NamedTuple):
    """A rectangle of a picture."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: Box) -> bool:
        """Return whether two rectangles share an area."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


class Place(NamedTuple):
    """Where a label lies."""

    box: Box
    anchor: Anchor
    point: tuple[float, float]
    """What is labelled."""
    gap: float
    """Between the point and the label."""

    @property
    def x(self) -> float:
        """Place of the text, as its anchor has it."""
        left, _, right, _ = self.box
        return {"start": left, "middle": (left + right) / 2, "end": right}[self.anchor]

    @property
    def y(self) -> float:
        """Middle of the text."""
        return (self.box.top + self.box.bottom) / 2

    @property
    def line(self) -> list[BaseGeometry]:
        """The line from the point to the label; none where they are close."""
        if self.gap <= CLOSE:
            return []
        (x, y), (left, top, right, bottom) = self.point, self.box
        end = min(max(x, left), right), min(max(y, top), bottom)
        return [shapely.LineString([self.point, end])]

    @property
    def leader(self) -> str:
        """The same line as SVG path data."""
        return "".join(
            "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in line.coords) for line in self.line
        )


def text_width(text: str, size: float) -> float:
    """Return how wide a bold text is at most, in the unit of its size.

    >>> text_width("M-2", 10)
    21.5
    """
    return round(size * sum(_EM.get(letter, _OTHER_EM) for letter in text), 2)


class Board:
    """A picture that labels are put on, one after the other: none on the route or what is taken."""

    def __init__(
        self, width: float, height: float, route: BaseGeometry, taken: Iterable[Box]
    ) -> None:
        self.frame = Box(EDGE, EDGE, width - EDGE, height - EDGE)
        self.route = shapely.buffer(route, ROUTE_GAP)
        shapely.prepare(self.route)
        self.taken = [_wider(box) for box in taken]
        self.labels: list[BaseGeometry] = []
        """Labels, and the lines to those that are not close to their points."""

    def place(
        self,
        at: Floats,
        size: tuple[float, float],
        gaps: Iterable[float],
        *,
        over: bool = False,
    ) -> Place | None:
        """Put a label of a width and height where it fits, and keep the place; None if nowhere.

        It is tried beside the points, (n, 2), at each gap and side; if `over`, first on them.
        """
        wide, high = size
        tried: list[Place] = []
        if over:
            half = (wide / 2, high / 2)
            tried += [
                Place(Box(x - half[0], y - half[1], x + half[0], y + half[1]), "middle", (x, y), 0)
                for x, y in at.tolist()
            ]
        for gap, (x, y), (right, down) in product(gaps, at.tolist(), _SIDES):
            away = gap if 0 in (right, down) else 0.7 * gap
            left = x + right * away + (right - 1) * wide / 2
            top = y + down * away + (down - 1) * high / 2
            box = Box(left, top, left + wide, top + high)
            tried.append(Place(box, _ANCHORS[right], (x, y), gap))
        if not tried:
            return None
        free = np.flatnonzero(self._free(np.array([place.box for place in tried])))
        found = next((tried[n] for n in free if self._is_apart(tried[n])), None)
        if found is not None:
            self.taken.append(_wider(found.box))
            self.labels += [shapely.box(*found.box), *found.line]
        return found

    def _is_apart(self, place: Place) -> bool:
        """Return whether neither a label nor its line crosses another label or its line."""
        own = [shapely.box(*place.box), *place.line]
        return not any(one.intersects(other) for one in own for other in self.labels)

    def _free(self, boxes: Floats) -> npt.NDArray[np.bool_]:
        """Return which boxes lie within the picture, on no other label and not on the route."""
        left, top, right, bottom = boxes.T
        frame = self.frame
        free: npt.NDArray[np.bool_] = (
            (left >= frame.left) & (top >= frame.top)
            & (right <= frame.right) & (bottom <= frame.bottom)
        )  # fmt: skip
        if self.taken:
            taken = np.array(self.taken).T[:, :, None]
            meets = (taken[0] < right) & (left < taken[2]) & (taken[1] < bottom) & (top < taken[3])
            free &= ~meets.any(axis=0)
        at = np.flatnonzero(free)
        free[at] = ~shapely.intersects(self.route, shapely.box(*boxes[at].T))
        return free


def _wider(box: Box) -> tuple[float, float, float, float]:
    left, top, right, bottom = box
    return left - AROUND, top - AROUND, right + AROUND, bottom + AROUND
