"""What is drawn, and how: its group in the legend, its look, its geometry, what a click says.

Every layer but the routes looks as ``layers/data/lists/looks.toml`` has it.  Coordinates go to the
page as text of small whole numbers: differences in units of 0.00001 degree (about 1 m).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import asdict, dataclass
from functools import cached_property
from types import MappingProxyType
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.arrays import Ints
from geo.crs import CRSError
from geo.schema import WGS84
from layers import package_data, palette
from layers.palette import Symbol

GROUPS: Final = (
    "patrols",
    "reported",
    "crews",
    "corridors",
    "models",
    "need",
    "help",
    "ground",
)
"""Groups of the legend, from top to bottom."""

SCALE: Final = 100_000
"""Units in a degree: five decimals."""

MANY: Final = 5000
SQUARE_DEG: Final = 0.06
"""Lines of more vertices are divided into squares of this side; the page draws those in view."""


@dataclass(frozen=True)
class LayerSpec:
    """A layer as the page and its legend know it."""

    key: str
    """Unique on a page."""
    group: str
    """One of `GROUPS`."""
    legend: str
    """Key of a text; empty for a layer that goes with the one before it."""
    symbol: Symbol
    shown: bool = True
    """Whether it is on when the page opens."""
    min_zoom: int = 0
    """Drawn from this zoom on."""


@dataclass(frozen=True)
class Note:
    """One row of a popup: keys of the texts of its term and of its value."""

    word: str
    """Empty for a value without a term."""
    key: str


Near = tuple[int, ...]
"""Nearness to a kind of corridor: its position in `geo.schema.CORRIDORS`, then metres: the
middle, the least and the greatest distance; then 1 where the position was taken from that kind."""


@dataclass(frozen=True)
class Feature:
    """What a click on one row of a layer says; without it the layer answers no click."""

    title: str
    """Key of a text, such as ``place.station_zvecan``."""
    notes: tuple[Note, ...] = ()
    radius_m: float = 0.0
    """Radius of a disc around the point, in metres."""
    width: float = 0.0
    """Width of this line in CSS pixels; 0 for that of the layer."""
    counts: tuple[tuple[int, int, int], ...] = ()
    """Sightings of a mark: position of the period, position of the size class, how many."""
    number: int = 0
    """Number of a mark of sightings in the list; 0 for what has none."""
    square: tuple[int, ...] = ()
    """Column and row of the square of a mark, where many are gathered far off."""
    marks: tuple[int, ...] = ()
    """Numbers of the marks whose sightings a hotspot rests on."""
    near: tuple[Near, ...] = ()
    """How near the sightings of a mark lie to each kind of corridor."""


@dataclass(frozen=True)
class Drawing:
    """A layer: its specification, its geometry and what its rows say."""

    spec: LayerSpec
    geometry: gpd.GeoSeries
    """In EPSG:4326."""
    features: tuple[Feature, ...] = ()
    """One for each geometry, or none at all."""
    image: str = ""
    """The picture of an ``image`` as a data URL; it fills the bounds of the geometry."""
    radii: tuple[float, ...] = ()
    """The radius of each of the ``dots`` in CSS pixels; empty for that of the layer."""

    @classmethod
    def of(
        cls,
        spec: LayerSpec,
        rows: gpd.GeoDataFrame,
        feature: Callable[[dict[Any, Any]], Feature],
    ) -> Drawing:
        """Return the layer of rows in any CRS, with what `feature` says of each."""
        features = tuple(map(feature, pd.DataFrame(rows).to_dict("records")))
        return cls(spec, rows.geometry.to_crs(WGS84), features)

    def __post_init__(self) -> None:
        """Check the CRS."""
        if self.geometry.crs != WGS84:
            raise CRSError(
                f"layer {self.spec.key!r} is in {self.geometry.crs}; drawing needs {WGS84}. "
                f"Fix: .to_crs({WGS84!r})"
            )

    @cached_property
    def payload(self) -> dict[str, Any]:
        """The layer as the page's script reads it: the pages of office and crew share theirs."""
        rows = self.geometry.to_numpy()
        # Lines that answer no click are one shape, which the canvas strokes in one go; but of a
        # route each leg is one, and very many are parted by where they lie.
        apart = bool(self.features) or self.spec.group == "patrols"
        many = shapely.get_num_coordinates(rows).sum() > MANY
        parted = many and self.spec.symbol.shape == "line" and not apart
        shapes = _squares(rows) if parted else list(rows[:, None]) if apart else [rows]
        boxes = [
            shapely.total_bounds(shape)[[1, 0, 3, 2]] for shape in shapes if parted
        ]
        radii, sizes = np.unique(np.array(self.radii), return_inverse=True)
        return {
            **asdict(self.spec),
            "shapes": [packed_shape(shape) for shape in shapes],
            "boxes": np.round(boxes, 3).tolist(),
            "features": [
                {name: value for name, value in asdict(feature).items() if value}
                for feature in self.features
            ],
            "image": self.image,
            "radii": radii.tolist(),
            "sizes": packed(sizes),
        }


