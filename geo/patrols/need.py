"""Where help is most likely needed, as far as it is known, and which stops serve it.

The surface is points with four parts, each scaled to a sum of 1 within the outline of the patrols;
`reach_of` weighs them by ``[need]``.  Every part stays visible, and each may have
weight 0:

- ``observed``: reported sightings and groups that patrols met, each corrected for its own effort;
- ``movement``: expected flow, from a movement model;
- ``far_from_help``: time or distance to the nearest help;
- ``advised``: places that those who know the area named.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geo.arrays import Bools, Floats, Ints
from geo.crs import require_metric
from geo.network.graph import Network, Positions
from geo.network.lixels import lixelize
from geo.network.segments import points_xy
from geo.params import NeedParams
from geo.routing.problem import DEPOT, Cover
from geo.schema import NEED, NEED_PARTS

if (
    TYPE_CHECKING
):  # a planner does not wait for the tests against chance to load
    from geo.chance.nulls import Null

PIECE_M: Final = 500.0
"""Longest stretch of a corridor that one point of need stands for."""
EFFORT_M: Final = 500.0
"""Reporting effort about a hotspot is the mean of the ways within this distance of it."""
LEAST_EFFORT: Final = 0.1
"""Reporting effort counts for no less than this share of the mean: reports are raised at most
tenfold."""
AT_PLACE_M: Final = 50.0
"""A stop within this distance of a place counts as that place."""


class NeedError(ValueError):
    """The need surface cannot be made from what is given."""


def observed(
    sightings: gpd.GeoDataFrame, network: Network, effort: Null | None = None
) -> gpd.GeoDataFrame:
    """Return the part of reported sightings: a point per cell, weighted by its sightings.

    The weight is divided by how likely reports are about the cell: where little is reported, one
    sighting stands for more.  Without `effort` reports are equally likely everywhere.
    """
    require_metric(
        sightings=sightings, network=gpd.GeoSeries([], crs=network.crs)
    )
    xy, count = np.unique(points_xy(sightings), axis=0, return_counts=True)
    weight = count.astype(float)
    if effort is not None:
        weight /= effort_near(xy, network, effort)
    return _part(shapely.points(xy), weight, sightings)


def joined(*parts: tuple[gpd.GeoDataFrame, int]) -> gpd.GeoDataFrame:
    """Return several parts as from `observed`, each by its own effort, as one part of the need.

    The number of its sightings or groups stands beside each, its weight in the whole.
    """
    scaled = [
        part.assign(weight=part["weight"] * (n / part["weight"].sum()))
        for part, n in parts
    ]
    return gpd.GeoDataFrame(pd.concat(scaled, ignore_index=True))


def advised(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of the places whose status is ``advised``: a point each, of equal weight."""
    named = places[places["status"] == "advised"]
    return _part(np.asarray(named.geometry.values), np.ones(len(named)), places)


def along(sections: gpd.GeoDataFrame, per_metre: str) -> gpd.GeoDataFrame:
    """Return the part of a model: a point in the middle of every piece of at most `PIECE_M`.

    The weight is the length times the column `per_metre`, 0 where that is not known:
    ``share_mean`` of table `SECTIONS`, the expected flow, or ``far_min`` of `ACCESS_SECTIONS`.
    Nothing confirms the flow where nobody looked.
    """
    lines = np.asarray(sections.geometry.values)
    piece, owner = shapely.get_parts(
        shapely.segmentize(lines, PIECE_M), return_index=True
    )
    xy, line = shapely.get_coordinates(piece, return_index=True)
    same = line[1:] == line[:-1]
    length_m = np.hypot(*np.diff(xy, axis=0).T)[same]
    middle = shapely.points(((xy[1:] + xy[:-1]) / 2)[same])
    weight = (
        sections[per_metre].fillna(0.0).to_numpy(float)[owner[line[1:][same]]]
        * length_m
    )
    return _part(middle, weight, sections)


def effort_near(
    xy: Floats, network: Network, effort: Null, mean: float | None = None
) -> Floats:
    """Return how likely reports are per metre of way within `EFFORT_M`, over the network's mean.

    It is not less than `LEAST_EFFORT`.  `mean` is the number of the effort's positions per metre of
    the whole network, where network and effort are parts.
    """
    pieces = lixelize(network, EFFORT_M / 20)
    middle = Positions(pieces.edge, pieces.middle_m).points(network)
    near = cKDTree(middle).query_ball_point(xy, EFFORT_M)
    length = np.array([pieces.length_m[some].sum() for some in near])
    reports = cKDTree(effort.xy).query_ball_point(
        xy, EFFORT_M, return_length=True
    )
    mean = len(effort.xy) / network.length_m.sum() if mean is None else mean
    return np.asarray(
        np.maximum(reports / np.maximum(length, EFFORT_M) / mean, LEAST_EFFORT)
    )


