"""What the file of a log must hold before anything of it counts: another desk may have made it."""

from collections.abc import Iterator, Mapping
from importlib.metadata import version
from pathlib import Path
from typing import Final
from zoneinfo import available_timezones

import numpy as np
import pandas as pd
from packaging.version import InvalidVersion, Version
from shapely.errors import ShapelyError

from geo.records import Log
from geo.schema import LOG_IMPORTS, LOG_TABLES, LOG_VISITS, Table
from layers.complaints import UserError
from layers.files.filenames import PROGRAM
from mitrovica.log.current import SPOT

UNREADABLE: Final = (ValueError, TypeError, LookupError, OverflowError, ShapelyError)
"""What a cell raises that is no text, number, moment or shape."""

_NEEDED: Final[Mapping[str, tuple[str, ...]]] = {
    "nights": ("plan_id", "date", "time_zone"),
    "plans": ("plan_id", *SPOT),
    "visits": ("visit_id", "page", *SPOT),
    "groups": ("group_id", "slot"),
    "contacts": ("contact_id", "slot"),
    "tracks": ("track_id", "date"),
    "presence": ("track_id", "date"),
}
"""Columns, by table, in which no cell is empty."""

_FORMS: Final = {"date": "%Y-%m-%d", "month": "%Y-%m"}
"""How days and months are written."""


def log_of(rows: Mapping[str, pd.DataFrame], path: Path) -> Log:
    """Return the log in the rows of a file, by table; `UserError` with what no log holds."""
    _require_known(rows, path)
    frames = {}
    faults = []
    for table in LOG_TABLES:
        if table.name not in rows:
            continue
        try:
            with np.errstate(invalid="ignore"):
                make = table.geoframe if table.geometry else table.frame
                frames[table.name] = make(rows[table.name])
        except UNREADABLE as error:
            faults.append(f"table {table.name}: {error}")
            continue
        faults += _wrong_cells(table, frames[table.name])
    faults += _wrong_rows(frames)
    if faults:
        raise UserError(
            f"{path} holds what no log does: {'; '.join(faults[:3])}. Fix: name another file, or "
            "put a copy made by `mitrovica log export` in its place"
        )
    return Log.of(**frames)


def _wrong_cells(table: Table, rows: pd.DataFrame) -> Iterator[str]:
    """Yield the first cell of each column that no log holds, with its row."""
    for column in table.columns:
        cells = rows[column.name]
        wrong = pd.Series(False, index=rows.index)
        if column.name in _NEEDED.get(table.name, ()):
            wrong = cells.isna()
        if column.values:
            wrong = cells.notna() & ~cells.isin(column.values)
        if column.name == "vehicle":
            wrong |= (cells < 1).fillna(value=False)
        if column.name == "time_zone":
            wrong = ~cells.isin(available_timezones())
        if form := _FORMS.get(column.name):
            days = pd.to_datetime(cells, format=form, errors="coerce")
            wrong |= cells.notna() & days.isna()
        if wrong.any():
            row = int(wrong.to_numpy().argmax())
            cell = cells.iloc[row]
            shown = "an empty cell" if pd.isna(cell) else f"'{cell}'"
            yield f"table {table.name}, row {row + 1}, column {column.name}: {shown}"


def _wrong_rows(frames: Mapping[str, pd.DataFrame]) -> Iterator[str]:
    """Yield the first row of each table that no log holds beside its other rows."""
    for table in LOG_TABLES:
        rows = frames.get(table.name, table.frame())
        ids = rows.columns[0]
        keys = list(table.key) or [ids]
        # Two imports of one second have one id.
        twice = rows.duplicated(keys) & (table is not LOG_IMPORTS)
        faults = {"stands twice": twice}
        if "replaces" in rows:
            faults["replaces itself"] = (
                rows["replaces"].eq(rows[ids]).fillna(value=False)
            )
        if table is LOG_VISITS and "plans" in frames:
            planned = frames["plans"]["stop"]
            faults["names a stop of no plan"] = ~rows["stop"].isin(planned)
        for what, wrong in faults.items():
            if wrong.any():
                yield f"table {table.name}, row {int(wrong.to_numpy().argmax()) + 1} {what}"


def _require_known(rows: Mapping[str, pd.DataFrame], path: Path) -> None:
    """Raise `UserError` for columns that only a later version knows: they would be lost."""
    more = [
        f"{table.name}.{name}"
        for table in LOG_TABLES
        for name in rows.get(table.name, ())
        if name not in (*table.names, "fid", "geom", "geometry")
    ]
    installed = version(PROGRAM)
    later = {
        text
        for text in rows["imports"].get("version", ())
        if _is_later(text, installed)
    }
    if more and later:
        raise UserError(
            f"{path} was written by version {max(later)}, which keeps {', '.join(more[:3])}; this "
            f"is version {installed}. Fix: install the later version here, too"
        )


def _is_later(text: object, installed: str) -> bool:
    try:
        return Version(str(text)) > Version(installed)
    except InvalidVersion:
        return False
