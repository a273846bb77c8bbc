"""Labels of a picture: names and numbers of roads, and where a label hides nothing."""

from __future__ import annotations

import tomllib
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import partial
from itertools import islice, product, repeat
from types import MappingProxyType
from typing import Final, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS
from shapely.affinity import rotate
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats
from geo.routing.driving import labels_of
from geo.schema import MAIN_ROADS
from maps.page.escaping import asset
from maps.sketch.insets import Shapes
from maps.words.names import in_serbian, signed
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
    (1, 0),
    (-1, 0),
    (0, -1),
    (0, 1),
    (1, -1),
    (1, 1),
    (-1, -1),
    (-1, 1),
)
"""Right and down of a point: where a label may lie, in the order in which it is tried."""

_ANCHORS: Final[Mapping[int, Anchor]] = MappingProxyType(
    {1: "start", 0: "middle", -1: "end"}
)


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
    """Before it is turned around its middle."""
    anchor: Anchor
    turn: float = 0.0
    """Degrees, clockwise."""

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
        self.frame = shapely.box(EDGE, EDGE, width - EDGE, height - EDGE)
        self.route = shapely.buffer(route, ROUTE_GAP)
        self.taken = [self.route, *map(_wider, taken)]

    def place(
        self,
        at: Floats,
        size: tuple[float, float],
        gaps: Iterable[float],
        *,
        over: bool = False,
    ) -> Place | None:
        """Put a label where it fits, and keep the place; None if nowhere.

        Parameters
        ----------
        at : array, (n, 2)
            Points beside which it is tried.
        size : tuple of float
            Width and height.
        gaps : iterable of float
            Between a point and the label, the best first.
        over : bool
            Try it first on the points.
        """
        on_them = [(0.0, [(0, 0)])] if over else []
        for gap, sides in [*on_them, *zip(gaps, repeat(_SIDES))]:
            tried = [
                _placed(point, size, gap, side)
                for point, side in product(at.tolist(), sides)
            ]
            boxes = shapely.box(*np.transpose([place.box for place in tried]))
            if place := self._first_free(tried, boxes):
                return place
        return None

    def along(self, line: BaseGeometry, size: tuple[float, float]) -> Place | None:
        """Put a label beside a line where it is straight, turned as it runs; None if nowhere."""
        wide, _ = size
        middles = np.array(_ALONG) * line.length
        middles = middles[np.abs(middles - line.length / 2) <= (line.length - wide) / 2]
        steps = np.add.outer(middles, [-wide / 2, 0.0, wide / 2])
        points = shapely.get_coordinates(
            shapely.line_interpolate_point([line], steps.ravel())
        )
        stretches = points.reshape(-1, 3, 2)
        tried = [one for part in stretches for one in _beside(part, size)]
        turned = [rotate(shapely.box(*one.box), one.turn) for one in tried]
        return self._first_free(tried, np.array(turned))

    def _first_free(self, tried: list[Place], shapes: Shapes) -> Place | None:
        """Return the first place whose shape hides nothing, and take it."""
        if not tried:
            return None
        free = shapely.covers(self.frame, shapes)
        tree = shapely.STRtree(shapes)
        _, hidden = tree.query(self.taken, predicate="intersects")
        free[hidden] = False
        if not free.any():
            return None
        first = int(free.argmax())
        self.taken.append(shapely.buffer(shapes[first], AROUND, join_style="mitre"))
        return tried[first]


def _placed(
    point: tuple[float, float],
    size: tuple[float, float],
    gap: float,
    side: tuple[int, int],
) -> Place:
    """Return the place of a label of a width and height at a gap to one side of a point."""
    (x, y), (wide, high), (right, down) = point, size, side
    # Towards a corner the gap is measured along the diagonal.
    away = 0.7 * gap if right and down else gap
    left = x + right * away + (right - 1) * wide / 2
    top = y + down * away + (down - 1) * high / 2
    return Place(Box(left, top, left + wide, top + high), _ANCHORS[right])


