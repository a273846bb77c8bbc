"""Walking times as cloud-optimised GeoTIFFs, with their QGIS styles."""

import math
from pathlib import Path
from typing import Any, Final, NamedTuple

from geo.results import Access
from layers import palette
from layers.files.filenames import WALKING
from layers.files.handling import Handling
from layers.files.rasters import Raster, write
from layers.shipped import filled

DECIMALS: Final = 1
"""Decimals of a minute; no model of walking knows it better."""
OPACITY: Final = 0.6


class Surface(NamedTuple):
    """A raster as it was written, and how it is drawn."""

    path: Path
    crs: str
    title: str
    about: str
    classes: list[dict[str, Any]]
    """From low to high: ``high``, the last without end, ``colour``, ``title`` and ``shown``."""

    def style(self, *, whole: bool = True) -> str:
        """Return the QGIS style; not `whole`, only its body."""
        return filled("raster.qml", classes=self.classes, opacity=OPACITY, whole=whole)


def write_walking_times(access: Access | None, folder: Path, handling: Handling) -> list[Surface]:
    """Write ``walking_time_<kind>.tif`` for every kind of help: minutes on foot, float32."""
    if access is None:
        return []
    bounds = [*palette.WALKING_MIN, math.inf]
    titles = [f"up to {bound} min" for bound in bounds[:-1]] + [f"more than {bounds[-2]} min"]
    classes = [
        {"high": high, "colour": colour, "title": title, "shown": True}
        for high, colour, title in zip(bounds, palette.WALKING, titles, strict=True)
    ]
    written = []
    for kind, minutes in access.minutes.items():
        path, title = folder / f"{WALKING}{kind}.tif", f"Walking time to help: {kind}"
        raster = Raster(minutes.round(DECIMALS), access.transform, access.crs)
        tags = handling.members() | {
            "label": access.label, "note": access.note,
            "TIFFTAG_IMAGEDESCRIPTION": handling.line(), "TIFFTAG_COPYRIGHT": handling.credit,
        }  # fmt: skip
        write(path, raster, tags, band=(title, "min"))
        surface = Surface(path, raster.crs, title, f"{access.label}: {access.note}", classes)
        path.with_suffix(".qml").write_text(surface.style(), "utf-8")
        written.append(surface)
    return written
