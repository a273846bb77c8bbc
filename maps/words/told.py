"""What the program says, in every language of the page: found by the form of its English.

Readers and commands write English, on the terminal and in files.  The desk shows it in the language
of who works there; a text that is not among those of ``told.toml`` stays English.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, NamedTuple

from maps.words.catalogue import (
    BREACH,
    DESK,
    LANGUAGES,
    MONTHLY,
    entries,
    known,
    latin,
    word,
)

FIX = ". Fix: "
"""What stands between a problem and what to do."""


ROW = re.compile(r", row (?=\d)")
"""What names a row of a file before what is said of it."""

FROM_CATALOGUE = (
    BREACH,
    "patrol",
    "shift.",
    "left.",
    "admit.",
    f"{MONTHLY}lang.",
    "overdue_call",
)
"""Beginnings of keys whose texts stand in what commands say."""
VALUE = re.compile(r"\{(\w+)\}")
"""What differs, in a form."""
NUMBER = r"[\d.,]+"
CLOCK = r"\d\d:\d\d"
SHAPES = MappingProxyType(
    {
        "vehicle": r"\d+",
        "n": NUMBER,
        "percent": NUMBER,
        "score": NUMBER,
        "language": r"\w+",
        "clock": CLOCK,
        "hour": CLOCK,
    }
)
"""What a value looks like, by its name; any other may be any text."""
LISTS = re.compile("(, |; |: )")
"""What stands between the parts of a value."""

ONE_WORD = re.compile(r"[\w-]+")

LONGEST = 2_000
"""A longer text is none of the program's: it holds what stood in a file."""
PLACES = 4
"""What is said stands behind so many places at most: a file, a sheet, a row, a column."""

PROBLEM = "problem"
"""The value of a form that is itself a text to be known."""
ON_PAGE = MappingProxyType({"tier": "tier", "purpose": "purpose", "values": "value"})
"""Values that have a word of the page, by their name in a form, and what that word is of."""


WORDED = frozenset({"accepted", "bank", "groups", "outcome", "period", "shift", "span"})
"""Values that may be a word by itself.  Others may be keys or columns, which stay as they are."""


class _Form(NamedTuple):
    """A text with names in braces for what differs."""

    english: re.Pattern[str]
    texts: Mapping[str, str]
    """By ``sq`` and ``sr``, which is Cyrillic."""


@cache
def _texts() -> tuple[Mapping[str, str], ...]:
    file = resources.files("maps").joinpath("assets", "told.toml")
    return tuple(tomllib.loads(file.read_text("utf-8"))["told"])


@cache
def _words() -> Mapping[str, Mapping[str, str]]:
    """Return the words by themselves, such as heads of tables, by their English."""
    return {text["en"]: text for text in _texts() if ONE_WORD.fullmatch(text["en"])}


@cache
def _forms() -> tuple[_Form, ...]:
    texts = [text for text in _texts() if text["en"] not in _words()]
    texts += [
        text
        for key, text in entries().items()
        if key.startswith(FROM_CATALOGUE) and isinstance(text["en"], str)
    ]
    # What says more is looked at first: others may hold it as a value.  What stands before a
    # problem is none of its values.
    texts.sort(key=lambda text: len(VALUE.sub("", text["en"])), reverse=True)
    texts.sort(key=lambda text: f"{{{PROBLEM}}}" not in text["en"])
    return tuple(_Form(_pattern(text["en"]), text) for text in texts)


def _pattern(english: str) -> re.Pattern[str]:
    parts = VALUE.split(english)
    texts = [re.escape(part) for part in parts]
    texts[1::2] = [f"(?P<{name}>{SHAPES.get(name, '.*?')})" for name in parts[1::2]]
    return re.compile("".join(texts), re.DOTALL)


def each_told(parts: Iterable[Any]) -> list[Any]:
    """Return what is said line by line, each as `told`, a table cell by cell; no empty line."""
    return [_part_told(part) for part in parts if part != ""]


def _part_told(part: Any) -> Any:
    if isinstance(part, str):
        return told(part)
    if "rows" not in part:
        return part
    return {
        "title": told(part["title"]),
        "head": [_cell(name) for name in part["head"]],
        "rows": [[_cell(cell) for cell in row] for row in part["rows"]],
    }


