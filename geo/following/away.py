"""Stops from which people stay away after visits: no hour is added for those who avoid patrols."""

from typing import Final

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
NEAR_M: Final = 5000.0
"""Where people who stay away from a stop may go on foot in an hour."""


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
    ``dispersion (1 / a + 1 / b)`` for ``a`` and ``b`` groups, half a group added to each.  That
    people stay away and that fewer are on their way is the same fall: either way no hour is added.
    Of stops that fall to a quarter, half are found from 12 groups in the first month.

    Examples
    --------
    >>> rows = {"stop": "mill", "month": ["2026-10", "2026-11"], "minutes": 600.0}
    >>> stays_away(pd.DataFrame(rows | {"groups": [30, 5]}))
    ['mill']
    >>> stays_away(pd.DataFrame(rows | {"groups": [3, 1]}))
    []
    """
    found = []
    for stop, rows in by_month.sort_values("month").groupby("stop"):
        groups = rows["groups"].to_numpy(float) + 0.5
        rate = groups / rows["minutes"].to_numpy(float)
        if len(rows) < 2:
            continue
        sd = np.sqrt(DISPERSION * (1 / groups[0] + 1 / groups[-1]))
        left = rate[-1] / rate[0]
        if left <= LEFT and ndtr(np.log(left) / sd) < CHANCE:
            found.append(str(stop))
    return found


def beside(stops: gpd.GeoDataFrame, away: Bools) -> Bools:
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
