"""Estimators of density on a network: closed forms, mass, and what must not change them."""

from __future__ import annotations

import os

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from problems import split_paths
from problems.networks import lines, pair_distances

from geo.hotspots import heat
from geo.network import graph as network
from geo.network import lixels
from geo.network.graph import Positions
from geo.network.source_lines import NetworkError
from geo.patterns import equal_split
from geo.patterns.equal_split import KERNELS
from geo.patterns.estimators import (
    ESTIMATORS,
    bandwidth_scores,
    by_shortest_way,
    estimate_density,
    sources_at,
)
from geo.schema import METRIC


def at(*places: tuple[int, float]) -> Positions:
    return Positions(
        np.array([e for e, _ in places], dtype=np.int64),
        np.array([x for _, x in places]),
    )


# A loop, a double street, a dead end, a path joined to nothing, and edges far shorter than a step.
TOWN = lines(
    [(0, 0), (120, 0), (120.4, 0), (240, 0)], [(120, 0), (120, 90)], [(120, 90), (240, 0)],
    [(240, 0), (300, 40), (360, 0), (300, -40), (240, 0)], [(0, 0), (60, 50), (120, 0)],
    [(120.4, 0), (120.4, -70)], [(120, 90), (120, 91)], [(0, 500), (80, 500)],
)  # fmt: skip

#        2
#        |
#   3 -- 0 -- 1      four arms of 1 km; the event is 30 m from the junction, on arm 0
#        |
#        4
STAR = lines(
    [(0, 0), (1000, 0)], [(0, 0), (0, 1000)], [(0, 0), (-1000, 0)], [(0, 0), (0, -1000)]
)
EVENTS = at((0, 30.0), (1, 0.1), (4, 100.0), (5, 50.0), (7, 1.0), (0, 30.0), (9, 80.0))


def random_events(net: network.Network, seed: int, n: int = 9) -> Positions:
    return Positions.random(net, n, np.random.default_rng(seed))


@pytest.mark.parametrize(
    ("continuous", "back", "on"), [(True, -0.5, 0.5), (False, 0.0, 1 / 3)]
)
@pytest.mark.parametrize("kernel", KERNELS)
def test_star_of_four_arms(kernel, continuous, back, on):
    h = equal_split.half_width(kernel, 40.0)
    net, cells = STAR, lixels.lixelize(STAR, 5.0)
    found = equal_split.on_lixels(
        sources_at(at((0, 30.0)), 40.0),
        cells,
        kernel,
        continuous=continuous,
        step_m=0.5,
    )

    def total(x):
        return np.sign(x) * np.array(
            [equal_split.kernel_mass(equal_split.code(kernel), abs(v) / h) for v in x]
        )

    low, high = cells.from_m, cells.from_m + cells.length_m
    beyond = total(high + 30) - total(low + 30)
    expected = np.where(
        cells.edge == 0, total(high - 30) - total(low - 30) + back * beyond, on * beyond
    )
    np.testing.assert_allclose(found * cells.length_m, expected, atol=1e-9)
    assert net.n_edges == 4


def test_simple_density_is_the_kernel_of_the_shortest_distance():
    cells = lixels.lixelize(TOWN, 0.25)
    reach = equal_split.half_width("quartic", 25.0)
    found = by_shortest_way(sources_at(EVENTS, 25.0), cells, "quartic")
    middle = Positions(cells.edge, cells.middle_m)
    d = pair_distances(TOWN, EVENTS, middle)
    u = np.minimum(d / reach, 1)
    np.testing.assert_allclose(
        found, (0.9375 * (1 - u**2) ** 2 / reach).sum(axis=0), atol=2e-4 / reach
    )


