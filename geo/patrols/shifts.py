"""The plan of a shift, and of a night: which vehicle stops where, and when.

Each shift is a team-orienteering problem of its own (`geo.routing.problem`): every vehicle leaves
the depot at the shift's start, offers its time at stops, and is back by the shift's end.  Need that
two stops reach counts once, and need served in an earlier shift of the night keeps ``repeat`` of
its worth.  One of two stops beside each other is visited, and places new to the night come first.

Where little-known places get less than ``exploration`` of the stop time, visits to them count for
more until they get it, if they hold any need and the price is no more than that of an average stop.

A vehicle of ``lock_order`` drives just that order.  One of ``lock_stops`` is planned before
the vehicles without a lock, by itself: it visits its locked stops and what else serves most need.
The other vehicles share the need that is left.
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

PRICES: Final = tuple(0.25 * 2 ** (step / 2) for step in range(5))
"""Worth of exploring a little-known place, in average stops, tried in turn: from 1/4 to 1.  At more
than 1 a plan gives up the need of several stops for a far place of little need."""
EXPLORING: Final = 0.9
"""A plan that explores serves at least this share of the need that it would serve else."""

ShiftRule = Callable[[Shift, Floats], PlannedShift]
"""Plans a shift, given the share of the need at each point that earlier shifts have not served."""


@dataclass(frozen=True)
class Terms:
    """What counts in a shift beside need, and what else holds in it."""

    beside_need: Floats | None = None
    """As in `Reach.cover`."""
    unexplored: Bools | None = None
    """As in `Reach.cover`."""
    wanted: Bools | None = None
    """Stops that count whatever lies beside them, the advised ones if not given."""
    adjust: Callable[[Problem], Problem] = lambda problem: problem
    """Adds further conditions to the shift's problem."""


def night_by_rule(
    inputs: PlanningInputs, rule: ShiftRule, remaining: Floats | None = None
) -> list[PlannedShift]:
    """Return the night that a rule plans, shift after shift.

    `remaining` is the share of need that the nights before have left, all if not given.
    """
    remaining = np.ones(len(inputs.reach.need)) if remaining is None else remaining
    planned: list[PlannedShift] = []
    for shift in inputs.params.shifts:
        planned.append(rule(shift, remaining))
        served = inputs.reach.served(planned[-1].visited)
        remaining = np.where(served, remaining * inputs.params.repeat, remaining)
    return planned


def new_places(
    inputs: PlanningInputs, seen: Sequence[int], remaining: Floats
) -> Floats:
    """Return what each stop is worth for being new to a night that has seen some stops."""
    need = inputs.reach.by_stop["need"].to_numpy(float)
    new = ~np.isin(np.arange(len(need)), seen) & bool(seen)
    need_now = float(inputs.reach.need @ remaining)
    return np.where(new, np.minimum(inputs.params.new_place, need) * need_now, 0.0)


def plan_night(inputs: PlanningInputs) -> list[PlannedShift]:
    """Return the plan of one night that keeps what is locked.

    Raises `StopError`, `ProblemError` if a lock names a shift, a vehicle or a stop that there is
    not; if a shift admits no plan, or not with what is locked in it.
    """
    require_known(inputs)
    refuse_missed_windows(inputs)
    seen: list[int] = []

    def rule(shift: Shift, remaining: Floats) -> PlannedShift:
        terms = Terms(new_places(inputs, seen, remaining))
        planned = plan_shift(inputs, shift, remaining, terms)
        seen.extend(planned.visited)
        return planned

    return night_by_rule(inputs, rule)