def _cell(text: str) -> Mapping[str, str] | str:
    return _word(text) or told(text)


def _word(text: str) -> dict[str, str] | None:
    """Return a word by itself by language; None where it is not known."""
    if text not in _words():
        return None
    return {**_translated(_words()[text]), "en": text}


def _translated(text: Mapping[str, str]) -> dict[str, str]:
    """Return a text of ``told.toml`` by language of the page; Serbian in both scripts."""
    serbian = text["sr"]
    return {"sq": text["sq"], "sr-Latn": latin(serbian), "sr-Cyrl": serbian}


def told(text: str) -> Mapping[str, str] | str:
    """Return what is said by language; the text itself where it is not known.

    It may stand behind its place: a file, a row, a column.

    >>> told("this is not a date. Fix: check the year")["sq"]
    'kjo nuk është datë. Shikoni vitin'
    """
    if len(text) > LONGEST:
        return text
    whole = text.removesuffix(".")
    by_part = [_told(part) for part in whole.split(FIX)]
    parts = [part for part in by_part if part is not None]
    if len(parts) < len(by_part):
        return text
    end = text[len(whole) :]
    by_language = {}
    for language in LANGUAGES:
        fixes = [_sentence(fix, language) for fix in parts[1:]]
        by_language[language] = ". ".join([parts[0][language], *fixes]) + end
    return {**by_language, "en": text}


def _sentence(fix: Mapping[str, str], language: str) -> str:
    """Return what to do as a sentence; a key, which is the same in every language, as it is."""
    key, _, _ = fix["en"].partition(" ")
    text = fix[language]
    if text.startswith(f"{key} "):
        return text
    return text[:1].upper() + text[1:]


def _told(text: str, places: int = PLACES) -> dict[str, str] | None:
    place, mark, what = text.partition(": ")
    # What ends a sentence is no place.
    is_place = mark and places and ". " not in place
    behind = _told(what, places - 1) if is_place else None
    if behind is None:
        return _of_form(text)
    before = _of_form(place) or _in_rows(place)
    return {
        language: f"{before[language]}: {said}" for language, said in behind.items()
    }


def _in_rows(place: str) -> dict[str, str]:
    """Return a place, a file and perhaps its row, by language."""
    by_language = {}
    for language in LANGUAGES:
        row = word(f"{DESK}row", language).lower()
        by_language[language] = ROW.sub(f", {row} ", place)
    return by_language


def _of_form(text: str) -> dict[str, str] | None:
    for form in _forms():
        found = form.english.fullmatch(text)
        values = found and _values(found.groupdict())
        if values is not None:
            by_language = {
                language: filled.format_map(values[language])
                for language, filled in _translated(form.texts).items()
            }
            return {**by_language, "en": text}
    return None


def _values(found: Mapping[str, str]) -> Mapping[str, Mapping[str, str]] | None:
    """Return what differs, by language; None where a problem among it is not known."""
    values: dict[str, dict[str, str]] = {language: {} for language in LANGUAGES}
    for name, value in found.items():
        by_language = _of_form(value) if name == PROBLEM else _value(name, value)
        if by_language is None:
            return None
        for language, text in by_language.items():
            values[language][name] = text
    return values


def _value(name: str, value: str) -> dict[str, str]:
    """Return what differs, by language: what is known, as a whole or part by part of a list.

    Values of a column, tiers and purposes are called as on the page; such values all or none.
    """
    whole = _known(name, value)
    if whole is not None:
        return whole
    parts = LISTS.split(value)
    each = [_known(name, part) for part in parts]
    if name == "values" and None in each[::2]:
        each = [None] * len(parts)
    return {
        language: "".join(
            part if said is None else said[language]
            for part, said in zip(parts, each, strict=True)
        )
        for language in LANGUAGES
    }


def _known(name: str, value: str) -> dict[str, str] | None:
    as_word = _word(value) if name in WORDED else None
    return as_word or _of_form(value) or _on_page(name, value)


def _on_page(name: str, value: str) -> dict[str, str] | None:
    key = f"{DESK}{ON_PAGE.get(name)}.{value}"
    if name not in ON_PAGE or not known(key):
        return None
    return {language: word(key, language) for language in LANGUAGES}
