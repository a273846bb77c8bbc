"""Null models: where sightings would be if corridors did not matter.

A null model is held in two ways: as equally likely positions on an even grid (a Fibonacci lattice,
or one in each stretch of road), so that few of them describe its distribution well; and as a
sampler, so that every simulation can draw positions of its own.
"""

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import Final

import geopandas as gpd
import numpy as np
import shapely

from geo.arguments import ArgumentError, require_number
from geo.arrays import Floats
from geo.crs import Frame, as_frame, require_metric
from geo.evidence_line import told
from geo.network.graph import Network, require_network
from geo.network.segments import GeometryError, Segments, points_xy, segments_of
from geo.network.source_lines import NetworkError, repeated, tag
from geo.schema import MAIN_ROADS, METRIC, WGS84

Window = (
    shapely.Polygon | shapely.MultiPolygon | tuple[float, float, float, float] | Frame
)
"""A polygon, a rectangle ``(x0, y0, x1, y1)``, or a layer of polygons."""

Sampler = Callable[[int, np.random.Generator], Floats]

RESIDENTIAL: Final = ("residential", "living_street", "unclassified", "pedestrian")
"""Values of ``highway`` along which people live and look out."""


EVERY_METRE: Final = (
    "reports are as likely from every metre of the roads: they have no column highway"
)
NO_CLASS: Final = (
    "reports are as likely from every metre of the roads: none is a residential "
    "street or a main road"
)
NO_STATION: Final = "observers stood along roads only: no stations were given"


@told
@dataclass(frozen=True)
class Null:
    """A null model."""

    name: str
    xy: Floats
    """(m, 2): equally likely positions, evenly spread."""
    draw: Sampler
    """Takes a number and a generator, and gives that many independent positions, (n, 2)."""
    assumed: tuple[str, ...] = ()
    """What stands in for what the data do not hold."""


@dataclass(frozen=True)
class Observers:
    """How likely an observer is to be where, and how far one sees.  Assumed, not surveyed.

    The report's observers stood on main roads, at departure points and downtown.  No data on
    population is used.

    >>> str(Observers(stations=0.3))
    'residential 0.4, main roads 0.4, stations 0.3, seen to 200 m'
    """

    residential: float = 0.4
    """Along residential streets, per metre: downtown, where streets are dense."""
    main_roads: float = 0.4
    """Along main roads, per metre."""
    stations: float = 0.2
    """At railway and bus stations, alike."""
    sight_m: float = 200.0
    """Standard deviation of the distance at which a group is noticed, per axis."""

    def __str__(self) -> str:
        """Return the assumption in words."""
        return (
            f"residential {self.residential:g}, main roads {self.main_roads:g}, stations "
            f"{self.stations:g}, seen to {self.sight_m:g} m"
        )


AT_STATIONS: Final = Observers(residential=0.0, main_roads=0.0, stations=1.0)
ASSUMED: Final = (
    Observers(),
    Observers(sight_m=100.0),
    Observers(sight_m=400.0),
    Observers(residential=0.2, main_roads=0.6),
    Observers(residential=0.6, main_roads=0.2),
    Observers(residential=0.3, main_roads=0.3, stations=0.4),
    AT_STATIONS,
    Observers(residential=0.0, main_roads=1.0, stations=0.0),
)
"""Assumptions on where observers stood, over which what is expected is told as a range."""
FEW: Final = 1000
"""Positions that hold each of them but the first: they are drawn from."""


