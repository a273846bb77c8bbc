"""K functions on networks where the answer is plain, and their envelopes."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely

from geo.chance.envelopes import envelope
from geo.network import graph as network
from geo.network.graph import NetworkError
from geo.network.positions import Positions
from geo.patterns import k as network_k
from layers.schema import METRIC


def lines(*coordinates: list[tuple[float, float]]) -> network.Network:
    geometry = [shapely.LineString(xy) for xy in coordinates]
    return network.from_lines(gpd.GeoDataFrame(geometry=geometry, crs=METRIC))


GRID = lines(
    *[[(100.0 * x, 100.0 * y) for x in range(9)] for y in range(9)],
    *[[(100.0 * x, 100.0 * y) for y in range(9)] for x in range(9)],
)
STREET = lines([(0, 0), (1000, 0)])


def on_street(*offsets: float) -> Positions:
    return Positions(np.zeros(len(offsets), dtype=np.int64), np.array(offsets))


def test_three_events_on_a_street():
    events = on_street(100, 150, 900)
    found = network_k.k_function(STREET, events, [49, 50, 749, 750, 800], "none")
    np.testing.assert_allclose(found, 1000 / 6 * np.array([0, 2, 2, 4, 6]))
    # Ang: at 50 m each of the pair has two places; at 750 and 800 m one is off the street.
    ang = network_k.k_function(STREET, events, [49, 50, 749, 750, 800], "ang")
    np.testing.assert_allclose(ang, 1000 / 6 * np.array([0, 1, 1, 3, 5]))


def test_cross_k():
    found = network_k.cross_k(STREET, on_street(100), on_street(150, 400), [50, 300], "none")
    np.testing.assert_allclose(found, [500, 1000])


def test_k_of_random_events_is_r():
    r = np.linspace(20, 300, 15)
    found = network_k.simulate_k(GRID, 60, r, simulations=150, seed=3)
    np.testing.assert_allclose(found.mean(axis=0), r, rtol=0.05)
    g = np.mean([
        network_k.pair_correlation(
            GRID, Positions.random(GRID, 60, np.random.default_rng(k)), r, 15.0
        ) for k in range(40)
    ], axis=0)  # fmt: skip
    np.testing.assert_allclose(g, 1.0, atol=0.1)


def test_walking_each_event_gives_the_same_as_all_node_distances(monkeypatch):
    events = Positions.random(GRID, 40, np.random.default_rng(1))
    r = np.linspace(0, 350, 30)
    found = {c: network_k.k_function(GRID, events, r, c) for c in ("none", "ang")}
    monkeypatch.setattr(network_k, "_ALL_NODES", 0)
    for correction, expected in found.items():
        np.testing.assert_allclose(network_k.k_function(GRID, events, r, correction), expected)


def test_near_pairs_are_the_short_distances():
    events = Positions.random(GRID, 50, np.random.default_rng(2))
    whole = network_k.pair_distances(GRID, events)
    near = network_k.near_pairs(GRID, events, 250.0)
    np.fill_diagonal(whole, np.inf)
    assert near.nnz == (whole <= 250).sum()
    np.testing.assert_allclose(near.toarray()[whole <= 250], whole[whole <= 250])


def test_clustered_events_leave_the_global_envelope():
    rng = np.random.default_rng(4)
    middle = Positions.random(GRID, 8, rng)
    edge, offset = np.repeat(middle.edge, 6), np.repeat(middle.offset_m, 6)
    events = Positions(edge, np.clip(offset + rng.uniform(-20, 20, 48), 0, 100))
    r = np.linspace(10, 200, 20)
    drawn = network_k.simulate_k(GRID, 48, r, simulations=199, seed=5)
    assert envelope(network_k.k_function(GRID, events, r), drawn).p == pytest.approx(1 / 200)


def test_reporting_effort_draws_where_it_is():
    intensity = (np.arange(GRID.n_edges) < 10).astype(float)
    drawn = Positions.random(GRID, 500, np.random.default_rng(1), intensity)
    assert drawn.edge.max() < 10


def test_parts_joined_to_nothing_are_infinitely_apart():
    net = lines([(0, 0), (100, 0)], [(0, 50), (100, 50)])
    events = Positions(np.array([0, 1]), np.array([50.0, 50.0]))
    assert network_k.pair_distances(net, events)[0, 1] == np.inf
    for correction in ("none", "ang"):
        assert network_k.k_function(net, events, [500.0], correction).tolist() == [0]


def test_the_way_round_may_be_shorter_than_along_the_edge():
    net = lines([(0, 0), (50, 200), (100, 0)], [(0, 0), (100, 0)])
    events = Positions(np.array([0, 0]), np.array([10.0, net.length_m[0] - 10.0]))
    assert network_k.pair_distances(net, events)[0, 1] == pytest.approx(120)


def test_duplicates_count_at_distance_zero():
    assert network_k.k_function(STREET, on_street(5, 5), [0, 9], "none").tolist() == [1000, 1000]
    assert network_k.k_function(STREET, on_street(5, 5), [0, 9], "ang").tolist() == [500, 500]


@pytest.mark.parametrize("events", [on_street(), on_street(5)])
def test_fewer_than_two_events_have_no_k(events):
    assert np.isnan(network_k.k_function(STREET, events, [9.0])).all()


def test_wrong_arguments_are_named():
    with pytest.raises(NetworkError, match="correction 'edge' is unknown"):
        network_k.k_function(STREET, on_street(1, 2), [9.0], "edge")  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match="rising order"):
        network_k.k_function(STREET, on_street(1, 2), [9.0, 5.0])
