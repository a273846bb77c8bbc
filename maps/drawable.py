"""Which rows of a result are drawn, from bottom to top, and in which colour.

For maps of one layer or of one result: `maps.explore`.
"""

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, Final, NamedTuple

import geopandas as gpd
import numpy as np
import shapely

from geo.corridors.bands import band_areas
from geo.network import Network
from geo.results import Proximity
from layers import palette
from maps.page.map_layers import BANDS


class Shown(NamedTuple):
    """Rows to be drawn."""

    rows: gpd.GeoDataFrame
    colour: str
    """Of lines, outlines and points."""
    name: str = ""
    """In the list of layers, in which rows without a name are not."""
    at_first: bool = True
    """Whether it is drawn before somebody asks for it."""

    @property
    def areas(self) -> bool:
        """Whether all rows are areas."""
        return bool(self.rows.geom_type.str.endswith("Polygon").all())


PARTS: Final[Mapping[str, tuple[str, ...]]] = MappingProxyType(
    {
        "Access": ("sections",),
        "Coarsened": ("sightings",),
        "Corridor": ("lines",),
        "CorridorTests": ("window",),
        "Drive": ("network",),
        "Findings": ("proximity", "hotspots", "patrols"),
        "Fortnight": ("inputs",),
        "Hotspots": ("table",),
        "Lixels": ("as_network",),
        "Matrix": ("drive",),
        "Patrolled": ("minutes", "hotspots"),
        "Patrols": ("legs", "stops"),
        "PlanningInputs": ("unusable", "stops"),
        "Sections": ("table",),
        "Tile": ("network",),
    }
)
"""What is drawn of each type of result, from bottom to top; of nearness and networks see below."""

COLOURS: Final[Mapping[str, str]] = MappingProxyType(
    {
        "legs": palette.BLUE,
        "minutes": palette.GREEN,
        "unusable": palette.MID_GREY,
        "window": palette.MID_GREY,
    }
)
"""Of parts that have a colour of their own."""

OTHERS: Final = (
    palette.VERMILLION,
    palette.SKY_BLUE,
    palette.PURPLE,
    palette.YELLOW,
    palette.BLACK,
)
"""Colours of corridors that the planner map does not know, in turn."""

SHADES: Final = (palette.BLACK, palette.DARK_GREY, palette.MID_GREY, palette.WHITE)
"""Of sightings in the narrowest band of any kind of corridor, in the next ones, and farther."""

FIXES: Final[Mapping[str, str]] = MappingProxyType(
    {
        "Envelope": "maps.plot.k_test draws envelopes beside what was observed",
        "KTest": "maps.plot.k_test draws its curves",
        "MultiPolygon": "geopandas.GeoSeries([polygon], crs=sightings.crs)",
        "Null": "geopandas.GeoSeries.from_xy(*null.xy.T, crs=roads.crs)",
        "PlannedShift": "geo.patrols.as_tables(inputs, shifts)",
        "Polygon": "geopandas.GeoSeries([polygon], crs=sightings.crs)",
        "StudyData": "one of its layers, such as data.places",
        "Whereabouts": "geopandas.GeoSeries.from_xy(crew.points.x, crew.points.y, crs=roads.crs)",
    }
)
"""What to draw in place of a result without places, by its type."""


def colours_of(kinds: Any) -> dict[str, str]:
    """Return a colour for each kind of corridor: that of the planner map, or the next one free."""
    colours = {kind: spec.symbol.colour for kind, spec in BANDS.items()} | {
        "none": palette.LIGHT_GREY,
        "mixture": palette.WHITE,
    }
    others = [kind for kind in kinds if kind not in colours]
    return colours | {kind: OTHERS[i % len(OTHERS)] for i, kind in enumerate(others)}


def rows_of(result: Any, colour: str) -> Iterator[Shown]:
    """Yield the rows of a result that have a place; `colour` is of those without one of their own.

    Raises TypeError if it has no places.
    """
    if isinstance(result, gpd.GeoDataFrame):
        yield Shown(result, colour)
    elif isinstance(result, gpd.GeoSeries):
        yield Shown(gpd.GeoDataFrame(geometry=result), colour)
    elif isinstance(result, Proximity):
        yield from _nearness(result)
    elif isinstance(result, Network):
        yield Shown(result.frame(), colour)
    elif isinstance(result, Mapping) and result:
        colours = colours_of(result)
        for kind, part_of_kind in result.items():
            yield from rows_of(part_of_kind, colours[kind])
    elif type(result).__name__ in PARTS:
        for part in PARTS[type(result).__name__]:
            yield from rows_of(getattr(result, part), COLOURS.get(part, colour))
    else:
        name = type(result).__name__
        fix = FIXES.get(name, "a GeoDataFrame of its rows with a geometry")
        raise TypeError(f"{name} has no places on a map. Fix: draw {fix}")


def extent(layers: Sequence[Shown]) -> list[gpd.GeoSeries]:
    """Return what a map of layers is about: lines and points, or else areas."""
    drawn = [layer for layer in layers if layer.at_first and len(layer.rows)]
    return [layer.rows.geometry for layer in drawn if not layer.areas] or [
        layer.rows.geometry for layer in drawn
    ]


def _nearness(near: Proximity) -> Iterator[Shown]:
    """Yield the bands, the widest first, the lines to the nearest ways, and the sightings."""
    kinds = near.totals["corridor"].unique()
    bands = sorted(near.totals["band_m"].unique())
    areas = near.bands if len(near.bands) else band_areas(near.ways, bands)
    areas, colours = (areas.sort_values("band_m", ascending=False), colours_of(kinds))
    metres = ", ".join(f"{band:g}" for band in bands)
    for number, kind in enumerate(kinds):
        of_kind, name = areas[areas["corridor"] == kind], kind.replace("_", " ")
        yield Shown(
            of_kind, colours[kind], f"{name}: within {metres} m", at_first=number == 0
        )
    for kind in kinds:
        of_kind, name = (
            near.lines[near.lines["corridor"] == kind],
            kind.replace("_", " "),
        )
        yield Shown(of_kind, colours[kind], f"{name}: nearest")
    sightings = _sightings(near)
    shade = np.searchsorted(bands[: len(SHADES) - 1], sightings.pop("least_m"))
    for number, tint in reversed([*enumerate(SHADES)]):
        yield Shown(sightings[shade == number], tint)


def _sightings(near: Proximity) -> gpd.GeoDataFrame:
    """Return the sightings at the beginnings of their lines, with a column a kind of corridor."""
    starts = shapely.get_point(near.lines.geometry.to_numpy(), 0)
    points = gpd.GeoSeries(starts, near.lines["sighting"].to_numpy(), near.lines.crs)
    points = gpd.GeoSeries(points[~points.index.duplicated()])
    table = near.table.dropna(subset="distance_m")
    texts = table.assign(text=[_distance(row) for row in table.to_dict("records")])
    words = texts.pivot(index="sighting", columns="corridor", values="text")
    least = table.groupby("sighting")["distance_m"].min().rename("least_m")
    rows = words[texts["corridor"].unique()].join(least).loc[points.index].reset_index()
    return gpd.GeoDataFrame(rows, geometry=points.to_numpy(), crs=near.lines.crs)


def _distance(row: Mapping[Any, Any]) -> str:
    """Return a distance with its range, and whether it was an input."""
    given = ", an input and no finding" if row["located_from_kind"] else ""
    low, high = row["distance_low_m"], row["distance_high_m"]
    return f"{row['distance_m']:.0f} m ({low:.0f}-{high:.0f} m){given}"
