"""Team orienteering on plain matrices: the problem, its timetable and its objective.

Every vehicle leaves the depot at the start of its shift and is back by its end.  A stop is
optional unless required, and its prize counts once.  The objective, in seconds, is to be as
large as possible:

    value = unit * (worth of the visits) - (seconds driven)

`Problem.unit` is the price of driving: the seconds that a worth of 1 outweighs.  Where none is
given, all prizes together outweigh `SCALE` times the seconds of all shifts: driving then decides
only between plans of nearly equal prizes, yet still guides the search.  On problems of 100 stops, 4
vehicles and windows (``tests/benchmarks/patrols.py``) the scale of 20 collects 99.6 % of the best
of all scales, 5 collects 99.3 %, 1 collects 95.6 %, and from 20 to 1000 little changes.

References
----------
Chao, Golden and Wasil (1996), The team orienteering problem, EJOR 88(3), 464-474.  Church and
ReVelle (1974), The maximal covering location problem, Papers of the Regional Science Association
32, 101-118.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from functools import cached_property
from itertools import pairwise
from typing import Final, NamedTuple

import numpy as np

from geo.arrays import Bools, Floats, Ints
from geo.routing.objective import Worth, serve, unserved, value

DEPOT: Final = 0
"""Number of the depot in every matrix and array."""
UNREACHABLE_S: Final = 10**7
"""A travel time from which on there is no way."""
SCALE: Final = 20
"""Worth of all prizes together over the seconds of all shifts, where no price of driving is given.
"""

Span = tuple[int, int]
"""First and last second."""

Route = tuple[int, ...]
"""The stops of one vehicle in order, without the depot."""

Routes = tuple[Route, ...]
"""The route of each vehicle."""


class ProblemError(ValueError):
    """A problem that no plan solves, with the smallest change that would mend it."""


class Window(NamedTuple):
    """When a service may begin, and the share of the prize that a visit in it earns."""

    early: int
    late: int
    share: float = 1.0


class Pause(NamedTuple):
    """A break that every vehicle takes once, at a stop, begun between two times."""

    length_s: int
    early: int
    late: int


class Limit(NamedTuple):
    """The most that the drives of one vehicle may add up to, such as metres."""

    cost: Ints
    """(n + 1, n + 1): what the drive from row to column adds."""
    most: int


class Visit(NamedTuple):
    """One stop of a route with its times, in seconds."""

    stop: int
    arrival_s: int
    begin_s: int
    """Start of the service: the arrival, or the opening of the stop's window."""
    departure_s: int
    """End of the service; a pause at the stop comes after it."""
    share: float = 1.0
    """Share of the prize that the visit earns."""
    pause: Span | None = None
    """Start and end of the vehicle's pause, where it is taken at this stop."""

    @property
    def free_s(self) -> int:
        """When the vehicle can drive on."""
        return self.pause[1] if self.pause else self.departure_s


@dataclass(frozen=True)
class Cover:
    """What each point of need is worth to one shift, and which stops reach it."""

    reaches: Bools
    """(n, p): whether a stop, the depot first, reaches a point."""
    need: Floats
    """(p,)"""
    own: Floats
    """(n,): what a visit to each stop is worth beside need."""

    @classmethod
    def of_prizes(cls, prize: Floats) -> Cover:
        """Return the cover of prizes that add up."""
        return cls(np.zeros((len(prize), 0), dtype=bool), np.zeros(0), prize)

    @property
    def prize(self) -> Floats:
        """What each stop is worth if no other is visited."""
        return np.asarray(self.reaches @ self.need + self.own)

    def served(self, routes: Routes) -> float:
        """Return the need within reach of any stop of a plan, each point once."""
        return float(self.need[self.times(routes) > 0].sum())

    def marginal(self, routes: Routes) -> Floats:
        """Return what each stop is worth beside a plan.

        A stop of the plan shares a point's need with the plan's other stops that reach it, so
        that their worths add up to that of the plan; a stop outside takes what none of them
        reaches.
        """
        times = self.times(routes)
        inside = np.isin(np.arange(len(self.reaches)), visited(routes))
        shared = self.reaches @ (self.need / np.maximum(times, 1))
        unserved = self.reaches @ np.where(times == 0, self.need, 0.0)
        return np.asarray(np.where(inside, shared, unserved) + self.own)

    def times(self, routes: Routes) -> Ints:
        """Return how many stops of a plan reach each point."""
        return np.asarray(self.reaches[visited(routes)].sum(axis=0, dtype=np.int64))


