"""Where help is likely needed, why a stop is where it is, and what to bring there."""

from collections.abc import Hashable, Mapping
from math import floor
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
from rasterio import Affine
from shapely import Point

from geo.results import Access
from geo.schema import NEED_PARTS, WGS84
from maps.page.map_layers import NEED, Drawing
from maps.words import phrased_numbers
from maps.words.catalogue import percent
from maps.words.phrases import Joined, Phrase

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


def need_layers(need: gpd.GeoDataFrame) -> list[Drawing]:
    """Return table `NEED` as points, a layer for each part, from bottom to top.

    Of a part with more than `MOST_POINTS` those with most need are drawn.
    """
    drawn = []
    placed = need.to_crs(WGS84)
    for part in reversed(NEED_PARTS):
        order = need[part].rank(method="first", ascending=False)
        chosen = (need[part] > 0) & (order <= MOST_POINTS)
        if chosen.any():
            value = need.loc[chosen, part]
            steps = np.ceil(CLASSES * np.sqrt(value / value.max())) / CLASSES
            radii = (LEAST_PX + (LARGEST_PX - LEAST_PX) * steps).round(1).tolist()
            points = placed[chosen].geometry
            drawn.append(Drawing(NEED[part], points, radii=tuple(radii)))
    return drawn


def why(stop_need: pd.DataFrame, stop: str) -> Phrase | None:
    """Return why a stop is where it is: its need in table `STOP_NEED`, by part; None if unknown."""
    rows = stop_need[stop_need["stop"] == stop].to_dict("records")
    if not rows:
        return None
    row = rows[0]
    sentences = [Phrase("why.explore")] if row["little_known"] else []
    if row["need"] > 0:
        parts = []
        for part in sorted(NEED_PARTS, key=lambda part: -row[part]):
            share = row[part] / row["need"]
            if share >= LEAST_SHARE:
                parts.append(Phrase(f"need.{part}", share=percent(share)))
        need = phrased_numbers.figure(100 * row["need"], 1)
        sentences.append(Phrase("why.need", need=need, parts=parts))
        sentences += between(row)
    return Joined(" ", sentences) if sentences else None


def between(row: Mapping[Hashable, Any]) -> list[Phrase]:
    """Return the interval of the need at a stop, a row of `STOP_NEED`; nothing if none is known."""
    if not row["high"] > 0:
        return []
    low, high = (phrased_numbers.figure(100 * row[name], 1) for name in ("low", "high"))
    return [Phrase("why.between", low=low, high=high)]


def bring(access: Access | None, at: Point) -> dict[str, Phrase]:
    """Return what to bring to a place beyond what every crew carries, by kind of help.

    Help that is far on foot is brought.  The place is in the CRS of `access`; without walking
    times nothing is said.
    """
    if access is None:
        return {}
    texts = {}
    for kind in BRINGS:
        away_min = minutes_at(access, kind, at)
        if away_min > FAR_MIN:
            time = phrased_numbers.walking(away_min)
            texts[kind] = Phrase(f"bring.{kind}", time=time)
    return texts


def minutes_at(access: Access, kind: str, at: Point) -> float:
    """Return the minutes on foot from a place to help of a kind; NaN where they are not known."""
    if kind not in access.minutes:
        return float("nan")
    surface = access.minutes[kind]
    column, row = (floor(place) for place in ~Affine(*access.transform) * (at.x, at.y))
    rows, columns = surface.shape
    if 0 <= row < rows and 0 <= column < columns:
        return float(surface[row, column])
    return float("nan")
