"""The user's own sightings that a study can use, after probable duplicates are kept or merged."""

from dataclasses import dataclass
from typing import Final, cast, get_args

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.sightings.duplicates import Choice, probable_duplicates, resolve
from layers.complaints import UserError
from layers.readers.sightings.cells import printable
from layers.readers.sightings.report import SightingsReport
from layers.schema import DUPLICATES, REJECTED, SIGHTING_IDS, Table

LISTED: Final = 10
"""The most pairs of probable duplicates that are listed."""


@dataclass(frozen=True)
class UsableRecords:
    """The records that a study uses, the rows that it does not use, and probable duplicates."""

    records: gpd.GeoDataFrame
    """Table `RECORDS`, EPSG:4326: the rows that are used, with the user's own ids."""
    rejected: pd.DataFrame
    """Table `REJECTED`."""
    duplicates: pd.DataFrame
    """Table `DUPLICATES`: the best pairs, and what was decided."""
    pairs: int = 0
    """Number of pairs of probable duplicates, also of those not in the table."""

    @property
    def merged(self) -> int:
        """Number of records that were merged into another one."""
        paired = {*self.duplicates["first"], *self.duplicates["second"]}
        return len(paired - set(self.records["id"]))

    def inner_tables(self, ids: pd.DataFrame) -> list[tuple[Table, pd.DataFrame]]:
        """Return the tables that never leave; `ids`, table `SIGHTING_IDS`, says which is which."""
        return [(SIGHTING_IDS, ids), (REJECTED, self.rejected), (DUPLICATES, self.duplicates)]

    def lines(self) -> list[str]:
        """Return the best pairs of probable duplicates as text for the user."""
        lines = [
            f"{printable(pair.first)} and {printable(pair.second)} may be one group, score "
            f"{pair.score:.2f}: {pair.choice}"
            for pair in self.duplicates.head(LISTED).itertuples()
        ]
        if self.pairs > LISTED:
            lines.append(f"{self.pairs:,} pairs may be one group; the best {LISTED} are shown")
        if self.pairs > len(self.duplicates):
            lines.append(
                f"`merge` merges the best {len(self.duplicates):,} of them only. Fix: give "
                "days and group sizes where they are known; records that state neither agree with "
                "all others nearby"
            )
        return lines


def from_report(report: SightingsReport, duplicates: str) -> UsableRecords:
    """Return the records that a study uses.

    `duplicates` says what becomes of probable duplicates: ``keep`` or ``merge``.  Raises
    `UserError` if it is something else, or there are rows and none can be used.
    """
    if duplicates not in get_args(Choice):
        raise UserError(f"--duplicates {duplicates} is not known. Fix: say 'keep' or 'merge'")
    if report.accepted.empty and (report.rows or report.faults):
        raise UserError(
            "No row of the sightings can be used. Fix: correct them, as "
            "`mitrovica sightings check` lists them"
        )
    if report.accepted.empty:
        return UsableRecords(report.accepted, report.rejected, DUPLICATES.frame())
    pairs = probable_duplicates(report.accepted.to_crs(metric_crs(report.accepted)))
    used, noted = resolve(report.accepted, pairs.table, cast("Choice", duplicates))
    return UsableRecords(used, report.rejected, noted, pairs.found)
