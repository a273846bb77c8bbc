"""Numbers and names of roads in a picture: those that are driven first, then the main ones."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, replace
from itertools import islice
from typing import Any, Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import shapely
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats
from layers.schema import MAIN_ROADS
from maps.sketch.labels import Anchor, Board, Place, text_width
from maps.words.names import signed
from maps.words.phrases import Phrase

Shapes = npt.NDArray[Any]
"""Of shapely geometries."""

Kind = Literal["town", "shield", "street"]

ROAD_TEXT: Final = 11.5
"""Size of the letters of a road."""

SHIELD_HEIGHT: Final = 15

SHIELD_EVERY: Final = 260
"""Length of road in a picture that has one shield."""

SHORTEST: Final = 16
"""A road that is shorter in a picture has no label."""

SHORTEST_DRIVEN: Final = 3
"""A number that is driven has one from this length on; in an enlargement, a street as well."""

STREET: Final = 110
"""A street that nobody drives is named where it is as long as this in a picture."""

STREETS: Final = 4
"""Streets that nobody drives and that are named in one picture; on larger paper twice as many."""

GAPS: Final = (5.0, 8.0, 13.0, 20.0, 28.0)
GAPS_ENLARGED: Final = (*GAPS, 38.0, 50.0, 64.0)
"""Between a road and its label; a street that is driven may have it farther off."""

_ON_ROUTE_M: Final = 12.0
_PIECE_M: Final = 30.0
"""Shorter pieces of a road along the route belong to a crossing."""

_ALONG: Final = (0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8, 0.1, 0.9, 0.02, 0.98)


@dataclass(frozen=True)
class Label:
    """One text of a picture."""

    kind: Kind
    place: Place
    text: str
    """In every language; a phrase where languages differ."""
    extra: bool = False
    """Whether it is drawn on large paper only."""

    @property
    def y(self) -> float:
        """Middle of the text."""
        return round(self.place.y, 1)

    @property
    def width(self) -> float:
        """Width of a shield; 0 for what is no shield."""
        return round(self.place.box.right - self.place.box.left, 1) if self.kind == "shield" else 0

    @property
    def left(self) -> float:
        """Left edge of a shield."""
        before = {"start": 0.0, "middle": self.width / 2, "end": self.width}
        return round(self.place.x, 1) - before[self.place.anchor]

    @property
    def text_x(self) -> float:
        """Place of the text: the middle of a shield."""
        return self.left + self.width / 2 if self.width else round(self.place.x, 1)

    @property
    def text_anchor(self) -> Anchor:
        """How the text stands to its place."""
        return "middle" if self.width else self.place.anchor


class Roads:
    """The roads of a region, of table `WAYS` in metres, that have a number or a name."""

    def __init__(self, roads: gpd.GeoDataFrame) -> None:
        ref, name = (roads[column].fillna("").astype(str) for column in ("ref", "name"))
        labelled = roads.assign(
            label=ref.where(ref != "", name),
            number=ref.str.split(";").str[0].str.strip(),
            main=roads["highway"].isin(MAIN_ROADS),
        )
        self.roads = labelled[labelled["label"] != ""]
        numbered = self.roads["number"] != ""
        self.numbers = _dissolved(self.roads[numbered & self.roads["main"]], "number")
        """Of main roads: lines by number."""
        self.streets = _dissolved(self.roads[~numbered], "label")
        """Of roads without a number: lines by name."""

    def driven(self, legs: gpd.GeoSeries, labels: Iterable[str]) -> gpd.GeoDataFrame:
        """Return the stretches of road that a patrol drives, by its timetable's own labels.

        The column ``shield`` has whether a label is a number.
        """
        route = legs.union_all().buffer(_ON_ROUTE_M)
        near = self.roads.iloc[np.sort(self.roads.sindex.query(route, predicate="intersects"))]
        near = near[near["label"].isin(set(labels))]
        pieces = gpd.GeoDataFrame(
            {"label": near["label"], "shield": near["number"] != ""},
            geometry=near.geometry.intersection(route),
        ).explode()
        pieces = pieces[pieces.length >= _PIECE_M]
        return gpd.GeoDataFrame(pieces.dissolve("label", aggfunc="first"))

    def labels(
        self,
        board: Board,
        driven: gpd.GeoDataFrame,
        cut: Callable[[Shapes], Shapes],
        *,
        enlarged: bool,
    ) -> tuple[Label, ...]:
        """Return the labels of a picture, put on its board: what matters more goes first.

        `cut` turns lines of the region into lines of the picture, cut at its frame.  An
        enlargement names also streets that nobody drives.
        """
        lines = cut(driven.geometry.to_numpy())
        is_shield = driven["shield"].to_numpy(bool)
        texts = driven.index.to_numpy(object)
        found = list(self._shields(board, texts[is_shield], lines[is_shield]))
        shortest, gaps = (SHORTEST_DRIVEN, GAPS_ENLARGED) if enlarged else (SHORTEST, GAPS)
        found += self._streets(board, texts[~is_shield], lines[~is_shield], shortest, gaps)
        driven_parts = {part.strip() for text in texts for part in text.split(";")}
        numbers = self.numbers[~self.numbers.index.isin(driven_parts)]
        shields = cut(numbers.geometry.to_numpy())
        found += self._shields(board, numbers.index, shields, over=True, every=math.inf)
        if enlarged:
            streets = self.streets[~self.streets.index.isin(driven_parts)]
            also = self._streets(
                board, streets.index, cut(streets.geometry.to_numpy()), STREET, GAPS
            )
            for n, label in enumerate(islice(also, 2 * STREETS)):
                found.append(replace(label, extra=n >= STREETS))
        return tuple(found)

    def _shields(
        self, board: Board, texts: Iterable[str], lines: Shapes, *, over: bool = False,
        every: float = SHIELD_EVERY,
    ) -> Iterator[Label]:  # fmt: skip
        shortest = SHORTEST if over else SHORTEST_DRIVEN
        for text, line in _longest_first(texts, lines, shortest):
            n = max(1, round(line.length / every))
            size = _width(text) + 8, SHIELD_HEIGHT
            for part in range(n):
                place = board.place(_along(line, part / n, (part + 1) / n), size, GAPS, over=over)
                if place:
                    yield Label("shield", place, _text(text))

    def _streets(
        self, board: Board, texts: Iterable[str], lines: Shapes, shortest: float,
        gaps: tuple[float, ...],
    ) -> Iterator[Label]:  # fmt: skip
        for text, line in _longest_first(texts, lines, shortest):
            place = board.place(_along(line), (_width(text), SHIELD_HEIGHT), gaps)
            if place:
                yield Label("street", place, _text(text))


def _text(label: str) -> str:
    """Return a road's label, as a phrase where languages differ."""
    name = _name(label)
    return name if len(set(name.forms.values())) > 1 else name.forms["en"]


