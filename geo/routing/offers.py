"""The shifts of a night as the compiled search reads them: offers, vehicles and their worth.

An offer is a stop in a shift, in the windows of one share of its prize.  So a stop with usual times
makes two offers, of which a plan takes one.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.routing.problem import Cover, Problem, Route, Routes, Window
from geo.routing.routes import NONE, Night, Plan, empty, follow
from geo.routing.worth import Worth


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
        places = range(len(self.problems[0].prize))
        spans = [span for problem in self.problems for span in problem.vehicles]
        most = max(end - start for start, end in spans)
        service_s = np.sort(
            [self.problems[0].service_s[place] for place in places[1:]]
        )
        return int(np.searchsorted(service_s.cumsum(), most, side="right")) + 1

    @cached_property
    def arrays(self) -> Night:
        """All that the search reads."""
        first = self.problems[0]
        of_vehicle = [
            (self.problems[shift], vehicle) for shift, vehicle in self.vehicles
        ]
        pauses = [problem.pause or (-1, 0, 0) for problem, _ in of_vehicle]
        both_ways = first.travel_s + first.travel_s.T
        limits = [
            [limit.most for limit in problem.limits]
            for problem, _ in of_vehicle
        ]
        places = len(first.prize)
        stops = [offer.stop for offer in self.offers]
        return Night(
            travel_s=np.ascontiguousarray(first.travel_s, dtype=np.int64),
            nearest=np.argsort(both_ways, axis=1, kind="stable"),
            place=np.array(stops, dtype=np.int64),
            visit=np.array(
                [offer.shift * places + offer.stop for offer in self.offers],
                dtype=np.int64,
            ),
            service_s=first.service_s[stops].astype(np.int64),
            minutes=self._minutes,
            windows=_windows(self.offers),
            able=self._able(),
            required=np.array(
                [
                    offer.stop in self.problems[offer.shift].duties
                    for offer in self.offers
                ],
                dtype=bool,
            ),
            start_s=_ints(
                problem.vehicles[number][0] for problem, number in of_vehicle
            ),
            end_s=_ints(
                problem.vehicles[number][1] for problem, number in of_vehicle
            ),
            origin=_ints(
                problem.ends_of(number)[0] for problem, number in of_vehicle
            ),
            target=_ints(
                problem.ends_of(number)[1] for problem, number in of_vehicle
            ),
            fixed=np.array(
                [number in problem.given for problem, number in of_vehicle],
                dtype=bool,
            ),
            pause_s=_ints(length for length, _, _ in pauses),
            pause_early=_ints(early for _, early, _ in pauses),
            pause_late=_ints(late for _, _, late in pauses),
            costs=np.array(
                [limit.cost for limit in first.limits], dtype=np.int64
            ).reshape(-1, places, places),
            most=np.ascontiguousarray(
                np.array(limits, dtype=np.int64).T
            ).reshape(len(first.limits), len(of_vehicle)),
            worth=self._worth(),
        )

    @property
    def _minutes(self) -> Floats:
        """Minutes that each offer gives; a visit without any counts as one of a second."""
        service_s = self.problems[0].service_s[
            [offer.stop for offer in self.offers]
        ]
        return np.asarray(np.maximum(service_s, 1) / 60)

    def _able(self) -> Bools:
        """Return which vehicle may make which offer; one whose route is given makes no other."""
        able = np.zeros((len(self.offers), len(self.vehicles)), dtype=bool)
        for number, offer in enumerate(self.offers):
            problem = self.problems[offer.shift]
            for column, (shift, vehicle) in enumerate(self.vehicles):
                if shift == offer.shift:
                    able[number, column] = problem.may_visit(
                        vehicle, offer.stop
                    )
        return able

    def _worth(self) -> Worth:
        """Return what the offers reach: shared need, a stop's own, and what is extra to a shift."""
        unit, shifts = self.problems[0].unit, len(self.problems)
        cover, points, places = (
            self.cover,
            len(self.cover.need),
            len(self.cover.own),
        )
        times = np.arange(shifts)
        shared = np.r_[0.0, np.cumsum(self.repeat**times)]
        once = np.r_[0.0, np.ones(shifts)]
        worth = [np.outer(np.round(unit * cover.need), shared)]
        worth.append(np.outer(np.round(unit * cover.own), once))
        for problem in self.problems:
            extra = np.zeros(points) if problem.extra is None else problem.extra
            worth.append(np.outer(np.round(unit * extra), once))
        worth_s = np.concatenate(worth)
        reached: list[Ints] = []
        for offer in self.offers:
            shared_points = np.flatnonzero(cover.reaches[offer.stop])
            extra_points = (
                points + places + offer.shift * points + shared_points
            )
            points_of_offer = np.r_[
                shared_points, points + offer.stop, extra_points
            ]
            reached.append(points_of_offer[worth_s[points_of_offer, 1] > 0])
        return Worth(
            point=np.concatenate([*reached, np.zeros(0, dtype=np.int64)]),
            first=np.r_[
                0,
                np.cumsum(
                    [len(points_of_offer) for points_of_offer in reached]
                ),
            ].astype(np.int64),
            shift=_ints(offer.shift for offer in self.offers),
            share=np.array([offer.share for offer in self.offers], dtype=float),
            whole_min=self._minutes,
            worth_s=worth_s,
        )

    def plan(
        self, routes: Sequence[Routes], night: Night | None = None
    ) -> Plan:
        """Return the plan of some routes of every shift; visits that do not fit are left out.

        `night` is the arrays of the shifts, as changed; those of the shifts if absent.
        """
        night = self.arrays if night is None else night
        plan = empty(night, self.longest)
        follow(night, plan, self._wanted(routes))
        return plan

    def score(self, routes: Sequence[Routes]) -> float:
        """Return the objective of some routes of every shift, as the search sees it."""
        return float(self.plan(routes).score[0])

    def _wanted(self, routes: Sequence[Routes]) -> Ints:
        """Return the offers of every visit of some routes, those that earn most first."""
        choices = max(
            (len(offers) for offers in self._of_stop.values()), default=1
        )
        shape = (len(self.vehicles), self.longest, choices)
        wanted = np.full(shape, NONE, dtype=np.int64)
        for column, (shift, vehicle) in enumerate(self.vehicles):
            there_is = vehicle < len(routes[shift])
            route = routes[shift][vehicle] if there_is else ()
            route = self.problems[shift].given.get(vehicle, route)
            for k, stop in enumerate(route):
                offers = self._of_stop.get((shift, stop), [])
                wanted[column, k, : len(offers)] = offers
        return wanted

    @cached_property
    def _of_stop(self) -> dict[tuple[int, int], list[int]]:
        """The offers of each stop in each shift, those that earn most first."""
        numbers_of_stop: dict[tuple[int, int], list[int]] = {}
        for number, offer in enumerate(self.offers):
            numbers_of_stop.setdefault((offer.shift, offer.stop), []).append(
                number
            )
        return numbers_of_stop

    def routes(self, plan: Plan) -> list[Routes]:
        """Return the routes of every shift of a plan."""
        of_shift: list[list[Route]] = [[] for _ in self.problems]
        for column, (shift, _) in enumerate(self.vehicles):
            offers = plan.route[column, : plan.length[column]].tolist()
            of_shift[shift].append(
                tuple(self.offers[offer].stop for offer in offers)
            )
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


def _ints(numbers: Iterable[int]) -> Ints:
    return np.array([*numbers], dtype=np.int64)
