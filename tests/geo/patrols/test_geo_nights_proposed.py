"""Several nights in a row: quotas, diminishing returns, usual times, exploration."""

from __future__ import annotations

import re
from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studies.bundled_region import bundled_inputs

from geo.params import FortnightParams, Params, PatrolParams
from geo.params.patrols import StopWindow
from geo.patrols import appraisal, night
from geo.patrols.appraisal import proposal_measures, yardsticks
from geo.patrols.audit import breaches
from geo.patrols.clock import buffer_s
from geo.patrols.delays import held
from geo.patrols.inputs import PlanningInputs
from geo.patrols.nights import Fortnight, plan_nights
from geo.patrols.timetable import timetables
from geo.routing.problem import DEPOT, Limit, ProblemError
from geo.routing.solver import solve

FAST = FortnightParams(nights=4, iterations=8, advised_visits=2)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return bundled_inputs(Params(patrols=PatrolParams(vehicles=1)))


def test_every_minimum_is_met_and_every_shift_is_in_time(
    inputs: PlanningInputs,
) -> None:
    params = replace(
        FAST, visits={"station_fushe_kosove": 1, "stop_market_mitrovica": 3}
    )
    found = plan_nights(inputs, params)
    visits = found.visits.set_index("stop")
    assert (visits["visits"] >= visits["quota"]).all()
    assert visits.loc["gate1_jarinje", "quota"] == 2
    assert visits.loc["station_fushe_kosove", "visits"] >= 1
    assert len(found.nights) == 4
    for planned in found.nights:
        proposed = timetables(inputs, planned)
        roads = inputs.matrix.drive
        assert (
            breaches(
                proposed, roads, inputs.boundary, inputs.in_force, fortnight=params
            )
            == []
        )


def test_an_advised_place_that_no_patrol_reaches_is_a_minimum_that_is_not_met(
    inputs: PlanningInputs,
) -> None:
    lost = inputs.unusable.assign(at_advised=inputs.unusable.index == 0)
    found = plan_nights(replace(inputs, unusable=lost), replace(FAST, advised_visits=1))
    row = found.visits.set_index("stop").loc[lost["stop"].iloc[0]]
    assert (row["visits"], row["quota"]) == (0, 1)


def test_one_seed_gives_one_fortnight(inputs: PlanningInputs) -> None:
    two = replace(FAST, nights=2, advised_visits=0)
    first, second = (plan_nights(inputs, two) for _ in range(2))
    assert [[s.routes for s in n] for n in first.nights] == [
        [s.routes for s in n] for n in second.nights
    ]


def test_a_usual_time_is_kept_where_it_is_preferred(inputs: PlanningInputs) -> None:
    def kept(share: float) -> float:
        visits = plan_nights(inputs, replace(FAST, usual_share=share)).visits
        return float((visits["visits"] * visits["at_usual_time"].fillna(0)).sum())

    assert kept(0.7) > kept(1.0)


def test_vehicles_take_turns_on_the_longest_routes() -> None:
    """Over the nights each drives half of a shift's driving, to the length of one route."""
    found = plan_nights(bundled_inputs(Params()), FAST)
    for of_nights in zip(*found.nights, strict=True):
        driven = np.array(
            [
                [shift.problem.driving_s(route) for route in shift.routes]
                for shift in of_nights
            ]
        )
        apart = np.abs(np.diff(driven.sum(axis=0))).max()
        assert apart <= np.abs(np.diff(driven)).max()
        assert len(set(driven.argmax(axis=1))) == 2


def test_loss_and_recovery(inputs: PlanningInputs) -> None:
    """A visit halves the need served; after two nights of recovery 1/e of the loss remains."""
    inputs = replace(
        inputs, params=replace(inputs.params, exploration=0.0, new_place=0.0)
    )
    found = plan_nights(
        inputs, replace(FAST, nights=2, advised_visits=0, usual_share=1.0)
    )
    first, second = found.nights[0]
    reach, need = inputs.reach, inputs.reach.need

    def loss(visited: list[int]) -> np.ndarray:
        return np.where(reach.reaches[visited].any(axis=0), 0.5, 0.0)

    after_one = 1 - loss(first.visited)
    prize = second.problem.prize
    possible = prize > 0
    np.testing.assert_allclose(
        prize[possible], (reach.reaches @ (need * after_one))[possible]
    )
    both = 1 - after_one * (1 - loss(second.visited))
    rested = need * (1 - both * np.exp(-1 / 2))
    third = found.nights[1][0].problem.prize
    np.testing.assert_allclose(third[third > 0], (reach.reaches @ rested)[third > 0])


