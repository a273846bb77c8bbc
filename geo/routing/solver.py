"""Plans for a `geo.routing.problem.Problem`, in which need that two stops reach counts once.

The search goes on from the greedy plan by taking stops out at random and putting in those that
gain most.  It is free to lose much at first and nothing at the end (threshold accepting).  On 500
shifts of 8 to 14 stops the worst plan is 0.14 % behind the exact best, 0.001 % on average
(`tests/benchmarks/audit.py`).

References
----------
Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science
Association 32, 101-118.  Pisinger and Ropke (2019), Large neighborhood search, Handbook of
Metaheuristics, 99-127.  Dueck (1993), New optimization heuristics: the great deluge algorithm and
the record-to-record travel, Journal of Computational Physics 104, 86-92.
"""

from typing import Final

import numpy as np

from geo.arrays import Ints
from geo.routing import neighbourhood
from geo.routing.faults import faults_of
from geo.routing.neighbourhood import ShiftArrays
from geo.routing.problem import Cover, Problem, ProblemError, Routes, Window, visited

MOVES: Final = 5
"""Moves of the search for each iteration."""
TAKEN: Final = 15
"""The most stops that a move takes out."""
FIRST: Final = 0.9
"""The search goes on from a plan that is worth this share of the best at first, and more and more
later."""


def solve(problem: Problem, *, iterations: int, seed: int) -> Routes:
    """Return the best plan that a large-neighbourhood search finds, the route of each vehicle.

    It starts from the greedy plan and stops after so many iterations, never by the clock: one seed
    gives one plan.

    Parameters
    ----------
    problem : geo.routing.problem.Problem
    iterations : int
        The search makes `MOVES` moves for each.

    Raises `geo.routing.problem.ProblemError` if all prizes are 0, a required stop cannot be
    visited, or no plan found visits them all.

    Examples
    --------
    Two stops 100 s either side of the depot, and time for one: the one of the greater prize.

    >>> import numpy as np
    >>> from geo.routing import Problem, solve
    >>> travel_s = np.array([[0, 100, 100], [100, 0, 200], [100, 200, 0]])
    >>> problem = Problem(
    ...     travel_s, prize=np.array([0.0, 1, 3]), service_s=np.array([0, 10, 10]),
    ...     vehicles=((0, 300),),
    ... )
    >>> solve(problem, iterations=50, seed=0)
    ((2,),)
    """
    found = faults_of(problem)
    if found:
        raise ProblemError("\n".join(found))
    shift = as_arrays(problem)

    def improved(plan: Routes, moves: int, seed: int) -> Routes:
        draws = np.random.default_rng(seed).random((moves, 4 + len(problem.prize)))
        return _routes(
            neighbourhood.search(shift, as_plan(problem, plan), draws, TAKEN, FIRST)
        )

    moves = MOVES * iterations
    best = improved(greedy(problem), moves, seed)
    if not problem.required <= {*visited(best)}:
        best = improved(best, 20 * max(moves, MOVES * 100), seed + 1)
    if not problem.required <= {*visited(best)}:
        raise ProblemError(
            f"no plan was found that visits all of the required stops {sorted(problem.required)}. "
            "Smallest change: require one fewer, or add a vehicle or a longer shift"
        )
    return _in_order(problem, best)


def greedy(problem: Problem) -> Routes:
    """Return the plan of greedy insertion, by gain a second; required stops come first."""
    shift = as_arrays(problem)
    plan, n, points = as_plan(problem, ()), len(shift.own), len(shift.need)
    worth, unserved = np.zeros(n), np.zeros(points)
    neighbourhood.put_in(
        shift, plan, np.full(4 + n, 0.5), shift.required, worth, unserved
    )
    return _routes(plan)


def kept(
    shift: ShiftArrays, plan: Ints, factor: float, late_s: int, buffer_s: int
) -> Routes:
    """Return what crews serve on slower roads, who start late and pass over what does not fit."""
    travel_s = np.ceil(shift.travel_s * factor).astype(np.int64)
    slow = shift._replace(
        travel_s=travel_s, vehicles=shift.vehicles + np.array([late_s, buffer_s])
    )
    return _routes(neighbourhood.kept(slow, plan))


def _in_order(problem: Problem, routes: Routes) -> Routes:
    """Hand the routes of equal shifts to their vehicles, that to the first stop first."""
    waiting = {
        span: iter(
            sorted(
                (r for r, s in zip(routes, problem.vehicles, strict=True) if s == span),
                key=lambda route: (not route, route),
            )
        )
        for span in set(problem.vehicles)
    }
    return tuple(next(waiting[span]) for span in problem.vehicles)


def as_plan(problem: Problem, routes: Routes) -> Ints:
    """Return a plan as the compiled search reads it."""
    plan = np.zeros((len(problem.vehicles), len(problem.prize)), dtype=np.int64)
    for vehicle, route in enumerate(routes):
        plan[vehicle, : len(route)] = route
    return plan


def _routes(plan: Ints) -> Routes:
    return tuple(tuple(route[route > 0].tolist()) for route in plan)


def as_arrays(problem: Problem) -> ShiftArrays:
    """Return a problem and its need as the compiled search reads them."""
    n, cover = len(problem.prize), problem.cover or Cover.of_prizes(problem.prize)
    always = (Window(0, max(end for _, end in problem.vehicles)),)
    given = [problem.windows_of(stop) or always for stop in range(n)]
    windows = np.full((n, max(map(len, given)), 2), (1, 0), dtype=np.int64)
    shares = np.zeros(windows.shape[:2])
    for stop, of_stop in enumerate(given):
        for k, (early, late, share) in enumerate(of_stop):
            windows[stop, k], shares[stop, k] = (early, late), share
    costs = [np.asarray(cost, dtype=np.int64) for cost, _ in problem.limits]
    return ShiftArrays(
        travel_s=problem.travel_s.astype(np.int64),
        service_s=problem.service_s.astype(np.int64),
        vehicles=np.array(problem.vehicles, dtype=np.int64),
        windows=windows,
        shares=shares,
        always=np.array([not problem.windows_of(stop) for stop in range(n)]),
        pause=np.array(problem.pause or (-1, 0, 0), dtype=np.int64),
        costs=np.array(costs, dtype=np.int64).reshape(-1, n, n),
        most=np.array([most for _, most in problem.limits], dtype=np.int64),
        reached=np.ascontiguousarray(np.nonzero(cover.reaches)[1]),
        first=np.r_[0, cover.reaches.sum(axis=1).cumsum()],
        # Whole seconds, so that the last digit of a need does not lead to another plan.
        need=np.round(problem.unit * cover.need),
        own=np.round(problem.unit * cover.own),
        usable=problem.prize > 0,
        required=np.isin(np.arange(n), list(problem.required)),
    )
