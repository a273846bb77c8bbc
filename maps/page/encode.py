"""Coordinates as small whole numbers: differences in units of 0.00001 degree (about 1 m)."""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Final

import numpy as np
import numpy.typing as npt
import shapely

SCALE: Final = 100_000
"""Units in a degree: five decimals."""


def deltas(lines: npt.NDArray[Any]) -> list[list[int]]:
    """Return points, lines or rings as flat lists: latitude, longitude, then differences.

    Parameters
    ----------
    lines : (n,) array of shapely geometries in EPSG:4326

    Returns
    -------
    list of n lists of int
        ``[lat, lon, dlat, dlon, ...]``; a vertex that rounds to the one before it is left out.

    >>> deltas(shapely.linestrings([[[20.86, 42.88], [20.861, 42.88], [20.861, 42.88]]]))
    [[4288000, 2086000, 0, 100]]
    """
    lonlat, line = shapely.get_coordinates(lines, return_index=True)
    units = np.rint(lonlat[:, ::-1] * SCALE).astype(np.int64)
    first = np.diff(line, prepend=-1) != 0
    steps = np.diff(units, axis=0, prepend=0)
    steps[first] = units[first]
    kept = first | np.any(steps != 0, axis=1)
    flat = steps[kept].ravel().tolist()
    ends = 2 * np.cumsum(np.bincount(line[kept], minlength=len(lines)))
    return [flat[start:end] for start, end in pairwise([0, *ends.tolist()])]


def parts(shapes: npt.NDArray[Any]) -> list[list[int]]:
    """Return the points, lines and rings of geometries, each as `deltas` writes it.

    Parameters
    ----------
    shapes : (n,) array of shapely geometries in EPSG:4326, or None
        Of a polygon the rings come one after the other; the page fills them by even-odd.
    """
    pieces = shapely.get_parts(shapes)
    areas = shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON
    rings = shapely.get_rings(pieces[areas]) if areas.any() else pieces[areas]
    found = np.concatenate([pieces[~areas], rings])
    return deltas(found[~shapely.is_empty(found)])
