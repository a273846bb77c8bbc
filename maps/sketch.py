"""Sketch maps of a patrol: still pictures for paper, and for where scripts do not run."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from itertools import combinations
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.results import StudyData
from maps import basemap, names
from maps.names import Texts
from maps.words import LANGUAGES, number, word

Floats = npt.NDArray[np.float64]
Shapes = npt.NDArray[Any]
"""Of shapely geometries."""

Paths = tuple[tuple[str, str], ...]
"""The ground of a picture: layer and SVG path data, from bottom to top."""

WIDTH: Final = 360
HEIGHT: Final = 705
"""Size of a sketch in its own units."""

APART: Final = 26
"""Stops nearer than this crowd: the town is then drawn again, enlarged."""

TOWN_M: Final = 4_000.0
"""Stops this near to the depot are drawn again, enlarged."""

NAME_GAP: Final = 16
"""Between a town's middle and its name."""

_MARGIN: Final = 0.1
_LETTER: Final = 9.2
_MIN_SPAN_M: Final = 1_500.0
_ALWAYS: Final = ("rivers", "other_roads", "main_roads", "railway", "disused")


@dataclass(frozen=True)
class Mark:
    """A numbered stop, or several that lie too close to tell apart; 0 is the depot."""

    x: float
    y: float
    label: str
    width: float

    @property
    def box(self) -> _Box:
        """What it covers of the picture."""
        half = self.width / 2
        return _Box(self.x - half, self.y - 12, self.x + half, self.y + 12)

    def near(self, other: Mark) -> bool:
        """Return whether the two labels touch."""
        return self.box.meets(other.box)

    def aside(self, other: Mark) -> Mark:
        """Return the mark above or below another, where it hides nothing of it."""
        up = self.y <= other.y
        return replace(self, y=round(other.y + (-25 if up else 25), 1))


@dataclass(frozen=True)
class Name:
    """A town's name: key of the text."""

    x: float
    y: float
    key: str
    left: bool


@dataclass(frozen=True)
class Sketch:
    """One picture: the route and its stops over the ground."""

    paths: Paths
    route: str
    marks: tuple[Mark, ...]
    towns: tuple[Name, ...]
    bar: float
    """Length of the scale bar."""
    bar_text: str
    """Key of its text."""
    enlarged: str = ""
    """Key of the place that is enlarged; empty for the whole route."""
    width: int = WIDTH
    height: int = HEIGHT


def grounds(sketches: Iterable[Sketch]) -> dict[Paths, str]:
    """Return the id on the page of each different ground: pictures of one extent share it."""
    different = dict.fromkeys(sketch.paths for sketch in sketches)
    return {paths: f"ground-{n}" for n, paths in enumerate(different, 1)}


class Sketcher:
    """Draws the patrols of one region.

    Parameters
    ----------
    data : geo.results.StudyData, EPSG:4326
    crs : str
        In metres: the pictures are in it, north up.
    texts : names.Texts
        Lengths of scale bars are added to it.
    """

    def __init__(self, data: StudyData, crs: str, texts: Texts) -> None:
        chosen = basemap.lines(data.layers)
        self.ground = {key: frame.geometry.to_crs(crs) for key, frame in chosen.items()}
        self.outline = data.boundary.geometry.to_crs(crs)
        self.towns = data.places[data.places["kind"] == "town"].to_crs(crs)
        self.texts = texts

    def sketches(self, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame) -> tuple[Sketch, ...]:
        """Return the whole route, and the stops around the depot enlarged where they crowd.

        Parameters
        ----------
        stops, legs : geopandas.GeoDataFrame, tables `STOPS` and `LEGS`
            Of one patrol, in the CRS of the pictures, by order.
        """
        points = stops.geometry.to_numpy()
        bounds = shapely.total_bounds([*points, *legs.geometry])
        whole = self.sketch(points, legs.geometry, bounds)
        near = points[stops.distance(points[0]).to_numpy() <= TOWN_M]
        crowded = closest_m(points[:-1]) < APART * _Frame(bounds).scale
        if not crowded or len(near) < 2 or len(near) == len(points):
            return (whole,)
        town = self.towns.distance(points[0]).to_numpy()
        key = f"place.{self.towns['id'].iloc[town.argmin()]}" if len(town) else ""
        return whole, self.sketch(points, legs.geometry, shapely.total_bounds(near), enlarged=key)

    def sketch(
        self,
        stops: Shapes,
        legs: gpd.GeoSeries,
        bounds: Floats,
        *,
        enlarged: str = "",
    ) -> Sketch:
        """Return one picture of what lies within `bounds`, and somewhat beyond."""
        frame = _Frame(bounds)
        drawn = _ALWAYS if not enlarged else (*_ALWAYS, "streets")
        marks = frame.marks(stops)
        bar_m = _nice(frame.scale * WIDTH / 3)
        return Sketch(
            paths=(
                ("outline", frame.path(self.outline)),
                ("border", frame.path(self.outline.boundary)),
                *((key, frame.path(of)) for key, of in self.ground.items() if key in drawn),
            ),
            route=frame.path(legs),
            marks=marks,
            towns=frame.names(self.towns, self.texts, marks),
            bar=bar_m / frame.scale,
            bar_text=self._length(bar_m),
            enlarged=enlarged,
        )

    def _length(self, metres: float) -> str:
        unit, n = ("kilometres", metres / 1000) if metres >= 1000 else ("metres", metres)
        forms = {g: word(unit, g, n=number(n, g)) for g in LANGUAGES}
        return names.add(self.texts, f"bar.{metres:g}", forms)


