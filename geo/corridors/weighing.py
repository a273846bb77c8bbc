"""Whether sightings that weigh more lie nearer to corridors: weights are dealt to them anew."""

from typing import Final

import numpy as np
import pandas as pd

from geo.arguments import require_number, require_type
from geo.arrays import Floats
from geo.corridors.monte_carlo import max_t, monte_carlo_p
from geo.network.weights import Marks, require_weights
from geo.results import Proximity
from geo.schema import band_column

BLOCK: Final = 100
"""Permutations that are weighed at a time."""


# One table of hypotheses: sightings by kinds and bands, column by column.
def weigh(
    near: Proximity, weights: Marks, *, simulations: int = 1999, seed: int = 1
) -> pd.DataFrame:
    """Return how much weight lies within each band, and whether heavier sightings lie nearer.

    Places stay, weights are marks: with ``p_i`` the probability that sighting i lies in the band,
    the statistic ``Σ w_i (p_i - mean of p)`` is compared with the same of weights dealt to the
    sightings at random (Baddeley, Rubak and Turner 2015, Spatial Point Patterns, 14.7.5).
    A sighting located from a kind of corridor does not test that kind.

    Parameters
    ----------
    near : geo.results.Proximity
        As from `geo.corridors.proximity`.
    weights : (n,) floats of 0 or more
        Weight of each sighting in their order, as the size of a group.
    simulations, seed : int
        Number of permutations, and what they are drawn from.

    Returns
    -------
    pandas.DataFrame
        A row a kind of corridor and band: ``corridor``, ``band_m``, ``sightings``;
        ``weight_within``, the sum of ``w_i p_i``; ``share_of_weight``, that over all weight, and
        ``share_of_sightings``, the same where all weigh alike; ``p``, that heavier sightings would
        lie as near by chance, and ``p_adjusted`` for all rows together (step-down maximum).

    Raises
    ------
    geo.network.NetworkError
        If weights are not one number of 0 or more for each sighting.

    Examples
    --------
    >>> import geopandas as gpd, shapely
    >>> from geo.corridors import proximity
    >>> rail = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs=9141)
    >>> seen = gpd.GeoSeries.from_xy([900, 2000, 3000], [40, 700, 900], crs=9141)
    >>> near = proximity(seen, {"railway": rail}, bands_m=[250], uncertainty_m=0)
    >>> weigh(near, [8, 1, 1])[["weight_within", "share_of_weight"]].values.tolist()
    [[8.0, 0.8]]
    """
    fix = "near = geo.corridors.proximity(sightings, corridors)"
    require_type("near", near, Proximity, fix)
    require_number("simulations", simulations, "simulations=1999", least=1)
    kinds = [*near.totals["corridor"].unique()]
    bands_m = [*near.totals["band_m"].unique()]
    n = near.table["sighting"].nunique()
    weight = require_weights("weights", n, weights)
    columns = [band_column(band_m) for band_m in bands_m]
    within = near.table[columns].to_numpy(float)
    within = within.reshape(n, len(kinds) * len(bands_m))
    is_input = near.table["located_from_kind"].to_numpy(bool)
    tests = np.repeat(~is_input.reshape(n, len(kinds)), len(bands_m), axis=1)
    total = np.maximum(tests.sum(axis=0), 1)
    mean = np.where(tests, within, 0.0).sum(axis=0) / total
    nearer = np.where(tests, within - mean, 0.0)
    spread = np.sqrt((nearer**2).sum(axis=0))
    nearer = np.divide(nearer, spread, out=np.zeros_like(nearer), where=spread > 0)
    observed = weight @ nearer
    dealt = _dealt(weight, nearer, simulations, seed)
    weight_within = np.where(tests, within, 0.0).T @ weight
    every = tests.T @ weight
    return pd.DataFrame(
        {
            "corridor": np.repeat(kinds, len(bands_m)),
            "band_m": np.tile(bands_m, len(kinds)),
            "sightings": tests.sum(axis=0),
            "weight_within": weight_within,
            "share_of_weight": weight_within / np.where(every > 0, every, np.nan),
            "share_of_sightings": mean,
            "p": monte_carlo_p(observed, dealt),
            "p_adjusted": max_t(observed, dealt),
        }
    )


def _dealt(weight: Floats, nearer: Floats, simulations: int, seed: int) -> Floats:
    """Return the statistics of weights that are dealt at random, (simulations, hypotheses)."""
    rng = np.random.default_rng(seed)
    rows = []
    for begin in range(0, simulations, BLOCK):
        size = min(BLOCK, simulations - begin)
        dealt = rng.permuted(np.tile(weight, (size, 1)), axis=1)
        rows.append(dealt @ nearer)
    return np.concatenate(rows)