@dataclass(frozen=True)
class Problem:
    """A team orienteering problem with time windows.

    Raises `ProblemError` if the arrays do not fit each other or hold values out of range.
    """

    travel_s: Ints
    """(n + 1, n + 1): seconds from row to column; number 0 is the depot."""
    prize: Floats
    """(n + 1,): worth of a visit with no other, not negative; a stop of prize 0 is never visited.
    """
    service_s: Ints
    """(n + 1,): seconds that a visit takes.  The depot's prize and service are 0."""
    vehicles: tuple[Span, ...]
    """Start and end of each vehicle's shift."""
    windows: tuple[tuple[Window, ...], ...] = ()
    """Per number, depot included, when service may begin; none is always."""
    required: frozenset[int] = frozenset()
    """Stops that every plan visits."""
    only_by: Mapping[int, int] = field(default_factory=dict)
    """Further stops that every plan visits, each with the vehicle that alone may do so."""
    given: Mapping[int, Route] = field(default_factory=dict)
    """Whole routes that are given, by vehicle."""
    ends: tuple[tuple[int, int], ...] = ()
    """Numbers of the places where each vehicle starts and ends; if absent, the depot."""
    pause: Pause | None = None
    """The break of every vehicle that leaves the depot."""
    limits: tuple[Limit, ...] = ()
    """Limits of every vehicle."""
    price_s: float | None = None
    """Seconds of driving that a worth of 1 outweighs; if absent, see the module's description."""
    cover: Cover | None = None
    """Need that stops share, so that it counts once; if absent, prizes add up."""
    extra: Floats | None = None
    """(p,): worth of each point to this shift alone, beside the need in `cover`."""

    def __post_init__(self) -> None:
        """Check shapes and values."""
        n = len(self.prize)
        if self.travel_s.shape != (n, n) or len(self.service_s) != n:
            raise ProblemError(
                f"travel_s has shape {self.travel_s.shape}, service_s {len(self.service_s)} and "
                f"prize {n} entries; all must have one per stop and one for the depot"
            )
        if self.windows and len(self.windows) != n:
            raise ProblemError(
                f"windows has {len(self.windows)} entries for {n} numbers"
            )
        if (
            (self.travel_s < 0).any()
            or (self.service_s < 0).any()
            or not (self.prize >= 0).all()
        ):
            raise ProblemError(
                "travel times, service times and prizes must not be negative"
            )
        if not self.vehicles:
            raise ProblemError("there is no vehicle. Fix: give at least one shift")
        for start, end in self.vehicles:
            if end <= start:
                raise ProblemError(
                    f"a shift ends at {end} s, not after its start at {start} s"
                )

    @property
    def stops(self) -> range:
        """Numbers of the stops."""
        return range(1, len(self.prize))

    @cached_property
    def unit(self) -> float:
        """Seconds of driving that a worth of 1 outweighs."""
        if self.price_s is not None:
            return self.price_s
        horizon = sum(end - start for start, end in self.vehicles)
        total = float(self.prize.sum())
        return SCALE * horizon / total if total > 0 else 0.0

    @cached_property
    def worth_s(self) -> Ints:
        """Worth of every visit in whole seconds, the unit of the objective."""
        return np.round(self.prize * self.unit).astype(np.int64)

    def windows_of(self, stop: int) -> tuple[Window, ...]:
        """Return the windows of a stop; none if it is always open."""
        return self.windows[stop] if self.windows else ()

    @cached_property
    def duties(self) -> frozenset[int]:
        """All stops that every plan visits."""
        return self.required.union(self.only_by, *self.given.values())

    def offers(self, routes: Routes) -> bool:
        """Return whether every visit of some routes is of a stop with a prize, or required."""
        return all(
            self.prize[stop] > 0 or stop in self.duties for stop in visited(routes)
        )

    def may_visit(self, vehicle: int, stop: int) -> bool:
        """Return whether a vehicle may visit a stop, by locks."""
        if vehicle in self.given:
            return stop in self.given[vehicle]
        elsewhere = any(stop in route for route in self.given.values())
        return not elsewhere and self.only_by.get(stop, vehicle) == vehicle

    def ends_of(self, vehicle: int) -> tuple[int, int]:
        """Return the places where a vehicle starts and ends."""
        return self.ends[vehicle] if self.ends else (DEPOT, DEPOT)

    @cached_property
    def alike(self) -> list[list[int]]:
        """Vehicles in groups with the same hours and ends."""
        groups: dict[object, list[int]] = {}
        for vehicle, span in enumerate(self.vehicles):
            groups.setdefault((span, self.ends_of(vehicle)), []).append(vehicle)
        return list(groups.values())

    @cached_property
    def exchangeable(self) -> list[list[int]]:
        """Vehicles in groups that may change routes: alike, and without locks."""
        tied = {*self.only_by.values(), *self.given}
        return [
            [vehicle for vehicle in group if vehicle not in tied]
            for group in self.alike
        ]

    def schedule(self, vehicle: int, route: Route) -> tuple[Visit, ...] | None:
        """Return the times along a route, the return last; None if it does not fit.

        Of the windows and places of the pause that fit, those that earn most, then those that
        end first.
        """
        start, end = self.vehicles[vehicle]
        origin, target = self.ends_of(vehicle)
        drives = list(pairwise((origin, *route, target)))
        if any(
            sum(cost[a][b] for a, b in drives) > limit.most
            for cost, limit in zip(self._costs, self.limits, strict=True)
        ):
            return None
        service_s = sum(int(self.service_s[stop]) for stop in route)
        if start + sum(self._travel[a][b] for a, b in drives) + service_s > end:
            return None
        labels = [_Label((Visit(origin, start, start, start),), 0.0, False)]
        for stop in route:
            labels = _undominated(
                label.then(visit, self._prizes[stop])
                for label in labels
                for visit in self._visits(label, stop)
            )
        done = [
            label.then(self._return(label.visits[-1], target), 0.0)
            for label in labels
            if label.paused or not (self.pause and route)
        ]
        in_time = [label for label in done if label.free_s <= end]
        if not in_time:
            return None
        best = max(in_time, key=lambda label: (label.worth, -label.free_s))
        return best.visits[1:]

    def times(self, vehicle: int, route: Route) -> tuple[Visit, ...]:
        """Return the times along a route of a plan, the return last.

        Raises `ProblemError` if the route does not fit the shift, a window, the pause or a limit.
        """
        visits = self.schedule(vehicle, route)
        if visits is None:
            raise ProblemError(
                f"vehicle {vehicle} cannot drive the route {tuple(route)} in time"
            )
        return visits

    @cached_property
    def worth(self) -> Worth:
        """What visits are worth; visit k is that to stop k."""
        return worth_of([self], self.cover or Cover.of_prizes(self.prize))

    def value(self, routes: Routes) -> float:
        """Return the objective of a plan, in seconds; see the module's description."""
        worth, total = self.worth, -float(self.all_driving_s(routes))
        served = unserved(worth)
        for vehicle, route in enumerate(routes):
            for visit in self.times(vehicle, route)[:-1]:
                minutes = visit.share * worth.whole_min[visit.stop]
                total += value(worth, visit.stop, minutes, served)
                serve(worth, visit.stop, minutes, served)
        return total

    def all_driving_s(self, routes: Routes) -> int:
        """Return the seconds that all vehicles drive."""
        return sum(
            self.driving_s(route, vehicle) for vehicle, route in enumerate(routes)
        )

    def driving_s(self, route: Route, vehicle: int = 0) -> int:
        """Return the seconds that a vehicle drives along a route; an idle one does not drive."""
        origin, target = self.ends_of(vehicle)
        path = (origin, *route, target) if route else ()
        return sum(self._travel[a][b] for a, b in pairwise(path))

    @cached_property
    def _travel(self) -> list[list[int]]:
        return self.travel_s.tolist()  # type: ignore[no-any-return]

    @cached_property
    def _costs(self) -> list[list[list[int]]]:
        return [limit.cost.tolist() for limit in self.limits]

    @cached_property
    def _prizes(self) -> list[float]:
        return self.prize.tolist()  # type: ignore[no-any-return]

    def _visits(self, label: _Label, stop: int) -> Iterator[Visit]:
        """Yield the visits to `stop` after a label: each window met, without and with the pause."""
        last = label.visits[-1]
        arrival = last.free_s + self._travel[last.stop][stop]
        for early, late, share in self.windows_of(stop) or (Window(arrival, arrival),):
            if arrival > late:
                continue
            begin = max(arrival, early)
            visit = Visit(
                stop, arrival, begin, begin + int(self.service_s[stop]), share
            )
            yield visit
            if self.pause and not label.paused:
                rests = max(visit.departure_s, self.pause.early)
                if rests <= self.pause.late:
                    yield visit._replace(pause=(rests, rests + self.pause.length_s))

    def _return(self, last: Visit, target: int) -> Visit:
        back = last.free_s + self._travel[last.stop][target]
        return Visit(target, back, back, back)


