"""The bundled region as planning sees it, without a study: a made-up need on its real places."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd

from geo.params import Params
from geo.patrols import need
from geo.patrols import survey as patrols
from geo.patrols.proposal import corridor_of, propose
from geo.patrols.survey import Ground
from geo.results import Layers, Patrols
from layers.readers import bundled
from layers.schema import HOTSPOTS, METRIC


def bundled_layers() -> Layers:
    """Return the bundled ways and facilities, in metres."""
    layers = bundled.network()
    names = ("roads", "paths", "railways", "waterways", "facilities")
    return replace(layers, **{name: getattr(layers, name).to_crs(METRIC) for name in names})


def bundled_boundary() -> gpd.GeoDataFrame:
    return bundled.boundary().to_crs(METRIC)


def bundled_places() -> gpd.GeoDataFrame:
    return bundled.places().to_crs(METRIC)


def bundled_need(hotspots: gpd.GeoDataFrame | None = None) -> gpd.GeoDataFrame:
    """Return need at the advised places and evenly along the railways; also at given hotspots."""
    railways = bundled_layers().railways[["geometry"]]
    parts = {
        "advised": need.advised(bundled_places()),
        "far_from_help": need.far_from_help(railways.assign(far_min=1.0)),
    }
    if hotspots is not None:
        middle = hotspots.assign(weight=hotspots["share"]).set_geometry(hotspots.centroid)
        parts["observed"] = middle[["weight", "geometry"]]
    return need.surface(parts, bundled_boundary())


def bundled_ground(params: Params) -> Ground:
    return _surveyed(params, None)


def bundled_plan(params: Params, hotspots: gpd.GeoDataFrame | None = None) -> Patrols:
    return propose(_surveyed(params, hotspots), bundled_boundary(), corridor())


def _surveyed(params: Params, hotspots: gpd.GeoDataFrame | None) -> Ground:
    spots = HOTSPOTS.geoframe(crs=METRIC) if hotspots is None else hotspots
    return patrols.survey(
        bundled_layers(),
        bundled_boundary(),
        bundled_places(),
        bundled_need(hotspots),
        spots,
        params,
    )


def corridor() -> gpd.GeoDataFrame:
    return corridor_of(bundled_layers())
