"""What a user is asked of a file before all its rows can be read, and what each row says.

Nothing is guessed: what a column is, what a word means, in which order a day is written.  Values of
columns that look like personal data are not shown.
"""

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

import pandas as pd

from geo.schema import RECORDS
from layers.readers.tabular.parsing import Fault, UnreadableError, printable
from layers.readers.tabular.tables import WORKBOOKS, FileTable
from layers.readers.tabular.workbooks import extents
from mitrovica.intake.columns import (
    ACCURACY,
    GEOPOINT,
    READ,
    last_name,
    meaning,
    personal_in,
)
from mitrovica.intake.containers import SERVERS, open_table
from mitrovica.intake.hashtags import by_tags
from mitrovica.intake.heading import Heading
from mitrovica.intake.mapping import LEFT_OUT, FormMapping, Mapped, chosen, mapped
from mitrovica.intake.options import FileOptions
from mitrovica.intake.personal import MASK, masked
from mitrovica.intake.report import SightingsReport, of_tables, opened
from mitrovica.intake.row_files import KEPT
from mitrovica.intake.uploads import Handed

EXAMPLES: Final = 4
MOST_WORDS: Final = 40
MOST_HEADINGS: Final = 10
"""Rows that are shown, of which the header may be one."""
MOST_IN_FILE: Final = 100_000
"""Rows of a file that is looked at row by row: what an office reports in years."""
MOST_CELLS: Final = 2_000_000
"""Cells of such a file: a workbook of so many, in 20 columns, is looked at in about 27 seconds."""
MOST_ROWS: Final = 500
"""Rows that are shown at most, those with faults first."""
WORDED: Final = ("kind", "located_kind")
"""Columns whose words have a meaning each."""
SHOWN: Final = (
    "kind",
    "lat",
    "lon",
    "uncertainty_m",
    "date_from",
    "group_min",
    "group_max",
)
"""Values of a row that is used, as they are shown."""


@dataclass(frozen=True)
class ColumnAsked:
    """A column of a file, and what it is taken for."""

    place: int
    name: str
    column: str | None
    """What it holds; empty: it is not read; ``?``: a part of a point, as servers write it; None
    where nobody knows."""
    examples: tuple[str, ...]
    personal: bool
    """Whether it looks like personal data."""


@dataclass(frozen=True)
class RowAsked:
    """A row of a file: what is in it, or what was read of it."""

    row: int
    cells: Mapping[int, str]
    """What the file has in the columns that are read, by their place; of a row with faults."""
    faults: tuple[Fault, ...] = ()
    values: tuple[str, ...] = ()
    """Of a row that is used: what was read, in the order of `SHOWN`."""


@dataclass(frozen=True)
class Looked:
    """A file as it is read so far."""

    report: SightingsReport
    mapping: FormMapping | None
    """How it was read, where not by the words of the program alone."""
    columns: tuple[ColumnAsked, ...]
    missing: tuple[str, ...]
    """Columns that every row needs, and the file has not."""
    words: Mapping[str, tuple[str, ...]]
    """Words whose meaning nobody knows, by column."""
    values: Mapping[str, tuple[str, ...]]
    """What they may mean."""
    rows: tuple[RowAsked, ...]
    headings: tuple[tuple[int, str], ...]
    """The number and the beginning of the rows among which the header is."""

    @property
    def unsettled(self) -> int:
        """How many rows are not read."""
        return len(self.report.rejected)


def sheets(file: Handed) -> list[str]:
    """Return the sheets of a workbook of several; none of another file."""
    names = list(extents(file.data))
    return names if len(names) > 1 else []


def look(file: Handed, options: FileOptions) -> Looked:
    """Return how a file is read, and what is to be asked of it.

    Columns that look like personal data are not read, nor those that no study needs.  Raises
    `UnreadableError` if it holds no table.
    """
    _require_few(*_extent(file.data))
    options = replace(
        options, mapping=file.mapping or options.mapping, drop_personal=True
    )
    table = _mended(by_tags(opened(file.data, file.name, options)), file)
    mapping = options.mapping or chosen(table.header, options.mappings)
    found = mapped(table, mapping)
    more = {
        table.header[place]: LEFT_OUT
        for column, place in found.sources.items()
        if column in _OURS and column not in KEPT and place < len(table.header)
    }
    if more:
        said = mapping or FormMapping(columns={})
        mapping = replace(said, columns={**said.columns, **more})
        found = mapped(table, mapping)
    columns = tuple(_columns(table, found, mapping))
    report = of_tables({file.name: table}, replace(options, mapping=mapping))
    words, values = _words(found)
    return Looked(
        report,
        mapping,
        columns,
        _missing(report),
        words,
        values,
        tuple(_rows(table, found, report)),
        () if any(one.personal for one in columns) else _headings(file, options),
    )


def _extent(data: bytes) -> tuple[int, int]:
    """Return about how many rows and cells a workbook or a text has, in little time."""
    if data.startswith(_BINARY):
        return max(extents(data).values(), default=(0, 0))
    rows = data.count(b"\n")
    return rows, rows + max(data.count(mark) for mark in (b",", b";", b"\t"))


_BINARY: Final = (*WORKBOOKS, b"SQLite format 3", b"PAR1")


def _require_few(rows: int, cells: int) -> None:
    """Raise `UnreadableError` where a file is too large to be looked at row by row."""
    if rows > MOST_IN_FILE or cells > MOST_CELLS:
        raise UnreadableError(
            f"it has about {rows:,} rows and {cells:,} cells, and at most {MOST_IN_FILE:,} rows "
            f"and {MOST_CELLS:,} cells are read here",
            "cut it into several files, such as one a year, or leave out columns that are not "
            "needed",
        )


