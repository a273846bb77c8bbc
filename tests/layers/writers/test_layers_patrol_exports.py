"""GPX and iCalendar files of the patrols, read back by other programs."""

from __future__ import annotations

import datetime
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from icalendar import Calendar

from layers.handling import Handling
from layers.schema import LEGS, METRIC, STOPS, WGS84
from layers.writers.phone import write_gpx, write_ics

HANDLING = Handling(datetime.date(2027, 2, 24), internal=False)


def row(order: int, kind: str, begin: int, end: int, shift: str = "evening") -> dict[str, object]:
    return {
        "night": 1,
        "shift": shift,
        "vehicle": 1,
        "order": order,
        "stop": f"stop_{order}",
        "name": f"Čabra & <b>{order}</b>, Ура",
        "kind": kind,
        "arrival": "18:00",
        "departure": "18:10",
        "arrival_s": begin,
        "departure_s": end,
        "geometry": shapely.Point(7_490_000 + order, 4_750_000),
    }


@pytest.fixture
def stops() -> gpd.GeoDataFrame:
    rows = [
        row(0, "depot", 64_800, 64_800),
        row(1, "station", 65_000, 66_200),
        row(1, "break", 66_200, 68_000),
        row(2, "depot", 68_600, 68_600),
        row(0, "depot", 91_800, 91_800, "early morning"),
        row(1, "depot", 99_000, 99_000, "early morning"),
    ]
    return STOPS.geoframe(pd.DataFrame(rows), crs=METRIC)


@pytest.fixture
def legs() -> gpd.GeoDataFrame:
    at = [shapely.Point(7_490_000 + 100 * x, 4_750_000 + 100 * (x % 2)) for x in range(3)]
    rows = [
        {
            "night": 1, "shift": "evening", "vehicle": 1, "order": k + 1,
            "geometry": shapely.LineString(at[k:]),
        }
        for k in (1, 0)
    ]  # fmt: skip
    return LEGS.geoframe(pd.DataFrame(rows), crs=METRIC)


def test_gpx_is_read_back_by_gdal(
    stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    paths = write_gpx(stops, legs, "© mappers", tmp_path, HANDLING)
    assert [p.name for p in paths] == ["patrol_evening_1.gpx", "patrol_early_morning_1.gpx"]
    points = pyogrio.read_dataframe(paths[0], layer="waypoints")
    assert points["name"].tolist() == [f"{k:02d} Čabra & <b>{k}</b>, Ура" for k in range(3)]
    assert points["desc"].tolist() == ["18:00-18:10"] * 3
    expected = stops.iloc[[0, 1, 3]].to_crs(WGS84)
    apart = shapely.distance(points.geometry.to_numpy(), expected.geometry.to_numpy())
    assert apart.max() < 1e-6
    track = pyogrio.read_dataframe(paths[0], layer="tracks")
    assert track["name"].tolist() == ["evening, vehicle 1"]
    parts = track.geometry.iloc[0].geoms
    expected_legs = legs.sort_values("order").to_crs(WGS84).geometry
    assert [len(part.coords) for part in parts] == [3, 2]
    for part, leg in zip(parts, expected_legs, strict=True):
        assert shapely.hausdorff_distance(part, leg) < 1e-6


def test_calendar_holds_every_row_in_utc(stops: gpd.GeoDataFrame, tmp_path: Path) -> None:
    day = datetime.date(2026, 11, 25)
    (path,) = write_ics(stops, tmp_path, HANDLING, date=day, time_zone="Europe/Belgrade")
    events = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert [str(e["summary"]) for e in events[1:3]] == [
        "Čabra & <b>1</b>, Ура",
        "Break: Čabra & <b>1</b>, Ура",
    ]
    utc = datetime.UTC
    assert events[0].start == datetime.datetime(2026, 11, 25, 17, tzinfo=utc)
    assert events[1].end == datetime.datetime(2026, 11, 25, 17, 23, 20, tzinfo=utc)
    assert events[4].start == datetime.datetime(2026, 11, 26, 0, 30, tzinfo=utc)
    assert len({str(e["uid"]) for e in events}) == 6
    again = tmp_path / "again"
    again.mkdir()
    (second,) = write_ics(stops, again, HANDLING, date=day, time_zone="Europe/Belgrade")
    assert second.read_bytes() == path.read_bytes()


def test_a_night_of_a_clock_change_keeps_its_length(
    stops: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    """On 25 October 2026 clocks go back at 3:00: two hours from 1:30 end at 2:30 by the clock."""
    day = datetime.date(2026, 10, 24)
    (path,) = write_ics(stops, tmp_path, HANDLING, date=day, time_zone="Europe/Belgrade")
    events = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert events[5].start - events[4].start == datetime.timedelta(hours=2)
    assert events[4].start == datetime.datetime(2026, 10, 24, 23, 30, tzinfo=datetime.UTC)


def two_nights(frame: gpd.GeoDataFrame) -> gpd.GeoDataFrame:
    first = frame.assign(date="2026-11-25")
    return pd.concat([first, first.assign(night=2, date="2026-11-26")], ignore_index=True)


def test_several_nights_have_a_file_for_each_patrol_and_a_calendar_for_each_vehicle(
    stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    several = two_nights(stops)
    paths = write_gpx(several, two_nights(legs), "© mappers", tmp_path, HANDLING)
    assert [p.name for p in paths] == [
        f"patrol_2026-11-{day}_{shift}_1.gpx"
        for day, shift in (
            (25, "evening"),
            (26, "early_morning"),
            (26, "evening"),
            (27, "early_morning"),
        )
    ]
    track = pyogrio.read_dataframe(paths[2], layer="tracks")
    assert track["name"].tolist() == ["2026-11-26, evening, vehicle 1"]
    assert len(track.geometry.iloc[0].geoms) == 2
    day = datetime.date(2026, 11, 25)
    (path,) = write_ics(several, tmp_path, HANDLING, date=day, time_zone="Europe/Belgrade")
    events = Calendar.from_ical(path.read_bytes()).walk("VEVENT")
    assert len({str(e["uid"]) for e in events}) == 12
    assert events[6].start - events[0].start == datetime.timedelta(days=1)
    assert events[10].start == datetime.datetime(2026, 11, 27, 0, 30, tzinfo=datetime.UTC)


def called(stops: gpd.GeoDataFrame, *shifts: str) -> gpd.GeoDataFrame:
    """Return the evening's timetable once for each of some shifts."""
    evening = stops[stops["shift"] == "evening"]
    return pd.concat([evening.assign(shift=shift) for shift in shifts], ignore_index=True)


def test_no_patrol_takes_another_ones_file(
    stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame, tmp_path: Path
) -> None:
    paths = write_gpx(
        called(stops, "вече", "јутро", "a b", "a-b", "A/B"), legs, "© mappers", tmp_path, HANDLING
    )
    assert [p.name for p in paths] == [
        "patrol_вече_1.gpx", "patrol_јутро_1.gpx", "patrol_a_b_1.gpx", "patrol_a_b_2_1.gpx",
        "patrol_A_B_3_1.gpx",
    ]  # fmt: skip
    titles = [pyogrio.read_dataframe(path, layer="tracks")["name"].iloc[0] for path in paths]
    assert titles == [f"{shift}, vehicle 1" for shift in ("вече", "јутро", "a b", "a-b", "A/B")]
