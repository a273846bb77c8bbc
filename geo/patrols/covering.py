"""Stops that serve need within walking reach, and plans that count need once.

The need that a plan serves is a coverage function: what two stops reach counts once.  PyVRP's
prizes add up, so `solve_covering` finds plans in an outer loop over prizes that are marginal to
the plan before.

References
----------
Church and ReVelle (1974), The maximal covering location problem, Papers of the Regional Science
Association 32, 101-118.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from itertools import combinations
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Floats, Ints
from geo.crs import require_metric
from geo.params import NeedParams
from geo.patrols.need import NeedError
from geo.routing import solver
from geo.routing.problem import DEPOT, Problem, ProblemError, Routes
from layers.schema import NEED_PARTS

AT_PLACE_M: Final = 50.0
"""A stop so near to a place is that place."""


@dataclass(frozen=True)
class Cover:
    """What each point of need is worth to one shift, and which stops reach it.

    Attributes
    ----------
    reaches : (n, p) bool array
        Whether a stop, the depot first, reaches a point.
    need : (p,) float array
    own : (n,) float array
        What a visit to each stop is worth beside need.
    """

    reaches: npt.NDArray[np.bool_]
    need: Floats
    own: Floats

    @property
    def prize(self) -> Floats:
        """What each stop is worth alone."""
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
        inside = np.isin(np.arange(len(self.reaches)), [s for route in routes for s in route])
        shared = self.reaches @ (self.need / np.maximum(times, 1))
        unserved = self.reaches @ np.where(times == 0, self.need, 0.0)
        return np.asarray(np.where(inside, shared, unserved) + self.own)

    def times(self, routes: Routes) -> npt.NDArray[np.int64]:
        """Return how many stops of a plan reach each point."""
        stops = [stop for route in routes for stop in route]
        return np.asarray(self.reaches[stops].sum(axis=0, dtype=np.int64))


@dataclass(frozen=True)
class Reach:
    """The need that the stops of a region reach, by part; points reached alike are one.

    Attributes
    ----------
    reaches : (n, p) bool array
        Whether a stop, the depot first, reaches a point.
    parts : pandas.DataFrame
        A row per point: the weighted parts of `NEED_PARTS`, which add up to 1.
    holds : pandas.DataFrame
        A row per stop: whether any need of each part lies in reach, whatever the part's weight.
    at_advised : (n, a) bool array
        Whether a stop is at each advised place of the outline.
    little_known : (n,) bool array
        Stops without reports and without advice in reach: places to be explored.
    place : (n,) int array
        The point that stands for the place of each little-known stop; the stops near it explore
        it as well.
    reached : pandas.Series
        Of each part, the share within the outline that any stop reaches.
    """

    reaches: npt.NDArray[np.bool_]
    parts: pd.DataFrame
    holds: pd.DataFrame
    at_advised: npt.NDArray[np.bool_]
    little_known: npt.NDArray[np.bool_]
    place: Ints
    reached: pd.Series

    @cached_property
    def need(self) -> Floats:
        """Need at each point; it adds up to 1."""
        return self.parts.sum(axis=1).to_numpy(float)

    @property
    def advised(self) -> npt.NDArray[np.bool_]:
        """Stops that are at an advised place."""
        return np.asarray(self.at_advised.any(axis=1))

    def explorations(self, visited: Sequence[int]) -> Ints:
        """Return how many of the stops visited explore each little-known place."""
        times = self.reaches[list(visited)].sum(axis=0, dtype=np.int64)
        return np.where(self.little_known, times[self.place], 0)

    @property
    def by_stop(self) -> pd.DataFrame:
        """The need in reach of each stop alone, by part, with their sum ``need``."""
        found = pd.DataFrame(self.reaches @ self.parts.to_numpy(float), columns=NEED_PARTS)
        return found.assign(need=found.sum(axis=1))

    def cover(
        self,
        *,
        left: Floats | None = None,
        own: Floats | None = None,
        unexplored: npt.NDArray[np.bool_] | None = None,
        price: float = 0.0,
    ) -> Cover:
        """Return what the points are worth to one shift.

        Parameters
        ----------
        left : (p,) float array, optional
            Share of each point's need that earlier shifts have left.
        own : (n,) float array, optional
            Worth of a visit beside need.
        unexplored : (n,) bool array, optional
            Little-known stops that are still to be explored; all by default.
        price : float
            Worth of exploring one, in average stops.
        """
        worth = self.need if left is None else self.need * left
        stops = self.little_known & (True if unexplored is None else unexplored)
        each = price / max(len(self.reaches) - 1, 1)
        worth = worth + each * np.bincount(self.place[stops], minlength=len(worth))
        return Cover(self.reaches, worth, np.zeros(len(self.reaches)) if own is None else own)


def reach(stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame, weights: NeedParams) -> Reach:
    """Return which stops serve which need: all within ``reach_m``, as the crow flies.

    A reported hotspot that no stop is near to is served by the nearest, however far.  An advised
    place is served at that place only: where to stand is what the advice says.  Each part
    is scaled by what any stop reaches of it, so that a weight is a share of what a plan can do.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame, projected CRS in metres
        The depot first; it serves nobody.
    need : geopandas.GeoDataFrame, table `NEED`, the same CRS
    weights : geo.params.NeedParams

    Raises
    ------
    geo.crs.CRSError
        If the two are not in one projected CRS in metres.
    geo.patrols.need.NeedError
        If no part with a weight lies in reach of a stop.
    """
    require_metric(stops=stops, need=need)
    at = np.asarray(stops.geometry.values)
    near = shapely.STRtree(np.asarray(need.geometry.values)).query(
        at, predicate="dwithin", distance=weights.reach_m
    )
    reaches = np.zeros((len(stops), len(need)), dtype=bool)
    reaches[tuple(near)] = True
    reaches[DEPOT] = False
    alone = np.flatnonzero((need["observed"].to_numpy(float) > 0) & ~reaches.any(axis=0))
    if len(at) > 1 and len(alone):
        apart = shapely.distance(at[1:, None], np.asarray(need.geometry.values)[None, alone])
        reaches[1 + apart.argmin(axis=0), alone] = True
    there = at_advised(stops, need)
    there[DEPOT] = False
    reaches[:, need["advised"].to_numpy(float) > 0] &= there
    parts = pd.DataFrame(need[list(NEED_PARTS)].to_numpy(float)[reaches.any(axis=0)])
    parts.columns = pd.Index(NEED_PARTS)
    reached = parts.sum()
    reaches = reaches[:, reaches.any(axis=0)]
    holds = pd.DataFrame(reaches @ (parts.to_numpy(float) > 0), columns=NEED_PARTS)
    little = ~(holds["observed"] | holds["advised"]).to_numpy(bool)
    little &= np.arange(len(stops)) != DEPOT
    parts = _weighted(parts, weights)
    explores = shapely.distance(at[:, None], at[None, little]) <= weights.reach_m
    explores[DEPOT] = False
    table, group = np.unique(np.hstack([reaches, explores]), axis=1, return_inverse=True)
    group = group.ravel()
    place = np.zeros(len(stops), dtype=np.int64)
    place[little] = group[len(parts) :]
    alike = parts.groupby(group[: len(parts)]).sum().reindex(range(table.shape[1]), fill_value=0.0)
    return Reach(table, alike, holds, there, little, place, reached)


def at_advised(stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
    """Return whether each stop is at each advised place of the outline, as (n, a) array.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame of Point, projected CRS in metres
    need : geopandas.GeoDataFrame, table `NEED`, the same CRS
    """
    places = np.asarray(need.geometry.values)[need["advised"].to_numpy(float) > 0]
    apart = shapely.distance(np.asarray(stops.geometry.values)[:, None], places[None, :])
    return np.asarray(apart <= AT_PLACE_M)


def _weighted(parts: pd.DataFrame, weights: NeedParams) -> pd.DataFrame:
    """Return the parts scaled so that all together add up to 1."""
    there = parts.sum()
    share = pd.Series({name: float(getattr(weights, name)) for name in NEED_PARTS})
    share = share.where(there > 0, 0.0)
    if not share.sum():
        at_hand = ", ".join(there.index[there > 0])
        raise NeedError(
            "all prizes are 0: no part of the need surface has both a weight and points in reach "
            "of a stop. Smallest change: give a weight in [need] to a part that is at hand: "
            f"{at_hand or 'none is, so a greater need.reach_m or another stop'}"
        )
    return parts * (share / share.sum() / there.where(there > 0, 1.0))


def solve_covering(
    problem: Problem,
    cover: Cover,
    *,
    iterations: int,
    seed: int,
    rounds: int = 2,
    known: Sequence[Routes] = (),
) -> Routes:
    """Return the plan of a shift that serves most need, counting need once.

    Each round solves for prizes that are marginal to the plans before.  The best of these, the
    greedy plan and the plans known is then improved by taking one stop in, in place of up to two
    others.

    Parameters
    ----------
    problem : geo.routing.problem.Problem
        Its prizes are what each stop is worth alone; a stop of prize 0 is never visited.
    cover : Cover
    iterations, seed
        As for `geo.routing.solver.solve`, in each round.
    rounds : int
    known : sequence of Routes
        Plans to start from as well, such as that of the night before.
    """
    usable = problem.prize > 0
    prize = problem.prize
    tried = [*(_fitting(problem, routes) for routes in known), greedy(problem, cover)]
    for _ in range(rounds):
        try:
            routes = solver.solve(problem.with_prizes(prize), iterations=iterations, seed=seed)
        except ProblemError:
            # The search found no plan with all required stops; another may be at hand.
            if not _whole(problem, tried):
                raise
            break
        if routes not in tried:
            tried.append(routes)
        prize = np.where(usable, (prize + cover.marginal(routes)) / 2, 0.0)
    best = max(_whole(problem, tried), key=lambda routes: covering_value(problem, cover, routes))
    return _improved(problem, cover, best)


def _whole(problem: Problem, plans: Sequence[Routes]) -> list[Routes]:
    """Return the plans that visit every required stop."""
    return [p for p in plans if problem.required <= {stop for route in p for stop in route}]


def _fitting(problem: Problem, routes: Routes) -> Routes:
    """Return the routes without stops of no prize; empty where that does not fit the shift."""
    kept = (tuple(stop for stop in route if problem.prize[stop] > 0) for route in routes)
    return tuple(r if problem.schedule(v, r) else () for v, r in enumerate(kept))


def greedy(problem: Problem, cover: Cover) -> Routes:
    """Return the plan of greedy insertion that counts need once: the yardstick."""
    routes: Routes = ((),) * len(problem.vehicles)
    while True:
        grown = solver.insert_one(at_margin(problem, cover, routes), routes)
        if grown is None:
            return routes
        routes = grown


def at_margin(problem: Problem, cover: Cover, routes: Routes) -> Problem:
    """Return the problem with the prizes that are marginal to a plan; its unit is kept."""
    return problem.with_prizes(np.where(problem.prize > 0, cover.marginal(routes), 0.0))


def gain_s(
    problem: Problem, cover: Cover, routes: Routes, vehicle: int, route: tuple[int, ...]
) -> float:
    """Return what a plan gains where one vehicle drives another route, in seconds.

    Windows count as met whole, whatever share of the prize they earn.
    """
    other = (*routes[:vehicle], route, *routes[vehicle + 1 :])
    own = cover.own[list(route)].sum() - cover.own[list(routes[vehicle])].sum()
    served = cover.served(other) - cover.served(routes)
    driving = problem.driving_s(route) - problem.driving_s(routes[vehicle])
    return float(problem.unit * (served + own) - driving)


def covering_value(problem: Problem, cover: Cover, routes: Routes) -> int:
    """Return the objective that counts need once: its worth less driving, in seconds."""
    return at_margin(problem, cover, routes).value(routes)


def _improved(problem: Problem, cover: Cover, routes: Routes) -> Routes:
    """Return the routes after the best change, again and again until none gains."""
    value = covering_value(problem, cover, routes)
    while True:
        for _, vehicle, trial in _changes(problem, cover, routes):
            plan = (*routes[:vehicle], trial, *routes[vehicle + 1 :])
            if _allowed(problem, plan) and problem.schedule(vehicle, trial):
                gained = covering_value(problem, cover, plan)
                if gained > value:
                    routes, value = plan, gained
                    break
        else:
            return routes


def _changes(
    problem: Problem, cover: Cover, routes: Routes
) -> list[tuple[float, int, tuple[int, ...]]]:
    """Return gain, vehicle and route of the changes that gain, the best first.

    A change takes one stop in, in place of none, one or two others of the route.
    """
    times, travel = cover.times(routes), problem.travel_s
    visited = {stop for route in routes for stop in route}
    outside = np.array([s for s in problem.stops if problem.prize[s] > 0 and s not in visited])
    found: list[tuple[float, int, tuple[int, ...]]] = []
    if not len(outside):
        return found
    for vehicle, route in enumerate(routes):
        driving = problem.driving_s(route)
        for gone in (g for count in range(3) for g in combinations(route, count)):
            rest = tuple(stop for stop in route if stop not in gone)
            still = times - cover.reaches[list(gone)].sum(axis=0)
            lost = cover.need[(times > 0) & (still == 0)].sum() + cover.own[list(gone)].sum()
            served = cover.reaches[outside] @ np.where(still == 0, cover.need, 0.0)
            path = np.array([DEPOT, *rest, DEPOT])
            a, b = path[:-1, None], path[1:, None]
            detour = travel[a, outside] + travel[outside, b] - travel[a, b]
            saved = driving - problem.driving_s(rest)
            gain = problem.unit * (served + cover.own[outside] - lost) - detour + saved
            found += [
                (float(gain[at, which]), vehicle, (*rest[:at], int(outside[which]), *rest[at:]))
                for at, which in np.argwhere(gain > 0)
            ]
    return sorted(found, key=lambda change: -change[0])


def _allowed(problem: Problem, routes: Routes) -> bool:
    """Return whether a plan keeps the required stops and breaks no exclusive set."""
    visited = {stop for route in routes for stop in route}
    return problem.required <= visited and all(len(g & visited) < 2 for g in problem.exclusive)
