"""Plans for one shift, or a night of several; need that two visits of a shift reach counts once.

On 248 shifts of 8 to 14 stops the worst plan is 0.015 % behind the exact best, as worths are
rounded to whole seconds (`tests/benchmarks/audit.py`).

References
----------
Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science
Association 32, 101-118.
"""

from collections.abc import Sequence
from typing import Final

import numpy as np

from geo.routing.faults import faults_of
from geo.routing.offers import Shifts
from geo.routing.problem import Cover, Problem, ProblemError, Route, Routes, visited
from geo.routing.room import has_room
from geo.routing.search import fill, search

MOVES: Final = 60
"""Moves of the search for each iteration."""
LONGER: Final = 20
"""The search takes so many times as long where a required stop is not visited."""


def solve(
    problem: Problem, *, iterations: int, seed: int, start: Routes | None = None
) -> Routes:
    """Return the best plan of one shift that a large-neighbourhood search finds.

    It stops after so many iterations, never by the clock: one seed gives one plan, and more
    iterations never a worse one.

    Parameters
    ----------
    problem : geo.routing.problem.Problem
    iterations : int
        The search makes `MOVES` moves for each.
    seed : int
    start : geo.routing.problem.Routes, optional
        A plan to go on from; the result is no worse.

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
    shifts = alone(problem)
    [routes] = solve_shifts(
        shifts,
        iterations=iterations,
        seed=seed,
        start=None if start is None else [start],
    )
    return routes


def solve_shifts(
    shifts: Shifts, *, iterations: int, seed: int, start: Sequence[Routes] | None = None
) -> list[Routes]:
    """Return the best plan found of all shifts of a night together, the routes of each.

    Parameters and errors are those of `solve`.

    Parameters
    ----------
    shifts : Shifts
        The problems of a night, and the need that they share.
    iterations, seed : int
        As in `solve`.
    start : sequence of Routes, optional
        Plans to go on from, one a shift.

    Raises `geo.routing.problem.ProblemError` as `solve` does.
    """
    _refuse(shifts)
    plan = shifts.plan(start or _idle(shifts))
    night = shifts.arrays
    fill(night, plan)
    search(night, plan, MOVES * iterations, seed)
    missed = _missed(shifts, shifts.routes(plan))
    if missed and all(map(has_room, shifts.problems)):
        search(night, plan, LONGER * MOVES * max(iterations, 100), seed)
    routes = shifts.routes(plan)
    missed = _missed(shifts, routes)
    if missed:
        raise ProblemError(
            f"no plan was found that visits all of the required stops {missed}. "
            "Smallest change: require one fewer, or add a vehicle or a longer shift"
        )
    return [_in_order(*each) for each in zip(shifts.problems, routes, strict=True)]


def greedy(problem: Problem, start: Routes | None = None) -> Routes:
    """Return the plan of greedy insertion, by gain a second; required stops come first.

    Parameters
    ----------
    problem : geo.routing.Problem
    start : geo.routing.problem.Routes, optional
        A plan into which stops are put; those of it that do not fit are left out.

    Returns
    -------
    tuple of tuples of int
        Visits of each vehicle in their order.
    """
    shifts = alone(problem)
    plan = shifts.plan(_idle(shifts) if start is None else [start])
    fill(shifts.arrays, plan)
    [routes] = shifts.routes(plan)
    return routes


def passed_over(
    shift: Shifts, routes: Routes, factor: float, late_s: int, buffer_s: int
) -> Routes:
    """Return what crews serve on slower roads, who start late and pass over what does not fit.

    Their shift ends `buffer_s` later than planned.

    Parameters
    ----------
    shift : Shifts
        The one shift, as from `alone`.
    routes : geo.routing.problem.Routes
        What was planned.
    factor : float
        All drives take so many times as long.
    late_s : int
        Seconds by which crews start late.
    buffer_s : int
        Seconds by which it may end later than planned.
    """
    night = shift.arrays
    slow = night._replace(
        travel_s=np.ceil(night.travel_s * factor).astype(np.int64),
        span=night.span + np.array([late_s, buffer_s]),
    )
    [driven] = shift.routes(shift.plan([routes], slow))
    return driven


def alone(problem: Problem) -> Shifts:
    """Return a problem as a night of one shift."""
    return Shifts((problem,), problem.cover or Cover.of_prizes(problem.prize))


def _idle(shifts: Shifts) -> list[Routes]:
    return [((),) * len(problem.vehicles) for problem in shifts.problems]


def _refuse(shifts: Shifts) -> None:
    """Refuse problems that no plan solves."""
    if not shifts.offers:
        raise ProblemError(
            "all prizes are 0: no stop is worth a visit. Smallest change: give one a prize"
        )
    faults = [fault for problem in shifts.problems for fault in faults_of(problem)]
    if faults:
        raise ProblemError("\n".join(faults))


def _missed(shifts: Shifts, routes: Sequence[Routes]) -> list[int]:
    """Return the required stops that a plan does not visit."""
    return sorted(
        stop
        for problem, of_shift in zip(shifts.problems, routes, strict=True)
        for stop in problem.duties.difference(visited(of_shift))
    )


def _in_order(problem: Problem, routes: Routes) -> Routes:
    """Hand the routes of vehicles that are alike to them in order, that to the first stop first."""
    ordered: list[Route] = list(routes)
    for group in problem.exchangeable:
        waiting = sorted(
            (routes[vehicle] for vehicle in group), key=lambda route: (not route, route)
        )
        for vehicle, route in zip(group, waiting, strict=True):
            ordered[vehicle] = route
    return tuple(ordered)