def as_polygon(
    window: Window | shapely.Geometry,
) -> shapely.Polygon | shapely.MultiPolygon:
    """Return a window as a polygon.

    `GeometryError` if it is none, invalid or without area, or if it is in degrees: no window in
    metres is so small.
    """
    shape = _rectangle(*window) if isinstance(window, tuple) else window
    if isinstance(window, (gpd.GeoDataFrame, gpd.GeoSeries)):
        shape = shapely.union_all(np.asarray(window.geometry.values))
    if not isinstance(shape, (shapely.Polygon, shapely.MultiPolygon)):
        has_bounds = isinstance(window, (gpd.GeoDataFrame, gpd.GeoSeries))
        fix = "tuple(window.total_bounds)" if has_bounds else "(x0, y0, x1, y1)"
        raise GeometryError(
            f"window is {type(shape).__name__}; expected a polygon or a rectangle. "
            f"Fix: window = {fix}"
        )
    if not shape.is_valid:
        reason = shapely.is_valid_reason(shape)
        raise GeometryError(
            f"window is not valid: {reason}. Fix: window = shapely.make_valid(window)"
        )
    if not shape.area > 0:
        raise GeometryError("window has no area")
    west, south, east, north = shape.bounds
    if _is_degrees(west, south, east, north):
        given = "shapely.box(*window)" if isinstance(window, tuple) else "window"
        raise GeometryError(
            f"window reaches from {west:g}, {south:g} to {east:g}, {north:g}: these are degrees, "
            f"and metres are needed. Fix: window = geopandas.GeoSeries([{given}], "
            f"crs={WGS84!r}).to_crs({METRIC!r})"
        )
    return shape


def _rectangle(x0: float, y0: float, x1: float, y1: float) -> shapely.Polygon:
    """Return a rectangle in metres; refuse one without an end, or that runs backwards."""
    given = f"window is ({x0:g}, {y0:g}, {x1:g}, {y1:g})"
    if not np.isfinite([x0, y0, x1, y1]).all():
        raise GeometryError(f"{given}. Fix: four finite numbers, in metres")
    if not (x0 < x1 and y0 < y1):
        raise GeometryError(
            f"{given}. Fix: (x0, y0, x1, y1) with x0 below x1 and y0 below y1"
        )
    return shapely.box(x0, y0, x1, y1)


def _is_degrees(west: float, south: float, east: float, north: float) -> bool:
    """Return whether a window can only be in degrees: less than 30 of them each way."""
    on_globe = west >= -180 and east <= 180 and south >= -90 and north <= 90
    return on_globe and east - west < 30 and north - south < 30


def even_points(window: Window, n: int, seed: int) -> Floats:
    """Return `n` positions or some more, evenly over a window, shifted at random.

    A Fibonacci lattice over the window's bounds: no two positions share a coordinate, so they
    give the share of any part of the window well, even where lines run along the axes.
    Niederreiter, H. (1992). Random Number Generation and Quasi-Monte Carlo Methods, chapter 5.
    """
    if n < 1:
        raise GeometryError(f"n is {n}. Fix: n=50_000")
    shape = as_polygon(window)
    x0, y0, x1, y1 = shape.bounds
    step, many = 1, 2
    while many * shape.area < n * (x1 - x0) * (y1 - y0):
        step, many = many, step + many
    shift, k = np.random.default_rng(seed).random(2), np.arange(many)
    unit = (np.stack([k / many, (k * step % many) / many], axis=1) + shift) % 1.0
    xy = np.array([x0, y0]) + unit * np.array([x1 - x0, y1 - y0])
    if not isinstance(window, tuple):
        shapely.prepare(shape)
        xy = xy[shapely.contains_xy(shape, *xy.T)]
    return np.asarray(xy)


def uniform(window: Window, *, n: int = 50_000, seed: int = 1) -> Null:
    """Return the null that sightings are anywhere in a window alike.

    Parameters
    ----------
    window : polygon, (x0, y0, x1, y1) or layer of polygons, projected CRS in metres
    n : int
        Number of positions that hold the null.
    seed : int
        What they are drawn from.

    Returns
    -------
    Null

    Raises `GeometryError` if the window is not a polygon, invalid or without area.

    Examples
    --------
    >>> null = uniform((0.0, 0.0, 100.0, 50.0), n=1000)
    >>> null.draw(3, np.random.default_rng(1)).round(1).tolist()
    [[51.2, 47.5], [14.4, 47.4], [31.2, 21.2]]
    """
    if layer_of(window) is not None:
        require_metric(window=layer_of(window))
    x0, y0, x1, y1 = as_polygon(window).bounds
    return Null(
        "uniform",
        even_points(window, n, seed),
        _within(window, lambda k, rng: rng.uniform((x0, y0), (x1, y1), (k, 2))),
    )


