"""One group reported twice: pairs of records that agree in place, day and size.

Pairs are listed with a score.  Whether the two are kept or merged is the user's choice.
"""

from collections.abc import Iterator
from typing import Final, Literal

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.spatial import cKDTree

from geo.arrays import Floats, Ints
from geo.crs import require_metric
from geo.schema import DUPLICATES

Choice = Literal["keep", "merge"]

REACH_M: Final = 500.0
"""How far a group may have gone between two reports."""
DAYS: Final = 1
"""Days that may lie between them."""
VAGUE_M: Final = 1000.0
VAGUE_DAYS: Final = 3
"""A record that is known less well than these agrees with everything: it is in no pair."""
MOST: Final = 100_000
"""Where there are more pairs than these, the rest are not looked for."""
SURE: Final = 0.3
"""The lowest score of a pair that is merged, unless one record names the other."""
_BLOCK: Final = 200
"""Records that are compared with their neighbours at once."""


def probable_duplicates(records: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the pairs of records that may report one group, table `DUPLICATES`.

    `records`, table `RECORDS`, are in a projected CRS in metres.  The two lie within `REACH_M` and
    both uncertainties, at most a day apart, and their sizes, where both are known, differ by one
    person or a tenth at most; or one names the other by ``relates_to``.  The best score comes
    first: 1 for exact records that say the same, lower the further apart and the vaguer they are.

    Parameters
    ----------
    records : geopandas.GeoDataFrame, table `RECORDS`, projected CRS in metres

    Returns
    -------
    pandas.DataFrame, table `DUPLICATES`

    Raises `geo.crs.CRSError` if the CRS is not in metres.
    """
    require_metric(records=records)
    dated = _dated(records)
    marked = _marked(dated)
    pairs = [marked]
    for first, second in _near(dated):
        pairs.append(_agreeing(dated, first, second))
        if sum(map(len, pairs[1:])) >= MOST:
            break
    first, second = np.unique(np.concatenate(pairs), axis=0).T
    a = dated.take(first).reset_index(drop=True)
    b = dated.take(second).reset_index(drop=True)
    keys = pd.MultiIndex.from_arrays([first, second])
    table = pd.DataFrame(
        {
            "first": a["id"],
            "second": b["id"],
            "score": _score(a, b),
            "distance_m": a.geometry.distance(b.geometry),
            "marked": keys.isin(list(map(tuple, marked))),
        }
    )
    table = table.sort_values("score", ascending=False, kind="stable")
    return DUPLICATES.frame(table.reset_index(drop=True))


def _dated(records: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return records by their ``first_day``, with ``last_day``, and ``low`` and ``high`` sizes.

    Where one of two bounds is missing, the other stands for both.
    """
    first = records["date_from"].fillna(records["date_to"])
    last = records["date_to"].fillna(records["date_from"])
    low = records["group_min"].fillna(records["group_max"])
    high = records["group_max"].fillna(records["group_min"])
    dated = records.assign(
        low=low.astype("Float64").astype(float),
        high=high.astype("Float64").astype(float),
        first_day=(first - pd.Timestamp(0)).dt.days,
        last_day=(last - pd.Timestamp(0)).dt.days,
    )
    return dated.sort_values("first_day", kind="stable", ignore_index=True)


def _marked(dated: gpd.GeoDataFrame) -> Ints:
    """Return the pairs of which one record names the other, (n, 2), the lower row first."""
    row = pd.Series(dated.index, index=dated["id"])
    names = dated["relates_to"].dropna()
    names = names[names.isin(row.index) & (names != dated["id"].loc[names.index])]
    pairs = np.column_stack([names.index, row.reindex(names)])
    return np.sort(pairs.astype(int), axis=1)


def resolve(
    records: gpd.GeoDataFrame, pairs: pd.DataFrame, choice: Choice
) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Keep or merge probable duplicates.

    Parameters
    ----------
    records : geopandas.GeoDataFrame, table `RECORDS`, any CRS
    pairs : pandas.DataFrame, table `DUPLICATES`
        The pairs of `probable_duplicates`.
    choice : {"keep", "merge"}
        ``merge`` takes pairs that score `SURE` at least, and those of which one record names the
        other.  The better record of such a pair stays: a sighting before an interview, then the
        smaller uncertainty, then the earlier row.  A record is left out only where it pairs with
        one that stays, so that reports of one place, day after day, do not all become one.

    Returns
    -------
    (geopandas.GeoDataFrame, pandas.DataFrame)
        The records that stay, on the caller's index, and the pairs with their ``outcome``.
    """
    is_sure = pairs["marked"] | (pairs["score"] >= SURE)
    merged = is_sure & (choice == "merge")
    noted = DUPLICATES.frame(pairs.assign(outcome=np.where(merged, "merged", "kept")))
    into = _merged_into(records, noted[merged])
    if not into:
        return records, noted
    named = records["relates_to"]
    relates = named.map(into).astype("string").fillna(named)
    relates = relates.mask(relates == records["id"])
    stay = ~records["id"].isin(list(into))
    return records.assign(relates_to=relates)[stay], noted


def _merged_into(records: gpd.GeoDataFrame, pairs: pd.DataFrame) -> dict[str, str]:
    """Return the id of the record that stays, by that of each which is merged into it."""
    is_other = records["kind"] != "sighting"
    order = np.lexsort((records["uncertainty_m"], is_other))
    ids = records["id"].iloc[order].tolist()
    rank = {id_: number for number, id_ in enumerate(ids)}
    ranks = [
        sorted((rank[first], rank[second]))
        for first, second in pairs[["first", "second"]].to_numpy()
    ]
    into: dict[str, str] = {}
    for better, worse in sorted(ranks):
        if ids[better] not in into:
            into.setdefault(ids[worse], ids[better])
    return into


def _score(a: gpd.GeoDataFrame, b: gpd.GeoDataFrame) -> Floats:
    """Return the product of a part for place, for days and for sizes, 0 to 1 each.

    Reach by itself with distance and uncertainties; 1 by all days that the two span; the smallest
    by the largest possible size.  Unknown days give 0, an unknown size a half.
    """
    distance_m = a.geometry.distance(b.geometry)
    place = REACH_M / (REACH_M + distance_m + a["uncertainty_m"] + b["uncertainty_m"])
    days = (
        1
        + np.maximum(a["last_day"], b["last_day"])
        - np.minimum(a["first_day"], b["first_day"])
    )
    size = np.minimum(a["low"], b["low"]) / np.maximum(a["high"], b["high"])
    return np.asarray(np.nan_to_num(place / days) * np.nan_to_num(size, nan=0.5))


def _near(dated: gpd.GeoDataFrame) -> Iterator[tuple[Ints, Ints]]:
    """Yield blocks of pairs of rows that are near in space and time, of those known well."""
    is_short = dated["last_day"] - dated["first_day"] < VAGUE_DAYS
    dated = dated[is_short & (dated["uncertainty_m"] <= VAGUE_M)]
    xy, rows = dated.get_coordinates().to_numpy(), dated.index.to_numpy()
    day = dated["first_day"].to_numpy()
    for start in range(0, len(day), _BLOCK):
        block = slice(start, start + _BLOCK)
        until = np.searchsorted(day, day[block][-1] + VAGUE_DAYS + DAYS)
        distances = cKDTree(xy[block]).sparse_distance_matrix(
            cKDTree(xy[start:until]), REACH_M + 2 * VAGUE_M, output_type="ndarray"
        )
        i, j = start + distances["i"], start + distances["j"]
        yield rows[i[i < j]], rows[j[i < j]]


def _agreeing(dated: gpd.GeoDataFrame, i: Ints, j: Ints) -> Ints:
    """Return the pairs whose place, days and sizes agree, (n, 2)."""
    a, b = (dated.take(i).reset_index(drop=True), dated.take(j).reset_index(drop=True))
    reach_m = REACH_M + a["uncertainty_m"] + b["uncertainty_m"]
    most = np.maximum(1, np.floor(np.fmin(a["high"], b["high"]) / 10))
    agrees = a.geometry.distance(b.geometry) <= reach_m
    agrees &= b["first_day"] - a["last_day"] <= DAYS
    agrees &= ~(a["low"] - b["high"] > most)
    agrees &= ~(b["low"] - a["high"] > most)
    return np.sort(np.column_stack([i, j])[agrees], axis=1)
