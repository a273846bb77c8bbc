"""From the ground to a checked and appraised proposal of patrols: the story of one night."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd

from geo.patrols import appraisal
from geo.patrols import survey as patrols
from geo.patrols.audit import require_sound
from geo.patrols.nights import numbered
from geo.patrols.survey import Ground
from geo.results import Patrols
from layers.records import Layers
from layers.schema import MAIN_ROADS


def propose(ground: Ground, boundary: gpd.GeoDataFrame, corridor: gpd.GeoDataFrame) -> Patrols:
    """Plan the shifts of one night on the ground surveyed, check the plan and appraise it.

    Parameters
    ----------
    ground : geo.patrols.survey.Ground
    boundary : geopandas.GeoDataFrame of Polygon, the CRS of the ground
        Patrols stay inside it.
    corridor : geopandas.GeoDataFrame of LineString, table `WAYS`, the same CRS
        What crews observe on their way, as from `corridor_of`.

    Returns
    -------
    geo.results.Patrols

    Raises
    ------
    geo.routing.problem.ProblemError
        If a shift admits no plan; the message tells the smallest change that would mend it.
    geo.patrols.audit.PlanError
        If the plan breaks a rule of its own.
    """
    planned = patrols.night(ground, ground.wish)
    proposed = patrols.tables(ground, planned)
    require_sound(proposed, ground.matrix.drive, boundary, ground.wish)
    appraised = replace(
        proposed,
        measures=appraisal.yardsticks(ground, planned, corridor),
        trade_off=appraisal.trade_off(ground, planned),
    )
    return numbered(appraised, 1, ground.wish.date)


def corridor_of(layers: Layers) -> gpd.GeoDataFrame:
    """Return the railways and main roads, which crews observe on their way."""
    main = layers.roads[layers.roads["highway"].isin(MAIN_ROADS)]
    return pd.concat([layers.railways, main], ignore_index=True)
