"""Published reports as a check of the corridors that rests on no sighting."""

from dataclasses import dataclass
from typing import Final

import geopandas as gpd
import pandas as pd
from scipy.stats import hypergeom

from geo.crs import require_metric

NEAR_M: Final = 250.0
"""A place so near to a railway or main road is on a corridor."""


@dataclass(frozen=True)
class PressCheck:
    """How many of the places that published reports name lie on a corridor."""

    named: int
    """Places that reports name, each once: papers copy each other."""
    near: int
    places: int
    """Named places of the study, among which reports could choose."""
    places_near: int
    p_value: float
    """Chance that so many or more would be near, were they drawn from all (hypergeometric)."""


def check(press: pd.DataFrame, places: gpd.GeoDataFrame, ways: gpd.GeoDataFrame) -> PressCheck:
    """Return whether published reports name places on corridors more than chance would.

    Parameters
    ----------
    press : pandas.DataFrame, table `PRESS`
    places : geopandas.GeoDataFrame, table `PLACES`, projected CRS in metres
    ways : geopandas.GeoDataFrame, in the same CRS
        Railways and main roads.
    """
    require_metric(places=places, ways=ways)
    near = places.dwithin(ways.union_all(), NEAR_M)
    named = places["id"].isin(press["place"])
    k, n, of, near_of = int((near & named).sum()), int(named.sum()), len(places), int(near.sum())
    return PressCheck(n, k, of, near_of, float(hypergeom.sf(k - 1, of, near_of, n)))
