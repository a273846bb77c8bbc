"""Timetables: order, roads, the nearest help; files for the phone."""

import base64
import io
from xml.etree import ElementTree as ET

import geopandas as gpd
import pyogrio
import pytest
from shapely import Point
from studies import small_study
from studies.small_study import text

from maps.panels import patrol_panel
from maps.words.catalogue import LANGUAGES


def found(name: str | None = None) -> list[patrol_panel.Patrol]:
    found, data = small_study.findings(name=name), small_study.data(name)
    return small_study.timetables(found, data)


def test_timetable_in_order_with_the_first_road() -> None:
    plan = found()
    assert [p.key for p in plan] == [
        "shift-1-vehicle-1", "shift-1-vehicle-2", "shift-2-vehicle-1",
    ]  # fmt: skip
    first = plan[0]
    assert [text(first.title, lang) for lang in LANGUAGES] == [
        "Evening, vehicle 1", "Mbrëmje, automjeti 1", "Veče, vozilo 1", "Вече, возило 1",
    ]  # fmt: skip
    assert text(plan[2].title, "sq") == "dawn <tour>, automjeti 1"
    assert (first.start, first.end) == ("18:00", "19:30")
    assert text(first.first_road, "en") == "M-2"
    assert first.check_in == "19:50"
    assert [s.number for s in first.stops] == [0, 1, 2, 3]
    assert [s.ends for s in first.stops] == [True, False, False, True]
    road, street = first.stops[1].roads
    assert text(road, "en") == "M-2"
    assert {text(street, g) for g in LANGUAGES} == {"Rruga e Pejës"}
    assert first.stops[1].position == "42.87800, 20.86500"
    assert first.stops[1].geo_uri == "geo:42.87800,20.86500"
    assert first.stops[2].names[0] == "Zvecan railway station"
    assert len(first.stops[2].names) == 4


def test_nearest_help_is_open_and_measured_in_metres() -> None:
    plan = found()
    bus = plan[0].stops[1]
    assert bus.health is not None
    assert bus.reception is not None
    assert bus.health.name == "place.hospital"
    # 0.008 degree of latitude and of longitude at 42.88: 889 m north, 654 m east.
    assert text(bus.health.away) == "1.1 km straight line"
    assert text(bus.health.away, "sr-Cyrl") == "1,1 км ваздушна линија"
    assert bus.reception.name == "place.centre"


def test_no_patrols_no_timetable() -> None:
    assert small_study.timetables(small_study.findings(patrols=False)) == []


@pytest.mark.parametrize("name", [None, "<b>&\x00\ufffe"])
def test_files_for_the_phone_open_in_gdal(name: str | None) -> None:
    plan = found(name)
    (gpx_name, gpx), (kml_name, kml) = plan[0].files
    assert (gpx_name, kml_name) == ("patrol_evening_1.gpx", "patrol_evening_1.kml")
    track = io.BytesIO(base64.b64decode(gpx.partition(",")[2]))
    points = gpd.read_file(track, layer="waypoints")
    assert points.geometry.iloc[1].equals_exact(Point(20.865, 42.878), 1e-6)
    assert points["name"].tolist()[1] == f"01 {'<b>&' if name else 'Bus station'}"
    track.seek(0)
    assert len(gpd.read_file(track, layer="track_points")) == 4
    drawn = base64.b64decode(kml.partition(",")[2])
    assert ET.fromstring(drawn).tag.endswith("}kml")
    assert "KML" in pyogrio.list_drivers() or "LIBKML" in pyogrio.list_drivers()
    places = gpd.read_file(io.BytesIO(drawn))
    assert len(places) == 5
