"""How much places are used: what crews met, over how long they looked.

A visit without a group is evidence: it adds minutes and no group.
"""

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array
from scipy.spatial import cKDTree

from geo.arrays import Floats
from geo.chance.nulls import Effort
from geo.crs import require_metric
from geo.network.graph import Network, from_lines
from geo.network.lixels import cut
from geo.network.positions import Positions
from geo.network.segments import points_xy
from geo.presence.sight import FARTHEST, STEP_M, noticed

ROUNDS: Final = 100
"""Rounds of the estimate of use; it changes by less than 1 % after them."""

PRIOR: Final = 0.5
"""Groups that every section is given beforehand, at the mean use: it keeps a section that was
hardly watched from an extreme."""


def seen_km(points: Floats, lines: gpd.GeoDataFrame, sight_m: float | None = None) -> Floats:
    """Return how many kilometres of each line are `noticed` from each point, (points, lines)."""
    sight_m = Effort().sight_m if sight_m is None else sight_m
    pieces = cut(from_lines(lines), STEP_M)
    at = Positions(pieces.edge, pieces.middle_m).points(pieces.network)
    pairs = cKDTree(points).sparse_distance_matrix(
        cKDTree(at), FARTHEST * sight_m, output_type="coo_matrix"
    )
    km = noticed(pairs.data, sight_m) * pieces.length_m[pairs.col] / 1000
    line = pieces.network.line[pieces.edge][pairs.col]
    found = csr_array((km, (pairs.row, line)), shape=(len(points), len(lines)))
    return found.toarray()


def use_by_section(
    table: pd.DataFrame, stops: gpd.GeoDataFrame, sections: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the use of sections that explains best what crews met and did not meet.

    Groups at stop s in time class c are Poisson with mean ``hours × activity_c × Σ km × use``, over
    the sections in sight.  The likelihood is raised round by round (Shepp and Vardi 1982, Maximum
    likelihood reconstruction for emission tomography), with a weak gamma prior, `PRIOR`.

    Parameters
    ----------
    table : pandas.DataFrame, as from `stop_table`
    stops, sections : geopandas.GeoDataFrame, one projected CRS in metres
        ``stop`` and its place; lines of at least 1 km.

    Returns
    -------
    pandas.DataFrame
        On the index of `sections`: ``groups_per_km_h``, at a time of mean activity, null where
        nobody looked; ``km_h``: kilometres in sight times hours that it rests on.
    """
    require_metric(stops=stops, sections=sections)
    hours = table.pivot_table("minutes", "stop", "time_class", aggfunc="sum", fill_value=0) / 60
    met = table.pivot_table("groups", "stop", "time_class", aggfunc="sum", fill_value=0)
    where = stops.drop_duplicates("stop").set_index("stop").geometry.reindex(hours.index)
    km = seen_km(points_xy(where), sections)
    h, n = hours.to_numpy(float), met.to_numpy(float)
    activity = np.ones(h.shape[1])
    watched = h.sum(axis=1) @ km
    mean = n.sum() / max(watched.sum(), 1e-9)
    use = np.full(len(sections), mean)
    for _ in range(ROUNDS):
        each = km * use
        expected = each.sum(axis=1)
        by_class = h.T @ expected
        activity = np.divide(
            n.sum(axis=0), by_class, out=np.zeros(len(by_class)), where=by_class > 0
        )
        share = np.divide(n.sum(axis=1), expected, out=np.zeros(len(km)), where=expected > 0)
        use = (share @ each + PRIOR) / ((h @ activity) @ km + PRIOR / max(mean, 1e-9))
    found = np.where(watched > 0, use, np.nan)
    return pd.DataFrame({"groups_per_km_h": found, "km_h": watched}, index=sections.index)


def _over(count: Floats, mean: Floats) -> Floats:
    """Return counts over what is expected, 0 where nothing is."""
    return np.divide(count, mean, out=np.zeros(len(mean)), where=mean > 0)


def rate_along(
    network: Network, minutes: Floats, met: Floats, bandwidth_m: float, sight_m: float | None = None
) -> Floats:
    """Return groups met per hour and kilometre in sight about each edge, not normalised, (m,).

    Minutes without a group lower it within sight and bandwidth of the crew, and nowhere else.

    Parameters
    ----------
    network : geo.network.graph.Network
    minutes : (m,) array
        In sight, by edge, as from `in_sight`.
    met : (k, 2) array, metres
        Where crews were when they met groups.
    bandwidth_m : float
        Radius of Epanechnikov's kernel, in the plane.
    sight_m : float, metres, optional
        By default `Effort.sight_m`.

    Returns
    -------
    (m,) array
        Null where no minute lies within `bandwidth_m`.
    """
    sight_m = Effort().sight_m if sight_m is None else sight_m
    pieces = cut(network, STEP_M)
    at = Positions(pieces.edge, pieces.middle_m).points(network)
    tree, km = cKDTree(at), pieces.length_m / 1000
    pairs = cKDTree(met.reshape(-1, 2)).sparse_distance_matrix(
        tree, FARTHEST * sight_m, output_type="coo_matrix"
    )
    weight = noticed(pairs.data, sight_m) * km[pairs.col]
    total = np.bincount(pairs.row, weight, len(met))[pairs.row]
    groups = np.bincount(pairs.col, weight / total, len(pieces)).astype(float)
    kernel = tree.sparse_distance_matrix(tree, bandwidth_m, output_type="coo_matrix")
    near = 1 - (kernel.data / bandwidth_m) ** 2

    def smooth(value: Floats) -> Floats:
        return np.asarray(np.bincount(kernel.row, near * value[kernel.col], len(pieces)))

    hours = smooth(minutes[pieces.edge] / 60 * km)
    rate = np.divide(smooth(groups), hours, out=np.full(len(pieces), np.nan), where=hours > 0)
    share = pieces.length_m / network.length_m[pieces.edge]
    return np.asarray(np.bincount(pieces.edge, rate * share, network.n_edges))