class _Frame:
    """From metres to a picture."""

    def __init__(self, bounds: Floats) -> None:
        west, south, east, north = bounds
        wide, high = max(east - west, _MIN_SPAN_M), max(north - south, _MIN_SPAN_M)
        self.scale = max(wide / WIDTH, high / HEIGHT) * (1 + 2 * _MARGIN)
        """Metres in a unit of the picture."""
        middle = np.array([(west + east) / 2, (south + north) / 2])
        half = np.array([WIDTH, HEIGHT]) * self.scale / 2
        self.west, self.south = middle - half
        self.east, self.north = middle + half

    def xy(self, coordinates: Floats) -> Floats:
        """Return coordinates as those of the picture."""
        corner = np.array([self.west, self.north])
        xy: Floats = (coordinates - corner) * np.array([1, -1]) / self.scale
        return xy

    def path(self, shapes: gpd.GeoSeries) -> str:
        """Return what lies within the frame as SVG path data."""
        box = (self.west, self.south, self.east, self.north)
        inside = shapely.clip_by_rect(shapes.to_numpy(), *box)
        parts = shapely.get_parts(shapely.simplify(inside, self.scale / 2))
        if len(parts) and parts[0].geom_type == "Polygon":
            parts = shapely.get_rings(parts)
        lines = (self.xy(shapely.get_coordinates(part)) for part in parts)
        return "".join(
            "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in line) for line in lines if len(line) > 1
        )

    def marks(self, stops: Shapes) -> tuple[Mark, ...]:
        """Return the stops within the frame, those too close under one label; the last is home."""
        at = self.xy(shapely.get_coordinates(stops))[:-1]
        inside = np.asarray(((at >= 0) & (at <= [WIDTH, HEIGHT])).all(axis=1))
        start = _mark(at, [0]) if inside[0] else None

        def placed(orders: list[int]) -> Mark:
            mark = _mark(at, orders)
            return mark.aside(start) if start and mark.near(start) else mark

        groups = [[int(order)] for order in np.flatnonzero(inside) if order]
        marks = [placed(orders) for orders in groups]
        # Two labels that touch become one, which is wider and may touch the next.
        while pair := next(
            (p for p in combinations(range(len(marks)), 2) if marks[p[0]].near(marks[p[1]])), None
        ):
            first, second = pair
            groups[first] = sorted(groups[first] + groups.pop(second))
            marks = [placed(orders) for orders in groups]
        return tuple(marks) if start is None else (start, *marks)

    def names(
        self, towns: gpd.GeoDataFrame, texts: Texts, marks: Sequence[Mark]
    ) -> tuple[Name, ...]:
        """Return the towns within the frame, to the right of their point or else to the left.

        A name that would lie over a mark or another name either way, in the language in which
        it is longest, is left out.
        """
        placed: list[Name] = []
        taken = [mark.box for mark in marks]
        at = self.xy(shapely.get_coordinates(towns.geometry))
        for name, (x, y) in zip(towns["id"], at.tolist(), strict=True):
            key = f"place.{name}"
            wide = _LETTER * max(len(texts[language][key]) for language in LANGUAGES)
            for left in (False, True):
                start = x - NAME_GAP - wide if left else x + NAME_GAP
                box = _Box(start, y - 9, start + wide, y + 9)
                if box.within_picture() and not any(box.meets(other) for other in taken):
                    placed.append(Name(round(x), round(y), key, left))
                    taken.append(box)
                    break
        return tuple(placed)


class _Box(NamedTuple):
    """A rectangle of the picture."""

    left: float
    top: float
    right: float
    bottom: float

    def meets(self, other: _Box) -> bool:
        """Return whether two rectangles share an area."""
        across = self.left < other.right and other.left < self.right
        return across and self.top < other.bottom and other.top < self.bottom

    def within_picture(self) -> bool:
        """Return whether it lies within the picture, above the scale bar."""
        return (
            self.left >= 0 and self.top >= 0 and self.right <= WIDTH and self.bottom <= HEIGHT - 40
        )


def _mark(at: Floats, orders: list[int]) -> Mark:
    """Return the mark of some stops: in their middle, under all their numbers."""
    x, y = at[orders].mean(axis=0).tolist()
    label = ranges(orders)
    return Mark(round(x, 1), round(y, 1), label, max(24.0, 10.0 + 8.0 * len(label)))


def closest_m(points: Shapes) -> float:
    """Return the least distance between two of some points; infinite where there are not two."""
    distance = shapely.distance(points[:, None], points[None, :])
    np.fill_diagonal(distance, np.inf)
    return float(distance.min(initial=np.inf))


def ranges(numbers: Sequence[int]) -> str:
    """Return whole numbers, rising, with runs of three or more joined.

    >>> ranges([1, 3, 4, 5, 8, 9])
    '1,3–5,8,9'
    """
    found = pd.Series(numbers)
    runs = found.groupby((found.diff() != 1).cumsum())
    texts = (
        f"{run.iloc[0]}–{run.iloc[-1]}" if len(run) > 2 else ",".join(map(str, run))
        for _, run in runs
    )
    return ",".join(texts)


def _nice(metres: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20 ... metres that is no longer than `metres`."""
    power = 10.0 ** math.floor(math.log10(metres))
    return power * max(step for step in (1, 2, 5) if step * power <= metres)
