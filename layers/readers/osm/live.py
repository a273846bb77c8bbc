"""Live OpenStreetMap by osmnx: the layers or the graph of an area, and what an analyst has of it.

`fetch` and `fetch_graph` ask servers in bounded time (`layers.readers.osm.queries`).  `from_osmnx`
makes the layers of this toolkit of what osmnx returns, to `fetch` as to an analyst.
"""

from __future__ import annotations

import hashlib
import math
import re
from importlib.metadata import version
from typing import TYPE_CHECKING, Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from shapely import MultiPolygon, Polygon

from geo.crs import is_graph
from geo.network.source_lines import tag
from geo.records import Layers, Source
from geo.schema import WGS84
from layers.complaints import UserError
from layers.readers import areas
from layers.readers.osm import tags
from layers.readers.osm.queries import Answer, Call, DownloadError, Servers

if TYPE_CHECKING:
    import networkx as nx

SIDE_DEG: Final = 0.5
"""Largest side of the box of one query: about 50 km, which a public server answers in a minute."""

WANTED: Final[dict[str, bool | list[str]]] = {
    **tags.FACILITY_VALUES,
    "place": tags.SETTLEMENTS,
    **dict.fromkeys(tags.WAY_KEYS, True),
}
"""What is fetched, as `osmnx.features_from_polygon` takes tags."""

_DATE: Final = re.compile(rb'"timestamp_osm_base": "([^"]*)"')

_WORLD: Final = shapely.box(-180, -90, 180, 90)

PUBLIC: Final = Servers()

Area = Polygon | MultiPolygon | gpd.GeoDataFrame | gpd.GeoSeries | str


def fetch(area: Area, servers: Servers = PUBLIC) -> Layers:
    """Fetch roads, paths, railways, waterways and facilities of an area by osmnx.

    Features come by `osmnx.features_from_polygon`, box by box.  Ways that intersect the area are
    kept whole.  What the user has set in ``osmnx.settings`` holds; they stay as they are.

    Parameters
    ----------
    area
        Polygon in EPSG:4326, frame or series of polygons in any CRS, or a name as
        `layers.readers.areas.area_of` takes it.
    servers
        Which servers of Overpass are asked, where answers are kept, how long a box may take.

    Returns
    -------
    Layers
        In EPSG:4326.

    Raises
    ------
    DownloadError
        If no server answers, or nothing is found.
    UserError
        If the area is no polygon, or nobody knows its name.

    Examples
    --------
    ``layers.fetch("Leposaviq, Kosovo").roads`` asks public servers.  What is no area asks none:

    >>> fetch(shapely.Point(20.8, 43.1))
    Traceback (most recent call last):
    layers.complaints.UserError: the area is POINT (20.8 43.1), not a polygon in degrees. Fix: \
a frame of polygons with their CRS, or the name of a place
    """
    shape = _polygon(area, servers)
    answers = servers.ask(_calls(shape))
    boxes = [_features(answer.value) for answer in answers if answer.value is not None]
    if not boxes:
        raise _nothing()
    pieces = pd.concat(boxes, ignore_index=True)
    pieces = pieces[
        ~pieces.assign(shape=pieces.geometry.to_wkb()).duplicated(["id", "shape"])
    ]
    found_layers = tags.layers(tags.in_area(pieces, shape), _source(answers, shape))
    if not tags.has_ways(found_layers):
        raise _nothing()
    return found_layers


def fetch_graph(
    area: Area, servers: Servers = PUBLIC, **options: Any
) -> nx.MultiDiGraph:
    """Fetch the graph of an area, as `osmnx.graph_from_polygon` makes it.

    Parameters
    ----------
    area, servers
        As for `fetch`, with a deadline for the whole.
    **options
        Those of `osmnx.graph_from_polygon`, such as ``network_type``.

    Raises
    ------
    DownloadError, UserError
        As `fetch` does.
    """
    arguments = {"polygon": _polygon(area, servers), **options}
    (answer,) = servers.ask([Call("the graph", "graph_from_polygon", arguments)])
    return answer.value


def from_osmnx(returned: nx.MultiDiGraph | gpd.GeoDataFrame) -> Layers:
    """Return the layers of what osmnx has returned: a graph, its edges, or features.

    Of a list of values the first counts, of a yes-no tag one that is missing is no.  A street of a
    graph that leads both ways becomes one line.  Ids are ``way/123``, and ``way/123-2`` for a
    further piece of the same way; the way back is `geo.network.to_networkx`.

    Parameters
    ----------
    returned
        Any CRS.  A graph has the tags of ``osmnx.settings.useful_tags_way``, by default without
        ``railway``, ``waterway`` and ``surface``.

    Returns
    -------
    Layers
        In EPSG:4326.

    Raises
    ------
    UserError
        If the frame is not one of osmnx, or has no CRS.

    Examples
    --------
    >>> line = shapely.LineString([(20.86, 42.89), (20.87, 42.89)])
    >>> index = pd.MultiIndex.from_tuples([("way", 7)], names=["element", "id"])
    >>> columns = {"highway": ["residential"], "bridge": [np.nan]}
    >>> roads = from_osmnx(gpd.GeoDataFrame(columns, index, geometry=[line], crs=4326)).roads
    >>> roads[["id", "highway", "bridge"]].values.tolist()
    [['way/7', 'residential', False]]
    """
    if not isinstance(returned, gpd.GeoDataFrame) and not is_graph(returned):
        raise UserError(
            f"{type(returned).__name__} is no graph and no frame of osmnx. "
            "Fix: returned = osmnx.graph_from_place(...)"
        )
    frame = (
        returned if isinstance(returned, gpd.GeoDataFrame) else _graph_edges(returned)
    )
    features = _edges(frame) if "osmid" in frame else _features(frame)
    if not {*tags.WAY_KEYS} & {*features}:
        raise UserError(
            f"these features of osmnx have none of the columns {', '.join(tags.WAY_KEYS)}. Fix: "
            "ask for them in tags, or for a graph in osmnx.settings.useful_tags_way"
        )
    digest = hashlib.sha256()
    for name in ("id", "geometry"):
        digest.update(
            pd.util.hash_array(features[name].astype(str).to_numpy(object)).tobytes()
        )
    source = Source(
        kind="snapshot",
        id=f"osmnx-{digest.hexdigest()[:8]}",
        title="OpenStreetMap by osmnx",
        licence=tags.LICENCE,
        provenance={"reader": "osmnx", "osmnx": version("osmnx")},
    )
    return tags.layers(features, source)


