"""Tables as CSV, safe to open in a spreadsheet, and the data dictionary that explains them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from layers.handling import Handling
from layers.schema import OUTPUTS, Column, Table
from layers.spreadsheet import shown
from layers.writers.layers import DECIMALS


def write(table: Table, rows: pd.DataFrame, path: Path, handling: Handling) -> None:
    """Write `rows` as CSV in UTF-8, with the columns of `table` and the handling words.

    Line breaks and tabs in a text become spaces.  A text that a spreadsheet would run as a
    formula gets an apostrophe in front, so that a name from a map or a file stays a name (OWASP,
    "CSV Injection").
    """
    frame = table.frame(rows)
    for column in frame.columns[frame.dtypes == "string"]:
        frame[column] = frame[column].map(shown, na_action="ignore").astype("string")
    frame["handling"] = handling.line()
    frame.round(DECIMALS).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")


def dictionary(
    where: Mapping[str, list[str]],
    handling: Handling,
    others: Mapping[str, str] = MappingProxyType({}),
    tables: Iterable[Table] = OUTPUTS,
) -> str:
    """Return the data dictionary in Markdown, generated from the schema.

    `where` gives the files that hold each table, `others` what is in the files that hold none.
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
    for c in table.columns:
        cells = [f"`{c.name}`", c.dtype, c.unit, c.meaning, _values(c)]
        lines.append("| " + " | ".join(cell.replace("|", "\\|") for cell in cells) + " |")
    return "\n".join(lines)


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
