"""The rows of a sightings file: their values, and every flaw that each shows by itself.

Each distinct cell of a column is read once, and numbers with one reading at one go, so that rows
cost no more than their distinct cells and their faults.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Final

import numpy as np
import pandas as pd

from layers.readers.sightings.cells import Cell, Fault, RefusedError, printable
from layers.readers.sightings.columns import FileColumns, Geopoint
from layers.readers.sightings.rowchecks import faults_of, reviewed
from layers.readers.sightings.tables import FileTable, Packed
from layers.readers.sightings.values import Options, day, number, plain_numbers, word
from layers.schema import NEEDS, RECORDS, VISIT, Column

WIDENED: Final = math.sqrt(math.log(0.05) / math.log(0.32))
"""By how much a device's 68 % radius grows to hold the position with 95 %: 1.62.

For a circular normal error a radius r holds the position with 1 - exp(-r² / 2σ²).  Android defines
``Location.getAccuracy`` as the radius of 68 %.
"""

_KIND: Final = replace(RECORDS["kind"], values=(*RECORDS["kind"].values, VISIT))
_ACCURACY: Final = Column("accuracy", "float64", "68 % radius", "m", minimum=0, maximum=100_000)
_SAME_POINT: Final = 2e-5
"""Degrees by which a feature's properties and its geometry may differ: rounding."""
_POINT: Final = Options(decimal=".")
"""How a geopoint in one cell writes its numbers."""
_TICKED: Final = frozenset({"1", "true", "yes"})


@dataclass(frozen=True)
class Rows:
    """What the rows of a chunk say, as far as they could be read."""

    packed: Packed
    """Columns of `RECORDS`, null where nothing was read, by the number of the row."""
    faults: list[Fault]
    """Those of one row in the order of the checks."""


def read_rows(table: FileTable, columns: FileColumns, options: Options) -> Rows:
    """Read the rows of a table into the values of `RECORDS`, gathering all their faults."""
    reader = Reader(table, options)
    for position in columns.reviews:
        reader.faults += reviewed(reader.cells[position], table.header[position])
    for name, position in columns.at.items():
        if name != "needs":
            reader.take(_KIND if name == "kind" else RECORDS[name], reader.cells[position])
    if "needs" in columns.at or columns.needs:
        reader.take_choices("needs", columns.at.get("needs"), columns.needs, NEEDS)
    if columns.geometry:
        reader.take_geometry(*columns.geometry)
    if columns.geopoint:
        reader.take_geopoint(columns.geopoint)
    values = pd.DataFrame(reader.values, index=reader.index)
    faults = [
        *of_the_table(table),
        *reader.faults,
        *faults_of(values, reader.places, reader.faulty, options.region),
    ]
    return Rows(Packed(values), faults)


def of_the_table(table: FileTable) -> Iterator[Fault]:
    """Yield the faults that rows have whatever their cells say."""
    width = len(table.header)
    for row, cells in table.cut.items():
        yield Fault(
            row, "", None, f"the row has {cells} cells, the header {width}",
            "check it for a separator too many or too few, and put text that holds one in "
            "quotation marks",
        )  # fmt: skip
    for row in sorted(table.hidden_rows.intersection(table.cells.index)):
        yield Fault(row, "", None, "the workbook hides this row",
                   "unhide it to use it, or delete it")  # fmt: skip


def _answer(cell: Cell, column: Column, options: Options) -> object:
    match column.dtype:
        case "float64" | "Int64":
            return number(cell, column, options)
        case "datetime64[us]":
            return day(cell, options)
    return word(cell, column)


