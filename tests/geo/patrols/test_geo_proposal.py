"""What is left out says why, and the change that it names does admit it when planned again."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from studies.bundled_region import bundled_inputs

from geo.params import FortnightParams, Params, PatrolParams, Shift
from geo.patrols import appraisal
from geo.patrols.clock import hhmm, shift_span_s
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import plan_night
from geo.patrols.nights import plan_nights
from geo.patrols.proposal import SERVED, propose, stops_left_out
from geo.patrols.timetable import PlannedShift

SHIFTS = (Shift("evening", "18:00", "22:00"), Shift("early_morning", "03:30", "07:00"))


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return bundled_inputs(Params(patrols=PatrolParams(iterations=40, shifts=SHIFTS)))


@pytest.fixture(scope="module")
def planned(inputs: PlanningInputs) -> list[PlannedShift]:
    return plan_night(inputs)


@pytest.fixture(scope="module")
def found(inputs: PlanningInputs, planned: list[PlannedShift]) -> pd.DataFrame:
    return stops_left_out(inputs, planned)


def test_a_proposal_is_the_same_in_any_number_of_threads(
    inputs: PlanningInputs, found: pd.DataFrame, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("os.cpu_count", lambda: 1)
    one_thread = propose(inputs)
    pd.testing.assert_frame_equal(one_thread.left_out, found)
    monkeypatch.setattr("os.cpu_count", lambda: 3)
    three = propose(inputs)
    for table in ("stops", "legs", "measures", "left_out", "trade_off"):
        pd.testing.assert_frame_equal(getattr(three, table), getattr(one_thread, table))


def names(inputs: PlanningInputs, night: list[PlannedShift]) -> list[str]:
    stops = [stop for shift in night for stop in shift.visited]
    return inputs.stops["stop"].iloc[stops].tolist()


def changed(inputs: PlanningInputs, row: dict) -> PlanningInputs:
    """Return the inputs with the change that a row names."""
    params = inputs.params
    if row["admits"] == "vehicle":
        return replace(inputs, params=replace(params, vehicles=params.vehicles + 1))
    if row["admits"] == "window":
        others = tuple(w for w in inputs.opening if w.stop != row["stop"])
        return replace(inputs, opening=others)
    longer = [
        replace(s, end=hhmm(shift_span_s(s)[1] + 60 * row["admit_min"]))
        if s.name == row["admit_shift"]
        else s
        for s in params.shifts
    ]
    return replace(inputs, params=replace(params, shifts=tuple(longer)))


def test_every_stop_left_out_has_a_change_that_a_plan_made_again_confirms(
    inputs: PlanningInputs, planned: list[PlannedShift], found: pd.DataFrame
) -> None:
    assert found["admits"].notna().all()
    named = found[found["admits"] != "nothing"]
    assert {"longer_shift", "vehicle"} <= set(named["admits"])
    before = appraisal.shares(inputs, planned)["need_share"]
    of_plan = {*names(inputs, planned)}
    for row in named.drop_duplicates(["admits", "admit_shift"]).to_dict("records"):
        other = changed(inputs, row)
        night = plan_night(other, start=planned)
        then = {*names(inputs, night)}
        assert row["stop"] in then
        after = appraisal.shares(other, night)["need_share"]
        assert row["admit_need"] == pytest.approx(after - before)
        assert {*row["admit_drops"].split(", ")} - {""} == of_plan - then


def test_a_small_change_never_costs_much_need(found: pd.DataFrame) -> None:
    """A night that allows more is planned from the one that allows less."""
    assert found["admit_need"].min() > -0.01


def test_served_nearby_means_nine_tenths_and_names_the_nearest_stop_and_the_shift(
    inputs: PlanningInputs, planned: list[PlannedShift], found: pd.DataFrame
) -> None:
    number = {stop: k for k, stop in enumerate(inputs.stops["stop"])}
    by_name = {shift.name: shift for shift in planned}
    reach, points = inputs.reach, inputs.stops.geometry
    served = found[found["reason"] == "served_nearby"]
    assert len(served)
    for row in served.to_dict("records"):
        stop, shift = number[row["stop"]], by_name[row["served_shift"]]
        need = np.where(reach.reaches[stop], reach.need, 0)
        assert need[reach.served(shift.visited)].sum() >= SERVED * need.sum()
        serving = [s for s in shift.visited if need[reach.reaches[s]].sum() > 0]
        apart = {s: points.iloc[s].distance(points.iloc[stop]) for s in serving}
        assert number[row["served_at"]] == min(apart, key=apart.__getitem__)
    assert (
        found.loc[
            ~found["reason"].isin(["served_nearby", "beside_another"]), "served_at"
        ]
        .isna()
        .all()
    )


def test_a_stop_that_is_closed_all_night_says_so(found: pd.DataFrame) -> None:
    reasons = found.set_index("stop")["reason"]
    assert reasons["stop_community_socanica"] == "outside_window"


def test_of_several_nights_a_minimum_admits_a_stop(inputs: PlanningInputs) -> None:
    params = FortnightParams(nights=3, iterations=20, advised_visits=0)
    few = plan_nights(inputs, params)
    lost = stops_left_out(few.inputs, few.shifts)
    stops = lost.loc[lost["admits"] == "minimum", "stop"].tolist()
    assert len(stops) > 5
    again = plan_nights(inputs, replace(params, visits=dict.fromkeys(stops[:6], 1)))
    visits = again.visits.set_index("stop")["visits"]
    assert (visits[stops[:6]] >= 1).all()
