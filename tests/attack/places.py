"""Positions that a folder holds, and what two folders tell by their difference."""

from __future__ import annotations

import re
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from attack.figures import kept_discs
from attack.folder import Floats, Folder
from attack.targets import Guess, Target, near
from attack.world import World
from layers.schema import METRIC, WGS84, band_column

NUMBER = re.compile(r"-?\d{1,3}\.\d{4,}")
WHOLE = re.compile(r"\[(\d{6,7}),(\d{6,7})\b")
"""A point of the map, or the first one of a line, in units of 0.00001 degree."""

DECIMALS = 5


def coordinates(folder: Folder, world: World, found: list[Target]) -> Guess:
    """Keep the places that stand as a pair of coordinates in any file or table.

    The table of sightings, and whatever the public network and its places have, are left out.
    """
    pairs = [_pairs(text) for name, text in folder.texts.items() if name != SIGHTINGS]
    pairs += [
        table.select_dtypes("number").to_numpy(float)[:, k : k + 2]
        for name, table in folder.tables.items()
        if name != "sightings"
        for k in range(table.select_dtypes("number").shape[1] - 1)
    ]
    both = np.concatenate([np.zeros((0, 2)), *pairs])
    lonlat = np.concatenate([both, both[:, ::-1]])
    box = gpd.GeoSeries([shapely.MultiPoint(np.array([t.middle for t in found]))], crs=METRIC)
    west, south, east, north = box.to_crs(WGS84).total_bounds + np.array([-1, -1, 1, 1]) * 0.01
    x, y = lonlat.T
    lonlat = np.unique(lonlat[(x > west) & (x < east) & (y > south) & (y < north)], axis=0)
    shown = folder.sightings.geometry
    public = np.concatenate([world.public, shapely.get_coordinates(shown.values)])
    known = {tuple(p) for p in np.round(public, DECIMALS)}
    new = np.array([p for p in lonlat if tuple(np.round(p, DECIMALS)) not in known]).reshape(-1, 2)
    points = gpd.GeoSeries(shapely.points(new), crs=WGS84).to_crs(METRIC)
    return {t.id: near(t, _about(points, t)) for t in found}


SIGHTINGS = "layers/sightings.geojson"


def _pairs(text: str) -> Floats:
    """Return the numbers of a text that follow one another within a few characters."""
    found = [(m.start(), m.end(), float(m[0])) for m in NUMBER.finditer(text)]
    rows = [(a[2], b[2]) for a, b in pairwise(found) if b[0] - a[1] <= 24]
    whole = [(int(a) / 1e5, int(b) / 1e5) for a, b in WHOLE.findall(text)]
    return np.array(rows + whole, dtype=float).reshape(-1, 2)


def _about(points: gpd.GeoSeries, target: Target) -> Floats:
    """Return the points that lie in the cell of a target, or within 10 m of it."""
    xy = shapely.get_coordinates(points.values)
    low, high = target.xy.min(axis=0) - 10, target.xy.max(axis=0) + 10
    return xy[((xy >= low) & (xy <= high)).all(axis=1)]


def difference(
    folder: Folder, without: Folder, world: World, found: list[Target], more: list[Target]
) -> Guess:
    """Keep the places whose shares within bands are what the totals of two runs differ by.

    Parameters
    ----------
    folder, without : Folder
        Runs with and without one row.
    world : World
    found, more : list of Target
        Sightings of each.
    """
    gone = _gone(found, more)
    one, other = folder.rows("proximity_totals"), without.rows("proximity_totals")
    if gone is None or one.empty or other.empty:
        return {}
    both = one.merge(other, on=["corridor", "band_m"], suffixes=("", "_without"))
    share = both["expected_within"] - both["expected_within_without"].fillna(0)
    both = both.assign(share=share, column=both["band_m"].map(band_column))
    table = both.pivot(index="corridor", columns="column", values="share").reset_index()
    return kept_discs(pd.DataFrame(table).assign(sighting=gone.id), world, [gone])


def _gone(found: list[Target], more: list[Target]) -> Target | None:
    """Return the sighting of the first run that the second has not; None where it is not one."""
    left = [t.middle for t in more]
    gone = []
    for target in found:
        same = [k for k, m in enumerate(left) if np.hypot(*(m - target.middle)) < 1]
        if same:
            del left[same[0]]
        else:
            gone.append(target)
    return gone[0] if len(gone) == 1 and not left else None
