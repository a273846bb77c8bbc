"""Cells of a table: what they may hold, how they are read, what can be wrong with them.

A cell with two readings is refused, never guessed.
"""

from __future__ import annotations

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.params.types import hint
from geo.schema import Column
from layers.complaints import UserError

Cell = str | float | datetime | None
"""Text, a number, a date where the format itself has dates, or nothing."""

EDGES: Final = "\ufeff\u00a0\t "
"""What is cut off around a text, beside white space: above all a byte order mark."""

FIRST: Final = 10
"""Rows of one fault that are listed one by one; the others are counted."""

_LONGEST: Final = 48


def tidy(value: Any) -> Cell:
    """Return a value from a file as a `Cell`: trimmed text, float, datetime or None."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case int():
            return float(value) if abs(value) < 2**53 else str(value)[:_LONGEST]
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime():
            return value
        case date():
            return datetime(value.year, value.month, value.day)
        case list() if all(isinstance(part, str) for part in value):
            return tidy(" ".join(value))
        case dict():
            value = json.dumps(value, ensure_ascii=False)
    # A lone surrogate, which JSON can spell, cannot be written out as text.
    text = str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.strip().strip(EDGES) or None


def local_time(moment: datetime, zone: str) -> datetime:
    """Return a moment as the clock of a time zone shows it; one without an offset as it is."""
    if moment.tzinfo is None:
        return moment
    return moment.astimezone(ZoneInfo(zone)).replace(tzinfo=None)


def printable(value: object) -> str:
    """Return a value for a message: on one line, printable, of limited length."""
    if isinstance(value, float):
        return f"{value:.15g}"
    text = "".join(
        c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value)
    )
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def own_name(header: str) -> str:
    """Return a question's own name, without the names of the groups that it is in.

    >>> own_name("where/location/uncertainty_m")
    'uncertainty_m'
    """
    return re.split(r"[/:]|(?<=\w)-", header)[-1].strip()


@dataclass(frozen=True)
class Fault:
    """Why one row of a file is not used, or none of them."""

    row: int
    """Number in the file; the header is row 1; 0 where no row is used."""
    column: str
    """Columns at fault; empty where it is all of them."""
    value: Cell
    """What is there.  The report masks text about people, and ids."""
    problem: str
    fix: str
    file: str = ""
    """Name of the file; the report fills it in."""

    def __str__(self) -> str:
        column = f", {self.column}" if self.column else ""
        value = f" {self.value!r}:" if self.value not in (None, "") else ""
        row = f", row {self.row}" if self.row else ""
        return f"{self.file}{row}{column}:{value} {self.problem}. Fix: {self.fix}."


def by_row(cells: pd.Series) -> Iterator[tuple[Any, Any]]:
    """Yield the number of each row, and its cell."""
    return zip(cells.index.tolist(), cells.tolist(), strict=True)


def faults_of(cells: pd.Series, column: str, problem: str, fix: str) -> list[Fault]:
    """Return a fault for each of some cells, by the number of its row.

    Parameters
    ----------
    cells
        What is there; the index is the number of the row.
    column, problem, fix
        As of `Fault`.
    """
    return [Fault(row, column, cell, problem, fix) for row, cell in by_row(cells)]


def listed(faults: Sequence[Fault]) -> Iterator[str]:
    """Yield the first rows of each kind of fault, then how many more rows have it."""
    kinds: dict[tuple[str, ...], list[Fault]] = defaultdict(list)
    for fault in faults:
        # A fault differs from row to row in numbers, dates and names.
        problem = re.sub(r"\S*[\dA-Z(]\S*", "#", fault.problem)
        same = kinds[fault.file, fault.column, problem]
        same.append(fault)
        if len(same) <= FIRST:
            yield str(fault)
    for (file, column, _), same in kinds.items():
        last = same[-1]
        if len(same) > FIRST and last.row:
            where = f"{file}, {column}" if column else file
            yield (
                f"{where}: {len(same) - FIRST:,} more rows of this kind, down to "
                f"row {last.row}: {last.problem}. Fix: {last.fix}."
            )


class InputError(ValueError):
    """Base of the two errors below: what was found, and how to fix it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}. Fix: {fix}")
        self.problem = problem
        self.fix = fix


class UnreadableError(InputError):
    """A file cannot be read as a table; it becomes a `Fault` without a row."""


