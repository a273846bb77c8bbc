"""What findings show of themselves: without sightings, without patrols, with hostile names."""

from __future__ import annotations

from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from studies import small_study

from geo import chance, hotspots, network, patterns
from geo.evidence_line import LINES, WIDTH, in_lines, summary
from geo.params import HotspotParams

STREET = gpd.GeoSeries(
    [shapely.LineString([(7_480_000, 4_750_000), (7_481_000, 4_750_000)])], crs=9141
)
SEEN = gpd.GeoSeries.from_xy(
    [7_480_100, 7_480_120, 7_480_700], [4_750_030] * 3, crs=9141
)


def test_findings_without_sightings_or_patrols_are_shown() -> None:
    assert "sightings  0" in repr(small_study.findings(0))
    assert "0 stops" in repr(small_study.findings(patrols=False))


def test_in_a_notebook_no_name_is_code() -> None:
    assert "<script" not in small_study.hostile()[0]._repr_html_()


def test_findings_are_summed_up_in_ten_lines() -> None:
    assert len(repr(small_study.findings()).splitlines()) <= LINES


@pytest.fixture(scope="module")
def shown() -> dict[str, Any]:
    """Return a result of each kind."""
    found, data = small_study.findings(), small_study.data()
    streets = network.from_lines(STREET)
    params = HotspotParams(simulations=19)
    return {
        "data": data,
        "layers": data.layers,
        "log": data.log,
        "findings": found,
        "proximity": found.proximity,
        "hotspots": hotspots.find(STREET, SEEN, params=params, uncertainty_m=0),
        "access": found.access,
        "patrols": found.patrols,
        "null": chance.reporting_effort(STREET),
        "k": patterns.k_envelopes(streets, SEEN, [50, 100], simulations=19),
        "lixels": network.lixelize(streets, 50.0),
        "positions": network.Positions.of(streets.snap(SEEN)),
    }


def test_every_result_tells_of_itself_in_ten_lines_and_in_html(
    shown: dict[str, Any],
) -> None:
    for name, result in shown.items():
        lines = repr(result).splitlines()
        assert 1 < len(lines) <= LINES, name
        assert max(map(len, lines)) <= WIDTH, name
        page = result._repr_html_()
        assert page.startswith("<table>"), name
        assert "<script" not in page, name


def test_the_last_line_counts_what_has_no_room() -> None:
    parts = [(f"part{number}", "x") for number in range(12)]
    lines = in_lines("Result", parts).splitlines()
    assert len(lines) == LINES
    assert lines[-1].split() == [
        "...", "and", "part8,", "part9,", "part10,", "part11",
    ]  # fmt: skip
    assert in_lines("Result", parts[:9]).splitlines()[-1].split()[0] == "part8"


def test_a_part_is_summed_up_in_a_line() -> None:
    frame = pd.DataFrame({"a": [1, 2], "b": [3, 4]})
    assert summary(frame) == "2 rows: a, b"
    assert summary(frame["a"]) == "2 rows"
    assert summary(np.zeros((2, 3))) == "float64 array (2, 3)"
    assert summary((1.5, 2.5)) == "1.5, 2.5"
    assert summary((frame,)) == "1 of DataFrame"
    assert summary(()) == summary({}) == summary(None) == "none"
    assert summary(small_study.data()) == "StudyData"


def test_results_say_how_far_points_were_moved_to_the_network(
    shown: dict[str, Any],
) -> None:
    assert shown["k"].snap_m.tolist() == [30.0] * 3
    assert shown["positions"].take(np.array([1])).snap_m.tolist() == [30.0]
    moved = shown["hotspots"].snap_m
    assert moved.tolist() == [30.0] * 3
    positions = network.Positions(np.array([0, 0]), np.array([1.0, 2.0]))
    on_network = patterns.k_envelopes(
        network.from_lines(STREET), positions, [50], simulations=19
    )
    assert on_network.snap_m is None
