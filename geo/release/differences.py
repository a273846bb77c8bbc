"""What two releases tell together: the difference of their counts."""

from collections.abc import Iterable
from typing import Final

import numpy as np
import pandas as pd

from geo.arrays import Ints
from geo.release.periods import months_of

SAME: Final = ["west_m", "south_m", "side_m", "period"]


def difference(cells: pd.DataFrame, other: pd.DataFrame, least_groups: int) -> pd.DataFrame:
    """Return the cells in which two releases differ by too few groups.

    In a cell, and in its period, each of them counts so many groups in this cell and narrower ones.
    The two counts must be equal, or differ by at least `least_groups`: else who has both knows of
    fewer.

    Parameters
    ----------
    cells, other : pandas.DataFrame, table `RELEASED_CELLS`
        Of two releases, in the same CRS.
    least_groups : int

    Returns
    -------
    pandas.DataFrame
        ``west_m``, ``south_m``, ``side_m``, ``period`` of each such cell, and the ``difference``;
        empty where all is well.
    """
    squares = pd.concat([cells[SAME], other[SAME]]).drop_duplicates(ignore_index=True)
    apart = np.abs(_counts(cells, squares) - _counts(other, squares))
    few = (apart > 0) & (apart < least_groups)
    found: pd.DataFrame = squares.assign(difference=apart)[few]
    return found.reset_index(drop=True)


def settled(
    cells: pd.DataFrame, earlier: Iterable[pd.DataFrame], least_groups: int
) -> tuple[pd.DataFrame, list[str]]:
    """Return cells, with a period as it was released before where too few groups are new in it.

    So a report that comes in late changes nothing of an earlier period until enough others do, and
    holds up no later one.  The second are the periods that stay as they were.

    Parameters
    ----------
    cells : pandas.DataFrame, table `RELEASED_CELLS`
    earlier : iterable of pandas.DataFrame, table `RELEASED_CELLS`
        Of the releases of the same tier, the oldest first.
    least_groups : int
    """
    kept: set[str] = set()
    for other in earlier:
        periods = difference(cells, other, least_groups)["period"]
        kept |= set(periods)
        new, old = cells["period"].isin(periods), other["period"].isin(periods)
        cells = pd.concat([cells[~new], other[old]], ignore_index=True)
    return cells, sorted(kept)


def _counts(cells: pd.DataFrame, squares: pd.DataFrame) -> Ints:
    """Return how many groups a release counts within each of some cells and periods."""
    low, high = cells[["west_m", "south_m"]].to_numpy(float), cells[["side_m"]].to_numpy(float)
    groups, months = cells["groups"].to_numpy(np.int64), [{*months_of(p)} for p in cells["period"]]
    found = np.zeros(len(squares), dtype=np.int64)
    corners, sides = (
        squares[["west_m", "south_m"]].to_numpy(float),
        squares["side_m"].to_numpy(float),
    )
    for number, (corner, side, period) in enumerate(
        zip(corners, sides, squares["period"], strict=True)
    ):
        own = set(months_of(period))
        within = np.array([each <= own for each in months], dtype=bool)
        inside = ((low >= corner) & (low + high <= corner + side)).all(axis=1)
        found[number] = groups[inside & within].sum()
    return found
