"""Where one, two or three places for a service would serve most need within a walk.

The maximal covering location problem, solved exactly: no other choice of as many places serves
more.  The need is known roughly, so `best_sites` says with it how firm the choice is.

References
----------
Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science
Association 32, 101-118.
"""

from collections.abc import Sequence
from itertools import combinations, islice
from math import comb
from typing import Final, cast

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy import sparse
from scipy.optimize import Bounds, LinearConstraint, milp

from geo.access.walking import minutes_to_sites
from geo.arguments import require_number
from geo.arrays import Bools, Floats
from geo.crs import to_metric
from geo.params import NeedParams, PatrolParams
from geo.patrols.appraisal import VARIATION
from geo.patrols.reach import all_need
from geo.patrols.stops import candidates
from geo.records import StudyData, is_closed

__all__ = ["SitingError", "best_sites", "minutes_of", "sites_of"]

WITHIN_MIN: Final = 15.0
"""A walk that many make, minutes."""
DRAWS: Final = 100
"""Draws of a need that is known roughly."""
MOST_CHOICES: Final = 100_000
"""So many choices are tried one by one, which is quicker than to solve each draw."""
AT_ONCE: Final = 4096
"""Choices that are tried together."""


class SitingError(ValueError):
    """No site can be chosen."""


def sites_of(data: StudyData, params: PatrolParams) -> gpd.GeoDataFrame:
    """Return where a service could be: public places of a study, and centres that are closed.

    Parameters
    ----------
    data : StudyData, EPSG:4326
    params : PatrolParams
        For the kinds of public places.

    Returns
    -------
    GeoDataFrame of Point, metric CRS
        By id: ``name``, ``closed`` and ``uncertainty_m`` (NaN where the place is exact); no
        crossing, and nothing outside the study's boundary.
    """
    data = to_metric(data)
    stops = candidates(data.places, data.layers.facilities, params)
    public = stops[stops["kind"] != "crossing"].rename(columns={"stop": "id"})
    centres = data.places["kind"].eq("reception_centre")
    closed = data.places[centres & is_closed(data.places)]
    closed = closed.rename(columns={"name_en": "name"})
    both = pd.concat([public, closed], keys=[False, True], names=["closed"])
    both = both.reset_index("closed").reset_index(drop=True)
    inside = both.within(data.boundary.union_all())
    columns = ["id", "name", "closed", "uncertainty_m", "geometry"]
    return gpd.GeoDataFrame(both[inside][columns]).set_index("id")


def minutes_of(
    data: StudyData,
    need: gpd.GeoDataFrame,
    sites: gpd.GeoDataFrame,
    weights: NeedParams,
) -> tuple[pd.DataFrame, pd.Series]:
    """Return the walks to sites on the ways of a study, and the need where they begin.

    Parameters
    ----------
    data : StudyData, EPSG:4326
    need : GeoDataFrame of Point
        Table `NEED`.
    sites : GeoDataFrame of Point, metric CRS
        As of `sites_of`.
    weights : NeedParams

    Returns
    -------
    minutes : DataFrame
        A row a point of need, a column a site.
    need : Series
        On the same index; together 1.
    """
    metric = to_metric(data)
    ways = pd.concat([metric.layers.roads, metric.layers.paths])
    points = need.to_crs(str(metric.boundary.crs))
    minutes = minutes_to_sites(ways, points, sites.reset_index())
    return minutes, pd.Series(all_need(points, weights), index=minutes.index)


