"""Where help is most likely needed, as far as it is known, and how much of it a plan serves.

The surface is a weighted sum of parts, each scaled to a sum of 1, so that a weight is a part's
share before normalisation.  Every part stays visible in the result, and each may have weight 0:

- ``observed``: hotspots of reported sightings, corrected for reporting effort where it is given;
- ``movement``: expected flow, from a movement model;
- ``far_from_help``: time or distance to the nearest help;
- ``advised``: places named by DCAM and police.

Stops serve the need within walking reach of them; need served by two stops counts once.  As
PyVRP's prizes add up, `solve_covering` finds plans for this objective by an outer loop.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import chain, combinations
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array, csr_array

from geo import solver
from geo.crs import require_metric
from geo.network import Floats
from geo.orienteering import DEPOT, Problem, Routes
from geo.params import NeedParams

PIECE_M: Final = 500.0
"""Longest stretch of a corridor that one point of need stands for."""


class NeedError(ValueError):
    """The need surface cannot be made from what is given."""


def observed(hotspots: gpd.GeoDataFrame, effort: pd.Series | None = None) -> gpd.GeoDataFrame:
    """Return the part of reported sightings: a point a hotspot, weighted by its share.

    Parameters
    ----------
    hotspots : geopandas.GeoDataFrame, table `HOTSPOTS`, projected CRS in metres
    effort : pandas.Series of float, optional
        Relative chance that people there are reported, on the index of `hotspots`; positive.
        The weight is divided by it: what is seen rarely stands for more.

    Raises
    ------
    NeedError
        If an effort is missing or not positive.
    """
    share = hotspots["share"].astype(float)
    if effort is not None:
        given = effort.reindex(hotspots.index)
        if not (given > 0).all():
            bad = given.index[~(given > 0)][0]
            raise NeedError(f"effort of hotspot {bad!r} is {given[bad]}; it must be positive")
        share = share / given
    points = shapely.line_interpolate_point(
        shapely.line_merge(np.asarray(hotspots.geometry.values)), 0.5, normalized=True
    )
    centres = np.where(shapely.is_empty(points), hotspots.geometry.centroid.values, points)
    return _part(centres, share.to_numpy(float), hotspots)


def advised(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of the places whose status is ``advised``: a point each, of equal weight.

    Parameters
    ----------
    places : geopandas.GeoDataFrame, table `PLACES`, projected CRS in metres
    """
    named = places[places["status"] == "advised"]
    return _part(np.asarray(named.geometry.values), np.ones(len(named)), places)


