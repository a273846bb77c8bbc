"""Axes to draw on, and the ground under a map: ways, outline, towns, scale and credit."""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
from matplotlib import patheffects, pyplot
from matplotlib.axes import Axes
from pyproj import CRS

from geo.arguments import require_type
from geo.crs import require_metric
from geo.records import StudyData
from geo.schema import MAIN_ROADS
from layers import palette
from maps.page.map_layers import WATER
from maps.words.names import place_name

LEAST_M: Final = 1000.0
"""The least ground that a map shows on each side of what it is about."""

LINE_IN: Final = 0.14
"""Height of a line of letters that name a town."""

NEAR_M: Final = 15_000.0
"""The widest map that shows every road; a wider one shows the main roads."""


def axes_for(ax: Axes | None, size: tuple[float, float] = (7.0, 3.5)) -> Axes:
    """Return the axes given, or those of a new figure of this size in inches."""
    if ax is not None:
        require_type("ax", ax, Axes, "ax = matplotlib.pyplot.subplots()[1]")
    return pyplot.subplots(figsize=size, layout="constrained")[1] if ax is None else ax


def panels(
    axes: Sequence[Axes] | None, n: int, size: tuple[float, float]
) -> list[Axes]:
    """Return `n` axes side by side: those given, or those of a new figure, each of this size.

    Raises ValueError if other than `n` axes are given, or there is nothing to draw.
    """
    if not n:
        raise ValueError(
            "there is nothing to draw: the result has no rows. Fix: another night, or "
            "a run with what it needs, such as a depot for patrols"
        )
    if axes is None:
        wide = (size[0] * n, size[1])
        figure = pyplot.figure(figsize=wide, layout="constrained")
        return [*np.atleast_1d(figure.subplots(1, n, sharey=True))]
    if len(axes) != n:
        raise ValueError(f"{len(axes)} axes for {n} panels. Fix: give {n}, or none")
    return [*axes]


def map_axes(
    about: gpd.GeoDataFrame | gpd.GeoSeries,
    data: StudyData | None,
    ax: Axes | None,
    language: str = "en",
) -> Axes:
    """Return axes in metres about a frame, with the ground of a study under it.

    Parameters
    ----------
    about
        What will be drawn; the axes reach a little beyond it.
    data
        Study whose ways, rivers and towns lie under it; without it the ground is blank.
    ax
        Axes to use; without them new ones.
    language
        Towns are named in it; one of `maps.words.catalogue.LANGUAGES`.

    Raises
    ------
    geo.crs.CRSError
        If the frame is not in metres.
    """
    crs = require_metric(about=about)
    west, south, east, north = map(float, about.total_bounds)
    if not np.isfinite(west):
        west, south, east, north = (0.0, 0.0, 0.0, 0.0)
    margin = max(LEAST_M, 0.05 * max(east - west, north - south))
    west, south, east, north = (
        west - margin,
        south - margin,
        east + margin,
        north + margin,
    )
    tall = min(max(6.5 * (north - south) / (east - west), 3.5), 8.5)
    ax = axes_for(ax, (6.5, tall))
    ax.set(xlim=(west, east), ylim=(south, north), xticks=[], yticks=[], aspect="equal")
    ax.xaxis.label.set_visible(False)
    ax.yaxis.label.set_visible(False)
    if data is not None:
        _ground(ax, data, crs, language, wide=east - west > NEAR_M)
    _scale(ax)
    return ax


def key_above(ax: Axes, title: str, columns: int) -> None:
    """Put a title over a plot, and between them what its colours and marks are."""
    ax.set_title(title, loc="left", pad=24)
    ax.legend(
        ncols=columns,
        fontsize=8,
        loc="lower left",
        bbox_to_anchor=(0, 1),
        frameon=False,
        borderaxespad=0.3,
        handlelength=1.2,
    )


def under(title: str, text: str) -> str:
    """Return what a picture says of itself, under the caller's title where there is one."""
    return f"{title}\n{text}" if title else text


