"""Rasters as pictures on a web map: warped to its projection, written as a small PNG."""

import io
from collections.abc import Sequence
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
from PIL import Image
from pyproj import Transformer
from shapely import box

from layers.schema import WGS84
from maps.page.downloads import data_url

WEB_MERCATOR: Final = "EPSG:3857"


def warp(
    values: npt.NDArray[np.floating[Any]],
    transform: tuple[float, float, float, float, float, float],
    crs: str,
) -> tuple[npt.NDArray[np.floating[Any]], gpd.GeoSeries]:
    """Return a raster in the projection of web maps, as many cells wide, by nearest neighbour.

    The grid is north-up, as in `layers.records.Terrain`; what lies outside it is NaN.  The box, in
    EPSG:4326, is what the picture covers on a web map.
    """
    a, _, west_m, _, e, north_m = transform
    rows, columns = values.shape
    to_map = Transformer.from_crs(crs, WEB_MERCATOR, always_xy=True)
    bounds = to_map.transform_bounds(west_m, north_m + e * rows, west_m + a * columns, north_m)
    west, south, east, north = bounds
    height = round(columns * (north - south) / (east - west))
    across, up = np.meshgrid(
        west + (np.arange(columns) + 0.5) / columns * (east - west),
        north - (np.arange(height) + 0.5) / height * (north - south),
    )
    easting, northing = to_map.transform(across, up, direction="INVERSE")
    column = np.floor((easting - west_m) / a).astype(int)
    row = np.floor((northing - north_m) / e).astype(int)
    inside = (column >= 0) & (column < columns) & (row >= 0) & (row < rows)
    warped = np.where(inside, values[row.clip(0, rows - 1), column.clip(0, columns - 1)], np.nan)
    return warped, gpd.GeoSeries([box(*bounds)], crs=WEB_MERCATOR).to_crs(WGS84)


def png(classes: npt.NDArray[np.uint8], colours: Sequence[str], opacities: Sequence[float]) -> str:
    """Return classed cells as a PNG in a data URL.

    The cells are positions in `colours` (``#rrggbb``) and `opacities` (from 0, clear, to 1).
    """
    image = Image.fromarray(classes, mode="P")
    image.putpalette(b"".join(bytes.fromhex(colour[1:]) for colour in colours))
    content = io.BytesIO()
    clear = bytes(round(255 * opacity) for opacity in opacities)
    image.save(content, "PNG", transparency=clear, optimize=True)
    return data_url("image/png", content.getvalue())