def require_null(effort: object) -> None:
    """Raise `ArgumentError` for effort that draws no places, such as a layer; None is none."""
    if effort is not None and not hasattr(effort, "draw"):
        raise ArgumentError(
            f"effort is {type(effort).__name__}, no Null. "
            "Fix: effort = geo.chance.reporting_effort(roads)"
        )


def on_network(
    lines: Frame, window: Window | None = None, *, n: int = 50_000, seed: int = 1
) -> Null:
    """Return the null that sightings are on lines, uniform per metre, in a window or anywhere.

    A line that repeats another counts once.

    Parameters
    ----------
    lines : GeoDataFrame or GeoSeries of lines, projected CRS in metres
    window : Window, optional
        By default all lines count.
    n : int
        Number of positions that hold the null.
    seed : int

    Returns
    -------
    Null

    Raises
    ------
    geo.network.segments.GeometryError
        If no line runs through the window.

    Examples
    --------
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (90, 0)])], crs=9141)
    >>> on_network(street).draw(3, np.random.default_rng(1)).round(1).tolist()
    [[46.1, 0.0], [85.5, 0.0], [13.0, 0.0]]
    """
    require_number("n", n, "n=50_000", least=1)
    require_metric(lines=lines, window=layer_of(window))
    inside = np.asarray(lines.geometry.values)[~repeated(lines)]
    if window is not None:
        inside = shapely.get_parts(shapely.intersection(inside, as_polygon(window)))
    inside = shapely.get_parts(inside)
    inside = inside[shapely.length(inside) > 0]
    if not len(inside):
        raise GeometryError("no line runs through the window. Fix: a wider window")
    segments = segments_of(gpd.GeoSeries(inside))
    return Null(
        "network",
        _along(segments, even(n, np.random.default_rng(seed))),
        lambda k, rng: _along(segments, rng.random(k)),
    )


def reporting_effort(
    roads: Frame,
    stations: Frame | None = None,
    window: Window | None = None,
    observers: Observers | None = None,
    *,
    n: int = 50_000,
    seed: int = 1,
) -> Null:
    """Return the null that sightings are where an observer could have been to report them.

    A mixture: along residential streets, along main roads, at stations; each position is moved by
    a Gaussian of `Observers.sight_m`.  The weight of a part that the window does not hold goes to
    the others.  A road that repeats another counts once.

    Parameters
    ----------
    roads : GeoDataFrame or GeoSeries of lines, projected CRS in metres
        ``highway`` is the class as OpenStreetMap names it; without that column every metre of them
        weighs the same, and ``Null.assumed`` says so.
    stations : points of railway and bus stations, optional
    window : Window, optional
        By default about the roads, so wide that it cuts off nothing that is seen from them.
    observers : Observers, optional
    n : int
        Number of positions that hold the null, before those outside the window are left out.
    seed : int

    Returns
    -------
    Null

    Raises `GeometryError` if there are neither roads of these classes nor stations in the window.

    Examples
    --------
    >>> street = gpd.GeoSeries([shapely.LineString([(0, 0), (90, 0)])], crs=9141)
    >>> reporting_effort(street).assumed[0]
    'observers stood along roads only: no stations were given'
    """
    require_metric(roads=roads, stations=stations, window=layer_of(window))
    observers = observers or Observers()
    shape = as_polygon(
        about(roads.total_bounds, observers) if window is None else window
    )
    return _standing(as_frame(roads), stations, shape).seen(observers, n, seed)


