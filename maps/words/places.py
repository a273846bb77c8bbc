"""What is known of places beside their names: closed or not, how roughly, in two sources or one."""

from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import require_metric

ROUGH_M: Final = 100.0
"""A place known no better than this is to be fixed on the ground."""

SAME_M: Final = 200.0
"""A facility this near to a place of the same sort is that place, in another source."""

_CLOSED: Final = "closed"


def is_closed(places: gpd.GeoDataFrame) -> pd.Series:
    """Tell which rows of table `PLACES` are closed."""
    return places["status"].fillna("").str.startswith(_CLOSED)


def closed_since(status: object) -> str | None:
    """Return the month that a status names after "closed", else ""; None where it is not closed.

    >>> closed_since("closed 2021-01")
    '2021-01'
    """
    if not isinstance(status, str) or not status.startswith(_CLOSED):
        return None
    return status.removeprefix(_CLOSED).strip()


def is_health(places: gpd.GeoDataFrame) -> pd.Series:
    """Tell which rows of table `PLACES` treat people: hospitals and clinics, no pharmacies."""
    treats = (places["note"] == "health") & ~places["source"].str.contains("pharmacy", na=False)
    return (places["kind"] == "health") | ((places["kind"] == "public_stop") & treats)


def not_among(facilities: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the facilities farther than `SAME_M` from each of some places of the same sort.

    Both are in the same CRS in metres; others raise `geo.crs.CRSError`.
    """
    require_metric(facilities=facilities, places=places)
    if places.empty:
        return facilities
    return facilities[facilities.distance(places.union_all()) > SAME_M]
