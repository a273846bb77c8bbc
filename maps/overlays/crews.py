"""Where crews were, and which planned visits they made: nothing of whom they met."""

from collections.abc import Mapping
from datetime import date
from functools import partial
from typing import Any, Final

import geopandas as gpd

from geo.results import Patrolled
from layers.records import Log
from layers.schema import WGS84, current
from maps.overlays.sections import by_short_name, section_name
from maps.page import style
from maps.page.layer import Drawing, Feature, Note
from maps.words import quantities
from maps.words.catalogue import month
from maps.words.names import PlaceNames
from maps.words.phrases import Phrase, of_word, phrase

WIDEST_PX: Final = 10.0
"""Width of the section that crews watched longest."""


def drawings(found: Patrolled | None, places: gpd.GeoDataFrame, names: PlaceNames) -> list[Drawing]:
    """Return the sections that crews watched: wider, the longer; with the minutes of each month."""
    rows = None if found is None else found.minutes[found.minutes["minutes"] > 0]
    if rows is None or rows.empty:
        return []
    local = by_short_name(places, names)
    by_section = rows.groupby("section", sort=False)
    most = by_section["minutes"].sum().max()
    features = tuple(
        Feature(
            section_name(own.iloc[0].to_dict(), local),
            tuple(map(_note, own.to_dict("records"))),
            width=round(max(2.0, WIDEST_PX * own["minutes"].sum() / most), 1),
        )
        for _, own in by_section
    )
    lines = rows.drop_duplicates("section").geometry
    return [Drawing(style.LAYERS["crews"], lines.to_crs(WGS84), features)]


def _note(row: Mapping[Any, Any]) -> Note:
    day = date.fromisoformat(f"{row['month']}-01")
    name = phrase(f"month.{row['month']}", partial(month, day))
    return Note(name, quantities.minutes(row["minutes"]))


def visits(log: Log) -> dict[str, Phrase]:
    """Return how many of the planned visits crews made, by stop: of the nights with any page."""
    pages = current(log.visits)
    nights = log.plans[log.plans["date"].isin(pages["date"])]
    spot = ["date", "shift", "vehicle", "stop"]
    planned = nights.drop_duplicates(spot)["stop"].value_counts()
    done = pages[pages["outcome"] == "done"].drop_duplicates(spot)["stop"].value_counts()
    return {
        str(stop): of_word(f"visits.{stop}", "crews.visits", made=done.get(stop, 0), planned=n)
        for stop, n in planned.items()
    }
