"""A fortnight of patrols: shifts planned in turn, each knowing what the ones before it did.

Nothing is copied from night to night.  Before each shift

- need that was served is worth less: a visit leaves ``patrols.repeat`` of it, and the loss fades
  with ``recovery_nights``;
- a stop behind the pace of its minimum number of visits is worth more: as much again as alone for
  each visit that it is behind.

A stop that is half a visit behind its pace is required, the most urgent first, as long as a
greedy plan visits all of them; one whose minimum needs every shift that is left is required in
any case.

A place of which little is known is known after ``explored_visits``, so that exploration moves on.

So that people can find a stop, a visit near the time of its first visit in that shift earns the
whole prize, one at another time ``usual_share`` of it.
"""

from __future__ import annotations

from dataclasses import dataclass, field, replace

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.arrays import Floats, Ints
from geo.params import FortnightParams, Shift
from geo.params.clock import clock_s
from geo.params.suggest import hint
from geo.patrols import survey as patrols
from geo.patrols.covering import Reach
from geo.patrols.survey import Ground
from geo.patrols.timetable import PlannedShift, clock
from geo.routing import solver
from geo.routing.problem import DEPOT, Problem, ProblemError, Routes, Window
from layers.schema import VISITS


@dataclass(frozen=True)
class Fortnight:
    """The shifts of several nights, in order."""

    ground: Ground
    wish: FortnightParams
    nights: tuple[tuple[PlannedShift, ...], ...]

    @property
    def visits(self) -> pd.DataFrame:
        """Table `VISITS`: per stop how often, and how near to its usual times."""
        return _visits(self)

    @property
    def explored(self) -> float:
        """Share of all stop time at places of which little was known when they were visited."""
        stopping = self.ground.stops["service_s"].to_numpy(float)
        time_s = np.array([[stopping[s.visited].sum() for s in night] for night in self.nights])
        return float((time_s * self.explored_shares).sum() / max(time_s.sum(), 1.0))

    @property
    def explored_shares(self) -> Floats:
        """The same of each shift, as (nights, shifts) array."""
        service, reach = self.ground.stops["service_s"].to_numpy(float), self.ground.reach
        seen = np.zeros(len(service), dtype=np.int64)
        shares = []
        for shift in (shift for night in self.nights for shift in night):
            unexplored = reach.little_known & (seen < self.wish.explored_visits)
            total_s = service[shift.visited].sum()
            shares.append((service * unexplored)[shift.visited].sum() / max(total_s, 1.0))
            seen += reach.explorations(shift.visited)
        return np.array(shares).reshape(len(self.nights), -1)


@dataclass
class _Ledger:
    """What is asked of the stops, and what the shifts so far have done to them."""

    quota: Ints
    all_shifts: Ints
    """Per stop, the shifts of all nights that can visit it."""
    left: Ints
    """Per stop, the shifts to come that can visit it, the next one included."""
    visits: Ints
    seen: Ints
    """Per little-known stop, the visits that explored its place, at it or near it."""
    loss: Floats
    """Share of the need at each point that visits have taken."""
    usual: dict[tuple[str, int], int] = field(default_factory=dict)
    routes: dict[str, Routes] = field(default_factory=dict)
    """The routes of the night before, by shift."""

    @property
    def due(self) -> Ints:
        """Visits still to be made."""
        return np.asarray(np.maximum(self.quota - self.visits, 0))

    @property
    def behind(self) -> Floats:
        """Visits by which each stop is behind an even pace."""
        pace = self.quota * (1 - self.left / np.maximum(self.all_shifts, 1))
        return np.asarray(np.maximum(pace - self.visits, 0.0))

    def enter(self, planned: PlannedShift, reach: Reach, repeat: float) -> None:
        """Note the visits of a shift."""
        self.routes[planned.name] = planned.routes
        self.seen += reach.explorations(planned.visited)
        served = reach.reaches[planned.visited].any(axis=0)
        self.loss[served] = 1 - (1 - self.loss[served]) * repeat
        for _, _, _, visit in planned.drives():
            if visit.stop != DEPOT:
                self.visits[visit.stop] += 1
                self.usual.setdefault((planned.name, visit.stop), visit.begin_s)


