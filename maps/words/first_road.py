"""Which road a crew takes first, and when it comes by where planners ask for it."""

from typing import Final

import geopandas as gpd
import pandas as pd
from shapely.geometry.base import BaseGeometry

from geo.patrols.clock import first_days, hhmm
from geo.patrols.timetable import PASSED, REACHED, times_at_places
from geo.results import Patrols
from layers.records import StudyData
from maps.words.catalogue import short_day, word, written
from maps.words.names import patrol_name, place_name

NEAR_TOWN_M: Final = 2500.0
"""A stop this near to a town's middle, and to no other's nearer, counts as reaching the town."""

_WHO: Final = ["shift", "vehicle"]
_PATROL: Final = ["night", *_WHO]

Who = tuple[str, int]
"""Shift and vehicle."""


def first_road_sentence(patrols: Patrols, language: str, data: StudyData | None = None) -> str:
    """Return the first road of each patrol, and when each comes by the study's way out.

    Of several nights this is about the first.
    """
    stops, legs = (
        table[table["night"] == patrols.stops["night"].min()]
        for table in (patrols.stops, patrols.legs)
    )
    names = {
        (str(shift), int(vehicle)): patrol_name(
            shift, vehicle, language, "" if begins is None else short_day(begins, language)
        )
        for shift, vehicle, begins in zip(
            stops["shift"], stops["vehicle"], first_days(stops), strict=True
        )
    }
    when = "" if data is None else _when(stops, legs, data, names, language)
    first = first_roads(legs)
    if first.empty:
        return when
    if first["road"].nunique() == 1:
        road = written(first["road"].iloc[0], language)
        roads = f"{road} ({word('line.every_patrol', language)})"
    else:
        rows = first.to_dict("records")
        roads = "; ".join(
            f"{written(r['road'], language)} ({names[r['shift'], r['vehicle']]})" for r in rows
        )
    return word("line.first_road", language, roads=roads, reached=when).strip()


def passages(stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, data: StudyData) -> pd.DataFrame:
    """Return when each patrol comes by towns, as `geo.patrols.timetable.times_at_places`.

    The column ``first`` has the town of the patrol's start.  Tables `STOPS` and `LEGS` are in the
    same CRS in metres.  Where a river parts two towns, a stop lies in the one on its own bank.
    """
    crs, water = str(stops.crs), data.layers.waterways
    towns = data.places[data.places["kind"] == "town"].to_crs(crs)
    rivers = water[water["waterway"] == "river"].to_crs(crs).geometry.union_all()
    points = stops.drop_duplicates("stop").set_index("stop").geometry
    town_at = stops["stop"].map({stop: _town(at, towns, rivers) for stop, at in points.items()})
    start = stops.assign(first=town_at)[stops["order"] == 0]
    found = times_at_places(stops, legs, towns, town_at)
    return found.merge(start[[*_PATROL, "first"]], on=_PATROL, how="left")


def _town(at: BaseGeometry, towns: gpd.GeoDataFrame, rivers: BaseGeometry) -> str | None:
    """Return the id of the nearest town that a point lies in or at, on its own bank if any is."""
    near = towns[towns.distance(at) <= NEAR_TOWN_M]
    if near.empty:
        return None
    across = near.shortest_line(at).intersects(rivers)
    banks = near if across.all() else near[~across]
    return str(banks["id"].iloc[banks.distance(at).to_numpy().argmin()])


def _when(
    stops: gpd.GeoDataFrame,
    legs: gpd.GeoDataFrame,
    data: StudyData,
    names: dict[Who, str],
    language: str,
) -> str:
    """Return when every patrol comes by the study's way out, and which do not."""
    towns = data.places[(data.places["id"] == data.about.way_out) & (data.places["kind"] == "town")]
    if towns.empty:
        return ""
    place = place_name(towns.iloc[0].to_dict(), language)
    times: dict[Who, dict[str, int]] = {}
    found = passages(stops, legs, data)
    for row in found[found["place"] == data.about.way_out].to_dict("records"):
        times.setdefault((row["shift"], row["vehicle"]), {})[row["how"]] = row["at_s"]
    if not any(who in times for who in names):
        return word("line.not_reached", language, place=place)
    parts = [_passage(times[who], name, language) for who, name in names.items() if who in times]
    missing = [name for who, name in names.items() if who not in times]
    if missing:
        parts.append(word("line.not_by", language, patrols="; ".join(missing)))
    return word("line.reached", language, place=place, times="; ".join(parts))


def _passage(times: dict[str, int], patrol: str, language: str) -> str:
    at = {how: hhmm(seconds) for how, seconds in times.items()}
    key = "line.at" if PASSED not in at else "line.at_both" if REACHED in at else "line.passing"
    return word(key, language, time=at.get(REACHED, ""), passing=at.get(PASSED, ""), patrol=patrol)


def first_roads(legs: pd.DataFrame) -> pd.DataFrame:
    """Return the first named road of each patrol of a night: ``shift``, ``vehicle``, ``road``."""
    named = legs[legs["roads"].fillna("").str.len() > 0].sort_values("order", kind="stable")
    first = named.drop_duplicates(_WHO).sort_index()
    return first[_WHO].assign(road=first["roads"].map(lambda r: split_roads(r)[0]))


def split_roads(roads: str) -> list[str]:
    """Return the roads of a leg, in order."""
    return [road.strip() for road in roads.split(" > ") if road.strip()]
