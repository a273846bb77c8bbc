"""Along sections of corridors: where crews were; movement and walking time, which are modelled."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio import Affine
from rasterio.features import geometry_mask

from geo.movement.sections import anchor_names
from geo.records import Log, StudyData, Terrain
from geo.results import Access, Findings, Movement, Patrolled
from geo.schema import HELP_KINDS
from layers import palette
from maps.overlays import basemap
from maps.page.map_layers import LAYERS, Drawing, Feature, Note
from maps.words import quantities
from maps.words.catalogue import number, percent, period_name, word, written
from maps.words.names import PlaceNames
from maps.words.phrases import Phrase, of_word, phrase


def by_short_name(places: gpd.GeoDataFrame, names: PlaceNames) -> dict[str, Phrase]:
    """Return names of places by the short English name that sections use: a town first."""
    ordered = places.sort_values("kind", key=lambda kind: kind != "town", kind="stable")
    short = anchor_names(ordered)
    return {
        name: names[place]
        for name, place in zip(short[::-1], ordered["id"][::-1], strict=True)
    }


def section_name(row: Mapping[Any, Any], local: PlaceNames) -> Phrase:
    """Return a section's name: its road, and the places that it runs between."""

    def place(column: str, lang: str) -> str:
        name = row[column]
        return (
            str(name) if lang == "en" or name not in local else local[name].forms[lang]
        )

    def text(lang: str) -> str:
        way = _way(row, lang)
        if not pd.isna(row["from_place"]):
            ends = {"start": place("from_place", lang), "end": place("to_place", lang)}
            return word("section.between", lang, way=way, **ends)
        if not pd.isna(row["near_place"]):
            return word("section.near", lang, way=way, place=place("near_place", lang))
        return way

    return phrase(f"section.{row['section']}", text)


def _way(row: Mapping[Any, Any], lang: str) -> str:
    """Return what a corridor is called: a road's number or name, or the railway."""
    if row["corridor"] == "railway":
        return word("section.railway", lang)
    if pd.isna(row["road"]):
        return word("section.unnumbered", lang)
    road = written(str(row["road"]), lang)
    numbered = any(letter.isdigit() for letter in road)
    return word("section.road", lang, ref=road) if numbered else road


WIDE: Final = 0.3
"""A section is dashed where the 10-90 % range of its share is wider."""

WIDEST_PX: Final = 11.0
"""Width of a section that every trip uses."""

WIDEST_CREWS_PX: Final = 10.0
"""Width of the section that crews watched longest."""

FARTHEST: Final = 10
"""Sections drawn as far from help."""

_SIMPLIFY_M: Final = 20.0


def drawings(findings: Findings, data: StudyData, names: PlaceNames) -> list[Drawing]:
    """Return walking time, sections far from help and movement, from bottom to top.

    Walking times are drawn inside the study's outline: beyond, the data hold no help to walk to.
    """
    local = by_short_name(data.places, names)
    flow, walk = findings.movement, findings.access
    found = [
        *([_walking(walk, data.boundary)] if walk is not None and walk.minutes else []),
        *([] if walk is None else [_far(walk, local)]),
        *([] if flow is None else _movement(flow, local)),
    ]
    return [drawing for drawing in found if len(drawing.geometry)]


def notes(findings: Findings, terrain: Terrain | None) -> list[Phrase]:
    """Return what the models are, and what terrain they stand on; nothing where there are none."""
    flow, walk = findings.movement, findings.access
    found = (
        []
        if flow is None and walk is None
        else [of_word("models.note.0", "models.about")]
    )
    if flow is not None:
        found.append(of_word("models.note.1", "models.draws", draws=flow.draws))
    if walk is not None:
        ground = phrase("models.ground.of", partial(_ground, walk, terrain))
        found.append(of_word("models.note.2", "models.ground", ground=ground))
    return found


def _ground(access: Access, terrain: Terrain | None, lang: str) -> str:
    """Return what the terrain is and how much of it is truth: `Access.note` in the language."""
    if terrain is None:
        return word("models.level", lang)
    note = word(
        "models.terrain",
        lang,
        source=terrain.source,
        cell=number(access.transform[0], lang),
        detail=number(terrain.detail_m, lang),
    )
    if not access.level_share:
        return note
    share = number(100 * access.level_share, lang, 1)
    return f"{note} {word('models.partly_level', lang, share=share)}"


