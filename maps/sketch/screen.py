"""Numbers and names of roads for the screen map: those of the pictures, at each of its zooms."""

from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.arrays import Floats, Ints
from geo.schema import WGS84
from maps.page.map_layers import SCALE, packed
from maps.sketch.insets import Shapes
from maps.sketch.labels import (
    ROAD_TEXT,
    SHIELD_EVERY,
    SHORTEST,
    STREET,
    LabelledRoads,
    text_width,
)
from maps.words.catalogue import LANGUAGES, latin
from maps.words.names import settlement_names, split_roads

ZOOMS: Final = range(10, 18)

STREETS_FROM: Final = 13
"""Zoom: farther off, streets are too short for their names."""

FROM: Final = {"city": 9, "town": 9, "suburb": 12, "village": 12, "hamlet": 14}
"""Zoom from which the name of each kind of settlement shows, the largest kind first."""

FEW: Final = 20
"""So many settlements are named at every zoom."""

EQUATOR_PX: Final = 40_075_016.7 / 256
"""Metres in a pixel at zoom 0 on the equator."""

STRAIGHT: Final = 0.9
"""A name lies where its line is straight: the chord is at least this share of the way."""

_ALONG: Final = np.array([0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8])


def names(roads: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, crs: CRS) -> dict[str, Any]:
    """Return the labels of a study's roads, those that patrols drive first; and where they may lie.

    Each of the ``texts`` is as signed, in Serbian in Latin and in Cyrillic letters, with whether it
    is a number, and whether a patrol drives it.  The ``spots`` of each zoom are `packed` text:
    which label, latitude and longitude in units of 0.00001 degree, each less that of the spot
    before, and the degrees by which it is turned.  `crs` is in metres.
    """
    if roads.empty:
        return {"texts": [], "spots": {}}
    labelled = LabelledRoads(roads.to_crs(crs))
    both = pd.concat([labelled.numbers, labelled.streets])
    texts = both.index.to_numpy(object)
    is_number = np.arange(len(both)) < len(labelled.numbers)
    named = {road for text in set(legs["roads"].dropna()) for road in split_roads(text)}
    driven = np.isin(
        texts, [part.strip() for road in named for part in road.split(";")]
    )
    wide = np.array([text_width(text, ROAD_TEXT) for text in texts])
    least = np.maximum(wide, np.where(is_number | driven, SHORTEST, STREET))
    lines, of = shapely.get_parts(
        shapely.line_merge(both.geometry.to_numpy()), return_index=True
    )
    pixel_m = EQUATOR_PX * float(np.cos(np.radians(roads.total_bounds[[1, 3]].mean())))
    spots = []
    for zoom in ZOOMS:
        some = is_number[of] if zoom < STREETS_FROM else np.ones(len(of), dtype=bool)
        some &= shapely.length(lines) >= least[of] * pixel_m / 2**zoom
        line, places = _spots(
            lines[some], wide[of[some]] * pixel_m / 2**zoom, zoom, pixel_m
        )
        spots.append(
            np.column_stack([of[some][line], np.full(len(line), zoom), places])
        )
    label, zoom_of, x, y, turn = np.concatenate(spots).T
    at = shapely.get_coordinates(gpd.GeoSeries.from_xy(x, y, crs=crs).to_crs(WGS84))[
        :, ::-1
    ]
    kept = sorted(np.unique(label).astype(int), key=lambda k: (not driven[k], k))
    order = np.argsort(kept)[np.searchsorted(np.sort(kept), label)]
    rows = np.column_stack([order, np.rint(at * SCALE)]).astype(np.int64)

    def serbian(text: str) -> tuple[str, str]:
        own = labelled.serbian.get(text, text)
        return latin(own), own

    by_zoom = {}
    for zoom in ZOOMS:
        here = np.flatnonzero(zoom_of == zoom)
        here = here[np.argsort(order[here], kind="stable")]
        steps = np.diff(rows[here], axis=0, prepend=0)
        by_zoom[zoom] = packed(
            np.column_stack([steps, turn[here].astype(np.int64)]).ravel()
        )
    return {
        "texts": [
            [latin(texts[k]), *serbian(texts[k]), int(is_number[k]), int(driven[k])]
            for k in kept
        ],
        "spots": by_zoom,
    }


def from_zoom(kinds: pd.Series) -> pd.Series:
    """Return the zoom from which each settlement, by its kind, is named: as `FROM`, or 0.

    The largest kind that a study has is named at every zoom, and smaller ones up to `FEW` in all:
    the map opens on names also where there is no town.
    """
    counts = kinds.value_counts().reindex([*FROM], fill_value=0)
    counts = counts[counts > 0]
    always = counts.index[counts.cumsum() <= FEW].union(counts.index[:1])
    return kinds.map(FROM).mask(kinds.isin(always), 0)


def villages(settlements: gpd.GeoDataFrame) -> dict[str, Any]:
    """Return the names of table `SETTLEMENTS` by language, and as `packed` text where they are.

    Of each it has the zoom from which it shows, then latitude and longitude as those of `names`.
    """
    at = np.rint(shapely.get_coordinates(settlements.geometry)[:, ::-1] * SCALE)
    rows = np.column_stack(
        [from_zoom(settlements["kind"]), np.diff(at, axis=0, prepend=0)]
    )
    forms = [name.forms for name in settlement_names(settlements)]
    return {
        "texts": [[form[language] for language in LANGUAGES] for form in forms],
        "at": packed(rows.ravel().astype(np.int64)),
    }


def _spots(
    lines: Shapes, wide_m: Floats, zoom: int, pixel_m: float
) -> tuple[Ints, Floats]:
    """Return where a text of a width may lie on each line at a zoom: its line; x, y and turn.

    One for each `SHIELD_EVERY` of a line, where that is straightest.
    """
    lengths = shapely.length(lines)
    n = np.maximum(1, np.rint(lengths / (SHIELD_EVERY * pixel_m / 2**zoom))).astype(int)
    line = np.repeat(np.arange(len(lines)), n)
    step, half_m = (lengths / n)[line], wide_m[line] / 2
    start = (np.arange(len(line)) - np.repeat(np.cumsum(n) - n, n)) * step
    furthest = (lengths[line] - half_m)[:, None]
    middle = np.clip(start[:, None] + _ALONG * step[:, None], half_m[:, None], furthest)
    ends = [
        shapely.line_interpolate_point(
            lines[line][:, None], middle + side * half_m[:, None]
        )
        for side in (-1, 1)
    ]
    chord = shapely.distance(*ends) / (2 * half_m[:, None])
    best = (np.arange(len(line)), np.argmax(chord >= STRAIGHT, axis=1))
    (x1, y1), (x2, y2) = (shapely.get_coordinates(end[best]).T for end in ends)
    turn = np.degrees(np.arctan2(y1 - y2, x2 - x1))
    upright = np.where(turn > 90, turn - 180, np.where(turn < -90, turn + 180, turn))
    places = np.column_stack([(x1 + x2) / 2, (y1 + y2) / 2, upright.round()])
    straight = chord[best] >= STRAIGHT
    return line[straight], places[straight]