def _beside(stretch: Floats, size: tuple[float, float]) -> Iterator[Place]:
    """Yield where a label may lie along a stretch of its width, if that is straight.

    The stretch is told by its start, middle and end.
    """
    start, middle, end = stretch
    wide, high = size
    ahead = (end - start) / wide
    right = np.array([-ahead[1], ahead[0]])
    bend = abs(float((middle - start) @ right))
    if np.linalg.norm(ahead) < STRAIGHT or bend > BEND:
        return
    turn = float(np.degrees(np.arctan2(ahead[1], ahead[0])))
    for gap, side in product(BESIDE, (-1, 1)):
        x, y = (start + end) / 2 + side * (gap + bend + high / 2) * right
        box = Box(x - wide / 2, y - high / 2, x + wide / 2, y + high / 2)
        # Never upside down.
        yield Place(box, "middle", (turn + 90) % 180 - 90)


def _wider(box: Box) -> BaseGeometry:
    left, top, right, bottom = box
    return shapely.box(left - AROUND, top - AROUND, right + AROUND, bottom + AROUND)


Kind = Literal["town", "village", "shield", "street"]

ROAD_TEXT: Final = 16.0
"""Size of the letters of a road: 8 pt on A4, where a picture is made smaller too."""

SHIELD_HEIGHT: Final = 20

SHIELD_EVERY: Final = 260
"""Length of road in a picture that has one shield."""

SHORTEST: Final = 16
"""A road that is shorter in a picture has no label."""

SHORTEST_DRIVEN: Final = 3
"""A number that is driven has one from this length on; in an enlargement, a street as well."""

STREET: Final = 110
"""A street that nobody drives is named where it is as long as this in a picture."""

STREETS: Final = 4
"""Streets that nobody drives and that are named in one picture."""

STRAIGHT: Final = 0.97
"""A street's name runs along it where the chord is at least this share of the way."""

BESIDE: Final = (7.5, 17.5)
"""Between a street and a name along it: next to it, or beyond the arrows."""

BEND: Final = 4.0
"""How far the street may leave the chord there."""

GAPS: Final = (5.0, 8.0, 13.0, 20.0, 28.0)
"""Between a road and its label."""

_ON_ROUTE_M: Final = 12.0
_PIECE_M: Final = 30.0
"""Shorter pieces of a road along the route belong to a crossing."""

_ALONG: Final = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9, 0.02, 0.98)


@dataclass(frozen=True)
class Label:
    """One text of a picture."""

    kind: Kind
    place: Place
    text: Phrase