@pytest.mark.parametrize("continuous", [True, False])
def test_the_wave_converges_to_the_paths_on_edges_shorter_than_its_step(continuous):
    cells = lixels.lixelize(TOWN, 10.0)
    exact = split_paths.on_lixels(cells, EVENTS, 30.0, "quartic", continuous=continuous)
    error = [
        abs(equal_split.on_lixels(
            sources_at(EVENTS, 30.0), cells, "quartic", continuous=continuous, step_m=step
        ) - exact).max() / exact.max()
        for step in (2.0, 1.0, 0.5)
    ]  # fmt: skip
    assert error[0] < 5e-3
    assert error[2] < error[0] / 8


def test_the_gaussian_equal_split_is_the_heat_kernel():
    cells = lixels.lixelize(TOWN, 5.0)
    sources = sources_at(EVENTS, 15.0)
    wave = equal_split.on_lixels(sources, cells, "gaussian", step_m=0.1)
    np.testing.assert_allclose(wave, heat.heat_density(sources, cells), atol=2e-7)


@pytest.mark.parametrize(
    "sigma", [3.0, 40.0, pytest.param(5000.0, marks=pytest.mark.proof)]
)
def test_mass(sigma):
    n = len(EVENTS)
    lixel, warmth = estimate_density(TOWN, EVENTS, sigma, 5.0)
    assert (warmth * lixel.length_m).sum() == pytest.approx(n, rel=1e-10)
    cells, events = lixels.lixelize(TOWN, 5.0), sources_at(EVENTS, sigma)
    split = equal_split.on_lixels(events, cells, step_m=min(0.5, sigma / 20))
    assert (split * cells.length_m).sum() == pytest.approx(
        n, rel=1e-4 if sigma < 5 else 1e-6
    )
    lost = equal_split.on_lixels(events, cells, continuous=False, step_m=0.5)
    assert (lost * cells.length_m).sum() <= n * (1 + 1e-6)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(seed=st.integers(0, 10**6))
def test_direction_of_edges_and_order_of_lines_do_not_matter(estimator, seed):
    rng = np.random.default_rng(seed)
    events = random_events(TOWN, seed)
    turn = rng.random(TOWN.n_edges) < 0.5
    order = rng.permutation(TOWN.n_edges)
    drawn = [
        shapely.reverse(g) if t else g for g, t in zip(TOWN.geometry, turn, strict=True)
    ]
    other = network.from_lines(
        gpd.GeoDataFrame(geometry=np.array(drawn)[order], crs=METRIC)
    )
    where = np.argsort(order)[events.edge]
    offset = np.where(
        turn[events.edge], TOWN.length_m[events.edge] - events.offset_m, events.offset_m
    )
    one_cells, one = estimate_density(TOWN, events, 20.0, 1e6, estimator)
    two_cells, two = estimate_density(
        other, Positions(where, offset), 20.0, 1e6, estimator
    )
    by_edge = dict(zip(order[two_cells.edge], two, strict=True))
    expected = [by_edge.get(e, 0.0) for e in one_cells.edge]
    np.testing.assert_allclose(one, expected, atol=1e-10)


@pytest.mark.parametrize("estimator", ESTIMATORS)
@given(seed=st.integers(0, 10**6))
def test_splitting_an_edge_does_not_matter(estimator, seed):
    rng = np.random.default_rng(seed)
    events = random_events(TOWN, seed)
    edge = int(rng.integers(0, 6))
    share = float(rng.uniform(0.2, 0.8))
    cut = TOWN.split_at(np.array([edge]), np.array([share * TOWN.length_m[edge]]))
    at_cut = share * TOWN.length_m[edge]
    past = (events.edge > edge) | ((events.edge == edge) & (events.offset_m >= at_cut))
    offset = np.where(
        (events.edge == edge) & past, events.offset_m - at_cut, events.offset_m
    )
    cells, one = estimate_density(TOWN, events, 20.0, 1e6, estimator)
    more, two = estimate_density(
        cut, Positions(events.edge + past, offset), 20.0, 1e6, estimator
    )
    mass = dict.fromkeys(range(TOWN.n_edges), 0.0)
    for e, m in zip(more.edge, two * more.length_m, strict=True):
        mass[int(e - (e > edge))] += m
    expected = [mass[int(e)] for e in cells.edge]
    # The wave carries its own error of interpolation; the others are exact.
    tolerance = 1e-10 if estimator in ("heat", "simple") else 2e-4
    np.testing.assert_allclose(one * cells.length_m, expected, atol=tolerance)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_density_is_additive_in_events(estimator):
    cells = lixels.lixelize(TOWN, 5.0)

    def value(events):
        found_cells, found = estimate_density(TOWN, events, 20.0, 5.0, estimator)
        whole = np.zeros(len(cells))
        whole[np.isin(cells.edge, found_cells.edges)] = found
        return whole

    both = value(EVENTS)
    apart = sum(value(EVENTS.take(np.array([k]))) for k in range(7))
    np.testing.assert_allclose(both, apart, atol=1e-7 if estimator == "heat" else 1e-12)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_no_events(estimator):
    cells, found = estimate_density(
        TOWN, EVENTS.take(np.zeros(0, int)), 20.0, 5.0, estimator
    )
    assert len(cells) == len(found) == 0


