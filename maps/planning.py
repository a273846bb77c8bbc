"""The planner map: the patrols of each night, what they rest on, and the ground they drive on."""

from dataclasses import asdict
from datetime import date
from functools import partial
from typing import Any, Final

import folium
import geopandas as gpd
import pandas as pd
import shapely
from pyproj import Geod
from shapely import Point

from geo import sightings
from geo.crs import require_metric
from geo.params.patrols import ON_FOOT_KPH
from geo.patrols.timetable import shift_order
from geo.records import StudyData
from geo.results import Findings
from geo.schema import CORRIDORS, SIZE_CLASSES, WGS84
from layers.files.filenames import PATROLS
from layers.files.handling import Handling
from maps.overlays import basemap, models, need, reported
from maps.page.escaping import script_json
from maps.page.figure import TILES, Page, bare_map, data_url
from maps.page.map_layers import GROUPS, Drawing
from maps.panels import crews, crossings, plan_quality, timetable
from maps.panels.timetable import Patrol, Stop
from maps.sketch import picture, screen
from maps.summary import answers, briefly, origin, period_phrases, ten_lines, undated
from maps.words import about, quantities
from maps.words.catalogue import LANGUAGE_NAMES, LANGUAGES, day, language_of
from maps.words.names import PlaceNames, place_names, shift_name
from maps.words.phrases import Phrase, collected, of_text, of_word, phrase

WGS84_ELLIPSOID: Final = Geod(ellps="WGS84")


