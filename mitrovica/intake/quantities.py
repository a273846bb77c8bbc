"""Numbers as people write them in a table: degrees and minutes, metres with their unit, bounds."""

import re
from collections.abc import Callable
from datetime import datetime
from typing import Final, NamedTuple

from geo.schema import Column
from layers.readers.spelling import latin, plain
from layers.readers.tabular import parsing
from layers.readers.tabular.parsing import CLOCK, Cell, RefusedError
from mitrovica.intake.options import FileOptions
from mitrovica.intake.words import WORDS, months

_UNITS: Final = {word: unit for unit, words in WORDS["units"].items() for word in words}
_BOUNDS: Final = {
    word: bound for bound, words in WORDS["bounds"].items() for word in words
}
SCALES: Final = {"m": {"m": 1.0, "km": 1000.0}, "persons": {"persons": 1.0}}
"""By the unit of a column, what a unit in a cell stands for."""

_MEASURED: Final = re.compile(
    r"(?P<before>[^\d~±≈+-]*?)[\s±]*(?P<number>[+-]?\d[\d.,\s]*?)\s*(?P<after>[^\W\d]+)?\.?"
)


LONGEST: Final = 64
"""Letters of a cell beyond which it is no quantity: a form looks at all ways to cut it."""


def _matched(form: re.Pattern[str], text: str) -> re.Match[str] | None:
    return None if len(text) > LONGEST else form.fullmatch(text.strip())


class Measured(NamedTuple):
    """A number with what stands about it."""

    number: str
    scale: float
    """By which it is multiplied, to be in the unit of its column."""


def measured(text: str, unit: str | None) -> Measured | None:
    """Return the number in a cell with its unit, such as ``0,5 km``; None for another text.

    "At most" so far is what a radius says; "about" says no bound.

    >>> measured("do 200 m", "m"), measured("15 osoba", "persons"), measured("oko 200 m", "m")
    (Measured(number='200', scale=1.0), Measured(number='15', scale=1.0), None)
    """
    match = _matched(_MEASURED, text)
    scales = SCALES.get(unit or "")
    if match is None or scales is None:
        return None
    before, after = plain(match["before"]), plain(match["after"] or "")
    if before and not (unit == "m" and _BOUNDS.get(before) == "most"):
        return None
    scale = scales.get(_UNITS.get(after, "")) if after else 1.0
    number = re.sub(r"(?<=\d)\s(?=\d{3}\b)", "", match["number"].strip())
    return None if scale is None else Measured(number, scale)


Bounds = tuple[int | None, int | None]

_BOUNDED: Final = re.compile(
    r"(?P<before>[^\d]*?)\s*(?P<number>\d[\d\s\-–—/+doerit]*?)\s*(?P<after>[^\W\d]+)?\.?"
)
_RANGE: Final = re.compile(r"(\d{1,4})\s*(?:-|–|—|/|do|deri|to)\s*(\d{1,4})")


def bounds(text: str) -> Bounds | None:
    """Return least and most of a group as it is told; None where that is not clear.

    >>> bounds("10–15 osoba"), bounds("20+"), bounds("do 8"), bounds("vise od 20"), bounds("7")
    ((10, 15), (20, None), (None, 8), (21, None), (7, 7))
    >>> bounds("oko 15") is None
    True
    """
    match = _matched(_BOUNDED, latin(text))
    if match is None:
        return None
    after = plain(match["after"] or "")
    if after and _UNITS.get(after) != "persons":
        return None
    before, number = plain(match["before"]), match["number"].strip()
    both = _RANGE.fullmatch(number)
    if both and before in {"", "od", "nga"}:
        return int(both[1]), int(both[2])
    if not re.fullmatch(r"\d{1,4}\+?", number):
        return None
    count = int(number.rstrip("+"))
    if number.endswith("+"):
        return None if before else (count, None)
    by_bound: dict[str, Bounds] = {
        "least": (count, None),
        "most": (None, count),
        "above": (count + 1, None),
    }
    if not before:
        return count, count
    return by_bound.get(_BOUNDS.get(before, ""))


# ---- Degrees -----------------------------------------------------------------------------------

_SIDES: Final = {
    "lat": {"N": 1, "V": 1, "С": 1, "Ј": -1, "J": -1, "Ю": -1},
    "lon": {"E": 1, "I": 1, "L": 1, "И": 1, "W": -1, "P": -1, "Z": -1, "З": -1},
}
"""Letters of directions, of Serbian and Albanian words too: sever, veri, jug; istok, lindje, ...

`S` is south in English and north (*sever*) in Serbian.
"""
_BOTH: Final = "S"
_DEGREES: Final = re.compile(
    r"(?P<first>[^\W\d])?\s*(?P<sign>[+-]?)(?P<d>\d{1,3}(?:[.,]\d+)?)(?P<mark>\s*[°º˚:]|\s+)?\s*"
    r"(?:(?P<m>\d{1,2}(?:[.,]\d+)?)\s*['′’´`:]?\s*"
    r"(?:(?P<s>\d{1,2}(?:[.,]\d+)?)\s*(?:[\"″”“]|''|’’|′′)?\s*)?)?(?P<last>[^\W\d])?"
)
_POINT_PARTS: Final = (r"[;|]\s*|\n", r",\s+", r",(?=\s*[^\W\d\s])", r"\s*[/]\s*")
_AFTER_LETTER: Final = re.compile(r"(?<=[^\W\d])\s*[,;]?\s+(?=[\d+-])")
_BEFORE_LETTER: Final = re.compile(r"\s*[,;]?\s+(?=[^\W\d]\s*\d)")


