"""How well a distribution of counts foretold a count."""

from functools import lru_cache
from typing import Any, Final

import numpy as np
from scipy.stats import nbinom

from geo.arrays import Floats
from geo.following.away import DISPERSION

LEAST: Final = 0.01
"""Groups that are expected at least, so that no count is impossible."""
TAIL: Final = 1e-10
"""Counts above which less probability lies are not looked at."""


@lru_cache(256)
def law(mean: float) -> Any:
    """Return the negative binomial distribution of a mean whose variance is `DISPERSION` times it.

    Examples
    --------
    >>> law(3.0).mean().item(), law(3.0).var().item()
    (3.0, 6.0)
    """
    mean = max(mean, LEAST)
    return nbinom(mean / (DISPERSION - 1), 1 / DISPERSION)


def crps_of_all(mean: float, most: int) -> Floats:
    """Return the score `crps` of every count from 0 to `most`, for `most` beyond the law's tail."""
    below = law(mean).cdf(np.arange(most + 1))
    # Of a count y: the squares of F below y, and of 1 - F from y on.
    low = np.concatenate([[0.0], np.cumsum(below**2)[:-1]])
    high = np.cumsum(((1 - below) ** 2)[::-1])[::-1]
    return np.asarray(low + high)


@lru_cache(256)
def beyond_tails(*means: float) -> int:
    """Return a count beyond the tails of all laws of these means."""
    return int(max(law(mean).isf(TAIL) for mean in means)) + 1


def crps(mean: float, met: int) -> float:
    """Return the ranked probability score of a count; the less, the better it was foretold.

    It is the sum over all counts x of ``(F(x) - 1{met <= x})²``, of the distribution ``F`` that
    `law` gives (C. Czado, T. Gneiting, L. Held, "Predictive model assessment for count data",
    Biometrics 65 (2009) 1254-1261).

    Examples
    --------
    >>> round(crps(3.0, 3), 2), round(crps(3.0, 9), 2)
    (0.57, 4.78)
    """
    return float(crps_of_all(mean, beyond_tails(mean) + met)[met])


def pit(mean: float, met: int, bins: int) -> Floats:
    """Return what a count adds to each bin of the histogram of the probability integral transform.

    It is not randomised (Czado, Gneiting, Held, as for `crps`): a count spreads evenly between the
    distribution below it and that with it.  Over counts of the law itself all bins are alike.

    Examples
    --------
    >>> pit(3.0, 0, 5).round(2).tolist()
    [1.0, 0.0, 0.0, 0.0, 0.0]
    """
    below, with_it = law(mean).cdf([met - 1, met])
    ends = np.linspace(0, 1, bins + 1)
    width = max(with_it - below, 1e-9)
    share = np.clip((ends - min(below, 1 - width)) / width, 0, 1)
    return np.diff(share)