class LabelledRoads:
    """The roads of a region, table `WAYS`, that have a number or a name, in a CRS in metres."""

    def __init__(self, roads: gpd.GeoDataFrame, crs: CRS | str) -> None:
        number, label = labels_of(roads)
        labelled = roads.assign(
            label=label, number=number, main=roads["highway"].isin(MAIN_ROADS)
        )
        self.roads = labelled[labelled["label"] != ""].to_crs(crs)
        self.serbian = in_serbian(roads)
        numbered = self.roads["number"] != ""
        self.numbers = _dissolved(self.roads[numbered & self.roads["main"]], "number")
        """Lines of main roads by number."""
        self.streets = _dissolved(self.roads[~numbered], "label")
        """Lines of roads without a number by name."""

    def driven(self, legs: gpd.GeoSeries, labels: Iterable[str]) -> gpd.GeoDataFrame:
        """Return the stretches of road that a patrol drives, by its timetable's own labels.

        The column ``shield`` has whether a label is a number.
        """
        # Of merged lines a buffer takes a ninth of the time.
        route = shapely.line_merge(legs.union_all()).buffer(_ON_ROUTE_M, quad_segs=4)
        shapely.prepare(route)
        roads = self.roads[self.roads["label"].isin(set(labels))]
        roads = roads[shapely.intersects(route, np.asarray(roads.geometry))]
        pieces = roads.set_geometry(roads.intersection(route)).explode()
        pieces = pieces[pieces.length >= _PIECE_M]
        driven = pieces[["label", "number", "geometry"]].dissolve("label")
        driven["shield"] = driven["number"] != ""
        return driven

    def labels(
        self,
        board: Board,
        driven: gpd.GeoDataFrame,
        clip: Callable[[Shapes], Shapes],
        *,
        enlarged: bool,
    ) -> tuple[Label, ...]:
        """Return the labels of a picture, put on its board: what is driven goes first.

        Parameters
        ----------
        board : Board
        driven : geopandas.GeoDataFrame
            As `driven` gives it.
        clip : callable
            Turns lines of the region into lines of the picture.
        enlarged : bool
            An enlargement names also streets that nobody drives.
        """
        put = partial(self._put, board, clip)
        shortest = SHORTEST_DRIVEN if enlarged else SHORTEST
        is_driven = {part.strip() for text in driven.index for part in text.split(";")}
        numbers = self.numbers[~self.numbers.index.isin(is_driven)]
        labels = [
            *put("shield", driven[driven["shield"]], SHORTEST_DRIVEN),
            *put("street", driven[~driven["shield"]], shortest),
            *put("shield", numbers, SHORTEST),
        ]
        if enlarged:
            streets = self.streets[~self.streets.index.isin(is_driven)]
            labels += islice(put("street", streets, STREET), STREETS)
        return tuple(labels)

    def _put(
        self,
        board: Board,
        clip: Callable[[Shapes], Shapes],
        kind: Kind,
        roads: gpd.GeoDataFrame,
        shortest: float,
    ) -> Iterator[Label]:
        """Yield a name of each street, and a number, which may lie on it, of `SHIELD_EVERY`."""
        shield = kind == "shield"
        lines = clip(roads.geometry.to_numpy())
        for text, line in _longest_first(roads.index, lines, shortest):
            name = _name(text, self.serbian.get(text))
            size = phrase_width(name, ROAD_TEXT) + 8 * shield, SHIELD_HEIGHT
            n = max(1, round(line.length / SHIELD_EVERY)) if shield else 1
            for part in range(n):
                points = _along(line, part / n, (part + 1) / n)
                place = None if shield else board.along(line, size)
                place = place or board.place(points, size, GAPS, over=shield)
                if place:
                    yield Label(kind, place, name)


def _name(text: str, serbian: str | None) -> Phrase:
    """Return a road's label in each language."""
    signs = " / ".join(part.strip() for part in text.split(";"))
    return signed(signs, sr=serbian)


def _dissolved(roads: gpd.GeoDataFrame, by: str) -> gpd.GeoDataFrame:
    """Return the lines of each value of a column, in its order."""
    lines, of = shapely.get_parts(roads.geometry.to_numpy(), return_index=True)
    code, values = pd.factorize(roads[by], sort=True)
    rows = np.argsort(code[of], kind="stable")
    shapes = shapely.multilinestrings(lines[rows], indices=code[of][rows])
    return gpd.GeoDataFrame(
        geometry=shapes, index=pd.Index(values, name=by), crs=roads.crs
    )


def _longest_first(
    texts: pd.Index, lines: Shapes, shortest: float
) -> Iterator[tuple[str, BaseGeometry]]:
    """Yield labels with the longest line of each, the longest first."""
    longest: list[tuple[str, BaseGeometry]] = []
    # Of a region most lines are short in a picture, or outside.
    enough = shapely.length(lines) >= shortest
    for text, line in zip(texts[enough], lines[enough], strict=True):
        parts = shapely.get_parts(shapely.line_merge(shapely.union_all([line])))
        length = shapely.length(parts)
        if length.max(initial=0) >= shortest:
            longest.append((text, parts[length.argmax()]))
    yield from sorted(longest, key=lambda pair: -float(pair[1].length))


def _along(line: BaseGeometry, start: float, end: float) -> Floats:
    """Return points of a stretch of a line, from its middle outward."""
    shares = [start + share * (end - start) for share in _ALONG]
    points: Floats = shapely.get_coordinates(
        [line.interpolate(n, normalized=True) for n in shares]
    )
    return points
