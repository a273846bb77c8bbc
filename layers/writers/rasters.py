"""Surfaces as cloud-optimised GeoTIFFs: walking time to help, density of sightings."""

from pathlib import Path
from typing import Final

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
        write(
            folder / f"{WALKING}{kind}.tif",
            Raster(minutes.round(DECIMALS), access.transform, access.crs),
            _tags(access.label, access.note, handling),
            band=(f"walking time to help: {kind}", "min"),
        )
        for kind, minutes in access.minutes.items()
    ]


def write_density(raster: DensityRaster | None, folder: Path, handling: Handling) -> list[Path]:
    """Write ``density.tif``: sightings per square kilometre, float32; nothing without a raster."""
    if raster is None:
        return []
    note = f"positions as coarse as those that leave, Gaussian of {raster.bandwidth_m:g} m"
    surface = Raster(raster.per_km2, raster.transform, raster.crs)
    band = "density of reported sightings", "1/km2"
    return [write(folder / DENSITY, surface, _tags(raster.label, note, handling), band=band)]


def _tags(label: str, note: str, handling: Handling) -> dict[str, str]:
    return {"label": label, "note": note, "TIFFTAG_IMAGEDESCRIPTION": handling.line()}
