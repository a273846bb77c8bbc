"""Texts built from words, names and numbers, each in every language.

A function that writes a text returns it as a `Phrase`.  Whoever draws puts phrases into layers,
timetables and charts, and at the end `collected` finds them there:

    word, number, name -> Phrase -> Feature, Stop, Chart ... -> collected -> texts of the page
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from dataclasses import fields, is_dataclass
from typing import Final

from maps.words.catalogue import LANGUAGES, count, plain, word

_BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=(?:k?m|min|h|orë|%|к?м|мин|ч)(?!\w))")
"""The space before a unit."""


class Phrase(str):
    """The key of a text of the page, which carries the text in every language.

    Templates and the page's script take it as they take a key of the catalogue.  A key stands on a
    page for one text only; `forms` has that text for each of `LANGUAGES`.
    """

    __slots__ = ("forms",)
    forms: Mapping[str, str]

    def __new__(cls, key: str, forms: Mapping[str, str]) -> Phrase:
        """Make the string, and keep the text with it."""
        made = super().__new__(cls, key)
        made.forms = forms
        return made

    def __deepcopy__(self, memo: object) -> Phrase:
        """Return itself: it never changes."""
        return self


def phrase(key: str, text: Callable[[str], str]) -> Phrase:
    """Return the phrase whose text in a language is ``text(language)``.

    >>> phrase("night.of.2", lambda language: word("night.number", language, n=2)).forms["sq"]
    'Nata 2'
    """
    return Phrase(key, {language: text(language) for language in LANGUAGES})


def of_word(key: str, name: str, **values: object) -> Phrase:
    """Return the catalogue's text `name` with values put in; a phrase in each language.

    >>> of_word("k", "night.number", n=of_text("two", "2")).forms["sq"]
    'Nata 2'
    """

    def text(language: str) -> str:
        forms = {
            n: v.forms[language] if isinstance(v, Phrase) else v
            for n, v in values.items()
        }
        return word(name, language, **forms)

    return phrase(key, text)


def of_count(key: str, name: str, n: int) -> Phrase:
    """Return the catalogue's text `name` in the form that goes with the number `n`."""
    return phrase(key, lambda language: count(name, n, language))


def of_text(key: str, text: str) -> Phrase:
    """Return a text that is the same in every language."""
    return Phrase(key, dict.fromkeys(LANGUAGES, text))


def collected(*contents: object) -> dict[str, dict[str, str]]:
    """Return the texts of a page by language and key: those of the catalogue, and all phrases.

    The contents are dataclasses, mappings, lists and tuples, one in another.  A space between a
    number and its unit becomes a no-break space.
    """
    found = {str(one): one.forms for one in _phrases(contents)}
    return {
        language: {
            key: _BEFORE_UNIT.sub("\u00a0", text)
            for key, text in {
                **plain(language),
                **{key: forms[language] for key, forms in found.items()},
            }.items()
        }
        for language in LANGUAGES
    }


def _phrases(content: object) -> Iterator[Phrase]:
    """Yield the phrases that something holds."""
    if isinstance(content, Phrase):
        yield content
    elif isinstance(content, list | tuple):
        for item in content:
            yield from _phrases(item)
    elif isinstance(content, str | float | int):
        return  # most of a page, and quick to tell
    elif is_dataclass(content):
        for field in fields(content):
            yield from _phrases(getattr(content, field.name))
    elif isinstance(content, Mapping):
        yield from _phrases(tuple(content.values()))
