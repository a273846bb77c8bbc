"""Which sightings are events, and which are not and why."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd

from layers.schema import EXCLUDED


def events_of(sightings: gpd.GeoDataFrame) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
    """Split sightings into events and those that are none.

    A row of kind ``sighting`` is one event, whatever the size of the group.  An interview that
    repeats a sighting never counts; one that matches none enters only as a named check.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`

    Returns
    -------
    events : geopandas.GeoDataFrame, on the caller's index
    excluded : pandas.DataFrame, table `EXCLUDED`
    """
    is_event = sightings["kind"] == "sighting"
    others = sightings.loc[~is_event]
    reason = ("repeats " + others["relates_to"]).fillna("no sighting of its own")
    return sightings.loc[is_event], EXCLUDED.frame(others.assign(reason=reason))
