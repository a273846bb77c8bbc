"""Walking time to help as cloud-optimised GeoTIFFs, one file a kind of help."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import numpy as np
import rasterio
from rasterio.transform import Affine

from geo.results import Access

NODATA: Final = -9999.0
DECIMALS: Final = 1
"""Of a minute; no model of walking knows it better."""
OPTIONS: Final = {
    "BLOCKSIZE": "128",
    "COMPRESS": "DEFLATE",
    "PREDICTOR": "YES",
    "OVERVIEW_RESAMPLING": "AVERAGE",
}
"""Tiles small enough that the surface of one region has overviews."""


def write_cogs(access: Access, folder: Path) -> list[Path]:
    """Write ``walking_time_<kind>.tif`` for every kind of help: minutes on foot, float32.

    Parameters
    ----------
    access : geo.results.Access
        Its surfaces keep their CRS and their cells.
    folder : pathlib.Path
        Made where it is missing.  Older files of these names are replaced.

    Returns
    -------
    list of pathlib.Path
        The files written, in the order of the kinds.

    References
    ----------
    .. [1] OGC 21-026, "Cloud Optimized GeoTIFF Standard", 2023.
    """
    folder.mkdir(parents=True, exist_ok=True)
    written = []
    for kind, minutes in access.minutes.items():
        path = folder / f"walking_time_{kind}.tif"
        with rasterio.open(
            path,
            "w",
            driver="COG",
            height=minutes.shape[0],
            width=minutes.shape[1],
            count=1,
            dtype="float32",
            crs=access.crs,
            transform=Affine(*access.transform),
            nodata=NODATA,
            **OPTIONS,
        ) as raster:
            known = np.where(np.isfinite(minutes), minutes.round(DECIMALS), NODATA)
            raster.write(known.astype("float32"), 1)
            raster.set_band_description(1, f"walking time to help: {kind}")
            raster.set_band_unit(1, "min")
            raster.update_tags(label=access.label, note=access.note)
        written.append(path)
    return written
