"""Slope and hillshade of a terrain, by Horn's eight neighbours.

References
----------
B. K. P. Horn, "Hill shading and the reflectance map", Proceedings of the IEEE 69 (1981) 14-47.
"""

from typing import Final

import numpy as np
import numpy.typing as npt
from scipy.ndimage import sobel

from geo.arrays import Floats
from geo.records import Terrain

SOBEL_WEIGHT: Final = 8.0
"""What Horn's weights add up to, over two cells."""


def slope_deg(terrain: Terrain) -> npt.NDArray[np.float32]:
    """Return the steepest slope of each cell in degrees.

    Parameters
    ----------
    terrain : geo.records.Terrain, in a CRS in metres
        Elevation in metres, (rows, columns).

    Returns
    -------
    (rows, columns) float32 array
        NaN at the rim, and wherever the cell or a neighbour is unknown.

    Examples
    --------
    >>> ramp = np.tile(np.arange(4.0) * 100, (3, 1))
    >>> terrain = Terrain(ramp, (100, 0, 0, 0, -100, 0), "EPSG:9141", 100.0, "made", "none")
    >>> slope_deg(terrain)[1].tolist()
    [nan, 45.0, 45.0, nan]
    """
    east, north = gradient(terrain)
    steepest = np.hypot(east, north)
    return np.degrees(np.arctan(steepest)).astype(np.float32)


def hillshade(
    terrain: Terrain, azimuth_deg: float = 315.0, altitude_deg: float = 45.0
) -> npt.NDArray[np.float32]:
    """Return the brightness of a matt surface under one distant light.

    Parameters
    ----------
    terrain : geo.records.Terrain, in a CRS in metres
    azimuth_deg : float
        Where the light comes from, clockwise from north; by default the upper left, as on printed
        maps: lit from below, hills are read as hollows.
    altitude_deg : float
        How high the light stands above the horizon.

    Returns
    -------
    (rows, columns) float32 array
        0 dark, 1 facing the light; NaN as for `slope_deg`.

    Examples
    --------
    >>> level = Terrain(np.zeros((3, 3)), (1, 0, 0, 0, -1, 0), "EPSG:9141", 1.0, "made", "none")
    >>> round(float(hillshade(level)[1, 1]), 3)
    0.707
    """
    east, north = gradient(terrain)
    azimuth = np.radians(azimuth_deg)
    altitude = np.radians(altitude_deg)
    facing_away = np.sin(azimuth) * east + np.cos(azimuth) * north
    upright = np.sin(altitude) - np.cos(altitude) * facing_away
    brightness = upright / np.sqrt(1 + east**2 + north**2)
    return np.asarray(np.maximum(brightness, 0), dtype=np.float32)


def gradient(terrain: Terrain) -> tuple[Floats, Floats]:
    """Return the rise to the east and to the north, metres per metre, each (rows, columns)."""
    cell_east, _, _, _, cell_south, _ = terrain.transform
    elevation = terrain.elevation_m.astype(np.float64)
    unknown = np.isnan(elevation)
    unknown[[0, -1]] = True
    unknown[:, [0, -1]] = True
    east = sobel(elevation, axis=1) / (SOBEL_WEIGHT * cell_east)
    north = sobel(elevation, axis=0) / (SOBEL_WEIGHT * cell_south)
    east[unknown] = np.nan
    north[unknown] = np.nan
    return east, north
