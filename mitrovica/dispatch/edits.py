"""A timetable that somebody edited: timed anew, checked by the rules of every plan, and weighed.

The stops count in the order in which the rows stand, by shift and vehicle, and the break after the
stop that it stands below.  Times follow from them; `times_not_kept` names those that somebody
entered and that do not follow.  Nothing that breaks a rule is mended: `geo.patrols.audit` names it.
"""

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

import numpy as np
import pandas as pd

from geo.arrays import Floats
from geo.breaches import Breach
from geo.params import Shift
from geo.params.types import hint
from geo.patrols import appraisal, audit
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import night_by_rule
from geo.patrols.shifts import shift_problem
from geo.patrols.stops import StopError
from geo.patrols.timetable import BREAK, PlannedShift, timetables
from geo.results import Patrols
from geo.routing.problem import Problem, Route, Visit


@dataclass(frozen=True)
class AsEdited(PlannedShift):
    """A shift whose vehicles drive as the file says, in time or not."""

    pause_after: tuple[int | None, ...] = ()
    """The order of the stop at which each vehicle takes its break."""

    def _begin(self, stop: int, arrival: int, end: int) -> int:
        """Return when a visit begins: nobody waits for a window that opens after the `end`."""
        opens = [
            max(arrival, early)
            for early, late, _ in self.problem.windows_of(stop)
            if arrival <= late and early <= end
        ]
        return min(opens, default=arrival)

    def drives(self) -> Iterator[tuple[int, int, int, Visit]]:
        """Yield vehicle, order, stop before and visit of every drive; an idle vehicle has none."""
        problem = self.problem
        for vehicle, route in enumerate(self.routes):
            free_s, end = problem.vehicles[vehicle]
            last, target = problem.ends_of(vehicle)
            for order, stop in enumerate((*route, target) if route else (), 1):
                arrival = free_s + int(problem.travel_s[last, stop])
                begin = self._begin(stop, arrival, end)
                visit = Visit(
                    stop, arrival, begin, begin + int(problem.service_s[stop])
                )
                if self.pause_after[vehicle] == order and problem.pause:
                    starts = max(visit.departure_s, problem.pause.early)
                    visit = visit._replace(
                        pause=(starts, starts + problem.pause.length_s)
                    )
                if order > len(route):
                    visit = Visit(stop, arrival, arrival, arrival)
                yield vehicle, order, last, visit
                free_s, last = visit.free_s, stop


@dataclass(frozen=True)
class Edited:
    """An edited night as it would be driven."""

    patrols: Patrols
    """Timetable and road geometries."""
    faults: list[Breach]
    """The rules that it breaks, by `geo.patrols.audit.breaches`."""
    measures: pd.DataFrame
    """`geo.patrols.appraisal.measures`."""
    need_share: float
    """Need that the night serves, as a share of all need of the study."""


def weigh(inputs: PlanningInputs, rows: pd.DataFrame) -> Edited:
    """Return an edited timetable as it would be driven, with every rule that it breaks.

    `rows` is table `STOPS` of one night; it reads ``shift``, ``vehicle``, ``stop`` and ``kind``.
    Raises `StopError` if it names a stop or a shift that there is not.
    """
    planned = as_edited(inputs, rows)
    patrols = timetables(inputs, planned)
    return Edited(
        patrols,
        audit.breaches(patrols, inputs.matrix.drive, inputs.boundary, inputs.in_force),
        appraisal.measures(inputs, planned),
        appraisal.shares(inputs, planned)["need_share"],
    )


Patrol = tuple[str, int]
"""A shift, and a vehicle in it, from 1."""


