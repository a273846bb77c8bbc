"""Names of places, roads, shifts and patrols, in each language; what is known of places beside."""

from collections.abc import Collection, Mapping
from functools import partial
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.crs import require_metric
from geo.schema import FACILITY_KINDS
from maps.words.catalogue import CARD, known, word, written
from maps.words.phrases import Phrase, Text, same

NAME_COLUMNS: Final = MappingProxyType(
    {
        "en": "name_en",
        "sq": "name_sq",
        "sr-Latn": "name_sr_latn",
        "sr-Cyrl": "name_sr_cyrl",
    }
)
"""Column of table `PLACES` that holds the name in each language."""

PlaceNames = Mapping[str, Phrase]
"""Names of places, facilities and stops, by id."""


def place_names(
    places: gpd.GeoDataFrame, facilities: gpd.GeoDataFrame, *stops: pd.DataFrame
) -> dict[str, Phrase]:
    """Return the names of tables `PLACES` and `FACILITIES`, and of stops that are in neither.

    A facility without a name is called by its kind.  The other tables have columns ``stop`` and
    ``name``.
    """
    names = {}
    for table in stops:
        called = table["name"].fillna(table["stop"]).astype(str)
        for stop, name in zip(table["stop"], called, strict=True):
            names[stop] = signed(name, f"place.{stop}")
    for row in pd.DataFrame(places).to_dict("records"):
        names[row["id"]] = Phrase(partial(place_name, row), f"place.{row['id']}")
    for row in pd.DataFrame(facilities).to_dict("records"):
        key = f"place.{row['id']}"
        if pd.isna(row["name"]):
            names[row["id"]] = Phrase(f"facility.{row['kind']}", key)
        else:
            names[row["id"]] = signed(row["name"], key)
    return names


def place_name(row: dict[Any, Any], language: str) -> str:
    """Return a place's name in a language, or in English where it has none."""
    name = row[NAME_COLUMNS[language]]
    return str(row["name_en"] if pd.isna(name) else name)


def signed(name: str, key: str = "", **forms: object) -> Phrase:
    """Return a name as it is signed, in the script of each language.

    `forms`, such as ``sr``, are names in other languages; what is not text is passed over.
    """

    def text(language: str) -> str:
        form = forms.get(language[:2])
        return written(form if isinstance(form, str) else name, language)

    return Phrase(text, key)


def in_serbian(roads: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the Serbian names of roads, table `WAYS`, by their names, where they are mapped."""
    return dict(roads[["name", "name_sr"]].dropna().itertuples(index=False, name=None))


def settlement_names(settlements: gpd.GeoDataFrame) -> list[Phrase]:
    """Return the names of table `SETTLEMENTS`."""
    return [
        signed(
            row["name"],
            f"village.{row['id']}",
            en=row["name_en"],
            sq=row["name_sq"],
            sr=row["name_sr"],
        )
        for row in pd.DataFrame(settlements).to_dict("records")
    ]


def split_roads(roads: str) -> list[str]:
    """Return the roads of a leg, in order."""
    return [road.strip() for road in roads.split(" > ") if road.strip()]


def shift_name(shift: str) -> Phrase:
    """Return the name of a shift: from the catalogue, else as the study calls it."""
    key = f"shift.{shift}"
    return Phrase(key if known(key) else same(shift.replace("_", " ")))


def patrol_name(shift: str, vehicle: int) -> Phrase:
    """Return the name of a patrol, such as "Evening, vehicle 2"."""
    return Phrase("patrol", shift=shift_name(shift), vehicle=vehicle)


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


def with_kind(
    name: Text, kind: str, towns: Collection[Text] = (), key: str = ""
) -> Phrase:
    """Return the name of a stop, and after it its kind where the name does not hold that word.

    Parameters
    ----------
    name : callable
        The name in each language.
    kind : str
        Of table `STOPS`.
    towns : collection of callable
        Names of towns: no other place is called by one of them alone.
    key : str
        Of the phrase.

    >>> with_kind(same("Leshak"), "station")("sq")
    'Leshak · stacion hekurudhor'
    >>> with_kind(same("Lesak railway station"), "station")("en")
    'Lesak railway station'
    """
    what = _WORDS.get(kind, f"{CARD}kind.{kind}")

    def text(language: str) -> str:
        form = name(language)
        is_town = kind != "town" and form in [town(language) for town in towns]
        if not known(what) or not (kind in _BESIDE or is_town):
            return form
        said = word(what, language)
        if said.casefold() in form.casefold():
            return form
        return f"{form} · {said[:1].lower()}{said[1:]}"

    return Phrase(text, key)


ROUGH_M: Final = 100.0
"""A place known no better than this is to be fixed on the ground."""

SAME_M: Final = 200.0
"""A facility this near to a place of the same sort is that place, in another source."""


def is_health(places: gpd.GeoDataFrame) -> pd.Series:
    """Tell which rows of table `PLACES` treat people: hospitals and clinics, no pharmacies."""
    return (places["kind"] == "health") | places["amenity"].isin(("clinic", "hospital"))


def not_among(
    facilities: gpd.GeoDataFrame, places: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return the facilities farther than `SAME_M` from each of some places of the same sort.

    Both are in the same CRS in metres; others raise `geo.crs.CRSError`.
    """
    require_metric(facilities=facilities, places=places)
    if places.empty:
        return facilities
    return facilities[facilities.distance(places.union_all()) > SAME_M]