def over_panels(drawn: Sequence[Axes], title: str) -> None:
    """Write the caller's title over the figure of several panels."""
    figure = drawn[0].figure
    if title and figure is not None:
        figure.suptitle(title)


def plain(name: str) -> str:
    """Return the name of a column or kind as words."""
    return name.replace("_", " ")


def of_sightings(n: int) -> str:
    """Return on how many sightings a figure rests."""
    return f"{n} sighting{'' if n == 1 else 's'}"


def _ground(ax: Axes, data: StudyData, crs: CRS, language: str, *, wide: bool) -> None:
    _draw_ways(ax, data, crs, wide=wide)
    towns = data.places[data.places["kind"] == "town"].to_crs(crs)
    _name_towns(ax, towns, language)
    ax.annotate(
        data.layers.source.licence,
        (0.97, 0.012),
        xycoords="axes fraction",
        fontsize=6,
        ha="right",
        color=palette.DARK_GREY,
        path_effects=halo(),
        zorder=9,
    )


def _draw_ways(ax: Axes, data: StudyData, crs: CRS, *, wide: bool) -> None:
    """Draw rivers, roads, railways and the outline; of a wide map main roads only."""
    west, east, south, north = ax.axis()
    ways = data.layers
    is_main = ways.roads["highway"].isin(MAIN_ROADS)
    others = ways.roads.iloc[:0] if wide else ways.roads[~is_main]
    lines = (
        (ways.waterways, WATER, 1.5, "-"),
        (others, palette.LIGHT_GREY, 0.5, "-"),
        (ways.roads[is_main], palette.LIGHT_GREY, 1.4, "-"),
        (ways.railways, palette.DARK_GREY, 0.9, (0, (5, 3))),
        (data.boundary.boundary, palette.PURPLE, 1.0, "-."),
    )
    for frame, colour, width, dash in lines:
        seen = frame.geometry.to_crs(crs).cx[west:east, south:north]
        if len(seen):
            seen.plot(ax=ax, color=colour, linewidth=width, linestyle=dash, zorder=1)


def _name_towns(ax: Axes, towns: gpd.GeoDataFrame, language: str) -> None:
    """Name towns, but those whose name would lie on another; at the right edge to the left."""
    west, east, south, north = ax.axis()
    width, height = east - west, north - south
    high = max(0.025, LINE_IN * ax.figure.dpi / ax.bbox.height)
    named: list[tuple[float, float]] = []
    points = towns.get_coordinates()
    names = [place_name(town, language) for town in towns.to_dict("records")]
    for name, x, y in zip(names, points["x"], points["y"], strict=True):
        if any(
            abs(x - other_x) < 0.2 * width and abs(y - other_y) < high * height
            for other_x, other_y in named
        ):
            continue
        named.append((x, y))
        at_edge = x > west + 0.75 * width
        ax.annotate(
            name,
            (x, y),
            (-5 if at_edge else 5, 2),
            textcoords="offset points",
            fontsize=7,
            color=palette.DARK_GREY,
            ha="right" if at_edge else "left",
            path_effects=halo(),
            annotation_clip=True,
            clip_on=True,
            zorder=8,
        )


def _scale(ax: Axes) -> None:
    """Draw a bar of 1, 2 or 5 times a power of ten metres, about a fifth of the width."""
    west, east, south, north = ax.axis()
    length = palette.round_length((east - west) / 4)
    begin, low = west + 0.03 * (east - west), south + 0.03 * (north - south)
    text = f"{length / 1000:g} km" if length >= 1000 else f"{length:g} m"
    bar = [begin, begin + length], [low, low]
    ax.plot(*bar, color=palette.BLACK, linewidth=2.5, path_effects=halo(), zorder=9)
    ax.annotate(
        text,
        (begin, low),
        (0, 3),
        textcoords="offset points",
        fontsize=8,
        path_effects=halo(),
        zorder=9,
    )


def halo() -> list[patheffects.AbstractPathEffect]:
    """Return what lets a text be read on any ground."""
    return [patheffects.withStroke(linewidth=2.5, foreground=palette.WHITE)]
