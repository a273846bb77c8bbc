"""Density of what was reported as a picture, from a tenth of its highest value on."""

from typing import Final

import geopandas as gpd
import numpy as np

from geo.results import DensitySurface
from layers import palette
from maps.overlays.basemap import png, warp

OPACITY: Final = 0.7


def picture(
    surface: DensitySurface, band: int | None = None
) -> tuple[str, gpd.GeoSeries]:
    """Return a band as a PNG in a data URL, and the box that it covers, EPSG:4326.

    By default it is the middle one.
    """
    if band is None:
        band = len(surface.bandwidths_m) // 2
    values = np.asarray(surface.values[band], dtype=float)
    warped, box = warp(values, surface.transform, surface.crs)
    bounds = palette.density_bounds(np.nanmax(values))
    classes = np.searchsorted(bounds[:-1], np.nan_to_num(warped), side="right")
    colours = [palette.WHITE, *palette.LIXELS]
    opacities = [0.0] + [OPACITY] * len(palette.LIXELS)
    return png(classes.astype(np.uint8), colours, opacities), box
