"""Sketch maps of a patrol: still pictures for paper, and for where scripts do not run."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from itertools import combinations, groupby
from typing import Final, Literal, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats
from geo.records import StudyData
from layers import palette
from maps.overlays import basemap
from maps.sketch import insets
from maps.sketch.insets import Area, Shapes, Size
from maps.sketch.labels import Board, Box, Label, LabelledRoads, phrase_width
from maps.words.names import PlaceNames, settlement_names, split_roads
from maps.words.phrased_numbers import figure
from maps.words.phrases import Phrase

Paths = tuple[tuple[str, str], ...]
"""The ground of a picture: layer and SVG path data, from bottom to top."""

APART: Final = 26
"""Stops nearer than this crowd: they are then drawn again, enlarged."""

BAR_TEXT: Final = 16
"""Size of letters."""

NAMES: Final = {
    "town": (17, (14.0, 18.0, 24.0, 32.0), 99),
    "village": (16, (3.0, 8.0, 16.0, 22.0), 12),
}
"""Size of letters, distances from the middle of the place, and the most in one picture."""

FLAT: Final = 1.2
"""A route is flat that is so many times wider than high."""

LEAST_GAP: Final = 5.0
"""Least gap in a route's dashes: less closes up for the eye."""

SIDE: Final = 30
TOP: Final = 28
BOTTOM: Final = 56
"""What stays free around the stops: a mark's half, and below them the scale bar."""

BEYOND: Final = 80
"""Ground and route are drawn so far around a picture, for where its place on paper is larger."""

NEAR_M: Final = 5_000.0
"""A settlement farther from an enlarged place does not name it."""

_MIN_SPAN_M: Final = 1_500.0
_MIN_ENLARGED_M: Final = 350.0
_ONCE: Final = 4.0
"""Stretches of the route nearer than this are one."""

OFF_ROAD_M: Final = 40.0
"""A stop farther from where the vehicle halts is walked to."""

MARK: Final = 24
"""Height of a stop's mark, under which a shorter walk lies."""

ARROW_EVERY: Final = 90
ARROW_ASIDE: Final = 9
"""Between two arrows along a route, and between them and it."""

_BAR: Final = (14, 18)
"""Left end of the scale bar: from the left, and from below; the arrow to the north is as high."""

_ALWAYS: Final = ("rivers", "other_roads", "main_roads", "railway", "disused")


@dataclass(frozen=True)
class Mark:
    """A numbered stop, or several that lie too close together; 0 is the depot."""

    x: float
    y: float
    orders: tuple[int, ...]
    label: str
    width: float

    @property
    def box(self) -> Box:
        """What it covers of the picture."""
        half = self.width / 2
        return Box(self.x - half, self.y - 12, self.x + half, self.y + 12)

    def aside(self, other: Mark) -> Mark:
        """Return the mark, above or below the other one if they touch."""
        if not self.box.meets(other.box):
            return self
        return replace(self, y=round(other.y + (-25 if self.y <= other.y else 25), 1))


@dataclass(frozen=True)
class Sketch:
    """One picture: the route and its stops over the ground."""

    paths: Paths
    route: str
    arrows: str
    on_foot: str
    """The walk from where the vehicle halts to a stop off the road."""
    marks: tuple[Mark, ...]
    labels: tuple[Label, ...]
    bar: float
    """Length of the scale bar."""
    bar_at: tuple[float, float]
    """Its left end."""
    bar_text: Phrase
    north_at: tuple[int, int]
    """The foot of the north arrow."""
    enlarged: Phrase | None
    """Name of the place that is enlarged; None for the whole route."""
    width: int
    height: int
    room: int
    """Width of all pictures of the patrol together."""

    @property
    def drawn(self) -> tuple[str, ...]:
        """The layers of the ground that lie within the picture."""
        return tuple(key for key, path in self.paths if path)

    @staticmethod
    def dashes(dash: Iterable[float]) -> str:
        """Return the dashes of a route with gaps that stay open on paper, as SVG writes them.

        >>> Sketch.dashes((9.0, 3.0, 2.0, 3.0))
        '9 5 2 5'
        """
        lengths = [max(n, LEAST_GAP) if at % 2 else n for at, n in enumerate(dash)]
        return " ".join(f"{n:g}" for n in lengths)


