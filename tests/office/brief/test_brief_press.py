"""Published reports beside corridors: no sighting is asked, and papers count once a place."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point

from geo.crs import CRSError
from geo.schema import METRIC, WGS84
from mitrovica.brief.press import NEAR_M, check_press

LINE = gpd.GeoDataFrame(geometry=[LineString([(0, 0), (10_000, 0)])], crs=METRIC)
PLACES = gpd.GeoDataFrame(
    {"id": [f"p{k}" for k in range(10)]},
    geometry=[Point(1000 * k, 100 if k < 4 else NEAR_M + 1) for k in range(10)], crs=METRIC,
)  # fmt: skip


def reports(*places: str) -> pd.DataFrame:
    return pd.DataFrame({"month": "2026-11", "place": places, "source": "A paper"})


def test_places_near_a_corridor_are_counted_beside_all() -> None:
    found = check_press(reports("p0", "p1", "p9"), PLACES, LINE)
    assert (found.named, found.near, found.places, found.places_near) == (3, 2, 10, 4)


def test_papers_that_copy_each_other_count_once() -> None:
    often = check_press(reports(*["p0", "p7"] * 9), PLACES, LINE)
    assert often == check_press(reports("p0", "p7"), PLACES, LINE)


def test_degrees_are_refused() -> None:
    with pytest.raises(CRSError, match="Fix: "):
        check_press(reports("p0"), PLACES.to_crs(WGS84), LINE)
