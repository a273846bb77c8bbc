"""Releases of several offices in one picture, which tells no more than they do.

An office that released ``r`` groups within a square has at least ``r`` there, and at most as many
more as its tier may have withheld there: fewer than `Tier.least_groups` where the square is no
cell of its own, and for a tier that is made of another one (`Tier.made_of`) what that one withholds
besides.  One group may stand in the figures of several offices, and nothing here matches them: no
date, size or direction is compared.  Of all offices together there are at least as many groups as
the one with most has released, and at most the sum of what each may have.

That is so of groups whose month was known when the release was made.  What came in late, or of
unknown time, is in no range; where a period was not yet due at an office, its most is not known.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arguments import ArgumentError
from geo.arrays import Floats
from geo.crs import require_metric
from geo.evidence_line import told
from geo.records import months_of
from geo.schema import COMBINED_SQUARES, COMBINED_TOTALS, WGS84
from mitrovica.masks.differences import MONTHS, SAME, counts, period_of, squares
from mitrovica.masks.masking import WIDEST_M
from mitrovica.masks.tiers import Tier

__all__ = ["Combined", "Counted", "combine"]

ALL: Final = "all together"
"""What stands for an office in the totals of all."""


@dataclass(frozen=True)
class Counted:
    """What one office released, and on which thresholds."""

    office: str
    cells: gpd.GeoDataFrame
    """Table `RELEASED_CELLS`, in a projected CRS in metres."""
    area: shapely.Geometry
    """Where its groups were reported, in the same CRS."""
    tier: Tier
    made: date


@told
@dataclass(frozen=True)
class Combined:
    """What several offices released, together."""

    squares: gpd.GeoDataFrame
    """Table `COMBINED_SQUARES`, EPSG:4326."""
    totals: pd.DataFrame
    """Table `COMBINED_TOTALS`."""


def combine(offices: Sequence[Counted]) -> Combined:
    """Return what several offices released, as ranges by square and as totals.

    Squares are those that any of them released, as wide and of periods as long as the coarsest
    tier has them.  A square counts what lies in it, in narrower ones too.

    Parameters
    ----------
    offices : sequence of Counted
        Each office once.

    Returns
    -------
    Combined

    Raises
    ------
    geo.arguments.ArgumentError
        If an office stands twice, or there is none.
    geo.crs.CRSError
        If a CRS is missing or geographic.

    Examples
    --------
    One office released a cell of 12 groups, another one of 20 in the same cell.

    >>> from mitrovica.masks.tiers import PARTNER
    >>> from geo.schema import RELEASED_CELLS
    >>> def counted(office, groups):
    ...     rows = {"west_m": [0.0], "south_m": [0.0], "side_m": [2000.0], "period": ["2026-Q1"],
    ...             "groups": [groups], "geometry": [shapely.box(0, 0, 2000, 2000)]}
    ...     cells = RELEASED_CELLS.geoframe(gpd.GeoDataFrame(rows, crs=9141))
    ...     return Counted(office, cells, shapely.box(0, 0, 9000, 9000), PARTNER, date(2026, 6, 1))
    >>> both = combine([counted("North", 12), counted("South", 20)])
    >>> both.totals[["office", "groups_low", "groups_high"]].to_numpy().tolist()
    [['North', 12, 21], ['South', 20, 29], ['all together', 20, 50]]
    """
    names = [one.office for one in offices]
    if not names or len(set(names)) < len(names):
        raise ArgumentError(
            f"offices are {', '.join(names) or 'none'}. Fix: each office once"
        )
    for one in offices:
        require_metric(cells=one.cells)
    coarsest = max((one.tier for one in offices), key=_months)
    side_m = max(one.tier.side_m for one in offices)
    wide = [_widened(one.cells, coarsest, side_m) for one in offices]
    placed = [
        _together(offices, cells, crs) for crs, cells in _by_crs(offices, wide).items()
    ]
    periods = sorted({period for cells in wide for period in cells["period"]})
    rows = [row for period in periods for row in _totals(offices, period)]
    table = gpd.GeoDataFrame(pd.concat(placed, ignore_index=True))
    order = ["period", "side_m", "south_m", "west_m"]
    table = table.sort_values(order, ignore_index=True)
    return Combined(COMBINED_SQUARES.geoframe(table), COMBINED_TOTALS.frame(rows))


def _months(tier: Tier) -> int:
    return MONTHS[tier.period]


def _widened(cells: pd.DataFrame, coarsest: Tier, side_m: float) -> pd.DataFrame:
    """Return the squares that hold some cells, none narrower or of a shorter period than asked."""
    wide = cells.assign(side_m=cells["side_m"].clip(lower=side_m))
    for corner in ("west_m", "south_m"):
        wide[corner] = np.floor(wide[corner] / wide["side_m"]) * wide["side_m"]
    wide["period"] = [period_of(name, coarsest, date.max) for name in wide["period"]]
    return pd.DataFrame(wide[[*SAME, "coarse_place"]].drop_duplicates(SAME))


def _by_crs(
    offices: Sequence[Counted], wide: Sequence[pd.DataFrame]
) -> dict[str, pd.DataFrame]:
    """Return the squares of all offices by their CRS, each once."""
    every: dict[str, list[pd.DataFrame]] = {}
    for one, cells in zip(offices, wide, strict=True):
        every.setdefault(str(one.cells.crs), []).append(cells)
    return {
        crs: pd.concat(cells).drop_duplicates(SAME, ignore_index=True)
        for crs, cells in every.items()
    }


def _together(
    offices: Sequence[Counted], cells: pd.DataFrame, crs: str
) -> gpd.GeoDataFrame:
    """Return what all offices have in some squares, EPSG:4326."""
    placed = squares(cells, crs)
    ranges = [_range(one, placed) for one in offices]
    low = np.array([low for low, _ in ranges])
    high = np.array([high for _, high in ranges])
    return placed.assign(
        offices=(low > 0).sum(axis=0),
        reported=low.sum(axis=0),
        groups_low=low.max(axis=0),
        groups_high=high.sum(axis=0),
    ).to_crs(WGS84)


def _totals(offices: Sequence[Counted], period: str) -> list[dict[str, object]]:
    """Return the rows of `COMBINED_TOTALS` of a period: the offices, and all together."""
    rows = []
    for one in offices:
        low, high = _range(one, _widest(one, period))
        row = {"period": period, "office": one.office, "reported": low.sum()}
        rows.append(row | {"groups_low": low.sum(), "groups_high": high.sum()})
    table = pd.DataFrame(rows)
    whole = {
        "period": period,
        "office": ALL,
        "reported": table["reported"].sum(),
        "groups_low": table["groups_low"].max(),
        "groups_high": table["groups_high"].sum(skipna=False),
    }
    return [*rows, whole]


def _widest(one: Counted, period: str) -> gpd.GeoDataFrame:
    """Return the widest squares that the area of an office touches."""
    west, south, east, north = shapely.bounds(one.area) // WIDEST_M
    x = np.arange(west, east + 1) * WIDEST_M
    y = np.arange(south, north + 1) * WIDEST_M
    corners = pd.MultiIndex.from_product([x, y], names=["west_m", "south_m"])
    cells = corners.to_frame(index=False)
    every = squares(cells.assign(side_m=WIDEST_M, period=period), str(one.cells.crs))
    return every[every.intersects(one.area)].reset_index(drop=True)


def _range(one: Counted, placed: gpd.GeoDataFrame) -> tuple[Floats, Floats]:
    """Return the least and the most groups that an office has in each of some squares.

    The most is NaN where it is not known: in squares of another grid that lie in its area, and in
    periods that were not yet due.
    """
    if placed.crs != one.cells.crs:
        area = gpd.GeoSeries([one.area], crs=one.cells.crs).to_crs(str(placed.crs))
        inside = placed.intersects(area.union_all()).to_numpy(bool)
        none = np.zeros(len(placed))
        return none, np.where(inside, np.nan, none)
    low = counts(one.cells, placed).astype(float)
    inside = placed.intersects(one.area).to_numpy(bool)
    high = low + np.where(inside, _withheld(one, placed), 0)
    is_due = {period: _is_due(period, one) for period in placed["period"].unique()}
    due = placed["period"].map(is_due).to_numpy(bool)
    return low, np.where(due | ~inside, high, np.nan)


def _withheld(one: Counted, placed: pd.DataFrame) -> Floats:
    """Return the most groups of a square that no cell within it counts.

    Whatever stage of masking a square has passed, fewer than the least number are left in it; none
    are where the square itself became a cell (`mitrovica.masks.masking.cells_of`).
    """
    months = placed["period"].map(months_of)
    most = months.map(len).map(lambda n: _most_withheld(one.tier, n))
    cells = set(one.cells[SAME].itertuples(index=False, name=None))
    own_periods = months.map(
        lambda names: {period_of(month, one.tier, date.max) for month in names}
    )
    corners = placed[["west_m", "south_m", "side_m"]]
    full = [
        sum((*corner, period) in cells for period in periods)
        for corner, periods in zip(
            corners.itertuples(index=False, name=None), own_periods, strict=True
        )
    ]
    left: Floats = most.to_numpy(float) - np.array(full) * (one.tier.least_groups - 1)
    return left


def _most_withheld(tier: Tier, months: int) -> int:
    """Return the most groups that a tier withholds in a square within some months."""
    own = months // _months(tier) * (tier.least_groups - 1)
    finer = tier.made_of
    return own if finer is None else own + _most_withheld(finer, months)


def _is_due(period: str, one: Counted) -> bool:
    """Return whether a release of this day tells of a whole period."""
    return all(period_of(month, one.tier, one.made) for month in months_of(period))
