"""The patrols as a crew reads them: stops in order with times, roads, nearest help."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, timedelta
from functools import cache, partial
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import pandas as pd
import segno
from markupsafe import Markup

from geo.patrols.clock import hhmm
from geo.presence.packing import ITEMS, Basis, to_pack
from geo.presence.visits import unmet_needs
from geo.records import StudyData, is_closed
from geo.results import Access, Findings, Patrols
from geo.routing.nearest import soonest
from geo.schema import WGS84
from layers import palette
from layers.files import patrol_routes
from layers.palette import Symbol
from maps.overlays import need_layers
from maps.page.figure import data_url
from maps.page.map_layers import Drawing, LayerSpec
from maps.sketch.picture import Sketch, Sketcher, ranges
from maps.words import phrased_numbers
from maps.words.about import help_at, hours_at
from maps.words.catalogue import known, period_name, short_day, whole_day
from maps.words.names import (
    ROUGH_M,
    PlaceNames,
    in_serbian,
    is_health,
    not_among,
    patrol_name,
    signed,
    split_roads,
    with_kind,
)
from maps.words.phrases import Joined, Phrase

_HEALTH_FACILITIES: Final = ("hospital", "clinic")
"""What is open at night: no pharmacy."""

FAR_S: Final = 2 * 3600
"""A longer walk is not told."""

GPX: Final = "application/gpx+xml"
KML: Final = "application/vnd.google-earth.kml+xml"


class Nearest(NamedTuple):
    """The place of help that is reached soonest."""

    name: Phrase
    away: Phrase
    """Minutes by car, and on foot where that is the place; else kilometres in a straight line."""
    at: str
    """Latitude and longitude, as a navigator takes them."""
    hours: Phrase | None
    """When help is given there; None where nobody says."""


@dataclass(frozen=True)
class Stop:
    """One row of a timetable."""

    anchor: str
    stop: str
    """Id of the place or facility."""
    number: int
    """0 is the depot at the start; the return has the last number."""
    ends: bool
    """Whether it is the departure from or the return to the depot."""
    name: Phrase
    """The name, and what the place is."""
    names: tuple[str, ...]
    """The names in every language, each once."""
    arrival: str
    departure: str
    stay_min: Phrase
    drive_min: Phrase
    drive_km: Phrase
    roads: tuple[Phrase, ...]
    lat: float
    lon: float
    roughly: Phrase | None
    """How far off the position may be; None where it is known to `ROUGH_M`."""
    health: Nearest | None
    reception: Nearest | None
    given: Phrase | None
    """What is given at the place, and for which need; None where nobody says."""
    why: Phrase | None
    """Why the stop is where it is; None where that is not known."""
    bring: dict[str, Phrase]
    """What to bring beyond what every crew carries, by kind of help."""
    amounts: Phrase | None
    """What is to be at hand there, in numbers; None at the depot."""
    walk_s: int
    """On foot from the road to the stop and back."""
    pause: str
    """When the crew takes its break at the stop; empty where it takes none."""

    @property
    def position(self) -> str:
        """Latitude and longitude, as a crew types them into a device."""
        return f"{self.lat:.5f}, {self.lon:.5f}"

    @property
    def code(self) -> str:
        """Id of the QR code of the address, one for all visits."""
        return f"qr-{self.lat:.5f}-{self.lon:.5f}"

    @property
    def qr(self) -> Markup:
        """The address as a QR code: inline SVG, black on white."""
        code = segno.make(self.geo_uri, error="m", micro=False)
        return Markup(
            code.svg_inline(
                border=2, omitsize=True, svgid=self.code, svgclass=None, lineclass=None
            )
        )

    @property
    def geo_uri(self) -> str:
        """Address by RFC 5870, which phones open in their map."""
        return f"geo:{self.lat:.5f},{self.lon:.5f}"


@dataclass(frozen=True)
class Patrol:
    """One vehicle in one shift."""

    key: str
    night: int
    shift: str
    position: int
    """Of the shift among those of a night, in the order in which they begin; the first is 0."""
    vehicle: int
    title: Phrase
    day: Phrase | None
    """The whole date on which the shift begins; None where it has none."""
    symbol: Symbol
    route: gpd.GeoSeries
    """In EPSG:4326, by order."""
    start: str
    end: str
    until: str | None
    """The local moment at which it ends, ISO 8601; None where it has no date."""
    check_in: str
    """When a crew that has not reported is overdue."""
    amounts: Phrase
    """What the vehicle takes along, in numbers, and on what they rest."""
    unmet: Phrase | None
    """Needs that nobody met, as the log has them of the whole area; None if there are none."""
    first_road: Phrase | None
    """None where no road of the patrol has a number or a name."""
    stops: tuple[Stop, ...]
    sketches: tuple[Sketch, ...]
    file: str
    """Name of its files, without suffix."""
    files: tuple[tuple[str, str], ...]
    """Files for the phone: name of each, and an address that holds it."""

    @property
    def served(self) -> tuple[Stop, ...]:
        """The stops between departure and return."""
        return tuple(stop for stop in self.stops if not stop.ends)

    def for_crew(self) -> Patrol:
        """Return the patrol without why its stops are where they are: that tells of sightings."""
        return replace(
            self, stops=tuple(replace(stop, why=None) for stop in self.stops)
        )

    @property
    def ink(self) -> str:
        """Colour of the numbers on the patrol's own colour."""
        return palette.ink_on(self.symbol.colour)

    @property
    def everywhere(self) -> set[str]:
        """Kinds of help to bring to every stop, beyond what every crew carries."""
        return set.intersection(
            *(set(stop.bring) for stop in self.served or self.stops)
        )

    @property
    def loads(self) -> list[tuple[str, str]]:
        """What to bring beyond what every crew carries: its key, and the stops that it is for.

        Where it is for all of them no stops are named.
        """
        stops: dict[str, list[int]] = {}
        for stop in self.served:
            for kind in stop.bring:
                stops.setdefault(f"load.{kind}", []).append(stop.number)
        everywhere = {f"load.{kind}" for kind in self.everywhere}
        return [
            (key, "" if key in everywhere else ranges(n)) for key, n in stops.items()
        ]


