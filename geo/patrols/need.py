"""Where help is most likely needed, as far as it is known.

The surface is points with four parts, each scaled to a sum of 1 within the outline of the patrols;
`geo.patrols.reach` weighs them by ``[need]``.  Every part stays visible, and each may have
weight 0:

- ``observed``: reported sightings and groups that patrols met, each corrected for its own effort;
- ``movement``: expected flow, from a movement model;
- ``far_from_help``: time or distance to the nearest help;
- ``advised``: places that those who know the area named.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from scipy.spatial import cKDTree

from geo.arrays import Floats
from geo.crs import require_metric
from geo.network.graph import Network
from geo.network.lixels import cut
from geo.network.positions import Positions
from geo.network.segments import points_xy
from layers.schema import NEED, NEED_PARTS

if TYPE_CHECKING:  # a planner does not wait for the tests against chance to load
    from geo.chance.nulls import Null

PIECE_M: Final = 500.0
"""Longest stretch of a corridor that one point of need stands for."""
EFFORT_M: Final = 500.0
"""Reporting effort about a hotspot is the mean of the ways within so many metres of it."""
LEAST_EFFORT: Final = 0.1
"""Reporting effort counts for no less than this share of the mean: reports are raised at most
tenfold."""


class NeedError(ValueError):
    """The need surface cannot be made from what is given."""


def observed(
    sightings: gpd.GeoDataFrame, network: Network, effort: Null | None = None
) -> gpd.GeoDataFrame:
    """Return the part of reported sightings: a point per cell, weighted by its sightings.

    The weight is divided by how likely reports are about the cell: where little is reported, one
    sighting stands for more.  Without `effort` reports are equally likely everywhere.
    """
    require_metric(sightings=sightings, network=gpd.GeoSeries([], crs=network.crs))
    xy, count = np.unique(points_xy(sightings), axis=0, return_counts=True)
    weight = count.astype(float)
    if effort is not None:
        weight /= effort_near(xy, network, effort)
    return _part(shapely.points(xy), weight, sightings)


def joined(*streams: tuple[gpd.GeoDataFrame, int]) -> gpd.GeoDataFrame:
    """Return streams of sightings as one part: each as from `observed`, with its own effort.

    A stream weighs as much as the number of its sightings, given beside it.
    """
    parts = [part.assign(weight=part["weight"] * (n / part["weight"].sum())) for part, n in streams]
    return gpd.GeoDataFrame(pd.concat(parts, ignore_index=True))


def advised(places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of the places whose status is ``advised``: a point each, of equal weight."""
    named = places[places["status"] == "advised"]
    return _part(np.asarray(named.geometry.values), np.ones(len(named)), places)


def movement(sections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of expected flow: points along table `SECTIONS`, by their mean share.

    The flow is a model with assumptions; where nobody looked, nothing confirms it.
    """
    return _along(sections, sections["share_mean"])


def far_from_help(sections: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the part of distance from help: points along `ACCESS_SECTIONS`, by minutes.

    A section of which no time is known has weight 0.
    """
    return _along(sections, sections["far_min"].fillna(0.0))


def effort_near(xy: Floats, network: Network, effort: Null) -> Floats:
    """Return how likely reports are per metre of way within `EFFORT_M`, over the network's mean.

    It is not less than `LEAST_EFFORT`.
    """
    pieces = cut(network, EFFORT_M / 20)
    middle = Positions(pieces.edge, pieces.middle_m).points(network)
    near = cKDTree(middle).query_ball_point(xy, EFFORT_M)
    length = np.array([pieces.length_m[some].sum() for some in near])
    reports = cKDTree(effort.xy).query_ball_point(xy, EFFORT_M, return_length=True)
    mean = len(effort.xy) / network.length_m.sum()
    return np.asarray(np.maximum(reports / np.maximum(length, EFFORT_M) / mean, LEAST_EFFORT))


def surface(parts: Mapping[str, gpd.GeoDataFrame], boundary: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return table `NEED`: the need at points within an outline; each part there adds up to 1.

    `parts` are points with a ``weight``, by the name of the part in `NEED_PARTS`.  A part that is
    absent, or has nothing within the outline, is 0.
    """
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


def with_observed(
    table: gpd.GeoDataFrame, observed: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame
) -> gpd.GeoDataFrame:
    """Return table `NEED` with another part ``observed``, as from `observed` or `joined`."""
    others = table[table["observed"] == 0]
    return gpd.GeoDataFrame(
        pd.concat([surface({"observed": observed}, boundary), others], ignore_index=True)
    )


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
