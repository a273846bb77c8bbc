"""Colours, widths and dashes, the same on the web map and in the QGIS styles.

Those of each kind stand in ``layers/data/lists/palette.toml``.  Widths, radii and dashes are in CSS
pixels of 1/96 inch.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Any, Final

from layers import shipped

_PALETTE: Final = shipped.toml("lists", "palette.toml")
_COLOURS: Final[dict[str, str]] = _PALETTE["colours"]

BLACK: Final = _COLOURS["black"]
ORANGE: Final = _COLOURS["orange"]
SKY_BLUE: Final = _COLOURS["sky_blue"]
GREEN: Final = _COLOURS["green"]
YELLOW: Final = _COLOURS["yellow"]
BLUE: Final = _COLOURS["blue"]
VERMILLION: Final = _COLOURS["vermillion"]
PURPLE: Final = _COLOURS["purple"]
WHITE: Final = _COLOURS["white"]
DARK_GREY: Final = _COLOURS["dark_grey"]
MID_GREY: Final = _COLOURS["mid_grey"]
LIGHT_GREY: Final = _COLOURS["light_grey"]


@dataclass(frozen=True)
class Stroke:
    """How a line, or the outline of an area, is drawn."""

    colour: str
    width_px: float
    dash_px: tuple[float, ...] = ()
    """Lengths of dash, gap, dash, gap ...; empty for an unbroken line."""
    opacity: float = 1.0


@dataclass(frozen=True)
class Marker:
    """How a point is drawn: a disc of `fill` with an outline."""

    fill: str
    radius_px: float
    outline: Stroke = Stroke(WHITE, 1.0)


@dataclass(frozen=True)
class Area:
    """How an area is drawn; `fill_opacity` 0 leaves it open."""

    fill: str
    fill_opacity: float
    outline: Stroke


def _stroke(of: Mapping[str, Any]) -> Stroke:
    return Stroke(_COLOURS[of["colour"]], of["width_px"], tuple(of.get("dash_px", ())))


def _marker(of: Mapping[str, Any]) -> Marker:
    outline = of.get("outline", {"colour": "white", "width_px": 1.0})
    return Marker(_COLOURS[of["fill"]], of["radius_px"], _stroke(outline))


def _strokes(group: str) -> Mapping[str, Stroke]:
    return MappingProxyType({kind: _stroke(of) for kind, of in _PALETTE[group].items()})


def _markers(group: str) -> Mapping[str, Marker]:
    return MappingProxyType({kind: _marker(of) for kind, of in _PALETTE[group].items()})


ROADS: Final = _strokes("roads")
RAILWAYS: Final = _strokes("railways")
WATERWAYS: Final = _strokes("waterways")
SHIFTS: Final = tuple(_strokes("shifts").values())
PLACES: Final = _markers("places")
NULLS: Final = _markers("nulls")

PATH: Final = Stroke(MID_GREY, 0.75, (2.0, 2.0))
BOUNDARY: Final = Area(PURPLE, 0.0, Stroke(PURPLE, 2.0, (10.0, 3.0, 2.0, 3.0)))
FACILITY: Final = Marker(SKY_BLUE, 3.0)
NEED: Final = Marker(YELLOW, 2.5, Stroke(DARK_GREY, 0.5))
SIGHTING: Final = Marker(ORANGE, 5.0, Stroke(BLACK, 1.0))
UNCERTAINTY: Final = Area(ORANGE, 0.15, Stroke(ORANGE, 1.0, (4.0, 3.0)))
"""The disc that holds a sighting's position."""

HOTSPOT: Final = Stroke(VERMILLION, 6.0, opacity=0.75)
LIXELS: Final = ("#fee8c8", "#fdbb84", "#ef6548", "#990000")
"""Density of reported sightings from low to high, light to dark."""
LIXEL_WIDTH_PX: Final = 3.0


def road(highway: str) -> Stroke:
    """Return how a road of this OSM class is drawn; an unknown class is drawn as ``road``."""
    return ROADS.get(highway.removesuffix("_link"), ROADS["road"])


def waterway(kind: str) -> Stroke:
    """Return how a waterway of this OSM class is drawn."""
    return WATERWAYS.get(kind, WATERWAYS["other"])


def shift(number: int) -> Stroke:
    """Return how the patrols of shift `number`, from 0, are drawn; the fifth is as the first."""
    return SHIFTS[number % len(SHIFTS)]
