"""What a plan is worth to its user: measures, yardsticks, robustness, the price of more."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import replace
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import require_metric
from geo.params import Shift
from geo.params.clock import clock_s
from geo.params.patrols import LONGEST_SHIFT_H
from geo.patrols import covering
from geo.patrols import survey as patrols
from geo.patrols.covering import Cover
from geo.patrols.survey import Ground
from geo.patrols.timetable import PlannedShift, legs_table
from geo.routing.problem import DEPOT, Problem, Routes
from layers.schema import PATROL_MEASURES, TRADE_OFF

OBSERVED_M: Final = 100.0
"""A crew sees a corridor within so many metres of the road that it drives."""

MORE: Final = ((0, 1.0), (0, 2.0), (1, 0.0))
"""Vehicles and hours more whose price is told."""


def measures(ground: Ground, planned: Sequence[PlannedShift]) -> pd.DataFrame:
    """Return what each shift does.

    Parameters
    ----------
    ground : geo.patrols.survey.Ground
    planned : sequence of geo.patrols.timetable.PlannedShift

    Returns
    -------
    pandas.DataFrame
        A row per shift, with the columns of table `PATROL_MEASURES` that need no other plan and
        no road: need and minutes.
    """
    return pd.DataFrame([{"shift": shift.name, **_measured(ground, shift)} for shift in planned])


def _measured(ground: Ground, shift: PlannedShift) -> dict[str, float]:
    problem, visited = shift.problem, shift.visited
    drives = list(shift.drives())
    visits = [visit for *_, visit in drives]
    return {
        "stops": len(visited),
        "need_share": ground.reach.cover().served(shift.routes),
        "advised_share": _advised(ground, visited),
        "explored_share": _explored(ground, visited),
        "driving_min": sum(int(problem.travel_s[last, v.stop]) for *_, last, v in drives) / 60,
        "stopping_min": sum(v.departure_s - v.begin_s for v in visits) / 60,
        "waiting_min": sum(v.begin_s - v.arrival_s for v in visits) / 60,
        "break_min": sum(v.rest[1] - v.rest[0] for v in visits if v.rest) / 60,
        "driven_km": sum(ground.matrix.distance_m[last, v.stop] for *_, last, v in drives) / 1000,
    }


def _advised(ground: Ground, visited: Sequence[int]) -> float:
    """Return the share of the advised places that are visited; NaN where none is advised."""
    visited_at = np.asarray(ground.reach.at_advised[list(visited)].any(axis=0))
    return float(visited_at.mean()) if len(visited_at) else float("nan")


def _explored(ground: Ground, visited: Sequence[int]) -> float:
    """Return the share of stop time at places of which little is known."""
    service_s = ground.stops["service_s"].to_numpy(float)[list(visited)]
    little = ground.reach.little_known[list(visited)]
    return float(service_s[little].sum() / max(service_s.sum(), 1.0))


def observed_km(legs: gpd.GeoDataFrame, corridor: gpd.GeoDataFrame) -> float:
    """Return the kilometres of a corridor that lie beside the roads driven, each once.

    Parameters
    ----------
    legs : geopandas.GeoDataFrame, table `LEGS`, projected CRS in metres
    corridor : geopandas.GeoDataFrame of LineString, table `WAYS`, the same CRS
    """
    require_metric(legs=legs, corridor=corridor)
    seen = legs.geometry.union_all().buffer(OBSERVED_M)
    return float(corridor.geometry.intersection(seen).length.sum() / 1000)


def yardsticks(
    ground: Ground, planned: Sequence[PlannedShift], corridor: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the measures of a night beside greedy insertion and the plain round trip.

    Greedy insertion has the objective of the plan, without its wish to explore.  Each of the
    three goes on in its second shift from its own first one.

    Parameters
    ----------
    ground : geo.patrols.survey.Ground
    planned : sequence of geo.patrols.timetable.PlannedShift
        The shifts of ``ground.wish``, in order.
    corridor : geopandas.GeoDataFrame of LineString, table `WAYS`, the CRS of the stops
        Railways and main roads that a crew may observe.

    Returns
    -------
    pandas.DataFrame, table `PATROL_MEASURES`
        A row per shift and plan, then a row per plan for the whole night.
    """
    nights = {
        "proposed": list(planned),
        "greedy": _night_of(ground, covering.greedy),
        "round_trip": _night_of(ground, lambda problem, _: round_trip(problem)),
    }
    rows = [
        measures(ground, [shift]).assign(
            plan=name, observed_km=_observed(ground, [shift], corridor)
        )
        for shifts in zip(*nights.values(), strict=True)
        for name, shift in zip(nights, shifts, strict=True)
    ]
    rows += [_whole(ground, shifts, corridor).assign(plan=name) for name, shifts in nights.items()]
    table = pd.concat(rows, ignore_index=True)
    ours = table["plan"] == "proposed"
    drawn = [robustness(ground, [shift], seed=ground.wish.seed)["need"] for shift in planned]
    drawn.append(robustness(ground, planned, seed=ground.wish.seed)["need"])
    for column, share in (("need_low", 0.1), ("need_high", 0.9)):
        table.loc[ours, column] = [needs.quantile(share) for needs in drawn]
    return PATROL_MEASURES.frame(table)


