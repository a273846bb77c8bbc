"""Nights of a plan: numbered, dated, several as one set of tables."""

from __future__ import annotations

from dataclasses import replace
from datetime import date

import pandas as pd
import pytest
from studies.bundled_region import bundled_inputs, bundled_region

from geo.params import FortnightParams, Params, PatrolParams, Shift
from geo.patrols import nights
from geo.patrols.audit import PlanError, breaches
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import plan_night
from geo.patrols.proposal import propose_several
from geo.patrols.timetable import timetables
from geo.results import Patrols

NOVEMBER = date(2026, 11, 29)
THREE = FortnightParams(nights=3, iterations=20, advised_visits=1)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    params = PatrolParams(
        vehicles=1, shifts=(Shift("evening", "18:00", "22:00"),), date=NOVEMBER
    )
    return bundled_inputs(Params(patrols=params))


@pytest.fixture(scope="module")
def three(inputs: PlanningInputs) -> Patrols:
    return propose_several(inputs, THREE)


def test_a_night_has_its_number_and_its_date(inputs: PlanningInputs) -> None:
    planned = plan_night(inputs)
    third = timetables(inputs, planned, 3)
    for table in (third.stops, third.legs):
        assert set(table["night"]) == {3}
        assert set(table["date"]) == {"2026-12-01"}
    assert third.stops.crs == inputs.stops.crs
    undated = timetables(
        replace(inputs, params=replace(inputs.params, date=None)), planned
    ).stops
    assert undated[["date", "starts_at"]].isna().all(axis=None)
    assert undated["night"].dtype == "Int64"


def test_several_nights_are_one_set_of_tables(three: Patrols) -> None:
    assert [d.isoformat() for d, _ in nights.by_night(three.stops) if d] == [
        "2026-11-29", "2026-11-30", "2026-12-01",
    ]  # fmt: skip
    served = three.stops[three.stops["service_s"] > 0]
    counted = served.groupby("stop").size()
    visits = three.visits.set_index("stop")["visits"]
    assert visits[visits > 0].to_dict() == counted.to_dict()
    assert set(three.left_out["stop"]).isdisjoint(counted.index)
    assert set(three.measures["night"]) == {1, 2, 3}
    made = three.measures[
        (three.measures["plan"] == "proposed") & three.measures["shift"].notna()
    ]
    stopping = made.set_index("night")["stopping_min"]
    at_stops_s = served["service_s"] + served["walk_s"]
    found = at_stops_s.groupby(served["night"]).sum() / 60
    assert found.to_dict() == pytest.approx(stopping.to_dict())


def test_every_night_can_be_taken_out_and_keeps_the_rules(
    inputs: PlanningInputs, three: Patrols
) -> None:
    parts = [nights.night_of(three, n) for n in (1, 2, 3)]
    assert sum(len(part.stops) for part in parts) == len(three.stops)
    pd.testing.assert_frame_equal(
        pd.concat([part.legs for part in parts], ignore_index=True).drop(
            columns="geometry"
        ),
        three.legs.drop(columns="geometry"),
    )
    for part in parts:
        roads = inputs.matrix.drive
        outline = bundled_region().boundary
        assert breaches(part, roads, outline, inputs.in_force, fortnight=THREE) == []


def test_a_night_that_breaks_a_rule_is_refused(inputs: PlanningInputs) -> None:
    elsewhere = bundled_region().boundary.translate(500_000).to_frame("geometry")
    with pytest.raises(PlanError, match="night 1 breaks these rules"):
        propose_several(
            replace(inputs, boundary=elsewhere),
            FortnightParams(nights=1, iterations=20, advised_visits=0),
        )


def test_nights_without_a_date_have_none(inputs: PlanningInputs) -> None:
    undated = replace(inputs, params=replace(inputs.params, date=None))
    params = FortnightParams(nights=1, iterations=20, advised_visits=0)
    made = propose_several(undated, params)
    assert [day for day, _ in nights.by_night(made.stops)] == [None]
