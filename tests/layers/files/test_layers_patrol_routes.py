"""What the routes in the files of a run and on its map say."""

from __future__ import annotations

import re
from dataclasses import replace
from datetime import date
from xml.etree import ElementTree as ET

import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from studies import small_study
from studies.nights import numbered

from geo.crs import CRSError
from geo.results import Patrols
from geo.schema import METRIC, WGS84
from layers.files.patrol_routes import TOLERANCE_M, routes
from layers.package_data import xml_text

CREDIT = "© mappers"
ZONE = "Europe/Belgrade"


def planned() -> Patrols:
    return small_study.findings().patrols


def two_nights(first: date | None) -> Patrols:
    nights = [numbered(planned(), night, first, ZONE) for night in (1, 2)]
    tables = {
        name: pd.concat([getattr(night, name) for night in nights], ignore_index=True)
        for name in ("stops", "legs")
    }
    return replace(nights[0], **tables)


def test_a_route_has_its_patrols_stops_in_order_and_no_breaks() -> None:
    plan = planned()
    pause = plan.stops.iloc[[1]].assign(kind="break")
    stops = pd.concat([plan.stops.iloc[::-1], pause], ignore_index=True)
    first = next(
        r
        for r in routes(stops, plan.legs, CREDIT)
        if (r.shift, r.vehicle) == ("evening", 2)
    )
    assert [stop.name for stop in first.waypoints] == [
        "00 Coordinator", "01 Bus station", "02 Zvecan railway station", "03 Coordinator",
    ]  # fmt: skip
    assert first.waypoints[1].at == ("20.865000", "42.878000")
    assert first.waypoints[1].about == "18:40-19:00"
    assert [stop.kind for stop in first.waypoints[1:3]] == [
        "monitoring_point",
        "station",
    ]
    assert len(first.line) > 3


def test_a_stop_without_a_name_is_called_by_its_id() -> None:
    plan = planned()
    route, *_ = routes(plan.stops.assign(name=None), plan.legs, CREDIT)
    assert [stop.name for stop in route.waypoints][:2] == ["00 depot", "01 bus"]


def test_titles_name_the_day_on_which_a_shift_begins_else_the_night() -> None:
    def titles(plan: Patrols) -> list[str]:
        return [route.title for route in routes(plan.stops, plan.legs, CREDIT)]

    assert titles(planned()) == [
        "evening, vehicle 1", "evening, vehicle 2", "dawn <tour>, vehicle 1",
    ]  # fmt: skip
    assert titles(two_nights(None))[2:4] == [
        "night 1, dawn <tour>, vehicle 1", "night 2, evening, vehicle 1",
    ]  # fmt: skip
    assert titles(two_nights(date(2026, 11, 30)))[2:4] == [
        "2026-12-01, dawn <tour>, vehicle 1", "2026-12-01, evening, vehicle 1",
    ]  # fmt: skip


def test_a_track_keeps_to_its_road_with_fewer_vertices() -> None:
    plan = planned()
    x = np.arange(0.0, 2_000.0, 5.0)
    road = shapely.LineString(
        np.column_stack([7_490_000 + x, 4_750_000 + 50 * np.sin(x / 200)])
    )
    legs = plan.legs.set_geometry([road] * len(plan.legs), crs=METRIC)
    line = routes(plan.stops, legs.iloc[:1], CREDIT)[0].line
    assert 5 < len(line) < len(x) / 5
    degrees = shapely.LineString([(float(lon), float(lat)) for lon, lat in line])
    drawn = legs.geometry.iloc[:1].set_crs(METRIC)
    back = type(drawn)([degrees], crs=WGS84).to_crs(METRIC).iloc[0]
    assert shapely.hausdorff_distance(back, road) < TOLERANCE_M + 0.1


def test_a_patrol_that_drives_nowhere_has_a_track_without_segments() -> None:
    plan = planned()
    route, *_ = routes(plan.stops, plan.legs[plan.legs["vehicle"] == 2], CREDIT)
    assert route.line == ()
    assert ET.fromstring(route.gpx()).find("{*}trk/{*}trkseg") is None


def test_routes_need_metres() -> None:
    plan = planned()
    with pytest.raises(CRSError, match="distances need metres"):
        routes(plan.stops.to_crs(WGS84), plan.legs.to_crs(WGS84), CREDIT)


def test_names_that_xml_cannot_hold_are_cleaned_and_the_others_escaped() -> None:
    plan = planned()
    hostile = "<b>&\x00\x07\ufffe]]> Čabra"
    stops, legs = (table.assign(shift=hostile) for table in (plan.stops, plan.legs))
    content = routes(stops.assign(name=hostile, kind=hostile), legs, CREDIT)[0].gpx()
    root = ET.fromstring(content)
    assert root.findtext("{*}wpt/{*}name") == "00 <b>&]]> Čabra"
    assert root.findtext("{*}wpt/{*}type") == "<b>&]]> Čabra"
    assert root.findtext("{*}trk/{*}name") == "<b>&]]> Čabra, vehicle 1"


@given(st.text())
def test_xml_text_holds_only_what_xml_can(text: str) -> None:
    assert not re.search(
        "[\x00-\x08\x0b\x0c\x0e-\x1f\ud800-\udfff\ufffe\uffff]", xml_text(text)
    )
