"""The nights of a plan as the page shows them: one after the other, each with its patrols."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from itertools import groupby
from typing import NamedTuple

import geopandas as gpd

from geo.patrols.nights import by_night, night_of
from geo.results import Patrols
from maps.panels import plan_quality
from maps.panels.plan_quality import Measures
from maps.panels.timetable import Patrol
from maps.words.catalogue import short_day, word
from maps.words.first_road import first_road_sentence
from maps.words.phrases import Phrase, phrase


class Night(NamedTuple):
    """One night."""

    number: int
    title: Phrase
    """Of the day on which it begins, or of its number where that is not known."""
    answer: Phrase
    """Of the first road of each patrol, and of when each comes by the way out of town."""
    patrols: tuple[Patrol, ...]


def in_order(
    timetables: Sequence[Patrol], proposed: Patrols, places: gpd.GeoDataFrame
) -> list[Night]:
    """Return the nights of a plan in order.

    The timetables are those of the proposed patrols, by night.
    """
    days = [day for day, _ in by_night(proposed.stops)]
    by_number = groupby(timetables, lambda patrol: patrol.night)
    return [
        _night(number, day, tuple(patrols), night_of(proposed, number), places)
        for (number, patrols), day in zip(by_number, days, strict=True)
    ]


def _night(
    number: int,
    day: date | None,
    patrols: tuple[Patrol, ...],
    proposed: Patrols,
    places: gpd.GeoDataFrame,
) -> Night:
    def title(language: str) -> str:
        return word("night.number", language, n=number) if day is None else short_day(day, language)

    answer = phrase(f"answer.of.{number}", lambda g: first_road_sentence(proposed, g, places))
    return Night(number, phrase(f"night.of.{number}", title), answer, patrols)


def measures(nights: Sequence[Night], proposed: Patrols) -> list[tuple[Night, list[Measures]]]:
    """Return what each night achieves; none where nothing was measured."""
    one = len(nights) == 1
    tables = [
        (night, plan_quality.measures(proposed if one else night_of(proposed, night.number)))
        for night in nights
    ]
    return [(night, some) for night, some in tables if some]
