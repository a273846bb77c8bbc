"""Texts built from words, names and numbers, each in every language.

A function that writes a text returns it as a `Phrase`.  Whoever draws puts phrases into layers,
timetables and charts, and at the end `collected` finds them there:

    word, number, name -> Phrase -> Feature, Stop, Chart ... -> collected -> texts of the page
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import fields, is_dataclass
from hashlib import sha256
from typing import Any, Final, Self

from maps.words.catalogue import LANGUAGES, plain, word

_BEFORE_UNIT: Final = re.compile(r"(?<=\d) (?=(?:k?m|min|h|orë|%|к?м|мин|ч)(?!\w))")
"""The space before a unit."""

LISTED: Final = 4
"""Texts that one line lists at most."""

Text = Callable[[str], str]
"""Takes a language and returns a text."""


class Phrase(str):
    """The key of a text of the page, which carries the text in every language.

    Templates and the page's script take it as they take a key of the catalogue.  A key stands on a
    page for one text only.

    Parameters
    ----------
    text : str or callable
        A key of the catalogue; or what takes a language, of `LANGUAGES`, and returns the text.
    key : str
        On the page, for a text that a template or a script asks for by name.  Else it is that of
        the catalogue, and behind it, where values are put in, a digest of the text.
    **values
        What is put into the text of the catalogue.  Of a phrase its text in the language, of a list
        of phrases these texts with commas between; what can be called is called with the language.

    >>> night = Phrase("night.number", n=2)
    >>> str(night), night.forms["sq"]
    ('night.number.0e078e97a6c6', 'Nata 2')
    >>> Phrase("minutes", n=lambda language: "5").forms["en"]
    '5 min'
    """

    __slots__ = ("_forms", "_text", "_values")
    _text: str | Text
    _values: dict[str, Any]
    _forms: dict[str, str]

    def __new__(cls, text: str | Text, key: str = "", /, **values: Any) -> Self:
        """Make the string, and keep with it what its texts are made of."""
        catalogued = text if isinstance(text, str) else ""
        forms: dict[str, str] = {}
        if not key and (values or not catalogued):
            forms = {g: _form(text, values, g) for g in LANGUAGES}
            digest = sha256("\0".join(forms.values()).encode()).hexdigest()
            key = f"{catalogued}.{digest[:12]}"
        phrase = super().__new__(cls, key or catalogued)
        phrase._text, phrase._values, phrase._forms = text, values, forms
        return phrase

    @property
    def forms(self) -> Mapping[str, str]:
        """The text in each of `LANGUAGES`."""
        if not self._forms:
            self._forms.update({language: self(language) for language in LANGUAGES})
        return self._forms

    def __call__(self, language: str) -> str:
        """Return the text in a language."""
        form = self._forms.get(language)
        return form or _form(self._text, self._values, language)

    def __deepcopy__(self, memo: object) -> Phrase:
        """Return itself: it never changes."""
        return self


def _form(text: str | Text, values: Mapping[str, Any], language: str) -> str:
    if callable(text):
        return text(language)
    said = {name: _said(value, language) for name, value in values.items()}
    return word(text, language, **said)


def _said(value: Any, language: str) -> Any:
    if isinstance(value, list):
        return ", ".join(_said(part, language) for part in value)
    return value(language) if callable(value) else value


def same(text: str) -> Text:
    """Return a text that is the same in every language."""
    return lambda _language: text


class Joined(Phrase):
    """Texts one after the other, with a separator between; empty ones are left out.

    >>> Joined(", ", [Phrase("start"), same(""), Phrase("break")], "both").forms["en"]
    'Start, Break'
    """

    __slots__ = ()

    def __new__(cls, separator: str, parts: Sequence[Text], key: str = "", /) -> Self:
        """Make the string, and keep the texts with it."""

        def text(language: str) -> str:
            return separator.join(filter(None, [part(language) for part in parts]))

        return super().__new__(cls, text, key)


class Spoken(str):
    """An English text, for a terminal or a file, that has its other languages with it.

    >>> line = Spoken(Phrase("minutes", n=5), ".")
    >>> str(line), line.forms["sr-Cyrl"]
    ('5 min.', '5 мин.')
    """

    __slots__ = ("forms",)
    forms: Mapping[str, str]

    def __new__(cls, *parts: Text | str) -> Self:
        """Put texts one after the other; one that is no phrase is alike in every language."""
        forms = {
            language: "".join(
                part(language) if callable(part) else part for part in parts
            )
            for language in LANGUAGES
        }
        spoken = super().__new__(cls, forms["en"])
        spoken.forms = forms
        return spoken

    def __call__(self, language: str) -> str:
        """Return the text in a language."""
        return self.forms[language]


def listed(parts: Sequence[Text]) -> Phrase:
    """Return texts with commas between, the first few of many; that there is none, if none."""
    more = len(parts) - LISTED
    if more > 0:
        parts = [*parts[:LISTED], Phrase("and_more", n=more)]
    return Joined(", ", parts or [Phrase("nothing")])


def capital(phrase: Phrase) -> Phrase:
    """Return a text that begins with a capital letter."""

    def text(language: str) -> str:
        form = phrase(language)
        return form[:1].upper() + form[1:]

    return Phrase(text)


def collected(*contents: object) -> dict[str, dict[str, str]]:
    """Return the texts of a page by language and key: those of the catalogue, and all phrases.

    The contents are dataclasses, mappings, lists and tuples, one in another.  A space between a
    number and its unit becomes a no-break space.

    Raises ValueError if two texts have one key.
    """
    forms_by_key: dict[str, Mapping[str, str]] = {}
    for phrase in _phrases(contents):
        forms = forms_by_key.setdefault(str(phrase), phrase.forms)
        if forms != phrase.forms:
            texts = f"{forms['en']!r} and {phrase.forms['en']!r}"
            raise ValueError(f"two texts have the key {str(phrase)!r}: {texts}")
    by_language = {}
    for language in LANGUAGES:
        forms_of_page = {key: forms[language] for key, forms in forms_by_key.items()}
        by_language[language] = {
            key: _BEFORE_UNIT.sub("\u00a0", text)
            for key, text in (plain(language) | forms_of_page).items()
        }
    return by_language


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
