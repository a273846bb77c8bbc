"""GeoJSON and GeoPackage, read back by GDAL's own tools and by geopandas."""

from __future__ import annotations

import dataclasses
import itertools
import json
import os
import shutil
import sqlite3
import subprocess
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, date, datetime
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from shapely import Polygon
from studies import small_study

from geo.results import Findings
from geo.schema import (
    BOUNDARY,
    CONTRADICTIONS,
    EXCLUDED,
    HOTSPOTS,
    NEED,
    PROXIMITY,
    WAYS,
)
from layers import package_data
from layers.files.handling import OFFICE_TERMS, Handling
from layers.readers import bundled
from layers.writers import formats, geopackage, qgis
from layers.writers.layer_tables import Layer, map_layers, plain_tables

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
LOOKS = package_data.toml("lists", "looks.toml")
CREDIT = "© OpenStreetMap contributors, ODbL 1.0"
PLACES = "© Municipality of Mitrovica, CC BY 4.0"
HANDLING = Handling(date(2026, 5, 30), credit=CREDIT, study=PLACES, run="0123456789ab")
NETWORK = ("roads", "paths", "railways", "waterways", "facilities")
STUDY = ("boundary", "places")
SHAPES = (
    "help_places", "access_sections",
    "reported_density", "hotspots", "need", "patrol_legs", "patrol_stops",
    "corridor_bands", "proximity_lines",
)  # fmt: skip
"""Layers by whose their rows are; all others are the office's own."""


def whose(layer: str) -> tuple[str, str]:
    """Return whom to credit for a layer, and under which licence it is."""
    if layer in NETWORK:
        return CREDIT, "ODbL 1.0"
    if layer in STUDY:
        return PLACES, "CC BY 4.0"
    return (f"Shapes: {CREDIT}" if layer in SHAPES else ""), OFFICE_TERMS


@pytest.fixture(scope="module")
def layers() -> tuple[Layer, ...]:
    """Layers on the bundled data, with findings made by hand."""
    return map_layers(small_study.nowhere(small_study.findings()), bundled.study_data())


@pytest.fixture(scope="module")
def empty() -> tuple[Layer, ...]:
    full = small_study.data()
    none = {k: v.iloc[:0] for k, v in vars(full.layers).items() if k != "source"}
    ways = type(full.layers)(**none, source=full.layers.source)
    rows = {k: getattr(full, k).iloc[:0] for k in ("places", "boundary", "sightings")}
    data = dataclasses.replace(full, layers=ways, **rows)
    found = small_study.findings(0, patrols=False)
    none = {k: getattr(found.access, k).iloc[:0] for k in ("sections", "places")}
    access = dataclasses.replace(found.access, **none)
    near = dataclasses.replace(found.proximity, bands=found.proximity.bands.iloc[:0])
    found = dataclasses.replace(
        found, access=access, need=NEED.geoframe(), proximity=near
    )
    return map_layers(found, data)