def patrols(
    findings: Findings, data: StudyData, names: PlaceNames, handling: str, basis: Basis
) -> list[Patrol]:
    """Return every patrol, by night, by shift in the study's order and by vehicle.

    Parameters
    ----------
    findings, data
        As for `maps.planner`.
    names : mapping of str to Phrase
        Names of places, facilities and stops, by id.
    handling : str
        Handling words, for the files for the phone.
    basis : geo.presence.packing.Basis
        Whom crews are likely to meet; what they bring follows from it.
    """
    stops, legs = findings.patrols.stops, findings.patrols.legs
    if stops.empty:
        return []
    region = _Region(findings, data, names, handling, basis)
    licence = data.layers.source.licence
    routes = patrol_routes.routes(stops, legs, licence, data.places)
    who = ["night", "shift", "vehicle"]
    rows: dict[Any, Any] = dict(iter(stops.groupby(who)))
    drives: dict[Any, Any] = dict(iter(legs.groupby(who)))
    told = []
    for route in sorted(
        routes, key=lambda route: (route.night, route.position, route.vehicle)
    ):
        patrol = route.night, route.shift, route.vehicle
        told.append(region.patrol(route, rows[patrol], drives[patrol]))
    return told


def codes(patrols: Iterable[Patrol]) -> dict[str, Markup]:
    """Return the QR code of each place, by its id on the page."""
    stops = {stop.code: stop for patrol in patrols for stop in patrol.stops}
    return {code: stop.qr for code, stop in stops.items()}


