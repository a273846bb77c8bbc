"""Several nights of patrols: shifts planned in turn, each knowing what the ones before it did.

Nothing is copied from night to night.  Before each shift

- need that was served is worth less: a visit leaves ``patrols.repeat`` of it, and the loss fades
  with ``recovery_nights``;
- a stop behind the pace of its minimum number of visits is worth more: for each visit that it is
  behind, as much again as if no other stop were visited.

A stop that is half a visit behind its pace is required, the most urgent first, as long as a
greedy plan visits all of them.  One whose minimum needs every remaining shift is required in any
case.

A little-known place is known after ``explored_visits``, so that exploration moves on.

No vehicle drives farther than ``most_km`` in a shift, or longer than ``most_driving_share`` of it.

So that people can find a stop, a visit near the time of its first visit in that shift earns the
whole prize, one at another time ``usual_share`` of it.

Where the plan follows what patrols found, it has a course (`geo.patrols.course`).  Visits that were
announced count as behind their pace like those of a minimum, but none is made at any price.  No
stop gets more than its course allows, and stops drawn by lot are required in their night, or in the
next that has room.

Stops of much need stand early in a route, so that a late start or slow roads leave them
(`geo.patrols.robustness`).  Vehicles take turns on the longest routes (`geo.patrols.turns`).
"""

import datetime
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field, replace

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Bools, Floats, Ints
from geo.evidence_line import told
from geo.params import FortnightParams, Shift
from geo.patrols import memory
from geo.patrols.clock import hhmm
from geo.patrols.course import Course
from geo.patrols.inputs import PlanningInputs
from geo.patrols.locks import kept, require_known
from geo.patrols.memory import Memory
from geo.patrols.night import Terms, greedy_night, plan_night, worth_share
from geo.patrols.quotas import quotas, refuse_contradictions
from geo.patrols.robustness import GIVEN_UP, HOLDS, least_kept, steadied
from geo.patrols.shifts import refuse_missed_windows, visitable
from geo.patrols.timetable import PlannedShift
from geo.patrols.turns import in_turns
from geo.results import Patrols
from geo.routing import solver
from geo.routing.problem import DEPOT, Problem, ProblemError, Routes, Window, visited
from geo.schema import VISITS


@told
@dataclass(frozen=True)
class Fortnight:
    """The shifts of several nights, in order."""

    inputs: PlanningInputs
    nights: tuple[tuple[PlannedShift, ...], ...]
    visits: pd.DataFrame
    """Table `VISITS`: per stop how often, and how near to its usual times."""
    course: Course | None = None
    by_lot: Ints | int = 0
    """(n,): visits of each stop because it was drawn by lot."""

    @property
    def shifts(self) -> list[PlannedShift]:
        """All shifts in one list."""
        return [shift for night in self.nights for shift in night]


