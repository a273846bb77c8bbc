"""How each layer looks: the palette's colours, cased where they must stand out on the ground."""

from __future__ import annotations

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


def _road(fill: str, casing: str, width: float) -> Symbol:
    return Symbol("line", fill, width, casing=casing, casing_width=width + 1.6, grows=True)


GROUND: Final = (
    LayerSpec("rivers", "ground", "layer.rivers", Symbol("line", WATER, 3.2, grows=True)),
    LayerSpec(
        "streams", "ground", "layer.streams", Symbol("line", WATER, 1.0, grows=True), min_zoom=12
    ),
    LayerSpec(
        "paths", "ground", "layer.paths",
        Symbol("line", "#8f8778", 1.1, (2.0, 3.0), grows=True), min_zoom=13,
    ),
    LayerSpec(
        "streets", "ground", "layer.streets", _road("#ffffff", "#dcd6ca", 2.0), min_zoom=12
    ),
    LayerSpec(
        "other_roads", "ground", "layer.other_roads", _road("#ffffff", "#bdb5a5", 2.8), min_zoom=9
    ),
    LayerSpec("main_roads", "ground", "layer.main_roads", _road("#fdf3d0", "#9c9280", 4.0)),
    LayerSpec(
        "railway", "ground", "layer.railway",
        Symbol("line", "#ffffff", 1.4, (6.0, 6.0), casing="#4d4d4d", casing_width=2.8, grows=True),
    ),
    LayerSpec(
        "disused", "ground", "layer.disused",
        Symbol("line", "#4d4d4d", 2.4, (7.0, 4.0), casing=PAPER, casing_width=4.0, grows=True),
    ),
)  # fmt: skip
"""Lines of the ground, from bottom to top."""

BOUNDARY: Final = LayerSpec(
    "boundary", "ground", "layer.boundary",
    Symbol("area", palette.PURPLE, 1.4, palette.BOUNDARY.outline.dash_px,
           casing="#ecdfe7", casing_width=6.0, fill=PAPER),
)  # fmt: skip

HILLSHADE: Final = LayerSpec(
    "hillshade", "ground", "layer.hillshade",
    Symbol("image", "#8a8577", fill="#8a8577", fill_opacity=0.35),
)  # fmt: skip

TOWNS: Final = LayerSpec("towns", "ground", "layer.towns", Symbol("label", palette.DARK_GREY))
SHIELDS: Final = LayerSpec(
    "shields", "ground", "", Symbol("shield", palette.DARK_GREY), min_zoom=10
)

BANDS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        kind: LayerSpec(
            f"band_{kind}", "corridors", f"layer.band_{kind}",
            Symbol("area", colour, 1.0, dash, 0.5, fill=colour, fill_opacity=0.12),
            shown=shown,
        )
        for kind, colour, dash, shown in (
            ("railway", palette.DARK_GREY, (), True),
            ("main_road", palette.ORANGE, (8.0, 3.0), False),
            ("river", palette.BLUE, (2.0, 3.0), False),
        )
    }
)  # fmt: skip
"""By kind of corridor."""

LIXELS: Final = LayerSpec(
    "lixels", "reported", "layer.lixels", Symbol("line", palette.LIXELS[2], 3.0), shown=False
)
HOTSPOTS: Final = LayerSpec(
    "hotspots", "reported", "layer.hotspots",
    Symbol("line", palette.HOTSPOT.colour, 9.0, opacity=0.45),
)  # fmt: skip
HOTSPOTS_BY_EFFORT: Final = LayerSpec(
    "hotspots_by_effort", "reported", "layer.hotspots_by_effort",
    Symbol("line", palette.DARK_GREY, 7.0, (2.0, 4.0), 0.5), shown=False,
)  # fmt: skip
"""Stretches with reports that reporting effort alone explains."""


def _sighting(explained_by: str, shape: Shape, fill: str, radius: float) -> LayerSpec:
    return LayerSpec(
        f"sightings_{explained_by}", "reported", f"layer.sightings_{explained_by}",
        Symbol(shape, palette.BLACK, 1.4, fill=fill, radius=radius),
    )  # fmt: skip


