"""Plans as tables, and why a stop is left out.

What would admit a stop is the smallest change with which the plan as it is would be better for
taking the stop in.  A planner that is given the time or the need may use it otherwise.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields, replace
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.patrols.clock import DAY_S, longest_free_s
from geo.patrols.survey import PlanningInputs
from geo.patrols.timetable import PlannedShift, legs_table, stops_table
from geo.results import Patrols
from geo.routing.covering import gain_s
from geo.routing.problem import DEPOT, Route
from layers.schema import LEFT_OUT, LEGS, NEED_PARTS, STOP_NEED, STOPS

LEAST_PRIZE: Final = 5e-5
"""Missing need below this is written as very little."""


def no_patrols(crs: str) -> Patrols:
    """Return the tables of a study without patrols, all empty."""
    return Patrols(STOPS.geoframe(crs=crs), LEGS.geoframe(crs=crs), LEFT_OUT.frame())


def as_tables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable, road geometries, what was left out, and what stops are worth."""
    of_night = timetables(inputs, planned)
    return replace(summary(inputs, planned), stops=of_night.stops, legs=of_night.legs)


def timetables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable and road geometries."""
    return Patrols(
        stops=stops_table(inputs, planned),
        legs=legs_table(inputs, planned),
        left_out=LEFT_OUT.frame(),
    )


def summary(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return the tables of one night, or of several together, without timetable and roads."""
    needs = inputs.stops.join(inputs.reach.by_stop).assign(
        at_advised=inputs.reach.advised, little_known=inputs.reach.little_known
    )
    crs = str(inputs.stops.crs)
    left_out = pd.concat([_unusable(inputs), _unvisited(inputs, planned)], ignore_index=True)
    return Patrols(
        stops=STOPS.geoframe(crs=crs),
        legs=LEGS.geoframe(crs=crs),
        left_out=LEFT_OUT.frame(left_out.rename(columns={"snap_m": "detail_m"})),
        hotspot_stops=inputs.hotspot_stops,
        stop_need=STOP_NEED.frame(needs.drop(index=DEPOT).reset_index(drop=True)),
    )


def _unusable(inputs: PlanningInputs) -> gpd.GeoDataFrame:
    """Return the stops that no plan can visit, with what would make them usable."""
    found = inputs.unusable.copy()
    reason = found["reason"]
    found["admits"] = reason.map({"no_two_way_road": "a road to it that leads back to the depot"})
    away = reason == "far_from_road"
    metres = np.ceil(found.loc[away, "snap_m"]).astype(int).astype("string")
    key = found.loc[away, "access_key"]
    found.loc[away, "admits"] = "a road nearer to it, or patrols." + key + " = " + metres
    far = reason == "too_far_for_shift"
    needed_s = (found["round_trip_s"] + found["service_s"])[far]
    short_s = np.ceil(needed_s - longest_free_s(inputs.params.shifts))
    found["short_s"] = short_s.astype("Int64")
    minutes = np.ceil(short_s / 60).astype(int).astype("string")
    found.loc[far, "admits"] = "a shift " + minutes + " min longer"
    return found


@dataclass(frozen=True)
class LeftOut:
    """Why a usable stop is left out, as table `LEFT_OUT` says it."""

    reason: str
    admits: str
    short_s: int | None = None
    prize_short: float | None = None
    served_at: str | None = None


def _unvisited(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> gpd.GeoDataFrame:
    """Return the usable stops that no shift visits, with the reason and what would admit each."""
    visited = [stop for shift in planned for stop in shift.visited]
    others = inputs.stops[~inputs.stops.index.isin([DEPOT, *visited])]
    found = [_beside(inputs, planned, visited, stop) for stop in others.index.tolist()]
    columns = [field.name for field in fields(LeftOut)]
    reasons = pd.DataFrame(found, index=others.index, columns=columns)
    return others.drop(columns="reason").join(reasons)


def _beside(
    inputs: PlanningInputs, planned: Sequence[PlannedShift], visited: list[int], stop: int
) -> LeftOut:
    """Return why a stop is left out, with regard to the need in its reach.

    A stop that is served nearby would be worth a visit if no other stop served the same need::

        need in reach of the stop:  [ served at other stops ][ not served ]
                                    more than what is missing for a visit
    """
    why, reach = why_left_out(planned, stop), inputs.reach
    if not reach.by_stop["need"][stop]:
        held = [f"a weight need.{part}" for part in NEED_PARTS if reach.holds[part][stop]]
        if held:
            return replace(why, reason="need_has_no_weight", admits=", or ".join(held))
        return replace(why, reason="no_need_in_reach", admits="a greater need.reach_m")
    shared = [
        float(reach.need[reach.reaches[stop] & reach.reaches[other]].sum()) for other in visited
    ]
    served = [
        float(shift.standalone_prize[stop] - shift.problem.prize[stop])
        for shift in planned
        if shift.standalone_prize[stop]
    ]
    missing = why.prize_short
    if missing is None or max(shared, default=0.0) == 0 or max(served, default=0.0) <= missing:
        return why
    nearest = visited[shared.index(max(shared))]
    return replace(why, reason="served_nearby", served_at=inputs.stops["stop"][nearest])


def why_left_out(planned: Sequence[PlannedShift], stop: int) -> LeftOut:
    """Return why no shift visits a stop, and the smallest changes that would admit it."""
    found = [_shortfall(shift, stop) for shift in planned if shift.standalone_prize[stop] > 0]
    if not found:
        return LeftOut("outside_window", "a window or a shift at another time")
    short_s = min(lacks.short_s for lacks in found)
    prize = min(lacks.prize_short for lacks in found)
    window = any(lacks.window for lacks in found)
    short = 0 < short_s < DAY_S
    ways = ["a window at another time"] if window else []
    if short:
        ways.append(f"a shift {-(-short_s // 60)} min longer")
    if prize < float("inf"):
        percent = f"{100 * prize:.2f}" if prize >= LEAST_PRIZE else "less than 0.01"
        ways.append(f"{percent} % more of all need in its reach")
    return LeftOut(
        "outside_window" if window else "no_time_left" if short else "not_worth_detour",
        ", or ".join(ways),
        short_s if short_s < DAY_S else None,
        prize if prize < float("inf") else None,
    )


class _Shortfall(NamedTuple):
    """What the best place in one shift's routes lacks to take a stop in."""

    short_s: int
    """By how much the shift is too short to take the stop in beside the others; a day if never."""
    prize_short: float
    """Need missing to take the stop in, beside the others or in place of one; infinite if never."""
    window: bool
    """Only its own windows leave the stop no time."""


def _shortfall(shift: PlannedShift, stop: int) -> _Shortfall:
    problem = shift.problem
    longer = replace(problem, vehicles=tuple((a, b + DAY_S) for a, b in problem.vehicles))
    unbound = problem
    if problem.windows_of(stop):
        windows = tuple(() if k == stop else w for k, w in enumerate(problem.windows))
        unbound = replace(problem, windows=windows)
    short, prize, window = DAY_S, float("inf"), False
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
    return _Shortfall(short, prize, window and short > 0)


def _trials(shift: PlannedShift, stop: int) -> Iterator[tuple[int, Route, Route]]:
    """Yield vehicle, its route, and the route with the stop added or in place of another."""
    for vehicle, route in enumerate(shift.routes):
        for at in range(len(route) + 1):
            yield vehicle, route, (*route[:at], stop, *route[at:])
        for at in range(len(route)):
            yield vehicle, route, (*route[:at], stop, *route[at + 1 :])
