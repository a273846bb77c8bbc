"""The place that is reached soonest from each node, by car or on foot along the roads."""

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from geo.arrays import Ints
from geo.params.patrols import ON_FOOT_KPH
from geo.routing.driving import Drive

AT_ROAD_M: Final = 400.0
"""A place farther from every road is reached by none."""


def soonest(
    drive: Drive, nodes: Ints, places: gpd.GeoSeries, *, on_foot: bool = False
) -> pd.DataFrame:
    """Return the place that is reached soonest from each node.

    One run of Dijkstra's algorithm from all places at once, against the direction of the roads.
    The way between a place and its road is not counted.

    Parameters
    ----------
    drive : geo.routing.driving.Drive
    nodes : array of int, (k,)
        Where the ways begin.
    places : geopandas.GeoSeries of Point, the CRS of the network
        Only those within `AT_ROAD_M` metres of a road count.
    on_foot : bool
        Walk along the roads, also against one-way streets, at `ON_FOOT_KPH` km/h.

    Returns
    -------
    pandas.DataFrame
        A row for each node: ``place``, the position in `places`, -1 where none is reached;
        ``time_s``, in seconds, infinite there.

    Raises
    ------
    geo.crs.CRSError
        If the places are not in the network's CRS.

    Examples
    --------
    >>> from geo.params import SpeedParams
    >>> from geo.routing import drivable
    >>> road = gpd.GeoDataFrame(
    ...     {"highway": ["secondary"], "ref": [""], "name": [""], "maxspeed_kph": [36.0]},
    ...     geometry=gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 900 0)"]), crs=9141)
    >>> outline = gpd.GeoDataFrame(geometry=road.buffer(99))
    >>> clinics = gpd.GeoSeries.from_xy([300, 900, 500], [20, 0, 5000], crs=9141)
    >>> soonest(drivable(road, outline, SpeedParams()), np.array([0, 1]), clinics).values.tolist()
    [[0.0, 30.0], [1.0, 0.0]]
    """
    found = pd.DataFrame({"place": -1, "time_s": np.inf}, index=range(len(nodes)))
    at_road = drive.network.snap(places).reset_index(drop=True)
    at_road = at_road[at_road["snap_m"] <= AT_ROAD_M]
    if at_road.empty:
        return found
    inserted, ends = drive.insert(at_road[["edge", "offset_m"]])
    time_s = inserted.time_s
    if on_foot:
        time_s = inserted.network.length_m * 3.6 / ON_FOOT_KPH
    graph = inserted.network.adjacency(time_s, directed=not on_foot)
    least_s, _, source = dijkstra(
        graph.T.tocsr(), indices=ends, min_only=True, return_predecessors=True
    )
    place_at = pd.Series(at_road.index, index=ends).groupby(level=0).first()
    found["time_s"] = least_s[nodes]
    found["place"] = pd.Series(source[nodes]).map(place_at).fillna(-1).astype(int)
    return found
