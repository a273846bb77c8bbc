"""One layer of results to move about in: a page that asks for nothing."""

from collections.abc import Hashable, Mapping, Sequence
from typing import Any, Final

import folium
import geopandas as gpd
import pandas as pd
import shapely
from branca.element import Element

from geo.arguments import ArgumentError, require_type
from geo.crs import CRSError
from geo.records import StudyData
from geo.results import DensitySurface
from geo.schema import MAIN_ROADS, WGS84
from layers import palette
from maps.drawable import Shown, extent, rows_of
from maps.overlays import density
from maps.page.escaping import folium_html
from maps.page.figure import Page, bare_map
from maps.page.map_layers import WATER

LINE: Final = {"weight": 4, "fillOpacity": 0.6}
AREA: Final = {"weight": 1, "fillOpacity": 0.1}


def explore(
    result: Any,
    data: StudyData | None = None,
    m: folium.Map | None = None,
    *,
    colour: str = palette.VERMILLION,
    title: str = "",
    label: str = "",
) -> folium.Map:
    """Draw a result to move about in; pointing at a row, or a click, shows its columns.

    As `geopandas.GeoDataFrame.explore`, but without a request: the ground is that of the study.

    Parameters
    ----------
    result : any result of `geo` that has places; or a GeoDataFrame or GeoSeries in any CRS
        Of nearness the bands, a line from each sighting to its nearest way of each kind, and the
        sightings, darker the nearer they are to any; of tests the window, and where chance would
        put sightings; of hotspots the segments; of patrols the routes and on them the stops; of
        the models the sections; of findings nearness, hotspots and patrols; of a density surface
        its middle band.
    data : geo.records.StudyData, optional
        Main roads, railways, rivers, outline and towns of this study are drawn as the ground.
    m : folium.Map, optional
        A map to draw on, such as one that this function returned; a new one if none is given.
    colour : str
        Of what has no colour of its own.
    title : str, optional
        Stands over a new map.
    label : str, optional
        The column whose values are written beside the rows.

    Returns
    -------
    folium.Map

    The map shows in a notebook, and saves to one file.  Raises `geo.crs.CRSError` if the rows have
    no CRS, TypeError if the result has no places, ValueError if no rows have the column `label`, or
    a title is given to a map that is there.

    Examples
    --------
    >>> point = [shapely.Point(20.87, 42.89)]
    >>> stop = gpd.GeoDataFrame({"name": ["Station"]}, geometry=point, crs="EPSG:4326")
    >>> "Station" in explore(stop).get_root().render()
    True
    """
    if data is not None:
        require_type(
            "data", data, StudyData, "data = layers.readers.bundled.study_data()"
        )
    if m is not None:
        require_type("m", m, folium.Map, "m = maps.explore(other)")
    if title and m is not None:
        raise ArgumentError(
            "title is that of a new map. Fix: give it to the first explore, or leave it out"
        )
    drawn = _new_map(data, title) if m is None else m
    if isinstance(result, DensitySurface):
        return _with_density(result, drawn)
    layers = []
    for layer in rows_of(result, colour):
        rows = _placed(layer.rows)
        if len(rows):
            layers.append(layer._replace(rows=rows))
    if label:
        _require_column(layers, label)
    for layer in layers:
        form: dict[str, Any] = AREA if layer.areas else LINE
        look = form | {"color": layer.colour, "fillColor": layer.colour}
        part: folium.Map | folium.FeatureGroup = drawn
        if layer.name:
            part = folium.FeatureGroup(layer.name, show=layer.at_first)
            drawn.add_child(part)
        add(part, layer.rows, look, texts_of(layer.rows))
        if label in layer.rows:
            write_beside(part, layer.rows, label)
    if any(layer.name for layer in layers):
        folium.LayerControl(collapsed=False).add_to(drawn)
    if layers:
        bounds = corners(gpd.GeoSeries(pd.concat(extent(layers))))
        drawn.fit_bounds(bounds, padding=(40, 40), max_zoom=15)
    return drawn


def _require_column(layers: Sequence[Shown], label: str) -> None:
    """Raise ValueError if no rows have this column."""
    columns = {name: None for layer in layers for name in layer.rows.columns}
    if layers and label not in columns:
        names = ", ".join(map(str, columns))
        raise ValueError(
            f"no rows have a column {label!r} to label them by; they have {names}. "
            "Fix: label= one of them"
        )


def write_beside(
    drawn: folium.Map | folium.FeatureGroup,
    rows: gpd.GeoDataFrame,
    label: str,
    kind: str = "label",
) -> None:
    """Write the values of a column beside the rows, but for those that have none.

    Parameters
    ----------
    drawn
        Map or layer; changed.
    rows
        Shapes in EPSG:4326.
    label
        Name of the column.
    kind
        Class of the texts in the styles of the page.
    """
    named = rows[rows[label].notna()]
    points = named.representative_point()
    for value, point in zip(named[label], points, strict=True):
        write(drawn, str(_text(value)), point, kind)


def _with_density(surface: DensitySurface, drawn: folium.Map) -> folium.Map:
    """Draw the middle band of a density on a map."""
    image, box = density.picture(surface)
    bounds = corners(box)
    folium.raster_layers.ImageOverlay(image, bounds).add_to(drawn)
    drawn.fit_bounds(bounds)
    return drawn


