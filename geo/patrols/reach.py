"""Which stops serve which need."""

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
from geo.patrols.need import NeedError
from geo.routing.covering import Cover
from geo.routing.problem import DEPOT
from layers.schema import NEED_PARTS

AT_PLACE_M: Final = 50.0
"""A stop so near to a place is that place."""


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
    """(n,): stops without reports and without advice in reach, places to be explored."""
    place: Ints
    """(n,): the point that stands for the place of each little-known stop; a visit to a stop near
    it explores the place as well."""
    reached: pd.Series
    """Of each part, the share within the outline that any stop reaches."""

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

    def explorations(self, visited: Sequence[int]) -> Ints:
        """Return how many of the stops visited explore each little-known place."""
        times = self.reaches[list(visited)].sum(axis=0, dtype=np.int64)
        return np.where(self.little_known, times[self.place], 0)

    @cached_property
    def by_stop(self) -> pd.DataFrame:
        """The need in reach of each single stop, by part, with their sum ``need``."""
        found = pd.DataFrame(self.reaches @ self.parts.to_numpy(float), columns=NEED_PARTS)
        return found.assign(need=found.sum(axis=1))

    def cover(
        self, *, remaining: Floats | None = None, beside_need: Floats | None = None,
        unexplored: Bools | None = None, price: float = 0.0,
    ) -> Cover:  # fmt: skip
        """Return what the points are worth to one shift.

        `remaining` is the share of each point's need that earlier shifts have not served,
        `beside_need` the worth of a visit beside need.  `unexplored` marks the little-known stops
        still to be explored, all by default; `price` is what exploring one is worth, in stops of
        the need that is left on average.
        """
        worth = self.need if remaining is None else self.need * remaining
        stops = self.little_known & (True if unexplored is None else unexplored)
        each = price * worth.sum() / max(len(self.reaches) - 1, 1)
        worth = worth + each * np.bincount(self.place[stops], minlength=len(worth))
        own = np.zeros(len(self.reaches)) if beside_need is None else beside_need
        return Cover(self.reaches, worth, own)


def reach_of(stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame, weights: NeedParams) -> Reach:
    """Return which stops, the depot first, serve which need: all within ``reach_m`` of it.

    A reported hotspot without a stop near it is served by the nearest, however far.  An advised
    place is served at that place only: where to stand is what the advice says.  Each part is scaled
    by what any stop reaches of it, so that a weight is a share of what a plan can do.

    Raises `NeedError` if no part with a weight lies in reach of a stop.
    """
    require_metric(stops=stops, need=need)
    at = np.asarray(stops.geometry.values)
    there = at_advised(stops, need)
    there[DEPOT] = False
    reaches = _reaches(stops, need, there, weights.reach_m)
    parts = pd.DataFrame(need[list(NEED_PARTS)].to_numpy(float)[reaches.any(axis=0)])
    parts.columns = pd.Index(NEED_PARTS)
    reached = parts.sum()
    reaches = reaches[:, reaches.any(axis=0)]
    holds = pd.DataFrame(reaches @ (parts.to_numpy(float) > 0), columns=NEED_PARTS)
    little = ~(holds["observed"] | holds["advised"]).to_numpy(bool)
    little[DEPOT] = False
    parts = _weighted(parts, weights)
    explores = shapely.distance(at[:, None], at[None, little]) <= weights.reach_m
    explores[DEPOT] = False
    table, group = np.unique(np.hstack([reaches, explores]), axis=1, return_inverse=True)
    group = group.ravel()
    place = np.zeros(len(stops), dtype=np.int64)
    place[little] = group[len(parts) :]
    alike = parts.groupby(group[: len(parts)]).sum().reindex(range(table.shape[1]), fill_value=0.0)
    return Reach(table, alike, holds, there, little, place, reached)


def _reaches(
    stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame, there: Bools, reach_m: float
) -> Bools:
    """Return whether each stop serves each point of need."""
    at, points = np.asarray(stops.geometry.values), np.asarray(need.geometry.values)
    near = shapely.STRtree(points).query(at, predicate="dwithin", distance=reach_m)
    reaches = np.zeros((len(at), len(points)), dtype=bool)
    reaches[tuple(near)] = True
    reaches[DEPOT] = False
    unreached = np.flatnonzero((need["observed"].to_numpy(float) > 0) & ~reaches.any(axis=0))
    if len(at) > 1 and len(unreached):
        apart = shapely.distance(at[1:, None], points[None, unreached])
        reaches[1 + apart.argmin(axis=0), unreached] = True
    reaches[:, need["advised"].to_numpy(float) > 0] &= there
    return reaches


def at_advised(stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame) -> Bools:
    """Return whether each stop is at each advised place of the outline, as (n, a) array."""
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