class RefusedError(InputError):
    """A cell cannot be used; it becomes a `Fault` of its row."""


@dataclass(frozen=True)
class Options:
    """What a user says about a file where the file itself is not clear."""

    decimal: str | None = None
    """Decimal mark of the numbers written as text: ``.`` or ``,``; it decides every number."""
    dates: str | None = None
    """Order of day and month in dates such as 03/04/2021: ``dmy`` or ``mdy``."""
    today: date | None = None
    """A day after it is an error."""
    zone: str = "UTC"
    """Time zone of the study: times that state an offset become local."""
    mark: str | None = None
    """Decimal mark of the file's own unequivocal numbers, for those with two readings."""

    def __post_init__(self) -> None:
        """Raise `UserError` if a value is not known."""
        if self.decimal not in {None, ".", ","}:
            raise UserError(
                f"--decimal {self.decimal} is not known. Fix: say '.' or ','"
            )
        if self.dates not in {None, "dmy", "mdy"}:
            raise UserError(
                f"--dates {self.dates} is not known. Fix: say 'dmy' or 'mdy'"
            )


YEARS: Final = (2000, 2100)
"""A day outside these years is taken for a typing error."""

_NUMBER: Final = {
    ".": re.compile(
        r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][+-]?\d{1,2})?", re.ASCII
    ),
    ",": re.compile(
        r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d{1,2})?", re.ASCII
    ),
}
"""Numbers in the digits 0 to 9: in those of another script their decimals are not counted."""
_PLAIN: Final = r"-?[0-9]{1,15}(?:\.(?:[0-9]{1,2}|[0-9]{4,17}))?"
"""A number with one reading: three digits behind a mark could be thousands."""
CLOCK: Final = r"(?P<hour>\d\d?):(?P<minute>\d\d)(?::(?P<second>\d\d)(?:\.\d+)?)?"
_OFFSET: Final = r"\s?(?P<offset>Z|[+-]\d\d:?\d\d)?"
_ISO: Final = re.compile(
    rf"(?P<year>\d{{4}})-(?P<month>\d\d?)-(?P<day>\d\d?)(?:[T ]{CLOCK}{_OFFSET})?",
    re.ASCII,
)
_YEAR: Final = r"(?P<year>\d{4}|\d\d)"
_DOTTED: Final = re.compile(
    rf"(?P<day>\d\d?)\.\s?(?P<month>\d\d?)\.\s?{_YEAR}(?P<closed>\.?)(?:,?\s+{CLOCK})?",
    re.ASCII,
)
_SLASHED: Final = {
    order: re.compile(rf"{days}(?P=by){_YEAR}(?:,?\s+{CLOCK})?", re.ASCII)
    for order, days in (
        ("dmy", r"(?P<day>\d\d?)(?P<by>[/-])(?P<month>\d\d?)"),
        ("mdy", r"(?P<month>\d\d?)(?P<by>[/-])(?P<day>\d\d?)"),
    )
}


def value_of(cell: Cell, column: Column, options: Options) -> float | datetime | str:
    """Return what a cell that is not empty says in a column; raise `RefusedError` as below."""
    if column.dtype in {"float64", "Int64"}:
        return number(cell, column, options)
    if column.dtype == "datetime64[us]":
        return day(cell, options)
    return word(cell, column)


def number(cell: Cell, column: Column, options: Options) -> float:
    """Return the number in a cell that is not empty.

    A reading outside the limits of the column does not count.  A number with two readings takes
    the one whose decimal mark the file uses elsewhere and has here, or the mark that the user
    gives.  Raises `RefusedError` if there is no such number.

    >>> from geo.schema import RECORDS
    >>> number("42,8930", RECORDS["lat"], Options())
    42.893
    """
    return limited(reading(cell, column, options), column)


def limited(value: float, column: Column) -> float:
    """Return a number; raise `RefusedError` where it is beyond the limits of its column."""
    if not _within(value, column):
        is_low = column.minimum is not None and value < column.minimum
        limit = f"below {column.minimum:g}" if is_low else f"above {column.maximum:g}"
        raise RefusedError(f"{column.name} cannot be {limit}", _number_fix(column))
    if column.dtype == "Int64" and value != int(value):
        raise RefusedError("this is not a whole number", _number_fix(column))
    return value


