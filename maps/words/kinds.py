"""What a stop is, beside its name.

A railway station is often called by its town alone, in Albanian and Serbian above all, and what
OpenStreetMap calls a facility is often the name of its owner.  Public stops and monitoring points
are called by what they are.
"""

from collections.abc import Collection
from types import MappingProxyType
from typing import Final

from layers.schema import FACILITY_KINDS
from maps.words.catalogue import CARD, known, word

_BESIDE: Final = frozenset(("station", "crossing", "reception_centre", *FACILITY_KINDS))
"""Kinds that stand beside a name."""

_WORDS: Final = MappingProxyType(
    {
        "crossing": "layer.crossings",
        "monitoring_point": "layer.monitoring",
        "reception_centre": "layer.centres",
    }
)
"""Keys of kinds whose word on the stop cards is for the people who wait there."""


def with_kind(name: str, kind: str, language: str, towns: Collection[str] = ()) -> str:
    """Return the name of a stop, and after it its kind where the name does not hold that word.

    The kind is one of table `STOPS`.  No other place is called by a name of `towns` alone.

    >>> with_kind("Leshak", "station", "sq")
    'Leshak · stacion hekurudhor'
    >>> with_kind("Lesak railway station", "station", "en")
    'Lesak railway station'
    """
    key = _WORDS.get(kind, f"{CARD}kind.{kind}")
    if not known(key) or (kind not in _BESIDE and (name not in towns or kind == "town")):
        return name
    what = word(key, language)
    if what.casefold() in name.casefold():
        return name
    return f"{name} · {what[:1].lower()}{what[1:]}"
