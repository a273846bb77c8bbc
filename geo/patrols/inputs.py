"""What every plan of one region starts from: usable stops, the need they serve, drives between.

Candidate stops are public and service places near a road that leads to the depot and back
(`geo.patrols.stops`).  Each is worth the need within walking reach of it (`geo.patrols.reach`).
Parameters that no night can fulfil are refused here, each with the smallest change that helps.
"""

from __future__ import annotations

import datetime
import itertools
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Bools, Floats, Ints
from geo.evidence_line import told
from geo.params import FortnightParams, Params, PatrolParams, Shift
from geo.params.patrols import StopWindow
from geo.patrols import clock, stops
from geo.patrols.clock import break_span_s, hhmm, shift_span_s, vehicle_spans_s
from geo.patrols.reach import Reach, at_advised, reach_of
from geo.patrols.roads import Drives, Ground, ground
from geo.records import StudyData
from geo.routing.driving import Matrix
from geo.routing.problem import DEPOT, ProblemError
from geo.schema import LOG_VISITS, WGS84


@told
@dataclass(frozen=True)
class PlanningInputs:
    """What every plan of one region starts from; every frame is in one CRS in metres."""

    stops: gpd.GeoDataFrame
    """Depot, then the usable stops: ``stop``, ``name``, ``kind``, ``service_s`` with the walk
    from the road, ``walk_s``, ``snap_m``, ``round_trip_s`` and the point; as in `matrix`."""
    matrix: Matrix
    """Fastest drives between them."""
    reach: Reach
    """The need that they serve."""
    unusable: gpd.GeoDataFrame
    """Candidate stops that no plan can visit, with their ``reason``, ``access_key``, the parameter
    that says how near a road must be, and ``at_advised``."""
    params: PatrolParams
    """With every shift by the clock."""
    boundary: gpd.GeoDataFrame
    """One polygon; patrols stay inside it."""
    fortnight: FortnightParams | None = None
    """How far and how long a vehicle drives in a shift at most; None for one night."""
    by_sun: tuple[Shift, ...] = ()
    """The shifts as given, where any is by the sun."""
    opening: tuple[StopWindow, ...] = ()
    """When service may begin at the stops that have hours by their kind."""
    visits: pd.DataFrame = field(default_factory=LOG_VISITS.frame)
    """Visits of earlier nights, as in the log: table `LOG_VISITS`."""

    not_assessed: tuple[str, ...] = ()
    """Crossings without an assessment, which are in no use: among the dropped ones of `params`."""

    @property
    def windows(self) -> tuple[StopWindow, ...]:
        """When service may begin at all stops that are not open always."""
        named = {window.stop for window in self.params.windows}
        of_kind = (window for window in self.opening if window.stop not in named)
        return (*self.params.windows, *of_kind)

    @property
    def in_force(self) -> PatrolParams:
        """The parameters with the windows of all stops."""
        return replace(self.params, windows=self.windows)

    def of_night(self, night: int) -> PlanningInputs:
        """Return the inputs of a night, from 1, with what holds in it and the sun of its day."""
        params = self.params.of_night(night)
        if params.date is not None and self.by_sun:
            date = params.date + datetime.timedelta(days=night - 1)
            lon, lat = self.stops.iloc[[DEPOT]].to_crs(WGS84).total_bounds[:2]
            then = clock.by_the_clock(
                replace(params, shifts=self.by_sun, date=date), lon, lat
            )
            params = replace(params, shifts=then.shifts)
        return self if params == self.params else replace(self, params=params)

    @cached_property
    def number(self) -> dict[str, int]:
        """Number of each stop by its id, as in `matrix`."""
        ids = self.stops["stop"].tolist()
        return {stop: number for number, stop in enumerate(ids)}

    def left_by(self, visited: Sequence[int], remaining: Floats) -> Floats:
        """Return the share of need that the visits of a shift leave of what remained."""
        served = self.reach.served(visited)
        return np.where(served, remaining * self.params.repeat, remaining)

    @cached_property
    def beside(self) -> tuple[Ints, ...]:
        """The other stops nearer to each stop than `patrols.same_stop_m`."""
        nearer_m = np.nextafter(self.params.same_stop_m, 0)
        stop, other = self.stops.sindex.query(
            self.stops.geometry, predicate="dwithin", distance=nearer_m
        )
        pairs = pd.Series(other[other != stop], stop[other != stop])
        none = np.zeros(0, dtype=np.int64)
        of_stop = dict(iter(pairs.groupby(level=0)))
        return tuple(
            of_stop[stop].to_numpy() if stop in of_stop else none
            for stop in range(len(self.stops))
        )

    @cached_property
    def in_use(self) -> Bools:
        """Which stops may be visited: those that are neither dropped nor suspended in a night."""
        out = [*self.params.drop_stops, *self.params.suspend_stops]
        return ~self.stops["stop"].isin(out).to_numpy(bool)


