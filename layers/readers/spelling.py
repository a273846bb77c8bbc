"""Names as they are compared: Cyrillic as Latin, without diacritics and endings."""

import re
import unicodedata
from typing import Final

_CYRILLIC: Final = str.maketrans(
    dict(zip("абвгдђежзијклмнопрстћуфхцчш", "abvgddežzijklmnoprstćufhcčš", strict=True))
    | {"љ": "lj", "њ": "nj", "џ": "dž", "đ": "d", "ł": "l"}
)


def latin(text: str) -> str:
    """Return a text in small letters, Cyrillic ones as Latin.

    >>> latin("Од 5 до 7")
    'od 5 do 7'
    """
    return text.casefold().translate(_CYRILLIC)


def plain(text: str) -> str:
    """Return a text in small Latin letters without diacritics, its words apart by one space.

    >>> plain("Број  љ-људи (М.)"), plain("Gjerësia")
    ('broj lj ljudi m', 'gjeresia')
    """
    letters = latin(text)
    if not letters.isascii():
        apart = unicodedata.normalize("NFKD", letters)
        letters = "".join(sign for sign in apart if not unicodedata.combining(sign))
    return " ".join(re.findall(r"[a-z]+|\d+", letters))


def spelt(name: str) -> str:
    """Return a name as it is looked up: by `plain`, without the last vowels of a word.

    Albanian has several endings: Mitrovicë is one, Mitrovica the one; Zveçan and Zveçani, too.

    >>> {spelt(name) for name in ("Mitrovicë", "Mitrovica", "Митровица")}
    {'mitrovic'}
    """
    stems = re.sub(r"(?<=[a-z]{3})[aei]+\b", "", plain(name))
    return stems or name.strip().casefold()


def holds(name: str, text: str) -> bool:
    """Return whether a name holds a text, however the two are spelt."""
    wanted = text.strip().casefold()
    return wanted in name.casefold() or spelt(wanted) in spelt(name)
