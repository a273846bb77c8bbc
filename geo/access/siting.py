"""Where a service point serves most people on foot: maximal covering and p-median.

Both are solved to the optimum by HiGHS.

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
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack, kron

from geo.arrays import Bools, Floats
from geo.crs import require_metric
from geo.network.graph import from_lines
from geo.params import NeedParams
from layers.schema import NEED_PARTS


class SitingError(ValueError):
    """Sites cannot be chosen."""


@dataclass(frozen=True)
class Siting:
    """The best choice of sites."""

    sites: tuple[str, ...]
    value: float
    """Share of the need that is covered, or mean minutes weighted by need."""


def minutes_to_sites(
    ways: gpd.GeoDataFrame, need: gpd.GeoDataFrame, sites: gpd.GeoDataFrame, *, kph: float = 5.0
) -> pd.DataFrame:
    """Return the minutes of the shortest walk from each point of need to each site.

    Roads and paths are walked in both directions; the way to the nearest of them is walked in a
    straight line.

    Parameters
    ----------
    ways, need, sites : geopandas.GeoDataFrame
        Lines of roads and paths together, points, and points with ``id``, in one projected CRS in
        metres.
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
    walk : pandas.DataFrame, as from `minutes_to_sites`
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

    Examples
    --------
    >>> walk = pd.DataFrame({"north": [5, 40, 40], "south": [40, 5, 10]})
    >>> maximal_cover(walk, pd.Series([2.0, 1.0, 2.0]), sites=1, within_min=15)
    Siting(sites=('south',), value=0.6)
    """
    weight = _checked(walk, need, sites)
    near = walk.to_numpy() <= within_min
    covers = csr_array(near, dtype=float)
    # The unknowns are the sites, then the points: a point is covered by the sites near it.
    covered = LinearConstraint(hstack([covers, -eye_array(len(walk))]), lb=0.0)
    cost = np.concatenate([np.zeros(walk.shape[1]), -weight])
    chosen = _chosen(cost, [covered], 1.0, walk.shape[1], sites)
    value = weight[near[:, chosen].any(axis=1)].sum() / weight.sum()
    return Siting(tuple(walk.columns[chosen].astype(str)), float(value))


def p_median(walk: pd.DataFrame, need: pd.Series, *, sites: int) -> Siting:
    """Return the sites with the shortest walk on average, weighted by need.

    Parameters and errors are those of `maximal_cover`; every point must reach a site.

    Returns
    -------
    Siting
        ``value`` is the mean walk in minutes.
    """
    weight = _checked(walk, need, sites)
    points, candidates = walk.shape
    minutes = walk.to_numpy(float)
    known = np.isfinite(minutes)
    if not known.any(axis=1).all():
        raise SitingError(
            f"point {walk.index[~known.any(axis=1)][0]!r} reaches no site on foot. Fix: leave it "
            "out, or join its paths to the network"
        )
    # The unknowns are the sites, then which site each point goes to, point by point.
    goes = eye_array(points * candidates)
    opened = kron(np.ones((points, 1)), eye_array(candidates))
    to_one = kron(eye_array(points), np.ones((1, candidates)))
    nowhere = csr_array((points, candidates))
    rules = [
        LinearConstraint(hstack([opened, -goes]), lb=0.0),
        LinearConstraint(hstack([nowhere, to_one]), 1.0, 1.0),
    ]
    cost = (weight[:, None] * np.where(known, minutes, 0.0)).ravel()
    most = np.concatenate([np.ones(candidates), known.ravel()])
    chosen = _chosen(np.concatenate([np.zeros(candidates), cost]), rules, most, candidates, sites)
    value = np.average(minutes[:, chosen].min(axis=1), weights=weight)
    return Siting(tuple(walk.columns[chosen].astype(str)), float(value))


def need_scenarios(need: pd.DataFrame, weights: NeedParams) -> dict[str, pd.Series]:
    """Return the pictures of the need to site by: each part by itself, and all as weighted.

    Here a weight is a part's share of the need in the whole outline, since a service point is not
    bound to the stops of the patrols, whose weights are shares of what any stop reaches.

    Parameters
    ----------
    need : pandas.DataFrame, table `NEED`
    weights : geo.params.NeedParams

    Returns
    -------
    dict of str to pandas.Series
        On the index of `need`; a part without any need is no scenario.
    """
    parts = {name: need[name] for name in NEED_PARTS if need[name].sum() > 0}
    weight = pd.Series({name: getattr(weights, name) for name in parts}, dtype="float64")
    return {**parts, "weighted": pd.DataFrame(parts, index=need.index) @ weight}


def share_within_walk(
    walk: pd.DataFrame, scenarios: Mapping[str, pd.Series], *, within_min: float
) -> pd.DataFrame:
    """Return the share of the need within a walk of each site, a row per scenario.

    Parameters and errors are those of `best_sites`.
    """
    near = (walk <= within_min).astype(float)
    weights = {name: _checked(walk, need, 1) for name, need in scenarios.items()}
    shares = {name: weight @ near / weight.sum() for name, weight in weights.items()}
    return pd.DataFrame.from_dict(shares, orient="index", columns=walk.columns)


def best_sites(
    walk: pd.DataFrame, scenarios: Mapping[str, pd.Series], *, sites: int, within_min: float
) -> pd.DataFrame:
    """Return the best sites for each picture of the need, and what each choice is worth in all.

    Parameters
    ----------
    walk : pandas.DataFrame, as from `minutes_to_sites`
    scenarios : mapping of str to pandas.Series
        Need by the name of the scenario, as from `need_scenarios`.
    sites, within_min
        As for `maximal_cover`.

    Returns
    -------
    pandas.DataFrame
        A row per scenario: ``sites``, joined by ``; ``; ``covered``, its share of the need
        there; ``worst``, the least share that these sites cover in any scenario.
    """
    rows = {}
    for name, need in scenarios.items():
        best = maximal_cover(walk, need, sites=sites, within_min=within_min)
        near = (walk[list(best.sites)] <= within_min).any(axis=1)
        worst = min(other[near].sum() / other.sum() for other in scenarios.values())
        rows[name] = {"sites": "; ".join(best.sites), "covered": best.value, "worst": worst}
    return pd.DataFrame.from_dict(rows, orient="index")


def _checked(walk: pd.DataFrame, need: pd.Series, sites: int) -> Floats:
    """Return the need in the order of the walks, 1 on average: a scale that solvers take well."""
    if not 1 <= sites <= walk.shape[1]:
        raise SitingError(f"{sites} sites are to be chosen of {walk.shape[1]} candidates")
    weight = need.reindex(walk.index).to_numpy(float)
    if not (weight >= 0).all() or not weight.sum() > 0:
        raise SitingError("need must not be negative or missing, and somewhere more than 0")
    return np.asarray(weight / weight.mean())


def _chosen(
    cost: Floats, rules: list[LinearConstraint], most: Floats | float, candidates: int, sites: int
) -> Bools:
    """Return which candidates, the first of the unknowns, the cheapest solution takes."""
    site = (np.arange(len(cost)) < candidates).astype(np.int64)
    solved = milp(
        cost,
        integrality=site,
        bounds=Bounds(0.0, most),
        constraints=[*rules, LinearConstraint(site, sites, sites)],
        options={"mip_rel_gap": 0.0},
    )
    if solved.x is None:
        raise SitingError(f"no {sites} sites together are in reach of every point. Fix: more sites")
    return np.asarray(solved.x[:candidates] > 0.5)