def _squares(rows: npt.NDArray[Any]) -> list[npt.NDArray[Any]]:
    """Return geometries by the square of `SQUARE_DEG` in which the middle of each lies."""
    west, south, east, north = shapely.bounds(rows).T
    squares = np.floor(np.column_stack([west + east, south + north]) / 2 / SQUARE_DEG)
    _, square = np.unique(squares, axis=0, return_inverse=True)
    return [rows[square.ravel() == n] for n in range(square.max() + 1)]


def packed_shape(shapes: npt.NDArray[Any]) -> str:
    """Return the points, lines and rings of geometries as `packed` text.

    Of each it has the number of vertices, then each vertex as latitude and longitude less those of
    the one before, in units of 1 / `SCALE` degree.  A vertex that rounds to the one before it is
    left out.  The rings of a polygon come one after the other; the page fills them by even-odd.
    """
    pieces = shapely.get_parts(shapes)
    areas = shapely.get_type_id(pieces) == shapely.GeometryType.POLYGON
    rings = shapely.get_rings(pieces[areas]) if areas.any() else pieces[areas]
    shapes_in_order = np.concatenate([pieces[~areas], rings])
    lonlat, line = shapely.get_coordinates(
        shapes_in_order[~shapely.is_empty(shapes_in_order)], return_index=True
    )
    first = np.diff(line, prepend=-1) != 0
    steps = np.diff(
        np.rint(lonlat[:, ::-1] * SCALE).astype(np.int64), axis=0, prepend=0
    )
    is_new = first | np.any(steps != 0, axis=1)
    starts = 2 * np.flatnonzero(first[is_new])
    return packed(np.insert(steps[is_new].ravel(), starts, np.bincount(line[is_new])))


def packed(numbers: Ints) -> str:
    """Return whole numbers as text, small ones as one letter, as in Google's encoded polylines.

    >>> packed(np.array([-17_998_321, 0, 5]))
    '`~oia@?I'
    """
    zigzag = np.where(numbers < 0, ~(numbers << 1), numbers << 1)
    fives = zigzag[:, None] >> np.arange(0, 35, 5)
    letters = (fives & 31) + np.where(fives > 31, 32, 0) + 63
    used = np.column_stack([np.ones(len(zigzag), dtype=bool), fives[:, 1:] > 0])
    return bytes(letters[used].astype(np.uint8)).decode("ascii")


def _family(prefix: str) -> Mapping[str, LayerSpec]:
    """Return the layers whose keys begin so, by the rest of the key."""
    layers = {
        key.removeprefix(prefix): layer
        for key, layer in LAYERS.items()
        if key.startswith(prefix)
    }
    return MappingProxyType(layers)


LAYERS: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        key: LayerSpec(
            key,
            group,
            f"layer.{key}",
            palette.symbol(look),
            look.get("shown", True),
            look.get("min_zoom", 0),
        )
        for group, layers in package_data.toml("lists", "looks.toml").items()
        for key, look in layers.items()
    }
)
"""Every layer but the routes, by key."""

GROUND: Final = tuple(layer for layer in LAYERS.values() if layer.symbol.grows)
"""Lines of the ground, from bottom to top."""

WATER: Final = LAYERS["rivers"].symbol.colour

BANDS: Final = _family("band_")
"""Bands by kind of corridor."""

NEED: Final = _family("need_")
"""Need by part."""

PLACES: Final[Mapping[str, LayerSpec]] = MappingProxyType(
    {
        kind: LAYERS[key]
        for kind, key in (
            ("public_stop", "public"),
            ("station", "stations"),
            ("health", "health"),
            ("monitoring_point", "monitoring"),
            ("institution", "institutions"),
            ("reception_centre", "centres"),
            ("crossing", "crossings"),
        )
    }
)
"""Places by kind, from bottom to top."""
