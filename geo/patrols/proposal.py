"""From the inputs to a checked and appraised proposal of patrols: the story of one night.

It stands apart from `geo.study`, which takes seconds to load: a planner who changes a shift waits
for none of the analysis.

For each stop that is left out, the night is planned on with one change: a shift that ends later,
one vehicle more, other opening hours.  The least is named only if its plan visits the stop, with
what it adds to the need served and which other stops it drops.
In several nights it is a minimum of one visit, which every plan keeps.
"""

import datetime
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass, replace
from functools import partial
from typing import Final, Protocol

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Bools
from geo.breaches import Breach
from geo.network.compiling import in_threads
from geo.params import FortnightParams, Params, Shift
from geo.params.patrols import LONGEST_SHIFT_H
from geo.patrols import appraisal
from geo.patrols.audit import breaches, require_none
from geo.patrols.clock import crews_needed, hhmm, shift_span_s
from geo.patrols.coverage import beyond_reach
from geo.patrols.inputs import PlanningInputs, prepare
from geo.patrols.night import plan_night
from geo.patrols.nights import Fortnight, plan_nights
from geo.patrols.shifts import visitable
from geo.patrols.timetable import PlannedShift, timetables
from geo.records import StudyData
from geo.results import Patrols
from geo.routing.problem import DEPOT
from geo.schema import FOLLOWED, HOTSPOTS, LEFT_OUT, PATROL_MEASURES, STOP_NEED
from geo.sections.official_crossings import nearest_crossing

LONGER_MIN: Final = (15, 30, 60)
"""Minutes by which a shift is tried longer."""
SERVED: Final = 0.9
"""A stop left out counts as served nearby if others serve this share of the need in its reach."""


def propose(inputs: PlanningInputs) -> Patrols:
    """Plan the shifts of one night, check the plan and appraise it.

    Parameters
    ----------
    inputs : geo.patrols.PlanningInputs

    Returns
    -------
    geo.results.Patrols

    Raises `ProblemError` if a shift admits no plan, with the smallest change that would mend it,
    `PlanError` if the plan breaks a rule of its own.
    """
    planned = plan_night(inputs)
    night = checked_night(inputs, planned, 1)
    left_out, measures, more = in_threads(
        lambda appraise: appraise(inputs, planned),
        (stops_left_out, _measures, appraisal.trade_off),
    )
    return replace(
        _with_stops(night, inputs, left_out),
        measures=measures,
        trade_off=more,
        crews=crews_needed(night.stops, inputs.params.rest_h),
    )


class Feedback(Protocol):
    """What visits say of the next nights: where hours stay, where they move."""

    def plan(
        self, inputs: PlanningInputs, params: FortnightParams
    ) -> tuple[Fortnight, pd.DataFrame]:
        """Return nights that follow visits, and table `FOLLOWED`."""
        ...

    def broken_promises(
        self, patrols: Patrols, inputs: PlanningInputs, params: FortnightParams
    ) -> Sequence[Breach]:
        """Return what such a plan does not keep of what was promised."""
        ...


