"""What masking costs: how far the results of the cells agree with those of all sightings."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_metric

SQUARE_M = 8_000.0
"""Side of the squares in which the two are compared: the drive of about ten minutes."""


def utility(
    need: gpd.GeoDataFrame, released: gpd.GeoDataFrame
) -> tuple[pd.DataFrame, float, float]:
    """Return the need that sightings make in each square, of all and of the released ones.

    `need` and `released` are tables `NEED` in a projected CRS in metres.  The frame has a row for
    each square in which either has some, ``all`` and ``released``: shares of the part ``observed``.
    The second is the share of the need that stays in its square, the third Spearman's rank
    correlation of the squares; both are NaN where nothing is released.
    """
    require_metric(need=need, released=released)
    shares = {}
    for column, table in {"all": need, "released": released}.items():
        xy = np.floor(shapely.get_coordinates(table.geometry.values) / SQUARE_M)
        shares[column] = table["observed"].groupby([xy[:, 0], xy[:, 1]]).sum()
    both = pd.DataFrame(shares).fillna(0.0)
    both = both[both.sum(axis=1) > 0].reset_index(drop=True)
    kept = float(both.min(axis=1).sum()) if both["released"].any() else np.nan
    return both, kept, both["all"].rank().corr(both["released"].rank())
