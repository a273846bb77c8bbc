"""Several nights that follow what visits of the log brought, and why hours moved.

First all hours are planned anew, quickly; what of that differs from the last plan moves, as far as
`course_rules` lets it; then the nights are planned on that course.
"""

import math
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import date
from types import MappingProxyType
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Floats, Ints, Objects
from geo.breaches import Breach
from geo.params import FortnightParams
from geo.params.patrols import Bank
from geo.patrols.course import Course
from geo.patrols.inputs import PlanningInputs
from geo.patrols.nights import Fortnight, plan_nights
from geo.records import Log
from geo.results import Patrols
from geo.routing.problem import DEPOT, ProblemError
from geo.schema import FOLLOWED
from mitrovica.adaptation.course_rules import (
    Announced,
    Known,
    announced,
    course_of,
    free_course,
    known_of,
)
from mitrovica.adaptation.equity import least_served
from mitrovica.adaptation.predecessor import last_plan
from mitrovica.adaptation.promises import broken_promises
from mitrovica.adaptation.visit_results import Records, records_of

NO_BANKS: Final[Mapping[str, str]] = MappingProxyType({})
QUICK: Final = 5
"""Iterations of the solver in the plan in which all hours may move."""
WITHDRAWN_SHARES: Final = (0.8, 0.4, 0.0)
"""Of the visits that may be withdrawn, the share that a course withdraws, since some announced ones
find no room.  The next is tried where more than may be are lost."""


@dataclass(frozen=True)
class Feedback:
    """What the visits of a log say of the next nights, as `geo.patrols.replan` takes it."""

    log: Log
    banks: Mapping[Bank, Sequence[str]]
    """The stops on each bank of the Ibar; who is served least is told of each, too."""

    def plan(
        self, inputs: PlanningInputs, params: FortnightParams
    ) -> tuple[Fortnight, pd.DataFrame]:
        """Return nights that follow the log, unless ``patrols.follow`` is false, and `FOLLOWED`."""
        if not follows(inputs, self.log):
            return plan_nights(inputs, params), FOLLOWED.frame()
        bank_of = {stop: bank for bank, own in self.banks.items() for stop in own}
        return follow(inputs, params, self.log, bank_of)

    def broken_promises(
        self, patrols: Patrols, inputs: PlanningInputs, params: FortnightParams
    ) -> list[Breach]:
        """Return what such a plan does not keep of what was promised."""
        return broken_promises(patrols, inputs, params)


def follows(inputs: PlanningInputs, log: Log) -> bool:
    """Tell whether a plan follows a log: it is asked to, and the log holds visits."""
    return inputs.params.follow and not records_of(log).by_stop.empty


# What one step knows, the next ones read.
def follow(
    inputs: PlanningInputs,
    params: FortnightParams,
    log: Log,
    bank_of: Mapping[str, str] = NO_BANKS,
) -> tuple[Fortnight, pd.DataFrame]:
    """Return nights that follow a log, and table `FOLLOWED`.

    Stops drawn by lot take the place of ``patrols.exploration``.  Where the need with least service
    has too little of it, in all or on a bank, the nights are planned again with a minimum of visits
    there.  In the first plan that follows a log the table has the plan of the need alone, too.
    Raises as `plan_nights`.

    Parameters
    ----------
    inputs
        Stops, vehicles, shifts, need and its posterior.
    params
        Number of nights and iterations of the search.
    log
        Visits and the last plan.
    bank_of
        Bank of the Ibar by id of a stop; without it no bank has a minimum of its own.
    """
    quick = replace(params, iterations=min(QUICK, params.iterations))
    fixed = visits_of(plan_nights(inputs, quick)) if _is_first(log) else None
    by_lot_only = replace(inputs.params, exploration=0.0)
    inputs = replace(inputs, params=by_lot_only, fortnight=params)
    known = known_of(inputs, records_of(log))
    before = announced(inputs, plan_before(log, inputs.params.date), params)
    all_anew = free_course(known, before.visits > 0)
    wanted = visits_of(plan_nights(inputs, quick, all_anew))
    day = inputs.params.date or date.fromisoformat(log.visits["date"].max())
    of_whole_months = records_of(log, before=f"{day:%Y-%m}")

    def planned(params: FortnightParams) -> tuple[Fortnight, pd.DataFrame]:
        nights, course = on_course(inputs, known, before, wanted, params)
        table = table_of(nights, known, before, course, of_whole_months)
        bank = table["stop"].map(bank_of).astype("string")
        return nights, table.assign(bank=bank)

    nights, table = planned(params)
    visits = _least_visits(inputs, params, table, known)
    if visits:
        # If there is no room, the plan says that they are served too little.
        with suppress(ProblemError):
            more = {**params.visits, **visits}
            nights, table = planned(replace(params, visits=more))
    if fixed is not None:
        table["fixed"] = pd.array(fixed[1:], dtype="Int64")
    return nights, table


