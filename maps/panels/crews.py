"""A patrol's timetable as a table for its crew, to print or to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Sequence
from typing import Final

from geo.records import About
from layers.files.filenames import PATROLS
from layers.shipped import cell_text
from maps.panels.timetable import Patrol, Stop
from maps.words.about import overdue_call
from maps.words.catalogue import word
from maps.words.phrases import Phrase

LANGUAGES: Final = ("sq", "sr-Latn")
"""Languages of the crews, in which heads, and what is written twice, are."""

FIRST: Final = LANGUAGES[0]
WALK_S: Final = 58
"""There and back over the 40 m from which the map draws a walk; a shorter one is none."""

MARK: Final = "\ufeff"
"""The mark by which a spreadsheet reads UTF-8."""


def sheets(
    patrols: Iterable[Patrol],
    about: About,
    terms: str,
    closing: Sequence[Phrase] = (),
) -> dict[str, str]:
    """Return a table for each patrol, by the name of its file: a row a stop, then `closing`.

    Minutes and kilometres are rounded; what all stops need stands at the start, what is more at the
    stop that needs it.  The handling words stand in the first row, the check-in behind the last.
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
            texts = {g: _bring(patrol, stop, g) for g in LANGUAGES}
            lines = [f"{word('bring', g)}: {text}" for g, text in texts.items() if text]
            texts_by_stop[patrol.file, stop.number] = "\n".join(lines)
    return texts_by_stop


def _sheet(patrol: Patrol, about: About, terms: str, closing: Sequence[Phrase]) -> str:
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    heads = [
        *map(_both, ("crew.number", "crew.arrival", "crew.departure")),
        *(word("crew.stop", language) for language in LANGUAGES),
        *map(
            _both, ("coordinates", "crew.drive", "crew.road", "crew.on_foot", "break")
        ),
        *(word("bring", language) for language in LANGUAGES),
        "handling",
    ]
    rows.writerow(heads)
    for stop in patrol.stops:
        starts = stop is patrol.stops[0]
        hours = (
            "" if starts else stop.arrival,
            "" if stop is patrol.stops[-1] else stop.departure,
        )
        drive = (
            ""
            if starts
            else f"{stop.drive_min.forms[FIRST]}, {stop.drive_km.forms[FIRST]}"
        )
        cells = [
            "" if stop.ends else str(stop.number),
            *hours,
            *(stop.name.forms[language] for language in LANGUAGES),
            stop.position,
            drive,
            " > ".join(road.forms[LANGUAGES[1]] for road in stop.roads),
            str(max(1, round(stop.walk_s / 120))) if stop.walk_s >= WALK_S else "",
            stop.pause,
            *(_bring(patrol, stop, language) for language in LANGUAGES),
        ]
        rows.writerow([*map(cell_text, cells), terms if starts else ""])
    calls = [f"{word('check_in', g)}: {overdue_call(about, g)}" for g in LANGUAGES]
    texts = [[text.forms[language] for language in LANGUAGES] for text in closing]
    for last in (
        ["", patrol.check_in, "", *calls],
        *(["", "", "", *map(cell_text, t)] for t in texts),
    ):
        rows.writerow([*last, *[""] * (len(heads) - len(last))])
    return MARK + stream.getvalue()


def _bring(patrol: Patrol, stop: Stop, language: str) -> str:
    """Return what to bring: at the start what all stops need, at a stop what it needs beside."""
    if stop is patrol.stops[0]:
        loads = [word(load, language) for load, stops in patrol.loads if not stops]
        unmet = [] if patrol.unmet is None else [patrol.unmet.forms[language]]
        return "; ".join([", ".join([patrol.amounts.forms[language], *loads]), *unmet])
    more = [text for kind, text in stop.bring.items() if kind not in patrol.everywhere]
    given = [] if stop.amounts is None else [stop.amounts]
    texts = [text.forms[language] for text in (*given, *more)]
    return "" if stop.ends else "; ".join(texts)


def _both(key: str) -> str:
    return " / ".join(word(key, language) for language in LANGUAGES)
