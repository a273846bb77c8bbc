"""A family of hypotheses: one named beforehand, the others exploratory and adjusted together."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geo.arrays import Bools, Floats
from geo.corridors.monte_carlo import max_t, p_value


@dataclass(frozen=True)
class Family:
    """Counts within the bands of all hypotheses, with p-values adjusted among them.

    Attributes
    ----------
    null : (simulations, hypotheses) float array
        Counts in data sets under the null, drawn jointly.
    primary : (hypotheses,) bool array
        Which is named beforehand; the others are adjusted among themselves.
    """

    null: Floats
    primary: Bools

    def adjusted(self, seen: Floats) -> Floats:
        """Return the p-value of the primary hypothesis, and the adjusted ones of the others."""
        p = p_value(seen, self.null)
        others = ~self.primary
        if others.any():
            scaled, null = self._scaled(seen)
            p[others] = max_t(scaled[others], null[:, others])
        return p

    def smallest(self, best: Floats) -> Floats:
        """Return the adjusted p-value of each hypothesis, were it at its best and no other so."""
        p = p_value(best, self.null)
        others = ~self.primary
        if others.any():
            scaled, null = self._scaled(best)
            highest = null[:, others].max(axis=1)
            p[others] = [float(p_value(b, highest)) for b in scaled[others]]
        return p

    def critical(self, seen: Floats, level: float) -> Floats:
        """Return the count that each hypothesis must exceed to reach an adjusted level.

        Of the primary hypothesis it is NaN: its level is the level itself.
        """
        others = np.flatnonzero(~self.primary)
        out = np.full(len(seen), np.nan)
        if len(others):
            scaled, null = self._scaled(seen)
            order = others[np.argsort(-scaled[others], kind="stable")]
            tail = np.maximum.accumulate(null[:, order[::-1]], axis=1)[:, ::-1]
            beyond = max(int(level * (len(tail) + 1) + 1e-9) - 1, 0)
            highest = -np.partition(-tail, beyond, axis=0)[beyond]
            mean, deviation, _ = self._standard
            deviation = np.where(np.isinf(deviation), 0.0, deviation)
            out[order] = mean[order] + highest * deviation[order]
        return out

    def _scaled(self, seen: Floats) -> tuple[Floats, Floats]:
        mean, deviation, scaled = self._standard
        return (seen - mean) / deviation, scaled

    @cached_property
    def _standard(self) -> tuple[Floats, Floats, Floats]:
        """Mean and deviation of the counts under the null, and the counts standardised."""
        mean, deviation = self.null.mean(axis=0), self.null.std(axis=0)
        deviation = np.where(deviation > 0, deviation, np.inf)
        return mean, deviation, (self.null - mean) / deviation
