"""The nights of a plan as the page shows them: one after the other, each with its patrols."""

from collections.abc import Sequence
from functools import partial
from itertools import groupby
from typing import NamedTuple

from geo.patrols.nights import by_night, night_of
from geo.results import Patrols
from maps.panels import plan_quality
from maps.panels.plan_quality import Measures
from maps.panels.timetable import Patrol
from maps.words.catalogue import short_day
from maps.words.phrases import Phrase, of_word, phrase


class Night(NamedTuple):
    """One night."""

    number: int
    title: Phrase
    """Of the day on which it begins, or of its number where that is not known."""
    patrols: tuple[Patrol, ...]
    brief: tuple[Phrase, ...]
    """What each shift does, in a line."""
    measures: Measures | None
    """The same in figures; None where nothing was measured."""


def in_order(timetables: Sequence[Patrol], proposed: Patrols) -> list[Night]:
    """Return the nights of a plan in order.

    The timetables are those of the proposed patrols, by night.
    """
    days = [day for day, _ in by_night(proposed.stops)]
    by_number = groupby(timetables, lambda patrol: patrol.night)
    found = []
    for (number, patrols), day in zip(by_number, days, strict=True):
        name = of_word(f"night.of.{number}", "night.number", n=number)
        title = name if day is None else phrase(name, partial(short_day, day))
        own = proposed if len(days) == 1 else night_of(proposed, number)
        brief = tuple(Phrase(f"{one}.{number}", one.forms) for one in plan_quality.briefly(own))
        brief = (*brief, of_word("brief.whole", "plan.whole")) if brief else ()
        found.append(Night(number, title, tuple(patrols), brief, plan_quality.measures(own)))
    return found
