"""The rest of a night from where crews are, when a vehicle, a road or a crew fails.

A crew at a stop serves it to the end; one on the road goes on to the stop ahead.  From there on the
night is planned anew.  Stops that were announced are kept before all others, near the hour that
stands on their cards.  Where no more can be kept, each vehicle goes on as planned: a shorter drive
moves no hour.  A shift that has not begun stays as planned, unless a vehicle or a road that it
needs is out.
"""

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import partial
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Floats
from geo.params import FortnightParams, Shift
from geo.patrols import locks
from geo.patrols.audit import LATE_BREAK_S, breaches, require_none
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import Terms, plan_night
from geo.patrols.nights import at_usual_times
from geo.patrols.timetable import BREAK, PlannedShift, timetables
from geo.results import Patrols
from geo.routing.problem import (
    DEPOT,
    Pause,
    Problem,
    ProblemError,
    Route,
    Routes,
    Window,
)

NEAR_S: Final = 30 * 60
"""A visit keeps its announced hour within so many seconds; as ``fortnight.usual_min``."""
ANNOUNCED: Final = 1.0
"""Worth of a visit that was announced, beside its need: as much as all need together."""
VEHICLE: Final = ["shift", "vehicle"]


@dataclass(frozen=True)
class Happened:
    """What happened in a night until now."""

    now_s: int
    """Seconds from the midnight before the day on which the night begins."""
    out: frozenset[int] = frozenset()
    """Vehicles that drive no more: broken down, or their crew is overdue."""
    late_s: Mapping[int, int] = field(default_factory=dict)
    """Seconds by which vehicles are behind their timetable."""
    roads_closed: bool = False
    """Whether roads are closed beyond those of the plan; the inputs know which."""


def whereabouts(stops: pd.DataFrame, happened: Happened) -> pd.DataFrame:
    """Return where each vehicle is that has not come back, by the timetable and how late it is.

    Parameters
    ----------
    stops : pandas.DataFrame, table `STOPS` of one night
    happened : Happened

    Returns
    -------
    pandas.DataFrame
        A row a vehicle and shift: ``shift``, ``vehicle``; ``state``: ``waiting`` at the depot,
        ``there`` at a stop, ``driving`` to it, ``returning`` to the depot; ``stop``, ``name``:
        where it is, or is driving to; ``free_s``, when it can go on from there; ``order`` of that
        stop.

    Examples
    --------
    >>> stops = pd.DataFrame({
    ...     "shift": "evening", "vehicle": 1, "order": [0, 1, 2], "kind": "station",
    ...     "stop": ["depot", "station", "depot"], "name": ["Depot", "Station", "Depot"],
    ...     "arrival_s": [64_800, 66_000, 68_400], "departure_s": [64_800, 67_200, 68_400],
    ... })
    >>> for now_s in (64_000, 65_000, 66_000, 67_500):
    ...     row = whereabouts(stops, Happened(now_s)).iloc[0]
    ...     print(row["state"], row["stop"], row["free_s"])
    waiting depot 64800
    driving station 67200
    there station 67200
    returning depot 68400
    """
    late_s = stops["vehicle"].map(dict(happened.late_s)).fillna(0).astype(int)
    begun = stops.groupby(VEHICLE)["departure_s"].transform("min") <= happened.now_s
    late_s = late_s.where(begun, 0)
    timed = pd.DataFrame(stops).assign(
        arrival_s=stops["arrival_s"] + late_s, free_s=stops["departure_s"] + late_s
    )
    # A break belongs to the stop at which it is taken.
    timed = timed.groupby([*VEHICLE, "order"], sort=False, as_index=False).agg(
        {"stop": "first", "name": "first", "arrival_s": "min", "free_s": "max"}
    )
    ahead = timed[timed["free_s"] > happened.now_s].sort_values("order")
    last = timed.groupby(VEHICLE)["order"].transform("max")
    current = ahead.drop_duplicates(VEHICLE).sort_index()
    driving = current["arrival_s"] > happened.now_s
    returning = current["order"] == last[current.index]
    state = np.select(
        [current["order"] == 0, returning, driving],
        ["waiting", "returning", "driving"],
        "there",
    )
    columns = [*VEHICLE, "state", "stop", "name", "free_s", "order"]
    return current.assign(state=state)[columns].reset_index(drop=True)


def not_done(stops: pd.DataFrame, happened: Happened) -> pd.DataFrame:
    """Return the rows of a night that are still to come, as they were planned.

    The stop at which a crew is counts as done, as does the one to which it is driving; of a vehicle
    that is out, only the one at which it stands.
    """
    by_vehicle = whereabouts(stops, happened).set_index(VEHICLE)
    key = pd.MultiIndex.from_frame(stops[VEHICLE])
    where = by_vehicle.reindex(key).set_axis(stops.index)
    stranded = where["state"].eq("driving") & stops["vehicle"].isin(happened.out)
    waits = where["state"].eq("waiting")
    reached = where["order"].astype(float) - (stranded | waits)
    return stops[stops["order"].astype(float) > reached.fillna(np.inf)]


