"""What stands on a stop card: its texts, and the day and hours at which patrols serve a stop.

The texts are those of the catalogue, and what a study puts in their place.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Final

import geopandas as gpd
import pandas as pd
from markupsafe import Markup

from geo.params.types import hint
from maps.page.escaping import asset, template
from maps.page.figure import policy
from maps.words.catalogue import (
    CARD,
    DEFAULT_CARD_LANGUAGES,
    FROM_RIGHT,
    UNREAD,
    entries,
    latin,
    word,
)
from maps.words.catalogue import day as in_words

Night = tuple[date | None, gpd.GeoDataFrame]
"""The day on which a night begins, or None where it is not known; its table `STOPS`."""

DAY_S: Final = 86_400

_STEP_S: Final = 300
_LEAST_S: Final = 600
"""Steps in which hours are printed, and the shortest stretch that is rounded."""

_PARTS: Final = ((3, "night"), (12, "morning"), (17, "afternoon"), (24, "evening"))
"""Hour before which each part of the day ends."""

NAMES: Final[Mapping[str, str]] = {
    "ar": "Arabic",
    "en": "English",
    "fa": "Persian",
    "fr": "French",
    "ps": "Pashto",
    "sq": "Albanian",
    "sr-Latn": "Serbian",
    "ur": "Urdu",
}


class CardError(ValueError):
    """A text of a study that no card has."""


@dataclass(frozen=True, order=True)
class Span:
    """From when until when people are served, in seconds from midnight."""

    begin_s: int
    end_s: int

    @property
    def part(self) -> str:
        """Key of the part of the day in which they begin."""
        parts = (name for hour, name in _PARTS if self.begin_s < hour * 3600)
        return f"{CARD}{next(parts)}"


@dataclass(frozen=True)
class ServedTime:
    """One stretch of time in which a stop is served."""

    day: date | None
    """Day of the calendar: a visit at four in the morning is on the day after the night's own."""
    hours: Span


def visits(nights: Sequence[Night]) -> dict[str, tuple[ServedTime, ...]]:
    """Return when each stop is served, by stop in the order of the timetable.

    Departures, returns and breaks serve nobody.  Stretches that overlap or touch, of whatever
    vehicle or shift, are one.  A stretch is rounded inward to whole steps of five minutes, so that
    nobody waits outdoors without a vehicle; one of less than ten minutes is not rounded.
    """
    spans: dict[str, list[tuple[int, int]]] = {}
    for night, stops in nights:
        midnight = (night.toordinal() if night else 0) * DAY_S
        end = midnight + stops["departure_s"] - stops["walk_s"] // 2
        rows = pd.DataFrame(
            {"stop": stops["stop"], "begin": end - stops["service_s"], "end": end}
        )
        for stop, begin, until in rows[stops["service_s"] > 0].itertuples(index=False):
            spans.setdefault(str(stop), []).append((int(begin), int(until)))
    dated = all(night is not None for night, _ in nights)
    served = {}
    for stop, stretches in spans.items():
        merged = _merged(stretches)
        served[stop] = tuple(_visit(begin, end, dated=dated) for begin, end in merged)
    return served


def split_at(
    served: Mapping[str, tuple[ServedTime, ...]], until: date
) -> tuple[dict[str, tuple[ServedTime, ...]], list[date]]:
    """Return the visits up to a day, by stop, and the days of the visits after it, in order.

    Visits without a date are with the first.
    """
    in_time: dict[str, tuple[ServedTime, ...]] = {}
    late: set[date] = set()
    for stop, times in served.items():
        late.update(time.day for time in times if time.day and time.day > until)
        holding = tuple(time for time in times if not time.day or time.day <= until)
        if holding:
            in_time[stop] = holding
    return in_time, sorted(late)


