"""A timetable of patrols that somebody edited in a spreadsheet."""

from pathlib import Path

import pandas as pd

from layers.complaints import UserError
from layers.readers.sightings.plain import read_table
from layers.schema import EDITED_PLAN


def read(path: Path) -> pd.DataFrame:
    """Return the stops of an edited ``patrol_plan.csv``, table `EDITED_PLAN`, in their order.

    CSV or XLSX, as for sightings, of which the columns ``arrival`` and ``departure`` may be absent.
    Raises `layers.complaints.UserError` where it cannot be used.
    """
    rows = read_table(path, EDITED_PLAN)
    if "kind" not in rows:
        raise UserError(
            f"{path} has no column kind. Fix: edit the patrol_plan.csv of a run or a plan, and "
            "keep its first line"
        )
    # A stop that somebody added has no kind of its own; only a break must say that it is one.
    rows["kind"] = rows["kind"].fillna("")
    return rows.astype({"night": "int64", "vehicle": "int64"})
