"""The density of sightings as a GeoTIFF, read back by rasterio."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import rasterio

from geo.results import DensityRaster
from layers.handling import Handling
from layers.writers.rasters import write_density

HANDLING = Handling(date(2026, 11, 24), internal=False)


def test_rasterio_reads_back_the_density(tmp_path: Path) -> None:
    values = np.linspace(0.0, 3.0, 30 * 40).reshape(30, 40)
    transform = (100.0, 0.0, 7_460_000.0, 0.0, -100.0, 4_790_000.0)
    surface = DensityRaster(values, transform, "EPSG:9141", 250.0)
    ((path, *_),) = write_density(surface, tmp_path / "rasters", HANDLING)
    assert path.name == "density.tif"
    with rasterio.open(path) as file:
        assert file.crs.to_epsg() == 9141
        assert tuple(file.transform)[:6] == transform
        assert file.units == ("1/km2",)
        assert file.tags()["label"] == "where sightings were reported, never where people are"
        assert file.tags()["note"] == "positions as coarse as those that leave, Gaussian of 250 m"
        np.testing.assert_allclose(file.read(1), values, atol=1e-6)


def test_without_sightings_there_is_no_file(tmp_path: Path) -> None:
    assert write_density(None, tmp_path / "rasters", HANDLING) == []
    assert not (tmp_path / "rasters").exists()