def assumed_efforts(
    roads: Frame,
    stations: Frame | None,
    window: Window,
    junctions: Floats | None = None,
    *,
    n: int = 50_000,
    seed: int = 1,
) -> tuple[Null, ...]:
    """Return `reporting_effort` under each of `ASSUMED`, and with all observers at junctions.

    No number of reports tells which of them is true, so what they bring is told as a range.
    The first is `Observers()`; what the window does not hold, such as stations, is left out.

    Parameters
    ----------
    roads, stations, window, n, seed
        As for `reporting_effort`.
    junctions : (k, 2) floats, metres, optional
        As `geo.network.Network` has them.

    Returns
    -------
    tuple of Null

    Raises `GeometryError` as `reporting_effort`.
    """
    require_metric(roads=roads, stations=stations, window=layer_of(window))
    shape = as_polygon(window)
    standing = _standing(as_frame(roads), stations, shape)
    points = np.empty((0, 2)) if junctions is None else junctions
    at_junctions = replace(standing, where={"stations": _inside(points, shape)})
    family = [(standing, observers) for observers in ASSUMED]
    family += [(at_junctions, AT_STATIONS)]
    first, *others = (
        where.seen(observers, n if number == 0 else FEW, seed)
        for number, (where, observers) in enumerate(family)
        if number == 0 or where.holds(observers)
    )
    return (first, *others)


@dataclass(frozen=True)
class Standing:
    """Where observers may have stood in a window."""

    where: Mapping[str, Segments | Floats]
    """By the field of `Observers` that weighs them, or ``roads`` for all of them: streets, alike by
    the metre, or points, (n, 2)."""
    roads: gpd.GeoDataFrame
    """Of any class: where none of those parts is there, every metre of them."""
    shape: shapely.Polygon | shapely.MultiPolygon
    assumed: tuple[str, ...] = ()

    def weights(self, observers: Observers) -> dict[str, float]:
        """Return the weight of each part that is there and has one."""
        weight = asdict(observers)
        weight["roads"] = observers.residential + observers.main_roads
        return {
            name: weight[name]
            for name, part in self.where.items()
            if weight[name] > 0 and len(part)
        }

    def holds(self, observers: Observers) -> bool:
        """Return whether the window holds any of where these observers stood."""
        return bool(self.weights(observers))

    def seen(self, observers: Observers, n: int, seed: int) -> Null:
        """Return the null of what such observers see."""
        weights, assumed = self.weights(observers), self.assumed
        where = [self.where[name] for name in weights]
        share = np.array([*weights.values()])
        if not where:
            where, share = [_streets(self.roads)], np.ones(1)
            assumed = (*assumed, NO_CLASS)
            if self.roads.empty:
                raise GeometryError(
                    "the window holds no road and no station: nobody could have reported. Fix: a "
                    "wider window, or more roads"
                )
        share /= share.sum()
        rng = np.random.default_rng(seed)
        evenly = [even(round(2 * n * of_part), rng) for of_part in share]
        stood = [_at(part, shares) for part, shares in zip(where, evenly, strict=True)]
        xy = np.concatenate(stood)
        xy += rng.normal(0.0, observers.sight_m, xy.shape)

        def seen(k: int, rng: np.random.Generator) -> Floats:
            of_part = rng.choice(len(where), k, p=share)
            xy = np.empty((k, 2))
            for number, part in enumerate(where):
                chosen = of_part == number
                xy[chosen] = _at(part, rng.random(int(chosen.sum())))
            return xy + rng.normal(0.0, observers.sight_m, xy.shape)

        return Null(
            "effort", _inside(xy, self.shape), _within(self.shape, seen), assumed
        )


def _inside(xy: Floats, shape: shapely.Polygon | shapely.MultiPolygon) -> Floats:
    """Return those of positions (n, 2) that lie in a shape."""
    return np.asarray(xy[shapely.contains_xy(shape, *xy.T)])


def _at(where: Segments | Floats, share: Floats) -> Floats:
    """Return positions on streets or at points by numbers from 0 to 1, (k, 2)."""
    if isinstance(where, Segments):
        return _along(where, share)
    row = (share * len(where)).astype(int)
    return np.asarray(where[np.minimum(row, len(where) - 1)])


def layer_of(window: Window | None) -> Frame | None:
    """Return a window that is a layer, whose CRS is to be checked."""
    return window if isinstance(window, (gpd.GeoDataFrame, gpd.GeoSeries)) else None


def about(bounds: tuple[float, ...] | Floats, observers: Observers) -> Window:
    """Return a window about bounds, which cuts off nothing that is seen from inside them."""
    if not np.isfinite(bounds).all():
        raise GeometryError(
            "there is no road: nobody could have reported. Fix: roads or a window"
        )
    west, south, east, north = map(float, bounds)
    room = max(5 * observers.sight_m, 1.0)
    return (west - room, south - room, east + room, north + room)


