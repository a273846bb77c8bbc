"""Getis-Ord Gi* of counts on hexagons, through esda, with a false discovery rate."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from esda import fdr  # type: ignore[import-untyped,unused-ignore]
from esda.getisord import G_Local  # type: ignore[import-untyped,unused-ignore]
from libpysal.graph import Graph  # type: ignore[import-untyped,unused-ignore]
from scipy.stats import norm

from geo.arrays import Floats
from geo.crs import require_metric
from geo.results import Gate, gate


def hexagons(area: gpd.GeoSeries, side_m: float) -> gpd.GeoDataFrame:
    """Return the regular hexagons of a side that touch an area, pointed up.

    Parameters
    ----------
    area : geopandas.GeoSeries, projected CRS in metres
    side_m : float, metres
    """
    crs = require_metric(area=area)
    shape = area.union_all()
    west, south, east, north = shape.bounds
    wide, high = np.sqrt(3) * side_m, 1.5 * side_m
    row, column = np.mgrid[-1 : (north - south) / high + 2, -1 : (east - west) / wide + 2]
    x = west + (column + 0.5 * (row % 2)).ravel() * wide
    y = south + row.ravel() * high
    angle = np.pi / 6 + np.pi / 3 * np.arange(6)
    corners = np.stack([np.cos(angle), np.sin(angle)], axis=1) * side_m
    cells = np.asarray(shapely.polygons(np.stack([x, y], axis=1)[:, None] + corners))
    return gpd.GeoDataFrame(geometry=cells[shapely.intersects(cells, shape)], crs=crs)


def getis_ord(cells: gpd.GeoDataFrame, points: gpd.GeoSeries, reach_m: float) -> pd.DataFrame:
    """Return Gi* of the number of points in each cell.

    Neighbours are the cells whose middles lie within `reach_m`; the cell itself counts (Ord and
    Getis 1995).  Normal approximation, two-sided; ``hot`` and ``cold`` hold at a false discovery
    rate of 5 % over all cells (Caldas de Castro and Singer 2006).

    Parameters
    ----------
    cells : geopandas.GeoDataFrame of Polygon, projected CRS in metres
    points : geopandas.GeoSeries of Point, in the same CRS
    reach_m : float, metres

    Returns
    -------
    pandas.DataFrame on the caller's index
        ``count``, ``z``, ``p_value``, ``hot``, ``cold``; not a number without any contrast.
    """
    require_metric(cells=cells, points=points)
    where = gpd.sjoin(gpd.GeoDataFrame(geometry=points), cells[["geometry"]], predicate="within")
    found = where["index_right"].value_counts().reindex(cells.index, fill_value=0)
    count = np.asarray(found.to_numpy(), dtype=np.float64)
    if np.ptp(count) == 0:
        return _table(cells, count, np.full(len(cells), np.nan))
    graph = Graph.build_distance_band(cells.geometry.centroid, reach_m)
    z = G_Local(count, graph.assign_self_weight(), transform="B", star=True, permutations=0).Zs
    return _table(cells, count, z)


def getis_ord_gate(cells: gpd.GeoDataFrame, n: int, reach_m: float, alpha: float = 0.05) -> Gate:
    """Return the gate of `getis_ord`, with the fewest events in one cell that would be ``hot``.

    The other events lie one to a cell, out of reach.  The first cell found must pass ``alpha`` over
    the number of cells, two-sided.

    Parameters
    ----------
    cells, reach_m
        As for `getis_ord`.
    n : int
        Number of events.
    alpha : float
    """
    require_metric(cells=cells)
    m = len(cells)
    middle = cells.geometry.centroid
    near = middle.sindex.query(middle, predicate="dwithin", distance=reach_m)[0]
    w = float(np.median(np.bincount(near, minlength=m))) if m else 0.0
    together = np.arange(2, n + 1)
    mean = n / m if m else 0.0
    variance = (together**2 + (n - together)) / max(m, 1) - mean**2
    spread = np.sqrt(np.maximum(variance, 0) * max(m * w - w**2, 0.0) / max(m - 1, 1))
    hot = together - w * mean >= norm.isf(alpha / 2 / max(m, 1)) * spread
    found = together[hot & (spread > 0)]
    least = f"{found[0]} in one cell would exceed chance" if len(found) else "no cell could"
    return gate("getis_ord", n, least)


def _table(cells: gpd.GeoDataFrame, count: Floats, z: Floats) -> pd.DataFrame:
    """Return z-scores with their p-values and what the false discovery rate leaves."""
    p = 2 * norm.sf(abs(z))
    real = bool(np.isfinite(p).all())
    limit = fdr(p, 0.05) if real else 0.0
    return pd.DataFrame(
        {
            "count": count.astype(int),
            "z": z,
            "p_value": p,
            "hot": real & (p <= limit) & (z > 0),
            "cold": real & (p <= limit) & (z < 0),
        },
        index=cells.index,
    )
