"""Words in every language of the page, from the one catalogue; numbers and dates by language."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Mapping
from datetime import date
from functools import cache
from importlib import resources
from types import MappingProxyType
from typing import Any, Final

LANGUAGES: Final = ("en", "sq", "sr-Latn", "sr-Cyrl")
"""BCP 47 tags, in the order of the switch on the page."""

ARABIC: Final = "ar"
"""Language of the stop cards beside those of `LANGUAGES`; only keys in `CARD` have it."""

CARD: Final = "card."
"""Start of the keys of what is printed on the stop cards."""

LANGUAGE_NAMES: Final = MappingProxyType(
    {"en": "English", "sq": "Shqip", "sr-Latn": "Srpski", "sr-Cyrl": "Српски"}
)

NAME_COLUMNS: Final = MappingProxyType(
    {"en": "name_en", "sq": "name_sq", "sr-Latn": "name_sr_latn", "sr-Cyrl": "name_sr_cyrl"}
)
"""Column of table `PLACES` that holds the name in each language."""

_CYRILLIC: Final = "АБВГДЂЕЖЗИЈКЛЉМНЊОПРСТЋУФХЦЧЏШ"
_LATIN: Final = (*"ABVGDĐEŽZIJKL", "Lj", "M", "N", "Nj", *"OPRSTĆUFHCČ", "Dž", "Š")
_TO_LATIN: Final = str.maketrans(
    dict(zip(_CYRILLIC, _LATIN, strict=True))
    | {c.lower(): latin.lower() for c, latin in zip(_CYRILLIC, _LATIN, strict=True)}
)

_DIGRAPHS: Final = MappingProxyType({"lj": "љ", "nj": "њ", "dž": "џ"})
_TO_CYRILLIC: Final = str.maketrans(
    {latin: c for c, latin in zip(_CYRILLIC, _LATIN, strict=True) if len(latin) == 1}
    | {latin.lower(): c.lower() for c, latin in zip(_CYRILLIC, _LATIN, strict=True)
       if len(latin) == 1}
)  # fmt: skip

_SERBIAN: Final = re.compile(
    r"[čćđšž]|\b(?:bolnica|bulevar|cara|dom|kneza|kralja|policijska|put|stanica|sveti|svetog|ulica|"
    r"vojske|vojvode|zdravlja)\b",
    re.IGNORECASE,
)
"""A letter that Albanian has not, or a word that is Serbian alone."""

_NOT_SERBIAN: Final = re.compile(r"[^a-zčćđšž\W\d_]|[qwxy]", re.IGNORECASE)
"""A letter that Serbian has not: Albanian ç and ë are among them."""

_NUMERAL: Final = re.compile(r"[IVXLCM]+")

_MONTHS: Final = MappingProxyType(
    {
        "en": "January February March April May June July August September October November "
        "December",
        "sq": "janar shkurt mars prill maj qershor korrik gusht shtator tetor nëntor dhjetor",
        "sr": "јануара фебруара марта априла маја јуна јула августа септембра октобра новембра "
        "децембра",
    }
)


_SR_MONTHS: Final = (
    "јануар", "фебруар", "март", "април", "мај", "јун", "јул", "август", "септембар", "октобар",
    "новембар", "децембар",
)  # fmt: skip
"""Alone, without a day before them."""


_SHORT_DAYS: Final = MappingProxyType(
    {
        "en": "Mon Tue Wed Thu Fri Sat Sun",
        "sq": "hën mar mër enj pre sht die",
        "sr": "пон уто сре чет пет суб нед",
    }
)
"""From Monday on; as Unicode's CLDR abbreviates them, and the months below."""

_SHORT_MONTHS: Final = MappingProxyType(
    {
        "en": "Jan Feb Mar Apr May Jun Jul Aug Sep Oct Nov Dec",
        "sq": "jan shk mar pri maj qer korr gush sht tet nën dhj",
        "sr": "јан феб мар апр мај јун јул авг сеп окт нов дец",
    }
)


LISTED: Final = 4
"""Names that one line lists at most."""


class WordError(KeyError):
    """A word or a language that the catalogue does not hold."""