def _night_of(ground: Ground, plan: Callable[[Problem, Cover], Routes]) -> list[PlannedShift]:
    """Return the night that a rule plans, shift after shift."""
    left = np.ones(len(ground.reach.need))
    shifts = []
    for shift in ground.wish.shifts:
        cover = ground.reach.cover(left=left)
        asked = patrols.problem(ground, ground.wish, shift, cover.prize)
        routes = plan(asked, cover)
        shifts.append(
            PlannedShift(
                shift.name, covering.at_margin(asked, cover, routes), routes, asked.prize, cover
            )
        )
        left[cover.times(routes) > 0] *= ground.wish.repeat
    return shifts


def _whole(
    ground: Ground, planned: Sequence[PlannedShift], corridor: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the measures of a whole night: one row without a shift."""
    made = measures(ground, planned)
    every = tuple(route for shift in planned for route in shift.routes)
    visited = [stop for route in every for stop in route]
    whole = made.drop(columns=["shift", "need_share", "advised_share", "explored_share"]).sum()
    cover = ground.reach.cover()
    worth, left = 0.0, np.ones(len(cover.need))
    for shift in planned:
        served = cover.times(shift.routes) > 0
        worth += float((cover.need * left)[served].sum())
        left[served] *= ground.wish.repeat
    return pd.DataFrame(
        {
            **whole.to_dict(),
            "need_share": cover.served(every),
            "worth_share": worth / sum(ground.wish.repeat**n for n in range(len(planned))),
            "advised_share": _advised(ground, visited),
            "explored_share": _explored(ground, visited),
            "observed_km": _observed(ground, planned, corridor),
        },
        index=[0],
    )


def _observed(ground: Ground, planned: Sequence[PlannedShift], corridor: gpd.GeoDataFrame) -> float:
    return observed_km(legs_table(ground.stops, ground.matrix, planned), corridor)


def round_trip(problem: Problem) -> Routes:
    """Return the plan without planning: each vehicle in turn drives to the nearest stop left.

    It passes over what it cannot serve and be back from in time.
    """
    left = {stop for stop in problem.stops if problem.prize[stop] > 0}
    routes = []
    for vehicle in range(len(problem.vehicles)):
        route: tuple[int, ...] = ()
        while True:
            last = route[-1] if route else DEPOT
            near = np.argsort(problem.travel_s[last], kind="stable").tolist()
            fits = (s for s in near if s in left and problem.schedule(vehicle, (*route, s)))
            stop = next(fits, None)
            if stop is None:
                break
            route = (*route, stop)
            left -= {stop}
        routes.append(route)
    return tuple(routes)


def robustness(
    ground: Ground,
    planned: Sequence[PlannedShift],
    *,
    seed: int,
    draws: int = 100,
    spread: float = 0.3,
) -> pd.DataFrame:
    """Return what a plan serves when roads and needs are not as assumed.

    In each draw all travel times are multiplied by one factor, and the need at each point by one
    of its own, uniform from 1 - `spread` to 1 + `spread`.  The crew keeps the order and passes
    over a stop from which it could not be back in time.

    Parameters
    ----------
    ground : geo.patrols.survey.Ground
    planned : sequence of geo.patrols.timetable.PlannedShift
    seed : int
    draws : int
    spread : float

    Returns
    -------
    pandas.DataFrame
        A row per draw: ``travel``, the factor; ``kept``, the share of planned stops served;
        ``need``, the need served as a share of all drawn; ``expected``, that of the whole plan.
    """
    rng = np.random.default_rng(seed)
    cover = ground.reach.cover()
    every = tuple(route for shift in planned for route in shift.routes)
    rows = []
    for _ in range(draws):
        travel = rng.uniform(1 - spread, 1 + spread)
        need = cover.need * rng.uniform(1 - spread, 1 + spread, len(cover.need))
        drawn = replace(cover, need=need / need.sum())
        served: Routes = tuple(
            _kept(slower, vehicle, route)
            for shift in planned
            for slower in [_slower(shift.problem, travel)]
            for vehicle, route in enumerate(shift.routes)
        )
        rows.append(
            {
                "travel": travel,
                "kept": sum(map(len, served)) / max(sum(map(len, every)), 1),
                "need": drawn.served(served),
                "expected": drawn.served(every),
            }
        )
    return pd.DataFrame(rows)


def _slower(problem: Problem, factor: float) -> Problem:
    return replace(problem, travel_s=np.ceil(problem.travel_s * factor).astype(np.int64))


def _kept(problem: Problem, vehicle: int, route: Sequence[int]) -> tuple[int, ...]:
    kept: tuple[int, ...] = ()
    for stop in route:
        if problem.schedule(vehicle, (*kept, stop)):
            kept = (*kept, stop)
    return kept


def trade_off(
    ground: Ground,
    planned: Sequence[PlannedShift],
    *,
    more: Iterable[tuple[int, float]] = MORE,
) -> pd.DataFrame:
    """Return what vehicles or hours more would add to a night, the night as it is first.

    Stops that are too far for the longest shift of `ground` stay out.

    Parameters
    ----------
    ground : geo.patrols.survey.Ground
    planned : sequence of geo.patrols.timetable.PlannedShift
        The night as it is.
    more : iterable of (int, float)
        Vehicles more, and hours by which every shift ends later; the vehicles may be fewer.

    Returns
    -------
    pandas.DataFrame, table `TRADE_OFF`
        Without the hours by which a shift would be longer than `geo.params.LONGEST_SHIFT_H`.
    """
    as_is = {"vehicles": ground.wish.vehicles, "more_hours": 0.0}
    rows: list[dict[str, object]] = [{**as_is, **_of_night(ground, planned)}]
    longest_s = max(end - start for start, end in map(clock_s, ground.wish.shifts))
    for vehicles, hours in more:
        if longest_s / 3600 + hours > LONGEST_SHIFT_H:
            continue
        shifts = tuple(_longer(shift, hours) for shift in ground.wish.shifts)
        wish = replace(ground.wish, vehicles=ground.wish.vehicles + vehicles, shifts=shifts)
        rows.append(
            {
                "vehicles": wish.vehicles,
                "more_hours": hours,
                **_of_night(ground, patrols.night(ground, wish)),
            }
        )
    return TRADE_OFF.frame(rows)


def _of_night(ground: Ground, planned: Sequence[PlannedShift]) -> dict[str, float]:
    made = measures(ground, planned)
    every = tuple(route for shift in planned for route in shift.routes)
    return {
        "stops": int(made["stops"].sum()),
        "places": len({stop for route in every for stop in route}),
        "need_share": ground.reach.cover().served(every),
        "driving_min": float(made["driving_min"].sum()),
    }


def _longer(shift: Shift, hours: float) -> Shift:
    end = clock_s(shift)[1] + round(hours * 3600)
    return replace(shift, end=f"{end // 3600 % 24:02d}:{end % 3600 // 60:02d}")
