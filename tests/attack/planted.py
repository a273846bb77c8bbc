"""The input: sightings and interviews at odd places, every column about people marked."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from functools import cache, cached_property
from itertools import product

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from attack.folder import Floats
from geo.laws import middle
from geo.params import PrivacyParams
from geo.sightings import coarsen
from layers.readers import bundled
from layers.schema import METRIC, RECORDS, WGS84

WORDS = {
    "place": "zqplacemarker",
    "setting": "zqsettingmarker",
    "clothing": "zqclothingmarker",
    "note": "zqnotemarker",
    "time_of_day": "zqtimemarker",
}
"""Text that no program writes, by column."""

MIDDLE = (20.8666, 42.8886)
"""Downtown Mitrovica; sightings are planted within a few kilometres of it."""


GRID_M = 100.0
NEAR_M = 60.0
"""Middles of the cells of planted sightings lie no farther from a road."""
AROUND_DAYS = 14
"""Every second record may be so many days before or after its day: most cross a month's end."""


@dataclass(frozen=True)
class Planted:
    """Records, as the field reports them, and the file that holds them."""

    records: gpd.GeoDataFrame
    """Table `RECORDS`, EPSG:4326."""
    file_name: str = "Zqvarela_Quibor_2003-05-05.csv"

    @property
    def words(self) -> tuple[str, ...]:
        return tuple(self.records[name].iloc[0] for name in WORDS)

    @property
    def ids(self) -> tuple[str, ...]:
        return tuple(self.records["id"])

    @property
    def days(self) -> set[date]:
        return {day.date() for name in ("date_from", "date_to") for day in self.records[name]}

    @cached_property
    def csv(self) -> bytes:
        """The file of sightings, byte by byte."""
        table = self.records.drop(columns="geometry")
        days = {n: table[n].dt.strftime("%Y-%m-%d") for n in ("date_from", "date_to")}
        return table.assign(**days).to_csv(index=False).encode()

    @property
    def metric(self) -> gpd.GeoDataFrame:
        return self.records.to_crs(METRIC)

    def of_kind(self, kind: str) -> gpd.GeoDataFrame:
        """Return the records of a kind, EPSG:9141."""
        return self.metric[self.metric["kind"] == kind]

    def door(self, params: PrivacyParams | None = None) -> gpd.GeoDataFrame:
        """Return what the door lets through, EPSG:9141."""
        return coarsen(self.metric, bundled.places().to_crs(METRIC), params).sightings

    @cached_property
    def truth(self) -> dict[str, Floats]:
        """Reported places by the id that the run gives, EPSG:9141."""
        ids = coarsen(self.metric, bundled.places().to_crs(METRIC)).ids
        at = dict(zip(self.metric["id"], self.metric.geometry, strict=True))
        return {
            new: np.array([at[old].x, at[old].y])
            for new, old in zip(ids["id"], ids["record"], strict=True)
        }

    def guesses(self) -> Iterator[bytes]:
        """Return the files that differ in the day and the group size of the first row only.

        Every day of its month by every size of its class: what is left once the rest is known.
        """
        header, first, *others = self.csv.decode().splitlines(keepends=True)
        name, value = header.rstrip().split(","), first.rstrip().split(",")
        fields = dict(zip(name, value, strict=True))
        for day, size in product(range(1, 31), range(20, 1000)):
            then = f"2003-05-{day:02d}"
            facts = {"date_from": then, "date_to": then, "group_min": size, "group_max": size}
            row = ",".join(map(str, {**fields, **facts}.values()))
            yield "".join([header, row, "\n", *others]).encode()

    def without(self, row: int) -> Planted:
        """Return the same without one row; no other row relates to it then."""
        gone, left = self.records["id"].iloc[row], self.records.drop(index=self.records.index[row])
        return Planted(left.assign(relates_to=left["relates_to"].mask(left["relates_to"] == gone)))


def plant(n: int, seed: int = 12, uncertainty_m: tuple[float, ...] = (30, 70, 150, 300)) -> Planted:
    """Return sightings and interviews within 6 km by 6 km, uniform in cells near roads.

    Whether a place is taken rests on its cell alone, so that within the cell any place is alike.
    The middle of all possible days is in one month.

    Parameters
    ----------
    n : int
        Sightings; a third as many interviews come with them.
    seed : int
    uncertainty_m : tuple of float
        Taken in turn.
    """
    rng = np.random.default_rng([seed, n])
    many = n + n // 3
    lon, lat = _near_roads(rng)[:, :many]
    day = pd.to_datetime([f"2003-05-{d:02d}" for d in rng.integers(1, 29, many)])
    around = pd.to_timedelta([AROUND_DAYS * (k % 2) for k in range(many)], unit="D")
    size = rng.integers(503, 997, many)
    ids = [f"Zqkarimi.b.{1000 + k}" for k in rng.permutation(many)]
    rows = {
        "id": ids,
        "kind": ["sighting"] * n + ["interview"] * (many - n),
        "relates_to": [ids[k - 1] if k % 4 == 3 else None for k in range(many)],
        "lat": lat,
        "lon": lon,
        "uncertainty_m": [float(uncertainty_m[k % len(uncertainty_m)]) for k in range(many)],
        "located_kind": "other",
        "group_min": size,
        "group_max": size,
        "males_min": rng.integers(301, 499, many),
        "females_min": rng.integers(1, 200, many),
        "age_min": rng.integers(91, 105, many),
        "age_max": rng.integers(105, 119, many),
        "heading": "northwest",
        "luggage": "yes",
        "needs": "phone_charging",
        "date_from": day - around,
        "date_to": day + around,
        **WORDS,
    }
    return Planted(
        RECORDS.geoframe(gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(lon, lat), crs=WGS84))
    )


def _near_roads(rng: np.random.Generator) -> Floats:
    """Return longitudes and latitudes of many places, (2, n), to seven decimals."""
    some = rng.uniform((-0.037, -0.027), (0.037, 0.027), (4000, 2))
    lonlat = np.round(np.array(MIDDLE) + some, 7)
    points = gpd.GeoSeries(shapely.points(lonlat), crs=WGS84).to_crs(METRIC)
    cells = shapely.points(middle(shapely.get_coordinates(points.values), GRID_M))
    return lonlat[shapely.dwithin(cells, roads(), NEAR_M)].T


@cache
def roads() -> shapely.Geometry:
    """Return all roads of the bundled network, EPSG:9141."""
    ways = bundled.network().roads.to_crs(METRIC)
    return shapely.union_all(np.asarray(ways.geometry.values))