def grounds(sketches: Iterable[Sketch]) -> dict[Paths, str]:
    """Return the id on the page of each different ground: pictures of one extent share it.

    Parameters
    ----------
    sketches : iterable of Sketch

    Returns
    -------
    dict of Paths to str
    """
    different = dict.fromkeys(sketch.paths for sketch in sketches)
    return {paths: f"ground-{n}" for n, paths in enumerate(different, 1)}


class Settled(NamedTuple):
    """Places where people live."""

    points: gpd.GeoSeries
    """In the CRS of the pictures."""
    names: list[Phrase]


class Sketcher:
    """Draws the patrols of one region, in a CRS in metres, north up."""

    def __init__(self, data: StudyData, crs: str, names: PlaceNames) -> None:
        chosen = basemap.lines(data.layers)
        self.ground = {key: frame.geometry.to_crs(crs) for key, frame in chosen.items()}
        self.outline = data.boundary.geometry.to_crs(crs)
        of_study = data.places[data.places["kind"] == "town"]
        mapped = basemap.villages(data)
        is_town = mapped["kind"].isin(["city", "town"])
        towns, villages = mapped[is_town], mapped[~is_town]
        points = pd.concat([of_study["geometry"], towns["geometry"]])
        town_names = [names[town] for town in of_study["id"]]
        self.towns = Settled(
            points.to_crs(crs), [*town_names, *settlement_names(towns)]
        )
        self.villages = Settled(
            villages["geometry"].to_crs(crs), settlement_names(villages)
        )
        self.names = names
        self.roads = LabelledRoads(data.layers.roads, crs)

    # One page: the whole route and its enlargements share their room.
    def sketches(
        self, stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame
    ) -> tuple[Sketch, ...]:
        """Return the whole route, and where stops crowd or the patrol starts the same enlarged.

        Tables `STOPS` and `LEGS` are of one patrol, in the CRS of the pictures, by order.
        """
        points = stops.geometry.to_numpy()
        bounds = shapely.total_bounds([*points, *legs.geometry])
        flat = _is_flat(bounds)
        served = len(points) - 2
        areas = _areas(points, legs.geometry, bounds, flat=flat)
        if areas and not flat and _is_larger_above(bounds, served):
            above = _areas(points, legs.geometry, bounds, flat=True)
            flat, areas = bool(above), above or areas
        whole, *sizes = insets.sizes(served, len(areas), flat=flat)
        room = insets.room(served) if areas else whole.width
        driven = self.roads.driven(legs.geometry, _roads(legs))
        draw = partial(self.sketch, points, legs.geometry, driven, room=room)
        sketches = [draw(_Frame(bounds, whole))]
        captions: list[Phrase] = []
        for area, size in zip(areas, sizes, strict=True):
            captions.append(self._caption(area, stops, captions))
            frame = _Frame(area.bounds, size, enlarged=True)
            sketches.append(draw(frame, enlarged=captions[-1]))
        return tuple(sketches)

    def sketch(
        self,
        stops: Shapes,
        legs: gpd.GeoSeries,
        driven: gpd.GeoDataFrame,
        frame: _Frame,
        *,
        room: int,
        enlarged: Phrase | None = None,
    ) -> Sketch:
        """Return one picture of what lies within a frame.

        Parameters
        ----------
        stops : array of points, in metres
        legs : geopandas.GeoSeries, in metres
        driven : geopandas.GeoDataFrame
            Roads with a label that the legs use.
        frame : _Frame
        room : int
            Width of all pictures of the patrol together.
        enlarged : Phrase, optional
            Name of the place; None for the whole route.
        """
        wide, high = frame.size
        stop_marks = frame.marks(stops)
        boxes = [mark.box for mark in stop_marks]
        bar = _ScaleBar.of(frame, boxes)
        north_at = _north_at(wide, high, boxes)
        taken = [*boxes, bar.box, _north_box(*north_at)]
        route, arrows = frame.route(legs), frame.arrows(legs, taken)
        taken += [Box(*arrow.bounds) for arrow in arrows]
        board = Board(wide, high, route, taken)
        towns = _labels(board, frame, self.towns, "town")
        roads = self.roads.labels(board, driven, frame.clip, enlarged=bool(enlarged))
        villages = _labels(board, frame, self.villages, "village")
        walks = frame.clip(_walks(stops, legs, MARK / 2 * frame.scale))
        return Sketch(
            paths=self._paths(frame, streets=enlarged is not None),
            route=_path(shapely.get_parts(route)),
            arrows=_path(arrows),
            on_foot=_path(shapely.get_parts(walks)),
            marks=stop_marks,
            labels=(*towns, *roads, *villages),
            bar=bar.length,
            bar_at=bar.at,
            bar_text=bar.text,
            north_at=north_at,
            enlarged=enlarged,
            width=wide,
            height=high,
            room=room,
        )

    def _paths(self, frame: _Frame, *, streets: bool) -> Paths:
        """Return the ground: the outline, its border, and what lies there."""
        ground = (*_ALWAYS, "streets", "sidings") if streets else _ALWAYS
        paths = [
            ("outline", frame.path(self.outline)),
            ("border", frame.path(self.outline.boundary)),
        ]
        for key, lines in self.ground.items():
            if key in ground:
                paths.append((key, frame.path(lines)))
        return tuple(paths)

    def _caption(
        self, area: Area, stops: gpd.GeoDataFrame, taken: Sequence[Phrase]
    ) -> Phrase:
        """Return what an enlarged place is called: none of the names that are taken."""
        names = self._captions(area, stops)
        return next(name for name in names if name not in taken)

    def _captions(self, area: Area, stops: gpd.GeoDataFrame) -> Iterator[Phrase]:
        """Yield what an enlarged place may be called, the best first, and its stops at last."""
        for settled in (self.towns, self.villages):
            away_m = settled.points.distance(area.middle).to_numpy()
            if away_m.min(initial=np.inf) <= NEAR_M:
                yield settled.names[away_m.argmin()]
        inside = stops[stops.intersects(shapely.box(*area.bounds))]
        if (inside["order"] == 0).any():
            yield Phrase("start")
        yield from (self.names[stop] for stop in inside["stop"])