def _standing(
    roads: gpd.GeoDataFrame,
    stations: Frame | None,
    shape: shapely.Polygon | shapely.MultiPolygon,
) -> Standing:
    """Return where an observer may have stood in a window, and what was assumed."""
    in_window = roads[roads.intersects(shape)]
    assumed = (NO_STATION,) if stations is None else ()
    where: dict[str, Segments | Floats] = {}
    if "highway" in roads:
        highway = tag(in_window, "highway")
        for name, classes in (("residential", RESIDENTIAL), ("main_roads", MAIN_ROADS)):
            where[name] = _streets(in_window[highway.isin(classes)])
    else:
        assumed = (*assumed, EVERY_METRE)
        where["roads"] = _streets(in_window)
    if stations is not None:
        where["stations"] = _inside(points_xy(stations), shape)
    return Standing(where, in_window, shape, assumed)


def _streets(roads: gpd.GeoDataFrame) -> Segments:
    """Return roads as segments, each road once."""
    return segments_of(roads[~repeated(roads)])


def effort_per_metre(network: Network, effort: Null) -> Floats:
    """Return the relative chance of a report per metre of each edge, (m,), 1/m.

    Positions of `effort` are counted on their nearest edges, so that the K function rests on the
    same named weights as the null models of corridors and hotspots.  Times the edges' lengths the
    chances add up to 1.

    `network` holds roads, paths and tracks, as the sightings are placed on it; `effort` is from
    `reporting_effort`, in its CRS.  An edge that holds a share s of the n positions is known to
    ``1 / sqrt(n s)``.  Raises `NetworkError` if the network has no edges.

    Parameters
    ----------
    network : geo.network.Network
        Roads, paths and tracks, as the sightings are placed on it.
    effort : geo.chance.Null
        As from `reporting_effort`, in the network's CRS.

    Returns
    -------
    (m,) float array, 1/m

    Examples
    --------
    >>> streets = [shapely.LineString([(0, y), (1000, y)]) for y in (0, 5000)]
    >>> roads = gpd.GeoDataFrame(
    ...     {"highway": ["primary", "track"]}, geometry=streets, crs="EPSG:9141"
    ... )
    >>> from geo import network
    >>> effort_per_metre(network.from_lines(roads), reporting_effort(roads)).round(4).tolist()
    [0.001, 0.0]
    """
    require_network(network)
    if not network.n_edges:
        raise NetworkError(
            "the network has no edges. Fix: a network of the same region"
        )
    positions, _ = network.nearest(effort.xy)
    count = np.bincount(positions.edge, minlength=network.n_edges)
    return count / len(effort.xy) / network.length_m


def _within(window: Window, sample: Sampler) -> Sampler:
    """Return a sampler of those positions of another that lie in a window."""
    shape = as_polygon(window)
    shapely.prepare(shape)

    def inside(n: int, rng: np.random.Generator) -> Floats:
        xy_inside = np.empty((0, 2))
        drawn = n
        while len(xy_inside) < n:
            xy = sample(drawn, rng)
            xy_inside = np.concatenate(
                [xy_inside, xy[shapely.contains_xy(shape, *xy.T)]]
            )
            drawn = max(
                n, int(1.2 * drawn * (n - len(xy_inside)) / max(len(xy_inside), 1))
            )
            drawn = min(drawn, 2_000_000)
        return xy_inside[:n]

    return inside


def even(n: int, rng: np.random.Generator) -> Floats:
    """Return `n` numbers from 0 to 1, one at random in each n-th."""
    return (np.arange(n) + rng.random(n)) / n


def _along(segments: Segments, share: Floats) -> Floats:
    """Return the positions that lie at these shares of the segments' length."""
    end = np.cumsum(segments.length)
    metres = share * end[-1]
    which = np.minimum(np.searchsorted(end, metres), len(end) - 1)
    fraction = 1 - (end[which] - metres) / segments.length[which]
    start = segments.start[which]
    return np.asarray(start + fraction[:, None] * (segments.end[which] - start))
