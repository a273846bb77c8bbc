"""What masking costs: how far the results of the cells agree with those of all sightings."""

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from scipy.stats import spearmanr

from geo.crs import require_metric

SQUARE_M = 8_000.0
"""Side of the squares in which the two are compared: the drive of about ten minutes."""


def utility(need: gpd.GeoDataFrame, released: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the need that sightings make in each square, of all and of the released ones.

    Parameters
    ----------
    need, released : geopandas.GeoDataFrame, table `NEED`, projected CRS in metres

    Returns
    -------
    pandas.DataFrame
        A row for each square in which either has some, ``all`` and ``released``: shares of the
        part ``observed``.
    """
    require_metric(need=need, released=released)
    shares = {}
    for column, table in {"all": need, "released": released}.items():
        xy = np.floor(shapely.get_coordinates(table.geometry.values) / SQUARE_M)
        shares[column] = table["observed"].groupby([xy[:, 0], xy[:, 1]]).sum()
    both = pd.DataFrame(shares).fillna(0.0)
    found: pd.DataFrame = both[both.sum(axis=1) > 0].reset_index(drop=True)
    return found


def kept(shares: pd.DataFrame) -> float:
    """Return the share of the need that stays in its square; NaN where nothing is released."""
    if not shares["released"].any():
        return float("nan")
    return float(shares.min(axis=1).sum())


def rank_correlation(shares: pd.DataFrame) -> float:
    """Return Spearman's rank correlation of the squares; NaN where all of them are equal."""
    if len(shares) < 2 or shares.nunique().min() < 2:
        return float("nan")
    return float(np.asarray(spearmanr(shares["all"], shares["released"]).statistic))
