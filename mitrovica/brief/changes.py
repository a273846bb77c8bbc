"""Whether more or fewer groups were met in an hour than in the month before.

Groups at a stop in a shift are quasi-Poisson: the rate of that stop and shift, times that of the
month, times the hours that crews were there.  Given how many were met in both months together, the
share of one follows from the hours alone, and no stop's own rate must be known.  Groups come in
clusters, so the dispersion is estimated, and never below that of Poisson counts.

References
----------
McCullagh, P., Nelder, J. A. (1989). Generalized Linear Models, sections 6.2 and 7.4.
Benjamini, Y., Hochberg, Y. (1995). Controlling the false discovery rate. Journal of the Royal
Statistical Society B 57, 289-300.
"""

from typing import Final, NamedTuple

import numpy as np
import pandas as pd
from scipy.special import ndtr, stdtr, stdtrit

from geo.arrays import Floats
from geo.records import Log, stayed_s

YEAR: Final = 12
"""Comparisons for which p-values are adjusted: those of a year, so that one year in twenty at most
has a false alarm."""
LEVEL: Final = 0.05
LEAST: Final = 1e-12
"""The smallest weight, so that none is divided by."""
SEASONS: Final = 24
"""Months of a log from which on a season can be told from a change."""


class Change(NamedTuple):
    """How a month compares with the one before."""

    p: float
    """Chance of so unequal rates, were they the same, adjusted for the comparisons of a year."""
    power: float
    """How often twice the rate would be told from the same one."""
    seasons: bool
    """Whether the log goes back far enough to tell a season from a change."""

    @property
    def shown(self) -> bool:
        """Whether the rates differ by more than chance."""
        return self.p <= LEVEL


def changed(log: Log, month: str) -> Change | None:
    """Return how groups met in an hour changed in a month, ``2026-12``, from the one before.

    None where no stop was visited in both, in the same shift, or where nobody was met at more than
    one of these.
    """
    last = pd.Period(month, "M")
    newest_first = pd.period_range(end=last, periods=YEAR + 1)[::-1]
    months = newest_first.astype(str).tolist()
    hours, groups = by_cell(log, months)
    p, power = compared(groups.to_numpy(), hours.to_numpy())
    if np.isnan(power):
        return None
    begins = log.made["date"].min()[:7]
    return Change(p, power, begins <= str(last - SEASONS))


def by_cell(log: Log, months: list[str]) -> tuple[pd.DataFrame, pd.DataFrame]:
    """Return hours stood and groups met at each stop in each shift, a column a month."""
    visits = log.made
    of_visit = [visits["stop"], visits["shift"], visits["date"].str[:7]]
    stood = (stayed_s(visits) / 3600).groupby(of_visit).sum()
    hours = stood.unstack(fill_value=0).reindex(columns=months, fill_value=0.0)
    groups = log.groups.groupby(["stop", "shift", "month"]).size().unstack()
    groups = groups.reindex(index=hours.index, columns=months)
    return hours.astype(float), groups.fillna(0.0)


def compared(groups: Floats, hours: Floats) -> tuple[float, float]:
    """Return the p-value of the first month against the second, and the power for a doubling.

    Parameters
    ----------
    groups, hours : (cells, months) arrays
        Groups met and hours stood at each stop in each shift, the newest month first.  The older
        months are compared too: the p-value is adjusted for `YEAR` comparisons.

    Returns
    -------
    (float, float)
        Power is NaN where the first two months cannot be compared; p then is 1.

    Examples
    --------
    >>> groups = np.tile([[9.0, 1.0], [12.0, 2.0], [8.0, 0.0]], (6, 1))
    >>> p, power = compared(groups, np.ones((18, 2)))
    >>> p < 0.05, round(power, 2)
    (True, 0.19)
    """
    from scipy.stats import false_discovery_control

    pairs = [
        pair(groups[:, [k, k + 1]], hours[:, [k, k + 1]])
        for k in range(min(groups.shape[1] - 1, YEAR))
    ]
    p_values = np.ones(YEAR)
    p_values[: len(pairs)] = [found.p for found in pairs]
    return float(false_discovery_control(p_values)[0]), pairs[0].power


class Pair(NamedTuple):
    """How two parts of a log compare."""

    p: float
    """Chance of so unequal rates, were they the same; 1 where they cannot be compared."""
    power: float
    """How often twice the rate would be told from the same one; NaN likewise."""
    ratio: float
    """Groups met in an hour over those of the other part; NaN likewise."""


# One formula: p and its power rest on the same quantities.
def pair(groups: Floats, hours: Floats) -> Pair:
    """Return how two parts of a log compare, the newer one first.

    Parameters
    ----------
    groups, hours : (cells, 2) arrays
        Groups met and hours stood at each stop in each shift.
    """
    used = (hours > 0).all(axis=1) & (groups.sum(axis=1) > 0)
    now, before = groups[used].T
    hours_now, hours_before = hours[used].T
    groups_of_both = now + before
    share = hours_now / (hours_now + hours_before)
    # Mantel and Haenszel's ratio of the rates; half a group keeps it from nothing.
    ratio = (now @ (1 - share) + 0.5) / (before @ share + 0.5)
    fitted = ratio * hours_now / (ratio * hours_now + hours_before)
    weight = groups_of_both * fitted * (1 - fitted)
    # As many stops of one weight would know the dispersion as well (Satterthwaite 1946).
    freedom = weight.sum() ** 2 / max(weight @ weight, LEAST) - 1
    if freedom < 1:
        return Pair(1.0, np.nan, np.nan)
    off = ((now - groups_of_both * fitted) ** 2).sum() / weight.sum()
    dispersion = max(1.0, off * (1 + 1 / freedom))
    spread = np.sqrt(dispersion * (groups_of_both @ (share * (1 - share))))
    p = 2 * stdtr(freedom, -abs((now - groups_of_both * share).sum()) / spread)
    # The same stops and hours, and twice the rate of before.
    rate = groups_of_both / (ratio * hours_now + hours_before)
    doubled = rate * (2 * hours_now + hours_before)
    twice = 2 * hours_now / (2 * hours_now + hours_before)
    least = -stdtrit(freedom, LEVEL / YEAR / 2) * np.sqrt(
        dispersion * (doubled @ (share * (1 - share)))
    )
    deviation = np.sqrt(dispersion * (doubled @ (twice * (1 - twice))))
    excess = (doubled * (twice - share)).sum()
    power = float(ndtr((excess - least) / deviation))
    return Pair(float(p), power, float(ratio))