class _Label(NamedTuple):
    """The first visits of a route, the start first."""

    visits: tuple[Visit, ...]
    worth: float
    """Prizes that they earn."""
    paused: bool

    @property
    def free_s(self) -> int:
        return self.visits[-1].free_s

    def then(self, visit: Visit, prize: float) -> _Label:
        """Return the label with one more visit."""
        worth = self.worth + prize * visit.share
        paused = self.paused or visit.pause is not None
        return _Label((*self.visits, visit), worth, paused)


def _undominated(labels: Iterable[_Label]) -> list[_Label]:
    """Return the labels that no other beats in time, worth and pause at once."""
    best = {True: -1.0, False: -1.0}
    chosen: list[_Label] = []
    for label in sorted(labels, key=lambda label: (label.free_s, -label.worth)):
        least = max(best[True], -1.0 if label.paused else best[False])
        if label.worth > least:
            best[label.paused] = label.worth
            chosen.append(label)
    return chosen


def _reaches_of_night(cover: Cover, shifts: int) -> Bools:
    """Return what each visit reaches, (shifts, stops, columns of `worth_of`).

    The columns are points, stops of their own, and for each shift the points again.
    """
    places, points = cover.reaches.shape
    columns = points + places + shifts * points
    reaches = np.zeros((shifts, places, columns), dtype=bool)
    reaches[:, :, :points] = cover.reaches
    reaches[:, :, points : points + places] = np.eye(places, dtype=bool)
    for shift in range(shifts):
        first = points + places + shift * points
        reaches[shift, :, first : first + points] = cover.reaches
    return reaches


