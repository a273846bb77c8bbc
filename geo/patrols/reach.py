"""Which stops serve which need, and how much of it is known.

The need lies at public places, table `NEED` (`geo.intensity.need`), in three parts:

- ``observed``: what reports and visits have shown;
- ``far_from_help``, ``advised``: what is assumed beside it, by the distance of help and by those
  who know the area, each to be multiplied by its weight.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Bools, Floats, Ints
from geo.crs import require_metric
from geo.params import NeedParams
from geo.routing.problem import DEPOT, Cover
from geo.schema import NEED_PARTS

AT_PLACE_M: Final = 50.0
"""A stop within this distance of a place counts as that place."""
LITTLE: Final = 0.15
"""Where less than this share of the need was found, little is known."""
FEW: Final = 10
"""Fewer reports than this, without a visit, find nothing, however far they move the need."""
NOT_FOUND: Final = "this is what was assumed, not what was found"
NO_VISIT: Final = (
    "without a visit, bias of reports and kinds of ways are one sum: no rate is shown"
)


class NeedError(ValueError):
    """The need surface cannot be made from what is given."""


def weights_of(params: NeedParams) -> pd.Series:
    """Return the weight of each part of table `NEED`; what was found counts as it is."""
    weights = [getattr(params, name, 1.0) for name in NEED_PARTS]
    return pd.Series(weights, index=NEED_PARTS, dtype=float)


@dataclass(frozen=True)
class Reach:
    """The need that the stops of a region reach, by part; points reached alike are one."""

    reaches: Bools
    """(n, p): whether a stop, the depot first, reaches a point."""
    parts: pd.DataFrame
    """A row per point: the weighted parts of `NEED_PARTS`; all together add up to 1."""
    holds: pd.DataFrame
    """A row per stop: whether any need of each part lies in reach, whatever the part's weight."""
    at_advised: Bools
    """(n, a): whether a stop is at each advised place of the outline."""
    little_known: Bools
    """(n,): stops of whose need little was found and none is advised, places to be explored."""
    place: Ints
    """(n,): the point that stands for the place of each little-known stop; a visit to a stop near
    it explores the place as well."""
    reached: pd.Series
    """The share of each part within the outline that any stop reaches."""
    of_all: Floats
    """Share of all need of the study, near a stop or far from all, at each point."""
    bounds: Floats | None = None
    """(p, 2): ends of an interval at 90 % of the need at each point; None where none is known."""

    @cached_property
    def need(self) -> Floats:
        """Need at each point; it adds up to 1."""
        return self.parts.sum(axis=1).to_numpy(float)

    @property
    def advised(self) -> Bools:
        """Stops that are at an advised place."""
        return np.asarray(self.at_advised.any(axis=1))

    def served(self, visited: Sequence[int]) -> Bools:
        """Return whether any of the stops visited reaches each point."""
        return np.asarray(self.reaches[list(visited)].any(axis=0))

    def to_explore(self, unexplored: Bools | None) -> Bools:
        """Return the little-known stops that are unexplored, all if none are given."""
        return (
            self.little_known if unexplored is None else self.little_known & unexplored
        )

    def explorations(self, visited: Sequence[int]) -> Ints:
        """Return how many of the stops visited explore each little-known place."""
        times = self.reaches[list(visited)].sum(axis=0, dtype=np.int64)
        return np.where(self.little_known, times[self.place], 0)

    @cached_property
    def by_stop(self) -> pd.DataFrame:
        """The need in reach of each single stop, by part, with their sum ``need``.

        ``low`` and ``high`` are the ends of its interval at 90 %, NaN where none is known: of all
        need in reach of stops, that of the other stops as it is.
        """
        found = pd.DataFrame(
            self.reaches @ self.parts.to_numpy(float), columns=NEED_PARTS
        )
        found = found.assign(need=found.sum(axis=1), low=np.nan, high=np.nan)
        if self.bounds is not None:
            # Points are taken to lie high together: the interval of a sum is not too short.
            ends = self.reaches @ self.bounds
            elsewhere = 1 - found[["need"]].to_numpy(float)
            whole = np.maximum(ends + elsewhere, 1e-9)
            found[["low", "high"]] = ends / whole
        return found

    @cached_property
    def cover_of_all(self) -> Cover:
        """What the points are of all need of the study."""
        return Cover(self.reaches, self.of_all, np.zeros(len(self.reaches)))

    def cover(
        self, *, remaining: Floats | None = None, beside_need: Floats | None = None
    ) -> Cover:
        """Return what the points and the stops are worth.

        `remaining` is the share of each point's need that earlier shifts have not served,
        `beside_need` the worth of a visit beside need.
        """
        worth = self.need if remaining is None else self.need * remaining
        own = np.zeros(len(self.reaches)) if beside_need is None else beside_need
        return Cover(self.reaches, worth, own)

    def exploring(self, stops: Bools, worth: float) -> Floats:
        """Return what each point adds for being explored.

        The places of `stops` are to be explored; together all stops are worth `worth`.
        """
        each = worth / max(len(self.reaches) - 1, 1)
        places = np.bincount(self.place[stops], minlength=len(self.need))
        return np.asarray(each * places)


