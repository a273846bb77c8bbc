"""Routes for a `geo.routing.problem.Problem`: PyVRP's search, with greedy insertion beside it.

VROOM (pyvroom 1.15) was tried for previews: on 20 problems of 100 stops it collects in the same
time what 200 iterations collect here, and it does not know required stops.

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
from geo.routing.problem import DEPOT, Problem, ProblemError, Route, Routes, Window, visited

HISTORY: Final = (20, 10)
"""PyVRP accepts a plan that is no worse than the one so many iterations ago: at least the first,
and one for each of the second.  Its default of 300 is for minutes of search.  On Chao's sets p4
and p7 (`tests/benchmarks/patrols.py --instances`, 12 problems) 15,000 iterations end 0.8 % behind
the best known with a tenth of them and 1.4 % with 20."""


def solve(problem: Problem, *, iterations: int, seed: int) -> Routes:
    """Return the best plan that PyVRP finds; the greedy plan where that is better.

    A stop with several windows is a group of copies, of which one is visited.  PyVRP knows no
    pauses: it searches with shifts shortened by the pause, which is then placed where it fits, at
    the price of a stop where it fits nowhere.  The search stops after `iterations`, never by the
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
    routes = search(problem, iterations=iterations, seed=seed)
    return max(complete(problem, [routes, greedy(problem)]), key=problem.value)


def complete(problem: Problem, plans: Sequence[Routes]) -> list[Routes]:
    """Return the plans that visit all required stops; raise `ProblemError` if there is none."""
    found = [plan for plan in plans if problem.required <= {*visited(plan)}]
    if not found:
        raise ProblemError(
            f"no plan was found that visits all of the required stops {sorted(problem.required)}. "
            "Smallest change: require one fewer, or add a vehicle or a longer shift"
        )
    return found


def search(problem: Problem, *, iterations: int, seed: int) -> Routes:
    """Return the plan of PyVRP's search, which may lack required stops; otherwise as `solve`."""
    found = faults(problem)
    if found:
        raise ProblemError("\n".join(found))
    data, stop_of = _pyvrp_data(problem)
    history = max(HISTORY[0], iterations // HISTORY[1])
    solution = pyvrp.solve(
        data,
        MaxIterations(iterations),
        seed=seed,
        collect_stats=False,
        display=False,
        params=SolveParams(ils=IteratedLocalSearchParams(history_length=history)),
    ).best
    return insert(problem, _fitted(problem, _by_vehicle(problem, solution, stop_of)))


def greedy(problem: Problem) -> Routes:
    """Return the plan of greedy insertion, the yardstick and the fallback of `solve`."""
    return insert(problem, ((),) * len(problem.vehicles))


def insert(problem: Problem, routes: Routes) -> Routes:
    """Return the routes with all further stops that fit and gain, the required ones first."""
    for among in (problem.required, frozenset(problem.stops)):
        while (longer := insert_one(problem, routes, among)) is not None:
            routes = longer
    return routes


def insert_one(
    problem: Problem, routes: Routes, among: frozenset[int] | None = None
) -> Routes | None:
    """Return the routes with the one stop more that adds most value per second; None if none.

    The seconds of a visit are those of its service and its detour.  A required stop comes in
    whatever it adds.  `among` names the stops that may be taken in, all if not given.
    """
    taken = {*visited(routes)}
    waiting = problem.stops if among is None else sorted(among)
    stops = np.array([s for s in waiting if problem.worth_s[s] > 0 and s not in taken], dtype=int)
    for vehicle, at, stop in _insertions(problem, routes, stops):
        trial = (*routes[vehicle][:at], stop, *routes[vehicle][at:])
        if problem.schedule(vehicle, trial):
            return (*routes[:vehicle], trial, *routes[vehicle + 1 :])
    return None


def _insertions(problem: Problem, routes: Routes, stops: Ints) -> Iterator[tuple[int, int, int]]:
    """Yield vehicle, place in its route and stop of the insertions that gain, best rate first."""
    vehicle, place, stop, rate = [], [], [], []
    required = np.isin(stops, list(problem.required))
    for number, (route, (start, end)) in enumerate(zip(routes, problem.vehicles, strict=True)):
        detour = problem.detours_s(route, stops)
        busy = problem.driving_s(route) + int(problem.service_s[list(route)].sum())
        longer = detour + problem.service_s[stops]
        gain = problem.worth_s[stops] - detour
        at, which = np.nonzero(((gain > 0) | required) & (busy + longer <= end - start))
        vehicle.append(np.full(len(at), number))
        place.append(at)
        stop.append(stops[which])
        rate.append(gain[at, which] / np.maximum(longer[at, which], 1))
    order = np.argsort(-np.concatenate(rate), kind="stable")
    columns = (np.concatenate(column)[order].tolist() for column in (vehicle, place, stop))
    yield from zip(*columns, strict=True)


def _fitted(problem: Problem, routes: Routes) -> Routes:
    """Return the routes without the stops of least worth that leave no room for the pause."""
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
    always = (Window(0, max(end for _, end in problem.vehicles)),)
    for stop in problem.stops:
        if problem.worth_s[stop] <= 0:
            continue
        windows = problem.windows_of(stop) or always
        required, group = stop in problem.required, None
        if len(windows) > 1:
            group = len(groups)
            members = list(range(len(clients), len(clients) + len(windows)))
            groups.append(pyvrp.ClientGroup(members, required=required))
        for early, late, share in windows:
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
    """Return a type for each distinct shift, shortened by the pause."""
    pause_s = problem.pause.length_s if problem.pause else 0
    return [
        pyvrp.VehicleType(
            problem.vehicles.count((start, end)),
            tw_early=start,
            tw_late=end,
            shift_duration=end - start - pause_s,
        )
        for start, end in dict.fromkeys(problem.vehicles)
    ]


def _by_vehicle(problem: Problem, solution: pyvrp.Solution, stop_of: list[int]) -> Routes:
    """Hand the routes of each kind of shift to its vehicles, that to the first stop first."""
    shifts = list(dict.fromkeys(problem.vehicles))
    of_shift: dict[tuple[int, int], list[Route]] = {shift: [] for shift in shifts}
    for route in solution.routes():
        stops = tuple(stop_of[a.idx] for a in route if a.is_client())
        of_shift[shifts[route.vehicle_type()]].append(stops)
    waiting = {shift: iter(sorted(routes)) for shift, routes in of_shift.items()}
    return tuple(next(waiting[shift], ()) for shift in problem.vehicles)
