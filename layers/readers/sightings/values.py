"""Numbers, dates and words in cells.  A cell with two readings is refused, never guessed."""

import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta, timezone
from typing import Final

import numpy as np
import numpy.typing as npt
import pandas as pd
from shapely.geometry.base import BaseGeometry

from layers.complaints import UserError
from layers.readers.sightings.cells import Cell, RefusedError, local_time, printable
from layers.schema import Column


@dataclass(frozen=True)
class Options:
    """What a user says about a file where the file itself is not clear."""

    drop_personal: bool = False
    """Leave out the columns that look like personal data; otherwise they stop the file."""
    decimal: str | None = None
    """Decimal mark of the numbers written as text: ``.`` or ``,``; it decides every number."""
    dates: str | None = None
    """Order of day and month in dates such as 03/04/2021: ``dmy`` or ``mdy``."""
    sheet: str | None = None
    """Sheet of a workbook, or layer of a GeoPackage, that holds the sightings."""
    region: BaseGeometry | None = None
    """Of the study, EPSG:4326: a position outside is an error."""
    today: date | None = None
    """A day after it is an error."""
    zone: str = "UTC"
    """Time zone of the study: times that state an offset become local."""
    mark: str | None = None
    """Decimal mark of the file's own unequivocal numbers, for those with two readings."""

    def __post_init__(self) -> None:
        """Raise `UserError` if a value is not known."""
        if self.decimal not in {None, ".", ","}:
            raise UserError(f"--decimal {self.decimal} is not known. Fix: say '.' or ','")
        if self.dates not in {None, "dmy", "mdy"}:
            raise UserError(f"--dates {self.dates} is not known. Fix: say 'dmy' or 'mdy'")


YEARS: Final = (2000, 2100)
"""A day outside these years is taken for a typing error."""

_NUMBER: Final = {
    ".": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:,\d{3})+)(?:\.\d+)?(?:[eE][+-]?\d{1,2})?"),
    ",": re.compile(r"[+-]?(?:\d+|\d{1,3}(?:\.\d{3})+)(?:,\d+)?(?:[eE][+-]?\d{1,2})?"),
}
_ISO: Final = re.compile(
    r"(\d{4})-(\d\d?)-(\d\d?)"
    r"(?:[T ](\d\d):(\d\d)(?::(\d\d)(?:\.\d+)?)?\s?(Z|[+-]\d\d:?\d\d)?)?"
)
_PLAIN: Final = r"-?[0-9]{1,15}(?:\.(?:[0-9]{1,2}|[0-9]{4,17}))?"
"""A number with one reading: three digits behind a mark could be thousands."""
_DOTTED: Final = re.compile(
    r"(\d\d?)\.\s?(\d\d?)\.\s?(\d{4})\.?(?:,?\s+(\d\d?):(\d\d)(?::(\d\d))?)?"
)
_SLASHED: Final = re.compile(r"(\d\d?)/(\d\d?)/(\d{4})(?:,?\s+(\d\d?):(\d\d)(?::(\d\d))?)?")


def number(cell: Cell, column: Column, options: Options) -> float:
    """Return the number in a cell that is not empty.

    A reading outside the limits of the column does not count.  A number with two readings takes
    the one whose decimal mark the file uses elsewhere and has here, or the mark that the user
    gives.  Raises `RefusedError` if there is no such number.

    >>> from layers.schema import RECORDS
    >>> number("42,8930", RECORDS["lat"], Options())
    42.893
    """
    value = _reading(cell, column, options)
    if not _within(value, column):
        is_low = column.minimum is not None and value < column.minimum
        limit = f"below {column.minimum:g}" if is_low else f"above {column.maximum:g}"
        raise RefusedError(f"{column.name} cannot be {limit}", _number_fix(column))
    if column.dtype == "Int64" and value != int(value):
        raise RefusedError("this is not a whole number", _number_fix(column))
    return value


def _reading(cell: Cell, column: Column, options: Options) -> float:
    if isinstance(cell, float):
        return cell
    if isinstance(cell, datetime) or cell is None:
        raise RefusedError("this is a date, where a number is expected", _number_fix(column))
    readings = _readings(cell)
    if not readings:
        raise RefusedError("this is not a number", _number_fix(column))
    possible = {m: v for m, v in readings.items() if _within(v, column)} or readings
    if len(set(possible.values())) == 1:
        return next(iter(possible.values()))
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
    if cells.dtype == "str":
        plain = cells.where(cells.str.fullmatch(_PLAIN).fillna(value=False).astype(bool))
        values = plain.astype("float64[pyarrow]").to_numpy("float64", na_value=np.nan)
    else:
        values = np.array([c if isinstance(c, float) else np.nan for c in cells], dtype=float)
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
    marks: set[str] = set()
    for cells, column in columns:
        text = cells.dropna()
        if text.dtype != "str":
            text = text[text.map(lambda cell: isinstance(cell, str))].astype("str")
        plain = ~np.isnan(plain_numbers(text, column))
        if text[plain].str.contains(".", regex=False).any():
            marks.add(".")
        for cell in text[~plain].unique():
            readings = {m: v for m, v in _readings(cell).items() if _within(v, column)}
            if len(readings) == 1:
                marks.update(m for m in readings if m in cell)
    return marks.pop() if len(marks) == 1 else None


