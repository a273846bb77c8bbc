"""How much places are used: what crews met, over how long they looked.

A visit without a group is evidence: it adds minutes and no group.
"""

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse import csr_array

from geo.arrays import Floats
from geo.crs import require_metric
from geo.network.graph import from_lines
from geo.network.segments import points_xy
from geo.presence.sight import seen_m

ROUNDS: Final = 100
"""Rounds of the estimate of use; it changes by less than 1 % after them."""
PRIOR: Final = 0.5
"""Groups that every section is given beforehand, at the mean use: it keeps a section that was
hardly watched from an extreme."""


def seen_km(points: Floats, lines: gpd.GeoDataFrame) -> Floats:
    """Return how many kilometres of each line are `noticed` from each point, (points, lines)."""
    network = from_lines(lines)
    point, edge, metres = seen_m(points, network)
    where = (point, network.line[edge])
    return csr_array((metres / 1000, where), shape=(len(points), len(lines))).toarray()


def use_by_section(
    table: pd.DataFrame, stops: gpd.GeoDataFrame, sections: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the use of sections that explains best what crews met and did not meet.

    Groups at stop s in time class c are Poisson with mean ``hours × activity_c × Σ km × use``, over
    the sections in sight.  The likelihood is raised round by round (Shepp and Vardi 1982, Maximum
    likelihood reconstruction for emission tomography), with a weak gamma prior, `PRIOR`.

    `table` is as from `stop_table`; `stops` are ``stop`` and its place, `sections` lines of at
    least 1 km, in one projected CRS in metres.  On the index of `sections`: ``groups_per_km_h``, at
    a time of mean activity, null where nobody looked; ``km_h``: kilometres in sight times hours
    that it rests on.
    """
    require_metric(stops=stops, sections=sections)
    hours = table.pivot_table("minutes", "stop", "time_class", aggfunc="sum", fill_value=0) / 60
    met = table.pivot_table("groups", "stop", "time_class", aggfunc="sum", fill_value=0)
    where = stops.drop_duplicates("stop").set_index("stop").geometry.reindex(hours.index)
    km = seen_km(points_xy(where), sections)
    h, n = hours.to_numpy(float), met.to_numpy(float)
    activity = np.ones(h.shape[1])
    watched = h.sum(axis=1) @ km
    mean = n.sum() / max(watched.sum(), 1e-9)
    use = np.full(len(sections), mean)
    for _ in range(ROUNDS):
        each = km * use
        expected = each.sum(axis=1)
        by_class = h.T @ expected
        activity = np.divide(n.sum(axis=0), by_class, np.zeros(len(by_class)), where=by_class > 0)
        share = np.divide(n.sum(axis=1), expected, np.zeros(len(km)), where=expected > 0)
        use = (share @ each + PRIOR) / ((h @ activity) @ km + PRIOR / max(mean, 1e-9))
    found = np.where(watched > 0, use, np.nan)
    return pd.DataFrame({"groups_per_km_h": found, "km_h": watched}, index=sections.index)
