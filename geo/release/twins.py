"""Twins: other sightings of which the same cells are made.

What rests on the cells alone is equal for both, to the last byte.
"""

from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Floats, Ints
from geo.params.release import Tier
from geo.release.masking import cells_of, sides, units
from geo.release.periods import months_of
from layers.schema import SIGHTINGS

GRID_M: Final = 100.0
"""Side of the cells in which groups of a twin lie, as those of a run do."""
TRIES: Final = 10_000


class TwinError(RuntimeError):
    """No other sightings were found of which the same cells are made."""


def twin(sightings: gpd.GeoDataFrame, tier: Tier, on: date, seed: int) -> gpd.GeoDataFrame:
    """Return sightings of which `geo.release.mask` makes the same cells, drawn anew from these.

    A group lies anywhere in its cell where no narrower cell would count it: of each quarter of the
    cell too few, or the quarter would be a cell.  Its month is any of the period; its size is
    unknown.  Withheld groups are not there.  Groups of a cell of everybody lie together in cells
    of a partner.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, projected CRS in metres
    tier : geo.params.release.Tier
    on : datetime.date
        As for `mask`.
    seed : int

    Raises `TwinError` if chance finds none, which happens where a cell is nearly full.
    """
    draw = np.random.default_rng(seed)
    cells = cells_of(units(sightings[sightings["kind"] == "sighting"]), tier, on)
    rows = []
    for period, own in cells.groupby("period"):
        taken = np.zeros((0, 3))
        squares = own[["west_m", "south_m", "side_m"]].to_numpy(float)
        for (*low, side), groups in zip(squares, own["groups"], strict=True):
            corner = np.array(low)
            for xy in _lumps(draw, corner, side, int(groups), tier, taken):
                months = months_of(str(period))
                if tier.made_of is not None:
                    third = draw.integers(0, len(months) // 3) * 3
                    months = months[third : third + 3]
                rows += [(x, y, draw.choice(months)) for x, y in xy]
            taken = np.vstack([taken, [*low, side]])
    table = pd.DataFrame(rows, columns=["x", "y", "period"])
    found = table.assign(
        id=[f"S{number}" for number in range(1, len(table) + 1)],
        kind="sighting", size_class="unknown", uncertainty_m=GRID_M, cell_m=GRID_M,
        geometry=gpd.GeoSeries.from_xy(table["x"], table["y"], crs=sightings.crs),
    )  # fmt: skip
    return SIGHTINGS.geoframe(found, crs=str(sightings.crs))


def _lumps(
    draw: np.random.Generator, corner: Floats, side: float, groups: int, tier: Tier, taken: Floats
) -> list[Floats]:
    """Return places of groups of a cell: of one group each, or of a cell of the finer tier each."""
    most, narrowest = tier.least_groups - 1, side == sides(tier)[0]
    if tier.made_of is None:
        lumps, width = np.ones(groups, dtype=int), GRID_M
    else:
        number = 1 if narrowest else -(-groups // most)
        lumps = np.array([len(part) for part in np.array_split(np.arange(groups), number)])
        width = tier.made_of.side_m
    free = np.full(4, groups if narrowest else most)
    return [_lump(draw, corner, side, int(n), width, free, taken) for n in lumps]


def _lump(
    draw: np.random.Generator, corner: Floats, side: float, groups: int, width: float, free: Ints,
    taken: Floats,
) -> Floats:  # fmt: skip
    """Return places of groups in one square of a width, in a quarter that takes so many more."""
    for _ in range(TRIES):
        quarter = int(draw.integers(0, 4))
        low = corner + np.array([quarter % 2, quarter // 2]) * side / 2
        low = low + draw.integers(0, int(side / 2 // width), 2) * width
        middle = low + width / 2
        within = ((middle > taken[:, :2]) & (middle < taken[:, :2] + taken[:, 2:])).all(axis=1)
        if free[quarter] >= groups and not within.any():
            free[quarter] -= groups
            steps = int(width // GRID_M)
            places: Floats = low + (draw.integers(0, steps, (groups, 2)) + 0.5) * GRID_M
            return places
    raise TwinError(f"a cell of {side:g} m has no room for other places of its groups")