def rest_of_night(
    inputs: PlanningInputs,
    stops: gpd.GeoDataFrame,
    happened: Happened,
    announced: Collection[str] | None = None,
) -> Patrols:
    """Return timetable and roads of the rest of a night, from where crews are.

    Parameters
    ----------
    inputs : PlanningInputs
        Of that night, with the roads that are open now.
    stops : geopandas.GeoDataFrame, table `STOPS` of that night
        As it was planned.
    happened : Happened
    announced : collection of str, optional
        Ids of the stops whose cards hang; all of the plan if not given.

    Returns
    -------
    geo.results.Patrols
        Tables `STOPS` and `LEGS`: each vehicle starts where it is, at ``order`` 0.

    Raises `geo.routing.ProblemError` where a shift admits no plan, `geo.patrols.audit.PlanError`
    if the rest breaks a rule.
    """
    coming = not_done(stops, happened)
    done = stops.drop(coming.index)
    planned: list[PlannedShift] = []
    for shift in inputs.params.shifts:
        if (coming["shift"] == shift.name).any():
            begun = _Begun(inputs, shift, coming, done, happened, announced)
            planned.append(begun.planned(_remaining(inputs, shift, done, planned)))
    rest = timetables(inputs, planned, int(stops["night"].iloc[0]))
    broken = breaches(
        rest,
        inputs.matrix.drive,
        inputs.boundary,
        locks.without(inputs).in_force,
        begun=whereabouts(stops, happened),
    )
    require_none(broken, "the rest of the night")
    return rest


def _remaining(
    inputs: PlanningInputs,
    shift: Shift,
    done: pd.DataFrame,
    planned: Sequence[PlannedShift],
) -> Floats:
    """Return the share of need that visits of this night have left to a shift."""
    remaining = np.ones(len(inputs.reach.need))
    made = done[done["service_s"] > 0]
    for name, own in made.groupby("shift"):
        visited = [inputs.number[stop] for stop in own["stop"] if stop in inputs.number]
        served = inputs.reach.served(visited)
        remaining[served] *= 0.0 if name == shift.name else inputs.params.repeat
    for earlier in planned:
        remaining = inputs.left_by(earlier.visited, remaining)
    return remaining


@dataclass(frozen=True)
class _Rest(PlannedShift):
    """A shift from where its vehicles are; one that stops no more drives home."""

    out: frozenset[int] = frozenset()

    def is_driven(self, vehicle: int) -> bool:
        """Tell whether a vehicle, from 0, drives: home at least from where it is."""
        is_away = self.problem.ends_of(vehicle)[0] != DEPOT
        is_driven = is_away or super().is_driven(vehicle)
        return is_driven and vehicle + 1 not in self.out