def reading(cell: Cell, column: Column, options: Options, scale: float = 1.0) -> float:
    """Return the number that a cell is meant to be, whatever the limits, as `number`.

    `scale` is by what it is multiplied to be in the unit of its column.
    """
    if isinstance(cell, float):
        return cell
    if isinstance(cell, datetime) or cell is None:
        raise RefusedError(
            "this is a date, where a number is expected", _number_fix(column)
        )
    readings = readings_of(cell, column, scale)
    if not readings:
        other = "" if cell.isascii() else " in the digits 0 to 9"
        raise RefusedError(f"this is not a number{other}", _number_fix(column))
    if len(set(readings.values())) == 1:
        return next(iter(readings.values()))
    mark = options.decimal or options.mark
    if mark and (options.decimal or mark in cell):
        return readings[mark]
    raise RefusedError(
        f"this reads as {printable(readings['.'])} with a decimal point and as "
        f"{printable(readings[','])} with a decimal comma",
        "write it without a thousands mark, or say which with --decimal . or --decimal ,",
    )


def plain_numbers(cells: pd.Series, column: Column) -> npt.NDArray[np.float64]:
    """Return the numbers of cells that have one reading, all at once; else NaN, for `number`."""
    if cells.dtype == "str" and cells.count():
        plain = cells.where(
            cells.str.fullmatch(_PLAIN).fillna(value=False).astype(bool)
        )
        values = plain.astype("float64[pyarrow]").to_numpy("float64", na_value=np.nan)
    else:
        values = np.array(
            [c if isinstance(c, float) else np.nan for c in cells], dtype=float
        )
    low = -np.inf if column.minimum is None else column.minimum
    high = np.inf if column.maximum is None else column.maximum
    fits = (values >= low) & (values <= high)
    if column.dtype == "Int64":
        fits &= values == np.floor(values)
    return np.where(fits, values, np.nan)


def decimal_mark(columns: Iterable[tuple[pd.Series, Column]]) -> str | None:
    """Return the one decimal mark that a file's unequivocal numbers use, or None.

    A number is unequivocal where a single reading is well formed and within the limits of its
    column: ``42,8930`` is, ``1,500`` metres is not.
    """
    in_use: set[str] = set()
    for cells, column in columns:
        text = cells.dropna()
        if text.dtype != "str":
            text = text[text.map(lambda cell: isinstance(cell, str))].astype("str")
        plain = ~np.isnan(plain_numbers(text, column))
        if text[plain].str.contains(".", regex=False).any():
            in_use.add(".")
        for cell in text[~plain].unique():
            readings = readings_of(cell, column)
            if len(readings) == 1:
                in_use.update(m for m in readings if m in cell)
    return in_use.pop() if len(in_use) == 1 else None


def day(cell: Cell, options: Options) -> datetime:
    """Return the day, with its hour where one is given, as local time.

    ISO ``2021-10-31`` and dotted ``31.10.2021`` have one reading.  ``03/04/2021`` has two, and
    the user must say which; ``31/10/2021`` has one.  A time with an offset from UTC is converted
    to the study's time zone, in which the day can be another.  Raises `RefusedError` if the text is
    no day, has two readings, lies outside `YEARS` or in the future.

    >>> day("2024-03-01T23:30Z", Options(zone="Europe/Sarajevo"))
    datetime.datetime(2024, 3, 2, 0, 30)
    """
    return past(_day(cell, options), options)


def past(moment: datetime, options: Options) -> datetime:
    """Return a day; raise `RefusedError` where it lies outside `YEARS` or in the future."""
    moment = _limited_day(moment)
    if options.today and moment.date() > options.today:
        raise RefusedError(
            f"this day is in the future: today is {options.today}",
            "check the day, the month and the year",
        )
    return moment


def is_short_year(cell: object) -> bool:
    """Return whether a cell is a day with a year of two digits, such as ``2.11.26.``."""
    match = _DOTTED.fullmatch(cell) if isinstance(cell, str) else None
    return match is not None and len(match["year"]) == 2


