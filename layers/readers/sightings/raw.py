"""Rows as a file holds them, column by column, before anyone says what they mean."""

from __future__ import annotations

import json
import math
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from itertools import islice
from typing import Any, Final
from zoneinfo import ZoneInfo

import numpy as np
import pandas as pd

from geo.arrays import Ints

Cell = str | float | datetime | None
"""Text, a number or a date that the format itself types, or nothing."""

POINT_LAT: Final = "(geometry) lat"
POINT_LON: Final = "(geometry) lon"
"""Headers under which the geometry of a feature stands beside its properties."""

ZONE: Final = ZoneInfo("Europe/Belgrade")
"""Time zone of the study: a time that states its offset is converted to it."""

MOST_CELLS: Final = 30_000_000
"""Cells that a table may have, rows times columns: a million rows of thirty columns."""

MOST_COLUMNS: Final = 16_384
"""Columns that a table may have: as many as a sheet of XLSX."""

EDGES: Final = "\ufeff\u00a0\t "
"""What is cut off around a text beside white space: a byte order mark, above all."""

_SHOWN: Final = 48
_BATCH: Final = 50_000


class UnreadableError(ValueError):
    """A file cannot be read as a table: what was found, and what to do."""

    def __init__(self, problem: str, cure: str) -> None:
        super().__init__(f"{problem}. {cure}")
        self.problem = problem
        self.cure = cure


@dataclass(frozen=True)
class RawTable:
    """A header and its rows that are not blank, as columns.

    A column holds text (dtype ``str``) or cells of several types (``object``); empty cells are
    null.
    """

    header: tuple[str, ...]
    numbers: Ints
    """Number of each row in the file, ascending."""
    columns: tuple[pd.Series, ...]
    """One for each name of the header."""
    cut: dict[int, int] = field(default_factory=dict)
    """Rows that do not have as many cells as the header: how many, by position."""
    hidden_rows: frozenset[int] = frozenset()
    """Numbers of the rows that the program which made the file does not show."""
    hidden_columns: tuple[str, ...] = ()
    """Headers of the columns that it does not show."""
    notes: tuple[str, ...] = ()
    """What was settled by a rule on the way."""

    def __len__(self) -> int:
        return len(self.numbers)


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
            return local(value)
        case date():
            return datetime(value.year, value.month, value.day)
        case list() if all(isinstance(part, str) for part in value):
            return tidy(" ".join(value))
    if isinstance(value, dict):
        value = json.dumps(value, ensure_ascii=False)
    # A lone surrogate, which JSON can spell, is no text that could ever be written out.
    text = str(value).encode("utf-16", "surrogatepass").decode("utf-16", "replace")
    return text.strip().strip(EDGES) or None


def local(moment: datetime) -> datetime:
    """Return a moment as the clock of the study's time zone shows it."""
    return moment if moment.tzinfo is None else moment.astimezone(ZONE).replace(tzinfo=None)


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
    header: Sequence[Any],
    rows: Iterable[tuple[int, Sequence[Cell]]],
    notes: tuple[str, ...] = (),
) -> RawTable:
    """Build a `RawTable`: blank rows go, blank columns at the right go, all else stays.

    Parameters
    ----------
    header : sequence
    rows : iterable of (number in the file, cells)
        Taken in batches, so that a generator of a million rows needs no more than its columns.
    notes : tuple of str

    Raises
    ------
    UnreadableError
        If there are more than `MOST_COLUMNS` columns or `MOST_CELLS` cells.
    """
    names = [shown(tidy(name) or "") for name in header]
    numbers: list[Ints] = []
    parts: list[list[pd.Series]] = []
    odd: dict[int, tuple[int, int]] = {}
    count = 0
    stream = _counted(rows, len(names))
    while batch := list(islice(stream, _BATCH)):
        filled = [(n, cells) for n, cells in batch if cells.count(None) < len(cells)]
        even = []
        for at, (_, cells) in enumerate(filled, count):
            if len(cells) != len(names):
                odd[at] = (len(cells), _filled(cells))
                cells = [*cells, *[None] * len(names)][: len(names)]  # noqa: PLW2901
            even.append(cells)
        count += len(filled)
        numbers.append(np.array([n for n, _ in filled], dtype=np.int64))
        parts.append([_column(cells) for cells in zip(*even, strict=True)] if even else [])
    columns = _joined([part for part in parts if part], len(names))
    last = max((i + 1 for i, column in enumerate(columns) if column.notna().any()), default=0)
    used = max([last, *(end for _, end in odd.values())])
    while len(names) > used and not names[-1]:
        names.pop()
    width = len(names)
    return RawTable(
        tuple(name or f"(column {i})" for i, name in enumerate(names, 1)),
        np.concatenate([np.zeros(0, dtype=np.int64), *numbers]),
        tuple(columns[:width]),
        {at: cells for at, (cells, end) in odd.items() if cells < width or end > width},
        notes=notes,
    )


def check_size(*, columns: int = 0, cells: int = 0) -> None:
    """Raise where a table is larger than what is read.

    Raises
    ------
    UnreadableError
        If there are more than `MOST_COLUMNS` columns, or `MOST_CELLS` rows times columns.
    """
    if columns > MOST_COLUMNS or cells > MOST_CELLS:
        raise UnreadableError(
            f"it has more than {MOST_COLUMNS:,} columns"
            if columns > MOST_COLUMNS
            else f"it has more than {MOST_CELLS:,} cells, rows times columns",
            "Fix: cut it into several files, or remove the columns that are not needed",
        )


def choose(what: str, found: list[str], named: str | None) -> str:
    """Return the one sheet or layer to read; which of several is for the user to say.

    Raises
    ------
    UnreadableError
        If there is none, or not the one named, or several and none is named.
    """
    if not found:
        raise UnreadableError("there is nothing in it", "Check that this is the file you mean")
    if named is not None and named not in found:
        raise UnreadableError(
            f"it has no {what} {named!r}", f"Name one of: {', '.join(map(repr, found))}"
        )
    if named is None and len(found) > 1:
        raise UnreadableError(
            f"it has {len(found)} {what}s with content: {', '.join(map(repr, found))}",
            "Say with --sheet which one holds the sightings",
        )
    return named or found[0]


def _counted(
    rows: Iterable[tuple[int, Sequence[Cell]]], width: int
) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield the rows while there are no more cells than are read."""
    check_size(columns=width)
    cells = 0
    for row in rows:
        cells += len(row[1])
        if cells > MOST_CELLS:
            check_size(cells=cells)
        yield row


def _filled(cells: Sequence[Cell]) -> int:
    """Return how many cells there are up to the last that holds something."""
    return max((i + 1 for i, cell in enumerate(cells) if cell is not None), default=0)


def _column(cells: tuple[Cell, ...]) -> pd.Series:
    text = set(map(type, cells)) <= {str, type(None)}
    return pd.Series(list(cells), dtype="str" if text else object)


def _joined(parts: list[list[pd.Series]], width: int) -> list[pd.Series]:
    """Return whole columns; of mixed types where a part of one is."""
    if not parts:
        return [pd.Series([], dtype="str") for _ in range(width)]
    columns = []
    for pieces in zip(*parts, strict=True):
        kind = "str" if all(piece.dtype == "str" for piece in pieces) else object
        columns.append(pd.concat([p.astype(kind) for p in pieces], ignore_index=True))
    return columns
