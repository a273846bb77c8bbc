"""The ground: roads by class, railway, rivers, outline and towns, from the study's own layers."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

import geopandas as gpd
import numpy as np
from pyproj import CRS
from shapely.geometry.base import BaseGeometry

from layers.records import Layers, StudyData
from layers.schema import MAIN_ROADS
from maps.overlays import hillshade
from maps.page import style
from maps.page.layer import Drawing, Feature
from maps.words.names import PlaceNames, signed

SIMPLIFY_DEG: Final = 0.00003
"""Tolerance of drawn lines: about 3 m, less than a pixel at any useful zoom."""

SHIELD_EVERY_M: Final = 9_000
"""Distance along a numbered road between two shields."""

_OTHER: Final = ("tertiary", "tertiary_link", "unclassified", "road")
_BIG_WATER: Final = ("river", "canal")


def drawings(data: StudyData, names: PlaceNames, crs: CRS) -> list[Drawing]:
    """Return the layers of the ground, from bottom to top.

    Shields of roads are spaced in `crs`, in metres.
    """
    outline = Drawing(style.BOUNDARY, data.boundary.geometry.simplify(SIMPLIFY_DEG * 10))
    chosen = lines(data.layers)
    ground = [
        Drawing(spec, chosen[spec.key].geometry.simplify(SIMPLIFY_DEG))
        for spec in style.GROUND
        if len(chosen[spec.key])
    ]
    relief = [] if data.terrain is None else [hillshade.drawing(data.terrain)]
    shields, towns = _shields(data.layers.roads, crs), _towns(data.places, names)
    return [outline, *relief, *ground, *(named for named in (shields, towns) if named.features)]


def lines(layers: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Return the rows of each layer of `style.GROUND`, by its key."""
    highway, water = layers.roads["highway"], layers.waterways["waterway"].isin(_BIG_WATER)
    main, other = highway.isin(MAIN_ROADS), highway.isin(_OTHER)
    active = layers.railways["status"] == "active"
    return {
        "rivers": layers.waterways[water],
        "streams": layers.waterways[~water],
        "paths": layers.paths,
        "streets": layers.roads[~main & ~other],
        "other_roads": layers.roads[other],
        "main_roads": layers.roads[main],
        "railway": layers.railways[active],
        "disused": layers.railways[~active],
    }


def _towns(places: gpd.GeoDataFrame, names: PlaceNames) -> Drawing:
    towns = places[places["kind"] == "town"]
    titles = tuple(Feature(names[town]) for town in towns["id"])
    return Drawing(style.TOWNS, towns.geometry, titles)


def _shields(roads: gpd.GeoDataFrame, crs: CRS) -> Drawing:
    """Return road numbers, spaced along each numbered main road."""
    main = roads[roads["highway"].isin(MAIN_ROADS) & roads["ref"].notna()].to_crs(crs)
    first = main["ref"].str.split(";").str[0].str.strip()
    rows = [(ref, at) for ref in sorted(first.unique()) for at in _spaced(main[first == ref])]
    points = gpd.GeoSeries([point for _, point in rows], crs=main.crs).to_crs(4326)
    titles = tuple(Feature(signed(f"ref.{ref}", ref)) for ref, _ in rows)
    return Drawing(style.SHIELDS, points, titles)


def _spaced(road: gpd.GeoDataFrame) -> Iterator[BaseGeometry]:
    """Yield the middles of a road's pieces, none nearer than `SHIELD_EVERY_M` to one before."""
    chosen: list[BaseGeometry] = []
    middles = road.geometry.interpolate(0.5, normalized=True).to_numpy()
    for piece in np.argsort(-road.geometry.length.to_numpy(), kind="stable"):
        middle = middles[piece]
        if all(middle.distance(point) >= SHIELD_EVERY_M for point in chosen):
            chosen.append(middle)
            yield middle
