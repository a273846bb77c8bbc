"""When patrols come by a place: at a stop there, or on the drive past it."""

from __future__ import annotations

from itertools import pairwise
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_metric

PASS_M: Final = 300.0
"""A drive that comes this near to a place passes it."""

REACHED: Final = "reached"
PASSED: Final = "passed"

COLUMNS: Final = ("night", "shift", "vehicle", "place", "how", "at_s")
_WHO: Final = ["night", "shift", "vehicle"]


def visits(
    stops: gpd.GeoDataFrame,
    legs: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    stop_at: pd.Series,
    *,
    pass_m: float = PASS_M,
) -> pd.DataFrame:
    """Return when each patrol first comes by each place, and when it first stops there.

    A stop at a place reaches it, at the arrival.  A drive passes a place where it comes within
    `pass_m` of it: the time is that of the point of the drive nearest to the place, interpolated
    by the share of the drive's length up to it.  So it holds where the speed is even; on a drive
    through a town and open country it may be minutes off.  A drive to or from a stop at the place
    does not pass it.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame, table `STOPS`, a CRS in metres
    legs : geopandas.GeoDataFrame, table `LEGS`, the same CRS
    places : geopandas.GeoDataFrame of Point, the same CRS
        ``id`` and the point.
    stop_at : pandas.Series of str
        On the index of `stops`: the id of the place that each stop is at; null for none.
    pass_m : float, m

    Returns
    -------
    pandas.DataFrame
        `COLUMNS`; ``how`` is `REACHED` or `PASSED`, ``at_s`` counts as in table `STOPS`.  For each
        patrol and place at most two rows: the first stop, and a pass that is earlier.  Patrols in
        the order of `stops`, each by time.

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, not in metres, or differs between the three.
    """
    require_metric(stops=stops, legs=legs, places=places)
    rows = stops.assign(at=stop_at.reindex(stops.index).astype(object))
    drives = dict(iter(legs.groupby(_WHO, sort=False)))
    found = [
        (*who, *visit)
        for who, mine in rows.groupby(_WHO, sort=False)
        for visit in _of_patrol(mine, drives.get(who, legs.iloc[:0]), places, pass_m)
    ]
    return pd.DataFrame(found, columns=list(COLUMNS))


def _of_patrol(
    rows: pd.DataFrame, legs: pd.DataFrame, places: gpd.GeoDataFrame, pass_m: float
) -> list[tuple[str, str, int]]:
    """Return place, how and when of one patrol, by time."""
    # The break at a stop has the order of the stop: the crew drives on at its end.
    by_order = rows.groupby("order", sort=True)
    arrival, leave = by_order["arrival_s"].min(), by_order["departure_s"].max()
    at = [None if pd.isna(place) else str(place) for place in by_order["at"].first()]
    times = list(zip(arrival.index.tolist(), arrival.tolist(), leave.tolist(), at, strict=True))
    lines = dict(zip(legs["order"].tolist(), legs["geometry"], strict=True))
    reached: dict[str, int] = {}
    passed: dict[str, int] = {}
    for _, arrives, _, place in times:
        if place is not None:
            reached.setdefault(place, arrives)
    for (_, _, leaves, before), (order, arrives, _, after) in pairwise(times):
        for place, share in _near(lines[order], places, pass_m) if order in lines else ():
            if place not in (before, after):
                passed.setdefault(place, int(leaves + share * (arrives - leaves)))
    found = [(place, REACHED, time) for place, time in reached.items()]
    found += [
        (place, PASSED, time)
        for place, time in passed.items()
        if place not in reached or time < reached[place]
    ]
    return sorted(found, key=lambda visit: visit[2])


def _near(
    line: shapely.LineString, places: gpd.GeoDataFrame, pass_m: float
) -> list[tuple[str, float]]:
    """Return the places near a drive, each with the share of its length up to them."""
    points = places.geometry.to_numpy()
    near = np.flatnonzero(shapely.distance(line, points) <= pass_m)
    if not len(near) or not line.length:
        return []
    shares = shapely.line_locate_point(line, points[near], normalized=True)
    return list(zip(places["id"].iloc[near], shares.tolist(), strict=True))


def place_at(stops: gpd.GeoDataFrame, places: gpd.GeoDataFrame, within_m: float) -> pd.Series:
    """Return the id of the place that each stop is at: the nearest within `within_m`, or null.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame of Point, a CRS in metres
    places : geopandas.GeoDataFrame of Point, the same CRS
        ``id`` and the point.
    within_m : float, m

    Returns
    -------
    pandas.Series of str
        On the index of `stops`.

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, not in metres, or differs between the two.
    """
    require_metric(stops=stops, places=places)
    row, nearest = places.sindex.nearest(stops.geometry, return_all=False, max_distance=within_m)
    found = pd.Series(None, index=stops.index, dtype=object)
    found.iloc[row] = places["id"].to_numpy(object)[nearest]
    return found
