"""One row of a sightings file: its values, and every flaw that it shows by itself."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, field, replace
from datetime import datetime
from typing import Final

from layers.readers.columns import Mapping
from layers.readers.rawtable import Cell, RawRow, shown
from layers.readers.values import Conventions, RefusedError, day, number, whole, word
from layers.schema import EMPTY_VISITS, NEEDS, RECORDS, VISIT, Column

WIDENED: Final = math.sqrt(math.log(0.05) / math.log(0.32))
"""By how much a device's 68 % radius grows to hold the position with 95 %."""

_KIND: Final = replace(RECORDS["kind"], values=(*RECORDS["kind"].values, VISIT))
_ACCURACY: Final = Column("accuracy", "float64", "68 % radius", "m", minimum=0, maximum=100_000)
_PAIRS: Final = (("group_min", "group_max"), ("age_min", "age_max"))
_CODE: Final = re.compile(r"(?=.*\d)[\w.:/-]{1,80}")
"""An id: letters, digits and marks without a space, one digit at least."""
_SAME_POINT: Final = 2e-5
"""Degrees by which a feature's properties and its geometry may differ: rounding."""


@dataclass(frozen=True)
class Flaw:
    """What is wrong with a value of a row, and what to do."""

    column: str
    value: Cell
    problem: str
    cure: str


@dataclass
class Record:
    """A row as far as it could be read."""

    row: RawRow
    values: dict[str, object] = field(default_factory=dict)
    flaws: list[Flaw] = field(default_factory=list)


def device_radius_m(accuracy_m: float) -> float:
    """Return the radius that holds a device's position with 95 %, in metres.

    Parameters
    ----------
    accuracy_m : float, metres
        What the device states: the radius of 68 % confidence.

    Notes
    -----
    For a circular normal error a radius r holds the position with 1 - exp(-r² / 2σ²), so 95 %
    need sqrt(ln 0.05 / ln 0.32) = 1.62 times the radius of 68 %.  That an accuracy is the radius
    of 68 % is how Android defines ``Location.getAccuracy``.
    """
    return WIDENED * accuracy_m


def read_row(
    row: RawRow,
    mapping: Mapping,
    *,
    width: int,
    conventions: Conventions,
    region: tuple[float, float, float, float],
) -> Record:
    """Read a row into the values of `RECORDS`, gathering all its flaws.

    Parameters
    ----------
    row : RawRow
    mapping : Mapping
        Where each column stands.
    width : int
        Number of columns in the header.
    conventions : Conventions
    region : (west, south, east, north), degrees
    """
    record = Record(row)
    if len(row.cells) != width:
        record.flaws.append(
            Flaw("", None, f"the row has {len(row.cells)} cells, the header {width}",
                 "Check it for a separator too many or too few, and put text that holds one in "
                 "quotation marks")
        )  # fmt: skip
        return record
    for name, position in mapping.at.items():
        if row.cells[position] is not None and name != "needs":
            _take(record, _column(name), row.cells[position], conventions)
    _refuse_names(record)
    _take_needs(record, mapping)
    _take_point(record, mapping, conventions)
    _require(record)
    _check_region(record, region)
    _check_ranges(record)
    _check_visit(record)
    return record


def _refuse_names(record: Record) -> None:
    """Refuse an id that is no code: a name in its place would leave with every result."""
    for name in ("id", "relates_to"):
        if name in record.values and not _CODE.fullmatch(str(record.values[name])):
            del record.values[name]
            problem = f"{name} is no code, and could be somebody's name"
            cure = "Write a code with a digit and no space, such as S1"
            record.flaws.append(Flaw(name, None, problem, cure))


def _column(name: str) -> Column:
    return _KIND if name == "kind" else RECORDS[name]


def _take(record: Record, column: Column, cell: Cell, conventions: Conventions) -> None:
    try:
        record.values[column.name] = _value(cell, column, conventions)
    except RefusedError as refused:
        record.flaws.append(Flaw(column.name, cell, refused.problem, refused.cure))


def _value(cell: Cell, column: Column, conventions: Conventions) -> object:
    match column.dtype:
        case "float64":
            return number(cell, column, conventions)
        case "Int64":
            return whole(number(cell, column, conventions), column)
        case "datetime64[us]":
            return day(cell, conventions)
    return word(cell, column)


def _take_needs(record: Record, mapping: Mapping) -> None:
    """Take a select-multiple question from its own column, its choices' columns, or both."""
    cells = record.row.cells
    text = cells[mapping.at["needs"]] if "needs" in mapping.at else None
    listed = set(re.split(r"[\s,;]+", str(text).casefold().strip(" ,;"))) if text else set()
    ticked = {
        choice
        for choice, i in mapping.needs.items()
        if shown(cells[i]).casefold() in {"1", "true", "yes"}
    }
    if unknown := sorted((listed | ticked) - set(NEEDS)):
        record.flaws.append(
            Flaw("needs", ", ".join(unknown), "needs knows no such value",
                 f"Use any of: {', '.join(NEEDS)}")
        )  # fmt: skip
    elif listed and mapping.needs and listed != ticked:
        record.flaws.append(
            Flaw("needs", None, f"the answer lists {', '.join(sorted(listed))}, its columns tick "
                 f"{', '.join(sorted(ticked)) or 'nothing'}", "Correct one of the two")
        )  # fmt: skip
    elif listed | ticked:
        record.values["needs"] = "; ".join(n for n in NEEDS if n in listed | ticked)


