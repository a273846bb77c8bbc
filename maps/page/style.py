"""How each layer looks: the palette's colours, cased where they must stand out on the ground."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from layers import palette
from maps.page.layer import LayerSpec, Shape, Symbol

PAPER: Final = "#f7f5ef"
"""Inside the outline."""
OUTSIDE: Final = "#e9e6dd"
WATER: Final = "#a9d0e6"

SHIFT_SHAPES: Final[tuple[Shape, ...]] = ("circle", "square", "diamond")
"""Stop numbers of the first, second, third vehicle of a shift; the fourth is as the first."""


def _layer(
    group: str, key: str, symbol: Symbol, *, shown: bool = True, min_zoom: int = 0
) -> LayerSpec:
    return LayerSpec(key, group, f"layer.{key}", symbol, shown, min_zoom)


def _ground(
    key: str, colour: str, width: float, casing: str = "", casing_width: float = 0.0,
    dash: tuple[float, ...] = (), min_zoom: int = 0,
) -> LayerSpec:  # fmt: skip
    symbol = Symbol(
        "line", colour, width, dash, casing=casing, casing_width=casing_width, grows=True
    )
    return _layer("ground", key, symbol, min_zoom=min_zoom)


GROUND: Final = (
    _ground("rivers", WATER, 3.2),
    _ground("streams", WATER, 1.0, min_zoom=12),
    _ground("paths", "#8f8778", 1.1, dash=(2.0, 3.0), min_zoom=13),
    _ground("streets", "#ffffff", 2.0, "#dcd6ca", 3.6, min_zoom=12),
    _ground("other_roads", "#ffffff", 2.8, "#bdb5a5", 4.4, min_zoom=9),
    _ground("main_roads", "#fdf3d0", 4.0, "#9c9280", 5.6),
    _ground("railway", "#ffffff", 1.4, "#4d4d4d", 2.8, (6.0, 6.0)),
    _ground("disused", "#4d4d4d", 2.4, PAPER, 4.0, (7.0, 4.0)),
)
"""Lines of the ground, from bottom to top."""

BOUNDARY: Final = _layer(
    "ground", "boundary",
    Symbol("area", palette.PURPLE, 1.4, palette.BOUNDARY.outline.dash_px,
           casing="#ecdfe7", casing_width=6.0, fill=PAPER),
)  # fmt: skip

HILLSHADE: Final = _layer(
    "ground", "hillshade", Symbol("image", "#8a8577", fill="#8a8577", fill_opacity=0.35)
)

TOWNS: Final = _layer("ground", "towns", Symbol("label", palette.DARK_GREY))

BANDS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        kind: _layer(
            "corridors", f"band_{kind}",
            Symbol("area", colour, 1.0, dash, 0.5, fill=colour, fill_opacity=0.12),
            shown=kind == "railway",
        )
        for kind, colour, dash in (
            ("railway", palette.DARK_GREY, ()),
            ("main_road", palette.ORANGE, (8.0, 3.0)),
            ("river", palette.BLUE, (2.0, 3.0)),
        )
    }
)  # fmt: skip
"""By kind of corridor."""

LIXELS: Final = _layer("reported", "lixels", Symbol("line", palette.LIXELS[2], 3.0), shown=False)
HOTSPOTS: Final = _layer(
    "reported", "hotspots", Symbol("line", palette.HOTSPOT.colour, 9.0, opacity=0.45)
)
HOTSPOTS_BY_EFFORT: Final = _layer(
    "reported", "hotspots_by_effort", Symbol("line", palette.DARK_GREY, 7.0, (2.0, 4.0), 0.5),
    shown=False,
)  # fmt: skip
"""Stretches with reports that reporting effort alone explains."""

_SIGHTINGS: Final[tuple[tuple[str, Shape, str, float], ...]] = (
    ("undecided", "circle", palette.SIGHTING.fill, 5.5),
    ("railway", "square", palette.LIGHT_GREY, 5.0),
    ("main_road", "triangle", palette.VERMILLION, 5.5),
    ("river", "diamond", palette.BLUE, 5.5),
    ("none", "cross", palette.WHITE, 5.5),
)
SIGHTINGS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        by: _layer(
            "reported", f"sightings_{by}",
            Symbol(shape, palette.BLACK, 1.4, fill=fill, radius=radius),
        )
        for by, shape, fill, radius in _SIGHTINGS
    }
)  # fmt: skip
"""By the corridor that explains them best, which shape as well as colour shows; `undecided` also
where no sighting could decide, and where the sightings of a cell differ."""

NULLS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        null: _layer(
            "reported", f"null_{null}",
            Symbol("dots", m.fill, fill=m.fill, fill_opacity=0.55, radius=m.radius_px), shown=False,
        )
        for null, m in palette.NULLS.items()
    }
)  # fmt: skip
"""Positions that chance would give, by null model."""

MOVEMENT: Final = _layer(
    "models", "movement", Symbol("line", palette.BLUE, 6.0, opacity=0.6), shown=False
)
MOVEMENT_WIDE: Final = _layer(
    "models", "movement_wide", Symbol("line", palette.BLUE, 6.0, (9.0, 6.0), 0.6), shown=False
)
"""Sections whose 10-90 % range is wide."""
FAR: Final = _layer(
    "models", "far", Symbol("line", palette.VERMILLION, 5.0, (2.0, 4.0), 0.85), shown=False
)

WALKING_RAMP: Final = ("#f2eef5", "#cbc0da", "#9c89b8", "#6b5391", "#3f2a66")
"""Walking time to help, from near to far, light to dark."""
WALKING: Final = _layer(
    "models", "walking",
    Symbol("image", WALKING_RAMP[3], opacity=0.4, fill=WALKING_RAMP[2], fill_opacity=0.4),
    shown=False,
)  # fmt: skip

NEED: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        part: _layer(
            "need", f"need_{part}",
            Symbol("dots", colour, 1.3, dash, casing=colour, fill=colour, fill_opacity=opacity,
                   radius=4.0),
            shown=False,
        )
        for part, colour, dash, opacity in (
            ("observed", palette.VERMILLION, (), 0.6),
            ("movement", palette.BLUE, (), 0.0),
            ("far_from_help", palette.PURPLE, (2.0, 2.0), 0.0),
            ("advised", palette.GREEN, (2.0, 2.0), 0.6),
        )
    }
)  # fmt: skip
"""By part, which filling and outline as well as colour show."""

_PLACES: Final[tuple[tuple[str, str, Shape], ...]] = (
    ("public_stop", "public", "circle"),
    ("station", "stations", "square"),
    ("health", "health", "cross"),
    ("monitoring_point", "monitoring", "triangle"),
    ("institution", "institutions", "diamond"),
    ("reception_centre", "centres", "square"),
    ("crossing", "crossings", "gate"),
)
PLACES: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        kind: _layer(
            "help", key,
            Symbol(shape, palette.BLACK, 1.2, fill=palette.PLACES[kind].fill,
                   radius=palette.PLACES[kind].radius_px),
            shown=kind != "public_stop",
        )
        for kind, key, shape in _PLACES
    }
)  # fmt: skip
"""By kind of place, from bottom to top."""

CLOSED: Final = _layer(
    "help", "closed", Symbol("crossed", palette.BLACK, 1.2, fill=palette.WHITE, radius=5.0)
)
"""Places of any of these kinds that are closed: no help is found there."""

FACILITIES: Final = _layer(
    "help", "facilities",
    Symbol("circle", palette.BLUE, 1.0, fill=palette.FACILITY.fill, radius=3.0),
    shown=False, min_zoom=12,
)  # fmt: skip


def patrol(shift: int, vehicle: int) -> Symbol:
    """Return how a route is drawn: colour and dash by shift, from 0, shape by vehicle, from 1."""
    stroke = palette.shift(shift)
    return Symbol(
        SHIFT_SHAPES[(vehicle - 1) % len(SHIFT_SHAPES)],
        stroke.colour,
        stroke.width_px + 0.5,
        stroke.dash_px,
        casing="#ffffff",
        casing_width=stroke.width_px + 4,
    )


def contrast(one: str, other: str) -> float:
    """Return the contrast ratio of two colours ``#rrggbb``, from 1 to 21, by WCAG 2.2."""
    light, dark = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (light + 0.05) / (dark + 0.05)


def ink_on(colour: str) -> str:
    """Return black or white, whichever is easier to read on a colour."""
    return max(palette.WHITE, palette.BLACK, key=lambda ink: contrast(ink, colour))


def _luminance(colour: str) -> float:
    """Return the relative luminance of an sRGB colour, from 0 to 1."""
    channels = (int(colour[at : at + 2], 16) / 255 for at in (1, 3, 5))
    linear = (c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels)
    return sum(w * c for w, c in zip((0.2126, 0.7152, 0.0722), linear, strict=True))
