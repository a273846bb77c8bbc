"""Team orienteering on plain matrices: which stops, by which vehicle, in which order.

Every vehicle leaves the depot at the start of its shift and is back by its end; a stop is
optional and its prize counts once.  The objective, in seconds, is to be as large as possible:

    value = unit * (sum of the prizes visited) - (seconds driven)

`Problem.unit`, the seconds that a prize of 1 is worth, follows from `prize_scale`: all prizes
together are worth `prize_scale` times the seconds of all shifts.  Driving then only decides
between plans of nearly equal prizes, yet still guides the search: without a cost of arcs
PyVRP's moves see no difference between most plans.

References
----------
PyVRP: Wouda, Lan and Kool (2024), INFORMS Journal on Computing 36(4), 943-955.
Team orienteering: Chao, Golden and Wasil (1996), EJOR 88(3), 464-474.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Final

import numpy as np
import pyvrp
from pyvrp.stop import MaxIterations

from geo.network import Floats, Ints

DEPOT: Final = 0
"""Number of the depot in every matrix and array."""

Window = tuple[int, int]
"""Earliest and latest second at which a service may begin."""

Routes = tuple[tuple[int, ...], ...]
"""Per vehicle the stops in order, without the depot."""


class ProblemError(ValueError):
    """A problem that no plan solves, with the smallest change that would mend it."""


@dataclass(frozen=True)
class Visit:
    """One stop of a route with its times, in seconds."""

    stop: int
    arrival_s: int
    begin_s: int
    """Start of the service: the arrival, or the opening of the stop's window."""
    departure_s: int


@dataclass(frozen=True)
class Problem:
    """A team orienteering problem with time windows.

    Attributes
    ----------
    travel_s : (n + 1, n + 1) int array
        Seconds from row to column; number 0 is the depot.
    prize : (n + 1,) float array
        Worth of a visit, not negative; the depot's is 0.
    service_s : (n + 1,) int array
        Seconds that a visit takes; the depot's is 0.
    vehicles : tuple of (int, int)
        Start and end of each vehicle's shift.
    windows : tuple of tuple of (int, int)
        Per number, depot included, the windows in which service may begin; none is always.
    prize_scale : float
        Worth of all prizes together over the seconds of all shifts.

    Raises
    ------
    ProblemError
        If the arrays do not fit each other, or no plan can visit anything.
    """

    travel_s: Ints
    prize: Floats
    service_s: Ints
    vehicles: tuple[Window, ...]
    windows: tuple[tuple[Window, ...], ...] = ()
    prize_scale: float = 20.0

    def __post_init__(self) -> None:
        """Check shapes and values."""
        n = len(self.prize)
        if self.travel_s.shape != (n, n) or len(self.service_s) != n:
            raise ProblemError(
                f"travel_s has shape {self.travel_s.shape}, service_s {len(self.service_s)} and "
                f"prize {n} entries; all must have one per stop and one for the depot"
            )
        if self.windows and len(self.windows) != n:
            raise ProblemError(f"windows has {len(self.windows)} entries for {n} numbers")
        if (self.travel_s < 0).any() or (self.service_s < 0).any() or not (self.prize >= 0).all():
            raise ProblemError("travel times, service times and prizes must not be negative")
        if not self.vehicles:
            raise ProblemError("there is no vehicle. Cure: give at least one shift")
        for start, end in self.vehicles:
            if end <= start:
                raise ProblemError(f"a shift ends at {end} s, not after its start at {start} s")

    @property
    def stops(self) -> range:
        """Numbers of the stops."""
        return range(1, len(self.prize))

    @cached_property
    def unit(self) -> float:
        """Seconds of driving that a prize of 1 is worth."""
        horizon = sum(end - start for start, end in self.vehicles)
        total = float(self.prize.sum())
        return self.prize_scale * horizon / total if total > 0 else 0.0

    @cached_property
    def worth_s(self) -> Ints:
        """Worth of every visit in whole seconds, the unit of the objective."""
        return np.round(self.prize * self.unit).astype(np.int64)

    def schedule(self, vehicle: int, route: Sequence[int]) -> tuple[Visit, ...] | None:
        """Return the earliest times along a route, the return last; None if it does not fit."""
        now, end = self.vehicles[vehicle]
        visits, last = [], DEPOT
        for stop in (*route, DEPOT):
            arrival = now + int(self.travel_s[last, stop])
            begin = self._begin(stop, arrival)
            if begin is None:
                return None
            now = begin + int(self.service_s[stop])
            visits.append(Visit(stop, arrival, begin, now))
            last = stop
        return tuple(visits) if now <= end else None

    def times(self, vehicle: int, route: Sequence[int]) -> tuple[Visit, ...]:
        """Return the earliest times along a route of a plan, the return last.

        Raises
        ------
        ProblemError
            If the route does not fit the shift or a window.
        """
        visits = self.schedule(vehicle, route)
        if visits is None:
            raise ProblemError(f"vehicle {vehicle} cannot drive the route {tuple(route)} in time")
        return visits

    def value(self, routes: Routes) -> int:
        """Return the objective of a plan, in seconds; see the module's description."""
        stops = {stop for route in routes for stop in route}
        worth = int(self.worth_s[list(stops)].sum())
        return worth - sum(self.driving_s(route) for route in routes)

    def driving_s(self, route: Sequence[int]) -> int:
        """Return the seconds driven along a route, from the depot and back."""
        path = np.array([DEPOT, *route, DEPOT])
        return int(self.travel_s[path[:-1], path[1:]].sum())

    def _begin(self, stop: int, arrival: int) -> int | None:
        """Return the first second at or after arrival at which service may begin."""
        if not self.windows or not self.windows[stop]:
            return arrival
        begins = [max(arrival, early) for early, late in self.windows[stop] if arrival <= late]
        return min(begins, default=None)


