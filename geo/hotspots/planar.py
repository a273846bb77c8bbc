"""Kernel density in the plane, for comparison: it ignores the network and spreads over fields."""

from typing import Final

import numpy as np
from scipy.special import ndtr

from geo.crs import Frame, require_metric
from geo.network.lines import NetworkError
from geo.network.segments import points_xy
from geo.results import DensityRaster

CELL_M: Final = 100.0
"""Side of a cell of the raster."""
REACH: Final = 5.0
"""The raster ends so many bandwidths beyond the outermost sighting."""
M2_PER_KM2: Final = 1e6


def planar_density(
    sightings: Frame, bandwidth_m: float, cell_m: float = CELL_M
) -> DensityRaster | None:
    """Return the Gaussian density of sightings in the plane; None where there is no sighting.

    Parameters
    ----------
    sightings : GeoDataFrame or GeoSeries of Point, projected CRS in metres
    bandwidth_m : float, metres
        Standard deviation of the kernel.

    Returns
    -------
    geo.results.DensityRaster, optional
        Mean density of each cell.  Density times cell area adds up to the number of sightings.

    Raises `geo.crs.CRSError` if the CRS is not in metres; `NetworkError`,
    `geo.network.segments.GeometryError` if a length is not positive, or a point is missing or
    no Point.

    Examples
    --------
    >>> import geopandas as gpd
    >>> town = gpd.GeoSeries.from_xy([50], [50], crs="EPSG:9141")
    >>> raster = planar_density(town, bandwidth_m=200.0)
    >>> raster.per_km2.shape, f"{raster.per_km2.max():.1f} sightings per km²"
    ((21, 21), '3.9 sightings per km²')
    """
    crs = require_metric(sightings=sightings)
    if not (bandwidth_m > 0 and cell_m > 0):
        raise NetworkError(f"bandwidth_m {bandwidth_m}, cell_m {cell_m}. Fix: lengths above 0")
    if sightings.empty:
        return None
    xy = points_xy(sightings)
    low = np.floor((xy.min(axis=0) - REACH * bandwidth_m) / cell_m) * cell_m
    size = np.ceil((xy.max(axis=0) + REACH * bandwidth_m - low) / cell_m)
    # Sightings at one place are smoothed once.
    places, count = np.unique(xy, axis=0, return_counts=True)
    shares = []
    for axis in (0, 1):
        edges = low[axis] + np.arange(size[axis] + 1) * cell_m
        share = np.diff(ndtr((edges - places[:, [axis]]) / bandwidth_m), axis=1)
        shares.append(share / share.sum(axis=1, keepdims=True))
    across, upward = shares
    per_m2 = ((upward * count[:, None]).T @ across)[::-1] / cell_m**2
    north = low[1] + size[1] * cell_m
    transform = (cell_m, 0.0, float(low[0]), 0.0, -cell_m, float(north))
    per_km2 = np.ascontiguousarray(per_m2) * M2_PER_KM2
    return DensityRaster(per_km2, transform, crs.to_string(), bandwidth_m)
