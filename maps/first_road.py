"""Which road a crew takes first, and when it is where planners ask for it."""

from __future__ import annotations

import unicodedata
from typing import Any, Final

import pandas as pd

from geo.results import Patrols
from geo.shift_days import first_days
from maps.names import patrol_name
from maps.words import listed, short_day, word

WAYPOINT: Final = "zvecan"
"""Where the corridor leaves the town: planners ask when a patrol is there."""


def first_road(patrols: Patrols, language: str) -> str:
    """Return the first road of each patrol, and when the way out of town is reached.

    Parameters
    ----------
    patrols : geo.results.Patrols
        Of several nights, those of the first are told.
    language : str
        Of `words.LANGUAGES`.
    """
    stops, legs = (
        table[table["night"] == patrols.stops["night"].min()]
        for table in (patrols.stops, patrols.legs)
    )
    days = dict(zip(stops["shift"], first_days(stops), strict=True))

    def name(row: dict[Any, Any]) -> str:
        when = days[row["shift"]]
        day_said = "" if when is None else short_day(when, language)
        return patrol_name(row["shift"], row["vehicle"], language, day_said)

    place = word("line.zvecan", language)
    reached = [
        word("line.at", language, time=row["arrival"], patrol=name(row))
        for row in first_arrivals(stops, WAYPOINT).to_dict("records")
    ]
    when = (
        word("line.reached", language, place=place, times=listed(reached, language))
        if reached
        else word("line.not_reached", language, place=place)
    )
    first = first_roads(legs)
    if first.empty:
        return when
    if first["road"].nunique() == 1:
        roads = [f"{first['road'].iloc[0]} ({word('line.every_patrol', language)})"]
    else:
        roads = [f"{row['road']} ({name(row)})" for row in first.to_dict("records")]
    return word("line.first_road", language, roads=listed(roads, language), reached=when)


def first_arrivals(stops: pd.DataFrame, waypoint: str) -> pd.DataFrame:
    """Return, for each shift of a night, the first stop whose id or name holds `waypoint`.

    Parameters
    ----------
    stops : pandas.DataFrame, table `STOPS`
        Of one night.
    waypoint : str
        Lower case, without accents.

    Returns
    -------
    pandas.DataFrame, table `STOPS`
        At most a row for each shift, in the order of the shifts.
    """
    called = (stops["stop"] + " " + stops["name"]).map(_unaccented, na_action="ignore")
    there = stops[called.str.contains(waypoint, regex=False, na=False)]
    first = there.groupby("shift", sort=False)["arrival_s"].transform("min")
    return there[there["arrival_s"] == first].drop_duplicates("shift")


def first_roads(legs: pd.DataFrame) -> pd.DataFrame:
    """Return the first named road of each patrol of a night: ``shift``, ``vehicle``, ``road``."""
    named = legs[legs["roads"].fillna("").str.len() > 0].sort_values("order", kind="stable")
    first = named.drop_duplicates(["shift", "vehicle"]).sort_index()
    return first[["shift", "vehicle"]].assign(road=first["roads"].map(lambda r: split_roads(r)[0]))


def split_roads(roads: str) -> list[str]:
    """Return the roads of a leg, in order."""
    return [road.strip() for road in roads.split(" > ") if road.strip()]


def _unaccented(text: str) -> str:
    apart = unicodedata.normalize("NFD", text.casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
