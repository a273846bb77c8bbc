"""Are sightings nearer to corridors than chance?  All tests, under all null models, in one call."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from functools import partial
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from pyproj import CRS

from geo.chance.nulls import Effort, Null, on_network, reporting_effort, uniform
from geo.corridors.attribution import explain_sightings
from geo.corridors.distance import Corridor, names_of
from geo.corridors.nearness import nearness_tests
from geo.crs import require_metric
from geo.network.segments import GeometryError, points_xy
from geo.params import CorridorParams
from geo.results import CorridorTests
from layers.schema import CORRIDOR_BANDS, CORRIDOR_CURVES, CORRIDOR_EXPLAINED, CORRIDOR_TESTS
from layers.schema.table import Table

VARIED: Final = (
    Effort(),
    Effort(sight_m=100.0),
    Effort(sight_m=400.0),
    Effort(residential=0.2, main_roads=0.6),
    Effort(residential=0.6, main_roads=0.2),
    Effort(residential=0.3, main_roads=0.3, stations=0.4),
)
"""Assumptions on reporting effort that a verdict must survive; the first with another seed."""

EXPORTED: Final = 2000
"""Positions of each null that are handed on for the map."""


def compare_with_chance(
    sightings: gpd.GeoDataFrame,
    corridors: Mapping[str, Corridor],
    stations: gpd.GeoDataFrame | gpd.GeoSeries,
    window: shapely.Polygon | shapely.MultiPolygon,
    params: CorridorParams | None = None,
) -> CorridorTests:
    """Test whether sightings lie nearer to corridors than chance, and which explains them best.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`
        Events only.
    corridors : mapping of Corridor by kind, as from `corridors_of`
    stations : points at which an observer may have stood
    window : polygon, as from `window_about`
        All in one projected CRS in metres.
    params : geo.params.CorridorParams, optional
        Chance is measured under each of its ``nulls``; the first decides what explains best.

    Returns
    -------
    geo.results.CorridorTests, with empty tables where no sighting lies in the window

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, geographic, not in metres or differs.
    GeometryError, geo.sightings.laws.UncertaintyError
        If a geometry cannot be measured, the window holds no road, or an uncertainty is not known.
    """
    params = params or CorridorParams()
    ways = corridors["road_or_path"].lines
    crs = require_metric(sightings=sightings, stations=stations, roads=ways)
    xy = points_xy(sightings)
    inside = shapely.intersects_xy(window, xy[:, 0], xy[:, 1])
    events = sightings[inside]
    n, seed = params.null_points, params.seed
    by_effort = partial(reporting_effort, ways, stations, window, n=n, seed=seed)
    models = {"effort": by_effort, "uniform": partial(uniform, window, n=n, seed=seed)}
    models["network"] = partial(on_network, ways, window, n=n, seed=seed)
    nulls = [models[name]() for name in params.nulls]
    found = [nearness_tests(events, corridors, null, params) for null in nulls if len(events)]
    bands, explained = [f.bands for f in found], CORRIDOR_EXPLAINED.frame()
    if found:
        distance = found[0].null_distance
        explained = explain_sightings(events, corridors, nulls[0], distance, params.explain_m)
        if params.vary and nulls[0].name == "effort":
            bands[0] = _robust(bands[0], events, corridors, by_effort, params)
    return CorridorTests(
        tests=_joined(CORRIDOR_TESTS, [f.tests for f in found]),
        bands=_joined(CORRIDOR_BANDS, bands),
        curves=_joined(CORRIDOR_CURVES, [f.curves for f in found]),
        explained=explained,
        nulls=_some_positions(nulls, crs, params.seed),
        window=gpd.GeoDataFrame(geometry=[window], crs=crs),
        outside=tuple(names_of(sightings)[~inside]),
        level=params.level,
        simulations=params.simulations,
    )


def window_about(
    sightings: gpd.GeoDataFrame, boundary: gpd.GeoDataFrame, reach_m: float
) -> shapely.Polygon | shapely.MultiPolygon:
    """Return the window of chance: within `reach_m` of the sightings' convex hull, and inside.

    Parameters
    ----------
    sightings, boundary : geopandas.GeoDataFrame, one projected CRS in metres
    reach_m : float

    Raises
    ------
    GeometryError
        If there are no sightings, or none near the boundary's inside.
    """
    require_metric(sightings=sightings, boundary=boundary)
    if not len(sightings):
        raise GeometryError("there are no sightings, so there is no window about them")
    hull = shapely.MultiPoint(points_xy(sightings)).convex_hull
    area = shapely.union_all(np.asarray(boundary.geometry.values))
    window = shapely.intersection(hull.buffer(reach_m), area)
    if not isinstance(window, (shapely.Polygon, shapely.MultiPolygon)) or window.is_empty:
        raise GeometryError(f"no sighting lies within {reach_m:g} m of the boundary's inside")
    return window


def _robust(
    bands: pd.DataFrame,
    events: gpd.GeoDataFrame,
    corridors: Mapping[str, Corridor],
    by_effort: Callable[[Effort], Null],
    params: CorridorParams,
) -> pd.DataFrame:
    """Mark a verdict as fragile if another effort assumption or another seed overturns it."""
    out, other_seed = bands.copy(), replace(params, seed=params.seed + 1000)
    for effort in VARIED:
        if not (out["verdict"] == "nearer").any():
            break
        again = nearness_tests(events, corridors, by_effort(effort), other_seed)
        lost = (out["verdict"] == "nearer") & (again.bands["p_adjusted"] > params.level)
        out.loc[lost, ["verdict", "hangs_on"]] = "fragile", f"reporting effort: {effort}"
    return out


def _joined(table: Table, frames: list[pd.DataFrame]) -> pd.DataFrame:
    """Return the rows of all null models."""
    return table.frame(pd.concat(frames) if frames else ())


def _some_positions(nulls: list[Null], crs: CRS, seed: int) -> gpd.GeoDataFrame:
    """Return some positions of each null as points."""
    rng = np.random.default_rng(seed)
    some = [
        rng.choice(null.xy, min(EXPORTED, len(null.xy)), replace=False, shuffle=False)
        for null in nulls
    ]
    names = np.repeat([null.name for null in nulls], [len(xy) for xy in some])
    points = gpd.points_from_xy(*np.concatenate(some).T)
    return gpd.GeoDataFrame({"null": names}, geometry=points, crs=crs)
