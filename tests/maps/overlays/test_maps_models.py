"""Where crews were, by section and month, and which planned visits they made."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any, cast

import geopandas as gpd
import shapely

from geo.records import Log
from geo.results import Patrolled
from geo.schema import LOG_NIGHTS, LOG_PLANS, LOG_VISITS, METRIC, PLACES
from maps.overlays import models


def patrolled(minutes: list[tuple[str, str, float]]) -> Patrolled:
    about = {"name": "M-2", "corridor": "road", "road": "M-2", "from_place": None,
             "to_place": None, "near_place": None}  # fmt: skip
    rows = [
        {"section": section, "month": month, "minutes": n, **about,
         "geometry": shapely.LineString([(0, 0), (0, 2000)])}
        for section, month, n in minutes
    ]  # fmt: skip
    frame = gpd.GeoDataFrame(rows, geometry="geometry", crs=METRIC)
    return cast("Patrolled", SimpleNamespace(minutes=frame))


def drawn(minutes: list[tuple[str, str, float]]) -> list[Any]:
    return models.crew_layers(patrolled(minutes), PLACES.geoframe(), {})


def test_a_section_says_its_minutes_by_month_and_is_wider_the_longer_crews_were_there() -> (
    None
):
    (layer,) = drawn(
        [("a", "2026-11", 30.0), ("a", "2026-12", 90.0), ("b", "2026-12", 60.0)]
    )
    first, second = layer.features
    assert not layer.spec.shown
    assert [(n.word.forms["en"], n.key.forms["en"]) for n in first.notes] == [
        ("November 2026", "30 min"), ("December 2026", "90 min"),
    ]  # fmt: skip
    assert first.width == 2 * second.width
    assert len(layer.geometry) == 2


def test_what_no_crew_watched_is_not_drawn() -> None:
    assert drawn([("a", "2026-11", 0.0)]) == []
    assert models.crew_layers(None, PLACES.geoframe(), {}) == []


def test_visits_made_of_planned_are_those_of_nights_with_a_page() -> None:
    spot = {"shift": "evening", "vehicle": 1}
    plans = [
        {**spot, "date": day, "stop": s, "geometry": shapely.Point(20.9, 42.9)}
        for day in ("1", "2", "3")
        for s in ("hall", "pier")
    ]
    pages = [
        {**spot, "date": "1", "stop": "hall", "outcome": "done", "visit_id": "v1"},
        {**spot, "date": "2", "stop": "hall", "outcome": "skipped", "visit_id": "v2"},
    ]
    nights = LOG_NIGHTS.frame([{"date": day} for day in ("1", "2", "3")])
    log = Log.of(
        nights=nights, plans=LOG_PLANS.geoframe(plans), visits=LOG_VISITS.frame(pages)
    )
    found = {stop: text.forms["en"] for stop, text in models.visits_made(log).items()}
    assert found == {"hall": "1 of 2 planned", "pier": "0 of 2 planned"}
