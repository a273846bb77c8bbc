"""What a dispatcher locks, suspends and adds, and that the plan keeps it."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import numpy as np
import pytest
from studies.bundled_region import bundled_inputs, bundled_plan, bundled_region

from geo.params import Params, PatrolParams
from geo.params.patrols import Lock, SomeNights
from geo.patrols.audit import breaches
from geo.patrols.clock import hhmm
from geo.patrols.inputs import PlanningInputs
from geo.patrols.night import plan_night
from geo.patrols.stops import StopError
from geo.patrols.timetable import PlannedShift, timetables
from geo.routing.problem import ProblemError

PARAMS = PatrolParams(iterations=60)
LEPOSAVIC = {"id": "school_hall", "name": "School hall", "lat": 42.890, "lon": 20.866}


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return replace(bundled_inputs(Params(patrols=PARAMS)), opening=())


@pytest.fixture(scope="module")
def evening(inputs: PlanningInputs) -> PlannedShift:
    return plan_night(inputs)[0]


def again(inputs: PlanningInputs, **changes: Any) -> list[PlannedShift]:
    return plan_night(replace(inputs, params=replace(inputs.params, **changes)))


def ids(inputs: PlanningInputs, route: tuple[int, ...]) -> tuple[str, ...]:
    return tuple(inputs.stops["stop"][list(route)])


def worth(shift: PlannedShift) -> float:
    assert shift.problem.cover is not None
    return shift.problem.cover.served(shift.routes)


def test_a_locked_order_is_driven_as_it_stands(
    inputs: PlanningInputs, evening: PlannedShift
) -> None:
    turned = evening.routes[1][::-1]
    first, late = again(inputs, lock_order=(Lock("evening", 2, ids(inputs, turned)),))
    assert first.routes[1] == turned
    assert not {*first.routes[0]} & {*turned}
    assert worth(first) > 0.9 * worth(evening)
    assert late.visited


def test_a_locked_stop_is_visited_by_its_vehicle_and_no_other(
    inputs: PlanningInputs, evening: PlannedShift
) -> None:
    moved = evening.routes[0][:2]
    first = again(inputs, lock_stops=(Lock("evening", 2, ids(inputs, moved)),))[0]
    assert {*moved} <= {*first.routes[1]}
    assert not {*moved} & {*first.routes[0]}
    assert len(first.visited) == len({*first.visited})
    assert worth(first) > 0.9 * worth(evening)


def test_a_stop_locked_to_a_vehicle_that_is_alike_costs_nothing(
    inputs: PlanningInputs, evening: PlannedShift
) -> None:
    """The vehicles change their routes, and the shift serves what it served."""
    for vehicle, route in enumerate(evening.routes):
        other = 2 - vehicle
        stop = ids(inputs, route)[len(route) // 2]
        first = again(inputs, lock_stops=(Lock("evening", other, (stop,)),))[0]
        assert first.routes == evening.routes[::-1]


def of_visits(inputs: PlanningInputs, night: list[PlannedShift]) -> list[Lock]:
    """Return a lock of every visit of a night, to the minute in which it begins."""
    return [
        Lock(shift.name, vehicle + 1, ids(inputs, (visit.stop,)), at, at)
        for shift in night
        for vehicle, order, _, visit in shift.drives()
        if order <= len(shift.routes[vehicle])
        for at in [hhmm(visit.begin_s)]
    ]


def test_locking_stops_vehicles_and_times_of_the_plan_changes_nothing(
    inputs: PlanningInputs,
) -> None:
    night = plan_night(inputs)
    every = of_visits(inputs, night)
    for chosen in (every, every[::3]):
        locked = again(inputs, lock_stops=tuple(chosen))
        assert [s.routes for s in locked] == [s.routes for s in night]


def test_a_visit_begins_in_the_hours_of_its_lock(
    inputs: PlanningInputs, evening: PlannedShift
) -> None:
    stop = evening.routes[0][0]
    lock = Lock("evening", 1, ids(inputs, (stop,)), "20:15", "20:40")
    params = replace(inputs.params, lock_stops=(lock,))
    night = plan_night(replace(inputs, params=params))
    (begin_s,) = (v.begin_s for v in night[0].visits() if v.stop == stop)
    assert "20:15" <= hhmm(begin_s) <= "20:40"
    drive, outline = inputs.matrix.drive, inputs.boundary
    table = timetables(inputs, night)
    assert not breaches(table, drive, outline, params)
    other = replace(params, lock_stops=(replace(lock, end="20:14", start="20:00"),))
    (fault,) = breaches(table, drive, outline, other)
    assert fault.kind == "outside_lock"
    at = inputs.stops["stop"].iloc[stop]
    assert fault.values == {"stop": at, "begins_at": begin_s}


def test_a_lock_has_both_hours_or_none() -> None:
    with pytest.raises(ValueError, match="only one of start and end"):
        Lock("evening", 1, ("gate1_jarinje",), start="20:00")


def test_a_stop_without_need_is_visited_where_it_is_locked(
    inputs: PlanningInputs,
) -> None:
    usable = inputs.reach.by_stop["need"][inputs.in_use]
    needless = usable.iloc[1:].idxmin()
    stop = inputs.stops["stop"][needless]
    for shift in ("evening", "early_morning"):
        planned = again(inputs, lock_stops=(Lock(shift, 1, (stop,)),))
        assert needless in {p.name: p for p in planned}[shift].routes[0]


def test_a_crossing_without_an_assessment_is_not_visited_by_a_lock(
    inputs: PlanningInputs,
) -> None:
    assert "crossing_hani_i_elezit" in inputs.not_assessed
    lock = Lock("evening", 1, ("crossing_hani_i_elezit",))
    with pytest.raises(StopError, match="a crossing without an assessment"):
        again(inputs, lock_stops=(lock,))


def test_locks_that_no_plan_can_keep_are_named(inputs: PlanningInputs) -> None:
    numbers = np.flatnonzero(inputs.in_use)[1:]
    many = ids(inputs, tuple(numbers))
    assert len(many) > 25
    for key in ("lock_stops", "lock_order"):
        with pytest.raises(
            ProblemError, match=rf"patrols.{key}: vehicle 2 cannot visit .* windows"
        ):
            again(inputs, **{key: (Lock("evening", 2, many),)})
    wrong = (
        Lock("evning", 3, ("moon",)), Lock("evening", 1, ("gate1_jarinje",)),
        Lock("evening", 2, ("gate1_jarinje",)),
    )  # fmt: skip
    with pytest.raises(StopError) as caught:
        again(
            inputs,
            lock_stops=wrong,
            lock_order=(Lock("evening", 1, ("rail_link_mitrovica",)),),
        )
    message = str(caught.value)
    for part in (
        "Did you mean evening?", "vehicle 3, and there are 2", "moon is not a stop",
        "gate1_jarinje", "has a lock already",
    ):  # fmt: skip
        assert part in message


def test_the_lock_of_a_night_goes_before_that_of_all_nights() -> None:
    whole = Lock("evening", 1, ("a",)), Lock("evening", 2, ("b",))
    of_third = SomeNights(
        (3,), add_stops=("c",), lock_stops=(Lock("evening", 1, ("c",)),)
    )
    params = PatrolParams(lock_order=whole, drop_stops=("d",), some_nights=(of_third,))
    third, other = params.of_night(3), params.of_night(1)
    assert (third.lock_order, third.lock_stops) == (whole[1:], of_third.lock_stops)
    assert (third.add_stops, third.drop_stops) == (("c",), ("d",))
    assert (other.lock_order, other.lock_stops) == (whole, ())
    assert (other.add_stops, other.drop_stops) == ((), ("d", "c"))


def test_a_suspended_stop_is_no_stop_and_a_new_one_is(inputs: PlanningInputs) -> None:
    params = replace(
        PARAMS,
        suspend_stops=("gate1_jarinje",),
        new_stops=(LEPOSAVIC,),
        depot=inputs.params.depot,
    )
    stops = bundled_inputs(Params(patrols=params)).stops.set_index("stop")
    assert "gate1_jarinje" not in stops.index
    at = bundled_region().places.set_index("id").geometry["gate1_jarinje"]
    facility = ~stops["kind"].isin([*PARAMS.stop_kinds, "depot"])
    assert (stops.geometry[facility].distance(at) > PARAMS.same_stop_m).all()
    assert stops.loc["school_hall", ["name", "kind"]].tolist() == [
        "School hall",
        "public_stop",
    ]
    hall = stops.loc["school_hall"]
    assert hall["service_s"] - hall["walk_s"] == 60 * PARAMS.service_min["public_stop"]
    assert hall["walk_s"] == pytest.approx(2 * hall["snap_m"] * 3.6 / 5, abs=1)
    with pytest.raises(StopError, match="gate1_jarinje, which the study has already"):
        bundled_inputs(
            Params(
                patrols=replace(
                    params, new_stops=({**LEPOSAVIC, "id": "gate1_jarinje"},)
                )
            )
        )


def test_what_more_vehicles_add_is_told_with_the_locks_kept(
    inputs: PlanningInputs, evening: PlannedShift
) -> None:
    lock = Lock("evening", 2, ids(inputs, evening.routes[1][:1]))
    only = replace(PARAMS, shifts=PARAMS.shifts[:1], lock_order=(lock,))
    plan = bundled_plan(Params(patrols=only))
    of_vehicle = plan.stops.query(
        "shift == 'evening' and vehicle == 2 and service_s > 0"
    )
    assert of_vehicle["stop"].tolist() == [*lock.stops]
    now, *more = plan.trade_off["need_share"]
    assert max(more) > now
