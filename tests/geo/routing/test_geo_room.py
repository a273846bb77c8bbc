"""Stops that all must be visited: a proof that no plan does."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from problems.exact_plans import shared_need
from problems.small_problems import euclidean, routes_of_sets

from geo.routing.problem import Limit, Problem, ProblemError
from geo.routing.room import has_room
from geo.routing.solver import solve


def all_required(problem: Problem) -> Problem:
    return replace(problem, required=frozenset(problem.stops))


def test_there_is_room_where_two_routes_hold_all_stops() -> None:
    """Shifts of 1.2 to 2.4 hours for six stops: every set of stops that fits one is worked out."""
    found = []
    for seed in range(12):
        hours = 1.2 + seed / 10
        problem = all_required(euclidean(seed, 6, 2, hours))
        sets = routes_of_sets(problem)
        fits = any(
            frozenset(problem.stops) - one in {frozenset(), *sets} for one in sets
        )
        assert has_room(problem) == fits
        found.append(fits)
    assert 2 < sum(found) < 10


@pytest.mark.parametrize("seed", range(0, 15, 3))
def test_no_problem_is_refuted_that_has_a_plan(seed: int) -> None:
    """With windows, breaks, one to three vehicles, and more and more stops that are required."""
    problem, _ = shared_need(seed)
    for count in range(2, len(problem.stops)):
        more = replace(problem, required=frozenset(range(1, count + 1)))
        try:
            solve(more, iterations=5, seed=0)
        except ProblemError:
            break
        assert has_room(more)


def test_what_lies_at_one_place_is_no_drive_apart() -> None:
    """Stops in a ring of streets of 100 s; two of them lie at one place."""
    ring = 100 * np.array([[0, 1, 1, 1], [1, 0, 0, 1], [1, 0, 0, 1], [1, 1, 1, 0]])
    problem = Problem(
        travel_s=ring,
        prize=np.array([0.0, 1, 1, 1]),
        service_s=np.array([0, 10, 10, 10]),
        vehicles=((0, 330),),
        required=frozenset({1, 2, 3}),
    )
    assert has_room(problem)
    assert not has_room(replace(problem, vehicles=((0, 329),)))
    assert has_room(replace(problem, limits=(Limit(ring * 7, 2100),)))
    assert not has_room(replace(problem, limits=(Limit(ring * 7, 2099),)))


def test_a_problem_without_a_required_stop_has_room() -> None:
    assert has_room(euclidean(0, 3, 1))