@pytest.fixture(scope="module")
def folder(layers: tuple[Layer, ...], tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("layers")
    for layer in layers:
        formats.geojson(layer, folder / f"{layer.name}.geojson", HANDLING)
    findings = small_study.findings()
    plain = [(PROXIMITY, findings.proximity.table), (EXCLUDED, findings.excluded)]
    geopackage.write(layers, plain, folder / "study.gpkg", handling=HANDLING, now=NOW)
    return folder


def read(path: Path) -> dict[str, object]:
    return json.loads(path.read_text("utf-8"))


def test_what_openstreetmap_shapes_credits_it_in_the_geopackage(folder: Path) -> None:
    """That is every layer but the sightings and what the study itself places."""
    with closing(sqlite3.connect(folder / "study.gpkg")) as gpkg:
        found = gpkg.execute(
            "SELECT table_name, description FROM gpkg_contents WHERE data_type = 'features'"
        ).fetchall()
    silent = {name for name, text in found if "OpenStreetMap" not in text}
    assert silent == {"sightings", "boundary", "places"}


def ogrinfo(path: Path) -> str:
    """Return what GDAL's own tool says of a file; a warning is a failure."""
    program = shutil.which("ogrinfo")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("ogrinfo is not installed; CI installs gdal-bin")
        pytest.skip("ogrinfo (gdal-bin) is not installed")
    done = subprocess.run(
        [program, "-ro", "-al", "-so", str(path)],
        capture_output=True, text=True, timeout=60, check=True,
    )  # fmt: skip
    assert not done.stderr
    return done.stdout


def test_every_geojson_follows_rfc_7946(
    folder: Path, layers: tuple[Layer, ...]
) -> None:
    for layer in layers:
        found = read(folder / f"{layer.name}.geojson")
        assert found["type"] == "FeatureCollection"
        assert "crs" not in found
        assert found["handling"] == HANDLING.line()
        assert (found["credit"], found["licence"]) == whose(layer.name)
        assert found["run"] == HANDLING.run
        assert len(found["features"]) == len(layer.frame)
        assert [f["id"] for f in found["features"]] == list(layer.frame["id"])
        holding = layer.frame.columns[layer.frame.notna().any()]
        for feature in found["features"]:
            assert feature.keys() == {"type", "id", "properties", "geometry"}
            properties = feature["properties"]
            assert properties.keys() == {*holding} - {"id", "geometry"}
            for column in layer.table.columns:
                if column.unit == "m" and properties.get(column.name):
                    metres = properties[column.name]
                    assert metres == round(metres, 2), column.name
        if len(layer.frame):
            assert found["bbox"] == pytest.approx(layer.frame.total_bounds, abs=1e-6)


def test_ids_of_several_are_lists_in_every_format(
    layers: tuple[Layer, ...], folder: Path, tmp_path: Path
) -> None:
    (hotspots,) = [layer for layer in layers if layer.name == "hotspots"]
    ids = hotspots.frame["sightings"].tolist()
    assert max(map(len, ids)) > 1
    both = frozenset({formats.PARQUET, formats.FLATGEOBUF})
    formats.more([hotspots], tmp_path, both, HANDLING)
    features = read(folder / "hotspots.geojson")["features"]
    assert [f["properties"]["sightings"] for f in features] == ids
    for path, layer in (
        (tmp_path / "hotspots.fgb", None),
        (folder / "study.gpkg", "hotspots"),
    ):
        rows = HOTSPOTS.frame(gpd.read_file(path, layer=layer))
        assert sorted(rows["sightings"]) == sorted(ids)
    rows = gpd.read_parquet(tmp_path / "hotspots.parquet")
    assert [list(named) for named in rows["sightings"]] == ids


def test_coordinates_keep_six_decimals_of_a_degree(
    folder: Path, layers: tuple[Layer, ...]
) -> None:
    for layer in layers:
        features = read(folder / f"{layer.name}.geojson")["features"]
        shapes = shapely.from_geojson([json.dumps(f["geometry"]) for f in features])
        xy = shapely.get_coordinates(shapes)
        assert (abs(xy * 1e6 - (xy * 1e6).round()) < 1e-4).all()
        assert ((xy > [19, 41]) & (xy < [23, 44])).all()


def test_exterior_rings_run_counter_clockwise_and_holes_clockwise(
    tmp_path: Path,
) -> None:
    clockwise = Polygon(
        [(20, 42), (20, 43), (21, 43), (21, 42)],
        [[(20.2, 42.2), (20.4, 42.2), (20.4, 42.4), (20.2, 42.4)]],
    )
    frame = gpd.GeoDataFrame(
        {"id": ["a"], "name": ["A"]}, geometry=[clockwise], crs=4326
    )
    formats.geojson(
        Layer("boundary", BOUNDARY, frame), tmp_path / "a.geojson", HANDLING
    )
    (feature,) = read(tmp_path / "a.geojson")["features"]
    ((shell, hole),) = feature["geometry"]["coordinates"]
    assert shapely.is_ccw(shapely.linearrings(shell))
    assert not shapely.is_ccw(shapely.linearrings(hole))


def test_an_area_whose_rounded_outline_touches_itself_is_written_in_parts(
    tmp_path: Path,
) -> None:
    notch = (20.5, 42.0000004)
    heart = Polygon([(20, 42), (21, 42), (21, 43), notch, (20, 43)])
    frame = gpd.GeoDataFrame({"id": ["a"], "name": ["A"]}, geometry=[heart], crs=4326)
    path = tmp_path / "a.geojson"
    formats.geojson(Layer("boundary", BOUNDARY, frame), path, HANDLING)
    (written,) = gpd.read_file(path).geometry
    assert written.is_valid
    assert written.geom_type == "MultiPolygon"
    assert len(written.geoms) == 2
    assert written.area == pytest.approx(heart.area)


def test_a_row_without_an_id_is_a_feature_without_one(tmp_path: Path) -> None:
    square = shapely.box(20, 42, 21, 43)
    rows = {"id": [None, "b"], "name": ["A", "B"]}
    frame = gpd.GeoDataFrame(rows, geometry=[square] * 2, crs=4326)
    path = tmp_path / "a.geojson"
    formats.geojson(Layer("boundary", BOUNDARY, frame), path, HANDLING)
    first, second = read(path)["features"]
    assert "id" not in first
    assert second["id"] == "b"


def test_text_with_slashes_and_breaks_of_any_kind_is_kept(tmp_path: Path) -> None:
    name = "a/b \\/ \\ \u2028 \x85 \r\n"
    rows = {
        "id": ["way/1"],
        "layer": "road",
        "name": [name],
        "geometry": shapely.from_wkt(["LINESTRING (20 42, 21 43)"]),
    }
    path = tmp_path / "a.geojson"
    ways = WAYS.geoframe(pd.DataFrame(rows))
    formats.geojson(Layer("roads", WAYS, ways), path, HANDLING)
    (feature,) = read(path)["features"]
    assert (feature["id"], feature["properties"]["name"]) == ("way/1", name)


def of_each_geometry(layers: tuple[Layer, ...]) -> list[Layer]:
    """Return a layer of points, one of lines, and so on."""
    return [*{layer.table.geometry: layer for layer in layers}.values()]


SOME_OR_ALL = pytest.mark.parametrize(
    "chosen", [of_each_geometry, pytest.param(list, marks=pytest.mark.proof)]
)
"""Every layer is one more start of GDAL's tool."""


@SOME_OR_ALL
def test_an_empty_layer_is_a_valid_file(
    tmp_path: Path,
    empty: tuple[Layer, ...],
    chosen: Callable[[tuple[Layer, ...]], list[Layer]],
) -> None:
    for layer in chosen(empty):
        path = tmp_path / f"{layer.name}.geojson"
        formats.geojson(layer, path, HANDLING)
        assert read(path)["features"] == []
        assert "Feature Count: 0" in ogrinfo(path)


def test_an_empty_run_is_a_valid_geopackage(
    tmp_path: Path, empty: tuple[Layer, ...]
) -> None:
    path = tmp_path / "empty.gpkg"
    geopackage.write(
        empty, [(PROXIMITY, PROXIMITY.frame())], path, handling=HANDLING, now=NOW
    )
    assert ogrinfo(path).count("Feature Count: 0") == len(empty) + 1


def test_unknown_values_are_null_and_text_is_kept_whole(tmp_path: Path) -> None:
    name = 'Rruga "Ë" <b>\n& Улица'
    lines = shapely.from_wkt(["LINESTRING (20 42, 21 43)", "LINESTRING (20 42, 21 42)"])
    rows = {
        "id": ["w1", "w2"],
        "layer": "road",
        "name": [name, None],
        "geometry": lines,
    }
    ways = WAYS.geoframe(pd.DataFrame(rows))
    formats.geojson(Layer("roads", WAYS, ways), tmp_path / "a.geojson", HANDLING)
    first, second = (f["properties"] for f in read(tmp_path / "a.geojson")["features"])
    assert (first["name"], second["name"]) == (name, None)
    assert (first["bridge"], first["oneway"]) == (False, 0)
    assert "ref" not in first, "a column that holds nothing"


@SOME_OR_ALL
def test_ogrinfo_reads_every_layer(
    folder: Path,
    layers: tuple[Layer, ...],
    chosen: Callable[[tuple[Layer, ...]], list[Layer]],
) -> None:
    for layer in chosen(layers):
        info = ogrinfo(folder / f"{layer.name}.geojson")
        assert f"Feature Count: {len(layer.frame)}\n" in info
        assert 'ID["EPSG",4326]' in info
    whole = ogrinfo(folder / "study.gpkg")
    for name in [*(layer.name for layer in layers), "proximity", "excluded_records"]:
        assert f"Layer name: {name}\n" in whole


def test_geopandas_reads_back_what_was_written(
    folder: Path, layers: tuple[Layer, ...]
) -> None:
    for layer in layers:
        if layer.frame.empty:  # a GeoJSON without features names no columns
            continue
        metres = [c.name for c in layer.table.columns if c.unit == "m"]
        for back, decimals in (
            (gpd.read_file(folder / f"{layer.name}.geojson", DATE_AS_STRING="YES"), 2),
            (gpd.read_file(folder / "study.gpkg", layer=layer.name), 6),
        ):
            assert back.crs == layer.frame.crs
            assert list(back["id"]) == list(layer.frame["id"])
            parts = [
                f.geometry.explode().normalize().values for f in (back, layer.frame)
            ]
            assert shapely.equals_exact(*parts, tolerance=1e-6).all()
            written = layer.table.frame(layer.frame).round(
                dict.fromkeys(metres, decimals)
            )
            pd.testing.assert_frame_equal(layer.table.frame(back), written, rtol=1e-9)


def test_ids_are_unique_and_stay_the_same(layers: tuple[Layer, ...]) -> None:
    again = map_layers(
        small_study.nowhere(small_study.findings()), bundled.study_data()
    )
    for layer, other in zip(layers, again, strict=True):
        assert layer.frame["id"].is_unique, layer.name
        assert layer.frame["id"].notna().all()
        assert list(layer.frame["id"]) == list(other.frame["id"])
    stops = next(layer for layer in layers if layer.name == "patrol_stops")
    assert stops.frame["id"].iloc[1] == "patrol_stops-1-evening-1-1-monitoring_point"


def test_equal_input_gives_equal_files(
    tmp_path: Path, layers: tuple[Layer, ...]
) -> None:
    for name in ("a", "b"):
        geopackage.write(
            layers, [], tmp_path / f"{name}.gpkg", handling=HANDLING, now=NOW
        )
    assert (tmp_path / "a.gpkg").read_bytes() == (tmp_path / "b.gpkg").read_bytes()
    assert pyogrio.get_gdal_config_option("OGR_CURRENT_DATE") is None


def test_qgis_finds_a_style_for_every_layer(
    folder: Path, layers: tuple[Layer, ...]
) -> None:
    with closing(sqlite3.connect(folder / "study.gpkg")) as gpkg:
        for layer in layers:
            # The question that QGIS asks of a GeoPackage when it opens a layer.
            (style,) = gpkg.execute(
                "SELECT styleQML FROM layer_styles WHERE f_table_schema = '' "
                "AND f_table_name = ? AND f_geometry_column = ? AND useAsDefault",
                (layer.name, "geom"),
            ).fetchone()
            renderer = ET.fromstring(style).find("renderer-v2")
            # Stops of several patrols at one place stand side by side.
            if layer.name == "patrol_stops":
                assert renderer.attrib["type"] == "pointDisplacement"
                renderer = renderer.find("renderer-v2")
            assert renderer.find("symbols/symbol") is not None
        kinds = gpkg.execute("PRAGMA table_info(layer_styles)").fetchall()
        assert [row[1] for row in kinds][:5] == [
            "id", "f_table_catalog", "f_table_schema", "f_table_name", "f_geometry_column",
        ]  # fmt: skip
        listed = gpkg.execute(
            "SELECT data_type FROM gpkg_contents WHERE table_name = 'layer_styles'"
        )
        assert listed.fetchall() == [("attributes",)]
        assert gpkg.execute("PRAGMA integrity_check").fetchone() == ("ok",)


def drawn(layer: Layer) -> ET.Element:
    """Return the QGIS style of a layer that is opened alone."""
    return ET.fromstring(qgis.qml(qgis.first_of(layer.name), layer.table, layer.frame))


def named(layers: tuple[Layer, ...], name: str) -> Layer:
    return next(layer for layer in layers if layer.name == name)


def options(symbol: ET.Element) -> dict[str | None, str | None]:
    return {option.get("name"): option.get("value") for option in symbol.iter("Option")}


def test_every_value_has_a_symbol_in_the_maps_look(layers: tuple[Layer, ...]) -> None:
    document = drawn(named(layers, "railways"))
    rules = {rule.get("label"): rule for rule in document.iter("rule")}
    assert rules["Railway"].get("filter") == "to_string(\"status\") IN ('active')"
    assert rules["Railway, disused"].get("filter") == "ELSE"
    disused = document.findall(
        f".//symbol[@name='{rules['Railway, disused'].get('symbol')}']/layer"
    )
    look = LOOKS["ground"]["disused"]
    casing, line = map(options, disused)
    assert casing["line_width"] == f"{0.75 * look['casing_width']:g}"
    assert line["line_width"] == f"{0.75 * look['width']:g}"
    assert (line["use_custom_dash"], line["customdash"]) == ("1", "5.25;3")


def test_every_column_has_a_title_with_its_unit(
    folder: Path, layers: tuple[Layer, ...]
) -> None:
    aliases = {
        a.get("field"): a.get("name")
        for a in drawn(named(layers, "patrol_stops")).iter("alias")
    }
    assert (aliases["drive_m"], aliases["service_s"]) == (
        "drive from the stop before, m",
        "service, s",
    )
    with closing(sqlite3.connect(folder / "study.gpkg")) as gpkg:
        found = gpkg.execute(
            "SELECT table_name, column_name, title FROM gpkg_data_columns"
        )
        titles = {(table, column): title for table, column, title in found}
    for layer in layers:
        for column in layer.table.columns:
            assert titles[layer.name, column.name] == column.title


def test_a_shifts_name_leaves_the_style_readable(layers: tuple[Layer, ...]) -> None:
    stops = named(layers, "patrol_stops")
    names = ("вече", "O'Neill", "<b>&\x07\ufffe night")
    frame = pd.concat(
        [stops.frame.assign(shift=name, departure_s=n) for n, name in enumerate(names)]
    )
    document = drawn(dataclasses.replace(stops, frame=frame))
    filters = [rule.get("filter") for rule in document.iter("rule")][::2]
    for found, name in zip(filters, ("вече", "O''Neill", "<b>& night"), strict=True):
        assert f"to_string(\"shift\") IN ('{name}')" in found


@pytest.mark.parametrize(
    ("name", "column", "size"),
    [("access_sections", "far_min", "line_width"), ("need", "observed", "size")],
)
def test_a_graduated_layer_is_the_larger_the_higher(
    layers: tuple[Layer, ...], name: str, column: str, size: str
) -> None:
    layer = named(layers, name)
    renderer = drawn(layer).find("renderer-v2")
    assert (renderer.get("attr"), renderer.get("graduatedMethod")) == (
        column,
        "GraduatedSize",
    )
    bounds = [
        (float(r.get("lower")), float(r.get("upper"))) for r in renderer.iter("range")
    ]
    assert bounds[-1][1] == layer.frame[column].max()
    assert all(high == low for (_, high), (low, _) in itertools.pairwise(bounds))
    sizes = [
        float(option.get("value"))
        for option in renderer.iter("Option")
        if option.get("name") == size
    ]
    assert len(sizes) == len(bounds)
    assert sizes == sorted(set(sizes))


def test_a_geopackage_says_whose_it_is_and_of_which_run(folder: Path) -> None:
    with closing(sqlite3.connect(folder / "study.gpkg")) as gpkg:
        (text,) = gpkg.execute("SELECT metadata FROM gpkg_metadata").fetchone()
        rows = gpkg.execute(
            "SELECT table_name, description FROM gpkg_contents"
        ).fetchall()
    assert json.loads(text) == HANDLING.of_package()
    for name, about in rows:
        assert whose(name)[0] in about, name
        assert ("OpenStreetMap" in about) == (name in (*NETWORK, *SHAPES)), name
    assert "sightings" in {name for name, about in rows if "ODbL" not in about}
    assert '"run": "0123456789ab"' in ogrinfo(folder / "study.gpkg")


def test_one_place_of_two_kinds_of_help_has_two_ids(findings: Findings) -> None:
    places = findings.access.places
    both = pd.concat([places, places.assign(help="community")], ignore_index=True)
    access = dataclasses.replace(findings.access, places=both)
    found = map_layers(dataclasses.replace(findings, access=access), small_study.data())
    layer = next(layer for layer in found if layer.name == "help_places")
    assert list(layer.frame["id"]) == [
        "help_places-health-hospital", "help_places-community-hospital",
    ]  # fmt: skip


def test_a_layer_lets_out_nothing_that_its_table_does_not_name(
    findings: Findings,
) -> None:
    places = bundled.places().assign(phone="038 000 000")
    data = dataclasses.replace(bundled.study_data(), places=places)
    out = next(
        layer
        for layer in map_layers(small_study.nowhere(findings), data)
        if layer.name == "places"
    )
    assert "phone" not in out.frame


@pytest.fixture(scope="module")
def findings() -> Findings:
    return small_study.findings()


def test_qgis_credits_whose_each_layer_is(layers: tuple[Layer, ...]) -> None:
    tables = plain_tables(small_study.findings(), CONTRADICTIONS.frame())
    source = small_study.data().layers.source
    text = qgis.project(
        layers,
        tables,
        (),
        "EPSG:9141",
        "A study",
        HANDLING,
        source,
        small_study.data().boundary,
    )
    project = ET.fromstring(text.encode())
    sheet = [one.attrib.get("labelText", "") for one in project.iter("LayoutItem")]
    assert any(source.title in one and "ight" in one for one in sheet)
    found = {}
    for layer in project.iter("maplayer"):
        source = (layer.findtext("datasource") or "").rpartition("layername=")[2]
        found[source] = layer.findtext("attribution") or ""
    assert found == {name: whose(name)[0] for name in found}
    assert {"roads", "sightings", "patrol_stops", "hotspots"} <= found.keys()
