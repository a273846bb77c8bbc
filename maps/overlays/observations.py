"""What was reported and what it is near: sightings, hotspots, corridors, places of help.

Sightings have a mark for each cell of the grid, with how many were reported in it.
"""

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from math import ceil, sqrt
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Floats, Ints
from geo.corridors import band_areas, corridors_of
from geo.crs import to_metric
from geo.records import StudyData, is_closed
from geo.results import Findings, Hotspots
from geo.schema import CORRIDORS, SIZE_CLASSES, WGS84
from geo.sightings.laws import middle
from layers import palette
from maps.page.map_layers import BANDS, LAYERS, PLACES, Drawing, Feature, Near, Note
from maps.summary import excess_in_words, hotspot_name, periods_of
from maps.words import phrased_numbers
from maps.words.about import help_at
from maps.words.names import ROUGH_M, PlaceNames
from maps.words.phrases import Joined, Phrase, listed

BAND_M: Final = 250.0
"""Half-width of the corridor bands drawn."""

ROUNDED_M: Final = 10
"""Distances are shown to ten metres: cells are ten times as wide."""

MOST: Final = 2000
"""Marks that the map draws at most: where more cells hold sightings, squares of twice the side,
four times and so on stand for them."""
DISCS: Final = 300
"""No discs are drawn with more marks than this: they would cover the map."""
_EXACT_M: Final = 100.0
"""Side of the first squares where exact positions are too many to be drawn."""


def reported_layers(
    findings: Findings, data: StudyData, names: PlaceNames
) -> list[Drawing]:
    """Return corridors, hotspots, places and sightings, from bottom to top."""
    layers = [
        *_bands(findings.proximity.bands, data),
        _lixels(findings.hotspots.lixels),
        _hotspots(findings.hotspots, numbers(findings.sightings), names),
        *help_places(data, names),
        *sightings_by_cell(findings, data.places, names),
    ]
    return [drawing for drawing in layers if len(drawing.geometry)]


def help_places(data: StudyData, names: PlaceNames) -> list[Drawing]:
    """Return the facilities and the places, which are public."""

    def facility(row: Mapping[Any, Any]) -> Feature:
        return Feature(names[row["id"]], (Note("kind", f"facility.{row['kind']}"),))

    facilities = Drawing.of(LAYERS["facilities"], data.layers.facilities, facility)
    layers = [facilities, *_places(data.places, data.services, names)]
    return [drawing for drawing in layers if len(drawing.geometry)]


def _bands(bands: gpd.GeoDataFrame, data: StudyData) -> list[Drawing]:
    """Return the area within `BAND_M` of each kind of corridor."""
    areas = bands[bands["band_m"] == BAND_M]
    if areas.empty:
        ways = to_metric(data).layers
        kinds = corridors_of(ways.roads, ways.paths, ways.railways, ways.waterways)
        areas = band_areas({kind: kinds[kind] for kind in BANDS}, [BAND_M])
    # A wide band needs no outline finer than a line on the map.
    outlines = areas.geometry.simplify(BAND_M / 10)
    areas = areas.set_geometry(outlines).to_crs(WGS84)
    drawn = []
    for kind, spec in BANDS.items():
        legend = Phrase(spec.legend, spec.legend, band=f"{BAND_M:g}")
        shape = areas[areas["corridor"] == kind].geometry
        drawn.append(Drawing(replace(spec, legend=legend), shape))
    return drawn


def _lixels(lixels: gpd.GeoDataFrame) -> Drawing:
    """Return the pieces whose density is at least a tenth of the highest."""
    density = lixels["density_per_km"]
    dense = density >= palette.FAINTEST * density.max()
    return Drawing(LAYERS["lixels"], lixels[dense].geometry.to_crs(WGS84))


def _hotspots(
    hotspots: Hotspots, marks: Mapping[str, int], names: PlaceNames
) -> Drawing:
    """Return the hotspots; `marks` has the number of each sighting's mark."""
    feature = partial(_hotspot, marks=marks, names=names)
    return Drawing.of(LAYERS["hotspots"], hotspots.table, feature)


