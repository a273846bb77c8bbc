"""Where a sighting lies relative to a corridor: position along it, side, angle, distance spread."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.optimize import elementwise

from geo import segments as seg
from geo.crs import require_metric
from geo.discs import TAIL_SIGMA, probability_within, sigma_of
from geo.proximity import Corridor, gaussian
from geo.segments import Bools, Floats, Segments
from layers.schema import CORRIDOR_MEASURES

_BEARING: Final = {
    "north": 0.0, "northeast": 45.0, "east": 90.0, "southeast": 135.0,
    "south": 180.0, "southwest": 225.0, "west": 270.0, "northwest": 315.0,
}  # fmt: skip

_QUANTILES: Final = {"distance_p05_m": 0.05, "distance_p50_m": 0.5, "distance_p95_m": 0.95}


def measures(sightings: gpd.GeoDataFrame, corridors: Mapping[str, Corridor]) -> pd.DataFrame:
    """Return where each sighting lies relative to the nearest corridor of each kind.

    Headings are taken as bearings on the grid.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`
    corridors : mapping of Corridor by kind
        In the CRS of the sightings, metres.

    Returns
    -------
    pandas.DataFrame, table `CORRIDOR_MEASURES`
        A row per sighting and kind that has ways.

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, geographic, not in metres or differs.
    """
    require_metric(sightings=sightings, **{c.kind: c.lines for c in corridors.values()})
    parts = [_of_kind(sightings, c) for c in corridors.values() if len(c.segments)]
    rows = pd.concat(parts).sort_index(kind="stable") if parts else pd.DataFrame()
    return CORRIDOR_MEASURES.frame(rows.reset_index(drop=True))


def distance_quantile(
    xy: Floats, uncertainty: Floats, segments: Segments, share: Floats, gaussian: Bools
) -> Floats:
    """Return the distance that a share of each position's possible places do not exceed.

    Parameters
    ----------
    xy : (n, 2) float array
    uncertainty : (n,) float array
        As for `geo.discs.probability_within`; 0 gives the distance itself, NaN gives NaN.
    segments : Segments, at least one
    share : (n,) float array, between 0 and 1
    gaussian : (n,) bool array

    Returns
    -------
    (n,) float array
        The share within it is right to 1e-6.
    """
    distance, _ = segments.nearest(xy)
    out = np.where(np.isnan(uncertainty), np.nan, distance)
    some = np.flatnonzero(uncertainty > 0)
    if not len(some):
        return out
    reach = np.where(gaussian, TAIL_SIGMA * sigma_of(uncertainty), uncertainty)[some]

    def excess(band: Floats, number: Floats) -> Floats:
        k = some[np.asarray(number).astype(np.int64)]
        inside = probability_within(xy[k], uncertainty[k], segments, band, gaussian[k])
        return inside - share[k]

    low = np.maximum(distance[some] - reach, 0.0)
    high = distance[some] + reach
    # Between two lines with a gap the share is flat: the residual, not the distance, is bounded.
    found = elementwise.find_root(
        excess,
        (low, high),
        args=(np.arange(len(some), dtype=float),),
        tolerances={"fatol": 1e-8, "xrtol": 1e-13},
    )
    out[some] = found.x
    return out


def _of_kind(sightings: gpd.GeoDataFrame, corridor: Corridor) -> pd.DataFrame:
    """Return the rows of one kind, numbered by sighting."""
    xy, segments = seg.points_xy(sightings), corridor.segments
    distance, nearest = segments.nearest(xy)
    start, step = segments.start[nearest], segments.end[nearest] - segments.start[nearest]
    off = step[:, 0] * (xy[:, 1] - start[:, 1]) - step[:, 1] * (xy[:, 0] - start[:, 0])
    side = np.select([distance == 0, off > 0, off < 0], ["on", "left", "right"], "on")
    bearing = np.degrees(np.arctan2(step[:, 0], step[:, 1]))
    device = gaussian(sightings).to_numpy()
    uncertainty = np.asarray(sightings["uncertainty_m"], dtype=float)
    shares = np.repeat(list(_QUANTILES.values()), len(xy))
    spread = distance_quantile(
        np.tile(xy, (3, 1)), np.tile(uncertainty, 3), segments, shares, np.tile(device, 3)
    )
    return pd.DataFrame(
        {
            "sighting": sightings["id"].to_numpy(),
            "corridor": corridor.kind,
            "line": corridor.lines["id"].to_numpy()[segments.line[nearest]],
            "distance_m": distance,
            "along_m": segments.along[nearest]
            + segments.foot(xy, nearest) * segments.length[nearest],
            "side": side,
            "angle_deg": _angle(sightings, bearing),
            "error_model": np.where(device, "gaussian", "uniform_disc"),
            **dict(zip(_QUANTILES, spread.reshape(3, -1), strict=True)),
        }
    )


def _angle(sightings: pd.DataFrame, bearing: Floats) -> Floats:
    """Return the angle between headings and lines, 0 to 90 degrees; NaN where one is unknown."""
    if "heading" not in sightings:
        return np.full(len(sightings), np.nan)
    heading = sightings["heading"].map(_BEARING).to_numpy(dtype=float, na_value=np.nan)
    apart = np.abs(heading - bearing) % 180.0
    return np.asarray(np.minimum(apart, 180.0 - apart))
