"""Colours, widths and dashes, the same on the web map and in the QGIS styles.

Colours are those of Okabe and Ito, which people with any colour vision distinguish, over greys
for what stays in the background [1]_.  Widths, radii and dashes are in CSS pixels of 1/96 inch.

References
----------
.. [1] M. Okabe and K. Ito, "Color Universal Design: how to make figures and presentations that
   are friendly to colorblind people", 2008.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Final

BLACK: Final = "#000000"
ORANGE: Final = "#e69f00"
SKY_BLUE: Final = "#56b4e9"
GREEN: Final = "#009e73"
YELLOW: Final = "#f0e442"
BLUE: Final = "#0072b2"
VERMILLION: Final = "#d55e00"
PURPLE: Final = "#cc79a7"
WHITE: Final = "#ffffff"
DARK_GREY: Final = "#4d4d4d"
MID_GREY: Final = "#808080"
LIGHT_GREY: Final = "#a6a6a6"


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


ROADS: Final[Mapping[str, Stroke]] = MappingProxyType(
    {
        "motorway": Stroke(DARK_GREY, 3.0),
        "trunk": Stroke(DARK_GREY, 2.5),
        "primary": Stroke(DARK_GREY, 2.0),
        "secondary": Stroke(MID_GREY, 1.75),
        "tertiary": Stroke(MID_GREY, 1.25),
        "unclassified": Stroke(LIGHT_GREY, 1.0),
        "residential": Stroke(LIGHT_GREY, 0.75),
        "living_street": Stroke(LIGHT_GREY, 0.75),
        "service": Stroke(LIGHT_GREY, 0.5),
        "road": Stroke(LIGHT_GREY, 0.75),
    }
)
"""By OSM class; a link is drawn as its road: see `road`."""

PATH: Final = Stroke(MID_GREY, 0.75, (2.0, 2.0))

RAILWAYS: Final[Mapping[str, Stroke]] = MappingProxyType(
    {
        "active": Stroke(BLACK, 2.0),
        "disused": Stroke(BLACK, 2.0, (6.0, 3.0)),
        "abandoned": Stroke(BLACK, 1.5, (1.5, 4.0)),
    }
)
"""By status."""

WATERWAYS: Final[Mapping[str, Stroke]] = MappingProxyType(
    {
        "river": Stroke(SKY_BLUE, 2.0),
        "canal": Stroke(SKY_BLUE, 1.5),
        "stream": Stroke(SKY_BLUE, 0.75),
        "other": Stroke(SKY_BLUE, 0.5),
    }
)
"""By OSM class."""

BOUNDARY: Final = Area(PURPLE, 0.0, Stroke(PURPLE, 2.0, (10.0, 3.0, 2.0, 3.0)))

PLACES: Final[Mapping[str, Marker]] = MappingProxyType(
    {
        "crossing": Marker(PURPLE, 6.0, Stroke(BLACK, 1.0)),
        "reception_centre": Marker(GREEN, 6.0, Stroke(BLACK, 1.0)),
        "police": Marker(BLUE, 4.0),
        "institution": Marker(SKY_BLUE, 5.0, Stroke(BLACK, 1.0)),
        "health": Marker(GREEN, 4.0),
        "monitoring_point": Marker(YELLOW, 6.0, Stroke(BLACK, 1.5)),
        "station": Marker(WHITE, 4.0, Stroke(BLACK, 2.0)),
        "landmark": Marker(LIGHT_GREY, 3.0),
        "town": Marker(DARK_GREY, 3.0),
        "public_stop": Marker(SKY_BLUE, 4.0),
    }
)
"""By kind of place."""

FACILITY: Final = Marker(SKY_BLUE, 3.0)

NULLS: Final[Mapping[str, Marker]] = MappingProxyType(
    {
        null: Marker(colour, radius_px, Stroke(colour, 0.0))
        for null, colour, radius_px in (
            ("effort", DARK_GREY, 1.6),
            ("measured", SKY_BLUE, 1.4),
            ("uniform", PURPLE, 1.2),
            ("network", BLUE, 1.4),
            ("intensity", GREEN, 1.8),
        )
    }
)
"""Where chance would put sightings, by null model."""

NEED: Final = Marker(YELLOW, 2.5, Stroke(DARK_GREY, 0.5))
SIGHTING: Final = Marker(ORANGE, 5.0, Stroke(BLACK, 1.0))
UNCERTAINTY: Final = Area(ORANGE, 0.15, Stroke(ORANGE, 1.0, (4.0, 3.0)))
"""The disc that holds a sighting's position."""

HOTSPOT: Final = Stroke(VERMILLION, 6.0, opacity=0.75)
LIXELS: Final = ("#fee8c8", "#fdbb84", "#ef6548", "#990000")
"""Density of reported sightings from low to high, light to dark."""
LIXEL_WIDTH_PX: Final = 3.0

SHIFTS: Final = (
    Stroke(BLUE, 3.5),
    Stroke(GREEN, 3.5, (9.0, 3.0)),
    Stroke(PURPLE, 3.5, (3.0, 3.0)),
    Stroke(BLACK, 3.5, (9.0, 3.0, 2.0, 3.0)),
)
"""Patrols by shift, in the order of the shifts; of different dashes as well: see `shift`."""


def road(highway: str) -> Stroke:
    """Return how a road of this OSM class is drawn; an unknown class is drawn as ``road``."""
    return ROADS.get(highway.removesuffix("_link"), ROADS["road"])


def waterway(kind: str) -> Stroke:
    """Return how a waterway of this OSM class is drawn."""
    return WATERWAYS.get(kind, WATERWAYS["other"])


def shift(number: int) -> Stroke:
    """Return how the patrols of shift `number`, from 0, are drawn; the fifth is as the first."""
    return SHIFTS[number % len(SHIFTS)]
