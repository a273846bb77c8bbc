"""What differs between two timetables."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import shapely

from geo.patrols.clock import hhmm
from geo.patrols.timetable import changes, shift_order
from geo.schema import METRIC, PLAN_CHANGES, STOPS, WGS84


def timetable(*rows: tuple[str, int, str, int]) -> gpd.GeoDataFrame:
    frame = pd.DataFrame(rows, columns=["shift", "vehicle", "stop", "arrival_s"])
    frame["name"] = frame["stop"].str.title()
    frame["service_s"] = frame["stop"].ne("depot") * 600
    frame["departure_s"] = frame["arrival_s"] + frame["service_s"]
    frame["geometry"] = [shapely.Point(0, 0)] * len(frame)
    return STOPS.geoframe(frame, crs=METRIC)


def test_every_kind_of_change_is_listed_in_order() -> None:
    before = timetable(
        ("evening", 1, "depot", 64_800), ("evening", 1, "same", 65_000),
        ("evening", 1, "later", 66_000), ("evening", 2, "gone", 67_000),
        ("dawn", 1, "other", 98_400),
    )  # fmt: skip
    after = timetable(
        ("evening", 1, "depot", 64_900), ("evening", 1, "same", 65_000),
        ("evening", 1, "later", 66_090), ("evening", 1, "new", 68_000),
        ("dawn", 2, "other", 98_400),
    )  # fmt: skip
    found = changes(before, after)
    assert list(found.columns) == PLAN_CHANGES.names
    assert found[["shift", "stop", "change"]].to_numpy().tolist() == [
        ["evening", "later", "moved"],
        ["evening", "gone", "dropped"],
        ["evening", "new", "added"],
        ["dawn", "other", "other_vehicle"],
    ]
    assert found.loc[0, ["arrival_before", "arrival_after", "later_s"]].tolist() == [
        "18:20", "18:21", 90,
    ]  # fmt: skip
    assert found.loc[1, ["arrival_after", "vehicle_after"]].isna().all()
    assert found.loc[2, "name"] == "New"


def test_shifts_are_in_the_order_in_which_they_begin() -> None:
    """Also where a shift that comes first in a night has no patrol in the first night."""
    found = timetable(("dawn", 1, "a", 98_400), ("evening", 1, "a", 64_800))
    assert shift_order(found) == ["evening", "dawn"]


def test_against_a_plan_without_visits_everything_is_dropped_or_added() -> None:
    full = timetable(("evening", 1, "a", 65_000)).assign(night=1)
    assert changes(full, full.iloc[:0])["change"].tolist() == ["dropped"]
    assert changes(full.iloc[:0], full)["change"].tolist() == ["added"]


def test_equal_timetables_do_not_differ() -> None:
    same = timetable(("evening", 1, "stop", 65_000))
    assert changes(same, same).empty
    assert changes(same.to_crs(WGS84), same).empty


def test_the_clock_counts_on_past_midnight() -> None:
    assert [hhmm(s) for s in (0, 59, 86_399, 86_400, 93_784)] == [
        "00:00", "00:00", "23:59", "00:00", "02:03",
    ]  # fmt: skip
