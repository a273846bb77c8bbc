"""Surfaces as cloud-optimised GeoTIFFs: walking time to help, density of sightings."""

from pathlib import Path
from typing import Final

import numpy as np
import numpy.typing as npt

from geo.results import Access, DensityRaster
from layers.filenames import WALKING
from layers.handling import Handling
from layers.rasters import Raster, write

DENSITY: Final = "density.tif"
DECIMALS: Final = 1
"""Of a minute; no model of walking knows it better."""


def write_walking_times(access: Access | None, folder: Path, handling: Handling) -> list[Path]:
    """Write ``walking_time_<kind>.tif`` for every kind of help: minutes on foot, float32."""
    if access is None:
        return []
    return [
        _write(
            folder / f"{WALKING}{kind}.tif", minutes.round(DECIMALS), access, handling,
            band=f"walking time to help: {kind}", unit="min", note=access.note,
        )
        for kind, minutes in access.minutes.items()
    ]  # fmt: skip


def write_density(raster: DensityRaster | None, folder: Path, handling: Handling) -> list[Path]:
    """Write ``density.tif``: sightings per square kilometre, float32; nothing without a raster."""
    if raster is None:
        return []
    note = f"positions as coarse as those that leave, Gaussian of {raster.bandwidth_m:g} m"
    return [
        _write(
            folder / DENSITY, raster.per_km2, raster, handling,
            band="density of reported sightings", unit="1/km2", note=note,
        )
    ]  # fmt: skip


def _write(
    path: Path,
    values: npt.NDArray[np.floating],
    surface: Access | DensityRaster,
    handling: Handling,
    *,
    band: str,
    unit: str,
    note: str,
) -> Path:
    """Write one surface with the name and unit of its band, and return the path."""
    tags = {"label": surface.label, "note": note, "TIFFTAG_IMAGEDESCRIPTION": handling.line()}
    raster = Raster(values, surface.transform, surface.crs)
    return write(path, raster, tags, band=(band, unit))
