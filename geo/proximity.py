"""Nearness of sightings to corridors, with the uncertainty of every position carried through."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import segments as seg
from geo.crs import require_metric
from geo.discs import probability_within
from geo.results import Proximity
from geo.segments import Floats, Segments
from layers.schema import (
    BANDS_M,
    GAUSSIAN_KINDS,
    LOCATED_CORRIDORS,
    MAIN_ROADS,
    PROXIMITY_TOTALS,
    band_column,
    proximity_table,
)


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

    def labels(self, line: seg.Ints) -> pd.Series:
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

    The probability of lying within a band is the area of the uncertainty disc in the band over the
    area of the disc, exact to 1e-6; for a position by device, the Gaussian's share in the band.
    A position without uncertainty is in the band or not; of unknown uncertainty, null.  Where a
    kind has no ways in the layers the distance is null and the probability 0.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`
        Needs ``id`` and ``uncertainty_m``; ``located_kind`` where it is known.
    corridors : mapping of Corridor by kind
    bands_m : iterable of float, metres

    Returns
    -------
    geo.results.Proximity

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, geographic, not in metres or differs.
    geo.segments.GeometryError
        If a point or line is missing, empty or of another type.
    """
    require_metric(sightings=sightings, **{c.kind: c.lines for c in corridors.values()})
    bands = list(bands_m)
    parts = [_nearness(sightings, corridor, bands) for corridor in corridors.values()]
    order = pd.concat(parts).sort_index(kind="stable") if parts else pd.DataFrame()
    table = proximity_table(bands).frame(order.reset_index(drop=True))
    return Proximity(table=table, totals=_totals(table, list(corridors), bands))


def located_from(sightings: pd.DataFrame, kind: str) -> pd.Series:
    """Return which sightings were located from this kind of corridor."""
    names = [name for name, kinds in LOCATED_CORRIDORS.items() if kind in kinds]
    return _located_kind(sightings).isin(names).astype(bool)


def gaussian(sightings: pd.DataFrame) -> pd.Series:
    """Return which sightings have a Gaussian error; that of the others is uniform on a disc."""
    return _located_kind(sightings).isin(GAUSSIAN_KINDS).astype(bool)


def _located_kind(sightings: pd.DataFrame) -> pd.Series:
    if "located_kind" in sightings:
        return sightings["located_kind"]
    return pd.Series(pd.NA, index=sightings.index, dtype="string")


def _nearness(sightings: gpd.GeoDataFrame, corridor: Corridor, bands: list[float]) -> pd.DataFrame:
    """Return the rows of one kind, numbered by sighting."""
    xy = seg.points_xy(sightings)
    segments = corridor.segments
    distance, nearest = segments.nearest(xy)
    line = np.where(nearest >= 0, segments.line[nearest] if len(segments) else -1, -1)
    inside = _band_probabilities(sightings, xy, segments, bands)
    return pd.DataFrame(
        {
            "sighting": sightings["id"].to_numpy(),
            "corridor": corridor.kind,
            "distance_m": np.where(np.isinf(distance), np.nan, distance),
            "nearest": corridor.labels(line),
            **{band_column(b): inside[:, k] for k, b in enumerate(bands)},
            "located_from_kind": located_from(sightings, corridor.kind).to_numpy(),
        }
    )


def _band_probabilities(
    sightings: gpd.GeoDataFrame, xy: Floats, segments: Segments, bands: list[float]
) -> Floats:
    """Return (n, bands) probabilities."""
    n, k = len(xy), len(bands)
    uncertainty = np.asarray(sightings["uncertainty_m"], dtype=float)
    values = probability_within(
        np.repeat(xy, k, axis=0),
        np.repeat(uncertainty, k),
        segments,
        np.tile(np.asarray(bands, dtype=float), n),
        np.repeat(gaussian(sightings).to_numpy(), k),
    )
    return values.reshape(n, k)


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
