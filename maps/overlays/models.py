"""What is modelled and not observed: movement along corridors, walking time to help."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from shapely import box

from geo.movement.sections import place_names
from geo.results import Access, Findings
from layers.records import StudyData, Terrain
from layers.schema import HELP_KINDS, WGS84
from maps.page import raster, style
from maps.page.layer import Drawing, Feature, Note
from maps.words import names, quantities
from maps.words.catalogue import LANGUAGES, count, number, word, written
from maps.words.names import Texts

WIDE: Final = 0.3
"""A section is dashed where the 10-90 % range of its share is wider."""

WIDEST_PX: Final = 11.0
"""Width of a section that every trip uses."""

FARTHEST: Final = 10
"""Sections drawn as far from help."""

CLASSES_MIN: Final = (30, 60, 120, 240)
"""Walking times that part the classes of the overlay, in minutes."""

_SIMPLIFY_M: Final = 20.0


def drawings(findings: Findings, data: StudyData, texts: Texts) -> list[Drawing]:
    """Return walking time, sections far from help and movement, from bottom to top.

    Parameters
    ----------
    findings : geo.results.Findings
    data : layers.records.StudyData, EPSG:4326
        Walking times are shown inside its outline: beyond, the data hold no help to walk to.
    texts : names.Texts
        Must hold the names of the places; those of sections, shares and times are added to it.
    """
    local = _local(data.places)
    found = [
        *([_walking(findings.access, data.boundary)] if findings.access.minutes else []),
        _far(findings.access, local, texts),
        *_movement(findings, local, texts),
    ]
    return [drawing for drawing in found if len(drawing.geometry)]


def add_notes(texts: Texts, findings: Findings, terrain: Terrain | None) -> None:
    """Put what the models are, and what terrain they stand on, into `texts` as ``models.note``."""

    def said(lang: str) -> str:
        ground = _ground(findings.access, terrain, lang)
        about = word("models.about", lang, draws=findings.movement.draws, ground=ground)
        return f"{about} {check_in_words(findings.movement.check, lang)}".strip()

    names.add(texts, "models.note", {lang: said(lang) for lang in LANGUAGES})


def check_in_words(check: pd.DataFrame, language: str) -> str:
    """Return how the movement model does beside road length alone; empty without sightings.

    Parameters
    ----------
    check : pandas.DataFrame, table `MOVEMENT_CHECK`
    language : str
    """
    rows = check[(check["points"] == "sightings") & (check["n_points"] > 0)]
    by = rows.pivot_table(index="top_pct", columns="ranking", values="on_sections")
    if not {"model", "road_length"} <= set(by):
        return ""
    model, length = by["model"], by["road_length"]
    return word(
        "models.check", language,
        n=count("sightings", int(rows["n_points"].iloc[0]), language),
        model=", ".join(number(value, language) for value in model),
        length=", ".join(number(value, language, 1) for value in length),
        tops=", ".join(number(top, language) for top in by.index),
        k=int((model <= length).sum()), cuts=len(by),
    )  # fmt: skip


def _ground(access: Access, terrain: Terrain | None, lang: str) -> str:
    """Return what the terrain is and how much of it is truth: `Access.note` in the language."""
    if terrain is None:
        return word("models.level", lang)
    note = word(
        "models.terrain", lang, source=terrain.source, cell=number(access.transform[0], lang),
        detail=number(terrain.detail_m, lang),
    )  # fmt: skip
    if not access.level_share:
        return note
    share = number(100 * access.level_share, lang, 1)
    return f"{note} {word('models.partly_level', lang, share=share)}"


def _movement(findings: Findings, local: Mapping[str, str], texts: Texts) -> list[Drawing]:
    """Return the sections by expected share, those with a wide range apart."""
    sections = findings.movement.sections
    wide = (sections["share_high"] - sections["share_low"] > WIDE).fillna(False).to_numpy()
    return [
        Drawing(
            spec,
            _lines(rows),
            tuple(_section(row, local, texts) for row in rows.to_dict("records")),
        )
        for spec, rows in (
            (style.MOVEMENT_WIDE, sections[wide]),
            (style.MOVEMENT, sections[~wide]),
        )
    ]


def _section(row: Mapping[Any, Any], local: Mapping[str, str], texts: Texts) -> Feature:
    share = {
        lang: word(
            "movement.share", lang,
            mean=f"{100 * row['share_mean']:.0f}", low=f"{100 * row['share_low']:.0f}",
            high=f"{100 * row['share_high']:.0f}",
        )
        for lang in LANGUAGES
    }  # fmt: skip
    notes = (
        Note("share", key=names.add(texts, f"share.{row['section']}", share)),
        Note("", key="models.movement"),
    )
    # A thin line still has to be seen and clicked.
    width = round(max(1.5, WIDEST_PX * float(row["share_mean"])), 1)
    return Feature(_named(row, local, texts), notes, width=width)


def _far(access: Access, local: Mapping[str, str], texts: Texts) -> Drawing:
    """Return the sections that are farthest from help, with the minutes to each kind of it."""
    rows = access.sections[access.sections["rank"].fillna(FARTHEST + 1) <= FARTHEST]
    features = tuple(
        Feature(
            _named(row, local, texts),
            (
                *(
                    Note(f"help.{kind}", key=quantities.minutes(texts, row[f"{kind}_min"]))
                    for kind in HELP_KINDS
                    if np.isfinite(row[f"{kind}_min"])
                ),
                Note("", key="models.access"),
            ),
        )
        for row in rows.to_dict("records")
    )
    return Drawing(style.FAR, _lines(rows), features)


def _walking(access: Access, boundary: gpd.GeoDataFrame) -> Drawing:
    """Return the minutes on foot to the nearest help of any kind, as a picture in classes."""
    nearest = np.fmin.reduce(list(access.minutes.values()))
    rows, columns = nearest.shape
    a, _, west, _, e, north = access.transform
    x, y = np.meshgrid(west + (np.arange(columns) + 0.5) * a, north + (np.arange(rows) + 0.5) * e)
    outline = boundary.to_crs(access.crs).union_all()
    shapely.prepare(outline)
    nearest = np.where(shapely.contains_xy(outline, x, y), nearest, np.nan)
    image, bounds = picture(nearest, access.transform, access.crs)
    frame = gpd.GeoSeries([box(*bounds)], crs=raster.WEB_MERCATOR).to_crs(WGS84)
    return Drawing(style.WALKING, frame, image=image)


def picture(
    minutes: npt.NDArray[np.float32],
    transform: tuple[float, float, float, float, float, float],
    crs: str,
) -> tuple[str, tuple[float, float, float, float]]:
    """Return a raster of walking times in classes as a PNG in a data URL, and its bounds.

    Parameters
    ----------
    minutes : (rows, columns) array
        NaN where there is no way; it is left open.
    transform, crs
        As in `geo.results.Access`.

    Returns
    -------
    image : str
    bounds : (west, south, east, north), EPSG:3857
        In which the picture has straight edges on a web map.
    """
    warped, bounds = raster.warp(minutes, transform, crs)
    # Class 0 is unknown and stays open.
    classed = np.where(np.isnan(warped), 0, np.digitize(warped, CLASSES_MIN) + 1)
    colours = ("#000000", *style.WALKING_RAMP)
    return raster.png(classed.astype(np.uint8), colours, [0, *[1] * (len(colours) - 1)]), bounds


def _lines(rows: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return rows.geometry.simplify(_SIMPLIFY_M).to_crs(WGS84)


def _local(places: gpd.GeoDataFrame) -> dict[str, str]:
    """Return, by the short English name that sections use, the id of the place: a town first."""
    ordered = places.sort_values("kind", key=lambda kind: kind != "town", kind="stable")
    short = place_names(ordered)
    return dict(zip(short[::-1], ordered["id"][::-1], strict=True))


def _named(row: Mapping[Any, Any], local: Mapping[str, str], texts: Texts) -> str:
    """Return the key of a section's name: its road, and the places that it runs between."""
    forms = {}
    for lang in LANGUAGES:
        start, end, near = (
            _place_said(row[column], local, texts[lang], lang)
            for column in ("from_place", "to_place", "near_place")
        )
        way = _way(row, lang)
        if not pd.isna(row["from_place"]):
            way = word("section.between", lang, way=way, start=start, end=end)
        elif not pd.isna(row["near_place"]):
            way = word("section.near", lang, way=way, place=near)
        forms[lang] = way
    return names.add(texts, f"section.{row['section']}", forms)


def _place_said(name: Any, local: Mapping[str, str], said: Mapping[str, str], lang: str) -> str:
    """Return a place's name in the language; the short one of the sections in English."""
    return str(name) if lang == "en" or name not in local else said[f"place.{local[name]}"]


def _way(row: Mapping[Any, Any], lang: str) -> str:
    """Return what a corridor is called: a road's number or name, or the railway."""
    if row["corridor"] == "railway":
        return word("section.railway", lang)
    if pd.isna(row["road"]):
        return word("section.unnumbered", lang)
    road = written(str(row["road"]), lang)
    numbered = any(letter.isdigit() for letter in road)
    return word("section.road", lang, ref=road) if numbered else road
