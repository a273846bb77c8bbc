"""The place that is reached soonest, beside the fastest drive to each place by itself."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
from shapely import LineString

from geo.crs import CRSError
from geo.params import SpeedParams
from geo.routing.driving import Drive, drivable, matrix
from geo.routing.nearest import soonest

CRS = "EPSG:9141"


@pytest.fixture(scope="module")
def grid() -> Drive:
    """Return 5 by 5 streets, a kilometre apart; every other street north is one-way.

    ```
    +-^-+-^-+
    |   |   |
    +-^-+-^-+
    ```
    """
    lines, maxspeed, oneway = [], [], []
    for k in range(5):
        for along in range(0, 4000, 1000):
            lines.append([(along, 1000 * k), (along + 1000, 1000 * k)])
            lines.append([(1000 * k, along), (1000 * k, along + 1000)])
            maxspeed += [30.0, 60.0]
            oneway += [0, k % 2]
    streets = gpd.GeoDataFrame(
        {"highway": "secondary", "ref": "", "name": "", "surface": None,
         "maxspeed_kph": maxspeed, "oneway": oneway},
        geometry=[LineString(line) for line in lines], crs=CRS,
    )  # fmt: skip
    return drivable(
        streets, gpd.GeoDataFrame(geometry=streets.buffer(50)), SpeedParams()
    )


def places(seed: int, n: int = 6) -> gpd.GeoSeries:
    xy = np.random.default_rng(seed).uniform(0, 4000, (n, 2))
    return gpd.GeoSeries.from_xy(*xy.T, crs=CRS)


@pytest.mark.parametrize("seed", range(5))
def test_it_is_the_least_of_all_drives(grid: Drive, seed: int) -> None:
    sites = places(seed)
    nodes = np.arange(grid.network.n_nodes)
    snapped = grid.network.snap(sites)
    near = np.flatnonzero(snapped["snap_m"] <= 400)
    inserted, ends = grid.insert(snapped.loc[near, ["edge", "offset_m"]])
    drives = matrix(inserted, np.concatenate([nodes, ends]))
    each_s = drives.time_s[: len(nodes), len(nodes) :]
    found = soonest(grid, nodes, sites)
    np.testing.assert_allclose(found["time_s"], each_s.min(axis=1))
    reached = np.isfinite(each_s.min(axis=1))
    expected = near[each_s.argmin(axis=1)]
    assert (found["place"][reached] == expected[reached]).all()
    assert (found["place"][~reached] == -1).all()


def test_a_walk_goes_against_one_way_streets(grid: Drive) -> None:
    nodes = np.arange(grid.network.n_nodes)
    south = gpd.GeoSeries.from_xy([0.0], [0.0], crs=CRS)
    walk = soonest(grid, nodes, south, on_foot=True)["time_s"]
    away_m = np.abs(grid.network.node_xy).sum(axis=1)
    np.testing.assert_allclose(walk, away_m * 3.6 / 5)


def test_a_place_far_from_every_road_is_reached_by_none(grid: Drive) -> None:
    far = gpd.GeoSeries.from_xy([9000.0], [9000.0], crs=CRS)
    found = soonest(grid, np.array([0, 3]), far)
    assert found["place"].tolist() == [-1, -1]
    assert np.isinf(found["time_s"]).all()


def test_degrees_are_refused(grid: Drive) -> None:
    with pytest.raises(CRSError):
        soonest(grid, np.array([0]), gpd.GeoSeries.from_xy([20.8], [42.9], crs=4326))
