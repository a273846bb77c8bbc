"""Names of recipients: whether one is of those who enforce, however it is written.

A name is compared as a reader sees it: letters that look alike are the same letter, accents and
signs between letters do not count.
"""

import re
import tomllib
import unicodedata
from collections.abc import Iterator
from functools import cache
from typing import Any, Final

from maps.page.escaping import asset

LISTS: Final[dict[str, Any]] = tomllib.loads(asset("recipients.toml", "mitrovica"))
SCRIPTS: Final = ("LATIN", "CYRILLIC", "GREEK", "CHEROKEE")
"""Scripts whose letters look alike: no honest word mixes them."""
SHAPING: Final = frozenset("\u200c\u200d")
"""Invisible signs that Persian and Urdu need."""

_LOOKS: Final = str.maketrans(
    LISTS["look_alikes"]["letters"], LISTS["look_alikes"]["latin"]
)
_ONE_STROKE: Final = str.maketrans("l1|!", "iiii")
_LETTER_BY_LETTER: Final = re.compile(r"(?<=\b\w) (?=\w\b)")


def folded(name: str) -> str:
    """Return a name as all that look like it are folded, to compare names with each other.

    >>> folded("Dоctors wıthout Borders") == folded("DOCTORS  without Borders")
    True
    """
    seen = unicodedata.normalize("NFKC", name).translate(_LOOKS)
    return _plain(seen).translate(_ONE_STROKE)


def enforces(name: str) -> bool:
    """Return whether a name is that of police, border guard or another enforcement, or may be.

    Any office of a ministry of the interior is, but for the asylum department, whose own name must
    be there; police, border, readmission or detention in a name always count, and so does a word
    of two scripts.  A name that does not show what its bearer does is not recognised.

    >>> [enforces(f"{name}, Ministry of Internal Affairs") for name in ("Archive", "DCAM")]
    [True, False]
    """
    return (
        mixes(name)
        or _named(name, "words")
        or (_named(name, "ministry") and not _named(name, "asylum"))
    )


def governs(name: str) -> bool:
    """Return whether a name is that of a ministry or a government, but for the asylum department.

    >>> [governs(name) for name in ("Ministria e Shëndetësisë", "DCAM, Ministry", "Caritas")]
    [True, False, False]
    """
    return _named(name, "government") and not _named(name, "asylum")


def mixes(name: str) -> bool:
    """Return whether a word of a name mixes scripts whose letters look alike, or hides signs.

    >>> mixes("Dоctors"), mixes("Лекари без граница, MSF")
    (True, False)
    """
    words = re.findall(r"\w+", unicodedata.normalize("NFKC", name))
    hidden = any(unicodedata.category(sign) == "Cf" for sign in set(name) - SHAPING)
    return hidden or any(len(_scripts(word)) > 1 for word in words)


def one_line(name: str) -> bool:
    """Return whether a name has no sign that breaks a line or steers a terminal."""
    return not {unicodedata.category(sign) for sign in name} & {"Cc", "Zl", "Zp"}


def _named(name: str, part: str) -> bool:
    """Return whether a name has one of the words of a list, however it is written."""
    pattern = _pattern(part)
    ways = {*_ways(_plain(name)), *_ways(folded(name))}
    return any(pattern.search(way) for way in ways)


@cache
def _pattern(part: str) -> re.Pattern[str]:
    """Return what finds one of the words of a list, as they are or folded."""
    words = [_plain(word, signs=True) for word in LISTS["enforcement"][part]]
    return re.compile(
        "|".join([*words, *(word.translate(_ONE_STROKE) for word in words)])
    )


def _scripts(word: str) -> set[str]:
    names = (unicodedata.name(letter, "").partition(" ")[0] for letter in word)
    return {name for name in names if name in SCRIPTS}


def _plain(text: str, *, signs: bool = False) -> str:
    """Return small letters without accents and invisible characters; maybe with other signs."""
    apart = unicodedata.normalize("NFKD", text.casefold())
    seen = (
        letter for letter in apart if unicodedata.category(letter) not in ("Mn", "Cf")
    )
    plain = "".join(seen)
    return plain if signs else " ".join(plain.split())


def _ways(name: str) -> Iterator[str]:
    """Yield a name with signs between letters taken for spaces, or for nothing."""
    for sign in (" ", ""):
        words = " ".join(re.sub(r"[^\w\s]|_", sign, name).split())
        yield words
        yield _LETTER_BY_LETTER.sub("", words)
