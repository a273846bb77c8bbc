"""Quantities as phrases, in each language's own way of writing numbers."""

from functools import partial
from math import ceil
from typing import Final

from maps.words.catalogue import number, percent
from maps.words.phrases import Phrase, Text

SHORT_MIN: Final = 5
"""A drive of fewer minutes is short."""

HOURS_FROM_MIN: Final = 120
"""Walking times from here on are given in hours."""


def figure(value: float, digits: int = 0) -> Text:
    """Return a number without a unit."""
    return partial(number, value, digits=digits)


def minutes(value: float) -> Phrase:
    """Return a number of minutes, rounded to whole ones."""
    return _quantity("minutes", round(value))


def driving(between: float, seconds: float) -> Phrase:
    """Return the minutes of a drive: those between two written times, which are cut to minutes.

    A short drive that takes longer is given as less than the next minute: else it would seem faster
    than it is.

    >>> [driving(m, s).forms["en"] for m, s in ((0, 40), (1, 95), (2, 120), (12, 777))]
    ['< 1 min', '< 2 min', '2 min', '12 min']
    """
    n = f"{between:.0f}"
    if seconds > 60 * between and between < SHORT_MIN:
        n = f"< {between + 1:.0f}"
    return Phrase("minutes", n=n)


def about_minutes(value: float) -> Phrase:
    """Return a number of minutes, rounded up: help is not said to be nearer than it is.

    >>> [about_minutes(n).forms["en"] for n in (0, 0.2, 7.1)]
    ['1 min', '1 min', '8 min']
    """
    return minutes(max(1, ceil(value)))


def kilometres(value: float) -> Phrase:
    """Return a number of kilometres, to tenths."""
    return _quantity("kilometres", value, 1)


def metres(value: float) -> Phrase:
    """Return a number of metres, rounded to whole ones."""
    return _quantity("metres", round(value))


def share(value: float) -> Phrase:
    """Return a share from 0 to 1, in whole per cent."""
    return Phrase("percent", n=percent(value))


def walking(value: float) -> Phrase:
    """Return a walking time in minutes: in minutes, or in whole hours where it is long."""
    if value < HOURS_FROM_MIN:
        return Phrase("minutes", n=round(value))
    return Phrase("hours", n=round(value / 60))


def _quantity(unit: str, value: float, digits: int = 0) -> Phrase:
    return Phrase(unit, n=figure(value, digits))