@dataclass
class _Ledger:
    """What is required of the stops, and what the shifts so far have done to them."""

    inputs: PlanningInputs
    params: FortnightParams
    quota: Ints
    all_shifts: Ints
    """Per stop, the shifts of all nights that can visit it."""
    remaining: Ints
    """Per stop, the shifts to come that can visit it, the next one included."""
    memory: Memory
    """What visits have done to the need and to little-known places, those of the log included."""
    by_lot: Ints
    """Visits of each stop because it was drawn."""
    course: Course | None
    made: list[tuple[int, str, int]] = field(default_factory=list)
    """Every visit: stop, shift, and when its service begins."""
    driven_s: dict[str, Counter[int]] = field(
        default_factory=lambda: defaultdict(Counter)
    )
    """Per shift, the seconds that each vehicle drove."""
    lots: list[int] = field(default_factory=list)
    """Stops drawn by lot that are still to be visited, in order."""

    @property
    def visits(self) -> Ints:
        """Visits to each stop."""
        return np.bincount([stop for stop, *_ in self.made], minlength=len(self.quota))

    @property
    def aim(self) -> Ints:
        """Visits that each stop is to have: its minimum, and those that were announced and stay."""
        if self.course is None:
            return self.quota
        return np.maximum(self.quota, self.course.aim)

    def due(self, tonight: Ints) -> Ints:
        """Return the visits still to be made beside those of `tonight`."""
        return np.asarray(np.maximum(self.aim - self.visits - tonight, 0))

    def behind(self, tonight: Ints) -> Floats:
        """Return by how many visits each stop is behind an even pace."""
        pace = self.aim * (1 - self.remaining / np.maximum(self.all_shifts, 1))
        return np.asarray(np.maximum(pace - self.visits - tonight, 0.0))

    def last_chance(self, tonight: Ints) -> Bools:
        """Return the stops whose minimum needs every remaining shift."""
        due = np.maximum(self.quota - self.visits - tonight, 0)
        return np.asarray((due > 0) & (due >= self.remaining))

    def closed(self, before: Ints) -> Bools:
        """Return the stops that have all visits that their course allows.

        `before` is how often earlier shifts of the night may visit each.
        """
        if self.course is None:
            return np.zeros(len(self.quota), dtype=bool)
        most = np.maximum(self.course.most, self.quota)
        return np.asarray(self.visits - self.by_lot + before >= most)

    def usual(self, shift: str) -> dict[int, int]:
        """Return when visits of a shift to each stop begin: as announced, or as the first did."""
        announced = self.course.usual_s.get(shift, {}) if self.course else {}
        first = {
            stop: begin for stop, name, begin in reversed(self.made) if name == shift
        }
        return {**first, **announced}

    def enter(self, planned: Sequence[PlannedShift]) -> None:
        """Note the visits of a night."""
        for shift in planned:
            self.memory.enter(shift.visited)
            for vehicle, route in enumerate(shift.routes):
                drive_s = shift.problem.driving_s(route, vehicle)
                self.driven_s[shift.name][vehicle] += drive_s
            self.made += [
                (visit.stop, shift.name, visit.begin_s) for visit in shift.visits()
            ]
        self.memory.rest(1)

    def table(self) -> pd.DataFrame:
        """Return table `VISITS`."""
        made = pd.DataFrame(self.made, columns=["stop", "shift", "begin_s"])
        usual_s = made.groupby(["stop", "shift"])["begin_s"].transform("first")
        near = (made["begin_s"] - usual_s).abs() <= self.params.usual_min * 60
        first = made.drop_duplicates(["stop", "shift"])
        usual = (first["shift"] + " " + first["begin_s"].map(hhmm)).groupby(
            first["stop"]
        )
        stops = self.inputs.stops.drop(index=DEPOT)
        table = stops.assign(
            visits=self.visits[stops.index],
            quota=self.quota[stops.index],
            at_usual_time=near.groupby(made["stop"]).mean().reindex(stops.index),
            usual=usual.agg(", ".join).reindex(stops.index, fill_value=""),
        )
        lost = self.inputs.unusable[self.inputs.unusable["at_advised"].astype(bool)]
        unmet = lost.assign(visits=0, quota=self.params.advised_visits, usual="")
        return VISITS.frame(pd.concat([table, unmet], ignore_index=True))


def plan_nights(
    inputs: PlanningInputs, params: FortnightParams, course: Course | None = None
) -> Fortnight:
    """Plan every shift of ``params.nights`` nights, on a course if one is given.

    Parameters
    ----------
    inputs : geo.patrols.PlanningInputs
    params : geo.params.patrols.FortnightParams
        How many nights, and which visits they must make.
    course : geo.patrols.course.Course, optional
        What of the announced hours stays, and which stops are drawn by lot.

    Returns
    -------
    Fortnight

    Raises `ProblemError` if the minimum visits contradict the shifts, all contradictions named, or
    cannot all be met.
    """
    refuse_missed_windows(inputs)
    few = replace(inputs.params, iterations=params.iterations)
    inputs = replace(inputs, params=few, fortnight=params)
    quota = quotas(inputs, params)
    by_night = [inputs.of_night(night) for night in range(1, params.nights + 1)]
    for of_night in by_night:
        require_known(of_night)
    of_shift = np.array(
        [
            [problem.prize > 0 for problem in visitable(of_night)]
            for of_night in by_night
        ],
        dtype=int,
    )
    all_shifts = of_shift.sum(axis=(0, 1))
    refuse_contradictions(inputs, params, quota, all_shifts)
    ledger = _Ledger(
        inputs,
        params,
        quota,
        all_shifts,
        all_shifts.copy(),
        memory.of_log(inputs, params),
        np.zeros_like(quota),
        course,
    )
    nights: list[tuple[PlannedShift, ...]] = []
    for number, of_night in enumerate(by_night, 1):
        before = nights[-1] if nights else ()
        if course is not None and number <= len(course.drawn.by_night):
            ledger.lots += course.drawn.by_night[number - 1]
        nights.append(tuple(_planned(of_night, ledger, number, before)))
    return Fortnight(inputs, tuple(nights), ledger.table(), course, ledger.by_lot)