def propose_several(
    inputs: PlanningInputs, params: FortnightParams, feedback: Feedback | None = None
) -> Patrols:
    """Plan several nights, check each, and return all of them as one set of tables.

    ``left_out`` are the stops that no night visits.  Raises `ProblemError` if the minimum visits
    contradict the shifts, or cannot be met; `PlanError` if a night breaks a rule of its own.

    Parameters
    ----------
    inputs : geo.patrols.PlanningInputs
    params : geo.params.patrols.FortnightParams
    feedback : Feedback, optional
        Of visits, that the nights are to follow.

    Returns
    -------
    geo.results.Patrols
    """
    followed = FOLLOWED.frame()
    if feedback is None:
        found = plan_nights(inputs, params)
    else:
        found, followed = feedback.plan(inputs, params)
    planned = [
        (found.inputs.of_night(number), shifts, number)
        for number, shifts in enumerate(found.nights, 1)
    ]
    made = [checked_night(*night) for night in planned]
    stops, legs = (
        pd.concat([getattr(night, name) for night in made], ignore_index=True)
        for name in ("stops", "legs")
    )
    measures = in_threads(lambda night: _measures(*night), planned)
    plan = Patrols(
        stops,
        legs,
        measures=pd.concat(measures, ignore_index=True),
        visits=found.visits,
        followed=followed,
        within_nights=found.course.drawn.within_nights if found.course else 0,
        may_open=found.course is None or found.course.may_open,
        crews=crews_needed(stops, inputs.params.rest_h),
    )
    left_out = stops_left_out(found.inputs, found.shifts)
    plan = _with_stops(plan, found.inputs, left_out)
    if feedback is None:
        return plan
    broken = feedback.broken_promises(plan, found.inputs, params)
    return replace(plan, not_kept=broken)


def checked_night(
    inputs: PlanningInputs, planned: Sequence[PlannedShift], number: int
) -> Patrols:
    """Return timetable and ways of a night; raise `PlanError` if it breaks a rule of its own."""
    night, drive = timetables(inputs, planned, number), inputs.matrix.drive
    broken = breaches(
        night, drive, inputs.boundary, inputs.in_force, fortnight=inputs.fortnight
    )
    require_none(broken, "the plan" if inputs.fortnight is None else f"night {number}")
    return night


def _measures(
    inputs: PlanningInputs, planned: Sequence[PlannedShift], number: int = 1
) -> pd.DataFrame:
    """Return table `PATROL_MEASURES` of a night."""
    measured = appraisal.yardsticks(inputs, planned).assign(night=number)
    return PATROL_MEASURES.frame(measured)


def replan(
    data: StudyData,
    need: gpd.GeoDataFrame,
    params: Params,
    *,
    several: bool = False,
    hotspots: gpd.GeoDataFrame | None = None,
    feedback: Feedback | None = None,
) -> Patrols:
    """Propose patrols on the need that a study found, without the study.

    Parameters are those of `geo.patrols.inputs.prepare`; with `several` the nights of
    ``[fortnight]`` are planned instead of the first.  `hotspots`, table `HOTSPOTS`, are those that
    the plan is to name where no stop reaches them.  Errors are those of `prepare`, `propose` and
    `propose_several`.

    Parameters
    ----------
    data : geo.records.StudyData, projected CRS in metres
    need : geopandas.GeoDataFrame, table `NEED`
    params : geo.params.Params
    several : bool
        Plan the nights of ``[fortnight]``.
    hotspots : geopandas.GeoDataFrame, table `HOTSPOTS`, optional
    feedback : Feedback, optional
        Of visits, that several nights are to follow.

    Returns
    -------
    geo.results.Patrols
    """
    if several:
        data = _assessed_all_nights(data, params)
        inputs = prepare(data, need, params)
        found = propose_several(inputs, params.fortnight, feedback)
    else:
        inputs = prepare(
            data, need, replace(params, patrols=params.patrols.of_night(1))
        )
        found = propose(inputs)
    hotspots = HOTSPOTS.geoframe(crs=str(need.crs)) if hotspots is None else hotspots
    crossings = nearest_crossing(found.stops, data.places.to_crs(str(found.stops.crs)))
    return replace(
        found,
        stops=found.stops.assign(**crossings),
        beyond=beyond_reach(data, inputs, need, params, hotspots),
    )


def _assessed_all_nights(data: StudyData, params: Params) -> StudyData:
    """Return the data without assessments that end before the last of several nights."""
    first = params.patrols.date
    if first is None:
        return data
    last = first + datetime.timedelta(days=params.fortnight.nights - 1)
    holds = {k: one for k, one in data.assessed.items() if last <= one.until}
    return replace(data, assessed=holds)