def routes(patrols: Iterable[Patrol]) -> list[Drawing]:
    """Return the route of each patrol as a layer of its own."""
    layers = []
    for patrol in patrols:
        key = f"route.{patrol.key}"
        spec = LayerSpec(key, "patrols", patrol.title, patrol.symbol)
        layers.append(Drawing(spec, patrol.route))
    return layers


def first_roads(patrols: Sequence[Patrol]) -> Phrase:
    """Return the first named road of each patrol of the first night."""
    who_and_road = [
        (patrol_name(patrol.shift, patrol.vehicle), patrol.first_road)
        for patrol in patrols
        if patrol.night == patrols[0].night and patrol.first_road is not None
    ]

    def roads(language: str) -> str:
        who = [name(language) for name, _ in who_and_road]
        names = [road(language) for _, road in who_and_road]
        if len(set(names)) == 1:
            names, who = names[:1], [Phrase("line.every_patrol")(language)]
        told = [f"{road} ({patrol})" for road, patrol in zip(names, who, strict=True)]
        return "; ".join(told) or Phrase("nothing")(language)

    return Phrase("line.first_road", roads=roads)


def _until(begins: date, start: str, end: str) -> str:
    """Return the local moment of a time after another of a day.

    >>> _until(date(2026, 12, 1), "22:00", "02:30")
    '2026-12-02T02:30'
    """
    day = begins + timedelta(days=int(end < start))
    return f"{day:%Y-%m-%d}T{end}"


def _unmet(contacts: pd.DataFrame) -> Phrase | None:
    """Return the needs that nobody met and crews can carry, with their month."""
    month, needs = unmet_needs(contacts) or ("", [])
    carried = [Phrase(f"unmet.{need}") for need in needs if known(f"unmet.{need}")]
    if not carried:
        return None
    when = partial(period_name, month)
    return Phrase("bring.unmet", month=when, needs=carried)


def _on_foot(stops: gpd.GeoDataFrame, access: Access | None) -> dict[str, Any]:
    """Return the place of each stop in the CRS of walking times."""
    places = stops.drop_duplicates("stop").set_index("stop").geometry
    places = places if access is None else places.to_crs(access.crs)
    return {str(stop): point for stop, point in places.items()}


