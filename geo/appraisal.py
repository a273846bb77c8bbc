"""What a plan is worth to its user: measures, yardsticks, robustness, the price of more."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geo import patrols, solver
from geo.crs import require_metric
from geo.orienteering import DEPOT, Problem, Routes
from geo.params import PatrolParams, Shift
from geo.patrols import Ground
from geo.timetable import PlannedShift

OBSERVED_M = 100.0
"""A crew sees a corridor within so many metres of the road that it drives."""


def measures(ground: Ground, planned: Sequence[PlannedShift]) -> pd.DataFrame:
    """Return what each shift does.

    Parameters
    ----------
    ground : geo.patrols.Ground
    planned : sequence of geo.timetable.PlannedShift

    Returns
    -------
    pandas.DataFrame
        A row per shift: ``shift``, ``stops``, ``prize_share`` of all prizes in it,
        ``advised_share`` of the monitoring points visited, ``driving_min``, ``stopping_min``,
        ``waiting_min``, ``break_min``, ``driven_km``.
    """
    return pd.DataFrame([{"shift": shift.name, **_measured(ground, shift)} for shift in planned])


def _measured(ground: Ground, shift: PlannedShift) -> dict[str, float]:
    problem, visited = shift.problem, shift.visited
    advised = ground.stops.index[ground.stops["kind"] == "monitoring_point"]
    drives = list(shift.drives())
    visits = [visit for *_, visit in drives]
    return {
        "stops": len(visited),
        "prize_share": float(problem.prize[visited].sum() / problem.prize.sum()),
        "advised_share": float(np.isin(advised, visited).mean()) if len(advised) else 1.0,
        "driving_min": sum(int(problem.travel_s[last, v.stop]) for *_, last, v in drives) / 60,
        "stopping_min": sum(v.departure_s - v.begin_s for v in visits) / 60,
        "waiting_min": sum(v.begin_s - v.arrival_s for v in visits) / 60,
        "break_min": sum(v.rest[1] - v.rest[0] for v in visits if v.rest) / 60,
        "driven_km": sum(ground.matrix.distance_m[last, v.stop] for *_, last, v in drives) / 1000,
    }


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


def yardsticks(ground: Ground, planned: Sequence[PlannedShift]) -> pd.DataFrame:
    """Return the measures of each shift beside greedy insertion and the plain round trip.

    Returns
    -------
    pandas.DataFrame
        As `measures`, with ``plan``: ``proposed``, ``greedy`` or ``round_trip``.
    """
    rows = []
    for shift in planned:
        plans = {
            "proposed": shift.routes,
            "greedy": solver.greedy(shift.problem),
            "round_trip": round_trip(shift.problem),
        }
        for name, routes in plans.items():
            made = measures(ground, [replace(shift, routes=routes)])
            rows.append(made.assign(plan=name))
    return pd.concat(rows, ignore_index=True)


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
    shift: PlannedShift, *, seed: int, draws: int = 100, spread: float = 0.3
) -> pd.DataFrame:
    """Return what a plan collects when roads and needs are not as assumed.

    In each draw all travel times are multiplied by one factor, and each stop's prize by one of
    its own, uniform from 1 - `spread` to 1 + `spread`.  The crew keeps the order and passes over
    a stop from which it could not be back in time.

    Parameters
    ----------
    shift : geo.timetable.PlannedShift
    seed : int
    draws : int
    spread : float

    Returns
    -------
    pandas.DataFrame
        A row per draw: ``travel``, the factor; ``kept``, the share of planned stops served;
        ``prize``, the prize collected; ``expected``, that of the plan with these prizes.
    """
    rng = np.random.default_rng(seed)
    problem = shift.problem
    planned = sorted(shift.visited)
    rows = []
    for _ in range(draws):
        travel = rng.uniform(1 - spread, 1 + spread)
        prize = problem.prize * rng.uniform(1 - spread, 1 + spread, len(problem.prize))
        drawn = replace(
            problem, travel_s=np.ceil(problem.travel_s * travel).astype(np.int64), prize=prize
        )
        served = [s for v, route in enumerate(shift.routes) for s in _kept(drawn, v, route)]
        rows.append(
            {
                "travel": travel,
                "kept": len(served) / max(len(planned), 1),
                "prize": float(prize[served].sum()),
                "expected": float(prize[planned].sum()),
            }
        )
    return pd.DataFrame(rows)


def _kept(problem: Problem, vehicle: int, route: Sequence[int]) -> tuple[int, ...]:
    kept: tuple[int, ...] = ()
    for stop in route:
        if problem.schedule(vehicle, (*kept, stop)):
            kept = (*kept, stop)
    return kept


def trade_off(
    ground: Ground,
    *,
    vehicles: Sequence[int] = (1, 2, 3, 4),
    more_hours: Sequence[float] = (0.0, 1.0, 2.0),
) -> pd.DataFrame:
    """Return what one vehicle or one hour more would add to a night.

    Stops that are too far for the longest shift of `ground` stay out.

    Parameters
    ----------
    ground : geo.patrols.Ground
    vehicles : sequence of int
        Numbers of vehicles to plan for.
    more_hours : sequence of float
        Hours by which every shift ends later.

    Returns
    -------
    pandas.DataFrame
        ``vehicles``, ``more_hours``, ``stops`` (visits in the night), ``places`` (visited at
        least once), ``prize`` (worth of the visits), ``prize_share`` of what a night could
        hold, all stops visited in every shift; ``driving_min``.
    """
    rows = []
    for hours in more_hours:
        shifts = tuple(_longer(shift, hours) for shift in ground.wish.shifts)
        for count in vehicles:
            wish = replace(ground.wish, vehicles=count, shifts=shifts)
            rows.append({"vehicles": count, "more_hours": hours, **_night(ground, wish)})
    return pd.DataFrame(rows)


def _night(ground: Ground, wish: PatrolParams) -> dict[str, float]:
    planned = patrols.night(ground, wish)
    made = measures(ground, planned)
    prize = sum(float(shift.problem.prize[shift.visited].sum()) for shift in planned)
    worth = float(ground.stops["prize"].sum())
    most = worth * sum(wish.repeat**number for number in range(len(wish.shifts)))
    return {
        "stops": int(made["stops"].sum()),
        "places": len({stop for shift in planned for stop in shift.visited}),
        "prize": prize,
        "prize_share": prize / most,
        "driving_min": float(made["driving_min"].sum()),
    }


def _longer(shift: Shift, hours: float) -> Shift:
    end = patrols.clock_s(shift)[1] + round(hours * 3600)
    return replace(shift, end=f"{end // 3600 % 24:02d}:{end % 3600 // 60:02d}")