def solve(problem: Problem, *, iterations: int, seed: int) -> Routes:
    """Return the best plan that PyVRP finds; the greedy plan where that is better.

    A stop with several windows is a group of exclusive copies.  The search stops after
    `iterations`, never by the clock: one seed gives one plan.

    Parameters
    ----------
    problem : Problem
    iterations : int
        Iterations of PyVRP's iterated local search.
    seed : int

    Returns
    -------
    tuple of tuple of int
        Per vehicle, in the order of ``problem.vehicles``.
    """
    fallback = greedy(problem)
    data, stop_of = _pyvrp_data(problem)
    if not data.num_clients:
        return fallback
    best = pyvrp.solve(
        data, MaxIterations(iterations), seed=seed, collect_stats=False, display=False
    ).best
    if not best.is_feasible():
        return fallback
    found: list[list[tuple[int, ...]]] = [[] for _ in data.vehicle_types()]
    for route in best.routes():
        stops = tuple(stop_of[a.idx] for a in route if a.is_client())
        found[route.vehicle_type()].append(stops)
    routes = _assign(problem, found)
    return routes if problem.value(routes) >= problem.value(fallback) else fallback


def greedy(problem: Problem) -> Routes:
    """Return the plan of greedy insertion: always the visit that adds most value per second.

    The yardstick for `solve`, and its fallback.  The second of a visit are those of its
    service and its detour.
    """
    routes: list[tuple[int, ...]] = [() for _ in problem.vehicles]
    left = np.array([stop for stop in problem.stops if problem.prize[stop] > 0], dtype=np.int64)
    while len(left):
        for vehicle, at, stop in _insertions(problem, routes, left):
            trial = (*routes[vehicle][:at], stop, *routes[vehicle][at:])
            if problem.schedule(vehicle, trial):
                routes[vehicle] = trial
                left = left[left != stop]
                break
        else:
            break
    return tuple(routes)


def _insertions(
    problem: Problem, routes: Sequence[tuple[int, ...]], left: Ints
) -> Iterator[tuple[int, int, int]]:
    """Yield vehicle, place in its route and stop of the insertions that gain, best rate first."""
    vehicle, place, stop, rate = [], [], [], []
    for number, (route, (start, end)) in enumerate(zip(routes, problem.vehicles, strict=True)):
        path = np.array([DEPOT, *route, DEPOT])
        before, after = path[:-1, None], path[1:, None]
        travel = problem.travel_s
        detour = travel[before, left] + travel[left, after] - travel[before, after]
        busy = problem.driving_s(route) + int(problem.service_s[list(route)].sum())
        longer = detour + problem.service_s[left]
        gain = problem.worth_s[left] - detour
        at, which = np.nonzero((gain > 0) & (busy + longer <= end - start))
        vehicle.append(np.full(len(at), number))
        place.append(at)
        stop.append(left[which])
        rate.append(gain[at, which] / np.maximum(longer[at, which], 1))
    order = np.argsort(-np.concatenate(rate), kind="stable")
    columns = (np.concatenate(column)[order].tolist() for column in (vehicle, place, stop))
    yield from zip(*columns, strict=True)


def _pyvrp_data(problem: Problem) -> tuple[pyvrp.ProblemData, list[int]]:
    """Return PyVRP's form of the problem, and the stop behind each of its clients."""
    clients: list[pyvrp.Client] = []
    groups: list[pyvrp.ClientGroup] = []
    stop_of: list[int] = []
    for stop in problem.stops:
        if problem.worth_s[stop] <= 0:
            continue
        windows = problem.windows[stop] if problem.windows else ()
        group = len(groups) if len(windows) > 1 else None
        if group is not None:
            members = list(range(len(clients), len(clients) + len(windows)))
            groups.append(pyvrp.ClientGroup(members, required=False))
        for early, late in windows or ((0, max(end for _, end in problem.vehicles)),):
            clients.append(
                pyvrp.Client(
                    stop,
                    service_duration=int(problem.service_s[stop]),
                    tw_early=early,
                    tw_late=late,
                    prize=int(problem.worth_s[stop]),
                    required=False,
                    group=group,
                )
            )
            stop_of.append(stop)
    types = [
        pyvrp.VehicleType(problem.vehicles.count(shift), tw_early=shift[0], tw_late=shift[1])
        for shift in dict.fromkeys(problem.vehicles)
    ]
    matrices: list[Any] = [problem.travel_s]
    data = pyvrp.ProblemData(
        locations=[pyvrp.Location(0, 0) for _ in problem.prize],
        clients=clients,
        depots=[pyvrp.Depot(DEPOT)],
        vehicle_types=types,
        distance_matrices=matrices,
        duration_matrices=matrices,
        groups=groups,
    )
    return data, stop_of


def _assign(problem: Problem, found: list[list[tuple[int, ...]]]) -> Routes:
    """Hand the routes of each kind of shift to its vehicles, that to the first stop first."""
    waiting = {
        shift: iter(sorted(routes))
        for shift, routes in zip(dict.fromkeys(problem.vehicles), found, strict=True)
    }
    return tuple(next(waiting[shift], ()) for shift in problem.vehicles)
