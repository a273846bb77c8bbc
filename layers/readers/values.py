"""Cells into numbers, days and words; a cell with two readings is asked about, never guessed."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Final, Literal

from layers.readers.rawtable import Cell, shown
from layers.schema import Column

DecimalMark = Literal[".", ","]
DateOrder = Literal["dmy", "mdy"]


@dataclass(frozen=True)
class Conventions:
    """How the text of a file is to be read."""

    mark: DecimalMark | None = None
    """Decimal mark, by the file's own unequivocal numbers or by the user's word."""
    certain: bool = False
    """The user has said so: the mark settles every number."""
    dates: DateOrder | None = None
    """Order of day and month around slashes, by the user's word."""


YEARS: Final = (2000, 2100)
"""A day outside these years is a slip of the pen."""

_NUMBER: Final = {
    ".": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][+-]?\d{1,2})?"),
    ",": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d{1,2})?"),
}
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s?(?:Z|[+-]\d\d:?\d\d)?)?"
)
_DOTTED: Final = re.compile(
    r"(\d\d?)\.\s?(\d\d?)\.\s?(\d{4})\.?(?:,?\s+(\d\d?):(\d\d)(?::(\d\d))?)?"
)
_SLASHED: Final = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})(?:,?\s+(\d\d?):(\d\d)(?::(\d\d))?)?")


