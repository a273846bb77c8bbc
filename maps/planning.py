"""The planner map: the patrols of each night, what they rest on, and the ground they drive on."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import asdict
from datetime import date
from typing import Any

import folium
import pandas as pd

from geo import sightings
from geo.crs import require_metric
from geo.results import Findings
from layers.handling import Handling
from layers.records import StudyData
from layers.schema import SIZE_CLASSES, WGS84
from maps.overlays import basemap, models, need, reported
from maps.page import style, validity
from maps.page.escaping import script_json
from maps.page.figure import TILES, Page, bare_map
from maps.page.layer import GROUPS, Drawing
from maps.panels import charts, nights, plan_quality, timetable
from maps.panels.timetable import Patrol
from maps.sketch import picture as sketch
from maps.summary import osm_date, ten_lines
from maps.words import names, periods, quantities
from maps.words.catalogue import LANGUAGE_NAMES, LANGUAGES, language_of
from maps.words.names import Texts


def planner(
    findings: Findings,
    data: StudyData,
    language: str = "en",
    *,
    tiles: bool = False,
    made: date | None = None,
) -> folium.Map:
    """Draw the planner map: it shows in a notebook, and saves to one file that needs no network.

    Parameters
    ----------
    findings : geo.results.Findings
    data : layers.records.StudyData, EPSG:4326
        What the findings were made from.
    language : str
        Language on opening, of `words.LANGUAGES`, or ``sr``; the page switches between all.
    tiles : bool
        Offer OpenStreetMap's tiles as a layer.  It is off on opening, and nothing is asked for
        until it is switched on.
    made : datetime.date, optional
        Day of the run: the page says it, and until when the map may be used.

    Returns
    -------
    folium.Map

    Raises
    ------
    words.WordError
        If there is no such language.
    geo.sightings.DoorError
        If the sightings did not come through the door.
    """
    lang = language_of(language)
    sightings.check(findings.sightings, data.places, findings.privacy)
    texts = _texts(findings, data)
    renew = validity.add_dates(texts, made, findings.privacy.hold_days)
    handling = None if made is None else Handling.of(made, findings.privacy)
    found = timetable.patrols(findings, data, texts, handling)
    shown = nights.nights(found, findings.patrols, texts, data.places)
    drawn = [
        *basemap.drawings(data, texts, require_metric(sightings=findings.sightings)),
        *models.drawings(findings, data, texts),
        *need.drawings(findings.need),
        *reported.drawings(findings, data, texts),
        *timetable.drawings(found),
    ]
    content = {
        "language": lang,
        "languages": LANGUAGE_NAMES,
        "nights": shown,
        "measures": nights.measures(shown, findings.patrols, texts),
        "codes": timetable.codes(found),
        "grounds": sketch.grounds(one for patrol in found for one in patrol.sketches),
        "renewed": renew is not None,
        "internal": findings.privacy.exact,
        "heights": "" if data.terrain is None else data.terrain.licence,
        **_shown(findings, texts),
    }
    dates = {
        "periods": periods.listed(findings.sightings, texts),
        "undated": bool(findings.sightings["period"].isna().any()),
        "sizes": [_size(texts, size) for size in SIZE_CLASSES],
        "renew": "" if renew is None else renew.isoformat(),
    }
    payload = {**_payload(drawn, found, texts, lang, tiles=tiles), **dates}
    quantities.keep_units(texts)
    content |= {"texts": texts[lang], "data": script_json(payload)}
    page = Page(content, tiles=tiles)
    south_west, north_east = _bounds(findings, data)
    drawn_map = bare_map(
        location=[(a + b) / 2 for a, b in zip(south_west, north_east, strict=True)],
        zoom_start=11,
        zoom_snap=0.5,
        min_zoom=7,
        max_zoom=18,
    )
    page.add_child(drawn_map)
    return drawn_map


def _shown(findings: Findings, texts: Texts) -> dict[str, Any]:
    """Return the tables and charts beside the map; their texts are added to `texts`."""
    return {
        "trade_off": plan_quality.trade_off(findings.patrols.trade_off, texts),
        "left_out": plan_quality.left_out(findings.patrols, texts),
        "distances": charts.distances(findings.proximity.table),
        "ticks": charts.TICKS,
        "curves": [] if findings.tests is None else charts.curves(findings.tests, texts),
        "panel": charts.PANEL,
    }


def _texts(findings: Findings, data: StudyData) -> Texts:
    """Return the page's texts: catalogue, names of places, the ten lines."""
    texts = names.texts()
    names.add_places(texts, data.places)
    names.add_facilities(texts, data.layers.facilities)
    names.add(texts, "osm", {g: osm_date(findings.source.osm_date, g) for g in LANGUAGES})
    models.add_notes(texts, findings, data.terrain)
    lines = {g: ten_lines(findings, g, data.places) for g in LANGUAGES}
    for n in range(10):
        names.add(texts, f"line.{n}", {g: lines[g][n] for g in LANGUAGES})
    for spec in style.BANDS.values():
        names.add_word(texts, spec.legend, spec.legend, band=f"{reported.BAND_M:g}")
    return texts


def _payload(
    drawn: Iterable[Drawing], found: Iterable[Patrol], texts: Texts, language: str, *, tiles: bool
) -> dict[str, Any]:
    """Return what the page's script reads."""
    return {
        "language": language,
        "texts": texts,
        "groups": GROUPS,
        "outside": style.OUTSIDE,
        "tiles": f"{TILES}/{{z}}/{{x}}/{{y}}.png" if tiles else "",
        "layers": [drawing.payload() for drawing in drawn],
        "patrols": [_marks(patrol) for patrol in found],
    }


def _size(texts: Texts, size: str) -> str:
    """Return the key of a class of group size."""
    return size if size == "unknown" else names.add_same(texts, f"size.{size}", size)


def _marks(patrol: Patrol) -> dict[str, Any]:
    """Return the numbered stops of a patrol; what they say is in the page's timetable."""
    return {
        "key": patrol.key,
        "night": patrol.night,
        "layer": f"route.{patrol.key}",
        "title": patrol.title,
        "symbol": asdict(patrol.symbol),
        "ink": patrol.ink,
        "stops": [
            {
                "anchor": stop.anchor, "number": stop.number, "ends": stop.ends,
                "name": stop.name, "at": [round(stop.lat, 5), round(stop.lon, 5)],
            }
            for stop in patrol.stops[:-1]
        ],
    }  # fmt: skip


def _bounds(findings: Findings, data: StudyData) -> tuple[list[float], list[float]]:
    """Return the south-west and north-east corner of what the map is about."""
    frames = [
        findings.patrols.legs.to_crs(WGS84).geometry,
        findings.sightings.to_crs(WGS84).geometry,
    ]
    about = pd.concat([frame for frame in frames if len(frame)] or [data.boundary.geometry])
    west, south, east, north = about.total_bounds
    return [south, west], [north, east]