def _is_flat(bounds: Floats) -> bool:
    west, south, east, north = bounds
    return bool(east - west > FLAT * (north - south))


def _is_larger_above(bounds: Floats, served: int) -> bool:
    """Return whether a route is larger above its enlargements than beside them."""
    above, beside = (
        _Frame(bounds, insets.sizes(served, 1, flat=flat)[0]) for flat in (True, False)
    )
    return above.scale < beside.scale


def _roads(legs: pd.DataFrame) -> set[str]:
    """Return the roads that legs use."""
    roads: set[str] = set()
    for leg in legs["roads"].fillna(""):
        roads.update(split_roads(leg))
    return roads


def _areas(
    stops: Shapes, legs: gpd.GeoSeries, bounds: Floats, *, flat: bool
) -> list[Area]:
    """Return what is enlarged: where stops crowd or the patrol starts, if it grows enough."""
    served = len(stops) - 2
    whole, _ = insets.sizes(served, 1, flat=flat)
    frame = _Frame(bounds, whole)
    start = shapely.union_all([legs.iloc[0], legs.iloc[-1]])
    merged = [mark.orders for mark in frame.marks(stops)]
    beside = 1 if insets.is_narrow(served) else 2
    _, of_two, *_ = insets.sizes(served, beside, flat=flat)
    larger = []
    for area in insets.areas(stops[:-1], start, APART * frame.scale, merged):
        scale = _Frame(area.bounds, of_two, enlarged=True).scale
        if scale * insets.LARGER <= frame.scale:
            larger.append(area)
    return larger[:1] if insets.is_narrow(served) else larger


def _walks(stops: Shapes, legs: gpd.GeoSeries, least_m: float) -> Shapes:
    """Return the walks from where the vehicle halts to stops off the road, no shorter ones."""
    halts = shapely.get_point(legs.to_numpy(), -1)
    walks = shapely.shortest_line(halts, stops[1:])
    long: Shapes = walks[shapely.length(walks) >= max(OFF_ROAD_M, least_m)]
    return long


def _labels(
    board: Board, frame: _Frame, settled: Settled, kind: Literal["town", "village"]
) -> tuple[Label, ...]:
    """Return the names of places within the frame, those nearest to the route first."""
    text, gaps, most = NAMES[kind]
    xy = frame.xy(shapely.get_coordinates(settled.points))
    away = shapely.distance(shapely.points(xy), board.route)
    labels: list[Label] = []
    for n in np.argsort(away, kind="stable"):
        if frame.holds(xy[n]) and len(labels) < most:
            name = settled.names[n]
            size = phrase_width(name, text), text + 3
            place = board.place(xy[n : n + 1], size, gaps)
            if place:
                labels.append(Label(kind, place, name))
    return tuple(labels)


