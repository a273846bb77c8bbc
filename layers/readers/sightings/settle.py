"""The user's own sightings: checked row by row, and what may be reported twice settled."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final, cast, get_args

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.sightings.duplicates import Choice, probable_duplicates, resolve
from layers.readers.sightings.raw import shown
from layers.readers.sightings.read import SightingsReport

LISTED: Final = 10
"""So many pairs of probable duplicates are shown at most."""


class FieldError(ValueError):
    """Sightings of which nothing can be used, or a word that an option does not know."""


@dataclass(frozen=True)
class Field:
    """What is used of the user's sightings, what is not, what may be reported twice."""

    records: gpd.GeoDataFrame
    """Table `RECORDS`, EPSG:4326: the rows that are used, with the user's own ids."""
    rejected: pd.DataFrame
    """Table `REJECTED`."""
    duplicates: pd.DataFrame
    """Table `DUPLICATES`, with what was decided."""
    pairs: int = 0
    """How many pairs of probable duplicates there are; the best of them are in the table."""

    @property
    def merged(self) -> int:
        """How many records were merged into another one."""
        paired = {*self.duplicates["first"], *self.duplicates["second"]}
        return len(paired - set(self.records["id"]))

    def lines(self) -> list[str]:
        """Return the best pairs of probable duplicates as a user reads them."""
        lines = [
            f"{shown(pair.first)} and {shown(pair.second)} may be one group, score "
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


def settle(report: SightingsReport, duplicates: str) -> Field:
    """Return what the study uses of checked sightings.

    Parameters
    ----------
    report : layers.readers.sightings.read.SightingsReport
    duplicates : str
        What becomes of probable duplicates: ``keep`` or ``merge``.

    Raises
    ------
    FieldError
        If no row can be used, or the word is another one.
    """
    if duplicates not in get_args(Choice):
        raise FieldError(f"--duplicates {duplicates}: say 'keep' or 'merge'")
    if report.accepted.empty:
        raise FieldError("No row of the sightings can be used: see the list above")
    pairs = probable_duplicates(report.accepted.to_crs(metric_crs(report.accepted)))
    used, noted = resolve(report.accepted, pairs.table, cast("Choice", duplicates))
    return Field(used, report.rejected, noted, pairs.found)
