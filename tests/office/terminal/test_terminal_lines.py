"""A plan in the lines."""

from __future__ import annotations

from dataclasses import replace

import pandas as pd
import pytest
from studies import small_study

from geo.params import Params
from geo.records import Log
from geo.results import Patrols
from geo.schema import (
    LEFT_OUT,
    LOG_IMPORTS,
    LOG_NIGHTS,
    LOG_PLANS,
    STOPS,
    TRADE_OFF,
    WGS84,
)
from maps import plan_summary
from maps.view import put_together
from mitrovica.terminal import lines


@pytest.fixture
def patrols() -> Patrols:
    return small_study.findings().patrols


def test_every_vehicle_has_its_timetable_and_every_stop_its_hours(
    patrols: Patrols,
) -> None:
    tables = plan_summary.timetables(patrols)
    assert [table.title.split(":")[0] for table in tables] == [
        "Evening, vehicle 1", "Evening, vehicle 2", "dawn <tour>, vehicle 1",
    ]  # fmt: skip
    assert tables[0].title.endswith("leaves Coordinator 18:00, back 19:30, 8 km")
    assert ("18:30", "18:50", "Bus station") in tables[0].rows


def test_a_plan_without_patrols_has_no_timetable(patrols: Patrols) -> None:
    assert plan_summary.timetables(replace(patrols, stops=patrols.stops.iloc[:0])) == []


def test_what_more_would_cover_is_printed(patrols: Patrols) -> None:
    rows = [
        {"vehicles": 2, "more_hours": 0.0, "need_share": 0.5},
        {"vehicles": 2, "more_hours": 1.0, "need_share": 0.6},
        {"vehicles": 3, "more_hours": 0.0, "need_share": 0.7},
        {"vehicles": 4, "more_hours": 2.0, "need_share": 0.9},
    ]
    plan = replace(patrols, trade_off=TRADE_OFF.frame(rows))
    found = replace(small_study.findings(), patrols=plan)
    short = put_together(found, small_study.data(), small_study.MADE).short
    assert short.covered + short.more == [
        "Evening: 41 % of the need index lies within 500 m of a stop, 4 stops, 41 km.",
        "dawn <tour>: 41 % of the need index lies within 500 m of a stop, 4 stops, 41 km.",
        "Need index in reach of a stop in the night: 50 % as planned, 60 % with one more hour, "
        "70 % with one more vehicle.",
    ]


def test_changes_are_printed_visit_by_visit_and_in_one_line(patrols: Patrols) -> None:
    before, after = patrols.stops, patrols.stops.copy()
    evening = (after["shift"] == "evening") & (after["vehicle"] == 1)
    bus, zvecan = (
        evening & (after["stop"] == "bus"),
        evening & (after["stop"] == "station_zvecan"),
    )
    after.loc[bus, ["arrival_s", "departure_s"]] += 600
    after.loc[zvecan, ["stop", "name"]] = ["gate", "Gate"]
    before, after = (
        t[(t["shift"] == "evening") & (t["vehicle"] == 1)] for t in (before, after)
    )
    assert lines.change_lines(before, after) == [
        "Evening: Bus station is 10 min later, 18:30 -> 18:40",
        "Evening: Gate is added, at 19:00, vehicle 1",
        "Evening: Zvecan railway station is dropped, was at 19:00, vehicle 1",
    ]
    run, plan = replace(patrols, stops=before), replace(patrols, stops=after)
    assert lines.change_line(run.stops, plan, "the run's") == (
        "Against the run's, visits: 1 added, 1 dropped, 1 at another time. "
        "Each: plan --compare RUN PLAN"
    )


def test_another_vehicle_and_another_night_are_printed(patrols: Patrols) -> None:
    stops = patrols.stops
    one = stops[
        (stops["shift"] == "evening")
        & (stops["vehicle"] == 1)
        & (stops["stop"] == "bus")
    ]
    before = pd.concat([one, one.assign(night=2)], ignore_index=True)
    after = before.copy()
    after.loc[1, ["arrival_s", "departure_s"]] -= 1200
    # Only the second night differs: it is named, since there are two.
    assert lines.change_lines(before, after) == [
        "night 2, Evening: Bus station is 20 min earlier, 18:30 -> 18:10"
    ]
    after.loc[0, "vehicle"] = 2
    assert lines.change_lines(before, after)[0] == (
        "night 1, Evening: Bus station goes from vehicle 1 to 2, 18:30 -> 18:30"
    )


