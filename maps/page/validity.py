"""Until when a map may be used: what it shows changes, and it describes people at risk."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from typing import Final

from maps.words import names
from maps.words.catalogue import LANGUAGES, day, word
from maps.words.names import Texts

_LANGUAGE: Final = "en"
"""Of the terminal."""


def add_dates(texts: Texts, made: date | None, hold_days: int) -> date | None:
    """Put when a map was made and is to be renewed into `texts`, as ``marking.when``.

    Roads close, centres open, and where people go changes with the weather: past its date a map
    that is passed on says where people were, and serves nobody who brings help.

    Parameters
    ----------
    texts : names.Texts
    made : datetime.date, optional
        Without it the page says that the date is not stated.
    hold_days : int
        Days after which the map is out of date.

    Returns
    -------
    datetime.date, or None
        The last day on which the map is to be used.
    """
    if made is None:
        names.add_word(texts, "marking.when", "marking.undated")
        return None
    renew = made + timedelta(days=hold_days)
    when, expired = {}, {}
    for g in LANGUAGES:
        when[g] = word("marking.dates", g, made=day(made, g), renew=day(renew, g))
        expired[g] = word("marking.expired", g, renew=day(renew, g))
    names.add(texts, "marking.when", when)
    names.add(texts, "marking.out_of_date", expired)
    return renew


def cards_line(made: date, until: date, late: Sequence[date]) -> str:
    """Return what to tell who planned visits after the last day on which cards hold, and the cure.

    Parameters
    ----------
    made : datetime.date
        Day of the analysis that the plan rests on.
    until : datetime.date
        Last day on which map and cards hold.
    late : sequence of datetime.date
        Days of the visits after it, in order.
    """
    first, last = day(late[0], _LANGUAGE), day(late[-1], _LANGUAGE)
    when = f"on {first}" if first == last else f"from {first} to {last}"
    fresh = day(late[-1] - (until - made), _LANGUAGE)
    return (
        f"Map and stop cards hold until {day(until, _LANGUAGE)}, {(until - made).days} days after "
        f"the analysis of {day(made, _LANGUAGE)}: no card tells of the visits {when}. "
        f"Cure: mitrovica run again, on {fresh} or later"
    )