def corners(shapes: gpd.GeoSeries) -> list[list[float]]:
    """Return the south-west and the north-east corner of shapes in EPSG:4326."""
    west, south, east, north = shapes.total_bounds
    return [[south, west], [north, east]]


def _new_map(data: StudyData | None, title: str) -> folium.Map:
    """Return a map on a page of its own, with the ground of a study."""
    drawn = bare_map(location=[42.9, 20.9], zoom_start=9, max_zoom=18)
    credit = "" if data is None else data.layers.source.licence
    content = {"title": title, "credit": credit}
    Page(content, template="layer.html").add_child(drawn)
    if data is not None:
        ground(drawn, data)
    return drawn


def _placed(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the rows that have a place, in EPSG:4326."""
    if frame.crs is None:
        raise CRSError(
            f"the frame has no CRS. Fix: frame = frame.set_crs({WGS84!r}), or its own"
        )
    return frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(WGS84)


def ground(drawn: folium.Map, data: StudyData) -> None:
    """Draw main roads, railways, rivers, outline and towns of a study, EPSG:4326."""
    ways = data.layers
    draw_ground(
        drawn,
        {
            "boundary": data.boundary,
            "waterways": ways.waterways,
            "roads": ways.roads,
            "railways": ways.railways,
            "places": data.places,
        },
    )


def draw_ground(drawn: folium.Map, frames: Mapping[str, gpd.GeoDataFrame]) -> None:
    """Draw main roads, railways, rivers, outline and towns.

    `frames` are ``boundary``, ``waterways``, ``roads``, ``railways`` and ``places``.
    """
    roads = frames["roads"]
    main = roads[roads["highway"].isin(MAIN_ROADS)]
    for lines, colour, weight in (
        (frames["boundary"].boundary, palette.PURPLE, 1.5),
        (frames["waterways"].geometry, WATER, 2),
        (main.geometry, palette.LIGHT_GREY, 2),
        (frames["railways"].geometry, palette.DARK_GREY, 1),
    ):
        if len(lines):
            shape = gpd.GeoSeries([lines.to_crs(WGS84).union_all()], crs=WGS84)
            look = {"color": colour, "weight": weight}
            add(drawn, shape, look | {"interactive": False, "fill": False})
    places = frames["places"]
    towns = places[places["kind"] == "town"].to_crs(WGS84)
    write_beside(drawn, towns, "name_en", "town")


def write(
    drawn: folium.Map | folium.FeatureGroup, text: str, point: Any, kind: str
) -> None:
    """Write a text at a point in EPSG:4326; `kind` is its class in the styles of the page."""
    icon = folium.DivIcon(folium_html(text), icon_size=(0, 0), class_name=kind)
    place = [point.y, point.x]
    folium.Marker(place, icon=icon, interactive=False, keyboard=False).add_to(drawn)


def texts_of(rows: gpd.GeoDataFrame) -> list[str]:
    """Return the columns of each row as a table in HTML."""
    columns = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    return [table_of(row) for row in columns.to_dict("records")]


def table_of(row: Mapping[Hashable, object]) -> str:
    """Return what is in a row as a table in HTML."""
    cells = []
    for name, value in row.items():
        cells.append(
            f"<tr><th>{folium_html(name)}</th><td>{folium_html(_text(value))}</td></tr>"
        )
    return f"<table>{''.join(cells)}</table>"


def _text(value: object) -> object:
    """Return a value as a reader wants it."""
    if isinstance(value, float):
        return f"{value:.6g}"
    return ", ".join(map(str, value)) if isinstance(value, list) else value


def add(
    drawn: folium.Map | folium.FeatureGroup,
    shapes: gpd.GeoDataFrame | gpd.GeoSeries,
    look: dict[str, Any],
    texts: Sequence[str] = (),
) -> None:
    """Add shapes to a map.

    Parameters
    ----------
    drawn : folium.Map or folium.FeatureGroup
    shapes : geopandas.GeoDataFrame or GeoSeries, EPSG:4326
    look : dict
        Options of Leaflet's paths.
    texts : sequence of str
        HTML for each shape; none if empty.
    """
    if not len(shapes):
        return
    points = shapely.set_precision(shapes.geometry.to_numpy(), 1e-6)
    layer = gpd.GeoDataFrame(
        {"text": texts or ""}, geometry=points, crs=WGS84, index=range(len(points))
    )
    tip = folium.GeoJsonTooltip(["text"], labels=False) if texts else None
    popup = folium.GeoJsonPopup(["text"], labels=False) if texts else None
    marker = folium.CircleMarker(radius=5, fill=True)

    def look_of(feature: dict[str, Any]) -> dict[str, Any]:
        return look | ({"weight": 1} if feature["geometry"]["type"] == "Point" else {})

    # Groups alone stand in a list of layers.
    folium.GeoJson(
        layer,
        style_function=look_of,
        marker=marker,
        tooltip=tip,
        popup=popup,
        control=False,
    ).add_to(drawn)


def in_fixed_order(element: Element) -> None:
    """Give the parts of a page fixed ids in place of random ones: equal input, equal page."""
    for number, part in enumerate(element._children.values()):
        part._id = f"{element._id}_{number}"
        in_fixed_order(part)