# One night in order: what the ledger asks for, the search, what is entered.
def _planned(
    inputs: PlanningInputs, ledger: _Ledger, number: int, before: Sequence[PlannedShift]
) -> list[PlannedShift]:
    """Plan one night with what the ledger requires of it, and enter it there.

    The search begins with the plan of the night before.
    """
    params = ledger.params
    need = inputs.reach.by_stop["need"].to_numpy(float)
    mean = float(need[1:].mean())
    nothing = np.zeros(len(need), dtype=np.int64)
    # A stop with a minimum is worth something in any case, or no plan could visit it.
    tonight = set(ledger.lots)
    drawn = np.isin(np.arange(len(need)), [*tonight])
    least = np.where((ledger.aim > 0) | drawn, 0.01 * mean, 0.0)
    usual_s = {shift.name: ledger.usual(shift.name) for shift in inputs.params.shifts}
    problems = visitable(inputs)
    able = np.array([problem.prize > 0 for problem in problems], dtype=np.int64)
    duties = _duties(inputs, ledger, problems)
    closed = {
        shift.name: ledger.closed(able[:number].sum(axis=0)) & ~drawn
        for number, shift in enumerate(inputs.params.shifts)
    }
    earns = None
    if ledger.course is not None:
        earns = ledger.course.at_points(inputs.reach.reaches)

    def adjust(shift: Shift, problem: Problem) -> Problem:
        is_duty = _among(duties[shift.name], len(drawn))
        not_here = (closed[shift.name] | drawn) & ~is_duty
        prize = np.where(not_here, 0.0, problem.prize)
        of_shift = replace(problem, required=duties[shift.name], prize=prize)
        return at_usual_times(of_shift, params, usual_s[shift.name])

    terms = Terms(
        remaining=1 - ledger.memory.loss,
        beside_need=least + ledger.behind(nothing) * np.maximum(need, mean),
        unexplored=ledger.memory.seen < params.explored_visits,
        wanted=inputs.reach.advised | (ledger.aim > 0) | drawn,
        earns=earns,
        adjust=adjust,
    )
    try:
        found = plan_night(inputs, terms, before)
    except ProblemError as error:
        raise ProblemError(_too_much(inputs, duties, number)) from error
    planned = [
        in_turns(shift, ledger.driven_s[shift.name])
        for shift in _steady(inputs, found, before)
    ]
    ledger.enter(planned)
    visited_tonight = {stop for shift in planned for stop in shift.visited}
    ledger.by_lot[[*(tonight & visited_tonight)]] += 1
    ledger.lots = [stop for stop in ledger.lots if stop not in visited_tonight]
    return planned


def _steady(
    inputs: PlanningInputs,
    found: Sequence[PlannedShift],
    before: Sequence[PlannedShift],
) -> list[PlannedShift]:
    """Return a night with its shifts in orders that hold, where it stays worth a greedy one."""
    worth = _worth(inputs, found)
    least = _worth(inputs, greedy_night(inputs, found[0].remaining))
    if worth < least:
        # What the night has to keep holds it below: it gives up a little, as any other does.
        least = (1 - GIVEN_UP) * worth
    last = {shift.name: shift.routes for shift in before}
    steady = list(found)
    for number, shift in enumerate(found):
        trial = list(steady)
        trial[number] = _most_steady(inputs, shift, last.get(shift.name, ()))
        if _worth(inputs, trial) >= least:
            steady = trial
    return steady


def _most_steady(
    inputs: PlanningInputs, shift: PlannedShift, last: Routes
) -> PlannedShift:
    """Return a shift in an order that holds, or with the routes of its last night if they do."""
    cover = inputs.reach.cover_of_all
    of_night = inputs.params
    options = [
        steadied(shift, cover, iterations=of_night.iterations, seed=of_night.seed)
    ]
    enough = (1 - GIVEN_UP) * cover.served(shift.routes)
    if (
        len(last) == len(shift.routes)
        and shift.problem.offers(last)
        and kept(shift.problem, last)
        and cover.served(last) >= enough
    ):
        options.append(replace(shift, routes=last))
    holding = [
        min(least_kept(shift, option.routes, cover), HOLDS) for option in options
    ]
    return options[int(np.argmax(holding))]


