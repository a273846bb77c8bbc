"""The one layer-specification type: what is drawn, how, in which group, with which legend entry."""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any, Final, Literal

import geopandas as gpd

from geo.crs import CRSError
from layers.schema import WGS84
from maps.page import encode

GROUPS: Final = ("patrols", "reported", "corridors", "models", "need", "help", "ground")
"""Groups of the legend, from top to bottom."""

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
    "label",
    "shield",
]


class SpecError(ValueError):
    """A layer's specification does not fit the legend, or its geometry."""


@dataclass(frozen=True)
class Symbol:
    """How a layer is drawn; lengths in CSS pixels at the middle zoom."""

    shape: Shape
    colour: str
    width: float = 1.0
    dash: tuple[float, ...] = ()
    opacity: float = 1.0
    casing: str = ""
    """Colour of the wider line underneath; empty for none."""
    casing_width: float = 0.0
    fill: str = ""
    fill_opacity: float = 1.0
    radius: float = 0.0
    grows: bool = False
    """Widths follow the zoom, as roads do on a printed map."""


@dataclass(frozen=True)
class LayerSpec:
    """A layer as the page and its legend know it."""

    key: str
    """Unique on a page."""
    group: str
    """Of `GROUPS`."""
    legend: str
    """Key in the catalogue of words; empty for a layer that goes with the one before it."""
    symbol: Symbol
    shown: bool = True
    """Whether it is on when the page opens."""
    min_zoom: int = 0
    """Drawn from this zoom on."""

    def __post_init__(self) -> None:
        """Check the group."""
        if self.group not in GROUPS:
            raise SpecError(
                f"layer {self.key!r}: group {self.group!r} is none of {GROUPS}. Cure: one of these"
            )


@dataclass(frozen=True)
class Note:
    """One row of a popup: a catalogue key, and a value that is a text key or plain text."""

    word: str
    text: str = ""
    key: str = ""


@dataclass(frozen=True)
class Feature:
    """What a click on one row of a layer says; without it the layer answers no click."""

    title: str
    """Key of a text of the page, such as ``place.station_zvecan``."""
    notes: tuple[Note, ...] = ()
    radius_m: float = 0.0
    """Radius of a disc around the point, in metres."""
    width: float = 0.0
    """Width of this line in CSS pixels; 0 for that of the layer."""
    counts: tuple[tuple[int, int, int], ...] = ()
    """Of a mark of sightings: position of the period, position of the size class, how many."""


@dataclass(frozen=True)
class Drawing:
    """A layer: its specification, its geometry and what its rows say."""

    spec: LayerSpec
    geometry: gpd.GeoSeries
    """In EPSG:4326."""
    features: tuple[Feature, ...] = ()
    """One for each geometry, or none at all."""
    image: str = ""
    """Of an ``image``, the picture as a data URL; it fills the bounds of the geometry."""
    radii: tuple[float, ...] = ()
    """Of ``dots``, the radius of each point in CSS pixels; empty for that of the layer."""

    def __post_init__(self) -> None:
        """Check the CRS and the count."""
        if self.geometry.crs != WGS84:
            raise CRSError(
                f"layer {self.spec.key!r} is in {self.geometry.crs}; drawing needs {WGS84}. "
                f"Cure: .to_crs({WGS84!r})"
            )
        if self.radii and len(self.radii) != len(self.geometry):
            raise SpecError(
                f"layer {self.spec.key!r} has {len(self.geometry)} geometries and "
                f"{len(self.radii)} radii. Cure: one radius for each geometry, or none at all"
            )
        if self.features and len(self.features) != len(self.geometry):
            raise SpecError(
                f"layer {self.spec.key!r} has {len(self.geometry)} geometries and "
                f"{len(self.features)} features. Cure: one for each geometry, or none at all"
            )

    def payload(self) -> dict[str, Any]:
        """Return the layer as the page's script reads it."""
        rows = self.geometry.to_numpy()
        # Lines that answer no click are one shape: the canvas then strokes them in one go.
        shapes = (
            [encode.parts(rows[[i]]) for i in range(len(rows))]
            if self.features
            else [encode.parts(rows)]
        )
        return {
            **asdict(self.spec),
            "shapes": shapes,
            "features": [asdict(feature) for feature in self.features],
            "image": self.image,
            "radii": self.radii,
        }
