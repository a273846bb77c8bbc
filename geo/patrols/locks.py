"""What is locked in a night: stops of a vehicle, in any order or in one, and hours of a stop.

A vehicle of ``lock_order`` drives just that order.  A stop of ``lock_stops`` is visited by its
vehicle and no other.  Where a lock has hours, service at its stops begins in them.
"""

from collections.abc import Iterable, Iterator
from dataclasses import replace
from itertools import chain, combinations

from geo.params import Shift
from geo.params.patrols import Lock
from geo.params.types import hint
from geo.patrols.clock import next_time_s, shift_span_s
from geo.patrols.inputs import PlanningInputs
from geo.patrols.shifts import shift_problem
from geo.patrols.stops import StopError
from geo.routing import solver
from geo.routing.problem import (
    DEPOT,
    Cover,
    Problem,
    ProblemError,
    Route,
    Routes,
    Window,
    visited,
)

CLOSED = Window(1, 0)
"""No visit is in time for it."""


def without(inputs: PlanningInputs) -> PlanningInputs:
    """Return the inputs with nothing locked."""
    params = replace(inputs.params, lock_stops=(), lock_order=())
    return replace(inputs, params=params)


def locked(
    inputs: PlanningInputs,
    shift: Shift,
    problem: Problem,
    locks: Iterable[tuple[str, Lock]],
) -> Problem:
    """Return the problem of a shift with those of some locks that are its own.

    Parameters
    ----------
    inputs : PlanningInputs
        With the stops by their ids.
    shift : Shift
    problem : Problem
        Of that shift.
    locks : iterable of (str, Lock)
        Parameter of each, ``lock_stops`` or ``lock_order``, and the lock.
    """
    only_by, given = dict(problem.only_by), dict(problem.given)
    windows = [problem.windows_of(stop) for stop in range(len(problem.prize))]
    for key, lock in locks:
        if lock.shift == shift.name:
            stops = tuple(inputs.number[stop] for stop in lock.stops)
            if key == "lock_order":
                given[lock.vehicle - 1] = stops
            else:
                only_by |= dict.fromkeys(stops, lock.vehicle - 1)
            for stop in stops:
                windows[stop] = _within(lock, shift, windows[stop])
    return replace(problem, only_by=only_by, given=given, windows=tuple(windows))


def _within(
    lock: Lock, shift: Shift, windows: tuple[Window, ...]
) -> tuple[Window, ...]:
    """Return the part of a stop's windows that lies in the hours of a lock."""
    if lock.start is None or lock.end is None:
        return windows
    start = next_time_s(lock.start, shift_span_s(shift)[0])
    end = next_time_s(lock.end, start) + 59  # to the end of its last minute
    spans = [
        (max(window.early, start), min(window.late, end), window.share)
        for window in windows or (Window(start, end),)
    ]
    both = tuple(Window(*span) for span in spans if span[0] <= span[1])
    return both or (CLOSED,)


def kept(problem: Problem, routes: Routes) -> bool:
    """Return whether routes keep what is locked in the problem of their shift."""
    for vehicle, route in enumerate(routes):
        able = all(problem.may_visit(vehicle, stop) for stop in route)
        as_given = problem.given.get(vehicle, route) == route
        if not (able and as_given and problem.schedule(vehicle, route)):
            return False
    return problem.duties <= {*visited(routes)}


def handed_out(problem: Problem, routes: Routes) -> Routes:
    """Return routes changed among vehicles that are alike, so that they may make more stops.

    Parameters
    ----------
    problem : Problem
        With what is locked.
    routes : Routes
    """

    def refused(first: Route, second: Route) -> int:
        """Count the stops that two vehicles may not make."""
        return sum(
            not problem.may_visit(vehicle, stop)
            for vehicle, route in ((one, first), (other, second))
            for stop in route
        )

    ordered = list(routes)
    pairs = chain.from_iterable(combinations(group, 2) for group in problem.alike)
    for one, other in pairs:
        own = ordered[one], ordered[other]
        if refused(*own[::-1]) < refused(*own):
            ordered[other], ordered[one] = own
    return tuple(ordered)


