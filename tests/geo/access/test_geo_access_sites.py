"""Walks to a service point, by hand and on the bundled study."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely

from geo.access.walking import minutes_to_sites
from geo.schema import METRIC
from layers.readers import bundled


def test_walks_by_hand() -> None:
    """A path of 1 km and a point 100 m beside it, at 5 km/h."""
    ways = gpd.GeoDataFrame(
        {"oneway": [1]}, geometry=[shapely.LineString([(0, 0), (1000, 0)])], crs=METRIC
    )
    need = gpd.GeoDataFrame(
        geometry=[shapely.Point(1000, 0), shapely.Point(500, 100)],
        index=["x", "y"],
        crs=METRIC,
    )
    sites = gpd.GeoDataFrame({"id": ["a"]}, geometry=[shapely.Point(0, 0)], crs=METRIC)
    walk = minutes_to_sites(ways, need, sites)
    assert walk.index.tolist() == ["x", "y"]
    assert walk.columns.tolist() == ["a"]
    np.testing.assert_allclose(walk["a"], [12.0, 7.2])


def test_service_points_in_mitrovica() -> None:
    places = bundled.places().to_crs(METRIC)
    layers = bundled.network()
    ways = pd.concat([layers.roads, layers.paths], ignore_index=True).to_crs(METRIC)
    sites = places[places["id"].isin(
        ["town_mitrovica", "town_mitrovica_north", "reception_belvedere"]
    )]  # fmt: skip
    need = places[places["status"] == "advised"].set_index("id")
    walk = minutes_to_sites(ways, need, sites)
    assert np.isfinite(walk.to_numpy()).all()
