"""What is left out says why, and the change that it names does admit it."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from patrol_fixture import bundled_ground
from problem_fixture import alone, line

from geo.params import Params
from geo.patrols import survey as patrols
from geo.patrols.covering import gain_s
from geo.patrols.explain import left_out
from geo.patrols.timetable import PlannedShift
from geo.routing.problem import Problem, Routes, Window
from geo.routing.solver import solve


def plan(problem: Problem, routes: Routes) -> list[PlannedShift]:
    return [PlannedShift("evening", problem, routes, problem.prize, alone(problem.prize))]


def test_a_stop_that_needs_a_longer_shift() -> None:
    problem = line(100, -50, prize=[5, 1], service=60, shift=(0, 280))
    found = left_out(plan(problem, ((1,),)), [2])
    # 200 s of driving and two services take 420 s with the detour of 100 s.
    assert found.loc[2, ["reason", "short_s"]].tolist() == ["no_time_left", 420 - 280]
    longer = replace(problem, vehicles=((0, 420),))
    assert set(solve(longer, iterations=50, seed=0)[0]) == {1, 2}
    # In its place it would need to be worth 4 more, less the shorter drive.
    assert found.loc[2, "prize_short"] == pytest.approx(4 - 100 / problem.unit, abs=0.002)
    worth = problem.with_prizes(np.array([0, 5, 1 + found.loc[2, "prize_short"] + 0.01]))
    assert solve(worth, iterations=50, seed=0) == ((2,),)
    assert found.loc[2, "admits"].startswith("a shift 3 min longer, or 3")
    assert found.loc[2, "admits"].endswith("% more of all need in its reach")


def test_a_stop_that_is_not_worth_its_detour() -> None:
    problem = replace(line(10, 400, prize=[99, 1], shift=(0, 1000)), prize_scale=1.0)
    # A prize of 1 is worth 10 s; the detour to the far stop takes 780 s.
    found = left_out(plan(problem, ((1,),)), [2])
    assert found.loc[2, "reason"] == "not_worth_detour"
    # The shift has room for it: no minute more would make it worth its visit.
    assert pd.isna(found.loc[2, "short_s"])
    assert found.loc[2, "prize_short"] == pytest.approx(77)


def test_a_stop_that_is_closed_when_a_vehicle_can_come() -> None:
    base = line(100, 110, prize=[5, 1], service=60, shift=(0, 600))
    problem = replace(base, windows=((), (Window(100, 110),), (Window(0, 105),)))
    found = left_out(plan(problem, ((1,),)), [2])
    assert found.loc[2, "reason"] == "outside_window"
    assert "a window at another time" in found.loc[2, "admits"]
    never = replace(problem, prize=np.array([0.0, 5, 0]))
    assert left_out(plan(never, ((1,),)), [2]).loc[2, "reason"] == "outside_window"


def test_with_the_minutes_told_the_plan_as_it_is_gains_by_the_stop_and_not_with_a_minute_less() -> (
    None
):
    ground = bundled_ground(Params())
    planned = patrols.night(ground, ground.wish)
    visited = {stop for shift in planned for stop in shift.visited}
    rest = [stop for stop in ground.stops.index[1:] if stop not in visited]
    told = left_out(planned, rest)["short_s"].dropna()
    told = told[told > 0]
    assert len(told)

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

    for stop, short_s in told.items():
        assert gains(int(str(stop)), int(short_s))
        assert not gains(int(str(stop)), int(short_s) - 1)
