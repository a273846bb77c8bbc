"""Surfaces as cloud-optimised GeoTIFFs: walking time to help, density of sightings."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt
from rasterio.io import MemoryFile
from rasterio.transform import Affine

from geo.results import Access, DensityRaster
from layers.filenames import WALKING
from layers.handling import Handling

DENSITY: Final = "density.tif"
NODATA: Final = -9999.0
DESCRIPTION: Final = "TIFFTAG_IMAGEDESCRIPTION"
DECIMALS: Final = 1
"""Of a minute; no model of walking knows it better."""
OPTIONS: Final = {
    "BLOCKSIZE": "128",
    "COMPRESS": "DEFLATE",
    "PREDICTOR": "YES",
    "OVERVIEW_RESAMPLING": "AVERAGE",
}
"""Tiles small enough that the surface of one region has overviews."""


def write_cogs(access: Access, folder: Path, handling: Handling) -> list[Path]:
    """Write ``walking_time_<kind>.tif`` for every kind of help: minutes on foot, float32.

    Parameters
    ----------
    access : geo.results.Access
        Its surfaces keep their CRS and their cells.
    folder : pathlib.Path
        Made where it is missing.  Older files of these names are replaced.
    handling : layers.handling.Handling
        Stands in the description of each file.

    Returns
    -------
    list of pathlib.Path
        The files written, in the order of the kinds.

    References
    ----------
    .. [1] OGC 21-026, "Cloud Optimized GeoTIFF Standard", 2023.
    """
    return [
        _write(
            folder / f"{WALKING}{kind}.tif", minutes.round(DECIMALS),
            crs=access.crs, transform=access.transform,
            band=(f"walking time to help: {kind}", "min"),
            tags={"label": access.label, "note": access.note, DESCRIPTION: handling.line()},
        )
        for kind, minutes in access.minutes.items()
    ]  # fmt: skip


def write_density(raster: DensityRaster | None, folder: Path, handling: Handling) -> list[Path]:
    """Write ``density.tif``: sightings per square kilometre, float32; nothing without a raster.

    The same container as `write_cogs`.
    """
    if raster is None:
        return []
    note = f"positions as coarse as those that leave, Gaussian of {raster.bandwidth_m:g} m"
    return [
        _write(
            folder / DENSITY, raster.per_km2, crs=raster.crs, transform=raster.transform,
            band=("density of reported sightings", "1/km2"),
            tags={"label": raster.label, "note": note, DESCRIPTION: handling.line()},
        )
    ]  # fmt: skip


def _write(
    path: Path,
    values: npt.NDArray[np.floating],
    *,
    crs: str,
    transform: tuple[float, float, float, float, float, float],
    band: tuple[str, str],
    tags: Mapping[str, str],
) -> Path:
    """Write one surface with the name and unit of its band, and return the path."""
    path.parent.mkdir(parents=True, exist_ok=True)
    # By way of memory: GDAL tells of no error when the disk is full at the last bytes.
    with MemoryFile() as memory:
        with memory.open(
            driver="COG",
            height=values.shape[0],
            width=values.shape[1],
            count=1,
            dtype="float32",
            crs=crs,
            transform=Affine(*transform),
            nodata=NODATA,
            **OPTIONS,
        ) as file:
            file.write(np.where(np.isfinite(values), values, NODATA).astype("float32"), 1)
            file.set_band_description(1, band[0])
            file.set_band_unit(1, band[1])
            file.update_tags(**tags)
        path.write_bytes(memory.getbuffer())
    return path
