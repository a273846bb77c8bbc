"""Tables and lists of values as `layers/data/tables` has them, a file a subject.

A column that says ``"table.column"`` is that column; a list that holds ``"*name"`` holds the
values of that list.
"""

import tomllib
from collections.abc import Iterable
from pathlib import Path
from typing import Any, Final

from layers.schema.table import Column, Table

_FOLDER: Final = Path(__file__).parents[1] / "data" / "tables"


def _subject(file: Path) -> dict[str, Any]:
    return tomllib.loads(file.read_text("utf-8"))


_LISTS: Final = _subject(_FOLDER / "values.toml")
_TABLES: Final = {
    name: table
    for file in sorted(_FOLDER.glob("*.toml"))
    if file.stem != "values"
    for name, table in _subject(file).items()
}


def values(name: str) -> tuple[str, ...]:
    """Return the list of values of this name."""
    return _spread(_LISTS[name])


def table(name: str) -> Table:
    """Return the table of this name."""
    written = _TABLES[name]
    columns = tuple(_column(name, column) for column in written["columns"])
    return Table(name, written["meaning"], columns, written.get("geometry", ""))


def _spread(items: Iterable[str]) -> tuple[str, ...]:
    return tuple(
        value for item in items for value in (values(item[1:]) if item[0] == "*" else (item,))
    )


def _column(table: str, name: str) -> Column:
    written = _TABLES[table]["columns"][name]
    if isinstance(written, str):
        return _column(*written.split("."))
    named = written.get("values", ())
    spread = values(named) if isinstance(named, str) else _spread(named)
    return Column(name, **{**written, "values": spread})