def surface(
    parts: Mapping[str, gpd.GeoDataFrame], boundary: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return table `NEED`: the need at points within an outline; each part there adds up to 1.

    `parts` are points with a ``weight``, by the name of the part in `NEED_PARTS`.  A part that is
    absent, or has nothing within the outline, is 0.
    """
    crs = require_metric(boundary=boundary, **parts)
    outline = boundary.geometry.union_all()
    rows = []
    for name, part in parts.items():
        inside = part[part.within(outline) & (part["weight"] > 0)]
        share = inside["weight"] / inside["weight"].sum()
        rows.append(pd.DataFrame({name: share, "geometry": inside.geometry}))
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    found = NEED.geoframe(table, crs=str(crs))
    return found.fillna(dict.fromkeys(NEED_PARTS, 0.0))


def with_observed(
    table: gpd.GeoDataFrame,
    observed: gpd.GeoDataFrame,
    boundary: gpd.GeoDataFrame,
) -> gpd.GeoDataFrame:
    """Return table `NEED` with another part ``observed``, as from `observed` or `joined`."""
    others = table[table["observed"] == 0]
    return gpd.GeoDataFrame(
        pd.concat(
            [surface({"observed": observed}, boundary), others],
            ignore_index=True,
        )
    )


def _part(
    points: object, weight: npt.ArrayLike, layer: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"weight": weight}, geometry=points, crs=layer.crs)


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
    """The share of each part within the outline that any stop reaches."""
    of_all: Floats
    """Share of all need of the study, near a stop or far from all, at each point within ``reach_m``
    of the stops that reach it: what a hotspot's nearest stop serves from farther counts nothing."""

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
            self.little_known
            if unexplored is None
            else self.little_known & unexplored
        )

    def explorations(self, visited: Sequence[int]) -> Ints:
        """Return how many of the stops visited explore each little-known place."""
        times = self.reaches[list(visited)].sum(axis=0, dtype=np.int64)
        return np.where(self.little_known, times[self.place], 0)

    @cached_property
    def by_stop(self) -> pd.DataFrame:
        """The need in reach of each single stop, by part, with their sum ``need``."""
        found = pd.DataFrame(
            self.reaches @ self.parts.to_numpy(float), columns=NEED_PARTS
        )
        return found.assign(need=found.sum(axis=1))

    @cached_property
    def cover_of_all(self) -> Cover:
        """What the points are of all need of the study."""
        return Cover(self.reaches, self.of_all, np.zeros(len(self.reaches)))

    def cover(
        self,
        *,
        remaining: Floats | None = None,
        beside_need: Floats | None = None,
    ) -> Cover:
        """Return what the points and the stops are worth.

        `remaining` is the share of each point's need that earlier shifts have not served,
        `beside_need` the worth of a visit beside need.
        """
        worth = self.need if remaining is None else self.need * remaining
        own = (
            np.zeros(len(self.reaches)) if beside_need is None else beside_need
        )
        return Cover(self.reaches, worth, own)

    def exploring(self, stops: Bools, worth: float) -> Floats:
        """Return what each point adds for being explored.

        The places of `stops` are to be explored; together all stops are worth `worth`.
        """
        each = worth / max(len(self.reaches) - 1, 1)
        places = np.bincount(self.place[stops], minlength=len(self.need))
        return np.asarray(each * places)


