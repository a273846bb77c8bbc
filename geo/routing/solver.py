"""Routes for a `geo.routing.problem.Problem`: PyVRP's search, with greedy insertion beside it.

VROOM (pyvroom 1.15) was tried for previews: on 20 problems of 100 stops it collects in the same
time what 200 iterations collect here, and it knows neither required nor exclusive stops.

References
----------
Wouda, Lan and Kool (2024), PyVRP: a high-performance VRP solver package, INFORMS Journal on
Computing 36(4), 943-955.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any, Final

import numpy as np
import pyvrp
from pyvrp import IteratedLocalSearchParams, SolveParams
from pyvrp.stop import MaxIterations

from geo.arrays import Ints
from geo.routing.faults import faults
from geo.routing.problem import DEPOT, Problem, ProblemError, Routes, Window

SEARCH: Final = SolveParams(ils=IteratedLocalSearchParams(history_length=20))
"""PyVRP accepts a plan that is no worse than the one so many iterations ago.  Its default of 300
is for minutes of search; 20 finds more in the first thousands of iterations."""


def solve(problem: Problem, *, iterations: int, seed: int) -> Routes:
    """Return the best plan that PyVRP finds; the greedy plan where that is better.

    A stop with several windows is a group of exclusive copies.  PyVRP knows no breaks: it
    searches with shifts shortened by the break, which then is placed where it fits, at the
    price of a stop where it fits nowhere.  The search stops after `iterations`, never by the
    clock: one seed gives one plan.

    Parameters
    ----------
    problem : geo.routing.problem.Problem
    iterations : int
        Iterations of PyVRP's iterated local search.
    seed : int

    Returns
    -------
    tuple of tuple of int
        Per vehicle, in the order of ``problem.vehicles``.

    Raises
    ------
    geo.routing.problem.ProblemError
        If all prizes are 0, a required stop cannot be visited, or no plan found visits them all.
    """
    found = faults(problem, sorted(problem.required))
    if found:
        raise ProblemError("\n".join(found))
    data, stop_of = _pyvrp_data(problem)
    best = pyvrp.solve(
        data,
        MaxIterations(iterations),
        seed=seed,
        collect_stats=False,
        display=False,
        params=SEARCH,
    ).best
    of_type: list[list[tuple[int, ...]]] = [[] for _ in data.vehicle_types()]
    for route in best.routes():
        stops = tuple(stop_of[a.idx] for a in route if a.is_client())
        of_type[route.vehicle_type()].append(stops)
    searched = insert(problem, _fitted(problem, _assign(problem, of_type)))
    plans = [
        routes
        for routes in (searched, greedy(problem))
        if problem.required <= {stop for route in routes for stop in route}
    ]
    if not plans:
        raise ProblemError(
            f"no plan was found that visits all of the required stops {sorted(problem.required)}. "
            "Smallest change: require one fewer, or add a vehicle or a longer shift"
        )
    return max(plans, key=problem.value)


def greedy(problem: Problem) -> Routes:
    """Return the plan of greedy insertion, the yardstick and the fallback of `solve`."""
    return insert(problem, ((),) * len(problem.vehicles))


def insert(problem: Problem, routes: Routes) -> Routes:
    """Return the routes with further stops, always the one that adds most value per second.

    The seconds of a visit are those of its service and its detour.  Required stops come first,
    whatever they add.
    """
    mutable = list(routes)
    visited = {stop for route in routes for stop in route}
    banned = visited | _rivals(problem, visited)
    waiting = [s for s in problem.stops if problem.worth_s[s] > 0 and s not in banned]
    required = [s for s in waiting if s in problem.required]
    _insert_all(problem, mutable, required)
    taken = {stop for route in mutable for stop in route}
    banned = taken | _rivals(problem, taken)
    _insert_all(problem, mutable, [s for s in waiting if s not in banned])
    return tuple(mutable)


def insert_one(problem: Problem, routes: Routes) -> Routes | None:
    """Return the routes with the one stop more that adds most value per second; None if none."""
    visited = {stop for route in routes for stop in route}
    banned = visited | _rivals(problem, visited)
    left = np.array([s for s in problem.stops if problem.worth_s[s] > 0 and s not in banned])
    return _inserted(problem, routes, left)[0] if len(left) else None


def _insert_all(problem: Problem, routes: list[tuple[int, ...]], stops: Sequence[int]) -> None:
    left = np.array(stops, dtype=np.int64)
    while len(left):
        grown, stop = _inserted(problem, routes, left)
        if grown is None:
            break
        routes[:] = grown
        left = left[~np.isin(left, [stop, *_rivals(problem, {stop})])]


def _inserted(
    problem: Problem, routes: Sequence[tuple[int, ...]], left: Ints
) -> tuple[Routes | None, int]:
    """Return the routes with the best of the stops left that fits, and that stop."""
    for vehicle, at, stop in _insertions(problem, routes, left):
        trial = (*routes[vehicle][:at], stop, *routes[vehicle][at:])
        if problem.schedule(vehicle, trial):
            return (*routes[:vehicle], trial, *routes[vehicle + 1 :]), stop
    return None, DEPOT


def _insertions(
    problem: Problem, routes: Sequence[tuple[int, ...]], left: Ints
) -> Iterator[tuple[int, int, int]]:
    """Yield vehicle, place in its route and stop of the insertions that gain, best rate first."""
    vehicle, place, stop, rate = [], [], [], []
    travel = problem.travel_s
    required = np.isin(left, list(problem.required))
    for number, (route, (start, end)) in enumerate(zip(routes, problem.vehicles, strict=True)):
        path = np.array([DEPOT, *route, DEPOT])
        before, after = path[:-1, None], path[1:, None]
        detour = travel[before, left] + travel[left, after] - travel[before, after]
        busy = problem.driving_s(route) + int(problem.service_s[list(route)].sum())
        longer = detour + problem.service_s[left]
        gain = problem.worth_s[left] - detour
        at, which = np.nonzero(((gain > 0) | required) & (busy + longer <= end - start))
        vehicle.append(np.full(len(at), number))
        place.append(at)
        stop.append(left[which])
        rate.append(gain[at, which] / np.maximum(longer[at, which], 1))
    order = np.argsort(-np.concatenate(rate), kind="stable")
    columns = (np.concatenate(column)[order].tolist() for column in (vehicle, place, stop))
    yield from zip(*columns, strict=True)


def _rivals(problem: Problem, stops: set[int]) -> set[int]:
    """Return the stops that those rule out."""
    return {rival for group in problem.exclusive if group & stops for rival in group - stops}


def _fitted(problem: Problem, routes: Routes) -> Routes:
    """Return the routes without the stops of least worth that leave no room for the break."""
    fitted = []
    for vehicle, route in enumerate(routes):
        kept = route
        while problem.schedule(vehicle, kept) is None:
            free = [stop for stop in kept if stop not in problem.required] or list(kept)
            least = min(free, key=lambda stop: int(problem.worth_s[stop]))
            kept = tuple(stop for stop in kept if stop != least)
        fitted.append(kept)
    return tuple(fitted)


def _pyvrp_data(problem: Problem) -> tuple[pyvrp.ProblemData, list[int]]:
    """Return PyVRP's form of the problem, and the stop behind each of its clients."""
    clients: list[pyvrp.Client] = []
    groups: list[pyvrp.ClientGroup] = []
    stop_of: list[int] = []
    group_of = {stop: number for number, group in enumerate(problem.exclusive) for stop in group}
    number_of: dict[int, int] = {}
    always = (Window(0, max(end for _, end in problem.vehicles)),)
    for stop in problem.stops:
        if problem.worth_s[stop] <= 0 or _rivals(problem, {stop}) & problem.required:
            continue
        windows = (problem.windows[stop] if problem.windows else ()) or always
        required, group = stop in problem.required, None
        if stop in group_of or len(windows) > 1:
            group = number_of.setdefault(group_of.get(stop, -stop), len(groups))
            if group == len(groups):
                groups.append(pyvrp.ClientGroup(required=required))
        for early, late, share in windows:
            if group is not None:
                groups[group].add_client(len(clients))
            clients.append(
                pyvrp.Client(
                    stop,
                    service_duration=int(problem.service_s[stop]),
                    tw_early=early,
                    tw_late=late,
                    prize=round(int(problem.worth_s[stop]) * share),
                    required=required and group is None,
                    group=group,
                )
            )
            stop_of.append(stop)
    matrices: list[Any] = [problem.travel_s]
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in problem.prize],
        clients=clients,
        depots=[pyvrp.Depot(DEPOT)],
        vehicle_types=_vehicle_types(problem),
        distance_matrices=matrices,
        duration_matrices=matrices,
        groups=groups,
    )
    return data, stop_of


def _vehicle_types(problem: Problem) -> list[pyvrp.VehicleType]:
    """Return a type for each distinct shift, shortened by the break."""
    rest_s = problem.rest.length_s if problem.rest else 0
    return [
        pyvrp.VehicleType(
            problem.vehicles.count((start, end)),
            tw_early=start,
            tw_late=end,
            shift_duration=end - start - rest_s,
        )
        for start, end in dict.fromkeys(problem.vehicles)
    ]


def _assign(problem: Problem, of_type: list[list[tuple[int, ...]]]) -> Routes:
    """Hand the routes of each kind of shift to its vehicles, that to the first stop first."""
    waiting = {
        shift: iter(sorted(routes))
        for shift, routes in zip(dict.fromkeys(problem.vehicles), of_type, strict=True)
    }
    return tuple(next(waiting[shift], ()) for shift in problem.vehicles)
