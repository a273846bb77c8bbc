"""Sightings become counts by cell and period, each of at least `Tier.least_groups` groups.

Cells are merged upwards: where a cell of 2 km has too few groups, they go to that of 4 km, and so
on.  So a wide cell counts the groups in it that no narrower cell counts.  Groups that are too few
for the widest cell are withheld, and nothing says how many they are: there is no total of all
groups.  The cells of the public tier are made of whole cells of the partner tier, so that the
difference of the two never holds fewer groups than a partner's cell.

A twin is other sightings that give the same cells.  What rests on the cells only is equal for both,
to the last byte.
"""

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Floats
from geo.crs import require_metric
from geo.params.release import Tier
from geo.release.differences import months_of, period_of, settled, squares
from geo.schema import RELEASED_CELLS, SIGHTINGS
from geo.sightings.coarsening import UNCERTAINTY_M, nearest_town, numbered

WIDEST_M: Final = 128_000.0
"""Side of the widest cell: about the whole country."""
SQUARE_M: Final = 8_000.0
"""Side of the squares in which needs are compared: the drive of about ten minutes."""
GRID_M: Final = 100.0
"""Side of the cells in which groups of a twin lie, as those of a run do."""
KEY: Final = ["period", "side_m", "south_m", "west_m"]


@dataclass(frozen=True)
class Masked:
    """What a tier may know of sightings."""

    cells: gpd.GeoDataFrame
    """Table `RELEASED_CELLS`, a square each, in the CRS of the sightings."""
    sightings: gpd.GeoDataFrame
    """Table `SIGHTINGS`, made from the cells only: as many rows as groups, each in the middle of
    its cell.  All that the analysis of a release sees."""
    withheld: int
    """Groups in no cell: too few, too recent, or of unknown time.  It never leaves."""
    unchanged: list[str]
    """Periods that stay as they were released before, since too few groups are new in them."""


def mask(
    sightings: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    tier: Tier,
    on: date,
    earlier: Iterable[pd.DataFrame] = (),
) -> Masked:
    """Return what a tier may know of sightings on the day `on`.

    `sightings`, table `SIGHTINGS`, and `places`, table `PLACES`, are in one projected CRS in
    metres; a row that is not an event is not counted.  Periods that ended too recently are
    withheld.
    `earlier` are tables `RELEASED_CELLS` of releases of the same tier, the oldest first
    (`geo.release.differences.settled`).  Raises `geo.crs.CRSError` if a CRS is missing, geographic
    or differs.
    """
    crs = require_metric(sightings=sightings, places=places)
    events = sightings[sightings["kind"] == "sighting"]
    fresh = cells_of(units(events), tier, on)
    found, unchanged = settled(fresh, earlier, tier.least_groups)
    found = squares(found, str(crs))
    found = found.assign(coarse_place=nearest_town(found.geometry.centroid, places))
    cells = RELEASED_CELLS.geoframe(found)
    return Masked(
        cells, _sightings(cells), len(events) - int(fresh["groups"].sum()), unchanged
    )


