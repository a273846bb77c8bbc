"""A first plan by PyVRP's search, which adds prizes up; `geo.routing.solver` goes on from it.

VROOM (pyvroom 1.15) was tried for previews: on 20 problems of 100 stops it collects in the same
time what 200 iterations collect here, and it does not know required stops.

References
----------
Wouda, Lan and Kool (2024), PyVRP: a high-performance VRP solver package, INFORMS Journal on
Computing 36(4), 943-955.
"""

from typing import Any, Final

import pyvrp
from pyvrp import IteratedLocalSearchParams, SolveParams
from pyvrp.stop import MaxIterations

from geo.routing.problem import DEPOT, Problem, Route, Routes, Window

HISTORY: Final = (20, 10)
"""PyVRP accepts a plan that is no worse than the one so many iterations ago: at least the first,
and one for each of the second.  Its default of 300 is for minutes of search.  On Chao's sets p4
and p7 (`tests/benchmarks/patrols.py --instances`, 12 problems) 15,000 iterations end 0.8 % behind
the best known with a tenth of them and 1.4 % with 20."""


def search(problem: Problem, *, iterations: int, seed: int) -> Routes:
    """Return the routes of PyVRP's search, which may lack required stops.

    A stop with several windows is a group of copies, of which one is visited.  PyVRP knows no
    pauses and here no limits: it searches with shifts shortened by the pause, and a route may
    not fit.
    """
    data, stop_of = _pyvrp_data(problem)
    history = max(HISTORY[0], iterations // HISTORY[1])
    params = SolveParams(ils=IteratedLocalSearchParams(history_length=history))
    stop = MaxIterations(iterations)
    found = pyvrp.solve(data, stop, seed=seed, collect_stats=False, display=False, params=params)
    return _by_vehicle(problem, found.best, stop_of)


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
            clients.append(pyvrp.Client(
                stop, service_duration=int(problem.service_s[stop]), tw_early=early, tw_late=late,
                prize=round(int(problem.worth_s[stop]) * share),
                required=required and group is None, group=group,
            ))  # fmt: skip
            stop_of.append(stop)
    matrices: list[Any] = [problem.travel_s]
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in problem.prize], clients=clients,
        depots=[pyvrp.Depot(DEPOT)], vehicle_types=_vehicle_types(problem),
        distance_matrices=matrices, duration_matrices=matrices, groups=groups,
    )  # fmt: skip
    return data, stop_of


def _vehicle_types(problem: Problem) -> list[pyvrp.VehicleType]:
    """Return a type for each distinct shift, shortened by the pause."""
    pause_s = problem.pause.length_s if problem.pause else 0
    return [
        pyvrp.VehicleType(
            problem.vehicles.count(span), tw_early=span[0], tw_late=span[1],
            shift_duration=span[1] - span[0] - pause_s,
        )
        for span in dict.fromkeys(problem.vehicles)
    ]  # fmt: skip


def _by_vehicle(problem: Problem, solution: pyvrp.Solution, stop_of: list[int]) -> Routes:
    """Hand the routes of each kind of shift to its vehicles, that to the first stop first."""
    shifts = list(dict.fromkeys(problem.vehicles))
    of_shift: dict[tuple[int, int], list[Route]] = {shift: [] for shift in shifts}
    for route in solution.routes():
        stops = tuple(stop_of[a.idx] for a in route if a.is_client())
        of_shift[shifts[route.vehicle_type()]].append(stops)
    waiting = {shift: iter(sorted(routes)) for shift, routes in of_shift.items()}
    return tuple(next(waiting[shift], ()) for shift in problem.vehicles)
