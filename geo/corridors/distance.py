"""Nearness of sightings to corridors, over all the places where each may have been."""

import math
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from itertools import pairwise, product
from numbers import Real
from typing import Final, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo import schema
from geo.arrays import Bools, Floats
from geo.crs import Frame, as_frame, require_metric
from geo.evidence_line import told
from geo.network import segments as seg
from geo.network.segments import GeometryError, Segments
from geo.network.source_lines import tag
from geo.results import Proximity
from geo.schema import band_column
from geo.sightings.laws import Law, Places, as_sightings, ids_of, laws_of

Number = TypeVar("Number", np.float32, np.float64)

QUANTILES: Final = {"distance_m": 0.5, "distance_low_m": 0.05, "distance_high_m": 0.95}
"""Share of the places that are nearer than each of these distances."""
SAME_M: Final = 0.01
"""Nodes that round to the same centimetre are one."""
VALUES_AT_ONCE: Final = 1 << 21
"""Distances that are held in memory at a time."""


@told
@dataclass(frozen=True)
class Corridor:
    """Every way of one corridor kind, in a projected CRS in metres."""

    kind: str
    lines: gpd.GeoDataFrame
    """LineStrings; ``name``, ``ref`` and the class of table `WAYS` name them where there are."""

    @cached_property
    def segments(self) -> Segments:
        """The ways as segments, made on first use."""
        return seg.segments_of(self.lines)

    def nearest(self, xy: Floats) -> pd.DataFrame:
        """Return the nearest way of each point and the place where it is nearest.

        Columns are ``nearest`` (name, else number, else class of the way), ``x`` and ``y``; all are
        null where there is no way.
        """
        table = pd.DataFrame(
            {"nearest": pd.NA, "x": np.nan, "y": np.nan}, index=range(len(xy))
        )
        if self.lines.empty or not len(xy):
            return table.astype({"nearest": "string"})
        segment = self.segments.nearest(xy)[1]
        ways = self.lines.take(self.segments.line[segment]).reset_index(drop=True)
        names = tag(ways, "name").fillna(tag(ways, "ref")).fillna(_class_in_words(ways))
        begin, end = self.segments.start[segment], self.segments.end[segment]
        foot = begin + self.segments.foot(xy, segment)[:, None] * (end - begin)
        return table.assign(nearest=names, x=foot[:, 0], y=foot[:, 1])


Corridors = Mapping[str, Corridor | Frame]
"""Lines by kind of corridor, under any names."""


def as_corridors(corridors: Corridors) -> dict[str, Corridor]:
    """Return corridors by kind, frames of lines too."""
    if not isinstance(corridors, Mapping) or not corridors:
        raise GeometryError(
            f"corridors is {type(corridors).__name__}; lines by kind are needed, one or more. "
            "Fix: corridors = {'railway': railways, 'road': roads}"
        )
    by_kind = {}
    for kind, lines in corridors.items():
        if isinstance(lines, Corridor):
            by_kind[kind] = lines
            continue
        frame = as_frame(lines, f"corridors[{kind!r}]")
        seg.require_lines(lines)
        by_kind[kind] = Corridor(kind, frame)
    return by_kind


def as_bands(bands_m: Iterable[float]) -> list[float]:
    """Return the half-widths of bands; `GeometryError` unless they are lengths that widen."""
    bands = list(bands_m) if isinstance(bands_m, Iterable) else []
    lengths = all(isinstance(band, Real) and 0 < band < math.inf for band in bands)
    if bands and lengths and all(low < high for low, high in pairwise(bands)):
        return bands
    fix = f"({bands_m},)" if isinstance(bands_m, Real) else "(100, 250, 500)"
    raise GeometryError(
        f"bands_m is {bands_m}. Bands are half-widths in metres, finite and above 0, each wider "
        f"than the one before. Fix: bands_m={fix}"
    )


def corridors_of(
    roads: gpd.GeoDataFrame,
    paths: gpd.GeoDataFrame | None = None,
    railways: gpd.GeoDataFrame | None = None,
    waterways: gpd.GeoDataFrame | None = None,
) -> dict[str, Corridor]:
    """Sort ways into the corridor kinds of `geo.schema.CORRIDORS`.

    Railways count whether in use or not: people walk disused ones.

    Parameters
    ----------
    roads, paths, railways, waterways : geopandas.GeoDataFrame, one projected CRS in metres
        As in table `WAYS`: roads have ``highway`` and waterways ``waterway``, the tags of
        OpenStreetMap.  Without a layer its kind has no ways.

    Returns
    -------
    dict of Corridor
        By kind: ``railway``, ``main_road``, ``road_or_path``, ``river``.

    Raises `geo.crs.CRSError`, `geo.network.segments.GeometryError` if a CRS is missing, geographic,
    not in metres or differs; if roads or waterways have no classes.

    Examples
    --------
    >>> from shapely import LineString
    >>> line = LineString([(0, 0), (900, 0)])
    >>> streets = gpd.GeoDataFrame({"highway": ["residential"]}, geometry=[line], crs=9141)
    >>> {kind: len(corridor.lines) for kind, corridor in corridors_of(streets).items()}
    {'railway': 0, 'main_road': 0, 'road_or_path': 1, 'river': 0}
    """
    crs = require_metric(
        roads=roads, paths=paths, railways=railways, waterways=waterways
    )
    none = gpd.GeoDataFrame(geometry=[], crs=crs)
    road, path, rail, water = (
        none if layer is None else as_frame(layer)
        for layer in (roads, paths, railways, waterways)
    )
    kinds = {
        "railway": rail,
        "main_road": road[_classes(road, "roads", "highway").isin(schema.MAIN_ROADS)],
        "road_or_path": pd.concat([road, path]),
        "river": water[_classes(water, "waterways", "waterway") == "river"],
    }
    return {
        kind: Corridor(kind, gpd.GeoDataFrame(ways, geometry="geometry", crs=crs))
        for kind, ways in kinds.items()
    }


