"""A plan in the terminal."""

from __future__ import annotations

from dataclasses import replace

import maps_fixture
import pandas as pd
import pytest

from geo.patrols.timetable import changes
from geo.results import Patrols
from layers.schema import LEFT_OUT, PLAN_CHANGES, TRADE_OFF
from maps.terminal import lines as terminal
from maps.words.catalogue import word


@pytest.fixture
def patrols() -> Patrols:
    return maps_fixture.findings().patrols


def test_every_vehicle_has_its_timetable_and_every_stop_its_hours(patrols: Patrols) -> None:
    wording = terminal.plan_lines(patrols, 5)
    titles = [line for line in wording if ": leaves " in line]
    assert [title.split(":")[0] for title in titles] == [
        "Evening, vehicle 1", "Evening, vehicle 2", "dawn <tour>, vehicle 1",
    ]  # fmt: skip
    assert titles[0].endswith("leaves Coordinator 18:00, back 19:30, 8 km")
    assert "  18:30-18:50  Bus station" in wording
    assert wording[-1].startswith("Little is proved by 5 sightings")


def test_a_plan_without_patrols_says_so(patrols: Patrols) -> None:
    none = replace(patrols, stops=patrols.stops.iloc[:0], left_out=LEFT_OUT.frame())
    wording = terminal.plan_lines(none, 0)
    assert wording[0] == word("no_patrols", "en")
    assert "No candidate stop is left out." in wording
    assert wording[-1].startswith("Without sightings")


def test_what_is_left_out_names_the_advised_places_first(patrols: Patrols) -> None:
    rows = [
        {"name": f"Stop {n}", "kind": "station", "reason": "no_time_left", "prize_short": n / 100}
        for n in range(6)
    ]
    advised = {
        "name": "Advised", "kind": "monitoring_point", "reason": "served_nearby",
        "served_at": "bus", "admits": "a shift 7 min longer",
    }  # fmt: skip
    wording = terminal.plan_lines(replace(patrols, left_out=LEFT_OUT.frame([*rows, advised])), 5)
    start = next(n for n, line in enumerate(wording) if line.startswith("Left out are 7 candidate"))
    assert wording[start].endswith("if the rest of the plan stays as it is); the first:")
    assert wording[start + 1] == (
        "  Advised: served at: Bus station; would admit it: a shift 7 min longer"
    )
    assert wording[start + 2].startswith("  Stop 5: the shifts are too short")
    assert len([line for line in wording if line.startswith("  Stop")]) == terminal.FEW - 1


def test_what_more_would_cover_is_printed(patrols: Patrols) -> None:
    rows = [
        {"vehicles": 2, "more_hours": 0.0, "need_share": 0.5},
        {"vehicles": 2, "more_hours": 1.0, "need_share": 0.6},
        {"vehicles": 3, "more_hours": 0.0, "need_share": 0.7},
        {"vehicles": 4, "more_hours": 2.0, "need_share": 0.9},
    ]
    wording = terminal.plan_lines(replace(patrols, trade_off=TRADE_OFF.frame(rows)), 5)
    assert (
        "The night covers 50 % of the need; with 1 h more 60 %; with 1 more vehicle 70 %; "
        "with 2 h more and 2 more vehicles 90 %."
    ) in wording


def test_changes_are_printed_visit_by_visit_and_in_one_line(patrols: Patrols) -> None:
    before, after = patrols.stops, patrols.stops.copy()
    evening = (after["shift"] == "evening") & (after["vehicle"] == 1)
    bus, zvecan = evening & (after["stop"] == "bus"), evening & (after["stop"] == "station_zvecan")
    after.loc[bus, ["arrival_s", "departure_s"]] += 600
    after.loc[zvecan, ["stop", "name"]] = ["gate", "Gate"]
    before, after = (t[(t["shift"] == "evening") & (t["vehicle"] == 1)] for t in (before, after))
    found = changes(before, after)
    assert terminal.change_lines(before, after) == [
        "Evening: Bus station is 10 min later, 18:30 -> 18:40",
        "Evening: Gate is added, at 19:00, vehicle 1",
        "Evening: Zvecan railway station is dropped, was at 19:00, vehicle 1",
    ]
    assert terminal.change_line(found, "the run's") == (
        "Against the run's, visits: 1 added, 1 dropped, 1 at another time."
    )


def test_another_vehicle_and_another_night_are_printed(patrols: Patrols) -> None:
    stops = patrols.stops
    one = stops[(stops["shift"] == "evening") & (stops["vehicle"] == 1) & (stops["stop"] == "bus")]
    before = pd.concat([one, one.assign(night=2)], ignore_index=True)
    after = before.copy()
    after.loc[1, ["arrival_s", "departure_s"]] -= 1200
    # Only the second night differs: it is named, since there are two.
    assert terminal.change_lines(before, after) == [
        "night 2, Evening: Bus station is 20 min earlier, 18:30 -> 18:10",
    ]
    after.loc[0, "vehicle"] = 2
    assert terminal.change_lines(before, after)[0] == (
        "night 1, Evening: Bus station goes from vehicle 1 to 2, 18:30 -> 18:30"
    )


def test_no_difference_is_stated(patrols: Patrols) -> None:
    none = PLAN_CHANGES.frame(pd.DataFrame())
    stops = patrols.stops[patrols.stops["vehicle"] == 1]
    assert terminal.change_lines(stops, stops) == ["No difference."]
    assert terminal.change_line(none, "the other") == "No difference from the other."
