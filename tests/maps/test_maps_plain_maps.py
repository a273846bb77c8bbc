"""One layer on a page: it asks for nothing, and says what its rows hold."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html import escape
from pathlib import Path

import geopandas as gpd
import pandas as pd
import pytest
from playwright.sync_api import BrowserContext
from shapely import Point
from studies import small_study
from tools.browser import opened

from geo.crs import CRSError
from geo.params.release import TIERS
from geo.schema import (
    ANNOUNCED_STOPS,
    MAIN_ROADS,
    OTHERS,
    RELEASED_CELLS,
    SERVICES,
    WGS84,
)
from layers.files.handling import Release
from maps import explore
from maps.plain_maps import draw_release

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


def released(tier: str, services: pd.DataFrame, others: pd.DataFrame) -> dict[str, str]:
    """Return the pages of a release without a cell."""
    handling = Release("r", tier, "UNHCR", "health", date(2027, 3, 31)).handling
    data = replace(small_study.data(), services=services)
    data = replace(data, places=data.places.to_crs(WGS84))
    return draw_release(
        small_study.findings(), data, RELEASED_CELLS.geoframe(), ANNOUNCED_STOPS.geoframe(),
        handling, TIERS[tier], {"others": others} if len(others) else {},
    )  # fmt: skip


SERVICES_OF = SERVICES.frame(
    [{"need": "medical", "step": 1, "service": "hospital", "organisation": "A <b>house</b>",
      "source": "s"}]
)  # fmt: skip
TOTALS = OTHERS.frame(
    [{"organisation": "=1+1 <script>", "what": "border_visits", "period": "2021", "count": 102,
      "source": "s"}]
)  # fmt: skip


@pytest.mark.parametrize("tier", ["partner", "public"])
def test_the_map_of_a_release_names_roads_and_places_and_who_helps(tier: str) -> None:
    pages = released(tier, SERVICES_OF, TOTALS)
    page = pages["map.html"]
    roads = small_study.data().layers.roads
    named = roads[roads["highway"].isin(MAIN_ROADS)]["ref"].dropna()
    assert len(named) > 0
    assert all(ref.partition(";")[0] in page for ref in named)
    for name in small_study.data().places["name_en"]:
        assert escape(str(name)) in page, name
    assert "A &lt;b&gt;house&lt;/b&gt;" in page
    assert "<td>102</td>" in page
    assert '<a href="report_tables.html">Tables of the report</a>' in page
    assert ("Do not forward" in page) == (tier == "partner")
    table = pages["report_tables.html"]
    assert "=1+1 &lt;script&gt;" in table
    assert "others.csv" in table
    assert "<script" not in table


def test_a_release_without_services_and_totals_promises_none() -> None:
    pages = released("public", SERVICES.frame(), OTHERS.frame())
    assert set(pages) == {"map.html"}
    assert "Who helps" not in pages["map.html"]
    assert "Totals of others" not in pages["map.html"]
