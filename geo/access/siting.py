"""Where a service point serves most people on foot."""

from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import csr_array, eye_array, hstack

from geo.crs import require_metric
from geo.network.graph import from_lines

WALK_M_PER_MIN: Final = 5000 / 60
"""A walk of 5 km/h."""


class SitingError(ValueError):
    """Sites cannot be chosen."""


class Siting(NamedTuple):
    """The best choice of sites."""

    sites: tuple[str, ...]
    covered: float
    """Share of the need within a walk of one of them."""


def minutes_to_sites(
    ways: gpd.GeoDataFrame, need: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the minutes of the shortest walk from each point of need to each site.

    Roads and paths are walked in both directions at 5 km/h; the way to the nearest of them is
    walked in a straight line.

    Layers are in one projected CRS in metres: `ways` are lines of roads and paths together, `sites`
    points with ``id``.  The table is on the index of `need`, a column per site id; infinite where
    there is no way.
    """
    require_metric(ways=ways, need=need, sites=sites)
    network = from_lines(ways[["geometry"]])
    at = network.snap(gpd.GeoSeries(pd.concat([need.geometry, sites.geometry], ignore_index=True)))
    network, nodes = network.insert(at)
    apart_m = network.distances(nodes[len(need) :])[:, nodes[: len(need)]].T
    off_m = at["snap_m"].to_numpy()
    total_m = apart_m + off_m[: len(need), None] + off_m[None, len(need) :]
    return pd.DataFrame(total_m / WALK_M_PER_MIN, index=need.index, columns=sites["id"])


def maximal_cover(walk: pd.DataFrame, need: pd.Series, *, sites: int, within_min: float) -> Siting:
    """Return the sites that have most need within a walk, solved to the optimum by HiGHS.

    Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional
    Science Association 32, 101-118.

    `walk` is as from `minutes_to_sites`, `need` on its index; `sites` says how many to choose,
    `within_min` how long a walk may be.  Raises `SitingError` if there are fewer candidates than
    sites, or the need is negative, missing or all 0.

    Examples
    --------
    >>> walk = pd.DataFrame({"north": [5, 40, 40], "south": [40, 5, 10]})
    >>> maximal_cover(walk, pd.Series([2.0, 1.0, 2.0]), sites=1, within_min=15)
    Siting(sites=('south',), covered=0.6)
    """
    points, candidates = walk.shape
    if not 1 <= sites <= candidates:
        raise SitingError(f"{sites} sites are to be chosen of {candidates} candidates")
    weight = need.reindex(walk.index).to_numpy(float)
    if not (weight >= 0).all() or not weight.sum() > 0:
        raise SitingError("need must not be negative or missing, and somewhere more than 0")
    near = walk.to_numpy() <= within_min
    # The unknowns are the sites, then the points: a point is covered by the sites near it.
    is_site = np.repeat([1, 0], [candidates, points])
    covered = hstack([csr_array(near, dtype=float), -eye_array(points)])
    # Need is 1 on average: a scale that the solver takes well.
    solved = milp(
        np.concatenate([np.zeros(candidates), -weight / weight.mean()]),
        integrality=is_site,
        bounds=Bounds(0.0, 1.0),
        constraints=[LinearConstraint(covered, lb=0.0), LinearConstraint(is_site, sites, sites)],
        options={"mip_rel_gap": 0.0},
    )
    chosen = np.asarray(solved.x)[:candidates] > 0.5
    share = weight[near[:, chosen].any(axis=1)].sum() / weight.sum()
    return Siting(tuple(walk.columns[chosen].astype(str)), float(share))
