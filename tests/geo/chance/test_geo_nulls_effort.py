"""Reporting effort on the edges of a network: shares by hand, and what it does to the nulls."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.chance.nulls import Observers, effort_per_metre, reporting_effort
from geo.network import graph as network
from geo.network.graph import Positions
from geo.network.source_lines import NetworkError
from geo.patterns.k import k_envelopes
from geo.schema import METRIC

#  A main road of 6 km, a street of 2 km and a track of 4 km, each 5 km from the next.
ROADS = gpd.GeoDataFrame(
    {"highway": ["primary", "residential", "track"]},
    geometry=[
        shapely.LineString([(0, 0), (3000, 0), (6000, 0)]),
        shapely.LineString([(0, 5000), (2000, 5000)]),
        shapely.LineString([(0, 10000), (4000, 10000)]),
    ],
    crs=METRIC,
)
NET = network.from_lines(ROADS)
STATION = gpd.GeoSeries([shapely.Point(1000, 9800)], crs=METRIC)


def shares(per_metre: np.ndarray) -> np.ndarray:
    return np.bincount(NET.line, per_metre * NET.length_m, minlength=3)


def by_effort(weights: Observers | None = None, stations: gpd.GeoSeries = STATION):
    window = (-1000.0, -1000.0, 7000.0, 11000.0)
    return reporting_effort(ROADS, stations, window, weights)


def test_each_part_has_its_named_weight():
    found = effort_per_metre(NET, by_effort(Observers(0.5, 0.2, 0.3, sight_m=50.0)))
    np.testing.assert_allclose(shares(found), [0.2, 0.5, 0.3], atol=0.01)
    assert found.shape == (NET.n_edges,)


def test_a_network_without_edges_is_refused():
    with pytest.raises(NetworkError, match="Fix: a network"):
        effort_per_metre(network.from_lines(ROADS[:0]), by_effort())


def test_reports_drawn_by_effort_cluster_only_against_an_even_network():
    per_metre = effort_per_metre(NET, by_effort(Observers(0.95, 0.05, 0.0)))
    seen = Positions.random(NET, 60, np.random.default_rng(2), per_metre)
    found = k_envelopes(
        NET, seen, np.linspace(100, 2000, 20), {"even": None, "effort": per_metre},
        simulations=199, seed=5,
    )  # fmt: skip
    assert found.envelopes["even"].p == pytest.approx(1 / 200)
    assert found.envelopes["effort"].p > 0.05
    assert str(found.gates["even"]).startswith("tested: 60 of at least 20")
    assert "times chance, at" in str(found.gates["effort"])
