"""The plan of a night: which vehicle stops where, and when, in all of its shifts at once.

Each shift is a team-orienteering problem (`geo.patrols.shifts`): every vehicle leaves the depot at
the shift's start, offers its time at stops, and is back by the shift's end.  Need that two stops
reach counts once in a shift, and keeps ``repeat`` of its worth for the next shift that serves it.
One of two stops beside each other is visited, and places new to the night come first.

Where little-known places get less than ``exploration`` of the stop time of a shift, visits to them
count for more until they get it, if they hold any need and the price is no more than that of an
average stop.

What is locked (`geo.patrols.locks`) is planned with all else, in one search.  A plan that keeps
the locks as it is stays as it is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, replace
from functools import cached_property, partial
from typing import Final

import numpy as np

from geo.arrays import Bools, Floats
from geo.params import Shift
from geo.patrols import locks
from geo.patrols.inputs import PlanningInputs
from geo.patrols.shifts import one_of_neighbours, refuse_missed_windows, shift_problem
from geo.patrols.timetable import PlannedShift
from geo.routing import solver
from geo.routing.offers import Shifts
from geo.routing.problem import Cover, Problem, ProblemError, Routes, visited

PRICES: Final = (0.25, 0.5, 1.0)
"""Worth of exploring a little-known place, in average stops, tried in turn.  At more than 1 a plan
gives up the need of several stops for a far place of little need."""
EXPLORING: Final = 0.93
"""A shift that explores serves at least this share of the need that it would serve else."""


@dataclass(frozen=True)
class Terms:
    """What counts in a night beside its need, and what else holds in it."""

    remaining: Floats | None = None
    """Share of the need at each point that the nights before have left; all if not given."""
    beside_need: Floats | None = None
    """What a visit to each stop is worth beside need, once in the night."""
    unexplored: Bools | None = None
    """The little-known stops that are still to be explored; all if not given."""
    wanted: Bools | None = None
    """Stops that count whatever lies beside them, the advised ones if not given."""
    earns: Floats | None = None
    """What a visit brings over what the need says, at each point; 1 if not given."""
    adjust: Callable[[Shift, Problem], Problem] = lambda _, problem: problem
    """Adds further conditions to the problem of a shift."""


ALONE: Final = Terms()
"""The terms of a night by itself."""


def plan_night(
    inputs: PlanningInputs, terms: Terms = ALONE, start: Sequence[PlannedShift] = ()
) -> list[PlannedShift]:
    """Return the plan of one night that keeps what is locked.

    `start` is a plan to go on from; of two nights of which the second allows all that the first
    does, the second started from the first is no worse by the objective of its first search.

    Parameters
    ----------
    inputs : geo.patrols.PlanningInputs
    terms : Terms, optional
        What else holds for the night, such as what other nights leave.
    start : sequence of PlannedShift, optional
        A plan to go on from.

    Returns
    -------
    list of PlannedShift

    Raises `StopError`, `ProblemError` if a lock names a shift, a vehicle or a stop that there is
    not; if a shift admits no plan, or not with what is locked in it.
    """
    locks.require_known(inputs)
    refuse_missed_windows(inputs)
    night = free = _Night(inputs, terms)
    if inputs.params.locks:
        free = _Night(locks.without(inputs), terms)
    routes = free.explored([shift.routes for shift in start] or None)
    if not all(map(locks.kept, night.problems(), routes)):
        # Which of two vehicles that are alike makes a stop costs nothing.
        routes = list(map(locks.handed_out, night.problems(), routes))
    if not all(map(locks.kept, night.problems(), routes)):
        locks.require_each_possible(inputs)
        routes = _with_locks(night, routes)
    return night.planned(routes)


def _with_locks(night: _Night, free: Sequence[Routes]) -> list[Routes]:
    """Return the plan that keeps the locks, begun from the plan without them."""
    try:
        return night.explored(free)
    except ProblemError as error:
        names = ", ".join(
            f"{key} of vehicle {lock.vehicle} in {lock.shift}"
            for key, lock in night.inputs.params.locks
        )
        raise ProblemError(
            f"patrols: no plan was found that keeps {names} together. Smallest change: one "
            f"stop fewer in one of them. {error}"
        ) from error


@dataclass(frozen=True)
class _Night:
    """The search for the plan of a night."""

    inputs: PlanningInputs
    terms: Terms

    def explored(self, start: Sequence[Routes] | None) -> list[Routes]:
        """Return the plan in which each shift gives little-known places their share of time."""
        prices = np.zeros(len(self.inputs.params.shifts))
        plain = routes = self.not_below(self.solved(prices, start))
        able = np.full(len(prices), self.little_known.any())
        for price in PRICES:
            able &= [self._explores_little(of_shift) for of_shift in routes]
            if not able.any():
                break
            dearer = np.where(able, price, prices)
            trial = self.solved(dearer, routes)
            cheap = [
                self._serves(exploring) >= EXPLORING * self._serves(usual)
                for exploring, usual in zip(trial, plain, strict=True)
            ]
            able &= cheap
            if all(cheap) and self.not_below(trial) is trial:
                routes, prices = trial, dearer
        return routes

    def solved(self, prices: Floats, start: Sequence[Routes] | None) -> list[Routes]:
        """Return the best plan found where exploring has a price in each shift."""
        params, problems = self.inputs.params, self.problems(prices)
        night = Shifts(tuple(problems), self.cover, params.repeat)
        if not night.offers:
            return [((),) * len(problem.vehicles) for problem in problems]
        # From the greedy plan alone a short search may stay near it.
        begun = max(start, self.greedy, key=night.score) if start else None
        return solver.solve_shifts(
            night, iterations=params.iterations, seed=params.seed, start=begun
        )

    def not_below(self, routes: list[Routes]) -> list[Routes]:
        """Return a plan, or the greedy one if that serves more and keeps all that is asked."""
        worth = partial(worth_share, self.inputs, earns=self.terms.earns)
        kept = all(map(locks.kept, self.problems(), self.greedy))
        return self.greedy if kept and worth(self.greedy) > worth(routes) else routes

    @cached_property
    def greedy(self) -> list[Routes]:
        """The plan of greedy insertion, shift after shift, at the stops that the terms leave."""
        if self.terms.earns is not None:
            return [solver.greedy(problem) for problem in self.problems()]
        shifts = greedy_night(self.inputs, self.remaining)
        return [shift.routes for shift in shifts]

    def planned(self, routes: Sequence[Routes]) -> list[PlannedShift]:
        """Return the shifts of a plan, each with the need that those before it have left."""
        of_shift = iter(zip(self.problems(), routes, strict=True))

        def rule(shift: Shift, remaining: Floats) -> PlannedShift:
            problem, routes_of_shift = next(of_shift)
            cover = self.inputs.reach.cover(remaining=remaining)
            prize = np.where(problem.prize > 0, cover.prize, 0.0)
            problem = replace(problem, cover=cover, prize=prize, extra=None)
            return PlannedShift(
                shift, problem, routes_of_shift, remaining, self.terms.unexplored
            )

        return night_by_rule(self.inputs, rule, self.remaining)

    def problems(self, prices: Floats | None = None) -> list[Problem]:
        """Return the problem of each shift, with what exploring is worth in it."""
        if prices is None or not prices.any():
            return self.plain
        whole = float(self.inputs.reach.need @ self.remaining)
        shifts = self.inputs.params.shifts
        return [
            self._problem(shift, price * whole)
            for shift, price in zip(shifts, prices.tolist(), strict=True)
        ]

    @cached_property
    def plain(self) -> list[Problem]:
        """The problem of each shift, where exploring is worth nothing."""
        return [self._problem(shift, 0) for shift in self.inputs.params.shifts]

    def _problem(self, shift: Shift, exploring: float) -> Problem:
        """Return the problem of a shift, with what exploring all stops is worth in it."""
        inputs, wanted = self.inputs, self.terms.wanted
        wanted = inputs.reach.advised if wanted is None else wanted
        problem = shift_problem(inputs, shift, self.cover)
        problem = one_of_neighbours(inputs, problem, wanted)
        extra = inputs.reach.exploring(self.little_known, exploring)
        problem = self.terms.adjust(shift, replace(problem, extra=extra))
        return locks.locked(inputs, shift, problem, inputs.params.locks)

    @cached_property
    def remaining(self) -> Floats:
        """Share of the need at each point that the nights before have left."""
        given = self.terms.remaining
        return np.ones(len(self.inputs.reach.need)) if given is None else given

    @cached_property
    def cover(self) -> Cover:
        """What the points and the stops are worth to the night."""
        new_need = new_places(self.inputs, self.remaining)
        if self.terms.beside_need is not None:
            new_need = new_need + self.terms.beside_need
        remaining = self.remaining
        if self.terms.earns is not None:
            remaining = remaining * self.terms.earns
        return self.inputs.reach.cover(remaining=remaining, beside_need=new_need)

    @cached_property
    def little_known(self) -> Bools:
        """Little-known stops still to be explored that hold any need."""
        reach = self.inputs.reach
        holds = reach.by_stop["need"].to_numpy(float) > 0
        return reach.to_explore(self.terms.unexplored) & holds & self.inputs.in_use

    def _explores_little(self, routes: Routes) -> bool:
        """Return whether the little-known places get less than their share of the stop time."""
        stops = visited(routes)
        time_s = self.inputs.stops["service_s"].to_numpy(float)
        wanted_s = self.inputs.params.exploration * time_s[stops].sum()
        return bool((time_s * self.little_known)[stops].sum() < wanted_s)

    def _serves(self, routes: Routes) -> float:
        """Return the need that a shift serves, each point once, whoever served it before."""
        reach = self.inputs.reach
        return float(reach.need[reach.served(visited(routes))].sum())


def night_by_rule(
    inputs: PlanningInputs,
    rule: Callable[[Shift, Floats], PlannedShift],
    remaining: Floats | None = None,
) -> list[PlannedShift]:
    """Return the night that a rule plans, shift after shift.

    `remaining` is the share of need that the nights before have left, all if not given.
    """
    if remaining is None:
        remaining = np.ones(len(inputs.reach.need))
    planned: list[PlannedShift] = []
    for shift in inputs.params.shifts:
        planned.append(rule(shift, remaining))
        remaining = inputs.left_by(planned[-1].visited, remaining)
    return planned


def by_routes(
    inputs: PlanningInputs, plan: Callable[[Shift, Problem], Routes]
) -> Callable[[Shift, Floats], PlannedShift]:
    """Return the rule of `night_by_rule` that takes the routes of each shift from `plan`."""

    def rule(shift: Shift, remaining: Floats) -> PlannedShift:
        cover = inputs.reach.cover(remaining=remaining)
        problem = shift_problem(inputs, shift, cover)
        return PlannedShift(shift, problem, plan(shift, problem), remaining)

    return rule


def greedy_night(
    inputs: PlanningInputs, remaining: Floats | None = None
) -> list[PlannedShift]:
    """Return the night of greedy insertion, shift after shift."""
    rule = by_routes(inputs, lambda _, problem: solver.greedy(problem))
    return night_by_rule(inputs, rule, remaining)


def worth_share(
    inputs: PlanningInputs, routes: Iterable[Routes], earns: Floats | None = None
) -> float:
    """Return what a night serves, need that a shift repeats in part, as a share of all of it.

    `earns` is what a visit brings over what the need says, at each point; 1 if not given.
    """
    of_shifts = list(routes)
    need, remaining = inputs.reach.need, np.ones(len(inputs.reach.need))
    need = need if earns is None else need * earns
    worth = 0.0
    for of_shift in of_shifts:
        served = inputs.reach.served(visited(of_shift))
        worth += float((need * remaining)[served].sum())
        remaining = inputs.left_by(visited(of_shift), remaining)
    return worth / sum(inputs.params.repeat**k for k in range(len(of_shifts)))


def new_places(inputs: PlanningInputs, remaining: Floats) -> Floats:
    """Return what each stop is worth for being new to a night of several shifts."""
    need = inputs.reach.by_stop["need"].to_numpy(float)
    most = inputs.params.new_place if len(inputs.params.shifts) > 1 else 0.0
    need_now = float(inputs.reach.need @ remaining)
    return np.asarray(np.minimum(most, need) * need_now)