def rows_of(
    inputs: PlanningInputs, routes: Mapping[Patrol, Sequence[str]]
) -> pd.DataFrame:
    """Return the rows of table `EDITED_PLAN` for patrols by their stops, with their breaks.

    A break is taken where the plan of such a route takes it; on a route that does not fit its
    shift at the first stop that ends late enough for it, else at the last.
    """
    rows = []
    for (shift, vehicle), stops in routes.items():
        after = _break_after(inputs, shift, vehicle, stops)
        for order, stop in enumerate(stops, 1):
            rows.append((1, shift, vehicle, stop, ""))
            if order == after:
                rows.append((1, shift, vehicle, stop, BREAK))
    columns = ["night", "shift", "vehicle", "stop", "kind"]
    return pd.DataFrame(rows, columns=columns)


def _break_after(
    inputs: PlanningInputs, name: str, vehicle: int, stops: Sequence[str]
) -> int | None:
    """Return the order of the stop at which a patrol takes its break."""
    problem = _problem(inputs, name)
    route = tuple(inputs.number[stop] for stop in stops)
    if problem.pause is None or not route or vehicle > len(problem.vehicles):
        return None
    for order, visit in enumerate(problem.schedule(vehicle - 1, route) or (), 1):
        if visit.pause:
            return order
    [shift] = [one for one in inputs.params.shifts if one.name == name]
    ahead: list[Route] = [()] * len(problem.vehicles)
    ahead[vehicle - 1] = route
    none = (None,) * len(ahead)
    remaining = np.ones(len(inputs.reach.need))
    driven = AsEdited(shift, problem, tuple(ahead), remaining, pause_after=none)
    for order, visit in enumerate(driven.visits(), 1):
        if visit.departure_s >= problem.pause.early:
            return order
    return len(route)


def with_stop(
    inputs: PlanningInputs, patrol: Patrol, stops: Sequence[str], stop: str
) -> int:
    """Return the place, from 0, at which one stop more costs a patrol the least driving.

    Places where it is in time go before others.  Raises `StopError` if there is no such stop.

    Parameters
    ----------
    inputs : PlanningInputs
    patrol : Patrol
        The vehicle and its shift.
    stops : sequence of str
        What it visits, in order.
    stop : str
        Id of the one more.
    """
    require_stops(inputs, [*stops, stop])
    name, vehicle = patrol
    problem = _problem(inputs, name)
    route = tuple(inputs.number[one] for one in stops)
    new = inputs.number[stop]

    def cost(place: int) -> tuple[bool, int]:
        longer = (*route[:place], new, *route[place:])
        late = problem.schedule(vehicle - 1, longer) is None
        return late, problem.driving_s(longer, vehicle - 1)

    return min(range(len(route) + 1), key=cost)


def _problem(inputs: PlanningInputs, name: str) -> Problem:
    """Return the problem of the shift of a name."""
    [shift] = [one for one in inputs.params.shifts if one.name == name]
    return shift_problem(inputs, shift, inputs.reach.cover())


def gains(inputs: PlanningInputs, rows: pd.DataFrame) -> pd.Series:
    """Return what each stop would add to the need that rows of stops serve, as a share of all.

    By ``stop``, without the depot, most first; 0 for what serves no need that is not served.
    """
    numbers = [inputs.number[stop] for stop in rows["stop"].unique()]
    reach = inputs.reach
    open_need = np.where(reach.served(numbers), 0.0, reach.of_all)
    worth = reach.reaches @ open_need
    by_stop = pd.Series(worth, index=inputs.stops["stop"]).iloc[1:]
    others = by_stop[~by_stop.index.isin(rows["stop"])]
    return others.sort_values(ascending=False, kind="stable")


