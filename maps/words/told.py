"""What the program says, in every language of the page: found by the form of its English.

Readers and commands write English, on the terminal and in files.  The desk shows it in the language
of who works there; a text that is not among those of ``told.toml`` stays English.
"""

import re
import tomllib
from collections.abc import Iterable, Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple, TypeVar

from maps.words.catalogue import DESK, LANGUAGES, known, latin, word

FIX = ". Fix: "
"""What stands between a problem and what to do."""


ROW = re.compile(r", row (?=\d)")
"""What names a row of a file before what is said of it."""

LONGEST = 2_000
"""A longer text is none of the program's: it holds what stood in a file."""
PLACES = 4
"""What is said stands behind so many places at most: a file, a sheet, a row, a column."""

Part = TypeVar("Part")


class _Form(NamedTuple):
    """A text with names in braces for what differs."""

    english: re.Pattern[str]
    texts: Mapping[str, str]
    """By ``sq`` and ``sr``, which is Cyrillic."""


@cache
def _forms() -> tuple[_Form, ...]:
    file = resources.files("maps").joinpath("assets", "told.toml")
    entries = tomllib.loads(file.read_text("utf-8"))["told"]
    return tuple(_Form(_pattern(entry["en"]), entry) for entry in entries)


def _pattern(english: str) -> re.Pattern[str]:
    parts = re.split(r"\{(\w+)\}", english)
    texts = [re.escape(part) for part in parts]
    texts[1::2] = [f"(?P<{name}>.*?)" for name in parts[1::2]]
    return re.compile("".join(texts), re.DOTALL)


def each_told(
    parts: Iterable[Part | str],
) -> list[Part | Mapping[str, str] | str]:
    """Return what is said line by line, each as `told`; what is no text stays as it is."""
    return [told(one) if isinstance(one, str) else one for one in parts]


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
        first, *fixes = (part[language] for part in parts)
        sentences = [first, *(fix[:1].upper() + fix[1:] for fix in fixes)]
        by_language[language] = ". ".join(sentences) + end
    return {**by_language, "en": text}


def _told(text: str, places: int = PLACES) -> dict[str, str] | None:
    place, mark, what = text.partition(": ")
    behind = _told(what, places - 1) if mark and places else None
    if behind is None:
        return _of_form(text)
    before = _of_form(place) or _in_rows(place)
    return {
        language: f"{before[language]}: {said}"
        for language, said in behind.items()
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
        if found := form.english.fullmatch(text):
            serbian = form.texts["sr"]
            texts = {
                "sq": form.texts["sq"],
                "sr-Latn": latin(serbian),
                "sr-Cyrl": serbian,
            }
            by_language = {
                language: filled.format_map(_values(found, language))
                for language, filled in texts.items()
            }
            return {**by_language, "en": text}
    return None


def _values(found: re.Match[str], language: str) -> dict[str, str]:
    """Return what differs; values of a column, tiers and purposes are called as on the page."""
    values = found.groupdict()
    for name in ("tier", "purpose"):
        key = f"{DESK}{name}.{values.get(name)}"
        if known(key):
            values[name] = word(key, language)
    if "values" in values:
        named = values["values"].split(", ")
        keys = [f"{DESK}value.{value}" for value in named]
        if all(map(known, keys)):
            values["values"] = ", ".join(word(key, language) for key in keys)
    return values
