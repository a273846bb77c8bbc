"""Columns that look like personal data, by their header in three languages or by their content.

The toolkit needs nothing that identifies a person, so it takes no such column in.  A header or
a value that looks like personal data is enough to stop an import; the user decides.
"""

import re
import tomllib
from collections.abc import Iterable
from datetime import datetime
from itertools import pairwise
from typing import Final

import pandas as pd

from layers.readers.spelling import plain
from layers.readers.tabular.parsing import Cell, own_name, printable
from maps.page.escaping import asset

MASK: Final = "(hidden)"

_TERMS: Final = tomllib.loads(asset("personal_terms.toml", "mitrovica"))
"""Words of headers, in three languages, and forms of values."""

_VALUES: Final = {what: re.compile(form) for what, form in _TERMS["values"].items()}

_HARMLESS: Final = (
    r"(?:-?(?:0|[1-9][0-9]{0,2})(?:\.[0-9]+)?|[0-9]{4}-[0-9]{2}-[0-9]{2}|.{0,5})"
)
"""Small numbers, days and short words: none of the forms above."""

_NAME_SHARE: Final = 0.6
_BIRTH_BEFORE: Final = 2015


def header_suspicion(header: str) -> str | None:
    """Return what a header says its column holds of a person, or None.

    English, Albanian and Serbian in both scripts, with or without their diacritics.  The names
    of the groups that a question stands in say nothing.
    """
    words = _words(own_name(header))
    if words & set(_TERMS["place_words"]):
        return None
    for what, terms in _TERMS["words"].items():
        phrases = _TERMS["phrases"].get(what, ())
        if words & set(terms) or any(set(phrase) <= words for phrase in phrases):
            return str(what)
    return None


def value_suspicion(value: Cell) -> str | None:
    """Return what one value holds of a person by its form alone, or None."""
    text = f"{value:.0f}" if isinstance(value, float) and value.is_integer() else value
    if not isinstance(text, str):
        return None
    return next((what for what, form in _VALUES.items() if form.search(text)), None)


def content_suspicion(cells: pd.Series, *, describes: bool) -> str | None:
    """Return what a column's values say it holds of persons, or None.

    A column that mostly holds two to four capitalised words is taken for names, and dates mostly
    before 2015 for birth dates; not where it `describes` what was seen: there capitalised words are
    places and dates are days of observation.
    """
    doubtful = cells.dropna()
    if cells.dtype == "str" and len(doubtful):
        doubtful = doubtful[~doubtful.str.fullmatch(_HARMLESS).astype(bool)]
    for value in doubtful.unique():
        if what := value_suspicion(value):
            return what
    if describes:
        return None
    counts = cells.value_counts(sort=False)
    for what, looks in _LOOKS.items():
        like = counts[[looks(value) for value in counts.index.tolist()]].sum()
        if like and like >= _NAME_SHARE * counts.sum():
            return what
    return None


def masked(value: Cell, *, sensitive: bool) -> str:
    """Return a value as messages and files may show it.

    Text that looks like personal data is hidden, and so is any text with letters in it from a
    column that describes people.
    """
    if value is None:
        return ""
    text = printable(value)
    letters = sensitive and any(letter.isalpha() for letter in text)
    return MASK if letters or value_suspicion(value) else text


def masked_headers(headers: Iterable[str]) -> list[str]:
    """Return headers as messages may show them: a file without a header shows its first row."""
    return [masked(header, sensitive=False) for header in headers]


def _words(header: str) -> set[str]:
    spaced = re.sub(r"(?<=[a-zа-я])(?=[A-ZА-Я])", " ", header)
    words = re.findall(r"[a-z]+", plain(spaced))
    return {*words, *(a + b for a, b in pairwise(words))}


def _looks_like_name(value: Cell) -> bool:
    words = value.split() if isinstance(value, str) else []
    return 2 <= len(words) <= 4 and all(
        word.replace("-", "").replace("'", "").isalpha() and not word[0].islower()
        for word in words
    )


def _looks_like_birth(value: Cell) -> bool:
    if isinstance(value, datetime):
        return value.year < _BIRTH_BEFORE
    year = re.fullmatch(
        r"(?:(\d{4})-\d\d?-\d\d?|\d\d?[./]\s?\d\d?[./]\s?(\d{4})\.?)(?:[T ].*)?",
        str(value),
    )
    return year is not None and int(year[1] or year[2]) < _BIRTH_BEFORE


_LOOKS: Final = {"names": _looks_like_name, "birth dates": _looks_like_birth}
"""What most values of a column may look like."""
