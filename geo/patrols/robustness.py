"""Orders of stops that hold when a shift starts late or its roads are slow.

A crew that is behind passes over the last stops of its route.  So a stop of much need stands early
in it, at the price of a longer drive or of an hour that is not the usual one; or a stop of hardly
any need is left out, so that there is time for the others.  Where no such change is enough, the
shift is planned as if it started late or its roads were slow, and what time is left is filled.
"""

from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from typing import Final

import numpy as np

from geo.patrols import locks
from geo.patrols.timetable import PlannedShift
from geo.routing import solver
from geo.routing.problem import Cover, Problem, ProblemError, Route, Routes

HOLDS: Final = 0.9
"""A shift holds that keeps this share of its need in each of `TRIALS`.  That is more than the 0.85
asked of an evening: the hours of the first night are the usual ones of those after it."""
GIVEN_UP: Final = 0.01
"""Share of its need that a shift gives up at most, so as to hold."""
TRIALS: Final = ((1.0, 20 * 60), (1.25, 0))
"""Factor of all travel times, and seconds by which all vehicles start late.  Nine tenths of the
draws of travel times, from 0.7 to 1.3 times what is assumed, are below 1.25."""

HURRIES: Final = (*TRIALS, (1.0, 10 * 60))
"""As `TRIALS`: what a shift is planned with that holds in no order, the last where required stops
leave no more time."""


def steadied(
    planned: PlannedShift, cover: Cover, *, iterations: int, seed: int
) -> PlannedShift:
    """Return a shift with its stops in an order that holds, where one is found.

    It gives up `GIVEN_UP` of its need at most.  A shift that holds stays as it is, as does the
    route of a vehicle whose order is given.

    Parameters
    ----------
    planned : PlannedShift
    cover : geo.routing.problem.Cover
        The need by which stops are weighed.
    iterations, seed : int
        Of the search for another plan, as in `geo.routing.solve`.
    """
    best = _in_better_order(planned, planned.routes, cover)
    kept = least_kept(planned, best, cover)
    others = _unhurried(planned, iterations, seed)
    while kept < HOLDS and (routes := next(others, None)):
        if _serves_enough(planned, routes, cover):
            other = _in_better_order(planned, routes, cover)
            share = least_kept(planned, other, cover)
            if share > kept + 1e-9:
                best, kept = other, share
    return replace(planned, routes=best)


def _in_better_order(planned: PlannedShift, routes: Routes, cover: Cover) -> Routes:
    """Return routes of a shift changed step by step, until they hold or no change is better.

    Each round takes the change of one route that keeps most: a stop moved, a stretch turned round,
    or a stop left out where no minimum of visits asks for it.  Of those that keep as much, it is
    the one that is worth most by the objective.
    """
    kept = least_kept(planned, routes, cover)
    while kept < HOLDS:
        shares = {
            changed: least_kept(planned, changed, cover)
            for changed in _changed(planned, routes)
            if _serves_enough(planned, changed, cover)
        }
        most = min(max(shares.values(), default=0.0), HOLDS)
        if most <= kept + 1e-9:
            break
        equal = [changed for changed, share in shares.items() if share >= most - 1e-9]
        routes = max(equal, key=planned.problem.value)
        kept = shares[routes]
    return routes


def _serves_enough(planned: PlannedShift, routes: Routes, cover: Cover) -> bool:
    """Return whether routes give up no more of a shift's need than they may."""
    least = (1 - GIVEN_UP) * cover.served(planned.routes)
    return cover.served(routes) >= least


def _unhurried(planned: PlannedShift, iterations: int, seed: int) -> Iterator[Routes]:
    """Yield plans of a shift that starts late or has slow roads, filled up to its hours."""
    for factor, late_s in HURRIES:
        with suppress(ProblemError):  # Then there is no time to spare.
            hurried = _hurried(planned.problem, factor, late_s)
            routes = solver.solve(hurried, iterations=iterations, seed=seed)
            filled = solver.greedy(planned.problem, routes)
            if locks.kept(planned.problem, filled):
                yield filled


def _hurried(problem: Problem, factor: float, late_s: int) -> Problem:
    """Return the problem of a shift on slower roads, or whose vehicles start late."""
    return replace(
        problem,
        travel_s=np.ceil(problem.travel_s * factor).astype(np.int64),
        vehicles=tuple((start + late_s, end) for start, end in problem.vehicles),
    )


def least_kept(planned: PlannedShift, routes: Routes, cover: Cover) -> float:
    """Return the least share of the need of a shift that routes keep in `TRIALS`.

    It is a share of what they serve, or of what was planned if that is more.
    """
    served = max(cover.served(planned.routes), cover.served(routes))
    if not served:
        return 1.0
    driven = [planned.driven(routes, *trial) for trial in TRIALS]
    return min(1.0, *(cover.served(one) / served for one in driven))


def _changed(planned: PlannedShift, routes: Routes) -> Iterator[Routes]:
    """Yield the routes with one of them changed, where that is possible in time."""
    for vehicle, route in enumerate(routes):
        if vehicle not in planned.problem.given:
            spare = [stop for stop in route if stop not in planned.problem.duties]
            shorter = {
                tuple(other for other in route if other != stop) for stop in spare
            }
            for changed in _orders(route) | shorter:
                if planned.problem.schedule(vehicle, changed):
                    yield (*routes[:vehicle], changed, *routes[vehicle + 1 :])


def _orders(route: Route) -> set[Route]:
    """Return a route with any one stop moved, and with any one stretch turned round."""
    orders = set()
    for first in range(len(route)):
        others = (*route[:first], *route[first + 1 :])
        for place in range(len(route)):
            orders.add((*others[:place], route[first], *others[place:]))
        for end in range(first + 2, len(route) + 1):
            turned = route[first:end][::-1]
            orders.add((*route[:first], *turned, *route[end:]))
    return orders - {route}
