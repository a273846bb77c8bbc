"""Exported sightings are coarse, and still true."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from shapely import Point

from geo.crs import CRSError
from geo.exports import exported_sightings
from layers.schema import EXPORTED_SIGHTINGS, METRIC, PLACES, SIGHTINGS, WGS84


def sightings(*lonlat: tuple[float, float], **values: object) -> gpd.GeoDataFrame:
    rows = [
        {
            "id": f"S{i}", "kind": "sighting", "uncertainty_m": 200.0, "group_min": 4,
            "group_max": 7, "geometry": Point(xy), **values,
        }
        for i, xy in enumerate(lonlat)
    ]  # fmt: skip
    return SIGHTINGS.geoframe(rows).to_crs(METRIC)


def places(**towns: tuple[float, float]) -> gpd.GeoDataFrame:
    rows = [
        {"id": n, "kind": "town", "name_en": n, "geometry": Point(xy)} for n, xy in towns.items()
    ]
    return PLACES.geoframe(rows).to_crs(METRIC)


@pytest.fixture(scope="module")
def towns() -> gpd.GeoDataFrame:
    return places(South=(20.8666, 42.8866), Zvecan=(20.84, 42.91))


def test_only_the_coarse_columns_come_back(towns: gpd.GeoDataFrame) -> None:
    out = exported_sightings(sightings((20.8748, 42.8930)), towns)
    assert list(out.columns) == [*EXPORTED_SIGHTINGS.names, "geometry"]
    assert out.crs == WGS84
    row = out.iloc[0]
    assert (row["size_class"], row["coarse_place"]) == ("5-9", "South")
    assert row.geometry == Point(20.875, 42.893)


def test_the_nearest_town_is_told_in_metres_not_degrees() -> None:
    # East lies 0.010 degrees away, 816 m; north lies 0.009 degrees away, 1,000 m.
    here = (20.86, 42.89)
    out = exported_sightings(sightings(here), places(East=(20.870, 42.89), North=(20.86, 42.899)))
    assert list(out["coarse_place"]) == ["East"]


@pytest.mark.parametrize(
    ("first", "last", "month"),
    [
        ("2021-10-01", "2021-10-31", "2021-10"),
        ("2021-10-31", "2021-11-01", None),
        ("2021-10-05", "2022-10-05", None),
        ("2021-10-05", None, "2021-10"),
        (None, "2021-10-05", "2021-10"),
        (None, None, None),
    ],
)
def test_the_month_leaves_where_all_days_lie_in_it(
    towns: gpd.GeoDataFrame, first: str | None, last: str | None, month: str | None
) -> None:
    out = exported_sightings(sightings((20.86, 42.89), date_from=first, date_to=last), towns)
    assert out["month"].tolist() == [pd.NA if month is None else month]


def test_places_that_are_no_towns_are_passed_over(towns: gpd.GeoDataFrame) -> None:
    towns = towns.assign(kind=["monitoring_point", "town"])
    assert list(exported_sightings(sightings((20.8666, 42.8866)), towns)["coarse_place"]) == [
        "Zvecan"
    ]


def test_the_callers_index_comes_back(towns: gpd.GeoDataFrame) -> None:
    rows = sightings((20.86, 42.89), (20.84, 42.91)).set_axis([7, 3])
    assert list(exported_sightings(rows, towns).index) == [7, 3]


def test_no_sightings_and_no_towns_are_no_fault(towns: gpd.GeoDataFrame) -> None:
    assert exported_sightings(sightings(), towns).empty
    out = exported_sightings(sightings((20.86, 42.89)), towns.iloc[:0])
    assert out["coarse_place"].isna().all()


def test_degrees_are_refused(towns: gpd.GeoDataFrame) -> None:
    with pytest.raises(CRSError, match="sightings is in EPSG:4326"):
        exported_sightings(sightings((20.86, 42.89)).to_crs(WGS84), towns)


POINT = st.tuples(st.floats(20.0, 21.7), st.floats(41.9, 43.3))
IN_CELL = st.tuples(st.floats(-0.49, 0.49), st.floats(-0.49, 0.49))


@settings(max_examples=25, deadline=None)
@given(where=st.lists(POINT, min_size=1, max_size=40), radius=st.floats(0, 5000))
def test_the_exported_disc_holds_the_recorded_one(
    where: list[tuple[float, float]], radius: float
) -> None:
    rows = sightings(*where, uncertainty_m=radius)
    out = exported_sightings(rows, places(A=(20.9, 42.9)))
    shift = rows.distance(out.to_crs(METRIC))
    assert (shift + radius <= out["uncertainty_m"]).all()
    assert (out["uncertainty_m"] <= radius + 72).all()


@settings(max_examples=25, deadline=None)
@given(where=st.lists(st.tuples(POINT, IN_CELL), min_size=1, max_size=40))
def test_nothing_exported_tells_where_in_its_cell_a_sighting_was(
    where: list[tuple[tuple[float, float], tuple[float, float]]],
) -> None:
    centres = np.round([point for point, _ in where], 3)
    moved = centres + np.array([shift for _, shift in where]) / 1000
    town = places(A=(20.9, 42.9))
    at_centre, elsewhere = (exported_sightings(sightings(*xy), town) for xy in (centres, moved))
    assert at_centre.equals(elsewhere)
