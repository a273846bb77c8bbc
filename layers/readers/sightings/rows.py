"""The rows of a sightings file: their values, checked one by one and against each other.

Each distinct cell of a column is read once, and numbers with one reading at one go, so that rows
cost no more than their distinct cells and their faults.
"""

import math
import re
from collections.abc import Iterator, Mapping, Sequence, Set
from decimal import Decimal, InvalidOperation
from typing import Final, cast

import numpy as np
import pandas as pd
import shapely
from shapely.geometry.base import BaseGeometry

from geo.schema import EMPTY_VISITS, NEEDS, RECORDS, VISIT, Column, Table
from layers.readers.sightings.cells import (
    Cell,
    Fault,
    Options,
    RefusedError,
    day,
    number,
    plain_numbers,
    printable,
    word,
)
from layers.readers.sightings.columns import (
    ACCURACY,
    GEOPOINT,
    POSITION,
    READ,
    FileColumns,
)
from layers.readers.sightings.containers import SERVERS
from layers.readers.sightings.tables import FileTable, Packed

WIDENED: Final = float(np.sqrt(np.log(0.05) / np.log(0.32)))
"""How much a device's 68 % radius grows to hold the position with 95 %: 1.62.

For a circular normal error a radius r holds the position with 1 - exp(-r² / 2σ²).  Android defines
``Location.getAccuracy`` as the radius of 68 %.
"""

_SAME_POINT: Final = 2e-5
"""Degrees by which a feature's properties and its geometry may differ: rounding."""
_TICKED: Final = frozenset({"1", "true", "yes"})
_PAIRS: Final = (("group_min", "group_max"), ("age_min", "age_max"))
_DEGREE_M: Final = math.pi / 180 * 6_371_008.8
"""Metres of a degree of latitude, on a sphere of the Earth's mean radius."""
_FEW_DECIMALS: Final = 3
"""The most decimals, in both coordinates, with which a position is known no better than these."""