def test_exploration_moves_on_to_places_not_yet_known(inputs: PlanningInputs) -> None:
    """Three visits make a place known: then others get their share of the stop time."""

    def explored(share: float) -> tuple[float, int]:
        exploring = replace(inputs, params=replace(inputs.params, exploration=share))
        params = replace(FAST, nights=6, advised_visits=0)
        found = plan_nights(exploring, params)
        visited = found.visits.set_index("stop")["visits"] > 0
        shares = [appraisal.shares(exploring, [shift]) for shift in found.shifts]
        return float(np.mean([share["explored_share"] for share in shares])), int(
            visited.sum()
        )

    some, few = explored(0.0)
    more, many = explored(0.6)
    assert more > some
    assert many > few


@pytest.fixture(scope="module")
def exploring() -> Fortnight:
    """Four nights of two vehicles that explore as much as they may."""
    inputs = bundled_inputs(Params(patrols=PatrolParams(exploration=0.5)))
    return plan_nights(inputs, FAST)


def test_exploring_buys_no_worthless_drives(exploring: Fortnight) -> None:
    """No visit where there is no need; every shift serves most of it; the shortfall is a figure."""
    inputs = exploring.inputs
    need = inputs.reach.by_stop["need"].to_numpy(float)
    assert (
        need[[stop for shift in exploring.shifts for stop in shift.visited]] > 0
    ).all()
    measured = pd.concat(
        [proposal_measures(inputs, night) for night in exploring.nights]
    )
    most = inputs.reach.of_all.sum()
    assert measured["need_share"].mean() >= 0.9 * most
    assert measured["need_share"].min() >= 0.8 * most
    assert measured["explored_share"].max() > 0
    short = 0.5 - measured["explored_share"]
    np.testing.assert_allclose(measured["exploration_short"], short.clip(lower=0))


def test_a_plan_that_explores_gives_up_little_of_the_need(
    inputs: PlanningInputs, monkeypatch: pytest.MonkeyPatch
) -> None:
    """At a price at which exploring would take most of it, the plan explores no more."""
    monkeypatch.setattr(night, "PRICES", (8.0,))

    def served(exploration: float) -> float:
        few = replace(inputs.params, exploration=exploration, iterations=60)
        few = replace(few, shifts=few.shifts[:1])
        [plan] = night.plan_night(replace(inputs, params=few))
        return float(inputs.reach.need[inputs.reach.served(plan.visited)].sum())

    assert served(1.0) >= 0.93 * served(0.0)
    monkeypatch.setattr(night, "EXPLORING", 0.0)
    monkeypatch.setattr(night._Night, "not_below", lambda _, routes: routes)
    assert served(1.0) < 0.6 * served(0.0)


@pytest.mark.parametrize(("most_km", "share"), [(110.0, 0.5), (1000.0, 0.4)])
def test_no_vehicle_drives_more_than_a_shift_may_have(
    inputs: PlanningInputs, most_km: float, share: float
) -> None:
    limited = replace(
        FAST, nights=2, advised_visits=0, most_km=most_km, most_driving_share=share
    )
    for shift in plan_nights(inputs, limited).shifts:
        for route, (start, end) in zip(
            shift.routes, shift.problem.vehicles, strict=True
        ):
            path = [DEPOT, *route, DEPOT]
            drives = path[:-1], path[1:]
            assert inputs.matrix.distance_m[drives].sum() <= 1000 * most_km
            assert shift.problem.travel_s[drives].sum() <= share * (
                end + buffer_s(shift.shift) - start
            )