SIGHTINGS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        "undecided": _sighting("undecided", "circle", palette.SIGHTING.fill, 5.5),
        "railway": _sighting("railway", "square", palette.LIGHT_GREY, 5.0),
        "main_road": _sighting("main_road", "triangle", palette.VERMILLION, 5.5),
        "river": _sighting("river", "diamond", palette.BLUE, 5.5),
        "none": _sighting("none", "cross", palette.WHITE, 5.5),
    }
)
"""By the corridor that explains them best, told apart by shape as well as by colour; `undecided`
also where no sighting could decide, and where the sightings of a cell differ."""

NULLS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        null: LayerSpec(
            f"null_{null}", "reported", f"layer.null_{null}",
            Symbol("dots", m.fill, fill=m.fill, fill_opacity=0.55, radius=m.radius_px), shown=False,
        )
        for null, m in palette.NULLS.items()
    }
)  # fmt: skip
"""Positions that chance would give, by null model."""


def _model(
    key: str, colour: str, width: float, dash: tuple[float, ...], opacity: float
) -> LayerSpec:
    symbol = Symbol("line", colour, width, dash, opacity)
    return LayerSpec(key, "models", f"layer.{key}", symbol, shown=False)


MOVEMENT: Final = _model("movement", palette.BLUE, 6.0, (), 0.6)
MOVEMENT_WIDE: Final = _model("movement_wide", palette.BLUE, 6.0, (9.0, 6.0), 0.6)
"""Sections whose 10-90 % range is wide."""
FAR: Final = _model("far", palette.VERMILLION, 5.0, (2.0, 4.0), 0.85)

WALKING_RAMP: Final = ("#f2eef5", "#cbc0da", "#9c89b8", "#6b5391", "#3f2a66")
"""Walking time to help, from near to far, light to dark."""
WALKING: Final = LayerSpec(
    "walking", "models", "layer.walking",
    Symbol("image", WALKING_RAMP[3], opacity=0.4, fill=WALKING_RAMP[2], fill_opacity=0.4),
    shown=False,
)  # fmt: skip


def _need(part: str, colour: str, dash: tuple[float, ...], fill_opacity: float) -> LayerSpec:
    return LayerSpec(
        f"need_{part}", "need", f"layer.need_{part}",
        Symbol("dots", colour, 1.3, dash, casing=colour, fill=colour, fill_opacity=fill_opacity,
               radius=4.0),
        shown=False,
    )  # fmt: skip


NEED: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        "observed": _need("observed", palette.VERMILLION, (), 0.6),
        "movement": _need("movement", palette.BLUE, (), 0.0),
        "far_from_help": _need("far_from_help", palette.PURPLE, (2.0, 2.0), 0.0),
        "advised": _need("advised", palette.GREEN, (2.0, 2.0), 0.6),
    }
)
"""By part; told apart by filling and outline as well as by colour."""


def _place(
    key: str, kind: str, shape: Shape, *, shown: bool = True, min_zoom: int = 0
) -> LayerSpec:
    marker = palette.PLACES[kind]
    return LayerSpec(
        key, "help", f"layer.{key}",
        Symbol(shape, palette.BLACK, 1.2, fill=marker.fill, radius=marker.radius_px),
        shown=shown, min_zoom=min_zoom,
    )  # fmt: skip


PLACES: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        "public_stop": _place("public", "public_stop", "circle", shown=False),
        "station": _place("stations", "station", "square"),
        "health": _place("health", "health", "cross"),
        "monitoring_point": _place("monitoring", "monitoring_point", "triangle"),
        "institution": _place("institutions", "institution", "diamond"),
        "reception_centre": _place("centres", "reception_centre", "square"),
        "crossing": _place("crossings", "crossing", "diamond"),
    }
)
"""By kind of place, from bottom to top."""

CLOSED: Final = LayerSpec(
    "closed", "help", "layer.closed",
    Symbol("crossed", palette.BLACK, 1.2, fill=palette.WHITE, radius=5.0),
)  # fmt: skip
"""Places of any of these kinds that are closed: no help is found there."""

FACILITIES: Final = LayerSpec(
    "facilities", "help", "layer.facilities",
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
