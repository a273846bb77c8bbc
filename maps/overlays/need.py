"""Where help is likely needed, why a stop is where it is, and what to bring there."""

from math import floor
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from shapely import Point

from geo.results import Access
from geo.schema import NEED_PARTS, WGS84
from maps.page.map_layers import NEED, Drawing
from maps.words import quantities
from maps.words.catalogue import LANGUAGES, number, percent, word
from maps.words.phrases import Phrase, phrase

LEAST_SHARE: Final = 0.005
"""A smaller part of a stop's need is not written: it would read 0 %."""

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

MOST_POINTS: Final = 20_000
"""Points of a part of the need that a page holds."""


def drawings(need: gpd.GeoDataFrame) -> list[Drawing]:
    """Return table `NEED` as points, a layer for each part, from bottom to top.

    Of a part with more than `MOST_POINTS` those with most need are drawn.
    """
    drawn = []
    placed = need.to_crs(WGS84)
    for part in reversed(NEED_PARTS):
        some = need[part] > 0
        if some.sum() > MOST_POINTS:
            some &= need[part].rank(method="first", ascending=False) <= MOST_POINTS
        if some.any():
            value = need.loc[some, part]
            steps = np.ceil(CLASSES * np.sqrt(value / value.max())) / CLASSES
            radii = (LEAST_PX + (LARGEST_PX - LEAST_PX) * steps).round(1).tolist()
            drawn.append(Drawing(NEED[part], placed[some].geometry, radii=tuple(radii)))
    return drawn


def why(stop_need: pd.DataFrame, stop: str) -> Phrase | None:
    """Return why a stop is where it is: its need in table `STOP_NEED`, by part; None if unknown."""
    rows = stop_need[stop_need["stop"] == stop].to_dict("records")
    if not rows or not (rows[0]["little_known"] or rows[0]["need"] > 0):
        return None
    row = rows[0]
    shares = {part: row[part] / row["need"] for part in NEED_PARTS if row["need"] > 0}
    parts = sorted(
        (p for p in shares if shares[p] >= LEAST_SHARE), key=lambda p: -row[p]
    )

    def text(language: str) -> str:
        sentences = [word("why.explore", language)] if row["little_known"] else []
        if row["need"] > 0:
            need = number(100 * row["need"], language, 1)
            of = ", ".join(
                word(f"need.{p}", language, share=percent(shares[p])) for p in parts
            )
            sentences.append(word("why.need", language, need=need, parts=of))
        return " ".join(sentences)

    return phrase(f"why.of.{stop}", text)


def bring(access: Access | None, at: Point) -> dict[str, Phrase]:
    """Return what to bring to a place beyond what every crew carries, by kind of help.

    Help that is far on foot is brought.  The place is in the CRS of `access`; without walking
    times nothing is said.
    """
    if access is None:
        return {}
    found = {}
    for kind in BRINGS:
        away_min = minutes_at(access, kind, at)
        if away_min > FAR_MIN:
            times = {g: quantities.walking(away_min, g) for g in LANGUAGES}
            forms = {
                g: word(f"bring.{kind}", g, time=time) for g, time in times.items()
            }
            found[kind] = Phrase(f"bring.{kind}.{forms['en']}", forms)
    return found


def minutes_at(access: Access, kind: str, at: Point) -> float:
    """Return the minutes on foot from a place to help of a kind; NaN where they are not known."""
    surface = access.minutes.get(kind)
    a, _, west, _, e, north = access.transform
    column, row = floor((at.x - west) / a), floor((at.y - north) / e)
    if surface is None or not (
        0 <= row < surface.shape[0] and 0 <= column < surface.shape[1]
    ):
        return float("nan")
    return float(surface[row, column])
