"""What a few sightings can show at best, and what would explain a result away.

One hypothesis: of ``n`` sightings, how many lie within a band?  The count is the sum of the
probabilities that each lies there.  Under the null a true place lies within the band with
probability ``q``; then its own probability has mean ``m1`` and variance ``v1``, else ``m0`` and
``v0``.  Given the number of places truly within, the count is taken as normal; it is exact for
exact positions.  That number is beta-binomial, because the test draws from a pool of ``s`` reports
under the null, which knows ``q`` only as ``s`` trials do.
"""

from __future__ import annotations

import math
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaln, ndtr

from geo.arrays import Floats, Ints

MOST: Final = 1000
"""Largest number of sightings that is tried."""
CONFIDENCE: Final = 0.95
"""Confidence of the interval within which a share is known."""
_LEAST: Final = 1e-9
"""The smallest share or deviation, so that none is 0."""
_TERMS: Final = 401
"""The most terms of a sum over the number within the band."""
_SIZES: Final = 60
"""How many numbers of sightings are tried at first."""


def lowest_share_if_all_agree(n: int) -> float:
    """Return the lowest share of one kind among all groups, were all `n` sightings of that kind.

    The lower Clopper-Pearson bound for n of n, ``((1 - CONFIDENCE) / 2) ** (1 / n)``; 0 where
    there is no sighting.

    References
    ----------
    Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
    the case of the binomial. Biometrika 26, 404-413.

    >>> round(lowest_share_if_all_agree(5), 3)
    0.478
    """
    return float(((1 - CONFIDENCE) / 2) ** (1 / n)) if n else 0.0


class Moments(NamedTuple):
    """Of the probability that a sighting lies within the band."""

    mean: float
    variance: float


class Mixture(NamedTuple):
    """Normal distributions of a count, (numbers truly inside,)."""

    probability: Floats
    """Of each number truly inside."""
    mean: Floats
    deviation: Floats


@dataclass(frozen=True)
class Design:
    """The count within a band under one null."""

    q: float
    """Share of the null that truly lies within the band."""
    inside: Moments
    """Of a sighting whose true place lies within the band."""
    outside: Moments
    """The same where it does not."""
    pools: float = 1.0
    """How many pools of `geo.corridors.monte_carlo.pool_size` know ``q`` as well as those used."""

    def tilted(self, ratio: float) -> Design:
        """Return the design where reporting within the band is `ratio` times likelier."""
        return replace(self, q=ratio * self.q / (ratio * self.q + 1 - self.q))

    def at_least(self, count: Floats | float, n: int) -> Floats:
        """Return the probability that `n` sightings count at least `count` within the band."""
        mixture, count = self.mixture(n), np.asarray(count)
        # Sums in another order differ in the last digits: that is not a difference.
        least = (count - 1e-7 * np.maximum(count, 1.0))[..., None]
        above = ndtr((mixture.mean - least) / mixture.deviation)
        return above @ mixture.probability

    def mixture(self, n: int) -> Mixture:
        """Return the count of `n` sightings as a normal for each number truly inside."""
        # A plan, which only says what so few sightings can show, waits for no simulation.
        from geo.corridors.monte_carlo import pool_size  # noqa: PLC0415

        reports = max(self.pools * pool_size(n), 1.0)
        wider = 1 + n / reports
        inside = self._numbers_inside(n, wider)
        outside = n - inside
        mean = inside * self.inside.mean + outside * self.outside.mean
        variance = (
            inside * self.inside.variance + outside * self.outside.variance
        )
        deviation = np.maximum(np.sqrt(variance * wider), _LEAST)
        return Mixture(
            self._beta_binomial(inside, outside, reports), mean, deviation
        )

    def _numbers_inside(self, n: int, wider: float) -> Ints:
        """Return how many of `n` places may lie within, as far as eight deviations reach."""
        mean = n * self.q
        deviation = np.sqrt(mean * (1 - self.q) * wider)
        low = max(0, int(mean - 8 * deviation - 8))
        high = min(n, int(mean + 8 * deviation + 8))
        terms = min(high - low + 1, _TERMS)
        return np.unique(np.linspace(low, high, terms).astype(int))

    def _beta_binomial(
        self, inside: Ints, outside: Ints, reports: float
    ) -> Floats:
        """Return the probability of each number inside, where `reports` are known of the null."""
        alpha = max(self.q, _LEAST) * reports
        beta = max(1 - self.q, _LEAST) * reports
        ways = betaln(inside + alpha, outside + beta) - betaln(
            inside + 1.0, outside + 1.0
        )
        weight = np.exp(ways - ways.max())
        return np.asarray(weight / weight.sum())


def level_beyond(design: Design, critical: float, n: int) -> float:
    """Return the level of a single test that needs more than a critical count.

    The mean of the probabilities to reach it and to exceed it: where counts are whole numbers, any
    level between the two needs the same count.
    """
    least = 1e-6 * max(abs(critical), 1.0)
    return float(
        design.at_least(
            np.array([critical - least, critical + least]), n
        ).mean()
    )


def tipping_ratio(design: Design, count: float, n: int, level: float) -> float:
    """Return how many times likelier reporting within the band must be to explain the count.

    With that ratio the count has just probability `level`; at most 1 where it needs no explanation.
    NaN where the band holds all of the null, or none.

    Parameters
    ----------
    design : Design
        Of the count under the null.
    count : float
        Sum of the probabilities of `n` sightings to lie within the band.
    n : int
    level : float
        Level of the test.
    """
    if not 0 < design.q < 1 or count <= 0:
        return math.nan

    def excess(log_ratio: float) -> float:
        return (
            float(design.tilted(float(np.exp(log_ratio))).at_least(count, n))
            - level
        )

    low, high = -12.0, 12.0
    if excess(low) >= 0 or excess(high) <= 0:
        return math.nan
    return float(np.exp(brentq(excess, low, high, xtol=1e-6)))


def sightings_for_level(design: Design, best: float, level: float) -> float:
    """Return how many sightings of a share `best` at most can reach the level; NaN if none do.

    It is the first of the sizes that are tried from which on all can.
    """
    if not 0 < design.q < 1:
        return math.nan

    def enough(n: int) -> bool:
        return bool(design.at_least(best * n, n) <= level)

    sizes = np.unique(
        np.round(np.geomspace(1, MOST, _SIZES)).astype(int)
    ).tolist()
    too_few, high = 0, math.nan
    # From the largest down: below the first that is too few no other matters.
    for size in reversed(sizes):
        if not enough(size):
            too_few = size
            break
        high = size
    if not too_few or math.isnan(high):
        return float(high)
    while high - too_few > max(1, too_few // 50):
        middle = int(too_few + high) // 2
        if enough(middle):
            high = middle
        else:
            too_few = middle
    return float(high)