class _ScaleBar(NamedTuple):
    """The scale bar of a picture, and what it takes up."""

    at: tuple[float, float]
    length: float
    text: Phrase
    box: Box

    @classmethod
    def of(cls, frame: _Frame, marks: Sequence[Box]) -> _ScaleBar:
        """Return the bar of the longest round length in a third of the width, beside all marks.

        It lies in the lower left corner; where a stop is there, beside it, else in the upper left.
        """
        wide, high = frame.size
        metres = palette.round_length(frame.scale * wide / 3)
        length, text = metres / frame.scale, _length(metres)
        bar_and_text = length + phrase_width(text, BAR_TEXT) + 16
        left, up = _BAR

        def bar_at(left: float, y: float) -> _ScaleBar:
            box = Box(left - 14, y - 14, left + bar_and_text, y + up)
            return cls((left, y), length, text, box)

        lefts = [left, *(mark.right + 20 for mark in marks)]
        bars = [bar_at(x, y) for y in (high - up, 20) for x in lefts]
        for bar in bars:
            is_free = not any(bar.box.meets(mark) for mark in marks)
            if is_free and bar.box.right <= wide - 42:
                return bar
        return bars[0]


def _north_box(x: int, y: int) -> Box:
    """Return what the north arrow takes up whose foot is here."""
    return Box(x - 18, y - 40, x + 24, y + 18)


def _north_at(wide: int, high: int, marks: Sequence[Box]) -> tuple[int, int]:
    """Return a place in the lower right corner; where a stop is there, in the upper right."""
    lower, upper = (wide - 24, high - _BAR[1]), (wide - 24, 42)
    box = _north_box(*lower)
    return upper if any(map(box.meets, marks)) else lower