def _take_point(record: Record, mapping: Mapping, conventions: Conventions) -> None:
    cells = record.row.cells
    if mapping.geometry:
        _take_geometry(record, *(cells[i] for i in mapping.geometry))
    if mapping.geopoint is None:
        return
    point = mapping.geopoint
    lat, lon, accuracy = (
        None if i is None else cells[i] for i in (point.lat, point.lon, point.accuracy)
    )
    text = None if point.text is None else cells[point.text]
    if isinstance(text, str):
        lat, lon, _, accuracy = text.split(" ")
        conventions = Conventions(".", certain=True)
    for name, cell in (("lat", lat), ("lon", lon)):
        if cell is not None:
            _take(record, RECORDS[name], cell, conventions)
    if accuracy is not None:
        _take_accuracy(record, accuracy, conventions)


def _take_geometry(record: Record, lat: Cell, lon: Cell) -> None:
    """Take the point of a feature; properties that say another place are a flaw."""
    for name, cell in (("lat", lat), ("lon", lon)):
        said = record.values.get(name)
        if isinstance(cell, str):
            record.flaws.append(
                Flaw(name, cell, "the geometry is not one point", "Give each sighting one point")
            )
        elif not isinstance(cell, float):
            continue
        elif isinstance(said, float) and abs(said - cell) > _SAME_POINT:
            record.flaws.append(
                Flaw(name, said, f"the property says {shown(said)}, the geometry {shown(cell)}",
                     "Correct one of the two")
            )  # fmt: skip
        elif said is None:
            _take(record, RECORDS[name], cell, Conventions())


def _take_accuracy(record: Record, cell: Cell, conventions: Conventions) -> None:
    """Widen the disc by the device's error: what the observer adds to it holds around it."""
    try:
        radius = device_radius_m(number(cell, _ACCURACY, conventions))
    except RefusedError as refused:
        record.flaws.append(Flaw("uncertainty_m", cell, refused.problem, refused.cure))
        return
    stated = record.values.get("uncertainty_m", 0.0)
    if isinstance(stated, float):
        record.values["uncertainty_m"] = stated + radius
    if radius:
        record.values.setdefault("located_kind", "device")


def _require(record: Record) -> None:
    flawed = {flaw.column for flaw in record.flaws}
    record.flaws += [
        Flaw(column.name, None, f"{column.name} is empty", f"Enter the {column.meaning}")
        for column in RECORDS.columns
        if column.required and column.name not in record.values and column.name not in flawed
    ]


def _check_region(record: Record, region: tuple[float, float, float, float]) -> None:
    lat, lon = record.values.get("lat"), record.values.get("lon")
    west, south, east, north = region
    if not (isinstance(lat, float) and isinstance(lon, float)):
        return
    if south <= lat <= north and west <= lon <= east:
        return
    both = f"{shown(lat)}, {shown(lon)}"
    if south <= lon <= north and west <= lat <= east:
        record.flaws.append(
            Flaw("lat, lon", both, "latitude and longitude are swapped",
                 f"Write lat {shown(lon)}, lon {shown(lat)}")
        )  # fmt: skip
        return
    record.flaws.append(
        Flaw("lat, lon", both, "this lies far from the study region "
             f"(lat {south:g} to {north:g}, lon {west:g} to {east:g})",
             "Check the digits and the decimal marks")
    )  # fmt: skip


def _check_ranges(record: Record) -> None:
    for low, high in _PAIRS:
        least, most = record.values.get(low), record.values.get(high)
        if isinstance(least, int) and isinstance(most, int) and least > most:
            record.flaws.append(
                Flaw(f"{low}, {high}", f"{least}, {most}", f"{low} is above {high}",
                     "Exchange them, or correct one")
            )  # fmt: skip
    start, end = record.values.get("date_from"), record.values.get("date_to")
    if isinstance(start, datetime) and isinstance(end, datetime):
        hours = start.time() != end.time() and datetime.min.time() not in {start.time(), end.time()}
        if end.date() < start.date() or (hours and end < start):
            record.flaws.append(
                Flaw("date_from, date_to", f"{start:%Y-%m-%d}, {end:%Y-%m-%d}",
                     "the end is before the start", "Exchange them, or correct one")
            )  # fmt: skip


def _check_visit(record: Record) -> None:
    if record.values.get("kind") != VISIT:
        return
    people = [n for n in record.values if n not in {*EMPTY_VISITS.names, "kind"}]
    if people:
        record.flaws.append(
            Flaw(", ".join(people), None, "a visit where nobody was met has a group described",
                 f"Enter it as a sighting, or leave {', '.join(people)} empty")
        )  # fmt: skip
