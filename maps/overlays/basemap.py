"""The ground: roads by class, railway, rivers, outline and towns, and the relief as a hillshade.

Rasters go on the map as small pictures, warped to its projection.
"""

import dataclasses
import io
from collections.abc import Mapping, Sequence
from functools import partial
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from PIL import Image
from rasterio import Affine
from rasterio.transform import array_bounds
from rasterio.warp import reproject
from scipy.ndimage import distance_transform_edt
from shapely import box

from geo.access import relief
from geo.crs import around
from geo.records import About, Layers, StudyData, Terrain
from geo.schema import MAIN_ROADS, WGS84
from maps.page.figure import data_url
from maps.page.map_layers import GROUND, LAYERS, Drawing, Feature
from maps.words.about import in_language
from maps.words.names import PlaceNames, signed
from maps.words.phrases import Phrase

SIMPLIFY_DEG: Final = 0.00004
"""Tolerance of drawn lines: about 4 m, less than a pixel but closest up."""

BEYOND_M: Final = 1000.0
"""Streets, paths and streams farther beyond the outline are not drawn."""

BESIDE_DEG: Final = 0.01
"""A settlement within this distance of a town of the study is that town: about 1 km."""

_OTHER: Final = ("tertiary", "tertiary_link", "unclassified", "road")
_BIG_WATER: Final = ("river", "canal")

WEB_MERCATOR: Final = "EPSG:3857"
ALTITUDE_DEG: Final = 45.0
"""How high the light of the hillshade stands."""
EXAGGERATION: Final = 1.6
"""Heights are multiplied by it: at the scale of a district true slopes hardly show."""
WIDEST: Final = 700
"""Cells that the picture is at most wide or high."""
STEPS: Final = 20
"""Steps of shadow, and of light: few make a small file."""
SHADOW: Final = 0.42
LIGHT: Final = 0.7
"""Opacity of the darkest shadow and of the brightest light; level ground is left clear."""
FADE: Final = 0.06
"""Share of its width in which the hillshade fades towards its edge."""

NEARLY_ALL: Final = 0.9
"""Data that cover this share of what lies within the boundary have no edge on the map."""


def ground_layers(data: StudyData, names: PlaceNames) -> list[Drawing]:
    """Return the layers of the ground, from bottom to top."""
    outline = Drawing(
        LAYERS["boundary"], data.boundary.geometry.simplify(SIMPLIFY_DEG * 10)
    )
    known, edges = edge_of_data(data)
    if edges:  # what is known lies under the border
        symbol = dataclasses.replace(outline.spec.symbol, fill="")
        spec = dataclasses.replace(outline.spec, symbol=symbol)
        outline = dataclasses.replace(outline, spec=spec)
    chosen = lines(data.layers)
    ground = [
        Drawing(
            spec,
            # A line that crosses itself within 4 m does not show; to look takes four times as long.
            chosen[spec.key].simplify(SIMPLIFY_DEG, preserve_topology=False),
        )
        for spec in GROUND
        if len(chosen[spec.key])
    ]
    shades = [] if data.terrain is None else [hillshade(data.terrain)]
    towns = data.places[data.places["kind"].isin(["town", "crossing"])]
    named = Drawing.of(LAYERS["towns"], towns, lambda row: Feature(names[row["id"]]))
    labels = [neighbours(data.about), *edges, bridges(data.layers), named]
    return [
        *known,
        outline,
        *shades,
        *ground,
        *(drawing for drawing in labels if drawing.features),
    ]


def drawn_ways(data: StudyData) -> Layers:
    """Return the ways that are drawn: beyond the outline the main ones only."""
    area = around(data.boundary, BEYOND_M)
    shapely.prepare(area)

    def near(ways: gpd.GeoDataFrame) -> npt.NDArray[np.bool_]:
        return np.asarray(shapely.intersects(area, np.asarray(ways.geometry)))

    roads, paths, waterways = (
        data.layers.roads,
        data.layers.paths,
        data.layers.waterways,
    )
    return dataclasses.replace(
        data.layers,
        roads=roads[roads["highway"].isin(MAIN_ROADS) | near(roads)],
        paths=paths[near(paths)],
        waterways=waterways[waterways["waterway"].isin(_BIG_WATER) | near(waterways)],
    )


