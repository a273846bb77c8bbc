"""All shifts of a night in one search: against the exact best, and when more is allowed."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from problems.exact_plans import Shift, followed_need, shared_need
from problems.small_problems import euclidean, routes_of_sets

from geo.routing.offers import Shifts
from geo.routing.problem import Cover, Problem, Routes
from geo.routing.solver import greedy, solve, solve_shifts

REPEAT = 0.5


def night(seed: int, stops: int = 7) -> Shifts:
    """Return two shifts of one vehicle on the same stops, which share 15 points of need."""
    rng = np.random.default_rng(seed)
    reaches = rng.random((stops + 1, 15)) < 0.3
    reaches[0] = False
    cover = Cover(reaches, rng.random(15), np.zeros(stops + 1))
    first = euclidean(seed, stops, 1, hours=1.5)
    first = replace(first, prize=cover.prize, price_s=20_000.0)
    later = replace(first, vehicles=((40_000, 44_000),))
    return Shifts((first, later), cover, REPEAT)


def worth(shifts: Shifts, routes: list[Routes]) -> float:
    """Return the objective of a night, worked out point by point."""
    unit, total = shifts.problems[0].unit, 0.0
    times = [shifts.cover.times(of) > 0 for of in routes]
    for served, need in zip(
        sum(times), np.round(unit * shifts.cover.need), strict=True
    ):
        total += sum(need * REPEAT**k for k in range(int(served)))
    pairs = zip(shifts.problems, routes, strict=True)
    return total - sum(problem.all_driving_s(of) for problem, of in pairs)


def best(shifts: Shifts) -> float:
    """Return the best objective of any two routes, by trying all pairs of sets of stops."""
    first, later = (routes_of_sets(problem) for problem in shifts.problems)
    nothing: dict[frozenset[int], int] = {frozenset(): 0}
    need = np.round(shifts.problems[0].unit * shifts.cover.need)
    reaches = shifts.cover.reaches

    def served(sets: dict[frozenset[int], int]) -> np.ndarray:
        return np.array([reaches[[*stops]].any(axis=0) for stops in sets], dtype=float)

    of_first, of_later = served(nothing | first), served(nothing | later)
    alone = (of_first @ need)[:, None] + of_later @ need
    both = (1 - REPEAT) * (of_first * need) @ of_later.T
    driving = np.add.outer([0, *first.values()], [0, *later.values()])
    return float((alone - both - driving).max())


def test_two_shifts_are_planned_as_well_as_all_pairs_of_routes() -> None:
    for seed in range(5):
        shifts = night(seed)
        routes = solve_shifts(shifts, iterations=100, seed=seed)
        assert worth(shifts, routes) >= 0.999 * best(shifts)
        assert worth(shifts, routes) <= best(shifts) + 1e-6


def relaxed(problem: Problem, rng: np.random.Generator) -> Problem:
    """Return a problem that allows all that another does, and more."""
    longer = tuple((start, end + 900) for start, end in problem.vehicles)
    ways = [
        replace(problem, vehicles=longer),
        replace(problem, vehicles=(*problem.vehicles, problem.vehicles[0])),
        replace(problem, windows=()),
        replace(problem, pause=None),
        replace(problem, required=frozenset()),
    ]
    return ways[int(rng.integers(len(ways)))]


def relaxations(
    seeds: range, iterations: int, shift: Shift = shared_need
) -> np.ndarray:
    """Return what a cold start gains by a relaxation; a start from the plan never loses."""
    gains = []
    for seed in seeds:
        problem, _ = shift(seed)
        problem = replace(problem, price_s=problem.unit, required=frozenset())
        wider = relaxed(problem, np.random.default_rng(seed))
        before = solve(problem, iterations=iterations, seed=seed)
        value = problem.value(before)
        more = ((),) * (len(wider.vehicles) - len(before))
        start = (*before, *more)
        after = solve(wider, iterations=iterations, seed=seed, start=start)
        assert wider.value(after) >= value
        cold = solve(wider, iterations=iterations, seed=seed)
        gains.append(wider.value(cold) / value - 1)
    return np.array(gains)


def test_more_time_vehicles_or_windows_never_give_less() -> None:
    assert relaxations(range(8), 50).min() > -0.001


@pytest.mark.proof
@pytest.mark.parametrize("shift", [shared_need, followed_need])
def test_two_hundred_relaxations(shift: Shift) -> None:
    gains = relaxations(range(200), 200, shift)
    print(f"200 relaxations, cold: mean {gains.mean():+.3%}, worst {gains.min():+.4%}")
    assert gains.min() > -0.001


def test_more_iterations_never_end_worse() -> None:
    for seed in range(4):
        problem = replace(shared_need(seed)[0], required=frozenset())
        values = [
            problem.value(solve(problem, iterations=n, seed=seed)) for n in (5, 20, 80)
        ]
        assert values == sorted(values)


def test_a_night_is_never_below_greedy_shift_after_shift() -> None:
    for seed in range(8):
        shifts = night(seed)
        remaining, in_turn = np.ones(len(shifts.cover.need)), []
        for problem in shifts.problems:
            left = replace(shifts.cover, need=shifts.cover.need * remaining)
            in_turn.append(greedy(replace(problem, cover=left)))
            served = left.times(in_turn[-1]) > 0
            remaining = np.where(served, remaining * REPEAT, remaining)
        routes = solve_shifts(shifts, iterations=1, seed=seed)
        assert worth(shifts, routes) >= worth(shifts, in_turn) - 1e-6