def _is_first(log: Log) -> bool:
    """Return whether no plan was made since the first visits came."""
    is_plan = log.imports["kind"] == "plan"
    first = log.imports.loc[log.imports["kind"] == "add", "at"].min()
    return not (is_plan & (log.imports["at"] > first)).any()


def on_course(
    inputs: PlanningInputs,
    known: Known,
    before: Announced,
    wanted: Ints,
    params: FortnightParams,
) -> tuple[Fortnight, Course]:
    """Return nights that lose no more announced visits than may be withdrawn, and their course.

    Parameters
    ----------
    inputs
    known
        What is known of each stop from the log.
    before
        Visits that were announced in the last plan.
    wanted
        (n,): visits of each stop in the plan in which all hours may move.
    params
        Number of nights, and the share of the visits that may be withdrawn.

    Returns
    -------
    Fortnight, Course
        The first that keep to the share; those that lose least if none do.

    Raises as `plan_nights`.
    """
    tried: dict[int, tuple[Fortnight, Course]] = {}
    most = params.moves * before.visits.sum()
    for share in WITHDRAWN_SHARES if most else (0.0,):
        fewer = replace(params, moves=share * params.moves)
        course = course_of(inputs, known, before, wanted, fewer)
        try:
            nights = plan_nights(inputs, params, course)
        except ProblemError:
            if not tried:
                raise
            break
        regular = visits_of(nights) - nights.by_lot
        lost = int(np.maximum(before.visits - regular, 0).sum())
        if lost <= most:
            return nights, course
        tried[lost] = nights, course
    return tried[min(tried)]


def _least_visits(
    inputs: PlanningInputs, params: FortnightParams, table: pd.DataFrame, known: Known
) -> dict[str, int]:
    """Return the visits, by stop, with which the need with least service has enough of it.

    None where people stay away, or near there.
    """
    # The depot, which is the first, may be a stop as well, by the same id.
    stops = inputs.stops.iloc[1:].set_index("stop")
    need = pd.Series(inputs.reach.by_stop["need"].to_numpy()[1:], stops.index)
    by_stop = table.set_index("stop")
    made = by_stop["visits"] + by_stop["by_lot"]
    stay_min = (stops["service_s"] - stops["walk_s"]) / 60
    spared = set(stops.index[known.near_away[1:]])
    visits: dict[str, int] = {}
    for least in least_served(table.assign(need=table["stop"].map(need))):
        enough_min = params.least_served * least.mean_min
        if least.minutes >= enough_min:
            continue
        for stop in least.stops:
            lacks_min = enough_min - by_stop["served_min"][stop]
            if lacks_min > 0 and stop not in spared:
                more = math.ceil(lacks_min / stay_min[stop])
                visits[stop] = int(made[stop]) + more
    return visits


