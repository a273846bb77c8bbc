"""Names of places, roads, shifts and patrols, in each language."""

from collections.abc import Mapping
from datetime import date
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from maps.words.catalogue import known, whole_day, word, written
from maps.words.phrases import Phrase, of_word, phrase

NAME_COLUMNS: Final = MappingProxyType(
    {"en": "name_en", "sq": "name_sq", "sr-Latn": "name_sr_latn", "sr-Cyrl": "name_sr_cyrl"}
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
    names = {
        stop: signed(f"place.{stop}", str(stop if pd.isna(name) else name))
        for table in stops
        for stop, name in zip(table["stop"], table["name"], strict=True)
    }
    for row in places.to_dict("records"):
        names[row["id"]] = _place_phrase(row)
    for row in facilities.to_dict("records"):
        key = f"place.{row['id']}"
        if pd.isna(row["name"]):
            names[row["id"]] = of_word(key, f"facility.{row['kind']}")
        else:
            names[row["id"]] = signed(key, str(row["name"]))
    return names


def _place_phrase(row: dict[Any, Any]) -> Phrase:
    return phrase(f"place.{row['id']}", lambda language: place_name(row, language))


def place_name(row: dict[Any, Any], language: str) -> str:
    """Return a place's name in a language, or in English where it has none."""
    name = row[NAME_COLUMNS[language]]
    return str(row["name_en"] if pd.isna(name) else name)


def signed(key: str, name: str, **forms: object) -> Phrase:
    """Return a name as it is signed, in the script of each language.

    `forms`, such as ``sr``, are names in other languages; what is no text is passed over.
    """

    def text(language: str) -> str:
        own = forms.get(language[:2])
        return written(own if isinstance(own, str) else name, language)

    return phrase(key, text)


def in_serbian(roads: gpd.GeoDataFrame) -> dict[str, str]:
    """Return the Serbian names of roads, table `WAYS`, by their names, where they are mapped."""
    return dict(roads[["name", "name_sr"]].dropna().itertuples(index=False, name=None))


def settlement_names(settlements: gpd.GeoDataFrame) -> list[Phrase]:
    """Return the names of table `SETTLEMENTS`."""
    return [
        signed(
            f"village.{row['id']}", row["name"],
            en=row["name_en"], sq=row["name_sq"], sr=row["name_sr"],
        )
        for row in settlements.to_dict("records")
    ]  # fmt: skip


def day_name(when: date) -> Phrase:
    """Return a date with its day of the week."""
    return phrase(f"day.{when}", lambda language: whole_day(when, language))


def shift_name(shift: str, language: str) -> str:
    """Return the name of a shift: from the catalogue, else as the study calls it."""
    key = f"shift.{shift}"
    return word(key, language) if known(key) else shift.replace("_", " ")


def patrol_name(shift: str, vehicle: int, language: str, when: str = "") -> str:
    """Return the name of a patrol, such as "Mon 30 Nov · Evening, vehicle 2"."""
    name = word("patrol", language, shift=shift_name(shift, language), vehicle=vehicle)
    return f"{when} · {name}" if when else name
