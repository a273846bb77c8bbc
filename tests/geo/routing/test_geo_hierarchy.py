"""Prepared queries give what Dijkstra's algorithm gives."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from roads_fixture import EVERYWHERE, roads_of

from geo.network.graph import Network
from geo.params import SpeedParams
from geo.routing import hierarchy
from geo.routing.driving import Drive, drivable, matrix
from geo.routing.hierarchy import prepare
from layers.readers import bundled
from layers.schema import METRIC

SPEEDS = SpeedParams()


def positions_on(network: Network, count: int, rng: np.random.Generator) -> pd.DataFrame:
    edge = rng.integers(0, network.n_edges, count)
    share = rng.choice([0.0, 0.25, 0.5, 1.0], count)
    return pd.DataFrame({"edge": edge, "offset_m": share * network.length_m[edge]})


def assert_as_dijkstra(drive: Drive, positions: pd.DataFrame) -> None:
    inserted, nodes = drive.insert(positions)
    expected = matrix(inserted, nodes).time_s
    # A position inserted as a node is rounded to the millimetre: 0.4 ms on the slowest road.
    np.testing.assert_allclose(prepare(drive).times(positions), expected, atol=0.01)


def test_the_bundled_network() -> None:
    drive = drivable(
        bundled.network().roads.to_crs(METRIC), bundled.boundary().to_crs(METRIC), SPEEDS
    )
    assert_as_dijkstra(drive, positions_on(drive.network, 60, np.random.default_rng(1)))


@settings(max_examples=30, deadline=None)
@given(seed=st.integers(0, 10_000), core=st.sampled_from([1, 8, 1000]))
def test_grids_with_one_way_streets_and_islands(seed: int, core: int) -> None:
    rng = np.random.default_rng(seed)
    side, rows = 6, []
    for k in range(side**2):
        x, y = 100 * (k % side), 100 * (k // side)
        for dx, dy in ((100, 0), (0, 100), (100, 100)):
            if rng.random() < 0.6:
                kind = rng.choice(["primary", "residential", "service"])
                line = [(x, y), (x + dx, y + dy)]
                rows.append((kind, None, None, int(rng.integers(-1, 2)), line))
    drive = drivable(roads_of(rows), EVERYWHERE, SPEEDS)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(hierarchy, "CORE_NODES", core)
        assert_as_dijkstra(drive, positions_on(drive.network, 12, rng))


def test_positions_on_one_edge() -> None:
    two_way = drivable(
        roads_of([("primary", None, None, 0, [(0, 0), (600, 0)])]), EVERYWHERE, SPEEDS
    )
    one_way = drivable(
        roads_of([("primary", None, None, 1, [(0, 0), (600, 0)])]), EVERYWHERE, SPEEDS
    )
    at = pd.DataFrame({"edge": [0, 0], "offset_m": [100.0, 400.0]})
    np.testing.assert_allclose(prepare(two_way).times(at), [[0, 18], [18, 0]])
    np.testing.assert_allclose(prepare(one_way).times(at), [[0, 18], [np.inf, 0]])
