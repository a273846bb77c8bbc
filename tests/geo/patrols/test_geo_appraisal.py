"""Measures of plans, yardsticks, robustness and trade-off."""

from __future__ import annotations

from dataclasses import replace

import numpy as np
import pandas as pd
import pytest
from problems.small_problems import line, own_needs
from studies.bundled_region import bundled_inputs

from geo.params import Params, PatrolParams, Shift
from geo.patrols import appraisal
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import plan_night
from geo.patrols.reach import Reach
from geo.patrols.timetable import PlannedShift, timetables
from geo.schema import NEED_PARTS, PLANS

PARAMS = PatrolParams(iterations=60)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return bundled_inputs(Params(patrols=PARAMS))


@pytest.fixture(scope="module")
def planned(inputs: PlanningInputs) -> list[PlannedShift]:
    return plan_night(inputs)


def test_minutes_and_kilometres_are_those_of_the_timetable(
    inputs: PlanningInputs, planned: list[PlannedShift]
) -> None:
    made = appraisal.measures(inputs, planned).set_index("shift")
    table = timetables(inputs, planned).stops
    for shift, rows in table.groupby("shift"):
        at_stops_s = rows[["service_s", "walk_s"]].sum().sum()
        assert made.loc[shift, "stopping_min"] * 60 == pytest.approx(at_stops_s)
        assert made.loc[shift, "driving_min"] * 60 == pytest.approx(
            rows["drive_s"].sum()
        )
        assert made.loc[shift, "driven_km"] * 1000 == pytest.approx(
            rows["drive_m"].sum()
        )
    assert made.loc["evening", "advised_share"] == 1.0


def test_the_proposed_night_is_worth_most(
    inputs: PlanningInputs, planned: list[PlannedShift]
) -> None:
    found = appraisal.yardsticks(inputs, planned)
    assert found["plan"].tolist() == [*PLANS] * 3
    assert (
        found["shift"].fillna("").tolist()
        == ["evening"] * 3 + ["early_morning"] * 3 + [""] * 3
    )
    whole = found[found["shift"].isna()].set_index("plan")
    assert (
        whole.loc["proposed", "worth_share"]
        >= whole.loc["greedy", "worth_share"] - 1e-9
    )
    assert whole.loc["proposed", "worth_share"] > whole.loc["round_trip", "worth_share"]
    assert whole["worth_share"].between(0, 1).all()
    ours = found[found["plan"] == "proposed"]
    assert (ours["need_low"] < ours["need_high"]).all()
    minutes = found[found["shift"].notna()].groupby("plan")["driving_min"].sum()
    assert minutes.to_dict() == pytest.approx(whole["driving_min"].to_dict())


def test_the_round_trip_goes_to_the_nearest_in_turn() -> None:
    problem = line(100, 50, -60, prize=[1, 1, 1], service=10, shift=(0, 10_000))
    assert appraisal.round_trip(problem) == ((2, 1, 3),)
    assert appraisal.round_trip(replace(problem, vehicles=((0, 250),))) == ((2, 1),)


def small_inputs(
    inputs: PlanningInputs, reaches: list[list[int]], need: list[float]
) -> PlanningInputs:
    """Return the inputs with another need, for stops that a problem of its own numbers."""
    parts = pd.DataFrame(0.0, index=range(len(need)), columns=list(NEED_PARTS))
    parts["advised"] = need
    table = np.array(reaches, dtype=bool)
    none = np.zeros(len(table), dtype=np.int64)
    holds = pd.DataFrame(False, index=range(len(table)), columns=list(NEED_PARTS))
    nowhere = np.zeros((len(table), 0), dtype=bool)
    reach = Reach(
        table,
        parts,
        holds,
        nowhere,
        none.astype(bool),
        none,
        parts.sum(),
        np.array(need),
    )
    return replace(inputs, reach=reach)


def test_robustness_by_hand(inputs: PlanningInputs) -> None:
    """Slack of 10 % of the drive: the far stop is lost when travel is slower than that."""
    problem = line(100, 200, prize=[0.5, 0.5], shift=(0, 440))
    problem = replace(problem, cover=own_needs(problem.prize))
    evening = Shift("evening", "18:00", "23:00", buffer_min=0)
    shift = PlannedShift(evening, problem, ((1, 2),), np.ones(3))
    of_two = small_inputs(inputs, [[0, 0], [1, 0], [0, 1]], [0.5, 0.5])
    found = appraisal.robustness(of_two, [shift], seed=1, draws=300)
    assert len(found) == 300
    assert found["travel"].between(0.7, 1.3).all()
    late = found["travel"] > 1.1
    assert (found.loc[~late, "kept"] == 1).all()
    assert (found.loc[late, "kept"] == 0.5).all()
    np.testing.assert_allclose(found.loc[~late, "need"], 1)
    assert found.loc[late, "need"].between(0.7 / 2, 1.3 / 2).all()
    assert found.equals(appraisal.robustness(of_two, [shift], seed=1, draws=300))


def test_no_variation_changes_nothing(
    inputs: PlanningInputs, planned: list[PlannedShift], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(appraisal, "VARIATION", 0.0)
    found = appraisal.robustness(inputs, planned, seed=0, draws=2)
    assert found["kept"].tolist() == [1.0, 1.0]


def test_an_hour_more_is_never_worth_less(inputs: PlanningInputs) -> None:
    """By what the search makes most of, where what a second shift repeats counts in part."""
    one = replace(inputs.params, vehicles=1, exploration=0.0)
    few = replace(inputs, params=one)
    later = tuple(
        replace(shift, end=end)
        for shift, end in zip(one.shifts, ("00:00", "09:00"), strict=True)
    )
    longer = replace(few, params=replace(one, shifts=later))
    short = plan_night(few)
    assert worth(longer, plan_night(longer, start=short)) > worth(few, short)


def worth(inputs: PlanningInputs, night: list[PlannedShift]) -> float:
    rows = appraisal.yardsticks(inputs, night)
    proposed = rows[rows["shift"].isna() & (rows["plan"] == "proposed")]
    return float(proposed["worth_share"].iloc[0])


def test_more_vehicles_and_hours_never_serve_less(
    inputs: PlanningInputs, planned: list[PlannedShift]
) -> None:
    found = appraisal.trade_off(inputs, planned, more=((-1, 0.0), (-1, 1.0), (0, 1.0)))
    assert found["vehicles"].tolist() == [2, 1, 1, 2]
    now, fewer, longer, more = found["need_share"]
    assert longer <= more + 1e-9
    assert fewer < now <= more + 1e-9
    assert found["need_share"].between(0, 1).all()
