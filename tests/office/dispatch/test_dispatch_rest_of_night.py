"""The rest of a night: where crews are, what they go on to, and who is to be told."""

from __future__ import annotations

from dataclasses import replace

import geopandas as gpd
import pandas as pd
import pytest
from studies.bundled_region import bundled_inputs, bundled_need, bundled_region

from geo.params import Params, PatrolParams
from geo.patrols.audit import breaches
from geo.patrols.inputs import PlanningInputs, prepare
from geo.patrols.night import plan_night
from geo.patrols.timetable import timetables
from geo.routing.problem import ProblemError
from geo.schema import STOPS
from mitrovica.dispatch.rest_of_night import (
    Happened,
    not_done,
    rest_of_night,
    to_tell,
    whereabouts,
)

HOUR_S = 3600
ROWS = [
    ("depot", 0, 18.0, 18.0, "depot"), ("station", 1, 18.5, 19.0, "station"),
    ("station", 1, 19.0, 19.25, "break"), ("bridge", 2, 19.5, 20.0, "station"),
    ("depot", 3, 20.5, 20.5, "depot"),
]  # fmt: skip
BY_HAND = STOPS.frame(
    {
        "night": 1, "shift": "evening", "vehicle": 1, "order": order, "stop": stop, "name": stop,
        "kind": kind, "arrival_s": round(arrive * HOUR_S), "departure_s": round(leave * HOUR_S),
        "service_s": 1800 if kind == "station" else 0,
    }
    for stop, order, arrive, leave, kind in ROWS
)  # fmt: skip


@pytest.mark.parametrize(
    ("now_h", "late_h", "state", "stop", "free_h"),
    [
        (17.0, 0, "waiting", "depot", 18.0),
        (18.2, 0, "driving", "station", 19.25),
        (18.6, 0, "there", "station", 19.25),
        # During the break.
        (19.1, 0, "there", "station", 19.25),
        (19.3, 0, "driving", "bridge", 20.0),
        (20.2, 0, "returning", "depot", 20.5),
        (19.3, 0.5, "there", "station", 19.75),
        # Who has not left yet is not behind.
        (17.0, 0.5, "waiting", "depot", 18.0),
    ],
)
def test_where_a_crew_is(
    now_h: float, late_h: float, state: str, stop: str, free_h: float
) -> None:
    happened = Happened(round(now_h * HOUR_S), late_s={1: round(late_h * HOUR_S)})
    (row,) = whereabouts(BY_HAND, happened).to_dict("records")
    assert (row["state"], row["stop"]) == (state, stop)
    assert row["free_s"] == round(free_h * HOUR_S)


def test_a_crew_that_is_back_is_nowhere() -> None:
    over = Happened(21 * HOUR_S)
    assert whereabouts(BY_HAND, over).empty
    assert not_done(BY_HAND, over).empty


@pytest.mark.parametrize(
    ("now_h", "out", "coming"),
    [
        (17.0, False, ["depot", "station", "station", "bridge", "depot"]),
        (18.2, False, ["bridge", "depot"]),
        # Broken down on the road, it does not reach the stop; at the stop its crew goes on.
        (18.2, True, ["station", "station", "bridge", "depot"]),
        (18.6, True, ["bridge", "depot"]),
    ],
)
def test_what_is_still_to_come(now_h: float, out: bool, coming: list[str]) -> None:
    happened = Happened(round(now_h * HOUR_S), frozenset({1} if out else ()))
    assert not_done(BY_HAND, happened)["stop"].tolist() == coming


def test_a_cancelled_night_leaves_all_waiting_who_were_told_of_stops_to_come() -> None:
    coming = not_done(BY_HAND, Happened(17 * HOUR_S))
    found = to_tell(coming, STOPS.frame())
    assert found["stop"].tolist() == ["station", "bridge"]
    assert found["now"].isna().all()
    assert to_tell(coming, STOPS.frame(), {"bridge"})["stop"].tolist() == ["bridge"]


def test_a_visit_within_half_an_hour_of_its_hour_leaves_nobody_waiting() -> None:
    coming = not_done(BY_HAND, Happened(17 * HOUR_S))
    later = coming.assign(arrival_s=coming["arrival_s"] + 1800)
    assert to_tell(coming, later).empty
    much_later = coming.assign(arrival_s=coming["arrival_s"] + 1801, arrival="20:01")
    assert to_tell(coming, much_later)["now"].tolist() == ["20:01", "20:01"]


# On the bundled region

PARAMS = PatrolParams(iterations=20)


@pytest.fixture(scope="module")
def inputs() -> PlanningInputs:
    return bundled_inputs(Params(patrols=PARAMS))


@pytest.fixture(scope="module")
def night(inputs: PlanningInputs) -> gpd.GeoDataFrame:
    return timetables(inputs, plan_night(inputs)).stops


def visits(stops: pd.DataFrame, shift: str, vehicle: int) -> list[str]:
    own = stops[(stops["shift"] == shift) & (stops["vehicle"] == vehicle)]
    return own.loc[own["service_s"] > 0, "stop"].tolist()


