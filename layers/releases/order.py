"""What is asked for: the run that a release is made of, its recipient, and its terms."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TYPE_CHECKING

import geopandas as gpd
import pandas as pd

from geo.release import mask
from layers.handling import Handling, Release
from layers.records import StudyData
from layers.schema import ANNOUNCED_STOPS, WGS84

if TYPE_CHECKING:
    from geo.params import Params
    from geo.params.release import Tier
    from geo.release import Masked
    from geo.results import Findings


@dataclass(frozen=True)
class Order:
    """A release that is asked for."""

    terms: Release
    until: date
    limits: Tier
    run: Findings
    """Of the run that it is made of: its sightings are coarse, not masked."""
    data: StudyData
    """Without sightings and log."""
    params: Params
    announced: bool
    """Whether the stops of the run are known to everybody already."""
    contradictions: pd.DataFrame
    earlier: list[pd.DataFrame]
    """Cells of earlier releases of the study and the tier, table `RELEASED_CELLS`."""
    now: datetime
    cards: bytes | None = None
    """The cards that hang up, for everybody."""

    @property
    def handling(self) -> Handling:
        """What every file of the folder says."""
        return Handling(self.until, internal=False, release=self.terms)

    def masked(self, sightings: gpd.GeoDataFrame) -> tuple[Masked, StudyData, Params]:
        """Return sightings masked, and what the analysis of them alone reads: without patrols."""
        places = self.data.places.to_crs(str(sightings.crs))
        found = mask(sightings, places, self.limits, self.now.date(), self.earlier)
        own = replace(self.data, sightings=found.sightings.to_crs(WGS84))
        return found, own, replace(self.params, patrols=replace(self.params.patrols, depot=""))

    def stops(self) -> gpd.GeoDataFrame:
        """Return table `ANNOUNCED_STOPS`: each stop once, by name; none that is not announced."""
        stops = self.run.patrols.stops
        places = stops[~stops["kind"].isin(["depot", "break"]) & self.announced]
        each = places.drop_duplicates("name").sort_values("name", ignore_index=True)
        return ANNOUNCED_STOPS.geoframe(each.to_crs(WGS84))

    def lines(self, cells: pd.DataFrame) -> list[str]:
        """Return what is released of sightings, in plain words."""
        least = (
            f"at least {self.limits.least_groups} groups, {self.limits.delay_days:g} days or more "
            f"after the end of a {self.limits.period}"
        )
        if cells.empty:
            return [f"No sighting is released: no cell has {least}. Ways and services are."]
        return [
            f"{int(cells['groups'].sum())} groups in {len(cells)} cells, each with {least}. "
            "Where there is no cell nothing is known: fewer reports are left out and not counted.",
            "A cell is where people were reported, never where they are.",
        ]
