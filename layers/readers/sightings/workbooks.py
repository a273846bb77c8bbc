"""XLSX workbooks as raw tables; what a workbook hides is named.

openpyxl is imported where a workbook is read: a run of other files does not wait for it.
"""

import re
import zipfile
import zlib
from collections.abc import Iterator
from dataclasses import replace
from io import BytesIO
from itertools import islice
from typing import Any, Final
from xml.etree import ElementTree as ET

from layers.readers.sightings.heading import Heading
from layers.readers.sightings.parsing import Fault, UnreadableError, tidy
from layers.readers.sightings.tables import (
    FileTable,
    Row,
    build_table,
    choose,
    filled,
)

MOST_UNPACKED: Final = 1_000_000_000
"""Bytes that the parts of a workbook may have together when unpacked."""
MOST_TIMES: Final = 100
"""How many times larger they may be than the workbook, beyond `FEW`: tables are some 10 times."""
FEW: Final = 50_000_000
"""Bytes that every workbook may have when unpacked."""

_OF_REPEAT: Final = frozenset({"_parent_index", "PARENT_KEY"})
"""Headers of a sheet that holds the groups of a repeat."""

REPEAT: Final = (
    "a repeat group: one record holds several groups of people, and it is not known which place "
    "and time each has"
)
REPEAT_FIX: Final = (
    "export the records without the repeat, or enter each group as a record of its own; the "
    "form that `mitrovica init form` writes does so"
)


def read_workbook(
    data: bytes, sheet: str | None, heading: Heading | None = None
) -> FileTable:
    """Return the rows of the one sheet with content, or of the sheet that is named.

    Raises `UnreadableError` if it is too large, holds a repeat group, or a sheet must be named; a
    damaged workbook raises errors of `zipfile`, `openpyxl` and `xml`.
    """
    import openpyxl  # noqa: PLC0415

    archive = _archive(data)
    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
    headers = {}
    for page in book.worksheets:
        for _, cells in islice(_filled_rows(page), 1):
            headers[page.title] = cells
    if any(_OF_REPEAT.intersection(cells) for cells in headers.values()):
        raise UnreadableError(REPEAT, REPEAT_FIX)
    title = choose("sheet", list(headers), sheet)
    chosen: Any = book[title]
    headed = (heading or Heading()).of(_filled_rows(chosen))
    rows = _filled_up(headed.rows, len(headed.names))
    table = build_table(headed.names, rows, headed.notes)
    return _without_hidden(table, *_hidden(archive, chosen._worksheet_path))


def _archive(data: bytes) -> zipfile.ZipFile:
    """Return the parts of a workbook; raise `UnreadableError` where they are too large."""
    archive = zipfile.ZipFile(BytesIO(data))
    unpacked = sum(part.file_size for part in archive.infolist())
    most = MOST_UNPACKED
    if unpacked <= most:
        most = min(most, MOST_TIMES * len(data) + FEW)
    if unpacked > most:
        raise UnreadableError(
            f"unpacked it has {unpacked:,} bytes, and at most {most:,} are read",
            "cut it into several files, or save the sheet as CSV",
        )
    return archive


def sheet_names(data: bytes) -> list[str]:
    """Return the names of the sheets of a workbook; none of another file."""
    from openpyxl.reader.excel import ExcelReader  # noqa: PLC0415

    if not data.startswith(b"PK"):
        return []
    try:
        # The sheets are not opened: openpyxl would look through each for its size.
        reader = ExcelReader(BytesIO(data), read_only=True)
        reader.read_manifest()
        reader.read_workbook()
        sheets = [
            str(sheet.name)
            for sheet, part in reader.parser.find_sheets()
            if part.target in reader.valid_files
            and "chartsheet" not in part.Type
        ]
    except Exception:  # noqa: BLE001 - what reads it says why it cannot be
        return []
    return sheets


def _without_hidden(
    table: FileTable, rows: set[int], columns: set[int]
) -> FileTable:
    """Return a table with the rows and the columns named that its workbook hides."""
    problem, fix = (
        "the workbook hides this row",
        "unhide it to use it, or delete it",
    )
    hidden = {row: Fault(row, "", None, problem, fix) for row in rows}
    places = enumerate(table.header, 1)
    names = tuple(name for place, name in places if place in columns)
    return replace(table, bad=table.bad | hidden, hidden_columns=names)


def _filled_up(rows: Iterator[Row], width: int) -> Iterator[Row]:
    """Yield rows with the empty cells at the right that a workbook lacks."""
    for number, cells in rows:
        yield number, [*cells, *[None] * (width - len(cells))]


def _filled_rows(page: Any) -> Iterator[Row]:
    page.reset_dimensions()  # some exporters state a wrong size, and rows beyond it would be lost
    rows = filled(enumerate(page.values, 1))
    return filled((number, list(map(tidy, row))) for number, row in rows)


def extent(data: bytes) -> tuple[int, int]:
    """Return how many rows and cells the largest sheet of a workbook has, before they are read.

    None of what is damaged.  Raises `UnreadableError` as `read_workbook` where it is too large.
    """
    largest = (0, 0)
    try:
        archive = _archive(data)
        for part in archive.namelist():
            if part.startswith("xl/worksheets/") and part.endswith(".xml"):
                rows = cells = 0
                for tags in _tags(archive, part):
                    rows += len(_ROW.findall(tags))
                    cells += len(_CELL.findall(tags))
                largest = max(largest, (rows, cells))
    except (zipfile.BadZipFile, OSError, NotImplementedError, zlib.error):
        return largest
    return largest


_ROW: Final = re.compile(rb"<(?:\w+:)?row\b")
_CELL: Final = re.compile(rb"<(?:\w+:)?c\b")
_PIECE: Final = 1 << 20
_LONGEST_TAG: Final = 64
"""Bytes of a tag in which its name stands."""


def _tags(archive: zipfile.ZipFile, part: str) -> Iterator[bytes]:
    """Yield a part of a workbook in pieces, no name of a tag in two of them."""
    left = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            whole, mark, rest = (left + piece).rpartition(b"<")
            yield whole
            left = (mark + rest[:_LONGEST_TAG]) if mark else b""
    yield left


def _says(archive: zipfile.ZipFile, part: str, word: bytes) -> bool:
    """Return whether a word may stand in a part of a workbook, whatever its encoding."""
    tail = b""
    with archive.open(part) as stream:
        while piece := stream.read(_PIECE):
            if word in tail + piece or b"\0" in piece:
                return True
            tail = piece[-len(word) :]
    return False


def _hidden(archive: zipfile.ZipFile, part: str) -> tuple[set[int], set[int]]:
    """Return the rows and the columns that a sheet hides, counted from 1.

    openpyxl does not give these of a workbook that it reads row by row.
    """
    rows: set[int] = set()
    columns: set[int] = set()
    if not _says(archive, part, b"hidden"):
        return rows, columns
    number = 0
    with archive.open(part) as stream:
        for _, item in ET.iterparse(stream):
            name = item.tag.rpartition("}")[2]
            is_hidden = item.get("hidden") in {"1", "true"}
            if name == "row":
                number = int(item.get("r", number + 1))
                if is_hidden:
                    rows.add(number)
                item.clear()
            elif name == "col" and is_hidden:
                first, last = int(item.get("min", 1)), int(item.get("max", 1))
                columns.update(range(first, last + 1))
    return rows, columns
