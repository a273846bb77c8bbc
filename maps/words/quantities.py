"""Quantities as texts of a page, in each language's own way of writing numbers."""

from __future__ import annotations

import re
from typing import Final

from maps.words import names
from maps.words.catalogue import LANGUAGES, number, word
from maps.words.names import Texts

HOURS_FROM_MIN: Final = 120
"""Walking times from here on are told in hours."""


_UNIT: Final = re.compile(r"(?<=\d) (?=(?:k?m|min|h|orë|%|к?м|мин|ч)(?!\w))")
"""The space before a unit."""


def keep_units(texts: Texts) -> None:
    """Put no-break spaces between numbers and their units: a line that ends there misleads."""
    for said in texts.values():
        said.update({key: _UNIT.sub("\u00a0", text) for key, text in said.items()})


def minutes(texts: Texts, value: float) -> str:
    """Return the key of a number of minutes, rounded to whole ones."""
    n = round(value)
    forms = {g: word("minutes", g, n=number(n, g)) for g in LANGUAGES}
    return names.add(texts, f"minutes.{n}", forms)


def kilometres(texts: Texts, value: float) -> str:
    """Return the key of a number of kilometres, to one decimal."""
    n = f"{value:.1f}"
    forms = {g: word("kilometres", g, n=number(float(n), g, 1)) for g in LANGUAGES}
    return names.add(texts, f"kilometres.{n}", forms)


def metres(texts: Texts, value: float) -> str:
    """Return the key of a number of metres, rounded to whole ones."""
    n = round(value)
    forms = {g: word("metres", g, n=number(n, g)) for g in LANGUAGES}
    return names.add(texts, f"metres.{n}", forms)


def percent(texts: Texts, share: float) -> str:
    """Return the key of a share from 0 to 1, in whole per cent."""
    n = f"{100 * share:.0f}"
    return names.add_word(texts, f"percent.{n}", "percent", n=n)


def percent_range(texts: Texts, low: float, high: float) -> str:
    """Return the key of two shares from 0 to 1, in whole per cent."""
    n = f"{100 * low:.0f}–{100 * high:.0f}"
    return names.add_word(texts, f"percent.{n}", "percent", n=n)


def walking(value: float, language: str) -> str:
    """Return a walking time in minutes, in words: minutes, or whole hours where it is long."""
    if value < HOURS_FROM_MIN:
        return word("minutes", language, n=round(value))
    return word("hours", language, n=round(value / 60))
