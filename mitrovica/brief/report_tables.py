"""The report's figures, and where they contradict each other.

Every figure that another one could contradict stands in ``claims.csv``, printed or calculated from
printed ones: what it states, for when, where it stands, and how far rounding may have moved it.
Claims on the same quantity and year must agree within their rounding; where two do not, both
are listed and none is picked.
"""

from collections import defaultdict
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd

from geo.schema import CONTRADICTIONS
from layers.complaints import UserError
from layers.readers.study import Study
from layers.readers.study.opening import inside
from layers.readers.tabular.table_file import content_of
from mitrovica.brief.report_figures import ReportFigures, report_figures

NUMBERS: Final = ("persons", "printed_share_pct", "value", "rounding_pct")
"""Columns of the report's tables that hold numbers; the others hold text, years too."""


@dataclass(frozen=True)
class ReportTables:
    """What the program reads of a report."""

    claims: pd.DataFrame
    """``table``, ``quantity``, ``year``, ``value``, ``where``, ``remark``, and ``rounding_pct``:
    how far rounding may have moved a figure in percent, null for one in persons."""
    origins: pd.DataFrame
    entry_points: pd.DataFrame


def read(study: Study) -> ReportTables | None:
    """Return the tables of the report, or None where the study has none."""
    named = study.settings.report_tables
    if named is None:
        return None
    inside(study.folder, "report_tables", named)
    files = ("claims.csv", "table2_country_of_origin.csv", "table4_entry_points.csv")
    paths = [inside(study.folder, "report_tables", f"{named}/{file}") for file in files]
    return ReportTables(*map(_read, paths))


def contradictions(tables: ReportTables | None) -> pd.DataFrame:
    """Return every contradiction that the figures hold, with both readings.

    Table `CONTRADICTIONS`, in the order of the tables, the text last; none without tables.  The
    other reading is the one that most figures share; the text's where two are shared as often.
    """
    if tables is None:
        return CONTRADICTIONS.frame()
    parts = [CONTRADICTIONS.frame()]
    for _, claims in tables.claims.groupby(["quantity", "year"], sort=False):
        value = claims["value"].to_numpy()
        rounding = claims["rounding_pct"].fillna(0).to_numpy()
        agrees = np.abs(value - value[:, None]) <= rounding + rounding[:, None] + 1e-9
        is_same = agrees[agrees.sum(axis=1).argmax()]
        shared, odd = claims[is_same], claims[~is_same]
        rows = odd.assign(
            reading=odd["where"],
            value=[round(number, 1) for number in odd["value"]],
            other_reading="; ".join(shared["where"]),
            other_value=round(shared["value"].iloc[0], 1),
            unit=np.where(odd["rounding_pct"].isna(), "persons", "percent"),
        )
        parts.append(CONTRADICTIONS.frame(rows))
    every = pd.concat(parts).sort_values("table", kind="stable", ignore_index=True)
    return CONTRADICTIONS.frame(every)


def by_name(
    tables: ReportTables | None, others: pd.DataFrame
) -> dict[str, pd.DataFrame]:
    """Return what is printed, by name: the report's tables and what others counted, if any."""
    tables_by_name = {"others": others}
    if tables is not None:
        tables_by_name |= {
            "claims": tables.claims,
            "countries_of_origin": tables.origins,
            "entry_points": tables.entry_points,
        }
    return {name: rows for name, rows in tables_by_name.items() if len(rows)}


def figures(tables: ReportTables | None) -> ReportFigures | None:
    """Return the report's figures side by side; None without tables."""
    if tables is None:
        return None
    return report_figures(
        tables.claims, tables.origins, tables.entry_points, contradictions(tables)
    )


def _read(path: Path) -> pd.DataFrame:
    """Return a table as printed."""
    types: defaultdict[str, str] = defaultdict(
        lambda: "string", dict.fromkeys(NUMBERS, "float64")
    )
    try:
        return pd.read_csv(BytesIO(content_of(path)), dtype=types)
    except ValueError as error:
        raise UserError(
            f"{path} is not a table ({error}). Fix: save it as CSV UTF-8"
        ) from error