def _movement(flow: Movement, local: PlaceNames) -> list[Drawing]:
    """Return the sections by expected share, those with a wide range apart."""
    sections = flow.sections
    wide = (
        (sections["share_high"] - sections["share_low"] > WIDE).fillna(False).to_numpy()
    )
    layers = (("movement_wide", sections[wide]), ("movement", sections[~wide]))
    return [
        Drawing.of(LAYERS[key], _simpler(rows), partial(_section, local=local))
        for key, rows in layers
    ]


def _section(row: Mapping[Any, Any], local: PlaceNames) -> Feature:
    shares = {name: percent(row[f"share_{name}"]) for name in ("mean", "low", "high")}
    share = of_word(f"share.{row['section']}", "movement.share", **shares)
    # A thin line still has to be seen and clicked.
    width = round(max(1.5, WIDEST_PX * float(row["share_mean"])), 1)
    return Feature(
        section_name(row, local),
        (Note("share", share), Note("", "models.movement")),
        width=width,
    )


def _far(access: Access, local: PlaceNames) -> Drawing:
    """Return the sections that are farthest from help, with the minutes to each kind of it."""

    def section(row: Mapping[Any, Any]) -> Feature:
        minutes = {kind: row[f"{kind}_min"] for kind in HELP_KINDS}
        notes = [
            Note(f"help.{kind}", quantities.minutes(value))
            for kind, value in minutes.items()
            if np.isfinite(value)
        ]
        return Feature(section_name(row, local), (*notes, Note("", "models.access")))

    rows = access.sections[access.sections["rank"].fillna(FARTHEST + 1) <= FARTHEST]
    return Drawing.of(LAYERS["far"], _simpler(rows), section)


def _walking(access: Access, boundary: gpd.GeoDataFrame) -> Drawing:
    """Return the minutes on foot to the nearest help of any kind, as a picture in classes."""
    nearest = np.fmin.reduce(list(access.minutes.values()))
    outside = geometry_mask(
        boundary.to_crs(access.crs).geometry, nearest.shape, Affine(*access.transform)
    )
    nearest = np.where(outside, np.float32(np.nan), nearest)
    image, bounds = picture(nearest, access.transform, access.crs)
    return Drawing(LAYERS["walking"], bounds, image=image)


def picture(
    minutes: npt.NDArray[np.float32],
    transform: tuple[float, float, float, float, float, float],
    crs: str,
) -> tuple[str, gpd.GeoSeries]:
    """Return a raster of walking times in classes as a PNG in a data URL, and what it covers.

    The raster is as in `geo.results.Access`; where there is no way, NaN, it stays open.
    """
    warped, bounds = basemap.warp(minutes, transform, crs)
    # Class 0 is unknown and stays open.
    classed = np.where(
        np.isnan(warped), 0, np.digitize(warped, palette.WALKING_MIN) + 1
    )
    colours = ("#000000", *palette.WALKING)
    return basemap.png(
        classed.astype(np.uint8), colours, [0, *[1] * (len(colours) - 1)]
    ), bounds


def _simpler(rows: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return rows.set_geometry(rows.geometry.simplify(_SIMPLIFY_M))


def crews(
    found: Patrolled | None, places: gpd.GeoDataFrame, names: PlaceNames
) -> list[Drawing]:
    """Return the sections that crews watched: wider, the longer; with the minutes of each month."""
    rows = None if found is None else found.minutes[found.minutes["minutes"] > 0]
    if rows is None or rows.empty:
        return []
    local = by_short_name(places, names)
    minutes = dict(iter(rows.groupby("section", sort=False)))
    most = max(own["minutes"].sum() for own in minutes.values())

    def section(row: Mapping[Any, Any]) -> Feature:
        own = minutes[row["section"]]
        width = round(max(2.0, WIDEST_CREWS_PX * own["minutes"].sum() / most), 1)
        notes = (
            Note(
                phrase(f"month.{m}", partial(period_name, m)), quantities.minutes(value)
            )
            for m, value in zip(own["month"], own["minutes"], strict=True)
        )
        return Feature(section_name(row, local), tuple(notes), width=width)

    return [Drawing.of(LAYERS["crews"], rows.drop_duplicates("section"), section)]


def visits_made(log: Log) -> dict[str, Phrase]:
    """Return how many of the planned visits crews made, by stop: of the nights with any page."""
    spot = ["date", "shift", "vehicle", "stop"]
    nights = log.planned[log.planned["date"].isin(log.visits["date"])][spot]
    planned = nights["stop"].value_counts()
    made = log.visits[log.visits["outcome"] == "done"].merge(nights, on=spot)
    done = made["stop"].value_counts()
    return {
        str(stop): of_word(
            f"visits.{stop}", "crews.visits", made=done.get(stop, 0), planned=n
        )
        for stop, n in planned.items()
    }
