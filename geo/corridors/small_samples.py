"""What so few sightings can show, and what would explain a result away.

One hypothesis: of ``n`` sightings, how many lie within a band?  The count is the sum of the
probabilities that each lies there.  Under the null a true place lies within the band with
probability ``q``; then its own probability has mean ``m1`` and variance ``v1``, else ``m0`` and
``v0``.  Given the number of places truly within, the count is taken as normal; it is exact for
exact positions.  That number is beta-binomial, because the test draws from a pool of ``s`` reports
under the null, which knows ``q`` only as ``s`` trials do.
"""

from __future__ import annotations

import math
from bisect import bisect_left
from dataclasses import dataclass, replace
from typing import Final, NamedTuple

import numpy as np
from scipy.optimize import brentq
from scipy.special import betaln, ndtr

from geo.arguments import require_number
from geo.arrays import Floats, Ints

EFFECT: Final = 2.0
"""So many times as frequent in a band as reporting explains: the effect that power is stated of."""
ENOUGH: Final = 0.8
"""The power that is usually asked for."""
MOST: Final = 1000
"""Largest number of sightings that is tried."""
CONFIDENCE: Final = 0.95
"""Confidence of the interval within which a share is known."""
_LEAST: Final = 1e-9
"""The smallest share or deviation, so that none is 0."""
_TERMS: Final = 401
"""The most terms of a sum over the number within the band."""


def lowest_share_if_all_agree(n: int) -> float:
    """Return the lowest share of one kind among all groups, were all `n` sightings of that kind.

    The lower Clopper-Pearson bound for n of n, ``((1 - CONFIDENCE) / 2) ** (1 / n)``; 0 where
    there is no sighting.

    Parameters
    ----------
    n : int
        Number of sightings.

    Returns
    -------
    float
        Between 0 and 1.

    References
    ----------
    Clopper, C. J., Pearson, E. S. (1934). The use of confidence or fiducial limits illustrated in
    the case of the binomial. Biometrika 26, 404-413.

    >>> round(lowest_share_if_all_agree(5), 3)
    0.478
    """
    require_number("n", n, "the number of sightings, 0 or more")
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

    def at_least(self, count: Floats | float) -> Floats:
        """Return the probability of a count of at least `count`."""
        # Sums in another order differ in the last digits: that is not a difference.
        count = np.asarray(count)
        least = (count - 1e-7 * np.maximum(count, 1.0))[..., None]
        above = ndtr((self.mean - least) / self.deviation)
        return above @ self.probability


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
        return self.mixture(n).at_least(count)

    def mixture(self, n: int) -> Mixture:
        """Return the count of `n` sightings as a normal for each number truly inside."""
        # A plan, which only says what so few sightings can show, waits for no simulation.
        from geo.corridors.monte_carlo import pool_size  # noqa: PLC0415

        reports = max(self.pools * pool_size(n), 1.0)
        wider = 1 + n / reports
        inside = self._numbers_inside(n, wider)
        outside = n - inside
        mean = inside * self.inside.mean + outside * self.outside.mean
        variance = inside * self.inside.variance + outside * self.outside.variance
        deviation = np.maximum(np.sqrt(variance * wider), _LEAST)
        return Mixture(self._beta_binomial(inside, outside, reports), mean, deviation)

    def _numbers_inside(self, n: int, wider: float) -> Ints:
        """Return how many of `n` places may lie within, as far as eight deviations reach."""
        mean = n * self.q
        deviation = np.sqrt(mean * (1 - self.q) * wider)
        low = max(0, int(mean - 8 * deviation - 8))
        high = min(n, int(mean + 8 * deviation + 8))
        terms = min(high - low + 1, _TERMS)
        return np.unique(np.linspace(low, high, terms).astype(int))

    def _beta_binomial(self, inside: Ints, outside: Ints, reports: float) -> Floats:
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
        design.at_least(np.array([critical - least, critical + least]), n).mean()
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
        return float(design.tilted(float(np.exp(log_ratio))).at_least(count, n)) - level

    low, high = -12.0, 12.0
    if excess(low) >= 0 or excess(high) <= 0:
        return math.nan
    return float(np.exp(brentq(excess, low, high, xtol=1e-6)))


def power(design: Design, n: int, level: float) -> float:
    """Return how often `n` sightings show that groups are `EFFECT` times as frequent in the band.

    That is the probability of a count that chance exceeds with probability `level` at most.  NaN
    where the band holds all of the null, or none.

    >>> exact = Design(0.3, Moments(1.0, 0.0), Moments(0.0, 0.0), pools=1e7)
    >>> [round(power(exact, n, 0.05), 2) for n in (5, 20, 100)]
    [0.14, 0.45, 0.94]
    """
    if not 0 < design.q < 1:
        return math.nan

    by_chance = design.mixture(n)

    def beyond(count: float) -> float:
        return float(by_chance.at_least(count)) - level

    if beyond(n + 1.0) > 0:
        return 0.0
    critical = brentq(beyond, 0.0, n + 1.0, xtol=1e-9) + 1e-5
    return float(design.tilted(EFFECT).at_least(critical, n))


def sightings_for_power(design: Design, level: float) -> float:
    """Return about how many sightings have the power `ENOUGH`; NaN if none up to `MOST` do."""
    sizes = [*range(1, 100), *range(100, MOST + 1, 10)]
    size = bisect_left(sizes, ENOUGH, key=lambda n: power(design, n, level))
    return float(sizes[size]) if size < len(sizes) else math.nan
