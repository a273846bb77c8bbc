"""The map of a release and its page of tables: files that ask for nothing."""

from collections.abc import Callable, Iterable, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import folium
import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.records import StudyData
from geo.results import Findings
from geo.schema import MAIN_ROADS, OTHERS, WGS84
from layers import palette
from layers.files.filenames import MAP, TABLES
from layers.files.handling import Handling
from maps.page.escaping import folium_html, template
from maps.page.figure import Page, bare_map
from maps.plain_maps import add, corners, ground, in_fixed_order, table_of, write
from maps.words.about import credits_of, in_language, who_helps
from maps.words.catalogue import LANGUAGE_NAMES, day, known, word
from maps.words.names import place_names
from maps.words.phrases import Phrase
from mitrovica.masks.tiers import Tier

SQUARE: Final = ["side_m", "south_m", "west_m"]


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
    tier : mitrovica.masks.tiers.Tier
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
    page = Page(content, template="release.html", package="mitrovica")
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
        pages[TABLES] = template("release_tables.html", "mitrovica").render(content)
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
    return table_of(dict(zip(rows["period"], rows["groups"], strict=True)))


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
        write(drawn, number, point, "road")
    others = data.places[data.places["kind"] != "town"].to_crs(WGS84)
    titles = [_forms(names[place].forms.values()) for place in others["id"]]
    add(drawn, others, _dots(palette.DARK_GREY) | {"radius": 3}, titles)


def _dots(colour: str) -> dict[str, Any]:
    return {"color": colour, "weight": 4, "fillColor": colour, "fillOpacity": 0.6}


def _forms(forms: Iterable[str]) -> str:
    """Return the forms of a name, each once."""
    return folium_html(" / ".join(dict.fromkeys(forms)))