def read_rows(
    table: FileTable, columns: FileColumns, options: Options
) -> tuple[Packed, list[Fault]]:
    """Return the values of a table's rows, columns of `RECORDS`, and all faults of single rows.

    A value is null where nothing could be read; the index is the number of the row.
    """
    reader = Reader(table, options)
    for position in columns.reviews:
        reader.faults += reviewed(reader.cells[position], table.header[position])
    cells = {name: reader.cells[position] for name, position in columns.at.items()}
    drawn = {name: cells.pop(at) for at, name in POSITION.items() if at in cells}
    for name, points in drawn.items():
        cells[name] = _filled(cells.get(name), points.where(points.map(_is_number)))
    if GEOPOINT in cells:
        cells |= _of_geopoint(cells.pop(GEOPOINT), cells)
    for name in [name for name in cells if name not in {"needs", ACCURACY}]:
        reader.take(READ[name], cells[name])
    if "needs" in columns.at or columns.needs:
        reader.take_choices("needs", columns.at.get("needs"), columns.needs, NEEDS)
    for name, points in drawn.items():
        reader.compare(name, points)
    if ACCURACY in cells:
        reader.take_accuracy(cells[ACCURACY])
    values = pd.DataFrame(reader.values, index=reader.index)
    reader.faults += missing(values, reader.faulty, RECORDS)
    if {"lat", "lon"} <= set(values):
        reader.faults += outside(values[["lat", "lon"]].dropna(), options.region)
        if "uncertainty_m" in values:
            sure = list(_too_sure(values, cells))
            stated = values["uncertainty_m"].drop([fault.row for fault in sure])
            reader.faults += [*sure, *_exact(stated)]
    for check in (_reversed, _ends_before, _visits):
        reader.faults += check(values)
    return Packed(values), reader.faults


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
        cells = table.cells
        bad = cells.index.intersection([*table.bad])
        self.cells = cells.drop(index=bad) if len(bad) else cells
        self.faults = [table.bad[row] for row in bad.tolist()]
        self.index = self.cells.index
        self.values: dict[str, pd.Series] = {}
        self.faulty: dict[str, set[int]] = {}

    def value(self, name: str) -> pd.Series:
        """Return the values of a column of numbers, all null where nothing is read of it yet."""
        blank = pd.Series(np.nan, index=self.index)
        return self.values.get(name, blank)

    def flag(self, row: int, column: str, value: Cell, problem: str, fix: str) -> None:
        """Note a fault of one row."""
        self.faults.append(Fault(row, column, value, problem, fix))
        self.faulty.setdefault(column, set()).add(row)

    def take(self, column: Column, cells: pd.Series) -> None:
        """Read a column of the schema, where its cells are filled."""
        self.values[column.name] = self.read(cells, column)

    def read(self, cells: pd.Series, column: Column) -> pd.Series:
        """Return the values of cells; what cannot be read is null, and a fault of the column."""
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
                answers.append(_answer(cell, column, self.options))
            except RefusedError as error:
                answers.append(None)
                refused[code] = error
        out[remaining] = np.array([*answers, None], dtype=object)[codes]
        bad = np.isin(codes, list(refused))
        for row, code in zip(
            self.index[remaining][bad].tolist(), codes[bad].tolist(), strict=True
        ):
            self.flag(
                row,
                column.name,
                distinct[code],
                refused[code].problem,
                refused[code].fix,
            )
        read = pd.Series(out, index=self.index)
        if numbers:
            return read.astype("float64")
        return read.astype(
            "datetime64[us]" if column.dtype == "datetime64[us]" else "str"
        )

    def take_choices(
        self,
        name: str,
        text: int | None,
        ticks: Mapping[str, int],
        allowed: Sequence[str],
    ) -> None:
        """Take a select-multiple question from its own column, its choices' columns, or both.

        `text` is the place of the column that lists the choices, `ticks` that of each choice.
        """
        answers = [
            cells.isin(
                [
                    cell
                    for cell in cells.unique()
                    if printable(cell).casefold() in _TICKED
                ]
            )
            for cells in (self.cells[i] for i in ticks.values())
        ]
        listed = (
            pd.Series("", self.index)
            if text is None
            else self.cells[text].astype(object)
        )
        answers.append(listed.where(listed.notna(), "").map(str))
        code, distinct = pd.factorize(
            np.fromiter(zip(*answers, strict=True), object, len(listed))
        )
        read: list[str | None] = []
        for k, (*marks, words) in enumerate(distinct):
            ticked = {choice for choice, mark in zip(ticks, marks, strict=True) if mark}
            named = set(re.split(r"[\s,;]+", words.casefold().strip(" ,;"))) - {""}
            if fault := _choices_fault(name, named, ticked, allowed, bool(ticks)):
                for row in self.index[code == k].tolist():
                    self.flag(row, name, *fault)
            read.append("; ".join(n for n in allowed if n in named | ticked) or None)
        found = np.array([*read, None], dtype=object)[code]
        self.values[name] = pd.Series(found, index=self.index, dtype="str")

    def compare(self, name: str, points: pd.Series) -> None:
        """Flag what is not the one point of a feature, or not where its properties say."""
        bad = points.notna() & ~points.map(_is_number)
        for row, cell in zip(
            self.index[bad].tolist(), points[bad].tolist(), strict=True
        ):
            self.flag(
                row,
                name,
                cell,
                "the geometry is not one point",
                "give each sighting one point",
            )
        drawn, stated = points.mask(bad).astype("float64"), self.value(name)
        for row in self.index[(drawn - stated).abs() > _SAME_POINT].tolist():
            both = printable(stated[row]), printable(drawn[row])
            problem = f"the property says {both[0]}, the geometry {both[1]}"
            self.flag(row, name, both[0], problem, "correct one of the two")

    def take_accuracy(self, cells: pd.Series) -> None:
        """Uncertainty is the observer's radius plus the 95 % radius of the device."""
        accuracy = self.read(cells, READ[ACCURACY])
        for row in self.index[accuracy == 0].tolist():
            self.flag(
                row,
                "uncertainty_m",
                cells[row],
                "the device states an accuracy of 0 m, which none has",
                "write the accuracy that it showed; a point set on a map has none, so leave "
                "it empty there and enter uncertainty_m",
            )
        radius = WIDENED * accuracy.where(accuracy > 0)
        stated = self.value("uncertainty_m")
        self.values["uncertainty_m"] = (stated.fillna(0) + radius).fillna(stated)
        kind = self.values.get(
            "located_kind", pd.Series(None, index=self.index, dtype="str")
        )
        self.values["located_kind"] = kind.mask(kind.isna() & radius.notna(), "device")