def require_known(inputs: PlanningInputs) -> None:
    """Refuse locks on a shift, a vehicle or a stop that there is not, and a stop locked twice."""
    params, known = inputs.params, inputs.stops["stop"][inputs.in_use].drop(index=DEPOT)
    names = [shift.name for shift in params.shifts]
    found: list[str] = []
    held: set[tuple[str, str]] = set()
    locked: set[tuple[str, int]] = set()
    for key, lock in _locks(inputs):
        unknown = sorted(set(lock.stops) - set(known))
        twice = [stop for stop in lock.stops if (lock.shift, stop) in held]
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
        held |= {(lock.shift, stop) for stop in lock.stops}
    if found:
        raise StopError("\n".join(f"patrols.{fault}" for fault in found))


def plan_shift(
    inputs: PlanningInputs, shift: Shift, remaining: Floats, terms: Terms
) -> PlannedShift:
    """Return the plan of one shift with its locks; `remaining` is as in `Reach.cover`."""
    locks = [(key, lock) for key, lock in _locks(inputs) if lock.shift == shift.name]
    if not locks:
        return _plan_free(inputs, shift, remaining, terms)
    number = {stop: n for n, stop in enumerate(inputs.stops["stop"])}
    held = {number[stop] for _, lock in locks for stop in lock.stops}
    worth = np.zeros(len(inputs.stops))
    worth[list(held)] = 1 / len(worth)
    beside = worth if terms.beside_need is None else worth + terms.beside_need
    cover = inputs.reach.cover(remaining=remaining, beside_need=beside)
    problem = terms.adjust(shift_problem(inputs, shift, cover))
    routes: dict[int, Route] = {}
    unserved = remaining.copy()
    for key, lock in locks:
        own = tuple(number[stop] for stop in lock.stops)
        try:
            fixed = (
                own
                if key == "lock_order"
                else _with_own(inputs, problem, unserved, own, held)
            )
            problem.times(lock.vehicle - 1, fixed)
        except ProblemError as error:
            raise ProblemError(
                f"patrols.{key}: vehicle {lock.vehicle} cannot visit {', '.join(lock.stops)} in "
                f"{shift.name}, from {shift.start} to {shift.end}, with their windows and its "
                "break. Smallest change: one stop fewer, or a longer shift"
            ) from error
        routes[lock.vehicle - 1] = fixed
        unserved[inputs.reach.served(fixed)] = 0.0
    all_ = range(len(problem.vehicles))
    others = [vehicle for vehicle in all_ if vehicle not in routes]
    if others:
        hours = tuple(shift.vehicles[vehicle] for vehicle in others if shift.vehicles)
        few = replace(inputs, params=replace(inputs.params, vehicles=len(others)))
        own_terms = replace(
            terms, adjust=lambda problem: terms.adjust(_without(problem, held))
        )
        planned = _plan_free(few, replace(shift, vehicles=hours), unserved, own_terms)
        routes |= dict(zip(others, planned.routes, strict=True))
    whole = tuple(routes[vehicle] for vehicle in all_)
    return PlannedShift(shift, problem, whole, remaining, terms.unexplored)


def _locks(inputs: PlanningInputs) -> list[tuple[str, Lock]]:
    """Return the locks, orders first: what they serve is served whatever else is planned."""
    keys = ("lock_order", "lock_stops")
    return [(key, lock) for key in keys for lock in getattr(inputs.params, key)]


def _with_own(
    inputs: PlanningInputs,
    problem: Problem,
    unserved: Floats,
    own: Route,
    held: set[int],
) -> Route:
    """Return the route of one vehicle that visits its own stops and others of most need."""
    worth = np.zeros(len(problem.prize))
    worth[list(own)] = 1 / len(worth)
    cover = inputs.reach.cover(remaining=unserved, beside_need=worth)
    usable = np.where(problem.prize > 0, cover.prize, 0.0)
    one_vehicle = replace(
        problem,
        prize=usable,
        cover=cover,
        vehicles=problem.vehicles[:1],
        required=frozenset(own),
    )
    others, params = _without(one_vehicle, held - set(own)), inputs.params
    return solver.solve(others, iterations=params.iterations, seed=params.seed)[0]