def worth_of(problems: Sequence[Problem], cover: Cover, repeat: float = 0.0) -> Worth:
    """Return what the visits of a night's shifts are worth.

    Visit ``n k + i`` is that to stop i of n in shift k.  Each further shift that serves a point of
    `cover` adds `repeat` of what the one before added; what a stop is worth of its own counts once
    a night, and what is extra to a shift once in it.
    """
    shifts, (places, points) = len(problems), cover.reaches.shape
    nothing = np.zeros(points)
    extra = [
        nothing if problem.extra is None else problem.extra for problem in problems
    ]
    worth = np.concatenate([cover.need, cover.own, *extra])
    worth_s = np.round(problems[0].unit * worth)
    keeps = np.where(np.arange(len(worth)) < points, repeat, 0.0)
    adds = worth_s[:, None] * keeps[:, None] ** np.arange(shifts)
    reaches = _reaches_of_night(cover, shifts) & (worth_s > 0)
    visit, point = reaches.reshape(-1, len(worth_s)).nonzero()
    visits = np.arange(shifts * places)
    return Worth(
        # As of one layout in memory, whatever their number: loops are compiled once.
        point=np.ascontiguousarray(point),
        first=np.searchsorted(visit, np.arange(len(visits) + 1)),
        shift=visits // places,
        whole_min=np.tile(np.maximum(problems[0].service_s, 1) / 60, shifts),
        worth_s=np.c_[np.zeros(len(worth)), adds.cumsum(axis=1)],
    )


def visited(routes: Routes) -> list[int]:
    """Return the stops of a plan, vehicle after vehicle."""
    return [stop for route in routes for stop in route]
