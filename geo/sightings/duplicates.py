"""One group reported twice: pairs of records that agree in place, day and size.

A record allows a disc of positions, a span of days and a span of group sizes.  A pair's score is
how often values drawn evenly from both records could be those of one group: positions within
walking reach, days at most one day apart, sizes that differ by one person or a tenth.  Vague
records score low, because they agree with everything.

Only neighbours in space and time are compared, block by block; days and sizes first, because
positions take longer.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components
from scipy.spatial import cKDTree

from geo.arrays import Floats, Ints
from geo.crs import require_metric
from layers.schema import DUPLICATES

Choice = Literal["keep", "merge"]

DAY_TOLERANCE: Final = 1
SIZE_TOLERANCE: Final = 0.1
REACH_M: Final = 500.0
"""How far a group may have gone between two reports."""
LEAST: Final = 0.3
"""Lowest score that is listed."""
MOST_PAIRS: Final = 100_000
"""The most pairs that are listed, the best ones; the others are counted."""
_POINTS: Final = 256
_QUADRATURE: Final = 0.01
"""More than the error of a share of positions by `_POINTS` points."""
_BLOCK: Final = 1_000_000
"""Pairs that are held at once while neighbours are compared."""
_BOX: Final = 1 + 1e-9
"""Half-side of the box of neighbours, in units of itself: no neighbour is lost by rounding."""
_LENSES: Final = 4096
"""Pairs whose positions are compared at once, each at `_POINTS` points."""


@dataclass(frozen=True)
class Pairs:
    """Pairs of records that may report one group."""

    table: pd.DataFrame
    """Table `DUPLICATES` without a ``choice``, best agreement first."""
    found: int
    """How many pairs there are; more than are listed where they exceed `MOST_PAIRS`."""


def probable_duplicates(sightings: gpd.GeoDataFrame) -> Pairs:
    """Find the pairs of records, table `RECORDS` in metres, that may report one group.

    These are the `MOST_PAIRS` best that score at least `LEAST`, and those that a record marks by
    ``relates_to``.  A record without a day may be of any day of the file, so it scores low where
    the file has many days.  A record without a size agrees with every size.  Raises
    `geo.crs.CRSError` if the CRS is not in metres.
    """
    require_metric(sightings=sightings)
    frame = sightings.reset_index(drop=True)
    facts = _Facts.of(frame)
    marked = _marked(frame)
    own = facts.scored(marked[:, 0], marked[:, 1], 0.0).assign(marked=True)
    best, found = [own.iloc[:0]], len(own)
    for i, j in _candidates(facts):
        new = ~np.isin(i * len(frame) + j, marked[:, 0] * len(frame) + marked[:, 1])
        rows = facts.scored(i[new], j[new], LEAST).assign(marked=False)
        found += len(rows)
        best.append(rows)
        if sum(map(len, best)) > 2 * MOST_PAIRS:
            best = [_ranked(pd.concat(best)).head(MOST_PAIRS)]
    listed = _ranked(pd.concat(best)).head(MOST_PAIRS)
    rows = _ranked(pd.concat([own, listed])).reset_index(drop=True)
    ids = frame["id"].to_numpy()
    return Pairs(DUPLICATES.frame(rows.assign(first=ids[rows["a"]], second=ids[rows["b"]])), found)


def resolve(
    sightings: gpd.GeoDataFrame, pairs: pd.DataFrame, choice: Choice
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Keep or merge probable duplicates, and note the choice for the manifest.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `RECORDS`, any CRS
    pairs : pandas.DataFrame, table `DUPLICATES`
        The pairs that the choice is for.
    choice : {"keep", "merge"}
        ``merge`` leaves of all records that pairs tie together the one that the pairs put first:
        a sighting before an interview, then the smaller uncertainty, then the earlier row.

    Returns
    -------
    (geopandas.GeoDataFrame, pandas.DataFrame)
        The records that stay, on the caller's index, and the pairs with their ``choice``.
    """
    noted = DUPLICATES.frame(pairs.assign(choice=choice))
    if choice == "keep" or pairs.empty:
        return sightings, noted
    position = pd.Series(np.arange(len(sightings)), index=sightings["id"])
    ends = (position.loc[pairs["first"]].to_numpy(), position.loc[pairs["second"]].to_numpy())
    ties = coo_array((np.ones(len(pairs)), ends), shape=(len(sightings),) * 2)
    _, group = connected_components(ties, directed=False)
    best = pd.Series(_rank(sightings)).groupby(group).transform("min").to_numpy()
    return sightings[_rank(sightings) == best], noted


