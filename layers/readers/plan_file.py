"""A timetable of patrols that somebody edited in a spreadsheet."""

import json
from pathlib import Path

import pandas as pd

from geo.patrols import vroom
from layers.complaints import UserError
from layers.readers.sightings.plain import read_table
from layers.schema import EDITED_PLAN


def read(path: Path, planned: pd.DataFrame) -> pd.DataFrame:
    """Return the stops of an edited ``patrol_plan.csv``, table `EDITED_PLAN`, in their order.

    CSV or XLSX, as for sightings, of which the columns ``arrival`` and ``departure`` may be absent;
    or a solution of VROOM in JSON, beside which the other shifts of the night are as in `planned`,
    table `STOPS`.  Raises `layers.complaints.UserError` where it cannot be used.
    """
    if path.suffix == ".json":
        try:
            rows: pd.DataFrame = vroom.rows_of(json.loads(path.read_text("utf-8")))
            night = planned[planned["night"] == rows["night"].min()]
            others = night[~night["shift"].isin(rows["shift"])]
            return pd.DataFrame(pd.concat([rows, others[list(rows)]], ignore_index=True))
        except (ValueError, KeyError, TypeError) as error:
            raise UserError(
                f"{path} is not a solution of VROOM: {error!r}. Fix: solve a problem that "
                "check-plan --vroom wrote, with its descriptions"
            ) from error
    rows = read_table(path, EDITED_PLAN)
    if "kind" not in rows:
        raise UserError(
            f"{path} has no column kind. Fix: edit the patrol_plan.csv of a run or a plan, and "
            "keep its first line"
        )
    # A stop that somebody added has no kind of its own; only a break must say that it is one.
    rows["kind"] = rows["kind"].fillna("")
    return rows.astype({"night": "int64", "vehicle": "int64"})
