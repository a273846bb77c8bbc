"""Words in every language of the page, from the one catalogue; numbers and dates by language."""

import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

LANGUAGES: Final = ("en", "sq", "sr-Latn", "sr-Cyrl")
"""BCP 47 tags, in the order of the switch on the page."""

FROM_RIGHT: Final = ("ar", "fa", "ps", "ur")
"""Languages that are read from the right."""

ON_CARDS: Final = (*FROM_RIGHT, "fr")
"""Languages of the stop cards beside those of `LANGUAGES`; only keys in `CARD` have them."""

UNREAD: Final = ("ar", "fr", "fa", "ps", "ur")
"""Languages in which no native reader has read all texts as they stand now."""

DEFAULT_CARD_LANGUAGES: Final = ("ar", "sq", "sr-Latn", "en")
"""Languages of the stop cards of a study that names none."""

CARD: Final = "card."
"""Start of the keys of what is printed on the stop cards."""

MONTHLY: Final = "monthly."
"""Start of the keys of the monthly brief."""

REFERRAL: Final = "referral."
"""Start of the keys of who helps with what."""

BREACH: Final = "breach."
"""Start of the keys of the rules that a plan breaks."""

DESK: Final = "desk."
"""Start of the keys of the desk's pages."""

LANGUAGE_NAMES: Final = MappingProxyType(
    {"en": "English", "sq": "Shqip", "sr-Latn": "Srpski", "sr-Cyrl": "Српски"}
)

_CYRILLIC: Final = "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ"
_LATIN: Final = (*"ABVGDĐEŽZIJKL", "Lj", "M", "N", "Nj", *"OPRSTĆUFHCČ", "Dž", "Š")
_TO_LATIN: Final = str.maketrans(
    dict(zip(_CYRILLIC, _LATIN, strict=True))
    | {c.lower(): latin.lower() for c, latin in zip(_CYRILLIC, _LATIN, strict=True)}
)


class WordError(KeyError):
    """A word or a language that the catalogue does not hold."""


def language_of(tag: str) -> str:
    """Return the language of `LANGUAGES` that `tag` names; ``sr`` alone is written in Latin.

    An unknown one raises `WordError`.
    """
    if tag == "sr":
        return "sr-Latn"
    if tag not in LANGUAGES:
        raise WordError(f"no language {tag!r}; there are {', '.join(LANGUAGES)}")
    return tag


def latin(text: str) -> str:
    """Return Serbian Cyrillic in Latin letters; what is Latin already stays as it is.

    >>> latin("Ђенерал Јанковић, OSM")
    'Đeneral Janković, OSM'
    """
    return text.translate(_TO_LATIN)


def written(name: str, language: str) -> str:
    """Return a name that has one form, such as that of a road: Cyrillic only for `sr-Cyrl`.

    >>> [written("Краља Милутина", g) for g in ("en", "sr-Cyrl")]
    ['Kralja Milutina', 'Краља Милутина']
    """
    return name if language == "sr-Cyrl" else latin(name)


@cache
def entries() -> Mapping[str, Mapping[str, Any]]:
    """Return the whole catalogue: key, then ``en``, ``sq``, ``sr``, on the cards others too."""
    text = resources.files("maps").joinpath("assets", "words.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


def word(key: str, language: str, **values: Any) -> str:
    """Return the text of `key` with `values` put in.

    A text that counts something takes the whole number `n`, and is in the form that goes with it.
    Raises `WordError` if the key or the language is not in the catalogue.

    >>> word("stops", "en", n=1), word("stops", "en", n=1200)
    ('1 stop', '1,200 stops')
    """
    text = _entry(key, language)
    if isinstance(text, dict):
        text = text[_plural_form(values["n"], language)]
        values["n"] = number(values["n"], language)
    return _put(text, language, values)


def known(key: str) -> bool:
    """Return whether the catalogue holds `key`."""
    return key in entries()


def plain(language: str) -> dict[str, str]:
    """Return every text that needs no values, by key: what the page can switch on its own."""
    elsewhere = (BREACH, CARD, DESK, MONTHLY, REFERRAL)
    texts = {
        key: _entry(key, language) for key in entries() if not key.startswith(elsewhere)
    }
    return {
        key: _put(text, language, {})
        for key, text in texts.items()
        if isinstance(text, str) and "{" not in text
    }


def of_desk(language: str) -> dict[str, str]:
    """Return the texts of the desk's pages, by key without its beginning."""
    return {
        key.removeprefix(DESK): word(key, language)
        for key in entries()
        if key.startswith(DESK)
    }


def number(value: float, language: str, digits: int = 0) -> str:
    """Return a number with the language's decimal and thousands separators.

    >>> number(1234.5, "en", 1), number(12.5, "sq", 1)
    ('1,234.5', '12,5')
    """
    text = f"{value:,.{digits}f}"
    return text if language == "en" else text.translate(str.maketrans(",.", "\u202f,"))


def percent(share: float) -> str:
    """Return a share from 0 to 1 as a whole number of per cent, without a sign."""
    return f"{100 * share:.0f}"


def day(when: date, language: str) -> str:
    """Return a date as the language writes it.

    >>> day(date(2026, 11, 30), "en")
    '30 November 2026'
    """
    month_name = _nth("months.after_day", when.month, language)
    return word("date.day", language, day=when.day, month=month_name, year=when.year)


def whole_day(when: date, language: str) -> str:
    """Return a date with the day of the week and the year."""
    weekday = word(f"{CARD}weekday.{when.isoweekday()}", language)
    return f"{weekday}, {day(when, language)}"


def short_day(when: date, language: str) -> str:
    """Return a date in few letters, with the day of the week and without the year.

    >>> short_day(date(2026, 11, 30), "en")
    'Mon 30 Nov'
    """
    names = {
        "weekday": _nth("weekdays.short", when.isoweekday(), language),
        "month": _nth("months.short", when.month, language),
    }
    return word("date.short", language, day=when.day, **names)


def month(when: date, language: str) -> str:
    """Return the month of a date, with its year, as the language writes it."""
    month_name = _nth("months", when.month, language)
    return word("date.month", language, month=month_name, year=when.year)


def period_name(period: str, language: str) -> str:
    """Return a period YYYY-MM, YYYY-Qn or YYYY-Hn as the language writes it.

    >>> period_name("2021-Q4", "en"), period_name("2021-10", "sr-Latn")
    ('4th quarter of 2021', 'oktobar 2021.')
    """
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return word(f"quarter.{part[1:]}", language, year=year)
    if part.startswith("H"):
        return word("monthly.half", language, n=part[1:], year=year)
    return month(date.fromisoformat(f"{period}-01"), language)


def _nth(key: str, n: int, language: str) -> str:
    """Return the n-th of the names that a key lists, from 1."""
    name: str = _entry(key, language)[n - 1]
    return _put(name, language, {})


def _entry(key: str, language: str) -> Any:
    if key not in entries():
        raise WordError(f"no word {key!r} in maps/assets/words.toml")
    column = language if language in ON_CARDS else language_of(language).split("-")[0]
    if column not in entries()[key]:
        raise WordError(
            f"word {key!r} has no {language} text in maps/assets/words.toml"
        )
    return entries()[key][column]


def _put(text: str, language: str, values: Mapping[str, object]) -> str:
    """Put values into a text, after the text alone was brought into Latin letters."""
    return (latin(text) if language in ("sr", "sr-Latn") else text).format_map(values)


def _plural_form(n: int, language: str) -> str:
    """Return the CLDR plural form of a whole number."""
    if not language.startswith("sr"):
        return "one" if n == 1 else "other"
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "other"
