"""Published reports beside corridors: they check the corridors, and rest on no sighting."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs, require_metric
from geo.schema import MAIN_ROADS
from layers.readers.study import Study

NEAR_M: Final = 250.0
"""A place within this distance of a railway or main road is on a corridor."""


@dataclass(frozen=True)
class PressCheck:
    """How many of the places that published reports name lie on a corridor."""

    named: int
    """Places that reports name, each once: papers copy each other."""
    near: int
    places: int
    """Named places of the study, among which reports could choose."""
    places_near: int


def check_press(
    press: pd.DataFrame, places: gpd.GeoDataFrame, ways: gpd.GeoDataFrame
) -> PressCheck:
    """Return how many of the places that published reports name lie on corridors.

    Parameters
    ----------
    press : pandas.DataFrame, table `PRESS`
    places : geopandas.GeoDataFrame, table `PLACES`, projected CRS in metres
    ways : geopandas.GeoDataFrame, in the same CRS
        Railways and main roads.
    """
    require_metric(places=places, ways=ways)
    is_near = places.dwithin(ways.union_all(), NEAR_M)
    is_named = places["id"].isin(press["place"])
    n_places, n_near, n_named = (len(places), int(is_near.sum()), int(is_named.sum()))
    near_named = int((is_near & is_named).sum())
    return PressCheck(n_named, near_named, n_places, n_near)


def press_check(study: Study) -> PressCheck | None:
    """Return what published reports say of corridors; None without any, or without ways."""
    reports = study.table("press")
    if reports.empty or study.settings.network is None:
        return None
    ways, crs = study.network(), metric_crs(study.places)
    main = ways.roads[ways.roads["highway"].isin(MAIN_ROADS)]
    lines = gpd.GeoDataFrame(pd.concat([ways.railways, main])).to_crs(crs)
    return check_press(reports, study.places.to_crs(crs), lines)