def planner(
    findings: Findings,
    data: StudyData,
    language: str = "en",
    *,
    tiles: bool = False,
    made: date | None = None,
    patrols: list[Patrol] | None = None,
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
    patrols : list of maps.panels.timetable.Patrol, optional
        As `timetables` gives them, where they are drawn elsewhere too.

    Raises `maps.words.catalogue.WordError` if there is no such language,
    `geo.sightings.CoarseningError` if the sightings are not coarse.
    """
    lang, made = language_of(language), made or date.today()
    sightings.check(findings.sightings, data.places, findings.privacy)
    patrols = timetables(findings, data, made) if patrols is None else patrols
    names, marks = names_of(findings, data), [_marks(patrol) for patrol in patrols]
    handling = Handling.of(made, findings.privacy)
    side = {
        **_side(findings, data, names, patrols),
        **_beside(findings, data, patrols, marks, handling),
        "visited": _visited(data, patrols),
    }
    layers = [
        *basemap.drawings(data, names),
        *models.drawings(findings, data, names),
        *need.drawings(findings.need),
        *models.crews(findings.patrolled, data.places, names),
        *reported.drawings(findings, data, names),
        *timetable.drawings(patrols),
    ]
    bounds = _bounds(data, findings.patrols.legs, findings.sightings)
    drawn = {
        **_on_map(findings, data, layers, marks, handling),
        "bounds": bounds,
        "corridor": crossings.corridor_bounds(findings, data, bounds),
        "corridors": [f"corridor.{kind}" for kind in CORRIDORS],
        "desk": findings.patrols.desk,
        "periods": period_phrases(findings.sightings),
        "undated": bool(findings.sightings["period"].isna().any()),
        "sizes": [
            s if s == "unknown" else of_text(f"size.{s}", s) for s in SIZE_CLASSES
        ],
    }
    return _page(
        lang, side, drawn, _sentences(findings, data, made, handling), tiles=tiles
    )


def crew(
    findings: Findings,
    data: StudyData,
    patrols: list[Patrol],
    *,
    made: date,
    tiles: bool = False,
) -> folium.Map:
    """Draw the map that crews take along: stops, ways, help and what to bring.

    It has the stops and the drives, places of help, and what to bring: nothing of sightings,
    hotspots and need, nor what the plan achieves or leaves out.  Another study with the same plan
    gives the same page, byte for byte.  Parameters are as for `planner`.
    """
    handling, plan = Handling.of(made, findings.privacy), findings.patrols
    names = place_names(data.places, data.layers.facilities, plan.stops)
    patrols = [patrol.for_crew() for patrol in patrols]
    marks = [_marks(patrol) for patrol in patrols]
    side = {
        **_beside(findings, data, patrols, marks, handling),
        "crew": True,
        "nights": [night.for_crew() for night in plan_quality.nights(patrols, plan)],
        "visited": {},
    }
    layers = [
        *basemap.drawings(data, names),
        *reported.help_places(data, names),
        *timetable.drawings(patrols),
    ]
    drawn = {
        **_on_map(findings, data, layers, marks, handling),
        "bounds": _bounds(data, plan.legs),
        "desk": None,
        "periods": [],
    }
    texts = [
        *about.phrases(data.about),
        *validity(made, handling.until),
        _osm(findings),
    ]
    return _page("en", side, drawn, texts, tiles=tiles)


def _page(
    lang: str,
    side: dict[str, Any],
    drawn: dict[str, Any],
    sentences: list[Phrase],
    *,
    tiles: bool,
) -> folium.Map:
    """Return a page: what its templates put beside the map, what is drawn, all texts."""
    texts = collected(side, drawn, sentences)
    script = {
        **drawn,
        "language": lang,
        "texts": texts,
        "tiles": f"{TILES}/{{z}}/{{x}}/{{y}}.png" if tiles else "",
    }
    page = {**side, "language": lang, "texts": texts[lang], "data": script_json(script)}
    south_west, north_east = drawn["bounds"]
    middle = [(a + b) / 2 for a, b in zip(south_west, north_east, strict=True)]
    # Without a graphics card each frame of a zoom that is animated takes long.
    still = {"zoom_animation": False, "fade_animation": False}
    drawn_map = bare_map(location=middle, zoom_start=11, zoom_snap=0.5, **still)
    Page(page, tiles=tiles).add_child(drawn_map)
    return drawn_map


def timetables(findings: Findings, data: StudyData, made: date) -> list[Patrol]:
    """Return every patrol with its timetable and its pictures: parameters as for `planner`."""
    handling = Handling.of(made, findings.privacy)
    return timetable.patrols(findings, data, names_of(findings, data), handling)


def names_of(findings: Findings, data: StudyData) -> PlaceNames:
    """Return the names of places, facilities and stops, by id."""
    plan = findings.patrols
    return place_names(data.places, data.layers.facilities, plan.stops, plan.left_out)


def crew_tables(
    findings: Findings, data: StudyData, patrols: list[Patrol], handling: str
) -> dict[str, str]:
    """Return the table of each patrol for its crew, by the name of its file."""
    closing = about.who_helps(data.services, names_of(findings, data))
    return crews.sheets(patrols, data.about, handling, closing)


def _visited(data: StudyData, patrols: list[Patrol]) -> dict[str, Phrase]:
    """Return the visits made of planned, by the anchor of the stop."""
    visits = models.visits_made(data.log)
    stops = [stop for patrol in patrols for stop in patrol.stops if stop.stop in visits]
    return {stop.anchor: visits[stop.stop] for stop in stops}


def _beside(
    findings: Findings,
    data: StudyData,
    patrols: list[Patrol],
    marks: list[dict[str, Any]],
    handling: Handling,
) -> dict[str, Any]:
    """Return what the timetables need: pictures, codes, walks to stops and tables of crews."""
    sheets = crew_tables(findings, data, patrols, handling.line())
    return {
        "languages": LANGUAGE_NAMES,
        "codes": timetable.codes(patrols),
        "grounds": picture.grounds(
            one for patrol in patrols for one in patrol.sketches
        ),
        "walks": {
            stop["anchor"]: stop["walk"] for mark in marks for stop in mark["stops"]
        },
        "tables": {
            name.removeprefix(f"{PATROLS}/"): data_url("text/csv", text.encode())
            for name, text in sheets.items()
        },
        "footnote": about.footnote(data.about),
        "credits": about.credits_of(data),
    }


def _on_map(
    findings: Findings,
    data: StudyData,
    layers: list[Drawing],
    marks: list[dict[str, Any]],
    handling: Handling,
) -> dict[str, Any]:
    """Return what the page's script draws: layers, patrols and names."""
    plan, crs = findings.patrols, require_metric(sightings=findings.sightings)
    return {
        "groups": GROUPS,
        "hint": "network.sketch" if findings.source.generalised else "",
        "credit": " · ".join(
            one.removesuffix(", ODbL 1.0") for one in about.credits_of(data)
        ),
        "layers": [layer.payload() for layer in layers],
        "patrols": marks,
        "renew": handling.until.isoformat(),
        "shifts": [
            phrase(f"shift.of.{shift}", partial(shift_name, shift))
            for shift in shift_order(plan.stops)
        ],
        "roads": screen.names(data.layers.roads, plan.legs, crs),
        "villages": screen.villages(basemap.villages(data)),
    }


def _side(
    findings: Findings, data: StudyData, names: PlaceNames, patrols: list[Patrol]
) -> dict[str, Any]:
    """Return what the page's templates put beside the map: the plan, and on what it rests."""
    plan = findings.patrols
    known = (
        pd.concat([data.places, data.layers.facilities])
        .drop_duplicates("id")
        .set_index("id")
    )
    left_out = known[known.index.isin(plan.left_out["stop"])].get_coordinates()
    return {
        "crew": False,
        "nights": plan_quality.nights(patrols, plan),
        "rough": findings.source.generalised,
        "heights": "" if data.terrain is None else data.terrain.licence,
        "trade_off": plan_quality.trade_off(plan.trade_off),
        "spots": {
            names[stop]: f"{y:.5f},{x:.5f}" for stop, x, y in left_out.itertuples()
        },
        "left_out": plan_quality.left_out(plan, names),
        "crossings": crossings.crossings(findings, data, names),
        "help_anywhere": crossings.help_anywhere(data, names),
        "elsewhere": crossings.unplaced(findings, data),
        "answers": answers(findings.tests),
        "beside": plan_quality.beside(plan),
        "models": models.notes(findings, data.terrain),
        "omitted": about.omitted(findings),
    }


def validity(made: date, renew: date) -> list[Phrase]:
    """Return when a map was made and is to be renewed."""
    days = {
        n: phrase(n, partial(day, when))
        for n, when in (("made", made), ("renew", renew))
    }
    return [
        of_word("marking.when", "marking.dates", **days),
        of_word("marking.out_of_date", "marking.expired", **days),
    ]


def _osm(findings: Findings) -> Phrase:
    return phrase("osm", lambda language: origin(findings.source, language))


def _sentences(
    findings: Findings, data: StudyData, made: date, handling: Handling
) -> list[Phrase]:
    """Return the texts that the page's templates call by their keys."""
    lines = {g: ten_lines(findings, g, data) for g in LANGUAGES}
    return [
        *(Phrase(f"line.{n}", {g: lines[g][n] for g in LANGUAGES}) for n in range(10)),
        _osm(findings),
        *about.phrases(data.about),
        *validity(made, handling.until),
        *briefly(findings),
        *undated(findings.sightings),
        *reported.band_legends(),
    ]


def _marks(patrol: Patrol) -> dict[str, Any]:
    """Return the numbered stops of a patrol; what they say is in the page's timetable."""
    arrivals = shapely.get_point(shapely.get_geometry(patrol.route.to_numpy(), -1), -1)
    return {
        "key": patrol.key,
        "night": patrol.night,
        "shift": int(patrol.key.split("-")[-3]),
        "layer": f"route.{patrol.key}",
        "title": patrol.title,
        "symbol": asdict(patrol.symbol),
        "ink": patrol.ink,
        "stops": [
            {
                "anchor": stop.anchor,
                "stop": stop.stop,
                "number": stop.number,
                "ends": stop.ends,
                "name": stop.name,
                "at": [round(stop.lat, 5), round(stop.lon, 5)],
                "walk": _walk(arrivals[stop.number - 1], stop) if stop.number else None,
            }
            for stop in patrol.stops[:-1]
        ],
    }


def _walk(arrival: Point, stop: Stop) -> dict[str, Any] | None:
    """Return the way on foot to a stop off the road: where it starts, and its length in words."""
    metres = WGS84_ELLIPSOID.inv(arrival.x, arrival.y, stop.lon, stop.lat)[2]
    if metres < picture.OFF_ROAD_M:
        return None
    minutes = max(1.0, metres * 0.06 / ON_FOOT_KPH)
    away = quantities.metres(round(metres, -1))
    time = phrase("walk", lambda g: quantities.walking(minutes, g))
    at = [round(arrival.y, 5), round(arrival.x, 5)]
    return {
        "from": at,
        "text": of_word(
            f"walk.from_road.{away}", "walk.from_road", metres=away, time=time
        ),
        "time": of_word(f"walk.time.{away}", "walk.time", metres=away, time=time),
    }


def _bounds(
    data: StudyData, *frames: gpd.GeoDataFrame
) -> tuple[list[float], list[float]]:
    """Return the south-west and north-east corner of what the map is about."""
    drawn = [frame.to_crs(WGS84).geometry for frame in frames if len(frame)]
    west, south, east, north = pd.concat(drawn or [data.boundary.geometry]).total_bounds
    return [south, west], [north, east]
