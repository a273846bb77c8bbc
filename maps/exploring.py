"""One layer of results to move about in: a folium page that asks for nothing."""

from collections.abc import Hashable, Sequence
from typing import Any

import folium
import geopandas as gpd
import pandas as pd
import shapely

from geo.crs import CRSError
from geo.results import Access, Hotspots, Movement, Patrols
from layers import palette
from layers.records import StudyData
from layers.schema import MAIN_ROADS, WGS84
from maps.page import style
from maps.page.escaping import folium_html
from maps.page.figure import Page, bare_map


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

    Returns
    -------
    folium.Map
        It shows in a notebook, and saves to one file.

    Raises
    ------
    geo.crs.CRSError
        If the frame has no CRS.

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
        frame = result.segments if isinstance(result, Hotspots) else result.sections
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
        (ways.waterways.geometry, style.WATER, 2),
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
