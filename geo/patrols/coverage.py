"""What of all need of a study its stops reach, and which public place would reach most of the rest.

All need counts, also what lies far from every stop.  A place that is proposed is one that the
network or the table of places names; it is never taken from a sighting, and it is in no plan.
"""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.network import Network
from geo.params import Params
from geo.patrols import stops
from geo.patrols.inputs import PlanningInputs
from geo.patrols.reach import all_need, within_reach
from geo.records import StudyData
from geo.schema import BEYOND_REACH

PLACES: Final = (
    "public_stop",
    "station",
    "crossing",
    "monitoring_point",
    "health",
    "reception_centre",
    "institution",
)
FACILITIES: Final = (
    "bus_station",
    "railway_station",
    "taxi",
    "hospital",
    "clinic",
    "pharmacy",
    "drinking_water",
    "social_facility",
    "townhall",
    "fuel",
    "shelter",
)
"""Kinds of public and service places that may be proposed; none of the police or the border."""

LEAST: Final = 0.01
"""A place is proposed if it reaches at least this share of all need."""


def beyond_reach(
    data: StudyData,
    inputs: PlanningInputs,
    need: gpd.GeoDataFrame,
    params: Params,
    hotspots: gpd.GeoDataFrame,
) -> pd.DataFrame:
    """Return table `BEYOND_REACH`: the need and the hotspots that no usable stop reaches.

    `need` is table `NEED`, `hotspots` are rows of table `HOTSPOTS`; `inputs` are made of the data
    and the need.

    Parameters
    ----------
    data : StudyData, EPSG:4326
    inputs : PlanningInputs
        Made of the data and the need.
    need : GeoDataFrame
        Table `NEED`.
    params : Params
    hotspots : GeoDataFrame
        Rows of table `HOTSPOTS`.
    """
    crs, reach_m = str(inputs.stops.crs), params.need.reach_m
    need, hotspots = need.to_crs(crs), hotspots.to_crs(crs)
    usable = inputs.stops.iloc[1:]
    weight = all_need(need, params.need)
    lost = ~within_reach(usable, need, reach_m).any(axis=0)
    rows: list[dict[Any, object]] = [{"what": "need", "need_share": weight[lost].sum()}]
    places = proposable(data, inputs)
    share = within_reach(places, gpd.GeoDataFrame(need[lost]), reach_m) @ weight[lost]
    near_need = places.assign(need_share=share)[share >= LEAST]
    generalised = data.layers.source.generalised
    rows += _proposed(
        gpd.GeoDataFrame(near_need),
        inputs.matrix.drive.network,
        stops.access_m(inputs.params, generalised=generalised),
    )
    apart = (
        shapely.distance(hotspots.geometry.to_numpy(), usable.geometry.union_all())
        > reach_m
    )
    names = hotspots[["rank", "name"]].astype(str).set_axis(["id", "name"], axis=1)
    rows += [{"what": "hotspot", **row} for row in names[apart].to_dict("records")]
    return BEYOND_REACH.frame([{"reach_m": reach_m, **row} for row in rows])


def public_places(data: StudyData) -> gpd.GeoDataFrame:
    """Return public and service places: ``stop``, ``name``, null without one, ``kind``, the point.

    Settlements are among them, by their centre.
    """
    layers = data.layers
    places = data.places[data.places["kind"].isin(PLACES)]
    facilities = layers.facilities[layers.facilities["kind"].isin(FACILITIES)]
    named = [
        _named(places, "name_en"),
        _named(facilities, "name"),
        _named(layers.settlements, "name"),
    ]
    return gpd.GeoDataFrame(
        pd.concat(named, ignore_index=True), geometry="geometry", crs=data.places.crs
    )


def proposable(data: StudyData, inputs: PlanningInputs) -> gpd.GeoDataFrame:
    """Return the public places inside the boundary that are no stops yet."""
    params = inputs.params
    places = public_places(data).to_crs(str(inputs.stops.crs))
    out = {*inputs.stops["stop"], *params.drop_stops, *params.suspend_stops}
    area = inputs.boundary.geometry.union_all()
    shapely.prepare(area)
    inside = shapely.contains(area, np.asarray(places.geometry))
    return gpd.GeoDataFrame(places[inside & ~places["stop"].isin(out)])


def _named(places: gpd.GeoDataFrame, name: str) -> gpd.GeoDataFrame:
    """Return id, name, kind and point of some places."""
    named = places.assign(stop=places["id"], name=places[name])
    return named[["stop", "name", "kind", "geometry"]]


def _proposed(
    places: gpd.GeoDataFrame, roads: Network, access_m: float
) -> list[dict[Any, object]]:
    """Return the row of the place by a road that reaches most need; none where none is by one."""
    if places.empty:
        return []
    by_road = places[roads.snap(places.geometry)["snap_m"] <= access_m]
    most = by_road.nlargest(1, "need_share").rename(columns={"stop": "id"})
    columns = ["id", "name", "kind", "need_share"]
    return [{"what": "proposed", **place} for place in most[columns].to_dict("records")]
