"""The map of a release: ways, services and released cells, without the times of any patrol."""

from collections.abc import Sequence

import folium
import geopandas as gpd
from branca.element import Element

from geo.results import Findings
from layers import palette
from layers.handling import Handling
from layers.records import StudyData
from layers.schema import WGS84
from maps.exploring import add, ground
from maps.page.escaping import folium_html
from maps.page.figure import Page, bare_map

LEGEND = (
    (palette.LIGHT_GREY, "main road"),
    (palette.DARK_GREY, "railway"),
    (palette.GREEN, "help: health, reception, police station, transport, community"),
)


def draw_release(
    findings: Findings,
    data: StudyData,
    cells: gpd.GeoDataFrame,
    stops: gpd.GeoDataFrame,
    handling: Handling,
    lines: Sequence[str],
) -> str:
    """Return the map of a release: one page in HTML that asks for nothing.

    Parameters
    ----------
    findings : geo.results.Findings
        Made of the cells alone.
    data : layers.records.StudyData, EPSG:4326
    cells : geopandas.GeoDataFrame, table `RELEASED_CELLS`
    stops : geopandas.GeoDataFrame, table `ANNOUNCED_STOPS`
    handling : layers.handling.Handling
    lines : sequence of str
        What the page says above the map.
    """
    legend = [*LEGEND]
    if len(cells):
        legend.append(
            (palette.VERMILLION, "cell in which groups were reported, never where people are")
        )
    if len(stops):
        legend.append((palette.BLUE, "stop that was announced"))
    names = ["side_m", "coarse_place", "period", "groups"]
    rows = cells.sort_values(["period", "groups"], ascending=False)
    content = {
        "title": data.about.name,
        "handling": handling.line(),
        "until": handling.until.isoformat(),
        "lines": lines,
        "legend": legend,
        "rows": [
            (f"{side / 1000:g} km by {near}", period, groups)
            for side, near, period, groups in rows[names].itertuples(index=False)
        ],
        "credit": " · ".join(dict.fromkeys([data.layers.source.licence, data.about.credit])),
    }
    page = Page(content, template="release.html")
    drawn = bare_map(location=[42.9, 20.9], zoom_start=9, max_zoom=14)
    page.add_child(drawn)
    ground(drawn, data)
    _cells(drawn, cells)
    if findings.access is not None:
        _points(drawn, findings.access.places, palette.GREEN, ["help", "name"])
    _points(drawn, stops, palette.BLUE, ["name"])
    _number(drawn)
    west, south, east, north = data.boundary.to_crs(WGS84).total_bounds
    drawn.fit_bounds([[south, west], [north, east]])
    return str(page.render())


def _number(element: Element) -> None:
    """Give the parts of a page fixed ids in place of random ones: equal input, equal page."""
    for number, part in enumerate(element._children.values()):
        part._id = f"{element._id}_{number}"
        _number(part)


def _cells(drawn: folium.Map, cells: gpd.GeoDataFrame) -> None:
    """Draw each square once, the widest first, with its groups by period."""
    look = {
        "color": palette.VERMILLION,
        "weight": 1.5,
        "fillColor": palette.VERMILLION,
        "fillOpacity": 0.12,
    }
    squares = cells.sort_values("side_m", ascending=False)
    for _, own in squares.groupby(["side_m", "south_m", "west_m"], sort=False):
        rows = "".join(
            f"<tr><th>{row.period}</th><td>{row.groups} groups</td></tr>"
            for row in own.itertuples()
        )
        square = gpd.GeoSeries(own.geometry.to_numpy()[:1], crs=cells.crs).to_crs(WGS84)
        add(drawn, square, look, [f"<table>{rows}</table>"])


def _points(drawn: folium.Map, points: gpd.GeoDataFrame, colour: str, names: list[str]) -> None:
    look = {"color": colour, "weight": 2, "fillColor": colour, "fillOpacity": 0.7}
    texts = [" · ".join(map(str, row)) for row in points[names].to_numpy()]
    add(drawn, points.to_crs(WGS84), look, [str(folium_html(text)) for text in texts])
