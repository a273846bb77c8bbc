"""GeoTIFFs as arrays, and arrays as cloud-optimised GeoTIFFs.

References
----------
OGC 21-026, "Cloud Optimized GeoTIFF Standard", 2023.
"""

from collections.abc import Mapping
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import numpy.typing as npt
import rasterio
from affine import Affine
from rasterio.io import MemoryFile

NODATA: Final = -9999.0

Transform = tuple[float, float, float, float, float, float]
"""Affine ``a, b, c, d, e, f``: x = a column + b row + c, y = d column + e row + f."""


class Raster(NamedTuple):
    """One band, in its own CRS."""

    values: npt.NDArray[np.floating]
    """(rows, columns), from north to south; NaN where nothing is known."""
    transform: Transform
    crs: str


def read(path: Path) -> Raster:
    """Return the first band of a GeoTIFF, float32."""
    with rasterio.open(path) as dataset:
        values = dataset.read(1, masked=True).astype(np.float32).filled(np.nan)
        a, b, c, d, e, f = tuple(dataset.transform)[:6]
        return Raster(values, (a, b, c, d, e, f), dataset.crs.to_string())


def write(
    path: Path,
    raster: Raster,
    tags: Mapping[str, str],
    *,
    band: tuple[str, str] | None = None,
    block: int = 128,
) -> Path:
    """Write a cloud-optimised GeoTIFF with overviews, float32, and return its path.

    `tags` are of the whole file; `band` is the name and the unit of the band; `block` is how many
    cells a side of a tile has.  A raster smaller than a tile has no overviews.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    values = raster.values
    # In memory first: GDAL reports no error when the disk is full at the last bytes.
    with MemoryFile() as memory:
        with memory.open(
            driver="COG", height=values.shape[0], width=values.shape[1], count=1, dtype="float32",
            crs=raster.crs, transform=Affine(*raster.transform), nodata=NODATA, BLOCKSIZE=block,
            COMPRESS="DEFLATE", PREDICTOR="YES", OVERVIEW_RESAMPLING="AVERAGE",
        ) as file:  # fmt: skip
            file.write(np.where(np.isfinite(values), values, NODATA).astype("float32"), 1)
            if band is not None:
                file.set_band_description(1, band[0])
                file.set_band_unit(1, band[1])
            file.update_tags(**tags)
        path.write_bytes(memory.getbuffer())
    return path