def movement(sections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of expected flow: points along the sections, weighted by their mean share.

    The flow is a model with assumptions; where nobody looked, nothing confirms it.

    Parameters
    ----------
    sections : geopandas.GeoDataFrame, table `SECTIONS`, projected CRS in metres
    """
    return _along(sections, sections["share_mean"])


def far_from_help(sections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of distance from help: points along the sections, weighted by minutes.

    A section of which no time is known has weight 0.

    Parameters
    ----------
    sections : geopandas.GeoDataFrame, table `ACCESS_SECTIONS`, projected CRS in metres
    """
    return _along(sections, sections["far_min"].fillna(0.0))


def surface(parts: Mapping[str, gpd.GeoDataFrame], weights: NeedParams) -> gpd.GeoDataFrame:
    """Return the need at points: the weighted sum of the parts, which adds up to 1.

    Parameters
    ----------
    parts : mapping of str to geopandas.GeoDataFrame
        Points with a ``weight``, by the name of a weight in `NeedParams`; a part that is absent
        counts as weight 0.
    weights : geo.params.NeedParams

    Returns
    -------
    geopandas.GeoDataFrame of Point
        A column per part and ``need``, their sum.

    Raises
    ------
    geo.crs.CRSError
        If the parts are not in one projected CRS in metres.
    NeedError
        If a part has no such weight, or no part has both weight and points.
    """
    known = ("observed", "movement", "far_from_help", "advised")
    strange = sorted(set(parts) - set(known))
    if strange:
        raise NeedError(
            f"there is no weight for {', '.join(strange)}; parts are {', '.join(known)}"
        )
    share = {name: float(getattr(weights, name)) for name in parts}
    usable = {
        name: part for name, part in parts.items() if share[name] > 0 and part["weight"].sum() > 0
    }
    if not usable:
        raise NeedError(
            "no part of the need surface has both a weight and points. Cure: give a weight in "
            f"[need] to a part that is at hand: {', '.join(parts) or 'none is'}"
        )
    crs = require_metric(**usable)
    total = sum(share[name] for name in usable)
    rows = [
        gpd.GeoDataFrame(
            {name: part["weight"] / part["weight"].sum() * share[name] / total},
            geometry=part.geometry,
            crs=crs,
        )
        for name, part in usable.items()
    ]
    joined = pd.concat(rows, ignore_index=True).fillna(dict.fromkeys(usable, 0.0))
    joined["need"] = joined[list(usable)].sum(axis=1)
    return gpd.GeoDataFrame(joined, geometry="geometry", crs=crs)


@dataclass(frozen=True)
class Cover:
    """Which stops serve which points of need.

    Attributes
    ----------
    reaches : (n, c) scipy.sparse.csr_array of float
        1 where a point lies within reach of a stop; row 0, the depot, is empty.
    need : (c,) float array
    """

    reaches: csr_array
    need: Floats

    @property
    def prize(self) -> Floats:
        """Need within reach of each stop alone."""
        return np.asarray(self.reaches @ self.need)

    def served(self, routes: Routes) -> float:
        """Return the need within reach of any stop of a plan, each point once."""
        return float(self.need[self._times(routes) > 0].sum())

    def marginal(self, routes: Routes) -> Floats:
        """Return what each stop is worth beside a plan.

        A stop of the plan shares a point's need with the plan's other stops that reach it; a
        stop outside takes what no stop of the plan reaches.
        """
        times = self._times(routes)
        inside = np.isin(np.arange(self.reaches.shape[0]), [s for route in routes for s in route])
        shared = self.reaches @ (self.need / np.maximum(times, 1))
        unserved = self.reaches @ np.where(times == 0, self.need, 0.0)
        return np.asarray(np.where(inside, shared, unserved))

    def _times(self, routes: Routes) -> Floats:
        stops = [stop for route in routes for stop in route]
        return np.asarray(self.reaches[stops].sum(axis=0), dtype=float).ravel()


def cover(stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame, reach_m: float) -> Cover:
    """Return which stops serve which need: all within `reach_m`, as the crow flies.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame
        In the order of the planning problem, the depot first.
    need : geopandas.GeoDataFrame, as from `surface`, the same CRS
    reach_m : float
        What people walk to a stop.
    """
    require_metric(stops=stops, need=need)
    tree = shapely.STRtree(np.asarray(need.geometry.values))
    row, column = tree.query(
        np.asarray(stops.geometry.values), predicate="dwithin", distance=reach_m
    )
    row, column = row[row != DEPOT], column[row != DEPOT]
    shape = (len(stops), len(need))
    reaches = coo_array((np.ones(len(row)), (row, column)), shape=shape).tocsr()
    return Cover(reaches, need["need"].to_numpy(float))


def solve_covering(
    problem: Problem, covering: Cover, *, iterations: int, seed: int, rounds: int = 6
) -> Routes:
    """Return the plan of a shift that serves most need, counting need once.

    Each round solves for prizes that are marginal to the plans before.  The best by
    `covering_value` is then improved by taking one stop in, in place of up to two others; it is
    never worse than the plan for additive prizes.

    Parameters
    ----------
    problem : geo.orienteering.Problem
        Its prizes are replaced by the need within reach; its `unit` per need is kept.
    covering : Cover
    iterations, seed
        As for `geo.solver.solve`, in each round.
    rounds : int
    """
    prize = covering.prize
    if not prize.any():
        raise NeedError("no stop has need within reach. Cure: a greater need.reach_m")
    problem = problem.with_prizes(prize)
    tried: list[Routes] = []
    for _ in range(rounds):
        routes = solver.solve(problem.with_prizes(prize), iterations=iterations, seed=seed)
        if routes not in tried:
            tried.append(routes)
        prize = (prize + covering.marginal(routes)) / 2
    best = max(tried, key=lambda routes: covering_value(problem, covering, routes))
    return _improved(problem, covering, best)


def _improved(problem: Problem, covering: Cover, routes: Routes) -> Routes:
    """Return the routes after the best change, again and again until none gains."""
    best, value = routes, covering_value(problem, covering, routes)
    while True:
        routes = best
        for vehicle, trial in _changes(problem, routes):
            plan = (*routes[:vehicle], trial, *routes[vehicle + 1 :])
            gained = covering_value(problem, covering, plan)
            if gained > value and _allowed(problem, plan) and problem.schedule(vehicle, trial):
                best, value = plan, gained
        if best is routes:
            return best


def _changes(problem: Problem, routes: Routes) -> Iterator[tuple[int, tuple[int, ...]]]:
    """Yield vehicles with a route of one stop more, in the place of none, one or two others."""
    visited = {stop for route in routes for stop in route}
    outside = [s for s in problem.stops if problem.prize[s] > 0 and s not in visited]
    for vehicle, route in enumerate(routes):
        lost = chain(*(combinations(range(len(route)), count) for count in range(3)))
        for gone in lost:
            rest = tuple(stop for at, stop in enumerate(route) if at not in gone)
            for stop in outside:
                for at in range(len(rest) + 1):
                    yield vehicle, (*rest[:at], stop, *rest[at:])


def _allowed(problem: Problem, routes: Routes) -> bool:
    """Return whether a plan keeps the required stops and breaks no exclusive set."""
    visited = {stop for route in routes for stop in route}
    return problem.required <= visited and all(len(g & visited) < 2 for g in problem.exclusive)


def covering_value(problem: Problem, covering: Cover, routes: Routes) -> float:
    """Return the objective that counts need once: its worth less driving, in seconds."""
    driving = sum(problem.driving_s(route) for route in routes)
    return problem.unit * covering.served(routes) - driving


def _along(sections: gpd.GeoDataFrame, per_metre: pd.Series) -> gpd.GeoDataFrame:
    """Return a point in the middle of every piece of at most `PIECE_M`, weighted by its length."""
    lines = np.asarray(sections.geometry.values)
    piece, owner = shapely.get_parts(shapely.segmentize(lines, PIECE_M), return_index=True)
    xy, line = shapely.get_coordinates(piece, return_index=True)
    same = line[1:] == line[:-1]
    length_m = np.hypot(*np.diff(xy, axis=0).T)[same]
    middle = shapely.points(((xy[1:] + xy[:-1]) / 2)[same])
    weight = per_metre.to_numpy(float)[owner[line[1:][same]]] * length_m
    return _part(middle, weight, sections)


def _part(points: object, weight: npt.ArrayLike, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"weight": weight}, geometry=points, crs=layer.crs)
