"""From routes on a matrix to the tables that a coordinator reads, and what they say of places."""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.arrays import Bools, Floats
from geo.params import Shift
from geo.patrols.clock import hhmm, moment
from geo.patrols.inputs import PlanningInputs
from geo.results import Patrols
from geo.routing import solver
from geo.routing.offers import Shifts
from geo.routing.problem import Problem, Routes, Visit, visited
from geo.schema import LEGS, PLAN_CHANGES, STOPS

BREAK: Final = "break"
"""Kind of the row of a crew's break, which has the order of the stop where it is taken."""

DEPOT_KIND: Final = "depot"
"""Kind of the rows where a vehicle starts and ends."""


@dataclass(frozen=True)
class PlannedShift:
    """The routes of one shift with the problem that they answer."""

    shift: Shift
    problem: Problem
    """Its prizes are 0 where the shift cannot visit a stop; its cover has need and exploring."""
    routes: Routes
    remaining: Floats
    """Share of the need at each point that earlier shifts have not served."""
    unexplored: Bools | None = None
    """Which little-known stops are still to be explored; all if not given."""

    @property
    def name(self) -> str:
        """Name of the shift."""
        return self.shift.name

    @cached_property
    def alone(self) -> Shifts:
        """The problem as a night of one shift."""
        return solver.alone(self.problem)

    @property
    def visited(self) -> list[int]:
        """Numbers of the stops visited."""
        return visited(self.routes)

    def visits(self) -> Iterator[Visit]:
        """Yield every visit to a stop."""
        for vehicle, order, _, visit in self.drives():
            if order <= len(self.routes[vehicle]):
                yield visit

    def drives(self) -> Iterator[tuple[int, int, int, Visit]]:
        """Yield vehicle, order, stop before and visit of every drive; an idle vehicle has none."""
        for vehicle, route in enumerate(self.routes):
            last, _ = self.problem.ends_of(vehicle)
            times = self.problem.times(vehicle, route) if route else ()
            for order, visit in enumerate(times, 1):
                yield vehicle, order, last, visit
                last = visit.stop


def timetables(
    inputs: PlanningInputs, planned: Iterable[PlannedShift], night: int = 1
) -> Patrols:
    """Return timetable and road geometries of a night: tables `STOPS` and `LEGS`.

    Departure, stops and return of every vehicle are in order.  Times are moments too where the
    first night has a date.
    """
    params, matrix, crs = inputs.params, inputs.matrix, str(inputs.stops.crs)
    day = (
        None
        if params.date is None
        else params.date + datetime.timedelta(days=night - 1)
    )
    about = inputs.stops[["stop", "name", "kind", "geometry"]].to_dict(
        "records"
    )
    need = inputs.reach.cover()
    stops: list[dict[Any, Any]] = []
    legs: list[dict[Any, Any]] = []
    for shift in planned:
        worth, starts = (
            need.marginal(shift.routes),
            [start for start, _ in shift.problem.vehicles],
        )
        first_s = min(
            (
                start
                for start, route in zip(starts, shift.routes, strict=True)
                if route
            ),
            default=0,
        )
        at = partial(moment, day, first_s=first_s, time_zone=params.time_zone)
        for vehicle, order, last, visit in shift.drives():
            who: dict[Any, Any] = {
                "night": night,
                "date": day and day.isoformat(),
                "shift": shift.name,
                "vehicle": vehicle + 1,
                "order": order,
            }
            if order == 1:
                times = _times(
                    at, starts[vehicle], starts[vehicle], starts[vehicle]
                )
                start = {**about[last], "kind": DEPOT_KIND}
                stops.append({**who, "order": 0, **start, **times})
            here = {**who, **about[visit.stop]}
            walk_s, prize = (
                int(inputs.stops["walk_s"][visit.stop]),
                worth[visit.stop],
            )
            if order > len(shift.routes[vehicle]):
                here["kind"] = DEPOT_KIND
                walk_s, prize = 0, 0.0
            drive_s = int(shift.problem.travel_s[last, visit.stop])
            drive_m = float(matrix.distance_m[last, visit.stop])
            times = _times(
                at, visit.arrival_s, visit.begin_s, visit.departure_s, walk_s
            )
            times |= {"drive_s": drive_s, "drive_m": drive_m, "prize": prize}
            stops.append({**here, **times})
            if visit.pause:
                begin, end = visit.pause
                stops.append(
                    {**here, "kind": BREAK, **_times(at, begin, end, end)}
                )
            legs.append(
                {
                    **who,
                    "from_stop": about[last]["stop"],
                    "to_stop": about[visit.stop]["stop"],
                    "duration_s": drive_s,
                    "distance_m": drive_m,
                    "starts_at": at(visit.arrival_s - drive_s),
                    "ends_at": at(visit.arrival_s),
                    **matrix.leg(last, visit.stop)._asdict(),
                }
            )
    return Patrols(STOPS.geoframe(stops, crs=crs), LEGS.geoframe(legs, crs=crs))


