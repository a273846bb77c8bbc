"""Until when a map may be used: past its date it says where people were, and serves nobody."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from maps.words.catalogue import day, word
from maps.words.phrases import Phrase, of_word, phrase


def dates(made: date | None, renew: date | None) -> list[Phrase]:
    """Return when a map was made and is to be renewed; without dates, that they are not stated."""
    if made is None or renew is None:
        return [of_word("marking.when", "marking.undated")]

    def text(name: str, language: str) -> str:
        return word(name, language, made=day(made, language), renew=day(renew, language))

    return [
        phrase("marking.when", lambda language: text("marking.dates", language)),
        phrase("marking.out_of_date", lambda language: text("marking.expired", language)),
    ]


def cards_line(made: date, until: date, late: Sequence[date]) -> str:
    """Return a message, in English, on visits after the last day on which map and cards hold.

    `made` is the day of the analysis that the plan rests on, `late` the days of these visits.
    """
    first, last = day(late[0], "en"), day(late[-1], "en")
    when = f"on {first}" if first == last else f"from {first} to {last}"
    fresh = day(late[-1] - (until - made), "en")
    return (
        f"Map and stop cards hold until {day(until, 'en')}, {(until - made).days} days after "
        f"the analysis of {day(made, 'en')}: no card tells of the visits {when}. "
        f"Fix: mitrovica run again, on {fresh} or later"
    )