def language_of(tag: str) -> str:
    """Return the language of `LANGUAGES` that `tag` names; ``sr`` alone is written in Latin.

    Raises
    ------
    WordError
        If there is no such language.
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


def cyrillic(text: str) -> str:
    """Return a Serbian text in Cyrillic letters; Roman numerals stay as they are.

    The text must be Serbian: see `written`.

    >>> cyrillic("Kralja Petra I, Ljubljana, Njegoševa, Džamija")
    'Краља Петра I, Љубљана, Његошева, Џамија'
    """

    def put(match: re.Match[str]) -> str:
        if _NUMERAL.fullmatch(match[0]):
            return match[0]
        joined = re.sub("lj|nj|dž", _digraph, match[0], flags=re.IGNORECASE)
        return joined.translate(_TO_CYRILLIC)

    return re.sub(r"\w+", put, text)


def _digraph(match: re.Match[str]) -> str:
    letter = _DIGRAPHS[match[0].lower()]
    return letter.upper() if match[0][0].isupper() else letter


def written(name: str, language: str) -> str:
    """Return a name of one form, as it is signed, in the script of a language.

    Cyrillic is written in Latin letters for all but Serbian Cyrillic.  There a Latin name is
    written in Cyrillic where it is Serbian beyond doubt: by a letter that Albanian has not, or a
    word that is Serbian alone, and without a letter that Serbian has not.  Any other name stays
    as it is.

    Parameters
    ----------
    name : str
        Such as the name of a road or a facility in OpenStreetMap.
    language : str
        Of `LANGUAGES`.

    Examples
    --------
    >>> [written("Краља Милутина", g) for g in ("en", "sr-Cyrl")]
    ['Kralja Milutina', 'Краља Милутина']
    >>> [written(n, "sr-Cyrl") for n in ("Dom Zdravlja", "Shala e Bajgorës", "Artim Jashari")]
    ['Дом Здравља', 'Shala e Bajgorës', 'Artim Jashari']
    """
    if language != "sr-Cyrl":
        return latin(name)
    serbian = _SERBIAN.search(name) and not _NOT_SERBIAN.search(name)
    return cyrillic(name) if serbian else name


@cache
def catalogue() -> Mapping[str, Mapping[str, Any]]:
    """Return the whole catalogue: key, then ``en``, ``sq``, ``sr``, on the cards ``ar`` too."""
    text = resources.files("maps").joinpath("assets", "words.toml").read_text("utf-8")
    return MappingProxyType(tomllib.loads(text))


def word(key: str, language: str, **values: object) -> str:
    """Return the text of `key` with `values` put in.

    Raises
    ------
    WordError
        If the key or the language is not in the catalogue.
    """
    return _put(_entry(key, language), language, values)


def count(key: str, n: int, language: str) -> str:
    """Return the text of `key` in the form that goes with the number `n`.

    Raises
    ------
    WordError
        If the key or the language is not in the catalogue.
    """
    forms = _entry(key, language)
    return _put(forms[_form(n, language)], language, {"n": number(n, language)})


def known(key: str) -> bool:
    """Return whether the catalogue holds `key`."""
    return key in catalogue()


def plain(language: str) -> dict[str, str]:
    """Return every text that needs no values, by key: what the page can switch on its own."""
    texts = {key: _entry(key, language) for key in catalogue() if not key.startswith(CARD)}
    return {
        key: _put(text, language, {})
        for key, text in texts.items()
        if isinstance(text, str) and "{" not in text
    }


def number(value: float, language: str, digits: int = 0) -> str:
    """Return a number with the language's decimal and thousands separators."""
    text = f"{value:,.{digits}f}"
    return text if language == "en" else text.translate(str.maketrans(",.", "\u202f,"))


def day(when: date, language: str) -> str:
    """Return a date as the language writes it."""
    months = _MONTHS[_source(language)].split()
    month = months[when.month - 1]
    if _source(language) == "sr":
        return _put(f"{when.day}. {month} {when.year}.", language, {})
    return f"{when.day} {month} {when.year}"


def weekday(when: date, language: str) -> str:
    """Return the day of the week of a date."""
    return word(f"{CARD}weekday.{when.isoweekday()}", language)


def whole_day(when: date, language: str) -> str:
    """Return a date with the day of the week and the year."""
    return f"{weekday(when, language)}, {day(when, language)}"


def short_weekday(when: date, language: str) -> str:
    """Return the day of the week of a date in few letters.

    >>> short_weekday(date(2026, 11, 30), "sr-Latn")
    'pon'
    """
    return _put(_SHORT_DAYS[_source(language)].split()[when.weekday()], language, {})


def short_day(when: date, language: str) -> str:
    """Return a date in few letters, with the day of the week and without the year.

    >>> short_day(date(2026, 11, 30), "en")
    'Mon 30 Nov'
    """
    source, name = _source(language), short_weekday(when, language)
    month = _SHORT_MONTHS[source].split()[when.month - 1]
    if source == "sr":
        return _put(f"{name} {when.day}. {month}", language, {})
    return f"{name} {when.day} {month}"


def month(when: date, language: str) -> str:
    """Return the month of a date, with its year, as the language writes it."""
    if _source(language) == "sr":
        return _put(f"{_SR_MONTHS[when.month - 1]} {when.year}.", language, {})
    return f"{_MONTHS[_source(language)].split()[when.month - 1]} {when.year}"


def listed(items: list[str], language: str) -> str:
    """Return items joined by commas, the first few of many."""
    if not items:
        return word("nothing", language)
    rest = [word("and_more", language, n=len(items) - LISTED)] if len(items) > LISTED else []
    return ", ".join([*items[:LISTED], *rest])


def _source(language: str) -> str:
    """Return the catalogue's column for a language."""
    return "sr" if language.startswith("sr") else language


def _tag(language: str) -> str:
    """Return the language that `language` names, Arabic among them."""
    return ARABIC if language == ARABIC else language_of(language)


def _entry(key: str, language: str) -> Any:
    if key not in catalogue():
        raise WordError(f"no word {key!r} in maps/assets/words.toml")
    entry = catalogue()[key]
    if _source(_tag(language)) not in entry:
        raise WordError(f"word {key!r} has no {language} text in maps/assets/words.toml")
    return entry[_source(_tag(language))]


def _put(text: str, language: str, values: Mapping[str, object]) -> str:
    """Put values into a text, after the text alone was brought into Latin letters."""
    written = latin(text) if _tag(language) == "sr-Latn" else text
    return written.format_map(values)


def _form(n: int, language: str) -> str:
    """Return the CLDR plural form of a whole number."""
    if _source(language) != "sr":
        return "one" if n == 1 else "other"
    if n % 10 == 1 and n % 100 != 11:
        return "one"
    return "few" if n % 10 in (2, 3, 4) and n % 100 not in (12, 13, 14) else "other"