class Reader:
    """Reads one column of a table after the other into values and faults."""

    def __init__(self, table: FileTable, options: Options) -> None:
        self.options = options
        # A row that is cut wrongly has its cells in the wrong columns: nothing is read of it.
        self.cells = table.cells.drop(index=list(table.cut)) if table.cut else table.cells
        self.index = self.cells.index
        self.values: dict[str, pd.Series] = {}
        self.places: dict[str, pd.Series] = {}
        self.faults: list[Fault] = []
        self.faulty: dict[str, set[int]] = {}

    def value(self, name: str) -> pd.Series:
        """Return the values of a column of numbers, all null where nothing is read of it yet."""
        blank = pd.Series(np.nan, index=self.index)
        return self.values.get(name, blank)

    def flag(self, row: int, column: str, value: Cell, problem: str, fix: str) -> None:
        """Note a fault of one row."""
        self.faults.append(Fault(row, column, value, problem, fix))
        self.faulty.setdefault(column, set()).add(row)

    def take(self, column: Column, cells: pd.Series, options: Options | None = None) -> None:
        """Read a column of the schema, where its cells are filled."""
        read = self.read(cells, column, options or self.options, column.name)
        if column.name in self.values:
            read = self.values[column.name].where(cells.isna(), read)
        self.values[column.name] = read
        if column.name in {"lat", "lon"}:
            before = self.places.get(column.name)
            self.places[column.name] = (
                cells if before is None else before.astype(object).where(cells.isna(), cells)
            )

    def read(self, cells: pd.Series, column: Column, options: Options, at: str) -> pd.Series:
        """Return the values of cells; what cannot be read is null, and a fault of column `at`."""
        if column.dtype == "string" and not column.values and cells.dtype == "str":
            return cells
        numbers = column.dtype in {"float64", "Int64"}
        out = np.full(len(cells), None, dtype=object)
        remaining = cells.notna().to_numpy(bool)
        if numbers:
            out = plain_numbers(cells, column)
            remaining = remaining & np.isnan(out)
        codes, distinct = pd.factorize(cells[remaining].array)
        answers: list[object] = []
        refused: dict[int, RefusedError] = {}
        for code, cell in enumerate(distinct):
            try:
                answers.append(_answer(cell, column, options))
            except RefusedError as error:
                answers.append(None)
                refused[code] = error
        out[remaining] = np.array([*answers, None], dtype=object)[codes]
        bad = np.isin(codes, list(refused))
        for row, code in zip(self.index[remaining][bad].tolist(), codes[bad].tolist(), strict=True):
            self.flag(row, at, distinct[code], refused[code].problem, refused[code].fix)
        read = pd.Series(out, index=self.index)
        if numbers:
            return read.astype("float64")
        return read.astype("datetime64[us]" if column.dtype == "datetime64[us]" else "str")

    def take_choices(
        self, name: str, text: int | None, ticks: Mapping[str, int], allowed: Sequence[str]
    ) -> None:
        """Take a select-multiple question from its own column, its choices' columns, or both.

        `text` is the place of the column that lists the choices, `ticks` that of each choice.
        """
        answers = pd.DataFrame({choice: _ticked(self.cells[i]) for choice, i in ticks.items()},
                               index=self.index)  # fmt: skip
        listed = pd.Series("", self.index) if text is None else self.cells[text].astype(object)
        answers["(text)"] = listed.where(listed.notna(), "").map(str)
        code = answers.groupby(list(answers), sort=False).ngroup()
        read: list[str | None] = []
        for k, (*marks, words) in enumerate(answers.drop_duplicates().to_numpy(object).tolist()):
            ticked = {choice for choice, mark in zip(ticks, marks, strict=True) if mark}
            named = set(re.split(r"[\s,;]+", words.casefold().strip(" ,;"))) - {""}
            if fault := _choices_fault(name, named, ticked, allowed, bool(ticks)):
                for row in self.index[code == k].tolist():
                    self.flag(row, name, *fault)
            read.append("; ".join(n for n in allowed if n in named | ticked) or None)
        found = np.array([*read, None], dtype=object)[code.to_numpy()]
        self.values[name] = pd.Series(found, index=self.index, dtype="str")

    def take_geometry(self, lat: int, lon: int) -> None:
        """Take the point of a feature; lat and lon that disagree with the geometry are a fault."""
        for name, position in (("lat", lat), ("lon", lon)):
            cells, stated = self.cells[position], self.value(name)
            words = cells.map(lambda cell: isinstance(cell, str)).to_numpy(bool)
            bad = cells[words]
            for row, cell in zip(bad.index.tolist(), bad.tolist(), strict=True):
                self.flag(row, name, cell, "the geometry is not one point",
                          "give each sighting one point")  # fmt: skip
            drawn = cells.mask(words).astype("float64")
            for row in self.index[(drawn - stated).abs() > _SAME_POINT].tolist():
                both = printable(stated[row]), printable(drawn[row])
                problem = f"the property says {both[0]}, the geometry {both[1]}"
                self.flag(row, name, both[0], problem, "correct one of the two")
            self.take(RECORDS[name], drawn.where(stated.isna()).astype(object), Options())

    def take_geopoint(self, point: Geopoint) -> None:
        """Take a position from its columns, and from one cell where that is filled."""
        parts = {"lat": point.lat, "lon": point.lon, "accuracy": point.accuracy}
        text = None if point.text is None else self.cells[point.text]
        sources = []
        if text is not None:
            split = text.astype("str").str.split(" ", expand=True).reindex(columns=range(4))
            sources.append((_POINT, {"lat": split[0], "lon": split[1], "accuracy": split[3]}))
        columns = {name: self.cells[i] for name, i in parts.items() if i is not None}
        if text is not None:
            columns = {name: cells.where(text.isna()) for name, cells in columns.items()}
        sources.append((self.options, columns))
        for options, cells in sources:
            for name in ("lat", "lon"):
                if name in cells:
                    self.take(RECORDS[name], cells[name], options)
            if "accuracy" in cells:
                self.take_accuracy(cells["accuracy"], options)

    def take_accuracy(self, cells: pd.Series, options: Options) -> None:
        """Uncertainty is the observer's radius plus the 95 % radius of the device."""
        accuracy = self.read(cells, _ACCURACY, options, "uncertainty_m")
        for row in self.index[accuracy == 0].tolist():
            self.flag(row, "uncertainty_m", cells[row],
                      "the device states an accuracy of 0 m, which none has",
                      "write the accuracy that it showed; a point set on a map has none, so leave "
                      "it empty there and enter uncertainty_m")  # fmt: skip
        radius = WIDENED * accuracy.where(accuracy > 0)
        stated = self.value("uncertainty_m")
        self.values["uncertainty_m"] = (stated.fillna(0) + radius).fillna(stated)
        kind = self.values.get("located_kind", pd.Series(None, index=self.index, dtype="str"))
        self.values["located_kind"] = kind.mask(kind.isna() & radius.notna(), "device")


def _ticked(cells: pd.Series) -> pd.Series:
    """Return whether the column of a choice says that it was chosen."""
    return cells.map(lambda cell: printable(cell).casefold() in _TICKED)


def _choices_fault(
    name: str, listed: set[str], ticked: set[str], allowed: Sequence[str], has_columns: bool
) -> tuple[Cell, str, str] | None:
    """Return value, problem and fix of an answer that cannot be used."""
    if unknown := sorted((listed | ticked) - set(allowed)):
        fix = f"use any of: {', '.join(allowed)}"
        return ", ".join(unknown), f"{name} knows no such value", fix
    if listed and has_columns and listed != ticked:
        ticks = ", ".join(sorted(ticked)) or "nothing"
        problem = f"the answer lists {', '.join(sorted(listed))}, its columns tick {ticks}"
        return None, problem, "correct one of the two"
    return None