def _without(problem: Problem, stops: set[int]) -> Problem:
    """Return the problem with no prize at some stops, which are then not visited."""
    prize = problem.prize.copy()
    prize[list(stops)] = 0.0
    return replace(problem, prize=prize)


def _plan_free(
    inputs: PlanningInputs, shift: Shift, remaining: Floats, terms: Terms
) -> PlannedShift:
    """Return the plan of one shift that gives little-known places their share of the stop time."""
    params, reach = inputs.params, inputs.reach
    wanted = reach.advised if terms.wanted is None else terms.wanted
    little = reach.to_explore(terms.unexplored) & (
        reach.by_stop["need"].to_numpy(float) > 0
    )
    service_s = inputs.stops["service_s"].to_numpy(float)

    def at_price(price: float) -> Problem:
        cover = reach.cover(
            remaining=remaining,
            beside_need=terms.beside_need,
            unexplored=little,
            price=price,
        )
        return terms.adjust(
            _one_of_neighbours(inputs, shift_problem(inputs, shift, cover), wanted)
        )

    def explores(routes: Routes) -> bool:
        stops = np.array(visited(routes), dtype=np.int64)
        time_s = service_s[stops]
        return bool(time_s[little[stops]].sum() >= params.exploration * time_s.sum())

    def solved(problem: Problem) -> PlannedShift:
        routes: Routes = ((),) * len(problem.vehicles)
        if problem.prize.any():
            routes = solver.solve(
                problem, iterations=params.iterations, seed=params.seed
            )
        return PlannedShift(shift, problem, routes, remaining, terms.unexplored)

    def serves(planned: PlannedShift) -> float:
        return float((reach.need * remaining)[reach.served(planned.visited)].sum())

    planned = plain = solved(at_price(0.0))
    for price in PRICES if not explores(planned.routes) else ():
        problem = at_price(price)
        if not (little & (problem.prize > 0)).any():
            break
        if price == PRICES[-1] or explores(solver.greedy(problem)):
            planned = solved(problem)
            if explores(planned.routes):
                break
    return plain if serves(planned) < EXPLORING * serves(plain) else planned


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
            if wanted[stop] or not near.any() or adds >= inputs.params.beside_need:
                chosen.append(stop)
    kept = np.isin(np.arange(len(need)), chosen)
    return replace(problem, prize=np.where(kept, problem.prize, 0.0))


def shift_problem(inputs: PlanningInputs, shift: Shift, cover: Cover) -> Problem:
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
        limits = Limit(metres, int(most.most_km * 1000)), Limit(travel_s, most_s)
    problem = Problem(
        travel_s,
        cover.prize,
        inputs.stops["service_s"].to_numpy(np.int64),
        vehicles,
        _windows(inputs, span[0]),
        pause=pause,
        limits=limits,
        prize_scale=inputs.params.prize_scale,
        cover=cover,
    )
    hours = [vehicles.index(span) for span in set(vehicles)]
    possible = [
        any(problem.schedule(v, (stop,)) for v in hours) for stop in problem.stops
    ]
    return replace(
        problem, prize=np.where([True, *possible] & inputs.in_use, cover.prize, 0.0)
    )


def visitable(inputs: PlanningInputs) -> list[Problem]:
    """Return the problem of each shift, every stop that the shift can visit with a prize of 1."""
    ones = Cover.of_prizes(np.where(inputs.stops.index == DEPOT, 0.0, 1.0))
    return [shift_problem(inputs, shift, ones) for shift in inputs.params.shifts]


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


def _windows(inputs: PlanningInputs, start: int) -> tuple[tuple[Window, ...], ...]:
    """Return the windows of every stop; one that is open at the start of the shift begins there."""
    windows = inputs.windows
    if not windows:
        return ()
    known = [*inputs.stops["stop"], *inputs.unusable["stop"]]
    unknown = sorted({window.stop for window in inputs.params.windows} - set(known))
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
