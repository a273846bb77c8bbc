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
from geo.patrols.stops import StopError
from geo.patrols.survey import PlanningInputs, prepare
from geo.patrols.tables import as_tables
from geo.results import Patrols
from layers.records import StudyData


def propose(inputs: PlanningInputs) -> Patrols:
    """Plan the shifts of one night, check the plan and appraise it.

    Raises
    ------
    geo.routing.problem.ProblemError
        If a shift admits no plan; the message names the smallest change that would mend it.
    geo.patrols.audit.PlanError
        If the plan breaks a rule of its own.
    """
    planned = locks.plan_night(inputs)
    proposed = as_tables(inputs, planned)
    require_none(breaches(proposed, inputs.matrix.drive, inputs.boundary, inputs.in_force))
    appraised = replace(
        proposed,
        measures=appraisal.yardsticks(inputs, planned),
        trade_off=appraisal.trade_off(inputs, planned),
        desk=dispatch.desk(inputs, planned),
    )
    night = nights.numbered(appraised, 1, inputs.params.date)
    return replace(night, crews=crews(night.stops, inputs.params.rest_h))


def replan(
    data: StudyData, need: gpd.GeoDataFrame, hotspots: gpd.GeoDataFrame, params: Params, *,
    several: bool = False,
) -> Patrols:  # fmt: skip
    """Propose patrols on the need and the hotspots that a study found, without the study.

    Parameters
    ----------
    data, need, hotspots, params
        As for `geo.patrols.survey.prepare`.
    several : bool
        Plan the nights of ``[fortnight]`` instead of one.

    Returns
    -------
    geo.results.Patrols
        In the CRS of `geo.crs.to_metric`; errors are those of `geo.patrols.survey.prepare`,
        `propose` or, of several nights, `geo.patrols.nights.propose_several`.
    """
    if several and (params.patrols.lock_stops or params.patrols.lock_order):
        raise StopError(
            "patrols.lock_stops and patrols.lock_order are of one night, and several are planned. "
            "Fix: take them out, or plan one night"
        )
    inputs = prepare(data, need, hotspots, params)
    return nights.propose_several(inputs, params.fortnight) if several else propose(inputs)
