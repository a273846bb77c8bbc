"""Walking times and densities as cloud-optimised GeoTIFFs, with their QGIS styles."""

import math
from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any, Final, NamedTuple

import numpy as np

from geo.records import Raster
from geo.results import Access, DensitySurface, Hotspots
from layers import palette
from layers.files.filenames import DENSITY, WALKING
from layers.files.handling import Handling
from layers.files.rasters import Band, write
from layers.package_data import filled

DECIMALS: Final = 1
"""Decimals of a minute; no model of walking knows it better."""
OPACITY: Final = 0.6
DIGITS: Final = 3
"""Significant digits of a density."""


class Surface(NamedTuple):
    """A raster as it was written, and how it is drawn."""

    path: Path
    crs: str
    title: str
    about: str
    classes: list[dict[str, Any]]
    """From low to high: ``high``, the last without end, ``colour``, ``title`` and ``shown``."""
    band: int = 1
    """The band that is drawn."""

    def style(self, *, whole: bool = True) -> str:
        """Return the QGIS style; not `whole`, only its body."""
        return filled(
            "raster.qml",
            classes=self.classes,
            band=self.band,
            opacity=OPACITY,
            whole=whole,
        )


def write_walking_times(
    access: Access | None, folder: Path, handling: Handling
) -> list[Surface]:
    """Write ``walking_time_<kind>.tif`` for every kind of help: minutes on foot, float32."""
    if access is None:
        return []
    *highs, last = palette.WALKING_MIN
    titles = [f"up to {high} min" for high in (*highs, last)]
    classes = _classes(
        [*highs, last, math.inf], palette.WALKING, [*titles, f"more than {last} min"]
    )
    tags = _tags(handling, access.label, access.note)
    about = f"{access.label}: {access.note}"
    written = []
    for kind, minutes in access.minutes.items():
        path = folder / f"{WALKING}{kind}.tif"
        title = f"Walking time to help: {kind}"
        raster = Raster(minutes.round(DECIMALS), access.transform, access.crs)
        write(path, raster, tags, bands=[Band(title, "min")])
        written.append(_styled(Surface(path, raster.crs, title, about, classes)))
    return written


def write_densities(
    hotspots: Hotspots, folder: Path, handling: Handling
) -> list[Surface]:
    """Write ``reported_density_planar.tif`` and ``..._network.tif``, a band for each bandwidth.

    Nothing is written where `hotspots` has no surfaces.  The style draws the middle band.
    """
    note = f"where {hotspots.n} sightings were reported, never where people are"
    written = []
    for name, surface in hotspots.surfaces.items():
        path = folder / f"{DENSITY}{name}.tif"
        title = f"Reported density: {name}"
        bands = [
            Band(f"{title}, bandwidth {bandwidth_m:g} m", surface.unit)
            for bandwidth_m in surface.bandwidths_m
        ]
        values = _significant(surface)
        raster = Raster(values, surface.transform, surface.crs)
        write(path, raster, _tags(handling, title, note), bands=bands)
        middle = len(bands) // 2
        highest = float(np.nanmax(values[middle]))
        classes = _density_classes(highest, surface.unit)
        drawn = Surface(
            path, surface.crs, bands[middle].name, note, classes, middle + 1
        )
        written.append(_styled(drawn))
    return written


def _tags(handling: Handling, label: str, note: str) -> dict[str, str]:
    handling = handling.of_rows("shapes")
    return handling.members() | {
        "label": label,
        "note": note,
        "TIFFTAG_IMAGEDESCRIPTION": handling.line(),
        "TIFFTAG_COPYRIGHT": handling.credit,
    }


def _styled(surface: Surface) -> Surface:
    """Write the style of a raster beside it."""
    surface.path.with_suffix(".qml").write_text(surface.style(), "utf-8")
    return surface


def _significant(surface: DensitySurface) -> Any:
    """Return the values with few digits, so that the file is small."""
    power = np.floor(np.log10(surface.values)) - (DIGITS - 1)
    return np.round(surface.values / 10**power) * 10**power


def _classes(
    highs: Sequence[float], colours: Sequence[str], titles: Sequence[str]
) -> list[dict[str, Any]]:
    """Return the classes of `Surface` that are shown."""
    rows = zip(highs, colours, titles, strict=True)
    return [
        {"high": high, "colour": colour, "title": title, "shown": True}
        for high, colour, title in rows
    ]


def _density_classes(highest: float, unit: str) -> list[dict[str, Any]]:
    """Return equal classes from a tenth of the highest value; below that nothing is drawn."""
    per_unit = unit.replace("1/", "per ")
    bounds = palette.density_bounds(highest)
    lowest = bounds[0]
    faint = {
        "high": lowest,
        "colour": palette.WHITE,
        "title": f"up to {lowest:.3g} {per_unit}",
        "shown": False,
    }
    titles = [f"{low:.3g} to {high:.3g} {per_unit}" for low, high in pairwise(bounds)]
    # Rounding leaves nothing above the last class.
    highs = [*bounds[1:-1], math.inf]
    return [faint, *_classes(highs, palette.LIXELS, titles)]