def test_a_fortnight_stands_beside_the_last_plan_of_the_log() -> None:
    found, data, params = small_study.findings(), small_study.data(), Params()
    night = found.patrols.stops.assign(date="2026-12-01")
    stops = STOPS.geoframe(
        pd.concat([night.assign(night=n) for n in (1, 2, 3)], ignore_index=True)
    )
    plan = replace(found.patrols, stops=stops)
    visits = night[night["service_s"] > 0].head(2)
    midnight = pd.Timestamp("2026-11-01", tz="Europe/Belgrade")
    rows = [
        {**row, "plan_id": "p", "import_id": "i", "area": "Town", "time_zone": "Europe/Belgrade",
         "date": f"2026-11-0{day}",
         **{to: midnight + pd.Timedelta(day - 1, "D") + pd.Timedelta(int(row[of]), "s")
            for to, of in (("arrive", "arrival_s"), ("depart", "departure_s"))}}
        for row in visits.to_crs(WGS84).to_dict("records") for day in (1, 2, 3)
    ]  # fmt: skip
    done = [{"import_id": "i", "kind": "plan", "at": midnight}]
    log = Log.of(
        plans=LOG_PLANS.geoframe(rows),
        nights=LOG_NIGHTS.frame(rows),
        imports=LOG_IMPORTS.frame(done),
    )

    def said(log: Log, nights: int) -> list[str]:
        return lines.new_in_plan(
            found, plan, replace(data, log=log), params, nights, None
        )

    logged = said(log, 3)
    assert logged[0].startswith(
        "Against the last plan in the log, from 2026-11-01 on, visits:"
    )
    assert "--compare" not in logged[0]
    # Three nights of two visits; the new plan makes nine to each stop.
    assert logged[1].startswith("More often, of 3 nights: Bus station 3 -> 9")
    assert "the plan of the run" in said(Log.of(), 3)[0]
    assert "the plan of the run" in said(log, 1)[0]


def test_what_a_plan_of_one_night_costs_stands_beside_the_run() -> None:
    """A lock is paid for in need and driving, and the planner reads how much."""
    found, data = small_study.findings(), small_study.data()
    stops = found.patrols.stops
    run = replace(found.patrols, stops=stops[stops["vehicle"] == 1])
    found = replace(found, patrols=run)
    dearer = run.measures.assign(
        need_share=run.measures["need_share"] - 0.02,
        driving_min=run.measures["driving_min"] + 7,
    )
    fewer = run.stops[run.stops["stop"] != "bus"]
    plan = replace(run, stops=fewer, measures=dearer)

    def said(plan: Patrols) -> list[str]:
        return lines.new_in_plan(found, plan, data, Params(), 1, None)

    evening = run.measures[run.measures["shift"] == "evening"].iloc[0]
    need, minutes = 100 * evening["need_share"], evening["driving_min"]
    (line,) = [line for line in said(plan) if "of the need index" in line][:1]
    assert line.startswith(
        f"Evening: {need:.1f} -> {need - 2:.1f} % of the need index, "
        f"{minutes:.0f} -> {minutes + 7:.0f} min of driving"
    )
    assert not any("min of driving" in line for line in said(run))


def test_no_difference_is_stated(patrols: Patrols) -> None:
    stops = patrols.stops[patrols.stops["vehicle"] == 1]
    assert lines.change_lines(stops, stops) == ["No difference."]
    same = replace(patrols, stops=stops)
    assert (
        lines.change_line(same.stops, same, "the other")
        == "No difference from the other."
    )


def test_a_stop_that_was_asked_for_and_is_not_visited_is_named_with_its_reason() -> (
    None
):
    row = {"stop": "hall", "name": "School hall", "kind": "public_stop", "reason": "far_from_road",
           "detail_m": 493.0, "admits": "nothing"}  # fmt: skip
    plan = replace(small_study.findings().patrols, left_out=LEFT_OUT.frame([row]))
    (line,) = lines.not_visited_lines(("hall", "bus"), plan)
    reason = "the map has no drivable road within 493 m"
    assert line.startswith(f"Asked for and not visited: School hall, {reason}")
    assert lines.not_visited_lines((), plan) == []
