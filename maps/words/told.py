"""What the readers of files say, in every language of the page: found by the form of its English.

Readers write English, on the terminal and in files.  The desk shows it in the language of who works
there; a text that is not among those of ``told.toml`` stays English.
"""

import re
import tomllib
from collections.abc import Mapping
from functools import cache
from importlib import resources
from typing import NamedTuple

from maps.words.catalogue import DESK, LANGUAGES, known, latin, word

FIX = ". Fix: "
"""What stands between a problem and what to do."""


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


def told(text: str) -> Mapping[str, str] | str:
    """Return what a reader says by language; the text itself where it is not known.

    >>> told("this is not a date. Fix: check the year")["sq"]
    'kjo nuk është datë. shikoni vitin'
    """
    by_part = [_told(part) for part in text.removesuffix(".").split(FIX)]
    parts = [part for part in by_part if part is not None]
    if len(parts) < len(by_part):
        return text
    by_language = {
        language: ". ".join(part[language] for part in parts)
        for language in LANGUAGES
    }
    return {**by_language, "en": text}


def _told(text: str) -> dict[str, str] | None:
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
    """Return what differs; values of a column are called as on the page."""
    values = found.groupdict()
    if "values" in values:
        named = values["values"].split(", ")
        keys = [f"{DESK}value.{value}" for value in named]
        if all(map(known, keys)):
            values["values"] = ", ".join(word(key, language) for key in keys)
    return values