def best_sites(
    minutes: pd.DataFrame,
    need: pd.Series,
    open_already: Sequence[str] = (),
    *,
    most: int = 3,
    within_min: float = WITHIN_MIN,
    draws: int = DRAWS,
    seed: int = 0,
) -> pd.DataFrame:
    r"""Return the sites that serve most need within a walk: the best one, the best two and so on.

    With :math:`c_{ij} = 1` where site :math:`j` lies within the walk of point :math:`i`,

    .. math:: \max \sum_i w_i z_i, \quad z_i \le \sum_j c_{ij} y_j, \quad \sum_j y_j = k,

    :math:`y` whole.  The best two need not hold the best one.  In each draw the need of every
    point is multiplied by a number of its own, uniform within `VARIATION` of 1, as where plans are
    tried (`geo.patrols.appraisal`).

    Parameters
    ----------
    minutes : pandas.DataFrame
        Minutes on foot from each point of need (rows) to each site (columns), as
        `geo.access.minutes_to_sites` returns.
    need : pandas.Series
        On the same index, not negative.
    open_already : sequence of str
        Columns of sites that offer the service today: what they serve counts as served.
    most : int
        The largest number of new sites.
    within_min : float
        The longest walk, minutes.
    draws, seed : int

    Returns
    -------
    pandas.DataFrame
        Row ``k`` for the best ``k`` new sites, from 0: ``sites`` (a list of columns),
        ``need_share`` (of all need, with what is open already), ``best_share`` (in which share of
        the draws no other choice serves more) and ``behind`` (by how much of the need it lies
        behind the best of a draw, at most).

    Raises `SitingError` if the tables do not fit together, or no point has a need;
    `geo.arguments.ArgumentError` if a number is negative.

    Examples
    --------
    Two thirds of the need can be served from ``B``, all from ``A`` and ``B``.

    >>> minutes = pd.DataFrame({"A": [5, 40, 40], "B": [40, 5, 10]}, index=["p", "q", "r"])
    >>> need = pd.Series(1.0, index=minutes.index)
    >>> best_sites(minutes, need)[["sites", "need_share"]].round(2).to_numpy().tolist()
    [[[], 0.0], [['B'], 0.67], [['A', 'B'], 1.0]]
    """
    require_number("most", most, "most=3")
    require_number("within_min", within_min, "within_min=15")
    _refuse(minutes, need, open_already)
    serves = minutes.to_numpy(float) <= within_min
    is_open = minutes.columns.isin(open_already)
    weight = need.to_numpy(float) / need.sum()
    rng = np.random.default_rng(seed)
    drawn = weight * rng.uniform(1 - VARIATION, 1 + VARIATION, (draws, len(weight)))
    drawn /= drawn.sum(axis=1, keepdims=True)
    rows = []
    for number in range(min(most, (~is_open).sum()) + 1):
        chosen = _best(serves, weight, is_open, number)
        served = serves[:, chosen].any(axis=1)
        most_served = _most_served(serves, drawn, is_open, number)
        behind = most_served - drawn @ served
        rows.append(
            {
                "sites": minutes.columns[chosen & ~is_open].tolist(),
                "need_share": float(weight @ served),
                "best_share": float(np.mean(behind < 1e-9)),
                "behind": float(behind.max(initial=0.0)),
            }
        )
    return pd.DataFrame(rows)


def _most_served(serves: Bools, drawn: Floats, is_open: Bools, number: int) -> Floats:
    """Return how much the best choice serves in each draw."""
    free = np.flatnonzero(~is_open)
    if comb(len(free), number) > MOST_CHOICES:
        best = [_best(serves, draw, is_open, number) for draw in drawn]
        return np.array(
            [
                draw @ serves[:, chosen].any(axis=1)
                for draw, chosen in zip(drawn, best, strict=True)
            ]
        )
    # Each choice of few sites is tried.  Points that the same sites serve are one.
    kinds, kind = np.unique(serves, axis=0, return_inverse=True)
    worth = np.array([np.bincount(kind.ravel(), draw, len(kinds)) for draw in drawn])
    open_serve = kinds[:, is_open].any(axis=1, keepdims=True)
    most = np.zeros(len(drawn))
    choices = combinations(free, number)
    while some := [*islice(choices, AT_ONCE)]:
        chosen = np.array(some, int).reshape(len(some), number)
        served = kinds[:, chosen].any(axis=2) | open_serve
        most = np.maximum(most, (worth @ served).max(axis=1))
    return most


def _best(serves: Bools, weight: Floats, is_open: Bools, number: int) -> Bools:
    """Return which sites serve most, those that are open already among them."""
    # Points that the same sites serve are one.
    kinds, kind = np.unique(serves, axis=0, return_inverse=True)
    worth = np.bincount(kind.ravel(), weight, len(kinds))
    points, sites = kinds.shape
    covered = sparse.csr_array(np.hstack([-kinds.astype(float), np.eye(points)]))
    counted = np.r_[~is_open, np.zeros(points)][None, :]
    solved = milp(
        np.r_[np.zeros(sites), -worth],
        integrality=np.r_[np.ones(sites), np.zeros(points)],
        bounds=Bounds(np.r_[is_open, np.zeros(points)], 1),
        constraints=[
            LinearConstraint(covered, ub=0),
            LinearConstraint(counted, number, number),
        ],
        options={"mip_rel_gap": 0.0},
    )
    found = cast(Floats, solved.x)
    return np.asarray(found[:sites] > 0.5)


def _refuse(
    minutes: pd.DataFrame, need: pd.Series, open_already: Sequence[str]
) -> None:
    if not need.index.equals(minutes.index):
        raise SitingError(
            f"need has {len(need)} rows and minutes {len(minutes)}, or another index. "
            "Fix: minutes = geo.access.minutes_to_sites(ways, need, sites)"
        )
    unknown = [site for site in open_already if site not in minutes.columns]
    if unknown:
        raise SitingError(
            f"{', '.join(map(str, unknown))} is no column of minutes. "
            f"Fix: open_already= some of {', '.join(map(str, minutes.columns))}"
        )
    if (need < 0).any() or need.isna().any() or need.sum() <= 0:
        raise SitingError(
            "need is negative or missing at a point, or 0 at all. "
            "Fix: need = findings.need['observed']"
        )
