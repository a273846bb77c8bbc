"""Faults of a planning problem, each with the smallest change that would mend it."""

from __future__ import annotations

import math
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from geo.params.clock import DAY_S
from geo.routing.problem import DEPOT, UNREACHABLE_S, Problem, Window


def faults(problem: Problem, stops: Iterable[int]) -> list[str]:
    """Return what makes a problem impossible, or one of some stops in it.

    All faults are gathered, not only the first.

    Parameters
    ----------
    problem : geo.routing.problem.Problem
    stops : iterable of int
        The stops that somebody asked for: a stop that merely might be visited is no fault.

    Returns
    -------
    list of str
        Empty where each of `stops` can be visited and the required ones do not contradict.
    """
    if not (problem.prize > 0).any():
        return ["all prizes are 0: no stop is worth a visit. Smallest change: give one a prize"]
    of_stops = [_stop_fault(problem, stop) for stop in stops]
    return [fault.text for fault in of_stops if fault] or _required_faults(problem)


def nearest_fault(problems: Iterable[Problem], stop: int) -> str | None:
    """Return what keeps a stop out of every one of several problems.

    Parameters
    ----------
    problems : iterable of geo.routing.problem.Problem
    stop : int

    Returns
    -------
    str, or None where one of the problems can visit the stop
        Of the problem that the smallest change would mend.
    """
    found = [_stop_fault(problem, stop) for problem in problems]
    known = [fault for fault in found if fault]
    return min(known).text if len(known) == len(found) else None


@dataclass(frozen=True, order=True)
class _Fault:
    """Why a problem cannot visit a stop, by the size of the change that would mend it."""

    change_s: float
    text: str


def _stop_fault(problem: Problem, stop: int) -> _Fault | None:
    out, back = int(problem.travel_s[DEPOT, stop]), int(problem.travel_s[stop, DEPOT])
    if max(out, back) >= UNREACHABLE_S:
        way = "from" if out >= UNREACHABLE_S else "back to"
        return _Fault(
            math.inf,
            f"stop {stop} is unreachable: there is no way {way} the depot. Smallest change: "
            "leave it out, or open a road to it",
        )
    if stop in problem.required and problem.prize[stop] == 0:
        text = f"stop {stop} is required but its prize is 0. Smallest change: give it a prize"
        return _Fault(math.inf, text)
    rest_s = problem.rest.length_s if problem.rest else 0
    service = int(problem.service_s[stop])
    needed = out + service + back + rest_s
    longest = max(end - start for start, end in problem.vehicles)
    spare = service > needed - longest
    if needed > longest:
        return _Fault(
            needed - longest,
            f"stop {stop} needs {_minutes(needed)} min (drive, service, break and return) and the "
            f"longest shift has {longest // 60} min. Smallest change: a shift "
            f"{_minutes(needed - longest)} min longer"
            + (f", or a service {_minutes(needed - longest)} min shorter" if spare else ""),
        )
    windows = problem.windows[stop] if problem.windows else ()
    late_by = min((_missed_by(problem, stop, window) for window in windows), default=0)
    if late_by <= 0:
        return None
    return _Fault(
        late_by,
        f"no window of stop {stop} can be met from the depot and back within a shift. Smallest "
        f"change: move a window or a shift by {_minutes(late_by)} min",
    )


def _missed_by(problem: Problem, stop: int, window: Window) -> int:
    """Return the seconds by which the best vehicle misses a window; at most 0 if it is met.

    A window after the shift may be nearer to it as that of the day before.
    """
    out, back = int(problem.travel_s[DEPOT, stop]), int(problem.travel_s[stop, DEPOT])
    service = int(problem.service_s[stop])
    missed = []
    for start, end in problem.vehicles:
        for day in (0, DAY_S):
            too_late_to_begin = start + out - (window.late - day)
            too_late_home = window.early - day + service + back - end
            missed.append(max(too_late_to_begin, too_late_home))
    return min(missed)


def _required_faults(problem: Problem) -> list[str]:
    """Return contradictions between the required stops, and with the time there is."""
    found = [
        f"stops {sorted(both)} are required but exclude each other. Smallest change: require one"
        for both in (group & problem.required for group in problem.exclusive)
        if len(both) > 1
    ]
    rest_s = problem.rest.length_s if problem.rest else 0
    there_is = sum(end - start - rest_s for start, end in problem.vehicles)
    required = sorted(problem.required)
    needed = int(problem.service_s[required].sum()) if required else 0
    if needed > there_is:
        least = np.sort(problem.service_s[required])[::-1]
        surplus = int(np.searchsorted(np.cumsum(least), needed - there_is)) + 1
        found.append(
            f"the {len(required)} required stops need {_minutes(needed)} min of service and all "
            f"shifts together have {there_is // 60} min. Smallest change: require {surplus} fewer, "
            f"or add {_minutes(needed - there_is)} min of shift"
        )
    return found


def _minutes(seconds: int) -> int:
    """Return whole minutes, rounded up."""
    return math.ceil(seconds / 60)
