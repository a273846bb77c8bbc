"""Team orienteering on plain matrices."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from problems.small_problems import euclidean, line

from geo.routing.problem import Problem, ProblemError, Window
from geo.routing.solver import greedy, solve


def test_schedule_and_value_by_hand() -> None:
    problem = line(100, 250, prize=[1, 3], service=60, shift=(1000, 2000))
    visits = problem.schedule(0, (1, 2))
    assert visits is not None
    assert [(v.arrival_s, v.begin_s, v.departure_s) for v in visits] == [
        (1100, 1100, 1160), (1310, 1310, 1370), (1620, 1620, 1620),
    ]  # fmt: skip
    # All prizes are worth 20 x 1000 s: a prize of 1 is worth 5000 s; the drive takes 500 s.
    assert problem.unit == 5000
    assert problem.value(((1, 2),)) == 20_000 - 500
    assert solve(problem, iterations=50, seed=0) in {((1, 2),), ((2, 1),)}


def test_a_window_makes_the_vehicle_wait_and_the_second_window_serves() -> None:
    problem = line(100, prize=[1], shift=(0, 1000))
    early_and_late = Problem(
        problem.travel_s, problem.prize, problem.service_s, problem.vehicles,
        windows=((), (Window(0, 50), Window(300, 400))),
    )  # fmt: skip
    visits = early_and_late.times(0, (1,))
    assert (visits[0].arrival_s, visits[0].begin_s) == (100, 300)
    assert solve(early_and_late, iterations=50, seed=0) == ((1,),)
    closed = Problem(
        problem.travel_s, problem.prize, problem.service_s, problem.vehicles,
        windows=((), (Window(0, 50),)),
    )  # fmt: skip
    assert closed.schedule(0, (1,)) is None
    assert solve(closed, iterations=50, seed=0) == ((),)
    with pytest.raises(ProblemError, match="cannot drive the route"):
        closed.times(0, (1,))


def test_prizes_come_before_seconds() -> None:
    problem = line(400, -390, -395, prize=[3, 1, 1], shift=(0, 800))
    assert solve(problem, iterations=200, seed=0) == ((1,),)


def test_vehicles_of_different_shifts_keep_their_order() -> None:
    base = line(100, -100, prize=[1, 1], service=100, shift=(0, 1))
    problem = Problem(
        base.travel_s,
        base.prize,
        base.service_s,
        vehicles=((0, 10), (0, 300), (1000, 1300)),
    )
    routes = solve(problem, iterations=100, seed=0)
    assert routes[0] == ()
    assert sorted(routes[1:]) == [(1,), (2,)]


@given(
    seed=st.integers(0, 10_000),
    stops=st.integers(1, 12),
    vehicles=st.integers(1, 3),
    windows=st.booleans(),
)
def test_plans_are_feasible_repeatable_and_never_worse_than_greedy(
    seed: int, stops: int, vehicles: int, windows: bool
) -> None:
    problem = euclidean(seed, stops, vehicles, windows=windows)
    routes = solve(problem, iterations=100, seed=seed)
    assert routes == solve(problem, iterations=100, seed=seed)
    visited = [stop for route in routes for stop in route]
    assert len(visited) == len(set(visited))
    for vehicle, route in enumerate(routes):
        assert problem.schedule(vehicle, route)
    assert problem.value(routes) >= problem.value(greedy(problem)) >= 0


@pytest.mark.parametrize(
    ("change", "message"),
    [
        ({"vehicles": ()}, "there is no vehicle"),
        ({"vehicles": ((100, 100),)}, "a shift ends at 100 s, not after its start"),
        (
            {"travel_s": np.zeros((2, 2), int)},
            "all must have one per stop and one for the depot",
        ),
        ({"windows": ((),)}, "windows has 1 entries for 3 numbers"),
        ({"prize": np.array([0.0, -1, 1])}, "must not be negative"),
        ({"prize": np.array([0.0, np.nan, 1])}, "must not be negative"),
    ],
)
def test_faulty_problems_are_refused(change: dict, message: str) -> None:
    good = {
        "travel_s": np.ones((3, 3), int),
        "prize": np.array([0.0, 1, 1]),
        "service_s": np.array([0, 1, 1]),
        "vehicles": ((0, 100),),
    }
    with pytest.raises(ProblemError, match=message):
        Problem(**{**good, **change})
