"""Tables as CSV, safe to open in a spreadsheet, and the data dictionary that explains them."""

from collections.abc import Iterable, Mapping
from pathlib import Path
from types import MappingProxyType

import pandas as pd

from layers.filled import filled
from layers.handling import Handling
from layers.schema import OUTPUTS, Table
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
    return filled(
        "dictionary.md", handling=handling.line(), tables=tables, where=where, others=others
    )
