"""What was reported and what it is near: sightings, hotspots, corridors, places of help."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date
from typing import Any, Final

import geopandas as gpd
import pandas as pd

from geo.crs import require_metric
from geo.results import Findings, HotspotEvidence, StudyData
from layers.schema import CORRIDOR_EXPLAINED, MAIN_ROADS, WGS84
from maps import names, quantities, style
from maps.names import Texts
from maps.places import ROUGH_M, closed_since, is_closed
from maps.spec import Drawing, Feature, LayerSpec, Note
from maps.summary import gate_said, probability, shares_said
from maps.words import LANGUAGES, month, word

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
    data : geo.results.StudyData, EPSG:4326
    texts : names.Texts
        Must hold the names of the places; sizes and distances are added to it.
    """
    found = [
        *_bands(findings, data),
        *_nulls(findings),
        _lixels(findings),
        _hotspots(findings, texts),
        _facilities(data.layers.facilities),
        _closed_places(data.places, texts),
        *(_places(data.places, kind, spec, texts) for kind, spec in style.PLACES.items()),
        *_sightings(findings, data.places, texts),
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


def _hotspots(findings: Findings, texts: Texts) -> Drawing:
    segments = findings.hotspots.segments.merge(findings.evidence.table, on="rank", how="left")
    gate = names.add(texts, "gate", {g: gate_said(findings.evidence, g) for g in LANGUAGES})
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
                Note("length", key=quantities.metres(texts, row["length_m"])),
                Note("chance", key=_chance(texts, row, findings.evidence)),
                Note("stability", key=_stability(texts, row)),
                Note("", key=gate),
                Note("", key="responsibility.reported"),
            ),
        )
        for row in segments.to_dict("records")
    )  # fmt: skip
    return Drawing(style.HOTSPOTS, segments.geometry.to_crs(WGS84), features)


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


def _chance(texts: Texts, row: Mapping[Any, Any], evidence: HotspotEvidence) -> str:
    """Return the key of how often chance reaches a hotspot's peak."""
    forms = {
        lang: word(
            "chance.p", lang, p=probability(row["p_value"], lang), simulations=evidence.simulations
        )
        for lang in LANGUAGES
    }
    return names.add(texts, f"chance.{row['rank']}", forms)


def _stability(texts: Texts, row: Mapping[Any, Any]) -> str:
    """Return the key of how often a hotspot stays among the first."""
    return names.add_word(
        texts, f"stability.{row['rank']}", "stability.top",
        redrawn=f"{100 * row['in_top_redrawn']:.0f}",
        left_out=f"{100 * row['in_top_left_out']:.0f}",
    )  # fmt: skip


def _sightings(findings: Findings, places: gpd.GeoDataFrame, texts: Texts) -> list[Drawing]:
    """Return the sightings as they may leave the toolkit, by the corridor that explains them.

    Each has a size class, a coarse place, a disc, and the shares of its explanations in tenths:
    finer ones would give the recorded position back.
    """
    exported = findings.exported
    towns = places[places["kind"] == "town"].set_index("name_en")["id"]
    table = CORRIDOR_EXPLAINED.frame() if findings.tests is None else findings.tests.explained
    each = dict(iter(table.assign(share=table["share"].round(1)).groupby("sighting")))
    by = table.drop_duplicates("sighting").set_index("sighting")["explained_by"]
    explained_by = exported["id"].map(by).astype("string").fillna("undecided")

    def feature(row: Mapping[Any, Any]) -> Feature:
        near, size = towns.get(row["coarse_place"]), row["size_class"]
        when = None if pd.isna(row["month"]) else str(row["month"])
        # A sighting outside the window of the tests has no explanation.
        shares = each.get(row["id"])
        return Feature(
            "sighting",
            (
                Note("size_class", key="unknown") if size == "unknown"
                else Note("size_class", text=str(size)),
                Note("coarse_place", key="unknown" if near is None else f"place.{near}"),
                *([] if when is None else [Note("month", key=add_month(texts, when))]),
                Note("uncertainty", key=quantities.metres(texts, row["uncertainty_m"])),
                *(
                    [] if shares is None
                    else [Note("explained", key=_explained(texts, row["id"], shares))]
                ),
                Note("", key="responsibility.reported"),
            ),
            float(row["uncertainty_m"]),
            month=when or "",
        )  # fmt: skip

    drawn = []
    for kind, spec in style.SIGHTINGS.items():
        rows = exported[explained_by == kind]
        features = tuple(feature(row) for row in rows.to_dict("records"))
        drawn.append(Drawing(spec, rows.geometry, features))
    return drawn


def _explained(texts: Texts, sighting: str, rows: pd.DataFrame) -> str:
    """Return the key of what explains a sighting, and how well; an input is said to be one."""
    located = rows.loc[rows["located_from_kind"].fillna(False).astype(bool), "corridor"]

    def said(lang: str) -> str:
        best = word(f"explained.{rows['explained_by'].iloc[0]}", lang)
        line = f"{best}: {shares_said(rows, lang)}"
        inputs = (word(f"explained.{kind}", lang) for kind in located)
        return line + "".join(word("explained.input", lang, kind=kind) for kind in inputs)

    return names.add(texts, f"explained.of.{sighting}", {lang: said(lang) for lang in LANGUAGES})


def months(exported: gpd.GeoDataFrame, texts: Texts) -> list[tuple[str, str]]:
    """Return the months that sightings can be filtered by, each with the key of its name.

    Parameters
    ----------
    exported : geopandas.GeoDataFrame, table `EXPORTED_SIGHTINGS`
    texts : names.Texts
        The names are added to it, and how many sightings have no month as ``months.without``.

    Returns
    -------
    list of (str, str)
        In their order; none where there are not two.
    """
    found = sorted(exported["month"].dropna().unique())
    undated = int(exported["month"].isna().sum())
    if undated:
        names.add_count(texts, "months.without", "months.undated", undated)
    return [(str(m), add_month(texts, str(m))) for m in found] if len(found) > 1 else []


def add_month(texts: Texts, year_month: str) -> str:
    """Put the name of a month YYYY-MM into `texts`, and return its key."""
    first = date.fromisoformat(f"{year_month}-01")
    return names.add(texts, f"month.{year_month}", {g: month(first, g) for g in LANGUAGES})
