"""The nights of a plan as the page shows them: one after the other, each with its patrols."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from itertools import groupby

import geopandas as gpd

from geo.patrols.nights import by_night, night_of
from geo.results import Patrols
from maps.panels import plan_quality
from maps.panels.plan_quality import Measures
from maps.panels.timetable import Patrol
from maps.words import names
from maps.words.catalogue import LANGUAGES, short_day, word
from maps.words.first_road import first_road
from maps.words.names import Texts


@dataclass(frozen=True)
class Night:
    """One night; texts are keys of the page's texts."""

    number: int
    title: str
    """Of the day on which it begins, or of its number where that is not known."""
    answer: str
    """Of the first road of each patrol, and of when each comes by the way out of town."""
    patrols: tuple[Patrol, ...]


def nights(
    found: Sequence[Patrol], proposed: Patrols, texts: Texts, places: gpd.GeoDataFrame
) -> list[Night]:
    """Return the nights of a plan in order.

    Parameters
    ----------
    found : sequence of Patrol
        By night.
    proposed : geo.results.Patrols
        What they were made from.
    texts : names.Texts
        Names and answers of the nights are added to it.
    places : geopandas.GeoDataFrame, table `PLACES`
    """
    days = [day for day, _ in by_night(proposed.stops)]
    made = []
    for (number, mine), day in zip(groupby(found, lambda p: p.night), days, strict=True):
        one = night_of(proposed, number)
        titles = {
            g: word("night.number", g, n=number) if day is None else short_day(day, g)
            for g in LANGUAGES
        }
        answers = {g: first_road(one, g, places) for g in LANGUAGES}
        made.append(
            Night(
                number,
                names.add(texts, f"night.of.{number}", titles),
                names.add(texts, f"answer.of.{number}", answers),
                tuple(mine),
            )
        )
    return made


def measures(
    found: Sequence[Night], proposed: Patrols, texts: Texts
) -> list[tuple[Night, list[Measures]]]:
    """Return what each night achieves; none where nothing was measured.

    Parameters are the first three of `nights`.
    """
    of_one = {n.number: night_of(proposed, n.number) for n in found} if len(found) > 1 else {}
    tables = [(n, plan_quality.measures(of_one.get(n.number, proposed), texts)) for n in found]
    return [(night, some) for night, some in tables if some]
