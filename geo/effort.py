"""Reporting effort along a network: where a report is likely whoever passes.

Positions of `geo.nulls.reporting_effort` are placed on the network as sightings are, on the
nearest edge, and counted.  So the null model of the corridors and that of the hotspots rest on the
same named weights, `geo.nulls.Effort`.
"""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import shapely

from geo.crs import require_metric
from geo.network import Floats, Network, NetworkError
from geo.nulls import Effort, reporting_effort


def effort_per_metre(
    network: Network,
    roads: gpd.GeoDataFrame,
    stations: gpd.GeoDataFrame | gpd.GeoSeries,
    effort: Effort | None = None,
    *,
    snap_limit_m: float = np.inf,
    n: int = 50_000,
    seed: int = 1,
) -> Floats:
    """Return the relative chance of a report per metre of each edge.

    Parameters
    ----------
    network : geo.network.Network
        Roads, paths and tracks, as the sightings are placed on it.
    roads : geopandas.GeoDataFrame, table `WAYS`, in the network's CRS
    stations : points of railway and bus stations, in the network's CRS
    effort : geo.nulls.Effort, optional
        The named weights; assumed, not surveyed.
    snap_limit_m : float, metres
        Positions farther than this from every edge count nowhere.
    n : int
        About how many positions; an edge that holds a share s of the reports is known to
        ``1 / sqrt(n s)``.
    seed : int

    Returns
    -------
    (m,) float array, 1/m
        Times the edges' lengths they add up to 1.

    Raises
    ------
    geo.crs.CRSError
        If the frames are not in the network's CRS.
    geo.segments.GeometryError
        If there are neither roads nor stations where an observer could have been.
    NetworkError
        If the network has no edge, or no position lies near enough to one.
    """
    require_metric(network=gpd.GeoSeries([], crs=network.crs), roads=roads, stations=stations)
    if not network.n_edges:
        raise NetworkError("the network has no edge that a report could fall on")
    west, south = network.xy.min(axis=0)
    east, north = network.xy.max(axis=0)
    room = 5 * (effort or Effort()).sight_m  # the window must cut no Gaussian off
    window = (west - room, south - room, east + room, north + room)
    seen = shapely.points(reporting_effort(roads, stations, window, effort, n=n, seed=seed).xy)
    _, edge = network.tree.query_nearest(
        seen, max_distance=snap_limit_m if np.isfinite(snap_limit_m) else None,
        all_matches=False,
    )  # fmt: skip
    if not len(edge):
        raise NetworkError(f"no place of an observer lies within {snap_limit_m:g} m of the network")
    count = np.bincount(edge, minlength=network.n_edges)
    return np.asarray(count / len(edge) / network.length_m)