def proximity(
    sightings: Frame,
    corridors: Corridors,
    bands_m: Iterable[float] = schema.BANDS_M,
    *,
    uncertainty_m: float | None = None,
) -> Proximity:
    """Measure how near each sighting lies to each kind of corridor.

    A sighting may have been anywhere that its distribution allows (`geo.sightings.laws`).  Its
    distances are quantiles over those places, and the probability of lying within a band is their
    share in the band, to about 0.01.  Where a kind has no ways the distance is null and the
    probability 0.

    Parameters
    ----------
    sightings : GeoDataFrame or GeoSeries of Point, projected CRS in metres
        ``uncertainty_m``, ``id``, ``cell_m`` and ``located_kind`` as in table `SIGHTINGS` where
        there are.
    corridors : mapping of lines by kind, or of Corridor as from `corridors_of`
    bands_m : iterable of float, metres
    uncertainty_m : float, metres, optional
        For all sightings; by default their column, or 0 where they have none, and
        ``Proximity.assumed`` says so.

    Returns
    -------
    geo.results.Proximity

    Raises `geo.crs.CRSError`, `geo.network.segments.GeometryError`,
    `geo.sightings.laws.UncertaintyError` if a CRS is missing, geographic, not in metres or differs;
    if a point or line is missing, empty or of another type, a band is not a length or an id stands
    twice; or if an uncertainty is not known.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> line = gpd.GeoSeries([LineString([(0, 0), (900, 0)])], crs="EPSG:9141")
    >>> seen = gpd.GeoSeries([Point(5, 120)], crs="EPSG:9141")
    >>> near = proximity(seen, {"railway": line}, uncertainty_m=0).table
    >>> near[["distance_m", "p_100m", "p_250m"]].values.tolist()
    [[120.0, 0.0, 1.0]]
    """
    kinds, bands = as_corridors(corridors), as_bands(bands_m)
    seen, assumed = as_sightings(sightings, uncertainty_m)
    require_metric(
        sightings=sightings,
        **{f"corridors[{kind!r}]": c.lines for kind, c in kinds.items()},
    )
    table, lines = measured(seen, kinds, bands)
    ways = {kind: corridor.lines for kind, corridor in kinds.items()}
    return Proximity(table, totals(table, [*kinds], bands), assumed, lines, ways=ways)


def measured(
    sightings: gpd.GeoDataFrame, corridors: Mapping[str, Corridor], bands: list[float]
) -> tuple[pd.DataFrame, gpd.GeoDataFrame]:
    """Return tables `PROXIMITY` and `PROXIMITY_LINES`, each a row a sighting and kind."""
    kinds, segments = list(corridors), [c.segments for c in corridors.values()]
    columns = [*QUANTILES, *map(band_column, bands)]
    figures = np.empty((len(sightings), len(kinds), len(columns)))
    fill_by_law(figures, sightings, lambda xy, law: _figures(xy, law, segments, bands))
    table = pd.DataFrame(figures.reshape(-1, len(columns)), columns=columns)
    table[[*QUANTILES]] = table[[*QUANTILES]].replace(np.inf, np.nan)
    xy = seg.points_xy(sightings)
    nearest = _nearest_ways(xy, corridors)
    located = [located_from(sightings, kind) for kind in kinds]
    table = table.assign(
        sighting=np.repeat(ids_of(sightings), len(kinds)),
        corridor=kinds * len(sightings),
        nearest=nearest["nearest"].to_numpy(object),
        located_from_kind=np.stack(located, axis=1).ravel(),
    )
    # A line from each point to its nearest way, where there is one.
    points, ends = xy.repeat(len(kinds), axis=0), nearest[["x", "y"]].to_numpy()
    has_way = np.isfinite(ends).all(axis=1)
    shapes = shapely.linestrings(np.stack([points, ends], axis=1)[has_way])
    lines = gpd.GeoDataFrame(table[has_way], geometry=shapes, crs=sightings.crs)
    lines = schema.PROXIMITY_LINES.geoframe(lines.assign(length_m=lines.length))
    return schema.proximity_table(bands).frame(table), lines


