"""How each layer looks, as ``layers/data/lists/looks.toml`` has it."""

from collections.abc import Mapping
from types import MappingProxyType
from typing import Final

from layers import palette, shipped
from maps.page.layer import LayerSpec

OUTSIDE: Final = "#e9e6dd"
"""Outside the outline."""


def _family(prefix: str) -> Mapping[str, LayerSpec]:
    """Return the layers whose keys begin so, by the rest of the key."""
    found = {key.removeprefix(prefix): one for key, one in LAYERS.items() if key.startswith(prefix)}
    return MappingProxyType(found)


LAYERS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        key: LayerSpec(
            key, group, f"layer.{key}", palette.symbol(look),
            look.get("shown", True), look.get("min_zoom", 0),
        )
        for group, layers in shipped.toml("lists", "looks.toml").items()
        for key, look in layers.items()
    }
)  # fmt: skip
"""Every layer but the routes, by key."""

GROUND: Final = tuple(layer for layer in LAYERS.values() if layer.symbol.grows)
"""Lines of the ground, from bottom to top."""

WATER: Final = LAYERS["rivers"].symbol.colour

BANDS: Final = _family("band_")
"""By kind of corridor."""

SIGHTINGS: Final = _family("sightings_")
"""By the corridor that explains them best; `undecided` also where no sighting could decide, and
where the sightings of a cell differ."""

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
