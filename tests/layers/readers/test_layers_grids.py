"""Any GeoTIFF as arrays in metres: totals kept, slope as gdaldem has it, errors with a fix."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from affine import Affine
from pyproj import Transformer
from shapely import box

import layers
from geo.records import Terrain
from layers.complaints import UserError

STEP = 1 / 600
CORNER = Affine(STEP, 0, 20.8, 0, -STEP, 42.95)
SHAPE = (90, 120)


def written(path: Path, values: np.ndarray, **other: object) -> Path:
    """Write a GeoTIFF in degrees about Mitrovica."""
    profile = {
        "driver": "GTiff", "count": 1, "dtype": "float32", "crs": "EPSG:4326", "nodata": -9.0,
        "height": values.shape[0], "width": values.shape[1], "transform": CORNER,
    }  # fmt: skip
    with rasterio.open(path, "w", **(profile | other)) as file:
        file.write(values.astype("float32"), 1)
    return path


def test_people_are_summed_and_none_is_lost(tmp_path: Path) -> None:
    people = np.zeros(SHAPE)
    people[20:60, 30:90] = 2.0
    found = layers.raster(
        written(tmp_path / "people.tif", people), cell_m=400, how="sum"
    )
    assert found.crs == "EPSG:9141"
    assert found.transform[0] == 400
    assert found.transform[2] % 400 == 0
    assert np.nansum(found.values) == pytest.approx(people.sum(), rel=1e-3)


def test_values_lie_where_their_coordinates_are(tmp_path: Path) -> None:
    row = np.indices(SHAPE)[0]
    latitude = CORNER.f - STEP * (row + 0.5)
    found = layers.raster(written(tmp_path / "north.tif", latitude), how="bilinear")
    rows, columns = np.nonzero(np.isfinite(found.values))
    x, y = Affine(*found.transform) @ (columns + 0.5, rows + 0.5)
    _, expected = Transformer.from_crs(found.crs, 4326, always_xy=True).transform(x, y)
    np.testing.assert_allclose(found.values[rows, columns], expected, atol=STEP)


def test_nodata_is_unknown_and_an_area_cuts(tmp_path: Path) -> None:
    values = np.full(SHAPE, 7.0)
    values[40:] = -9.0
    path = written(tmp_path / "half.tif", values)
    north = gpd.GeoDataFrame(geometry=[box(20.85, 42.9, 20.9, 42.94)], crs=4326)
    cut = layers.raster(path, north)
    whole = layers.raster(path)
    assert cut.values.size < whole.values.size / 3
    assert np.nanmin(whole.values) == 7.0
    assert np.isnan(whole.values).any()
    south = gpd.GeoDataFrame(geometry=[box(20.85, 42.81, 20.9, 42.85)], crs=4326)
    with pytest.raises(UserError, match="holds no value in the area"):
        layers.raster(path, south)


def test_slope_and_hillshade_are_those_of_gdaldem(tmp_path: Path) -> None:
    row, column = np.indices(SHAPE)
    heights = 700 + 150 * np.sin(row / 9) + 90 * np.cos(column / 7)
    found = layers.terrain(
        written(tmp_path / "hills.tif", heights), cell_m=200, licence="made"
    )
    assert isinstance(found, Terrain)
    assert (found.source, found.licence) == ("hills.tif", "made")
    assert found.detail_m == pytest.approx(185.3, abs=0.1)
    assert found.slope_deg.shape == found.hillshade.shape == found.elevation_m.shape
    program = shutil.which("gdaldem")
    if program is None:
        pytest.skip("gdaldem (gdal-bin) is not installed")
    metric = written(
        tmp_path / "metric.tif", np.nan_to_num(found.elevation_m, nan=-9.0),
        crs=found.crs, transform=Affine(*found.transform),
    )  # fmt: skip
    for mode, ours, tolerance in (
        ("slope", found.slope_deg, 1e-3),
        ("hillshade", 1 + 254 * found.hillshade, 0.51),
    ):
        out = tmp_path / f"{mode}.tif"
        subprocess.run([program, mode, "-q", metric, out], check=True, timeout=60)
        with rasterio.open(out) as file:
            theirs = file.read(1, masked=True).astype(float).filled(np.nan)
        assert (np.isnan(ours) == np.isnan(theirs)).all()
        np.testing.assert_allclose(ours, theirs, atol=tolerance)


def test_outside_kosovo_the_cells_are_those_of_the_utm_zone(tmp_path: Path) -> None:
    corner = Affine(STEP, 0, 17.8, 0, -STEP, 43.35)
    found = layers.terrain(
        written(tmp_path / "mostar.tif", np.ones(SHAPE), transform=corner)
    )
    assert found.crs == "EPSG:32633"


def test_a_file_without_crs_and_no_file_are_named(tmp_path: Path) -> None:
    bare = written(tmp_path / "bare.tif", np.ones(SHAPE), crs=None)
    with pytest.raises(UserError, match="has no CRS"):
        layers.raster(bare)
    with pytest.raises(UserError, match=r"nope\.tif cannot be read"):
        layers.terrain(tmp_path / "nope.tif")