def _hotspot(
    row: Mapping[Any, Any], marks: Mapping[str, int], names: PlaceNames
) -> Feature:
    """Return what a hotspot says: its rank, what was reported on it, and what is expected."""
    rests_on = {marks[sighting] for sighting in row["sightings"] if sighting in marks}
    title = Phrase("hotspot.number", rank=row["rank"])
    if not pd.isna(row["place"]):
        title = Joined(": ", [title, hotspot_name(row, names)])
    notes = (
        Note("excess", excess_in_words(row)),
        Note("rests_on", Phrase("sightings", n=int(row["n_sightings"]))),
        Note("length", phrased_numbers.kilometres(row["length_m"] / 1000)),
        Note("", "line.scan"),
        Note("", "responsibility.reported"),
    )
    return Feature(title, notes, marks=tuple(sorted(rests_on)))


def _places(
    places: gpd.GeoDataFrame, services: pd.DataFrame, names: PlaceNames
) -> list[Drawing]:
    """Return the places of every kind that is drawn, those that are closed at the bottom."""
    places = places[places["kind"].isin(list(PLACES))]
    places = places.assign(closed=is_closed(places))
    is_open = places[~places["closed"]]
    feature = partial(_place, services=services, names=names)
    drawn = [Drawing.of(LAYERS["closed"], places[places["closed"]], feature)]
    for kind, spec in PLACES.items():
        drawn.append(Drawing.of(spec, is_open[is_open["kind"] == kind], feature))
    return drawn


def _place(
    row: Mapping[Any, Any], services: pd.DataFrame, names: PlaceNames
) -> Feature:
    """Return what a place says: its kind, that it is closed, how well it is known, who helps."""
    notes = [Note("kind", PLACES[row["kind"]].legend)]
    if row["closed"]:
        notes.append(Note("status", "closed"))
    if row["uncertainty_m"] > ROUGH_M:
        notes.append(Note("uncertainty", phrased_numbers.metres(row["uncertainty_m"])))
    given = help_at(services, row["id"])
    if given is not None:
        notes.append(Note("services", given))
    return Feature(names[row["id"]], tuple(notes))


def sightings_by_cell(
    findings: Findings, places: gpd.GeoDataFrame, names: PlaceNames
) -> list[Drawing]:
    """Return the sightings by cell.

    The disc of a mark holds the true places: it reaches from the middle of the cell to its corner,
    and so far beyond as the positions are uncertain.
    """
    sightings = findings.sightings
    if sightings.empty:
        return []
    rows = _rows(sightings)
    cell_m = float(sightings["cell_m"].max())
    rows["mark"], centres, side = marks(sightings, cell_m)
    town_names = _town_names(places, names)
    distances = _near_corridors(findings.proximity.table, rows)
    discs = side == cell_m and len(centres) <= DISCS
    features = []
    for mark, here in rows.groupby("mark"):
        notes = (
            Note("coarse_place", _near(here["place"].unique(), town_names)),
            Note("position", _position(here["uncertainty_m"], cell_m, side)),
            Note("", "responsibility.sighting"),
        )
        features.append(
            Feature(
                _title(len(here), is_cell=side == cell_m),
                notes,
                radius_m=_reach_m(here["uncertainty_m"], cell_m) if discs else 0.0,
                counts=_counts(here),
                number=int(str(mark)) + 1,
                near=distances.get(mark, ()),
                square=() if discs else _square(centres[int(str(mark))], side),
            )
        )
    shapes = _shapes(centres, side, sightings.crs)
    return [Drawing(LAYERS["sightings"], shapes, tuple(features))]


def _title(sightings: int, *, is_cell: bool) -> str:
    """Return the key of what a mark is called: its square is a cell, or larger."""
    if sightings == 1:
        return "sighting"
    return "sightings.cell" if is_cell else "sightings.merged"


def _town_names(places: pd.DataFrame, names: PlaceNames) -> dict[str, Phrase]:
    """Return the names of towns, by the English one."""
    towns = places[places["kind"] == "town"]
    english = zip(towns["name_en"], towns["id"], strict=True)
    return {name: names[town] for name, town in english}


def _reach_m(uncertainty_m: pd.Series, cell_m: float) -> float:
    """Return how far from the middle of a cell the true places may lie."""
    return float(ceil(float(uncertainty_m.max()) + cell_m / sqrt(2)))