class _Frame:
    """Turns metres into places in a picture."""

    def __init__(self, bounds: Floats, size: Size, *, enlarged: bool = False) -> None:
        west, south, east, north = bounds
        least = _MIN_ENLARGED_M if enlarged else _MIN_SPAN_M
        wide, high = max(east - west, least), max(north - south, least)
        room = np.array([size.width - 2 * SIDE, size.height - TOP - BOTTOM])
        self.size = size
        self.scale = float((np.array([wide, high]) / room).max())
        """Metres in a unit of the picture."""
        middle = np.array([(west + east) / 2, (south + north) / 2])
        centre = np.array([size.width / 2, TOP + room[1] / 2])
        self.corner = middle + np.array([-1, 1]) * centre * self.scale
        """North-west of the picture."""

    def xy(self, coordinates: Floats) -> Floats:
        """Return coordinates as those of the picture."""
        xy: Floats = (coordinates - self.corner) * np.array([1, -1]) / self.scale
        return xy

    def holds(self, xy: Floats, edge: float = 0) -> bool:
        """Return whether the picture holds a point of its own, so far from its edge."""
        return bool(((xy >= edge) & (xy <= np.subtract(self.size, edge))).all())

    def clip(self, shapes: Shapes, beyond: float = 0) -> Shapes:
        """Return what lies within the frame and so far around it, in units of the picture."""
        west, north = self.corner + np.array([-1, 1]) * beyond * self.scale
        east, south = (
            self.corner
            + np.array([1, -1]) * (np.array(self.size) + beyond) * self.scale
        )
        inside: Shapes = shapely.clip_by_rect(shapes, west, south, east, north)
        # Of a region most shapes are outside, and now empty.
        drawn = ~shapely.is_empty(inside)
        simple = shapely.simplify(
            inside[drawn], self.scale / 2, preserve_topology=False
        )
        inside[drawn] = shapely.transform(simple, self.xy)
        return inside

    def path(self, shapes: gpd.GeoSeries) -> str:
        """Return what lies within and around the frame as SVG path data."""
        parts = shapely.get_parts(self.clip(shapes.to_numpy(), BEYOND))
        if len(parts) and parts[0].geom_type == "Polygon":
            parts = shapely.get_rings(parts)
        return _path(parts)

    def route(self, legs: gpd.GeoSeries) -> BaseGeometry:
        """Return the route in units of the picture, a stretch driven twice only once.

        Drawn twice, the dashes of one leg would fill the gaps of another.
        """
        drawn: BaseGeometry = shapely.MultiLineString()
        for leg in self.clip(legs.to_numpy(), BEYOND):
            new = shapely.difference(shapely.union_all([leg]), drawn.buffer(_ONCE))
            parts = shapely.get_parts(new)
            drawn = shapely.union_all(
                [drawn, *parts[shapely.length(parts) > 2 * _ONCE]]
            )
        merged: BaseGeometry = shapely.line_merge(drawn)
        return merged

    def arrows(self, legs: gpd.GeoSeries, taken: Iterable[Box]) -> Shapes:
        """Return chevrons that point ahead along the legs, on their right, on nothing taken."""
        boxes, drawn = list(taken), []
        for line in shapely.get_parts(self.clip(legs.to_numpy())):
            along_line = np.arange(ARROW_EVERY / 2, line.length, ARROW_EVERY)
            here = shapely.get_coordinates(line.interpolate(along_line))
            ahead = shapely.get_coordinates(line.interpolate(along_line + 1)) - here
            ahead /= np.linalg.norm(ahead, axis=1, keepdims=True)
            right = ahead[:, ::-1] * np.array([-1, 1])
            corners = ((-4, -4), (0, 3), (4, -4))
            points = [
                here + (ARROW_ASIDE + side) * right + forward * ahead
                for side, forward in corners
            ]
            for arrow in map(shapely.LineString, np.stack(points, axis=1)):
                box = Box(*arrow.bounds)
                if not any(box.meets(other) for other in boxes):
                    drawn.append(arrow)
                    boxes.append(box)
        return np.array(drawn, dtype=object)

    def marks(self, stops: Shapes) -> tuple[Mark, ...]:
        """Return the stops whose marks lie within the frame, those too close under one label.

        The last stop is home.
        """
        xy = self.xy(shapely.get_coordinates(stops))[:-1]
        whole = partial(self.holds, edge=MARK / 2)
        inside = [n for n, point in enumerate(xy) if whole(point)]
        start = _mark(xy, [0]) if 0 in inside else None

        def placed(orders: list[int]) -> Mark:
            mark = _mark(xy, orders)
            return mark if start is None else mark.aside(start)

        groups = [[order] for order in inside if order]
        placed_marks = [placed(orders) for orders in groups]
        # Two labels that touch become one, which is wider and may touch the next.
        while touching := [
            pair
            for pair in combinations(range(len(placed_marks)), 2)
            if placed_marks[pair[0]].box.meets(placed_marks[pair[1]].box)
        ]:
            first, second = touching[0]
            groups[first] = sorted(groups[first] + groups.pop(second))
            placed_marks = [placed(orders) for orders in groups]
        return tuple(placed_marks) if start is None else (start, *placed_marks)


def _length(metres: float) -> Phrase:
    unit, n = ("kilometres", metres / 1000) if metres >= 1000 else ("metres", metres)
    return Phrase(unit, n=figure(n))


def _path(lines: Shapes) -> str:
    """Return lines as SVG path data."""
    coordinates = (shapely.get_coordinates(line).tolist() for line in lines)
    return "".join(
        "M" + "L".join(f"{x:.0f} {y:.0f}" for x, y in line)
        for line in coordinates
        if len(line) > 1
    )


def _mark(at: Floats, orders: list[int]) -> Mark:
    """Return the mark of some stops: in their middle, under all their numbers."""
    x, y = at[orders].mean(axis=0).tolist()
    label = ranges(orders)
    return Mark(
        round(x, 1),
        round(y, 1),
        tuple(orders),
        label,
        max(24.0, 10.0 + 8.0 * len(label)),
    )


def ranges(numbers: Sequence[int]) -> str:
    """Return whole numbers, rising, with runs of three or more Joined.

    >>> ranges([1, 3, 4, 5, 8, 9])
    '1, 3–5, 8, 9'
    """
    # Along a run its numbers rise as their positions do.
    by_run = groupby(enumerate(numbers), lambda each: each[1] - each[0])
    runs = [[number for _, number in run] for _, run in by_run]
    return ", ".join(
        f"{run[0]}–{run[-1]}" if len(run) > 2 else ", ".join(map(str, run))
        for run in runs
    )
