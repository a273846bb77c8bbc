"""Nearness of sightings to corridors, over all the places where each may have been."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final, TypeVar

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.arrays import Bools, Floats
from geo.crs import require_metric
from geo.network import segments as seg
from geo.network.segments import Segments
from geo.results import Proximity
from geo.sightings.laws import Law, Places, laws_of
from layers.schema import (
    BANDS_M,
    LOCATED_CORRIDORS,
    MAIN_ROADS,
    PROXIMITY_TOTALS,
    band_column,
    proximity_table,
)

Number = TypeVar("Number", np.float32, np.float64)

QUANTILES: Final = {"distance_m": 0.5, "distance_low_m": 0.05, "distance_high_m": 0.95}
"""Share of the places that are nearer than each of these distances."""

SAME_M: Final = 0.01
"""Nodes that round to the same centimetre are one."""

VALUES_AT_ONCE: Final = 1 << 21
"""Distances that are held in memory at a time."""


@dataclass(frozen=True)
class Corridor:
    """Every way of one corridor kind, in a projected CRS in metres."""

    kind: str
    lines: gpd.GeoDataFrame
    """Columns of table `WAYS`."""

    @cached_property
    def segments(self) -> Segments:
        """The ways as segments, made on first use."""
        return seg.from_lines(self.lines)

    def nearest(self, xy: Floats) -> pd.Series:
        """Return name, else number, else class of the way nearest to each point."""
        if self.lines.empty:
            return pd.Series(pd.NA, index=range(len(xy)), dtype="string")
        ways = self.lines.take(self.segments.line[self.segments.nearest(xy)[1]])
        label = _class_in_words(ways)
        for column in ("ref", "name"):
            if column in ways:
                label = ways[column].astype("string").fillna(label)
        return label.reset_index(drop=True)


def corridors_of(
    roads: gpd.GeoDataFrame,
    paths: gpd.GeoDataFrame,
    railways: gpd.GeoDataFrame,
    waterways: gpd.GeoDataFrame,
) -> dict[str, Corridor]:
    """Sort ways into the corridor kinds of `layers.schema.CORRIDORS`.

    Railways count whether in use or not: people walk disused tracks.  Rivers are waterways of
    class ``river``.

    Parameters
    ----------
    roads, paths, railways, waterways : geopandas.GeoDataFrame, table `WAYS`
        In one projected CRS in metres.

    Returns
    -------
    dict of Corridor by kind, in the order of `layers.schema.CORRIDORS`

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, geographic, not in metres or differs.
    """
    require_metric(roads=roads, paths=paths, railways=railways, waterways=waterways)
    kinds = {
        "railway": railways,
        "main_road": roads[roads["highway"].isin(MAIN_ROADS)],
        "road_or_path": pd.concat([roads, paths]),
        "river": waterways[waterways["waterway"] == "river"],
    }
    return {
        kind: Corridor(kind, gpd.GeoDataFrame(ways, geometry="geometry", crs=roads.crs))
        for kind, ways in kinds.items()
    }


def proximity(
    sightings: gpd.GeoDataFrame,
    corridors: Mapping[str, Corridor],
    bands_m: Iterable[float] = BANDS_M,
) -> Proximity:
    """Measure how near each sighting lies to each kind of corridor.

    A sighting may have been anywhere that its distribution allows (`geo.sightings.laws`).  Its
    distances are quantiles over those places, and the probability of lying within a band is their
    share in the band, to about 0.01.  Where a kind has no ways the distance is null and the
    probability 0.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, projected CRS in metres
        ``uncertainty_m``; ``id``, ``cell_m`` and ``located_kind`` as in table `SIGHTINGS` where
        there are.
    corridors : mapping of Corridor by kind
    bands_m : iterable of float, metres

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, geographic, not in metres or differs.
    geo.network.segments.GeometryError, geo.sightings.laws.UncertaintyError
        If a point or line is missing, empty or of another type, or an uncertainty is not known.

    Examples
    --------
    >>> from shapely import LineString, Point
    >>> from layers.schema import WAYS
    >>> track = {"layer": "railway", "railway": "rail", "geometry": LineString([(0, 0), (900, 0)])}
    >>> railway = Corridor("railway", WAYS.geoframe([track], crs="EPSG:9141"))
    >>> seen = gpd.GeoDataFrame({"uncertainty_m": [0.0]}, geometry=[Point(5, 120)], crs="EPSG:9141")
    >>> near = proximity(seen, {"railway": railway}).table
    >>> near[["distance_m", "nearest", "p_100m", "p_250m"]].values.tolist()
    [[120.0, 'railway', 0.0, 1.0]]
    """
    require_metric(sightings=sightings, **{c.kind: c.lines for c in corridors.values()})
    bands, kinds = list(bands_m), list(corridors)
    segments = [c.segments for c in corridors.values()]
    figures = fill_by_law(
        np.empty((len(sightings), len(kinds), len(QUANTILES) + len(bands))),
        sightings,
        lambda xy, law: _figures(xy, law, segments, bands),
    )
    columns = [*QUANTILES, *map(band_column, bands)]
    table = pd.DataFrame(figures.reshape(-1, len(columns)), columns=columns)
    table[[*QUANTILES]] = table[[*QUANTILES]].replace(np.inf, np.nan)
    xy = seg.points_xy(sightings)
    nearest = [c.nearest(xy).to_numpy(object) for c in corridors.values()]
    located = [located_from(sightings, kind) for kind in kinds]
    table = proximity_table(bands).frame(
        table.assign(
            sighting=np.repeat(names_of(sightings), len(kinds)),
            corridor=kinds * len(sightings),
            nearest=np.stack(nearest, axis=1).ravel(),
            located_from_kind=np.stack(located, axis=1).ravel(),
        )
    )
    return Proximity(table=table, totals=_totals(table, kinds, bands))


def located_from(sightings: pd.DataFrame, kind: str) -> Bools:
    """Return which sightings were located from this kind of corridor."""
    if "located_kind" not in sightings:
        return np.zeros(len(sightings), dtype=bool)
    names = [name for name, kinds in LOCATED_CORRIDORS.items() if kind in kinds]
    return sightings["located_kind"].isin(names).to_numpy(bool)


def names_of(sightings: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return the ids of sightings; where they have none, their labels in the index."""
    names = sightings["id"] if "id" in sightings else sightings.index.to_series().astype("string")
    return names.to_numpy(object)


