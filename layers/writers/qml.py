"""QGIS styles (QML) of the layers, in the colours, widths and dashes of `layers.palette`.

Sizes go out in points, 0.75 of a CSS pixel, so that a printed map looks like the screen.
"""

import itertools
from collections.abc import Callable, Iterable, Mapping, Sequence
from types import MappingProxyType
from typing import Final
from xml.etree import ElementTree as ET

import numpy as np
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


def style(layer: Layer) -> str:
    """Return the QML document of a layer, as QGIS keeps it in ``layer_styles``."""
    qgis = ET.Element("qgis", version="3.28.0", styleCategories="Symbology")
    qgis.append(RENDERERS[layer.name](layer.frame))
    head = "<!DOCTYPE qgis PUBLIC 'http://mrcc.com/qgis.dtd' 'SYSTEM'>\n"
    return head + ET.tostring(qgis, encoding="unicode")


def _by_shift(frame: pd.DataFrame, symbol: Callable[[Stroke], ET.Element]) -> ET.Element:
    """Return a renderer with a colour for each shift, in the order in which the shifts appear."""
    shifts = enumerate(frame["shift"].unique())
    return _by_value("shift", {str(name): symbol(palette.shift(i)) for i, name in shifts})


# Renderers


def _renderer(kind: str, symbols: Iterable[ET.Element], **attributes: str) -> ET.Element:
    """Return a renderer and its symbols, which are named by their number."""
    renderer = ET.Element("renderer-v2", {"type": kind, "symbollevels": "0", **attributes})
    parent = ET.SubElement(renderer, "symbols")
    for number, symbol in enumerate(symbols):
        symbol.set("name", str(number))
        parent.append(symbol)
    return renderer


def _single(symbol: ET.Element) -> ET.Element:
    return _renderer("singleSymbol", [symbol])


def _by_value(
    column: str, symbols: Mapping[str, ET.Element], other: ET.Element | None = None
) -> ET.Element:
    """Return a renderer with a category for each value; `other` draws all other values."""
    entries = {**symbols, **({} if other is None else {"": other})}
    renderer = _renderer("categorizedSymbol", entries.values(), attr=column)
    categories = ET.Element("categories")
    renderer.insert(0, categories)
    for number, value in enumerate(entries):
        label = xml_text(value).replace("_", " ") or "other"
        ET.SubElement(
            categories, "category", symbol=str(number), value=xml_text(value), type="string",
            label=label, render="true",
        )  # fmt: skip
    return renderer


def _by_density(density: pd.Series) -> ET.Element:
    """Return a renderer in equal steps up to the highest density; the faintest is not drawn."""
    strokes = [Stroke(colour, palette.LIXEL_WIDTH_PX) for colour in palette.LIXELS]
    return _graduated(density, strokes, "per km", "GraduatedColor", faint=FAINT)


def _by_width(values: pd.Series, colour: str, unit: str) -> ET.Element:
    """Return a renderer in equal steps up to the highest value: the higher, the wider."""
    strokes = [Stroke(colour, width, opacity=MODEL_OPACITY) for width in WIDTHS_PX]
    return _graduated(values, strokes, unit, "GraduatedSize")


def _graduated(
    values: pd.Series, strokes: Sequence[Stroke], unit: str, method: str, *, faint: float = 0.0
) -> ET.Element:
    """Return a renderer with a stroke for each of equal steps, from a share of the highest value.

    The name of `values` is that of the layer's column.
    """
    highest = float(values.max()) if values.notna().any() else 1.0
    steps = np.linspace(faint * highest, highest, len(strokes) + 1)
    renderer = _renderer(
        "graduatedSymbol", map(_line, strokes), attr=str(values.name), graduatedMethod=method
    )
    ranges = ET.Element("ranges")
    renderer.insert(0, ranges)
    for number, (low, high) in enumerate(itertools.pairwise(steps)):
        ET.SubElement(
            ranges, "range", symbol=str(number), lower=repr(float(low)), upper=repr(float(high)),
            label=f"{low:.3g} to {high:.3g} {unit}", render="true",
        )  # fmt: skip
    return renderer


# Symbols


def _lines(strokes: Mapping[str, Stroke]) -> dict[str, ET.Element]:
    return {name: _line(stroke) for name, stroke in strokes.items()}


def _line(stroke: Stroke) -> ET.Element:
    symbol = ET.Element("symbol", type="line", alpha=f"{stroke.opacity:g}")
    _layer(symbol, "SimpleLine", _stroke(stroke))
    return symbol


def _marker(marker: Marker) -> ET.Element:
    symbol = ET.Element("symbol", type="marker", alpha="1")
    _layer(symbol, "SimpleMarker", _disc(marker))
    return symbol


def _area(area: Area) -> ET.Element:
    """Return the outline, over the fill where there is one to see."""
    symbol = ET.Element("symbol", type="fill", alpha="1")
    if area.fill_opacity:
        fill = {"color": _colour(area.fill, area.fill_opacity), "outline_style": "no"}
        _layer(symbol, "SimpleFill", fill)
    _layer(symbol, "SimpleLine", _stroke(area.outline))
    return symbol


_UNCERTAINTY_SIZE: Final = """<data_defined_properties><Option type="Map">
<Option name="name" type="QString" value="" />
<Option name="properties" type="Map"><Option name="size" type="Map">
<Option name="active" type="bool" value="true" />
<Option name="expression" type="QString" value="2 * &quot;uncertainty_m&quot;" />
<Option name="type" type="int" value="3" />
</Option></Option>
<Option name="type" type="QString" value="collection" />
</Option></data_defined_properties>""".replace("\n", "")
"""Makes QGIS draw a disc with the diameter that an expression gives for each feature."""


def _sighting() -> ET.Element:
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
    _layer(symbol, "SimpleMarker", disc).append(ET.fromstring(_UNCERTAINTY_SIZE))
    _layer(symbol, "SimpleMarker", _disc(palette.SIGHTING))
    return symbol


def _layer(symbol: ET.Element, kind: str, options: Mapping[str, str]) -> ET.Element:
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
        "roads": lambda _: _by_value(
            "highway", {kind: _line(palette.road(kind)) for kind in DRIVABLE},
            _line(palette.road("")),
        ),
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
            frame["share_mean"], palette.BLUE, "of all trips"
        ),
        "access_sections": lambda frame: _by_width(
            frame["far_min"], palette.PURPLE, "min on foot"
        ),
        "need": lambda _: _single(_marker(palette.NEED)),
        "sightings": lambda _: _single(_sighting()),
        "patrol_legs": lambda frame: _by_shift(frame, _line),
        "patrol_stops": lambda frame: _by_shift(
            frame, lambda stroke: _marker(Marker(stroke.colour, STOP_PX))
        ),
    }
)  # fmt: skip
"""By name of the layer."""
