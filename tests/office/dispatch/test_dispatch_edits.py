"""Edited timetables: timed as the planner would, every breach named, every cost told."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studies.bundled_region import bundled_inputs

from geo.params import Params, PatrolParams, Shift
from geo.params.patrols import StopWindow
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import plan_night
from geo.patrols.stops import StopError
from geo.patrols.timetable import timetables
from mitrovica.dispatch import edits

WITH_BREAK = Shift(
    "evening", "18:00", "23:00", break_min=30, break_from="20:00", break_to="21:30"
)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    windows = (StopWindow("station_zvecan", "20:00", "22:00"),)
    params = PatrolParams(iterations=40, shifts=(WITH_BREAK,), windows=windows)
    return bundled_inputs(Params(patrols=params))


@pytest.fixture(scope="module")
def plan(inputs: PlanningInputs) -> pd.DataFrame:
    return timetables(inputs, plan_night(inputs)).stops.assign(night=1)


def served(plan: pd.DataFrame, vehicle: int) -> pd.DataFrame:
    return plan[(plan["vehicle"] == vehicle) & (plan["service_s"] > 0)]


def test_a_plan_that_nobody_edited_is_timed_as_it_was(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    found = edits.weigh(
        inputs, plan.drop(columns=["arrival_s", "departure_s", "order"])
    )
    assert found.faults == []
    assert (plan["kind"] == "break").any()
    assert edits.times_not_kept(plan, pd.DataFrame(plan), found.patrols.stops) == []
    columns = [
        "vehicle",
        "order",
        "stop",
        "kind",
        "arrival_s",
        "departure_s",
        "drive_m",
        "prize",
    ]
    pd.testing.assert_frame_equal(
        pd.DataFrame(found.patrols.stops[columns]), pd.DataFrame(plan[columns])
    )
    everywhere = inputs.stops.index[inputs.stops["stop"].isin(plan["stop"])].tolist()
    reached = inputs.reach.reaches[everywhere].any(axis=0)
    assert found.need_share == pytest.approx(inputs.reach.of_all[reached].sum())


def test_a_stop_taken_out_makes_the_rest_earlier_and_serves_less(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    before = edits.weigh(inputs, plan)
    most = served(plan, 1)["prize"].astype(float).idxmax()
    after = edits.weigh(inputs, plan.drop(index=most))
    assert after.need_share < before.need_share
    assert after.measures["stops"].sum() == before.measures["stops"].sum() - 1
    ends = [
        e.patrols.stops.query("vehicle == 1")["arrival_s"].max()
        for e in (before, after)
    ]
    assert ends[1] < ends[0]


def test_every_rule_that_an_edit_breaks_is_named(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    one, two = served(plan, 1), served(plan, 2)
    windowed = pd.DataFrame([{**two.iloc[0], "stop": "station_zvecan"}])
    far = one.assign(vehicle=2)
    cases = {
        "visited_twice": pd.concat([plan, two.iloc[:1].assign(vehicle=1)]),
        "back_late": pd.concat([plan[plan["vehicle"] == 2], far]),
        "number_of_breaks": plan[plan["kind"] != "break"],
        "too_many_vehicles": pd.concat([plan, two.assign(vehicle=3)]),
        "outside_windows": pd.concat(
            [plan[plan["stop"] != "station_zvecan"], windowed]
        ),
    }
    for kind, rows in cases.items():
        found = edits.weigh(inputs, rows).faults
        assert kind in {fault.kind for fault in found}, found


def test_nobody_waits_for_a_window_of_the_next_morning(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    """A stop that the patrol reaches too late is closed; the stops after it are not hours later."""
    windows = (StopWindow("station_zvecan", "07:00", "18:01"),)
    day = replace(inputs, params=replace(inputs.params, windows=windows))
    rest = plan[(plan["stop"] != "station_zvecan") & (plan["vehicle"] == 2)]
    late = pd.DataFrame([{**served(plan, 2).iloc[0], "stop": "station_zvecan"}])
    found = edits.weigh(day, pd.concat([rest.iloc[:3], late, rest.iloc[3:]]))
    closed = [one for one in found.faults if one.kind == "outside_windows"]
    assert "station_zvecan" in {fault.values["stop"] for fault in closed}
    assert found.patrols.stops["arrival_s"].max() < 26 * 3600


def test_a_break_counts_after_the_stop_that_it_stands_below(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    mine = plan[plan["vehicle"] == 1]
    pause = mine[mine["kind"] == "break"]
    others = mine[mine["kind"] != "break"]
    first = pd.concat(
        [others.iloc[:2], pause, others.iloc[2:], plan[plan["vehicle"] == 2]]
    )
    found = edits.weigh(inputs, first).patrols.stops.query(
        "vehicle == 1 and kind == 'break'"
    )
    assert found["order"].tolist() == [1]
    assert found["arrival_s"].item() == max(
        int(others["departure_s"].iloc[1]), 20 * 3600
    )


def test_a_random_order_is_timed_by_adding_up(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    """Without windows and breaks every arrival is the sum of drives and services before it."""
    params = replace(
        inputs.params, windows=(), shifts=(replace(WITH_BREAK, break_min=0),)
    )
    free = replace(inputs, params=params, opening=())
    rng = np.random.default_rng(4)
    number = {stop: n for n, stop in enumerate(inputs.stops["stop"])}
    seconds = np.round(inputs.matrix.time_s).astype(int)
    for _ in range(5):
        rows = plan[plan["service_s"] > 0].sample(frac=0.7, random_state=rng)
        found = edits.weigh(free, rows).patrols.stops
        for vehicle, own in found.groupby("vehicle"):
            order = [number[s] for s in rows.loc[rows["vehicle"] == vehicle, "stop"]]
            drives = seconds[[0, *order], [*order, 0]]
            services = inputs.stops["service_s"].to_numpy()[order]
            arrivals = (
                18 * 3600
                + np.cumsum(drives)
                + np.concatenate([[0], np.cumsum(services)])
            )
            assert own["arrival_s"].tolist()[1:] == arrivals.tolist()


def test_what_no_plan_can_hold_is_refused(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    for change, message in (
        (
            {"stop": "gate1_jarinja"},
            "the stop gate1_jarinja, .*Did you mean gate1_jarinje",
        ),
        ({"shift": "noon"}, "the shift noon"),
        ({"night": 2}, "the plan has 2 nights"),
        ({"kind": "break"}, "vehicle 1 of evening has 2 breaks, the shift has 1"),
    ):
        rows = pd.concat([plan, plan.iloc[1:2].assign(**change)])
        with pytest.raises(StopError, match=message):
            edits.weigh(inputs, rows)


def routes_of(plan: pd.DataFrame) -> dict[tuple[str, int], list[str]]:
    return {
        ("evening", vehicle): served(plan, vehicle)["stop"].tolist()
        for vehicle in (1, 2)
    }


def test_the_stops_of_a_plan_alone_give_its_times_and_its_breaks(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    rows = edits.rows_of(inputs, routes_of(plan))
    found = edits.weigh(inputs, rows)
    assert found.faults == []
    columns = ["vehicle", "stop", "kind", "arrival_s", "departure_s"]
    pd.testing.assert_frame_equal(
        pd.DataFrame(found.patrols.stops[columns]), pd.DataFrame(plan[columns])
    )


def test_a_route_that_does_not_fit_its_shift_still_has_its_break(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    """At the first stop that ends when the break may begin; else at the last."""
    first, second = routes_of(plan).values()
    every = [*first, *(stop for stop in second if stop not in first)]
    rows = edits.rows_of(inputs, {("evening", 1): every})
    found = edits.weigh(inputs, rows)
    assert "back_late" in {fault.kind for fault in found.faults}
    stops = found.patrols.stops
    [pause] = stops[stops["kind"] == "break"].to_dict("records")
    visits = stops[(stops["service_s"] > 0)]
    late = visits[visits["departure_s"] >= 20 * 3600]
    assert pause["order"] == late["order"].iloc[0]
    # One that is over before then takes it at its last stop.
    rows = edits.rows_of(inputs, {("evening", 1): first[:1]})
    assert rows["kind"].tolist() == ["", "break"]


def test_a_shift_that_nobody_drives_is_weighed(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    weighed = edits.weigh(inputs, edits.rows_of(inputs, {}))
    assert weighed.need_share == 0
    assert weighed.patrols.stops.empty


def test_a_stop_more_stands_where_it_costs_the_least_driving(
    inputs: PlanningInputs, plan: pd.DataFrame
) -> None:
    """Against every other place, weighed."""
    route = routes_of(plan)["evening", 1][:3]
    rows = edits.rows_of(inputs, {("evening", 1): route})
    gains = edits.gains(inputs, rows)
    assert gains.is_monotonic_decreasing
    assert not set(gains.index) & {*route, inputs.params.depot}
    for stop in gains.index[:3]:
        place = edits.with_stop(inputs, ("evening", 1), route, stop)
        driven = []
        for other in range(len(route) + 1):
            longer = [*route[:other], stop, *route[other:]]
            found = edits.weigh(inputs, edits.rows_of(inputs, {("evening", 1): longer}))
            late = bool(found.faults)
            driven.append((late, found.measures["driving_min"].sum()))
            need = found.need_share
        assert driven[place] == min(driven)
        served_before = edits.weigh(inputs, rows).need_share
        assert need - served_before == pytest.approx(gains[stop])
    with pytest.raises(StopError, match="no_such"):
        edits.with_stop(inputs, ("evening", 1), route, "no_such")
