"""The patrols as a crew reads them: stops in order with times, roads, nearest help."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any, Final

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geo.results import Findings, StudyData
from layers.schema import WGS84
from maps import names, style
from maps.names import Texts
from maps.spec import Drawing, LayerSpec, Symbol
from maps.summary import split_roads
from maps.words import LANGUAGES, number, word

NEAR_TOWN_M: Final = 2500.0
"""A stop this near to a town's middle counts as reaching the town."""

_HEALTH_FACILITIES: Final = ("hospital", "clinic", "pharmacy")


@dataclass(frozen=True)
class Nearest:
    """The nearest place of help: the key of its name, and of its distance."""

    name: str
    distance: str


@dataclass(frozen=True)
class Stop:
    """One row of a timetable; texts are keys of the page's texts."""

    anchor: str
    number: int
    """0 is the depot at the start; the return has the last number."""
    ends: bool
    """Whether it is the departure from or the return to the depot."""
    name: str
    names: tuple[str, ...]
    """The names in every language, each once."""
    arrival: str
    departure: str
    drive_min: str
    drive_km: str
    roads: tuple[str, ...]
    lat: float
    lon: float
    health: Nearest | None
    reception: Nearest | None

    @property
    def position(self) -> str:
        """Latitude and longitude, as a crew types them into a device."""
        return f"{self.lat:.5f}, {self.lon:.5f}"

    @property
    def geo_uri(self) -> str:
        """Address by RFC 5870, which phones open in their map."""
        return f"geo:{self.lat:.5f},{self.lon:.5f}"


@dataclass(frozen=True)
class Patrol:
    """One vehicle in one shift."""

    key: str
    title: str
    symbol: Symbol
    start: str
    end: str
    first_road: str
    """Empty where the first road has neither number nor name."""
    reaches: tuple[tuple[str, str], ...]
    """Towns in the order in which they are reached: key of the name, and time."""
    stops: tuple[Stop, ...]

    @property
    def served(self) -> tuple[Stop, ...]:
        """The stops between departure and return."""
        return tuple(stop for stop in self.stops if not stop.ends)


def patrols(findings: Findings, data: StudyData, texts: Texts) -> list[Patrol]:
    """Return every patrol, by shift in the study's order and by vehicle.

    Parameters
    ----------
    findings : geo.results.Findings
    data : geo.results.StudyData, EPSG:4326
    texts : names.Texts
        Must hold the names of the places; names, times and distances are added to it.
    """
    stops, legs = findings.patrols.stops, findings.patrols.legs
    if stops.empty:
        return []
    names.add_named(texts, stops["stop"], stops["name"])
    sheet = _Sheet(data, str(stops.crs), texts)
    found = []
    for position, shift in enumerate(stops["shift"].unique()):
        rows, drives = stops[stops["shift"] == shift], legs[legs["shift"] == shift]
        for vehicle in sorted(rows["vehicle"].unique()):
            mine, symbol = rows[rows["vehicle"] == vehicle], style.patrol(position, int(vehicle))
            found.append(sheet.patrol(mine, drives[drives["vehicle"] == vehicle], symbol))
    return found


def drawings(findings: Findings, found: Iterable[Patrol]) -> list[Drawing]:
    """Return the route of each patrol as a layer of its own."""
    legs = findings.patrols.legs.to_crs(WGS84)
    drawn = []
    for patrol in found:
        mine = (legs["shift"] + "-" + legs["vehicle"].astype("string")) == patrol.key
        spec = LayerSpec(f"route.{patrol.key}", "patrols", patrol.title, patrol.symbol)
        drawn.append(Drawing(spec, legs[mine].sort_values("order").geometry))
    return drawn


