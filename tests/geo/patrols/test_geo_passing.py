"""When patrols come by a place: times that a ruler gives."""

from __future__ import annotations

import geopandas as gpd
import pandas as pd
import pytest
from shapely import LineString, Point

from geo.crs import CRSError
from geo.patrols import timetable
from geo.patrols.timetable import PASSED, REACHED, place_at, times_at_places
from layers.schema import LEGS, METRIC, STOPS, WGS84

#   y
#  100 |       mill (400, 100)         yard (1000, 100)
#    0 |  home (0, 0) ----------------------------- mine (1000, 0) --- end (2000, 0)
PLACES = {"mill": (400, 100), "yard": (1000, 100), "far": (600, 301)}

Row = tuple[str, tuple[float, float], int, int]
"""What stands there, where, arrival and departure in seconds."""


def places() -> gpd.GeoDataFrame:
    points = [Point(xy) for xy in PLACES.values()]
    return gpd.GeoDataFrame({"id": list(PLACES)}, geometry=points, crs=METRIC)


def patrol(*rows: Row, vehicle: int = 1) -> tuple[gpd.GeoDataFrame, gpd.GeoDataFrame]:
    """Return stops and straight drives of one patrol; a break repeats the place before it."""
    who = {"night": 1, "shift": "evening", "vehicle": vehicle}
    stops: list[dict[str, object]] = []
    legs = []
    order = -1
    for n, (name, xy, arrival, departure) in enumerate(rows):
        order += name != "break"
        stops.append(
            {
                **who, "order": order, "stop": name, "kind": name, "arrival_s": arrival,
                "departure_s": departure, "geometry": Point(xy),
            }
        )  # fmt: skip
        if order and name != "break":
            line = LineString([rows[n - 1][1], xy])
            legs.append({**who, "order": order, "geometry": line})
    return STOPS.geoframe(stops, crs=METRIC), LEGS.geoframe(legs, crs=METRIC)


def passes(
    stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, at: dict[str, str] | None = None
) -> list[tuple[int, str, str, int]]:
    found = times_at_places(stops, legs, places(), stops["stop"].map(at or {}))
    columns = found[["vehicle", "place", "how", "at_s"]]
    return [tuple(row) for row in columns.to_numpy().tolist()]


HOME: Row = ("home", (0, 0), 0, 60)


def test_a_drive_passes_at_the_share_of_its_length_up_to_the_nearest_point() -> None:
    # 400 m of 1000 m in 100 s from second 60; the yard lies 100 m from the end; 301 m is too far.
    assert passes(*patrol(HOME, ("mine", (1000, 0), 160, 200))) == [
        (1, "mill", PASSED, 100), (1, "yard", PASSED, 160),
    ]  # fmt: skip


def test_only_within_the_distance_that_counts(monkeypatch: pytest.MonkeyPatch) -> None:
    drive = patrol(HOME, ("mine", (1000, 0), 160, 200))
    monkeypatch.setattr(timetable, "PASS_M", 99)
    assert passes(*drive) == []
    monkeypatch.setattr(timetable, "PASS_M", 301)
    assert len(passes(*drive)) == 3


def test_a_stop_reaches_at_its_arrival_and_its_own_drives_do_not_pass() -> None:
    path = patrol(HOME, ("mine", (1000, 0), 160, 200), ("end", (2000, 0), 300, 300))
    assert passes(*path, {"mine": "yard"}) == [(1, "mill", PASSED, 100), (1, "yard", REACHED, 160)]


def test_a_pass_counts_only_before_the_first_stop() -> None:
    path = patrol(
        HOME, ("end", (2000, 0), 260, 300), ("yard", (1000, 100), 400, 500),
        ("end", (2000, 0), 600, 600), HOME,
    )  # fmt: skip
    assert passes(*path, {"yard": "yard"}) == [
        (1, "mill", PASSED, 100), (1, "yard", PASSED, 160), (1, "yard", REACHED, 400),
    ]  # fmt: skip


def test_the_crew_drives_on_when_its_break_ends() -> None:
    path = patrol(HOME, ("break", (0, 0), 60, 1060), ("mine", (1000, 0), 1160, 1200))
    assert passes(*path)[0] == (1, "mill", PASSED, 1100)


def test_every_patrol_is_listed_and_none_is_fine() -> None:
    one, two = (patrol(HOME, ("mine", (1000, 0), 160, 200), vehicle=v) for v in (2, 1))
    stops, legs = (pd.concat(pair, ignore_index=True) for pair in zip(one, two, strict=True))
    assert [row[0] for row in passes(stops, legs)] == [2, 2, 1, 1]
    assert passes(stops.iloc[:0], legs.iloc[:0]) == []
    assert passes(stops, legs.iloc[:0]) == []


def test_the_place_at_within_a_distance() -> None:
    stops, _ = patrol(HOME, ("mine", (1000, 0), 160, 200))
    assert place_at(stops, places(), 413.0).tolist() == ["mill", "yard"]
    near = place_at(stops, places(), 100.0)
    assert near.iloc[1] == "yard"
    assert pd.isna(near.iloc[0])
    assert place_at(stops, places().iloc[:0], 100.0).isna().all()


def test_degrees_are_refused_with_the_fix() -> None:
    stops, legs = patrol(HOME, ("mine", (1000, 0), 160, 200))
    nobody = pd.Series(None, index=stops.index, dtype=object)
    with pytest.raises(CRSError, match=r"places is in EPSG:4326 \(degree\).*Fix: "):
        times_at_places(stops, legs, places().to_crs(WGS84), nobody)
    with pytest.raises(CRSError, match="Fix: "):
        place_at(stops.to_crs(WGS84), places(), 100.0)