def prepare(data: StudyData, need: gpd.GeoDataFrame, params: Params) -> PlanningInputs:
    """Find the usable stops, the need that each serves and the fastest drives between them.

    Parameters
    ----------
    data : geo.records.StudyData, any CRS
    need : geopandas.GeoDataFrame, table `NEED`, any CRS
        What stops are worth; no stop is taken from it.
    params : geo.params.Params

    Returns
    -------
    PlanningInputs

    Raises `RoutingError`, `StopError`, `NeedError`, `ProblemError` if the roads, the depot or the
    need admit no plan; if a break or a service is longer than every shift, or no stop can be
    visited within one. The message names the fix.
    """
    return on_ground(ground(data, params), need, params)


# A story in order: each step reads what several steps before it return.
def on_ground(ground: Ground, need: gpd.GeoDataFrame, params: Params) -> PlanningInputs:
    """Prepare as `prepare`, on roads that are read: those of parameters with the same roads."""
    data, home = ground.data, ground.home
    need = need.to_crs(str(home.crs))
    lon, lat = home.to_crs(WGS84).total_bounds[:2]
    patrols = clock.by_the_clock(params.patrols, lon, lat)
    found = every = ground.candidates(patrols)
    dropped = None
    if patrols.drop_stops:
        every = ground.candidates(replace(patrols, drop_stops=()))
        dropped = every[every["stop"].isin(patrols.drop_stops) & every["reason"].isna()]
    if patrols.suspend_stops:
        none = replace(patrols, drop_stops=(), suspend_stops=())
        every = ground.candidates(none)
    found["at_advised"] = np.asarray(at_advised(found, need).any(axis=1))
    _require_usable(found)
    usable = pd.concat([home, found[found["reason"].isna()]], ignore_index=True)
    # Stops that are out in this night have their nodes, too: the drives between the others stay.
    drives, numbers = _drives(ground, usable, every[every["reason"].isna()])
    usable["round_trip_s"] = drives.round_trip_s[numbers]
    require_feasible(usable, patrols)
    far = usable["round_trip_s"] + usable["service_s"] > clock.longest_free_s(
        patrols.shifts
    )
    usable.loc[far, "reason"] = "too_far_for_shift"
    kept = usable[~far].reset_index(drop=True)
    barred = stops.not_assessed(kept, data.assessed, patrols.date)
    patrols = replace(patrols, drop_stops=(*patrols.drop_stops, *barred))
    return PlanningInputs(
        stops=kept,
        matrix=drives.between(numbers[~far.to_numpy(bool)]),
        reach=reach_of(kept, need, params.need, dropped),
        unusable=pd.concat(
            [found[found["reason"].notna()], usable[far]], ignore_index=True
        ),
        params=patrols,
        boundary=data.boundary,
        by_sun=params.patrols.shifts if patrols.shifts != params.patrols.shifts else (),
        opening=tuple(_opening(kept, patrols)),
        visits=data.log.visits,
        not_assessed=barred,
    )


def _drives(
    ground: Ground, usable: gpd.GeoDataFrame, every: gpd.GeoDataFrame
) -> tuple[Drives, Ints]:
    """Return the drives between all stops, and the number there of the depot and each usable one.

    `usable` has the depot, then the stops that are usable now, `every` those that could be.
    """
    stops = usable.iloc[1:]
    more = stops[~stops["stop"].isin(every["stop"])]
    at = pd.concat([usable.iloc[:1], every, more], ignore_index=True)
    numbers = pd.Index(at["stop"].iloc[1:]).get_indexer(stops["stop"]) + 1
    return ground.drives(at[["edge", "offset_m"]]), np.r_[DEPOT, numbers]