def _rows(sightings: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return what the marks show of each sighting; periods and sizes by their positions."""
    periods = {period: k for k, period in enumerate(periods_of(sightings))}
    sizes = {size: k for k, size in enumerate(SIZE_CLASSES)}
    return pd.DataFrame(
        {
            "id": sightings["id"],
            "period": sightings["period"].map(periods).fillna(-1).astype(int),
            "size": sightings["size_class"].map(sizes),
            "place": sightings["coarse_place"],
            "uncertainty_m": sightings["uncertainty_m"].astype(float),
        }
    )


def _near_corridors(
    table: pd.DataFrame, rows: pd.DataFrame
) -> dict[Hashable, tuple[Near, ...]]:
    """Return the distances of each mark: over all of its sightings the median and the range."""
    mark = table["sighting"].map(rows.set_index("id")["mark"])
    kinds = {kind: position for position, kind in enumerate(CORRIDORS)}
    placed = table.assign(mark=mark, kind=table["corridor"].map(kinds))
    measured = placed.dropna(subset=["distance_m", "mark", "kind"])
    by_mark = measured.groupby(["mark", "kind"]).agg(
        middle=("distance_m", "median"),
        low=("distance_low_m", "min"),
        high=("distance_high_m", "max"),
        given=("located_from_kind", "any"),
    )
    metres = ["middle", "low", "high"]
    by_mark[metres] = (by_mark[metres] / ROUNDED_M).round() * ROUNDED_M
    whole = by_mark.fillna(0).astype(int).reset_index("kind")
    return {
        mark: tuple(of_mark.itertuples(index=False, name=None))
        for mark, of_mark in whole.groupby(level="mark")
    }


def marks(sightings: gpd.GeoDataFrame, cell_m: float) -> tuple[Ints, Floats, float]:
    """Return the mark of each sighting, the middles of the marks, and the side of their squares.

    The side of the cells, 0 for exact positions, is doubled until there are at most `MOST` marks.
    """
    xy, side = shapely.get_coordinates(sightings.geometry.values), cell_m
    centres, mark = np.unique(xy, axis=0, return_inverse=True)
    while len(centres) > MOST:
        side = 2 * side or _EXACT_M
        centres, mark = np.unique(middle(xy, side), axis=0, return_inverse=True)
    return mark.reshape(-1).astype(np.int64), centres, side


def _square(centre: Floats, side: float) -> tuple[int, ...]:
    """Return the column and the row of a square among those of its side."""
    return tuple(np.floor(centre / side).astype(int).tolist()) if side else ()


def numbers(sightings: gpd.GeoDataFrame) -> dict[str, int]:
    """Return the number of each sighting's mark, by id, as the map lists them."""
    if sightings.empty:
        return {}
    mark, _, _ = marks(sightings, float(sightings["cell_m"].max()))
    return dict(zip(sightings["id"], (mark + 1).tolist(), strict=True))


def _shapes(centres: Floats, side: float, crs: Any) -> gpd.GeoSeries:
    """Return the middle of each square and, if it has a side, the square, in EPSG:4326."""
    points = gpd.GeoSeries(shapely.points(centres), crs=crs).to_crs(WGS84)
    if side == 0:
        return points
    low, high = (centres - side / 2).T, (centres + side / 2).T
    squares = gpd.GeoSeries(shapely.box(*low, *high), crs=crs).to_crs(WGS84)
    both = np.stack([points.to_numpy(), squares.to_numpy()], axis=1)
    return gpd.GeoSeries(shapely.geometrycollections(both), crs=WGS84)


def _counts(mine: pd.DataFrame) -> tuple[tuple[int, int, int], ...]:
    """Return how many sightings of a mark are of each period and size class, by their positions.

    The position of a period is that in `maps.summary.periods_of`, -1 where there is none.
    """
    counts = Counter(zip(mine["period"].tolist(), mine["size"].tolist(), strict=True))
    return tuple((period, size, n) for (period, size), n in sorted(counts.items()))


def _near(near: Iterable[str], towns: Mapping[str, Phrase]) -> str:
    """Return the towns near a mark; `towns` has their names by the English one."""
    names = sorted(towns[town] for town in near if town in towns)
    if not names:
        return "unknown"
    if len(names) == 1:
        return names[0]
    return listed(names)


def _position(uncertainty_m: pd.Series, cell_m: float, side: float) -> Phrase:
    """Return how well the positions of a mark are known, in words."""
    low, high = float(uncertainty_m.min()), float(uncertainty_m.max())
    parts = []
    if side > cell_m:
        parts.append(Phrase("position.square", metres=phrased_numbers.figure(side)))
    parts.append(Phrase("position.cell", metres=phrased_numbers.figure(cell_m)))
    if high:
        limits = [phrased_numbers.figure(limit) for limit in sorted({low, high})]
        parts.append(Phrase("position.known", metres=Joined("–", limits)))
    return Joined(", ", parts)
