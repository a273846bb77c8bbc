"""Where help is likely needed, why a stop is where it is, and what to bring there."""

from __future__ import annotations

from math import floor
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from geo.results import Access
from layers.schema import NEED_PARTS, WGS84
from maps.page import style
from maps.page.layer import Drawing
from maps.words import names, quantities
from maps.words.catalogue import LANGUAGES, number, word
from maps.words.names import Texts

LEAST_SHARE: Final = 0.005
"""A smaller part of a stop's need is not told: it would read 0 %."""

FAR_MIN: Final = 30.0
"""Help farther than this on foot is brought along: half an hour, the first class of the map of
walking times."""

BRINGS: Final = ("water", "health", "reception", "police", "community")
"""Kinds of help that a crew brings where they are far.  Never what a sighting's record says that
people needed: that is about persons."""

LEAST_PX: Final = 1.5
LARGEST_PX: Final = 9.0
"""Radii of a point with next to no need, and of the largest; the area follows the need."""

CLASSES: Final = 8
"""Different radii of a part."""


def drawings(need: gpd.GeoDataFrame) -> list[Drawing]:
    """Return the need as points, a layer for each part, from bottom to top.

    Parameters
    ----------
    need : geopandas.GeoDataFrame, table `NEED`, any CRS
    """
    drawn = []
    placed = need.to_crs(WGS84)
    for part in reversed(NEED_PARTS):
        some = need[part] > 0
        if some.any():
            value = need.loc[some, part]
            steps = np.ceil(CLASSES * np.sqrt(value / value.max())) / CLASSES
            radii = (LEAST_PX + (LARGEST_PX - LEAST_PX) * steps).round(1).tolist()
            drawn.append(Drawing(style.NEED[part], placed[some].geometry, radii=tuple(radii)))
    return drawn


def why(texts: Texts, stop_need: pd.DataFrame, stop: str) -> str:
    """Return the key of why a stop is where it is: its need, by part; empty if none is known.

    Parameters
    ----------
    texts : names.Texts
        The text is added to it.
    stop_need : pandas.DataFrame, table `STOP_NEED`
    stop : str
        Id of the stop.
    """
    rows = stop_need[stop_need["stop"] == stop].to_dict("records")
    said = {g: " ".join(_why(rows[0], g)) for g in LANGUAGES} if rows else {"en": ""}
    return names.add(texts, f"why.of.{stop}", said) if said["en"] else ""


def _why(row: dict[Any, Any], language: str) -> list[str]:
    said = [word("why.explore", language)] if row["little_known"] else []
    if row["need"] > 0:
        parts = sorted(
            (part for part in NEED_PARTS if row[part] / row["need"] >= LEAST_SHARE),
            key=lambda p: -row[p],
        )
        shares = ", ".join(
            word(f"need.{part}", language, share=f"{100 * row[part] / row['need']:.0f}")
            for part in parts
        )
        share = number(100 * row["need"], language, 1)
        said.append(word("why.said", language, need=share, parts=shares))
    return said


def bring(texts: Texts, access: Access, at: Point) -> tuple[str, ...]:
    """Return the keys of what to bring to a place beyond what every crew carries.

    Parameters
    ----------
    texts : names.Texts
        The texts are added to it.
    access : geo.results.Access
        Where help is far on foot, it is brought.
    at : shapely.Point
        In the CRS of `access`.
    """
    found = []
    for kind in BRINGS:
        away = minutes_at(access, kind, at)
        if away > FAR_MIN:
            forms = {
                g: word(f"bring.{kind}", g, time=quantities.walking(away, g)) for g in LANGUAGES
            }
            found.append(names.add(texts, f"bring.{kind}.{forms['en']}", forms))
    return tuple(found)


def minutes_at(access: Access, kind: str, at: Point) -> float:
    """Return the minutes on foot from a place to help of a kind; NaN where they are not known."""
    surface = access.minutes.get(kind)
    a, _, west, _, e, north = access.transform
    column, row = floor((at.x - west) / a), floor((at.y - north) / e)
    if surface is None or not (0 <= row < surface.shape[0] and 0 <= column < surface.shape[1]):
        return float("nan")
    return float(surface[row, column])
