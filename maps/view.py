"""What is shown of a run or a plan: put together once, from the findings and their study.

The page, its print, the sheets of the crews, the report and the terminal read `Shown` and nothing
else.  It holds plain values and phrases, in the order in which a reader meets them.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import date
from functools import partial
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from geo import sightings
from geo.crs import require_metric
from geo.params import Params
from geo.presence.packing import Basis, basis_of
from geo.records import StudyData
from geo.results import Findings
from geo.schema import WGS84
from layers.files.handling import Handling
from maps.cards import NO_CARDS, Cards, cards
from maps.evidence import Evidence, evidence
from maps.overlays import basemap, models, need_layers, observations
from maps.page.map_layers import Drawing
from maps.panels import crews, patrol_panel
from maps.panels.crossings import Corners, Crossings, crossings
from maps.panels.numbered_stops import marks
from maps.panels.plan_quality import Quality, quality
from maps.plan_summary import InShort, in_short
from maps.sketch import picture, screen
from maps.words import about
from maps.words.catalogue import day
from maps.words.corridor_answers import corridors
from maps.words.names import PlaceNames, place_names, shift_name
from maps.words.phrases import Phrase

OPEN: Final = ("ground", "help")
"""Groups of layers that tell nothing of sightings and need."""


@dataclass(frozen=True)
class Plan:
    """What patrols do."""

    patrols: list[patrol_panel.Patrol]
    """Of all nights."""
    quality: Quality
    """Its nights, and how good they are."""
    marks: list[dict[str, Any]]
    """The numbered stops of the patrols on the map."""
    routes: list[Drawing]
    """The route of each patrol as a layer of the map."""
    shifts: list[Phrase]
    codes: Mapping[str, Markup]
    """QR codes of the stops, by id on the page."""
    grounds: Mapping[picture.Paths, str]
    """The id on the page of each different ground of their pictures."""
    sheets: Mapping[str, str]
    """The table of each patrol for its crew, by the name of its file."""
    bring: Mapping[tuple[str, int], str]
    """What to bring, by file of the patrol and order of the stop."""
    basis: Basis
    """Whom crews are likely to meet; what they bring follows from it."""
    visited: Mapping[str, Phrase]
    """Visits made of planned, by the anchor of the stop."""
    spots: Mapping[str, str]
    """Latitude and longitude of stops left out, by name."""
    cards: Cards = NO_CARDS
    """What is on the stop cards."""


@dataclass(frozen=True)
class MapView:
    """What the map draws, and where."""

    layers: list[Drawing]
    """From bottom to top, all below the routes."""
    roads: Mapping[str, Any]
    villages: Mapping[str, Any]
    """Names on the map."""
    bounds: Corners
    """Corners of all that the map is about."""
    patrolled: Corners
    """Corners of the patrols alone."""


@dataclass(frozen=True, kw_only=True)
class Taken:
    """What crews take along: nothing that tells of sightings, hotspots and need."""

    handling: Handling
    validity: list[Phrase]
    """When it was made and is to be renewed."""
    about: list[Phrase]
    """What the study says of itself: title, outline, whom to call."""
    credits: list[str]
    footnote: Phrase | None
    osm: Phrase
    """How old the ways are."""
    rough: bool
    """Whether they are generalised."""
    plan: Plan
    helpers: list[Phrase]
    """Who helps with each need, in the order to call; none where the study does not say."""
    view: MapView


@dataclass(frozen=True, kw_only=True)
class Shown(Taken):
    """What is shown of a run or a plan."""

    title: Phrase
    made: Phrase
    """The day of the analysis."""
    overdue: Phrase
    """Whom to call for a crew that is overdue."""
    callable: bool
    """Whether the study names somebody."""
    heights: str
    """Whose the terrain is; empty without one."""
    crossings: Crossings
    evidence: Evidence
    short: InShort
    """The same in a few lines of English."""

    def for_crew(self) -> Taken:
        """Return what crews take along."""
        plan = replace(
            self.plan,
            patrols=[patrol.for_crew() for patrol in self.plan.patrols],
            quality=self.plan.quality.for_crew(),
            visited={},
            spots={},
        )
        layers = [layer for layer in self.view.layers if layer.spec.group in OPEN]
        changed = {
            "plan": plan,
            "view": replace(self.view, layers=layers, bounds=self.view.patrolled),
        }
        names = [field.name for field in fields(Taken)]
        return Taken(**{name: getattr(self, name) for name in names} | changed)


def put_together(
    findings: Findings,
    data: StudyData,
    made: date,
    handling: Handling | None = None,
    params: Params | None = None,
) -> Shown:
    """Return what is shown.

    Parameters
    ----------
    findings : geo.results.Findings
    data : geo.records.StudyData, EPSG:4326
        What the findings were made from.
    made : datetime.date
        Day of the analysis.
    handling : layers.files.handling.Handling, optional
        Of its files; that of the day if none is given.
    params : geo.params.Params, optional
        For the cards: how long they hold, and which stops are suspended; no cards without them.

    Raises
    ------
    geo.sightings.CoarseningError
        If the sightings are not coarse.
    """
    sightings.check(findings.sightings, data.places, findings.privacy)
    handling = handling or Handling.of(made, findings.privacy)
    stops, left_out = findings.patrols.stops, findings.patrols.left_out
    names = place_names(data.places, data.layers.facilities, stops, left_out)
    days = validity(made, handling.until)
    view = _view(findings, data, names)
    helpers = about.who_helps(data.services, names)
    plan = _plan(findings, data, names, handling.line(), helpers)
    if params is not None:
        on_cards = cards(findings.patrols, data, params, made=made)
        plan = replace(plan, cards=on_cards)
    answers, why = corridors(findings), about.left_out(findings)
    first_roads = patrol_panel.first_roads(plan.patrols)
    proof = evidence(findings, data, names, answers, why, first_roads)
    passages = crossings(findings, data, names, plan.quality.left_out, view.bounds)
    return Shown(
        handling=handling,
        title=about.title(data.about),
        made=Phrase(partial(day, made)),
        validity=days,
        about=about.phrases(data.about),
        overdue=Phrase(partial(about.overdue_call, data.about)),
        callable=bool(data.about.phone or data.about.overdue_call),
        credits=about.credits_of(data),
        footnote=about.footnote(data.about),
        osm=proof.summary.osm,
        rough=findings.source.generalised,
        heights="" if data.terrain is None else data.terrain.licence,
        plan=plan,
        helpers=helpers,
        crossings=passages,
        evidence=proof,
        short=in_short(findings, plan.quality, proof.summary.hotspots, answers, why),
        view=view,
    )


def validity(made: date, until: date) -> list[Phrase]:
    """Return when a map was made and is to be renewed, and that it is out of date."""
    days = {"made": partial(day, made), "renew": partial(day, until)}
    return [
        Phrase("marking.dates", "marking.when", **days),
        Phrase("marking.expired", "marking.out_of_date", **days),
    ]


def _plan(
    findings: Findings,
    data: StudyData,
    names: PlaceNames,
    handling: str,
    helpers: list[Phrase],
) -> Plan:
    proposed = findings.patrols
    basis = basis_of(data.log)
    patrols = patrol_panel.patrols(findings, data, names, handling, basis)
    routes, codes = patrol_panel.routes(patrols), patrol_panel.codes(patrols)
    shifts = {(patrol.position, patrol.shift) for patrol in patrols}
    visits = models.visits_made(data.log)
    stops = [stop for patrol in patrols for stop in patrol.stops if stop.stop in visits]
    sketches = [sketch for patrol in patrols for sketch in patrol.sketches]
    few = findings.patrolled is None
    return Plan(
        patrols=patrols,
        quality=quality(patrols, proposed, names, few=few),
        marks=[marks(patrol) for patrol in patrols],
        shifts=[shift_name(shift) for _, shift in sorted(shifts)],
        codes=codes,
        routes=routes,
        grounds=picture.grounds(sketches),
        sheets=crews.sheets(patrols, data.about, handling, helpers),
        bring=crews.to_bring(patrols),
        basis=basis,
        visited={stop.anchor: visits[stop.stop] for stop in stops},
        spots=_spots(data, proposed.left_out["stop"], names),
    )


def _spots(data: StudyData, stops: pd.Series, names: PlaceNames) -> dict[str, str]:
    """Return latitude and longitude of public places in degrees, by name."""
    public = pd.concat([data.places, data.layers.facilities])
    public = public[public["id"].isin(stops)].drop_duplicates("id")
    degrees = public.get_coordinates()
    spots = zip(public["id"], degrees["y"], degrees["x"], strict=True)
    return {names[stop]: f"{y:.5f},{x:.5f}" for stop, y, x in spots}


def _view(findings: Findings, data: StudyData, names: PlaceNames) -> MapView:
    legs, seen = findings.patrols.legs, findings.sightings
    ways = basemap.drawn_ways(data)
    layers = [
        *basemap.ground_layers(replace(data, layers=ways), names),
        *models.model_layers(findings, data, names),
        *need_layers.need_layers(findings.need),
        *models.crew_layers(findings.patrolled, data.places, names),
        *observations.reported_layers(findings, data, names),
    ]
    return MapView(
        layers=layers,
        roads=screen.names(ways.roads, legs, require_metric(sightings=seen)),
        villages=screen.villages(basemap.villages(data)),
        bounds=_bounds(data, legs, seen),
        patrolled=_bounds(data, legs),
    )


def _bounds(data: StudyData, *frames: gpd.GeoDataFrame) -> Corners:
    """Return the south-west and north-east corner of what a map is about."""
    drawn = [frame.to_crs(WGS84).geometry for frame in frames if len(frame)]
    shapes = pd.concat(drawn or [data.boundary.geometry])
    west, south, east, north = shapes.total_bounds
    return [south, west], [north, east]
