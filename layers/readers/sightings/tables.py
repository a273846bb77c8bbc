"""The table in a file, column by column, before its columns have a meaning.

It is held as chunks of rows, each compressed: a table of a million rows is read and checked without
ever lying whole in memory.
"""

import pickle
import re
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import islice
from typing import Any, Final

import pandas as pd
import pyarrow as pa

from geo.schema import RECORDS
from layers import shipped
from layers.readers.sightings.cells import Cell, Fault, UnreadableError, printable, tidy

POINT_LAT: Final = "(geometry) lat"
POINT_LON: Final = "(geometry) lon"
"""Headers under which the geometry of a feature stands beside its properties."""

MOST_CELLS: Final = 30_000_000
"""Cells that a table may have, rows times columns: a million rows of thirty columns."""

MOST_COLUMNS: Final = 2_000
"""Columns that a table may have: each is looked through for personal data, 2 ms a column."""

CUT_FIX: Final = (
    "check it for a separator too many or too few, and put text that holds one "
    "in quotation marks"
)

REMARK: Final = "# "
"""A row whose first cell begins so is a remark, such as the example in a new study's file."""

_TAG: Final = re.compile(r"#[a-z]\w*(\s*\+\s*[a-z]\w*)*", re.IGNORECASE)
"""A hashtag of HXL with its attributes."""
_TAGS: Final = {
    name: frozenset(re.findall(r"[#\w]+", tag))
    for name, tag in shipped.toml("lists", "hxl.toml")["records"].items()
}

CHUNK: Final = 50_000
"""Rows that are read and checked at once."""


class Packed:
    """A chunk of rows, compressed column by column."""

    def __init__(self, frame: pd.DataFrame) -> None:
        self.index = frame.index
        self._columns: dict[Any, tuple[int, bytes]] = {}
        for name in frame:
            data = pickle.dumps(frame[name].array, pickle.HIGHEST_PROTOCOL)
            self._columns[name] = len(data), pa.compress(data, "zstd", asbytes=True)

    def __contains__(self, name: object) -> bool:
        """Return whether there is such a column."""
        return name in self._columns

    def column(self, name: Any) -> pd.Series:
        """Return the cells of a column."""
        size, data = self._columns[name]
        cells = pickle.loads(pa.decompress(data, size, "zstd", asbytes=True))
        return pd.Series(cells, index=self.index)

    def frame(self) -> pd.DataFrame:
        """Return the rows."""
        return pd.DataFrame(
            {name: self.column(name) for name in self._columns}, index=self.index
        )


@dataclass(frozen=True)
class FileTable:
    """A header and its rows that are not blank."""

    header: tuple[str, ...]
    parts: tuple[Packed, ...]
    """Chunks of `cells`."""
    bad: dict[int, Fault] = field(default_factory=dict)
    """The rows that are not read, by number, whatever their cells say."""
    hidden_columns: tuple[str, ...] = ()
    """Headers of the columns that it does not show."""
    notes: tuple[str, ...] = ()
    """What was decided by a rule."""

    @property
    def cells(self) -> pd.DataFrame:
        """A row's index is its number in the file, a column's its place in the header, from 0.

        A column holds text (dtype ``str``) or cells of several types (``object``); an empty cell is
        null.
        """
        return pd.concat([part.frame() for part in self.parts])[range(len(self.header))]

    def column(self, place: int) -> list[pd.Series]:
        """Return the cells of a column, chunk by chunk."""
        return [part.column(place) for part in self.parts]

    def places(self) -> dict[str, int]:
        """Return the place of each column by its name in small letters."""
        return {
            header.strip().casefold(): place for place, header in enumerate(self.header)
        }