class _Sheet:
    """What every timetable of a region looks things up in."""

    def __init__(self, data: StudyData, crs: str, texts: Texts) -> None:
        places, facilities = data.places.to_crs(crs), data.layers.facilities.to_crs(crs)
        is_health = (places["kind"] == "health") | (
            (places["kind"] == "public_stop") & (places["note"] == "health")
        )
        served = facilities[facilities["kind"].isin(_HEALTH_FACILITIES)]
        is_open = ~places["status"].fillna("").str.startswith("closed")
        self.texts = texts
        self.health = pd.concat([places[is_health], served], ignore_index=True)
        self.reception = places[(places["kind"] == "reception_centre") & is_open]
        self.towns = places[places["kind"] == "town"]

    def patrol(self, rows: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, symbol: Symbol) -> Patrol:
        """Return the timetable of one vehicle in one shift."""
        shift, vehicle = str(rows["shift"].iloc[0]), int(rows["vehicle"].iloc[0])
        key = f"{shift}-{vehicle}"
        rows = rows.sort_values("order")
        roads = rows["order"].map(legs.set_index("order")["roads"]).fillna("").map(split_roads)
        stops = tuple(
            self.stop(key, row, last=row["order"] == rows["order"].max())
            for row in rows.assign(roads=roads, at=rows.geometry.to_crs(WGS84)).to_dict("records")
        )
        titles = {g: names.patrol_name(shift, vehicle, g) for g in LANGUAGES}
        named = [road for stop in stops for road in stop.roads]
        return Patrol(
            key=key,
            title=names.add(self.texts, f"patrol.{key}", titles),
            symbol=symbol,
            start=stops[0].departure,
            end=stops[-1].arrival,
            first_road=named[0] if named else "",
            reaches=self.reaches(rows),
            stops=stops,
        )

    def stop(self, patrol: str, row: dict[Any, Any], *, last: bool) -> Stop:
        """Return one row of a timetable."""
        name, order = f"place.{row['stop']}", int(row["order"])
        return Stop(
            anchor=f"stop-{patrol}-{order}",
            number=order,
            ends=last or order == 0,
            name=name,
            names=tuple(dict.fromkeys(self.texts[language][name] for language in LANGUAGES)),
            arrival=str(row["arrival"]),
            departure=str(row["departure"]),
            drive_min=_minutes(self.texts, row["drive_s"]),
            drive_km=_kilometres(self.texts, row["drive_m"]),
            roads=tuple(row["roads"]),
            lat=float(row["at"].y),
            lon=float(row["at"].x),
            health=self.nearest(self.health, row["geometry"]),
            reception=self.nearest(self.reception, row["geometry"]),
        )

    def reaches(self, rows: gpd.GeoDataFrame) -> tuple[tuple[str, str], ...]:
        """Return the towns in the order in which the stops first reach them, but the start's."""
        towns = [self.town(point) for point in rows.geometry]
        first: dict[str, str] = {}
        for town, arrival in zip(towns, rows["arrival"], strict=True):
            if town is not None and town != towns[0]:
                first.setdefault(f"place.{town}", str(arrival))
        return tuple(first.items())

    def town(self, point: BaseGeometry) -> str | None:
        """Return the id of the town that a point lies in or at, or None."""
        distance = self.towns.distance(point).to_numpy()
        if not len(distance) or distance.min() > NEAR_TOWN_M:
            return None
        return str(self.towns["id"].iloc[distance.argmin()])

    def nearest(self, places: gpd.GeoDataFrame, point: BaseGeometry) -> Nearest | None:
        """Return the nearest of some places, or None where there are none."""
        if places.empty:
            return None
        distance = places.distance(point).to_numpy()
        name = f"place.{places['id'].iloc[distance.argmin()]}"
        return Nearest(name, _kilometres(self.texts, distance.min()))


def _minutes(texts: Texts, seconds: float) -> str:
    """Return the key of a duration, in whole minutes."""
    n = max(1, round(seconds / 60))
    return names.add_word(texts, f"minutes.{n}", "minutes", n=n)


def _kilometres(texts: Texts, metres: float) -> str:
    """Return the key of a distance, in kilometres to one decimal."""
    n = f"{metres / 1000:.1f}"
    forms = {g: word("kilometres", g, n=number(float(n), g, 1)) for g in LANGUAGES}
    return names.add(texts, f"kilometres.{n}", forms)
