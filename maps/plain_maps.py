"""One layer of results to move about in, and the map of a release: pages that ask for nothing."""

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import folium
import geopandas as gpd
import pandas as pd
import shapely
from branca.element import Element

from geo.arguments import ArgumentError, require_type
from geo.crs import CRSError, metric_crs
from geo.params.release import Tier
from geo.records import StudyData
from geo.results import DensitySurface, Findings
from geo.schema import MAIN_ROADS, OTHERS, WGS84
from layers import palette
from layers.files.filenames import MAP, TABLES
from layers.files.handling import Handling
from maps.drawable import Shown, extent, rows_of
from maps.overlays import density
from maps.page.escaping import folium_html, template
from maps.page.figure import Page, bare_map
from maps.page.map_layers import WATER
from maps.words.about import credits_of, in_language, who_helps
from maps.words.catalogue import LANGUAGE_NAMES, day, known, word
from maps.words.names import place_names
from maps.words.phrases import Phrase

SQUARE: Final = ["side_m", "south_m", "west_m"]

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
        _write(drawn, str(_text(value)), point, kind)


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


def _write(
    drawn: folium.Map | folium.FeatureGroup, text: str, point: Any, kind: str
) -> None:
    """Write a text at a point in EPSG:4326; `kind` is its class in the styles of the page."""
    icon = folium.DivIcon(folium_html(text), icon_size=(0, 0), class_name=kind)
    place = [point.y, point.x]
    folium.Marker(place, icon=icon, interactive=False, keyboard=False).add_to(drawn)


def texts_of(rows: gpd.GeoDataFrame) -> list[str]:
    """Return the columns of each row as a table in HTML."""
    columns = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    return [_table(row) for row in columns.to_dict("records")]


def _table(row: Mapping[Hashable, object]) -> str:
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


def draw_release(
    findings: Findings,
    data: StudyData,
    cells: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    handling: Handling,
    tier: Tier,
    tables: Mapping[str, pd.DataFrame] = MappingProxyType({}),
) -> dict[str, str]:
    """Return the pages of a release, by file: its map and, if there are any, `tables`.

    Both ask for nothing.

    Parameters
    ----------
    findings : geo.results.Findings
        Made of the cells alone.
    data : geo.records.StudyData, EPSG:4326
    cells : geopandas.GeoDataFrame, table `RELEASED_CELLS`
    stops : geopandas.GeoDataFrame, table `ANNOUNCED_STOPS`
    handling : layers.files.handling.Handling
    tier : geo.params.release.Tier
    tables : mapping of str to pandas.DataFrame, optional
        Tables of the report by name; that of `OTHERS` stands under the map.
    """
    names = place_names(data.places, data.layers.facilities)
    english = zip(data.places["name_en"], data.places["id"], strict=True)
    by_english = {name: names[place] for name, place in english}
    content = {
        "title": partial(in_language, data.about.title),
        "handling": handling,
        "tier": tier,
        "languages": LANGUAGE_NAMES,
        "word": word,
        "day": day,
        "near": partial(_near, by_english),
        "colours": palette,
        "stops": stops,
        "cells": cells.sort_values(["period", "groups"], ascending=False),
        "credit": " · ".join(credits_of(data)),
        "services": who_helps(data.services, names),
        "others": tables.get(OTHERS.name, OTHERS.frame()).to_dict("records"),
        "known": known,
        "tables": TABLES if tables else "",
    }
    page = Page(content, template="release.html")
    drawn = bare_map(location=[42.9, 20.9], zoom_start=9, max_zoom=14)
    page.add_child(drawn)
    ground(drawn, data)
    _name_ground(drawn, data, names)
    draw_squares(drawn, cells, _by_period)
    if findings.access is not None:
        _draw_help(drawn, findings.access.places.to_crs(WGS84), names)
    add(drawn, stops, _dots(palette.BLUE), list(map(folium_html, stops["name"])))
    in_fixed_order(drawn)
    drawn.fit_bounds(corners(data.boundary.geometry.to_crs(WGS84)))
    pages = {MAP: str(page.render())}
    if tables:
        content = {"handling": handling, "tables": tables, "title": data.about.name}
        pages[TABLES] = template("release_tables.html").render(content)
    return pages


def _near(towns: Mapping[str, Phrase], town: str, language: str) -> str:
    """Return the name of a town after a comma; nothing in a study without one."""
    return "" if pd.isna(town) else f", {towns[town](language)}"


def draw_squares(
    drawn: folium.Map, cells: gpd.GeoDataFrame, text_of: Callable[[pd.DataFrame], str]
) -> None:
    """Draw each square once, the widest first, with a text of its rows in HTML."""
    red = palette.VERMILLION
    look = {"color": red, "weight": 1.5, "fillColor": red, "fillOpacity": 0.12}
    widest_first = cells.sort_values("side_m", ascending=False)
    for _, rows in widest_first.groupby(SQUARE, sort=False):
        square = cells.loc[rows.index[:1]].to_crs(WGS84)
        add(drawn, square, look, [text_of(rows)])


def _by_period(rows: pd.DataFrame) -> str:
    """Return the groups of a square by period."""
    return _table(dict(zip(rows["period"], rows["groups"], strict=True)))


def _draw_help(
    drawn: folium.Map, places: gpd.GeoDataFrame, names: Mapping[str, Phrase]
) -> None:
    """Draw places of help, table `HELP`, with their names and what each gives."""
    texts = []
    for row in places.to_dict("records"):
        name = names[row["id"]].forms.values() if row["id"] in names else [row["name"]]
        kind = [word(f"help.{row['help']}", language) for language in LANGUAGE_NAMES]
        texts.append(f"<b>{_forms(name)}</b><br>{_forms(kind)}")
    add(drawn, places, _dots(palette.GREEN), texts)


def _name_ground(
    drawn: folium.Map, data: StudyData, names: Mapping[str, Phrase]
) -> None:
    """Name main roads and places: at the pointer, and from near the numbers of roads always."""
    roads = data.layers.roads
    main = roads[roads["highway"].isin(MAIN_ROADS)].dropna(
        subset=["ref", "name"], how="all"
    )
    words = main["ref"].str.cat(main["name"], sep=", ", na_rep="").str.strip(", ")
    texts = list(map(folium_html, words))
    add(drawn, main.to_crs(WGS84), {"color": palette.LIGHT_GREY, "weight": 3}, texts)
    lines = main.dropna(subset=["ref"]).to_crs(metric_crs(data.boundary))
    lines = lines.assign(number=lines["ref"].str.partition(";")[0], length=lines.length)
    longest = lines.sort_values("length", ascending=False).drop_duplicates("number")
    middle = longest.geometry.interpolate(0.5, normalized=True).to_crs(WGS84)
    for number, point in zip(longest["number"], middle, strict=True):
        _write(drawn, number, point, "road")
    others = data.places[data.places["kind"] != "town"].to_crs(WGS84)
    titles = [_forms(names[place].forms.values()) for place in others["id"]]
    add(drawn, others, _dots(palette.DARK_GREY) | {"radius": 3}, titles)


def _dots(colour: str) -> dict[str, Any]:
    return {"color": colour, "weight": 4, "fillColor": colour, "fillOpacity": 0.6}


def _forms(forms: Iterable[str]) -> str:
    """Return the forms of a name, each once."""
    return folium_html(" / ".join(dict.fromkeys(forms)))


def in_fixed_order(element: Element) -> None:
    """Give the parts of a page fixed ids in place of random ones: equal input, equal page."""
    for number, part in enumerate(element._children.values()):
        part._id = f"{element._id}_{number}"
        in_fixed_order(part)
