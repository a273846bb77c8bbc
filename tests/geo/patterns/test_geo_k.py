"""K functions on networks where the answer is plain, and their envelopes."""

from __future__ import annotations

import os

import numpy as np
import pytest
from problems.networks import lines, pair_distances

from geo.chance.envelopes import envelope
from geo.network.graph import Positions
from geo.network.source_lines import NetworkError
from geo.patterns import pairs
from geo.patterns.k import k_envelopes, k_function, simulate_k
from geo.results import Gate

GRID = lines(
    *[[(100.0 * x, 100.0 * y) for x in range(9)] for y in range(9)],
    *[[(100.0 * x, 100.0 * y) for y in range(9)] for x in range(9)],
)
STREET = lines([(0, 0), (1000, 0)])


def on_street(*offsets: float) -> Positions:
    return Positions(np.zeros(len(offsets), dtype=np.int64), np.array(offsets))


def test_three_events_on_a_street():
    events = on_street(100, 150, 900)
    found = k_function(STREET, events, [49, 50, 749, 750, 800], "none")
    np.testing.assert_allclose(found, 1000 / 6 * np.array([0, 2, 2, 4, 6]))
    # Ang: at 50 m each of the pair has two places; at 750 and 800 m one is off the street.
    ang = k_function(STREET, events, [49, 50, 749, 750, 800], "ang")
    np.testing.assert_allclose(ang, 1000 / 6 * np.array([0, 1, 1, 3, 5]))


def test_k_of_random_events_is_r():
    r = np.linspace(20, 300, 15)
    found = simulate_k(GRID, 60, r, simulations=150, seed=3)
    np.testing.assert_allclose(found.mean(axis=0), r, rtol=0.05)


def test_clustered_events_leave_the_global_envelope():
    rng = np.random.default_rng(4)
    middle = Positions.random(GRID, 8, rng)
    edge, offset = np.repeat(middle.edge, 6), np.repeat(middle.offset_m, 6)
    events = Positions(edge, np.clip(offset + rng.uniform(-20, 20, 48), 0, 100))
    r = np.linspace(10, 200, 20)
    drawn = simulate_k(GRID, 48, r, simulations=199, seed=5)
    assert envelope(k_function(GRID, events, r), drawn).p == pytest.approx(1 / 200)


def test_reporting_effort_draws_where_it_is():
    intensity = (np.arange(GRID.n_edges) < 10).astype(float)
    drawn = Positions.random(GRID, 500, np.random.default_rng(1), intensity)
    assert drawn.edge.max() < 10


def test_parts_joined_to_nothing_are_infinitely_apart():
    net = lines([(0, 0), (100, 0)], [(0, 50), (100, 50)])
    events = Positions(np.array([0, 1]), np.array([50.0, 50.0]))
    for correction in ("none", "ang"):
        assert k_function(net, events, [500.0], correction).tolist() == [0]


def test_the_way_round_may_be_shorter_than_along_the_edge():
    net = lines([(0, 0), (50, 200), (100, 0)], [(0, 0), (100, 0)])
    events = Positions(np.array([0, 0]), np.array([10.0, net.length_m[0] - 10.0]))
    assert pair_distances(net, events, events)[0, 1] == pytest.approx(120)
    assert (k_function(net, events, [119.0, 121.0], "none") > 0).tolist() == [
        False,
        True,
    ]


def test_k_is_its_formula():
    #  Ang's weight by hand: how often the distance to a fine row of places passes d.
    events = Positions.random(GRID, 12, np.random.default_rng(6))
    r = np.array([90.0, 170.0, 260.0])
    apart = pair_distances(GRID, events, events)
    edge = np.repeat(np.arange(GRID.n_edges), 401)
    fine = Positions(edge, np.tile(np.linspace(0.0, 100.0, 401), GRID.n_edges))
    away = pair_distances(GRID, events, fine).reshape(12, GRID.n_edges, 401)
    k, ang = np.zeros(3), np.zeros(3)
    for i, j in zip(*np.nonzero(~np.eye(12, dtype=bool)), strict=True):
        places = (np.diff(away[i] > apart[i, j], axis=1)).sum()
        k += apart[i, j] <= r
        ang += (apart[i, j] <= r) / places
    scale = GRID.length_m.sum() / (12 * 11)
    np.testing.assert_allclose(k_function(GRID, events, r, "none"), scale * k)
    np.testing.assert_allclose(k_function(GRID, events, r, "ang"), scale * ang)


@pytest.mark.parametrize("correction", ["none", "ang"])
def test_a_table_of_distances_and_searches_shared_by_edges_count_alike(
    correction, monkeypatch
):
    by_table = simulate_k(GRID, 30, [50.0, 250.0], correction, simulations=20, seed=2)
    monkeypatch.setattr(pairs, "TABLE", 0)
    by_edges = simulate_k(GRID, 30, [50.0, 250.0], correction, simulations=20, seed=2)
    np.testing.assert_allclose(by_edges, by_table, rtol=1e-12)
    monkeypatch.setattr(pairs, "PART", 40)
    threaded = []
    for threads in (1, 3):
        monkeypatch.setattr(os, "cpu_count", lambda n=threads: n)
        threaded.append(
            simulate_k(GRID, 30, [50.0, 250.0], correction, simulations=20, seed=2)
        )
    np.testing.assert_allclose(threaded[0], by_table, rtol=1e-12)
    np.testing.assert_array_equal(threaded[0], threaded[1])