def _features(features: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return features of osmnx as `tags.layers` takes them."""
    rows = features.reset_index()
    if not {"element", "id"} <= {*rows}:
        raise UserError(
            f"a frame of osmnx has element and id, or osmid; found {', '.join(map(str, rows))}. "
            "Fix: give what osmnx.features_from_polygon or osmnx.graph_to_gdfs returns"
        )
    # A tag of that name stands in the place of osmnx's own; a line is always a way.
    element = rows["element"].astype(str).mask(rows.geom_type == "LineString", "way")
    return _with_tags(rows, element + "/" + rows["id"].astype(str))


def _graph_edges(graph: nx.MultiDiGraph) -> gpd.GeoDataFrame:
    # osmnx takes a second to import.
    import osmnx  # noqa: PLC0415

    return osmnx.graph_to_gdfs(graph, nodes=False)


def _edges(all_edges: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return edges of osmnx as ways, each street once, as `tags.layers` takes them."""
    is_drawn = tag(all_edges, "reversed").ne("True")
    edges = all_edges.loc[is_drawn.sort_values(ascending=False, kind="stable").index]
    ways = edges["osmid"].map(
        lambda of: str(sorted(of) if isinstance(of, list) else of)
    )
    street = pd.DataFrame({"ways": ways, "line": edges.geometry.normalize().to_wkb()})
    edges = edges[~street.duplicated()]
    way = tag(edges, "osmid")
    piece = way.groupby(way).cumcount() + 1
    numbered = way.where(piece == 1, way + "-" + piece.astype("string"))
    streets = _with_tags(edges, "way/" + numbered)
    if "oneway" in streets:
        streets["oneway"] = streets["oneway"].replace({"True": "yes", "False": pd.NA})
    return streets


def _with_tags(features: gpd.GeoDataFrame, id_: pd.Series) -> gpd.GeoDataFrame:
    """Return the shapes in EPSG:4326 with `id_` and those tags that are read, as text."""
    if features.crs is None:
        raise UserError(
            "the frame has no CRS. Fix: frame.set_crs(4326), if it is in degrees"
        )
    columns = {key: tag(features, key).array for key in tags.KEYS if key in features}
    shapes = features.geometry.to_crs(WGS84).array
    return gpd.GeoDataFrame({"id": id_.array, **columns}, geometry=shapes, crs=WGS84)


def _polygon(area: Area, servers: Servers) -> Polygon | MultiPolygon:
    if isinstance(area, str):
        area = areas.area_of(area, servers.cache)
    if isinstance(area, gpd.GeoDataFrame | gpd.GeoSeries):
        shape = areas.outline(area)
    else:
        shape = areas.outline(gpd.GeoSeries([area], crs=WGS84))
    if not isinstance(shape, Polygon | MultiPolygon) or not _WORLD.contains(shape):
        raise UserError(
            f"the area is {shape!s:.60}, not a polygon in degrees. Fix: a frame of polygons with "
            "their CRS, or the name of a place"
        )
    return shape


def _calls(area: Polygon | MultiPolygon) -> list[Call]:
    """Return a call for each box that holds a piece of the area."""
    west, south, east, north = area.bounds
    x = np.linspace(west, east, math.ceil((east - west) / SIDE_DEG) + 1)
    y = np.linspace(south, north, math.ceil((north - south) / SIDE_DEG) + 1)
    cells = shapely.box(x[:-1, None], y[None, :-1], x[1:, None], y[None, 1:])
    pieces = shapely.intersection(area, cells).ravel()
    boxes = shapely.envelope(pieces[~shapely.is_empty(pieces)])
    columns = ("geometry", *tags.KEYS)
    return [
        Call(
            f"box {number} of {len(boxes)}",
            "features_from_polygon",
            {"polygon": box, "tags": WANTED},
            columns,
        )
        for number, box in enumerate(boxes, 1)
    ]


def _nothing() -> DownloadError:
    return DownloadError(
        "no road, path or railway in the area. Fix: choose another area"
    )


def _source(answers: list[Answer], area: Polygon | MultiPolygon) -> Source:
    """Describe the answers; the id changes with their content and with the area."""
    contents = [content for answer in answers for content in answer.contents]
    dates = [date[1].decode() for date in map(_DATE.search, contents) if date] or [""]
    digest = hashlib.sha256(area.wkb)
    for content in contents:
        digest.update(content)
    day = min(dates)[:10] or "undated"
    return Source(
        kind="snapshot",
        id=f"overpass-{day}-{digest.hexdigest()[:8]}",
        title=f"OpenStreetMap by osmnx, {day}",
        licence=tags.LICENCE,
        osm_date=min(dates) or None,
        provenance={
            "reader": "osmnx",
            "osmnx": version("osmnx"),
            "servers": ", ".join(sorted({answer.server for answer in answers})),
            "boxes": str(len(answers)),
            "newest_answer": max(dates),
        },
    )
