"""Plans that count need once.

Two stops may reach the same need, which then counts once (a coverage function).  PyVRP's prizes
add up, so `solve_covering` finds plans in a loop over prizes that are marginal to the plan before.

References
----------
Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science
Association 32, 101-118.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import combinations
from typing import Final

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.routing import solver
from geo.routing.problem import Problem, ProblemError, Route, Routes, visited

ROUNDS: Final = 2
"""How often prizes are set anew and solved for."""


@dataclass(frozen=True)
class Cover:
    """What each point of need is worth to one shift, and which stops reach it."""

    reaches: Bools
    """(n, p): whether a stop, the depot first, reaches a point."""
    need: Floats
    """(p,)"""
    beside_need: Floats
    """(n,): what a visit to each stop is worth beside need."""

    @property
    def prize(self) -> Floats:
        """What each stop is worth if no other is visited."""
        return np.asarray(self.reaches @ self.need + self.beside_need)

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
        return np.asarray(np.where(inside, shared, unserved) + self.beside_need)

    def times(self, routes: Routes) -> Ints:
        """Return how many stops of a plan reach each point."""
        return np.asarray(self.reaches[visited(routes)].sum(axis=0, dtype=np.int64))


def solve_covering(
    problem: Problem,
    cover: Cover,
    *,
    iterations: int,
    seed: int,
    known: Sequence[Routes] = (),
) -> Routes:
    """Return the plan of a shift that serves most need, counting need once.

    Each of `ROUNDS` solves for prizes that are marginal to the plans before.  The best of these,
    the greedy plan and the plans known is then improved by taking one stop in, in place of up to
    two others.

    Parameters
    ----------
    problem : geo.routing.problem.Problem
        Its prizes are what each stop is worth by itself; a stop of prize 0 is never visited.
    cover : Cover
    iterations, seed
        As for `geo.routing.solver.solve`, in each round.
    known : sequence of Routes
        Plans to start from as well, such as that of the night before.

    Raises
    ------
    geo.routing.problem.ProblemError
        As from `geo.routing.solver.solve`, if no plan visits all required stops.
    """
    usable = problem.prize > 0
    prize = problem.prize
    tried = [*(_fitting(problem, routes) for routes in known), greedy(problem, cover)]
    for _ in range(ROUNDS):
        try:
            routes = solver.solve(problem.with_prizes(prize), iterations=iterations, seed=seed)
        except ProblemError:
            # The search found no plan with all required stops; another may be at hand.
            if not _complete(problem, tried):
                raise
            break
        if routes not in tried:
            tried.append(routes)
        prize = np.where(usable, (prize + cover.marginal(routes)) / 2, 0.0)
    best = max(_complete(problem, tried), key=lambda plan: covering_value(problem, cover, plan))
    return _improved(problem, cover, best)


def _complete(problem: Problem, plans: Sequence[Routes]) -> list[Routes]:
    """Return the plans that visit every required stop."""
    return [plan for plan in plans if problem.required <= {*visited(plan)}]


def _fitting(problem: Problem, routes: Routes) -> Routes:
    """Return the routes without stops of no prize; empty where that does not fit the shift."""
    kept = (tuple(stop for stop in route if problem.prize[stop] > 0) for route in routes)
    return tuple(r if problem.schedule(v, r) else () for v, r in enumerate(kept))


def greedy(problem: Problem, cover: Cover) -> Routes:
    """Return the plan of greedy insertion that counts need once: the yardstick."""
    routes: Routes = ((),) * len(problem.vehicles)
    while (longer := solver.insert_one(at_margin(problem, cover, routes), routes)) is not None:
        routes = longer
    return routes


def at_margin(problem: Problem, cover: Cover, routes: Routes) -> Problem:
    """Return the problem with the prizes that are marginal to a plan; its unit is kept."""
    return problem.with_prizes(np.where(problem.prize > 0, cover.marginal(routes), 0.0))


def gain_s(problem: Problem, cover: Cover, routes: Routes, vehicle: int, route: Route) -> float:
    """Return what a plan gains where one vehicle drives another route, in seconds.

    Windows count as met whole, whatever share of the prize they earn.
    """
    other = (*routes[:vehicle], route, *routes[vehicle + 1 :])
    own = cover.beside_need[list(route)].sum() - cover.beside_need[list(routes[vehicle])].sum()
    served = cover.served(other) - cover.served(routes)
    driving = problem.driving_s(route) - problem.driving_s(routes[vehicle])
    return float(problem.unit * (served + own) - driving)


def covering_value(problem: Problem, cover: Cover, routes: Routes) -> int:
    """Return the objective that counts need once: its worth less driving, in seconds."""
    return at_margin(problem, cover, routes).value(routes)


def _improved(problem: Problem, cover: Cover, routes: Routes) -> Routes:
    """Return the routes after the best exchange, again and again until none gains."""
    value = covering_value(problem, cover, routes)
    while True:
        for _, vehicle, trial in _exchanges(problem, cover, routes):
            plan = (*routes[:vehicle], trial, *routes[vehicle + 1 :])
            if _complete(problem, [plan]) and problem.schedule(vehicle, trial):
                gained = covering_value(problem, cover, plan)
                if gained > value:
                    routes, value = plan, gained
                    break
        else:
            return routes


def _exchanges(problem: Problem, cover: Cover, routes: Routes) -> list[tuple[float, int, Route]]:
    """Return gain, vehicle and new route of the exchanges that gain, the best first.

    An exchange takes one stop in, in place of none, one or two others of a route::

        before     depot - a - b - c - depot
        b goes     depot - a ----- c - depot    saves its detour, loses what only it serves
        x comes    depot - a - x - c - depot    adds its detour, serves what then nobody serves
    """
    times = cover.times(routes)
    outside = [s for s in problem.stops if problem.prize[s] > 0 and s not in {*visited(routes)}]
    coming = np.array(outside, dtype=np.int64)
    found: list[tuple[float, int, Route]] = []
    for vehicle, route in enumerate(routes):
        for going in (stops for count in range(3) for stops in combinations(route, count)):
            kept = tuple(stop for stop in route if stop not in going)
            still = times - cover.reaches[list(going)].sum(axis=0)
            lost = (
                cover.need[(times > 0) & (still == 0)].sum() + cover.beside_need[list(going)].sum()
            )
            served = cover.reaches[coming] @ np.where(still == 0, cover.need, 0.0)
            saved = problem.driving_s(route) - problem.driving_s(kept)
            worth = problem.unit * (served + cover.beside_need[coming] - lost)
            gain = worth - problem.detours_s(kept, coming) + saved
            found += [
                (float(gain[at, which]), vehicle, (*kept[:at], outside[which], *kept[at:]))
                for at, which in np.argwhere(gain > 0)
            ]
    return sorted(found, key=lambda exchange: -exchange[0])