def test_a_minimum_beyond_the_limits_is_refused_with_the_limit_that_would_do(
    inputs: PlanningInputs,
) -> None:
    near = replace(FAST, most_km=50.0)
    with pytest.raises(
        ProblemError, match=r"gate1_jarinje .* or fortnight\.most_km = (\d+)"
    ) as bad:
        plan_nights(inputs, near)
    enough = float(re.search(r"most_km = (\d+)", str(bad.value)).group(1))  # type: ignore[union-attr]
    found = plan_nights(
        inputs, replace(near, nights=2, advised_visits=1, most_km=enough)
    )
    assert found.visits.set_index("stop").loc["gate1_jarinje", "visits"] >= 1


def test_places_that_lie_behind_are_worth_more(inputs: PlanningInputs) -> None:
    """A quota of the market, which nothing else recommends, is met."""
    params = replace(
        FAST, nights=3, advised_visits=0, visits={"stop_market_mitrovica": 3}
    )
    visits = plan_nights(inputs, params).visits.set_index("stop")
    assert visits.loc["stop_market_mitrovica", "visits"] >= 3


def test_a_window_that_no_shift_meets_is_refused_as_in_one_night(
    inputs: PlanningInputs,
) -> None:
    missed = replace(
        inputs.params, windows=(StopWindow("gate1_jarinje", "12:00", "13:00"),)
    )
    with pytest.raises(ProblemError, match=r"gate1_jarinje.*can be met") as caught:
        plan_nights(replace(inputs, params=missed), FAST)
    moved = int(re.search(r"by (\d+) min", str(caught.value)).group(1))  # type: ignore[union-attr]
    assert moved < 12 * 60


def test_contradictory_quotas_are_named_with_the_smallest_change(
    inputs: PlanningInputs,
) -> None:
    with pytest.raises(
        ProblemError, match=r"only 8 shifts in 4 nights can visit it.*ask for 8"
    ):
        plan_nights(inputs, replace(FAST, visits={"bus_station_mitrovica": 9}))
    with pytest.raises(
        ProblemError, match=r"Smallest change: \d+ more vehicles, or \d+ min"
    ):
        everywhere = dict.fromkeys(inputs.stops["stop"].iloc[4:], 4)
        plan_nights(inputs, replace(FAST, visits=everywhere))
    with pytest.raises(
        ProblemError, match=r"crossing_brnjak \(far_from_road\), moon \(no cand"
    ):
        plan_nights(inputs, replace(FAST, visits={"moon": 1, "crossing_brnjak": 1}))


@pytest.mark.parametrize("exploration", [0.0, 1.0])
@pytest.mark.parametrize("seed", range(3))
def test_no_night_is_worth_less_than_a_greedy_one(
    inputs: PlanningInputs, exploration: float, seed: int
) -> None:
    """Neither exploring nor orders that hold take a night below; a few moves suffice."""
    params = replace(inputs.params, exploration=exploration, seed=seed)
    few = replace(FAST, iterations=1, advised_visits=0)
    found = plan_nights(replace(inputs, params=params), few)
    for number, planned in enumerate(found.nights, 1):
        measures = yardsticks(found.inputs, planned).assign(night=number)
        assert (held(measures)["over_greedy"] >= -1e-9).all()


def test_a_vehicle_drives_far_where_its_stops_are_worth_the_minutes(
    inputs: PlanningInputs,
) -> None:
    """A shorter longest drive costs more need than the exchange rate pays for its minutes."""
    [planned] = night.plan_night(replace(inputs, params=one_shift(inputs)))
    problem = planned.problem
    drives_s = [problem.driving_s(route, v) for v, route in enumerate(planned.routes)]
    longest = max(drives_s)
    served = inputs.reach.cover_of_all.served(planned.routes)
    for share in (0.9, 0.8, 0.7, 0.6, 0.5):
        limit = Limit(problem.travel_s, int(share * longest))
        shorter = replace(problem, limits=(*problem.limits, limit))
        routes = solve(shorter, iterations=100, seed=1)
        lost = served - inputs.reach.cover_of_all.served(routes)
        driven = [problem.driving_s(route, v) for v, route in enumerate(routes)]
        saved_min = (longest - max(driven)) / 60
        assert 100 * lost * inputs.params.percent_min >= saved_min


def one_shift(inputs: PlanningInputs) -> PatrolParams:
    """Return the parameters of a night with two vehicles in its first shift, without exploring."""
    first = inputs.params.shifts[:1]
    return replace(inputs.params, vehicles=2, shifts=first, exploration=0.0)
