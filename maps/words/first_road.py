"""Which road a crew takes first, and when it comes by where planners ask for it."""

from typing import Final

import geopandas as gpd
import pandas as pd

from geo.patrols.clock import first_days, hhmm
from geo.patrols.timetable import PASSED, REACHED, place_at, times_at_places
from geo.results import Patrols
from layers.records import StudyData
from maps.words.catalogue import short_day, word, written
from maps.words.names import patrol_name, place_name

NEAR_TOWN_M: Final = 2500.0
"""A stop this near to a town's middle, and to no other's nearer, counts as reaching the town."""

_WHO: Final = ["shift", "vehicle"]

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
    when = ""
    if data is not None:
        way_out = data.about.way_out
        for town in data.places[data.places["id"] == way_out].to_dict("records"):
            times = passages(stops, legs, data.places, way_out)
            when = _when(place_name(town, language), times, names, language)
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


def passages(
    stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, places: gpd.GeoDataFrame, town: str
) -> dict[Who, dict[str, int]]:
    """Return when each patrol of a night comes by a town, if it does.

    By shift and vehicle: seconds by how it comes by, `REACHED` or `PASSED`.  Tables `STOPS` and
    `LEGS` are in the same CRS in metres, `PLACES` in any.
    """
    towns = places[places["kind"] == "town"].to_crs(str(stops.crs))
    stop_at = place_at(stops, towns, NEAR_TOWN_M)
    found = times_at_places(stops, legs, towns[towns["id"] == town], stop_at)
    times: dict[Who, dict[str, int]] = {}
    for row in found[found["place"] == town].to_dict("records"):
        times.setdefault((row["shift"], row["vehicle"]), {})[row["how"]] = row["at_s"]
    return times


def _when(
    place: str, times: dict[Who, dict[str, int]], names: dict[Who, str], language: str
) -> str:
    """Return when every patrol comes by a place, and which do not."""
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
