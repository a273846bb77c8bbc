"""How far official crossings are, in a straight line."""

from typing import Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.crs import require_metric

CROSSING: Final = "crossing"


def nearest_crossing(rows: gpd.GeoDataFrame, places: gpd.GeoDataFrame) -> pd.DataFrame:
    """Return the nearest official crossing of each row, and the distance to it.

    Parameters
    ----------
    rows, places : geopandas.GeoDataFrame, one projected CRS in metres, else `geo.crs.CRSError`
        Geometries of any type; `places` are table `PLACES`.

    Returns
    -------
    pandas.DataFrame
        ``crossing``, the id of the place, and ``crossing_m``, in a straight line, on the caller's
        index; null where the study names no crossing.

    Examples
    --------
    >>> gate = gpd.GeoSeries.from_xy([0, 9000], [0, 0], crs=9141)
    >>> gates = gpd.GeoDataFrame({"id": ["west", "east"], "kind": "crossing"}, geometry=gate)
    >>> seen = gpd.GeoDataFrame(geometry=gpd.GeoSeries.from_xy([300], [400], crs=9141))
    >>> nearest_crossing(seen, gates).values.tolist()
    [['west', 500.0]]
    """
    require_metric(rows=rows, places=places)
    gates = places[places["kind"] == CROSSING]
    table = pd.DataFrame({"crossing": pd.NA, "crossing_m": np.nan}, index=rows.index)
    if len(gates) and len(rows):
        shapes = rows.geometry.to_numpy()
        points = gates.geometry.to_numpy()
        distance_m = shapely.distance(shapes[:, None], points[None, :])
        nearest = distance_m.argmin(axis=1)
        table["crossing"] = gates["id"].to_numpy(object)[nearest]
        table["crossing_m"] = distance_m.min(axis=1)
    return table.astype({"crossing": "string"})