def test_duplicates_count_at_distance_zero():
    assert k_function(STREET, on_street(5, 5), [0, 9], "none").tolist() == [1000, 1000]
    assert k_function(STREET, on_street(5, 5), [0, 9], "ang").tolist() == [500, 500]


@pytest.mark.parametrize("correction", ["none", "ang"])
@pytest.mark.parametrize("table", [0, 1000])
def test_weighted_k_is_a_sum_over_pairs(correction, table, monkeypatch):
    monkeypatch.setattr(pairs, "TABLE", table)
    rng = np.random.default_rng(2)
    events = Positions.random(GRID, 90, rng)
    begin, end = rng.uniform(0, 3, (2, 90))
    # K of two events is a single pair, there and back, in the mean.
    one = np.zeros(90)
    total, r = np.zeros(2), [120.0, 260.0]
    for i in range(90):
        from_one = one.copy()
        from_one[i] = 1
        to_others = np.where(from_one == 1, 0.0, end)
        k = k_function(
            GRID, events, r, correction, weights=from_one, to_weights=to_others
        )
        total += k * begin[i] * to_others.sum()
    found = k_function(GRID, events, r, correction, weights=begin, to_weights=end)
    pairs_weigh = begin.sum() * end.sum() - begin @ end
    np.testing.assert_allclose(found * pairs_weigh, total, rtol=1e-10)


@pytest.mark.parametrize("correction", ["none", "ang"])
def test_an_event_of_weight_two_is_two_events_but_for_their_own_pair(correction):
    seen = on_street(100, 150, 900)
    r = [60.0, 780.0]
    twice = k_function(STREET, seen, r, correction, weights=[2, 1, 1])
    four = on_street(100, 100, 150, 900)
    apart = k_function(STREET, four, [0.0, *r], correction)
    # 12 pairs of four events, 2 of them at no distance; 10 of the weights.
    np.testing.assert_allclose(twice * 10, (apart[1:] - apart[0]) * 12)


def test_heavy_events_side_by_side_leave_what_permuted_weights_give():
    rng = np.random.default_rng(3)
    events = Positions.random(GRID, 60, rng)
    at = events.points(GRID)
    heavy = np.where(np.hypot(*(at - 400).T) < 250, 9.0, 1.0)
    r = np.linspace(20, 300, 8)
    near = k_envelopes(GRID, events, r, weights=heavy, simulations=99, seed=1)
    assert near.envelopes["permuted"].p == pytest.approx(0.01)
    dealt = rng.permutation(heavy)
    p = k_envelopes(GRID, events, r, weights=dealt, simulations=99, seed=1)
    assert p.envelopes["permuted"].p > 0.05
    with pytest.raises(NetworkError, match="leave out nulls"):
        k_envelopes(GRID, events, r, {"even": None}, weights=heavy)


@pytest.mark.parametrize(
    ("weights", "message"),
    [
        ([1.0, 2.0], r"weights has shape \(2,\), and there are 3 events"),
        ([1.0, -2.0, 1.0], "weights: -2.0 at position 1"),
        ([1.0, 1.0, np.nan], "weights: nan at position 2"),
    ],
)
def test_wrong_weights_are_named(weights, message):
    with pytest.raises(NetworkError, match=message):
        k_function(STREET, on_street(1, 2, 9), [9.0], weights=weights)


@pytest.mark.parametrize("weights", [[0.0, 0.0, 0.0], [0.3, 0.0, 0.0]])
def test_no_two_events_that_weigh_have_no_k(weights):
    events = on_street(1, 2, 9)
    k = k_function(STREET, events, [9.0], weights=weights)
    assert np.isnan(k).all()


@pytest.mark.parametrize("events", [on_street(), on_street(5)])
def test_fewer_than_two_events_have_no_k(events):
    assert np.isnan(k_function(STREET, events, [9.0])).all()


def test_wrong_arguments_are_named():
    with pytest.raises(NetworkError, match="correction 'edge' is unknown"):
        k_function(STREET, on_street(1, 2), [9.0], "edge")  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match="rising order"):
        k_function(STREET, on_street(1, 2), [9.0, 5.0])


def test_k_of_too_few_events_has_no_envelope():
    found = k_envelopes(
        STREET, on_street(5), [50.0, 90.0], {"even": None}, simulations=19
    )
    assert not found.envelopes
    assert found.gates["even"].descriptive_only
    assert np.isnan(found.observed).all()
    five = on_street(5, 105, 300, 600, 900)
    few = k_envelopes(STREET, five, [1.0], {"even": None}, simulations=19)
    assert "descriptive only: 5 of at least 20" in str(few.gates["even"])
    with pytest.raises(ValueError, match="cannot reach the level"):
        k_envelopes(STREET, five, [50.0], {"even": None}, simulations=9)
    assert str(Gate(30, "x")).startswith("tested: 30 of at least 20")
