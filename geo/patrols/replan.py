"""Patrols planned again, on the need that an earlier study found.

It stands apart from `geo.study`, which takes seconds to load: a planner who changes a shift waits
for none of the analysis.
"""

from __future__ import annotations

import geopandas as gpd

from geo.crs import metric_crs, to_metric
from geo.params import Params
from geo.patrols import nights
from geo.patrols import survey as patrols
from geo.patrols.proposal import corridor_of, propose
from geo.patrols.survey import Ground
from geo.results import Patrols
from layers.records import StudyData


def replan(
    data: StudyData,
    need: gpd.GeoDataFrame,
    hotspots: gpd.GeoDataFrame,
    params: Params,
    *,
    several: bool = False,
) -> Patrols:
    """Propose patrols on the need and the hotspots that a study found, without the study.

    Parameters
    ----------
    data : layers.records.StudyData, EPSG:4326
    need : geopandas.GeoDataFrame, table `NEED`, any CRS
    hotspots : geopandas.GeoDataFrame, table `HOTSPOTS`, any CRS
    params : geo.params.Params
    several : bool
        Plan the nights of ``[fortnight]`` instead of one.

    Returns
    -------
    geo.results.Patrols
        Frames in the CRS of `geo.crs.to_metric`; errors are those of
        `geo.patrols.proposal.propose` or, of several nights, of
        `geo.patrols.nights.propose_several`.
    """
    region = to_metric(data)
    surveyed = ground(region, need, hotspots, params)
    if several:
        return nights.propose_several(surveyed, region.boundary, params.fortnight)
    return propose(surveyed, region.boundary, corridor_of(region.layers))


def ground(
    data: StudyData, need: gpd.GeoDataFrame, hotspots: gpd.GeoDataFrame, params: Params
) -> Ground:
    """Return what every plan of a region starts from.

    Parameters are those of `replan`; the data may be in metres already.
    """
    region, crs = to_metric(data), metric_crs(data.boundary)
    return patrols.survey(
        region.layers,
        region.boundary,
        region.places,
        need.to_crs(crs),
        hotspots.to_crs(crs),
        params,
    )
