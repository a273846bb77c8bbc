"""Tables and lists of values as `layers/data/tables` has them, a file a subject.

A column that says ``"table.column"`` is that column; a list that holds ``"*name"`` holds the
values of that list.
"""

from collections.abc import Iterable
from typing import Final

from layers import shipped
from layers.schema.table import Column, Table

_SUBJECTS: Final = (
    "sightings", "ground", "corridors", "hotspots", "models", "patrols", "log", "report",
    "release", "services",
)  # fmt: skip
_LISTS: Final = shipped.toml("tables", "values.toml")
_TABLES: Final = {
    name: table
    for subject in _SUBJECTS
    for name, table in shipped.toml("tables", f"{subject}.toml").items()
}


def values(name: str) -> tuple[str, ...]:
    """Return the list of values of this name."""
    return _spread(_LISTS[name])


def table(name: str) -> Table:
    """Return the table of this name."""
    written = _TABLES[name]
    columns = tuple(_column(name, column) for column in written["columns"])
    return Table(name, **written | {"columns": columns, "key": tuple(written.get("key", ()))})


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
    return Column(name, **written | {"values": spread})