def _mended(table: FileTable, file: Handed) -> FileTable:
    """Return a table with the cells that were mended, without rows that are left out."""
    cells = table.cells.drop(index=[*file.left_out], errors="ignore")
    for (row, place), text in file.cells.items():
        if row in cells.index and place in cells.columns:
            cells[place] = cells[place].astype(object)
            cells.loc[row, place] = text.strip() or None
    bad = {row: fault for row, fault in table.bad.items() if row in cells.index}
    return replace(table, cells=cells, bad=bad)


def _columns(
    table: FileTable, found: Mapped, mapping: FormMapping | None
) -> list[ColumnAsked]:
    column_at: dict[int, str] = {}
    for column, place in found.sources.items():
        if place < len(table.header) and column in _OURS:
            column_at.setdefault(place, column)
    for place, name in enumerate(found.table.header[: len(table.header)]):
        if name.startswith("(") and name.strip("()") in _PARTS:
            column_at[place] = name.strip("()")
    for place in _of_points(table):
        column_at.setdefault(place, "?")
    asked = []
    for place, name in enumerate(table.header):
        if _of_server(name):
            continue
        why = personal_in(table, place)
        seen = table.cells[place].dropna().unique()[:EXAMPLES]
        shown = [MASK] if why else [masked(cell, sensitive=False) for cell in seen]
        is_out = mapping is not None and mapping.columns.get(name) == LEFT_OUT
        asked.append(
            ColumnAsked(
                place,
                masked(name, sensitive=False),
                LEFT_OUT if is_out else column_at.get(place),
                tuple(shown),
                bool(why),
            )
        )
    return asked


_OURS: Final = frozenset(RECORDS.names)
_OF_POINTS: Final = frozenset({"lat", "lon", GEOPOINT, ACCURACY})
_PARTS: Final = frozenset({"position", "group"})


def _missing(report: SightingsReport) -> tuple[str, ...]:
    """Return the columns that a file lacks."""
    lacking = [
        fault.column.split(", ")
        for fault in report.faults
        if not fault.row and fault.problem.startswith("missing column")
    ]
    return tuple(name for names in lacking for name in names)


def _words(
    found: Mapped,
) -> tuple[dict[str, tuple[str, ...]], dict[str, tuple[str, ...]]]:
    """Return the words that are none of a column's values, and these values."""
    places = {last_name(name): k for k, name in enumerate(found.table.header)}
    words: dict[str, tuple[str, ...]] = {}
    values: dict[str, tuple[str, ...]] = {}
    for column in WORDED:
        if column not in places:
            continue
        allowed = READ[column].values
        cells = found.table.cells[places[column]].dropna().unique()
        unknown = [
            printable(cell) for cell in cells if str(cell).casefold() not in allowed
        ]
        if unknown:
            words[column] = tuple(unknown[:MOST_WORDS])
            values[column] = allowed
    return words, values


def _rows(table: FileTable, found: Mapped, report: SightingsReport) -> list[RowAsked]:
    """Return the rows, those that are not read first."""
    named = {place for column, place in found.sources.items() if column in _OURS}
    in_file = {*range(len(table.header))}
    read = sorted((named & in_file) | _of_points(table))
    by_row: dict[int, list[Fault]] = {}
    for fault in report.faults:
        if fault.row:
            by_row.setdefault(fault.row, []).append(fault)
    cells = table.cells.astype(object)
    rows = [
        RowAsked(
            row,
            {place: _text(cells.at[row, place]) for place in read},
            tuple(by_row[row]),
        )
        for row in sorted(by_row)
        if row in cells.index
    ]
    if _whole(report):
        return rows
    used = [row for row in cells.index if row not in by_row]
    values = report.used.reindex(columns=list(SHOWN)).itertuples(index=False)
    rows += [
        RowAsked(row, {}, values=tuple(map(_shown, of_row)))
        for row, of_row in zip(used, values, strict=True)
    ]
    return rows[:MOST_ROWS]


def _of_server(header: str) -> bool:
    """Return whether a server adds a column to every export: who sent a record, and when."""
    return last_name(header) in SERVERS["columns"]


def _of_points(table: FileTable) -> set[int]:
    """Return the places of the parts of points, as servers write them."""
    places = range(len(table.header))
    return {place for place in places if meaning(table, place)[1] in _OF_POINTS}


def _whole(report: SightingsReport) -> bool:
    """Tell whether the whole file is not read."""
    return any(not fault.row for fault in report.faults)


def _text(cell: Any) -> str:
    if cell is None or pd.isna(cell):
        return ""
    if isinstance(cell, pd.Timestamp) or hasattr(cell, "isoformat"):
        return str(cell.isoformat()[:10])
    return printable(cell)


def _shown(value: Any) -> str:
    if value is None or pd.isna(value):
        return ""
    return _text(round(value, 6) if isinstance(value, float) else value)


def _headings(file: Handed, options: FileOptions) -> tuple[tuple[int, str], ...]:
    """Return the first rows of a file as text, from which the header may be chosen."""
    mapping = options.mapping
    sheet = options.sheet or (mapping.sheet if mapping else None)
    heading = Heading(row=1, most=MOST_HEADINGS - 1)
    try:
        first = open_table(file.data, file.name, sheet, heading)
    except UnreadableError:
        return ()
    if _has_personal(first):
        return ()
    rows = [(1, " | ".join(first.header))]
    for row in first.cells.head(MOST_HEADINGS - 1).itertuples():
        texts = [_text(cell) for cell in row[1:]]
        rows.append((int(row[0]), " | ".join(text for text in texts if text)))
    return tuple((number, masked(text, sensitive=False)) for number, text in rows)


def _has_personal(table: FileTable) -> bool:
    return any(personal_in(table, place) for place in range(len(table.header)))