def reach_of(
    stops: gpd.GeoDataFrame,
    need: gpd.GeoDataFrame,
    weights: NeedParams,
    dropped: gpd.GeoDataFrame | None = None,
) -> Reach:
    """Return which stops, the depot first, serve which need: all within ``reach_m`` of it.

    A reported hotspot without a stop near it is served by the nearest, however far.  An advised
    place is served at that place only: where to stand is what the advice says.  Each part is scaled
    by what any stop reaches of it, so that a weight is a share of what a plan can do; what only
    `dropped` stops reach is of the whole too, so that shares with and without them compare.

    Raises `NeedError` if no part with a weight lies in reach of a stop.
    """
    require_metric(stops=stops, need=need)
    at = np.asarray(stops.geometry.values)
    there = at_advised(stops, need)
    there[DEPOT] = False
    reaches = _reaches(stops, need, there, weights.reach_m)
    near = within_reach(
        stops.drop(index=stops.index[DEPOT]), need, weights.reach_m
    ).any(axis=0)
    of_all = np.where(near, all_need(need, weights), 0.0)[reaches.any(axis=0)]
    parts = pd.DataFrame(
        need[list(NEED_PARTS)].to_numpy(float)[reaches.any(axis=0)]
    )
    parts.columns = pd.Index(NEED_PARTS)
    reached = parts.sum()
    reaches = reaches[:, reaches.any(axis=0)]
    holds = pd.DataFrame(
        reaches @ (parts.to_numpy(float) > 0), columns=NEED_PARTS
    )
    little = ~(holds["observed"] | holds["advised"]).to_numpy(bool)
    little[DEPOT] = False
    whole = reached
    if dropped is not None and len(dropped):
        all_stops = pd.concat([stops, dropped], ignore_index=True)
        visited = at_advised(all_stops, need)
        visited[DEPOT] = False
        wider = _reaches(all_stops, need, visited, weights.reach_m).any(axis=0)
        held = need[list(NEED_PARTS)].to_numpy(float)[wider]
        whole = pd.Series(held.sum(axis=0), index=parts.columns)
    parts = _weighted(parts, whole, weights)
    explores = (
        shapely.distance(at[:, None], at[None, little]) <= weights.reach_m
    )
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
    of_all = np.bincount(group[: len(parts)], of_all, table.shape[1]).astype(
        float
    )
    return Reach(table, alike, holds, there, little, place, reached, of_all)


def all_need(need: gpd.GeoDataFrame, weights: NeedParams) -> Floats:
    """Return the share of all need of a study at each point of table `NEED`; together 1.

    Each part that is at hand counts by its weight, wherever it lies.
    """
    parts = need[list(NEED_PARTS)].to_numpy(float)
    share = np.array([float(getattr(weights, name)) for name in NEED_PARTS])
    whole = parts @ (share * (parts.sum(axis=0) > 0))
    return np.asarray(whole / max(whole.sum(), 1e-9))


def within_reach(
    stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame, reach_m: float
) -> Bools:
    """Return whether each stop is within reach of each point of need, as (n, p) array.

    An advised place is reached at that place only.
    """
    at, points = (
        np.asarray(stops.geometry.values),
        np.asarray(need.geometry.values),
    )
    near = shapely.STRtree(points).query(
        at, predicate="dwithin", distance=reach_m
    )
    reaches = np.zeros((len(at), len(points)), dtype=bool)
    reaches[tuple(near)] = True
    reaches[:, need["advised"].to_numpy(float) > 0] &= at_advised(stops, need)
    return reaches


def _reaches(
    stops: gpd.GeoDataFrame,
    need: gpd.GeoDataFrame,
    there: Bools,
    reach_m: float,
) -> Bools:
    """Return whether each stop serves each point of need."""
    at, points = (
        np.asarray(stops.geometry.values),
        np.asarray(need.geometry.values),
    )
    reaches = within_reach(stops, need, reach_m)
    reaches[DEPOT] = False
    unreached = np.flatnonzero(
        (need["observed"].to_numpy(float) > 0) & ~reaches.any(axis=0)
    )
    if len(at) > 1 and len(unreached):
        apart = shapely.distance(at[1:, None], points[None, unreached])
        reaches[1 + apart.argmin(axis=0), unreached] = True
    reaches[:, need["advised"].to_numpy(float) > 0] &= there
    return reaches


def at_advised(stops: gpd.GeoDataFrame, need: gpd.GeoDataFrame) -> Bools:
    """Return whether each stop is at each advised place of the outline, as (n, a) array."""
    places = np.asarray(need.geometry.values)[
        need["advised"].to_numpy(float) > 0
    ]
    apart = shapely.distance(
        np.asarray(stops.geometry.values)[:, None], places[None, :]
    )
    return np.asarray(apart <= AT_PLACE_M)


def _weighted(
    parts: pd.DataFrame, whole: pd.Series, weights: NeedParams
) -> pd.DataFrame:
    """Return the parts scaled so that the `whole` of them together is 1."""
    there = parts.sum()
    share = pd.Series(
        {name: float(getattr(weights, name)) for name in NEED_PARTS}
    )
    if not share[there > 0].sum():
        at_hand = ", ".join(there.index[there > 0])
        raise NeedError(
            "all prizes are 0: no part of the need surface has both a weight and points in reach "
            "of a stop. Smallest change: give a weight in [need] to a part that is at hand: "
            f"{at_hand or 'none is, so a greater need.reach_m or another stop'}"
        )
    share = share.where(whole > 0, 0.0)
    return parts * (share / share.sum() / whole.where(whole > 0, 1.0))