@pytest.mark.parametrize("estimator", ESTIMATORS)
@pytest.mark.parametrize("sigma", [0.0, -1.0])
def test_no_bandwidth_is_refused(estimator, sigma):
    with pytest.raises(NetworkError, match="bandwidth"):
        estimate_density(TOWN, EVENTS, sigma, 5.0, estimator)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_duplicated_event_counts_twice(estimator):
    once = estimate_density(TOWN, at((0, 30.0)), 20.0, 5.0, estimator)[1]
    twice = estimate_density(TOWN, at((0, 30.0), (0, 30.0)), 20.0, 5.0, estimator)[1]
    np.testing.assert_allclose(twice, 2 * once, atol=1e-14)


@pytest.mark.parametrize("estimator", ["heat", "esc", "simple"])
def test_an_event_at_a_node_is_the_same_on_each_of_its_edges(estimator):
    one = estimate_density(STAR, at((0, 0.0)), 20.0, 5.0, estimator)[1]
    other = estimate_density(STAR, at((2, 0.0)), 20.0, 5.0, estimator)[1]
    np.testing.assert_allclose(one, other, atol=1e-12)


def test_a_part_joined_to_nothing_is_not_reached():
    cells, found = estimate_density(TOWN, at((0, 30.0)), 5000.0, 5.0)
    assert TOWN.n_edges - 1 not in cells.edges
    assert found.min() > 0


def test_unknown_choices_are_named():
    with pytest.raises(
        NetworkError, match="estimator 'kde' is unknown; use one of heat, esc"
    ):
        estimate_density(TOWN, EVENTS, 20.0, 5.0, "kde")  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match="kernel 'box' is unknown"):
        estimate_density(TOWN, EVENTS, 20.0, 5.0, "esc", kernel="box")  # type: ignore[arg-type]
    with pytest.raises(NetworkError, match="one bandwidth for all events"):
        estimate_density(TOWN, EVENTS, np.linspace(5, 9, 7), 5.0, "esc")
    with pytest.raises(NetworkError, match="step_m is 900"):
        equal_split.on_lixels(
            sources_at(EVENTS, 20.0), lixels.lixelize(TOWN, 5.0), step_m=900.0
        )


@pytest.mark.parametrize("kernel", KERNELS)
def test_kernels_integrate_to_one_and_have_the_stated_deviation(kernel):
    h = equal_split.half_width(kernel, 10.0)
    x = (np.arange(40_000) + 0.5) * h / 40_000
    step, code = h / 40_000, equal_split.code(kernel)
    k = (
        np.diff([equal_split.kernel_mass(code, v / h) for v in [*(x - step / 2), h]])
        / step
    )
    assert 2 * k.sum() * step == pytest.approx(1, abs=1e-8)
    assert np.sqrt(2 * (k * x**2).sum() * step) == pytest.approx(10.0, rel=1e-6)
    assert equal_split.sigma_of(kernel, h) == pytest.approx(10.0)
    part = equal_split.kernel_mass(equal_split.code(kernel), 0.4)
    assert part == pytest.approx(k[x < 0.4 * h].sum() * step, abs=1e-8)