def _is_number(cell: object) -> bool:
    return isinstance(cell, float)


def _filled(first: pd.Series | None, second: pd.Series) -> pd.Series:
    """Return the first cells, and the second where those are empty."""
    if first is None:
        return second
    cells = first if first.dtype == second.dtype else first.astype(object)
    return cells.where(first.notna(), second)


def _of_geopoint(
    text: pd.Series, parts: Mapping[str, pd.Series]
) -> dict[str, pd.Series]:
    """Return a position and its accuracy from one cell, else from the columns of its parts."""
    split = text.str.split(" ", expand=True).reindex(columns=range(4))
    split[3] = (
        split[3].astype("float64").astype(object)
    )  # a server's number has one reading
    cells = {"lat": split[0], "lon": split[1], ACCURACY: split[3]}
    return {
        name: _filled(part, parts[name]) if name in parts else part
        for name, part in cells.items()
    }


def _choices_fault(
    name: str,
    listed: set[str],
    ticked: set[str],
    allowed: Sequence[str],
    has_columns: bool,
) -> tuple[Cell, str, str] | None:
    """Return value, problem and fix of an answer that cannot be used."""
    if unknown := sorted((listed | ticked) - set(allowed)):
        fix = f"use any of: {', '.join(allowed)}"
        return ", ".join(unknown), f"{name} knows no such value", fix
    if listed and has_columns and listed != ticked:
        ticks = ", ".join(sorted(ticked)) or "nothing"
        problem = (
            f"the answer lists {', '.join(sorted(listed))}, its columns tick {ticks}"
        )
        return None, problem, "correct one of the two"
    return None


def reviewed(cells: pd.Series, header: str) -> Iterator[Fault]:
    """Yield a fault for each submission that a reviewer has not let pass.

    KoboToolbox keeps the decision in ``_validation_status``, ODK Central in ``ReviewState``.
    """
    for decision, rows in cells.groupby(cells, sort=False).groups.items():
        cell = cast("Cell", decision)
        named = re.search(
            r'"uid": *"([^"]*)"', str(cell)
        )  # a record of uid, label and colour
        letters = re.sub(r"[^a-z]", "", (named[1] if named else str(cell)).casefold())
        letters = letters.removeprefix("validationstatus")
        if letters in SERVERS["review"]["let_in"]:
            continue
        if letters in (words := SERVERS["review"]["left_out"]):
            problem = f"a reviewer marked this submission as {words[letters]}"
            fix = "to use it, approve it on the server and export again"
        else:
            problem = "this decision of a reviewer is not known"
            fix = "export values and headers in XML, not their labels"
        for row in rows.tolist():
            yield Fault(row, header, cell, problem, fix)


def least_uncertainty_m(decimals: int) -> float:
    """Return half a unit of the last decimal of a latitude, in metres."""
    return _DEGREE_M / 2 * 10.0**-decimals


def missing(
    values: pd.DataFrame, faulty: Mapping[str, Set[int]], table: Table
) -> Iterator[Fault]:
    """Yield the rows without a value that the table requires, and without a fault there."""
    for column in table.columns:
        if column.required:
            empty = values[column.name].isna() if column.name in values else None
            rows = values.index if empty is None else values.index[empty]
            for row in rows.difference(
                list(faulty.get(column.name, ())), sort=False
            ).tolist():
                yield Fault(
                    row,
                    column.name,
                    None,
                    f"{column.name} is empty",
                    f"enter the {column.meaning}",
                )


