"""The rows of a table: their values by the columns of a schema, and what is wrong with each.

Each distinct cell of a column is read once, and numbers with one reading at one go, so that rows
cost no more than their distinct cells and their faults.
"""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, Final

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.schema import Column, Table
from layers.readers.tabular.parsing import (
    Cell,
    Fault,
    Options,
    RefusedError,
    by_row,
    plain_numbers,
    printable,
    value_of,
)
from layers.readers.tabular.tables import FileTable

_DTYPES: Final[dict[str, Any]] = {
    "float64": "float64",
    "Int64": "float64",
    "datetime64[us]": "datetime64[us]",
}
"""Dtypes of the values that are read, by that of their column; the others are text."""


class Reader:
    """Reads one column of a table after the other into values and faults."""

    def __init__(self, table: FileTable, options: Options) -> None:
        self.options = options
        cells = table.cells
        bad = cells.index.intersection([*table.bad])
        self.cells = cells.drop(index=bad) if len(bad) else cells
        self.faults = [table.bad[row] for row in bad.tolist()]
        self.index = self.cells.index
        self.values: dict[str, pd.Series] = {}

    def value_of(self, cell: Cell, column: Column) -> float | datetime | str:
        """Return what a cell says in a column; raise `RefusedError` where it says nothing."""
        return value_of(cell, column, self.options)

    def value(self, name: str) -> pd.Series:
        """Return the values of a column of numbers, all null where nothing is read of it yet."""
        blank = pd.Series(np.nan, index=self.index)
        return self.values.get(name, blank)

    def frame(self) -> pd.DataFrame:
        """Return the values of all columns that were read."""
        return pd.DataFrame(self.values, index=self.index)

    def flagged(self, column: str) -> list[int]:
        """Return the rows with a fault in a column."""
        return [fault.row for fault in self.faults if fault.column == column]

    def take(self, column: Column, cells: pd.Series) -> None:
        """Read a column of the schema, where its cells are filled."""
        self.values[column.name] = self.read(cells, column)

    def read(self, cells: pd.Series, column: Column) -> pd.Series:
        """Return the values of cells; what cannot be read is null, and a fault of the column."""
        dtype = _DTYPES.get(column.dtype, "str")
        if dtype == cells.dtype == "str" and not column.values:
            return cells
        if not cells.notna().any():
            return pd.Series(index=cells.index, dtype=dtype)
        plain = pd.Series(np.nan, cells.index)
        if dtype == "float64":
            plain = pd.Series(plain_numbers(cells, column), cells.index)
        unread = cells[cells.notna() & plain.isna()]
        answers: dict[Cell, object] = {}
        refused: dict[Cell, RefusedError] = {}
        for cell in unread.unique():
            try:
                answers[cell] = self.value_of(cell, column)
            except RefusedError as error:
                refused[cell] = error
        for row, cell in by_row(unread[unread.isin(list(refused))]):
            why = refused[cell]
            fault = Fault(row, column.name, cell, why.problem, why.fix)
            self.faults.append(fault)
        values = unread.map(answers).reindex(cells.index).astype(dtype)
        return plain.fillna(values) if dtype == "float64" else values


def missing(values: pd.DataFrame, reader: Reader, table: Table) -> list[Fault]:
    """Return the rows without a value that the table requires, and without a fault there."""
    blank = pd.Series(np.nan, values.index)
    faults: list[Fault] = []
    for column in table.columns:
        if column.required:
            is_empty = values.get(column.name, blank).isna()
            rows = is_empty[is_empty].index.difference(reader.flagged(column.name))
            problem = f"{column.name} is empty"
            fix = f"enter the {column.meaning}"
            faults += [
                Fault(row, column.name, None, problem, fix) for row in rows.tolist()
            ]
    return faults


def outside(positions: pd.DataFrame, region: BaseGeometry | None) -> Iterator[Fault]:
    """Yield the positions outside the region of the study, in longitude and latitude."""
    if region is None:
        return
    shapely.prepare(region)
    outside = positions[
        ~shapely.intersects_xy(region, positions["lon"], positions["lat"])
    ]
    swapped = shapely.intersects_xy(region, outside["lat"], outside["lon"])
    west, south, east, north = region.bounds
    where = f"lat {south:.2f} to {north:.2f}, lon {west:.2f} to {east:.2f}"
    places: Any = outside.itertuples()
    for place, is_swapped in zip(places, swapped, strict=True):
        lat, lon = printable(place.lat), printable(place.lon)
        problem = f"this lies far from the study region ({where})"
        fix = "check the digits and the decimal marks"
        if is_swapped:
            problem = "latitude and longitude are swapped"
            fix = f"write lat {lon}, lon {lat}"
        yield Fault(place.Index, "lat, lon", f"{lat}, {lon}", problem, fix)
