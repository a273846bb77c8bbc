"""From the inputs to a checked and appraised proposal of patrols: the story of one night.

It stands apart from `geo.study`, which takes seconds to load: a planner who changes a shift waits
for none of the analysis.

For each stop that is left out, the night is planned again with one change: a shift that ends
later, one vehicle more, other opening hours.  The least is named only if its plan visits the stop.
In several nights it is a minimum of one visit, which every plan keeps.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Bools
from geo.movement.official_crossings import nearest_crossing
from geo.params import FortnightParams, Params, Shift
from geo.params.patrols import LONGEST_SHIFT_H
from geo.patrols import appraisal, edited, nights
from geo.patrols.audit import breaches, require_none
from geo.patrols.clock import crews_needed, hhmm, shift_span_s
from geo.patrols.coverage import beyond_reach
from geo.patrols.inputs import PlanningInputs, prepare
from geo.patrols.night import plan_night
from geo.patrols.shifts import visitable
from geo.patrols.timetable import PlannedShift, timetables
from geo.records import StudyData
from geo.results import Patrols
from geo.routing.problem import DEPOT
from geo.schema import HOTSPOTS, LEFT_OUT, PATROL_MEASURES, STOP_NEED

LONGER_MIN: Final = (15, 30, 60)
"""Minutes by which a shift is tried longer."""
SERVED: Final = 0.9
"""A stop left out counts as served nearby if others serve this share of the need in its reach."""


def propose(inputs: PlanningInputs) -> Patrols:
    """Plan the shifts of one night, check the plan and appraise it.

    Raises `ProblemError` if a shift admits no plan, with the smallest change that would mend it,
    `PlanError` if the plan breaks a rule of its own.
    """
    planned = plan_night(inputs)
    night = _with_stops(_night(inputs, planned, 1), inputs, planned)
    more = appraisal.trade_off(inputs, planned)
    # The page times routes from the depot and back.
    desk = None if inputs.params.vehicle else edited.desk(inputs, planned)
    return replace(
        night,
        trade_off=more,
        desk=desk,
        crews=crews_needed(night.stops, inputs.params.rest_h),
    )


def propose_several(inputs: PlanningInputs, params: FortnightParams) -> Patrols:
    """Plan several nights, check each, and return all of them as one set of tables.

    ``left_out`` are the stops that no night visits.  Raises `ProblemError` if the minimum visits
    contradict the shifts, or cannot be met; `PlanError` if a night breaks a rule of its own.
    """
    found = nights.plan_nights(inputs, params)
    made = [
        _night(found.inputs.of_night(number), shifts, number)
        for number, shifts in enumerate(found.nights, 1)
    ]
    stops, legs, measures = (
        pd.concat([getattr(night, name) for night in made], ignore_index=True)
        for name in ("stops", "legs", "measures")
    )
    plan = Patrols(
        stops,
        legs,
        measures=measures,
        visits=found.visits,
        crews=crews_needed(stops, inputs.params.rest_h),
    )
    return _with_stops(plan, found.inputs, found.shifts)


def _night(
    inputs: PlanningInputs, planned: Sequence[PlannedShift], number: int
) -> Patrols:
    """Return the tables of a night, checked and measured."""
    night, drive = timetables(inputs, planned, number), inputs.matrix.drive
    broken = breaches(
        night,
        drive,
        inputs.boundary,
        inputs.in_force,
        fortnight=inputs.fortnight,
    )
    require_none(
        broken, "the plan" if inputs.fortnight is None else f"night {number}"
    )
    measured = appraisal.yardsticks(inputs, planned).assign(night=number)
    return replace(night, measures=PATROL_MEASURES.frame(measured))


def replan(
    data: StudyData,
    need: gpd.GeoDataFrame,
    params: Params,
    *,
    several: bool = False,
    hotspots: gpd.GeoDataFrame | None = None,
) -> Patrols:
    """Propose patrols on the need that a study found, without the study.

    Parameters are those of `geo.patrols.inputs.prepare`; with `several` the nights of
    ``[fortnight]`` are planned instead of the first.  `hotspots`, table `HOTSPOTS`, are those that
    the plan is to name where no stop reaches them.  Errors are those of `prepare`, `propose` and
    `propose_several`.
    """
    if several:
        inputs = prepare(data, need, params)
        found = propose_several(inputs, params.fortnight)
    else:
        inputs = prepare(
            data, need, replace(params, patrols=params.patrols.of_night(1))
        )
        found = propose(inputs)
    hotspots = (
        HOTSPOTS.geoframe(crs=str(need.crs)) if hotspots is None else hotspots
    )
    crossings = nearest_crossing(
        found.stops, data.places.to_crs(str(found.stops.crs))
    )
    return replace(
        found,
        stops=found.stops.assign(**crossings),
        beyond=beyond_reach(data, inputs, need, params, hotspots),
    )


def as_tables(
    inputs: PlanningInputs, planned: Sequence[PlannedShift]
) -> Patrols:
    """Return timetable, road geometries, what was left out, and what stops are worth."""
    return _with_stops(timetables(inputs, planned), inputs, planned)


def _with_stops(
    patrols: Patrols, inputs: PlanningInputs, planned: Sequence[PlannedShift]
) -> Patrols:
    """Return the plan of one night, or of several together, with the tables of all its stops."""
    reach = inputs.reach
    needs = inputs.stops.join(reach.by_stop)
    needs = needs.assign(
        at_advised=reach.advised, little_known=reach.little_known
    )
    return replace(
        patrols,
        left_out=stops_left_out(inputs, planned),
        roads=inputs.matrix,
        nodes=dict(
            zip(inputs.stops["stop"], inputs.matrix.nodes.tolist(), strict=True)
        ),
        stop_need=STOP_NEED.frame(
            needs.drop(index=DEPOT).reset_index(drop=True)
        ),
    )


def stops_left_out(
    inputs: PlanningInputs, planned: Sequence[PlannedShift]
) -> pd.DataFrame:
    """Return table `LEFT_OUT`: the candidate stops that no shift visits."""
    unusable = inputs.unusable.rename(columns={"snap_m": "detail_m"}).assign(
        admits="nothing"
    )
    visited = {DEPOT, *(stop for shift in planned for stop in shift.visited)}
    others = inputs.stops[~inputs.stops.index.isin(visited)].rename(
        columns={"snap_m": "detail_m"}
    )
    able: Bools = np.array(
        [problem.prize > 0 for problem in visitable(inputs)]
    ).max(axis=0)
    reasons = [_reason(inputs, planned, able, stop) for stop in others.index]
    rows = pd.DataFrame(
        reasons, others.index, ["reason", "served_at", "served_shift"]
    )
    found = others.drop(columns="reason", errors="ignore").join(rows)
    ways: dict[int, tuple[str, str | None, int | None]] = {}
    if inputs.fortnight:
        ways = dict.fromkeys(
            found.index[able[found.index]], ("minimum", None, None)
        )
    else:
        for change, (shift, minutes), stops in _changes(inputs, found):
            for stop in stops:
                ways.setdefault(stop, (change, shift, minutes))
    named = [ways.get(stop, ("nothing", None, None)) for stop in found.index]
    columns = ["admits", "admit_shift", "admit_min"]
    found = found.join(
        pd.DataFrame(named, index=found.index, columns=columns, dtype=object)
    )
    return pd.concat(map(LEFT_OUT.frame, (unusable, found)), ignore_index=True)


def _reason(
    inputs: PlanningInputs,
    planned: Sequence[PlannedShift],
    able: Bools,
    stop: int,
) -> tuple[str, str | None, str | None]:
    """Return why a stop is left out, with the stop and the shift that serve its people."""
    reach, points = inputs.reach, np.asarray(inputs.stops.geometry.values)
    if not reach.by_stop["need"][stop]:
        held = reach.holds.loc[stop].any()
        return (
            "need_has_no_weight" if held else "no_need_in_reach",
            None,
            None,
        )
    if not able[stop]:
        closed = any(
            window.stop == inputs.stops["stop"][stop]
            for window in inputs.windows
        )
        return ("outside_window" if closed else "too_far_for_shift", None, None)
    need = np.where(reach.reaches[stop], reach.need, 0.0)
    served = [
        need[reach.served(shift.visited)].sum() / need.sum()
        for shift in planned
    ]
    most = planned[int(np.argmax(served))]
    serving = [
        number
        for number in most.visited
        if need[reach.reaches[number]].sum() > 0
    ]
    apart = shapely.distance(points, points[stop])
    if max(served) >= SERVED:
        return (
            "served_nearby",
            inputs.stops["stop"][min(serving, key=apart.item)],
            most.name,
        )
    if not any(shift.problem.prize[stop] > 0 for shift in planned):
        beside = min(most.visited, key=apart.item, default=stop)
        if beside != stop and apart[beside] < inputs.params.same_stop_m:
            return "beside_another", inputs.stops["stop"][beside], most.name
    fits = any(
        shift.problem.schedule(vehicle, (*route[:at], stop, *route[at:]))
        for shift in planned
        for vehicle, route in enumerate(shift.routes)
        for at in range(len(route) + 1)
    )
    return ("not_worth_detour" if fits else "no_time_left", None, None)


def _changes(
    inputs: PlanningInputs, found: pd.DataFrame
) -> Iterator[tuple[str, tuple[str | None, int | None], list[int]]]:
    """Yield changes, smallest first: which, its shift and minutes, the stops visited with it."""
    params = inputs.params
    for more in LONGER_MIN:
        for number, shift in enumerate(params.shifts):
            later = params.shifts[number + 1 : number + 2]
            longer = _longer(shift, more, later)
            if longer is not None:
                shifts = (
                    *params.shifts[:number],
                    longer,
                    *params.shifts[number + 1 :],
                )
                changed = replace(inputs, params=replace(params, shifts=shifts))
                stops = _visited(changed)
                yield "longer_shift", (shift.name, more), stops
    if not any(shift.vehicles for shift in params.shifts):
        vehicles = params.vehicles + 1
        wider = replace(inputs, params=replace(params, vehicles=vehicles))
        yield "vehicle", (None, None), _visited(wider)
    closed = found.index[found["reason"] == "outside_window"].tolist()
    for stop in _visited_if_open(inputs, closed) if closed else ():
        if stop in _visited_if_open(inputs, [stop]):
            yield "window", (None, None), [stop]


def _visited(inputs: PlanningInputs) -> list[int]:
    """Return the stops of a night under other conditions."""
    return [stop for shift in plan_night(inputs) for stop in shift.visited]


def _longer(shift: Shift, more: int, after: Sequence[Shift]) -> Shift | None:
    """Return a shift that ends later; None where no crew works so long, or the next one begins."""
    start, end = shift_span_s(shift)
    end += more * 60
    blocked = any(shift_span_s(later)[0] < end for later in after)
    if shift.vehicles or blocked or end - start > LONGEST_SHIFT_H * 3600:
        return None
    return replace(shift, end=hhmm(end))


def _visited_if_open(inputs: PlanningInputs, stops: Sequence[int]) -> list[int]:
    """Return which of some stops a night visits where they are always open."""
    names = set(inputs.stops["stop"][list(stops)])
    windows = tuple(
        window for window in inputs.params.windows if window.stop not in names
    )
    opening = tuple(
        window for window in inputs.opening if window.stop not in names
    )
    free = replace(
        inputs, params=replace(inputs.params, windows=windows), opening=opening
    )
    visited = _visited(free)
    return [stop for stop in stops if stop in visited]
