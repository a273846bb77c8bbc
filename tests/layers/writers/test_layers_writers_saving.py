"""Each result of `geo` as a file: what is read back is what it held."""

from __future__ import annotations

import json
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
import shapely
from studies import small_study

import layers
from geo import hotspots, network, patterns
from geo.results import DensitySurface

STREET = gpd.GeoSeries(
    [shapely.LineString([(7_480_000, 4_750_000), (7_483_000, 4_750_000)])], crs=9141
)
SEEN = gpd.GeoSeries.from_xy(
    [7_480_100, 7_480_120, 7_480_700], [4_750_030] * 3, crs=9141
)
FOUND = small_study.findings()
FRAMES = {
    "proximity": (FOUND.proximity, {"table", "totals", "lines", "bands", "quantiles"}),
    "hotspots": (FOUND.hotspots, {"lixels", "table"}),
    "patrols": (FOUND.patrols, {"stops", "legs", "left_out", "stop_need"}),
    "access": (FOUND.access, {"sections", "places", "assumptions"}),
    "network": (network.from_lines(STREET), {"edges"}),
    "kinds": ({"street": gpd.GeoDataFrame(geometry=STREET)}, {"street"}),
    "k": (
        patterns.k_envelopes(network.from_lines(STREET), SEEN, [50], simulations=19),
        {"k"},
    ),
}  # fmt: skip


@pytest.mark.parametrize("name", FRAMES)
def test_a_package_holds_every_layer_and_table(name: str, tmp_path: Path) -> None:
    result, names = FRAMES[name]
    path = layers.save(result, tmp_path / "a.gpkg")
    written = set(gpd.list_layers(path)["name"])
    assert names <= written
    for layer in names:
        rows = getattr(result, layer, None)
        if rows is not None and len(rows):
            back = gpd.read_file(path, layer=layer)
            assert len(back) == len(rows)
            if isinstance(rows, gpd.GeoDataFrame):
                assert back.crs == rows.crs
                parts = [
                    frame.geometry.explode().normalize().to_numpy()
                    for frame in (back, rows)
                ]
                assert shapely.equals_exact(*parts, tolerance=1e-6).all()
    assert [file.name for file in tmp_path.iterdir()] == ["a.gpkg"]


def test_one_layer_is_geojson_flatgeobuf_or_parquet(tmp_path: Path) -> None:
    hot = FOUND.hotspots.table
    for suffix in (".geojson", ".fgb", ".parquet"):
        path = layers.save(hot, tmp_path / f"hot{suffix}")
        back = gpd.read_parquet(path) if suffix == ".parquet" else gpd.read_file(path)
        assert back["rank"].tolist() == hot["rank"].tolist()
        degrees = back.to_crs(4326).total_bounds
        assert degrees == pytest.approx(hot.to_crs(4326).total_bounds, abs=1e-6)
    (feature,) = json.loads((tmp_path / "hot.geojson").read_text())["features"]
    assert feature["properties"]["sightings"] == ["S1", "S2", "S3"]


def test_a_density_has_a_band_for_each_bandwidth(tmp_path: Path) -> None:
    surface = hotspots.planar_density(SEEN, [100.0, 200.0], uncertainty_m=0)
    assert isinstance(surface, DensitySurface)
    with rasterio.open(layers.save(surface, tmp_path / "d.tif")) as file:
        assert file.count == len(surface.bandwidths_m)
        assert file.units == (surface.unit,) * file.count
        assert f"{surface.bandwidths_m[0]:g} m" in file.descriptions[0]
        values = file.read(masked=True)
    there = np.isfinite(surface.values)
    assert (values.mask == ~there).all()
    np.testing.assert_allclose(values.data[there], surface.values[there], rtol=1e-6)


def test_walking_times_have_a_band_for_each_kind(tmp_path: Path) -> None:
    walk = FOUND.access
    assert walk is not None
    with rasterio.open(layers.save(walk, tmp_path / "walk.tif")) as file:
        assert file.descriptions == tuple(f"walk to {k}" for k in walk.minutes)
        assert file.crs.to_string() == walk.crs


@pytest.mark.parametrize(
    ("result", "name", "fault"),
    [
        (FOUND.proximity, "a.geojson", r"has lines, bands\. Fix: save one of them"),
        (FOUND.hotspots, "a.tif", r"Hotspots has no raster\. Fix: a density"),
        (FOUND.hotspots, "a.shp", r"a\.shp ends in no format\. Fix: one of \.gpkg"),
        (FOUND.hotspots, "a", r"ends in no format"),
        (3.0, "a.gpkg", r"float has no layer and no table"),
        (FOUND.proximity.table, "a.geojson", r"DataFrame has none"),
    ],
)  # fmt: skip
def test_what_cannot_be_written_is_refused_and_leaves_no_file(
    result: object, name: str, fault: str, tmp_path: Path
) -> None:
    with pytest.raises(ValueError, match=fault):
        layers.save(result, tmp_path / name)
    assert list(tmp_path.iterdir()) == []