def degrees(text: str, axis: str) -> list[float]:
    """Return what a cell of degrees, minutes and seconds can be; nothing for another text.

    Two values are the two sides of the equator: ``42°53'S`` is north where *S* is *sever*.

    >>> degrees("42°53.58' N", "lat"), degrees("20 52 29,3", "lon")[0] > 20.87
    ([42.893], True)
    >>> degrees("42°53'S", "lat")
    [-42.883333333333, 42.883333333333]
    """
    match = _matched(_DEGREES, text)
    if match is None:
        return []
    parts = [match[name] for name in "dms"]
    letters = [letter for letter in (match["first"], match["last"]) if letter]
    if len(letters) > 1 or not (letters or match["mark"]):
        return []
    if parts[1] and not match["mark"]:
        return []
    given = [part for part in parts if part is not None]
    if any(not part.isdigit() for part in given[:-1]):
        return []
    numbers = [float(part.replace(",", ".")) for part in given]
    if any(number >= 60 for number in numbers[1:]):
        return []
    value = round(sum(n / 60**k for k, n in enumerate(numbers)), 12)
    letter = letters[0].upper() if letters else ""
    if letter and match["sign"]:
        return []
    if letter == _BOTH and axis == "lat":
        return [-value, value]
    side = _SIDES[axis].get(letter, 0) if letter else 1
    return [side * value * (-1 if match["sign"] == "-" else 1)] if side else []


def half_unit_degrees(text: str) -> float | None:
    """Return half a unit of the last digit of degrees, minutes and seconds; None for other text.

    >>> round(half_unit_degrees("42°53'") * 111_195)
    927
    """
    match = _matched(_DEGREES, text)
    if match is None or not match["m"]:
        return None
    part = match["s"] or match["m"]
    decimals = len(re.split("[.,]", part)[1]) if re.search("[.,]", part) else 0
    unit: float = 60.0 ** -(2 if match["s"] else 1)
    return unit * 10.0**-decimals / 2


def point(text: str) -> tuple[str, str] | None:
    r"""Return latitude and longitude that stand in one cell, as texts; None for another text.

    >>> point("42.8930, 20.8748"), point("42,8930; 20,8748")
    (('42.8930', '20.8748'), ('42,8930', '20,8748'))
    >>> point("N 42°53.58' E 20°52.49'")
    ("N 42°53.58'", "E 20°52.49'")
    """
    if len(text) > LONGEST:
        return None
    text = text.strip().strip("()")
    cuts: list[Callable[[str], list[str]]] = [
        *(lambda t, cut=cut: re.split(cut, t) for cut in _POINT_PARTS),
        _AFTER_LETTER.split,
        _BEFORE_LETTER.split,
        lambda t: t.split() if t.count(" ") == 1 else [t],
        lambda t: t.split(",") if t.count(",") == 1 and "." in t else [t],
    ]
    for cut in cuts:
        parts = [part.strip() for part in cut(text) if part.strip()]
        if len(parts) == 2 and all(_is_coordinate(part) for part in parts):
            return parts[0], parts[1]
    return None


def _is_coordinate(text: str) -> bool:
    return bool(re.fullmatch(r"[+-]?\d{1,3}(?:[.,]\d+)?", text)) or bool(
        _DEGREES.fullmatch(text)
    )


# ---- Cells -------------------------------------------------------------------------------------

_NAMED: Final = re.compile(
    rf"(?P<day>\d\d?)\.?\s*(?P<month>[^\W\d]+)\.?,?\s*(?P<year>\d{{4}})\.?(?:,?\s+{CLOCK})?"
)


def value_of(
    cell: Cell, column: Column, options: FileOptions
) -> float | datetime | str:
    """Return what a cell that is not empty says in a column, as `parsing.value_of`.

    Degrees and minutes are read too, numbers with their unit, and days with the name of a month.
    """
    if isinstance(cell, str):
        if column.unit == "degree" and (sides := degrees(cell, column.name)):
            return parsing.limited(_on_side(sides, column, options), column)
        found = measured(cell, column.unit)
        if found and not parsing.readings_of(cell, column):
            value = parsing.reading(found.number, column, options, found.scale)
            return parsing.limited(value, column)
        if column.dtype == "datetime64[us]" and (match := _NAMED.fullmatch(cell)):
            month = months().get(plain(match["month"]))
            if month is not None:
                parts = match.groupdict() | {"month": str(month)}
                return parsing.past(parsing.calendar(parts), options)
    return parsing.value_of(cell, column, options)


def _on_side(sides: list[float], column: Column, options: FileOptions) -> float:
    """Return the degrees that are meant: those of the side on which the study lies."""
    if len(sides) > 1 and options.region is not None:
        west, south, east, north = options.region.bounds
        low, high = (south, north) if column.name == "lat" else (west, east)
        sides = [side for side in sides if low <= side <= high] or sides
    if len(sides) == 1:
        return sides[0]
    raise RefusedError(
        "S is south in English and north (sever) in Serbian",
        "write N or J, or the degrees with a sign",
    )
