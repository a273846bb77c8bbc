"""Nearness of sightings to corridors, with all the places where each may have been."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Floats, Ints
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

QUANTILES: Final = (0.5, 0.05, 0.95)
_DISTANCES: Final = ("distance_m", "distance_low_m", "distance_high_m")

SAME_M: Final = 0.01
"""Nodes that round to the same centimetre are one."""

VALUES_AT_ONCE: Final = 1 << 21
"""Distances that are looked at together: memory does not grow with the sightings."""


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

    def labels(self, line: Ints) -> pd.Series:
        """Return name, else number, else class in words of each line; null for -1."""
        ways = self.lines.take(np.maximum(line, 0) if len(self.lines) else [])
        label = _class_in_words(ways)
        for column in ("ref", "name"):
            if column in ways:
                label = ways[column].astype("string").fillna(label)
        label = label.reset_index(drop=True).reindex(range(len(line)))
        return label.where(line >= 0)


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

    A sighting may have been anywhere that its law allows (`geo.sightings.laws`): in its cell, and
    about it as far as it is uncertain.  Its distances are quantiles over those places, and the
    probability of lying within a band is their share in the band, to about 0.01; a sighting that is
    known exactly is in the band or not.  Where a kind has no ways in the layers the distance is
    null and the probability 0.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, projected CRS in metres
        ``uncertainty_m``; ``id``, ``cell_m`` and ``located_kind`` as in table `SIGHTINGS` where
        there are.
    corridors : mapping of Corridor by kind
    bands_m : iterable of float, metres

    Returns
    -------
    geo.results.Proximity

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, geographic, not in metres or differs.
    geo.network.segments.GeometryError
        If a point or line is missing, empty or of another type.
    geo.sightings.laws.UncertaintyError
        If an uncertainty is not known.
    """
    require_metric(sightings=sightings, **{c.kind: c.lines for c in corridors.values()})
    bands = list(bands_m)
    xy = seg.points_xy(sightings)
    laws, law = laws_of(sightings)
    places, inverse = _distinct(xy, law)
    found = {kind: np.empty((len(places), 3 + len(bands))) for kind in corridors}
    for number, one in enumerate(laws):
        own = np.flatnonzero(places[:, 2] == number)
        lines = {kind: c.segments for kind, c in corridors.items()}
        for kind, values in _figures(places[own, :2], one, lines, bands):
            found[kind][own] = values
    parts = [
        _rows(sightings, xy, corridor, found[kind][inverse], bands)
        for kind, corridor in corridors.items()
    ]
    order = pd.concat(parts).sort_index(kind="stable") if parts else pd.DataFrame()
    table = proximity_table(bands).frame(order.reset_index(drop=True))
    return Proximity(table=table, totals=_totals(table, list(corridors), bands))


def located_from(sightings: pd.DataFrame, kind: str) -> pd.Series:
    """Return which sightings were located from this kind of corridor."""
    if "located_kind" not in sightings:
        return pd.Series(False, index=sightings.index)
    names = [name for name, kinds in LOCATED_CORRIDORS.items() if kind in kinds]
    return sightings["located_kind"].isin(names).astype(bool)


def names_of(sightings: pd.DataFrame) -> pd.Series:
    """Return the ids of sightings; where they have none, their labels in the index."""
    if "id" in sightings:
        return sightings["id"]
    return sightings.index.to_series().astype("string")


def node_distances(
    xy: Floats, places: Places, corridors: Mapping[str, Segments]
) -> dict[str, Floats]:
    """Return by kind the distance from each node about each point, (points, nodes).

    Nodes that points share, as those about neighbouring cells do, are measured once.

    Parameters
    ----------
    xy : (n, 2) float array
    places : geo.sightings.laws.Places
    corridors : mapping of Segments by kind
    """
    at = (xy[:, None, :] + places.xy).reshape(-1, 2)
    grid = np.round((at - at.min(axis=0)) / SAME_M).astype(np.int64)
    key = (grid[:, 0] << 32) + grid[:, 1]
    _, first, inverse = np.unique(key, return_index=True, return_inverse=True)
    distinct = at[first]
    return {
        kind: s.nearest(distinct)[0][inverse].reshape(len(xy), -1) for kind, s in corridors.items()
    }


def _distinct(xy: Floats, law: Ints) -> tuple[Floats, Ints]:
    """Return the distinct points with their laws, (k, 3), and where each sighting is among them."""
    rows = np.column_stack([xy, law])
    distinct, inverse = np.unique(rows, axis=0, return_inverse=True)
    return distinct, inverse.reshape(-1).astype(np.int64)


def _figures(
    xy: Floats, law: Law, corridors: Mapping[str, Segments], bands: list[float]
) -> Iterator[tuple[str, Floats]]:
    """Yield by kind the median, low and high distance and the share within each band, a row each.

    Infinite distances, where a kind has no ways, give null distances and shares of 0.
    """
    places = law.places()
    parts: dict[str, list[Floats]] = {kind: [] for kind in corridors}
    at_once = max(VALUES_AT_ONCE // len(places.weight), 1)
    for begin in range(0, len(xy), at_once):
        some = node_distances(xy[begin : begin + at_once], places, corridors)
        for kind, distance in some.items():
            order = np.argsort(distance, axis=1)
            share = np.cumsum(places.weight[order], axis=1)
            ordered = np.take_along_axis(distance, order, axis=1)
            columns = [_quantile(ordered, share, q) for q in QUANTILES]
            within = [places.within(distance, band) @ places.weight for band in bands]
            parts[kind].append(np.column_stack([*columns, *within]))
    for kind, values in parts.items():
        if values:
            yield kind, np.concatenate(values)


def _quantile(ordered: Floats, share: Floats, q: float) -> Floats:
    """Return the distance that a share `q` is nearer than; the middle of two where both are."""
    row, last = np.arange(len(ordered)), ordered.shape[1] - 1
    low = (share < q - 1e-9).sum(axis=1)
    high = np.minimum((share < q + 1e-9).sum(axis=1), last)
    return np.asarray((ordered[row, low] + ordered[row, high]) / 2)


def _rows(
    sightings: gpd.GeoDataFrame,
    xy: Floats,
    corridor: Corridor,
    figures: Floats,
    bands: list[float],
) -> pd.DataFrame:
    """Return the rows of one kind, numbered by sighting."""
    segments = corridor.segments
    _, nearest = segments.nearest(xy)
    line = np.where(nearest >= 0, segments.line[nearest] if len(segments) else -1, -1)
    distance = np.where(np.isinf(figures[:, :3]), np.nan, figures[:, :3])
    return pd.DataFrame(
        {
            "sighting": np.asarray(names_of(sightings)),
            "corridor": corridor.kind,
            **{name: distance[:, k] for k, name in enumerate(_DISTANCES)},
            "nearest": corridor.labels(line),
            **{band_column(b): figures[:, 3 + k] for k, b in enumerate(bands)},
            "located_from_kind": located_from(sightings, corridor.kind).to_numpy(),
        }
    )


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
