"""From the inputs to a checked and appraised proposal of patrols: the story of one night.

It stands apart from `geo.study`, which takes seconds to load: a planner who changes a shift waits
for none of the analysis.
"""

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import pandas as pd

from geo.params import FortnightParams, Params
from geo.patrols import appraisal, edited, nights
from geo.patrols.audit import breaches, require_none
from geo.patrols.clock import crews
from geo.patrols.inputs import PlanningInputs, prepare
from geo.patrols.left_out import stops_left_out
from geo.patrols.shifts import plan_night
from geo.patrols.timetable import PlannedShift, timetables
from geo.results import Patrols
from geo.routing.problem import DEPOT
from layers.records import StudyData
from layers.schema import PATROL_MEASURES, STOP_NEED


def propose(inputs: PlanningInputs) -> Patrols:
    """Plan the shifts of one night, check the plan and appraise it.

    Raises `ProblemError` if a shift admits no plan, with the smallest change that would mend it,
    `PlanError` if the plan breaks a rule of its own.
    """
    planned = plan_night(inputs)
    night = _with_stops(_night(inputs, planned, 1), inputs, planned)
    more, desk = appraisal.trade_off(inputs, planned), edited.desk(inputs, planned)
    return replace(night, trade_off=more, desk=desk, crews=crews(night.stops, inputs.params.rest_h))


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
        stops, legs, measures=measures, visits=found.visits,
        crews=crews(stops, inputs.params.rest_h),
    )  # fmt: skip
    return _with_stops(plan, found.inputs, found.shifts)


def _night(inputs: PlanningInputs, planned: Sequence[PlannedShift], number: int) -> Patrols:
    """Return the tables of a night, checked and measured."""
    night, drive = timetables(inputs, planned, number), inputs.matrix.drive
    broken = breaches(night, drive, inputs.boundary, inputs.in_force, fortnight=inputs.fortnight)
    require_none(broken, "the plan" if inputs.fortnight is None else f"night {number}")
    measured = appraisal.yardsticks(inputs, planned).assign(night=number)
    return replace(night, measures=PATROL_MEASURES.frame(measured))


def replan(
    data: StudyData, need: gpd.GeoDataFrame, params: Params, *, several: bool = False
) -> Patrols:
    """Propose patrols on the need that a study found, without the study.

    Parameters are those of `geo.patrols.inputs.prepare`; with `several` the nights of
    ``[fortnight]`` are planned instead of the first.  Errors are those of `prepare`, `propose` and
    `propose_several`.
    """
    if several:
        return propose_several(prepare(data, need, params), params.fortnight)
    first = replace(params, patrols=params.patrols.of_night(1))
    return propose(prepare(data, need, first))


def as_tables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable, road geometries, what was left out, and what stops are worth."""
    return _with_stops(timetables(inputs, planned), inputs, planned)


def _with_stops(
    patrols: Patrols, inputs: PlanningInputs, planned: Sequence[PlannedShift]
) -> Patrols:
    """Return the plan of one night, or of several together, with the tables of all its stops."""
    reach = inputs.reach
    needs = inputs.stops.join(reach.by_stop)
    needs = needs.assign(at_advised=reach.advised, little_known=reach.little_known)
    return replace(
        patrols,
        left_out=stops_left_out(inputs, planned),
        roads=inputs.matrix,
        nodes=dict(zip(inputs.stops["stop"], inputs.matrix.nodes.tolist(), strict=True)),
        stop_need=STOP_NEED.frame(needs.drop(index=DEPOT).reset_index(drop=True)),
    )
