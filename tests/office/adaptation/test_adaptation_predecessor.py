"""The last plan of a log beside a new one."""

from __future__ import annotations

import datetime

import pandas as pd
import pytest
from shapely import Point

from geo.patrols.timetable import changes
from geo.records import Log
from geo.schema import LOG_IMPORTS, LOG_NIGHTS, LOG_PLANS
from mitrovica.adaptation.predecessor import last_plan, visits_before_and_after

ZONE = "Europe/Belgrade"


def entered(name: str, at: str, *visits: tuple[str, str]) -> dict[str, pd.DataFrame]:
    """Return the tables of a plan: visits of 20 minutes by local day and time."""
    rows = [
        {
            "plan_id": name, "date": day, "area": "Town", "time_zone": ZONE, "import_id": name,
            "shift": "evening", "vehicle": 1, "order": 1, "stop": "station", "name": "Station",
            "arrive": pd.Timestamp(f"{day} {time}", tz=ZONE).tz_convert("UTC"),
            "depart": pd.Timestamp(f"{day} {time}", tz=ZONE).tz_convert("UTC")
            + pd.Timedelta("20min"),
            "geometry": Point(20.87, 42.89),
        }
        for day, time in visits
    ]  # fmt: skip
    done = {"import_id": name, "kind": "plan", "at": pd.Timestamp(at, tz="UTC")}
    return {
        "imports": LOG_IMPORTS.frame([done]),
        "nights": LOG_NIGHTS.frame(rows),
        "plans": LOG_PLANS.geoframe(rows),
    }


def log_of(*plans: dict[str, pd.DataFrame]) -> Log:
    tables = {name: pd.concat([plan[name] for plan in plans]) for name in plans[0]}
    return Log.of(**tables)


NEW = entered("new", "2026-12-10", ("2026-12-01", "18:30"), ("2026-12-02", "19:00"))
OLD = entered("old", "2026-11-10", ("2026-11-20", "21:00"))


@pytest.mark.parametrize("order", [(NEW, OLD), (OLD, NEW)])
def test_the_plan_that_was_entered_last_is_the_last(
    order: tuple[dict[str, pd.DataFrame], ...],
) -> None:
    found = last_plan(log_of(*order))
    assert found["night"].tolist() == [1, 2]
    assert found["arrival"].tolist() == ["18:30", "19:00"]
    assert found["arrival_s"].tolist() == [66_600, 68_400]
    assert found["service_s"].tolist() == [1200, 1200]


def test_nights_that_both_plans_have_stand_beside_each_other() -> None:
    found = last_plan(log_of(NEW), datetime.date(2026, 12, 2))
    assert found[["night", "date"]].to_numpy().tolist() == [[1, "2026-12-02"]]
    later = last_plan(log_of(NEW), datetime.date(2026, 12, 20))
    assert later["night"].tolist() == [1, 2]


def test_a_night_over_midnight_and_the_end_of_summer_time() -> None:
    plan = entered("short", "2026-10-01", ("2026-10-24", "23:50"))
    plan["plans"]["depart"] += pd.Timedelta("5h")
    found = last_plan(log_of(plan))
    assert (found["arrival"].item(), found["departure"].item()) == ("23:50", "05:10")


def test_a_log_without_a_plan_has_none() -> None:
    assert last_plan(Log.of()).empty


def test_the_same_plan_differs_in_nothing_and_a_later_one_in_its_times() -> None:
    old, new = last_plan(log_of(OLD)), last_plan(log_of(NEW))
    assert changes(new, new).empty
    (change,) = changes(old, new).to_dict("records")
    assert (change["change"], change["later_s"]) == ("moved", -9000)


def test_stops_that_are_visited_as_often_are_not_named() -> None:
    both = last_plan(log_of(NEW))
    assert visits_before_and_after(both, both).empty
    assert visits_before_and_after(both, both.iloc[:1]).empty
    (row,) = visits_before_and_after(both, both.iloc[:0]).to_dict("records")
    assert (row["stop"], row["before"], row["after"]) == ("station", 2, 0)


def test_hours_announced_in_the_night_of_the_change_are_those_of_the_clock() -> None:
    plan = entered("early", "2026-10-01", ("2026-10-25", "03:30"))
    plan["plans"]["date"] = plan["nights"]["date"] = "2026-10-24"
    found = last_plan(log_of(plan))
    assert found["arrival"].item() == "03:30"
    assert found["arrival_s"].item() == 27.5 * 3600
