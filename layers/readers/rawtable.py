"""Rows as a file holds them, before anyone says what they mean."""

from __future__ import annotations

import json
import math
import re
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

Cell = str | float | datetime | None
"""Text, a number or a date that the format itself types, or nothing."""

POINT_LAT: Final = "(geometry) lat"
POINT_LON: Final = "(geometry) lon"
"""Headers under which the geometry of a feature stands beside its properties."""

_SHOWN: Final = 48


class UnreadableError(ValueError):
    """A file cannot be read as a table: what was found, and what to do."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}. {cure}")
        self.problem = problem
        self.cure = cure


@dataclass(frozen=True)
class RawRow:
    """One row that is not blank: its number in the file and its cells."""

    number: int
    cells: tuple[Cell, ...]


@dataclass(frozen=True)
class RawTable:
    """A header and its rows; a note says what was settled by a rule on the way."""

    header: tuple[str, ...]
    rows: tuple[RawRow, ...]
    notes: tuple[str, ...] = ()


def tidy(value: Any) -> Cell:
    """Return a value from a file as a `Cell`: trimmed text, float, datetime or None."""
    match value:
        case None:
            return None
        case bool():
            return "true" if value else "false"
        case int():
            return float(value) if abs(value) < 2**53 else str(value)[:_SHOWN]
        case float():
            return value if math.isfinite(value) else str(value)
        case datetime():
            return value.replace(tzinfo=None)
        case date():
            return datetime(value.year, value.month, value.day)
        case list() if all(isinstance(part, str) for part in value):
            return tidy(" ".join(value))
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    # A lone surrogate, which JSON can spell, is no text that could ever be written out.
    text = str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace").strip()
    return text.strip("\ufeff\u00a0\t ") or None


def shown(value: Cell | object) -> str:
    """Return a value as a message may show it: one line, printable, not endless."""
    if isinstance(value, float):
        return f"{value:.15g}"
    text = "".join(c if c.isprintable() else "\N{REPLACEMENT CHARACTER}" for c in str(value))
    return text if len(text) <= _SHOWN else f"{text[: _SHOWN - 1]}…"


def own_name(header: str) -> str:
    """Return a question's own name, without the names of the groups that it stands in."""
    return re.split(r"[/:]|(?<=\w)-", header)[-1].strip()


def raw_table(
    header: list[Any], rows: list[tuple[int, list[Cell]]], notes: tuple[str, ...] = ()
) -> RawTable:
    """Build a `RawTable`: blank rows go, blank columns at the right go, all else stays."""
    kept = [
        RawRow(number, tuple(cells)) for number, cells in rows if any(c is not None for c in cells)
    ]
    names = [shown(tidy(name) or "") for name in header]
    used = max((i + 1 for row in kept for i, c in enumerate(row.cells) if c is not None), default=0)
    while len(names) > used and not names[-1]:
        names.pop()
    titled = tuple(name or f"(column {i})" for i, name in enumerate(names, 1))
    width = len(titled)
    trimmed = tuple(
        RawRow(row.number, row.cells[:width] if not any(row.cells[width:]) else row.cells)
        for row in kept
    )
    return RawTable(titled, trimmed, notes)
