"""How good plans are that count need once: against the exact best on small shifts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from problems import bound
from problems.bound import most_served
from problems.exact_plans import Shift, best_value, followed_need, shared_need
from problems.small_problems import line, own_needs

from geo.routing.problem import Limit, Pause, ProblemError, Window
from geo.routing.solver import solve


def test_the_exact_best_by_hand() -> None:
    """Stops at 100, 200 and -150 m: the window of the last leaves time for the first before it."""
    problem = replace(
        line(100, 200, -150, prize=[1, 2, 4], service=50, shift=(0, 700)),
        windows=((), (), (), (Window(300, 400),)),
        pause=Pause(60, 0, 700),
    )
    # 20 x 700 s for all prizes: 2000 s a unit.  At 100 m till 150 s, at -150 m from 400 to 450 s.
    assert best_value(problem) == 2000 * (1 + 4) - (200 + 300)
    refused = replace(problem, required=frozenset({1, 2, 3}), vehicles=((0, 600),))
    assert best_value(refused) is None


@pytest.mark.parametrize(
    ("seed", "best"),
    [
        (5, 67503.5), (7, 32805.1), (15, 33391.6), (25, 169162.4), (27, 125585.0),
        (31, 149387.0), (91, 17805.9), (93, None),
    ],
)  # fmt: skip
def test_the_exact_best_is_that_of_another_program(
    seed: int, best: float | None
) -> None:
    """CP-SAT of OR-Tools, proved optimal: a circuit of optional stops for each vehicle, a time for
    each stop, a choice of window and of the stop of the break; worths in whole tenths of a second,
    here in whole seconds, of 54 points.
    """
    found = best_value(shared_need(seed)[0])
    assert found == (None if best is None else pytest.approx(best, abs=2.0))


def gaps(seeds: range, shift: Shift = shared_need, iterations: int = 200) -> np.ndarray:
    """Return how far the plan of each shift is from the best; refused only if there is none."""
    found = []
    for seed in seeds:
        problem, cover = shift(seed)
        best = best_value(problem)
        if best is None:
            with pytest.raises(ProblemError):
                solve(problem, iterations=iterations, seed=seed)
            continue
        routes = solve(problem, iterations=iterations, seed=seed)
        assert problem.required <= {stop for route in routes for stop in route}
        value = problem.value(routes)
        assert value <= best
        most = most_served(problem)
        # Worths are whole seconds.
        assert cover.served(routes) <= (1 + 1e-4) * most
        assert best <= problem.unit * most + 1
        found.append(1 - value / best if best else 0.0)
    return np.array(found)


def test_plans_of_shared_need_are_nearly_the_best() -> None:
    found = gaps(range(12))
    assert found.mean() <= 0.001
    assert found.max() <= 0.02


def test_plans_that_follow_patrols_are_nearly_the_best() -> None:
    found = gaps(range(8), followed_need)
    assert found.mean() <= 0.001
    assert found.max() <= 0.02


@pytest.mark.proof
@pytest.mark.parametrize("shift", [shared_need, followed_need])
def test_plans_of_five_hundred_shifts_are_nearly_the_best(shift: Shift) -> None:
    found = gaps(range(500), shift)
    print(
        f"{len(found)} shifts: gap on average {found.mean():.4%}, worst {found.max():.2%}"
    )
    assert found.max() <= 0.001


def test_a_route_that_takes_the_dearest_stop_first_is_given_up() -> None:
    """In each of these, to put the dearest stop where it costs least leaves out two others."""
    assert gaps(range(490, 493)).max() <= 0.001


def test_the_bound_is_the_best_where_drives_take_no_time(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Two of three services fit: the dearer two, and a third in part where drives are in parts."""
    problem = line(0, 0, 0, prize=[5, 3, 2], service=100, shift=(0, 250))
    problem = replace(problem, cover=own_needs(problem.prize))
    assert most_served(problem) == pytest.approx(5 + 3)
    assert most_served(replace(problem, vehicles=((0, 50),))) == 0
    monkeypatch.setattr(bound, "WHOLE_DRIVES", 0)
    assert most_served(problem) == pytest.approx(5 + 3 + 2 / 2)


def above_the_most(seeds: Sequence[int], shift: Shift = shared_need) -> np.ndarray:
    """Return how far the bound is above the most that any plan serves, by trying all of them."""
    found = []
    for seed in seeds:
        problem, _ = shift(seed)
        best = best_value(replace(problem, price_s=1e7))  # driving counts least
        if best is not None:
            found.append(most_served(problem) / (best / 1e7) - 1)
    assert min(found) >= -1e-4  # worths are whole seconds
    return np.array(found)


def test_the_bound_is_near_the_most_that_can_be_served() -> None:
    assert np.median(above_the_most([13, 17, 21, 39, 61, 83, 105])) <= 0.01


@pytest.mark.proof
@pytest.mark.parametrize(
    ("shift", "least"), [(shared_need, 50 / 55), (followed_need, 50 / 58)]
)
def test_the_bound_is_within_five_percent_in_nine_of_ten_shifts_with_windows(
    shift: Shift, least: float
) -> None:
    above = above_the_most(range(1, 117, 2), shift)
    print(
        f"{len(above)} of 58 have a plan; {(above <= 0.05).sum()} within 5 %, "
        f"median {np.median(above):.3%}, worst {above.max():.1%}"
    )
    assert (above <= 0.05).mean() >= least


def test_vehicles_that_start_elsewhere_are_bounded_by_their_own_ends() -> None:
    """From the depot no stop is in reach; from the place of stop 1 both are."""
    problem = line(900, 1000, prize=[1, 1], service=10, shift=(0, 130))
    problem = replace(problem, cover=own_needs(problem.prize))
    assert most_served(problem) == 0
    beside = replace(problem, ends=((1, 1),))
    assert solve(beside, iterations=20, seed=0) == ((1,),)
    assert most_served(beside) == pytest.approx(1)


def test_there_is_no_bound_for_very_many_stops(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(bound, "MOST_DRIVES", 10)
    assert np.isnan(most_served(shared_need(0)[0]))


def test_no_vehicle_passes_a_limit() -> None:
    for seed in range(6):
        problem, cover = shared_need(seed)
        free = replace(problem, required=frozenset())
        metres = free.travel_s * 13
        longest = max(_sum(metres, r) for r in solve(free, iterations=60, seed=0))
        limited = replace(free, limits=(Limit(metres, int(0.7 * longest)),))
        usable = [
            s == 0 or bool(limited.schedule(0, (s,))) for s in range(len(free.prize))
        ]
        limited = replace(limited, prize=np.where(usable, free.prize, 0.0))
        routes = solve(limited, iterations=60, seed=0)
        assert any(routes)
        assert all(_sum(metres, route) <= 0.7 * longest for route in routes)
        assert cover.served(routes) <= most_served(limited) + 1e-6


def _sum(cost: np.ndarray, route: tuple[int, ...]) -> int:
    path = [0, *route, 0]
    return int(cost[path[:-1], path[1:]].sum())
