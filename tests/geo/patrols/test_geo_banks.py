"""Vehicles that keep to one bank of the river."""

from __future__ import annotations

from dataclasses import replace

import pytest
from studies.bundled_region import bundled_inputs
from studies.example import STUDY

from geo.params import Params, PatrolParams
from geo.patrols.appraisal import shares
from geo.patrols.audit import breaches
from geo.patrols.banks import plan_by_bank, vehicles_by_bank
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import plan_night
from geo.patrols.timetable import timetables
from geo.routing.problem import ProblemError

BANKS = STUDY.settings.banks


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return bundled_inputs(Params(patrols=PatrolParams(iterations=20)))


def test_no_vehicle_crosses_and_every_rule_is_kept(
    inputs: PlanningInputs,
) -> None:
    planned = plan_by_bank(inputs, BANKS)
    vehicles = vehicles_by_bank(inputs, BANKS)
    night = timetables(inputs, planned)
    visits = night.stops[night.stops["service_s"] > 0]
    for bank, own in vehicles.items():
        stops = visits.loc[visits["vehicle"].isin(own), "stop"]
        assert len(stops)
        assert set(stops) <= set(BANKS[bank])
    drive = inputs.matrix.drive
    assert breaches(night, drive, inputs.boundary, inputs.in_force) == []


def test_it_serves_no_more_than_the_plan_that_is_free(
    inputs: PlanningInputs,
) -> None:
    free = shares(inputs, plan_night(inputs))["need_share"]
    kept = shares(inputs, plan_by_bank(inputs, BANKS))["need_share"]
    assert 0.5 * free < kept <= free + 1e-3


@pytest.mark.parametrize("number", [2, 3, 5])
def test_each_bank_has_a_vehicle_and_all_are_given_out(
    inputs: PlanningInputs, number: int
) -> None:
    many = replace(inputs, params=replace(inputs.params, vehicles=number))
    found = vehicles_by_bank(many, BANKS)
    assert sorted(v for own in found.values() for v in own) == [
        *range(1, number + 1)
    ]
    assert all(found.values())


def test_one_vehicle_cannot_keep_to_two_banks(inputs: PlanningInputs) -> None:
    one = replace(inputs, params=replace(inputs.params, vehicles=1))
    with pytest.raises(ProblemError, match="vehicles = 2"):
        plan_by_bank(one, BANKS)
