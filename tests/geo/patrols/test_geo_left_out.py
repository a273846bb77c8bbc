"""What is left out says why, and the change that it names does admit it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from patrol_fixture import bundled_inputs
from problem_fixture import line, own_needs

from geo.params import Params
from geo.patrols.locks import plan_night
from geo.patrols.tables import why_left_out
from geo.patrols.timetable import PlannedShift
from geo.routing.covering import gain_s
from geo.routing.problem import Problem, Routes, Window
from geo.routing.solver import solve


def plan(problem: Problem, routes: Routes) -> list[PlannedShift]:
    cover, all_ = own_needs(problem.prize), np.ones(len(problem.prize))
    return [PlannedShift("evening", problem, routes, problem.prize, cover, all_)]


def test_a_stop_that_needs_a_longer_shift() -> None:
    problem = line(100, -50, prize=[5, 1], service=60, shift=(0, 280))
    found = why_left_out(plan(problem, ((1,),)), 2)
    # 200 s of driving and two services take 420 s with the detour of 100 s.
    assert (found.reason, found.short_s) == ("no_time_left", 420 - 280)
    longer = replace(problem, vehicles=((0, 420),))
    assert set(solve(longer, iterations=50, seed=0)[0]) == {1, 2}
    # In its place it would need to be worth 4 more, less the shorter drive.
    assert found.prize_short == pytest.approx(4 - 100 / problem.unit, abs=0.002)
    worth = problem.with_prizes(np.array([0, 5, 1 + found.prize_short + 0.01]))
    assert solve(worth, iterations=50, seed=0) == ((2,),)
    assert found.admits.startswith("a shift 3 min longer, or 3")
    assert found.admits.endswith("% more of all need in its reach")


def test_a_stop_that_is_not_worth_its_detour() -> None:
    problem = replace(line(10, 400, prize=[99, 1], shift=(0, 1000)), prize_scale=1.0)
    # A prize of 1 is worth 10 s; the detour to the far stop takes 780 s.
    found = why_left_out(plan(problem, ((1,),)), 2)
    assert found.reason == "not_worth_detour"
    # The shift has room for it: no minute more would make it worth its visit.
    assert found.short_s is None
    assert found.prize_short == pytest.approx(77)


def test_a_stop_that_is_closed_when_a_vehicle_can_come() -> None:
    base = line(100, 110, prize=[5, 1], service=60, shift=(0, 600))
    problem = replace(base, windows=((), (Window(100, 110),), (Window(0, 105),)))
    found = why_left_out(plan(problem, ((1,),)), 2)
    assert found.reason == "outside_window"
    assert "a window at another time" in found.admits
    never = replace(problem, prize=np.array([0.0, 5, 0]))
    assert why_left_out(plan(never, ((1,),)), 2).reason == "outside_window"


def test_the_plan_gains_by_the_stop_with_the_minutes_given_and_not_with_one_less() -> None:
    inputs = bundled_inputs(Params())
    planned = plan_night(inputs)
    visited = {stop for shift in planned for stop in shift.visited}
    others = [stop for stop in inputs.stops.index[1:] if stop not in visited]
    missing_s = {stop: why_left_out(planned, stop).short_s or 0 for stop in others}
    assert max(missing_s.values()) > 0

    def gains(stop: int, more_s: int) -> bool:
        for shift in planned:
            vehicles = tuple((a, b + more_s) for a, b in shift.problem.vehicles)
            longer = replace(shift.problem, vehicles=vehicles)
            for vehicle, route in enumerate(shift.routes):
                for at in range(len(route) + 1):
                    trial = (*route[:at], stop, *route[at:])
                    if longer.schedule(vehicle, trial) and (
                        gain_s(longer, shift.cover, shift.routes, vehicle, trial) > 0
                    ):
                        return True
        return False

    for stop, short_s in missing_s.items():
        if short_s:
            assert gains(stop, short_s)
            assert not gains(stop, short_s - 1)
