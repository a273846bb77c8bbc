"""From the ground to a checked and appraised proposal of patrols: the story of a night."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from geo import appraisal, patrols
from geo.nights import numbered
from geo.params import Params
from geo.plan_checker import require_sound
from geo.results import Layers, Patrols
from layers.schema import MAIN_ROADS


def propose(
    layers: Layers,
    boundary: gpd.GeoDataFrame,
    places: gpd.GeoDataFrame,
    need: gpd.GeoDataFrame,
    hotspots: gpd.GeoDataFrame,
    params: Params,
) -> Patrols:
    """Survey the ground, plan the shifts of one night on it, check the plan and appraise it.

    Parameters
    ----------
    layers : geo.results.Layers, projected CRS in metres
    boundary, places, need, hotspots
        As for `geo.patrols.survey`, in the same CRS.
    params : geo.params.Params

    Returns
    -------
    geo.results.Patrols

    Raises
    ------
    geo.crs.CRSError, geo.routing.RoutingError, geo.stops.StopError, geo.need.NeedError
        As `geo.patrols.survey` does.
    geo.orienteering.ProblemError
        If a shift admits no plan; the message tells the smallest change that would mend it.
    geo.plan_checker.PlanError
        If the plan breaks a rule of its own.
    """
    ground = patrols.survey(
        layers.roads, boundary, places, layers.facilities, need, hotspots, params,
        generalised=layers.source.generalised,
    )  # fmt: skip
    planned = patrols.night(ground, ground.wish)
    proposed = patrols.tables(ground, planned)
    require_sound(proposed, ground.matrix.drive, boundary, ground.wish)
    appraised = replace(
        proposed,
        measures=appraisal.yardsticks(ground, planned, corridor_of(layers)),
        trade_off=appraisal.trade_off(ground, planned),
    )
    return numbered(appraised, 1, ground.wish.date)


def corridor_of(layers: Layers) -> gpd.GeoDataFrame:
    """Return the railways and main roads, which crews observe on their way."""
    main = layers.roads[layers.roads["highway"].isin(MAIN_ROADS)]
    return pd.concat([layers.railways, main], ignore_index=True)
