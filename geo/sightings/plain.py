"""Plain points as sightings: what is assumed where they have no column for it."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.crs import Frame, as_frame
from geo.sightings.laws import UncertaintyError

EXACT = "every position is exact: neither a column uncertainty_m nor a number was given"


def as_sightings(
    points: Frame, uncertainty_m: float | None = None
) -> tuple[gpd.GeoDataFrame, tuple[str, ...]]:
    """Return points with the uncertainty of their positions, and what was assumed for it.

    A number holds for all of them; without one the column ``uncertainty_m`` does, and without that
    every position is exact.
    """
    frame = as_frame(points)
    if uncertainty_m is None and "uncertainty_m" in frame:
        return frame, ()
    radius = 0.0 if uncertainty_m is None else float(uncertainty_m)
    if not 0 <= radius < np.inf:
        raise UncertaintyError(f"uncertainty_m is {radius}. Fix: metres, 0 for exact positions")
    assumed = () if uncertainty_m is not None else (EXACT,)
    return frame.assign(uncertainty_m=radius), assumed


def ids_of(sightings: pd.DataFrame) -> npt.NDArray[np.object_]:
    """Return the ids of sightings; where they have none, their labels in the index."""
    labels = pd.Series(list(map(str, sightings.index)), dtype="string")
    if "id" not in sightings:
        return labels.to_numpy(object)
    ids = sightings["id"].astype("string").reset_index(drop=True)
    return ids.fillna(labels).to_numpy(object)
