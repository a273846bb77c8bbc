"""Kernel density in the plane, for comparison: it ignores the network and spreads over fields."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import numpy as np
from pyproj import CRS
from scipy.special import ndtr

from geo.arrays import Floats
from geo.crs import require_metric
from geo.network.graph import NetworkError
from geo.results import DensityRaster

SURFACE_CELL_M: Final = 100.0
"""Cell of the surface."""
SURFACE_REACH: Final = 5.0
"""The surface ends so many bandwidths beyond the outermost sighting."""
M2_PER_KM2: Final = 1e6


@dataclass(frozen=True)
class Raster:
    """A north-up grid.

    Attributes
    ----------
    values : (rows, columns) float array, 1/m²
        Mean density of each cell, the north-west one first.
    west, north : float
        Corner of the grid, metres.
    cell_m : float
    crs : pyproj.CRS
    """

    values: Floats
    west: float
    north: float
    cell_m: float
    crs: CRS


def density(
    points: gpd.GeoSeries,
    bounds: tuple[float, float, float, float],
    *,
    sigma_m: float,
    cell_m: float,
) -> Raster:
    """Return the Gaussian density of points, renormalised so that the grid holds all of them.

    Each event's mass inside the bounds is divided by the share of its Gaussian that falls there,
    so that the cells integrate to the number of events within the bounds.

    Parameters
    ----------
    points : geopandas.GeoSeries of Point, projected CRS in metres
    bounds : (west, south, east, north), metres
        Widened to whole cells on the east and north.
    sigma_m, cell_m : float, metres

    Raises
    ------
    geo.crs.CRSError
        If the CRS is not in metres.
    NetworkError
        If a length is not positive or the bounds are empty.
    """
    crs = require_metric(points=points)
    west, south, east, north = bounds
    if not (sigma_m > 0 and cell_m > 0 and east > west and north > south):
        raise NetworkError(
            f"sigma_m {sigma_m}, cell_m {cell_m}, bounds {bounds}: lengths above 0, east of west"
        )
    columns, rows = int(np.ceil((east - west) / cell_m)), int(np.ceil((north - south) / cell_m))
    x, y = west + np.arange(columns + 1) * cell_m, south + np.arange(rows + 1) * cell_m
    px, py = np.asarray(points.x, float), np.asarray(points.y, float)
    # Sightings of one cell of the grid count together.
    (px, py), count = _distinct(px, py)
    inside = (px >= x[0]) & (px <= x[-1]) & (py >= y[0]) & (py <= y[-1])
    across = np.diff(ndtr((x - px[inside, None]) / sigma_m), axis=1)
    upward = np.diff(ndtr((y - py[inside, None]) / sigma_m), axis=1)
    across /= across.sum(axis=1, keepdims=True)
    upward /= upward.sum(axis=1, keepdims=True)
    values = ((upward * count[inside, None]).T @ across)[::-1] / cell_m**2
    return Raster(np.ascontiguousarray(values), west, float(y[-1]), cell_m, crs)


def _distinct(x: Floats, y: Floats) -> tuple[Floats, Floats]:
    """Return the distinct positions, (2, k), and how many lie at each."""
    xy, count = np.unique(np.stack([x, y]), axis=1, return_counts=True)
    return xy, count.astype(float)


def surface(sightings: gpd.GeoDataFrame, bandwidth_m: float) -> DensityRaster | None:
    """Return the density of sightings in the plane, for a map; None where there is none.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, projected CRS in metres
    bandwidth_m : float
        Standard deviation of the kernel.

    Returns
    -------
    geo.results.DensityRaster, optional
        Its cells times their area add up to the number of sightings.

    Raises
    ------
    geo.crs.CRSError
        If the CRS is not in metres.
    NetworkError
        If the bandwidth is not positive.
    """
    require_metric(sightings=sightings)
    points = sightings.geometry
    if points.empty:
        return None
    reach = SURFACE_REACH * bandwidth_m
    west, south, east, north = points.total_bounds + np.array([-reach, -reach, reach, reach])
    corner = np.floor(np.array([west, south]) / SURFACE_CELL_M) * SURFACE_CELL_M
    grid = density(
        points,
        (float(corner[0]), float(corner[1]), float(east), float(north)),
        sigma_m=bandwidth_m,
        cell_m=SURFACE_CELL_M,
    )
    return DensityRaster(
        per_km2=grid.values * M2_PER_KM2,
        transform=(grid.cell_m, 0.0, grid.west, 0.0, -grid.cell_m, grid.north),
        crs=grid.crs.to_string(),
        bandwidth_m=bandwidth_m,
    )
