"""An independent check of a plan: every figure is worked out again from tables and roads.

It shares with the planner only what a shift means by the clock (`geo.patrols.clock`) and how fast
one drives and walks.  It reads the tables that go to the crews, adds up their times, and follows
each leg along the roads in their permitted directions.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping, Sequence
from dataclasses import replace
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.arrays import Bools
from geo.breaches import Breach
from geo.network import Network
from geo.params import FortnightParams, PatrolParams, Shift
from geo.params.patrols import ON_FOOT_KPH, minutes
from geo.patrols.clock import (
    DAY_S,
    break_span_s,
    longest_free_s,
    shift_span_s,
    vehicle_spans_s,
)
from geo.patrols.inputs import PlanningInputs
from geo.results import Patrols
from geo.routing.driving import Drive

ROUNDING_S: Final = 0.51
LENGTH_TOLERANCE_M: Final = 0.01
OFF_ROAD_M: Final = 0.01
LATE_BREAK_S: Final = 3600
"""A break that is late in a night that has begun begins within so many seconds."""

Spans = Sequence[tuple[int, int]]
ALWAYS: Final[Spans] = ((-DAY_S, 3 * DAY_S),)


class PlanError(ValueError):
    """A plan that breaks a rule; the message names every breach."""


def require_none(found: Sequence[Breach], name: str = "the plan") -> None:
    """Raise `PlanError` where `breaches` were found; `name` stands for the plan in the message."""
    if found:
        lines = map(str, found)
        raise PlanError(f"{name} breaks these rules:\n" + "\n".join(lines))


# What is set up once is read by every check.
def breaches(
    patrols: Patrols,
    drive: Drive,
    boundary: gpd.GeoDataFrame,
    params: PatrolParams,
    *,
    fortnight: FortnightParams | None = None,
    begun: pd.DataFrame | None = None,
) -> list[Breach]:
    """Return every breach of a plan.

    `drive` is the network without the stops as nodes, `params` has every shift by the clock.  In a
    night of a `fortnight` driving is limited, and crews may wait for the usual time of a stop.  In
    the rest of a night that has `begun` they may wait for the announced time; each vehicle goes on
    from the ``stop`` and the time ``free_s`` of its ``shift`` and ``vehicle`` there.

    Parameters
    ----------
    patrols : Patrols
        The plan.
    drive : Drive
        The network without the stops as nodes.
    boundary : GeoDataFrame
        Of the area; no stop lies outside.
    params : PatrolParams
        With every shift by the clock.
    fortnight : FortnightParams, optional
        Driving is limited by night, and crews may wait for the usual time of a stop.
    begun : DataFrame, optional
        Of the rest of a night, see above.
    """
    stops, legs = pd.DataFrame(patrols.stops), pd.DataFrame(patrols.legs)
    roads = _Straights(drive, patrols.legs.geometry)
    outline = boundary.geometry.union_all().buffer(LENGTH_TOLERANCE_M)
    shifts = {shift.name: shift for shift in params.shifts}
    waits = fortnight is not None or begun is not None
    found: list[Breach] = []
    for patrol, rows in stops.groupby(["shift", "vehicle"], sort=False):
        name, vehicle = str(patrol[0]), int(rows["vehicle"].iloc[0])
        if name not in shifts:
            found.append(Breach("no_such_shift", {}, name, vehicle))
            continue
        own = legs[(legs["shift"] == name) & (legs["vehicle"] == vehicle)]
        goes_on = _goes_on(begun, patrol)
        faults = [
            *_order(rows, params, goes_on),
            *_times(rows, shifts[name], params, goes_on, waits=waits),
            *_break(rows, shifts[name], goes_on),
            *(_driving(rows, shifts[name], fortnight) if fortnight else ()),
            *_legs(rows, own, roads, outline),
        ]
        found += [replace(fault, shift=name, vehicle=vehicle) for fault in faults]
    return found + _between_vehicles(stops, params)


def breaches_of_unusable(inputs: PlanningInputs) -> list[Breach]:
    """Return the candidate stops that no plan may visit for a reason that is not true.

    Parameters
    ----------
    inputs : PlanningInputs
    """
    outline = inputs.boundary.geometry.union_all()
    longest_s = longest_free_s(inputs.params.shifts)
    found = []
    for row in inputs.unusable.to_dict("records"):
        stop, at, why = row["stop"], row["geometry"], row["reason"]
        if why == "too_far_for_shift":
            if row["round_trip_s"] + row["service_s"] <= longest_s:
                found.append(Breach("in_reach", {"stop": stop}))
        elif why == "outside_boundary":
            if at.within(outline):
                found.append(Breach("inside", {"stop": stop}))
        else:
            roads = inputs.matrix.drive.network.geometry
            near_m = shapely.distance(at, roads).min()
            if near_m <= getattr(inputs.params, row["access_key"]):
                metres = {"stop": stop, "metres": near_m}
                found.append(Breach("road_near", metres))
    return found


class _GoesOn(NamedTuple):
    """Where a vehicle goes on from in a night that has begun, and when."""

    stop: str
    free_s: int


def _goes_on(
    begun: pd.DataFrame | None, patrol: tuple[Hashable, ...]
) -> _GoesOn | None:
    """Return where a vehicle goes on from; None where its shift has not begun."""
    if begun is None:
        return None
    for row in begun.to_dict("records"):
        if (row["shift"], row["vehicle"]) == patrol and row["state"] != "waiting":
            return _GoesOn(row["stop"], row["free_s"])
    return None


def _between_vehicles(stops: pd.DataFrame, params: PatrolParams) -> list[Breach]:
    vehicles = {
        f"{name}": rows["vehicle"].nunique() for name, rows in stops.groupby("shift")
    }
    there = {
        shift.name: len(shift.vehicles) or params.vehicles for shift in params.shifts
    }
    found = [
        Breach("too_many_vehicles", {"out": out, "there": there[name]}, name)
        for name, out in vehicles.items()
        if out > there.get(name, out)
    ]
    served = stops[stops["service_s"] > 0]
    twice = served[served.duplicated(["shift", "stop"])].to_dict("records")
    return found + [
        Breach("visited_twice", {"stop": row["stop"]}, row["shift"]) for row in twice
    ]


def _order(
    rows: pd.DataFrame, params: PatrolParams, goes_on: _GoesOn | None
) -> Iterator[Breach]:
    numbers = rows.loc[rows["kind"] != "break", "order"].tolist()
    if numbers != list(range(len(numbers))):
        yield Breach("order", {"numbers": numbers})
    start, end = params.ends_of(int(rows["vehicle"].iloc[0]))
    start = goes_on.stop if goes_on else start
    first, last = rows["stop"].iloc[0], rows["stop"].iloc[-1]
    if first != start:
        yield Breach("starts_elsewhere", {"stop": first, "place": start})
    if last != end:
        yield Breach("ends_elsewhere", {"stop": last, "place": end})


def _times(
    rows: pd.DataFrame,
    shift: Shift,
    params: PatrolParams,
    goes_on: _GoesOn | None,
    *,
    waits: bool,
) -> Iterator[Breach]:
    number = int(rows["vehicle"].iloc[0])
    start, end = vehicle_spans_s(shift, number)[:number][-1]
    if goes_on:
        start = max(start, goes_on.free_s)
        if not (rows["service_s"] > 0).any():  # It drives home at once.
            end = max(end, start + int(rows["drive_s"].sum()))
    leaves, back = rows["departure_s"].iloc[0], rows["arrival_s"].iloc[-1]
    if leaves < start:
        yield Breach("leaves_early", {"leaves_at": leaves, "start_at": start})
    if back > end:
        yield Breach("back_late", {"back_at": back, "end_at": end})
    windows = windows_by_stop(params)
    hours = _locked_hours(params, (shift.name, number))
    free = int(rows["departure_s"].iloc[0])
    for row in rows.to_dict("records"):
        stop, arrival = row["stop"], row["arrival_s"]
        for clock in ("arrival", "departure"):
            if 60 * minutes(row[clock]) != row[f"{clock}_s"] % DAY_S // 60 * 60:
                told = {"clock": row[clock], "not_at": row[f"{clock}_s"]}
                yield Breach("clock", {"stop": stop, **told})
        if row["kind"] == "break" and arrival < free:
            times = {"begins_at": arrival, "ends_at": free}
            yield Breach("break_in_service", {"stop": stop, **times})
        elif row["kind"] != "break" and row["order"] > 0:
            if arrival != free + row["drive_s"]:
                times = {"arrival_at": arrival, "free_at": free}
                drive = {"drive_s": row["drive_s"]}
                yield Breach("arrival", {"stop": stop, **times, **drive})
            if row["kind"] != "depot":
                yield from _service(
                    row, windows.get(stop), hours.get(stop), params, waits=waits
                )
        free = row["departure_s"]


def _driving(
    rows: pd.DataFrame, shift: Shift, fortnight: FortnightParams
) -> Iterator[Breach]:
    km, (start, end) = rows["drive_m"].sum() / 1000, shift_span_s(shift)
    if km > fortnight.most_km:
        yield Breach("too_far", {"km": km, "most_km": fortnight.most_km})
    share = rows["drive_s"].sum() / (end - start)
    most = fortnight.most_driving_share
    if share > most:
        yield Breach("too_much_driving", {"share": share, "most_share": most})


def _service(
    row: Mapping[Hashable, Any],
    windows: Spans | None,
    hours: Spans | None,
    params: PatrolParams,
    *,
    waits: bool,
) -> Iterator[Breach]:
    stop, arrival = row["stop"], row["arrival_s"]
    minutes = params.minutes_at(stop, row["kind"])
    if row["service_s"] != round(minutes * 60):
        lengths = {"service_s": row["service_s"], "minutes": minutes}
        yield Breach("length_of_service", {"stop": stop, **lengths})
    if stop in {*params.drop_stops, *params.suspend_stops}:
        yield Breach("not_in_use", {"stop": stop})
    begin = row["departure_s"] - row["service_s"] - row["walk_s"]
    # Windows are by the clock: that of the day of arrival counts, and the two about it.
    days = [DAY_S * (arrival // DAY_S + day) for day in (-1, 0, 1)]

    def on_each_day(spans: Spans) -> list[tuple[int, int]]:
        return [(early + day, late + day) for early, late in spans for day in days]

    def holds(spans: Spans) -> bool:
        return any(early <= begin <= late for early, late in on_each_day(spans))

    waits = waits or hours is not None
    begins = {"stop": stop, "begins_at": begin}
    if begin < arrival:
        before = {"stop": stop, "seconds": arrival - begin}
        yield Breach("service_before_arrival", before)
    if windows is None and begin > arrival and not waits:
        after = {"stop": stop, "seconds": begin - arrival}
        yield Breach("service_after_arrival", after)
    if hours is not None and not holds(hours):
        yield Breach("outside_lock", begins)
    if windows is not None and not (waits and holds(windows)):
        at_once = {
            max(arrival, early)
            for early, late in on_each_day(windows)
            if arrival <= late
        }
        if begin not in at_once:
            yield Breach("outside_windows", begins)


def windows_by_stop(params: PatrolParams) -> dict[str, list[tuple[int, int]]]:
    """Return the seconds in which each stop may be visited; none of those that always may."""
    found: dict[str, list[tuple[int, int]]] = {}
    for window in params.windows:
        span = _span(window.start, window.end)
        found.setdefault(window.stop, []).append(span)
    return found


def _locked_hours(params: PatrolParams, patrol: tuple[str, int]) -> dict[str, Spans]:
    """Return when service may begin at the stops that are locked with hours."""
    found: dict[str, Spans] = {}
    for _, lock in params.locks:
        if lock.patrol == patrol and lock.start and lock.end:
            early, late = _span(lock.start, lock.end)
            found |= {key: [(early, late + 59)] for key in lock.stops}
    return found


def _span(start: str, end: str) -> tuple[int, int]:
    early, late = 60 * minutes(start), 60 * minutes(end)
    return early, late + DAY_S * (late < early)


def _break(
    rows: pd.DataFrame, shift: Shift, goes_on: _GoesOn | None
) -> Iterator[Breach]:
    breaks = rows[rows["kind"] == "break"]
    if goes_on and breaks.empty:  # It may have had it.
        return
    if not shift.break_min:
        if len(breaks):
            yield Breach("break_for_none")
        return
    if len(breaks) != 1:
        yield Breach("number_of_breaks", {"breaks": len(breaks)})
        return
    begin, end = (int(breaks["arrival_s"].iloc[0]), int(breaks["departure_s"].iloc[0]))
    if end - begin < round(shift.break_min * 60):
        lengths = {"seconds": end - begin, "minutes": shift.break_min}
        yield Breach("break_short", lengths)
    early, late = break_span_s(shift)
    if goes_on:
        late = max(late, goes_on.free_s + LATE_BREAK_S)
    if shift.break_from and begin < early:
        yield Breach("break_early", {"begins_at": begin, "from_at": early})
    if shift.break_to and begin > late:
        yield Breach("break_late", {"begins_at": begin, "until_at": late})


def _legs(
    rows: pd.DataFrame, legs: pd.DataFrame, roads: _Straights, outline: BaseGeometry
) -> Iterator[Breach]:
    stops = rows[rows["kind"] != "break"]
    if legs["to_stop"].tolist() != stops["stop"].iloc[1:].tolist():
        yield Breach("legs_to")
        return
    if legs["from_stop"].tolist() != stops["stop"].iloc[:-1].tolist():
        yield Breach("legs_from")
    at = None
    for leg, stop in zip(
        legs.to_dict("records"), stops.iloc[1:].to_dict("records"), strict=True
    ):
        line, to = leg["geometry"], {"stop": leg["to_stop"]}
        if at is not None and line.coords[0] != at:
            yield Breach("leg_apart", to)
        at = line.coords[-1]
        if not outline.covers(line):
            yield Breach("leg_outside", to)
        if abs(line.length - leg["distance_m"]) > LENGTH_TOLERANCE_M:
            lengths = {"metres": line.length, "told_metres": leg["distance_m"]}
            yield Breach("leg_length", {**to, **lengths})
        if (leg["duration_s"], leg["distance_m"]) != (stop["drive_s"], stop["drive_m"]):
            yield Breach("leg_differs", to)
        walk_s = 2 * stop["geometry"].distance(shapely.Point(at)) * 3.6 / ON_FOOT_KPH
        if stop["kind"] != "depot" and abs(walk_s - stop["walk_s"]) > ROUNDING_S:
            times = {"seconds": walk_s, "told_seconds": stop["walk_s"]}
            yield Breach("leg_walk", {**to, **times})
        seconds = roads.seconds(line)
        if not np.isfinite(seconds):
            yield Breach("leg_off_roads", to)
        elif abs(seconds - leg["duration_s"]) > ROUNDING_S:
            times = {"seconds": seconds, "told_seconds": leg["duration_s"]}
            yield Breach("leg_time", {**to, **times})


class _Straights:
    """Every straight piece of the roads at legs with its speed and its permitted directions."""

    def __init__(self, drive: Drive, legs: gpd.GeoSeries) -> None:
        network = drive.network
        last = np.zeros(len(network.xy), dtype=bool)
        last[network.start[1:] - 1] = True
        edge = np.repeat(np.arange(network.n_edges), np.diff(network.start))
        begin = np.flatnonzero(~last & _are_at(legs, network)[edge])
        edge = edge[begin]
        self.begin, self.end = network.xy[begin], network.xy[begin + 1]
        self.oneway = network.oneway[edge]
        self.mps = drive.speed_mps[network.line[edge]]
        self.lines = np.asarray(
            shapely.linestrings(np.stack([self.begin, self.end], axis=1))
        )
        self.tree = shapely.STRtree(self.lines)

    def seconds(self, line: BaseGeometry) -> float:
        """Return the time that the line takes; infinite where it is not on roads as permitted."""
        xy = shapely.get_coordinates(line)
        step = np.diff(xy, axis=0)
        length = np.hypot(*step.T)
        middle = shapely.points((xy[:-1] + xy[1:]) / 2)
        which, piece = self.tree.query(middle, predicate="dwithin", distance=OFF_ROAD_M)
        for end in (xy[:-1], xy[1:]):
            on = (
                shapely.distance(shapely.points(end[which]), self.lines[piece])
                <= OFF_ROAD_M
            )
            which, piece = which[on], piece[on]
        forth = (step[which] * (self.end - self.begin)[piece]).sum(axis=1) >= 0
        permitted = np.where(forth, self.oneway[piece] >= 0, self.oneway[piece] <= 0)
        which, piece = which[permitted], piece[permitted]
        best = np.where(length > OFF_ROAD_M, np.inf, 0.0)
        np.minimum.at(best, which, length[which] / self.mps[piece])
        return float(best.sum())


def _are_at(legs: gpd.GeoSeries, network: Network) -> Bools:
    """Return for each edge whether its box meets that of a straight piece of a leg."""
    xy, leg = shapely.get_coordinates(legs, return_index=True)
    goes_on = leg[:-1] == leg[1:]
    pieces = shapely.linestrings(np.stack([xy[:-1], xy[1:]], axis=1)[goes_on])
    low = np.minimum.reduceat(network.xy, network.start[:-1]) - OFF_ROAD_M
    high = np.maximum.reduceat(network.xy, network.start[:-1]) + OFF_ROAD_M
    boxes = shapely.box(*low.T, *high.T)
    are_at = np.zeros(network.n_edges, dtype=bool)
    are_at[shapely.STRtree(pieces).query(boxes)[0]] = True
    return are_at
