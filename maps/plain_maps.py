"""One layer of results to move about in, and the map of a release: pages that ask for nothing."""

from collections.abc import Hashable, Sequence
from functools import partial
from typing import Any, Final

import folium
import geopandas as gpd
import pandas as pd
import shapely
from branca.element import Element

from geo.crs import CRSError
from geo.params.release import Tier
from geo.results import Access, Findings, Hotspots, Movement, Patrols
from layers import palette
from layers.files.handling import Handling
from layers.records import StudyData
from layers.schema import MAIN_ROADS, WGS84
from maps.page.escaping import folium_html
from maps.page.figure import Page, bare_map
from maps.page.map_layers import WATER
from maps.words.about import credits_of, in_language
from maps.words.catalogue import LANGUAGE_NAMES, day, word
from maps.words.names import place_name

SQUARE: Final = ["side_m", "south_m", "west_m"]


def explore(
    result: gpd.GeoDataFrame | Hotspots | Patrols | Movement | Access,
    data: StudyData | None = None,
    m: folium.Map | None = None,
    *,
    colour: str = palette.VERMILLION,
) -> folium.Map:
    """Draw a result to move about in; pointing at a row shows its columns.

    As `geopandas.GeoDataFrame.explore`, but without a request: the ground is that of the study.

    Parameters
    ----------
    result : geopandas.GeoDataFrame, or Hotspots, Patrols, Movement, Access of geo.results
        A result as `maps.plot` takes it: of hotspots the segments, of patrols the routes and on
        them the stops, of the models the sections.  Or any layer, in any CRS.
    data : layers.records.StudyData, optional
        Main roads, railways, rivers, outline and towns of this study are drawn as the ground.
    m : folium.Map, optional
        A map to draw on, such as one that this function returned; a new one if none is given.
    colour : str
        Of lines, outlines and points.

    The map shows in a notebook, and saves to one file.  Raises `geo.crs.CRSError` if the frame has
    no CRS.

    Examples
    --------
    >>> point = [shapely.Point(20.87, 42.89)]
    >>> stop = gpd.GeoDataFrame({"name": ["Station"]}, geometry=point, crs="EPSG:4326")
    >>> "Station" in explore(stop).get_root().render()
    True
    """
    if isinstance(result, Patrols):
        m = explore(result.legs, data, m, colour=palette.BLUE)
        return explore(result.stops, data, m, colour=colour)
    if isinstance(result, gpd.GeoDataFrame):
        frame = result
    else:
        frame = result.table if isinstance(result, Hotspots) else result.sections
    if frame.crs is None:
        raise CRSError(f"the frame has no CRS. Fix: frame = frame.set_crs({WGS84!r}), or its own")
    rows = frame[~(frame.geometry.isna() | frame.geometry.is_empty)].to_crs(WGS84)
    drawn = m
    if drawn is None:
        drawn = bare_map(location=[42.9, 20.9], zoom_start=9, max_zoom=18)
        credit = "" if data is None else data.layers.source.licence
        Page({"title": "Layer", "credit": credit}, template="layer.html").add_child(drawn)
        if data is not None:
            ground(drawn, data)
    if len(rows):
        look = {"color": colour, "weight": 4, "fillColor": colour, "fillOpacity": 0.6}
        add(drawn, rows, look, _texts(rows))
        west, south, east, north = rows.total_bounds
        drawn.fit_bounds([[south, west], [north, east]], padding=(40, 40), max_zoom=15)
    return drawn


def ground(drawn: folium.Map, data: StudyData) -> None:
    """Draw main roads, railways, rivers, outline and towns of a study, EPSG:4326."""
    ways = data.layers
    main = ways.roads[ways.roads["highway"].isin(MAIN_ROADS)]
    for lines, colour, weight in (
        (data.boundary.boundary, palette.PURPLE, 1.5),
        (ways.waterways.geometry, WATER, 2),
        (main.geometry, palette.LIGHT_GREY, 2),
        (ways.railways.geometry, palette.DARK_GREY, 1),
    ):
        if len(lines):
            shape = gpd.GeoSeries([lines.to_crs(WGS84).union_all()], crs=WGS84)
            look = {"color": colour, "weight": weight, "interactive": False, "fill": False}
            add(drawn, shape, look)
    towns = data.places[data.places["kind"] == "town"].to_crs(WGS84)
    for name, x, y in zip(towns["name_en"], towns.geometry.x, towns.geometry.y, strict=True):
        icon = folium.DivIcon(folium_html(name), icon_size=(0, 0), class_name="town")
        folium.Marker([y, x], icon=icon, interactive=False, keyboard=False).add_to(drawn)


