"""What a plan is worth to its user: measures, yardsticks, robustness, the price of more."""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import Final

import numpy as np
import pandas as pd

from geo.params import PatrolParams
from geo.params.patrols import LONGEST_SHIFT_H
from geo.patrols.clock import hhmm, longest_s, shift_span_s
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import (
    by_routes,
    greedy_night,
    night_by_rule,
    plan_night,
    worth_share,
)
from geo.patrols.timetable import PlannedShift
from geo.routing.problem import DEPOT, Cover, Problem, Route, Routes
from geo.schema import PATROL_MEASURES, TRADE_OFF

MORE: Final = ((0, 1.0), (0, 2.0), (1, 0.0))
"""Vehicles and hours more whose price is given."""
QUICKER: Final = 4
"""A night of other vehicles or hours is planned with a solver that stops after this fraction of its
iterations: it serves up to 0.1 % less of the need than with all of them."""
LATE_S: Final = 20 * 60
"""A start so late is the one whose price is given."""
VARIATION: Final = 0.3
"""Travel times and needs of a draw are up to this share more or less than assumed."""


def measures(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> pd.DataFrame:
    """Return what each shift does: the columns of `PATROL_MEASURES` that need no other plan."""
    rows = []
    for shift in planned:
        drives = [(last, visit) for *_, last, visit in shift.drives()]
        pauses = [visit.pause for _, visit in drives if visit.pause]
        rows.append(
            {
                "shift": shift.name,
                "stops": len(shift.visited),
                **shares(inputs, [shift]),
                "driving_min": shift.problem.all_driving_s(shift.routes) / 60,
                "stopping_min": sum(
                    visit.departure_s - visit.begin_s for _, visit in drives
                )
                / 60,
                "waiting_min": sum(
                    visit.begin_s - visit.arrival_s for _, visit in drives
                )
                / 60,
                "break_min": sum(end - start for start, end in pauses) / 60,
                "driven_km": sum(
                    inputs.matrix.distance_m[last, visit.stop] for last, visit in drives
                )
                / 1000,
            }
        )
    return pd.DataFrame(rows)


def proposal_measures(
    inputs: PlanningInputs, planned: Sequence[PlannedShift]
) -> pd.DataFrame:
    """Return `measures` of proposed shifts, with what they lack of exploration."""
    found = measures(inputs, planned).assign(plan="proposed")
    short = (inputs.params.exploration - found["explored_share"]).clip(lower=0)
    return found.assign(exploration_short=short)


def shares(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> dict[str, float]:
    """Return the shares of need, advised places and exploration of some shifts together."""
    visited = [stop for shift in planned for stop in shift.visited]
    at_advised = np.asarray(inputs.reach.at_advised[visited].any(axis=0))
    service_s = inputs.stops["service_s"].to_numpy(float)
    explored_s = 0.0
    for shift in planned:
        little = inputs.reach.to_explore(shift.unexplored)
        explored_s += float((service_s * little)[shift.visited].sum())
    return {
        "need_share": float(inputs.reach.of_all[inputs.reach.served(visited)].sum()),
        "advised_share": float(at_advised.mean()) if len(at_advised) else float("nan"),
        "explored_share": explored_s / max(float(service_s[visited].sum()), 1.0),
    }


def yardsticks(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> pd.DataFrame:
    """Return table `PATROL_MEASURES`: a night beside greedy insertion and the plain round trip.

    A row per shift and plan, then a row per plan for the whole night.  Greedy insertion has the
    objective of the plan, without the price of exploring, minimum visits and usual times.  Each of
    the three begins with the need that the nights before left, and goes on in its second shift from
    its own first one.
    """
    plain = by_routes(inputs, lambda _, problem: round_trip(problem))
    remaining = planned[0].remaining
    nights: dict[str, list[PlannedShift]] = {
        "proposed": list(planned),
        "greedy": greedy_night(inputs, remaining),
        "round_trip": night_by_rule(inputs, plain, remaining),
    }
    made = [proposal_measures(inputs, planned)]
    others = [name for name in nights if name != "proposed"]
    made += [measures(inputs, nights[name]).assign(plan=name) for name in others]
    whole = [
        _whole(inputs, shifts).assign(plan=name) for name, shifts in nights.items()
    ]
    table = pd.concat(
        [pd.concat(made).sort_index(kind="stable"), *whole], ignore_index=True
    )
    proposed = table["plan"] == "proposed"
    parts = [*([shift] for shift in planned), planned]
    drawn = [
        robustness(inputs, part, seed=inputs.params.seed)["need"] for part in parts
    ]
    late = [
        _driven(inputs.reach.cover_of_all, part, late_s=LATE_S)[1] for part in parts
    ]
    table.loc[proposed, "need_low"] = [needs.quantile(0.1) for needs in drawn]
    table.loc[proposed, "need_high"] = [needs.quantile(0.9) for needs in drawn]
    table.loc[proposed, "need_late"] = late
    return PATROL_MEASURES.frame(table)


def _whole(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> pd.DataFrame:
    """Return the measures of a whole night: one row without a shift."""
    of_night = shares(inputs, planned)
    sums = measures(inputs, planned).drop(columns=["shift", *of_night]).sum()
    worth = worth_share(inputs, (shift.routes for shift in planned))
    return sums.to_frame().T.assign(**of_night, worth_share=worth)


def round_trip(problem: Problem) -> Routes:
    """Return the plan without planning: each vehicle in turn drives to the nearest stop.

    It passes over stops already visited, those that are closed when it comes, and those from which
    it would not be back in time.
    """

    def open_at_once(vehicle: int, route: Route, stop: int) -> bool:
        visits = problem.schedule(vehicle, (*route, stop))
        return visits is not None and visits[-2].begin_s == visits[-2].arrival_s

    remaining = {stop for stop in problem.stops if problem.prize[stop] > 0}
    routes = []
    for vehicle in range(len(problem.vehicles)):
        route: Route = ()
        while True:
            last = route[-1] if route else DEPOT
            nearest = np.argsort(problem.travel_s[last], kind="stable").tolist()
            able = (
                stop
                for stop in nearest
                if stop in remaining and open_at_once(vehicle, route, stop)
            )
            stop = next(able, None)
            if stop is None:
                break
            route = (*route, stop)
            remaining -= {stop}
        routes.append(route)
    return tuple(routes)


def robustness(
    inputs: PlanningInputs,
    planned: Sequence[PlannedShift],
    *,
    seed: int,
    draws: int = 100,
) -> pd.DataFrame:
    """Return what a plan serves when roads and needs are not as assumed, a row per draw.

    In each draw all travel times are multiplied by one factor, ``travel``, and the need at each
    point by one of its own, uniform within `VARIATION` of 1.  The crew keeps the order and passes
    over a stop from which it could not be back by the end of the shift.  ``kept`` is the share of
    planned stops served, ``need`` the need served as a share of all drawn; what no stop reaches is
    as assumed.

    Parameters
    ----------
    inputs
        What the plan was made from.
    planned
        Shifts of the plan.
    seed
        Of the draws.
    draws
        Number of rows.
    """
    rng = np.random.default_rng(seed)
    cover = inputs.reach.cover_of_all
    beyond = 1 - cover.need.sum()
    planned_stops = sum(len(shift.visited) for shift in planned)
    rows = []
    for _ in range(draws):
        travel = rng.uniform(1 - VARIATION, 1 + VARIATION)
        need = cover.need * rng.uniform(1 - VARIATION, 1 + VARIATION, len(cover.need))
        drawn = replace(cover, need=need / (need.sum() + beyond))
        stops, served = _driven(drawn, planned, travel)
        rows.append(
            {"travel": travel, "kept": stops / max(planned_stops, 1), "need": served}
        )
    return pd.DataFrame(rows)


def _driven(
    cover: Cover,
    planned: Sequence[PlannedShift],
    travel: float = 1.0,
    *,
    late_s: int = 0,
) -> tuple[int, float]:
    """Return stops and need that shifts serve on slower roads, or where they start late."""
    served: list[Route] = []
    for shift in planned:
        served += shift.driven(shift.routes, travel, late_s)
    return sum(map(len, served)), cover.served(tuple(served))


def trade_off(
    inputs: PlanningInputs,
    planned: Sequence[PlannedShift],
    *,
    more: Iterable[tuple[int, float]] = MORE,
) -> pd.DataFrame:
    """Return table `TRADE_OFF`: what more would add to a night, the night as `planned` first.

    What is more by every shift, where what a second shift repeats counts in part, may be a little
    less by the share of the need, where each place counts once.

    `more` gives vehicles more, or fewer, and hours by which every shift ends later; those by which
    one would be longer than `LONGEST_SHIFT_H` are left out.  Stops that are too far for the longest
    shift of `inputs` stay out.

    Parameters
    ----------
    inputs : geo.patrols.PlanningInputs
    planned : sequence of PlannedShift
        The night.
    more : iterable of (int, float), optional
        Vehicles more, and hours later.

    Returns
    -------
    pandas.DataFrame, table `TRADE_OFF`
    """
    nights = {(0, 0.0): (inputs, [*planned])}
    longest_h = longest_s(inputs.params.shifts) / 3600
    for vehicles, hours in more:
        if longest_h + hours <= LONGEST_SHIFT_H:
            params = _more(inputs.params, vehicles, hours)
            # What less allows, more allows, too: it goes on from there.
            within = [
                night
                for (fewer, shorter), (_, night) in nights.items()
                if fewer <= vehicles and shorter <= hours
            ]
            other = replace(inputs, params=params)
            night = plan_night(other, start=[[*planned], *within][-1])
            nights[vehicles, hours] = other, night
    rows: list[dict[str, object]] = []
    for (_, hours), (of_night, night) in nights.items():
        measured = measures(of_night, night)
        rows.append(
            {
                "vehicles": of_night.params.vehicles,
                "more_hours": hours,
                "stops": int(measured["stops"].sum()),
                "places": len({stop for shift in night for stop in shift.visited}),
                "need_share": shares(of_night, night)["need_share"],
                "driving_min": float(measured["driving_min"].sum()),
            }
        )
    return TRADE_OFF.frame(rows)


def _more(params: PatrolParams, vehicles: int, hours: float) -> PatrolParams:
    """Return parameters with more vehicles, and shifts that end so many hours later."""
    shifts = []
    for shift in params.shifts:
        end_s = shift_span_s(shift)[1] + round(hours * 3600)
        shifts.append(replace(shift, end=hhmm(end_s)))
    return replace(
        params,
        vehicles=params.vehicles + vehicles,
        shifts=tuple(shifts),
        iterations=-(-params.iterations // QUICKER),
    )
