"""The checker passes real plans and refuses each kind of breach."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from studies.bundled_region import bundled_inputs

from geo.breaches import Kind
from geo.params import Params, PatrolParams, Shift
from geo.params.patrols import Hours, StopWindow
from geo.patrols import audit
from geo.patrols.night import plan_night
from geo.patrols.timetable import timetables
from geo.results import Patrols
from geo.routing import driving
from geo.schema import METRIC
from layers.readers import bundled

pytestmark = pytest.mark.usefixtures("generalised")

PARAMS = PatrolParams(
    depot="dcam_coordinator",
    iterations=60,
    hours={kind: Hours("00:00", "00:00") for kind in PatrolParams().hours},
    shifts=(Shift("evening", "18:00", "00:30", break_min=30.34, break_from="20:00",
                  break_to="22:00"),
            Shift("morning", "03:30", "08:00", days_later=1)),
    windows=(StopWindow("bus_station_mitrovica", "22:30", "00:15"),
             StopWindow("bus_station_mitrovica", "04:00", "05:00"),
             StopWindow("gate1_jarinje", "19:00", "20:30")),
)  # fmt: skip


@pytest.fixture(scope="module")
def boundary() -> gpd.GeoDataFrame:
    return bundled.boundary().to_crs(METRIC)


@pytest.fixture(scope="module")
def drive(boundary: gpd.GeoDataFrame) -> driving.Drive:
    return driving.drivable(
        bundled.network().roads.to_crs(METRIC), boundary, Params().speeds
    )


@pytest.fixture(scope="module")
def plan() -> Patrols:
    inputs = bundled_inputs(Params(patrols=PARAMS))
    return timetables(inputs, plan_night(inputs))


def test_a_plan_with_windows_and_breaks_is_sound(
    plan: Patrols, drive: driving.Drive, boundary: gpd.GeoDataFrame
) -> None:
    audit.require_none(audit.breaches(plan, drive, boundary, PARAMS))
    rests = plan.stops[plan.stops["kind"] == "break"]
    assert rests["shift"].tolist() == ["evening", "evening"]
    assert rests["arrival_s"].between(20 * 3600, 22 * 3600).all()
    bus = plan.stops[(plan.stops["stop"] == "bus_station_mitrovica")]
    begin = bus["departure_s"] - bus["service_s"]
    assert (
        begin.between(22.5 * 3600, 24.25 * 3600) | begin.between(28 * 3600, 29 * 3600)
    ).all()


def late(plan: Patrols) -> Patrols:
    stops = plan.stops.copy()
    stops.loc[stops.index[3], ["arrival_s", "departure_s"]] += 1
    return replace(plan, stops=stops)


def short_service(plan: Patrols) -> Patrols:
    stops = plan.stops.copy()
    stops.loc[1, "service_s"] -= 60
    return replace(plan, stops=stops)


def a_short_walk(plan: Patrols) -> Patrols:
    stops = plan.stops.copy()
    far = stops["walk_s"].astype(float).idxmax()
    assert stops.loc[far, "walk_s"] > 60
    stops.loc[far, "walk_s"] -= 60
    return replace(plan, stops=stops)


def twice(plan: Patrols) -> Patrols:
    stops = plan.stops.copy()
    stops.loc[2, "stop"] = stops.loc[1, "stop"]
    return replace(plan, stops=stops)


def no_break(plan: Patrols) -> Patrols:
    return replace(plan, stops=plan.stops[plan.stops["kind"] != "break"])


def no_return(plan: Patrols) -> Patrols:
    stops = plan.stops.copy()
    last = stops.index[stops["kind"] == "depot"][1]
    stops.loc[last, "stop"] = "bus_station_mitrovica"
    return replace(plan, stops=stops)


def a_straight_leg(plan: Patrols) -> Patrols:
    legs = plan.legs.copy()
    line = max(legs.geometry, key=lambda leg: leg.length)
    row = legs.index[legs.geometry == line][0]
    legs.loc[row, "geometry"] = shapely.LineString([line.coords[0], line.coords[-1]])
    return replace(plan, legs=legs)


def a_leg_elsewhere(plan: Patrols) -> Patrols:
    legs = plan.legs.copy()
    legs["geometry"] = legs.geometry.where(
        legs.index != 2, shapely.LineString([(0, 0), (9, 9)])
    )
    return replace(plan, legs=legs)


def wrong_clock(plan: Patrols) -> Patrols:
    stops = plan.stops.copy()
    stops.loc[1, "arrival"] = "17:59"
    return replace(plan, stops=stops)


def a_third_vehicle(plan: Patrols) -> Patrols:
    stops = plan.stops.copy()
    stops.loc[stops["shift"] == "morning", "vehicle"] += 1
    stops.loc[stops.index[-1], "vehicle"] = 9
    return replace(plan, stops=stops)


@pytest.mark.parametrize(
    ("spoil", "kind"),
    [
        (late, "arrival"),
        (short_service, "length_of_service"),
        (a_short_walk, "leg_walk"),
        (twice, "visited_twice"),
        (no_break, "number_of_breaks"),
        (no_return, "ends_elsewhere"),
        (a_straight_leg, "leg_off_roads"),
        (a_leg_elsewhere, "leg_outside"),
        (wrong_clock, "clock"),
        (a_third_vehicle, "too_many_vehicles"),
    ],
)
def test_every_breach_is_refused(
    plan: Patrols,
    drive: driving.Drive,
    boundary: gpd.GeoDataFrame,
    spoil: Callable[[Patrols], Patrols],
    kind: str,
) -> None:
    found = audit.breaches(spoil(plan), drive, boundary, PARAMS)
    assert kind in {fault.kind for fault in found}
    with pytest.raises(audit.PlanError, match=kind.replace("_", " ")):
        audit.require_none(found)


@pytest.mark.parametrize(
    ("params", "kind"),
    [
        (replace(PARAMS, shifts=(Shift("evening", "18:01", "00:30"), PARAMS.shifts[1])),
         "leaves_early"),
        (replace(PARAMS, shifts=(PARAMS.shifts[0], Shift("morning", "03:30", "07:00"))),
         "back_late"),
        (replace(PARAMS, windows=(StopWindow("taxi_mitrovica_south", "09:00", "09:01"),)),
         "outside_windows"),
        (replace(PARAMS, shifts=(Shift("evening", "18:00", "00:30"), PARAMS.shifts[1])),
         "break_for_none"),
        (replace(PARAMS, shifts=PARAMS.shifts[:1]), "no_such_shift"),
    ],
)  # fmt: skip
def test_a_plan_for_other_rules_is_refused(
    plan: Patrols,
    drive: driving.Drive,
    boundary: gpd.GeoDataFrame,
    params: PatrolParams,
    kind: str,
) -> None:
    found = audit.breaches(plan, drive, boundary, params)
    assert kind in {fault.kind for fault in found}


def test_driving_against_a_one_way_street_is_refused(
    plan: Patrols, drive: driving.Drive, boundary: gpd.GeoDataFrame
) -> None:
    one_way = replace(
        drive, network=replace(drive.network, oneway=drive.network.oneway + 1)
    )
    found = audit.breaches(plan, one_way, boundary, PARAMS)
    assert {fault.kind for fault in found} == {"leg_off_roads"}


def test_slower_roads_than_the_plan_says_are_found(
    plan: Patrols, drive: driving.Drive, boundary: gpd.GeoDataFrame
) -> None:
    slower = replace(drive, speed_mps=drive.speed_mps * 0.9)
    found = audit.breaches(plan, slower, boundary, PARAMS)
    assert {fault.kind for fault in found} == {"leg_time"}
    for fault in found:
        told, taken = fault.values["told_seconds"], fault.values["seconds"]
        assert taken == pytest.approx(told / 0.9, abs=1)


@pytest.mark.parametrize(
    ("reason", "kind"),
    [
        ("far_from_road", "road_near"),
        ("no_two_way_road", "road_near"),
        ("outside_boundary", "inside"),
        ("too_far_for_shift", "in_reach"),
    ],
)
def test_why_a_stop_is_unusable_is_true(reason: str, kind: Kind) -> None:
    """Of one beside a road, none of the reasons is."""
    inputs = bundled_inputs(Params())
    assert audit.breaches_of_unusable(inputs) == []
    usable = inputs.stops[inputs.stops["kind"] == "public_stop"].head(1)
    false = usable.assign(reason=reason)
    told = replace(inputs, unusable=pd.concat([inputs.unusable, false]))
    [found] = audit.breaches_of_unusable(told)
    assert (found.kind, found.values["stop"]) == (kind, usable["stop"].iloc[0])
