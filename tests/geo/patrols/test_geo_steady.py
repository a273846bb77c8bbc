"""Orders that hold: the stop of most need comes first where time is short."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pytest
from problems.small_problems import line, own_needs

from geo.params import Shift
from geo.patrols.steady import HOLDS, least_kept, steadied
from geo.patrols.timetable import PlannedShift
from geo.routing.problem import Problem, Routes, Window

SHIFT = Shift("evening", "18:00", "23:00", buffer_min=0)


def of(problem: Problem, *routes: tuple[int, ...]) -> PlannedShift:
    problem = replace(problem, cover=own_needs(problem.prize))
    return PlannedShift(SHIFT, problem, routes, np.ones(len(problem.prize)))


def kept(planned: PlannedShift) -> float:
    return least_kept(planned, planned.routes, own_needs(planned.problem.prize))


SMALL = [0.05, 0.05, 0.1, 0.8]
"""Need of four stops: the fourth has most of it."""


def test_a_stop_of_much_need_moves_to_the_front() -> None:
    problem = line(
        100,
        200,
        300,
        400,
        prize=SMALL,
        service=1200,
        shift=(0, 4 * 1200 + 1300),
    )
    late = of(problem, (1, 2, 3, 4))
    assert kept(late) == pytest.approx(0.2)
    found = steadied(late, own_needs(problem.prize))
    assert kept(found) >= HOLDS
    assert found.routes[0].index(4) < 3
    assert sorted(found.routes[0]) == [1, 2, 3, 4]
    assert found.problem.times(0, found.routes[0])


def test_a_plan_that_holds_stays_as_it_is() -> None:
    problem = line(100, 200, prize=[0.1, 0.9], service=600, shift=(0, 10_000))
    planned = of(problem, (1, 2))
    assert steadied(planned, own_needs(problem.prize)).routes == ((1, 2),)


def test_an_order_that_is_given_stays() -> None:
    problem = line(
        100,
        200,
        300,
        400,
        prize=SMALL,
        service=1200,
        shift=(0, 4 * 1200 + 1300),
    )
    given = of(replace(problem, given={0: (1, 2, 3, 4)}), (1, 2, 3, 4))
    assert steadied(given, own_needs(problem.prize)).routes == given.routes


def test_a_stop_of_hardly_any_need_is_left_out_so_that_the_others_are_kept() -> (
    None
):
    need = [0.3, 0.005, 0.3, 0.395]
    problem = line(
        100, 200, 300, 400, prize=need, service=1200, shift=(0, 4 * 1200 + 800)
    )
    early = ((), (), (Window(0, 1500),), (), ())
    problem = replace(problem, windows=early)
    planned = of(problem, (1, 2, 3, 4))
    found = steadied(planned, own_needs(problem.prize))
    assert sorted(found.routes[0]) == [1, 3, 4]
    assert least_kept(planned, found.routes, own_needs(problem.prize)) >= HOLDS
    asked = of(replace(problem, required=frozenset({2})), (1, 2, 3, 4))
    assert 2 in steadied(asked, own_needs(problem.prize)).routes[0]


@pytest.mark.parametrize("seed", range(4))
def test_no_order_keeps_less_and_none_leaves_a_stop_out(seed: int) -> None:
    rng = np.random.default_rng(seed)
    prize = rng.dirichlet(np.ones(6) / 2).tolist()
    at = rng.uniform(-600, 600, 6)
    problem = line(*at, prize=prize, service=600, shift=(0, 6 * 600 + 3500))
    routes: Routes = (tuple(range(1, 7)),)
    if problem.schedule(0, routes[0]) is None:
        routes = (tuple(int(k) + 1 for k in np.argsort(at)),)
    planned = of(problem, *routes)
    found = steadied(planned, own_needs(problem.prize))
    assert kept(found) >= kept(planned)
    assert sorted(found.routes[0]) == [1, 2, 3, 4, 5, 6]
