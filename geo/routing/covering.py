"""Plans that count need once.

Two stops may reach the same need, which then counts once (a coverage function).  PyVRP's prizes
add up, so `solve_covering` goes on from its plan by taking stops out at random and putting in
those that gain most.  On 500 shifts of 8 to 14 stops the worst plan is 0.3 %
behind the exact best (`tests/geo/routing/test_geo_shared_need.py`).

References
----------
Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science
Association 32, 101-118.  Pisinger and Ropke (2019), Large neighborhood search, Handbook of
Metaheuristics, 99-127.  Dueck (1993), New optimization heuristics: the great deluge algorithm and
the record-to-record travel, Journal of Computational Physics 104, 86-92.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Final

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.routing import neighbourhood_loops, solver
from geo.routing.neighbourhood_loops import Shift
from geo.routing.problem import Problem, Route, Routes, Window, visited

MOVES: Final = 5
"""Moves of the large-neighbourhood search for each iteration of PyVRP."""

TAKEN: Final = 6
"""A move takes at most so many stops out."""

RECORD: Final = 0.99
"""The search goes on from a plan that is worth at least this share of the best."""


@dataclass(frozen=True)
class Cover:
    """What each point of need is worth to one shift, and which stops reach it."""

    reaches: Bools
    """(n, p): whether a stop, the depot first, reaches a point."""
    need: Floats
    """(p,)"""
    own: Floats
    """(n,): what a visit to each stop is worth beside need."""

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


def solve_covering(
    problem: Problem,
    cover: Cover,
    *,
    iterations: int,
    seed: int,
    known: Sequence[Routes] = (),
) -> Routes:
    """Return the plan of a shift that serves most need, counting need once.

    A large-neighbourhood search starts from the best of PyVRP's plan, the greedy plan and the
    plans known.

    Parameters
    ----------
    problem : geo.routing.problem.Problem
        Its prizes are what each stop is worth by itself; a stop of prize 0 is never visited.
    cover : Cover
    iterations, seed
        As for `geo.routing.solver.solve`; the search after it makes `MOVES` moves for each.
    known : sequence of Routes
        Plans to start from as well, such as that of the night before.

    Raises
    ------
    geo.routing.problem.ProblemError
        As from `geo.routing.solver.solve`, if no plan visits all required stops.
    """

    def rank(plan: Routes) -> tuple[int, int]:
        return len(problem.required & {*visited(plan)}), covering_value(problem, cover, plan)

    tried = [*(_fitting(problem, routes) for routes in known), greedy(problem, cover)]
    tried.append(solver.search(problem, iterations=iterations, seed=seed))
    moves = MOVES * iterations
    best = max(tried, key=rank)
    best = max(best, _improved(problem, cover, best, moves, seed), key=rank)
    if not problem.required <= {*visited(best)}:
        best = _improved(problem, cover, best, 20 * max(moves, MOVES * 100), seed + 1)
    return solver.complete(problem, [best])[0]


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
    own = cover.own[list(route)].sum() - cover.own[list(routes[vehicle])].sum()
    served = cover.served(other) - cover.served(routes)
    driving = problem.driving_s(route) - problem.driving_s(routes[vehicle])
    return float(problem.unit * (served + own) - driving)


def covering_value(problem: Problem, cover: Cover, routes: Routes) -> int:
    """Return the objective that counts need once: its worth less driving, in seconds."""
    return at_margin(problem, cover, routes).value(routes)


def _improved(problem: Problem, cover: Cover, routes: Routes, moves: int, seed: int) -> Routes:
    """Return the best plan of a large-neighbourhood search from a plan."""
    plan = np.zeros((len(problem.vehicles), len(problem.prize)), dtype=np.int64)
    for vehicle, route in enumerate(routes):
        plan[vehicle, : len(route)] = route
    draws = np.random.default_rng(seed).random((moves, 4 + len(problem.prize)))
    found = neighbourhood_loops.search(_as_arrays(problem, cover), plan, draws, TAKEN, RECORD)
    return tuple(tuple(route[route > 0].tolist()) for route in found)


def _as_arrays(problem: Problem, cover: Cover) -> Shift:
    """Return what the compiled search reads."""
    n = len(problem.prize)
    always = (Window(0, max(end for _, end in problem.vehicles)),)
    given = [problem.windows_of(stop) or always for stop in range(n)]
    windows = np.full((n, max(map(len, given)), 2), (1, 0), dtype=np.int64)
    shares = np.zeros(windows.shape[:2])
    for stop, of_stop in enumerate(given):
        for k, (early, late, share) in enumerate(of_stop):
            windows[stop, k], shares[stop, k] = (early, late), share
    costs = [np.asarray(cost, dtype=np.int64) for cost, _ in problem.limits]
    return Shift(
        travel_s=problem.travel_s.astype(np.int64),
        service_s=problem.service_s.astype(np.int64),
        vehicles=np.array(problem.vehicles, dtype=np.int64),
        windows=windows,
        shares=shares,
        pause=np.array(problem.pause or (-1, 0, 0), dtype=np.int64),
        costs=np.array(costs, dtype=np.int64).reshape(-1, n, n),
        most=np.array([most for _, most in problem.limits], dtype=np.int64),
        reaches=cover.reaches,
        # Whole seconds, so that the last digit of a need does not lead to another plan.
        need=np.round(problem.unit * cover.need),
        own=np.round(problem.unit * cover.own),
        usable=problem.prize > 0,
        required=np.isin(np.arange(n), list(problem.required)),
    )
