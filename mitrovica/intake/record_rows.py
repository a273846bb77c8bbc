"""The rows of a sightings file: their values, checked one by one and against each other."""

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from decimal import Decimal, InvalidOperation
from typing import Final

import numpy as np
import pandas as pd

from geo.schema import EMPTY_VISITS, NEEDS, RECORDS, VISIT, Column
from layers.readers import sightings
from layers.readers.tabular.parsing import Cell, Fault, by_row, faults_of, printable
from layers.readers.tabular.rows import Reader, missing, outside
from layers.readers.tabular.tables import FileTable
from mitrovica.intake import quantities
from mitrovica.intake.columns import ACCURACY, GEOPOINT, POSITION, READ, FileColumns
from mitrovica.intake.containers import SERVERS
from mitrovica.intake.options import FileOptions
from mitrovica.intake.quantities import half_unit_degrees

WIDENED: Final = float(np.sqrt(np.log(0.05) / np.log(0.32)))
"""How much a device's 68 % radius grows to hold the position with 95 %: 1.62.

For a circular normal error a radius r holds the position with 1 - exp(-r² / 2σ²).  Android defines
``Location.getAccuracy`` as the radius of 68 %.
"""

_SAME_POINT: Final = 2e-5
"""Degrees by which a feature's properties and its geometry may differ: rounding."""
_TICKED: Final = frozenset({"1", "true", "yes"})
_DEGREE_M: Final = math.pi / 180 * 6_371_008.8
"""Metres of a degree of latitude, on a sphere of the Earth's mean radius."""
_FEW_DECIMALS: Final = 3
"""The most decimals, in both coordinates, with which a position is known no better than these."""


def read_rows(
    table: FileTable, columns: FileColumns, options: FileOptions
) -> tuple[pd.DataFrame, list[Fault]]:
    """Return the values of a table's rows, columns of `RECORDS`, and all faults of single rows.

    A value is null where nothing could be read; the index is the number of the row.
    """
    reader = FormReader(table, options)
    for position in columns.reviews:
        reader.faults += reviewed(reader.cells[position], table.header[position])
    cells = {name: reader.cells[position] for name, position in columns.places.items()}
    drawn = {
        name: cells.pop(header) for header, name in POSITION.items() if header in cells
    }
    for name, points in drawn.items():
        numbers_drawn = points.where(points.map(_is_number))
        cells[name] = _filled(cells.get(name), numbers_drawn)
    if GEOPOINT in cells:
        for name, part in _parts_of(cells.pop(GEOPOINT)).items():
            cells[name] = _filled(part, cells[name]) if name in cells else part
    for name, column in cells.items():
        if name not in {"needs", ACCURACY}:
            reader.take(READ[name], column)
    if "needs" in columns.places or columns.needs:
        reader.take_choices("needs", columns.places.get("needs"), columns.needs, NEEDS)
    for name, points in drawn.items():
        reader.compare(name, points)
    if ACCURACY in cells:
        reader.take_accuracy(cells[ACCURACY])
    values = reader.frame()
    faults = [*reader.faults, *missing(values, reader, RECORDS)]
    faults += outside(values[["lat", "lon"]].dropna(), options.region)
    return values, [
        *faults,
        *_too_sure(values, cells),
        *sightings.compared(values),
        *_visits(values),
    ]


