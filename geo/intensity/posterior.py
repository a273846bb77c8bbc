"""What is known of the rate of groups at stops: a mixture of Gaussians, one for each choice."""

from dataclasses import dataclass
from functools import cached_property
from typing import Final

import numpy as np
import pandas as pd

from geo.arrays import Floats, Ints, Objects
from geo.intensity.priors import Hyper
from geo.patrols.reach import FEW, LITTLE, NO_VISIT, NOT_FOUND

DRAWS: Final = 4000
LEVEL: Final = 0.9
"""Probability of the intervals."""
RELATIVE: Final = (
    "relative: groups that a patrol here would have met, over the mean of these stops; the level "
    "rests on how far a patrol sees, which is not known"
)


@dataclass(frozen=True)
class StopMoments:
    """What one choice of the field's parameters says of the points that stops see."""

    hyper: Hyper
    log_weight: float
    """Logarithm of its prior weight and its marginal likelihood."""
    mean: Floats
    """(p,): of the logarithm of the rate at each point."""
    covariance: Floats
    """(p, p)"""
    prior_covariance: Floats
    """(p, p): before anything was counted."""


@dataclass(frozen=True)
class Posterior:
    """What visits and reports tell of stops; it stays in memory, and in the office."""

    stops: Objects
    """Ids of the stops."""
    stop_of_point: Ints
    """(p,): the stop, as a number, that sees each point."""
    moments: tuple[StopMoments, ...]
    visits: int
    reports: int
    assumed: tuple[str, ...] = ()
    expected: Floats | float = 1.0
    """(s,): what was assumed of the rate at each stop, over that elsewhere."""

    def __repr__(self) -> str:
        """Return what it rests on in a line."""
        size = f"{self.visits} visits, {self.reports} reports, {len(self.stops)} stops"
        return f"<Posterior: {size}>"

    @property
    def weights(self) -> Floats:
        """Posterior weight of each choice, (c,)."""
        logs = np.array([moment.log_weight for moment in self.moments])
        return np.asarray(np.exp(logs - np.logaddexp.reduce(logs)))

    def draws(self, n: int = DRAWS, seed: int = 1) -> Floats:
        """Return draws of the rate at stops, groups per hour, (n, s)."""
        rng = np.random.default_rng(seed)
        number = rng.multinomial(n, self.weights)
        logs = [
            moment.mean + rng.standard_normal((size, len(factor))) @ factor.T
            for moment, factor, size in zip(
                self.moments, self._factors, number, strict=True
            )
        ]
        rates = np.exp(np.concatenate(logs)) @ self._seen
        return np.asarray(rates * self.expected)

    @cached_property
    def table(self) -> pd.DataFrame:
        """What may be said of each stop.

        ``stop``; ``relative``, its rate over the mean of all stops, the median of the draws;
        ``low`` and ``high``, its interval at 90 %; ``learnt``, the share of the variance of the
        logarithm of ``relative`` that visits and reports removed, the field's parameters given.
        """
        rates = self.draws()
        relative = rates / rates.mean(axis=1, keepdims=True)
        tail = (1 - LEVEL) / 2
        low, median, high = np.quantile(relative, [tail, 0.5, 1 - tail], axis=0)
        return pd.DataFrame(
            {
                "stop": self.stops,
                "relative": median,
                "low": low,
                "high": high,
                "learnt": self._learnt(),
            }
        )

    @property
    def says(self) -> tuple[str, ...]:
        """What must stand beside every figure of it."""
        sentences = [RELATIVE]
        few = not self.visits and self.reports < FEW
        if few or self.table["learnt"].mean() < LITTLE:
            sentences.append(NOT_FOUND)
        if not self.visits:
            sentences.append(NO_VISIT)
        return tuple(sentences)

    @cached_property
    def _factors(self) -> Floats:
        """Cholesky factor of the covariance of each choice, (c, p, p).

        Where two stops see one point it has none but for rounding: so little is added as that.
        """
        covariances = np.array([moment.covariance for moment in self.moments])
        points = covariances.shape[-1]
        variance = np.trace(covariances, axis1=1, axis2=2) / points
        rounding = 1e-9 * variance[:, None, None] * np.eye(points)
        return np.asarray(np.linalg.cholesky(covariances + rounding))

    @property
    def _seen(self) -> Floats:
        """One for the stop that sees each point, (p, s)."""
        return np.eye(len(self.stops))[self.stop_of_point]

    def _learnt(self) -> Floats:
        """Return the share of the variance that is removed at each stop, (s,).

        It is the variance of the mean of the logarithms of the points that the stop sees.
        """
        weights = self.weights
        mean = self._seen / self._seen.sum(axis=0)
        before = [
            _relative_variance(mean.T @ one.prior_covariance @ mean)
            for one in self.moments
        ]
        after = [
            _relative_variance(mean.T @ one.covariance @ mean) for one in self.moments
        ]
        prior, posterior = weights @ np.array(before), weights @ np.array(after)
        # Of a single stop nothing varies beside others, and nothing is learnt.
        share_left = np.ones(len(prior))
        np.divide(posterior, prior, out=share_left, where=prior > 0)
        return np.asarray(1 - share_left)


def _relative_variance(covariance: Floats) -> Floats:
    """Return the variance of each element less the mean of all."""
    centre = np.eye(len(covariance)) - 1 / len(covariance)
    return np.asarray(np.diag(centre @ covariance @ centre))
