"""A timetable of patrols that somebody edited in a spreadsheet."""

import json
from pathlib import Path
from typing import Final

import pandas as pd

from geo.patrols import vroom
from layers.readers.sightings.cells import UnreadableError
from layers.readers.sightings.containers import content_of, open_table

COLUMNS: Final = ("night", "shift", "vehicle", "stop", "kind")
"""Columns of table `STOPS` that tell where a patrol stops."""

TIMES: Final = ("arrival", "departure")
"""Columns that a file may leave out."""


class PlanFileError(ValueError):
    """A timetable that cannot be used."""


def read(path: Path, planned: pd.DataFrame) -> pd.DataFrame:
    """Return `COLUMNS` and `TIMES` of an edited ``patrol_plan.csv``, in the order of its rows.

    CSV or XLSX, as for sightings; or a solution of VROOM in JSON, beside which the other shifts of
    the night are as in `planned`, table `STOPS`.  Raises `PlanFileError` where a column or a number
    is missing.
    """
    if path.suffix == ".json":
        try:
            rows: pd.DataFrame = vroom.rows_of(json.loads(path.read_text("utf-8")))
            night = planned[planned["night"] == rows["night"].min()]
            others = night[~night["shift"].isin(rows["shift"])]
            return pd.DataFrame(pd.concat([rows, others[list(rows)]], ignore_index=True))
        except (ValueError, KeyError, TypeError) as error:
            raise PlanFileError(
                f"{path} is no solution of VROOM: {error!r}. Fix: solve a problem that check-plan "
                "--vroom wrote, with its descriptions"
            ) from error
    try:
        table = open_table(
            content_of(path), path.name, lambda headers: sum(h in COLUMNS for h in headers), None
        )
    except UnreadableError as error:
        raise PlanFileError(f"{path}: {error}") from error
    at = table.places()
    missing = [name for name in COLUMNS if name not in at]
    if missing:
        raise PlanFileError(
            f"{path} has no column {', '.join(missing)}. Fix: edit the patrol_plan.csv of a run or "
            "a plan, and keep its first line"
        )
    held = [name for name in (*COLUMNS, *TIMES) if name in at]
    rows = table.cells[[at[name] for name in held]].set_axis(held, axis=1).astype("string")
    numbers = rows[["night", "vehicle"]].astype(object).apply(pd.to_numeric, errors="coerce")
    whole = numbers.ge(1).all(axis=1) & numbers.mod(1).eq(0).all(axis=1)
    bad = rows.index[~whole | rows[["shift", "stop"]].isna().any(axis=1)]
    if len(bad):
        raise PlanFileError(
            f"{path}, row {', '.join(map(str, bad[:9]))}: night, shift, vehicle and stop are "
            "needed. Fix: enter the row as those above it, or delete the whole row"
        )
    # A stop that somebody added has no kind of its own; only a break must say that it is one.
    whole_numbers = {name: numbers[name].astype("int64") for name in numbers}
    return rows.assign(kind=rows["kind"].fillna(""), **whole_numbers)
