"""Plans that count need once."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import numpy as np
import pytest
from problems.small_problems import euclidean, routes_of_sets

from geo.routing.problem import Cover, Problem, Window
from geo.routing.solver import greedy, solve


def test_need_of_two_stops_counts_once() -> None:
    table = np.array([[0, 0], [1, 1], [1, 0], [0, 0]], dtype=bool)
    cover = Cover(table, np.array([0.75, 0.25]), np.array([0, 0, 0, 0.1]))
    np.testing.assert_allclose(cover.prize, [0, 1, 0.75, 0.1])
    assert cover.served(((1, 2),)) == pytest.approx(1)
    np.testing.assert_allclose(cover.marginal(((2,),)), [0, 0.25, 0.75, 0.1])
    np.testing.assert_allclose(cover.marginal(((1, 2),)), [0, 0.625, 0.375, 0.1])


def overlapping(seed: int) -> tuple[Problem, Cover]:
    """Return a problem of 8 stops that reach 20 points at random, and its cover."""
    rng = np.random.default_rng(seed)
    reaches = rng.random((9, 20)) < 0.25
    reaches[0] = False
    cover = Cover(reaches, rng.random(20), np.zeros(9))
    problem = replace(euclidean(seed, 8, 1), prize=cover.prize)
    return replace(problem, cover=cover), cover


def test_of_two_stops_with_the_same_need_one_is_visited() -> None:
    """Stops 1 and 2 reach the same need of 0.6, stop 3 another of 0.4; there is time for two."""
    reaches = np.array([[0, 0], [1, 0], [1, 0], [0, 1]], dtype=bool)
    cover = Cover(reaches, np.array([0.6, 0.4]), np.zeros(4))
    problem = Problem(
        travel_s=np.full((4, 4), 100) - 100 * np.eye(4, dtype=int),
        prize=cover.prize,
        service_s=np.array([0, 300, 300, 300]),
        vehicles=((0, 1000),),
    )
    assert set(solve(problem, iterations=50, seed=0)[0]) == {1, 2}
    routes = solve(replace(problem, cover=cover), iterations=50, seed=0)
    assert 3 in routes[0]
    assert cover.served(routes) == pytest.approx(1)


def test_plans_beat_additive_and_greedy_ones_and_come_near_the_best() -> None:
    gaps = []
    for seed in range(20):
        problem, cover = overlapping(seed)
        best = max(
            problem.unit * cover.served((tuple(stops),)) - drive
            for stops, drive in routes_of_sets(problem).items()
        )
        routes = solve(problem, iterations=100, seed=seed)
        value = problem.value(routes)
        assert value <= best + len(routes[0])  # worths are rounded to whole seconds
        additive = replace(problem, cover=None)
        for other in (solve(additive, iterations=100, seed=seed), greedy(problem)):
            assert problem.value(other) <= value
        gaps.append(1 - value / best)
    assert np.mean(gaps) < 0.01


def test_the_greedy_plan_never_takes_a_stop_that_serves_nobody_more() -> None:
    for seed in range(5):
        problem, cover = overlapping(seed)
        [route] = greedy(problem)
        grown = [
            cover.served((tuple(sorted(route)[:n]),)) for n in range(len(route) + 1)
        ]
        assert all(a <= b for a, b in pairwise(grown))
        assert (cover.marginal((route,))[list(route)] > 0).all()


def test_required_stops_and_windows_are_kept() -> None:
    for seed in range(10):
        free, _ = overlapping(seed)
        windows = tuple(
            () if s % 2 else (Window(0, 4000), Window(0, 10**6, 0.5)) for s in range(9)
        )
        problem = replace(free, windows=windows, required=frozenset({5}))
        [route] = solve(problem, iterations=60, seed=seed)
        assert 5 in route
        assert problem.schedule(0, route)
