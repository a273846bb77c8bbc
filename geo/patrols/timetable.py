"""From routes on a matrix to the tables that a coordinator reads, and what they say of places."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.arrays import Floats, Ints
from geo.params import Shift
from geo.patrols.clock import buffer_s, hhmm
from geo.patrols.inputs import PlanningInputs
from geo.results import Patrols
from geo.routing.neighbourhood_loops import Shift as CompiledShift
from geo.routing.problem import DEPOT, Cover, Problem, Routes, Visit, visited
from geo.routing.solver import as_arrays, as_plan
from layers.schema import LEGS, PLAN_CHANGES, STOPS

BREAK: Final = "break"
"""Kind of the row of a crew's break, which has the order of the stop where it is taken."""


@dataclass(frozen=True)
class PlannedShift:
    """The routes of one shift with the problem that they answer."""

    name: str
    problem: Problem
    """Its prizes are marginal to the routes: those of the stops visited add up to their worth."""
    routes: Routes
    standalone_prize: Floats
    """What each stop would be worth with no other visited; 0 where the shift cannot visit it."""
    cover: Cover
    """What the shift plans for: need, and the worth of exploring."""
    remaining: Floats
    """Share of the need at each point that earlier shifts have not served."""
    buffer_s: int = 0
    """Seconds from the end of the plan to that of the shift, left for delays."""

    @classmethod
    def of(
        cls, shift: Shift, problem: Problem, cover: Cover, routes: Routes, remaining: Floats
    ) -> PlannedShift:
        """Return the planned shift of a problem whose prizes are the standalone ones."""
        at_routes = cover.at_margin(problem, routes)
        standalone, before = problem.prize, remaining.copy()
        return cls(shift.name, at_routes, routes, standalone, cover, before, buffer_s(shift))

    @cached_property
    def compiled(self) -> tuple[CompiledShift, Ints]:
        """The problem and the routes as the compiled search reads them."""
        return as_arrays(self.problem, self.cover), as_plan(self.problem, self.routes)

    @property
    def visited(self) -> list[int]:
        """Numbers of the stops visited."""
        return visited(self.routes)

    def drives(self) -> Iterator[tuple[int, int, int, Visit]]:
        """Yield vehicle, order, stop before and visit of every drive; an idle vehicle has none."""
        for vehicle, route in enumerate(self.routes):
            last = DEPOT
            for order, visit in enumerate(self.problem.times(vehicle, route) if route else (), 1):
                yield vehicle, order, last, visit
                last = visit.stop


def stops_table(inputs: PlanningInputs, shifts: Iterable[PlannedShift]) -> gpd.GeoDataFrame:
    """Return table `STOPS`: departure, stops and return of every vehicle, in order."""
    rows: list[dict[str, object]] = []
    columns = ["stop", "name", "kind", "geometry"]
    about = [dict(zip(columns, row, strict=True)) for row in inputs.stops[columns].to_numpy()]
    need = inputs.reach.cover()
    for shift in shifts:
        worth = need.marginal(shift.routes)
        for vehicle, order, last, visit in shift.drives():
            who = {"night": 1, "shift": shift.name, "vehicle": vehicle + 1}
            if order == 1:
                start = shift.problem.vehicles[vehicle][0]
                rows.append({**who, "order": 0, **about[DEPOT], **_times(start, start, start)})
            at = {**who, "order": order, **about[visit.stop]}
            walk_s = int(inputs.stops["walk_s"].iloc[visit.stop])
            times = _times(visit.arrival_s, visit.begin_s, visit.departure_s, walk_s)
            drive_s = int(shift.problem.travel_s[last, visit.stop])
            drive_m, prize = inputs.matrix.distance_m[last, visit.stop], worth[visit.stop]
            rows.append({**at, **times, "drive_s": drive_s, "drive_m": drive_m, "prize": prize})
            if visit.pause:
                begin, end = visit.pause
                rows.append({**at, "kind": BREAK, **_times(begin, end, end)})
    return STOPS.geoframe(rows, crs=str(inputs.stops.crs))


def _times(arrival_s: int, begin_s: int, departure_s: int, walk_s: int = 0) -> dict[str, object]:
    return {
        "arrival": hhmm(arrival_s), "departure": hhmm(departure_s), "arrival_s": arrival_s,
        "departure_s": departure_s, "service_s": departure_s - begin_s - walk_s, "walk_s": walk_s,
        "drive_s": 0, "drive_m": 0.0, "prize": 0.0,
    }  # fmt: skip


def legs_table(inputs: PlanningInputs, shifts: Iterable[PlannedShift]) -> gpd.GeoDataFrame:
    """Return table `LEGS`: the road geometry of every drive."""
    matrix, ids = inputs.matrix, inputs.stops["stop"].tolist()
    rows: list[dict[str, object]] = [
        {
            "night": 1, "shift": shift.name, "vehicle": vehicle + 1, "order": order,
            "from_stop": ids[last], "to_stop": ids[visit.stop],
            "duration_s": int(shift.problem.travel_s[last, visit.stop]),
            "distance_m": float(matrix.distance_m[last, visit.stop]),
            **matrix.leg(last, visit.stop)._asdict(),
        }
        for shift in shifts
        for vehicle, order, last, visit in shift.drives()
    ]  # fmt: skip
    return LEGS.geoframe(rows, crs=str(inputs.stops.crs))


def no_patrols(crs: str) -> Patrols:
    """Return the tables of a study without patrols, all empty."""
    return Patrols(STOPS.geoframe(crs=crs), LEGS.geoframe(crs=crs))


def timetables(inputs: PlanningInputs, planned: Sequence[PlannedShift]) -> Patrols:
    """Return timetable and road geometries."""
    return Patrols(stops_table(inputs, planned), legs_table(inputs, planned))


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
        table.loc[(table["service_s"] > 0) & table["night"].isin(nights), columns]
        for table in (before, after)
    )
    both = old.merge(new, how="outer", on=key, suffixes=("_before", "_after"))
    both["name"] = both["name_after"].fillna(both["name_before"])
    both["later_s"] = both["arrival_s_after"] - both["arrival_s_before"]
    both["change"] = "moved"
    both.loc[both["vehicle_before"] != both["vehicle_after"], "change"] = "other_vehicle"
    both.loc[both["arrival_s_before"].isna(), "change"] = "added"
    both.loc[both["arrival_s_after"].isna(), "change"] = "dropped"
    for when in ("before", "after"):
        text = both[f"arrival_s_{when}"].map(lambda s: None if pd.isna(s) else hhmm(int(s)))
        both[f"arrival_{when}"] = text.astype("string")
    both["at"] = both["arrival_s_after"].fillna(both["arrival_s_before"])
    # Plain tables: an earlier timetable is read back in degrees.
    plain = [pd.DataFrame(table).drop(columns="geometry") for table in (before, after)]
    order = shift_order(pd.concat(plain))
    same_clock = both["arrival_before"] == both["arrival_after"]
    both = both[(both["change"] != "moved") | ~same_clock]
    both["place"] = both["shift"].map(order.index)
    return PLAN_CHANGES.frame(both.sort_values(["night", "place", "at"]).reset_index(drop=True))
