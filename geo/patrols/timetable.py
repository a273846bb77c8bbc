"""From routes on a matrix to the tables that a coordinator reads."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.arrays import Floats
from geo.patrols.covering import Cover
from geo.routing.driving import Matrix
from geo.routing.problem import DEPOT, Problem, Routes, Visit
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
    alone: Floats
    """What each stop would be worth with no other visited; 0 where the shift cannot visit it."""
    cover: Cover
    """The need that the shift plans for."""

    @property
    def visited(self) -> list[int]:
        """Numbers of the stops visited."""
        return [stop for route in self.routes for stop in route]

    def drives(self) -> Iterator[tuple[int, int, int, Visit]]:
        """Yield vehicle, order, stop before and visit of every drive; an idle vehicle has none."""
        for vehicle, route in enumerate(self.routes):
            last = DEPOT
            for order, visit in enumerate(self.problem.times(vehicle, route) if route else (), 1):
                yield vehicle, order, last, visit
                last = visit.stop


def clock(seconds: int) -> str:
    """Return seconds from midnight as HH:MM, rounded down; past midnight counts on."""
    return f"{seconds // 3600 % 24:02d}:{seconds % 3600 // 60:02d}"


def stops_table(
    stops: gpd.GeoDataFrame, matrix: Matrix, need: Cover, shifts: Iterable[PlannedShift]
) -> gpd.GeoDataFrame:
    """Return table `STOPS`: departure, stops and return of every vehicle, in order.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame
        ``stop``, ``name``, ``kind`` and point of every number of the matrix; 0 is the depot.
    matrix : geo.routing.driving.Matrix
    need : geo.patrols.covering.Cover
        The need that visits are worth.
    shifts : iterable of PlannedShift
    """
    rows: list[dict[str, object]] = []
    columns = ["stop", "name", "kind", "geometry"]
    about = [dict(zip(columns, row, strict=True)) for row in stops[columns].to_numpy()]
    for shift in shifts:
        worth = need.marginal(shift.routes)
        for vehicle, order, last, visit in shift.drives():
            who = {"night": 1, "shift": shift.name, "vehicle": vehicle + 1}
            if order == 1:
                start = shift.problem.vehicles[vehicle][0]
                leave = Visit(DEPOT, start, start, start)
                rows.append({**who, "order": 0, **about[DEPOT], **_times(leave)})
            row = {**who, "order": order, **about[visit.stop], **_times(visit)}
            row["drive_s"] = int(shift.problem.travel_s[last, visit.stop])
            row["drive_m"] = float(matrix.distance_m[last, visit.stop])
            row["prize"] = float(worth[visit.stop])
            rows.append(row)
            if visit.rest:
                begin, end = visit.rest
                row = {**row, "kind": BREAK, **_times(Visit(visit.stop, begin, begin, end))}
                rows.append({**row, "service_s": 0})
    return STOPS.geoframe(rows, crs=str(stops.crs))


def _times(visit: Visit) -> dict[str, object]:
    return {
        "arrival": clock(visit.arrival_s),
        "departure": clock(visit.departure_s),
        "arrival_s": visit.arrival_s,
        "departure_s": visit.departure_s,
        "service_s": visit.departure_s - visit.begin_s,
        "drive_s": 0,
        "drive_m": 0.0,
        "prize": 0.0,
    }


def legs_table(
    stops: gpd.GeoDataFrame, matrix: Matrix, shifts: Iterable[PlannedShift]
) -> gpd.GeoDataFrame:
    """Return table `LEGS`: the road geometry of every drive.

    Parameters
    ----------
    stops, matrix, shifts
        As for `stops_table`.
    """
    rows: list[dict[str, object]] = []
    stop = stops["stop"].tolist()
    for shift in shifts:
        for vehicle, order, last, visit in shift.drives():
            leg = matrix.leg(last, visit.stop)
            rows.append(
                {
                    "night": 1,
                    "shift": shift.name,
                    "vehicle": vehicle + 1,
                    "order": order,
                    "from_stop": stop[last],
                    "to_stop": stop[visit.stop],
                    "duration_s": int(shift.problem.travel_s[last, visit.stop]),
                    "distance_m": float(matrix.distance_m[last, visit.stop]),
                    "roads": leg.roads,
                    "geometry": leg.geometry,
                }
            )
    return LEGS.geoframe(rows, crs=str(stops.crs))


def shift_order(stops: pd.DataFrame) -> list[str]:
    """Return the names of the shifts in the order in which they begin in a night.

    Parameters
    ----------
    stops : pandas.DataFrame, table `STOPS`
    """
    begin = stops.groupby("shift", sort=False)["departure_s"].min()
    return [str(name) for name in begin.sort_values(kind="stable").index]


def changes(before: gpd.GeoDataFrame, after: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what differs between two timetables, stop by stop, in the nights that both have.

    Parameters
    ----------
    before, after : geopandas.GeoDataFrame, table `STOPS`

    Returns
    -------
    pandas.DataFrame, table `PLAN_CHANGES`
        Visits that were added, dropped, given to another vehicle or moved in time, by shift and
        time; empty where nothing differs.
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
        told = both[f"arrival_s_{when}"].map(lambda s: None if pd.isna(s) else clock(int(s)))
        both[f"arrival_{when}"] = told.astype("string")
    both["at"] = both["arrival_s_after"].fillna(both["arrival_s_before"])
    order = shift_order(pd.concat([before, after]))
    same_clock = both["arrival_before"] == both["arrival_after"]
    both = both[(both["change"] != "moved") | ~same_clock]
    both["place"] = both["shift"].map(order.index)
    return PLAN_CHANGES.frame(both.sort_values(["night", "place", "at"]).reset_index(drop=True))