@dataclass(frozen=True)
class _Facts:
    """What the records say of place, days and size, as arrays over the records."""

    xy: Floats
    radius: Floats
    day: tuple[Floats, Floats]
    size: tuple[Floats, Floats]
    rank: Ints

    @classmethod
    def of(cls, frame: gpd.GeoDataFrame) -> _Facts:
        days = frame[["date_from", "date_to"]].apply(lambda day: (day - pd.Timestamp(0)).dt.days)
        first, last = _bounds(days["date_from"], days["date_to"])
        dated = ~np.isnan(first)
        earliest, latest = (first[dated].min(), last[dated].max()) if dated.any() else (0.0, 0.0)
        return cls(
            xy=shapely.get_coordinates(frame.geometry.values),
            radius=frame["uncertainty_m"].to_numpy(dtype="float64"),
            day=(np.where(dated, first, earliest), np.where(dated, last, latest)),
            size=_bounds(frame["group_min"], frame["group_max"]),
            rank=_rank(frame),
        )

    def scored(self, i: Ints, j: Ints, least: float) -> pd.DataFrame:
        """Return the pairs that score at least so much, with the parts of their score."""
        time = span_share(*self.day, i, j, np.full(len(i), float(DAY_TOLERANCE)))
        high = np.nan_to_num(self.size[1])
        apart = np.maximum(1.0, np.floor(SIZE_TOLERANCE * np.minimum(high[i], high[j])))
        size = span_share(*self.size, i, j, apart)
        # Positions take longer: they are compared where days and sizes leave the pair a chance.
        kept = time * size >= least
        i, j, time, size = i[kept], j[kept], time[kept], size[kept]
        swap = self.rank[i] > self.rank[j]
        a, b = np.where(swap, j, i), np.where(swap, i, j)
        space = space_share(self.xy, self.radius, a, b)
        rows = pd.DataFrame({"i": i, "j": j, "a": a, "b": b, "score": space * time * size})
        distance_m = np.hypot(*(self.xy[a] - self.xy[b]).T)
        rows = rows.assign(space=space, time=time, size=size, distance_m=distance_m)
        return rows[rows["score"] >= least]


def _ranked(rows: pd.DataFrame) -> pd.DataFrame:
    return rows.sort_values(["score", "i", "j"], ascending=[False, True, True])


def space_share(xy: Floats, radius: Floats, a: Ints, b: Ints) -> Floats:
    """Return the share of positions, even on both discs, that lie within reach of each other.

    Points on a sunflower spiral stand for the first disc, `a`; for each the share of the second,
    `b`, within reach is a lens, in closed form.
    """
    step, golden = np.arange(_POINTS), np.pi * (3 - np.sqrt(5))
    spiral = np.sqrt((step + 0.5) / _POINTS) * np.exp(1j * golden * step)
    offset = (xy[b] - xy[a]) @ np.array([1, 1j])
    share = np.ones(len(a))
    # Discs that lie within reach of each other as a whole need no lens.
    (open_,) = np.nonzero(np.abs(offset) + radius[a] + radius[b] > REACH_M)
    for start in range(0, len(open_), _LENSES):
        k = open_[start : start + _LENSES]
        distance = np.abs(offset[k, None] - radius[a[k], None] * spiral)
        share[k] = _lens_share(distance, radius[b[k], None]).mean(axis=1)
    return share


def span_share(low: Floats, high: Floats, a: Ints, b: Ints, apart: Floats) -> Floats:
    """Return the share of pairs of whole numbers, one of each span, at most that far apart.

    Of spans of m and n numbers, those whose difference is at most c are the points (u, v) of
    an m by n rectangle with u + v at most some s, which is a triangle less its three corners.
    A span of NaN agrees with everything.
    """
    m, n = high[a] - low[a] + 1, high[b] - low[b] + 1

    def at_most(difference: Floats) -> Floats:
        s = difference + high[b] - low[a]
        return _triangle(s) - _triangle(s - m) - _triangle(s - n) + _triangle(s - m - n)

    share = (at_most(apart) - at_most(-apart - 1)) / (m * n)
    return np.where(np.isnan(share), 1.0, share)