def outside(at: pd.DataFrame, region: BaseGeometry | None) -> Iterator[Fault]:
    """Yield the positions outside the region of the study, in longitude and latitude."""
    if region is None:
        return
    shapely.prepare(region)
    outside = at[~shapely.intersects_xy(region, at["lon"], at["lat"])]
    swapped = shapely.intersects_xy(region, outside["lat"], outside["lon"])
    west, south, east, north = region.bounds
    for (row, lat, lon), swap in zip(
        outside.itertuples(), swapped.tolist(), strict=True
    ):
        both = f"{printable(lat)}, {printable(lon)}"
        if swap:
            yield Fault(
                row,
                "lat, lon",
                both,
                "latitude and longitude are swapped",
                f"write lat {printable(lon)}, lon {printable(lat)}",
            )
        else:
            yield Fault(
                row,
                "lat, lon",
                both,
                "this lies far from the study region "
                f"(lat {south:.2f} to {north:.2f}, lon {west:.2f} to {east:.2f})",
                "check the digits and the decimal marks",
            )


def _exact(uncertainty_m: pd.Series) -> Iterator[Fault]:
    """Yield the positions that are stated to be known without any error."""
    for row in uncertainty_m.index[uncertainty_m == 0].tolist():
        yield Fault(
            row,
            "uncertainty_m",
            0.0,
            "no position is known to 0 m",
            "enter how far the true place may lie from it",
        )


def _too_sure(values: pd.DataFrame, places: Mapping[str, pd.Series]) -> Iterator[Fault]:
    """Yield the positions that are stated to be known better than their decimals tell.

    Only numbers with few decimals are looked at.  A zero at the end counts where it is written;
    a spreadsheet drops it, so the coordinate with more decimals decides.
    """
    at, uncertainty_m = values[["lat", "lon"]], values["uncertainty_m"]
    few = (at.round(_FEW_DECIMALS) == at).all(axis=1) & (
        uncertainty_m < least_uncertainty_m(0)
    )
    for row, stated in zip(
        values.index[few].tolist(), uncertainty_m[few].tolist(), strict=True
    ):
        decimals = max(_decimals(places[name][row]) for name in ("lat", "lon"))
        least = least_uncertainty_m(decimals)
        if decimals <= _FEW_DECIMALS and stated < least:
            yield Fault(
                row,
                "uncertainty_m",
                stated,
                f"a position with {decimals} decimals is known no better than "
                f"{math.ceil(least)} m",
                f"enter at least {math.ceil(least)}, or the position with all its decimals",
            )


def _decimals(cell: Cell) -> int:
    """Return how many decimals a number has as it is written, with an exponent or without."""
    try:
        exponent = Decimal(printable(cell).replace(",", ".")).as_tuple().exponent
    except InvalidOperation:
        return 99
    return max(-exponent, 0) if isinstance(exponent, int) else 99


def _reversed(values: pd.DataFrame) -> Iterator[Fault]:
    for low, high in _PAIRS:
        if {low, high} <= set(values):
            both = values.loc[values[low] > values[high], [low, high]]
            for row, least, most in both.itertuples():
                yield Fault(
                    row,
                    f"{low}, {high}",
                    f"{least:.0f}, {most:.0f}",
                    f"{low} is above {high}",
                    "exchange them, or correct one",
                )


def _ends_before(values: pd.DataFrame) -> Iterator[Fault]:
    if not {"date_from", "date_to"} <= set(values):
        return
    start, end = values["date_from"], values["date_to"]
    hours = (start != start.dt.normalize()) & (end != end.dt.normalize())
    before = (end.dt.normalize() < start.dt.normalize()) | (hours & (end < start))
    for row, first, last in values.loc[before, ["date_from", "date_to"]].itertuples():
        yield Fault(
            row,
            "date_from, date_to",
            f"{first:%Y-%m-%d}, {last:%Y-%m-%d}",
            "the end is before the start",
            "exchange them, or correct one",
        )


def _visits(values: pd.DataFrame) -> Iterator[Fault]:
    """Yield the visits where nobody was met that describe a group."""
    if "kind" not in values:
        return
    visits = values[values["kind"] == VISIT]
    people = visits[
        [name for name in visits if name not in {*EMPTY_VISITS.names, "kind"}]
    ]
    for row, filled in zip(
        people.index.tolist(), people.notna().to_numpy(), strict=True
    ):
        names = ", ".join(np.array(people.columns, dtype=object)[filled])
        if names:
            yield Fault(
                row,
                names,
                None,
                "a visit where nobody was met has a group described",
                f"enter it as a sighting, or leave {names} empty",
            )