def units(events: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the groups as units that cells are made of: one group each, as small as a point."""
    xy = shapely.get_coordinates(events.geometry.values)
    return pd.DataFrame(
        {
            "x": xy[:, 0],
            "y": xy[:, 1],
            "side_m": 0.0,
            "period": events["period"],
            "groups": 1,
        }
    )


def sides(tier: Tier) -> list[float]:
    """Return the sides of the cells of a tier, the narrowest first."""
    return [
        side for side in WIDEST_M / 2.0 ** np.arange(8, -1, -1) if side >= tier.side_m
    ]


def cells_of(found: pd.DataFrame, tier: Tier, on: date) -> pd.DataFrame:
    """Return the columns of `RELEASED_CELLS`, in their order."""
    if tier.made_of is not None:
        finer = cells_of(found, tier.made_of, on)
        half = finer["side_m"] / 2
        found = finer.assign(x=finer["west_m"] + half, y=finer["south_m"] + half)
    known = {
        name: period_of(name, tier, on) for name in found["period"].dropna().unique()
    }
    period, names = pd.factorize(found["period"].map(known))
    yx, own = found[["y", "x"]].to_numpy(float), found["side_m"].to_numpy(float)
    groups, pending, cells = found["groups"].to_numpy(float), period >= 0, []
    for side in sides(tier):
        fits = np.flatnonzero(pending & (own <= side))
        corner = np.floor(yx[fits] / side) * side
        square = np.column_stack([period[fits], np.full(len(fits), side), corner])
        square, of = np.unique(square, axis=0, return_inverse=True)
        sums = np.bincount(of.ravel(), groups[fits], len(square))
        pending[fits[sums[of.ravel()] >= tier.least_groups]] = False
        cells.append(np.column_stack([square, sums])[sums >= tier.least_groups])
    table = pd.DataFrame(np.concatenate(cells), columns=[*KEY, "groups"])
    table = RELEASED_CELLS.frame(
        table.assign(period=names.take(table["period"].to_numpy(int)))
    )
    return table.sort_values(KEY, ignore_index=True)


def _sightings(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return table `SIGHTINGS` as the cells tell it: one row a group, all of a cell alike."""
    each = cells.loc[cells.index.repeat(cells["groups"])].reset_index(drop=True)
    points = each.geometry.centroid
    steps = np.array(UNCERTAINTY_M)
    rows = each[["period", "coarse_place"]].assign(
        record=each.index.astype("string"),
        kind="sighting",
        relates_to=None,
        located_kind=None,
        size_class="unknown",
        cell_m=each["side_m"],
        uncertainty_m=steps[np.searchsorted(steps, each["side_m"].to_numpy(float) / 2)],
    )
    return numbered(gpd.GeoDataFrame(rows, geometry=points)).sightings


def twin(
    sightings: gpd.GeoDataFrame, tier: Tier, on: date, seed: int
) -> gpd.GeoDataFrame:
    """Return other sightings, drawn anew from these, that `mask` turns into the same cells.

    A group lies anywhere in its cell where no narrower cell would count it: each quarter of the
    cell holds too few, or the quarter would be a cell.  Its month is any of the period; its size is
    unknown.  Withheld groups are not there.  Groups of a cell of everybody lie together in cells
    of a partner; where these find no other place, they stay.  `sightings`, table
    `SIGHTINGS`, are in a projected CRS in metres; `tier` and `on` are as for `mask`.
    """
    draw, width = np.random.default_rng(seed), sides(tier.made_of or tier)[0]
    cells = cells_of(units(sightings[sightings["kind"] == "sighting"]), tier, on)
    rows = []
    for period, own in cells.groupby("period"):
        taken, months = np.zeros((0, 3)), months_of(str(period))
        squares = own[["west_m", "south_m", "side_m"]].to_numpy(float)
        for square, groups in zip(squares, own["groups"], strict=True):
            narrowest, few = square[2] == sides(tier)[0], tier.least_groups - 1
            # A lump is one group, or a cell of the finer tier; a quarter takes `most`.
            if tier.made_of is None:
                lumps, most = groups, groups if narrowest else few
            else:
                lumps, most = 1 if narrowest else -(-groups // few), 1
            sizes = np.diff(np.linspace(0, groups, lumps + 1).astype(int))
            corners = _corners(draw, square, width, taken, most)
            for corner, size in zip(corners, sizes, strict=False):
                places = (
                    corner
                    + (draw.integers(0, int(width // GRID_M), (size, 2)) + 0.5) * GRID_M
                )
                first = draw.integers(0, len(months) // 3) * 3
                rows += [(*xy, draw.choice(months[first : first + 3])) for xy in places]
            taken = np.vstack([taken, square])
    table = pd.DataFrame(rows, columns=["x", "y", "period"]).assign(
        side_m=0.0, groups=1
    )
    if tier.made_of is not None and not cells_of(table, tier, on).equals(cells):
        return twin(sightings, tier.made_of, on, seed)
    found = table.assign(
        id=[f"S{number}" for number in range(1, len(table) + 1)],
        kind="sighting",
        size_class="unknown",
        uncertainty_m=GRID_M,
        cell_m=GRID_M,
        geometry=gpd.GeoSeries.from_xy(table["x"], table["y"], crs=sightings.crs),
    )
    return SIGHTINGS.geoframe(found, crs=str(sightings.crs))


def _corners(
    draw: np.random.Generator, square: Floats, width: float, taken: Floats, most: int
) -> Floats:
    """Return corners of squares in a cell and in none that is taken, in a random order.

    As often as each quarter of the cell takes lumps, and each square several.
    """
    steps = np.arange(0, square[2], width)
    within = np.stack(np.meshgrid(steps, steps), axis=-1).reshape(-1, 2)
    middle = (square[:2] + within + width / 2)[:, None]
    free = ~((middle > taken[:, :2]) & (middle < taken[:, :2] + taken[:, 2:])).all(
        2
    ).any(1)
    each = pd.DataFrame(np.repeat(within[free], most, axis=0)).sample(
        frac=1, random_state=draw
    )
    quarter = [each[axis] >= square[2] / 2 for axis in (0, 1)]
    corners: Floats = square[:2] + each[
        each.groupby(quarter).cumcount() < most
    ].to_numpy(float)
    return corners


def utility(
    need: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, float, float]:
    """Return the need that sightings make in each square, of all and of the released ones.

    `need` and `released` are tables `NEED` in a projected CRS in metres.  The frame has a row for
    each square in which either has some, ``all`` and ``released``: shares of the part ``observed``.
    The second is the share of the need that stays in its square, the third Spearman's rank
    correlation of the squares; both are NaN where nothing is released.
    """
    require_metric(need=need, released=released)
    shares = {}
    for column, table in {"all": need, "released": released}.items():
        xy = np.floor(shapely.get_coordinates(table.geometry.values) / SQUARE_M)
        shares[column] = table["observed"].groupby(list(xy.T)).sum()
    both = pd.DataFrame(shares).fillna(0.0)
    both = both[both.sum(axis=1) > 0].reset_index(drop=True)
    kept = float(both.min(axis=1).sum()) if both["released"].any() else np.nan
    return both, kept, both["all"].rank().corr(both["released"].rank())
