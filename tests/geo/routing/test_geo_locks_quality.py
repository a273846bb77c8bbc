"""What locks cost: against the exact best with the same locks, on small shifts."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from problems.exact_plans import Shift, best_value, followed_need, shared_need
from problems.small_problems import line

from geo.routing.problem import DEPOT, Cover, Problem, ProblemError, Window
from geo.routing.solver import solve


def locked(seed: int, shift: Shift) -> Problem:
    """Return a small shift in which some stops, any ones, are locked to vehicles, any ones."""
    problem, _ = shift(seed)
    rng = np.random.default_rng(90_000 + seed)
    number = int(rng.integers(1, 4))
    stops = rng.choice(list(problem.stops), number, replace=False).tolist()
    vehicles = rng.integers(0, len(problem.vehicles), number).tolist()
    only_by = dict(zip(stops, vehicles, strict=True))
    prize = np.maximum(problem.prize, 1e-9)  # A closed stop may be locked, too.
    prize[DEPOT] = 0.0
    return replace(problem, required=frozenset(), only_by=only_by, prize=prize)


def test_the_exact_best_with_a_lock_by_hand() -> None:
    """Stops at 100 and 110 m, locked to two vehicles: both drive, 200 and 220 m."""
    problem = line(100, 110, prize=[1, 1], service=50, shift=(0, 1000))
    both = replace(problem, vehicles=((0, 1000),) * 2, only_by={1: 0, 2: 1})
    # 20 x 2000 s for all prizes.
    assert best_value(both) == 40_000 - 420
    assert solve(both, iterations=20, seed=0) == ((1,), (2,))
    alone = replace(both, only_by={1: 0, 2: 0})
    assert best_value(alone) == 40_000 - 220


def gaps(seeds: range, shift: Shift = shared_need) -> np.ndarray:
    """Return how far each locked plan is from the exact best with its locks."""
    found = []
    for seed in seeds:
        problem = locked(seed, shift)
        best = best_value(problem)
        if best is None:
            with pytest.raises(ProblemError):
                solve(problem, iterations=200, seed=seed)
            continue
        routes = solve(problem, iterations=200, seed=seed)
        for stop, vehicle in problem.only_by.items():
            assert stop in routes[vehicle]
        found.append(1 - problem.value(routes) / best)
    return np.array(found)


def test_locked_plans_are_the_best_that_keep_the_locks() -> None:
    found = gaps(range(10))
    assert len(found) > 5
    assert found.max() <= 0.001


@pytest.mark.proof
@pytest.mark.parametrize("shift", [shared_need, followed_need])
def test_two_hundred_locked_plans_are_the_best_that_keep_the_locks(
    shift: Shift,
) -> None:
    found = gaps(range(200), shift)
    print(
        f"{len(found)} locked shifts: {found.mean():.4%} behind, worst {found.max():.3%}"
    )
    assert found.max() <= 0.001


def test_locking_what_the_plan_has_changes_nothing() -> None:
    for seed in range(6):
        free = replace(shared_need(seed)[0], required=frozenset())
        routes = solve(free, iterations=100, seed=seed)
        only_by = {stop: v for v, route in enumerate(routes) for stop in route[:2]}
        kept = replace(free, only_by=only_by)
        again = solve(kept, iterations=100, seed=seed, start=routes)
        assert kept.value(again) >= free.value(routes)


def test_a_given_route_is_driven_and_its_need_counts() -> None:
    """Vehicle 1 drives past the one stop that the other would take."""
    problem = line(100, -100, -100, prize=[1, 5, 5], service=10, shift=(0, 400))
    two = replace(problem, vehicles=((0, 400),) * 2, given={1: (2,)})
    assert solve(two, iterations=20, seed=0)[1] == (2,)
    shared = np.array([[0, 0], [1, 0], [0, 1], [0, 1]], dtype=bool)
    cover = Cover(shared, np.array([1.0, 5.0]), np.zeros(4))
    routes = solve(replace(two, cover=cover), iterations=20, seed=0)
    assert routes == ((1,), (2,))


def test_a_locked_time_is_kept_and_costs_what_it_must() -> None:
    """Stops at 100 and -100 m, 50 s each: the far side first, if the near one is to begin at 600.

    So the hours of a lock are a window.
    """
    problem = line(100, -100, prize=[1, 1], service=50, shift=(0, 1000))
    hours = ((), (Window(600, 620),), ())
    timed = replace(problem, windows=hours, only_by={1: 0})
    [route] = solve(timed, iterations=20, seed=0)
    assert route == (2, 1)
    assert timed.times(0, route)[1].begin_s == 600
    # 20 x 1000 s for all prizes.
    assert best_value(timed) == timed.value((route,)) == 20_000 - 400


def test_locking_the_times_that_a_plan_has_changes_nothing() -> None:
    for seed in range(6):
        free = replace(shared_need(seed)[0], required=frozenset())
        routes = solve(free, iterations=100, seed=seed)
        windows = [free.windows_of(stop) for stop in range(len(free.prize))]
        for vehicle, route in enumerate(routes):
            for visit in free.times(vehicle, route)[:-1]:
                windows[visit.stop] = (Window(visit.begin_s, visit.begin_s),)
        duties = frozenset(stop for route in routes for stop in route)
        timed = replace(free, windows=tuple(windows), required=duties)
        again = solve(timed, iterations=100, seed=seed, start=routes)
        assert timed.value(again) >= free.value(routes)
