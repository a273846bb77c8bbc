"""A patrol's timetable as a table for its crew, to print or to open in a spreadsheet."""

from collections.abc import Iterable, Sequence
from itertools import zip_longest
from typing import Final

import pandas as pd

from geo.records import About
from layers.files.filenames import PATROLS
from layers.package_data import cell_text
from maps.panels.patrol_panel import Patrol, Stop
from maps.words.about import overdue_call
from maps.words.catalogue import word
from maps.words.phrases import Joined, Phrase

LANGUAGES: Final = ("sq", "sr-Latn")
"""Languages of the crews, in which heads, and what is written twice, are."""

FIRST, SECOND = LANGUAGES
WALK_S: Final = 58
"""There and back over the 40 m from which the map draws a walk; a shorter one is none."""

MARK: Final = "\ufeff"
"""The mark by which a spreadsheet reads UTF-8."""


def sheets(
    patrols: Iterable[Patrol], about: About, terms: str, closing: Sequence[Phrase] = ()
) -> dict[str, str]:
    """Return a table for each patrol, by the name of its file: a row a stop, then `closing`.

    Minutes and kilometres are rounded; what all stops need stands at the start, what is more at the
    stop that needs it.  The check-in stands behind the last row.

    Parameters
    ----------
    patrols : iterable of maps.panels.patrol_panel.Patrol
    about : geo.records.About
        Whom to call for a crew that is overdue.
    terms : str
        Handling words, for the first row.
    closing : sequence of Phrase
        A row each: who helps with which need.
    """
    return {
        f"{PATROLS}/{patrol.file}.csv": _sheet(patrol, about, terms, closing)
        for patrol in patrols
    }


def to_bring(patrols: Iterable[Patrol]) -> dict[tuple[str, int], str]:
    """Return by file and order of the stop what to bring, a line in each of `LANGUAGES`."""
    texts_by_stop = {}
    for patrol in patrols:
        for stop in patrol.stops[:-1]:
            lines = []
            for language, text in zip(
                LANGUAGES, _in_both(_bring(patrol, stop)), strict=True
            ):
                if text:
                    lines.append(f"{word('bring', language)}: {text}")
            texts_by_stop[patrol.file, stop.number] = "\n".join(lines)
    return texts_by_stop


def _sheet(patrol: Patrol, about: About, terms: str, closing: Sequence[Phrase]) -> str:
    rows = [_heads()]
    for stop in patrol.stops:
        cells = map(cell_text, _cells(patrol, stop))
        rows.append([*cells, terms if stop is patrol.stops[0] else ""])
    calls = [f"{word('check_in', g)}: {overdue_call(about, g)}" for g in LANGUAGES]
    rows.append(["", patrol.check_in, "", *calls])
    rows += [["", "", "", *map(cell_text, _in_both(text))] for text in closing]
    # What a row lacks at its end is empty.
    table = pd.DataFrame([*zip_longest(*rows, fillvalue="")]).T
    return MARK + table.to_csv(index=False, header=False, lineterminator="\n")


def _heads() -> list[str]:
    return [
        _both("crew.number"),
        _both("crew.arrival"),
        _both("crew.departure"),
        *_in_both(Phrase("crew.stop")),
        _both("coordinates"),
        _both("crew.drive"),
        _both("crew.road"),
        _both("crew.on_foot"),
        _both("break"),
        *_in_both(Phrase("bring")),
        "handling",
    ]


def _cells(patrol: Patrol, stop: Stop) -> list[str]:
    """Return the row of a stop, but for the handling words."""
    starts, returns = stop is patrol.stops[0], stop is patrol.stops[-1]
    walk_min = max(1, round(stop.walk_s / 120))
    return [
        "" if stop.ends else str(stop.number),
        "" if starts else stop.arrival,
        "" if returns else stop.departure,
        *_in_both(stop.name),
        stop.position,
        "" if starts else f"{stop.drive_min(FIRST)}, {stop.drive_km(FIRST)}",
        " > ".join(road(SECOND) for road in stop.roads),
        str(walk_min) if stop.walk_s >= WALK_S else "",
        stop.pause,
        *_in_both(_bring(patrol, stop)),
    ]


def _bring(patrol: Patrol, stop: Stop) -> Phrase:
    """Return what to bring: at the start what all stops need, at a stop what it needs beside."""
    if stop is patrol.stops[0]:
        loads = [Phrase(load) for load, stops in patrol.loads if not stops]
        unmet = [] if patrol.unmet is None else [patrol.unmet]
        return Joined("; ", [Joined(", ", [patrol.amounts, *loads]), *unmet])
    texts = [] if stop.amounts is None else [stop.amounts]
    for kind, text in stop.bring.items():
        if kind not in patrol.everywhere:
            texts.append(text)
    return Joined("; ", [] if stop.ends else texts)


def _in_both(text: Phrase) -> list[str]:
    return [text(language) for language in LANGUAGES]


def _both(key: str) -> str:
    return " / ".join(_in_both(Phrase(key)))
