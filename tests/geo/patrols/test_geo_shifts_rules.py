"""What a dispatcher expects of a plan: slack, opening hours, places that differ, rest, the sun."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import pairwise

import numpy as np
import pandas as pd
import pytest
from studies.bundled_region import bundled_inputs

from geo.params import FortnightParams, Params, PatrolParams, Shift
from geo.params.patrols import Hours, StopWindow
from geo.patrols import appraisal, audit
from geo.patrols.audit import breaches
from geo.patrols.clock import ShiftError, by_the_clock, crews_needed, vehicle_spans_s
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import plan_night
from geo.patrols.nights import plan_nights
from geo.patrols.timetable import PlannedShift, timetables

FAST = PatrolParams(iterations=40)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return bundled_inputs(Params(patrols=FAST))


@pytest.fixture(scope="module")
def planned(inputs: PlanningInputs) -> list[PlannedShift]:
    return plan_night(inputs)


def test_plans_are_back_before_the_buffer(
    inputs: PlanningInputs, planned: list[PlannedShift]
) -> None:
    for shift, (_, end) in zip(planned, ((0, 82_800), (0, 115_200)), strict=True):
        for vehicle, route in enumerate(shift.routes):
            assert shift.problem.times(vehicle, route)[-1].arrival_s <= end - 300
    later = tuple(replace(s, buffer_min=90.0) for s in inputs.params.shifts)
    wide = replace(inputs, params=replace(inputs.params, shifts=later))
    tables = timetables(inputs, planned)
    found = breaches(tables, inputs.matrix.drive, inputs.boundary, wide.in_force)
    assert {fault.kind for fault in found} == {"back_late"}


def test_a_late_start_costs_what_no_longer_fits(
    inputs: PlanningInputs, planned: list[PlannedShift]
) -> None:
    made = appraisal.yardsticks(inputs, planned)
    ours = made[made["plan"] == "proposed"]
    assert (ours["need_late"] <= ours["need_share"] + 1e-9).all()
    assert (ours["need_late"] < ours["need_share"] - 1e-6).any()
    assert ours["need_late"].min() > 0.5
    assert made.loc[made["plan"] != "proposed", "need_late"].isna().all()


def test_limits_of_driving_are_checked(
    inputs: PlanningInputs, planned: list[PlannedShift]
) -> None:
    strict = FortnightParams(most_km=1.0, most_driving_share=0.01)
    found = breaches(
        timetables(inputs, planned), inputs.matrix.drive, inputs.boundary, inputs.in_force,
        fortnight=strict,
    )  # fmt: skip
    kinds = [fault.kind for fault in found]
    assert sorted(kinds) == ["too_far"] * 4 + ["too_much_driving"] * 4
    assert {fault.values.get("most_km", 1.0) for fault in found} == {1.0}


@pytest.mark.parametrize(("over", "faults"), [(0.0, 0), (1.0, 1)])
def test_as_far_and_as_long_as_the_limits_is_no_breach(
    over: float, faults: int
) -> None:
    rows = pd.DataFrame(
        {"drive_m": [60_000.0, 40_000.0 + over], "drive_s": [3600, 3600 + over]}
    )
    limits = FortnightParams(most_km=100.0, most_driving_share=0.5)
    shift = Shift(name="evening", start="18:00", end="22:00")
    found = list(audit._driving(rows, shift, limits))
    assert len(found) == 2 * faults


def test_a_stop_is_served_while_its_kind_is_open_unless_it_has_windows_of_its_own(
    inputs: PlanningInputs, planned: list[PlannedShift]
) -> None:
    tables = timetables(inputs, planned).stops
    kinds = inputs.stops.set_index("stop")["amenity"].fillna("")
    closes = {"clinic": 20, "marketplace": 20, "pharmacy": 20, "place_of_worship": 22}
    opens = {"clinic": 7, "marketplace": 7, "pharmacy": 8, "place_of_worship": 5}
    seen = set()
    for row in tables[tables["service_s"] > 0].to_dict("records"):
        kind = kinds[row["stop"]]
        assert kind not in ("townhall", "community_centre", "post_office")
        if kind in closes:
            seen.add(kind)
            begin = (row["departure_s"] - row["service_s"]) % 86_400
            assert opens[kind] * 3600 <= begin <= closes[kind] * 3600 - row["service_s"]
    assert seen
    own = replace(
        inputs.params,
        windows=(StopWindow("stop_community_socanica", "18:00", "22:00"),),
    )
    of_stop = [
        w for w in replace(inputs, params=own).windows if w.stop.endswith("y_socanica")
    ]
    assert [w.start for w in of_stop] == ["18:00"]


def test_hours_of_a_kind_can_be_changed() -> None:
    changed = PatrolParams(hours={"townhall": {"start": "00:00", "end": "00:00"}})
    assert changed.hours["townhall"] == Hours("00:00", "00:00")
    assert changed.hours["clinic"] == PatrolParams().hours["clinic"]
    always = bundled_inputs(Params(patrols=replace(FAST, hours=changed.hours)))
    assert not any(window.stop.startswith("stop_townhall") for window in always.opening)


def test_two_stops_beside_each_other_are_not_both_served_for_little(
    inputs: PlanningInputs, planned: list[PlannedShift]
) -> None:
    reach, points = inputs.reach, np.asarray(inputs.stops.geometry.values)
    for shift in planned:
        for stop in shift.visited:
            others = [
                s
                for s in shift.visited
                if s != stop
                and points[s].distance(points[stop]) < inputs.params.same_stop_m
            ]
            if others and not reach.advised[stop]:
                adds = reach.need[reach.reaches[stop] & ~reach.served(others)].sum()
                first = any(
                    reach.by_stop["need"][stop] >= reach.by_stop["need"][s]
                    for s in others
                )
                assert adds >= inputs.params.beside_need or first


def test_a_night_spreads_over_places(inputs: PlanningInputs) -> None:
    def places(new_place: float) -> int:
        night = plan_night(
            replace(inputs, params=replace(inputs.params, new_place=new_place))
        )
        return len({stop for shift in night for stop in shift.visited})

    assert places(PatrolParams.new_place) > places(0.0)


def test_vehicles_keep_hours_of_their_own() -> None:
    shift = Shift("evening", "18:00", "23:00", vehicles=({"start": "18:00", "end": "21:00"},
                  {"start": "20:00", "end": "23:00"}))  # fmt: skip
    assert vehicle_spans_s(shift, 5) == ((64_800, 75_300), (72_000, 82_500))
    params = replace(FAST, shifts=(shift,))
    inputs = bundled_inputs(Params(patrols=params))
    (evening,) = plan_night(inputs)
    assert all(evening.routes)
    tables = timetables(inputs, [evening])
    assert breaches(tables, inputs.matrix.drive, inputs.boundary, inputs.in_force) == []
    early = tables.stops.assign(arrival_s=tables.stops["arrival_s"])
    swapped = replace(tables, stops=early.assign(vehicle=3 - early["vehicle"]),
                      legs=tables.legs.assign(vehicle=3 - tables.legs["vehicle"]))  # fmt: skip
    found = breaches(swapped, inputs.matrix.drive, inputs.boundary, inputs.in_force)
    assert "leaves_early" in {fault.kind for fault in found}
    with pytest.raises(ValueError, match="hours for 2 vehicles, there are 1"):
        PatrolParams(shifts=(shift,), vehicles=1)
    outside = Shift(
        "evening", "18:00", "23:00", vehicles=({"start": "18:00", "end": "23:30"},)
    )
    with pytest.raises(ShiftError, match="hours within those of the shift"):
        by_the_clock(PatrolParams(shifts=(outside,)), 20.9, 42.9)


def test_a_crew_rests_between_two_shifts() -> None:
    """Two nights of two shifts, one vehicle: 4.5 h between them, and 19 h to the next evening."""
    rows = [
        {
            "night": night,
            "shift": shift,
            "vehicle": 1,
            "departure_s": start,
            "arrival_s": end,
        }
        for night in (1, 2)
        for shift, start, end in (
            ("evening", 64_800, 82_800),
            ("dawn", 99_000, 115_200),
        )
    ]
    stops = pd.DataFrame(rows)
    assert crews_needed(stops, 12.0) == 2
    assert crews_needed(stops, 0.0) == 1
    assert crews_needed(stops, 24.0) == 3


def test_each_of_several_nights_has_its_own_sunset() -> None:
    shifts = (Shift("dusk", "sunset", "sunset+04:00"),)
    params = replace(
        FAST, vehicles=1, shifts=shifts, date=date(2026, 9, 1), iterations=10
    )
    inputs = bundled_inputs(Params(patrols=params))
    found = plan_nights(
        inputs, FortnightParams(nights=8, iterations=10, advised_visits=0)
    )
    starts = [night[0].problem.vehicles[0][0] for night in found.nights]
    assert all(a > b for a, b in pairwise(starts))
    # In September the sun sets some 100 s earlier a day there.
    assert 7 * 60 < starts[0] - starts[-1] < 7 * 150


def test_a_stop_keeps_its_hour_within_sixty_minutes(inputs: PlanningInputs) -> None:
    found = plan_nights(
        inputs, FortnightParams(nights=4, iterations=20, advised_visits=2)
    )
    rows = [
        (shift.name, visit.stop, visit.begin_s)
        for shift in found.shifts
        for *_, visit in shift.drives()
        if visit.stop
    ]
    hours = pd.DataFrame(rows, columns=["shift", "stop", "s"]).groupby(
        ["shift", "stop"]
    )["s"]
    apart = hours.max() - hours.min()
    assert (apart <= 3600).mean() >= 0.95