def require_each_possible(inputs: PlanningInputs) -> None:
    """Refuse a lock that its vehicle cannot keep even by itself."""
    shifts = {shift.name: shift for shift in inputs.params.shifts}
    for key, lock in inputs.params.locks:
        shift = shifts[lock.shift]
        wanted = inputs.stops["stop"].isin(lock.stops).to_numpy()
        prizes = Cover.of_prizes(wanted.astype(float))
        problem = shift_problem(inputs, shift, prizes)
        problem = locked(inputs, shift, problem, [(key, lock)])
        try:
            for vehicle, route in problem.given.items():
                problem.times(vehicle, route)
            solver.solve(problem, iterations=20, seed=inputs.params.seed)
        except ProblemError as error:
            raise ProblemError(
                f"patrols.{key}: vehicle {lock.vehicle} cannot visit {', '.join(lock.stops)} in "
                f"{shift.name}, from {shift.start} to {shift.end}, with their windows and its "
                "break. Smallest change: one stop fewer, or a longer shift"
            ) from error


def require_known(inputs: PlanningInputs) -> None:
    """Refuse locks on a shift, a vehicle or a stop that there is not, and a stop locked twice.

    Likewise a vehicle that starts or ends at a stop that there is not.
    """
    faults = [*_unknown(inputs), *_twice(inputs), *_unknown_ends(inputs)]
    if faults:
        raise StopError("\n".join(f"patrols.{fault}" for fault in faults))


def _unknown(inputs: PlanningInputs) -> Iterator[str]:
    """Yield the shifts, vehicles and stops of locks that there are not."""
    usable = inputs.stops["stop"][inputs.in_use].drop(index=DEPOT)
    names = [shift.name for shift in inputs.params.shifts]
    for key, lock in inputs.params.locks:
        if lock.shift not in names:
            yield f"{key}: no shift is called {lock.shift!r}. {hint([lock.shift], names)}"
        if lock.vehicle > inputs.params.vehicles:
            yield f"{key}: vehicle {lock.vehicle}, and there are {inputs.params.vehicles}"
        for stop in sorted(set(lock.stops) & set(inputs.not_assessed)):
            yield (
                f"{key}: {stop} is a crossing without an assessment (not_assessed). Fix: assess it "
                "with a partner who gives legal aid, then [[assessed]] in study.toml"
            )
        unknown = sorted(set(lock.stops) - set(usable) - set(inputs.not_assessed))
        if unknown:
            named = ", ".join(unknown)
            yield f"{key}: {named} is not a stop that can be used. {hint(unknown, usable)}"


def _twice(inputs: PlanningInputs) -> Iterator[str]:
    """Yield what two locks hold: a stop in a shift, or a vehicle whose order is given."""
    taken: set[tuple[str, str]] = set()
    ordered: set[tuple[str, int]] = set()
    for key, lock in inputs.params.locks:
        twice = any((lock.shift, stop) in taken for stop in lock.stops)
        if twice or len(set(lock.stops)) < len(lock.stops):
            yield f"{key}: a stop stands twice in {lock.shift}: {', '.join(lock.stops)}"
        if lock.patrol in ordered:
            yield f"{key}: vehicle {lock.vehicle} of {lock.shift} has a lock already"
        if key == "lock_order":
            ordered.add(lock.patrol)
        taken |= {(lock.shift, stop) for stop in lock.stops}


def _unknown_ends(inputs: PlanningInputs) -> Iterator[str]:
    """Yield the places that there are not, where vehicles start or end."""
    places = inputs.stops["stop"].tolist()
    for ends in inputs.params.vehicle:
        unknown = sorted({*inputs.params.ends_of(ends.vehicle)} - set(places))
        if unknown:
            yield (
                f"vehicle: vehicle {ends.vehicle} starts or ends at {', '.join(unknown)}, "
                f"no stop that can be used. {hint(unknown, places)}"
            )
