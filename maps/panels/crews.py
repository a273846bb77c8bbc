"""A patrol's timetable as a table for its crew, to print or to open in a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Final

from layers.filenames import PATROLS
from layers.spreadsheet import shown
from maps.panels.timetable import Patrol, Stop
from maps.words.catalogue import word

LANGUAGES: Final = ("sq", "sr-Latn")
"""Of the heads, and of what is written twice: the languages of the crews."""

MARK: Final = "\ufeff"
"""By it a spreadsheet reads UTF-8."""


def sheets(patrols: Iterable[Patrol], handling: str) -> dict[str, str]:
    """Return a table for each patrol, by the name of its file: a row a stop.

    Minutes and kilometres are rounded; what every crew carries stands at the start, what is more
    at the stop that needs it.  The handling words stand in every row.
    """
    return {f"{PATROLS}/{patrol.file}.csv": _sheet(patrol, handling) for patrol in patrols}


def _sheet(patrol: Patrol, handling: str) -> str:
    stream = io.StringIO()
    rows = csv.writer(stream, lineterminator="\n")
    rows.writerow([*_heads(), "handling"])
    for stop in patrol.stops:
        cells = _cells(stop, starts=stop is patrol.stops[0], returns=stop is patrol.stops[-1])
        rows.writerow([*map(shown, cells), handling])
    return MARK + stream.getvalue()


def _heads() -> Iterator[str]:
    for key in ("crew.number", "crew.arrival", "crew.departure"):
        yield _both(key)
    yield from (word("crew.stop", language) for language in LANGUAGES)
    for key in ("coordinates", "crew.drive", "crew.road", "break"):
        yield _both(key)
    yield from (word("bring", language) for language in LANGUAGES)


def _cells(stop: Stop, *, starts: bool, returns: bool) -> Iterator[str]:
    yield "" if stop.ends else str(stop.number)
    yield "" if starts else stop.arrival
    yield "" if returns else stop.departure
    yield from (stop.name.forms[language] for language in LANGUAGES)
    yield stop.position
    drive = (stop.drive_min, stop.drive_km)
    yield "" if starts else ", ".join(one.forms[LANGUAGES[0]] for one in drive)
    yield " > ".join(road.forms[LANGUAGES[1]] for road in stop.roads)
    yield stop.pause
    for language in LANGUAGES:
        more = [text.forms[language] for text in stop.bring.values()]
        yield word("bring.always", language) if starts else "" if returns else "; ".join(more)


def _both(key: str) -> str:
    return " / ".join(word(key, language) for language in LANGUAGES)
