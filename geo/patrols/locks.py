"""A shift with vehicles whose stops, or their order, the dispatcher has fixed.

A vehicle of ``lock_order`` drives just that order.  One of ``lock_stops`` is planned before
the vehicles without a lock, by itself: it visits its locked stops and what else serves most need.
The other vehicles share the need that is left.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from geo.arrays import Floats
from geo.params import Shift
from geo.params.patrols import Lock
from geo.params.suggest import hint
from geo.patrols import shifts
from geo.patrols.shifts import Terms
from geo.patrols.stops import StopError
from geo.patrols.survey import PlanningInputs
from geo.patrols.timetable import PlannedShift
from geo.routing import solver
from geo.routing.problem import DEPOT, Problem, ProblemError, Route, Routes


def plan_night(
    inputs: PlanningInputs, known: Mapping[str, Routes] | None = None
) -> list[PlannedShift]:
    """Return the plan of one night that keeps what is locked.

    `known` are plans to start from, by shift.

    Raises `StopError`, `ProblemError` if a lock names a shift, a vehicle or a stop that there is
    not; if a shift admits no plan, or not with what is locked in it.
    """
    require_known(inputs)
    shifts.refuse_missed_windows(inputs)
    seen: list[int] = []

    def rule(shift: Shift, remaining: Floats) -> PlannedShift:
        terms = Terms(shifts.new_places(inputs, seen, remaining))
        start = (known or {}).get(shift.name)
        planned = plan_shift(inputs, shift, remaining, terms, known=[start] if start else ())
        seen.extend(planned.visited)
        return planned

    return shifts.night_by_rule(inputs, rule)


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
            found.append(f"{key}: no shift is called {lock.shift!r}. {hint([lock.shift], names)}")
        if lock.vehicle > params.vehicles:
            found.append(f"{key}: vehicle {lock.vehicle}, and there are {params.vehicles}")
        if unknown:
            named = ", ".join(unknown)
            found.append(f"{key}: {named} is no stop that can be used. {hint(unknown, known)}")
        if twice or len(set(lock.stops)) < len(lock.stops):
            found.append(f"{key}: a stop stands twice in {lock.shift}: {', '.join(lock.stops)}")
        if lock.patrol in locked:
            found.append(f"{key}: vehicle {lock.vehicle} of {lock.shift} has a lock already")
        locked.add(lock.patrol)
        held |= {(lock.shift, stop) for stop in lock.stops}
    if found:
        raise StopError("\n".join(f"patrols.{fault}" for fault in found))


def plan_shift(
    inputs: PlanningInputs, shift: Shift, remaining: Floats, terms: Terms,
    known: Sequence[Routes] = (),
) -> PlannedShift:  # fmt: skip
    """Return the plan of one shift with its locks; all else as `geo.patrols.shifts.plan_shift`."""
    locks = [(key, lock) for key, lock in _locks(inputs) if lock.shift == shift.name]
    if not locks:
        return shifts.plan_shift(inputs, shift, remaining, terms, known)
    number = {stop: n for n, stop in enumerate(inputs.stops["stop"])}
    held = {number[stop] for _, lock in locks for stop in lock.stops}
    worth = np.zeros(len(inputs.stops))
    worth[list(held)] = 1 / len(worth)
    beside = worth if terms.beside_need is None else worth + terms.beside_need
    cover = inputs.reach.cover(remaining=remaining, beside_need=beside)
    problem = terms.adjust(shifts.shift_problem(inputs, shift, cover.prize))
    routes: dict[int, Route] = {}
    left = remaining.copy()
    for key, lock in locks:
        own = tuple(number[stop] for stop in lock.stops)
        try:
            fixed = own if key == "lock_order" else _with_own(inputs, problem, left, own, held)
            problem.times(lock.vehicle - 1, fixed)
        except ProblemError as error:
            raise ProblemError(
                f"patrols.{key}: vehicle {lock.vehicle} cannot visit {', '.join(lock.stops)} in "
                f"{shift.name}, from {shift.start} to {shift.end}, with their windows and its "
                "break. Smallest change: one stop fewer, or a longer shift"
            ) from error
        routes[lock.vehicle - 1] = fixed
        left[inputs.reach.served(fixed)] = 0.0
    all_ = range(len(problem.vehicles))
    others = [vehicle for vehicle in all_ if vehicle not in routes]
    if others:
        few = replace(inputs, params=replace(inputs.params, vehicles=len(others)))
        start = [tuple(each[vehicle] for vehicle in others) for each in known]
        own_terms = replace(terms, adjust=lambda problem: terms.adjust(_without(problem, held)))
        planned = shifts.plan_shift(few, _of_vehicles(shift, others), left, own_terms, start)
        routes |= dict(zip(others, planned.routes, strict=True))
    whole = tuple(routes[vehicle] for vehicle in all_)
    return PlannedShift.of(shift, problem, cover, whole, remaining)


def _locks(inputs: PlanningInputs) -> list[tuple[str, Lock]]:
    """Return the locks, orders first: what they serve is served whatever else is planned."""
    keys = ("lock_order", "lock_stops")
    return [(key, lock) for key in keys for lock in getattr(inputs.params, key)]


def _of_vehicles(shift: Shift, vehicles: Sequence[int]) -> Shift:
    """Return a shift with the hours of some of its vehicles."""
    hours = shift.vehicles
    return replace(shift, vehicles=tuple(hours[vehicle] for vehicle in vehicles if hours))


def _with_own(
    inputs: PlanningInputs, problem: Problem, left: Floats, own: Route, held: set[int]
) -> Route:
    """Return the route of one vehicle that visits its own stops and others of most need."""
    worth = np.zeros(len(problem.prize))
    worth[list(own)] = 1 / len(worth)
    cover = inputs.reach.cover(remaining=left, beside_need=worth)
    usable = np.where(problem.prize > 0, cover.prize, 0.0)
    one_vehicle = replace(
        problem, prize=usable, vehicles=problem.vehicles[:1], required=frozenset(own)
    )
    return solver.solve(
        _without(one_vehicle, held - set(own)), cover,
        iterations=inputs.params.iterations, seed=inputs.params.seed,
    )[0]  # fmt: skip


def _without(problem: Problem, stops: set[int]) -> Problem:
    """Return the problem with no prize at some stops, which are then not visited."""
    prize = problem.prize.copy()
    prize[list(stops)] = 0.0
    return replace(problem, prize=prize)