class _Region:
    """What every timetable of a region looks things up in."""

    def __init__(
        self,
        findings: Findings,
        data: StudyData,
        names: PlaceNames,
        handling: str,
        basis: Basis,
    ) -> None:
        stops = findings.patrols.stops
        crs = str(stops.crs)
        places, facilities = (
            data.places.to_crs(crs),
            data.layers.facilities.to_crs(crs),
        )
        treating = places[is_health(places)]
        others = facilities[facilities["kind"].isin(_HEALTH_FACILITIES)]
        centres = places[places["kind"] == "reception_centre"]
        self.names, self.handling = names, handling
        self.hours = cache(partial(hours_at, data.services))
        self.serbian = in_serbian(data.layers.roads)
        self.check_in_s = round(60 * data.about.check_in_min)
        self.unmet = _unmet(data.log.contacts)
        self.basis = basis
        self.several = stops["night"].nunique() > 1
        self.why, self.bring, self.given = {}, {}, {}
        for stop, point in _on_foot(stops, findings.access).items():
            self.why[stop] = need_layers.why(findings.patrols.stop_need, stop)
            self.bring[stop] = need_layers.bring(findings.access, point)
            self.given[stop] = help_at(data.services, stop)
        self.health = pd.concat(
            [treating, not_among(others, treating)], ignore_index=True
        )
        self.reception = centres[~is_closed(centres)].reset_index(drop=True)
        reached = {"health": self.health, "reception": self.reception}
        self.ways = {
            kind: _ways(findings.patrols, places) for kind, places in reached.items()
        }
        self.lat_lon = {kind: _written(places) for kind, places in reached.items()}
        self.towns = [
            names[town] for town in places.loc[places["kind"] == "town", "id"]
        ]
        dry = [stop for stop, kinds in self.bring.items() if "water" in kinds]
        self.packing = to_pack(pd.DataFrame(stops), self.basis, dry)
        self.off_m = places.set_index("id")["uncertainty_m"]
        self.sketcher = Sketcher(data, crs, names)

    def patrol(
        self, route: patrol_routes.Route, rows: gpd.GeoDataFrame, legs: gpd.GeoDataFrame
    ) -> Patrol:
        """Return the timetable of one vehicle in one shift of a night."""
        night, vehicle, begins = route.night, route.vehicle, route.begins
        key = f"shift-{route.position + 1}-vehicle-{vehicle}"
        if self.several:
            key = f"night-{night}-{key}"
        rows = rows.sort_values("order", kind="stable")
        legs = legs.sort_values("order")
        stops = self._stops(key, rows, legs)
        rows = rows[rows["kind"] != "break"]
        named = [road for stop in stops for road in stop.roads]
        title, day, until = patrol_name(route.shift, vehicle), None, None
        start, end = stops[0].departure, stops[-1].arrival
        if begins is not None:
            until = _until(begins, start, end)
            day = Phrase(partial(whole_day, begins))
            title = Joined("\u00a0· ", [partial(short_day, begins), title])
        elif self.several:
            title = Joined("\u00a0· ", [Phrase("night.number", n=night), title])
        return Patrol(
            key=key,
            night=night,
            shift=route.shift,
            position=route.position,
            vehicle=vehicle,
            title=title,
            day=day,
            symbol=palette.patrol(route.position, vehicle),
            route=legs.geometry.to_crs(WGS84),
            start=start,
            end=end,
            until=until,
            check_in=hhmm(int(rows["arrival_s"].iloc[-1]) + self.check_in_s),
            amounts=self._amounts(rows.index[0]),
            unmet=self.unmet,
            first_road=named[0] if named else None,
            stops=stops,
            sketches=self.sketcher.sketches(rows, legs),
            file=route.file,
            files=(
                (f"{route.file}.gpx", data_url(GPX, route.gpx(self.handling))),
                (f"{route.file}.kml", data_url(KML, route.kml(self.handling))),
            ),
        )

    def _amounts(self, start: Any) -> Phrase:
        """Return what a vehicle takes along; `start` is the row of its departure."""
        how = "partly" if self.basis.assumed else "logged"
        if "groups_per_h" in self.basis.assumed:
            how = "assumed"
        groups = f"{self.packing['groups'][start]:.0f}"
        basis = Phrase(f"amounts.{how}", groups=groups)
        amounts = self._counted(start)
        return Phrase("bring.amounts", amounts=amounts, basis=basis)

    def _counted(self, row: Any) -> Phrase:
        """Return the number of each item for a row of the timetable."""
        counts = {name: str(self.packing[name][row]) for name in ITEMS}
        return Phrase("bring.amounts.stop", **counts)

    def _stops(
        self, patrol: str, rows: gpd.GeoDataFrame, legs: gpd.GeoDataFrame
    ) -> tuple[Stop, ...]:
        """Return the rows of a timetable; a break belongs to the stop at which it is taken."""
        table = pd.DataFrame(rows).assign(at=rows.geometry.to_crs(WGS84))
        is_break = table["kind"] == "break"
        breaks, table = table[is_break].set_index("order"), table[~is_break]
        pauses = breaks["arrival"] + "–" + breaks["departure"]
        order, along = table["order"], legs.set_index("order")["roads"]
        ends = rows.groupby("order")["departure_s"].max() // 60
        placed = table.assign(
            roads=order.map(along).fillna("").map(split_roads),
            # What lies between two times of the timetable, as they are written.
            drive_min=table["arrival_s"] // 60 - order.map(ends.shift()).fillna(0),
            pause=order.map(lambda n: pauses.get(n, "")),
            ends=order.isin([0, order.max()]),
            row=table.index,
        )
        return tuple(self._stop(patrol, row) for row in placed.to_dict("records"))

    def _stop(self, patrol: str, row: dict[Any, Any]) -> Stop:
        stop, order = str(row["stop"]), int(row["order"])
        name = self.names[stop]
        roads = [signed(road, sr=self.serbian.get(road)) for road in row["roads"]]
        return Stop(
            anchor=f"stop-{patrol}-{order}",
            stop=stop,
            number=order,
            ends=row["ends"],
            name=with_kind(name, row["kind"], self.towns, f"stop.{stop}.{row['kind']}"),
            names=tuple(dict.fromkeys(name.forms.values())),
            arrival=str(row["arrival"]),
            departure=str(row["departure"]),
            stay_min=phrased_numbers.minutes(
                row["departure_s"] // 60 - row["arrival_s"] // 60
            ),
            drive_min=phrased_numbers.driving(row["drive_min"], row["drive_s"]),
            drive_km=phrased_numbers.kilometres(row["drive_m"] / 1000),
            roads=tuple(roads),
            lat=float(row["at"].y),
            lon=float(row["at"].x),
            roughly=self._roughly(stop),
            health=self._nearest("health", self.health, row),
            reception=self._nearest("reception", self.reception, row),
            given=self.given[stop],
            why=self.why[stop],
            bring=self.bring[stop],
            amounts=None if row["ends"] else self._counted(row["row"]),
            walk_s=int(row["walk_s"]),
            pause=row["pause"],
        )

    def _roughly(self, stop: str) -> Phrase | None:
        """Return how roughly the place of a stop is known; None where it is known well."""
        off_m = float(self.off_m.get(stop, 0.0))
        if not off_m > ROUGH_M:
            return None
        metres = phrased_numbers.metres(off_m)
        return Phrase("roughly", metres=metres)

    def _nearest(
        self, kind: str, places: gpd.GeoDataFrame, row: Mapping[Any, Any]
    ) -> Nearest | None:
        """Return the place that is reached soonest, or None where there are none."""
        if places.empty:
            return None
        way = self.ways[kind].get(str(row["stop"]))
        if way is None:
            distance_m = places.distance(row["geometry"]).to_numpy()
            nearest = int(distance_m.argmin())
            km = phrased_numbers.kilometres(distance_m[nearest] / 1000)
            way = nearest, Joined(" ", [km, Phrase("straight_line")])
        nearest, away = way
        place = str(places["id"].iat[nearest])
        at = self.lat_lon[kind][nearest]
        return Nearest(self.names[place], away, at, self.hours(place))


