"""The plan of a night: which vehicle stops where, and when, in all of its shifts at once.

Each shift is a team-orienteering problem (`geo.routing.problem`): every vehicle leaves the depot at
the shift's start, offers its time at stops, and is back by the shift's end.  Need that two stops
reach counts once in a shift, and keeps ``repeat`` of its worth for the next shift that serves it.
One of two stops beside each other is visited, and places new to the night come first.

Where little-known places get less than ``exploration`` of the stop time of a shift, visits to them
count for more until they get it, if they hold any need and the price is no more than that of an
average stop.

A vehicle of ``lock_order`` drives just that order.  A stop of ``lock_stops`` is visited by its
vehicle and no other.  All else is planned with them, in one search.  A plan that keeps the locks as
it is stays as it is.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import shapely

from geo.arrays import Bools, Floats
from geo.params import Shift
from geo.params.patrols import Lock
from geo.params.types import hint
from geo.patrols.clock import (
    DAY_S,
    break_span_s,
    next_time_s,
    shift_span_s,
    vehicle_spans_s,
)
from geo.patrols.inputs import PlanningInputs
from geo.patrols.stops import StopError
from geo.patrols.timetable import PlannedShift
from geo.routing import problem as routing
from geo.routing import solver
from geo.routing.faults import nearest_fault
from geo.routing.offers import Shifts
from geo.routing.problem import (
    DEPOT,
    Cover,
    Limit,
    Problem,
    ProblemError,
    Route,
    Routes,
    Window,
    visited,
)

PRICES: Final = (0.25, 0.5, 1.0)
"""Worth of exploring a little-known place, in average stops, tried in turn.  At more than 1 a plan
gives up the need of several stops for a far place of little need."""
EXPLORING: Final = 0.93
"""A shift that explores serves at least this share of the need that it would serve else."""


@dataclass(frozen=True)
class Terms:
    """What counts in a night beside its need, and what else holds in it."""

    remaining: Floats | None = None
    """Share of the need at each point that the nights before have left; all if not given."""
    beside_need: Floats | None = None
    """What a visit to each stop is worth beside need, once in the night."""
    unexplored: Bools | None = None
    """The little-known stops that are still to be explored; all if not given."""
    wanted: Bools | None = None
    """Stops that count whatever lies beside them, the advised ones if not given."""
    adjust: Callable[[Shift, Problem], Problem] = lambda _, problem: problem
    """Adds further conditions to the problem of a shift."""


ALONE: Final = Terms()
"""The terms of a night by itself."""


def plan_night(
    inputs: PlanningInputs,
    terms: Terms = ALONE,
    start: Sequence[PlannedShift] = (),
) -> list[PlannedShift]:
    """Return the plan of one night that keeps what is locked.

    `start` is a plan to go on from; of two nights of which the second allows all that the first
    does, the second started from the first is no worse by the objective of its first search.

    Raises `StopError`, `ProblemError` if a lock names a shift, a vehicle or a stop that there is
    not; if a shift admits no plan, or not with what is locked in it.
    """
    require_known(inputs)
    refuse_missed_windows(inputs)
    begin = [shift.routes for shift in start] or None
    night = _Night(inputs, terms)
    routes = night.explored(begin, locked=False)
    if not night.keeps_locks(routes):
        routes = _with_locks(night, routes)
    return night.planned(routes)


@dataclass(frozen=True)
class _Night:
    """The search for the plan of a night."""

    inputs: PlanningInputs
    terms: Terms

    def explored(
        self, start: Sequence[Routes] | None, *, locked: bool
    ) -> list[Routes]:
        """Return the plan in which each shift gives little-known places their share of time."""
        prices = [0.0] * len(self.inputs.params.shifts)
        plain = routes = self.solved(prices, start, locked=locked)
        for price in PRICES if self._little.any() else ():
            short = [
                shift
                for shift, of in enumerate(routes)
                if self._explores_little(of)
            ]
            for shift in short:
                prices[shift] = price
            if not short:
                break
            trial = self.solved(prices, routes, locked=locked)
            pairs = zip(trial, plain, strict=True)
            if any(
                self._serves(exploring) < EXPLORING * self._serves(usual)
                for exploring, usual in pairs
            ):
                break
            routes = trial
        return routes

    def solved(
        self,
        prices: Sequence[float],
        start: Sequence[Routes] | None,
        *,
        locked: bool,
    ) -> list[Routes]:
        """Return the best plan found where exploring has a price in each shift."""
        params = self.inputs.params
        problems = [
            self._problem(shift, price, locked=locked)
            for shift, price in zip(params.shifts, prices, strict=True)
        ]
        night = Shifts(tuple(problems), self._cover, params.repeat)
        if not night.offers:
            return [((),) * len(problem.vehicles) for problem in problems]
        return solver.solve_shifts(
            night, iterations=params.iterations, seed=params.seed, start=start
        )

    def planned(self, routes: Sequence[Routes]) -> list[PlannedShift]:
        """Return the shifts of a plan, each with the need that those before it have left."""
        inputs, remaining = self.inputs, self._remaining
        found = []
        for shift, of_shift in zip(inputs.params.shifts, routes, strict=True):
            problem = self._problem(shift, 0.0, locked=True)
            cover = inputs.reach.cover(remaining=remaining)
            prize = np.where(problem.prize > 0, cover.prize, 0.0)
            problem = replace(problem, cover=cover, prize=prize, extra=None)
            unexplored = self.terms.unexplored
            found.append(
                PlannedShift(shift, problem, of_shift, remaining, unexplored)
            )
            served = inputs.reach.served(visited(of_shift))
            remaining = np.where(
                served, remaining * inputs.params.repeat, remaining
            )
        return found

    def keeps_locks(self, routes: Sequence[Routes]) -> bool:
        """Return whether a plan keeps all locks."""
        number, params = self._number, self.inputs.params
        of_shift = dict(
            zip([shift.name for shift in params.shifts], routes, strict=True)
        )
        for key, lock in locks_of(self.inputs):
            route = of_shift[lock.shift][lock.vehicle - 1]
            stops = tuple(number[stop] for stop in lock.stops)
            orders = key == "lock_order"
            if route != stops if orders else not {*stops} <= {*route}:
                return False
        return True

    @property
    def _remaining(self) -> Floats:
        points = len(self.inputs.reach.need)
        return (
            np.ones(points)
            if self.terms.remaining is None
            else self.terms.remaining
        )

    @property
    def _cover(self) -> Cover:
        """What the points and the stops are worth to the night."""
        new = new_places(self.inputs, self._remaining)
        beside = self.terms.beside_need
        own = new if beside is None else new + beside
        return self.inputs.reach.cover(
            remaining=self._remaining, beside_need=own
        )

    @property
    def _little(self) -> Bools:
        """Little-known stops still to be explored that hold any need."""
        reach = self.inputs.reach
        holds = reach.by_stop["need"].to_numpy(float) > 0
        return (
            reach.to_explore(self.terms.unexplored) & holds & self.inputs.in_use
        )

    @property
    def _number(self) -> dict[str, int]:
        return {stop: row for row, stop in enumerate(self.inputs.stops["stop"])}

    def _problem(self, shift: Shift, price: float, *, locked: bool) -> Problem:
        """Return the problem of a shift, with what exploring is worth and with its locks."""
        inputs, reach = self.inputs, self.inputs.reach
        wanted = (
            reach.advised if self.terms.wanted is None else self.terms.wanted
        )
        problem = shift_problem(inputs, shift, self._cover)
        problem = _one_of_neighbours(inputs, problem, wanted)
        extra = reach.exploring(
            self._little, price * float(reach.need @ self._remaining)
        )
        problem = self.terms.adjust(shift, replace(problem, extra=extra))
        return self._locked(shift, problem) if locked else problem

    def _locked(self, shift: Shift, problem: Problem) -> Problem:
        """Return the problem of a shift with its locks."""
        number = self._number
        only_by: dict[int, int] = {}
        given: dict[int, Route] = {}
        for key, lock in locks_of(self.inputs):
            if lock.shift != shift.name:
                continue
            stops = tuple(number[stop] for stop in lock.stops)
            if key == "lock_order":
                given[lock.vehicle - 1] = stops
            else:
                only_by |= dict.fromkeys(stops, lock.vehicle - 1)
        return replace(problem, only_by=only_by, given=given)

    def _explores_little(self, routes: Routes) -> bool:
        """Return whether the little-known places get less than their share of the stop time."""
        stops = visited(routes)
        time_s = self.inputs.stops["service_s"].to_numpy(float)
        wanted_s = self.inputs.params.exploration * time_s[stops].sum()
        return bool((time_s * self._little)[stops].sum() < wanted_s)

    def _serves(self, routes: Routes) -> float:
        """Return the need that a shift serves, each point once."""
        reach = self.inputs.reach
        served = reach.served(visited(routes))
        return float((reach.need * self._remaining)[served].sum())


def _with_locks(night: _Night, free: Sequence[Routes]) -> list[Routes]:
    """Return the plan that keeps the locks, begun from the plan without them."""
    for key, lock in locks_of(night.inputs):
        _require_possible(night, key, lock)
    try:
        return night.explored(free, locked=True)
    except ProblemError as error:
        names = ", ".join(
            f"{key} of vehicle {lock.vehicle} in {lock.shift}"
            for key, lock in locks_of(night.inputs)
        )
        raise ProblemError(
            f"patrols: no plan was found that keeps {names} together. Smallest change: one "
            f"stop fewer in one of them. {error}"
        ) from error


def _require_possible(night: _Night, key: str, lock: Lock) -> None:
    """Refuse a lock that its vehicle cannot keep even by itself."""
    params = night.inputs.params
    [shift] = [shift for shift in params.shifts if shift.name == lock.shift]
    stops = tuple(night._number[stop] for stop in lock.stops)
    problem, vehicle = (
        night._problem(shift, 0.0, locked=False),
        lock.vehicle - 1,
    )
    alone = replace(
        problem,
        prize=np.isin(np.arange(len(problem.prize)), stops).astype(float),
        required=frozenset(),
        only_by=dict.fromkeys(stops, vehicle),
        cover=None,
        extra=None,
    )
    try:
        if key == "lock_order":
            problem.times(vehicle, stops)
        else:
            solver.solve(alone, iterations=20, seed=params.seed)
    except ProblemError as error:
        raise ProblemError(
            f"patrols.{key}: vehicle {lock.vehicle} cannot visit {', '.join(lock.stops)} in "
            f"{shift.name}, from {shift.start} to {shift.end}, with their windows and its "
            "break. Smallest change: one stop fewer, or a longer shift"
        ) from error


def night_by_rule(
    inputs: PlanningInputs,
    rule: Callable[[Shift, Floats], PlannedShift],
    remaining: Floats | None = None,
) -> list[PlannedShift]:
    """Return the night that a rule plans, shift after shift.

    `remaining` is the share of need that the nights before have left, all if not given.
    """
    remaining = (
        np.ones(len(inputs.reach.need)) if remaining is None else remaining
    )
    planned: list[PlannedShift] = []
    for shift in inputs.params.shifts:
        planned.append(rule(shift, remaining))
        served = inputs.reach.served(planned[-1].visited)
        remaining = np.where(
            served, remaining * inputs.params.repeat, remaining
        )
    return planned


def new_places(inputs: PlanningInputs, remaining: Floats) -> Floats:
    """Return what each stop is worth for being new to a night of several shifts."""
    need = inputs.reach.by_stop["need"].to_numpy(float)
    most = inputs.params.new_place if len(inputs.params.shifts) > 1 else 0.0
    need_now = float(inputs.reach.need @ remaining)
    return np.asarray(np.minimum(most, need) * need_now)


def locks_of(inputs: PlanningInputs) -> list[tuple[str, Lock]]:
    """Return the locks, each with the parameter that names it."""
    keys = ("lock_order", "lock_stops")
    return [(key, lock) for key in keys for lock in getattr(inputs.params, key)]


def require_known(inputs: PlanningInputs) -> None:
    """Refuse locks on a shift, a vehicle or a stop that there is not, and a stop locked twice."""
    params, known = (
        inputs.params,
        inputs.stops["stop"][inputs.in_use].drop(index=DEPOT),
    )
    names = [shift.name for shift in params.shifts]
    found: list[str] = []
    taken: set[tuple[str, str]] = set()
    locked: set[tuple[str, int]] = set()
    for key, lock in locks_of(inputs):
        unknown = sorted(set(lock.stops) - set(known))
        twice = [stop for stop in lock.stops if (lock.shift, stop) in taken]
        if lock.shift not in names:
            found.append(
                f"{key}: no shift is called {lock.shift!r}. {hint([lock.shift], names)}"
            )
        if lock.vehicle > params.vehicles:
            found.append(
                f"{key}: vehicle {lock.vehicle}, and there are {params.vehicles}"
            )
        if unknown:
            named = ", ".join(unknown)
            found.append(
                f"{key}: {named} is not a stop that can be used. {hint(unknown, known)}"
            )
        if twice or len(set(lock.stops)) < len(lock.stops):
            found.append(
                f"{key}: a stop stands twice in {lock.shift}: {', '.join(lock.stops)}"
            )
        if lock.patrol in locked:
            found.append(
                f"{key}: vehicle {lock.vehicle} of {lock.shift} has a lock already"
            )
        locked.add(lock.patrol)
        taken |= {(lock.shift, stop) for stop in lock.stops}
    places = inputs.stops["stop"].tolist()
    for ends in params.vehicle:
        unknown = sorted({*params.ends_of(ends.vehicle)} - set(places))
        if unknown:
            found.append(
                f"vehicle: vehicle {ends.vehicle} starts or ends at {', '.join(unknown)}, "
                f"no stop that can be used. {hint(unknown, places)}"
            )
    if found:
        raise StopError("\n".join(f"patrols.{fault}" for fault in found))


def _one_of_neighbours(
    inputs: PlanningInputs, problem: Problem, wanted: Bools
) -> Problem:
    """Return the problem without the stops that hardly add to another beside them."""
    reach, points = inputs.reach, np.asarray(inputs.stops.geometry.values)
    need = reach.by_stop["need"].to_numpy(float)
    able = problem.prize > 0
    chosen: list[int] = []
    for stop in np.lexsort((-need, ~wanted))[: len(need)].tolist():
        if able[stop]:
            near = (
                shapely.distance(points[stop], points[chosen])
                < inputs.params.same_stop_m
            )
            beside = reach.served(np.array(chosen, dtype=int)[near].tolist())
            adds = reach.need[reach.reaches[stop] & ~beside].sum()
            if (
                wanted[stop]
                or not near.any()
                or adds >= inputs.params.beside_need
            ):
                chosen.append(stop)
    kept = np.isin(np.arange(len(need)), chosen)
    return replace(problem, prize=np.where(kept, problem.prize, 0.0))


def shift_problem(
    inputs: PlanningInputs, shift: Shift, cover: Cover
) -> Problem:
    """Return the planning problem of one shift by the clock; `cover` is what its stops are worth.

    A stop that is out of use, or that no vehicle can visit within the shift, its limits or the
    stop's windows, has prize 0 in it.
    """
    span = shift_span_s(shift)
    vehicles = vehicle_spans_s(shift, inputs.params.vehicles)
    if min(end - start for start, end in vehicles) <= 0:
        raise ProblemError(
            f"patrols.shifts: the buffer of {shift.name} takes {shift.buffer_min:g} min, as long "
            "as a vehicle works. Smallest change: a shorter buffer_min"
        )
    pause = None
    if shift.break_min:
        pause = routing.Pause(round(shift.break_min * 60), *break_span_s(shift))
    travel_s = np.round(inputs.matrix.time_s).astype(np.int64)
    limits: tuple[Limit, ...] = ()
    if most := inputs.fortnight:
        metres = np.ceil(inputs.matrix.distance_m).astype(np.int64)
        most_s = int(most.most_driving_share * (span[1] - span[0]))
        limits = (
            Limit(metres, int(most.most_km * 1000)),
            Limit(travel_s, most_s),
        )
    problem = Problem(
        travel_s,
        cover.prize,
        inputs.stops["service_s"].to_numpy(np.int64),
        vehicles,
        _windows(inputs, span[0]),
        pause=pause,
        limits=limits,
        ends=_ends(inputs, len(vehicles)),
        price_s=inputs.params.percent_min * 60 * 100,
        cover=cover,
    )
    alike = {
        (span, problem.ends_of(vehicle)): vehicle
        for vehicle, span in enumerate(vehicles)
    }
    possible = [
        any(problem.schedule(vehicle, (stop,)) for vehicle in alike.values())
        for stop in problem.stops
    ]
    return replace(
        problem,
        prize=np.where([True, *possible] & inputs.in_use, cover.prize, 0.0),
    )


def _ends(inputs: PlanningInputs, vehicles: int) -> tuple[tuple[int, int], ...]:
    """Return the numbers of the places where each vehicle starts and ends."""
    if not inputs.params.vehicle:
        return ()
    number = {stop: row for row, stop in enumerate(inputs.stops["stop"])}
    ends = []
    for vehicle in range(1, vehicles + 1):
        start, end = inputs.params.ends_of(vehicle)
        ends.append((number[start], number[end]))
    return tuple(ends)


def visitable(inputs: PlanningInputs) -> list[Problem]:
    """Return the problem of each shift, every stop that the shift can visit with a prize of 1."""
    ones = Cover.of_prizes(np.where(inputs.stops.index == DEPOT, 0.0, 1.0))
    return [
        shift_problem(inputs, shift, ones) for shift in inputs.params.shifts
    ]


def refuse_missed_windows(inputs: PlanningInputs) -> None:
    """Refuse windows that no shift meets."""
    windows = inputs.params.windows
    of_shifts = visitable(inputs) if windows else []
    ids = inputs.stops["stop"]
    for number in np.flatnonzero(
        ids.isin({window.stop for window in windows})
    ).tolist():
        fault = nearest_fault(of_shifts, number)
        if fault:
            text = fault.replace(f"stop {number}", ids.iloc[number])
            raise ProblemError(f"patrols.windows: {text}")


def _windows(
    inputs: PlanningInputs, start: int
) -> tuple[tuple[Window, ...], ...]:
    """Return the windows of every stop; one that is open at the start of the shift begins there."""
    windows = inputs.windows
    if not windows:
        return ()
    known = [*inputs.stops["stop"], *inputs.unusable["stop"]]
    unknown = sorted(
        {window.stop for window in inputs.params.windows} - set(known)
    )
    if unknown:
        raise StopError(
            f"patrols.windows names {', '.join(unknown)}, no candidate stop. "
            f"{hint(unknown, known)} Fix: use the id of a place or facility of a kind in "
            "patrols.stop_kinds or patrols.facility_kinds"
        )
    spans: dict[str, list[Window]] = {}
    for window in windows:
        late = next_time_s(window.end, start)
        early = next_time_s(window.start, start)
        spans.setdefault(window.stop, []).append(
            Window(early if early <= late else start, late)
        )
        if early > late:
            spans[window.stop].append(Window(early, late + DAY_S))
    return tuple(tuple(spans.get(stop, ())) for stop in inputs.stops["stop"])
