"""The map of a brief: stops at public places, and squares as they were released."""

from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from datetime import date

import geopandas as gpd
import numpy as np
import shapely
from matplotlib.axes import Axes
from matplotlib.figure import Figure
from shapely.geometry.base import BaseGeometry

from geo.arrays import Floats
from geo.crs import metric_crs
from geo.records import Layers, StudyData
from geo.schema import MAIN_ROADS, RELEASED_CELLS, SIGHTINGS, WGS84
from layers import palette
from maps.plot.axes import halo, map_axes

WIDTH_IN = 2.6
"""A page shows it half as large again, and its letters too."""
WIDE = 1.5
"""Its width, of its height: letters stay large, and it fills its place."""
FINE_M = 100.0
"""Bends of ways smaller than this are not seen on it."""


@dataclass(frozen=True)
class OnMap:
    """What the map shows, EPSG:4326."""

    boundary: gpd.GeoDataFrame
    places: gpd.GeoDataFrame
    """Table `PLACES`."""
    ways: Layers
    stops: gpd.GeoDataFrame
    """``name``; ``made``, whether a crew stood there in the period."""
    cells: gpd.GeoDataFrame = field(default_factory=RELEASED_CELLS.geoframe)
    """Table `RELEASED_CELLS`, in any CRS."""
    released: date | None = None
    """The day on which the cells were released."""

    @property
    def squares(self) -> gpd.GeoDataFrame:
        """Each square once, the widest first, with the groups of all its periods."""
        square = ["west_m", "south_m", "side_m"]
        groups = self.cells.groupby(square)["groups"].transform("sum")
        each = self.cells.assign(groups=groups).drop_duplicates(square)
        return gpd.GeoDataFrame(each.sort_values("side_m", ascending=False))

    @property
    def names(self) -> Sequence[str]:
        """Names of the stops, in the order of letters."""
        return sorted(set(self.stops["name"]))


def draw(shown: OnMap, language: str) -> Axes:
    """Return the map, with the towns' names in a language."""
    crs = metric_crs(shown.boundary)
    stops, squares = shown.stops.to_crs(crs), shown.squares.to_crs(crs)
    about = _wide(np.vstack([stops.total_bounds, squares.total_bounds]))
    figure = Figure(figsize=(WIDTH_IN, WIDTH_IN / WIDE), layout="constrained")
    ax = figure.subplots()
    ax.spines[:].set(visible=True, color=palette.LIGHT_GREY)
    map_axes(gpd.GeoSeries([about], crs=crs), _ground(shown), ax, language)
    west, east, south, north = ax.axis()
    figure.set_size_inches(WIDTH_IN, WIDTH_IN * (north - south) / (east - west))
    if len(squares):
        _draw_squares(ax, squares)
    marks = ax.scatter(
        stops.geometry.x,
        stops.geometry.y,
        s=16,
        facecolor=stops["made"].map({True: palette.BLUE, False: palette.WHITE}),
        edgecolor=palette.BLUE,
        linewidth=1,
        zorder=7,
    )
    marks.set_gid("stops")
    return ax


def _draw_squares(ax: Axes, squares: gpd.GeoDataFrame) -> None:
    """Draw squares, each with its number of groups in a corner."""
    squares.plot(
        ax=ax, facecolor=palette.VERMILLION, edgecolor="none", alpha=0.12, zorder=3
    )
    squares.boundary.plot(ax=ax, color=palette.VERMILLION, linewidth=0.8, zorder=3)
    corners = squares.geometry.bounds
    for groups, west, north in zip(
        squares["groups"], corners["minx"], corners["maxy"], strict=True
    ):
        ax.annotate(
            f"{groups}",
            (west, north),
            (2, -8),
            textcoords="offset points",
            color=palette.VERMILLION,
            fontsize=7,
            fontweight="bold",
            path_effects=halo(),
            annotation_clip=True,
            clip_on=True,
            zorder=9,
        )


def _wide(bounds: Floats) -> BaseGeometry:
    """Return a box around bounds, of the shape of the place beside a text."""
    west, south = np.nanmin(bounds[:, :2], axis=0)
    east, north = np.nanmax(bounds[:, 2:], axis=0)
    wider = max(0.0, WIDE * (north - south) - (east - west)) / 2
    higher = max(0.0, (east - west) / WIDE - (north - south)) / 2
    box: BaseGeometry = shapely.box(
        west - wider, south - higher, east + wider, north + higher
    )
    return box


def _ground(shown: OnMap) -> StudyData:
    """Return the ground as `maps.plot` draws it: main roads, railways and rivers, few bends."""
    ways = shown.ways
    main = ways.roads[ways.roads["highway"].isin(MAIN_ROADS)]
    return StudyData(
        layers=replace(
            ways,
            roads=_plain(main),
            railways=_plain(ways.railways),
            waterways=_plain(ways.waterways),
        ),
        places=shown.places,
        boundary=shown.boundary,
        sightings=SIGHTINGS.geoframe(),
    )


def _plain(lines: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    if lines.empty:
        return lines
    crs = metric_crs(lines)
    drawn = lines.geometry.to_crs(crs).simplify(FINE_M).to_crs(WGS84)
    return lines.set_geometry(drawn)
