"""What was reported and what it is near: sightings, hotspots, corridors, places of help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.crs import require_metric
from geo.results import Findings, Hotspots
from layers.records import StudyData
from layers.schema import MAIN_ROADS, WGS84
from maps.overlays import cells
from maps.page import style
from maps.page.layer import Drawing, Feature, LayerSpec, Note
from maps.summary import BY_CHANCE, excess_in_words, gate_in_words
from maps.words import names, quantities
from maps.words.catalogue import LANGUAGES, month, number, word
from maps.words.corridors import probability
from maps.words.names import Texts
from maps.words.places import ROUGH_M, closed_since, is_closed

BAND_M: Final = 250.0
"""Half-width of the corridor bands drawn."""

NULL_POINTS: Final = 1000
"""Positions drawn of each null model."""

_BAND_SIMPLIFY_M: Final = 15.0


def drawings(findings: Findings, data: StudyData, texts: Texts) -> list[Drawing]:
    """Return corridors, hotspots, places and sightings, from bottom to top.

    Parameters
    ----------
    findings : geo.results.Findings
    data : layers.records.StudyData, EPSG:4326
    texts : names.Texts
        Must hold the names of the places; sizes and distances are added to it.
    """
    found = [
        *_bands(findings, data),
        *_nulls(findings),
        _lixels(findings),
        *_hotspots(findings.hotspots, texts),
        _facilities(data.layers.facilities),
        _closed_places(data.places, texts),
        *(_places(data.places, kind, spec, texts) for kind, spec in style.PLACES.items()),
        *cells.drawings(findings, data.places, texts),
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
    return Drawing(style.LIXELS, lixels[dense].geometry.to_crs(WGS84))


def _nulls(findings: Findings) -> list[Drawing]:
    """Return where chance would put sightings, a layer for each null model that was asked."""
    if findings.tests is None:
        return []
    points = findings.tests.nulls.to_crs(WGS84)
    return [
        Drawing(spec, points[points["null"] == null].head(NULL_POINTS).geometry)
        for null, spec in reversed(tuple(style.NULLS.items()))
    ]


def _hotspots(hotspots: Hotspots, texts: Texts) -> list[Drawing]:
    """Return the hotspots, and under them the stretches that effort alone explains."""
    gate = {g: gate_in_words(hotspots, g) for g in LANGUAGES}
    names.add(texts, "gate", gate)
    segments = hotspots.segments.to_crs(WGS84)
    by_effort = segments["p_value"] > BY_CHANCE
    return [
        Drawing(
            spec,
            rows.geometry,
            tuple(_hotspot(row, hotspots, texts) for row in rows.to_dict("records")),
        )
        for spec, rows in (
            (style.HOTSPOTS_BY_EFFORT, segments[by_effort]),
            (style.HOTSPOTS, segments[~by_effort]),
        )
    ]


def _hotspot(row: Mapping[Any, Any], hotspots: Hotspots, texts: Texts) -> Feature:
    """Return what a hotspot says: its rank, what was reported on it, and what effort expects."""
    rank, n = row["rank"], int(row["n_sightings"])
    excess = {g: excess_in_words(row["reported"], row["expected"], g) for g in LANGUAGES}
    return Feature(
        f"place.{row['place']}" if not pd.isna(row["place"]) else "layer.hotspots",
        (
            Note("rank", key=names.add_same(texts, f"rank.{rank}", str(rank))),
            Note("excess", key=names.add(texts, f"excess.{rank}", excess)),
            Note("rests_on", key=names.add_count(texts, f"sightings.{n}", "sightings", n)),
            Note("length", key=quantities.metres(texts, row["length_m"])),
            Note("chance", key=_chance(texts, row, hotspots.simulations)),
            Note("stability", key=_stability(texts, row)),
            Note("", key="gate"),
            Note("", key="responsibility.reported"),
        ),
    )


def _places(places: gpd.GeoDataFrame, kind: str, spec: LayerSpec, texts: Texts) -> Drawing:
    rows = places[(places["kind"] == kind) & ~is_closed(places)]
    features = tuple(_place(row, texts) for row in rows.to_dict("records"))
    return Drawing(spec, rows.geometry, features)


def _closed_places(places: gpd.GeoDataFrame, texts: Texts) -> Drawing:
    """Return the places that are closed, of every kind that is drawn."""
    rows = places[places["kind"].isin(list(style.PLACES)) & is_closed(places)]
    features = tuple(_place(row, texts) for row in rows.to_dict("records"))
    return Drawing(style.CLOSED, rows.geometry, features)


def _place(row: Mapping[Any, Any], texts: Texts) -> Feature:
    """Return what a place says: its kind, that it is closed, how roughly its position is known."""
    notes = [Note("kind", key=style.PLACES[row["kind"]].legend)]
    since = closed_since(row["status"])
    if since is not None:
        notes.append(Note("status", key=_closed(texts, since)))
    if row["uncertainty_m"] > ROUGH_M:
        notes.append(Note("uncertainty", key=quantities.metres(texts, row["uncertainty_m"])))
    return Feature(f"place.{row['id']}", tuple(notes))


def _closed(texts: Texts, since: str) -> str:
    """Return the key of since when a place is closed, a month YYYY-MM; no month says only so."""
    if not re.fullmatch(r"\d{4}-(0[1-9]|1[0-2])", since):
        return "closed"
    first = date.fromisoformat(f"{since}-01")
    forms = {g: word("closed.since", g, month=month(first, g)) for g in LANGUAGES}
    return names.add(texts, f"closed.since.{since}", forms)


def _facilities(facilities: gpd.GeoDataFrame) -> Drawing:
    features = tuple(
        Feature(f"place.{row['id']}", (Note("kind", key=f"facility.{row['kind']}"),))
        for row in facilities.to_dict("records")
    )
    return Drawing(style.FACILITIES, facilities.geometry, features)


def _chance(texts: Texts, row: Mapping[Any, Any], simulations: int) -> str:
    """Return the key of how often effort alone scores as high as a hotspot."""
    forms = {
        g: word("chance.p", g, p=probability(row["p_value"], g), simulations=number(simulations, g))
        for g in LANGUAGES
    }
    return names.add(texts, f"chance.{row['rank']}", forms)


def _stability(texts: Texts, row: Mapping[Any, Any]) -> str:
    """Return the key of how often a hotspot stays among the first."""
    return names.add_word(
        texts, f"stability.{row['rank']}", "stability.top",
        redrawn=f"{100 * row['in_top_redrawn']:.0f}",
        left_out=f"{100 * row['in_top_left_out']:.0f}",
    )  # fmt: skip