def plan(ground: Ground, wish: FortnightParams) -> Fortnight:
    """Plan every shift of ``wish.nights`` nights.

    Parameters
    ----------
    ground : geo.patrols.survey.Ground
        Its ``wish`` holds shifts, vehicles and seed.
    wish : geo.params.FortnightParams

    Returns
    -------
    Fortnight

    Raises
    ------
    geo.routing.problem.ProblemError
        If the minimum visits contradict the shifts, all contradictions named, or cannot all be
        met.
    """
    patrols.refuse_missed_windows(ground, ground.wish)
    quota, of_shift = quotas(ground, wish), _possible(ground)
    _refuse_contradictions(ground, wish, quota, of_shift)
    all_shifts = of_shift.sum(axis=0) * wish.nights
    none, loss = np.zeros(len(quota), dtype=np.int64), np.zeros(len(ground.reach.need))
    ledger = _Ledger(quota, all_shifts, all_shifts.copy(), none, none.copy(), loss)
    nights = []
    for night in range(1, wish.nights + 1):
        shifts = []
        for shift, possible in zip(ground.wish.shifts, of_shift, strict=True):
            try:
                shifts.append(_planned(ground, wish, shift, ledger))
            except ProblemError as error:
                now = np.flatnonzero(
                    (possible > 0) & (ledger.due > 0) & (ledger.due >= ledger.left)
                )
                raise ProblemError(_unmet(ground, now, f"night {night}, {shift.name}")) from error
            ledger.enter(shifts[-1], ground.reach, ground.wish.repeat)
            ledger.left -= possible
        nights.append(tuple(shifts))
        ledger.loss *= np.exp(-1 / wish.recovery_nights)
    return Fortnight(ground, wish, tuple(nights))


def _unmet(ground: Ground, stops: Ints, when: str) -> str:
    """Return that some minimum visits do not fit into a shift, in words."""
    ids = ", ".join(ground.stops["stop"].iloc[stops]) or "all that is asked for"
    return (
        f"{when}: no plan visits {ids}, as their minimum visits ask for there. Smallest change: "
        "one visit fewer in fortnight.advised_visits or fortnight.visits, or a vehicle more or a "
        "longer shift"
    )


def quotas(ground: Ground, wish: FortnightParams) -> Ints:
    """Return the least number of visits of every stop of the ground.

    Raises
    ------
    ProblemError
        If a minimum names a stop that cannot be visited.
    """
    ids = ground.stops["stop"]
    strange = sorted(stop for stop, n in wish.visits.items() if n and stop not in set(ids))
    if strange:
        why = ground.unusable.set_index("stop")["reason"]
        told = ", ".join(f"{stop} ({why.get(stop, 'no candidate stop')})" for stop in strange)
        raise ProblemError(
            f"[fortnight.visits] asks for stops that no patrol can visit: {told}. "
            f"{hint(strange, ids)} Smallest change: take them out"
        )
    advised = np.where(ground.reach.advised, wish.advised_visits, 0)
    return np.array(
        [wish.visits.get(stop, least) for stop, least in zip(ids, advised, strict=True)],
        dtype=np.int64,
    )


def _planned(ground: Ground, wish: FortnightParams, shift: Shift, ledger: _Ledger) -> PlannedShift:
    """Plan one shift with what the ledger asks of it."""
    alone = ground.reach.by_stop["need"].to_numpy(float)
    mean = float(alone[1:].mean())
    # A stop with a minimum is worth something in any case, or no plan could visit it.
    least = np.where(ledger.quota > 0, 0.01 * mean, 0.0)
    own = least + ledger.behind * np.maximum(alone, mean)
    return patrols.plan_shift(
        ground,
        replace(ground.wish, iterations=wish.iterations),
        shift,
        1 - ledger.loss,
        own,
        ledger.seen < wish.explored_visits,
        asked=lambda problem: _usual(_requiring(problem, ledger), wish, shift, ledger),
        known=[ledger.routes[shift.name]] if shift.name in ledger.routes else (),
    )


def _requiring(problem: Problem, ledger: _Ledger) -> Problem:
    """Return the problem with the stops required that their minimum visits make urgent."""
    can = (ledger.due > 0) & (problem.prize > 0)
    last_chance = np.flatnonzero(can & (ledger.due >= ledger.left)).tolist()
    urgent = np.flatnonzero(can & (ledger.behind >= 0.5) & (ledger.due < ledger.left))
    chosen = frozenset(last_chance)
    for stop in urgent[np.argsort(-ledger.behind[urgent], kind="stable")].tolist():
        trial = replace(problem, required=chosen | {stop})
        visited = {visited for route in solver.greedy(trial) for visited in route}
        if trial.required <= visited:
            chosen = trial.required
    return replace(problem, required=chosen)


