"""Workbooks as raw tables, XLSX, XLS and ODS, by calamine."""

import zipfile
from collections.abc import Iterator
from io import BytesIO
from typing import IO, Any, Final
from xml.parsers import expat

from python_calamine import CalamineSheet, SheetTypeEnum, load_workbook

from layers.readers.tabular.parsing import Cell, UnreadableError, tidy
from layers.readers.tabular.tables import (
    WORKBOOKS,
    FileTable,
    Heading,
    Row,
    build_table,
    check_size,
    choose,
    filled,
    top_row,
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
    data: bytes, sheet: str | None = None, heading: Heading = top_row
) -> FileTable:
    """Return the rows of the one sheet with content, or of the sheet that is named.

    Hidden rows, columns and sheets are read as all others.  Raises `UnreadableError` if it is
    damaged or too large, holds a repeat group, or a sheet must be named.
    """
    pages = _pages(data)
    for page in pages.values():
        _, header = next(_rows(page))
        if _OF_REPEAT.intersection(header):
            raise UnreadableError(REPEAT, REPEAT_FIX)
    chosen = pages[choose("sheet", list(pages), sheet)]
    headed = heading(_rows(chosen))
    rows = _filled_up(headed.rows, len(headed.names))
    return build_table(headed.names, rows, headed.notes)


def extents(data: bytes) -> dict[str, tuple[int, int]]:
    """Return how many rows and cells each sheet with content has.

    None of what is no workbook, or cannot be read as one.
    """
    try:
        pages = _pages(data) if data.startswith(WORKBOOKS) else {}
    except UnreadableError:
        return {}
    found = {}
    for name, page in pages.items():
        row, column = page.end or (-1, -1)
        found[name] = row + 1, (row + 1) * (column + 1)
    return found


def _pages(data: bytes) -> dict[str, CalamineSheet]:
    """Return the sheets with content by name; raise `UnreadableError`."""
    try:
        if data.startswith(b"PK"):
            _require_small(data)
        book = load_workbook(BytesIO(data))
        pages = [
            book.get_sheet_by_name(about.name)
            for about in book.sheets_metadata
            if about.typ is SheetTypeEnum.WorkSheet
        ]
    except UnreadableError:
        raise
    except BaseException as error:
        # A panic of calamine is no Exception.
        kind = type(error).__name__
        if not isinstance(error, Exception) and kind != "PanicException":
            raise
        raise UnreadableError(
            f"this is no workbook that can be read ({kind})",
            "open it in the program that made it, and save or export it again",
        ) from error
    return {page.name: page for page in pages if any(_rows(page))}


def _require_small(data: bytes) -> None:
    """Raise `UnreadableError` where a workbook would take too much memory."""
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
    for part in archive.namelist():
        if part.startswith("xl/worksheets/") and part.endswith(".xml"):
            with archive.open(part) as sheet:
                rows, columns = _last_cell(sheet)
            check_size(cells=rows * columns)


def _last_cell(sheet: IO[bytes]) -> tuple[int, int]:
    """Return the last row and column of a sheet of XLSX, counted from 1.

    calamine makes room for all cells up to them, and ends the process where there is none.
    """
    row = column = rows = columns = 0

    def start(name: str, attributes: dict[str, str]) -> None:
        nonlocal row, column, rows, columns
        tag, place = name.rpartition(":")[2], attributes.get("r", "")
        if tag == "row":
            row, column = int(place or row + 1), 0
        elif tag == "c":
            letters = place.rstrip("0123456789")
            row = int(place[len(letters) :] or row)
            column = _number(letters) if letters else column + 1
            rows, columns = max(rows, row), max(columns, column)

    parser = expat.ParserCreate()
    parser.StartElementHandler = start
    parser.ParseFile(sheet)
    return rows, columns


def _number(letters: str) -> int:
    """Return the number of a column, 1 for A and 27 for AA."""
    number = 0
    for letter in letters.upper():
        number = 26 * number + ord(letter) - ord("A") + 1
    return number


def _rows(page: CalamineSheet) -> Iterator[Row]:
    """Yield the rows that are not blank, without the empty cells at their right."""
    return filled((n, _trimmed(row)) for n, row in enumerate(page.iter_rows(), 1))


def _trimmed(row: list[Any]) -> list[Cell]:
    cells = list(map(tidy, row))
    while cells and cells[-1] is None:
        cells.pop()
    return cells


def _filled_up(rows: Iterator[Row], width: int) -> Iterator[Row]:
    """Yield rows with empty cells at the right, up to a width."""
    for number, cells in rows:
        yield number, [*cells, *[None] * (width - len(cells))]
