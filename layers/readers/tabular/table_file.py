"""A file of the study as a table of the schema; what is wrong with it, by row and column."""

import stat
from collections.abc import Callable, Collection, Iterator, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Final

import pandas as pd

from geo.schema import Table
from layers.complaints import NO_FILE, UserError, extra, require_exists
from layers.readers.tabular.parsing import (
    Fault,
    Options,
    UnreadableError,
    decimal_mark,
    listed,
)
from layers.readers.tabular.rows import Reader, missing
from layers.readers.tabular.tables import WORKBOOKS, FileTable
from layers.readers.tabular.text import read_text

MOST_BYTES: Final = 512_000_000
"""Size of a file that is read."""
_LAYERS: Final = (b"SQLite format 3\x00", b"PAR1")
"""How files of layers begin."""


def content_of(path: Path) -> bytes:
    """Return the bytes of a regular file of at most `MOST_BYTES`; refuse all else unread."""
    require_exists(path)
    about = path.stat()
    if not stat.S_ISREG(about.st_mode):
        raise UnreadableError(*NO_FILE)
    if about.st_size > MOST_BYTES:
        raise UnreadableError(
            f"it has {about.st_size:,} bytes, and at most {MOST_BYTES:,} are read",
            "cut it into several files",
        )
    return path.read_bytes()


def read_table(
    path: Path,
    schema: Table,
    *checks: Callable[[pd.DataFrame], Iterator[Fault]],
    refused: Collection[str] = (),
    zone: str = "UTC",
) -> pd.DataFrame:
    """Return the columns of a table that a file has, by the number of the row.

    Parameters
    ----------
    path
        CSV or XLSX, as for sightings.
    schema
        The table; other columns of the file are not read.
    *checks
        Each yields what else is wrong with the values.
    refused
        Columns, in small letters, that may not be there.
    zone
        Time zone of the values: times that state an offset become local.

    Raises
    ------
    UserError
        With every fault: its row, the column, what was found and how to mend it.  Of a table that
        describes people no cell is shown.
    """
    try:
        table = _opened(path)
    except UnreadableError as error:
        raise UserError(f"{path}: {error}") from error
    places = table.places()
    required = [column.name for column in schema.columns if column.required]
    if absent := [name for name in required if name not in places]:
        raise UserError(
            f"{path} has no column {', '.join(absent)}; it has {', '.join(table.header)}. "
            f"Fix: add the column; the first line names the columns"
        )
    if wrong := [
        header for header in table.header if header.strip().casefold() in refused
    ]:
        raise UserError(
            f"{path} has the column {', '.join(wrong)}, which this table may not have. Fix: take "
            "it out; a place is named by its id in the column place"
        )
    faults, values = _values(table, schema, zone)
    for check in checks:
        faults += check(values)
    in_order = sorted(faults, key=lambda fault: fault.row)
    describes_people = any(column.sensitive for column in schema.columns)
    require_none(
        [
            replace(
                fault, file=path.name, value=None if describes_people else fault.value
            )
            for fault in in_order
        ]
    )
    return values


def require_none(faults: Sequence[Fault]) -> None:
    """Raise `UserError` with all faults, where there is one."""
    if faults:
        raise UserError("\n".join(listed(faults)))


def _opened(path: Path) -> FileTable:
    """Return the table in a workbook or a text; raise `UnreadableError` for all else."""
    data = content_of(path)
    if data.startswith(WORKBOOKS):
        with extra("office", "reading workbooks"):
            from layers.readers.tabular.workbooks import read_workbook  # noqa: PLC0415
        return read_workbook(data)
    if data.startswith(_LAYERS) or data.lstrip()[:1] in (b"{", b"["):
        raise UnreadableError("it is not a table", "save it as CSV or as a workbook")
    return read_text(data)


def _values(
    table: FileTable, schema: Table, zone: str
) -> tuple[list[Fault], pd.DataFrame]:
    """Return the values of the columns that a schema names, and what is wrong with them."""
    places = table.places()
    columns = [column for column in schema.columns if column.name in places]
    numeric = [column for column in columns if column.dtype == "float64"]
    mark = decimal_mark((table.cells[places[c.name]], c) for c in numeric)
    reader = Reader(table, Options(mark=mark, zone=zone))
    for column in columns:
        reader.take(column, reader.cells[places[column.name]])
    values = reader.frame()
    return [*reader.faults, *missing(values, reader, schema)], values
