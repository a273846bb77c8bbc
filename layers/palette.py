"""Colours, shapes, widths and dashes, the same on the web map and in the styles of a GIS.

They stand in ``layers/data/lists/palette.toml`` and ``looks.toml``.  Widths, radii and dashes are
in CSS pixels of 1/96 inch.
"""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from math import floor, log10
from typing import Any, Final, Literal

from layers import package_data

_PALETTE: Final = package_data.toml("lists", "palette.toml")
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


Shape = Literal[
    "line",
    "area",
    "image",
    "dots",
    "circle",
    "square",
    "diamond",
    "triangle",
    "cross",
    "crossed",
    "gate",
    "label",
]


@dataclass(frozen=True)
class Symbol:
    """How a layer is drawn; lengths in CSS pixels at the middle zoom."""

    shape: Shape
    colour: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    """Lengths of dash, gap, dash, gap ...; empty for an unbroken line."""
    opacity: float = 1.0
    casing: str = ""
    """Colour of the wider line underneath; empty for none."""
    casing_width: float = 0.0
    fill: str = ""
    fill_opacity: float = 1.0
    radius: float = 0.0
    grows: bool = False
    """Widths follow the zoom, as roads do on a printed map."""


def symbol(look: Mapping[str, Any]) -> Symbol:
    """Return a look of ``layers/data/lists/looks.toml`` as a symbol."""
    if "as" in look:
        marker = _PALETTE["markers"][look["as"]]
        look = {"colour": marker["fill"], **marker, **look}
    names = [field.name for field in fields(Symbol)]
    values = {name: look[name] for name in names if name in look}
    for name in ("colour", "casing", "fill"):
        if name in values:
            values[name] = _COLOURS.get(values[name], values[name])
    return Symbol(**values | {"dash": tuple(look.get("dash", ()))})


SHIFTS: Final = tuple(
    symbol({"shape": "line", **look}) for look in _PALETTE["shifts"].values()
)
"""Patrols by shift; the fifth is as the first."""

LIXELS: Final = ("#fee8c8", "#fdbb84", "#ef6548", "#990000")
"""Density of reported sightings from low to high, light to dark."""


FAINTEST: Final = 0.1
"""Share of the highest density from which on one is drawn."""


def density_bounds(highest: float) -> list[float]:
    """Return the bounds of equal classes of density, a class for each colour of `LIXELS`.

    >>> [round(bound, 3) for bound in density_bounds(10.0)]
    [1.0, 3.25, 5.5, 7.75, 10.0]
    """
    step = (1 - FAINTEST) * highest / len(LIXELS)
    return [FAINTEST * highest + number * step for number in range(len(LIXELS) + 1)]


WALKING: Final[tuple[str, ...]] = tuple(_PALETTE["ramps"]["walking"])
"""Walking time to help, from near to far, light to dark."""
WALKING_MIN: Final[tuple[int, ...]] = tuple(_PALETTE["ramps"]["walking_min"])
"""Walking times that part these classes, in minutes."""

SHIFT_SHAPES: Final[tuple[Shape, ...]] = ("circle", "square", "diamond")
"""Stop numbers of the first, second, third vehicle of a shift; the fourth is as the first."""


def patrol(shift: int, vehicle: int) -> Symbol:
    """Return how a route is drawn: colour and dash by shift, from 0, shape by vehicle, from 1."""
    look = SHIFTS[shift % len(SHIFTS)]
    shape = SHIFT_SHAPES[(vehicle - 1) % len(SHIFT_SHAPES)]
    width = look.width
    return replace(
        look, shape=shape, width=width + 0.5, casing=WHITE, casing_width=width + 4
    )


def contrast(first: str, second: str) -> float:
    """Return the contrast ratio of two colours ``#rrggbb``, from 1 to 21, by WCAG 2.2."""
    light, dark = sorted((_luminance(first), _luminance(second)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Return black or white, whichever is easier to read on a colour."""
    return max(WHITE, BLACK, key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    """Return the relative luminance of an sRGB colour, from 0 to 1."""
    channels = (int(colour[start : start + 2], 16) / 255 for start in (1, 3, 5))
    linear = (
        c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels
    )
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))


def round_length(most: float) -> float:
    """Return the longest of 1, 2, 5, 10, 20 ... that is no longer than `most`, for a scale bar."""
    ten = 10.0 ** floor(log10(most))
    return max(step * ten for step in (1, 2, 5) if step * ten <= most)
