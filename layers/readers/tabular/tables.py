"""The table in a file, column by column, before its columns have a meaning."""

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, NamedTuple, TypeAlias

import numpy as np
import pandas as pd
from pandas.api.types import infer_dtype

from layers.readers.tabular.parsing import Cell, Fault, UnreadableError, printable, tidy

POINT_LAT: Final = "(geometry) lat"
POINT_LON: Final = "(geometry) lon"
"""Headers under which the geometry of a feature stands beside its properties."""

MOST_CELLS: Final = 30_000_000
"""Cells that a table may have, rows times columns: a million rows of thirty columns."""

MOST_COLUMNS: Final = 2_000
"""Columns that a table may have: each is looked through for personal data, 2 ms a column."""

WORKBOOKS: Final = (b"PK", b"\xd0\xcf\x11\xe0")
"""How workbooks begin: ZIP archives, and XLS."""

BATCH: Final = 50_000
"""Rows that lie in memory as Python objects at once."""

CUT_FIX: Final = (
    "check it for a separator too many or too few, and put text that holds one "
    "in quotation marks"
)

REMARK: Final = "# "
"""A row whose first cell begins so is a remark, such as the example in a new study's file."""

Row = tuple[int, Sequence[Cell]]
"""The number of a row in the file, and its cells."""


class Headed(NamedTuple):
    """Names of columns, and the rows under them."""

    names: tuple[str, ...]
    rows: Iterator[Row]
    notes: tuple[str, ...] = ()


Heading: TypeAlias = Callable[[Iterator[Row]], Headed]
"""Which of the rows that are not blank names the columns."""


def top_row(rows: Iterator[Row]) -> Headed:
    """Return the first row as the names of the columns: a table begins with its header."""
    _, cells = next(rows, (1, ()))
    return Headed(tuple("" if cell is None else str(cell) for cell in cells), rows)


@dataclass(frozen=True)
class FileTable:
    """A header and its rows that are not blank."""

    header: tuple[str, ...]
    cells: pd.DataFrame
    """A row's index is its number in the file, a column's its place in the header, from 0.

    A column holds text (dtype ``str``) or cells of several types (``object``); an empty cell is
    null.
    """
    bad: dict[int, Fault] = field(default_factory=dict)
    """The rows that are not read, by number, whatever their cells say."""
    notes: tuple[str, ...] = ()
    """What was decided by a rule."""
    named: tuple[str, ...] = ()
    """Names in the file, where the header has those of `RECORDS`."""

    def places(self) -> dict[str, int]:
        """Return the place of each column by its name in small letters."""
        return {
            header.strip().casefold(): place for place, header in enumerate(self.header)
        }


def build_table(
    header: Sequence[Any], rows: Iterable[Row], notes: tuple[str, ...] = ()
) -> FileTable:
    """Build a `FileTable` without blank rows, remarks, and blank columns at the right.

    Parameters
    ----------
    header
        Names of the columns, of any type.
    rows
        Number and cells of each row, in their order.
    notes
        What was decided by a rule so far.

    Raises
    ------
    UnreadableError
        If the table is too large or empty.
    """
    names = [printable(tidy(name) or "") for name in header]
    check_size(columns=len(names))
    body = _body(rows, len(names))
    last_places = np.flatnonzero(body.cells.notna().any()) + 1
    used = max([0, *last_places, *(row.last for row in body.uneven.values())])
    while len(names) > used and not names[-1]:
        names.pop()
    if not names:
        raise UnreadableError("the file is empty", "check that it is the one you mean")
    if body.remarks:
        remark = (
            f"rows that begin with {REMARK!r} are remarks, and not read: {body.remarks}"
        )
        notes = (*notes, remark)
    shown = tuple(name or f"(column {i})" for i, name in enumerate(names, 1))
    bad = _cut_wrong(body.uneven, len(names))
    return FileTable(shown, body.cells[range(len(names))], bad, notes=notes)


class _Body(NamedTuple):
    """The rows under a header."""

    cells: pd.DataFrame
    """As many columns as the header has."""
    uneven: dict[int, "_Extent"]
    """Rows with more or fewer cells."""
    remarks: int


def _body(rows: Iterable[Row], width: int) -> _Body:
    frames: list[pd.DataFrame] = []
    batch: list[Row] = []
    uneven: dict[int, _Extent] = {}
    remarks = 0
    for number, cells in filled(rows):
        if str(cells[0]).startswith(REMARK):
            remarks += 1
            continue
        if len(cells) != width:
            uneven[number] = _Extent(len(cells), _last_filled(cells))
        batch.append((number, cells))
        if len(batch) == BATCH:
            frames.append(_frame(batch, width))
            batch = []
    return _Body(pd.concat([*frames, _frame(batch, width)]), uneven, remarks)


class _Extent(NamedTuple):
    """How many cells a row has, and the place of the last that is filled."""

    cells: int
    last: int


def _cut_wrong(rows: dict[int, _Extent], width: int) -> dict[int, Fault]:
    """Return the faults of rows with fewer cells than the header, or more that are filled."""
    faults = {}
    for number, row in rows.items():
        if row.cells < width or row.last > width:
            problem = f"the row has {row.cells} cells, the header {width}"
            faults[number] = Fault(number, "", None, problem, CUT_FIX)
    return faults


def _frame(rows: list[Row], width: int) -> pd.DataFrame:
    """Return rows as columns, cut or filled up to a width; a column of text has dtype ``str``."""
    index = pd.Index([number for number, _ in rows], dtype="int64")
    blank = [None] * width
    even = [[*cells, *blank][:width] for _, cells in rows]
    frame = pd.DataFrame(even, index, range(width), dtype=object)
    kinds = {place: infer_dtype(frame[place], skipna=True) for place in frame}
    text = [place for place, kind in kinds.items() if kind in {"string", "empty"}]
    return frame.astype(dict.fromkeys(text, "str"))


def _last_filled(cells: Sequence[Cell]) -> int:
    return max(place for place, cell in enumerate(cells, 1) if cell is not None)


def check_size(*, columns: int = 0, cells: int = 0) -> None:
    """Raise `UnreadableError` if a table has more columns, or more cells, than are read."""
    fix = "cut it into several files, or remove the columns that are not needed"
    if columns > MOST_COLUMNS:
        raise UnreadableError(f"it has more than {MOST_COLUMNS:,} columns", fix)
    if cells > MOST_CELLS:
        problem = f"it has more than {MOST_CELLS:,} cells, rows times columns"
        raise UnreadableError(problem, fix)


def choose(what: str, names: list[str], named: str | None) -> str:
    """Return the one sheet or layer to read; where there are several, the user must name one."""
    if not names:
        raise UnreadableError(
            "there is nothing in it", "check that this is the file you mean"
        )
    listed = ", ".join(map(repr, names))
    if named is not None and named not in names:
        raise UnreadableError(f"it has no {what} {named!r}", f"name one of: {listed}")
    if named is None and len(names) > 1:
        raise UnreadableError(
            f"it has {len(names)} {what}s with content: {listed}",
            "say with --sheet which one holds the sightings",
        )
    return named or names[0]


def filled(rows: Iterable[Row]) -> Iterator[Row]:
    """Yield the rows that are not blank, while there are no more cells than are read."""
    count = 0
    for number, cells in rows:
        count += len(cells)
        check_size(cells=count)
        if cells.count(None) < len(cells):
            yield number, cells
