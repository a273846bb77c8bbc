"""What was reported and what it is near: sightings, hotspots, corridors, places of help.

Sightings have a mark for each cell of the grid, with how many were reported in it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping
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
from geo.results import BY_EFFORT, Findings, Hotspots
from geo.schema import CORRIDOR_EXPLAINED, CORRIDORS, SIZE_CLASSES, WGS84
from geo.sightings.laws import middle
from layers import palette
from maps.page.map_layers import (
    BANDS,
    LAYERS,
    PLACES,
    SIGHTINGS,
    Drawing,
    Feature,
    Near,
    Note,
)
from maps.summary import excess_in_words, gate_in_words, periods_of
from maps.words import quantities
from maps.words.about import help_at
from maps.words.catalogue import listed, number, percent, word
from maps.words.corridor_answers import shares_in_words, shares_of
from maps.words.names import ROUGH_M, PlaceNames
from maps.words.phrases import Phrase, of_count, of_word, phrase

BAND_M: Final = 250.0
"""Half-width of the corridor bands drawn."""

ROUNDED_M: Final = 10
"""Distances are shown to ten metres: cells are ten times as wide."""

OFTEN: Final = 0.05
"""What chance gives more often than this, it gives often."""

MOST: Final = 2000
"""Marks that the map draws at most: where more cells hold sightings, squares of twice the side,
four times and so on stand for them."""
DISCS: Final = 300
"""No discs are drawn with more marks than this: they would cover the map."""
_EXACT_M: Final = 100.0
"""Side of the first squares where exact positions are too many to be drawn."""


def drawings(findings: Findings, data: StudyData, names: PlaceNames) -> list[Drawing]:
    """Return corridors, hotspots, places and sightings, from bottom to top."""
    found = [
        *_bands(findings, data),
        _lixels(findings),
        *_hotspots(findings.hotspots, numbers(findings.sightings), names),
        *help_places(data, names),
        *sightings_by_cell(findings, data.places, names),
    ]
    return [drawing for drawing in found if len(drawing.geometry)]


def help_places(data: StudyData, names: PlaceNames) -> list[Drawing]:
    """Return the facilities and the places, which are public."""
    facilities = Drawing.of(
        LAYERS["facilities"],
        data.layers.facilities,
        lambda row: Feature(
            names[row["id"]], (Note("kind", f"facility.{row['kind']}"),)
        ),
    )
    found = [facilities, *_places(data.places, data.services, names)]
    return [drawing for drawing in found if len(drawing.geometry)]


def _bands(findings: Findings, data: StudyData) -> list[Drawing]:
    """Return the area within `BAND_M` of each kind of corridor."""
    bands = findings.proximity.bands
    areas = bands[bands["band_m"] == BAND_M]
    if areas.empty:
        ways = to_metric(data).layers
        kinds = corridors_of(ways.roads, ways.paths, ways.railways, ways.waterways)
        areas = band_areas(kinds, [BAND_M])
    drawn = [
        (spec, areas[areas["corridor"] == kind].geometry)
        for kind, spec in BANDS.items()
    ]
    return [Drawing(spec, shape.to_crs(WGS84)) for spec, shape in drawn]


def _lixels(findings: Findings) -> Drawing:
    """Return the pieces whose density is at least a tenth of the highest."""
    lixels = findings.hotspots.lixels
    dense = (
        lixels["density_per_km"] >= palette.FAINTEST * lixels["density_per_km"].max()
    )
    return Drawing(LAYERS["lixels"], lixels[dense].geometry.to_crs(WGS84))


def band_legends() -> list[Phrase]:
    """Return the legend of each strip around corridors, with its width."""
    return [
        of_word(spec.legend, spec.legend, band=f"{BAND_M:g}") for spec in BANDS.values()
    ]


def _hotspots(
    hotspots: Hotspots, marks: Mapping[str, int], names: PlaceNames
) -> list[Drawing]:
    """Return the hotspots, and under them the stretches that effort alone explains.

    `marks` has the number of each sighting's mark.
    """
    gate = phrase("gate", lambda language: gate_in_words(hotspots, language))
    feature = partial(_hotspot, hotspots=hotspots, gate=gate, marks=marks, names=names)
    by_effort = hotspots.table["p_value"] > BY_EFFORT
    return [
        Drawing.of(LAYERS["hotspots_by_effort"], hotspots.table[by_effort], feature),
        Drawing.of(LAYERS["hotspots"], hotspots.table[~by_effort], feature),
    ]


def _hotspot(
    row: Mapping[Any, Any],
    hotspots: Hotspots,
    gate: Phrase,
    marks: Mapping[str, int],
    names: PlaceNames,
) -> Feature:
    """Return what a hotspot says: its rank, what was reported on it, and what effort expects."""
    rank, n = row["rank"], int(row["n_sightings"])
    rests_on = sorted({marks[i] for i in row["sightings"].split("; ") if i in marks})
    excess = phrase(
        f"excess.{rank}", lambda g: excess_in_words(row["reported"], row["expected"], g)
    )
    stability = of_word(
        f"stability.{rank}", "stability.top", redrawn=percent(row["in_top_redrawn"])
    )

    p, simulations = row["p_value"], hotspots.simulations
    often = "often" if p > OFTEN else "seldom" if p >= 0.01 else "hardly"
    chance = phrase(
        f"chance.{rank}",
        lambda g: word(
            f"chance.{often}", g, n=percent(p), simulations=number(simulations, g)
        ),
    )

    def title(language: str) -> str:
        place = (
            "" if pd.isna(row["place"]) else f": {names[row['place']].forms[language]}"
        )
        return word("hotspot.number", language, rank=rank) + place

    return Feature(
        phrase(f"hotspot.{rank}", title),
        (
            Note("excess", excess),
            Note("rests_on", of_count(f"sightings.{n}", "sightings", n)),
            Note("length", quantities.kilometres(row["length_m"] / 1000)),
            Note("chance", chance),
            Note("stability", stability),
            Note("", gate),
            Note("", "responsibility.reported"),
        ),
        marks=tuple(rests_on),
        often=p > OFTEN,
    )


def _places(
    places: gpd.GeoDataFrame, services: pd.DataFrame, names: PlaceNames
) -> list[Drawing]:
    """Return the places of every kind that is drawn, those that are closed at the bottom."""
    places = places.assign(closed=is_closed(places))
    chosen = [
        (LAYERS["closed"], places["kind"].isin(list(PLACES)) & places["closed"]),
        *(
            (spec, (places["kind"] == kind) & ~places["closed"])
            for kind, spec in PLACES.items()
        ),
    ]
    feature = partial(_place, services=services, names=names)
    return [Drawing.of(spec, places[rows], feature) for spec, rows in chosen]


def _place(
    row: Mapping[Any, Any], services: pd.DataFrame, names: PlaceNames
) -> Feature:
    """Return what a place says: its kind, that it is closed, how well it is known, who helps."""
    notes = [Note("kind", PLACES[row["kind"]].legend)]
    if row["closed"]:
        notes.append(Note("status", "closed"))
    if row["uncertainty_m"] > ROUGH_M:
        notes.append(Note("uncertainty", quantities.metres(row["uncertainty_m"])))
    given = help_at(services, row["id"])
    if given is not None:
        notes.append(Note("services", given))
    return Feature(names[row["id"]], tuple(notes))


def sightings_by_cell(
    findings: Findings, places: gpd.GeoDataFrame, names: PlaceNames
) -> list[Drawing]:
    """Return the sightings by cell, in a layer for each corridor that explains them.

    A mark is of the corridor that explains all sightings of its cell, or else of no corridor.
    Its disc holds the true places: it reaches from the middle of the cell to its corner, and so
    far beyond as the positions are uncertain.
    """
    sightings = findings.sightings
    if sightings.empty:
        return []
    table = (
        CORRIDOR_EXPLAINED.frame()
        if findings.tests is None
        else findings.tests.explained
    )
    rows = _rows(sightings, table)
    cell_m = float(sightings["cell_m"].max())
    rows["mark"], centres, side = marks(sightings, cell_m)
    shapes = _shapes(centres, side, findings.sightings.crs)
    of = places[places["kind"] == "town"]
    towns = {
        name: names[town] for name, town in zip(of["name_en"], of["id"], strict=True)
    }
    single = rows.groupby("mark")["id"].transform("size") == 1
    shares = dict(
        iter(table[table["sighting"].isin(rows.loc[single, "id"])].groupby("sighting"))
    )
    discs = side == cell_m and len(centres) <= DISCS
    near = _near_corridors(findings.proximity.table, rows)
    made: dict[str, list[tuple[int, Feature]]] = {kind: [] for kind in SIGHTINGS}
    for mark, mine in rows.groupby("mark"):
        kinds = mine["by"].unique()
        kind = kinds[0] if len(kinds) == 1 and kinds[0] in made else "undecided"
        notes = (
            Note("coarse_place", _near(mine["place"].unique(), towns)),
            Note("position", _position(mine["uncertainty_m"], cell_m, side)),
            *_explained(mine, shares),
            Note("", "responsibility.sighting"),
        )
        reach = (
            ceil(float(mine["uncertainty_m"].max()) + cell_m / sqrt(2)) if discs else 0
        )
        title = "sightings.merged" if side > cell_m else "sightings.cell"
        feature = Feature(
            title if len(mine) > 1 else "sighting",
            notes,
            float(reach),
            counts=_counts(mine),
            number=int(str(mark)) + 1,
            near=near.get(int(str(mark)), ()),
        )
        made[kind].append((int(str(mark)), feature))
    return [
        Drawing(
            spec,
            gpd.GeoSeries(
                shapes.to_numpy()[[mark for mark, _ in made[kind]]], crs=WGS84
            ),
            tuple(feature for _, feature in made[kind]),
        )
        for kind, spec in SIGHTINGS.items()
    ]


def _rows(sightings: gpd.GeoDataFrame, explained: pd.DataFrame) -> pd.DataFrame:
    """Return what the marks show of each sighting; periods and sizes by their positions."""
    by = explained.drop_duplicates("sighting").set_index("sighting")["explained_by"]
    periods = {period: k for k, period in enumerate(periods_of(sightings))}
    return pd.DataFrame(
        {
            "id": sightings["id"],
            "period": sightings["period"].map(periods).fillna(-1).astype(int),
            "size": sightings["size_class"].map(
                {c: k for k, c in enumerate(SIZE_CLASSES)}
            ),
            "place": sightings["coarse_place"],
            "uncertainty_m": sightings["uncertainty_m"].astype(float),
            # A sighting outside the window of the tests has no explanation.
            "by": sightings["id"].map(by).astype("string").fillna("undecided"),
        }
    )


def _near_corridors(
    table: pd.DataFrame, rows: pd.DataFrame
) -> dict[int, tuple[Near, ...]]:
    """Return the distances of each mark: over all of its sightings the median and the range."""
    known = table.dropna(subset="distance_m").assign(
        mark=table["sighting"].map(rows.set_index("id")["mark"]),
        kind=table["corridor"].map({kind: k for k, kind in enumerate(CORRIDORS)}),
    )
    by_mark = (
        known.dropna(subset=["mark", "kind"])
        .groupby(["mark", "kind"])
        .agg(
            middle=("distance_m", "median"),
            low=("distance_low_m", "min"),
            high=("distance_high_m", "max"),
            given=("located_from_kind", "any"),
        )
    )
    metres = ["middle", "low", "high"]
    by_mark[metres] = (by_mark[metres] / ROUNDED_M).round() * ROUNDED_M
    whole = by_mark.fillna(0).astype(int).reset_index()
    return {
        int(str(mark)): tuple(
            own.drop(columns="mark").itertuples(index=False, name=None)
        )
        for mark, own in whole.groupby("mark")
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
    found = sorted(towns[town] for town in near if town in towns)
    if not found:
        return "unknown"
    if len(found) == 1:
        return found[0]
    ids = ".".join(town.removeprefix("place.") for town in found)
    return phrase(
        f"places.{ids}", lambda g: listed([town.forms[g] for town in found], g)
    )


def _position(uncertainty_m: pd.Series, cell_m: float, side: float) -> Phrase:
    """Return how well the positions of a mark are known, in words."""
    low, high = float(uncertainty_m.min()), float(uncertainty_m.max())

    def text(language: str) -> str:
        known = number(high, language)
        if low < high:
            known = f"{number(low, language)}–{known}"
        steps = {
            "square": number(side, language) if side > cell_m else "",
            "cell": number(cell_m, language),
            "known": known if high else "",
        }
        parts = [
            word(f"position.{k}", language, metres=m) for k, m in steps.items() if m
        ]
        return ", ".join(parts)

    return phrase(f"position.{low:g}.{high:g}", text)


def _explained(mine: pd.DataFrame, shares: dict[Any, pd.DataFrame]) -> list[Note]:
    """Return what explains the sightings of a mark: of one its shares, of several their number."""
    if len(mine) == 1:
        sighting = mine["id"].iloc[0]
        return [Note("explained", _one(shares[sighting]))] if sighting in shares else []
    counts = sorted(Counter(mine["by"]).items(), key=lambda each: (-each[1], each[0]))

    def several(language: str) -> str:
        return ", ".join(
            f"{word(f'explained.{k}', language)}: {number(n, language)}"
            for k, n in counts
        )

    key = ".".join(f"{kind}.{n}" for kind, n in counts)
    return [Note("explained", phrase(f"explained.several.{key}", several))]


def _one(rows: pd.DataFrame) -> Phrase:
    """Return what explains a sighting, and how well; an input is called one."""
    located = rows.loc[
        rows["located_from_kind"].fillna(False).astype(bool), "corridor"
    ].tolist()
    best, shares = rows["explained_by"].iloc[0], shares_of(rows)
    parts = [best, *(f"{kind}{share}" for kind, share in shares), "from", *located]

    def text(language: str) -> str:
        inputs = (word(f"explained.{kind}", language) for kind in located)
        return (
            f"{word(f'explained.{best}', language)}: {shares_in_words(shares, language)}"
            + "".join(word("explained.input", language, kind=kind) for kind in inputs)
        )

    return phrase(f"explained.one.{'.'.join(parts)}", text)
