"""Measures that need no halo along the network: sightings, cells and places a part at a time.

A part is what lies together in the order of a Hilbert curve, with all about it that can change what
is measured.
"""

from collections.abc import Iterable, Mapping
from dataclasses import replace
from functools import partial
from itertools import product
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.access.least_cost import Floats32, tobler
from geo.access.model import SLOPES, STEEPEST, Ground, walking_minutes
from geo.arrays import Each, Floats, Ints
from geo.chance.nulls import Null
from geo.corridors.distance import Corridor, proximity, totals
from geo.network.graph import Network
from geo.patrols import need
from geo.results import Proximity
from layers import schema

ROWS: Final = 4000
"""Sightings of a part."""
CELLS: Final = 500
"""Cells along a side of a part of a walking surface."""
_KNIGHT: Final = 2
"""Cells that the longest move crosses."""


def proximity_in_parts(
    sightings: gpd.GeoDataFrame, corridors: Mapping[str, Corridor],
    bands_m: Iterable[float] = schema.BANDS_M, *, each: Each = map, rows: int = ROWS,
) -> Proximity:  # fmt: skip
    """Return nearness as `geo.corridors.proximity` does, from parts of up to so many sightings.

    Equal to it to 1e-9, exact positions with an uncertainty to a centimetre, and bit for bit
    wherever `each` measures the parts.  Raises what `geo.corridors.proximity` raises.
    """
    bands = list(bands_m)
    measure = partial(proximity, corridors=corridors, bands_m=bands)
    if len(sightings) <= rows:
        return measure(sightings)
    parts = _together(sightings.geometry, rows)
    found = [*each(measure, (sightings.take(part) for part in parts))]
    kinds = np.arange(len(corridors))
    row = np.concatenate([(part[:, None] * len(kinds) + kinds).ravel() for part in parts])
    table = pd.concat([one.table for one in found]).iloc[np.argsort(row)].reset_index(drop=True)
    return Proximity(table, totals(table, [*corridors], bands), found[0].assumed)


def effort_in_parts(
    xy: Floats, network: Network, effort: Null, *, each: Each = map, rows: int = ROWS
) -> Floats:
    """Return the effort about positions as `geo.patrols.need.effort_near` does, in parts.

    A part holds the ways and the places of observers within reach of its positions.
    """
    mean = len(effort.xy) / network.length_m.sum()
    boxes = shapely.bounds(np.asarray(network.geometry))

    def near(part: Ints) -> Floats:
        low, high = xy[part].min(axis=0) - need.EFFORT_M, xy[part].max(axis=0) + need.EFFORT_M
        ways = network.keep(((boxes[:, 2:] >= low) & (boxes[:, :2] <= high)).all(axis=1))
        seen = effort.xy[((effort.xy >= low) & (effort.xy <= high)).all(axis=1)]
        return need.effort_near(xy[part], ways, replace(effort, xy=seen), mean)

    out = np.empty(len(xy))
    parts = _together(gpd.GeoSeries.from_xy(*xy.T), rows)
    for part, found in zip(parts, each(near, parts), strict=True):
        out[part] = found
    return out


def minutes_in_parts(
    ground: Ground, start: Ints, limit_min: float = np.inf, *, each: Each = map, cells: int = CELLS,
) -> Floats32:  # fmt: skip
    """Return the minutes on foot as `geo.access.model.walking_minutes` does, in square parts.

    Who walks longer than `limit_min` counts as without a way, and a part holds what lies so far
    about it.  Without a limit it is widened until no way that leaves it can be the shorter one,
    where help is far to the whole grid.
    """
    rows, columns = ground.grid.shape
    pace = tobler(np.linspace(-STEEPEST, STEEPEST, SLOPES)).min()
    least = float(pace * ground.factor.min() * ground.grid.cell_m)

    def part(corner: tuple[int, int]) -> Floats32:
        margin = cells // 2
        while True:
            top, left = (max(at - margin, 0) for at in corner)
            window = slice(top, corner[0] + cells + margin), slice(left, corner[1] + cells + margin)
            held = replace(ground.grid, shape=ground.factor[window].shape)
            own = start // columns - top, start % columns - left
            some = np.ravel_multi_index(own, held.shape, mode="clip")[held.inside(*own)]
            elevation, factor = ground.elevation_m[window].copy(), ground.factor[window].copy()
            about = Ground(held, elevation, factor, ground.barred[window].copy())
            found = walking_minutes(about, some)[corner[0] - top :, corner[1] - left :]
            found = found[:cells, :cells]
            # A way that leaves the window crosses the margin, at best at the fastest pace.
            sure = least * (margin - _KNIGHT)
            if held.shape == (rows, columns) or found.max() <= sure or limit_min <= sure:
                return np.where(found <= limit_min, found, np.float32(np.inf))
            margin *= 2

    corners = [*product(range(0, rows, cells), range(0, columns, cells))]
    out = np.empty((rows, columns), dtype=np.float32)
    for (row, column), found in zip(corners, each(part, corners), strict=True):
        out[row : row + cells, column : column + cells] = found
    return out


def _together(points: gpd.GeoSeries, rows: int) -> list[Ints]:
    """Return which points make each part of up to so many that lie together, in their order."""
    order = np.argsort(points.hilbert_distance().to_numpy(), kind="stable")
    return [np.sort(part) for part in np.array_split(order, -(-len(points) // rows))]
