"""The ground: roads by class, railway, rivers, outline and towns, from the study's own layers."""

from functools import partial
from typing import Final

import geopandas as gpd
import shapely

from layers.records import About, Layers, StudyData
from layers.schema import MAIN_ROADS, WGS84
from maps.overlays import raster
from maps.page import style
from maps.page.layer import Drawing, Feature
from maps.words.about import in_language
from maps.words.names import PlaceNames
from maps.words.phrases import phrase

SIMPLIFY_DEG: Final = 0.00003
"""Tolerance of drawn lines: about 3 m, less than a pixel at any useful zoom."""

BESIDE_DEG: Final = 0.01
"""A settlement within this distance of a town of the study is that town: about 1 km."""

_OTHER: Final = ("tertiary", "tertiary_link", "unclassified", "road")
_BIG_WATER: Final = ("river", "canal")


def drawings(data: StudyData, names: PlaceNames) -> list[Drawing]:
    """Return the layers of the ground, from bottom to top."""
    outline = Drawing(style.LAYERS["boundary"], data.boundary.geometry.simplify(SIMPLIFY_DEG * 10))
    chosen = lines(data.layers)
    ground = [
        Drawing(spec, chosen[spec.key].geometry.simplify(SIMPLIFY_DEG))
        for spec in style.GROUND
        if len(chosen[spec.key])
    ]
    relief = [] if data.terrain is None else [raster.hillshade(data.terrain)]
    towns = data.places[data.places["kind"].isin(["town", "crossing"])]
    named = Drawing.of(style.LAYERS["towns"], towns, lambda row: Feature(names[row["id"]]))
    labels = [neighbours(data.about), named]
    return [outline, *relief, *ground, *(drawing for drawing in labels if drawing.features)]


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


def neighbours(about: About) -> Drawing:
    """Return the names of what lies beyond the boundary, where the study has them."""
    titles = [
        Feature(phrase(f"neighbour.{n}", partial(in_language, name)))
        for n, (name, _, _) in enumerate(about.neighbours)
    ]
    at = [shapely.Point(lon, lat) for _, lat, lon in about.neighbours]
    return Drawing(style.LAYERS["neighbours"], gpd.GeoSeries(at, crs=WGS84), tuple(titles))


def villages(data: StudyData) -> gpd.GeoDataFrame:
    """Return the settlements that are neither a town of the study nor beside one."""
    known = data.places[data.places["kind"].isin(["town", "crossing"])]
    found = data.layers.settlements
    apart = shapely.distance(found.geometry.to_numpy(), known.union_all()) > BESIDE_DEG
    return found if known.empty else gpd.GeoDataFrame(found[apart])
