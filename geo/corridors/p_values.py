"""Monte Carlo p-values, and their adjustment where many hypotheses are tested.

References
----------
Davison, A. C., Hinkley, D. V. (1997). Bootstrap Methods and their Application, section 4.2.
Westfall, P. H., Young, S. S. (1993). Resampling-Based Multiple Testing, algorithm 4.1.
"""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy.special import ndtri

from geo.arrays import Bools, Floats


def monte_carlo_p(observed: Floats, simulated: Floats) -> Floats:
    """Return ``(b + 1) / (m + 1)``, with b of m simulations at least as large as observed."""
    # Differences by rounding, where sums have another order, count as ties.
    slack = 1e-5 * np.abs(observed) + 1e-6
    return np.asarray(((simulated >= observed - slack).sum(axis=0) + 1) / (len(simulated) + 1))


def p_error(p: Floats, simulations: int, drawn: Floats | float) -> Floats:
    """Return the standard error of p-values from so many simulations with a pool.

    `drawn` is sightings over reports in the pool.  A pool of ``s`` shifts the mean of a sum over
    ``n`` sightings by ``sqrt(n / s)`` of its standard deviation; the normal density at the quantile
    turns that into a shift of p.
    """
    density = np.exp(-(ndtri(p) ** 2) / 2) / np.sqrt(2 * np.pi)
    shift = density * np.sqrt(drawn)
    return np.asarray(np.hypot(np.sqrt(p * (1 - p) / (simulations + 1)), shift))


def max_t(observed: Floats, simulated: Floats) -> Floats:
    """Return p-values adjusted for a family by the step-down maximum of the statistics.

    `observed`, (h,), are standardised and large against the null; `simulated`, (m, h), are the same
    in data sets under the null, drawn jointly.
    """
    order = np.argsort(-observed, kind="stable")
    p = np.maximum.accumulate(monte_carlo_p(observed[order], _highest_from(simulated, order)))
    out = np.empty(len(p))
    out[order] = p
    return out


def _highest_from(simulated: Floats, order: np.ndarray) -> Floats:
    """Return for each hypothesis in order the highest statistic of it and all that follow."""
    return np.asarray(np.maximum.accumulate(simulated[:, order[::-1]], axis=1)[:, ::-1])


@dataclass(frozen=True)
class Family:
    """Counts within the bands of all hypotheses: one primary, the others adjusted together.

    `null` holds the counts in data sets under the null, drawn jointly.
    """

    null: Floats
    primary: Bools

    def adjusted(self, observed: Floats) -> Floats:
        """Return the p-value of the primary hypothesis, and the adjusted ones of the others."""
        p, others = monte_carlo_p(observed, self.null), ~self.primary
        if others.any():
            p[others] = max_t(self._standard(observed)[others], self._standard_null[:, others])
        return p

    def smallest(self, best: Floats) -> Floats:
        """Return the adjusted p-value of each hypothesis, if it alone were at its best."""
        p, others = monte_carlo_p(best, self.null), ~self.primary
        if others.any():
            highest = self._standard_null[:, others].max(axis=1)
            p[others] = [float(monte_carlo_p(b, highest)) for b in self._standard(best)[others]]
        return p

    def critical(self, observed: Floats, level: float) -> Floats:
        """Return the count that each hypothesis must exceed to reach an adjusted level.

        For the primary hypothesis it is NaN: its level is the level itself.
        """
        others = np.flatnonzero(~self.primary)
        out = np.full(len(observed), np.nan)
        if len(others):
            order = others[np.argsort(-self._standard(observed)[others], kind="stable")]
            highest = _highest_from(self._standard_null, order)
            beyond = max(int(level * (len(highest) + 1) + 1e-9) - 1, 0)
            needed = -np.partition(-highest, beyond, axis=0)[beyond]
            mean, deviation = self._moments
            out[order] = mean[order] + needed * np.where(np.isinf(deviation), 0.0, deviation)[order]
        return out

    @cached_property
    def _moments(self) -> tuple[Floats, Floats]:
        """Mean and deviation of the counts under the null; an infinite deviation for none."""
        deviation = self.null.std(axis=0)
        return self.null.mean(axis=0), np.where(deviation > 0, deviation, np.inf)

    @cached_property
    def _standard_null(self) -> Floats:
        return self._standard(self.null)

    def _standard(self, counts: Floats) -> Floats:
        mean, deviation = self._moments
        return np.asarray((counts - mean) / deviation)
