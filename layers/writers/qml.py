"""QGIS styles (QML) of the layers, in the colours, widths and dashes of `layers.palette`.

Sizes go out in points, 0.75 of a CSS pixel, so that a printed map looks like the screen.
"""

from __future__ import annotations

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np
import numpy.typing as npt
import pandas as pd

from layers import palette
from layers.palette import Area, Marker, Stroke
from layers.schema import DRIVABLE
from layers.writers.layers import Layer
from layers.xml import xml_text

POINTS_PER_PX: Final = 0.75
STOP_PX: Final = 6.0
FAINT: Final = 0.05
"""Share of the highest density below which nothing is drawn, so that the ground shows."""

WIDTHS_PX: Final = (1.0, 3.0, 5.0, 7.0, 9.0)
"""Of the lines of a model, from low to high values."""
MODEL_OPACITY: Final = 0.6

Symbol = ET.Element


def style(layer: Layer) -> str:
    """Return the QML document of a layer, as QGIS keeps it in ``layer_styles``."""
    qgis = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    qgis.append(RENDERERS[layer.name](layer.frame))
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(qgis, encoding="unicode")


def _roads(_: pd.DataFrame) -> ET.Element:
    roads = {kind: palette.road(kind) for kind in DRIVABLE}
    return _by_value("highway", _lines(roads), _line(palette.road("")))


def _legs(frame: pd.DataFrame) -> ET.Element:
    return _by_value("shift", _lines(_shifts(frame)))


def _stops(frame: pd.DataFrame) -> ET.Element:
    shifts = _shifts(frame).items()
    return _by_value("shift", {name: _marker(Marker(s.colour, STOP_PX)) for name, s in shifts})


def _shifts(frame: pd.DataFrame) -> dict[str, Stroke]:
    """Return how each shift is drawn, in the order in which the shifts appear."""
    return {str(name): palette.shift(i) for i, name in enumerate(frame["shift"].unique())}


# Renderers


def _single(symbol: Symbol) -> ET.Element:
    renderer = ET.Element("renderer-v2", type="singleSymbol", symbollevels="0")
    _symbols(renderer, [symbol])
    return renderer


def _by_value(
    column: str, symbols: Mapping[str, Symbol], other: Symbol | None = None
) -> ET.Element:
    """Return a renderer with a category a value; `other` draws whatever has none of them."""
    renderer = ET.Element("renderer-v2", type="categorizedSymbol", symbollevels="0", attr=column)
    entries = {**symbols, **({} if other is None else {"": other})}
    categories = ET.SubElement(renderer, "categories")
    for number, value in enumerate(entries):
        ET.SubElement(
            categories,
            "category",
            symbol=str(number),
            value=xml_text(value),
            type="string",
            label=xml_text(value).replace("_", " ") or "other",
            render="true",
        )
    _symbols(renderer, entries.values())
    return renderer


def _by_density(density: pd.Series) -> ET.Element:
    """Return a renderer in equal steps up to the highest density; the faintest is not drawn."""
    highest = float(density.max()) if len(density) else 1.0
    steps = np.linspace(FAINT * highest, highest, len(palette.LIXELS) + 1)
    strokes = [Stroke(colour, palette.LIXEL_WIDTH_PX) for colour in palette.LIXELS]
    return _graduated("density_per_km", steps, strokes, "per km", method="GraduatedColor")


def _by_width(column: str, values: pd.Series, colour: str, unit: str) -> ET.Element:
    """Return a renderer in equal steps up to the highest value, the wider the higher."""
    highest = float(values.max()) if values.notna().any() else 1.0
    steps = np.linspace(0.0, highest, len(WIDTHS_PX) + 1)
    strokes = [Stroke(colour, width, opacity=MODEL_OPACITY) for width in WIDTHS_PX]
    return _graduated(column, steps, strokes, unit, method="GraduatedSize")


def _graduated(
    column: str, steps: npt.NDArray[np.float64], strokes: Sequence[Stroke], unit: str, method: str
) -> ET.Element:
    """Return a renderer with a stroke for each range between two steps."""
    renderer = ET.Element(
        "renderer-v2",
        type="graduatedSymbol",
        symbollevels="0",
        attr=column,
        graduatedMethod=method,
    )
    ranges = ET.SubElement(renderer, "ranges")
    for number, (low, high) in enumerate(itertools.pairwise(steps)):
        ET.SubElement(
            ranges,
            "range",
            symbol=str(number),
            lower=repr(float(low)),
            upper=repr(float(high)),
            label=f"{low:.3g} to {high:.3g} {unit}",
            render="true",
        )
    _symbols(renderer, map(_line, strokes))
    return renderer


def _symbols(renderer: ET.Element, symbols: Iterable[Symbol]) -> None:
    """Put the symbols into the renderer, named by their number."""
    parent = ET.SubElement(renderer, "symbols")
    for number, symbol in enumerate(symbols):
        symbol.set("name", str(number))
        parent.append(symbol)


# Symbols


def _lines(strokes: Mapping[str, Stroke]) -> dict[str, Symbol]:
    return {name: _line(stroke) for name, stroke in strokes.items()}


def _line(stroke: Stroke) -> Symbol:
    symbol = ET.Element("symbol", type="line", alpha=f"{stroke.opacity:g}")
    _layer(symbol, "SimpleLine", _stroke(stroke))
    return symbol


