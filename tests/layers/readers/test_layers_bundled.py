"""The bundled data: complete, typed, and named as the schema names it."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely

from geo.access.walking import help_places
from geo.schema import (
    DRIVABLE,
    FACILITIES,
    MAIN_ROADS,
    PLACE_KINDS,
    PLACES,
    RECORDS,
    WALKABLE,
    WAYS,
    Table,
)
from layers import package_data
from layers.readers import bundled
from layers.readers.osm import tags


def assert_table(frame: gpd.GeoDataFrame, table: Table, geometry: str) -> None:
    assert list(frame.columns) == [*table.names, "geometry"]
    assert frame.crs.to_epsg() == 4326
    assert set(frame.geom_type) <= {geometry}
    assert frame.geometry.is_valid.all()
    assert frame["id"].is_unique
    for column in table.columns:
        assert frame[column.name].dtype == pd.api.types.pandas_dtype(column.dtype), (
            column.name
        )
        if column.required:
            assert frame[column.name].notna().all(), column.name
        if column.values:
            assert set(frame[column.name].dropna()) <= set(column.values), column.name


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
    assert list(kinds[kinds == "sighting"].index) == ["S1", "S2", "S3", "S4", "S5"]
    assert list(kinds[kinds == "interview"].index) == ["I1", "I2"]
    assert sightings["date_from"].eq(pd.Timestamp("2021-10-01")).all()


def test_boundary_is_one_polygon_around_mitrovica() -> None:
    boundary = bundled.boundary()
    assert len(boundary) == 1
    assert boundary.crs.to_epsg() == 4326
    assert boundary.covers(bundled.records().union_all()).all()


CORE = (20.55, 42.75, 21.15, 43.30)
"""Where the network has every way."""
EXTENT_MB = 4.2
"""Of the files of the network, at most."""


@pytest.mark.parametrize(
    ("layer", "name"),
    [
        ("roads", "road"),
        ("paths", "path"),
        ("railways", "railway"),
        ("waterways", "waterway"),
    ],
)
def test_network_layers(layer: str, name: str) -> None:
    ways = getattr(bundled.network(), layer)
    assert_table(ways, WAYS, "LineString")
    assert set(ways["layer"]) == {name}


def test_every_way_of_the_core_is_there_as_gdal_reads_them(shared: Path) -> None:
    lines = pyogrio.read_dataframe(
        shared / "data/osm/mitrovica_region.osm.pbf", layer="lines", bbox=CORE
    )
    in_core = lines[lines.intersects(shapely.box(*CORE))]
    kinds = [*DRIVABLE, *WALKABLE]
    wanted = in_core.loc[in_core["highway"].isin(kinds), "osm_id"]
    network = bundled.network()
    there = pd.concat([network.roads["id"], network.paths["id"]])
    assert len(wanted) > 10_000
    assert set("way/" + wanted) <= set(there)


def test_beyond_the_core_are_main_ways_to_every_crossing() -> None:
    network, places = bundled.network(), bundled.places().set_index("id")
    outside = network.roads[~network.roads.intersects(shapely.box(*CORE))]
    assert set(outside["highway"]) <= set(MAIN_ROADS)
    assert set(network.waterways["waterway"]) > {"river"}
    main = outside.union_all()
    for name in ("hani_i_elezit", "vermice", "gllobocice"):
        crossing = places.loc[f"crossing_{name}", "geometry"]
        assert crossing.distance(main) < 0.003, name


def test_the_disused_link_over_the_ibar_is_kept() -> None:
    railways = bundled.network().railways
    assert set(railways["status"]) == {"active", "disused", "abandoned"}
    link = bundled.places().set_index("id").loc["rail_link_mitrovica"]
    disused = railways.loc[railways["status"] == "disused", "geometry"]
    assert shapely.distance(disused.to_numpy(), link.geometry).min() < 0.001


def test_bridges_names_and_numbers_survive() -> None:
    layers = bundled.network()
    assert layers.roads["bridge"].any()
    assert layers.railways["bridge"].any()
    assert layers.roads["name"].notna().any()
    assert layers.roads["ref"].notna().any()
    assert layers.roads["status"].isna().all()


@pytest.mark.parametrize(
    ("name", "is_law"),
    [
        ("Stacioni Policor", True), ("Policija", True), ("Полицијска управа", True),
        ("Traffic police", True), ("Burgu i Dubravës", True), ("Okružni zatvor", True),
        ("Gjykata Themelore", True), ("Osnovni sud", True), ("Основни суд", True),
        ("Basic Court", True), ("Prokuroria Speciale", True), ("MUP Srbije", True),
        ("Qendra e Paraburgimit", True), ("Ministarstvo unutrašnjih poslova", True),
        ("Poliklinika Diagnostika", False), ("Swiss Plus Policlinic", False),
        ("Kuvendi Komunal", False), ("Општина Звечан", False), ("Supermarket", False),
    ],
)  # fmt: skip
def test_the_law_is_told_by_its_name_and_is_no_stop_and_no_help(
    name: str, is_law: bool
) -> None:
    point = {"id": ["node/1"], "amenity": ["townhall"], "name": [name]}
    features = gpd.GeoDataFrame(point, geometry=[shapely.Point(20.87, 42.89)], crs=4326)
    source = bundled.network().source
    facilities = tags.layers(features, source).facilities
    assert facilities["kind"].tolist() == ["police" if is_law else "townhall"]
    if is_law:
        assert help_places(bundled.places().iloc[:0], facilities).empty
        assert "police" not in bundled.params().patrols.facility_kinds


def test_the_snapshot_is_small_and_says_what_it_is() -> None:
    folder = package_data.STUDY / "osm"
    size = sum(file.stat().st_size for file in folder.rglob("*.*") if file.is_file())
    assert size < EXTENT_MB * 1e6
    manifest = (folder / "manifest.json").read_text("utf-8")
    for words in (
        "© OpenStreetMap", "ODbL 1.0", "2021-08", "OpenMapTiles", "CC-BY 4.0", "maxspeed",
        "synthetic", "mitrovica fetch",
    ):  # fmt: skip
        assert words in manifest


def test_study_data_says_what_it_is() -> None:
    data = bundled.study_data()
    assert not data.layers.source.generalised
    assert data.layers.source.osm_date == "2021-08"
    assert "OpenStreetMap" in data.layers.source.licence
    assert_table(data.layers.facilities, FACILITIES, "Point")
