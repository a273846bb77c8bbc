"""Where help is most likely needed, as far as it is known.

The surface is points with four parts, each scaled to a sum of 1 within the outline of the patrols;
`geo.covering` weighs them by ``[need]``.  Every part stays visible, and each may have weight 0:

- ``observed``: hotspots of reported sightings, corrected for reporting effort where it is given;
- ``movement``: expected flow, from a movement model;
- ``far_from_help``: time or distance to the nearest help;
- ``advised``: places named by DCAM and police.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely

from geo.crs import require_metric
from geo.network import Floats, Network
from layers.schema import NEED, NEED_PARTS

PIECE_M: Final = 500.0
"""Longest stretch of a corridor that one point of need stands for."""

EFFORT_M: Final = 500.0
"""Reporting effort about a hotspot is the mean of the ways within so many metres of it."""

LEAST_EFFORT: Final = 0.1
"""Reporting effort counts for no less than this share of the mean: reports are raised at most
tenfold."""


class NeedError(ValueError):
    """The need surface cannot be made from what is given."""


def observed(hotspots: gpd.GeoDataFrame, effort: pd.Series | None = None) -> gpd.GeoDataFrame:
    """Return the part of reported sightings: a point a hotspot, weighted by its share.

    The point is that of the hotspot's roads which lies nearest to their middle.

    Parameters
    ----------
    hotspots : geopandas.GeoDataFrame, table `HOTSPOTS`, projected CRS in metres
    effort : pandas.Series of float, optional
        Relative chance that people there are reported, on the index of `hotspots`; positive.
        The weight is divided by it: what is seen rarely stands for more.

    Raises
    ------
    NeedError
        If an effort is missing or not positive.
    """
    share = hotspots["share"].astype(float)
    if effort is not None:
        given = effort.reindex(hotspots.index)
        if not (given > 0).all():
            bad = given.index[~(given > 0)][0]
            raise NeedError(f"effort of hotspot {bad!r} is {given[bad]}; it must be positive")
        share = share / given
    roads = np.asarray(hotspots.geometry.values)
    to_middle = shapely.shortest_line(roads, shapely.centroid(roads))
    return _part(shapely.get_point(to_middle, 0), share.to_numpy(float), hotspots)


def advised(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of the places whose status is ``advised``: a point each, of equal weight.

    Parameters
    ----------
    places : geopandas.GeoDataFrame, table `PLACES`, projected CRS in metres
    """
    named = places[places["status"] == "advised"]
    return _part(np.asarray(named.geometry.values), np.ones(len(named)), places)


def movement(sections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of expected flow: points along the sections, weighted by their mean share.

    The flow is a model with assumptions; where nobody looked, nothing confirms it.

    Parameters
    ----------
    sections : geopandas.GeoDataFrame, table `SECTIONS`, projected CRS in metres
    """
    return _along(sections, sections["share_mean"])


def far_from_help(sections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of distance from help: points along the sections, weighted by minutes.

    A section of which no time is known has weight 0.

    Parameters
    ----------
    sections : geopandas.GeoDataFrame, table `ACCESS_SECTIONS`, projected CRS in metres
    """
    return _along(sections, sections["far_min"].fillna(0.0))


def effort_near(
    hotspots: gpd.GeoDataFrame, network: Network, per_metre: Floats, within_m: float
) -> pd.Series:
    """Return how likely reports are about each hotspot, relative to the whole network.

    Parameters
    ----------
    hotspots : geopandas.GeoDataFrame, table `HOTSPOTS`, projected CRS in metres
    network : geo.network.Network, the same CRS
    per_metre : (m,) float array
        Chance of a report per metre of each edge, as from `geo.effort.effort_per_metre`.
    within_m : float
        The mean is over the edges that come so near to the hotspot.

    Returns
    -------
    pandas.Series of float, on the index of `hotspots`
        1 is the network's mean; not less than `LEAST_EFFORT`, as what is never seen would
        otherwise stand for anything.
    """
    at, edge = network.tree.query(
        np.asarray(hotspots.geometry.values), predicate="dwithin", distance=within_m
    )
    length_m = np.bincount(at, network.length_m[edge], len(hotspots))
    chance = np.bincount(at, (per_metre * network.length_m)[edge], len(hotspots))
    mean = float((per_metre * network.length_m).sum() / network.length_m.sum())
    relative = chance / np.maximum(length_m, 1.0) / mean
    return pd.Series(np.maximum(relative, LEAST_EFFORT), index=hotspots.index)


def surface(parts: Mapping[str, gpd.GeoDataFrame], boundary: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the need at points within an outline.

    Parameters
    ----------
    parts : mapping of str to geopandas.GeoDataFrame
        Points with a ``weight``, by the name of the part in `NEED_PARTS`.
    boundary : geopandas.GeoDataFrame of Polygon, projected CRS in metres
        What lies outside is left out: no patrol goes there.

    Returns
    -------
    geopandas.GeoDataFrame, table `NEED`
        Each part adds up to 1; one that is absent, or has nothing within the outline, is 0.

    Raises
    ------
    geo.crs.CRSError
        If the parts and the boundary are not in one projected CRS in metres.
    NeedError
        If there is no such part.
    """
    strange = sorted(set(parts) - set(NEED_PARTS))
    if strange:
        raise NeedError(f"there is no part {', '.join(strange)}; parts are {', '.join(NEED_PARTS)}")
    crs = require_metric(boundary=boundary, **parts)
    outline = boundary.geometry.union_all()
    rows = []
    for name, part in parts.items():
        inside = part[part.within(outline) & (part["weight"] > 0)]
        share = inside["weight"] / inside["weight"].sum()
        rows.append(pd.DataFrame({name: share, "geometry": inside.geometry}))
    table = pd.concat(rows, ignore_index=True) if rows else pd.DataFrame()
    found = NEED.geoframe(table, crs=str(crs))
    return found.fillna(dict.fromkeys(NEED_PARTS, 0.0))


def _along(sections: gpd.GeoDataFrame, per_metre: pd.Series) -> gpd.GeoDataFrame:
    """Return a point in the middle of every piece of at most `PIECE_M`, weighted by its length."""
    lines = np.asarray(sections.geometry.values)
    piece, owner = shapely.get_parts(shapely.segmentize(lines, PIECE_M), return_index=True)
    xy, line = shapely.get_coordinates(piece, return_index=True)
    same = line[1:] == line[:-1]
    length_m = np.hypot(*np.diff(xy, axis=0).T)[same]
    middle = shapely.points(((xy[1:] + xy[:-1]) / 2)[same])
    weight = per_metre.to_numpy(float)[owner[line[1:][same]]] * length_m
    return _part(middle, weight, sections)


def _part(points: object, weight: npt.ArrayLike, layer: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    return gpd.GeoDataFrame({"weight": weight}, geometry=points, crs=layer.crs)