def fill_by_law(
    out: npt.NDArray[Number],
    sightings: gpd.GeoDataFrame,
    measure: Callable[[Floats, Law], npt.NDArray[Number]],
) -> npt.NDArray[Number]:
    """Fill a row of `out` for each sighting, and return it.

    `measure` is called once a law: from its distinct points, (k, 2), to (k, ...) values.
    """
    xy = seg.points_xy(sightings)
    laws, law_of_each = laws_of(sightings)
    for number, law in enumerate(laws):
        own = np.flatnonzero(law_of_each == number)
        distinct, which = np.unique(xy[own], axis=0, return_inverse=True)
        out[own] = measure(distinct, law)[which.reshape(-1)]
    return out


def node_distances(xy: Floats, places: Places, lines: Iterable[Segments]) -> Iterator[Floats]:
    """Yield for each set of lines the distance from each node about each point, (points, nodes).

    Nodes that points share, as those about neighbouring cells do, are measured once.
    """
    at = (xy[:, None, :] + places.xy).reshape(-1, 2)
    grid = np.round((at - at.min(axis=0)) / SAME_M).astype(np.int64)
    key = (grid[:, 0] << 32) + grid[:, 1]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    for segments in lines:
        yield segments.nearest(at[first])[0][inverse].reshape(len(xy), -1)


def _figures(xy: Floats, law: Law, lines: list[Segments], bands: list[float]) -> Floats:
    """Return quantiles of the distance and the share within each band, (points, kinds, figures).

    Infinite distances, where a kind has no ways, give infinite quantiles and shares of 0.
    """
    places = law.places()
    out = np.empty((len(xy), len(lines), len(QUANTILES) + len(bands)))
    at_once = max(VALUES_AT_ONCE // len(places.weight), 1)
    for begin in range(0, len(xy), at_once):
        some = slice(begin, begin + at_once)
        for k, distance in enumerate(node_distances(xy[some], places, lines)):
            order = np.argsort(distance, axis=1)
            share = np.cumsum(places.weight[order], axis=1)
            ordered = np.take_along_axis(distance, order, axis=1)
            quantiles = [_quantile(ordered, share, q) for q in QUANTILES.values()]
            within = [places.within(distance, band) @ places.weight for band in bands]
            out[some, k] = np.column_stack([*quantiles, *within])
    return out


def _quantile(ordered: Floats, share: Floats, q: float) -> Floats:
    """Return the distance that a share `q` is nearer than; the middle of two where both are."""
    row, last = np.arange(len(ordered)), ordered.shape[1] - 1
    low = (share < q - 1e-9).sum(axis=1)
    high = np.minimum((share < q + 1e-9).sum(axis=1), last)
    return np.asarray((ordered[row, low] + ordered[row, high]) / 2)


def _totals(table: pd.DataFrame, kinds: list[str], bands: list[float]) -> pd.DataFrame:
    """Return the expected numbers of sightings in the bands, by kind."""
    rows = []
    for kind in kinds:
        own = table[table["corridor"] == kind]
        independent = own[~own["located_from_kind"]]
        rows += [
            {
                "corridor": kind,
                "band_m": band,
                "sightings": len(own),
                "expected_within": own[band_column(band)].sum(),
                "located_from_kind": len(own) - len(independent),
                "expected_within_independent": independent[band_column(band)].sum(),
            }
            for band in bands
        ]
    return PROXIMITY_TOTALS.frame(rows)


def _class_in_words(ways: pd.DataFrame) -> pd.Series:
    """Return the class of each way as a reader says it: residential road, railway, footway."""
    value = pd.Series(pd.NA, index=ways.index, dtype="string")
    for column in ("highway", "railway", "waterway"):
        value = value.fillna(ways[column].astype("string"))
    noun = ways["layer"].map({"road": " road", "railway": " railway"}).fillna("")
    words = value.str.replace("_", " ") + noun
    return words.replace({"rail railway": "railway", "road road": "road"})
