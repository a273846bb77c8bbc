"""What a few sightings can show at best, and what would explain a result away.

One hypothesis: ``n`` sightings, of which each would lie within a band with probability ``share``
under the null.  The number within is binomial; the test asks whether it is too large.
"""

from __future__ import annotations

from typing import Final

import numpy as np
from scipy.stats import beta, binom

POWER: Final = 0.8
"""Probability of finding an effect that a design is asked for."""

MOST: Final = 100_000
"""A design with more sightings than this is not looked for."""

CONFIDENCE: Final = 0.95
"""Of the interval that a share is known within."""


def share_if_all_agree(n: int) -> float:
    """Return the lowest share of one kind among all groups, were all `n` sightings of that kind.

    The lower Clopper-Pearson bound for n of n, ``((1 - CONFIDENCE) / 2) ** (1 / n)``; 0 where
    there is no sighting.

    References
    ----------
    Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
    the case of the binomial. Biometrika 26, 404-413.

    >>> round(share_if_all_agree(5), 3)
    0.478
    """
    return float(((1 - CONFIDENCE) / 2) ** (1 / n)) if n else 0.0


def smallest_p(n: int, share: float) -> float:
    """Return the smallest p-value that `n` sightings can reach: all of them within the band."""
    return float(share**n)


def effect_found(n: int, share: float, level: float) -> float:
    """Return the smallest true share within the band that is found with 80 % power.

    NaN where no outcome of `n` sightings reaches the level.
    """
    critical = _critical(n, share, level)
    if critical > n:
        return float("nan")
    return float(beta.ppf(POWER, critical, n - critical + 1))


def sightings_for_level(share: float, level: float) -> float:
    """Return how many sightings are needed for any outcome to reach the level; NaN if none do."""
    if share >= 1:
        return float("nan")
    if share <= 0:
        return 1.0
    return float(np.ceil(np.log(level) / np.log(share) - 1e-9))


def sightings_for_effect(share: float, effect: float, level: float) -> float:
    """Return how many sightings find a true share `effect` with 80 % power; NaN if none do."""
    if not 0 <= share < effect <= 1:
        return float("nan")
    # The power is a saw-tooth in n: the first n from which it stays above is what is needed.
    n = np.unique(np.round(np.geomspace(1, MOST, 4000)).astype(int))
    critical = binom.isf(level, n, share) + 1
    short = np.flatnonzero(binom.sf(critical - 1, n, effect) < POWER)
    if not len(short):
        return 1.0
    return float(n[short[-1] + 1]) if short[-1] + 1 < len(n) else float("nan")


def tipping_ratio(n: int, within: float, share: float, level: float) -> float:
    """Return how many times likelier reporting near the corridor must be to explain the result.

    Groups within the band are reported `ratio` times as often as others; then the share of
    reports within it is ``ratio share / (ratio share + 1 - share)``.  The ratio at which the
    result is just not significant follows from the lower Clopper-Pearson bound.  At most 1: the
    result needs no explanation.

    Parameters
    ----------
    n : int
    within : float
        Sightings within the band; an expected number need not be whole.
    share : float
        Of the null within the band.
    level : float

    References
    ----------
    Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
    the case of the binomial. Biometrika 26, 404-413.
    """
    if not 0 < share < 1 or within <= 0:
        return float("nan")
    bound = level ** (1 / n) if within >= n else beta.ppf(level, within, n - within + 1)
    return float(bound / (1 - bound) * (1 - share) / share)


def _critical(n: int, share: float, level: float) -> int:
    """Return the smallest number within the band whose p-value reaches the level."""
    return int(binom.isf(level, n, share)) + 1
