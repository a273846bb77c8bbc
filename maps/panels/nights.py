"""The nights of a plan as the page shows them: one after the other, each with its patrols."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from geo.patrols.nights import by_night, night_of
from geo.results import Patrols
from layers.records import StudyData
from maps.panels import plan_quality
from maps.panels.plan_quality import Measures
from maps.panels.timetable import Patrol
from maps.words.catalogue import short_day
from maps.words.first_road import first_road_sentence
from maps.words.phrases import Phrase, of_word, phrase


class Night(NamedTuple):
    """One night."""

    number: int
    title: Phrase
    """Of the day on which it begins, or of its number where that is not known."""
    answer: Phrase
    """Of the first road of each patrol, and of when each comes by the way out of town."""
    patrols: tuple[Patrol, ...]


def in_order(timetables: Sequence[Patrol], proposed: Patrols, data: StudyData) -> list[Night]:
    """Return the nights of a plan in order.

    The timetables are those of the proposed patrols, by night.
    """
    days = [day for day, _ in by_night(proposed.stops)]
    by_number = groupby(timetables, lambda patrol: patrol.night)
    found = []
    for (number, patrols), day in zip(by_number, days, strict=True):
        name = of_word(f"night.of.{number}", "night.number", n=number)
        title = name if day is None else phrase(name, partial(short_day, day))
        proposed_then = night_of(proposed, number)
        answer = phrase(
            f"answer.of.{number}", partial(first_road_sentence, proposed_then, data=data)
        )
        found.append(Night(number, title, answer, tuple(patrols)))
    return found


def measures(nights: Sequence[Night], proposed: Patrols) -> list[tuple[Night, list[Measures]]]:
    """Return what each night achieves; none where nothing was measured."""
    one = len(nights) == 1
    tables = [
        (night, plan_quality.measures(proposed if one else night_of(proposed, night.number)))
        for night in nights
    ]
    return [(night, some) for night, some in tables if some]
