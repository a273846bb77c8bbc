"""All that is measured of a sighting in one row, for maps and for files of sightings."""

from collections.abc import Iterable, Mapping
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.corridors.along import along
from geo.corridors.distance import Corridor
from geo.results import Proximity
from geo.schema import DISTANCE_QUANTILES, MEASURED
from geo.sections.official_crossings import nearest_crossing

FIGURES: Final = {
    "distance_m": "m",
    "distance_low_m": "low_m",
    "distance_high_m": "high_m",
    "nearest": "nearest",
    "located_from_kind": "input",
}
"""Columns of table `PROXIMITY`, and what each is called behind the kind of corridor."""
LINES: Final = ("railway", "main_road")
"""Kinds of corridor along which kilometres are counted."""
SHARES: Final = (10, 25, 50, 75, 90)
"""Quantiles of distance, in percent."""


def per_sighting(
    sightings: gpd.GeoDataFrame,
    near: Proximity,
    corridors: Mapping[str, Corridor],
    places: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return table `MEASURED`: sightings with their distances, kilometres and nearest crossing.

    `sightings` are table `SIGHTINGS`, `places` table `PLACES`, in the CRS of the corridors, in
    metres, else `geo.crs.CRSError`; `near` is their nearness.  The caller's index comes back.
    """
    by_kind = near.table.set_index(["corridor", "sighting"])
    columns = {"geometry": sightings.geometry, **nearest_crossing(sightings, places)}
    for kind in corridors:
        of_kind = (
            by_kind.loc[kind].reindex(sightings["id"])
            if kind in by_kind.index
            else None
        )
        for figure, name in FIGURES.items():
            if of_kind is not None:
                columns[f"{kind}_{name}"] = pd.Series(
                    of_kind[figure].array, sightings.index
                )
    for kind in LINES:
        if kind in corridors:
            where = along(sightings, corridors[kind], places)
            columns |= {f"{kind}_{name}": where[name] for name in where}
    rows = pd.concat(
        [sightings.drop(columns="geometry"), pd.DataFrame(columns)], axis=1
    )
    return MEASURED.geoframe(rows, crs=str(sightings.crs))


def distance_quantiles(table: pd.DataFrame, kinds: Iterable[str]) -> pd.DataFrame:
    """Return table `DISTANCE_QUANTILES` of table `PROXIMITY`, a row a kind of corridor.

    >>> rows = {"corridor": "river", "distance_m": [10.0, 20.0, 90.0], "located_from_kind": False}
    >>> distance_quantiles(pd.DataFrame(rows), ["river"])[["sightings", "q50_m", "q90_m"]]
       sightings  q50_m  q90_m
    0          3   20.0   76.0
    """
    rows = []
    for kind in kinds:
        of_kind = table[table["corridor"] == kind]
        independent = of_kind.loc[
            ~of_kind["located_from_kind"].astype(bool), "distance_m"
        ]
        quantiles = of_kind["distance_m"].quantile([share / 100 for share in SHARES])
        rows.append(
            {
                "corridor": kind,
                "sightings": len(of_kind),
                "located_from_kind": len(of_kind) - len(independent),
                **{
                    f"q{share}_m": value
                    for share, value in zip(SHARES, quantiles, strict=True)
                },
                "q50_independent_m": independent.median(),
            }
        )
    return DISTANCE_QUANTILES.frame(rows)