class FormReader(Reader):
    """Reads what people write in a form: choices, points, sizes and days in their words."""

    options: FileOptions

    def value_of(self, cell: Cell, column: Column) -> float | datetime | str:
        """Return what a cell says, in degrees and minutes, with a unit or a month's name too."""
        return quantities.value_of(cell, column, self.options)

    def take_choices(
        self,
        name: str,
        text: int | None,
        ticks: Mapping[str, int],
        allowed: Sequence[str],
    ) -> None:
        """Take a select-multiple question from its own column, its choices' columns, or both.

        Parameters
        ----------
        name
            Of the question.
        text
            Place of the column that lists the choices.
        ticks
            Place of the column of each choice.
        allowed
            The choices that the question knows.
        """
        answers = pd.DataFrame("", self.index, ["text", *ticks], dtype=object)
        if text is not None:
            answers["text"] = self.cells[text].astype(object).fillna("")
        for choice, place in ticks.items():
            answers[choice] = self.cells[place].map(_is_ticked)
        read = pd.Series(None, self.index, dtype="str")
        distinct = pd.Series(list(answers.itertuples(index=False)), self.index)
        for (words, *ticked_marks), same in distinct.groupby(distinct, sort=False):
            listed = set(re.findall(r"[^\s,;]+", str(words).casefold()))
            ticked = {
                choice for choice, mark in zip(ticks, ticked_marks, strict=True) if mark
            }
            if fault := _choices_fault(name, listed, ticked, allowed, bool(ticks)):
                rows = same.index.tolist()
                self.faults += [Fault(row, name, *fault) for row in rows]
            chosen = [choice for choice in allowed if choice in listed | ticked]
            read[same.index] = "; ".join(chosen) or None
        self.values[name] = read

    def compare(self, name: str, points: pd.Series) -> None:
        """Flag what is not the one point of a feature, or not where its properties say."""
        wrong = points[points.notna() & ~points.map(_is_number)]
        problem, fix = ("the geometry is not one point", "give each sighting one point")
        self.faults += faults_of(wrong, name, problem, fix)
        drawn = points.drop(wrong.index).astype("float64")
        stated = self.value(name)[drawn.index]
        for row in drawn.index[(drawn - stated).abs() > _SAME_POINT]:
            said = printable(stated[row])
            problem = f"the property says {said}, the geometry {printable(drawn[row])}"
            fault = Fault(row, name, said, problem, "correct one of the two")
            self.faults.append(fault)

    def take_accuracy(self, cells: pd.Series) -> None:
        """Uncertainty is the observer's radius plus the 95 % radius of the device."""
        accuracy = self.read(cells, READ[ACCURACY])
        self.faults += faults_of(
            cells[accuracy == 0],
            "uncertainty_m",
            "the device states an accuracy of 0 m, which none has",
            "write the accuracy that it showed; a point set on a map has none, so leave it empty "
            "there and enter uncertainty_m",
        )
        radius = WIDENED * accuracy.where(accuracy > 0)
        stated = self.value("uncertainty_m")
        self.values["uncertainty_m"] = (stated.fillna(0) + radius).fillna(stated)
        blank = pd.Series(None, self.index, dtype="str")
        kind = self.values.get("located_kind", blank)
        self.values["located_kind"] = kind.mask(kind.isna() & radius.notna(), "device")


def _is_ticked(cell: object) -> bool:
    return printable(cell).casefold() in _TICKED


def _is_number(cell: object) -> bool:
    return isinstance(cell, float)


def _filled(first: pd.Series | None, second: pd.Series) -> pd.Series:
    """Return the first cells, and the second where those are empty."""
    if first is None:
        return second
    cells = first if first.dtype == second.dtype else first.astype(object)
    return cells.where(first.notna(), second)


def _parts_of(geopoint: pd.Series) -> dict[str, pd.Series]:
    """Return the position and its accuracy of points that stand in one cell."""
    split = geopoint.str.split(" ", expand=True).reindex(columns=range(4))
    # A server's number has one reading.
    accuracy = split[3].astype("float64").astype(object)
    return {"lat": split[0], "lon": split[1], ACCURACY: accuracy}


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
    words = SERVERS["review"]["left_out"]
    for cell, same in cells.groupby(cells, sort=False):
        # KoboToolbox writes a record of uid, label and colour.
        record = re.search(r'"uid": *"([^"]*)"', str(cell))
        decision = record[1] if record else str(cell)
        letters = re.sub(r"[^a-z]", "", decision.casefold())
        letters = letters.removeprefix("validationstatus")
        if letters in SERVERS["review"]["let_in"]:
            continue
        problem = "this decision of a reviewer is not known"
        fix = "export values and headers in XML, not their labels"
        if letters in words:
            problem = f"a reviewer marked this submission as {words[letters]}"
            fix = "to use it, approve it on the server and export again"
        yield from faults_of(same, header, problem, fix)