def _day(cell: Cell, options: Options) -> datetime:
    if isinstance(cell, datetime):
        return local_time(cell, options.zone)
    text = cell if isinstance(cell, str) else printable(cell)
    if match := _ISO.fullmatch(text):
        parts = match.groupdict()
        offset = parts.pop("offset")
        moment = calendar(parts)
        if not offset:
            return moment
        moment = _limited_day(moment).replace(tzinfo=_zone(offset))
        return local_time(moment, options.zone)
    if match := _DOTTED.fullmatch(text):
        dotted = match.groupdict()
        closed = dotted.pop("closed")
        if len(dotted["year"]) == 2 and not closed and not options.dates:
            raise RefusedError(
                "a year of two digits may stand first or last here",
                "write it as 2021-10-31 or 31.10.21. with the last dot, or say --dates dmy",
            )
        return calendar(dotted)
    readings = {}
    for order, form in _SLASHED.items():
        match = form.fullmatch(text)
        if match is None:
            fix = "write it as 2021-10-31 or 31.10.2021"
            raise RefusedError("this is not a date", fix)
        if int(match["month"]) <= 12:
            readings[order] = calendar(match.groupdict())
    return _meant(readings, options.dates)


def _meant(readings: dict[str, datetime], order: str | None) -> datetime:
    """Return the day that is meant, of its readings by the order of day and month."""
    if not readings:
        problem = "there is no such day in the calendar"
        raise RefusedError(problem, "write it as 2021-10-31")
    if len(set(readings.values())) == 1:
        return next(iter(readings.values()))
    if order:
        return readings[order]
    first, second = readings["dmy"], readings["mdy"]
    raise RefusedError(
        f"this reads as {first:%-d %B %Y} and as {second:%-d %B %Y}",
        f"write {first:%Y-%m-%d} or {second:%Y-%m-%d}, or say which with --dates dmy or "
        "--dates mdy",
    )


def calendar(parts: dict[str, str | None]) -> datetime:
    """Return the day of its parts, year to second; raise `RefusedError` where there is none."""
    numbers_of = {
        name: int(part) for name, part in parts.items() if part and name != "by"
    }
    if numbers_of["year"] < 100:
        numbers_of["year"] += YEARS[0]
    try:
        return datetime(**numbers_of)  # type: ignore[arg-type]
    except ValueError as error:
        raise RefusedError(
            "there is no such day in the calendar",
            "write it as 2021-10-31 or 31.10.2021",
        ) from error


def _zone(offset: str) -> timezone:
    if offset == "Z":
        return UTC
    hours, minutes = int(offset[1:3]), int(offset[-2:])
    if hours > 14 or minutes > 59:
        raise RefusedError(
            f"no place on earth keeps an offset of {offset} from UTC",
            "write the day as it was there, such as 2021-10-31",
        )
    ahead = timedelta(hours=hours, minutes=minutes)
    return timezone(-ahead if offset[0] == "-" else ahead)


def word(cell: Cell, column: Column) -> str:
    """Return the text of a cell; where the column has a list of values, one of them."""
    text = cell if isinstance(cell, str) else printable(cell)
    if not column.values:
        return text
    if text.casefold() not in column.values:
        guess = hint([text], column.values)
        meant = f" ({guess[0].lower()}{guess[1:]})" if guess.endswith("?") else ""
        raise RefusedError(
            f"{column.name} knows no such value{meant}",
            f"use one of: {', '.join(column.values)}",
        )
    return text.casefold()


def readings_of(text: str, column: Column, scale: float = 1.0) -> dict[str, float]:
    """Return the numbers that a text can be, by decimal mark; those in the limits, if any are.

    `scale` is by what a number is multiplied to be in the unit of its column.
    """
    unmarked = {
        ".": text.replace(",", ""),
        ",": text.replace(".", "").replace(",", "."),
    }
    values = {
        m: float(unmarked[m]) * scale
        for m, form in _NUMBER.items()
        if form.fullmatch(text)
    }
    return {m: v for m, v in values.items() if _within(v, column)} or values


def _within(value: float, column: Column) -> bool:
    low, high = column.minimum, column.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _number_fix(column: Column) -> str:
    whole = " whole" if column.dtype == "Int64" else ""
    units = {
        "degree": " in degrees",
        "year": " in years",
        "m": " in metres",
        "persons": " of persons",
    }
    fix = f"write a{whole} number{units.get(column.unit, '')}"
    if column.maximum is not None:
        fix += f", {column.minimum:g} to {column.maximum:g}"
    return fix if column.required else f"{fix}, or leave the cell empty"


def _limited_day(moment: datetime) -> datetime:
    if not YEARS[0] <= moment.year < YEARS[1]:
        raise RefusedError(f"the year {moment.year} cannot be meant", "check the year")
    return moment
