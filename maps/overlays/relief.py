"""Slope and hillshade of the terrain, by Horn's method."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt
from pyproj import CRS

from layers.records import Terrain

Floats = npt.NDArray[np.float32]


class ReliefError(ValueError):
    """Slopes cannot be measured on this terrain."""


def slope_deg(terrain: Terrain) -> Floats:
    """Return the steepest slope at each cell, in degrees from the horizontal.

    Parameters
    ----------
    terrain : layers.records.Terrain, projected CRS in metres

    Returns
    -------
    (rows, columns) float array
        NaN at the rim and wherever one of the eight neighbours or the cell is unknown.

    Raises
    ------
    ReliefError
        If the CRS is not in metres or the grid is not north-up.

    References
    ----------
    .. [1] B. K. P. Horn, "Hill shading and the reflectance map", Proceedings of the IEEE 69
       (1981) 14-47.
    """
    east, north = _gradient(terrain)
    return np.asarray(np.degrees(np.arctan(np.hypot(east, north))), dtype=np.float32)


def hillshade(terrain: Terrain, azimuth_deg: float = 315.0, altitude_deg: float = 45.0) -> Floats:
    """Return the brightness of a matt surface under one distant light, 0 dark to 1 facing it.

    Parameters
    ----------
    terrain : layers.records.Terrain, projected CRS in metres
    azimuth_deg : float
        Direction that the light comes from, clockwise from north.
    altitude_deg : float
        Height of the light above the horizon.

    Returns
    -------
    (rows, columns) float array, NaN as in `slope_deg`

    Raises
    ------
    ReliefError
        As for `slope_deg`.
    """
    east, north = _gradient(terrain)
    azimuth, altitude = np.radians(azimuth_deg), np.radians(altitude_deg)
    away = np.cos(altitude) * (np.sin(azimuth) * east + np.cos(azimuth) * north)
    light = (np.sin(altitude) - away) / np.sqrt(1 + east**2 + north**2)
    return np.asarray(np.maximum(light, 0), dtype=np.float32)


def _gradient(terrain: Terrain) -> tuple[npt.NDArray[np.float64], npt.NDArray[np.float64]]:
    """Return metres of rise per metre to the east and to the north, by Horn's eight neighbours."""
    a, b, _, d, e, _ = terrain.transform
    crs = CRS(terrain.crs)
    if not crs.is_projected or crs.axis_info[0].unit_name != "metre":
        raise ReliefError(
            f"the terrain is in {terrain.crs}, not in metres. "
            "Cure: fetch it again; `layers.readers.terrain` warps it to the analysis CRS"
        )
    if b or d or a <= 0 or e >= 0:
        raise ReliefError(f"the terrain's grid is not north-up: transform {terrain.transform}")
    z = terrain.elevation_m.astype(np.float64)
    east, north = np.full(z.shape, np.nan), np.full(z.shape, np.nan)
    if min(z.shape) < 3:
        return east, north
    north_of, south_of = z[:-2], z[2:]
    down = north_of[:, :-2] + 2 * north_of[:, 1:-1] + north_of[:, 2:]
    down -= south_of[:, :-2] + 2 * south_of[:, 1:-1] + south_of[:, 2:]
    across = z[:, 2:] - z[:, :-2]
    across = across[:-2] + 2 * across[1:-1] + across[2:]
    unknown = np.isnan(z[1:-1, 1:-1])
    east[1:-1, 1:-1] = np.where(unknown, np.nan, across / (8 * a))
    north[1:-1, 1:-1] = np.where(unknown, np.nan, down / (8 * -e))
    return east, north
