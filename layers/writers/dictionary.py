"""The data dictionary, generated from the schema."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from types import MappingProxyType

from layers.handling import Handling
from layers.schema import OUTPUTS, Column, Table


def render(
    where: Mapping[str, list[str]],
    handling: Handling,
    others: Mapping[str, str] = MappingProxyType({}),
    tables: Iterable[Table] = OUTPUTS,
) -> str:
    """Return the data dictionary in Markdown.

    Parameters
    ----------
    where : mapping
        By name of table, the files that hold it.
    handling : layers.handling.Handling
    others : mapping
        By name, what is in the files that hold no table.
    tables : iterable of layers.schema.Table
    """
    parts = [
        "# Data dictionary",
        handling.line(),
        "Every column that leaves the toolkit.  Geometry is in WGS 84, longitude before "
        "latitude, in degrees.  An empty cell or null means not known.",
    ]
    parts += [_section(table, where.get(table.name, [])) for table in tables]
    if others:
        parts.append("## Other files")
        parts += [f"In `{file}`: {what}." for file, what in others.items()]
    return "\n\n".join(parts) + "\n"


def _section(table: Table, files: list[str]) -> str:
    """Return the heading, meaning, files and columns of one table."""
    lines = [f"## {table.name}", "", f"{table.meaning}.", ""]
    if files:
        lines += ["In " + ", ".join(f"`{file}`" for file in files) + ".", ""]
    if table.geometry:
        lines += [f"Geometry: {table.geometry}.", ""]
    lines += ["| column | type | unit | meaning | values |", "|---|---|---|---|---|"]
    lines += [_row(column) for column in table.columns]
    return "\n".join(lines)


def _row(column: Column) -> str:
    """Return one line of the table of columns."""
    cells = [f"`{column.name}`", column.dtype, column.unit, column.meaning, _values(column)]
    return "| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |"


def _values(column: Column) -> str:
    """Return which values the column may hold, in words."""
    if column.values:
        return ", ".join(f"`{value}`" for value in column.values)
    low, high = column.minimum, column.maximum
    if low is not None and high is not None:
        return f"{low:g} to {high:g}"
    if low is not None:
        return f"at least {low:g}"
    return f"at most {high:g}" if high is not None else ""