# One set of arrays: all have the stops as rows and what they reach as columns.
def reach_of(
    stops: gpd.GeoDataFrame,
    need: gpd.GeoDataFrame,
    weights: NeedParams,
    dropped: gpd.GeoDataFrame | None = None,
) -> Reach:
    """Return which stops, the depot first, serve which need: all within ``reach_m`` of it.

    An advised place is served at that place only: where to stand is what the advice says.  The need
    is a share of what any stop reaches; what only `dropped` stops reach is of that too, so that
    shares with and without them compare.

    Parameters
    ----------
    stops : GeoDataFrame, metric CRS
        The depot first.
    need : GeoDataFrame, metric CRS
        Table `NEED`.
    weights : NeedParams
    dropped : GeoDataFrame, optional
        Stops that a plan cannot visit.

    Raises `NeedError` if no part with a weight lies in reach of a stop.
    """
    require_metric(stops=stops, need=need)
    at = np.asarray(stops.geometry.values)
    there = at_advised(stops, need)
    there[DEPOT] = False
    reaches = _reaches(stops, need, weights.reach_m)
    reached = reaches.any(axis=0)
    plain = pd.DataFrame(need[list(NEED_PARTS)].to_numpy(float))
    plain.columns = pd.Index(NEED_PARTS)
    weighted = plain * weights_of(weights)
    whole = weighted[reached].to_numpy(float).sum()
    if dropped is not None and len(dropped):
        every = pd.concat([stops, dropped], ignore_index=True)
        by_any = _reaches(every, need, weights.reach_m).any(axis=0)
        whole = weighted[by_any].to_numpy(float).sum()
    plain = plain.iloc[np.flatnonzero(reached)]
    if not whole:
        _refuse(plain)
    reaches = reaches[:, reached]
    parts = weighted[reached].reset_index(drop=True) / whole
    holds = pd.DataFrame(reaches @ (plain.to_numpy(float) > 0), columns=NEED_PARTS)
    found = reaches @ parts["observed"].to_numpy(float)
    in_reach = reaches @ parts.sum(axis=1).to_numpy(float)
    little = (found <= LITTLE * in_reach) & ~holds["advised"].to_numpy(bool)
    little[DEPOT] = False
    explores = shapely.distance(at[:, None], at[None, little]) <= weights.reach_m
    explores[DEPOT] = False
    table, group = np.unique(
        np.hstack([reaches, explores]), axis=1, return_inverse=True
    )
    group = group.ravel()
    place = np.zeros(len(stops), dtype=np.int64)
    place[little] = group[len(parts) :]
    alike = (
        parts.groupby(group[: len(parts)])
        .sum()
        .reindex(range(table.shape[1]), fill_value=0.0)
    )
    of_all: Floats = np.zeros(table.shape[1])
    np.add.at(of_all, group[: len(parts)], all_need(need, weights)[reached])
    bounds = np.zeros((table.shape[1], 2))
    ends = need[["low", "high"]].to_numpy(float)[reached]
    np.add.at(bounds, group[: len(parts)], ends / whole)
    return Reach(
        table,
        alike,
        holds,
        there,
        little,
        place,
        plain.sum(),
        of_all,
        None if np.isnan(ends).any() else bounds,
    )


def all_need(need: gpd.GeoDataFrame, weights: NeedParams) -> Floats:
    """Return the share of all need of a study at each point of table `NEED`; together 1."""
    whole = (need[list(NEED_PARTS)] * weights_of(weights)).sum(axis=1)
    return (whole / max(whole.sum(), 1e-9)).to_numpy(float)


def within_reach(
    stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame, reach_m: float
) -> Bools:
    """Return whether each stop is within reach of each point of need, as (n, p) array.

    An advised place is reached at that place only.
    """
    at, points = (np.asarray(stops.geometry.values), np.asarray(need.geometry.values))
    near = shapely.STRtree(points).query(at, predicate="dwithin", distance=reach_m)
    reaches = np.zeros((len(at), len(points)), dtype=bool)
    reaches[tuple(near)] = True
    reaches[:, need["advised"].to_numpy(float) > 0] &= at_advised(stops, need)
    return reaches


def _reaches(stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame, reach_m: float) -> Bools:
    """Return whether each stop serves each point of need; the depot serves none."""
    reaches = within_reach(stops, need, reach_m)
    reaches[DEPOT] = False
    return reaches


def at_advised(stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame) -> Bools:
    """Return whether each stop is at each advised place of the outline, as (n, a) array."""
    places = np.asarray(need.geometry.values)[need["advised"].to_numpy(float) > 0]
    apart = shapely.distance(
        np.asarray(stops.geometry.values)[:, None], places[None, :]
    )
    return np.asarray(apart <= AT_PLACE_M)


def _refuse(plain: pd.DataFrame) -> None:
    """Raise `NeedError`, which names the parts that lie in reach and have no weight."""
    at_hand = ", ".join(plain.columns[plain.gt(0).any()])
    without = (
        "none is, so a place of status advised, another stop or a greater need.reach_m"
    )
    raise NeedError(
        "all prizes are 0: no part of the need surface has both a weight and points in reach "
        "of a stop. Smallest change: give a weight in [need] to a part that is at hand: "
        f"{at_hand or without}"
    )
