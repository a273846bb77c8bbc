"""Along sections of corridors: where crews were; walking time, which is modelled."""

from collections.abc import Mapping
from functools import partial
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
from rasterio import Affine
from rasterio.features import geometry_mask

from geo.records import Log, StudyData, Terrain
from geo.results import Access, Findings, Patrolled
from geo.schema import HELP_KINDS
from geo.sections.cutting import anchor_names
from layers import palette
from maps.overlays import basemap
from maps.page.map_layers import LAYERS, Drawing, Feature, Note
from maps.words import phrased_numbers
from maps.words.catalogue import period_name
from maps.words.names import PlaceNames, signed
from maps.words.phrases import Joined, Phrase, Text, same


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

    def place(column: str) -> Text:
        """Return a place's name; in English the short one that sections use."""
        name = str(row[column])
        local_name = local.get(name, same(name))
        return lambda language: name if language == "en" else local_name(language)

    way = _way(row)
    if not pd.isna(row["from_place"]):
        start, end = place("from_place"), place("to_place")
        return Phrase("section.between", way=way, start=start, end=end)
    if not pd.isna(row["near_place"]):
        return Phrase("section.near", way=way, place=place("near_place"))
    return way


def _way(row: Mapping[Any, Any]) -> Phrase:
    """Return what a corridor is called: a road's number or name, or the railway."""
    if row["corridor"] == "railway":
        return Phrase("section.railway")
    if pd.isna(row["road"]):
        return Phrase("section.unnumbered")
    road = signed(str(row["road"]))
    numbered = any(letter.isdigit() for letter in str(row["road"]))
    return Phrase("section.road", ref=road) if numbered else road


WIDEST_CREWS_PX: Final = 10.0
"""Width of the section that crews watched longest."""

FARTHEST: Final = 10
"""Sections drawn as far from help."""

_SIMPLIFY_M: Final = 20.0


def model_layers(
    findings: Findings, data: StudyData, names: PlaceNames
) -> list[Drawing]:
    """Return walking time and sections far from help, from bottom to top.

    Walking times are drawn inside the study's outline: beyond, the data hold no help to walk to.
    """
    local = by_short_name(data.places, names)
    walk = findings.access
    layers = []
    if walk is not None:
        if walk.minutes:
            layers.append(_walking(walk, data.boundary))
        layers.append(_far(walk, local))
    return [drawing for drawing in layers if len(drawing.geometry)]


def notes(findings: Findings, terrain: Terrain | None) -> list[Phrase]:
    """Return what walking time is, and what terrain it stands on; nothing where there is none."""
    walk = findings.access
    if walk is None:
        return []
    ground = _ground(walk, terrain)
    return [Phrase("models.about"), Phrase("models.ground", ground=ground)]


def _ground(access: Access, terrain: Terrain | None) -> Phrase:
    """Return what the terrain is and how much of it is truth: `Access.note` in every language."""
    if terrain is None:
        return Phrase("models.level")
    sentences = [
        Phrase(
            "models.terrain",
            source=terrain.source,
            cell=phrased_numbers.figure(access.transform[0]),
            detail=phrased_numbers.figure(terrain.detail_m),
        )
    ]
    if access.level_share:
        share = phrased_numbers.figure(100 * access.level_share, 1)
        sentences.append(Phrase("models.partly_level", share=share))
    return Joined(" ", sentences)


def _far(access: Access, local: PlaceNames) -> Drawing:
    """Return the sections that are farthest from help, with the minutes to each kind of it."""

    def section(row: Mapping[Any, Any]) -> Feature:
        notes = []
        for kind in HELP_KINDS:
            minutes = row[f"{kind}_min"]
            if np.isfinite(minutes):
                notes.append(Note(f"help.{kind}", phrased_numbers.minutes(minutes)))
        notes.append(Note("", "models.access"))
        return Feature(section_name(row, local), tuple(notes))

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


def crew_layers(
    patrolled: Patrolled | None, places: gpd.GeoDataFrame, names: PlaceNames
) -> list[Drawing]:
    """Return the sections that crews watched: wider, the longer; with the minutes of each month."""
    if patrolled is None:
        return []
    rows = patrolled.minutes[patrolled.minutes["minutes"] > 0]
    if rows.empty:
        return []
    local = by_short_name(places, names)
    by_section = rows.groupby("section", sort=False)
    total = by_section["minutes"].sum()

    def section(row: Mapping[Any, Any]) -> Feature:
        share = total[row["section"]] / total.max()
        notes = []
        for month in by_section.get_group(row["section"]).to_dict("records"):
            name = Phrase(partial(period_name, month["month"]))
            notes.append(Note(name, phrased_numbers.minutes(month["minutes"])))
        width = round(max(2.0, WIDEST_CREWS_PX * share), 1)
        return Feature(section_name(row, local), tuple(notes), width=width)

    return [Drawing.of(LAYERS["crews"], rows.drop_duplicates("section"), section)]


def visits_made(log: Log) -> dict[str, Phrase]:
    """Return how many of the planned visits crews made, by stop: of the nights with any page."""
    spot = ["date", "shift", "vehicle", "stop"]
    nights = log.planned[log.planned["date"].isin(log.visits["date"])][spot]
    done = log.made.merge(nights, on=spot)
    done_by_stop = done["stop"].value_counts()
    return {
        str(stop): Phrase(
            "crews.visits", made=done_by_stop.get(stop, 0), planned=planned
        )
        for stop, planned in nights["stop"].value_counts().items()
    }
