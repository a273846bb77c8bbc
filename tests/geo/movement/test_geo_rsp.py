"""Randomised shortest paths: both limits, closed forms, conservation, long walks."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.sparse import csr_array
from scipy.sparse.csgraph import dijkstra

from geo.movement import rsp
from geo.movement.rsp import RSPError, Trips, reduce


class Graph(NamedTuple):
    n: int
    tail: np.ndarray
    head: np.ndarray
    cost: np.ndarray


def trips(arcs: Graph, exit_node: int, theta: float) -> Trips:
    approach = rsp.approach_to(arcs.n, arcs.tail, arcs.head, exit_node)
    return rsp.trips(approach, arcs.cost, theta)


def least_cost(arcs: Graph, exit_node: int) -> np.ndarray:
    ends = arcs.head, arcs.tail
    back = csr_array((arcs.cost, ends), shape=(arcs.n, arcs.n))
    return dijkstra(back, indices=exit_node)


def two_way(n: int, edges: list[tuple[int, int, float]]) -> Graph:
    a, b, cost = (np.array(column) for column in zip(*edges, strict=True))
    return Graph(n, np.r_[a, b], np.r_[b, a], np.r_[cost, cost].astype(float))


def grid(k: int, seed: int) -> Graph:
    node = np.arange(k * k).reshape(k, k)
    a = np.r_[node[:, :-1].ravel(), node[:-1].ravel()]
    b = np.r_[node[:, 1:].ravel(), node[1:].ravel()]
    cost = np.random.default_rng(seed).uniform(1, 5, len(a))
    return Graph(k * k, np.r_[a, b], np.r_[b, a], np.r_[cost, cost])


def unit(n: int, node: int = 0) -> np.ndarray:
    source = np.zeros(n)
    source[node] = 1.0
    return source


def imbalance(
    arcs: Graph, flow: np.ndarray, source: np.ndarray, exit_node: int
) -> float:
    """Return the greatest outflow less inflow less entering, over the largest flow."""
    out, into = (
        np.bincount(end, flow, arcs.n) for end in (arcs.tail, arcs.head)
    )
    gap = out - into - source
    gap[exit_node] += source.sum()
    return float(np.abs(gap).max() / flow.max())


def reference(arcs: Graph, exit_node: int) -> np.ndarray:
    """Return the random walk as a dense matrix, the exit absorbing."""
    walk = np.zeros((arcs.n, arcs.n))
    np.add.at(walk, (arcs.tail, arcs.head), 1 / arcs.cost)
    walk[exit_node] = 0.0
    total = walk.sum(axis=1, keepdims=True)
    return walk / np.where(total > 0, total, 1.0)


#   .-- 1 --.
#   0        3      two routes of two one-way arcs each
#   '-- 2 --'
@pytest.mark.parametrize("theta", [0.0, 0.1, 1.0, 10.0])
def test_two_routes_share_by_their_costs(theta: float) -> None:
    arcs = Graph(
        4,
        np.array([0, 0, 1, 2]),
        np.array([1, 2, 3, 3]),
        np.array([2.0, 3.0, 1.0, 1.0]),
    )
    upper, lower = np.exp(-theta * 3) / 2, np.exp(-theta * 4) / 3
    flow = trips(arcs, 3, theta).passages(unit(4))
    assert flow == pytest.approx(
        [upper / (upper + lower), lower / (upper + lower)] * 2, abs=1e-12
    )


@pytest.mark.parametrize("theta", [1e-6, 0.01, 0.3, 3.0])
def test_probabilities_are_those_of_the_textbook_form(theta: float) -> None:
    """Kivimäki et al. 2014: P_ij exp(-theta c_ij) z_jt / z_it, with Z = (I - W)^-1."""
    arcs = grid(5, seed=4)
    weight = np.zeros((25, 25))
    walk = reference(arcs, exit_node=24)
    weight[arcs.tail, arcs.head] = walk[arcs.tail, arcs.head] * np.exp(
        -theta * arcs.cost
    )
    z = np.linalg.inv(np.eye(25) - weight)[:, 24]
    expected = weight[arcs.tail, arcs.head] * z[arcs.head] / z[arcs.tail]
    assert trips(arcs, 24, theta).probability == pytest.approx(
        expected, rel=1e-8, abs=1e-9
    )


def test_at_theta_0_it_is_the_random_walk() -> None:
    arcs = grid(6, seed=2)
    visits = np.linalg.inv(np.eye(36) - reference(arcs, 35))[0]
    expected = visits[arcs.tail] * reference(arcs, 35)[arcs.tail, arcs.head]
    assert trips(arcs, 35, 0.0).passages(unit(36)) == pytest.approx(
        expected, rel=1e-9, abs=1e-12
    )


@pytest.mark.parametrize("theta", [1e3, 1e6, np.inf])
def test_at_great_theta_it_is_the_shortest_path(theta: float) -> None:
    arcs = grid(20, seed=3)
    flow = trips(arcs, 399, theta).passages(unit(400))
    least = least_cost(arcs, 399)
    node, path = 0, []
    while node != 399:
        leaving = np.flatnonzero(arcs.tail == node)
        path.append(
            leaving[np.argmin(arcs.cost[leaving] + least[arcs.head[leaving]])]
        )
        node = arcs.head[path[-1]]
    on_path = np.zeros(len(flow))
    on_path[path] = 1.0
    assert flow == pytest.approx(on_path, abs=1e-6)
    assert flow @ arcs.cost == pytest.approx(least[0], rel=1e-6)


def test_both_limits_are_reached_without_a_jump() -> None:
    arcs = grid(12, seed=5)
    spent = [
        trips(arcs, 143, theta).passages(unit(144)) @ arcs.cost
        for theta in (0.0, 1e-9, 1e-3, 0.1, 1.0, 10.0, 1e4, np.inf)
    ]
    assert (np.diff(spent) <= 1e-9 * np.array(spent[:-1])).all()
    assert spent[0] == pytest.approx(spent[1], rel=1e-4)
    assert spent[-2] == pytest.approx(spent[-1], rel=1e-9)


@given(
    seed=st.integers(0, 10_000),
    size=st.integers(3, 12),
    log_theta=st.floats(-8, 6),
    spread=st.floats(0, 6),
)
def test_flow_is_conserved_at_every_node(
    seed: int, size: int, log_theta: float, spread: float
) -> None:
    rng = np.random.default_rng(seed)
    arcs = grid(size, seed)
    cost = np.tile(
        10 ** rng.uniform(-spread / 2, spread / 2, len(arcs.cost) // 2), 2
    )
    arcs = Graph(arcs.n, arcs.tail, arcs.head, cost)
    source = rng.dirichlet(np.ones(arcs.n))
    source[-1] = 0.0
    found = trips(arcs, arcs.n - 1, 10**log_theta)
    flow = found.passages(source)
    assert (flow >= -1e-12 * flow.max()).all()
    assert imbalance(arcs, flow, source, arcs.n - 1) < 1e-9


def test_a_walk_whose_weight_no_float_can_hold() -> None:
    """A ladder of 4000 rungs: exp(-theta * cost) is far below the smallest double."""
    k = 4000
    rungs = [(i, i + k, 1.0) for i in range(k)]
    sides = [(i, i + 1, 1.0) for i in range(k - 1)] + [
        (i + k, i + k + 1, 1.01) for i in range(k - 1)
    ]
    arcs = two_way(2 * k, [*rungs, *sides])
    for theta in (1e-3, 0.5, 50.0):
        flow = trips(arcs, k - 1, theta).passages(unit(2 * k))
        assert np.isfinite(flow).all()
        assert imbalance(arcs, flow, unit(2 * k), k - 1) < 1e-9
    assert flow[k : 2 * k - 1] == pytest.approx(np.ones(k - 1), abs=1e-9)


@pytest.mark.filterwarnings("ignore::RuntimeWarning")
@pytest.mark.parametrize("theta", [1.0, 1e10, 1e300])
def test_costs_too_far_apart_are_named(theta: float) -> None:
    arcs = two_way(3, [(0, 1, 1e-300), (1, 2, 1e300)])
    with pytest.raises(RSPError, match="costs are too far apart"):
        trips(arcs, 2, theta)


@pytest.mark.parametrize("theta", [0.0, 1.0, np.inf])
def test_nobody_passes_where_no_arc_leads_to_the_exit(theta: float) -> None:
    arcs = Graph(2, np.array([0]), np.array([1]), np.array([1.0]))
    assert trips(arcs, 0, theta).passages(unit(2)).tolist() == [0.0]


#   4              a dead end at 1, a chain 1-2-3, two ways on from 3
#   |
#   0 - 1 - 2 - 3 = 5
def test_reduction_cuts_dead_ends_and_joins_chains() -> None:
    arcs = two_way(
        6,
        [
            (0, 1, 1.0),
            (1, 4, 9.0),
            (1, 2, 2.0),
            (2, 3, 3.0),
            (3, 5, 4.0),
            (3, 5, 5.0),
        ],
    )
    small = reduce(6, arcs.tail, arcs.head, np.array([0, 5]))
    assert (small.node >= 0).tolist() == [True, False, False, True, False, True]
    assert sorted(small.cost(arcs.cost)) == [4, 4, 5, 5, 6, 6]
    assert small.chain[1] == small.chain[7] == -1
    assert small.chain[0] == small.chain[2] == small.chain[3] != small.chain[6]


@given(seed=st.integers(0, 10_000), theta=st.sampled_from([0.0, np.inf]))
def test_reduction_keeps_net_flow_in_both_limits(
    seed: int, theta: float
) -> None:
    rng = np.random.default_rng(seed)
    arcs = grid(6, seed)
    half = len(arcs.tail) // 2
    kept = np.flatnonzero(rng.random(half) < 0.75)
    kept = np.r_[kept, kept + half]
    arcs = Graph(36, arcs.tail[kept], arcs.head[kept], arcs.cost[kept])
    if not np.isfinite(least_cost(arcs, 35)[0]):
        return
    small = reduce(36, arcs.tail, arcs.head, np.array([0, 35]))
    graph = Graph(small.n, small.tail, small.head, small.cost(arcs.cost))
    whole = trips(arcs, 35, theta).passages(unit(36))
    found = trips(graph, small.node[35], theta).passages(
        unit(small.n, small.node[0])
    )
    m = len(kept) // 2
    net, expanded = (f[:m] - f[m:] for f in (whole, small.expand(found)))
    assert expanded == pytest.approx(net, abs=1e-7)


def test_one_way_chains_are_joined_in_their_direction() -> None:
    #  0 -> 1 -> 2 -> 3, and back 3 -> 0
    tail, head = np.array([0, 1, 2, 3]), np.array([1, 2, 3, 0])
    small = reduce(4, tail, head, np.array([0, 3]))
    assert small.n == 2
    assert len(small.tail) == 2
    assert small.chain[0] == small.chain[1] == small.chain[2] != small.chain[3]