def too_late_line(made: date, until: date, late: Sequence[date]) -> str:
    """Return a message, in English, on visits after the last day on which map and cards hold.

    `made` is the day of the analysis that the plan rests on, `late` the days of these visits.
    """
    first, last = in_words(late[0], "en"), in_words(late[-1], "en")
    when = f"on {first}" if first == last else f"from {first} to {last}"
    fresh = in_words(late[-1] - (until - made), "en")
    return (
        f"Map and stop cards are valid until {in_words(until, 'en')}, {(until - made).days} days "
        f"after the analysis of {in_words(made, 'en')}: no card tells of the visits {when}. "
        f"Fix: mitrovica run again, on {fresh} or later"
    )


def _merged(spans: Iterable[tuple[int, int]]) -> list[tuple[int, int]]:
    """Return spans in order, those that overlap or touch made one."""
    merged: list[tuple[int, int]] = []
    for begin, end in sorted(spans):
        if merged and begin <= merged[-1][1]:
            merged[-1] = merged[-1][0], max(end, merged[-1][1])
        else:
            merged.append((begin, end))
    return merged


def _visit(begin: int, end: int, *, dated: bool) -> ServedTime:
    """Return a visit in the whole steps within a span, or in the span where they are too few."""
    first_step = -(-begin // _STEP_S) * _STEP_S
    last_step = end // _STEP_S * _STEP_S
    if last_step - first_step >= _LEAST_S:
        begin, end = first_step, last_step
    number, begin_s = divmod(begin, DAY_S)
    day = date.fromordinal(number) if dated else None
    return ServedTime(day, Span(begin_s, end - number * DAY_S))


@dataclass(frozen=True)
class Texts:
    """What is printed on the cards."""

    corrected: Mapping[str, Mapping[str, str]] = field(default_factory=dict)
    """Texts by key and language; a study's own, see `layers.readers.study.files`."""
    read: tuple[str, ...] = ()
    """Languages that a native reader has read, beside those without a draft."""

    def __post_init__(self) -> None:
        """Refuse a text that no card has."""
        keys = card_keys()
        wrong = [key for key in self.corrected if key not in keys]
        if wrong:
            raise CardError(
                f"no text of the cards is called {wrong[0]}. {hint(wrong[:1], keys)}"
            )

    def say(self, key: str, language: str) -> str:
        """Return a text in a language of the cards."""
        text = self.corrected.get(key, {}).get(language.split("-", maxsplit=1)[0])
        if text is None:
            return word(key, language)
        return latin(text) if language == "sr-Latn" else text

    def draft(self, languages: Iterable[str]) -> str:
        """Return a note for the coordinator on languages that nobody has read; else nothing."""
        unread = [NAMES[g] for g in languages if g in UNREAD and g not in self.read]
        if not unread:
            return ""
        return f"Not yet read by a native reader: {', '.join(unread)}. Have it read before use."


def card_keys() -> list[str]:
    """Return the keys of all texts of the cards."""
    return [key for key in entries() if key.startswith(CARD)]


def in_order(languages: Iterable[str]) -> tuple[str, ...]:
    """Return languages of a study's settings as the catalogue calls them, each once."""
    tags = ("sr-Latn" if language == "sr" else language for language in languages)
    return tuple(dict.fromkeys(tags)) or DEFAULT_CARD_LANGUAGES


def reading_page(texts: Texts, handling: str) -> str:
    """Return a page with the texts in every language side by side, to be read and corrected.

    It asks for nothing, and saves what is corrected as ``words.toml``; the handling words stand in
    its head.
    """
    languages = {
        # The study's key; Serbian is shown in Latin letters, as on the cards.
        "sr" if tag == "sr-Latn" else tag: (
            name,
            tag,
            tag in FROM_RIGHT,
            tag in UNREAD and tag not in texts.read,
        )
        for tag, name in NAMES.items()
    }
    html = template("cards.html").render(
        csp=Markup("@CSP@"),
        handling=handling,
        languages=languages,
        keys=card_keys(),
        say=texts.say,
        script=Markup(asset("cards.js")),
    )
    return html.replace("@CSP@", policy(html, tiles=False), 1)