def _marker(marker: Marker) -> Symbol:
    symbol = ET.Element("symbol", type="marker", alpha="1")
    _layer(symbol, "SimpleMarker", _disc(marker))
    return symbol


def _area(area: Area) -> Symbol:
    """Return the outline, over the fill where there is one to see."""
    symbol = ET.Element("symbol", type="fill", alpha="1")
    if area.fill_opacity:
        fill = {"color": _colour(area.fill, area.fill_opacity), "outline_style": "no"}
        _layer(symbol, "SimpleFill", fill)
    _layer(symbol, "SimpleLine", _stroke(area.outline))
    return symbol


def _sighting() -> Symbol:
    """Return a point over the disc that holds the position, true to scale in metres."""
    symbol = ET.Element("symbol", type="marker", alpha="1")
    area = palette.UNCERTAINTY
    disc = {
        "name": "circle",
        "color": _colour(area.fill, area.fill_opacity),
        "outline_color": _colour(area.outline.colour),
        "outline_style": "dash",
        **_size("outline_width", area.outline.width_px),
        "size_unit": "RenderMetersInMapUnits",
    }
    layer = _layer(symbol, "SimpleMarker", disc)
    expression = {"active": "true", "expression": '2 * "uncertainty_m"', "type": "3"}
    defined = ET.SubElement(ET.SubElement(layer, "data_defined_properties"), "Option", type="Map")
    ET.SubElement(defined, "Option", name="name", type="QString", value="")
    size = ET.SubElement(
        ET.SubElement(defined, "Option", name="properties", type="Map"),
        "Option",
        name="size",
        type="Map",
    )
    types = {"active": "bool", "expression": "QString", "type": "int"}
    for name, value in expression.items():
        ET.SubElement(size, "Option", name=name, type=types[name], value=value)
    ET.SubElement(defined, "Option", name="type", type="QString", value="collection")
    _layer(symbol, "SimpleMarker", _disc(palette.SIGHTING))
    return symbol


def _layer(symbol: Symbol, kind: str, options: Mapping[str, str]) -> ET.Element:
    """Add a symbol layer with its options, and return it."""
    layer = ET.SubElement(
        symbol, "layer", {"class": kind, "enabled": "1", "locked": "0", "pass": "0"}
    )
    table = ET.SubElement(layer, "Option", type="Map")
    for name, value in options.items():
        ET.SubElement(table, "Option", name=name, type="QString", value=value)
    return layer


def _stroke(stroke: Stroke) -> dict[str, str]:
    return {
        "line_color": _colour(stroke.colour),
        "line_style": "solid",
        **_size("line_width", stroke.width_px),
        "capstyle": "flat" if stroke.dash_px else "round",
        "joinstyle": "round",
        "use_custom_dash": "1" if stroke.dash_px else "0",
        "customdash": ";".join(f"{px * POINTS_PER_PX:g}" for px in stroke.dash_px or (5.0, 2.0)),
        "customdash_unit": "Point",
    }


def _disc(marker: Marker) -> dict[str, str]:
    return {
        "name": "circle",
        "color": _colour(marker.fill),
        "outline_color": _colour(marker.outline.colour),
        "outline_style": "solid",
        **_size("outline_width", marker.outline.width_px),
        **_size("size", 2 * marker.radius_px),
    }


def _size(name: str, px: float) -> dict[str, str]:
    return {name: f"{px * POINTS_PER_PX:g}", f"{name}_unit": "Point"}


def _colour(colour: str, opacity: float = 1.0) -> str:
    """Return ``#rrggbb`` as QGIS writes colours: red, green, blue, alpha."""
    red, green, blue = bytes.fromhex(colour.removeprefix("#"))
    return f"{red},{green},{blue},{round(255 * opacity)}"


RENDERERS: Final[Mapping[str, Callable[[pd.DataFrame], ET.Element]]] = MappingProxyType(
    {
        "boundary": lambda _: _single(_area(palette.BOUNDARY)),
        "waterways": lambda _: _by_value(
            "waterway", _lines(palette.WATERWAYS), _line(palette.waterway(""))
        ),
        "paths": lambda _: _single(_line(palette.PATH)),
        "roads": _roads,
        "railways": lambda _: _by_value("status", _lines(palette.RAILWAYS)),
        "facilities": lambda _: _single(_marker(palette.FACILITY)),
        "places": lambda _: _by_value("kind", {k: _marker(m) for k, m in palette.PLACES.items()}),
        "null_points": lambda _: _by_value(
            "null", {null: _marker(m) for null, m in palette.NULLS.items()}
        ),
        "lixels": lambda frame: _by_density(frame["density_per_km"]),
        "hotspots": lambda _: _single(_line(palette.HOTSPOT)),
        "help_places": lambda _: _single(_marker(palette.FACILITY)),
        "movement_sections": lambda frame: _by_width(
            "share_mean", frame["share_mean"], palette.BLUE, "of all trips"
        ),
        "access_sections": lambda frame: _by_width(
            "far_min", frame["far_min"], palette.PURPLE, "min on foot"
        ),
        "need": lambda _: _single(_marker(palette.NEED)),
        "sightings": lambda _: _single(_sighting()),
        "patrol_legs": _legs,
        "patrol_stops": _stops,
    }
)
"""By name of the layer."""
