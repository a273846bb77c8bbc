"""Bad input is named, with the smallest change that mends it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest

from geo.routing.faults import faults_of, nearest_fault
from geo.routing.problem import UNREACHABLE_S, Pause, Problem, ProblemError, Window
from geo.routing.solver import solve

HOUR = 3600
GOOD = Problem(
    travel_s=np.array([[0, 600, 1200], [600, 0, 600], [1200, 600, 0]]),
    prize=np.array([0.0, 1, 1]),
    service_s=np.array([0, 1200, 1200]),
    vehicles=((18 * HOUR, 23 * HOUR),),
)


def test_a_sound_problem_has_no_faults() -> None:
    assert faults_of(replace(GOOD, required=frozenset({1, 2}))) == []


def test_a_stop_that_is_unreachable() -> None:
    travel = GOOD.travel_s.copy()
    travel[2, 0] = UNREACHABLE_S
    required = frozenset({1, 2})
    assert faults_of(replace(GOOD, travel_s=travel, required=required)) == [
        "stop 2 is unreachable: there is no way back to the depot. Smallest change: leave it out, "
        "or open a road to it"
    ]


def test_a_window_before_the_shift() -> None:
    windows = ((), (Window(15 * HOUR, 17 * HOUR),), ())
    (fault,) = faults_of(replace(GOOD, windows=windows, required=frozenset({1})))
    assert "no window of stop 1 can be met" in fault
    assert fault.endswith("move a window or a shift by 70 min")  # 17:00 to 18:10
    moved = ((), (Window(15 * HOUR, 17 * HOUR + 70 * 60),), ())
    assert faults_of(replace(GOOD, windows=moved, required=frozenset({1}))) == []


def test_of_several_shifts_the_smallest_change_is_given() -> None:
    """70 min to the one shift, 130 min to the other: in words the larger would come first."""
    windows = ((), (Window(15 * HOUR, 17 * HOUR),), ())
    near = replace(GOOD, windows=windows)
    far = replace(near, vehicles=tuple((a + HOUR, b + HOUR) for a, b in GOOD.vehicles))
    text = nearest_fault([far, near], 1)
    assert text is not None
    assert text.endswith("move a window or a shift by 70 min")
    assert (
        nearest_fault([far], 1) == faults_of(replace(far, required=frozenset({1})))[0]
    )
    assert nearest_fault([far, GOOD], 1) is None


def test_a_window_that_leaves_no_way_home() -> None:
    windows = ((), (), (Window(22 * HOUR + 30 * 60, 23 * HOUR),))
    (fault,) = faults_of(replace(GOOD, windows=windows, required=frozenset({2})))
    assert fault.endswith("move a window or a shift by 10 min")  # 22:30 + 20 + 20 min


def test_a_service_longer_than_the_shift() -> None:
    longer = replace(
        GOOD, service_s=np.array([0, 5 * HOUR, 1200]), required=frozenset({1})
    )
    (fault,) = faults_of(longer)
    assert "stop 1 needs 320 min" in fault
    assert fault.endswith("a shift 20 min longer, or a service 20 min shorter")
    mended = replace(longer, service_s=np.array([0, 5 * HOUR - 1200, 1200]))
    assert faults_of(mended) == []
    (with_break,) = faults_of(replace(mended, pause=Pause(1800, 0, 24 * HOUR)))
    assert with_break.endswith("a shift 30 min longer, or a service 30 min shorter")


def test_no_vehicle() -> None:
    with pytest.raises(ProblemError, match="there is no vehicle"):
        replace(GOOD, vehicles=())


def test_all_prizes_zero() -> None:
    with pytest.raises(ProblemError, match=r"all prizes are 0.*give one a prize"):
        solve(replace(GOOD, prize=np.zeros(3)), iterations=1, seed=0)


def test_contradictory_requirements() -> None:
    service = np.array([0, 4 * HOUR, 4 * HOUR])
    much = replace(GOOD, service_s=service, required=frozenset({1, 2}))
    with pytest.raises(ProblemError, match=r"require 1 fewer, or add 180 min of shift"):
        solve(much, iterations=1, seed=0)
    near = replace(GOOD, service_s=service // 8 * 5, required=frozenset({1, 2}))
    with pytest.raises(
        ProblemError, match="no plan was found that visits all of the required"
    ):
        solve(near, iterations=50, seed=0)
    worthless = replace(GOOD, prize=np.array([0.0, 0, 1]), required=frozenset({1}))
    with pytest.raises(ProblemError, match="stop 1 is required but its prize is 0"):
        solve(worthless, iterations=1, seed=0)


def test_all_faults_are_gathered() -> None:
    far = GOOD.travel_s * 100
    bad = replace(GOOD, travel_s=far, required=frozenset({1, 2}))
    with pytest.raises(ProblemError) as error:
        solve(bad, iterations=1, seed=0)
    assert str(error.value).count("Smallest change") == 2
