"""Sightings become counts by cell and period, each of at least `Tier.least_groups` groups.

Cells are merged upwards: where a cell of 2 km has too few groups, they go to that of 4 km, and so
on.  So a wide cell counts the groups in it that no narrower cell counts.  Groups that are too few
for the widest cell are withheld, and nothing says how many they are: there is no total of all
groups.  The cells of the public tier are made of whole cells of the partner tier, so that the
difference of the two never holds fewer groups than a partner's cell.

A twin is other sightings that give the same cells.  What rests on the cells only is equal for both,
to the last byte.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.arrays import Bools, Floats, Ints
from geo.crs import require_metric
from geo.evidence_line import told
from geo.records import months_of
from geo.schema import RELEASED_CELLS, SIGHTINGS
from geo.sightings.coarsening import UNCERTAINTY_M, nearest_town, numbered
from mitrovica.masks.differences import period_of, settled, squares
from mitrovica.masks.tiers import Tier

WIDEST_M: Final = 128_000.0
"""Side of the widest cell: about the whole country."""
SQUARE_M: Final = 8_000.0
"""Side of the squares in which needs are compared: the drive of about ten minutes."""
GRID_M: Final = 100.0
"""Side of the cells in which groups of a twin lie, as those of a run do."""
KEY: Final = ["period", "side_m", "south_m", "west_m"]


@told
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
    day: date,
    earlier: Iterable[pd.DataFrame] = (),
) -> Masked:
    """Return what a tier may know of sightings on a day.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, projected CRS in metres
        A row that is not an event is not counted.
    places : geopandas.GeoDataFrame, table `PLACES`, in the same CRS
    tier : mitrovica.masks.tiers.Tier
    day : datetime.date
        Periods that ended too recently on this day are withheld.
    earlier : iterable of pandas.DataFrame, table `RELEASED_CELLS`
        Releases of the same tier, the oldest first (`mitrovica.masks.differences.settled`).

    Returns
    -------
    Masked

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, geographic or differs.
    """
    crs = require_metric(sightings=sightings, places=places)
    events = sightings[sightings["kind"] == "sighting"]
    fresh = cells_of(units(events), tier, day)
    withheld = len(events) - int(fresh["groups"].sum())
    stable, unchanged = settled(fresh, earlier, tier.least_groups)
    released = squares(stable, str(crs))
    towns = nearest_town(released.geometry.centroid, places)
    cells = RELEASED_CELLS.geoframe(released.assign(coarse_place=towns))
    return Masked(cells, _sightings(cells), withheld, unchanged)


def units(events: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the groups as units that cells are made of: one group each, as small as a point."""
    xy = events.get_coordinates()
    return xy.assign(side_m=0.0, period=events["period"], groups=1)


def sides(tier: Tier) -> list[float]:
    """Return the sides of the cells of a tier, the narrowest first."""
    every_side = [WIDEST_M / 2**step for step in range(8, -1, -1)]
    return [side for side in every_side if side >= tier.side_m]


def cells_of(groups: pd.DataFrame, tier: Tier, day: date) -> pd.DataFrame:
    """Return the columns of `RELEASED_CELLS`, in their order, of the units that `units` makes."""
    if tier.made_of is not None:
        finer = cells_of(groups, tier.made_of, day)
        half = finer["side_m"] / 2
        groups = finer.assign(x=finer["west_m"] + half, y=finer["south_m"] + half)
    periods = {
        name: period_of(name, tier, day) for name in groups["period"].dropna().unique()
    }
    pending = groups.assign(period=groups["period"].map(periods)).dropna(
        subset="period"
    )
    cells = []
    for side in sides(tier):
        fits = pending[pending["side_m"] <= side]
        square = pd.DataFrame(
            {
                "period": fits["period"],
                "side_m": side,
                "south_m": np.floor(fits["y"] / side) * side,
                "west_m": np.floor(fits["x"] / side) * side,
                "groups": fits["groups"],
            }
        )
        of_square = square.groupby(KEY)["groups"]
        enough = of_square.transform("sum") >= tier.least_groups
        pending = pending.drop(index=square.index[enough])
        sums = of_square.sum()
        cells.append(sums[sums >= tier.least_groups])
    table = RELEASED_CELLS.frame(pd.concat(cells).reset_index())
    return table.sort_values(KEY, ignore_index=True)


