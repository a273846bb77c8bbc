"""Names of the sections of corridors, in every language."""

from collections.abc import Mapping
from typing import Any

import geopandas as gpd
import pandas as pd

from geo.movement.sections import place_names
from maps.words.catalogue import word, written
from maps.words.names import PlaceNames
from maps.words.phrases import Phrase, phrase


def by_short_name(places: gpd.GeoDataFrame, names: PlaceNames) -> dict[str, Phrase]:
    """Return names of places by the short English name that sections use: a town first."""
    ordered = places.sort_values("kind", key=lambda kind: kind != "town", kind="stable")
    short = place_names(ordered)
    return {
        name: names[place] for name, place in zip(short[::-1], ordered["id"][::-1], strict=True)
    }


def section_name(row: Mapping[Any, Any], local: PlaceNames) -> Phrase:
    """Return a section's name: its road, and the places that it runs between."""

    def place(column: str, lang: str) -> str:
        name = row[column]
        return str(name) if lang == "en" or name not in local else local[name].forms[lang]

    def text(lang: str) -> str:
        way = _way(row, lang)
        if not pd.isna(row["from_place"]):
            ends = {"start": place("from_place", lang), "end": place("to_place", lang)}
            return word("section.between", lang, way=way, **ends)
        if not pd.isna(row["near_place"]):
            return word("section.near", lang, way=way, place=place("near_place", lang))
        return way

    return phrase(f"section.{row['section']}", text)


def _way(row: Mapping[Any, Any], lang: str) -> str:
    """Return what a corridor is called: a road's number or name, or the railway."""
    if row["corridor"] == "railway":
        return word("section.railway", lang)
    if pd.isna(row["road"]):
        return word("section.unnumbered", lang)
    road = written(str(row["road"]), lang)
    numbered = any(letter.isdigit() for letter in road)
    return word("section.road", lang, ref=road) if numbered else road
