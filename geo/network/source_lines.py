"""Lines as they come: their parts, their direction of travel, their tags, and which are twins.

Graphs of streets hold a two-way street twice, once each way (osmnx); other tables repeat a line.
Twins are lines with the same vertices, whichever way they are drawn::

    a --->--- b      one line of two that are drawn each way: passable both ways
    a ---<--- b      one line of two that are drawn the same way: passable as drawn
"""

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Bools, Floats, Ints, Objects
from geo.crs import Frame
from geo.network.segments import require_lines

VERTEX_GRID_M: Final = 0.001
"""Vertices that round to the same millimetre are one vertex."""

_DIRECTION: Final = {
    "1": 1,
    "1.0": 1,
    "yes": 1,
    "true": 1,
    "0": 0,
    "0.0": 0,
    "no": 0,
    "false": 0,
    "-1": -1,
    "-1.0": -1,
    "reverse": -1,
    "reversible": 0,
    "alternating": 0,
}


class NetworkError(ValueError):
    """A network cannot be built from these lines or used with these values."""


def parts_of(lines: Frame) -> tuple[Objects, Ints]:
    """Return the LineStrings of lines, and the row of each; `NetworkError` for any other."""
    geometry = require_lines(lines, NetworkError)
    parts, row_of_each = shapely.get_parts(geometry, return_index=True)
    return parts, row_of_each


def directions_of(lines: Frame) -> Ints:
    """Return how each line may be travelled: 1 as drawn, -1 against, 0 both ways or not said."""
    if not isinstance(lines, gpd.GeoDataFrame) or "oneway" not in lines:
        return np.zeros(len(lines), dtype=int)
    text = lines["oneway"].astype("string").fillna("no").str.lower()
    direction = text.map(_DIRECTION).to_numpy(float, na_value=np.nan)
    if np.isnan(direction).any():
        row = int(np.flatnonzero(np.isnan(direction))[0])
        raise NetworkError(
            f"oneway of row {lines.index[row]!r} of lines is {lines['oneway'].iloc[row]!r}. "
            "Fix: 1 (passable as drawn), -1 (against) or 0 (both ways)"
        )
    return direction.astype(int)


def tag(ways: pd.DataFrame, column: str) -> pd.Series:
    """Return a tag of ways as text; the first of several, null where there is none."""
    if column not in ways:
        return pd.Series(pd.NA, index=ways.index, dtype="string")
    value = ways[column]
    if value.dtype == object:
        # An edge that osmnx merged from several ways holds a list.
        value = value.map(lambda v: v[0] if isinstance(v, (list, tuple)) and v else v)
    return value.astype("string")


def merge_twins(xy: Floats, owner: Ints, oneway: Ints) -> tuple[Bools, Ints]:
    """Return which lines repeat none before them, and how each may be travelled with its twins.

    `owner` is the number of the line of each vertex, from 0, without a gap; `oneway` is that of
    each line.
    """
    if not len(owner):
        return np.zeros(0, dtype=bool), oneway
    first, turned = _first_of_same(xy, owner)
    along = np.where(turned, -oneway, oneway)
    ahead, behind = np.zeros((2, len(first)), dtype=int)
    ahead[first[along >= 0]] = 1
    behind[first[along <= 0]] = 1
    return first == np.arange(len(first)), ahead[first] - behind[first]


def _first_of_same(xy: Floats, owner: Ints) -> tuple[Ints, Bools]:
    """Return the first line with the vertices of each, and whether that runs the other way."""
    grid = np.round(xy / VERTEX_GRID_M).astype(int)
    begin = np.flatnonzero(np.diff(owner, prepend=-1))
    # Twins have as many vertices, of the same sum: few lines have to be compared.
    sums = pd.DataFrame(np.add.reduceat(grid, begin))
    sums["vertices"] = np.diff(begin, append=len(owner))
    alike = np.flatnonzero(sums.duplicated(keep=False))
    vertices = [grid[begin[line] :][: sums["vertices"][line]] for line in alike]
    forth = np.array([line.tobytes() for line in vertices], dtype=object)
    back = np.array([line[::-1].tobytes() for line in vertices], dtype=object)
    same, _ = pd.factorize(np.minimum(forth, back))
    _, first_of_same = np.unique(same, return_index=True)
    twin = first_of_same[same]
    first = np.arange(len(begin))
    first[alike] = alike[twin]
    turned = np.zeros(len(begin), dtype=bool)
    turned[alike] = forth != forth[twin]
    return first, turned


def repeated(lines: Frame) -> Bools:
    """Mark the lines that repeat one before them, so that no street counts twice."""
    xy, owner = shapely.get_coordinates(lines.geometry.values, return_index=True)
    rows, number = np.unique(owner, return_inverse=True)
    single, _ = merge_twins(xy, number, np.zeros(len(rows), dtype=int))
    repeats = np.zeros(len(lines), dtype=bool)
    repeats[rows[~single]] = True
    return repeats
