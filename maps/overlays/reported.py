"""What was reported and what it is near: sightings, hotspots, corridors, places of help."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.crs import require_metric
from geo.results import Findings, Hotspots
from layers.records import StudyData
from layers.schema import MAIN_ROADS, WGS84
from maps.overlays import cells
from maps.page import style
from maps.page.style import Drawing, Feature, Note
from maps.summary import BY_CHANCE, excess_in_words, gate_in_words
from maps.words import quantities
from maps.words.about import help_at
from maps.words.catalogue import number, percent, word
from maps.words.names import CLOSED, ROUGH_M, PlaceNames, is_closed
from maps.words.phrases import Phrase, of_count, of_word, phrase

BAND_M: Final = 250.0
"""Half-width of the corridor bands drawn."""

OFTEN: Final = 0.05
"""What chance gives more often than this, it gives often."""

_BAND_SIMPLIFY_M: Final = 15.0


def drawings(findings: Findings, data: StudyData, names: PlaceNames) -> list[Drawing]:
    """Return corridors, hotspots, places and sightings, from bottom to top."""
    found = [
        *_bands(findings, data),
        _lixels(findings),
        *_hotspots(findings.hotspots, cells.numbers(findings.sightings), names),
        Drawing.of(
            style.LAYERS["facilities"],
            data.layers.facilities,
            lambda row: Feature(names[row["id"]], (Note("kind", f"facility.{row['kind']}"),)),
        ),
        *_places(data.places, data.services, names),
        *cells.drawings(findings, data.places, names),
    ]
    return [drawing for drawing in found if len(drawing.geometry)]


def _bands(findings: Findings, data: StudyData) -> list[Drawing]:
    """Return the strip around each kind of corridor."""
    layers, crs = data.layers, require_metric(sightings=findings.sightings)
    kinds = {
        "railway": layers.railways,
        "main_road": layers.roads[layers.roads["highway"].isin(MAIN_ROADS)],
        "river": layers.waterways[layers.waterways["waterway"] == "river"],
    }
    drawn = []
    for kind, frame in kinds.items():
        if frame.empty:
            continue
        lines = frame.geometry.to_crs(crs).simplify(_BAND_SIMPLIFY_M)
        band = lines.buffer(BAND_M, quad_segs=4).union_all().simplify(_BAND_SIMPLIFY_M)
        drawn.append(Drawing(style.BANDS[kind], gpd.GeoSeries([band], crs=crs).to_crs(WGS84)))
    return drawn


def _lixels(findings: Findings) -> Drawing:
    """Return the pieces whose density is at least a tenth of the highest."""
    lixels = findings.hotspots.lixels
    dense = lixels["density_per_km"] >= 0.1 * lixels["density_per_km"].max()
    return Drawing(style.LAYERS["lixels"], lixels[dense].geometry.to_crs(WGS84))


def band_legends() -> list[Phrase]:
    """Return the legend of each strip around corridors, with its width."""
    return [of_word(spec.legend, spec.legend, band=f"{BAND_M:g}") for spec in style.BANDS.values()]


def _hotspots(hotspots: Hotspots, marks: Mapping[str, int], names: PlaceNames) -> list[Drawing]:
    """Return the hotspots, and under them the stretches that effort alone explains.

    `marks` has the number of each sighting's mark.
    """
    gate = phrase("gate", lambda language: gate_in_words(hotspots, language))
    feature = partial(_hotspot, hotspots=hotspots, gate=gate, marks=marks, names=names)
    by_effort = hotspots.segments["p_value"] > BY_CHANCE
    return [
        Drawing.of(style.LAYERS["hotspots_by_effort"], hotspots.segments[by_effort], feature),
        Drawing.of(style.LAYERS["hotspots"], hotspots.segments[~by_effort], feature),
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
        lambda g: word(f"chance.{often}", g, n=percent(p), simulations=number(simulations, g)),
    )

    def title(language: str) -> str:
        place = "" if pd.isna(row["place"]) else f": {names[row['place']].forms[language]}"
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
    )


def _places(places: gpd.GeoDataFrame, services: pd.DataFrame, names: PlaceNames) -> list[Drawing]:
    """Return the places of every kind that is drawn, those that are closed at the bottom."""
    closed = is_closed(places)
    chosen = [
        (style.LAYERS["closed"], places["kind"].isin(list(style.PLACES)) & closed),
        *((spec, (places["kind"] == kind) & ~closed) for kind, spec in style.PLACES.items()),
    ]
    feature = partial(_place, services=services, names=names)
    return [Drawing.of(spec, places[rows], feature) for spec, rows in chosen]


def _place(row: Mapping[Any, Any], services: pd.DataFrame, names: PlaceNames) -> Feature:
    """Return what a place says: its kind, that it is closed, how well it is known, who helps."""
    notes = [Note("kind", style.PLACES[row["kind"]].legend)]
    if str(row["status"]).startswith(CLOSED):
        notes.append(Note("status", "closed"))
    if row["uncertainty_m"] > ROUGH_M:
        notes.append(Note("uncertainty", quantities.metres(row["uncertainty_m"])))
    given = help_at(services, row["id"])
    if given is not None:
        notes.append(Note("services", given))
    return Feature(names[row["id"]], tuple(notes))
