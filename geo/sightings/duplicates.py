"""One group reported twice: pairs of records that agree in place, day and size.

Each record stands for a range of facts: a disc of positions, a span of days, a span of group
sizes.  A pair's score is the share of those facts, each drawn evenly and apart, that one and the
same group could have: positions within walking reach, days at most one day apart, sizes that
differ by one person or a tenth.  Vague records score low, for they agree with everything.
"""

from __future__ import annotations

from typing import Final, Literal

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from geo.crs import require_metric
from layers.schema import DUPLICATES

Floats = npt.NDArray[np.float64]
Ints = npt.NDArray[np.int64]
Choice = Literal["keep", "merge"]

DAY_TOLERANCE: Final = 1
SIZE_TOLERANCE: Final = 0.1
_POINTS: Final = 256
_GOLDEN: Final = np.pi * (3 - np.sqrt(5))


def probable_duplicates(
    sightings: gpd.GeoDataFrame, *, reach_m: float = 500.0, least: float = 0.3
) -> pd.DataFrame:
    """List the pairs of records that may report one group, best agreement first.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `RECORDS`, in metres
    reach_m : float, metres
        How far a group may have gone between two reports.
    least : float
        Lowest score that is listed.  Pairs that a record marks by ``relates_to`` always are.

    Returns
    -------
    pandas.DataFrame
        Table `DUPLICATES` without a ``choice``.  What a record does not state, its day or its
        size, does not speak against a pair: that share is 1.

    Raises
    ------
    geo.crs.CRSError
        If the CRS is not in metres.
    """
    require_metric(sightings=sightings)
    frame = sightings.reset_index(drop=True)
    marked = _marked(frame)
    pairs = np.array(sorted({*_within_reach(frame, reach_m), *marked}), dtype=np.int64)
    a, b = _better_first(frame, pairs.reshape(-1, 2))
    parts = {
        "space": space_share(frame, a, b, reach_m),
        "time": _span_share(*_days(frame), a, b, np.full(len(a), DAY_TOLERANCE)),
        "size": _size_share(frame, a, b),
    }
    rows = pd.DataFrame(
        {
            "first": frame["id"].to_numpy()[a],
            "second": frame["id"].to_numpy()[b],
            "score": parts["space"] * parts["time"] * parts["size"],
            **parts,
            "distance_m": shapely.distance(frame.geometry.values[a], frame.geometry.values[b]),
            "marked": [(min(i, j), max(i, j)) in marked for i, j in zip(a, b, strict=True)],
        }
    )
    listed = rows[(rows["score"] >= least) | rows["marked"]]
    ranked = listed.sort_values("score", ascending=False, kind="stable")
    return DUPLICATES.frame(ranked.reset_index(drop=True))


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


def space_share(frame: gpd.GeoDataFrame, a: Ints, b: Ints, reach_m: float) -> Floats:
    """Return the share of positions, even on both discs, that lie within reach of each other.

    The first disc is represented by 256 points on a sunflower spiral; for each the share of the
    second disc within reach is a lens, in closed form.
    """
    xy = shapely.get_coordinates(frame.geometry.values)
    radius = frame["uncertainty_m"].to_numpy(dtype="float64")
    step = np.arange(_POINTS)
    spiral = np.sqrt((step + 0.5) / _POINTS) * np.exp(1j * _GOLDEN * step)
    offset = (xy[b] - xy[a]) @ np.array([1, 1j])
    distance = np.abs(offset[:, None] - radius[a][:, None] * spiral)
    return np.asarray(_lens_share(distance, radius[b][:, None], reach_m).mean(axis=1))


def _lens_share(distance: Floats, radius: Floats, reach: float) -> Floats:
    """Return the share of a disc of `radius` that lies within `reach` of a point."""
    r = np.maximum(radius, 1e-6)
    d = np.maximum(distance, 1e-9)
    to_point = np.arccos(np.clip((d**2 + reach**2 - r**2) / (2 * d * reach), -1, 1))
    to_centre = np.arccos(np.clip((d**2 + r**2 - reach**2) / (2 * d * r), -1, 1))
    area = reach**2 * (to_point - np.sin(2 * to_point) / 2) + r**2 * (
        to_centre - np.sin(2 * to_centre) / 2
    )
    return np.asarray(np.clip(area / (np.pi * r**2), 0, 1))


def _within_reach(frame: gpd.GeoDataFrame, reach_m: float) -> set[tuple[int, int]]:
    points = frame.geometry.values
    radius = frame["uncertainty_m"].to_numpy(dtype="float64")
    widest = radius.max(initial=0.0)
    i, j = shapely.STRtree(points).query(
        points, predicate="dwithin", distance=radius + widest + reach_m
    )
    near = shapely.distance(points[i], points[j]) <= radius[i] + radius[j] + reach_m
    return {(int(a), int(b)) for a, b in zip(i[near], j[near], strict=True) if a < b}


def _marked(frame: gpd.GeoDataFrame) -> set[tuple[int, int]]:
    position = {name: i for i, name in enumerate(frame["id"])}
    pairs = ((i, position.get(name)) for i, name in enumerate(frame["relates_to"]))
    return {(min(i, j), max(i, j)) for i, j in pairs if j is not None and j != i}


def _rank(frame: gpd.GeoDataFrame) -> Ints:
    """Return each row's place in the order in which records are preferred."""
    order = np.lexsort(
        (np.arange(len(frame)), frame["uncertainty_m"], (frame["kind"] != "sighting").to_numpy())
    )
    rank = np.empty(len(frame), dtype=np.int64)
    rank[order] = np.arange(len(frame))
    return rank


def _better_first(frame: gpd.GeoDataFrame, pairs: Ints) -> tuple[Ints, Ints]:
    rank = _rank(frame)
    swap = rank[pairs[:, 0]] > rank[pairs[:, 1]]
    return np.where(swap, pairs[:, 1], pairs[:, 0]), np.where(swap, pairs[:, 0], pairs[:, 1])


def _bounds(low: pd.Series, high: pd.Series) -> tuple[Floats, Floats]:
    """Return both bounds as numbers; where one is missing the other stands for both."""
    return (
        low.fillna(high).to_numpy(dtype="float64", na_value=np.nan),
        high.fillna(low).to_numpy(dtype="float64", na_value=np.nan),
    )


def _days(frame: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    days = [
        (frame[name].dt.normalize() - pd.Timestamp(0)).dt.days for name in ("date_from", "date_to")
    ]
    return _bounds(*days)


def _size_share(frame: gpd.GeoDataFrame, a: Ints, b: Ints) -> Floats:
    low, high = _bounds(frame["group_min"], frame["group_max"])
    tenth = np.floor(SIZE_TOLERANCE * np.nan_to_num(np.minimum(high[a], high[b])))
    return _span_share(low, high, a, b, np.maximum(1, tenth))


def _span_share(low: Floats, high: Floats, a: Ints, b: Ints, apart: Floats) -> Floats:
    """Return the share of pairs of whole numbers, one of each span, at most so far apart."""
    shares = np.ones(len(a))
    for k, (i, j, most) in enumerate(zip(a, b, apart, strict=True)):
        if np.isnan(low[i]) or np.isnan(low[j]):
            continue
        here = np.arange(low[i], high[i] + 1)
        first = np.maximum(here - most, low[j])
        last = np.minimum(here + most, high[j])
        agreeing = np.maximum(last - first + 1, 0).sum()
        shares[k] = agreeing / (len(here) * (high[j] - low[j] + 1))
    return shares