def _times(
    at: Callable[[int], str | None],
    arrival_s: int,
    begin_s: int,
    departure_s: int,
    walk_s: int = 0,
) -> dict[str, Any]:
    return {
        "arrival": hhmm(arrival_s),
        "departure": hhmm(departure_s),
        "arrival_s": arrival_s,
        "departure_s": departure_s,
        "starts_at": at(arrival_s),
        "ends_at": at(departure_s),
        "service_s": departure_s - begin_s - walk_s,
        "walk_s": walk_s,
        "drive_s": 0,
        "drive_m": 0.0,
        "prize": 0.0,
    }


def shift_order(stops: pd.DataFrame) -> list[str]:
    """Return the names of the shifts in the order in which they begin in a night."""
    begin = stops.groupby("shift", sort=False)["departure_s"].min()
    return [str(name) for name in begin.sort_values(kind="stable").index]


def changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what differs between two tables `STOPS`, in the nights that both have.

    It is table `PLAN_CHANGES`: visits that were added, dropped, given to another vehicle or moved
    in time, by shift and time; empty where nothing differs.
    """
    key = ["night", "shift", "stop"]
    columns = [*key, "name", "vehicle", "arrival_s"]
    of_before, of_after = set(before["night"]), set(after["night"])
    # A timetable without any visit has no night to share: all of the other's are dropped or added.
    nights = (of_before & of_after) or (of_before | of_after)
    old, new = (
        table.loc[
            (table["service_s"] > 0) & table["night"].isin(nights), columns
        ]
        for table in (before, after)
    )
    both = old.merge(new, how="outer", on=key, suffixes=("_before", "_after"))
    both["name"] = both["name_after"].fillna(both["name_before"])
    both["later_s"] = both["arrival_s_after"] - both["arrival_s_before"]
    both["change"] = "moved"
    both.loc[both["vehicle_before"] != both["vehicle_after"], "change"] = (
        "other_vehicle"
    )
    both.loc[both["arrival_s_before"].isna(), "change"] = "added"
    both.loc[both["arrival_s_after"].isna(), "change"] = "dropped"
    for when in ("before", "after"):
        text = both[f"arrival_s_{when}"].map(
            lambda seconds: None if pd.isna(seconds) else hhmm(int(seconds))
        )
        both[f"arrival_{when}"] = text.astype("string")
    both["at"] = both["arrival_s_after"].fillna(both["arrival_s_before"])
    # Plain tables: an earlier timetable is read back in degrees.
    plain = [
        pd.DataFrame(table).drop(columns="geometry")
        for table in (before, after)
    ]
    order = shift_order(pd.concat(plain))
    same_clock = both["arrival_before"] == both["arrival_after"]
    both = both[(both["change"] != "moved") | ~same_clock]
    both["place"] = both["shift"].map(order.index)
    return PLAN_CHANGES.frame(
        both.sort_values(["night", "place", "at"]).reset_index(drop=True)
    )
