"""Exported sightings are coarse, and still true."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from shapely import Point

from geo.crs import CRSError
from geo.exports import exported_sightings
from layers.schema import EXPORTED_SIGHTINGS, METRIC, PLACES, SIGHTINGS, WGS84

LON = st.floats(20.0, 21.7, allow_nan=False)
LAT = st.floats(41.9, 43.3, allow_nan=False)


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


@given(lon=LON, lat=LAT, radius=st.floats(0, 5000))
def test_the_exported_disc_holds_the_recorded_one(lon: float, lat: float, radius: float) -> None:
    rows = sightings((lon, lat), uncertainty_m=radius)
    out = exported_sightings(rows, places(A=(20.9, 42.9)))
    shift = rows.distance(out.to_crs(METRIC)).iloc[0]
    assert shift + radius <= out["uncertainty_m"].iloc[0] <= radius + 72


@given(lon=LON, lat=LAT, east=st.floats(-0.49, 0.49), north=st.floats(-0.49, 0.49))
def test_nothing_exported_tells_where_in_its_cell_a_sighting_was(
    lon: float, lat: float, east: float, north: float
) -> None:
    centre = np.round([lon, lat], 3)
    moved = centre + np.array([east, north]) / 1000
    pair = exported_sightings(sightings(tuple(centre), tuple(moved)), places(A=(20.9, 42.9)))
    first, second = pair.drop(columns="id").to_dict("records")
    assert first == second


def test_a_sighting_between_two_towns_falls_to_the_larger_disc() -> None:
    """The railway station of Mitrovica South lies nearer to the middle of Mitrovica North."""
    towns = places(South=(20.8666, 42.8866), North=(20.8658, 42.8963))
    towns["uncertainty_m"] = [800.0, 500.0]
    out = exported_sightings(sightings((20.8748, 42.8930), (20.8697, 42.8954)), towns)
    assert list(out["coarse_place"]) == ["South", "North"]
