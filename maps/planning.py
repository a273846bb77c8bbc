"""The planner map: the patrols of each night, what they rest on, and the ground they drive on."""

from datetime import date
from typing import Any

import folium

from geo.arguments import require_type
from geo.records import StudyData
from geo.results import Findings
from geo.schema import CORRIDORS, SIZE_CLASSES
from layers.files.filenames import PATROLS
from maps.page.escaping import script_json
from maps.page.figure import TILES, Page, bare_map, data_url
from maps.page.map_layers import GROUPS
from maps.view import Plan, Shown, Taken, put_together
from maps.words.catalogue import LANGUAGE_NAMES, language_of
from maps.words.phrases import Phrase, collected, same


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
    data : geo.records.StudyData, EPSG:4326
        What the findings were made from.
    language : str
        Language on opening, of `LANGUAGES`, or ``sr``; the page switches between all.
    tiles : bool
        Offer OpenStreetMap's tiles as a layer; nothing is requested until it is switched on.
    made : datetime.date, optional
        Day of the run, today if none is given: the page says it, and until when the map may be
        used; past that day the page says so in red.

    Returns
    -------
    folium.Map

    Raises
    ------
    maps.words.catalogue.WordError
        If there is no such language.
    geo.sightings.CoarseningError
        If the sightings are not coarse.
    """
    require_type("findings", findings, Findings, "findings = geo.study.run(data)")
    require_type("data", data, StudyData, "data = layers.readers.bundled.study_data()")
    tag = language_of(language)
    return page(put_together(findings, data, made or date.today()), tag, tiles=tiles)


def page(shown: Shown, language: str = "en", *, tiles: bool = False) -> folium.Map:
    """Draw the map of the office; parameters are as for `planner`."""
    summary = shown.evidence.summary
    sizes = [size if size == "unknown" else Phrase(same(size)) for size in SIZE_CLASSES]
    drawn = {
        **_on_map(shown),
        "corridor": shown.crossings.corners,
        "corridors": [f"corridor.{kind}" for kind in CORRIDORS],
        "periods": summary.periods,
        "undated": bool(summary.undated),
        "sizes": sizes,
    }
    return _page(shown, drawn, language, crew=False, tiles=tiles)


def crew_page(taken: Taken, *, tiles: bool = False) -> folium.Map:
    """Draw the map that crews take along: stops, ways, help and what to bring.

    It has the stops and the drives, places of help, and what to bring: nothing of sightings,
    hotspots and need, nor what the plan achieves or leaves out.  Another study with the same plan
    gives the same page, byte for byte.
    """
    drawn = {**_on_map(taken), "periods": []}
    return _page(taken, drawn, "en", crew=True, tiles=tiles)


def _walks(plan: Plan) -> dict[str, Any]:
    """Return how long the walk to each stop takes, by its place on the page."""
    walks = {}
    for patrol in plan.marks:
        for stop in patrol["stops"]:
            walks[stop["anchor"]] = stop["walk"]
    return walks


def _tables(plan: Plan) -> dict[str, str]:
    """Return the crews' tables as addresses with their text, by file."""
    tables = {}
    for name, text in plan.sheets.items():
        address = data_url("text/csv", text.encode())
        tables[name.removeprefix(f"{PATROLS}/")] = address
    return tables


def _page(
    shown: Taken, drawn: dict[str, Any], language: str, *, crew: bool, tiles: bool
) -> folium.Map:
    """Return a page: what its templates put beside the map, what is drawn, all texts."""
    texts = collected(shown, drawn.get("sizes"))
    online = f"{TILES}/{{z}}/{{x}}/{{y}}.png" if tiles else ""
    script = {
        **drawn,
        "language": language,
        "languages": list(texts),
        # A key is written once, with its text in each language.
        "texts": {
            key: [texts[each].get(key, key) for each in texts]
            for key in texts[language]
        },
        "tiles": online,
    }
    content = {
        "shown": shown,
        "plan": shown.plan,
        "quality": shown.plan.quality,
        "crew": crew,
        "walks": _walks(shown.plan),
        "tables": _tables(shown.plan),
        "languages": LANGUAGE_NAMES,
        "language": language,
        "texts": texts[language],
        "data": script_json(script),
    }
    (south, west), (north, east) = shown.view.bounds
    drawn_map = bare_map(
        location=[(south + north) / 2, (west + east) / 2],
        zoom_start=11,
        zoom_snap=0.5,
        # Without a graphics card each frame of a zoom that is animated takes long.
        zoom_animation=False,
        fade_animation=False,
    )
    Page(content, tiles=tiles).add_child(drawn_map)
    return drawn_map


def _on_map(shown: Taken) -> dict[str, Any]:
    """Return what the page's script draws: layers, patrols and names."""
    layers = [*shown.view.layers, *shown.plan.routes]
    credits_ = [credit.removesuffix(", ODbL 1.0") for credit in shown.credits]
    return {
        "groups": GROUPS,
        "hint": "network.sketch" if shown.rough else "",
        "credit": " · ".join(credits_),
        "layers": [layer.payload for layer in layers],
        "patrols": shown.plan.marks,
        "bounds": shown.view.bounds,
        "renew": shown.handling.until.isoformat(),
        "shifts": shown.plan.shifts,
        "roads": shown.view.roads,
        "villages": shown.view.villages,
    }
