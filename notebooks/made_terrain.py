"""Make the terrain of notebook 04: hills between the bundled rivers.  Nothing in it was surveyed.

Each river lies at 500 m; away from it the ground rises, with hills drawn at random, up to 1,900 m.
``python notebooks/made_terrain.py`` writes ``notebooks/made_terrain.tif`` anew.
"""

from __future__ import annotations

from pathlib import Path

import numpy as np
import rasterio
from rasterio.features import rasterize
from rasterio.transform import from_origin
from scipy.ndimage import distance_transform_edt, gaussian_filter

from geo.crs import to_metric
from layers.readers import bundled

CELL_M = 500.0
VALLEY_M = 500.0
RIDGE_M = 1_900.0
RISE = 0.05
"""Metres up for each metre away from a river."""
HILL_M = 150.0
"""Standard deviation of the hills, from `HILL_WIDTH_M` away from a river on."""
HILL_WIDTH_M = 3_000.0
SEED = 1

FILE = Path(__file__).with_suffix(".tif")


def make(path: Path = FILE) -> Path:
    """Write the terrain as a GeoTIFF of whole metres, EPSG:9141, and return its path."""
    data = to_metric(bundled.study_data())
    rivers = data.layers.waterways.geometry
    west, south, east, north = (
        np.round(data.boundary.total_bounds / CELL_M) * CELL_M
    ).tolist()
    shape = int((north - south) / CELL_M), int((east - west) / CELL_M)
    corner = from_origin(west, north, CELL_M, CELL_M)
    is_river = rasterize(rivers, out_shape=shape, transform=corner, all_touched=True)
    away_m = distance_transform_edt(is_river == 0) * CELL_M
    noise = np.random.default_rng(SEED).normal(size=shape)
    hills = gaussian_filter(noise, HILL_WIDTH_M / CELL_M)
    hills_m = HILL_M * hills / hills.std() * np.minimum(away_m / HILL_WIDTH_M, 1.0)
    height_m = np.minimum(VALLEY_M + RISE * away_m, RIDGE_M) + hills_m
    profile = {
        "driver": "GTiff",
        "dtype": "int16",
        "count": 1,
        "height": shape[0],
        "width": shape[1],
        "crs": "EPSG:9141",
        "transform": corner,
        "compress": "deflate",
        "predictor": 2,
    }
    with rasterio.open(path, "w", **profile) as file:
        file.write(height_m.round().astype("int16"), 1)
        file.update_tags(TIFFTAG_IMAGEDESCRIPTION="Made for an example: not surveyed")
    return path


if __name__ == "__main__":
    make()