def _sightings(cells: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return table `SIGHTINGS` as the cells tell it: one row a group, all of a cell alike."""
    groups = cells.loc[cells.index.repeat(cells["groups"])].reset_index(drop=True)
    steps = np.array(UNCERTAINTY_M)
    half_m = groups["side_m"].to_numpy(float) / 2
    rows = groups[["period", "coarse_place"]].assign(
        record=groups.index.astype("string"),
        kind="sighting",
        relates_to=None,
        located_kind=None,
        size_class="unknown",
        cell_m=groups["side_m"],
        uncertainty_m=steps[np.searchsorted(steps, half_m)],
    )
    return numbered(gpd.GeoDataFrame(rows, geometry=groups.centroid)).sightings


# One stream of random draws: each square reads what the ones before it took.
def twin(
    sightings: gpd.GeoDataFrame, tier: Tier, day: date, seed: int
) -> gpd.GeoDataFrame:
    """Return other sightings, drawn anew from these, that `mask` turns into the same cells.

    A group lies anywhere in its cell where no narrower cell would count it: each quarter of the
    cell holds too few, or the quarter would be a cell.  Its month is any of the period; its size is
    unknown.  Withheld groups are not there.  Groups of a cell of everybody lie together in cells
    of a partner; where these find no other place, they stay.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, projected CRS in metres
    tier, day
        As for `mask`.
    seed : int

    Returns
    -------
    geopandas.GeoDataFrame
        Table `SIGHTINGS`, in the same CRS.
    """
    rng = np.random.default_rng(seed)
    width_m = sides(tier.made_of or tier)[0]
    cells = cells_of(units(sightings[sightings["kind"] == "sighting"]), tier, day)
    rows = []
    for period, of_period in cells.groupby("period"):
        months = months_of(str(period))
        taken = list[Square]()
        corners_and_sides = of_period[["west_m", "south_m", "side_m"]].to_numpy(float)
        for cell, groups in zip(corners_and_sides, of_period["groups"], strict=True):
            square = Square(*cell)
            lumps = _lumps(
                int(groups), tier, is_narrowest=square.side == sides(tier)[0]
            )
            corners = _corners(rng, square, width_m, taken, lumps.most)
            for (west, south), size in zip(corners, lumps.sizes, strict=False):
                steps = rng.integers(0, int(width_m // GRID_M), (size, 2)) + 0.5
                quarter = rng.integers(0, len(months) // 3) * 3
                for x, y in (west, south) + steps * GRID_M:
                    rows.append((x, y, rng.choice(months[quarter : quarter + 3])))
            taken.append(square)
    table = pd.DataFrame(rows, columns=["x", "y", "period"])
    table = table.assign(side_m=0.0, groups=1)
    if tier.made_of is not None and not cells_of(table, tier, day).equals(cells):
        return twin(sightings, tier.made_of, day, seed)
    drawn = table.assign(
        id=[f"S{number}" for number in range(1, len(table) + 1)],
        kind="sighting",
        size_class="unknown",
        uncertainty_m=GRID_M,
        cell_m=GRID_M,
        geometry=gpd.GeoSeries.from_xy(table["x"], table["y"], crs=sightings.crs),
    )
    return SIGHTINGS.geoframe(drawn, crs=str(sightings.crs))


class Square(NamedTuple):
    """A square cell, in metres."""

    west: float
    south: float
    side: float

    def holds(self, x: Floats, y: Floats) -> Bools:
        """Mark the points inside."""
        across = (self.west < x) & (x < self.west + self.side)
        return across & (self.south < y) & (y < self.south + self.side)


class Lumps(NamedTuple):
    """How the groups of a cell lie: a lump is one group, or a cell of the finer tier."""

    sizes: Ints
    most: int
    """Lumps that a quarter of the cell takes."""


def _lumps(groups: int, tier: Tier, *, is_narrowest: bool) -> Lumps:
    """Return the lumps of a cell, so that no narrower cell would count them."""
    too_few = tier.least_groups - 1
    if tier.made_of is None:
        lumps = groups
        most = groups if is_narrowest else too_few
    else:
        lumps = 1 if is_narrowest else -(-groups // too_few)
        most = 1
    ends = np.linspace(0, groups, lumps + 1).astype(int)
    return Lumps(np.diff(ends), most)


def _corners(
    rng: np.random.Generator,
    cell: Square,
    width_m: float,
    taken: Sequence[Square],
    most: int,
) -> Floats:
    """Return corners of squares in a cell and in none that is taken, (n, 2), at random.

    As often as each quarter of the cell takes lumps, and each square several.
    """
    steps = np.arange(0, cell.side, width_m)
    east, north = (axis.ravel() for axis in np.meshgrid(steps, steps))
    x = cell.west + east + width_m / 2
    y = cell.south + north + width_m / 2
    free = np.ones(len(x), dtype=bool)
    for square in taken:
        free &= ~square.holds(x, y)
    squares = pd.DataFrame({"east": east[free], "north": north[free]})
    squares = squares.loc[squares.index.repeat(most)]
    squares = squares.sample(frac=1, random_state=rng)
    quarter = [squares[axis] >= cell.side / 2 for axis in ("east", "north")]
    chosen = squares[squares.groupby(quarter).cumcount() < most].to_numpy(float)
    return np.asarray(np.array([cell.west, cell.south]) + chosen)


def utility(
    need: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, float, float]:
    """Return the need that sightings make in each square, of all and of the released ones.

    `need` and `released` are tables `NEED` in a projected CRS in metres.  The frame has a row for
    each square in which either has some, ``all`` and ``released``: shares of the part ``observed``.
    The second is the share of the need that stays in its square, the third Spearman's rank
    correlation of the squares; both are NaN where nothing is released.

    Parameters
    ----------
    need, released : geopandas.GeoDataFrame, tables `NEED`, projected CRS in metres
        Of all sightings and of those that are released.

    Returns
    -------
    tuple of (pandas.DataFrame, float, float)
    """
    require_metric(need=need, released=released)
    shares = {}
    for column, table in {"all": need, "released": released}.items():
        xy = np.floor(table.get_coordinates() / SQUARE_M)
        part = table["observed"] / table["observed"].sum()
        shares[column] = part.groupby([xy["x"], xy["y"]]).sum()
    both = pd.DataFrame(shares).fillna(0.0)
    both = both[both.sum(axis=1) > 0].reset_index(drop=True)
    stays = float(both.min(axis=1).sum()) if both["released"].any() else np.nan
    return both, stays, both["all"].rank().corr(both["released"].rank())