def _opening(usable: pd.DataFrame, params: PatrolParams) -> Iterator[StopWindow]:
    """Yield when service may begin at the stops that have hours by their kind."""
    for row in usable.to_dict("records"):
        hours = params.hours.get(row["amenity"])
        if hours is not None and hours.start != hours.end:
            last_s = clock.next_time_s(hours.end, 0) - int(row["service_s"])
            yield StopWindow(row["stop"], hours.start, hhmm(last_s % clock.DAY_S))


def _require_usable(found: pd.DataFrame) -> None:
    """Raise `UnusableError` where no candidate stop lies on a road inside the boundary."""
    if found["reason"].isna().any():
        return
    few = [
        f"{row['name']} ({row['reason']})" for row in found.head(3).to_dict("records")
    ]
    raise stops.UnusableError(
        f"none of {len(found)} candidate stops can be used: {', '.join(few) or 'there is none'}. "
        "Fix: a row of kind public_stop in places.csv, beside a road inside the boundary"
    )


def require_feasible(usable: pd.DataFrame, params: PatrolParams) -> None:
    """Refuse breaks and services that no shift holds, and stops that are all out of reach.

    `usable` holds the depot, then the candidate stops on a road, with ``round_trip_s``, the drive
    there and back.  Raises `ProblemError`, which names all faults.
    """
    found = [fault for shift in params.shifts for fault in _break_faults(shift)]
    found += _overlaps(params)
    longest = clock.longest_s(params.shifts) / 60
    found += _long_services(usable.iloc[1:], longest)
    free = clock.longest_free_s(params.shifts) / 60
    needed = (usable["round_trip_s"] + usable["service_s"]).iloc[1:] / 60
    if not found and len(needed) and needed.min() > free:
        nearest = usable["name"].iloc[1 + int(needed.to_numpy().argmin())]
        found.append(
            f"no stop can be visited within a shift: {nearest}, the quickest, takes "
            f"{np.ceil(needed.min()):.0f} min (drive, service and return) and the longest shift "
            f"has {free:.0f} min without its break and buffer. Smallest change: a shift "
            f"{np.ceil(needed.min() - free):.0f} min longer"
        )
    if found:
        raise ProblemError("\n".join(found))


def _overlaps(params: PatrolParams) -> Iterator[str]:
    """Yield the shifts that begin while the vehicles are still out in the one before."""
    for before, after in itertools.pairwise(params.shifts):
        spans = (vehicle_spans_s(shift, params.vehicles) for shift in (before, after))
        gaps = [end - begin for (_, end), (begin, _) in zip(*spans, strict=False)]
        late_s = max(gaps) + clock.buffer_s(before)
        if late_s > 0:
            begin = hhmm(shift_span_s(after)[0] + late_s)
            yield (
                f"patrols.shifts: {after.name} begins at {after.start}, before {before.name} ends "
                f"at {before.end}, with the same vehicles. Smallest change: let it begin "
                f"{late_s / 60:g} min later, at {begin}"
            )


def _long_services(candidates: pd.DataFrame, longest: float) -> Iterator[str]:
    """Yield the kinds of stops at which a service takes longer than the longest shift."""
    for kind, least in (candidates.groupby("kind")["service_s"].min() / 60).items():
        if least > longest:
            yield (
                f"patrols.service_min: the service at a {kind} takes {least:g} min and the longest "
                f"shift has {longest:g} min. Smallest change: a service {least - longest:g} min "
                "shorter, without the drive"
            )


def _break_faults(shift: Shift) -> Iterator[str]:
    """Yield why the break of a shift cannot be taken within it."""
    if not shift.break_min:
        return
    (start, end), (early, late) = shift_span_s(shift), break_span_s(shift)
    pause_s, window = (
        round(shift.break_min * 60),
        f"may begin from {shift.break_from}",
    )
    if pause_s >= end - start:
        fault = f"takes {shift.break_min:g} min and the shift has {(end - start) / 60:g} min"
        change = f"a break {(pause_s - end + start) / 60 + 1:g} min shorter"
    elif early + pause_s > end:
        fault = f"{window} on and ends after the shift does, at {shift.end}"
        change = f"let it begin {(early + pause_s - end) / 60:g} min earlier"
    elif late < early:
        fault = f"{window} to {shift.break_to}, which is not a time within the shift"
        change = f"let it begin {(early - late) / 60:g} min later than {shift.break_to}"
    else:
        return
    yield f"patrols.shifts: the break of {shift.name} {fault}. Smallest change: {change}"
