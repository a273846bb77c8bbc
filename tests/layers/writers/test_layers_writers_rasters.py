"""Walking times and densities as GeoTIFFs, read back by rasterio and by GDAL's own tool."""

from __future__ import annotations

import dataclasses
import json
import os
import shutil
import subprocess
from datetime import date
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import numpy as np
import pytest
import rasterio
from studies import small_study

from geo import hotspots
from geo.results import Access
from layers import palette
from layers.files.handling import Handling
from layers.files.rasters import NODATA
from layers.writers.surfaces import write_densities, write_walking_times

ROWS, COLUMNS, CELL_M = 300, 200, 200.0
HANDLING = Handling(date(2026, 11, 24), credit="© A, ODbL 1.0", run="0123")


@pytest.fixture(scope="module")
def access() -> Access:
    """Return minutes that rise to the east, unknown in the first row, on a region's grid."""
    minutes = np.tile(np.linspace(0.0, 90.0, COLUMNS, dtype=np.float32), (ROWS, 1))
    minutes[0] = np.nan
    minutes[1, 0] = np.inf
    return dataclasses.replace(
        small_study.findings().access,
        minutes={"health": minutes, "water": minutes / 2},
        transform=(CELL_M, 0.0, 7_460_000.0, 0.0, -CELL_M, 4_790_000.0),
    )


@pytest.fixture(scope="module")
def raster(access: Access, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("cog") / "rasters"
    written = write_walking_times(access, folder, HANDLING)
    assert [surface.path.name for surface in written] == [
        "walking_time_health.tif", "walking_time_water.tif",
    ]  # fmt: skip
    return written[0].path


def test_a_style_lies_beside_the_raster(raster: Path) -> None:
    items = [
        (item.get("value"), item.get("color"))
        for item in ET.parse(raster.with_suffix(".qml")).iter("item")
    ]
    bounds = [*map(str, palette.WALKING_MIN), "inf"]
    assert items == list(zip(bounds, palette.WALKING, strict=True))


def test_rasterio_reads_back_minutes_cells_and_gaps(
    access: Access, raster: Path
) -> None:
    with rasterio.open(raster) as file:
        assert file.crs.to_epsg() == 9141
        assert tuple(file.transform)[:6] == access.transform
        assert file.nodata == NODATA
        assert file.units == ("min",)
        assert file.descriptions == ("Walking time to help: health",)
        assert file.tags()["label"] == "model with assumptions"
        assert file.tags()["note"] == access.note
        assert file.tags()["TIFFTAG_IMAGEDESCRIPTION"] == HANDLING.line()
        assert file.tags()["TIFFTAG_COPYRIGHT"] == f"Shapes: {HANDLING.credit}"
        assert file.tags()["run"] == HANDLING.run
        found = file.read(1, masked=True)
    expected = np.ma.masked_invalid(access.minutes["health"])
    assert (found.mask == expected.mask).all()
    np.testing.assert_allclose(found.filled(0), expected.filled(0), atol=0.051)


def test_overviews_average_what_is_known_and_never_the_gaps(raster: Path) -> None:
    with rasterio.open(raster) as file:
        assert file.overviews(1) == [2, 4]
        small = file.read(1, out_shape=(ROWS // 2, COLUMNS // 2), masked=True)
    assert small.min() >= 0
    assert small.max() <= 90


def test_gdalinfo_sees_a_cloud_optimised_geotiff(raster: Path) -> None:
    program = shutil.which("gdalinfo")
    if program is None:
        if os.environ.get("CI"):
            pytest.fail("gdalinfo is not installed; CI installs gdal-bin")
        pytest.skip("gdalinfo (gdal-bin) is not installed")
    done = subprocess.run(
        [program, "-json", str(raster)],
        capture_output=True,
        text=True,
        timeout=60,
        check=True,
    )
    assert not done.stderr
    info = json.loads(done.stdout)
    assert info["metadata"]["IMAGE_STRUCTURE"]["LAYOUT"] == "COG"
    assert 'ID["EPSG",9141]' in info["coordinateSystem"]["wkt"]
    (band,) = info["bands"]
    assert (band["type"], band["noDataValue"], band["unit"]) == (
        "Float32",
        NODATA,
        "min",
    )
    assert [overview["size"] for overview in band["overviews"]] == [
        [100, 150],
        [50, 75],
    ]


def test_equal_input_gives_equal_files(
    access: Access, raster: Path, tmp_path: Path
) -> None:
    again = write_walking_times(access, tmp_path, HANDLING)[0].path
    assert again.read_bytes() == raster.read_bytes()


def test_a_kind_without_a_place_has_no_file(access: Access, tmp_path: Path) -> None:
    assert (
        write_walking_times(dataclasses.replace(access, minutes={}), tmp_path, HANDLING)
        == []
    )
    assert list(tmp_path.iterdir()) == []


def test_a_surface_that_nobody_can_reach_is_all_gap(
    access: Access, tmp_path: Path
) -> None:
    nowhere = np.full((5, 4), np.nan, dtype=np.float32)
    ((path, *_),) = write_walking_times(
        dataclasses.replace(access, minutes={"water": nowhere}), tmp_path, HANDLING
    )
    with rasterio.open(path) as file:
        assert file.read(1, masked=True).mask.all()


def test_densities_have_a_band_for_each_bandwidth_and_say_what_they_are(
    tmp_path: Path,
) -> None:
    hot = small_study.findings().hotspots
    seen = gpd.GeoSeries.from_xy(
        [7_500_050, 7_501_050], [4_750_050, 4_750_050], crs=9141
    )
    planar = hotspots.planar_density(seen, [125.0, 250.0, 500.0], uncertainty_m=0)
    hot = dataclasses.replace(hot, surfaces={"planar": planar})
    (surface,) = write_densities(hot, tmp_path, HANDLING)
    assert surface.path.name == "reported_density_planar.tif"
    with rasterio.open(surface.path) as file:
        assert file.descriptions[1] == "Reported density: planar, bandwidth 250 m"
        assert file.units == ("1/km²",) * 3
        assert tuple(file.transform)[:6] == planar.transform
        tags = file.tags()
        found = file.read(masked=True)
    assert "were reported, never where people are" in tags["note"]
    assert f"{hot.n} sightings" in tags["note"]
    assert tags["TIFFTAG_IMAGEDESCRIPTION"] == HANDLING.line()
    assert tags["TIFFTAG_COPYRIGHT"] == f"Shapes: {HANDLING.credit}"
    assert (found.mask == np.isnan(planar.values)).all()
    np.testing.assert_allclose(
        found.filled(0), np.nan_to_num(planar.values), rtol=0.006
    )
    renderer = ET.parse(surface.path.with_suffix(".qml")).find(".//rasterrenderer")
    assert renderer is not None
    assert renderer.get("band") == "2"
    items = [(item.get("alpha"), item.get("color")) for item in renderer.iter("item")]
    assert items[0][0] == "0"
    assert [colour for _, colour in items[1:]] == list(palette.LIXELS)


def test_a_study_without_surfaces_has_no_density(tmp_path: Path) -> None:
    assert write_densities(small_study.findings().hotspots, tmp_path, HANDLING) == []