def lines(layers: Layers) -> dict[str, gpd.GeoDataFrame]:
    """Return the rows of each layer of `GROUND`, by its key."""
    highway, water = (
        layers.roads["highway"],
        layers.waterways["waterway"].isin(_BIG_WATER),
    )
    main, other = highway.isin(MAIN_ROADS), highway.isin(_OTHER)
    active = layers.railways["status"] == "active"
    siding = active & layers.railways["service"].notna()
    return {
        "rivers": layers.waterways[water],
        "streams": layers.waterways[~water],
        "paths": layers.paths,
        "streets": layers.roads[~main & ~other],
        "other_roads": layers.roads[other],
        "main_roads": layers.roads[main],
        "sidings": layers.railways[siding],
        "railway": layers.railways[active & ~siding],
        "disused": layers.railways[~active],
    }


# One picture: the area with data, and a word where each ray from its middle leaves it.
def edge_of_data(data: StudyData) -> tuple[list[Drawing], list[Drawing]]:
    """Return where the network has data within the boundary, and the words at its edge.

    Both are empty where that is nearly all, and for a rough network, which has no edge; the
    middles of the ways tell how far the data reach.
    """
    ways = data.layers
    if ways.source.generalised:
        return [], []
    kinds = (ways.roads, ways.paths, ways.railways, ways.waterways)
    lines = pd.concat([kind.geometry for kind in kinds])
    middles = shapely.centroid(lines.to_numpy())
    reach = np.array([shapely.convex_hull(shapely.multipoints(middles))])
    outline = data.boundary.union_all()
    inland = shapely.intersection(reach, outline)
    if shapely.area(inland) >= NEARLY_ALL * outline.area:
        return [], []
    west, south, east, north = shapely.total_bounds(reach)
    ((x, y),) = shapely.get_coordinates(shapely.centroid(reach))
    sides = [(west, y), (east, y), (x, south), (x, north)]
    rays = [shapely.LineString([(x, y), side]) for side in sides]
    points = shapely.intersection(shapely.boundary(reach), rays)
    inside = points[shapely.within(points, outline)]
    words = tuple([Feature("no_data_beyond")] * len(inside))
    edges = Drawing(LAYERS["edges"], gpd.GeoSeries(inside, crs=WGS84), words)
    known = Drawing(LAYERS["known"], gpd.GeoSeries(inland, crs=WGS84))
    return [known], [edges]


def bridges(layers: Layers) -> Drawing:
    """Return the bridges over rivers whose name no road or path beside them bears."""
    ways = pd.concat([layers.roads, layers.paths])
    named = ways[ways["name"].notna()]
    elsewhere = named.loc[~named["bridge"], "name"]
    own = named[named["bridge"] & ~named["name"].isin(elsewhere)]
    rivers = layers.waterways[layers.waterways["waterway"].isin(_BIG_WATER)]
    over, _ = rivers.sindex.query(own.geometry, predicate="intersects")
    found = own.iloc[np.unique(over)].drop_duplicates("name")

    def feature(row: Mapping[Any, Any]) -> Feature:
        name = signed(row["name"], f"bridge.{row['id']}", sr=row["name_sr"])
        return Feature(name)

    lines = found.geometry.to_numpy()
    middles = shapely.line_interpolate_point(lines, 0.5, normalized=True)
    return Drawing.of(LAYERS["bridges"], found.set_geometry(middles), feature)


def neighbours(about: About) -> Drawing:
    """Return the names of what lies beyond the boundary, where the study has them."""
    titles, points = [], []
    for names, latitude, longitude in about.neighbours:
        titles.append(Feature(Phrase(partial(in_language, names))))
        points.append(shapely.Point(longitude, latitude))
    places = gpd.GeoSeries(points, crs=WGS84)
    return Drawing(LAYERS["neighbours"], places, tuple(titles))


