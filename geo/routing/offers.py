"""The shifts of a night as the compiled search reads them: offers, vehicles and their worth.

An offer is a stop in a shift, in the windows of one share of its prize.  So a stop with usual times
makes two offers, of which a plan takes one.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geo.arrays import Bools, Ints
from geo.routing.objective import Worth
from geo.routing.problem import Cover, Problem, Route, Routes, Window, worth_of
from geo.routing.routes import NEVER, Night, Plan, empty, follow


@dataclass(frozen=True)
class Offer:
    """A visit that may be made: a stop in a shift, in windows that earn one share of its prize."""

    shift: int
    stop: int
    share: float
    windows: tuple[Window, ...]


@dataclass(frozen=True)
class Shifts:
    """The problems of a night's shifts, and the need that they share."""

    problems: tuple[Problem, ...]
    """On the same places, in order."""
    cover: Cover
    """Need that a shift serves once; what a stop is worth of its own counts once a night."""
    repeat: float = 0.0
    """Share of its worth that need keeps for each further shift that serves it."""

    @cached_property
    def offers(self) -> list[Offer]:
        """All offers."""
        return [
            offer
            for shift, problem in enumerate(self.problems)
            for stop in problem.stops
            if problem.prize[stop] > 0 or stop in problem.duties
            for offer in _offers(problem, shift, stop)
        ]

    @cached_property
    def vehicles(self) -> list[tuple[int, int]]:
        """Shift and number in it of every vehicle."""
        return [
            (shift, vehicle)
            for shift, problem in enumerate(self.problems)
            for vehicle in range(len(problem.vehicles))
        ]

    @cached_property
    def longest(self) -> int:
        """The most visits that a route can have."""
        spans = [span for problem in self.problems for span in problem.vehicles]
        most = max(end - start for start, end in spans)
        service_s = np.sort(self.problems[0].service_s[1:]).cumsum()
        return int(np.searchsorted(service_s, most, side="right")) + 1

    # One record: each local is an array in it, or what it is made of.
    @cached_property
    def arrays(self) -> Night:
        """All that the search reads."""
        first = self.problems[0]
        places = len(first.prize)
        of_vehicle = [
            (self.problems[shift], vehicle) for shift, vehicle in self.vehicles
        ]
        limits = [[limit.most for limit in problem.limits] for problem, _ in of_vehicle]
        required = [
            offer.stop in self.problems[offer.shift].duties for offer in self.offers
        ]
        place = _ints(offer.stop for offer in self.offers)
        shift = _ints(offer.shift for offer in self.offers)
        share = np.array([offer.share for offer in self.offers], dtype=float)
        worth, visit = self.worth, places * shift + place
        windows = _windows(self.offers)
        early, late = windows[:, :, 0], windows[:, :, 1]
        is_one = early <= late
        return Night(
            travel_s=np.ascontiguousarray(first.travel_s, dtype=np.int64),
            nearest=np.argsort(first.travel_s + first.travel_s.T, kind="stable"),
            place=place,
            visit=visit,
            service_s=first.service_s[place].astype(np.int64),
            minutes=share * worth.whole_min[visit],
            windows=windows,
            opens=early.min(axis=1, initial=NEVER, where=is_one),
            closes=late.max(axis=1, initial=0, where=is_one),
            able=self._able,
            required=np.array(required, dtype=bool),
            span=_ints(problem.vehicles[number] for problem, number in of_vehicle),
            ends=_ints(problem.ends_of(number) for problem, number in of_vehicle),
            fixed=np.array([number in problem.given for problem, number in of_vehicle]),
            pause=_ints(problem.pause or (-1, 0, 0) for problem, _ in of_vehicle),
            costs=_ints(limit.cost for limit in first.limits).reshape(
                -1, places, places
            ),
            most=_ints(limits).reshape(len(limits), -1),
            worth=worth,
        )

    @cached_property
    def worth(self) -> Worth:
        """What visits are worth; visit ``n k + i`` is that to stop i of n in shift k."""
        return worth_of(self.problems, self.cover, self.repeat)

    @property
    def _able(self) -> Bools:
        """Which vehicle may make which offer; one whose route is given makes no other."""
        of_offer = _ints(offer.shift for offer in self.offers)
        of_vehicle = _ints(shift for shift, _ in self.vehicles)
        able = of_offer[:, None] == of_vehicle
        for column, (shift, vehicle) in enumerate(self.vehicles):
            problem = self.problems[shift]
            if problem.given or problem.only_by:
                able[:, column] &= [
                    problem.may_visit(vehicle, offer.stop) for offer in self.offers
                ]
        return np.asarray(able)

    def plan(self, routes: Sequence[Routes], night: Night | None = None) -> Plan:
        """Return the plan of some routes of every shift; visits that do not fit are left out.

        `night` is the arrays of the shifts, as changed; those of the shifts if absent.
        """
        night = self.arrays if night is None else night
        plan = empty(night, self.longest)
        wanted = [
            (column, offer)
            for column, (shift, vehicle) in enumerate(self.vehicles)
            for stop in self._route(routes[shift], shift, vehicle)
            for offer in self._of_stop.get((shift, stop), [])
        ]
        follow(night, plan, _ints(wanted).reshape(-1, 2))
        return plan

    def score(self, routes: Sequence[Routes]) -> float:
        """Return the objective of some routes of every shift, as the search sees it."""
        return float(self.plan(routes).score[0])

    def _route(self, routes: Routes, shift: int, vehicle: int) -> Route:
        """Return the route to follow: that given, else that of the plan, if it has so many."""
        planned = routes[vehicle] if vehicle < len(routes) else ()
        return self.problems[shift].given.get(vehicle, planned)

    @cached_property
    def _of_stop(self) -> dict[tuple[int, int], list[int]]:
        """The offers of each stop in each shift, those that earn most first."""
        numbers: dict[tuple[int, int], list[int]] = {}
        for number, offer in enumerate(self.offers):
            numbers.setdefault((offer.shift, offer.stop), []).append(number)
        return numbers

    def routes(self, plan: Plan) -> list[Routes]:
        """Return the routes of every shift of a plan."""
        of_shift: list[list[Route]] = [[] for _ in self.problems]
        for column, (shift, _) in enumerate(self.vehicles):
            offers = plan.route[column, : plan.length[column]].tolist()
            of_shift[shift].append(tuple(self.offers[offer].stop for offer in offers))
        return [tuple(routes) for routes in of_shift]


def _offers(problem: Problem, shift: int, stop: int) -> list[Offer]:
    """Return the offers of a stop: one for each share that its windows earn, the largest first."""
    end = max(end for _, end in problem.vehicles)
    windows = problem.windows_of(stop) or (Window(0, end),)
    shares = sorted({window.share for window in windows}, reverse=True)
    return [
        Offer(
            shift,
            stop,
            share,
            tuple(window for window in windows if window.share == share),
        )
        for share in shares
    ]


def _windows(offers: Sequence[Offer]) -> Ints:
    """Return the windows of every offer; one that is not there begins after it ends."""
    most = max((len(offer.windows) for offer in offers), default=1)
    windows = np.full((len(offers), most, 2), (1, 0), dtype=np.int64)
    for number, offer in enumerate(offers):
        for k, (early, late, _) in enumerate(offer.windows):
            windows[number, k] = early, late
    return windows


def _ints(numbers: Iterable[object]) -> Ints:
    return np.array([*numbers], dtype=np.int64)
