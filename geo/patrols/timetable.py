"""From routes on a matrix to the tables that a coordinator reads, and what they say of places."""

import datetime
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property, partial
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.arrays import Bools, Floats
from geo.evidence_line import told
from geo.params import Shift
from geo.patrols.clock import buffer_s, hhmm, moment
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


@told
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
    def _alone(self) -> Shifts:
        return solver.alone(self.problem)

    def driven(self, routes: Routes, factor: float = 1.0, late_s: int = 0) -> Routes:
        """Return what crews serve of some routes on slower roads, or where they start late."""
        late = factor, late_s, buffer_s(self.shift)
        return solver.passed_over(self._alone, routes, *late)

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
            if self.is_driven(vehicle):
                times = self.problem.times(vehicle, route)
                for order, visit in enumerate(times, 1):
                    yield vehicle, order, last, visit
                    last = visit.stop

    def is_driven(self, vehicle: int) -> bool:
        """Tell whether a vehicle, from 0, drives."""
        return bool(self.routes[vehicle])


def timetables(
    inputs: PlanningInputs, planned: Iterable[PlannedShift], night: int = 1
) -> Patrols:
    """Return timetable and road geometries of a night: tables `STOPS` and `LEGS`.

    Departure, stops and return of every vehicle are in order.  Times are moments too where the
    first night has a date.
    """
    params, crs = inputs.params, str(inputs.stops.crs)
    date = params.date and params.date + datetime.timedelta(days=night - 1)
    stops: list[dict[Any, Any]] = []
    legs: list[dict[Any, Any]] = []
    for shift in planned:
        whole = {"night": night, "date": date and date.isoformat(), "shift": shift.name}
        spans = zip(shift.problem.vehicles, shift.routes, strict=True)
        first_s = min((span[0] for span, route in spans if route), default=0)
        at = partial(moment, date, first_s=first_s, time_zone=params.time_zone)
        stops += [
            {
                **whole,
                **row,
                "arrival": hhmm(row["arrival_s"]),
                "departure": hhmm(row["departure_s"]),
                "starts_at": at(row["arrival_s"]),
                "ends_at": at(row["departure_s"]),
            }
            for row in _stops(inputs, shift)
        ]
        legs += [whole | leg for leg in _legs(inputs, shift, at)]
    return Patrols(STOPS.geoframe(stops, crs=crs), LEGS.geoframe(legs, crs=crs))


def _legs(
    inputs: PlanningInputs, shift: PlannedShift, at: Callable[[int], Any]
) -> Iterator[dict[Any, Any]]:
    """Yield every drive of a shift; `at` turns seconds into a moment."""
    for vehicle, order, last, visit in shift.drives():
        drive = _drive(inputs, shift, last, visit)
        yield {
            "vehicle": vehicle + 1,
            "order": order,
            "from_stop": inputs.stops["stop"][last],
            "to_stop": inputs.stops["stop"][visit.stop],
            "duration_s": drive["drive_s"],
            "distance_m": drive["drive_m"],
            "starts_at": at(visit.arrival_s - drive["drive_s"]),
            "ends_at": at(visit.arrival_s),
            **inputs.matrix.leg(last, visit.stop)._asdict(),
        }


_NOTHING: Final = {
    "service_s": 0,
    "walk_s": 0,
    "drive_s": 0,
    "drive_m": 0.0,
    "prize": 0.0,
}
"""What a row has that is no visit and no drive."""


def _stops(inputs: PlanningInputs, shift: PlannedShift) -> Iterator[dict[Any, Any]]:
    """Yield departure, visits, breaks and return of every vehicle of a shift."""
    names = ["stop", "name", "kind", "geometry"]
    about = inputs.stops[names].to_dict("records")
    walk_s = inputs.stops["walk_s"].tolist()
    worth = inputs.reach.cover().marginal(shift.routes)
    for vehicle, order, last, visit in shift.drives():
        who: dict[Any, Any] = {"vehicle": vehicle + 1, "order": order, **_NOTHING}
        if order == 1:
            start_s, _ = shift.problem.vehicles[vehicle]
            start = {"order": 0, "kind": DEPOT_KIND}
            yield {**who, **about[last], **start, **_span(start_s, start_s)}
        here: dict[Any, Any] = {**who, **about[visit.stop]}
        row = {**here, **_drive(inputs, shift, last, visit)}
        row |= _span(visit.arrival_s, visit.departure_s)
        if order > len(shift.routes[vehicle]):
            yield {**row, "kind": DEPOT_KIND}
        else:
            row |= {"walk_s": walk_s[visit.stop], "prize": worth[visit.stop]}
            at_stop_s = visit.departure_s - visit.begin_s
            yield {**row, "service_s": at_stop_s - row["walk_s"]}
        if visit.pause:
            yield {**here, "kind": BREAK, **_span(*visit.pause)}


def _span(arrival_s: int, departure_s: int) -> dict[str, Any]:
    return {"arrival_s": arrival_s, "departure_s": departure_s}


def _drive(
    inputs: PlanningInputs, shift: PlannedShift, last: int, visit: Visit
) -> dict[str, Any]:
    drive = last, visit.stop
    return {
        "drive_s": int(shift.problem.travel_s[drive]),
        "drive_m": float(inputs.matrix.distance_m[drive]),
    }


def shift_order(stops: pd.DataFrame) -> list[str]:
    """Return the names of the shifts in the order in which they begin in a night."""
    begin = stops.groupby("shift", sort=False)["departure_s"].min()
    return [str(name) for name in begin.sort_values(kind="stable").index]


def changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what differs between two tables `STOPS`, in the nights that both have.

    It is table `PLAN_CHANGES`: visits that were added, dropped, given to another vehicle or moved
    in time, by shift and time; empty where nothing differs.

    Parameters
    ----------
    before, after : geopandas.GeoDataFrame, tables `STOPS`

    Returns
    -------
    pandas.DataFrame, table `PLAN_CHANGES`
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
    plain = [pd.DataFrame(table).drop(columns="geometry") for table in (before, after)]
    order = shift_order(pd.concat(plain))
    same_clock = both["arrival_before"] == both["arrival_after"]
    both = both[(both["change"] != "moved") | ~same_clock]
    both["place"] = both["shift"].map(order.index)
    return PLAN_CHANGES.frame(
        both.sort_values(["night", "place", "at"]).reset_index(drop=True)
    )
