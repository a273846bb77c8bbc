"""One layer on a page: it asks for nothing, and says what its rows hold."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import pytest
from playwright.sync_api import BrowserContext
from shapely import Point
from studies import small_study
from tools.browser import opened

from geo.crs import CRSError
from maps import explore

STATION = gpd.GeoDataFrame(
    {"name": [small_study.HOSTILE], "distance_m": [12.345678], "stops": [3]},
    geometry=[Point(20.87, 42.89)],
    crs="EPSG:4326",
)


@pytest.mark.browser
def test_a_layer_asks_for_nothing_and_text_from_data_runs_nowhere(
    context: BrowserContext, tmp_path: Path
) -> None:
    path = tmp_path / "layer.html"
    findings = small_study.findings()
    drawn = explore(findings.hotspots, small_study.data(small_study.HOSTILE))
    assert explore(STATION, m=drawn, colour="#0072b2") is drawn
    drawn.save(path)
    page = opened(context, path)
    # The event itself: a pointer that is moved while the page still settles may reach nothing.
    page.locator("path[stroke='#0072b2']").dispatch_event("mouseover")
    tip = page.locator(".leaflet-tooltip")
    assert "<script>alert(1)</script>" in tip.inner_text()
    assert "12.3457" in tip.inner_text()
    assert page.requests == [path.as_uri()]  # type: ignore[attr-defined]
    assert page.messages == []  # type: ignore[attr-defined]


def test_a_title_and_labels_stand_on_the_map_and_run_nothing(
    context: BrowserContext, tmp_path: Path
) -> None:
    path = tmp_path / "layer.html"
    rows = gpd.GeoDataFrame(
        {"name": ["Café <b>", None], "n": [1.5, 2.0]},
        geometry=[Point(20.85, 42.88), Point(20.87, 42.9)],
        crs=4326,
    )
    explore(rows, title="Cafés <i>", label="name").save(path)
    page = opened(context, path)
    assert page.title() == "Cafés <i>"
    assert page.locator("h1").inner_text() == "Cafés <i>"
    assert page.locator(".label").all_inner_texts() == ["Café <b>"]
    assert page.messages == []  # type: ignore[attr-defined]


def test_a_label_that_no_row_has_and_a_second_title_are_refused() -> None:
    drawn = explore(STATION)
    with pytest.raises(ValueError, match=r"no column|no rows have a column"):
        explore(STATION, label="nam")
    with pytest.raises(ValueError, match="title is that of a new map"):
        explore(STATION, m=drawn, title="Stations")


def test_rows_without_a_place_are_left_out() -> None:
    rows = gpd.GeoDataFrame(
        {"name": ["a", "b"]}, geometry=[None, Point(7e6, 4.7e6)], crs=9141
    )
    page = explore(rows).get_root().render()
    assert page.count('"type": "Feature"') == 1
    explore(rows.iloc[:0]).get_root().render()


def test_a_frame_without_crs_is_refused() -> None:
    with pytest.raises(
        CRSError, match=r"the frame has no CRS\. Fix: frame = frame.set_crs"
    ):
        explore(gpd.GeoDataFrame(geometry=[Point(0, 0)]))


def test_every_result_that_has_places_is_drawn() -> None:
    found = small_study.findings()
    for result, name in (
        (found.hotspots, "Bus station"),
        (found.access, "far_min"),
        (found.patrols, "Coordinator"),
    ):
        assert result is not None
        assert name in explore(result).get_root().render()
