"""What is modelled and not observed: movement along corridors, walking time to help."""

from collections.abc import Callable, Mapping
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.results import Access, Findings, Movement
from layers import palette
from layers.records import StudyData, Terrain
from layers.schema import HELP_KINDS, WGS84
from maps.overlays.sections import by_short_name, section_name
from maps.page import raster, style
from maps.page.layer import Drawing, Feature, Note
from maps.words import quantities
from maps.words.catalogue import count, number, percent, word
from maps.words.names import PlaceNames
from maps.words.phrases import Phrase, of_word, phrase

WIDE: Final = 0.3
"""A section is dashed where the 10-90 % range of its share is wider."""

WIDEST_PX: Final = 11.0
"""Width of a section that every trip uses."""

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
    said: list[Callable[[str], str]] = []
    if flow is not None:
        said.append(lambda lang: word("models.draws", lang, draws=flow.draws))
        said.append(lambda lang: check_in_words(flow.check, lang))
    if walk is not None:
        said.append(lambda lang: word("models.ground", lang, ground=_ground(walk, terrain, lang)))
    first = [lambda lang: word("models.about", lang)] if said else []
    found = [phrase(f"models.note.{n}", text) for n, text in enumerate([*first, *said])]
    return [one for one in found if one.forms["en"]]


def check_in_words(check: pd.DataFrame, language: str) -> str:
    """Return how the movement model does beside road length alone; empty without sightings.

    The check is table `MOVEMENT_CHECK`.
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


def _movement(flow: Movement, local: PlaceNames) -> list[Drawing]:
    """Return the sections by expected share, those with a wide range apart."""
    sections = flow.sections
    wide = (sections["share_high"] - sections["share_low"] > WIDE).fillna(False).to_numpy()
    return [
        Drawing(
            spec,
            _lines(rows),
            tuple(_section(row, local) for row in rows.to_dict("records")),
        )
        for spec, rows in (
            (style.LAYERS["movement_wide"], sections[wide]),
            (style.LAYERS["movement"], sections[~wide]),
        )
    ]


def _section(row: Mapping[Any, Any], local: PlaceNames) -> Feature:
    shares = {name: percent(row[f"share_{name}"]) for name in ("mean", "low", "high")}
    share = of_word(f"share.{row['section']}", "movement.share", **shares)
    # A thin line still has to be seen and clicked.
    width = round(max(1.5, WIDEST_PX * float(row["share_mean"])), 1)
    return Feature(
        section_name(row, local), (Note("share", share), Note("", "models.movement")), width=width
    )


def _far(access: Access, local: PlaceNames) -> Drawing:
    """Return the sections that are farthest from help, with the minutes to each kind of it."""
    rows = access.sections[access.sections["rank"].fillna(FARTHEST + 1) <= FARTHEST]
    features = tuple(
        Feature(
            section_name(row, local),
            (
                *(
                    Note(f"help.{kind}", quantities.minutes(row[f"{kind}_min"]))
                    for kind in HELP_KINDS
                    if np.isfinite(row[f"{kind}_min"])
                ),
                Note("", "models.access"),
            ),
        )
        for row in rows.to_dict("records")
    )
    return Drawing(style.LAYERS["far"], _lines(rows), features)


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
    return Drawing(style.LAYERS["walking"], bounds, image=image)


def picture(
    minutes: npt.NDArray[np.float32],
    transform: tuple[float, float, float, float, float, float],
    crs: str,
) -> tuple[str, gpd.GeoSeries]:
    """Return a raster of walking times in classes as a PNG in a data URL, and what it covers.

    The raster is as in `geo.results.Access`; where there is no way, NaN, it stays open.
    """
    warped, bounds = raster.warp(minutes, transform, crs)
    # Class 0 is unknown and stays open.
    classed = np.where(np.isnan(warped), 0, np.digitize(warped, palette.WALKING_MIN) + 1)
    colours = ("#000000", *palette.WALKING)
    return raster.png(classed.astype(np.uint8), colours, [0, *[1] * (len(colours) - 1)]), bounds


def _lines(rows: gpd.GeoDataFrame) -> gpd.GeoSeries:
    return rows.geometry.simplify(_SIMPLIFY_M).to_crs(WGS84)
