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
from maps.sketch.labels import SHIELD_EVERY, SHORTEST, STREET, LabelledRoads, text_width
from maps.words.catalogue import latin
from maps.words.names import settlement_names, split_roads

ZOOMS: Final = range(10, 18)
CLOSEST: Final = 17
"""Zoom at which the names of the zoom before stay; only those that had no room then are new."""

NAME_PX: Final = 11.5
"""Size of the letters of a road on a screen."""

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

_ALONG: Final = pd.DataFrame({"share": [0.5, 0.4, 0.6, 0.3, 0.7, 0.2, 0.8]})
"""Where along a stretch a name is tried, the best place first."""


def names(roads: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, crs: CRS) -> dict[str, Any]:
    """Return the labels of a study's roads, those that patrols drive first; and where they may lie.

    Parameters
    ----------
    roads : geopandas.GeoDataFrame, table `WAYS`
    legs : geopandas.GeoDataFrame, table `LEGS`
    crs : pyproj.CRS
        In metres.

    Returns
    -------
    dict
        Of each of the ``texts`` whether it is a number, whether a patrol drives it, how it is
        signed and, where that differs, Serbian in Latin and in Cyrillic letters. The ``spots`` of
        each zoom are `packed` text: which label, latitude and longitude in units of 0.00001
        degree, each less that of the spot before, and the degrees by which it is turned.
    """
    if roads.empty:
        return {"texts": [], "spots": {}}
    labelled = LabelledRoads(roads, crs)
    labels = _labels(labelled, legs)
    latitudes = roads.total_bounds[[1, 3]]
    pixel_m = EQUATOR_PX * float(np.cos(np.radians(latitudes.mean())))
    lines = _lines(labelled, labels)
    spots = _spots_of_all_zooms(lines, pixel_m)
    with_spots = labels.loc[sorted(spots["label"].unique())]
    order = with_spots.sort_values("driven", ascending=False, kind="stable")
    position = pd.Series(range(len(order)), order.index)
    degrees = gpd.GeoSeries.from_xy(spots["x"], spots["y"], crs=crs).to_crs(WGS84)
    table = pd.DataFrame(
        {
            "label": spots["label"].map(position),
            "latitude": (degrees.y * SCALE).round(),
            "longitude": (degrees.x * SCALE).round(),
            "turn": spots["turn"],
        }
    ).astype(np.int64)
    by_zoom = {}
    for zoom in ZOOMS:
        at_zoom = spots["zoom"] == zoom
        if zoom == CLOSEST:
            before = spots.loc[spots["zoom"] == zoom - 1, "label"]
            at_zoom &= ~spots["label"].isin(before)
        by_zoom[zoom] = _packed(table[at_zoom])
    return {"texts": _texts(order, labelled), "spots": by_zoom}


def _packed(spots: pd.DataFrame) -> str:
    """Return the spots of one zoom, by label, each less the one before but for its turn."""
    rows = spots.sort_values("label", kind="stable")
    turn = rows.pop("turn")
    steps = np.diff(rows.to_numpy(), axis=0, prepend=0)
    return packed(np.column_stack([steps, turn]).ravel())


def _texts(labels: pd.DataFrame, labelled: LabelledRoads) -> list[list[str | int]]:
    """Return what each label is, as signed, and in Serbian in both alphabets if that differs."""
    texts: list[list[str | int]] = []
    for row in labels.to_dict("records"):
        serbian = labelled.serbian.get(row["text"], row["text"])
        signs = [latin(row["text"]), latin(serbian), serbian]
        if len(set(signs)) == 1:
            signs = signs[:1]
        texts.append([int(row["is_number"]), int(row["driven"]), *signs])
    return texts


def _labels(labelled: LabelledRoads, legs: pd.DataFrame) -> pd.DataFrame:
    """Return each label: its text, whether it is a number or is driven, its width and the least.

    A road has its label where it is as long as the least, in pixels.
    """
    by_number, streets = labelled.numbers.index, labelled.streets.index
    labels = pd.DataFrame({"text": [*by_number, *streets]})
    labels["is_number"] = labels.index < len(by_number)
    driven: set[str] = set()
    for leg in legs["roads"].dropna().unique():
        for road in split_roads(leg):
            driven.update(part.strip() for part in road.split(";"))
    labels["driven"] = labels["text"].isin(driven)
    labels["width_px"] = [text_width(text, NAME_PX) for text in labels["text"]]
    first = labels["is_number"] | labels["driven"]
    labels["least_px"] = np.maximum(
        labels["width_px"], np.where(first, SHORTEST, STREET)
    )
    return labels