def build_table(
    header: Sequence[Any],
    rows: Iterable[tuple[int, Sequence[Cell]]],
    notes: tuple[str, ...] = (),
) -> FileTable:
    """Build a `FileTable` without blank rows, remarks, and blank columns at the right.

    The rows, as (number in the file, cells), are taken in chunks.  Raises `UnreadableError` if it
    is too large or empty.
    """
    names = [printable(tidy(name) or "") for name in header]
    blank = [None] * len(names)
    parts: list[Packed] = []
    used = 0
    odd: dict[int, tuple[int, int]] = {}
    remarks = 0
    check_size(columns=len(names))
    stream = filled(rows)
    while (batch := list(islice(stream, CHUNK))) or not parts:
        kept = [
            (n, cells) for n, cells in batch if not str(cells[0]).startswith(REMARK)
        ]
        remarks += len(batch) - len(kept)
        for number, cells in kept:
            if len(cells) != len(names):
                last = max(i for i, cell in enumerate(cells, 1) if cell is not None)
                odd[number] = len(cells), last
                used = max(used, last)
        rows_ = [[*cells, *blank][: len(names)] for _, cells in kept]
        index = pd.Index([number for number, _ in kept], dtype="int64")
        even = zip(*rows_, strict=True) if kept else [()] * len(names)
        found = pd.DataFrame(
            {k: _column(c, index) for k, c in enumerate(even)}, index=index
        )
        used = max(
            [used, *(k + 1 for k in range(len(names)) if found[k].notna().any())]
        )
        parts.append(Packed(found))
    while len(names) > used and not names[-1]:
        names.pop()
    if not names:
        raise UnreadableError("the file is empty", "check that it is the one you mean")
    width = len(names)
    if remarks:
        notes = (
            *notes,
            f"rows that begin with {REMARK!r} are remarks, and not read: {remarks}",
        )
    return FileTable(
        tuple(name or f"(column {i})" for i, name in enumerate(names, 1)),
        tuple(parts),
        {
            row: Fault(
                row, "", None, f"the row has {cells} cells, the header {width}", CUT_FIX
            )
            for row, (cells, end) in odd.items()
            if cells < width or end > width
        },
        notes=notes,
    )


def by_tags(table: FileTable) -> FileTable:
    """Return a table under the names of `RECORDS` that its HXL tags stand for.

    Tags are the header, or the row under it; without them the table is as it was.  A column that
    has a name of `RECORDS` already keeps it.
    """
    tags: list[Cell] = list(table.header)
    first = table.parts[0].frame()
    if not any(_TAG.fullmatch(str(tag)) for tag in tags) and len(first):
        tags = [cell if pd.notna(cell) else None for cell in first.iloc[0, : len(tags)]]
        if _are_tags(tags):
            table = replace(table, parts=(Packed(first.iloc[1:]), *table.parts[1:]))
    if not _are_tags(tags):
        return table
    names = dict.fromkeys(n for n in table.header if n in RECORDS.names)
    header = [
        name if name in names else _meant(tag, names) or name
        for name, tag in zip(table.header, tags, strict=True)
    ]
    return replace(
        table, header=tuple(header), notes=(*table.notes, "columns by their HXL tags")
    )


def _are_tags(cells: Sequence[Cell]) -> bool:
    given = [str(cell) for cell in cells if cell is not None]
    return bool(given) and all(map(_TAG.fullmatch, given))


def _meant(tag: Cell, taken: dict[str, None]) -> str | None:
    """Return the column that a tag stands for, the closest first, and enter it among the taken."""
    parts = set(re.findall(r"[#\w]+", str(tag).casefold()))
    fits = [
        name for name, needed in _TAGS.items() if needed <= parts and name not in taken
    ]
    best = max(fits, key=lambda name: len(_TAGS[name]), default=None)
    if best is not None:
        taken[best] = None
    return best


def check_size(*, columns: int = 0, cells: int = 0) -> None:
    """Raise `UnreadableError` if a table has more columns, or more cells, than are read."""
    if columns > MOST_COLUMNS or cells > MOST_CELLS:
        raise UnreadableError(
            f"it has more than {MOST_COLUMNS:,} columns"
            if columns > MOST_COLUMNS
            else f"it has more than {MOST_CELLS:,} cells, rows times columns",
            "cut it into several files, or remove the columns that are not needed",
        )


def choose(what: str, found: list[str], named: str | None) -> str:
    """Return the one sheet or layer to read; where there are several, the user must name one."""
    if not found:
        raise UnreadableError(
            "there is nothing in it", "check that this is the file you mean"
        )
    if named is not None and named not in found:
        raise UnreadableError(
            f"it has no {what} {named!r}", f"name one of: {', '.join(map(repr, found))}"
        )
    if named is None and len(found) > 1:
        raise UnreadableError(
            f"it has {len(found)} {what}s with content: {', '.join(map(repr, found))}",
            "say with --sheet which one holds the sightings",
        )
    return named or found[0]


def filled(
    rows: Iterable[tuple[int, Sequence[Cell]]],
) -> Iterator[tuple[int, Sequence[Cell]]]:
    """Yield the rows that are not blank, while there are no more cells than are read."""
    count = 0
    for number, cells in rows:
        count += len(cells)
        check_size(cells=count)
        if cells.count(None) < len(cells):
            yield number, cells


def _column(cells: tuple[Cell, ...], index: pd.Index) -> pd.Series:
    text = set(map(type, cells)) <= {str, type(None)}
    return pd.Series(list(cells), index, dtype="str" if text else object)
