"""Labels of a picture: how wide a text is, and where it hides nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Iterable, Mapping
from itertools import product
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats
from maps.page.escaping import asset
from maps.words.phrases import Phrase

Anchor = Literal["start", "middle", "end"]
"""Which part of a text its place names, as SVG's ``text-anchor``."""

ROUTE_GAP: Final = 3.5
"""Between the middle of the route and a label: half of the route with its casing."""

AROUND: Final = 3
"""Between a label and what it may not hide."""

EDGE: Final = 3
"""Between the edge of a picture and a label."""

_EM: Final[Mapping[str, float]] = MappingProxyType(
    {
        letter: float(em)
        for em, letters in tomllib.loads(asset("letters.toml")).items()
        for letter in letters
    }
)

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

    @property
    def middle(self) -> float:
        """Between left and right."""
        return (self.left + self.right) / 2

    def meets(self, other: Box) -> bool:
        """Return whether two rectangles share an area."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom


class Place(NamedTuple):
    """Where a label lies."""

    box: Box
    anchor: Anchor

    @property
    def x(self) -> float:
        """Place of the text, as its anchor has it."""
        box = self.box
        return {"start": box.left, "middle": box.middle, "end": box.right}[self.anchor]

    @property
    def y(self) -> float:
        """Middle of the text."""
        return (self.box.top + self.box.bottom) / 2


def text_width(text: str, size: float) -> float:
    """Return how wide a bold text is at most, in the unit of its size.

    >>> text_width("M-2", 10)
    21.5
    """
    return round(size * sum(_EM.get(letter, _OTHER_EM) for letter in text), 2)


def phrase_width(text: Phrase, size: float) -> float:
    """Return how wide a text is in the language in which it is longest."""
    return max(text_width(form, size) for form in text.forms.values())


class Board:
    """A picture that labels are put on, one after the other: none on the route or what is taken."""

    def __init__(
        self, width: float, height: float, route: BaseGeometry, taken: Iterable[Box]
    ) -> None:
        self.frame = Box(EDGE, EDGE, width - EDGE, height - EDGE)
        self.route = shapely.buffer(route, ROUTE_GAP)
        shapely.prepare(self.route)
        self.taken = [_wider(box) for box in taken]

    def place(
        self, at: Floats, size: tuple[float, float], gaps: Iterable[float], *, over: bool = False
    ) -> Place | None:
        """Put a label of a width and height where it fits, and keep the place; None if nowhere.

        It is tried beside the points, (n, 2), at each gap and side; if `over`, first on them.
        """
        wide, high = size
        ways = [(0.0, point, (0, 0)) for point in at.tolist()] if over else []
        tried: list[Place] = []
        for gap, (x, y), (right, down) in (*ways, *product(gaps, at.tolist(), _SIDES)):
            away = gap if 0 in (right, down) else 0.7 * gap
            left = x + right * away + (right - 1) * wide / 2
            top = y + down * away + (down - 1) * high / 2
            tried.append(Place(Box(left, top, left + wide, top + high), _ANCHORS[right]))
        free = np.flatnonzero(self._free(np.array([place.box for place in tried])))
        if not len(free):
            return None
        found: Place = tried[free[0]]
        self.taken.append(_wider(found.box))
        return found

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
