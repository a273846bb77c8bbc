"""Clusters, hexagons and planar density on plain cases."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely

from geo.network import graph as network
from geo.network.graph import NetworkError
from geo.network.positions import Positions
from geo.patterns import clusters, getis_ord
from geo.results import gate
from layers.schema import METRIC

# Two streets, 30 m apart in the plane, that meet 1 km away.
HAIRPIN = network.from_lines(
    gpd.GeoDataFrame(
        geometry=[
            shapely.LineString([(0, 0), (1000, 0)]), shapely.LineString([(0, 30), (1000, 30)]),
            shapely.LineString([(1000, 0), (1000, 30)]),
        ],
        crs=METRIC,
    )
)  # fmt: skip
EVENTS = Positions(
    np.array([0, 0, 0, 1, 1, 1, 1, 0]), np.array([10.0, 20, 30, 10, 20, 30, 40, 600])
)


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_clusters_follow_the_network_not_the_plane(method):
    found = clusters.clusters(HAIRPIN, EVENTS, 50.0, 3, method)
    assert found.iloc[:3].nunique() == found.iloc[3:7].nunique() == 1
    assert found.iloc[0] != found.iloc[3]
    assert found.iloc[7] == clusters.NOISE


def test_too_few_events_make_no_cluster():
    assert clusters.clusters(HAIRPIN, EVENTS.take(np.arange(2)), 50.0).tolist() == [-1, -1]
    with pytest.raises(NetworkError, match="reach_m is 0"):
        clusters.clusters(HAIRPIN, EVENTS, 0.0)


def test_duplicated_events_are_neighbours():
    same = Positions(np.zeros(3, dtype=np.int64), np.full(3, 5.0))
    assert clusters.clusters(HAIRPIN, same, 1.0, 3).tolist() == [0, 0, 0]


def test_clusters_in_time_too():
    days = pd.Series([0.0, 1, 2, 0, 50, 100, 150, 0])
    found = clusters.space_time_clusters(
        HAIRPIN, EVENTS, days, reach_m=50.0, reach_days=3.0, min_events=3
    )
    assert found.tolist() == [0, 0, 0, -1, -1, -1, -1, -1]


def test_hexagons_cover_an_area_once():
    area = gpd.GeoSeries([shapely.box(0, 0, 1000, 700)], crs=METRIC)
    cells = getis_ord.hexagons(area, 60.0)
    assert cells.union_all().buffer(1e-6).covers(area.iloc[0])
    assert cells.area.sum() == pytest.approx(cells.union_all().area, rel=1e-9)


def test_getis_ord_finds_the_full_corner():
    area = gpd.GeoSeries([shapely.box(0, 0, 3000, 3000)], crs=METRIC)
    cells = getis_ord.hexagons(area, 100.0)
    rng = np.random.default_rng(1)
    xy = np.concatenate([rng.uniform(0, 3000, (60, 2)), rng.uniform(100, 500, (60, 2))])
    points = gpd.GeoSeries.from_xy(*xy.T, crs=METRIC)
    found = getis_ord.getis_ord(cells, points, 250.0)
    assert found.index.equals(cells.index)
    assert found["hot"].any()
    middle = cells.geometry[found["hot"]].centroid
    assert middle.x.max() < 900
    assert middle.y.max() < 900
    none = getis_ord.getis_ord(cells, points[:0], 250.0)
    assert none["z"].isna().all()
    assert not none["hot"].any()


def test_getis_ord_is_its_formula():
    cells = getis_ord.hexagons(gpd.GeoSeries([shapely.box(0, 0, 900, 900)], crs=METRIC), 100.0)
    rng = np.random.default_rng(2)
    points = gpd.GeoSeries.from_xy(*rng.uniform(0, 900, (40, 2)).T, crs=METRIC)
    found = getis_ord.getis_ord(cells, points, 180.0)
    middle = shapely.get_coordinates(cells.centroid)
    near = np.hypot(*(middle[:, None] - middle).transpose(2, 0, 1)) <= 180.0
    x, n, w = found["count"].to_numpy(), len(cells), near.sum(axis=1)
    s = np.sqrt((x**2).mean() - x.mean() ** 2)
    z = (near @ x - w * x.mean()) / (s * np.sqrt((n * w - w**2) / (n - 1)))
    np.testing.assert_allclose(found["z"], z, rtol=1e-9)


def test_gates_say_what_is_missing():
    assert gate("getis_ord", 5).descriptive_only
    assert str(gate("network_k", 30, "x")).startswith("tested: 30 of at least 20")


def test_the_least_cluster_is_the_one_that_chance_makes_once_in_twenty():
    told = clusters.cluster_gate(HAIRPIN, 12, 20.0, 3, simulations=199, seed=1)
    assert not told.descriptive_only
    least = int(told.detects.split()[3])
    rng = np.random.default_rng(8)
    drawn = (Positions.random(HAIRPIN, 12, rng) for _ in range(400))
    found = (clusters.clusters(HAIRPIN, at, 20.0, 3) for at in drawn)
    largest = np.array([c[c >= 0].value_counts().max() if (c >= 0).any() else 0 for c in found])
    assert (largest >= least).mean() <= 0.09
    assert (largest >= least - 1).mean() > 0.02 or least == 3
    assert str(clusters.cluster_gate(HAIRPIN, 2, 20.0)).endswith("no cluster could")
    few = clusters.cluster_gate(HAIRPIN, 5, 20.0, simulations=9)
    assert few.descriptive_only
    assert few.detects == "9 patterns cannot reach 0.05"


@pytest.mark.parametrize("n", [30, 60])
def test_the_least_hot_cell_is_hot_and_one_event_fewer_is_not(n):
    area = gpd.GeoSeries([shapely.box(0, 0, 3000, 3000)], crs=METRIC)
    cells = getis_ord.hexagons(area, 100.0)
    told = getis_ord.getis_ord_gate(cells, n, 180.0)
    least = int(told.detects.split()[0])
    middle = cells.centroid
    home = middle.distance(shapely.Point(1500, 1500)).idxmin()
    far = middle[middle.distance(middle[home]) > 600].index
    for together, hot in ((least, True), (least - 1, False)):
        where = [home] * together + list(np.random.default_rng(1).permutation(far)[: n - together])
        found = getis_ord.getis_ord(
            cells, gpd.GeoSeries(middle[where].to_numpy(), crs=METRIC), 180.0
        )
        p = found["p_value"][home]
        assert (p <= 0.05 / len(cells)) == hot
    assert getis_ord.getis_ord_gate(cells, 1, 180.0).detects == "no cell could"
    assert getis_ord.getis_ord_gate(cells[:0], 40, 180.0).detects == "no cell could"