@pytest.mark.parametrize(
    "now_h",
    [20.0, *(pytest.param(at, marks=pytest.mark.proof) for at in (17.5, 21.7, 25))],
)
def test_where_nothing_happened_the_night_goes_on_as_announced(
    inputs: PlanningInputs, night: gpd.GeoDataFrame, now_h: float
) -> None:
    happened = Happened(round(now_h * HOUR_S))
    rest = rest_of_night(inputs, night, happened).stops
    coming = not_done(night, happened)
    assert to_tell(coming, rest).empty
    planned = coming.loc[coming["shift"] == "early_morning", "arrival_s"].tolist()
    assert rest.loc[rest["shift"] == "early_morning", "arrival_s"].tolist() == planned


@pytest.mark.parametrize("out", [2, pytest.param(1, marks=pytest.mark.proof)])
def test_the_other_crew_goes_on_from_where_it_is(
    inputs: PlanningInputs, night: gpd.GeoDataFrame, out: int
) -> None:
    happened = Happened(20 * HOUR_S, frozenset({out}))
    rest = rest_of_night(inputs, night, happened)
    stops, other = rest.stops, 3 - out
    assert set(stops["vehicle"]) == {other}
    (at,) = (
        row
        for row in whereabouts(night, happened).to_dict("records")
        if (row["shift"], row["vehicle"]) == ("evening", other)
    )
    evening = stops[stops["shift"] == "evening"]
    start, end = evening.iloc[0], evening.iloc[-1]
    assert (start["stop"], start["departure_s"]) == (at["stop"], at["free_s"])
    assert (end["stop"], end["service_s"]) == (inputs.params.depot, 0)
    assert end["arrival_s"] <= 23 * HOUR_S - 300
    done = night.drop(not_done(night, happened).index)
    made = set(done.loc[done["service_s"] > 0, "stop"])
    assert not made & set(visits(stops, "evening", other))
    # Somebody is left waiting, and is named; nobody else is.
    told = to_tell(not_done(night, happened), stops)
    kept = set(visits(stops, "evening", other))
    coming = not_done(night, happened)
    wanted = set(
        coming.loc[(coming["shift"] == "evening") & (coming["service_s"] > 0), "stop"]
    )
    assert set(told.loc[told["shift"] == "evening", "stop"]) >= wanted - kept
    # A shorter drive alone moves no hour: the same stops are made in the same order.
    for shift in ("evening", "early_morning"):
        was, now = visits(coming, shift, other), visits(stops, shift, other)
        assert now == was or set(now) != set(was)
    # Each drive begins where the one before ended.
    legs = rest.legs[rest.legs["shift"] == "evening"]
    assert legs["from_stop"].tolist()[1:] == legs["to_stop"].tolist()[:-1]


def test_a_crew_too_late_for_any_stop_drives_home(
    inputs: PlanningInputs, night: gpd.GeoDataFrame
) -> None:
    happened = Happened(round(22.5 * HOUR_S), late_s={1: round(1.5 * HOUR_S)})
    stops = rest_of_night(inputs, night, happened).stops
    own = stops[(stops["shift"] == "evening") & (stops["vehicle"] == 1)]
    assert len(own) == 2
    assert own["stop"].iloc[-1] == inputs.params.depot


def test_the_rest_of_a_night_is_checked_by_other_code(
    inputs: PlanningInputs, night: gpd.GeoDataFrame
) -> None:
    """A crew that sets out elsewhere, or before it is free, is found."""
    happened = Happened(20 * HOUR_S)
    rest = rest_of_night(inputs, night, happened)
    begun = whereabouts(night, happened)

    def faults(at: pd.DataFrame) -> set[str]:
        found = breaches(
            rest, inputs.matrix.drive, inputs.boundary, inputs.in_force, begun=at
        )
        return {fault.kind for fault in found}

    assert not faults(begun)
    assert "starts_elsewhere" in faults(begun.assign(stop="moon"))
    assert "leaves_early" in faults(begun.assign(free_s=begun["free_s"] + 60))


def with_closed(inputs: PlanningInputs, road: str) -> PlanningInputs:
    params = Params(patrols=replace(inputs.params, closed_roads=(road,)))
    return prepare(bundled_region(), bundled_need(), params)


def test_no_drive_goes_along_a_road_that_is_closed(
    inputs: PlanningInputs, night: gpd.GeoDataFrame
) -> None:
    road, happened = "Isa Boletini", Happened(20 * HOUR_S, roads_closed=True)
    before = rest_of_night(inputs, night, happened).legs
    after = rest_of_night(with_closed(inputs, road), night, happened).legs
    assert before["roads"].str.contains(road).any()
    assert not after["roads"].str.contains(road).any()


def test_a_crew_that_a_closed_road_cuts_off_is_named(
    inputs: PlanningInputs, night: gpd.GeoDataFrame
) -> None:
    cut, happened = (
        with_closed(inputs, "M-22.3"),
        Happened(20 * HOUR_S, roads_closed=True),
    )
    with pytest.raises(ProblemError, match=r"vehicle [12] is at .*no open road"):
        rest_of_night(cut, night, happened)
    out = {number for number in (1, 2) if visits(night, "evening", number)}
    rest = rest_of_night(cut, night, replace(happened, out=frozenset(out)))
    assert rest.stops.empty