def as_tables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable, road geometries, what was left out, and what stops are worth.

    Parameters
    ----------
    inputs : geo.patrols.PlanningInputs
    planned : sequence of geo.patrols.PlannedShift

    Returns
    -------
    geo.results.Patrols
    """
    left_out = stops_left_out(inputs, planned)
    return _with_stops(timetables(inputs, planned), inputs, left_out)


def _with_stops(
    patrols: Patrols, inputs: PlanningInputs, left_out: pd.DataFrame
) -> Patrols:
    """Return the plan of one night, or of several together, with the tables of all its stops."""
    reach = inputs.reach
    needs = inputs.stops.join(reach.by_stop)
    needs = needs.assign(at_advised=reach.advised, little_known=reach.little_known)
    return replace(
        patrols,
        left_out=left_out,
        roads=inputs.matrix,
        nodes=dict(
            zip(inputs.stops["stop"], inputs.matrix.nodes.tolist(), strict=True)
        ),
        stop_need=STOP_NEED.frame(needs.drop(index=DEPOT).reset_index(drop=True)),
    )


def stops_left_out(
    inputs: PlanningInputs, planned: Sequence[PlannedShift]
) -> pd.DataFrame:
    """Return table `LEFT_OUT`: the candidate stops that no shift visits."""
    unusable = inputs.unusable.rename(columns={"snap_m": "detail_m"}).assign(
        admits="nothing"
    )
    visited = {DEPOT, *_visited(planned)}
    others = inputs.stops[~inputs.stops.index.isin(visited)].rename(
        columns={"snap_m": "detail_m"}
    )
    able: Bools = np.array([problem.prize > 0 for problem in visitable(inputs)]).max(
        axis=0
    )
    reasons = [_reason(inputs, planned, able, stop) for stop in others.index]
    rows = pd.DataFrame(reasons, others.index, ["reason", "served_at", "served_shift"])
    found = others.drop(columns="reason", errors="ignore").join(rows)
    if inputs.fortnight:
        admits = np.where(able[found.index], "minimum", "nothing")
        found = found.assign(admits=admits)
    else:
        found = found.join(_admitted(inputs, planned, found))
        found["admits"] = found["admits"].fillna("nothing")
    return pd.concat(map(LEFT_OUT.frame, (unusable, found)), ignore_index=True)


def _reason(
    inputs: PlanningInputs, planned: Sequence[PlannedShift], able: Bools, stop: int
) -> tuple[str, str | None, str | None]:
    """Return why a stop is left out, with the stop and the shift that serve its people."""
    reach, points = inputs.reach, np.asarray(inputs.stops.geometry.values)
    if inputs.stops["stop"][stop] in inputs.not_assessed:
        return ("not_assessed", None, None)
    if not reach.by_stop["need"][stop]:
        held = reach.holds.loc[stop].any()
        return ("need_has_no_weight" if held else "no_need_in_reach", None, None)
    if not able[stop]:
        closed = any(
            window.stop == inputs.stops["stop"][stop] for window in inputs.windows
        )
        return ("outside_window" if closed else "too_far_for_shift", None, None)
    need = np.where(reach.reaches[stop], reach.need, 0.0)
    served = [need[reach.served(shift.visited)].sum() / need.sum() for shift in planned]
    most = planned[int(np.argmax(served))]
    serving = [
        number for number in most.visited if need[reach.reaches[number]].sum() > 0
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
    fits = any(_fits(shift, stop) for shift in planned)
    return ("not_worth_detour" if fits else "no_time_left", None, None)


def _fits(shift: PlannedShift, stop: int) -> bool:
    """Return whether a route of a shift has time for a stop, anywhere in its order."""
    for vehicle, route in enumerate(shift.routes):
        for at in range(len(route) + 1):
            longer = (*route[:at], stop, *route[at:])
            if shift.problem.schedule(vehicle, longer):
                return True
    return False


@dataclass(frozen=True)
class _Change:
    """A small change of a night."""

    inputs: PlanningInputs
    """With the change."""
    admits: str
    """What changes, as in table `LEFT_OUT`."""
    admit_shift: str | None = None
    admit_min: int | None = None
    stop: int | None = None
    """The one stop that it is for."""


def _admitted(
    inputs: PlanningInputs, planned: Sequence[PlannedShift], found: pd.DataFrame
) -> pd.DataFrame:
    """Return by stop the least change with which the night visits it, and what else that does.

    Each is planned from the night as `planned`: the change of the need served, and the stops that
    are then dropped, are those of the change alone.
    """
    columns = ["admits", "admit_shift", "admit_min", "admit_need", "admit_drops"]
    before = _visited(planned)
    share = appraisal.shares(inputs, planned)["need_share"]
    rows: dict[int, list[object]] = {}
    changes = list(_changes(inputs, planned, found))
    nights = in_threads(partial(_changed, planned), changes)
    for change, night in zip(changes, nights, strict=True):
        after = _visited(night)
        more = appraisal.shares(change.inputs, night)["need_share"] - share
        dropped = inputs.stops["stop"][sorted(before - after)]
        admitted = after - before - rows.keys()
        if change.stop is not None:
            admitted &= {change.stop}
        for stop in admitted:
            rows[stop] = [
                *(change.admits, change.admit_shift, change.admit_min),
                more,
                ", ".join(dropped),
            ]
    table = pd.DataFrame.from_dict(rows, "index", columns=columns, dtype=object)
    return table.reindex(found.index)


def _changed(planned: Sequence[PlannedShift], change: _Change) -> list[PlannedShift]:
    """Return the night with a change, gone on from the night as planned."""
    return plan_night(change.inputs, start=planned)


def _visited(planned: Sequence[PlannedShift]) -> set[int]:
    return {stop for shift in planned for stop in shift.visited}


def _changes(
    inputs: PlanningInputs, planned: Sequence[PlannedShift], found: pd.DataFrame
) -> Iterator[_Change]:
    """Yield changes of a night, smallest first."""
    params = inputs.params
    for more in LONGER_MIN:
        for number, shift in enumerate(params.shifts):
            before, after = params.shifts[:number], params.shifts[number + 1 :]
            longer = _longer(shift, more, after[:1])
            if longer is not None:
                shifts = (*before, longer, *after)
                changed = replace(inputs, params=replace(params, shifts=shifts))
                yield _Change(changed, "longer_shift", shift.name, more)
    if not any(shift.vehicles for shift in params.shifts):
        vehicles = params.vehicles + 1
        wider = replace(inputs, params=replace(params, vehicles=vehicles))
        yield _Change(wider, "vehicle")
    closed = found["stop"][found["reason"] == "outside_window"]
    if len(closed):
        night = plan_night(_opened(inputs, closed), start=planned)
        for number in closed.index[closed.index.isin(_visited(night))]:
            opened = _opened(inputs, [closed[number]])
            yield _Change(opened, "window", stop=number)


def _opened(inputs: PlanningInputs, stops: Collection[str]) -> PlanningInputs:
    """Return the inputs with some stops open always."""
    windows, opening = (
        tuple(window for window in all_ if window.stop not in set(stops))
        for all_ in (inputs.params.windows, inputs.opening)
    )
    params = replace(inputs.params, windows=windows)
    return replace(inputs, params=params, opening=opening)


def _longer(shift: Shift, more: int, after: Sequence[Shift]) -> Shift | None:
    """Return a shift that ends later; None where no crew works so long, or the next one begins."""
    start, end = shift_span_s(shift)
    end += more * 60
    blocked = any(shift_span_s(later)[0] < end for later in after)
    if shift.vehicles or blocked or end - start > LONGEST_SHIFT_H * 3600:
        return None
    return replace(shift, end=hhmm(end))
