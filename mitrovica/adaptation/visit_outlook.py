"""What a visit may bring: groups that pass, by what is not known of them, that accept help."""

from typing import Final, Literal

import numpy as np
import pandas as pd
from scipy.special import ndtri

from geo.arrays import Floats

Rule = Literal["draw", "upper", "mean"]

PRIOR_GROUPS: Final = 10.0
"""Groups as firm as which a stop is assumed to be like all others; a judgement."""
TWO_SIDED: Final = 2 * ndtri(0.95)
"""Width of an interval at 90 % in standard deviations."""
UPPER_SDS: Final = 0.5
"""Standard deviations above the median that an upper bound lies."""
UNKNOWN_SD: Final = 0.8
"""Standard deviation of the logarithm where no interval is known: that of the field's prior."""


def accepted_share(asked: pd.Series, accepted: pd.Series) -> pd.Series:
    """Return the share of the groups at each stop that accept help.

    It is drawn to the share at all stops, as firmly as by `PRIOR_GROUPS` groups; 1 everywhere where
    no group's answer is known.

    Parameters
    ----------
    asked, accepted : pandas.Series
        Groups at each stop to which help was offered, and those of them that accepted it.

    Returns
    -------
    pandas.Series
        With the index of `asked`.

    Examples
    --------
    >>> asked, accepted = pd.Series([90, 0]), pd.Series([81, 0])
    >>> accepted_share(asked, accepted).round(2).tolist()
    [0.9, 0.9]
    """
    if not asked.sum():
        return pd.Series(1.0, asked.index)
    overall = accepted.sum() / asked.sum()
    return (accepted + PRIOR_GROUPS * overall) / (asked + PRIOR_GROUPS)


def weighed_need(
    need: Floats, low: Floats, high: Floats, *, rule: Rule, seed: int
) -> Floats:
    """Return the need that each stop is taken to have, of what is known.

    Parameters
    ----------
    need, low, high : (n,) array
        Mean, and the ends of an interval at 90 %; taken as lognormal.  An end that is not known is
        NaN.
    rule : {"draw", "upper", "mean"}
        A draw from what is possible (W. R. Thompson, "On the likelihood that one unknown
        probability exceeds another", Biometrika 25 (1933) 285-294), an upper bound (P. Auer, N.
        Cesa-Bianchi, P. Fischer, "Finite-time analysis of the multiarmed bandit problem", Machine
        Learning 47 (2002) 235-256), or the mean.
    seed : int
        Of a draw.

    Returns
    -------
    (n,) array
    """
    if rule == "mean":
        return need.copy()
    known = (low > 0) & (high > low)
    ratio = np.divide(high, low, out=np.ones_like(need), where=known)
    sd = np.where(known, np.log(ratio) / TWO_SIDED, UNKNOWN_SD)
    median = need * np.exp(-(sd**2) / 2)
    if rule == "upper":
        return np.asarray(median * np.exp(UPPER_SDS * sd))
    z = np.random.default_rng([seed, 43]).normal(size=len(need))
    return np.asarray(median * np.exp(sd * z))
