"""XLSX workbooks as raw tables; what a workbook hides is named.

openpyxl is imported where a workbook is read: a run of other files does not wait for it.
"""

import zipfile
from collections.abc import Iterator, Sequence
from dataclasses import replace
from io import BytesIO
from itertools import islice
from typing import Any, Final
from xml.etree import ElementTree as ET

from layers.readers.sightings.cells import Cell, Fault, UnreadableError, tidy
from layers.readers.sightings.tables import FileTable, build_table, choose, filled

MOST_UNPACKED: Final = 1_000_000_000
"""Bytes that the parts of a workbook may have together when unpacked."""

REPEAT: Final = (
    "a repeat group: one record holds several groups of people, and it is not known which place "
    "and time each has"
)
REPEAT_FIX: Final = (
    "export the records without the repeat, or enter each group as a record of its own; the "
    "form that `mitrovica init form` writes does so"
)


def read_workbook(data: bytes, sheet: str | None) -> FileTable:
    """Return the rows of the one sheet with content, or of the sheet that is named.

    Raises `UnreadableError` if it is too large, holds a repeat group, or a sheet must be named; a
    damaged workbook raises errors of `zipfile`, `openpyxl` and `xml`.
    """
    import openpyxl  # noqa: PLC0415

    archive = zipfile.ZipFile(BytesIO(data))
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > MOST_UNPACKED:
        raise UnreadableError(
            f"unpacked it has {unpacked:,} bytes, and at most {MOST_UNPACKED:,} are read",
            "cut it into several files, or save the sheet as CSV",
        )
    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
    headers = {
        p.title: first
        for p in book.worksheets
        if (first := next(_filled_rows(p), None))
    }
    if any(
        "_parent_index" in cells or "PARENT_KEY" in cells
        for _, cells in headers.values()
    ):
        raise UnreadableError(REPEAT, REPEAT_FIX)
    title = choose("sheet", list(headers), sheet)
    header = headers[title][1]
    # A workbook leaves out the empty cells at the right.
    rows = (
        (number, [*cells, *[None] * (len(header) - len(cells))])
        for number, cells in islice(_filled_rows(book[title]), 1, None)
    )
    table = build_table(header, rows)
    page: Any = book[title]
    rows_hidden, columns_hidden = _hidden(archive, page._worksheet_path)
    names = (name for k, name in enumerate(table.header, 1) if k in columns_hidden)
    problem, fix = "the workbook hides this row", "unhide it to use it, or delete it"
    bad = table.bad | {row: Fault(row, "", None, problem, fix) for row in rows_hidden}
    return replace(table, bad=bad, hidden_columns=tuple(names))


def _filled_rows(page: Any) -> Iterator[tuple[int, Sequence[Cell]]]:
    page.reset_dimensions()  # some exporters state a wrong size, and rows beyond it would be lost
    return filled(
        (number, row if row.count(None) == len(row) else [tidy(cell) for cell in row])
        for number, row in enumerate(page.values, 1)
    )


def _hidden(archive: zipfile.ZipFile, part: str) -> tuple[set[int], set[int]]:
    """Return the rows and the columns that a sheet hides, counted from 1.

    openpyxl does not give these of a workbook that it reads row by row.
    """
    rows: set[int] = set()
    columns: set[int] = set()
    number = 0
    with archive.open(part) as stream:
        for _, item in ET.iterparse(stream):
            name, is_hidden = (
                item.tag.rpartition("}")[2],
                item.get("hidden") in {"1", "true"},
            )
            if name == "row":
                number = int(item.get("r", number + 1))
                rows.update([number] if is_hidden else [])
                item.clear()
            elif name == "col" and is_hidden:
                columns.update(
                    range(int(item.get("min", 1)), int(item.get("max", 1)) + 1)
                )
    return rows, columns
