"""Tables other than sightings, such as places: every row must be right."""

from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pandas as pd

from layers.complaints import UserError
from layers.readers.sightings.cells import Fault, Options, UnreadableError, decimal_mark, listed
from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.rows import Reader, missing
from layers.schema import Table


def read_table(
    path: Path, schema: Table, check: Callable[[pd.DataFrame], Iterator[Fault]] = lambda _: iter(())
) -> pd.DataFrame:
    """Return the columns of a table that a file has, by the number of the row.

    Other columns are not read.  `check` yields what else is wrong with the values.  Raises
    `UserError` with every fault: its row, the column, what was found and how to mend it.
    """

    def recognised(headers: list[str]) -> int:
        return sum(header.strip('"\ufeff ').casefold() in schema.names for header in headers)

    try:
        table = open_table(content_of(path), path.name, recognised, None)
    except UnreadableError as error:
        raise UserError(f"{path}: {error}") from error
    at = table.places()
    absent = [column.name for column in schema.columns if column.required and column.name not in at]
    if absent:
        raise UserError(
            f"{path} has no column {', '.join(absent)}; it has {', '.join(table.header)}. "
            f"Fix: add the column; the first line names the columns"
        )
    columns = {c: table.cells[at[c.name]] for c in schema.columns if c.name in at}
    mark = decimal_mark((cells, c) for c, cells in columns.items() if c.dtype == "float64")
    reader = Reader(table, Options(mark=mark))
    for column in columns:
        reader.take(column, reader.cells[at[column.name]])
    values = pd.DataFrame(reader.values, index=reader.index)
    faults = [
        *reader.faults,
        *missing(values, reader.faulty, schema),
        *check(values),
    ]
    if faults:
        named = (replace(f, file=path.name) for f in sorted(faults, key=lambda fault: fault.row))
        raise UserError("\n".join(listed(list(named))))
    return values