def least_uncertainty_m(decimals: int) -> float:
    """Return half a unit of the last decimal of a latitude, in metres."""
    return _DEGREE_M / 2 * 10.0**-decimals


def _too_sure(values: pd.DataFrame, places: Mapping[str, pd.Series]) -> Iterator[Fault]:
    """Yield the positions that are stated to be known better than their decimals tell.

    Only numbers with few decimals are looked at.  A zero at the end counts where it is written;
    a spreadsheet drops it, so the coordinate with more decimals decides.
    """
    positions, uncertainty_m = values[["lat", "lon"]], values["uncertainty_m"]
    yield from _too_sure_of_minutes(values, places)
    is_round = (positions.round(_FEW_DECIMALS) == positions).all(axis=1)
    is_small = is_round & (uncertainty_m < least_uncertainty_m(0))
    for row, radius_m in by_row(uncertainty_m[is_small | (uncertainty_m == 0)]):
        decimals = max(_decimals(places[name][row]) for name in ("lat", "lon"))
        least = least_uncertainty_m(decimals)
        least_m = math.ceil(least)
        if is_small[row] and decimals <= _FEW_DECIMALS and radius_m < least:
            problem = f"a position with {decimals} decimals is known no better than {least_m} m"
            fix = f"enter at least {least_m}, or the position with all its decimals"
            yield Fault(row, "uncertainty_m", radius_m, problem, fix)
        elif radius_m == 0:
            problem = "no position is known to 0 m"
            fix = "enter how far the true place may lie from it"
            yield Fault(row, "uncertainty_m", radius_m, problem, fix)


def _too_sure_of_minutes(
    values: pd.DataFrame, places: Mapping[str, pd.Series]
) -> Iterator[Fault]:
    """Yield positions in degrees and minutes that are stated to be known better than these tell."""
    both = pd.DataFrame({name: places[name] for name in ("lat", "lon")})
    is_text = both.apply(_has_signs).all(axis=1)
    texts = both[is_text]
    for row, (lat, lon) in zip(texts.index, texts.to_numpy(), strict=True):
        units = [half_unit_degrees(lat), half_unit_degrees(lon)]
        if None in units:
            continue
        least_m = math.ceil(min(unit for unit in units if unit) * _DEGREE_M)
        radius_m = values.loc[row, "uncertainty_m"]
        if radius_m < least_m:
            problem = f"a position in minutes without more is known no better than {least_m} m"
            fix = f"enter at least {least_m}, or the position with all its digits"
            yield Fault(row, "uncertainty_m", radius_m, problem, fix)


def _has_signs(cells: pd.Series) -> pd.Series:
    """Return which cells are text with more than a number."""
    if cells.dtype != "str":
        is_text = cells.map(lambda cell: isinstance(cell, str))
        cells = cells.where(is_text).astype("str")
    return cells.str.contains(r"[^\d.,+-]", na=False)


def _decimals(cell: Cell) -> int:
    """Return how many decimals a number has as it is written, with an exponent or without."""
    try:
        exponent = Decimal(printable(cell).replace(",", ".")).as_tuple().exponent
    except InvalidOperation:
        return 99
    return max(-exponent, 0) if isinstance(exponent, int) else 99


def _visits(values: pd.DataFrame) -> Iterator[Fault]:
    """Yield the visits where nobody was met that describe a group."""
    visits = values[values["kind"] == VISIT]
    people = visits.drop(columns=[*EMPTY_VISITS.names, "kind"], errors="ignore")
    is_filled = people.notna().to_numpy(bool)
    for row, filled in zip(visits.index.tolist(), is_filled, strict=True):
        names = ", ".join(people.columns[filled])
        if names:
            yield Fault(
                row,
                names,
                None,
                "a visit where nobody was met has a group described",
                f"enter it as a sighting, or leave {names} empty",
            )