def _worth(inputs: PlanningInputs, night: Sequence[PlannedShift]) -> float:
    return worth_share(inputs, [shift.routes for shift in night])


def _among(stops: Collection[int], n: int) -> Bools:
    return np.isin(np.arange(n), [*stops])


def _too_much(
    inputs: PlanningInputs, duties: Mapping[str, Collection[int]], number: int
) -> str:
    """Return why a night has no plan: stops that are required, by shift."""
    stops = sorted(set().union(*duties.values()))
    names = ", ".join(name for name, of_shift in duties.items() if of_shift)
    ids = ", ".join(inputs.stops["stop"].iloc[stops]) or "all required stops"
    return (
        f"night {number}, {names}: no plan visits {ids}, as their minimum visits need "
        "there. Smallest change: one visit fewer in fortnight.advised_visits or "
        "fortnight.visits, or a vehicle more or a longer shift"
    )


def _duties(
    inputs: PlanningInputs, ledger: _Ledger, problems: Sequence[Problem]
) -> dict[str, frozenset[int]]:
    """Return the stops that each shift of a night visits, as their minimum visits make urgent.

    `problems` are those of the shifts with all stops that can be visited.
    The shifts that can visit a stop are taken off those that remain, one after the other.
    """
    tonight = np.zeros(len(ledger.quota), dtype=np.int64)
    lots = list(ledger.lots)
    duties: dict[str, frozenset[int]] = {}
    for shift, problem in zip(inputs.params.shifts, problems, strict=True):
        able, behind = problem.prize > 0, ledger.behind(tonight)
        last_chance = ledger.last_chance(tonight) & able
        late = (ledger.due(tonight) > 0) & (behind >= 0.5) & able & ~last_chance
        chosen = frozenset(np.flatnonzero(last_chance).tolist())
        most_behind = np.argsort(-behind, kind="stable")[: late.sum()]
        for stop in [*lots, *most_behind[late[most_behind]].tolist()]:
            trial = replace(problem, required=chosen | {stop})
            if able[stop] and _room(trial):
                chosen = trial.required
        lots = [stop for stop in lots if stop not in chosen]
        duties[shift.name] = chosen
        tonight[[*chosen]] += 1
        ledger.remaining -= able
    return duties


def _room(problem: Problem) -> bool:
    """Tell whether a greedy plan visits all stops that a problem requires."""
    return problem.required <= {*visited(solver.greedy(problem))}


def at_usual_times(
    problem: Problem, params: FortnightParams, usual_s: dict[int, int]
) -> Problem:
    """Return the problem in which a visit at another than the usual time earns less."""
    start = min(start for start, _ in problem.vehicles)
    end = max(end for _, end in problem.vehicles)
    near_s = round(params.usual_min * 60)
    windows: list[tuple[Window, ...]] = []
    for stop in range(len(problem.prize)):
        given = problem.windows_of(stop)
        usual = usual_s.get(stop)
        if usual is not None:
            open_ = given or (Window(start, end),)
            near = (
                (max(window.early, usual - near_s), min(window.late, usual + near_s))
                for window in open_
            )
            at_usual = [Window(early, late) for early, late in near if early <= late]
            at_another = [window._replace(share=params.usual_share) for window in open_]
            given = (*at_usual, *at_another)
        windows.append(given)
    return replace(problem, windows=tuple(windows))


def night_of(proposed: Patrols, night: int) -> Patrols:
    """Return the timetable, the roads and the measures of one night of a plan."""
    every = {name: getattr(proposed, name) for name in ("stops", "legs", "measures")}
    own = {
        name: table[table["night"] == night].reset_index(drop=True)
        for name, table in every.items()
    }
    return replace(proposed, **own)


def by_night(
    stops: gpd.GeoDataFrame,
) -> list[tuple[datetime.date | None, gpd.GeoDataFrame]]:
    """Return the timetable of each night with the day on which it begins, where that is known."""
    nights = [gpd.GeoDataFrame(rows) for _, rows in stops.groupby("night")]
    dates = [rows["date"].iloc[0] for rows in nights]
    days = [
        None if pd.isna(date) else datetime.date.fromisoformat(date) for date in dates
    ]
    return list(zip(days, nights, strict=True))
