"""The map of a release: ways, services and released cells, without the times of any patrol."""

from functools import partial
from typing import Final

import geopandas as gpd
from branca.element import Element

from geo.params.release import Tier
from geo.results import Findings
from layers import palette
from layers.handling import Handling
from layers.records import StudyData
from layers.schema import WGS84
from maps.exploring import add, explore, ground
from maps.page.figure import Page, bare_map
from maps.words.about import credits_of, in_language
from maps.words.catalogue import LANGUAGE_NAMES, day, word
from maps.words.names import place_name

SQUARE: Final = ["side_m", "south_m", "west_m"]


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
