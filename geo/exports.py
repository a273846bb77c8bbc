"""Sightings as they leave the toolkit: a size class, a month, a coarse place and position."""

from __future__ import annotations

import itertools
from typing import Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import shapely
from pyproj import CRS

from geo.crs import require_metric
from layers.schema import (
    CORRIDOR_CURVES,
    DISTANCE_STEP_M,
    EXPORTED_SIGHTINGS,
    WGS84,
    size_class,
)

EXPORT_DECIMALS: Final = 3
"""Decimals of a degree that an exported position keeps: cells of about 80 m by 110 m."""

CURVES_M: Final = 1000.0
"""Curves of distance leave the toolkit up to here: farther than this nobody would call near."""


def exported_sightings(sightings: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return what may be shown of the sightings outside the study.

    Positions are rounded to `EXPORT_DECIMALS` of a degree.  The radius of each disc grows by
    the greatest shift that this rounding can cause there, so that the exported disc holds the
    recorded one; the shift itself would tell the recorded position, and stays inside.  Of the
    days only the month leaves, where all of them lie in one.

    Parameters
    ----------
    sightings : geopandas.GeoDataFrame, table `SIGHTINGS`, projected CRS in metres
    places : geopandas.GeoDataFrame, table `PLACES`, in the same CRS
        The coarse place of a sighting is the nearest place of kind ``town``, a town being a disc
        of its ``uncertainty_m``.

    Returns
    -------
    geopandas.GeoDataFrame, table `EXPORTED_SIGHTINGS`, EPSG:4326, on the caller's index

    Raises
    ------
    geo.crs.CRSError
        If a CRS is missing, geographic, not in metres, or differs between the two.
    """
    crs = require_metric(sightings=sightings, places=places)
    lonlat = shapely.get_coordinates(sightings.geometry.to_crs(WGS84).values)
    rounded = np.round(lonlat, EXPORT_DECIMALS)
    grown = sightings["uncertainty_m"].astype("float64") + _greatest_shift_m(rounded, crs)
    rows = pd.DataFrame(
        {
            "id": sightings["id"],
            "size_class": size_class(sightings["group_min"], sightings["group_max"]),
            "coarse_place": _nearest_town(sightings, places),
            "month": _month(sightings),
            "uncertainty_m": np.ceil(grown),
            "geometry": shapely.points(rounded),
        },
        index=sightings.index,
    )
    return EXPORTED_SIGHTINGS.geoframe(rows, crs=WGS84)


def shown(sightings: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    """Return the sightings at their exported positions and with their exported discs.

    Whatever is published of a density is made from these: it then tells no more of where a
    sighting was than the exported point does.

    Parameters
    ----------
    sightings, places
        As for `exported_sightings`.

    Returns
    -------
    geopandas.GeoDataFrame, table `SIGHTINGS`, in the caller's CRS and on the caller's index
    """
    crs = require_metric(sightings=sightings, places=places)
    out = exported_sightings(sightings, places)
    moved = sightings.set_geometry(out.geometry.to_crs(crs).values)
    return moved.assign(uncertainty_m=out["uncertainty_m"].astype("float64"))


def _month(sightings: gpd.GeoDataFrame) -> pd.Series:
    """Return the month that all possible days of a record lie in, or null.

    Where one bound of the days is missing, the other stands for both.
    """
    first = sightings["date_from"].fillna(sightings["date_to"]).dt.strftime("%Y-%m")
    last = sightings["date_to"].fillna(sightings["date_from"]).dt.strftime("%Y-%m")
    month: pd.Series = first.where(first == last).astype("string")
    return month


def _greatest_shift_m(rounded: npt.NDArray[np.float64], crs: CRS) -> npt.NDArray[np.float64]:
    """Return the distance from each rounded position to the farthest corner of its cell."""
    half = 0.5 * 10.0**-EXPORT_DECIMALS
    centre = gpd.GeoSeries(shapely.points(rounded), crs=WGS84).to_crs(crs)
    shift = np.zeros(len(rounded))
    for east, north in itertools.product((-half, half), repeat=2):
        corner = gpd.GeoSeries(shapely.points(rounded + np.array([east, north])), crs=WGS84)
        shift = np.maximum(shift, centre.distance(corner.to_crs(crs)).to_numpy())
    return shift


def _nearest_town(sightings: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> pd.Series:
    """Return the English name of the nearest town; null where there is no town at all.

    A town is a disc: the radius within which its own position is known stands for its extent,
    so that what lies between a large town and a small one falls to the large one.
    """
    towns = places[places["kind"] == "town"]
    if towns.empty or sightings.empty:
        return pd.Series(pd.NA, index=sightings.index, dtype="string")
    centre = towns.geometry.to_numpy()
    away = shapely.distance(sightings.geometry.to_numpy()[:, None], centre[None, :])
    nearest = (away - towns["uncertainty_m"].fillna(0).to_numpy(float)).argmin(axis=1)
    names = towns["name_en"].astype("string").take(nearest)
    return names.set_axis(sightings.index)


def exported_curves(curves: pd.DataFrame) -> pd.DataFrame:
    """Return the curves of distance as they leave the toolkit.

    In steps of `DISTANCE_STEP_M`, what was observed in steps of `SHARE_STEP`: where the observed
    curve rises exactly is the distance of each sighting, and would give the recorded position
    back.  What has been exported comes back as it is.

    Parameters
    ----------
    curves : pandas.DataFrame, table `CORRIDOR_CURVES`

    Returns
    -------
    pandas.DataFrame, table `CORRIDOR_CURVES`
    """
    at = np.arange(0.0, CURVES_M + DISTANCE_STEP_M, DISTANCE_STEP_M)
    found = [CORRIDOR_CURVES.frame()]
    for (null, corridor), curve in curves.groupby(["null", "corridor"], sort=False):
        shares = {
            name: np.interp(at, curve["distance_m"], curve[name])
            for name in ("observed", "central", "high")
        }
        rows = pd.DataFrame({"null": null, "corridor": corridor, "distance_m": at, **shares})
        found.append(CORRIDOR_CURVES.outgoing(rows))
    return pd.concat(found, ignore_index=True)
