"""How good the plans are: against the independent best on small problems."""

from __future__ import annotations

import numpy as np
import pytest
from problems.small_problems import euclidean, routes_of_sets
from scipy.optimize import Bounds, LinearConstraint, milp
from scipy.sparse import coo_array

from geo.routing.problem import DEPOT, Problem, Window
from geo.routing.solver import greedy, solve


def exact(problem: Problem) -> float:
    """Return the best objective, by mixed-integer programming with HiGHS.

    Set packing: every set of stops that one vehicle can visit is a column, worth its prizes less
    the seconds of its shortest feasible route; at most as many columns as vehicles are chosen,
    no stop twice.  Vehicles have equal shifts, stops at most one window.
    """
    columns = routes_of_sets(problem)
    if not columns:
        return 0.0
    gain = np.array([
        sum(int(problem.worth_s[stop]) for stop in stops) - drive
        for stops, drive in columns.items()
    ])  # fmt: skip
    entries = [(stop, k) for k, stops in enumerate(columns) for stop in stops]
    entries += [(DEPOT, k) for k in range(len(columns))]
    limit = np.ones(len(problem.prize))
    limit[DEPOT] = len(problem.vehicles)
    rows, cols = zip(*entries, strict=True)
    matrix = coo_array(
        (np.ones(len(rows)), (rows, cols)), shape=(len(limit), len(columns))
    )
    found = milp(
        -gain,
        constraints=LinearConstraint(matrix.tocsr(), -np.inf, limit),
        bounds=Bounds(0, 1),
        integrality=np.ones(len(columns)),
        options={"mip_rel_gap": 1e-9},
    )
    assert found.status == 0, found.message
    return -float(found.fun)


def instance(seed: int) -> Problem:
    rng = np.random.default_rng(1000 + seed)
    return euclidean(
        seed,
        stops=int(rng.integers(6, 13)),
        vehicles=int(rng.integers(1, 4)),
        hours=float(rng.uniform(1.2, 3)),
        windows=bool(seed % 2),
    )


def test_exact_by_hand() -> None:
    """Two stops 100 s either side of the depot, time for one: the dearer, there and back."""
    problem = Problem(
        travel_s=np.array([[0, 100, 100], [100, 0, 200], [100, 200, 0]]),
        prize=np.array([0.0, 1, 3]),
        service_s=np.array([0, 10, 10]),
        vehicles=((0, 300),),
        windows=((), (Window(0, 300),), (Window(150, 300),)),
    )
    # 20 x 300 s for all prizes: 4500 s for the dearer.
    assert exact(problem) == pytest.approx(4500 - 200)
    assert problem.value(solve(problem, iterations=50, seed=0)) == 4300


@pytest.mark.parametrize("seed", range(4))
def test_the_plan_is_within_one_percent_of_the_best(seed: int) -> None:
    problem = instance(seed)
    best = exact(problem)
    found = problem.value(solve(problem, iterations=500, seed=seed))
    assert found <= best * (1 + 1e-9) + 1e-6
    assert found >= 0.99 * best


@pytest.mark.proof
def test_fifty_plans_are_within_one_percent_of_the_best() -> None:
    gaps, greedy_gaps = [], []
    for seed in range(50):
        problem = instance(seed)
        best = exact(problem)
        value = problem.value(solve(problem, iterations=2000, seed=seed))
        assert value <= best * (1 + 1e-9) + 1e-6
        gaps.append(1 - value / best if best else 0.0)
        greedy_gaps.append(1 - problem.value(greedy(problem)) / best if best else 0.0)
    print(
        f"gap to the best: mean {np.mean(gaps):.3%}, worst {max(gaps):.3%}; "
        f"greedy: mean {np.mean(greedy_gaps):.1%}, worst {max(greedy_gaps):.1%}"
    )
    assert max(gaps) <= 0.01
