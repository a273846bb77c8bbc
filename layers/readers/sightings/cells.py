"""Cells of a sightings file: what they may hold, how messages show them, what can be wrong."""

import json
import math
import re
from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

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
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
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
        value = f" {self.value!r}:" if self.value else ""
        row = f", row {self.row}" if self.row else ""
        return f"{self.file}{row}{column}:{value} {self.problem}. Fix: {self.fix}."


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
            yield (f"{where}: {len(same) - FIRST:,} more rows of this kind, down to "
                   f"row {last.row}: {last.problem}. Fix: {last.fix}.")  # fmt: skip


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