def _width(text: str) -> float:
    return max(text_width(form, ROAD_TEXT) for form in _name(text).forms.values())


def _name(text: str) -> Phrase:
    """Return a road's label in each language."""
    return signed(f"road.{text}", " / ".join(part.strip() for part in text.split(";")))


def _dissolved(roads: gpd.GeoDataFrame, by: str) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame(roads[[by, "geometry"]].dissolve(by))


def _longest_first(
    texts: Iterable[str], lines: Shapes, shortest: float
) -> Iterator[tuple[str, BaseGeometry]]:
    """Yield labels with the longest line of each, the longest first."""
    found: list[tuple[str, BaseGeometry]] = []
    for text, line in zip(texts, lines, strict=True):
        parts = shapely.get_parts(shapely.line_merge(shapely.union_all([line])))
        length = shapely.length(parts)
        if length.max(initial=0) >= shortest:
            found.append((text, parts[length.argmax()]))
    yield from sorted(found, key=lambda pair: -float(pair[1].length))


def _along(line: BaseGeometry, start: float = 0.0, end: float = 1.0) -> Floats:
    """Return points of a stretch of a line, from its middle outward."""
    shares = [start + share * (end - start) for share in _ALONG]
    at: Floats = shapely.get_coordinates([line.interpolate(n, normalized=True) for n in shares])
    return at