def _usual(problem: Problem, wish: FortnightParams, shift: Shift, ledger: _Ledger) -> Problem:
    """Return the problem in which a visit at another than the usual time earns less."""
    start, end = problem.vehicles[0]
    own = problem.windows or ((),) * len(problem.prize)
    near_s = round(wish.usual_min * 60)
    windows: list[tuple[Window, ...]] = []
    for stop, given in enumerate(own):
        usual = ledger.usual.get((shift.name, stop))
        if given or usual is None:
            windows.append(given)
        else:
            near = Window(max(start, usual - near_s), min(end, usual + near_s))
            windows.append((near, Window(start, end, wish.usual_share)))
    return replace(problem, windows=tuple(windows))


def _possible(ground: Ground) -> npt.NDArray[np.int64]:
    """Return, per shift of a night and stop, 1 where the shift can visit the stop."""
    ones = np.where(ground.stops.index == DEPOT, 0.0, 1.0)
    problems = [patrols.problem(ground, ground.wish, s, ones) for s in ground.wish.shifts]
    return np.array([problem.prize > 0 for problem in problems], dtype=np.int64)


def _refuse_contradictions(
    ground: Ground, wish: FortnightParams, quota: Ints, of_shift: npt.NDArray[np.int64]
) -> None:
    """Refuse minimum visits that no fortnight has room for."""
    ids = ground.stops["stop"].tolist()
    there_are = of_shift.sum(axis=0) * wish.nights
    found = [
        f"{ids[stop]} is to be visited {quota[stop]} times, but only {there_are[stop]} shifts in "
        f"{wish.nights} nights can visit it. Smallest change: ask for {there_are[stop]}"
        for stop in np.flatnonzero(quota > there_are).tolist()
    ]
    service_s = int((quota * ground.stops["service_s"].to_numpy(np.int64)).sum())
    shift_s = sum(end - start for start, end in map(clock_s, ground.wish.shifts))
    time_s = shift_s * ground.wish.vehicles * wish.nights
    if service_s > time_s:
        more = -(-(service_s - time_s) // (shift_s * wish.nights))
        found.append(
            f"the minimum visits need {service_s // 60} min of service, and {wish.nights} nights "
            f"have {time_s // 60} min of shift. Smallest change: {more} more vehicles, or "
            f"{-(-(service_s - time_s) // 60)} min of visits fewer"
        )
    if found:
        raise ProblemError("\n".join(found))


def _visits(fortnight: Fortnight) -> pd.DataFrame:
    rows = [
        {"stop": visit.stop, "shift": shift.name, "begin_s": visit.begin_s}
        for night in fortnight.nights
        for shift in night
        for *_, visit in shift.drives()
        if visit.stop != DEPOT
    ]
    made = pd.DataFrame(rows, columns=["stop", "shift", "begin_s"])
    made["usual_s"] = made.groupby(["stop", "shift"])["begin_s"].transform("first")
    near = (made["begin_s"] - made["usual_s"]).abs() <= fortnight.wish.usual_min * 60
    usual = made.groupby(["stop", "shift"], sort=False)["begin_s"].first()
    stops = fortnight.ground.stops.drop(index=DEPOT)
    told = [_told(usual, stop) for stop in stops.index]
    table = stops.assign(
        visits=made.groupby("stop").size().reindex(stops.index, fill_value=0),
        quota=quotas(fortnight.ground, fortnight.wish)[stops.index],
        at_usual_time=near.groupby(made["stop"]).mean().reindex(stops.index),
        usual=told,
    )
    lost = fortnight.ground.unusable
    unmet = lost[lost["at_advised"].astype(bool)].assign(
        visits=0, quota=fortnight.wish.advised_visits, usual=""
    )
    return VISITS.frame(pd.concat([table, unmet], ignore_index=True))


def _told(usual: pd.Series, stop: int) -> str:
    """Return the usual times of a stop, such as ``evening 19:05, early_morning 04:10``."""
    if stop not in usual.index.get_level_values(0):
        return ""
    return ", ".join(f"{shift} {clock(int(begin))}" for shift, begin in usual[stop].items())