def times_not_kept(
    before: pd.DataFrame, rows: pd.DataFrame, after: pd.DataFrame
) -> list[str]:
    """Return the times that somebody changed and that the order of the stops does not give.

    `before` and `after` are table `STOPS` of one night, as it was planned and as the edited stops
    are driven; `rows` is the edited file, with ``arrival`` and ``departure`` as HH:MM, or without.
    """
    keys, times = ["shift", "stop"], ["arrival", "departure"]
    if not set(times) <= set(rows):
        return []
    stops = after[after["service_s"] > 0]
    served = rows[rows["kind"] != BREAK]
    both = stops.merge(served, on=keys, suffixes=("", "_file"))
    both = both.merge(
        before[before["service_s"] > 0], on=keys, how="left", suffixes=("", "_was")
    )
    return [
        f"shift {row['shift']}, vehicle {row['vehicle']}: {row['stop']} is there "
        f"{row['arrival']} to {row['departure']}, not {row['arrival_file']} to "
        f"{row['departure_file']} as the file says. Times follow from the order of the stops and "
        "their minutes of service (service_min)"
        for row in both.to_dict("records")
        if any(
            row[f"{time}_file"] not in (row[time], row[f"{time}_was"])
            for time in times
            if not pd.isna(row[f"{time}_file"])
        )
    ]


def as_edited(inputs: PlanningInputs, rows: pd.DataFrame) -> list[PlannedShift]:
    """Return the shifts that the rows of a timetable tell."""
    _require_known(inputs, rows)

    def rule(shift: Shift, remaining: Floats) -> PlannedShift:
        own = rows[
            (rows["shift"] == shift.name)
            & (rows["stop"] != inputs.params.depot)
            & (rows["kind"] != "depot")
        ]
        vehicles = int(max([inputs.params.vehicles, *own["vehicle"]]))
        driven = [
            _route(inputs, own[own["vehicle"] == vehicle + 1])
            for vehicle in range(vehicles)
        ]
        problem = shift_problem(inputs, shift, inputs.reach.cover(remaining=remaining))
        more = len(driven) - len(problem.vehicles)
        problem = replace(
            problem, vehicles=(*problem.vehicles, *problem.vehicles[:1] * more)
        )
        routes, pauses = zip(*driven, strict=True)
        return AsEdited(shift, problem, routes, remaining, pause_after=pauses)

    return night_by_rule(inputs, rule)


def _route(inputs: PlanningInputs, own: pd.DataFrame) -> tuple[Route, int | None]:
    """Return the stops of one vehicle in order, and after how many of them it takes its break."""
    pause = (own["kind"] == BREAK).to_numpy()
    route = tuple(inputs.number[stop] for stop in own.loc[~pause, "stop"])
    after = int((~pause)[: pause.argmax()].sum()) if pause.any() else None
    return route, after


def _require_known(inputs: PlanningInputs, rows: pd.DataFrame) -> None:
    """Refuse shifts and stops that there are not."""
    shifts = [shift.name for shift in inputs.params.shifts]
    _require(rows["shift"], shifts, "shift")
    require_stops(inputs, rows["stop"])
    allowed: dict[Any, int] = {
        shift.name: int(shift.break_min > 0) for shift in inputs.params.shifts
    }
    patrols = rows[rows["kind"] == BREAK].groupby(["shift", "vehicle"])
    for (shift, vehicle), pauses in patrols:
        if len(pauses) > allowed[shift]:
            raise StopError(
                f"vehicle {vehicle} of {shift} has {len(pauses)} breaks, the shift has "
                f"{allowed[shift]}. Fix: take the other rows of kind break out"
            )
    nights = rows["night"].nunique()
    if nights > 1:
        raise StopError(
            f"the plan has {nights} nights, and one is checked at a time. Fix: keep the rows "
            "of one"
        )


def require_stops(inputs: PlanningInputs, stops: Iterable[str]) -> None:
    """Raise `StopError` where one of these is no stop that can be planned."""
    _require(stops, inputs.stops["stop"].tolist(), "stop")


def _require(named: Iterable[str], known: Sequence[str], what: str) -> None:
    unknown = sorted(set(named) - set(known))
    if unknown:
        raise StopError(
            f"the plan names the {what} {', '.join(map(str, unknown))}, which cannot be "
            f"planned. {hint(unknown, known)}"
        )