def _triangle(s: Floats) -> Floats:
    """Return how many pairs of whole numbers from 0 have a sum of at most `s`."""
    return np.where(s < 0, 0.0 * s, (s + 1) * (s + 2) / 2)


def _candidates(facts: _Facts) -> Iterator[tuple[Ints, Ints]]:
    """Yield blocks of pairs ``i < j``, each pair once, with all that can score `LEAST`.

    A circle of reach covers at most (reach / r)^2 of a disc of radius r, and of a span of n days at
    most 2 t + 1 lie within t days of another day: vaguer records are in no such pair.
    """
    (low, high), radius, least = facts.day, facts.radius, LEAST - _QUADRATURE
    longest = (2 * DAY_TOLERANCE + 1) / least
    (known,) = np.nonzero((radius <= REACH_M / np.sqrt(least)) & (high - low + 1 <= longest))
    widest = radius[known].max(initial=0.0)
    box_m = REACH_M + 2 * widest
    box_days = DAY_TOLERANCE + (high - low)[known].max(initial=0.0)
    scaled = np.column_stack([facts.xy[known] / box_m, (low + high)[known] / 2 / box_days])
    for i, j in _within_box(scaled):
        a, b = known[i], known[j]
        away = np.hypot(*(facts.xy[a] - facts.xy[b]).T)
        near = away <= REACH_M + radius[a] + radius[b]
        yield np.minimum(a, b)[near], np.maximum(a, b)[near]


def _within_box(points: Floats) -> Iterator[tuple[Ints, Ints]]:
    """Yield blocks of pairs of points, each pair once, at most 1 apart by axis."""
    tree = cKDTree(points)
    order = tree.indices
    blocks = [order[start : start + 4096] for start in range(0, len(order), 4096)]
    while blocks:
        block = blocks.pop()
        part = cKDTree(points[block])
        if len(block) > 1 and part.count_neighbors(tree, _BOX, p=np.inf) > _BLOCK:
            blocks += [block[: len(block) // 2], block[len(block) // 2 :]]
            continue
        found = part.sparse_distance_matrix(tree, _BOX, p=np.inf, output_type="ndarray")
        i, j = block[found["i"]].astype(np.int64), found["j"].astype(np.int64)
        yield i[i < j], j[i < j]


def _lens_share(distance: Floats, radius: Floats) -> Floats:
    """Return the share of a disc of `radius` that lies within reach of a point."""
    reach, r = REACH_M, np.maximum(radius, 1e-6)
    d = np.maximum(distance, 1e-9)
    to_point = np.arccos(np.clip((d**2 + reach**2 - r**2) / (2 * d * reach), -1, 1))
    to_centre = np.arccos(np.clip((d**2 + r**2 - reach**2) / (2 * d * r), -1, 1))
    area = reach**2 * (to_point - np.sin(2 * to_point) / 2)
    area += r**2 * (to_centre - np.sin(2 * to_centre) / 2)
    return np.asarray(np.clip(area / (np.pi * r**2), 0, 1))


def _marked(frame: gpd.GeoDataFrame) -> Ints:
    """Return the pairs ``i < j`` of rows of which one names the other by ``relates_to``."""
    position = {name: i for i, name in enumerate(frame["id"])}
    pairs = ((i, position.get(name)) for i, name in enumerate(frame["relates_to"]))
    marked = {(min(i, j), max(i, j)) for i, j in pairs if j is not None and j != i}
    return np.array(sorted(marked), dtype=np.int64).reshape(-1, 2)


def _rank(frame: gpd.GeoDataFrame) -> Ints:
    """Return each row's place in the order in which records are preferred."""
    order = np.lexsort((frame["uncertainty_m"], (frame["kind"] != "sighting").to_numpy()))
    rank = np.empty(len(frame), dtype=np.int64)
    rank[order] = np.arange(len(frame))
    return rank


def _bounds(low: pd.Series, high: pd.Series) -> tuple[Floats, Floats]:
    """Return both bounds as numbers; where one is missing the other stands for both."""
    both = low.fillna(high), high.fillna(low)
    first, last = (bound.to_numpy(dtype="float64", na_value=np.nan) for bound in both)
    return first, last
