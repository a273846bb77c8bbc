"""A patrol of one stop, and nights that are all alike, are found."""

from __future__ import annotations

import pandas as pd
import shapely

from geo.patrols import repeats
from geo.results import Patrols
from geo.schema import LEFT_OUT, LEGS, STOPS

Route = list[str]


def plan(*nights: Route, left: tuple[str, ...] = ()) -> Patrols:
    """Return nights of one patrol each."""
    rows = [
        {"night": night, "shift": "evening", "vehicle": 1, "order": order, "stop": stop,
         "name": stop.title(), "service_s": 0 if stop == "depot" else 1200, "drive_m": 300.0}
        for night, route in enumerate(nights, 1)
        for order, stop in enumerate(["depot", *route, "depot"])
    ]  # fmt: skip
    reasons = LEFT_OUT.frame(
        [{"stop": f"s{n}", "reason": why} for n, why in enumerate(left)]
    )
    stops = pd.DataFrame(rows).assign(geometry=shapely.Point(0, 0))
    return Patrols(STOPS.geoframe(stops), LEGS.geoframe(), reasons)


def test_a_patrol_of_one_stop_is_named_once() -> None:
    found = repeats.lone_stops(plan(["hall"], ["hall"], ["hall", "pier"], ["pier"]))
    assert found[["stop", "drive_m"]].to_numpy().tolist() == [
        ["hall", 300.0],
        ["pier", 300.0],
    ]
    assert repeats.lone_stops(plan(["hall", "pier"])).empty


def test_nights_are_alike_that_make_the_same_stops_in_the_same_order() -> None:
    assert repeats.are_alike(plan(*[["hall", "pier"]] * 14))
    assert not repeats.are_alike(plan(["hall", "pier"], ["pier", "hall"]))
    assert not repeats.are_alike(plan(["hall"]))


def test_stops_that_no_plan_can_use_are_not_left_out_by_this_one() -> None:
    left = (
        "outside_boundary",
        "far_from_road",
        "not_assessed",
        "served_nearby",
        "no_time_left",
    )
    assert repeats.usable_left_out(plan(["hall"], left=left)) == 2
