"""What the stops of a plan are worth together: need that two of them reach counts once.

References
----------
Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science
Association 32, 101-118.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.routing.problem import Problem, Routes, visited


@dataclass(frozen=True)
class Cover:
    """What each point of need is worth to one shift, and which stops reach it."""

    reaches: Bools
    """(n, p): whether a stop, the depot first, reaches a point."""
    need: Floats
    """(p,)"""
    own: Floats
    """(n,): what a visit to each stop is worth beside need."""

    @classmethod
    def of_prizes(cls, prize: Floats) -> Cover:
        """Return the cover of prizes that add up."""
        return cls(np.zeros((len(prize), 0), dtype=bool), np.zeros(0), prize)

    @property
    def prize(self) -> Floats:
        """What each stop is worth if no other is visited."""
        return np.asarray(self.reaches @ self.need + self.own)

    def served(self, routes: Routes) -> float:
        """Return the need within reach of any stop of a plan, each point once."""
        return float(self.need[self.times(routes) > 0].sum())

    def marginal(self, routes: Routes) -> Floats:
        """Return what each stop is worth beside a plan.

        A stop of the plan shares a point's need with the plan's other stops that reach it, so
        that their worths add up to that of the plan; a stop outside takes what none of them
        reaches.
        """
        times = self.times(routes)
        inside = np.isin(np.arange(len(self.reaches)), visited(routes))
        shared = self.reaches @ (self.need / np.maximum(times, 1))
        unserved = self.reaches @ np.where(times == 0, self.need, 0.0)
        return np.asarray(np.where(inside, shared, unserved) + self.own)

    def times(self, routes: Routes) -> Ints:
        """Return how many stops of a plan reach each point."""
        return np.asarray(self.reaches[visited(routes)].sum(axis=0, dtype=np.int64))


def at_margin(problem: Problem, cover: Cover, routes: Routes) -> Problem:
    """Return the problem with the prizes that are marginal to a plan; its unit is kept."""
    return problem.with_prizes(np.where(problem.prize > 0, cover.marginal(routes), 0.0))


def covering_value(problem: Problem, cover: Cover, routes: Routes) -> int:
    """Return the objective that counts need once: its worth less driving, in seconds."""
    return at_margin(problem, cover, routes).value(routes)
