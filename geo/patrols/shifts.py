"""The planning problem of each shift of a night: vehicles, windows, breaks, worth of stops."""

from dataclasses import replace

import numpy as np

from geo.arrays import Bools, Ints
from geo.params import Shift
from geo.params.types import hint
from geo.patrols.clock import (
    DAY_S,
    break_span_s,
    next_time_s,
    shift_span_s,
    vehicle_spans_s,
)
from geo.patrols.inputs import PlanningInputs
from geo.patrols.reach import Reach
from geo.patrols.stops import StopError
from geo.routing import problem as routing
from geo.routing.faults import nearest_fault
from geo.routing.problem import DEPOT, Cover, Limit, Problem, ProblemError, Window


def shift_problem(inputs: PlanningInputs, shift: Shift, cover: Cover) -> Problem:
    """Return the planning problem of one shift by the clock; `cover` is what its stops are worth.

    A stop that is out of use, or that no vehicle can visit within the shift, its limits or the
    stop's windows, has prize 0 in it.
    """
    of_ones = _of_ones(inputs, shift)
    prize = np.where(of_ones.prize > 0, cover.prize, 0.0)
    return replace(of_ones, prize=prize, cover=cover)


def _of_ones(inputs: PlanningInputs, shift: Shift) -> Problem:
    """Return the problem of a shift, every stop that it can visit with a prize of 1."""
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
        limits = (Limit(metres, int(most.most_km * 1000)), Limit(travel_s, most_s))
    ones = np.where(inputs.stops.index == DEPOT, 0.0, 1.0)
    problem = Problem(
        travel_s,
        ones,
        inputs.stops["service_s"].to_numpy(np.int64),
        vehicles,
        _windows(inputs, span[0]),
        pause=pause,
        limits=limits,
        ends=_ends(inputs, len(vehicles)),
        price_s=inputs.params.percent_min * 60 * 100,
        cover=Cover.of_prizes(ones),
    )
    possible = [
        any(problem.schedule(group[0], (stop,)) for group in problem.alike)
        for stop in problem.stops
    ]
    can_visit = [False, *possible] & inputs.in_use
    return replace(problem, prize=np.where(can_visit, ones, 0.0))


def _ends(inputs: PlanningInputs, vehicles: int) -> tuple[tuple[int, int], ...]:
    """Return the numbers of the places where each vehicle starts and ends."""
    if not inputs.params.vehicle:
        return ()
    places = [inputs.params.ends_of(k) for k in range(1, vehicles + 1)]
    number = inputs.number
    return tuple((number[start], number[end]) for start, end in places)


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


def one_of_neighbours(
    inputs: PlanningInputs, problem: Problem, wanted: Bools
) -> Problem:
    """Return the problem without the stops that hardly add to another beside them."""
    reach = inputs.reach
    need = reach.by_stop["need"].to_numpy(float)
    able = problem.prize > 0
    chosen = np.zeros(len(need), dtype=bool)
    for stop in np.lexsort((-need, ~wanted)).tolist():
        beside = inputs.beside[stop]
        beside = beside[chosen[beside]]
        chosen[stop] = able[stop] and (
            wanted[stop]
            or not len(beside)
            or _adds(reach, stop, beside) >= inputs.params.beside_need
        )
    return replace(problem, prize=np.where(chosen, problem.prize, 0.0))


def _adds(reach: Reach, stop: int, others: Ints) -> float:
    """Return the need that a stop reaches, and none of some others."""
    new = reach.reaches[stop] & ~reach.served(others.tolist())
    return float(reach.need[new].sum())
