"""What a study leaves out, since its data do not hold it, and the one line that adds each part."""

from collections.abc import Iterator
from typing import Final

import geopandas as gpd

from geo.access.walking import help_places
from geo.params import NeedParams, Params
from geo.patrols.reach import all_need
from geo.patrols.stops import DEPOT, candidates
from geo.records import StudyData
from geo.results import Omission

__all__ = ["NO_USABLE_STOP", "OFF_ROAD_DEPOT", "of_need", "of_study"]

OFF_ROAD_DEPOT: Final = Omission(
    "patrols",
    "depot off the roads",
    'depot = "ID OF A PLACE" under [parameters.patrols] in study.toml',
)
NO_USABLE_STOP: Final = Omission(
    "patrols",
    "no usable stop",
    "a row of kind public_stop in places.csv, beside a road inside the boundary",
)


def of_study(
    data: StudyData, events: gpd.GeoDataFrame, params: Params
) -> tuple[Omission, ...]:
    """Return what the data, in metres, do not allow; `events` are the sightings that count.

    A study needs ways and an outline only.  A place that is named but is not in the data is an
    error of the part that names it, never left out here.
    """
    return tuple(_missing(data, events, params))


def of_need(need: gpd.GeoDataFrame, weights: NeedParams) -> tuple[Omission, ...]:
    """Return that patrols are left out where table `NEED` holds nothing that has a weight."""
    if all_need(need, weights).any():
        return ()
    return (Omission("patrols", "no need", "status advised in a row of places.csv"),)


def _missing(
    data: StudyData, events: gpd.GeoDataFrame, params: Params
) -> Iterator[Omission]:
    if not data.bounded:
        yield Omission(
            "outline", "no boundary", 'boundary = "boundary.geojson" in study.toml'
        )
    if events.empty:
        yield Omission("sightings", "no sighting", "a row in sightings.csv")
    if help_places(data.places, data.layers.facilities).empty:
        yield Omission(
            "access", "no help", "a row of kind health or police in places.csv"
        )
    if not params.patrols.depot:
        yield Omission("patrols", "no depot", DEPOT)
    if candidates(data.places, data.layers.facilities, params.patrols).empty:
        yield Omission("patrols", "no stop", "a row of kind public_stop in places.csv")
