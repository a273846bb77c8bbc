"""The user's own sightings that a study can use, and which of them may report one group twice."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.sightings.duplicates import probable_duplicates
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
    """Table `DUPLICATES`."""

    def inner_tables(self, ids: pd.DataFrame) -> list[tuple[Table, pd.DataFrame]]:
        """Return the tables that never leave; `ids`, table `SIGHTING_IDS`, says which is which."""
        return [(SIGHTING_IDS, ids), (REJECTED, self.rejected), (DUPLICATES, self.duplicates)]

    def lines(self) -> list[str]:
        """Return the nearest pairs of probable duplicates as text for the user."""
        lines = [
            f"{printable(pair.first)} and {printable(pair.second)} may be one group, "
            f"{pair.distance_m:,.0f} m apart"
            for pair in self.duplicates.head(LISTED).itertuples()
        ]
        if len(self.duplicates) > LISTED:
            lines.append(
                f"{len(self.duplicates):,} pairs may be one group; the nearest {LISTED} are shown. "
                "Fix: leave out of the files what was reported twice"
            )
        return lines


def from_report(report: SightingsReport) -> UsableRecords:
    """Return the records that a study uses.

    Raises `UserError` if there are rows and none can be used.
    """
    if report.accepted.empty and (report.rows or report.faults):
        raise UserError(
            "No row of the sightings can be used. Fix: correct them, as "
            "`mitrovica sightings check` lists them"
        )
    found = DUPLICATES.frame()
    if len(report.accepted):
        found = probable_duplicates(report.accepted.to_crs(metric_crs(report.accepted)))
    return UsableRecords(report.accepted, report.rejected, found)
