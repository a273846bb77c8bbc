"""What makes a planning problem impossible, each with the smallest change that would mend it."""

import math
from collections.abc import Iterable
from typing import Final

import numpy as np

from geo.routing.problem import UNREACHABLE_S, Problem, Window

DAY_S: Final = 86_400


def faults_of(problem: Problem) -> list[str]:
    """Return all that makes a problem impossible, or one of its required stops in it."""
    of_stops = [_stop_fault(problem, stop) for stop in sorted(problem.required)]
    return [text for _, text in filter(None, of_stops)] or _too_much_service(problem)


def nearest_fault(problems: Iterable[Problem], stop: int) -> str | None:
    """Return what keeps a stop out of every one of several problems; None if one can visit it.

    It is that of the problem that the smallest change would mend.
    """
    found = [_stop_fault(problem, stop) for problem in problems]
    known = [fault for fault in found if fault]
    return min(known)[1] if len(known) == len(found) else None


def _stop_fault(problem: Problem, stop: int) -> tuple[float, str] | None:
    """Return why no vehicle can visit a stop, after the seconds that the smallest change takes.

    It is that of the vehicle to which the stop is nearest.
    """
    out, back = _nearest(problem, stop)
    if max(out, back) >= UNREACHABLE_S:
        way = "from" if out >= UNREACHABLE_S else "back to"
        return (
            math.inf,
            f"stop {stop} is unreachable: there is no way {way} the depot. Smallest change: "
            "leave it out, or open a road to it",
        )
    if stop in problem.required and problem.prize[stop] == 0:
        text = f"stop {stop} is required but its prize is 0. Smallest change: give it a prize"
        return math.inf, text
    service = int(problem.service_s[stop])
    needed = out + service + back + _pause_s(problem)
    longest = max(end - start for start, end in problem.vehicles)
    short = needed - longest
    if short > 0:
        text = (
            f"stop {stop} needs {_minutes(needed)} min (drive, service, break and return) and the "
            f"longest shift has {longest // 60} min. Smallest change: a shift "
            f"{_minutes(short)} min longer"
        )
        if service > short:
            text += f", or a service {_minutes(short)} min shorter"
        return short, text
    windows = problem.windows_of(stop)
    missed = (_missed_by(problem, stop, window) for window in windows)
    late_by = min(missed, default=0)
    if late_by <= 0:
        return None
    return (
        late_by,
        f"no window of stop {stop} can be met from the depot and back within a shift. Smallest "
        f"change: move a window or a shift by {_minutes(late_by)} min",
    )


def _nearest(problem: Problem, stop: int) -> tuple[int, int]:
    """Return the least drives of any vehicle from its start to a stop and on to its end."""
    travel_s = problem.travel_s
    ends = [problem.ends_of(vehicle) for vehicle in range(len(problem.vehicles))]
    out = min(int(travel_s[start, stop]) for start, _ in ends)
    back = min(int(travel_s[stop, end]) for _, end in ends)
    return out, back


def _missed_by(problem: Problem, stop: int, window: Window) -> int:
    """Return the seconds by which the best vehicle misses a window; at most 0 if it is met."""
    out, back = _nearest(problem, stop)
    service = int(problem.service_s[stop])
    return min(
        max(
            start + out - (window.late - day), window.early - day + service + back - end
        )
        for start, end in problem.vehicles
        for day in (0, DAY_S)
    )


def _too_much_service(problem: Problem) -> list[str]:
    """Return that the required stops need more service than there is time, or nothing."""
    there_is = sum(end - start - _pause_s(problem) for start, end in problem.vehicles)
    service_s = np.sort(problem.service_s[list(problem.required)])[::-1]
    missing = int(service_s.sum()) - there_is
    if missing <= 0:
        return []
    surplus = int(np.searchsorted(np.cumsum(service_s), missing)) + 1
    return [
        f"the {len(service_s)} required stops need {_minutes(there_is + missing)} min of service "
        f"and all shifts together have {there_is // 60} min. Smallest change: require {surplus} "
        f"fewer, or add {_minutes(missing)} min of shift"
    ]


def _pause_s(problem: Problem) -> int:
    return problem.pause.length_s if problem.pause else 0


def _minutes(seconds: int) -> int:
    """Return whole minutes, rounded up."""
    return math.ceil(seconds / 60)