@dataclass(frozen=True)
class _Begun:
    """A shift of the night, begun or to come."""

    inputs: PlanningInputs
    shift: Shift
    coming: pd.DataFrame
    done: pd.DataFrame
    happened: Happened
    announced: Collection[str] | None

    def planned(self, remaining: Floats) -> PlannedShift:
        """Return the plan of what is left of it."""
        free = locks.without(self.inputs)
        params = replace(free.params, shifts=(self.shift,), exploration=0.0)
        announced = self.inputs.stops["stop"].isin(self.told["stop"]).to_numpy(bool)
        terms = Terms(
            remaining=remaining,
            beside_need=np.where(announced, ANNOUNCED, 0.0),
            wanted=self.inputs.reach.advised | announced,
            adjust=lambda _, problem: self.adjusted(problem),
        )
        (rest,) = plan_night(replace(free, params=params), terms)
        as_planned, routes = self._to_come(rest.problem), rest.routes
        if locks.kept(rest.problem, as_planned):
            kept = partial(self._kept, rest.problem)
            routes = max(as_planned, routes, key=kept)
        return _Rest(self.shift, rest.problem, routes, remaining, out=self.happened.out)

    def _kept(self, problem: Problem, routes: Routes) -> tuple[float, float]:
        """Return how many announced visits are made, and how many in all; less at another hour."""
        visits = [
            visit
            for vehicle, route in enumerate(routes)
            for visit in problem.times(vehicle, route)[:-1]
        ]
        told = self.told["stop"].map(self.inputs.number).tolist()
        announced = sum(visit.share for visit in visits if visit.stop in told)
        return announced, sum(visit.share for visit in visits)

    def _to_come(self, problem: Problem) -> Routes:
        """Return the stops still to come of each vehicle that drives, as they were planned."""
        visits = self.rows[self.rows["service_s"] > 0]
        number = visits["stop"].map(self.inputs.number).dropna().astype(int)
        return tuple(
            problem.given.get(vehicle, tuple(number[visits["vehicle"] == vehicle + 1]))
            for vehicle in range(len(problem.vehicles))
        )

    @property
    def rows(self) -> pd.DataFrame:
        """The rows of its timetable that are still to come."""
        return self.coming[self.coming["shift"] == self.shift.name]

    @property
    def told(self) -> pd.DataFrame:
        """Its visits to come that were announced, in time."""
        visits = self.rows[self.rows["service_s"] > 0].sort_values("arrival_s")
        if self.announced is None:
            return visits
        return visits[visits["stop"].isin(list(self.announced))]

    @property
    def stays(self) -> bool:
        """Whether it has not begun, and nothing that it needs is out."""
        has_begun = (self.done["shift"] == self.shift.name).any()
        return not (has_begun or self.happened.out or self.happened.roads_closed)

    def adjusted(self, problem: Problem) -> Problem:
        """Return the problem of the shift from where its vehicles are."""
        number = self.inputs.number
        if self.stays:
            return self._as_planned(problem)
        from_here = self._from_here(problem)
        prize = from_here.prize.copy()
        made = self.done[self.done["shift"] == self.shift.name]["stop"]
        prize[[number[stop] for stop in made if stop in number]] = 0.0
        usual_s = {
            number[row["stop"]]: int(row["arrival_s"])
            for row in self.told.to_dict("records")
            if row["stop"] in number
        }
        hours = self.inputs.fortnight or FortnightParams()
        return at_usual_times(replace(from_here, prize=prize), hours, usual_s)

    def _as_planned(self, problem: Problem) -> Problem:
        """Return the problem of a shift in which each visit begins when it was to begin."""
        windows = [problem.windows_of(stop) for stop in range(len(problem.prize))]
        given = dict(enumerate(self._to_come(problem)))
        for row in self.rows[self.rows["service_s"] > 0].to_dict("records"):
            stop, vehicle = self.inputs.number[row["stop"]], row["vehicle"] - 1
            begin_s = row["departure_s"] - row["service_s"] - row["walk_s"]
            windows[stop] = (Window(begin_s, problem.vehicles[vehicle][1]),)
        return replace(problem, given=given, windows=tuple(windows))

    def _from_here(self, problem: Problem) -> Problem:
        """Return the problem with vehicles that start where they are, when they are free."""
        rows = pd.DataFrame(pd.concat([self.done, self.coming]))
        rows = rows[rows["shift"] == self.shift.name]
        where = whereabouts(rows, self.happened).set_index("vehicle").to_dict("index")
        spans, ends = [], []
        given: dict[int, Route] = {}
        for vehicle, span in enumerate(problem.vehicles):
            here = where.get(vehicle + 1)
            origin, target = problem.ends_of(vehicle)
            if here is None or vehicle + 1 in self.happened.out:
                given[vehicle] = ()
            elif here["state"] != "waiting":
                origin = self._number_of(here, vehicle)
                free_s = max(span[0], int(here["free_s"]))
                home_s = free_s + int(problem.travel_s[origin, target])
                span = (free_s, max(span[1], home_s + 1))  # noqa: PLW2901
            spans.append(span)
            ends.append((origin, target))
        first_s = min(free_s for free_s, _ in spans)
        return replace(
            problem,
            vehicles=tuple(spans),
            ends=tuple(ends),
            given=given,
            pause=self._pause(problem.pause, first_s),
        )

    def _pause(self, pause: Pause | None, first_s: int) -> Pause | None:
        """Return the break, later where the first vehicle is free late; None if all are made."""
        if pause is None or not (self.rows["kind"] == BREAK).any():
            return None
        return pause._replace(late=max(pause.late, first_s + LATE_BREAK_S))

    def _number_of(self, here: Mapping[Any, Any], vehicle: int) -> int:
        """Return the number of the place where a vehicle is."""
        if here["stop"] not in self.inputs.number:
            raise ProblemError(
                f"vehicle {vehicle + 1} is at {here['name']}, which no open road joins to the "
                f"depot. Fix: leave it out, --out-of-use {vehicle + 1}, or name no road that is "
                "open"
            )
        return self.inputs.number[here["stop"]]


def to_tell(
    stops: pd.DataFrame, rest: pd.DataFrame, announced: Collection[str] | None = None
) -> pd.DataFrame:
    """Return the announced visits that no crew makes near their hour: where people would wait.

    Parameters
    ----------
    stops : pandas.DataFrame, table `STOPS`
        What was still to come, as from `not_done`.
    rest : pandas.DataFrame, table `STOPS`
        The rest of the night as it is now; without a row where the night is cancelled.
    announced : collection of str, optional
        Ids of the stops whose cards hang; all if not given.

    Returns
    -------
    pandas.DataFrame
        ``shift``, ``stop``, ``name``; ``arrival``, ``departure`` as announced; ``now``, when a
        crew comes instead, null where none does.
    """
    told = stops[stops["service_s"] > 0]
    if announced is not None:
        told = told[told["stop"].isin(list(announced))]
    key = ["shift", "stop"]
    visits = pd.DataFrame(rest[rest["service_s"] > 0])
    now_planned = visits[[*key, "arrival", "arrival_s"]].rename(
        columns={"arrival": "now", "arrival_s": "now_s"}
    )
    both = pd.DataFrame(told).merge(now_planned, "left", on=key)
    both = both.sort_values("arrival_s")
    apart_s = (both["now_s"] - both["arrival_s"]).abs()
    late = both["now_s"].isna() | (apart_s > NEAR_S)
    columns = [*key, "name", "arrival", "departure", "now"]
    return both.loc[late.fillna(value=True), columns].reset_index(drop=True)