def villages(data: StudyData) -> gpd.GeoDataFrame:
    """Return the settlements that are neither a town of the study nor beside one."""
    towns = data.places[data.places["kind"].isin(["town", "crossing"])]
    settlements = data.layers.settlements
    apart = (
        shapely.distance(settlements.geometry.to_numpy(), towns.union_all())
        > BESIDE_DEG
    )
    return settlements if towns.empty else gpd.GeoDataFrame(settlements[apart])


def warp(
    values: npt.NDArray[np.floating[Any]],
    transform: tuple[float, float, float, float, float, float],
    crs: str,
) -> tuple[npt.NDArray[np.floating[Any]], gpd.GeoSeries]:
    """Return a raster in the projection of web maps, by nearest neighbour.

    What lies outside it is NaN.  The box, in EPSG:4326, is what the picture covers on a web map.
    """
    (warped,), placed = reproject(
        values,
        src_transform=Affine(*transform),
        src_crs=crs,
        src_nodata=np.nan,
        dst_crs=WEB_MERCATOR,
        dst_nodata=np.nan,
    )
    corners = array_bounds(*warped.shape, placed)
    covered = gpd.GeoSeries([box(*corners)], crs=WEB_MERCATOR)
    return warped, covered.to_crs(WGS84)


def png(
    classes: npt.NDArray[np.uint8], colours: Sequence[str], opacities: Sequence[float]
) -> str:
    """Return classed cells as a PNG in a data URL.

    The cells are positions in `colours` (``#rrggbb``) and `opacities` (from 0, clear, to 1).
    """
    image = Image.fromarray(classes, mode="P")
    image.putpalette(b"".join(bytes.fromhex(colour[1:]) for colour in colours))
    content = io.BytesIO()
    clear = bytes(round(255 * opacity) for opacity in opacities)
    image.save(content, "PNG", transparency=clear, optimize=True)
    return data_url("image/png", content.getvalue())


def hillshade(terrain: Terrain) -> Drawing:
    """Return the hillshade of a terrain as a layer.

    The terrain is averaged first, to a quarter of the smallest feature that it truly shows:
    finer cells would only show how it was interpolated.
    """
    coarse = _averaged(terrain)
    light = relief.hillshade(coarse, altitude_deg=ALTITUDE_DEG)
    warped, bounds = warp(light, coarse.transform, coarse.crs)
    steps = np.arange(-STEPS, STEPS + 1) / STEPS
    opacities = np.where(steps < 0, -steps * SHADOW, steps * LIGHT)
    colours = ["#000000" if step < 0 else "#ffffff" for step in steps]
    # The middle class is level ground and what is unknown.
    level = np.sin(np.radians(ALTITUDE_DEG))
    share = np.where(
        warped < level, (warped - level) / level, (warped - level) / (1 - level)
    )
    # From the edge inward: no rectangle shows.
    inward = distance_transform_edt(np.pad(np.isfinite(warped), 1))[1:-1, 1:-1]
    fading = np.minimum(inward / (FADE * max(warped.shape)), 1)
    classes = np.rint((np.nan_to_num(share) * fading + 1) * STEPS).astype(np.uint8)
    image = png(classes, colours, opacities.tolist())
    return Drawing(LAYERS["hillshade"], bounds, image=image)


def _averaged(terrain: Terrain) -> Terrain:
    """Return heights, exaggerated, in cells of a size that the picture can show."""
    a, b, west, d, e, north = terrain.transform
    rows, columns = terrain.elevation_m.shape
    wanted = max(terrain.detail_m / 4 / a, max(rows, columns) / WIDEST)
    n = max(1, int(np.ceil(wanted)))
    high, wide = rows // n, columns // n
    blocks = terrain.elevation_m[: high * n, : wide * n].reshape(high, n, wide, n)
    return dataclasses.replace(
        terrain,
        elevation_m=(blocks.mean(axis=(1, 3)) * EXAGGERATION).astype(np.float32),
        transform=(a * n, b, west, d, e * n, north),
    )
