"""Stops from which people stay away after visits: no hour is added for those who avoid patrols."""

from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.special import ndtr

from geo.arrays import Bools

DISPERSION: Final = 2.0
"""Variance of groups met over the mean, as outreach teams find it."""
CHANCE: Final = 0.1
"""A fall as great as this comes by chance, of stops where nothing falls, in this share."""
LEFT: Final = 2 / 3
"""A fall leaves no more than this share of the groups met in an hour."""
SPREAD: Final = 0.3
"""Standard deviation of the logarithm of what is left, from stop to stop; a judgement."""
NEAR_M: Final = 5000.0
"""Where people who stay away from a stop may go on foot in an hour."""


@dataclass(frozen=True)
class _Left:
    """What is left of a rate, as a logarithm, with its standard deviation; of one or of each."""

    log: Any
    sd: Any


def stays_away(by_month: pd.DataFrame) -> list[str]:
    """Return the stops that meet fewer groups in an hour in their last month than in the first.

    Parameters
    ----------
    by_month : pandas.DataFrame
        ``stop``, ``month``, ``minutes`` and ``groups``, as of `Records`.

    Returns
    -------
    list of str
        Their ids.

    Notes
    -----
    The logarithm of the ratio of two rates is about normal, with the variance
    ``dispersion (1 / a + 1 / b)`` for ``a`` and ``b`` groups, half a group added to each.  That of
    all other stops together is by Mantel and Haenszel, with the variance of S. Greenland and J. M.
    Robins ("Estimation of a common effect parameter from sparse follow-up data", Biometrics 41
    (1985) 55-68); about it a stop is normal with `SPREAD`.  So a few groups at each of many stops
    tell together what none of them tells alone.

    That people stay away and that fewer are on their way is the same fall: either way no hour is
    added.

    Examples
    --------
    >>> rows = {"stop": "mill", "month": ["2026-10", "2026-11"], "minutes": 600.0}
    >>> stays_away(pd.DataFrame(rows | {"groups": [30, 5]}))
    ['mill']
    >>> stays_away(pd.DataFrame(rows | {"groups": [3, 1]}))
    []
    """
    strata = _strata(by_month)
    others = _together(strata.sum() - strata)
    own, like_others = 1 / strata["var"], 1 / (others.sd**2 + SPREAD**2)
    both = own + like_others
    log_left = (own * strata["log_left"] + like_others * others.log) / both
    fallen = log_left <= np.log(LEFT)
    surely = ndtr(log_left * np.sqrt(both)) < CHANCE
    return [*strata.index[fallen & surely].astype(str)]


def persists(by_month: pd.DataFrame) -> bool:
    """Tell whether visits have shown that as many groups come to all stops together as at first.

    They have not where no stop was visited in two months, nor where what is left is known less
    closely than a fall to `LEFT`.

    Parameters
    ----------
    by_month : pandas.DataFrame
        As for `stays_away`.

    Examples
    --------
    >>> rows = {"stop": "mill", "month": ["2026-10", "2026-11"], "minutes": 600.0}
    >>> persists(pd.DataFrame(rows | {"groups": [30, 28]}))
    True
    >>> persists(pd.DataFrame(rows | {"groups": [30, 5]}))
    False
    >>> persists(pd.DataFrame(rows | {"groups": [3, 3]}))
    False
    """
    left = _together(_strata(by_month).sum())
    return bool(np.log(LEFT) <= left.log and left.sd <= -np.log(LEFT))


def _strata(by_month: pd.DataFrame) -> pd.DataFrame:
    """Return what each stop that was visited in two months adds to sums of Mantel and Haenszel.

    ``before``, ``after`` and ``spread`` add up; ``log_left`` and ``var`` are of the stop alone.
    """
    months = by_month.sort_values("month").groupby("stop")
    first, last = months.first(), months.last()
    twice = first["month"] < last["month"]
    first, last = first[twice], last[twice]
    minutes = first["minutes"] + last["minutes"]
    both = first["groups"] + last["groups"]
    a, b = first["groups"] + 0.5, last["groups"] + 0.5
    return pd.DataFrame(
        {
            "before": first["groups"] * last["minutes"] / minutes,
            "after": last["groups"] * first["minutes"] / minutes,
            "spread": both * first["minutes"] * last["minutes"] / minutes**2,
            "log_left": np.log(b / last["minutes"] * first["minutes"] / a),
            "var": DISPERSION * (1 / a + 1 / b),
        }
    )


def _together(sums: pd.DataFrame | pd.Series) -> _Left:
    """Return what is left at several stops, as if one more had half a group in each month."""
    before, after = sums["before"] + 0.25, sums["after"] + 0.25
    var = DISPERSION * (sums["spread"] + 0.25) / (before * after)
    return _Left(np.log(after / before), np.sqrt(var))


def near_away(stops: gpd.GeoDataFrame, away: Bools) -> Bools:
    """Tell which stops lie within `NEAR_M` of one from which people stay away.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame of Point, projected CRS in metres
    away : (n,) array
        Stops from which people stay away.

    Returns
    -------
    (n,) array
    """
    if not away.any():
        return np.zeros(len(stops), dtype=bool)
    return stops.dwithin(stops[away].union_all(), NEAR_M).to_numpy(bool)
