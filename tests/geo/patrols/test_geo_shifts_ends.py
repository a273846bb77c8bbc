"""Vehicles that start or end elsewhere than at the depot."""

from __future__ import annotations

from dataclasses import replace

import pytest
from problems.small_problems import line
from studies.bundled_region import at_home, bundled_inputs

from geo.breaches import Breach
from geo.params import Params, PatrolParams
from geo.params.patrols import VehicleEnds
from geo.patrols.audit import breaches
from geo.patrols.night import plan_night
from geo.patrols.stops import StopError
from geo.patrols.timetable import timetables
from geo.routing.problem import ProblemError
from geo.routing.solver import solve
from mitrovica.dispatch.edits import weigh

STATION = "bus_station_mitrovica"


def test_a_vehicle_ends_where_it_is_to_end_by_hand() -> None:
    """From the depot at 0 over 100 m to 200 m, and no way back: 200 s of driving."""
    problem = line(100, 200, prize=[1, 1], service=10, shift=(0, 220))
    with pytest.raises(ProblemError, match="cannot drive"):
        problem.times(0, (1, 2))
    one_way = replace(problem, ends=((0, 2),))
    assert solve(one_way, iterations=20, seed=0) == ((1, 2),)
    assert one_way.driving_s((1, 2)) == 200
    assert one_way.times(0, (1, 2))[-1].arrival_s == 220
    assert one_way.value(((1, 2),)) == 2 * 20 * 220 / 2 - 200


def test_the_plan_of_a_night_ends_there_and_keeps_every_rule() -> None:
    ends = (VehicleEnds(2, end=STATION),)
    params = at_home(Params(patrols=PatrolParams(iterations=30, vehicle=ends)))
    inputs = bundled_inputs(params)
    plan = timetables(inputs, plan_night(inputs))
    drive, outline = inputs.matrix.drive, inputs.boundary
    assert breaches(plan, drive, outline, inputs.in_force) == []
    for (_, vehicle), rows in plan.stops.groupby(["shift", "vehicle"]):
        last = rows.iloc[-1]
        assert last["stop"] == (STATION if vehicle == 2 else params.patrols.depot)
        assert (last["kind"], last["service_s"], last["walk_s"]) == ("depot", 0, 0)
    at_depot = replace(inputs.in_force, vehicle=())
    found = breaches(plan, drive, outline, at_depot)
    depot = {"stop": STATION, "place": params.patrols.depot}
    assert Breach("ends_elsewhere", depot, "evening", 2) in found
    again = weigh(inputs, plan.stops)
    assert again.faults == []
    columns = ["stop", "arrival", "departure"]
    assert again.patrols.stops[columns].equals(plan.stops[columns])


def test_an_end_that_is_no_stop_is_refused() -> None:
    ends = (VehicleEnds(1, start="the moon"),)
    inputs = bundled_inputs(Params(patrols=PatrolParams(iterations=5, vehicle=ends)))
    with pytest.raises(StopError, match=r"patrols.vehicle: vehicle 1 starts or ends"):
        plan_night(inputs)
