"""How far people walk to a service point."""

from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import require_metric
from geo.network.graph import from_lines

WALK_M_PER_MIN: Final = 5000 / 60
"""A walk of 5 km/h."""


def minutes_to_sites(
    ways: gpd.GeoDataFrame, need: gpd.GeoDataFrame, sites: gpd.GeoDataFrame
) -> pd.DataFrame:
    """Return the minutes of the shortest walk from each point of need to each site.

    Roads and paths are walked in both directions at 5 km/h; the way to the nearest of them is
    walked in a straight line.

    Layers are in one projected CRS in metres: `ways` are lines of roads and paths together, `sites`
    points with ``id``.  The table is on the index of `need`, a column per site id; infinite where
    there is no way.
    """
    require_metric(ways=ways, need=need, sites=sites)
    network = from_lines(ways[["geometry"]])
    at = network.snap(gpd.GeoSeries(pd.concat([need.geometry, sites.geometry], ignore_index=True)))
    network, nodes = network.insert(at)
    apart_m = network.distances(nodes[len(need) :])[:, nodes[: len(need)]].T
    off_m = at["snap_m"].to_numpy()
    total_m = apart_m + off_m[: len(need), None] + off_m[None, len(need) :]
    return pd.DataFrame(total_m / WALK_M_PER_MIN, index=need.index, columns=sites["id"])