def test_scores_are_the_likelihood_of_each_event_under_the_others():
    points, sigmas = random_events(TOWN, 4, 5), np.array([15.0, 60.0])
    others = np.zeros((2, 5))
    for i in range(5):
        for j in np.delete(np.arange(5), i):
            total, own = heat.at_events(TOWN, points.take(np.array([i, j])), sigmas)
            others[:, i] += (total - own)[:, 0]
    by_hand = np.log(others + 1 / TOWN.length_m.sum()).sum(axis=1)
    found = bandwidth_scores(TOWN, points, sigmas)
    np.testing.assert_allclose(found, by_hand, rtol=1e-9)
    assert found.index.tolist() == [15.0, 60.0]


def test_an_event_that_no_other_reaches_does_not_decide():
    #  The last event is the only one on the path that is joined to nothing.
    rng = np.random.default_rng(3)
    beside = np.clip(rng.normal(60, 10, 30), 0, 120)
    near = Positions(np.zeros(30, dtype=np.int64), beside)
    edge = np.r_[near.edge, TOWN.n_edges - 1]
    events = Positions(edge, np.r_[near.offset_m, 40.0])
    sigmas = np.array([2.0, 4.0, 8.0, 16.0, 32.0, 64.0])
    found = bandwidth_scores(TOWN, events, sigmas)
    assert np.isfinite(found).all()
    assert found.idxmax() == bandwidth_scores(TOWN, near, sigmas).idxmax() == 8.0


def test_bandwidths_that_are_none_are_refused():
    with pytest.raises(NetworkError, match="two events or more; found 1"):
        bandwidth_scores(TOWN, EVENTS.take(np.array([0])), [5.0])
    with pytest.raises(NetworkError, match="above 0; found"):
        bandwidth_scores(TOWN, EVENTS, [5.0, 0.0])


def test_threads_change_no_figure(monkeypatch):
    points, sigmas = random_events(TOWN, 40, 6), np.array([15.0, 60.0])
    whole = estimate_density(TOWN, points, 30.0, 5.0, "esc")[1]
    monkeypatch.setattr(equal_split, "PART", 9)
    monkeypatch.setattr(heat, "MANY", 0)
    found = []
    for threads in (1, 2, 3):
        monkeypatch.setattr(os, "cpu_count", lambda n=threads: n)
        split = estimate_density(TOWN, points, 30.0, 5.0, "esc")[1]
        np.testing.assert_allclose(split, whole, rtol=0, atol=1e-12 * whole.max())
        found.append(np.r_[split, bandwidth_scores(TOWN, points, sigmas)])
    np.testing.assert_array_equal(found, found[:1] * 3)


@pytest.mark.parametrize("estimator", ESTIMATORS)
def test_a_weight_counts_an_event_as_often(estimator):
    weights = [2.0, 0.5, 0.0, 1.0, 3.0, 1.0, 1.0]
    alone = [
        estimate_density(TOWN, EVENTS.take([row]), 40.0, 5.0, estimator)
        for row in range(7)
    ]
    total = {}
    for weight, (cells, density) in zip(weights, alone, strict=True):
        places = zip(cells.edge, cells.order, strict=True)
        for place, value in zip(places, density, strict=True):
            total[place] = total.get(place, 0.0) + weight * value
    cells, density = estimate_density(
        TOWN, EVENTS, 40.0, 5.0, estimator, weights=weights
    )
    places = zip(cells.edge, cells.order, strict=True)
    expected = [total.get(place, 0.0) for place in places]
    np.testing.assert_allclose(density, expected, atol=1e-9)


def test_weights_of_another_number_of_events_are_refused():
    with pytest.raises(NetworkError, match="there are 7 events"):
        estimate_density(TOWN, EVENTS, 40.0, 5.0, weights=[1.0])
