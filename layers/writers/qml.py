"""QGIS styles (QML) of the layers, in the colours, widths and dashes of `layers.palette`."""

import itertools
from collections.abc import Callable, Iterable, Mapping
from types import MappingProxyType
from typing import Any, Final

import numpy as np
import pandas as pd

from layers import palette
from layers.filled import filled
from layers.palette import Area, Marker, Stroke
from layers.schema import DRIVABLE
from layers.writers.layers import Layer

POINTS_PER_PX: Final = 0.75
STOP_PX: Final = 6.0
FAINT: Final = 0.05
"""Share of the highest density below which nothing is drawn, so that the ground shows."""

WIDTHS_PX: Final = (1.0, 3.0, 5.0, 7.0, 9.0)
"""Of the lines of a model, from low to high values."""
MODEL_OPACITY: Final = 0.6

Drawn = Stroke | Marker | Area
Style = dict[str, Any]
"""What the template ``style.qml`` is filled with."""


def style(layer: Layer) -> str:
    """Return the QML document of a layer, as QGIS keeps it in ``layer_styles``."""
    usual: Style = {"attr": "", "method": "", "around": None, "points": _points, "rgba": _rgba}
    return filled("style.qml", **usual | STYLES[layer.name](layer.frame))


def _single(drawn: Drawn, **more: Drawn) -> Style:
    return {"type": "singleSymbol", "entries": [{"drawn": drawn}], **more}


def _by_value(column: str, drawn: Mapping[str, Drawn], other: Drawn | None = None) -> Style:
    """Return a style with a category for each value; `other` draws all other values."""
    categories = {**drawn, **({} if other is None else {"": other})}
    entries = [{"value": value, "drawn": one} for value, one in categories.items()]
    return {"type": "categorizedSymbol", "attr": column, "entries": entries}


def _by_shift(frame: pd.DataFrame, drawn: Callable[[Stroke], Drawn]) -> Style:
    """Return a style with a colour for each shift, in the order in which the shifts appear."""
    shifts = enumerate(frame["shift"].unique())
    return _by_value("shift", {str(name): drawn(palette.shift(i)) for i, name in shifts})


def _by_density(density: pd.Series) -> Style:
    """Return a style in equal steps up to the highest density; the faintest is not drawn."""
    strokes = [Stroke(colour, palette.LIXEL_WIDTH_PX) for colour in palette.LIXELS]
    return _graduated(density, strokes, "per km", "GraduatedColor", faint=FAINT)


def _by_width(values: pd.Series, colour: str, unit: str) -> Style:
    """Return a style in equal steps up to the highest value: the higher, the wider."""
    strokes = [Stroke(colour, width, opacity=MODEL_OPACITY) for width in WIDTHS_PX]
    return _graduated(values, strokes, unit, "GraduatedSize")


def _graduated(
    values: pd.Series, strokes: list[Stroke], unit: str, method: str, *, faint: float = 0.0
) -> Style:
    """Return a style with a stroke for each of equal steps, from a share of the highest value.

    The name of `values` is that of the layer's column.
    """
    highest = float(values.max()) if values.notna().any() else 1.0
    steps = itertools.pairwise(np.linspace(faint * highest, highest, len(strokes) + 1).tolist())
    entries = [{"low": a, "high": b, "drawn": d} for (a, b), d in zip(steps, strokes, strict=True)]
    return {"type": "graduatedSymbol", "attr": str(values.name), "method": method, "unit": unit,
            "entries": entries}  # fmt: skip


def _points(px: float) -> str:
    return f"{px * POINTS_PER_PX:g}"


def _rgba(colour: str, opacity: float = 1.0) -> str:
    """Return ``#rrggbb`` as QGIS writes colours: red, green, blue, alpha."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},{round(255 * opacity)}"


def _roads(classes: Iterable[str]) -> Style:
    return _by_value("highway", {one: palette.road(one) for one in classes}, palette.road(""))


STYLES: Final[Mapping[str, Callable[[pd.DataFrame], Style]]] = MappingProxyType(
    {
        "boundary": lambda _: _single(palette.BOUNDARY),
        "waterways": lambda _: _by_value("waterway", palette.WATERWAYS, palette.waterway("")),
        "paths": lambda _: _single(palette.PATH),
        "roads": lambda _: _roads(DRIVABLE),
        "railways": lambda _: _by_value("status", palette.RAILWAYS),
        "facilities": lambda _: _single(palette.FACILITY),
        "places": lambda _: _by_value("kind", palette.PLACES),
        "null_points": lambda _: _by_value("null", palette.NULLS),
        "lixels": lambda frame: _by_density(frame["density_per_km"]),
        "hotspots": lambda _: _single(palette.HOTSPOT),
        "help_places": lambda _: _single(palette.FACILITY),
        "movement_sections": lambda f: _by_width(f["share_mean"], palette.BLUE, "of all trips"),
        "access_sections": lambda f: _by_width(f["far_min"], palette.PURPLE, "min on foot"),
        "need": lambda _: _single(palette.NEED),
        "sightings": lambda _: _single(palette.SIGHTING, around=palette.UNCERTAINTY),
        "released_cells": lambda _: _single(palette.UNCERTAINTY),
        "announced_stops": lambda _: _single(Marker(palette.BLUE, STOP_PX)),
        "patrol_legs": lambda frame: _by_shift(frame, lambda stroke: stroke),
        "patrol_stops": lambda frame: _by_shift(frame, lambda s: Marker(s.colour, STOP_PX)),
    }
)
"""By name of the layer."""
