"""Periods, and what two releases tell together of one."""

from collections.abc import Iterable
from datetime import date, timedelta
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Ints
from geo.records import months_of
from mitrovica.masks.tiers import Tier

SAME: Final = ["west_m", "south_m", "side_m", "period"]
MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6}
_LETTERS: Final = {3: "Q", 6: "H"}


def period_of(name: str, tier: Tier, day: date) -> str | None:
    """Return the period of a tier that holds a month or quarter; None where it is withheld."""
    months = MONTHS[tier.period]
    last = months_of(name)[-1]
    if len(months_of(name)) > months:
        return None
    number = (int(last[5:]) - 1) // months + 1
    after = date(int(last[:4]) + number * months // 12, number * months % 12 + 1, 1)
    if after + timedelta(days=tier.delay_days) > day:
        return None
    return f"{last[:4]}-{_LETTERS[months]}{number}" if months > 1 else name


def difference(
    cells: pd.DataFrame, other: pd.DataFrame, least_groups: int
) -> pd.DataFrame:
    """Return the cells in which two releases differ by too few groups; empty where all is well.

    `cells` and `other` are tables `RELEASED_CELLS` in the same CRS.  In a cell, and in its period,
    each counts the groups in this cell and in narrower ones.  The two counts must be equal, or
    differ by at least `least_groups`: else who has both knows of fewer.  Columns: ``west_m``,
    ``south_m``, ``side_m``, ``period`` of each such cell, and the ``difference``.

    Parameters
    ----------
    cells, other : pandas.DataFrame, tables `RELEASED_CELLS` in the same CRS
    least_groups : int
        Groups by which two counts may differ, if they differ.

    Returns
    -------
    pandas.DataFrame
    """
    where = pd.concat([cells[SAME], other[SAME]]).drop_duplicates(ignore_index=True)
    apart = np.abs(counts(cells, where) - counts(other, where))
    few = (apart > 0) & (apart < least_groups)
    cells_that_differ: pd.DataFrame = where.assign(difference=apart)[few]
    return cells_that_differ.reset_index(drop=True)


def crossing(
    cells: pd.DataFrame, crs: str, other: pd.DataFrame, other_crs: str
) -> pd.DataFrame:
    """Return the cells that overlap cells in another CRS, in a month that both count.

    Of two grids that cut each other, sums and differences tell of parts of cells.

    Parameters
    ----------
    cells, other : pandas.DataFrame, table `RELEASED_CELLS`
    crs, other_crs : str
        The CRS of each, in metres.

    Returns
    -------
    pandas.DataFrame
        The rows of `cells` that overlap, once for each cell that they overlap.
    """
    pairs = squares(cells, crs).sjoin(
        squares(other, other_crs).to_crs(crs), rsuffix="other"
    )
    times = zip(pairs["period_left"], pairs["period_other"], strict=True)
    both = [not set(months_of(a)).isdisjoint(months_of(b)) for a, b in times]
    return pairs[both].rename(columns={"period_left": "period"})


def squares(cells: pd.DataFrame, crs: str) -> gpd.GeoDataFrame:
    """Return cells, table `RELEASED_CELLS`, with their squares."""
    west, south, side = (
        cells[name].to_numpy(float) for name in ("west_m", "south_m", "side_m")
    )
    box = shapely.box(west, south, west + side, south + side)
    return gpd.GeoDataFrame(cells, geometry=box, crs=crs)


def settled(
    cells: pd.DataFrame, earlier: Iterable[pd.DataFrame], least_groups: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return cells, with a period as it was released before where too few groups are new in it.

    `earlier` are tables `RELEASED_CELLS` of the same tier, the oldest first.  So a report that
    comes in late changes nothing of an earlier period until enough others do, and holds up no later
    one.  The second are the periods that stay as they were.
    """
    unchanged: set[str] = set()
    for other in earlier:
        periods = difference(cells, other, least_groups)["period"]
        unchanged |= set(periods)
        new = cells["period"].isin(periods)
        old = other["period"].isin(periods)
        cells = pd.concat([cells[~new], other[old]], ignore_index=True)
    return cells, sorted(unchanged)


def counts(cells: pd.DataFrame, squares: pd.DataFrame) -> Ints:
    """Return how many groups a release counts within each of some cells and periods."""
    inside = np.ones((len(squares), len(cells)), dtype=bool)
    for corner in ("west_m", "south_m"):
        low = squares[corner].to_numpy(float)[:, None]
        corners = cells[corner].to_numpy(float)
        inside &= corners >= low
        inside &= corners + cells["side_m"].to_numpy(float) <= low + squares[
            ["side_m"]
        ].to_numpy(float)
    for period, rows in squares.groupby("period").indices.items():
        months = set(months_of(str(period)))
        inside[rows] &= np.array(
            [months.issuperset(months_of(p)) for p in cells["period"]], bool
        )
    counts: Ints = inside @ cells["groups"].to_numpy(int)
    return counts
