"""Orders of stops that hold when a shift starts late or its roads are slow.

A crew that is behind passes over the last stops of its route.  So a stop of much need stands early
in it, at the price of a longer drive or of an hour that is not the usual one; or a stop of hardly
any need is left out, so that there is time for the others.
"""

from collections.abc import Iterator
from dataclasses import replace
from typing import Final

from geo.patrols.clock import buffer_s
from geo.patrols.timetable import PlannedShift
from geo.routing import solver
from geo.routing.problem import Cover, Route, Routes

HOLDS: Final = 0.9
"""A shift holds that keeps this share of its need in each of `TRIALS`.  That is more than the 0.85
asked of an evening: the hours of the first night are the usual ones of those after it."""
GIVEN_UP: Final = 0.01
"""Share of its need that a shift gives up at most, so as to hold."""
TRIALS: Final = ((1.0, 20 * 60), (1.25, 0))
"""Factor of all travel times, and seconds by which all vehicles start late.  Nine tenths of the
draws of travel times, from 0.7 to 1.3 times what is assumed, are below 1.25."""


def steadied(planned: PlannedShift, cover: Cover) -> PlannedShift:
    """Return a shift with its stops in an order that holds, where one is found.

    Each round takes the change of one route that keeps most: a stop moved, a stretch turned round,
    or a stop left out, for `GIVEN_UP` of the need in all, where no minimum of visits asks for it.
    Of those that keep as much, it is the one that is worth most by the objective.  A shift that
    holds stays as it is, as does the route of a vehicle whose order is given.

    Parameters
    ----------
    planned : PlannedShift
    cover : geo.routing.problem.Cover
        The need by which stops are weighed.
    """
    best, served = planned.routes, cover.served(planned.routes)
    kept = least_kept(planned, best, cover)
    while kept < HOLDS:
        shares = {
            routes: least_kept(planned, routes, cover)
            for routes in _changed(planned, best)
            if cover.served(routes) >= (1 - GIVEN_UP) * served
        }
        most = min(max(shares.values(), default=0.0), HOLDS)
        if most <= kept + 1e-9:
            break
        equal = [
            routes for routes, share in shares.items() if share >= most - 1e-9
        ]
        best = max(equal, key=planned.problem.value)
        kept = shares[best]
    return replace(planned, routes=best)


def least_kept(planned: PlannedShift, routes: Routes, cover: Cover) -> float:
    """Return the least share of the need of a shift, as planned, that routes keep in `TRIALS`."""
    served = cover.served(planned.routes)
    buffer = buffer_s(planned.shift)
    kept = [1.0]
    for factor, late_s in TRIALS if served else ():
        [driven] = solver.passed_over(
            planned.alone, [routes], factor, late_s, buffer
        )
        kept.append(cover.served(driven) / served)
    return min(kept)


def _changed(planned: PlannedShift, routes: Routes) -> Iterator[Routes]:
    """Yield the routes with one of them changed, where that is possible in time."""
    for vehicle, route in enumerate(routes):
        if vehicle not in planned.problem.given:
            spare = [
                stop for stop in route if stop not in planned.problem.duties
            ]
            shorter = {
                tuple(other for other in route if other != stop)
                for stop in spare
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