class RefusedError(ValueError):
    """A value cannot be used: what is wrong with it, and what to do."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}. {cure}")
        self.problem = problem
        self.cure = cure


def number(cell: Cell, column: Column, conventions: Conventions) -> float:
    """Return the number in a cell.

    Parameters
    ----------
    cell : Cell, not None
    column : Column
        Gives the unit and the limits; a reading outside the limits is no reading.
    conventions : Conventions
        A number with two readings takes the one whose decimal mark the file uses elsewhere and
        shows here; anything else takes the user's word.

    Raises
    ------
    RefusedError
        If the text is no number, has two readings, or lies outside the limits.
    """
    if isinstance(cell, float):
        return _limited(cell, column)
    if isinstance(cell, datetime) or cell is None:
        raise RefusedError("this is a date, where a number is expected", _number_cure(column))
    readings = _readings(cell)
    if not readings:
        raise RefusedError("this is no number", _number_cure(column))
    possible = {m: v for m, v in readings.items() if _within(v, column)} or readings
    if len(set(possible.values())) == 1:
        return _limited(next(iter(possible.values())), column)
    mark = conventions.mark
    if mark and (conventions.certain or mark in cell):
        return _limited(readings[mark], column)
    raise RefusedError(
        f"this reads as {shown(readings['.'])} with a decimal point and as "
        f"{shown(readings[','])} with a decimal comma",
        "Write it without a thousands mark, or say which with --decimal . or --decimal ,",
    )


def whole(value: float, column: Column) -> int:
    """Return a count that came as a number.

    Raises
    ------
    RefusedError
        If it is not whole.
    """
    if value != int(value):
        raise RefusedError("this is no whole number", _number_cure(column))
    return int(value)


def decimal_mark(cells: Iterable[tuple[Cell, Column]]) -> DecimalMark | None:
    """Return the one decimal mark that a file's unequivocal numbers use, or None.

    A number is unequivocal where a single reading is well formed and within the limits of its
    column: ``42,8930`` is, ``1,500`` metres is not.
    """
    marks: set[DecimalMark] = set()
    for cell, column in cells:
        if not isinstance(cell, str):
            continue
        readings = {m: v for m, v in _readings(cell).items() if _within(v, column)}
        if len(readings) == 1:
            marks.update(m for m in readings if m in cell)
    return marks.pop() if len(marks) == 1 else None


def day(cell: Cell, conventions: Conventions) -> datetime:
    """Return the day, with its hour where one is given, as local time.

    ISO ``2021-10-31`` and dotted ``31.10.2021`` have one reading.  ``03/04/2021`` has two, and
    the user must say which; ``31/10/2021`` has one.

    Raises
    ------
    RefusedError
        If the text is no day, has two readings, or lies outside `YEARS`.
    """
    if isinstance(cell, datetime):
        return _in_years(cell)
    text = cell if isinstance(cell, str) else shown(cell)
    if found := _ISO.fullmatch(text):
        year, month, date, *clock = found.groups()
        return _in_years(_calendar(year, month, date, clock))
    if found := _DOTTED.fullmatch(text):
        date, month, year, *clock = found.groups()
        return _in_years(_calendar(year, month, date, clock))
    if found := _SLASHED.fullmatch(text):
        return _in_years(_slashed(found, conventions.dates))
    raise RefusedError("this is no date", "Write it as 2021-10-31 or 31.10.2021")


def word(cell: Cell, column: Column) -> str:
    """Return the text of a cell, as one of the column's values where it has a list of them.

    Raises
    ------
    RefusedError
        If the value is not in the list.
    """
    text = cell if isinstance(cell, str) else shown(cell)
    if not column.values:
        return text
    if text.casefold() not in column.values:
        raise RefusedError(
            f"{column.name} knows no such value", f"Use one of: {', '.join(column.values)}"
        )
    return text.casefold()


def _readings(text: str) -> dict[DecimalMark, float]:
    marks: tuple[DecimalMark, DecimalMark] = (".", ",")
    return {
        mark: float(
            text.replace(",", "") if mark == "." else text.replace(".", "").replace(",", ".")
        )
        for mark in marks
        if _NUMBER[mark].fullmatch(text)
    }


def _within(value: float, column: Column) -> bool:
    low, high = column.minimum, column.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _limited(value: float, column: Column) -> float:
    if _within(value, column):
        return value
    if column.minimum is not None and value < column.minimum:
        raise RefusedError(
            f"{column.name} cannot be below {column.minimum:g}", _number_cure(column)
        )
    raise RefusedError(f"{column.name} cannot be above {column.maximum:g}", _number_cure(column))


def _number_cure(column: Column) -> str:
    unit = f" in {column.unit}s" if column.unit in {"degree", "year"} else ""
    unit = {"m": " in metres", "persons": " of persons"}.get(column.unit, unit)
    limits = "" if column.maximum is None else f", {column.minimum:g} to {column.maximum:g}"
    optional = "" if column.required else ", or leave the cell empty"
    return f"Write a{' whole' if column.dtype == 'Int64' else ''} number{unit}{limits}{optional}"


def _slashed(found: re.Match[str], order: DateOrder | None) -> datetime:
    first, second, year, *clock = found.groups()
    days = {}
    for key, date, month in (("dmy", first, second), ("mdy", second, first)):
        if int(month) <= 12:
            days[key] = _calendar(year, month, date, clock)
    if not days:
        raise RefusedError("this is no day of the calendar", "Write it as 2021-10-31")
    if len(set(days.values())) == 1:
        return next(iter(days.values()))
    if order:
        return days[order]
    raise RefusedError(
        f"this reads as {days['dmy']:%-d %B %Y} and as {days['mdy']:%-d %B %Y}",
        f"Write {days['dmy']:%Y-%m-%d} or {days['mdy']:%Y-%m-%d}, or say "
        "which with --dates dmy or --dates mdy",
    )


def _calendar(year: str, month: str, date: str, clock: list[str | None]) -> datetime:
    try:
        hour, minute, second = (int(part or 0) for part in clock)
        return datetime(int(year), int(month), int(date), hour, minute, second)
    except ValueError as error:
        raise RefusedError(
            "this is no day of the calendar", "Write it as 2021-10-31 or 31.10.2021"
        ) from error


def _in_years(found: datetime) -> datetime:
    if not YEARS[0] <= found.year < YEARS[1]:
        raise RefusedError(f"the year {found.year} cannot be meant", "Check the year")
    return found
