"""Why a stop is left out of a night's plan, and what would admit it, the rest staying as it is.

A planner that is given the time or the need may use it otherwise: what is told is the smallest
change with which the plan as it is would be better for taking the stop in.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, replace

import pandas as pd

from geo.patrols.covering import gain_s
from geo.patrols.timetable import PlannedShift

FOREVER_S = 86_400
"""By so much a shift is lengthened to find how much is missing."""

LEAST_PRIZE = 5e-5
"""Need that is missing below this is told as very little."""


@dataclass(frozen=True)
class Shortfall:
    """What the best place in one shift's routes lacks to take a stop in."""

    short_s: int
    """Seconds by which the shift is too short for the plan to gain by taking the stop in beside
    the others; `FOREVER_S` where no time would do."""
    prize_short: float
    """Need that is missing to take the stop in, beside the others or in place of one;
    infinite where neither fits."""
    window: bool
    """Only its own windows leave the stop no time."""


def shortfalls(planned: Sequence[PlannedShift], stop: int) -> list[Shortfall]:
    """Return what a stop that no route visits lacks in each shift that could visit it.

    Parameters
    ----------
    planned : sequence of geo.patrols.timetable.PlannedShift
    stop : int
    """
    return [_shortfall(shift, stop) for shift in planned if shift.alone[stop] > 0]


def left_out(planned: Sequence[PlannedShift], stops: Sequence[int]) -> pd.DataFrame:
    """Return the binding reason of each stop and the smallest changes that would admit it.

    Parameters
    ----------
    planned : sequence of geo.patrols.timetable.PlannedShift
    stops : sequence of int
        Stops that no shift visits.

    Returns
    -------
    pandas.DataFrame
        Indexed by stop: ``reason``, one of ``not_worth_detour``, ``outside_window``,
        ``no_time_left``; ``short_s``, ``prize_short``, ``admits`` of table `LEFT_OUT`.
    """
    rows = [_row(shortfalls(planned, stop)) for stop in stops]
    columns = ["reason", "short_s", "prize_short", "admits"]
    return pd.DataFrame(rows, index=list(stops), columns=columns)


def _row(found: list[Shortfall]) -> tuple[str, int | None, float | None, str]:
    if not found:
        return "outside_window", None, None, "a window or a shift at another time"
    short_s = min(lacks.short_s for lacks in found)
    prize = min(lacks.prize_short for lacks in found)
    ways = [f"a shift {-(-short_s // 60)} min longer"] if 0 < short_s < FOREVER_S else []
    if prize < float("inf"):
        percent = f"{100 * prize:.2f}" if prize >= LEAST_PRIZE else "less than 0.01"
        ways.append(f"{percent} % more of all need in its reach")
    window = any(lacks.window for lacks in found)
    if window:
        ways.insert(0, "a window at another time")
    short = 0 < short_s < FOREVER_S
    reason = "outside_window" if window else "no_time_left" if short else "not_worth_detour"
    return (
        reason,
        short_s if short_s < FOREVER_S else None,
        prize if prize < float("inf") else None,
        ", or ".join(ways),
    )


def _shortfall(shift: PlannedShift, stop: int) -> Shortfall:
    problem = shift.problem
    longer = replace(problem, vehicles=tuple((a, b + FOREVER_S) for a, b in problem.vehicles))
    unbound = problem
    if problem.windows and problem.windows[stop]:
        windows = tuple(() if k == stop else w for k, w in enumerate(problem.windows))
        unbound = replace(problem, windows=windows)
    short, prize, window = FOREVER_S, float("inf"), False
    for vehicle, route, trial in _trials(shift, stop):
        fits = problem.schedule(vehicle, trial) is not None
        gained_s = gain_s(problem, shift.cover, shift.routes, vehicle, trial)
        if fits:
            prize = min(prize, max(0.0, -gained_s / problem.unit))
        if len(trial) > len(route):
            visits = longer.schedule(vehicle, trial)
            if visits and gained_s > 0:
                short = min(short, max(0, visits[-1].free_s - problem.vehicles[vehicle][1]))
            window |= not fits and unbound.schedule(vehicle, trial) is not None
    return Shortfall(short, prize, window and short > 0)


def _trials(
    shift: PlannedShift, stop: int
) -> Iterator[tuple[int, tuple[int, ...], tuple[int, ...]]]:
    """Yield vehicle, its route, and the route with the stop added or in place of another."""
    for vehicle, route in enumerate(shift.routes):
        for at in range(len(route) + 1):
            yield vehicle, route, (*route[:at], stop, *route[at:])
        for at in range(len(route)):
            yield vehicle, route, (*route[:at], stop, *route[at + 1 :])