def _written(places: gpd.GeoDataFrame) -> list[str]:
    """Return latitude and longitude of each place in words."""
    at = places.geometry.to_crs(WGS84)
    return [f"{lat:.5f},{lon:.5f}" for lat, lon in zip(at.y, at.x, strict=True)]


def _ways(patrols: Patrols, places: gpd.GeoDataFrame) -> dict[str, tuple[int, Phrase]]:
    """Return the place that each stop reaches soonest by car, and how long that takes."""
    if patrols.roads is None or places.empty:
        return {}
    nodes = np.fromiter(patrols.nodes.values(), int)
    by_car = soonest(patrols.roads.drive, nodes, places.geometry)
    on_foot = soonest(patrols.roads.drive, nodes, places.geometry, on_foot=True)
    both = by_car.join(on_foot.add_suffix("_on_foot"))
    ways: dict[str, tuple[int, Phrase]] = {}
    for stop, row in zip(patrols.nodes, both.to_dict("records"), strict=True):
        place, walk_s = row["place"], row["time_s_on_foot"]
        if place < 0:
            continue
        minutes = phrased_numbers.about_minutes(row["time_s"] / 60)
        told = [Phrase("by_car", time=minutes)]
        if place == row["place_on_foot"] and walk_s < FAR_S:
            walk = phrased_numbers.about_minutes(walk_s / 60)
            told.append(Phrase("walk.time", time=walk))
        ways[stop] = (place, Joined(", ", told))
    return ways
