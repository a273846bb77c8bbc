"""The map of a release: it names ground and help, and promises none that nobody gives."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from html import escape

import pandas as pd
import pytest
from studies import small_study

from geo.schema import (
    ANNOUNCED_STOPS,
    MAIN_ROADS,
    OTHERS,
    RELEASED_CELLS,
    SERVICES,
    WGS84,
)
from layers.files.handling import Release
from mitrovica.masks.tiers import TIERS
from mitrovica.releases.release_map import draw_release


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
