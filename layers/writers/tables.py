"""Tables as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from layers.schema import Table
from layers.writers.outputs import DECIMALS

FORMULA: Final = r"^([=+\-@])"
"""How a text begins that a spreadsheet would take for a formula."""


def write(table: Table, rows: pd.DataFrame, path: Path) -> None:
    """Write `rows` as CSV in UTF-8, with the exported columns of `table`.

    Line breaks and tabs in a text become spaces.  A text that a spreadsheet would run as a
    formula gets an apostrophe in front, so that a name from a map or a file stays a name [1]_.

    Parameters
    ----------
    table : layers.schema.Table
    rows : pandas.DataFrame of that table
    path : pathlib.Path

    References
    ----------
    .. [1] OWASP, "CSV Injection".
    """
    frame = table.outgoing(rows)
    for column in frame.columns[frame.dtypes == "string"]:
        flat = frame[column].str.replace(r"\s+", " ", regex=True).str.strip()
        frame[column] = flat.str.replace(FORMULA, r"'\1", regex=True)
    frame.round(DECIMALS).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
