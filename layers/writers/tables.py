"""Tables as CSV, safe to open in a spreadsheet."""

from __future__ import annotations

from pathlib import Path
from typing import Final

import pandas as pd

from layers.handling import Handling
from layers.schema import Table
from layers.writers.layers import DECIMALS

FORMULA: Final = r"(^|;)([\s\u200b-\u200f\ufeff]*)([=+\-@|＝＋－＠｜﹦﹢﹣﹫])"
"""How a text begins that a spreadsheet would take for a formula, in a cell or after the mark
between cells; a full-width form counts as its plain one."""


def write(table: Table, rows: pd.DataFrame, path: Path, handling: Handling) -> None:
    """Write `rows` as CSV in UTF-8, with the columns of `table` and the handling words.

    Line breaks and tabs in a text become spaces.  A text that a spreadsheet would run as a
    formula gets an apostrophe in front, so that a name from a map or a file stays a name [1]_.

    Parameters
    ----------
    table : layers.schema.Table
    rows : pandas.DataFrame of that table
    path : pathlib.Path
    handling : layers.handling.Handling
        Stands in a last column ``handling``.

    References
    ----------
    .. [1] OWASP, "CSV Injection".
    """
    frame = table.frame(rows)
    for column in frame.columns[frame.dtypes == "string"]:
        flat = frame[column].str.replace(r"\s+", " ", regex=True).str.strip()
        frame[column] = flat.str.replace(FORMULA, r"\1\2'\3", regex=True)
    frame["handling"] = handling.line()
    frame.round(DECIMALS).to_csv(path, index=False, encoding="utf-8", lineterminator="\n")