def _nearest_ways(xy: Floats, corridors: Mapping[str, Corridor]) -> pd.DataFrame:
    """Return `Corridor.nearest` of each point and kind, all kinds of a point together."""
    by_kind = pd.concat([corridor.nearest(xy) for corridor in corridors.values()])
    row = np.arange(len(by_kind)).reshape(len(corridors), len(xy))
    return by_kind.take(row.T.ravel())


def _classes(ways: gpd.GeoDataFrame, layer: str, column: str) -> pd.Series:
    """Return the classes of ways; `GeometryError` where there is no column that holds them."""
    if len(ways) and column not in ways:
        raise GeometryError(
            f"{layer} have no column {column}, only {', '.join(map(str, ways.columns))}. Fix: "
            f"{layer}[{column!r}] = the class as OpenStreetMap names it, or corridors of your own, "
            "{'canal': canals, 'road': roads}"
        )
    return tag(ways, column)


def located_from(sightings: pd.DataFrame, kind: str) -> Bools:
    """Return which sightings were located from this kind of corridor."""
    if "located_kind" not in sightings:
        return np.zeros(len(sightings), dtype=bool)
    names = [name for name, kinds in schema.LOCATED_CORRIDORS.items() if kind in kinds]
    return sightings["located_kind"].isin(names).to_numpy(bool)


def fill_by_law(
    out: npt.NDArray[Number],
    sightings: gpd.GeoDataFrame,
    measure: Callable[[Floats, Law], npt.NDArray[Number]],
) -> npt.NDArray[Number]:
    """Fill a row of `out` for each sighting by `measure`, called once a law, and return it."""
    xy = seg.points_xy(sightings)
    laws, law_of_each = laws_of(sightings)
    for number, law in enumerate(laws):
        rows = np.flatnonzero(law_of_each == number)
        distinct, which = np.unique(xy[rows], axis=0, return_inverse=True)
        out[rows] = measure(distinct, law)[which.reshape(-1)]
    return out


def node_distances(
    xy: Floats, places: Places, lines: Iterable[Segments]
) -> Iterator[Floats]:
    """Yield for each set of lines the distance from each node about each point, (points, nodes).

    Nodes that points share, as those about neighbouring cells do, are measured once.
    """
    nodes = (xy[:, None, :] + places.xy).reshape(-1, 2)
    grid = np.round((nodes - nodes.min(axis=0)) / SAME_M).astype(int)
    key = (grid[:, 0] << 32) + grid[:, 1]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    distinct = nodes[first]
    order = seg.along_curve(distinct)
    for segments in lines:
        yield segments.nearest(distinct, order)[0][inverse].reshape(len(xy), -1)


def _figures(xy: Floats, law: Law, lines: list[Segments], bands: list[float]) -> Floats:
    """Return quantiles of the distance and the share within each band, (points, kinds, figures)."""
    places = law.places()
    out = np.empty((len(xy), len(lines), len(QUANTILES) + len(bands)))
    at_once = max(VALUES_AT_ONCE // len(places.weight), 1)
    for begin in range(0, len(xy), at_once):
        rows = slice(begin, begin + at_once)
        for k, distance in enumerate(node_distances(xy[rows], places, lines)):
            order = np.argsort(distance, axis=1)
            share = np.cumsum(places.weight[order], axis=1)
            ordered = np.take_along_axis(distance, order, axis=1)
            quantiles = [_quantile(ordered, share, q) for q in QUANTILES.values()]
            within = [places.within(distance, band) @ places.weight for band in bands]
            out[rows, k] = np.column_stack([*quantiles, *within])
    return out


def _quantile(ordered: Floats, share: Floats, q: float) -> Floats:
    """Return the distance that a share `q` is nearer than; the middle of two where both are."""
    row, last = np.arange(len(ordered)), ordered.shape[1] - 1
    low = (share < q - 1e-9).sum(axis=1)
    high = np.minimum((share < q + 1e-9).sum(axis=1), last)
    return np.asarray((ordered[row, low] + ordered[row, high]) / 2)


def totals(table: pd.DataFrame, kinds: list[str], bands: list[float]) -> pd.DataFrame:
    """Return table `PROXIMITY_TOTALS` of a table of proximity."""
    rows = []
    for kind, band in product(kinds, bands):
        of_kind, within = table[table["corridor"] == kind], band_column(band)
        independent = of_kind[~of_kind["located_from_kind"]]
        rows.append(
            {
                "corridor": kind,
                "band_m": band,
                "sightings": len(of_kind),
                "expected_within": of_kind[within].sum(),
                "located_from_kind": len(of_kind) - len(independent),
                "expected_within_independent": independent[within].sum(),
            }
        )
    return schema.PROXIMITY_TOTALS.frame(rows)


def _class_in_words(ways: pd.DataFrame) -> pd.Series:
    """Return the class of each way as a reader says it: residential road, railway, footway."""
    value = pd.Series(pd.NA, index=ways.index, dtype="string")
    for column in ("highway", "railway", "waterway"):
        value = value.fillna(tag(ways, column))
    noun = tag(ways, "layer").map({"road": " road", "railway": " railway"}).fillna("")
    words = value.str.replace("_", " ") + noun
    return words.replace({"rail railway": "railway", "road road": "road"})
