"""How many groups an hour each rule expects at each stop, from what a log holds before."""

from collections.abc import Sequence
from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.arrays import Floats
from geo.crs import require_metric
from geo.following import Records

OURS: Final = "plan"
RIVALS: Final = ("alike", "lately", "fixed", "kernel")
"""All stops alike; the last month, smoothed; the hours of the first plan; a kernel over stops."""
SMOOTH_H: Final = 4.0
"""Hours at the rate of all stops that are added to those of a stop."""
KERNEL_M: Final = 2000.0
"""Standard deviation of the kernel."""


def expect(
    stops: gpd.GeoDataFrame,
    need: Sequence[float] | Floats,
    records: Records,
    first_plan: pd.Series,
) -> pd.DataFrame:
    """Return groups an hour at each stop, by `OURS` and by each of `RIVALS`.

    Parameters
    ----------
    stops : geopandas.GeoDataFrame of Point, projected CRS in metres
        ``stop``, an id, of the public stops of a plan.
    need : (n,) array
        What the plan takes to pass at each.
    records : geo.following.Records
        What visits brought before.
    first_plan : pandas.Series
        Visits of the first plan to stops, by id.

    Returns
    -------
    pandas.DataFrame
        By ``stop``.  The rates of all but ``lately`` and ``kernel`` are such that over the hours
        before they add up to the groups before.
    """
    require_metric(stops=stops)
    ids = pd.Index(stops["stop"], name="stop")
    before = records.by_stop.reindex(ids)
    hours = before["minutes"].fillna(0).to_numpy(float) / 60
    groups = before["groups"].fillna(0).to_numpy(float)
    overall = (groups.sum() + 0.5) / max(hours.sum(), 1.0)
    months = records.by_month
    last = months[months["month"] == months["month"].max()]
    last = last.set_index("stop")[["minutes", "groups"]].reindex(ids).fillna(0)
    points = np.asarray(stops.geometry.values)
    apart_m = shapely.distance(points[:, None], points)
    near = np.exp(-((apart_m / KERNEL_M) ** 2) / 2)
    planned = first_plan.reindex(ids).fillna(0).to_numpy(float) + 0.5

    def smoothed(groups: Floats, hours: Floats) -> Floats:
        with_all = groups + SMOOTH_H * overall
        return np.asarray(with_all / (hours + SMOOTH_H))

    def levelled(relative: Floats) -> Floats:
        whole = hours @ relative
        level = groups.sum() / whole if whole > 0 else overall / relative.mean()
        return np.asarray(np.maximum(level, 1e-6) * relative)

    rates = {
        OURS: levelled(np.maximum(np.asarray(need, dtype=float), 1e-9)),
        "alike": levelled(np.ones(len(ids))),
        "lately": smoothed(
            last["groups"].to_numpy(float), last["minutes"].to_numpy(float) / 60
        ),
        "fixed": levelled(planned),
        "kernel": smoothed(near @ groups, near @ hours),
    }
    return pd.DataFrame(rates, ids)