def _texts(rows: gpd.GeoDataFrame) -> list[str]:
    """Return the columns of each row as a table in HTML."""
    table = pd.DataFrame(rows.drop(columns=rows.geometry.name))
    return [f"<table>{''.join(map(_row, r.items()))}</table>" for r in table.to_dict("records")]


def _row(cell: tuple[Hashable, object]) -> str:
    name, value = cell
    text = f"{value:.6g}" if isinstance(value, float) else value
    return f"<tr><th>{folium_html(name)}</th><td>{folium_html(text)}</td></tr>"


def add(
    drawn: folium.Map,
    shapes: gpd.GeoDataFrame | gpd.GeoSeries,
    look: dict[str, Any],
    texts: Sequence[str] = (),
) -> None:
    """Add shapes to a map, each with its text if there are texts."""
    if not len(shapes):
        return
    points = shapely.set_precision(shapes.geometry.to_numpy(), 1e-6)
    layer = gpd.GeoDataFrame(
        {"text": texts or ""}, geometry=points, crs=WGS84, index=range(len(points))
    )
    tip = folium.GeoJsonTooltip(["text"], labels=False) if texts else None
    marker = folium.CircleMarker(radius=5, fill=True)

    def look_of(feature: dict[str, Any]) -> dict[str, Any]:
        return look | ({"weight": 1} if feature["geometry"]["type"] == "Point" else {})

    folium.GeoJson(layer, style_function=look_of, marker=marker, tooltip=tip).add_to(drawn)


def draw_release(
    findings: Findings, data: StudyData, cells: gpd.GeoDataFrame, stops: gpd.GeoDataFrame,
    handling: Handling, tier: Tier,
) -> str:  # fmt: skip
    """Return the map of a release: one page in HTML that asks for nothing.

    `findings` are made of the cells alone; `data` is in EPSG:4326, `cells` table `RELEASED_CELLS`
    and `stops` table `ANNOUNCED_STOPS`.
    """
    places = {row["name_en"]: row for row in data.places.to_dict("records")}
    content = {
        "title": partial(in_language, data.about.title),
        "handling": handling,
        "tier": tier,
        "languages": LANGUAGE_NAMES,
        "word": word,
        "day": day,
        "near": lambda name, language: place_name(places[name], language),
        "colours": palette,
        "stops": stops,
        "cells": cells.sort_values(["period", "groups"], ascending=False),
        "credit": " · ".join(credits_of(data)),
    }
    page = Page(content, template="release.html")
    drawn = bare_map(location=[42.9, 20.9], zoom_start=9, max_zoom=14)
    page.add_child(drawn)
    ground(drawn, data)
    red = palette.VERMILLION
    look = {"color": red, "weight": 1.5, "fillColor": red, "fillOpacity": 0.12}
    # Each square once, the widest first, with its groups by period.
    for _, own in cells.sort_values("side_m", ascending=False).groupby(SQUARE, sort=False):
        each = own[["period", "groups"]].itertuples(index=False)
        rows = "".join(f"<tr><th>{period}</th><td>{groups}</td></tr>" for period, groups in each)
        add(drawn, cells.loc[own.index[:1]].to_crs(WGS84), look, [f"<table>{rows}</table>"])
    if findings.access is not None:
        explore(findings.access.places, m=drawn, colour=palette.GREEN)
    explore(stops, m=drawn, colour=palette.BLUE)
    _number(drawn)
    west, south, east, north = data.boundary.to_crs(WGS84).total_bounds
    drawn.fit_bounds([[south, west], [north, east]])
    return str(page.render())


def _number(element: Element) -> None:
    """Give the parts of a page fixed ids in place of random ones: equal input, equal page."""
    for number, part in enumerate(element._children.values()):
        part._id = f"{element._id}_{number}"
        _number(part)