def day(cell: Cell, options: Options) -> datetime:
    """Return the day, with its hour where one is given, as local time.

    ISO ``2021-10-31`` and dotted ``31.10.2021`` have one reading.  ``03/04/2021`` has two, and
    the user must say which; ``31/10/2021`` has one.  A time with an offset from UTC is converted
    to the study's time zone, in which the day can be another.  Raises `RefusedError` if the text is
    no day, has two readings, lies outside `YEARS` or in the future.

    >>> day("2024-03-01T23:30Z", Options(zone="Europe/Sarajevo"))
    datetime.datetime(2024, 3, 2, 0, 30)
    """
    found = _limited_day(_day(cell, options))
    if options.today and found.date() > options.today:
        raise RefusedError(
            f"this day is in the future: today is {options.today}",
            "check the day, the month and the year",
        )
    return found


def _day(cell: Cell, options: Options) -> datetime:
    if isinstance(cell, datetime):
        return local_time(cell, options.zone)
    text = cell if isinstance(cell, str) else printable(cell)
    if found := _ISO.fullmatch(text):
        year, month, date_, *clock, offset = found.groups()
        moment = _calendar(year, month, date_, clock)
        if not offset:
            return moment
        return local_time(_limited_day(moment).replace(tzinfo=_zone(offset)), options.zone)
    if found := _DOTTED.fullmatch(text):
        date_, month, year, *clock = found.groups()
        return _calendar(year, month, date_, clock)
    if found := _SLASHED.fullmatch(text):
        return _slashed(found, options.dates)
    raise RefusedError("this is not a date", "write it as 2021-10-31 or 31.10.2021")


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
        raise RefusedError(
            f"{column.name} knows no such value", f"use one of: {', '.join(column.values)}"
        )
    return text.casefold()


def _readings(text: str) -> dict[str, float]:
    """Return the numbers that a text can be, by decimal mark."""
    plain = {".": text.replace(",", ""), ",": text.replace(".", "").replace(",", ".")}
    return {m: float(plain[m]) for m, form in _NUMBER.items() if form.fullmatch(text)}


def _within(value: float, column: Column) -> bool:
    low, high = column.minimum, column.maximum
    return (low is None or value >= low) and (high is None or value <= high)


def _number_fix(column: Column) -> str:
    unit = f" in {column.unit}s" if column.unit in {"degree", "year"} else ""
    unit = {"m": " in metres", "persons": " of persons"}.get(column.unit, unit)
    limits = "" if column.maximum is None else f", {column.minimum:g} to {column.maximum:g}"
    optional = "" if column.required else ", or leave the cell empty"
    return f"write a{' whole' if column.dtype == 'Int64' else ''} number{unit}{limits}{optional}"


def _slashed(found: re.Match[str], order: str | None) -> datetime:
    first, second, year, *clock = found.groups()
    days = {}
    for key, date_, month in (("dmy", first, second), ("mdy", second, first)):
        if int(month) <= 12:
            days[key] = _calendar(year, month, date_, clock)
    if not days:
        raise RefusedError("there is no such day in the calendar", "write it as 2021-10-31")
    if len(set(days.values())) == 1:
        return next(iter(days.values()))
    if order:
        return days[order]
    raise RefusedError(
        f"this reads as {days['dmy']:%-d %B %Y} and as {days['mdy']:%-d %B %Y}",
        f"write {days['dmy']:%Y-%m-%d} or {days['mdy']:%Y-%m-%d}, or say "
        "which with --dates dmy or --dates mdy",
    )


def _calendar(year: str, month: str, date: str, clock: list[str | None]) -> datetime:
    try:
        hour, minute, second = (int(part or 0) for part in clock)
        return datetime(int(year), int(month), int(date), hour, minute, second)
    except ValueError as error:
        raise RefusedError(
            "there is no such day in the calendar", "write it as 2021-10-31 or 31.10.2021"
        ) from error


def _limited_day(found: datetime) -> datetime:
    if not YEARS[0] <= found.year < YEARS[1]:
        raise RefusedError(f"the year {found.year} cannot be meant", "check the year")
    return found
