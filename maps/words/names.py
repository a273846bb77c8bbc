"""Texts of a page that come from data, in each language, by key."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date
from typing import Any

import geopandas as gpd
import pandas as pd

from maps.words.catalogue import (
    LANGUAGES,
    NAME_COLUMNS,
    count,
    known,
    plain,
    whole_day,
    word,
    written,
)

Texts = dict[str, dict[str, str]]
"""Language, then key, then text."""


def texts() -> Texts:
    """Return the catalogue's plain texts in every language, to be added to."""
    return {language: plain(language) for language in LANGUAGES}


def add(into: Texts, key: str, by_language: dict[str, str]) -> str:
    """Put one text in every language into `into`, and return its key."""
    for language in LANGUAGES:
        into[language][key] = by_language[language]
    return key


def add_word(into: Texts, key: str, name: str, **values: object) -> str:
    """Put a catalogue word with its values into `into` as `key`, and return the key."""
    return add(into, key, {lang: word(name, lang, **values) for lang in LANGUAGES})


def add_count(into: Texts, key: str, name: str, n: int) -> str:
    """Put a counted catalogue word into `into` as `key`, and return the key."""
    return add(into, key, {lang: count(name, n, lang) for lang in LANGUAGES})


def add_same(into: Texts, key: str, text: str) -> str:
    """Put a text that is the same in every language into `into`, and return its key."""
    return add(into, key, dict.fromkeys(LANGUAGES, text))


def add_places(into: Texts, places: gpd.GeoDataFrame) -> None:
    """Put the names of places into `into` as ``place.<id>``; English stands for a missing one."""
    for row in places.to_dict("records"):
        add(into, f"place.{row['id']}", {lang: place_name(row, lang) for lang in LANGUAGES})


def add_facilities(into: Texts, facilities: gpd.GeoDataFrame) -> None:
    """Put names of facilities into `into` as ``place.<id>``; one without a name is its kind."""
    for row in facilities.to_dict("records"):
        key = f"place.{row['id']}"
        if pd.isna(row["name"]):
            add_word(into, key, f"facility.{row['kind']}")
        else:
            add_written(into, key, str(row["name"]))


def add_road(into: Texts, road: str) -> str:
    """Put the number or name of a road into `into`, and return its key."""
    return add_written(into, f"way.{road}", road)


def add_written(into: Texts, key: str, name: str) -> str:
    """Put a name of one form into `into`, in the script of each language; return its key."""
    return add(into, key, {lang: written(name, lang) for lang in LANGUAGES})


def add_named(into: Texts, ids: Iterable[str], names: Iterable[Any]) -> None:
    """Put names that have one form into `into` as ``place.<id>``, where no place has them yet."""
    for name_id, name in zip(ids, names, strict=True):
        if f"place.{name_id}" not in into[LANGUAGES[0]]:
            add_written(into, f"place.{name_id}", str(name_id if pd.isna(name) else name))


def place_name(row: dict[Any, Any], language: str) -> str:
    """Return a place's name in a language, or in English where it has none."""
    name = row[NAME_COLUMNS[language]]
    return str(row["name_en"] if pd.isna(name) else name)


def add_day(into: Texts, when: date) -> str:
    """Put a date with its day of the week into `into`, and return its key."""
    return add(into, f"day.{when}", {lang: whole_day(when, lang) for lang in LANGUAGES})


def shift_name(shift: str, language: str) -> str:
    """Return the name of a shift: from the catalogue, else as the study calls it."""
    key = f"shift.{shift}"
    return word(key, language) if known(key) else shift.replace("_", " ")


def patrol_name(shift: str, vehicle: int, language: str, when: str = "") -> str:
    """Return the name of a patrol, such as "Mon 30 Nov · Evening, vehicle 2"."""
    name = word("patrol", language, shift=shift_name(shift, language), vehicle=vehicle)
    return f"{when} · {name}" if when else name