def plan_before(log: Log, first: date | None) -> gpd.GeoDataFrame:
    """Return the last plan of nights that begin before `first`, table `STOPS`.

    Plans of the same nights are none: to plan again moves no hours twice.
    """
    if first is not None:
        begins = log.plans.groupby("import_id")["date"].min()
        earlier = begins.index[begins < first.isoformat()]
        of_earlier = log.plans["import_id"].isin(earlier)
        log = replace(log, plans=log.plans[of_earlier])
    return last_plan(log, first)


def visits_of(nights: Fortnight) -> Ints:
    """Return the visits to each stop, the depot first."""
    visited = [stop for shift in nights.shifts for stop in shift.visited]
    return np.bincount(visited, minlength=len(nights.inputs.stops))


def table_of(
    nights: Fortnight, known: Known, before: Announced, course: Course, records: Records
) -> pd.DataFrame:
    """Return table `FOLLOWED`: a row for each stop that a plan may visit.

    Parameters
    ----------
    nights
    known
        What is known of each stop from the log.
    before
        Visits that were announced in the last plan.
    course
        Least and most visits of each stop, and the lots that were drawn.
    records
        What the visits of months that may be told brought, by stop.
    """
    inputs = nights.inputs
    n = len(inputs.stops)
    by_lot = np.broadcast_to(nights.by_lot, n)
    visits = visits_of(nights) - by_lot
    chance = course.drawn.table.drop_duplicates("stop").set_index("stop")
    counts = records.by_stop[["nights", "minutes", "groups", "accepted"]]
    brought = counts.reindex(inputs.stops["stop"], fill_value=0)
    brought = brought.reset_index(drop=True)
    answered = records.by_stop["asked"].sum() > 0
    table = pd.DataFrame(
        {
            "stop": inputs.stops["stop"],
            "name": inputs.stops["name"],
            "announced": before.visits,
            "visits": visits,
            "by_lot": by_lot,
            "probability": chance["probability"].reindex(range(n)),
            "why": _why(nights, known, before, course, visits, by_lot),
            "served_min": _served_min(inputs, visits + by_lot),
            "nights_made": brought["nights"],
            "hours_made": brought["minutes"] / 60,
            "groups": brought["groups"],
            "accepted": brought["accepted"] if answered else pd.NA,
        }
    )
    return FOLLOWED.frame(table.drop(index=DEPOT).reset_index(drop=True))


def _why(
    nights: Fortnight,
    known: Known,
    before: Announced,
    course: Course,
    visits: Ints,
    by_lot: Ints,
) -> Objects:
    """Return what moved the hours of each stop, of the values `why_moved`; the first that holds."""
    inputs = nights.inputs
    quota = np.r_[0, nights.visits["quota"].to_numpy(int)[: len(visits) - 1]]
    regular = before.visits > 0
    often = known.accepted * known.minutes.sum() >= (
        known.accepted.sum() * known.minutes
    )
    more = regular & (visits > before.visits)
    asked = (visits > before.visits) & (visits <= quota)
    conditions = {
        "suspended": ~inputs.in_use,
        "never_open": ~known.visitable & known.visitable_if_open,
        "too_far": ~known.visitable,
        "stays_away": known.away & (course.aim < before.visits),
        "not_kept": visits < np.minimum(course.aim, before.visits),
        "closed": regular & (visits == 0),
        "less_help": visits < before.visits,
        "minimum": asked,
        "more_help": more & often,
        "room": more,
        "kept": regular,
        "opened": (visits > 0) & regular.any(),
        "first": visits > 0,
        "by_lot": by_lot > 0,
    }
    return np.select([*conditions.values()], [*conditions], default="not_regular")


def _served_min(inputs: PlanningInputs, visits: Ints) -> Floats:
    """Return the minutes that serve the need in reach of each stop, by its points' need."""
    reach = inputs.reach
    stay_s = inputs.stops["service_s"] - inputs.stops["walk_s"]
    minutes = visits * stay_s.to_numpy(float) / 60
    at_points = minutes @ reach.reaches
    need = reach.reaches * reach.need
    whole = np.maximum(need.sum(axis=1), 1e-12)
    return np.asarray(need @ at_points / whole)
