"""What a stop is, told beside its name where the name alone does not say it.

A railway station is often called by its town alone, in Albanian and Serbian above all.
"""

from __future__ import annotations

import unicodedata
from types import MappingProxyType
from typing import Final

from maps.words.catalogue import CARD, latin, word

_RAILWAY: Final = "rail hekurudh tren zelezni"
_HEALTH: Final = (
    "ambulan amf apotek barnato bolnic clinic health hospital klinik medic mjek pharm qkmf qmf "
    "shend spital zdrav"
)
_SAID: Final = MappingProxyType(
    {
        "station": _RAILWAY,
        "railway_station": _RAILWAY,
        "bus_station": "bus",
        "transport": "bus",
        "taxi": "taksi taxi",
        "health": _HEALTH,
        "hospital": _HEALTH,
        "clinic": _HEALTH,
        "pharmacy": "apotek barnato farm pharm",
        "market": "market pijac treg",
        "service": "community hall komun opstin post shtepi zajednic zyr",
        "townhall": "hall komun opstin",
        "parking": "park",
        "worship": "church crkv dzamij kish manastir monaster mosque xhami",
        "police": "polic",
        "institution": "coordinator koordinator",
        "reception_centre": "prihvat prit reception",
        "crossing": "aerodrom aeroport airport border crossing gate granic kapij kufi porta prelaz",
        "border_control": "border granic kufi prelaz",
        "monitoring_point": "bus gate hekurudh kapij lagj mahal porta prug rail taksi taxi transit",
        "drinking_water": "cesm uje vod water",
        "social_facility": "social",
        "fuel": "benzin fuel karburant petrol pump",
        "shelter": "shelter skloni streh",
    }
)
"""Parts of words by which a name says its kind in any language: small letters, no accents."""

_WORDS: Final = MappingProxyType(
    {
        "crossing": "layer.crossings",
        "monitoring_point": "layer.monitoring",
        "reception_centre": "layer.centres",
    }
)
"""Keys of kinds whose word on the stop cards is for the people who wait there."""


def with_kind(name: str, kind: str, note: object, language: str) -> str:
    """Return the name of a stop, and after it what it is where the name does not say so.

    Parameters
    ----------
    name : str
        In the language.
    kind : str
        Of table `STOPS`.  Kinds that need no word, such as a town, are not told.
    note : str or null
        Of table `PLACES`: what a public stop is.
    language : str
        Of `words.LANGUAGES`.

    Examples
    --------
    >>> with_kind("Leshak", "station", None, "sq")
    'Leshak · stacion hekurudhor'
    >>> with_kind("Lesak railway station", "station", None, "en")
    'Lesak railway station'
    """
    about = str(note) if kind == "public_stop" else kind
    if about not in _SAID or any(part in _plain(name) for part in _SAID[about].split()):
        return name
    what = word(_WORDS.get(about, f"{CARD}kind.{about}"), language)
    return f"{name} · {what[:1].lower()}{what[1:]}"


def _plain(name: str) -> str:
    """Return a name in small Latin letters without accents."""
    apart = unicodedata.normalize("NFD", latin(name).casefold())
    return "".join(letter for letter in apart if not unicodedata.combining(letter))
