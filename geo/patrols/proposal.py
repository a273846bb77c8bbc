"""From the inputs to a checked and appraised proposal of patrols: the story of one night.

It stands apart from `geo.study`, which takes seconds to load: a planner who changes a shift waits
for none of the analysis.
"""

from dataclasses import replace

import geopandas as gpd

from geo.params import Params
from geo.patrols import appraisal, dispatch, locks, nights
from geo.patrols.audit import breaches, require_none
from geo.patrols.clock import crews
from geo.patrols.survey import PlanningInputs, prepare
from geo.patrols.tables import as_tables
from geo.results import Patrols
from layers.records import StudyData


def propose(inputs: PlanningInputs) -> Patrols:
    """Plan the shifts of one night, check the plan and appraise it.

    Raises `ProblemError` if a shift admits no plan, with the smallest change that would mend it,
    `PlanError` if the plan breaks a rule of its own.
    """
    planned = locks.plan_night(inputs)
    proposed = as_tables(inputs, planned)
    require_none(breaches(proposed, inputs.matrix.drive, inputs.boundary, inputs.in_force))
    measured = appraisal.yardsticks(inputs, planned)
    new_only = measured["shift"].map(appraisal.without_repeats(inputs, planned))
    measured["new_only_share"] = new_only.where(measured["plan"] == "proposed").astype("float64")
    made, params = replace(proposed, measures=measured), inputs.params
    night = nights.numbered(made, 1, params.date, params.time_zone)
    more, desk = appraisal.trade_off(inputs, planned), dispatch.desk(inputs, planned)
    needed = crews(night.stops, inputs.params.rest_h)
    return replace(night, trade_off=more, desk=desk, crews=needed)


def replan(
    data: StudyData, need: gpd.GeoDataFrame, hotspots: gpd.GeoDataFrame, params: Params, *,
    several: bool = False,
) -> Patrols:  # fmt: skip
    """Propose patrols on the need and the hotspots that a study found, without the study.

    Parameters are those of `geo.patrols.survey.prepare`; with `several` the nights of
    ``[fortnight]`` are planned instead of the first.  Errors are those of `prepare`, `propose` and
    `geo.patrols.nights.propose_several`.
    """
    if several:
        return nights.propose_several(prepare(data, need, hotspots, params), params.fortnight)
    first = replace(params, patrols=params.patrols.of_night(1))
    return propose(prepare(data, need, hotspots, first))
