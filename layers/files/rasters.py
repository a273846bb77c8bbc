"""GeoTIFFs as arrays, and arrays as cloud-optimised GeoTIFFs.

References
----------
OGC 21-026, "Cloud Optimized GeoTIFF Standard", 2023.
"""

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Final, NamedTuple

import numpy as np
import rasterio
from affine import Affine
from rasterio.io import MemoryFile

from geo.records import Raster

NODATA: Final = -9999.0


class Band(NamedTuple):
    """What a band of a file holds."""

    name: str
    unit: str


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
    bands: Sequence[Band] = (),
    block: int = 128,
) -> Path:
    """Write a cloud-optimised GeoTIFF with overviews, float32, and return its path.

    A raster smaller than a tile has no overviews.

    Parameters
    ----------
    path
        The file; its folder is made where it is missing.
    raster
        One band, or several as (bands, rows, columns).
    tags
        Of the whole file.
    bands
        Name and unit of each band.
    block
        Cells along the side of a tile.
    """
    path.parent.mkdir(parents=True, exist_ok=True)
    rows, columns = raster.values.shape[-2:]
    values = raster.values.reshape(-1, rows, columns)
    filled = np.where(np.isfinite(values), values, NODATA).astype("float32")
    # In memory first: GDAL reports no error when the disk is full at the last bytes.
    with MemoryFile() as memory:
        with memory.open(
            driver="COG",
            height=rows,
            width=columns,
            count=len(values),
            dtype="float32",
            crs=raster.crs,
            transform=Affine(*raster.transform),
            nodata=NODATA,
            BLOCKSIZE=block,
            COMPRESS="DEFLATE",
            PREDICTOR="YES",
            OVERVIEW_RESAMPLING="AVERAGE",
        ) as file:
            file.write(filled)
            for number, band in enumerate(bands, 1):
                file.set_band_description(number, band.name)
                file.set_band_unit(number, band.unit)
            file.update_tags(**tags)
        path.write_bytes(memory.getbuffer())
    return path
