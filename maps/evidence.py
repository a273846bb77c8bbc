"""What was reported and what it is near: sightings, hotspots, corridors, places of help."""

from __future__ import annotations

from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import require_metric
from geo.results import Findings, StudyData
from layers.schema import MAIN_ROADS, WGS84
from maps import names, style
from maps.names import Texts
from maps.spec import Drawing, Feature, LayerSpec, Note
from maps.words import LANGUAGES, number, word

BAND_M: Final = 250.0
"""Half-width of the corridor bands drawn."""

_BAND_SIMPLIFY_M: Final = 15.0


def drawings(findings: Findings, data: StudyData, texts: Texts) -> list[Drawing]:
    """Return corridors, hotspots, places and sightings, from bottom to top.

    Parameters
    ----------
    findings : geo.results.Findings
    data : geo.results.StudyData, EPSG:4326
    texts : names.Texts
        Must hold the names of the places; sizes and distances are added to it.
    """
    found = [
        *_bands(findings, data),
        _lixels(findings),
        _hotspots(findings, texts),
        _facilities(data.layers.facilities),
        *(_places(data.places, kind, spec) for kind, spec in style.PLACES.items()),
        _sightings(findings.exported, data.places, texts),
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


def _hotspots(findings: Findings, texts: Texts) -> Drawing:
    segments = findings.hotspots.segments
    features = tuple(
        Feature(
            f"place.{row['place']}" if not pd.isna(row["place"]) else "layer.hotspots",
            (
                Note("rank", key=names.add_same(texts, f"rank.{row['rank']}", str(row["rank"]))),
                Note(
                    "rests_on",
                    key=names.add_count(
                        texts, f"sightings.{row['n_sightings']}", "sightings",
                        int(row["n_sightings"]),
                    ),
                ),
                Note("length", key=_metres(texts, row["length_m"])),
                Note("", key="responsibility.reported"),
            ),
        )
        for row in segments.to_dict("records")
    )  # fmt: skip
    return Drawing(style.HOTSPOTS, segments.geometry.to_crs(WGS84), features)


def _places(places: gpd.GeoDataFrame, kind: str, spec: LayerSpec) -> Drawing:
    rows = places[places["kind"] == kind]
    features = tuple(
        Feature(f"place.{name}", (Note("kind", key=spec.legend),)) for name in rows["id"]
    )
    return Drawing(spec, rows.geometry, features)


def _facilities(facilities: gpd.GeoDataFrame) -> Drawing:
    features = tuple(
        Feature(f"place.{row['id']}", (Note("kind", key=f"facility.{row['kind']}"),))
        for row in facilities.to_dict("records")
    )
    return Drawing(style.FACILITIES, facilities.geometry, features)


def _sightings(exported: gpd.GeoDataFrame, places: gpd.GeoDataFrame, texts: Texts) -> Drawing:
    """Return the sightings as they may leave the toolkit: a size class, a coarse place, a disc."""
    towns = places[places["kind"] == "town"].set_index("name_en")["id"]
    features = []
    for row in exported.to_dict("records"):
        near = towns.get(row["coarse_place"])
        size = row["size_class"]
        features.append(
            Feature(
                "layer.sightings",
                (
                    Note("size_class", key="unknown") if size == "unknown"
                    else Note("size_class", text=str(size)),
                    Note("coarse_place", key="unknown" if near is None else f"place.{near}"),
                    Note("uncertainty", key=_metres(texts, row["uncertainty_m"])),
                    Note("", key="responsibility.reported"),
                ),
                float(row["uncertainty_m"]),
            )
        )  # fmt: skip
    return Drawing(style.SIGHTINGS, exported.geometry, tuple(features))


def _metres(texts: Texts, metres: float) -> str:
    """Return the key of a distance in metres."""
    rounded = round(metres)
    forms = {lang: word("metres", lang, n=number(rounded, lang)) for lang in LANGUAGES}
    return names.add(texts, f"metres.{rounded}", forms)
