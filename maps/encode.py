"""Coordinates as small whole numbers: differences in units of 0.00001 degree (about 1 m)."""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

SCALE: Final = 100_000
"""Units in a degree: five decimals."""


def deltas(lonlat: npt.NDArray[np.float64]) -> list[int]:
    """Return coordinates as a flat list: latitude, longitude, then differences.

    Parameters
    ----------
    lonlat : (n, 2) float array, degrees

    Returns
    -------
    list of int
        ``[lat, lon, dlat, dlon, ...]``; a vertex that rounds to the one before it is left out.

    >>> deltas(np.array([[20.86, 42.88], [20.861, 42.88], [20.861, 42.88]]))
    [4288000, 2086000, 0, 100]
    """
    units = np.rint(lonlat[:, ::-1] * SCALE).astype(np.int64)
    steps = np.diff(units, axis=0, prepend=np.zeros((1, 2), dtype=np.int64))
    moved = np.any(steps != 0, axis=1)
    moved[0] = True
    return [int(v) for v in steps[moved].ravel()]


def undelta(flat: list[int]) -> npt.NDArray[np.float64]:
    """Return the coordinates that `deltas` wrote: (n, 2), longitude and latitude in degrees."""
    steps = np.array(flat, dtype=np.int64).reshape(-1, 2)
    return np.asarray(np.cumsum(steps, axis=0)[:, ::-1] / SCALE)


def parts(shape: Any) -> list[list[int]]:
    """Return a geometry's points, lines or rings, each as `deltas` writes it.

    Parameters
    ----------
    shape : shapely geometry in EPSG:4326, or None
        Of a polygon the rings come one after the other; the page fills them by even-odd.
    """
    if shape is None or shape.is_empty:
        return []
    pieces = shapely.get_parts(shape)
    if shape.geom_type in ("Polygon", "MultiPolygon"):
        pieces = shapely.get_rings(pieces)
    return [deltas(shapely.get_coordinates(piece)) for piece in pieces]
