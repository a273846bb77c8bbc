"""The bundled data: complete, typed, and named as the schema names it."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest

from geo.schema import FACILITIES, PLACE_KINDS, PLACES, RECORDS, WAYS, Table
from layers.readers import bundled


def assert_table(frame: gpd.GeoDataFrame, table: Table, geometry: str) -> None:
    assert list(frame.columns) == [*table.names, "geometry"]
    assert frame.crs.to_epsg() == 4326
    assert set(frame.geom_type) <= {geometry}
    assert frame.geometry.is_valid.all()
    assert frame["id"].is_unique
    for column in table.columns:
        assert frame[column.name].dtype == pd.api.types.pandas_dtype(
            column.dtype
        ), column.name
        if column.required:
            assert frame[column.name].notna().all(), column.name
        if column.values:
            assert set(frame[column.name].dropna()) <= set(column.values), (
                column.name
            )


def test_places() -> None:
    places = bundled.places()
    assert_table(places, PLACES, "Point")
    assert len(places) == 75
    assert set(places["kind"]) <= set(PLACE_KINDS)
    jarinje = places.set_index("id").loc["crossing_jarinje"]
    assert (jarinje.geometry.x, jarinje.geometry.y) == (20.6996, 43.2267)
    assert jarinje["name_sr_cyrl"] == "Јариње"


def test_sightings_are_five_and_the_interviews_two() -> None:
    sightings = bundled.records()
    assert_table(sightings, RECORDS, "Point")
    kinds = sightings.set_index("id")["kind"]
    assert list(kinds[kinds == "sighting"].index) == [
        "S1",
        "S2",
        "S3",
        "S4",
        "S5",
    ]
    assert list(kinds[kinds == "interview"].index) == ["I1", "I2"]
    assert sightings["date_from"].eq(pd.Timestamp("2021-10-01")).all()


def test_boundary_is_one_polygon_around_mitrovica() -> None:
    boundary = bundled.boundary()
    assert len(boundary) == 1
    assert boundary.crs.to_epsg() == 4326
    assert boundary.covers(bundled.records().union_all()).all()


@pytest.mark.parametrize(
    ("layer", "name", "count"),
    [
        ("roads", "road", 562),
        ("paths", "path", 2),
        ("railways", "railway", 89),
        ("waterways", "waterway", 8),
    ],
)
def test_network_layers(layer: str, name: str, count: int) -> None:
    ways = getattr(bundled.network(), layer)
    assert_table(ways, WAYS, "LineString")
    assert len(ways) == count
    assert set(ways["layer"]) == {name}


def test_the_disused_link_over_the_ibar_is_kept() -> None:
    railways = bundled.network().railways
    assert railways["status"].value_counts().to_dict() == {
        "active": 86,
        "disused": 3,
    }
    assert set(railways.loc[railways["status"] == "disused", "railway"]) == {
        "disused"
    }


def test_bridges_names_and_numbers_survive() -> None:
    layers = bundled.network()
    roads = layers.roads
    assert roads["bridge"].sum() == 81
    assert layers.railways["bridge"].any()
    assert "M-2" in set(roads["ref"])
    assert "Витковиће" in set(roads["name"])
    assert roads["status"].isna().all()


def test_study_data_says_what_it_is() -> None:
    data = bundled.study_data()
    assert data.layers.source.generalised
    assert data.layers.source.tolerance_m == 60
    assert "OpenStreetMap" in data.layers.source.licence
    assert_table(data.layers.facilities, FACILITIES, "Point")
    assert data.layers.facilities.empty
