"""Where a service point serves most people on foot: maximal covering and p-median.

Both are solved to the optimum as mixed-integer programs by HiGHS, through
`scipy.optimize.milp`.

References
----------
Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science
Association 32, 101-118.
Hakimi (1964), Optimum locations of switching centers, Operations Research 12(3), 450-459.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import block_array, coo_array, csr_array, eye_array

from geo.crs import require_metric
from geo.network import Floats, from_lines


class SitingError(ValueError):
    """Sites cannot be chosen as asked."""


@dataclass(frozen=True)
class Siting:
    """The best choice of sites."""

    sites: tuple[str, ...]
    value: float
    """Share of the need that is covered, or mean minutes weighted by need."""


def walk_min(
    ways: gpd.GeoDataFrame, need: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, kph: float = 5.0
) -> pd.DataFrame:
    """Return the minutes of the shortest walk from each point of need to each site.

    Roads and paths are walked in both directions; the way to the nearest of them is walked in a
    straight line.

    Parameters
    ----------
    ways : geopandas.GeoDataFrame of LineString, projected CRS in metres
        Roads and paths together.
    need : geopandas.GeoDataFrame of Point, the same CRS
    sites : geopandas.GeoDataFrame of Point with ``id``, the same CRS
    kph : float
        Walking speed.

    Returns
    -------
    pandas.DataFrame
        On the index of `need`, a column per site id; infinite where there is no way.
    """
    require_metric(ways=ways, need=need, sites=sites)
    network = from_lines(ways[["geometry"]])
    points = gpd.GeoSeries(pd.concat([need.geometry, sites.geometry], ignore_index=True))
    at = network.snap(points)
    inserted, nodes = network.insert(at)
    apart_m = inserted.distances(nodes[len(need) :])[:, nodes[: len(need)]].T
    off_m = at["snap_m"].to_numpy()
    total_m = apart_m + off_m[: len(need), None] + off_m[None, len(need) :]
    return pd.DataFrame(total_m / (kph * 1000 / 60), index=need.index, columns=sites["id"])


def maximal_cover(walk: pd.DataFrame, need: pd.Series, *, sites: int, within_min: float) -> Siting:
    """Return the sites that have most need within a walk.

    Parameters
    ----------
    walk : pandas.DataFrame, as from `walk_min`
    need : pandas.Series of float, on the index of `walk`
    sites : int
        How many to choose.
    within_min : float
        The longest walk, in minutes.

    Returns
    -------
    Siting
        ``value`` is the share of all need that is covered.

    Raises
    ------
    SitingError
        If there are fewer candidates than sites, or the need is negative, missing or all 0.
    """
    weight = _checked(walk, need, sites)
    near = csr_array((walk.to_numpy() <= within_min).astype(float))
    n, m = near.shape
    # Variables: m sites chosen, then n points covered.
    best = _best(
        np.r_[np.zeros(m), -weight],
        [
            LinearConstraint(block_array([[near, -eye_array(n)]], format="csr"), 0, np.inf),
            LinearConstraint(csr_array(np.r_[np.ones(m), np.zeros(n)][None]), sites, sites),
        ],
        m,
    )
    chosen = best > 0.5
    covered = walk.to_numpy()[:, chosen].min(axis=1) <= within_min
    return _siting(walk, chosen, float(weight[covered].sum()))


def p_median(walk: pd.DataFrame, need: pd.Series, *, sites: int) -> Siting:
    """Return the sites with the shortest walk on average, weighted by need.

    Parameters and errors are those of `maximal_cover`; every point must reach a site.

    Returns
    -------
    Siting
        ``value`` is the mean walk in minutes.
    """
    weight = _checked(walk, need, sites)
    cost = walk.to_numpy(float)
    lost = ~np.isfinite(cost).any(axis=1)
    if lost.any():
        raise SitingError(
            f"point {walk.index[lost][0]!r} reaches no site on foot. Cure: leave it out, or join "
            "its paths to the network"
        )
    far = float(cost[np.isfinite(cost)].max()) * 1e3
    n, m = cost.shape
    # Variables: m sites chosen, then n x m shares of a point served by a site.
    once = coo_array((np.ones(n * m), (np.repeat(np.arange(n), m), np.arange(n * m))))
    of_site = coo_array((np.ones(n * m), (np.arange(n * m), np.tile(np.arange(m), n))))
    chosen_for = coo_array((-np.ones(n * m), (np.arange(n * m), np.arange(n * m))))
    serves = block_array([[of_site, chosen_for]], format="csr")
    none = coo_array((n, m))
    best = _best(
        np.r_[np.zeros(m), (weight[:, None] * np.minimum(cost, far)).ravel()],
        [
            LinearConstraint(block_array([[none, once]], format="csr"), 1, 1),
            LinearConstraint(serves, 0, np.inf),
            LinearConstraint(csr_array(np.r_[np.ones(m), np.zeros(n * m)][None]), sites, sites),
        ],
        m,
    )
    chosen = best > 0.5
    return _siting(walk, chosen, float(weight @ cost[:, chosen].min(axis=1)))


def by_scenario(
    walk: pd.DataFrame, scenarios: Mapping[str, pd.Series], *, sites: int, within_min: float
) -> pd.DataFrame:
    """Return the best sites for each picture of the need, and what each choice is worth in all.

    Parameters
    ----------
    walk : pandas.DataFrame, as from `walk_min`
    scenarios : mapping of str to pandas.Series
        Need by the name of the scenario.
    sites, within_min
        As for `maximal_cover`.

    Returns
    -------
    pandas.DataFrame
        A row per scenario: ``sites``, joined by ``; ``; ``covered``, its share of the need
        there; ``worst``, the least share that these sites cover in any scenario.
    """
    rows = {}
    weights = {name: _checked(walk, need, sites) for name, need in scenarios.items()}
    for name, need in scenarios.items():
        best = maximal_cover(walk, need, sites=sites, within_min=within_min)
        near = (walk[list(best.sites)] <= within_min).any(axis=1).to_numpy()
        worst = min(float(weight[near].sum()) for weight in weights.values())
        rows[name] = {"sites": "; ".join(best.sites), "covered": best.value, "worst": worst}
    return pd.DataFrame.from_dict(rows, orient="index")


def _checked(walk: pd.DataFrame, need: pd.Series, sites: int) -> Floats:
    """Return the need as shares, in the order of the walks."""
    if not 1 <= sites <= walk.shape[1]:
        raise SitingError(f"{sites} sites are asked for and there are {walk.shape[1]} candidates")
    weight = need.reindex(walk.index).to_numpy(float)
    if not (weight >= 0).all() or not weight.sum() > 0:
        raise SitingError("need must not be negative or missing, and somewhere more than 0")
    return np.asarray(weight / weight.sum())


def _best(cost: Floats, constraints: list[LinearConstraint], whole: int) -> Floats:
    """Return the first `whole` variables, which are whole numbers, of the least cost."""
    integrality = (np.arange(len(cost)) < whole).astype(np.int64)
    found = milp(cost, constraints=constraints, bounds=Bounds(0, 1), integrality=integrality)
    if found.x is None:
        raise SitingError(f"HiGHS found no choice of sites: {found.message}")
    return np.asarray(found.x[:whole])


def _siting(walk: pd.DataFrame, chosen: npt.NDArray[np.bool_], value: float) -> Siting:
    return Siting(tuple(walk.columns[chosen].astype(str)), value)