def _lines(labelled: LabelledRoads, labels: pd.DataFrame) -> pd.DataFrame:
    """Return the lines of each label, as long as they are without a gap, with its columns."""
    roads = pd.concat([labelled.numbers, labelled.streets]).geometry.to_numpy()
    parts, label = shapely.get_parts(shapely.line_merge(roads), return_index=True)
    lines = labels.iloc[label].rename_axis("label").reset_index()
    return lines.assign(line=parts, length_m=shapely.length(parts))


def _spots_of_all_zooms(lines: pd.DataFrame, pixel_m: float) -> pd.DataFrame:
    """Return where labels may lie at each zoom; `pixel_m` is a pixel at zoom 0, in metres."""
    points = _PointsAlong(lines["line"].to_numpy())
    spots = []
    for zoom in ZOOMS:
        zoomed_m = pixel_m / 2**zoom
        is_long = lines["length_m"] >= lines["least_px"] * zoomed_m
        if zoom < STREETS_FROM:
            is_long &= lines["is_number"]
        spots.append(_spots(lines[is_long], points, zoomed_m).assign(zoom=zoom))
    return pd.concat(spots, ignore_index=True)


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
    coordinates = settlements.get_coordinates()[["y", "x"]].to_numpy()
    steps = np.diff(np.rint(coordinates * SCALE), axis=0, prepend=0)
    rows = np.column_stack([from_zoom(settlements["kind"]), steps])
    texts = [[*name.forms.values()] for name in settlement_names(settlements)]
    return {"texts": texts, "at": packed(rows.ravel().astype(np.int64))}


class _PointsAlong:
    """Finds points of many lines at once; shapely walks along each line anew."""

    def __init__(self, lines: Shapes) -> None:
        self.xy, line = shapely.get_coordinates(lines, return_index=True)
        step_m = np.hypot(*np.diff(self.xy, axis=0, prepend=self.xy[:1]).T)
        is_first = np.diff(line, prepend=-1) > 0
        # A metre lies between two lines, so that no end is a beginning.
        self.total_m = np.cumsum(np.where(is_first, 1.0, step_m))
        self.start_m = self.total_m[is_first]

    def at(self, line: Ints, along_m: Floats) -> Floats:
        """Return the points at distances along lines, by their numbers, (n, 2)."""
        if not len(line):
            return np.empty((0, 2))
        at_m = self.start_m[line] + along_m
        x, y = self.xy.T
        return np.column_stack(
            [np.interp(at_m, self.total_m, x), np.interp(at_m, self.total_m, y)]
        )


def _spots(lines: pd.DataFrame, points: _PointsAlong, pixel_m: float) -> pd.DataFrame:
    """Return where a text may lie on each line, with its turn: a row for each `SHIELD_EVERY`.

    It lies where the line is straightest.
    """
    tries = _stretches(lines, pixel_m).merge(_ALONG, how="cross")
    middle_m = tries["start_m"] + tries["share"] * tries["step_m"]
    half_m = tries["half_m"]
    middle_m = middle_m.clip(half_m, tries["length_m"] - half_m)
    line = tries["number"].to_numpy()
    tries[["x1", "y1"]] = points.at(line, (middle_m - half_m).to_numpy())
    tries[["x2", "y2"]] = points.at(line, (middle_m + half_m).to_numpy())
    straight_m = np.hypot(tries["x2"] - tries["x1"], tries["y2"] - tries["y1"])
    is_straight = straight_m / (2 * half_m) >= STRAIGHT
    best = tries[is_straight].drop_duplicates("stretch")
    x1, y1, x2, y2 = best[["x1", "y1", "x2", "y2"]].to_numpy().T
    turn = np.degrees(np.arctan2(y1 - y2, x2 - x1))
    # Up to a quarter turn to each side: no text stands on its head.
    turn = np.where(turn > 90, turn - 180, turn)
    turn = np.where(turn < -90, turn + 180, turn)
    return pd.DataFrame(
        {
            "label": best["label"],
            "x": (x1 + x2) / 2,
            "y": (y1 + y2) / 2,
            "turn": turn.round(),
        }
    )


def _stretches(lines: pd.DataFrame, pixel_m: float) -> pd.DataFrame:
    """Return stretches of equal length of each line, about `SHIELD_EVERY` pixels each."""
    n = np.rint(lines["length_m"] / (SHIELD_EVERY * pixel_m)).clip(lower=1).astype(int)
    stretches = lines.assign(step_m=lines["length_m"] / n)
    stretches = stretches.loc[lines.index.repeat(n)]
    nth = stretches.groupby(level=0).cumcount()
    stretches["number"] = stretches.index
    stretches["start_m"] = nth * stretches["step_m"]
    stretches["half_m"] = stretches["width_px"] * pixel_m / 2
    stretches["stretch"] = range(len(stretches))
    return stretches
