"""How each layer looks, as ``maps/assets/layers.toml`` has it; colours are those of the palette."""

import tomllib
from collections.abc import Mapping
from types import MappingProxyType
from typing import Any, Final

from layers import palette
from maps.page.escaping import asset
from maps.page.layer import LayerSpec, Shape, Symbol

OUTSIDE: Final = "#e9e6dd"
"""Outside the outline."""

SHIFT_SHAPES: Final[tuple[Shape, ...]] = ("circle", "square", "diamond")
"""Stop numbers of the first, second, third vehicle of a shift; the fourth is as the first."""

WALKING_RAMP: Final = ("#f2eef5", "#cbc0da", "#9c89b8", "#6b5391", "#3f2a66")
"""Walking time to help, from near to far, light to dark."""


def _spec(group: str, key: str, look: dict[str, Any]) -> LayerSpec:
    """Return a layer of the file."""
    shown, min_zoom = look.pop("shown", True), look.pop("min_zoom", 0)
    if "as" in look:
        table, _, name = look.pop("as").partition(".")
        marker = getattr(palette, table)[name]
        look = {"colour": marker.fill, "fill": marker.fill, "radius": marker.radius_px} | look
    colours: dict[str, str] = {k: getattr(palette, look[k], look[k]) for k in _COLOURS if k in look}
    symbol = Symbol(**{**look, **colours, "dash": tuple(look.get("dash", ()))})
    return LayerSpec(key, group, f"layer.{key}", symbol, shown, min_zoom)


def _family(prefix: str) -> Mapping[str, LayerSpec]:
    """Return the layers whose keys begin so, by the rest of the key."""
    found = {key.removeprefix(prefix): one for key, one in LAYERS.items() if key.startswith(prefix)}
    return MappingProxyType(found)


_COLOURS: Final = ("colour", "casing", "fill")

LAYERS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        key: _spec(group, key, look)
        for group, layers in tomllib.loads(asset("layers.toml")).items()
        for key, look in layers.items()
    }
)
"""Every layer but the routes, by key."""

GROUND: Final = tuple(layer for layer in LAYERS.values() if layer.symbol.grows)
"""Lines of the ground, from bottom to top."""

WATER: Final = LAYERS["rivers"].symbol.colour

BANDS: Final = _family("band_")
"""By kind of corridor."""

SIGHTINGS: Final = _family("sightings_")
"""By the corridor that explains them best; `undecided` also where no sighting could decide, and
where the sightings of a cell differ."""

NULLS: Final = _family("null_")
"""By null model."""

NEED: Final = _family("need_")
"""By part."""

PLACES: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        kind: LAYERS[key]
        for kind, key in (
            ("public_stop", "public"), ("station", "stations"), ("health", "health"),
            ("monitoring_point", "monitoring"), ("institution", "institutions"),
            ("reception_centre", "centres"), ("crossing", "crossings"),
        )
    }
)  # fmt: skip
"""By kind of place, from bottom to top."""


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
