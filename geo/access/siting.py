"""Where a service point serves most people on foot: maximal covering and p-median.

Both are the models of `spopt.locate`, solved to the optimum by HiGHS.

References
----------
Feng et al. (2022), spopt: a Python package for solving spatial optimization problems in PySAL,
Journal of Open Source Software 7(74), 3330.
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
import pulp
from spopt.locate import MCLP, PMedian

from geo.arrays import Floats
from geo.crs import require_metric
from geo.network.graph import from_lines
from geo.params import NeedParams
from layers.schema import NEED_PARTS


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
    chosen = _chosen(MCLP.from_cost_matrix(walk.to_numpy(float), weight, within_min, sites))
    covered = walk.to_numpy()[:, chosen].min(axis=1) <= within_min
    return _siting(walk, chosen, float(weight[covered].sum() / weight.sum()))


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
    chosen = _chosen(PMedian.from_cost_matrix(np.minimum(cost, far), weight, sites))
    return _siting(walk, chosen, float(np.average(cost[:, chosen].min(axis=1), weights=weight)))


def need_scenarios(need: pd.DataFrame, weights: NeedParams) -> dict[str, pd.Series]:
    """Return the pictures of the need to site by: each part alone, and all as they are weighted.

    Here a weight is a part's share of the need in the whole outline, since a service point is not
    bound to the stops of the patrols; `geo.patrols.covering.reach` takes it of what any stop
    reaches.

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


def within_walk(
    walk: pd.DataFrame, scenarios: Mapping[str, pd.Series], *, within_min: float
) -> pd.DataFrame:
    """Return the share of the need within a walk of each site, a row per scenario.

    Parameters and errors are those of `by_scenario`.
    """
    near = (walk <= within_min).astype(float)
    shares = {
        name: weight @ near / weight.sum()
        for name, weight in ((n, _checked(walk, need, 1)) for n, need in scenarios.items())
    }
    return pd.DataFrame.from_dict(shares, orient="index", columns=walk.columns)


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
        worst = min(float(weight[near].sum() / weight.sum()) for weight in weights.values())
        rows[name] = {"sites": "; ".join(best.sites), "covered": best.value, "worst": worst}
    return pd.DataFrame.from_dict(rows, orient="index")


def _checked(walk: pd.DataFrame, need: pd.Series, sites: int) -> Floats:
    """Return the need in the order of the walks, 1 on average: a scale that solvers take well."""
    if not 1 <= sites <= walk.shape[1]:
        raise SitingError(f"{sites} sites are asked for and there are {walk.shape[1]} candidates")
    weight = need.reindex(walk.index).to_numpy(float)
    if not (weight >= 0).all() or not weight.sum() > 0:
        raise SitingError("need must not be negative or missing, and somewhere more than 0")
    return np.asarray(weight / weight.mean())


def _chosen(model: MCLP | PMedian) -> npt.NDArray[np.bool_]:
    """Return which sites the best solution takes; one thread, so that it is always the same."""
    solved = model.solve(pulp.HiGHS(msg=False, threads=1, gapRel=0), results=False)
    return np.array([site.value() > 0.5 for site in solved.fac_vars])


def _siting(walk: pd.DataFrame, chosen: npt.NDArray[np.bool_], value: float) -> Siting:
    return Siting(tuple(walk.columns[chosen].astype(str)), value)
