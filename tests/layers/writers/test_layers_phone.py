"""GPX, KML and iCalendar files of the patrols, read back by other programs."""

from __future__ import annotations

import datetime
from dataclasses import replace
from pathlib import Path
from xml.etree import ElementTree as ET

import geopandas as gpd
import pandas as pd
import pyogrio
import pytest
import shapely
from icalendar import Calendar, Event
from studies.nights import numbered

from geo.results import Patrols
from geo.schema import LEGS, METRIC, STOPS, WGS84
from layers.files import patrol_routes
from layers.files.handling import Handling
from layers.palette import SHIFTS
from layers.writers.phone import write_ics, write_routes

HANDLING = Handling(datetime.date(2027, 2, 24))
NAME = "Čabra & <b>{}</b>, Ура"


def row(
    order: int, kind: str, begin: int, end: int, shift: str = "evening"
) -> dict[str, object]:
    return {
        "night": 1,
        "shift": shift,
        "vehicle": 1,
        "order": order,
        "stop": f"stop_{order}",
        "name": NAME.format(order),
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
    at = [
        shapely.Point(7_490_000 + 100 * x, 4_750_000 + 100 * (x % 2)) for x in range(3)
    ]
    rows = [
        {
            "night": 1, "shift": "evening", "vehicle": 1, "order": k + 1,
            "geometry": shapely.LineString(at[k:]),
        }
        for k in (1, 0)
    ]  # fmt: skip
    return LEGS.geoframe(pd.DataFrame(rows), crs=METRIC)


@pytest.fixture
def plan(stops: gpd.GeoDataFrame, legs: gpd.GeoDataFrame) -> Patrols:
    return Patrols(stops, legs)


def on(plan: Patrols, day: str, nights: int = 1) -> Patrols:
    """Return the plan of some nights, the first of a day."""
    first = datetime.date.fromisoformat(day)
    made = [numbered(plan, n, first, "Europe/Belgrade") for n in range(1, nights + 1)]
    tables = {
        name: pd.concat([getattr(night, name) for night in made], ignore_index=True)
        for name in ("stops", "legs")
    }
    return replace(made[0], **tables)


def routes_of(
    plan: Patrols, places: pd.DataFrame | None = None
) -> list[patrol_routes.Route]:
    return patrol_routes.routes(plan.stops, plan.legs, "© mappers", places)


def written(plan: Patrols, folder: Path) -> dict[str, Path]:
    """Return the files of the routes by name."""
    routes = routes_of(plan)
    write_routes(routes, folder, HANDLING)
    names = [f"{one.file}.{end}" for one in routes for end in ("gpx", "kml")]
    return {name: folder / name for name in names}


def calendar(plan: Patrols, folder: Path) -> list[Event]:
    write_ics(plan.stops, routes_of(plan), folder, HANDLING)
    (path,) = folder.glob("*.ics")
    return Calendar.from_ical(path.read_bytes()).walk("VEVENT")


PLACES = pd.DataFrame(
    {
        "id": ["stop_1"],
        "name_sq": ["Ura"],
        "name_sr_latn": ["Most"],
        "name_sr_cyrl": ["Мост"],
    }
)


def test_gpx_is_read_back_by_gdal(plan: Patrols, tmp_path: Path) -> None:
    paths = written(plan, tmp_path)
    assert {path.name for path in tmp_path.iterdir()} == {*paths}
    assert list(paths) == [
        "patrol_evening_1.gpx", "patrol_evening_1.kml",
        "patrol_early_morning_1.gpx", "patrol_early_morning_1.kml",
    ]  # fmt: skip
    evening = paths["patrol_evening_1.gpx"]
    points = pyogrio.read_dataframe(evening, layer="waypoints")
    assert points["name"].tolist() == [f"{k:02d} {NAME.format(k)}" for k in range(3)]
    assert points["desc"].tolist() == ["18:00-18:10"] * 3
    expected = plan.stops.iloc[[0, 1, 3]].to_crs(WGS84)
    apart = shapely.distance(points.geometry.to_numpy(), expected.geometry.to_numpy())
    assert apart.max() < 1e-6
    track = pyogrio.read_dataframe(evening, layer="tracks")
    assert track["name"].tolist() == ["evening, vehicle 1"]
    (part,) = track.geometry.iloc[0].geoms
    whole = shapely.line_merge(
        plan.legs.sort_values("order").to_crs(WGS84).geometry.union_all()
    )
    assert shapely.hausdorff_distance(part, whole) < 1e-6
    route = pyogrio.read_dataframe(evening, layer="routes").geometry.iloc[0]
    assert shapely.get_coordinates(route).shape == (3, 2)


def test_a_route_has_times_and_names_as_signs_have_them(plan: Patrols) -> None:
    route = routes_of(on(plan, "2026-10-24"), PLACES)[0]
    points = ET.fromstring(route.gpx()).findall("{*}rte/{*}rtept")
    assert [point.findtext("{*}name") for point in points][:2] == [
        f"00 {NAME.format(0)}", "01 Ura / Most / Мост",
    ]  # fmt: skip
    assert points[1].findtext("{*}cmt") == f"01 {NAME.format(1)}"
    assert points[1].findtext("{*}time") == "2026-10-24T16:03:20Z"
    assert points[1].findtext("{*}desc") == "18:00-18:10"


def test_kml_shows_each_patrol_in_the_colour_of_its_shift(
    plan: Patrols, tmp_path: Path
) -> None:
    paths = written(plan, tmp_path)
    for number, name in enumerate(
        ("patrol_evening_1.kml", "patrol_early_morning_1.kml")
    ):
        red, green, blue = (SHIFTS[number].colour[at : at + 2] for at in (1, 3, 5))
        root = ET.parse(paths[name]).getroot()
        assert {
            one.text for one in root.iter("{http://www.opengis.net/kml/2.2}color")
        } == {f"ff{blue}{green}{red}"}
    assert len(pyogrio.read_dataframe(paths["patrol_evening_1.kml"])) == 4


def test_a_calendar_holds_patrols_stops_and_breaks_in_utc(
    plan: Patrols, tmp_path: Path
) -> None:
    dated = on(plan, "2026-11-25")
    events = calendar(dated, tmp_path)
    assert [str(e["summary"]) for e in events] == [
        "Patrol evening, vehicle 1", NAME.format(1), f"Break: {NAME.format(1)}",
        "Patrol early morning, vehicle 1",
    ]  # fmt: skip
    utc = datetime.UTC
    assert events[0].start == datetime.datetime(2026, 11, 25, 17, tzinfo=utc)
    assert events[0].end == datetime.datetime(2026, 11, 25, 18, 3, 20, tzinfo=utc)
    assert events[1].end == datetime.datetime(2026, 11, 25, 17, 23, 20, tzinfo=utc)
    assert events[3].start == datetime.datetime(2026, 11, 26, 0, 30, tzinfo=utc)
    assert all(event.start < event.end for event in events)
    assert len({str(e["uid"]) for e in events}) == 4
    (alarm,) = events[0].walk("VALARM")
    assert alarm["trigger"].dt == datetime.timedelta(minutes=-30)
    (path,) = tmp_path.glob("*.ics")
    before = path.read_bytes()
    calendar(dated, tmp_path)
    assert path.read_bytes() == before


def test_an_event_says_where_it_is_and_what_to_bring(
    plan: Patrols, tmp_path: Path
) -> None:
    dated = on(plan, "2026-11-25")
    routes = routes_of(dated, PLACES)
    bring = {(routes[0].file, 1): "Poneti: voda"}
    write_ics(dated.stops, routes, tmp_path, HANDLING, bring)
    (path,) = tmp_path.glob("*.ics")
    stop = Calendar.from_ical(path.read_bytes()).walk("VEVENT")[1]
    lon, lat = shapely.get_coordinates(dated.stops.to_crs(WGS84).geometry)[1].round(6)
    assert (
        str(stop["description"])
        == f"Ura / Most / Мост\nPoneti: voda\ngeo:{lat:.6f},{lon:.6f}"
    )
    assert str(stop["location"]) == f"{NAME.format(1)} (Ura / Most / Мост)"
    assert (stop["geo"].latitude, stop["geo"].longitude) == (lat, lon)


@pytest.mark.parametrize(
    ("day", "left", "back"),
    [
        # Clocks go back from 3:00 to 2:00: two hours from 1:30 end at 2:30 by the clock.
        ("2026-10-24", "2026-10-25T01:30:00+02:00", "2026-10-25T02:30:00+01:00"),
        # Clocks go on from 2:00 to 3:00.
        ("2027-03-27", "2027-03-28T01:30:00+01:00", "2027-03-28T04:30:00+02:00"),
        ("2026-11-30", "2026-12-01T01:30:00+01:00", "2026-12-01T03:30:00+01:00"),
    ],
)
def test_moments_are_right_after_midnight_and_when_clocks_change(
    plan: Patrols, tmp_path: Path, day: str, left: str, back: str
) -> None:
    dated = on(plan, day)
    assert set(dated.stops["date"]) == {day}
    assert dated.stops["starts_at"].iloc[-2:].tolist() == [left, back]
    early = calendar(dated, tmp_path)[-1]
    assert early.start == datetime.datetime.fromisoformat(left)
    assert early.end == datetime.datetime.fromisoformat(back)
    track = ET.fromstring(routes_of(dated)[1].gpx()).findall("{*}wpt")
    assert [point.findtext("{*}time") for point in track] == [
        patrol_routes.in_utc(t) for t in (left, back)
    ]


def test_a_drive_ends_when_its_stop_is_reached(plan: Patrols) -> None:
    drive = plan.legs.assign(duration_s=[600, 180])
    legs = on(replace(plan, legs=LEGS.geoframe(drive)), "2026-11-25").legs.set_index(
        "order"
    )
    assert legs["starts_at"].to_dict() == {
        1: "2026-11-25T18:00:20+01:00", 2: "2026-11-25T18:53:20+01:00",
    }  # fmt: skip
    assert legs["ends_at"].to_dict() == {
        1: "2026-11-25T18:03:20+01:00", 2: "2026-11-25T19:03:20+01:00",
    }  # fmt: skip


def test_several_nights_have_a_file_for_each_patrol_and_a_calendar_for_each_vehicle(
    plan: Patrols, tmp_path: Path
) -> None:
    several = on(plan, "2026-11-25", nights=2)
    paths = [
        path for path in written(several, tmp_path).values() if path.suffix == ".gpx"
    ]
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
    events = calendar(several, tmp_path)
    assert len({str(e["uid"]) for e in events}) == 8
    assert events[4].start - events[0].start == datetime.timedelta(days=1)
    assert events[7].start == datetime.datetime(
        2026, 11, 27, 0, 30, tzinfo=datetime.UTC
    )


def test_no_patrol_takes_another_ones_file(plan: Patrols, tmp_path: Path) -> None:
    names = ("вече", "јутро", "a b", "a-b", "A/B")
    evening = plan.stops[plan.stops["shift"] == "evening"]
    stops = pd.concat([evening.assign(shift=name) for name in names], ignore_index=True)
    paths = written(replace(plan, stops=stops), tmp_path)
    tracks = [name for name in paths if name.endswith(".gpx")]
    assert tracks == [
        "patrol_вече_1.gpx", "patrol_јутро_1.gpx", "patrol_a_b_1.gpx", "patrol_a_b_2_1.gpx",
        "patrol_A_B_3_1.gpx",
    ]  # fmt: skip
    titles = [
        pyogrio.read_dataframe(paths[name], layer="tracks")["name"].iloc[0]
        for name in tracks
    ]
    assert titles == [f"{shift}, vehicle 1" for shift in names]
