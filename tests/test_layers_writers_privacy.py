"""No distance, share or density that leaves gives a sighting's recorded position back."""

from __future__ import annotations

import dataclasses
import json
import re
import sqlite3
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import maps_fixture
import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from planted_fixture import planted

from geo.exports import exported_sightings
from geo.params import Params
from layers import schema
from layers.schema import DISTANCE_STEP_M, OUTPUTS, PROXIMITY, SHARE_STEP
from layers.writers.folder import write_all
from maps import planner
from maps.summary import ten_lines

STEPPED = [(table, column) for table in OUTPUTS for column in table.columns if column.step]
NUMBERS = st.floats(min_value=-1e6, max_value=1e6) | st.just(float("nan"))


def test_every_measure_of_a_position_has_its_step() -> None:
    assert {(t.name, c.name, c.step) for t, c in STEPPED} == {
        ("proximity", "distance_m", DISTANCE_STEP_M),
        *(("proximity", f"p_{band}m", SHARE_STEP) for band in (50, 100, 250, 500)),
        ("proximity_totals", "expected_within", SHARE_STEP),
        ("proximity_totals", "expected_within_independent", SHARE_STEP),
        ("corridor_tests", "statistic", SHARE_STEP),
        ("corridor_bands", "expected_within", SHARE_STEP),
        ("corridor_curves", "distance_m", DISTANCE_STEP_M),
        ("corridor_curves", "observed", SHARE_STEP),
        ("corridor_explained", "share", SHARE_STEP),
        ("corridor_explained", "entropy", SHARE_STEP),
        ("lixels", "density_per_km", SHARE_STEP),
        ("sensitivity", "without", SHARE_STEP),
        ("sensitivity", "with_record", SHARE_STEP),
    }
    assert "likelihood_ratio" not in schema.CORRIDOR_EXPLAINED.exported
    assert schema.CORRIDOR_MEASURES not in OUTPUTS


@settings(max_examples=20)
@given(values=st.lists(NUMBERS, min_size=1, max_size=5))
def test_what_leaves_is_a_multiple_of_the_step_and_the_nearest(values: list[float]) -> None:
    for table, column in STEPPED:
        out = table.outgoing(pd.DataFrame({column.name: values}))[column.name]
        steps = out / column.step
        known = ~np.isnan(values)
        assert (out.notna() == known).all()
        assert np.allclose(steps[known], steps[known].round(), atol=1e-4)
        assert (abs(out - values)[known] <= column.step / 2 + 1e-5).all()
        assert not (np.signbit(out) & (out == 0)).any()


@given(shift=st.floats(min_value=0, max_value=49.9))
def test_positions_within_one_step_cannot_be_told_apart(shift: float) -> None:
    near, moved = 1000.0 - 25 + 0.01, 1000.0 - 25 + 0.01 + shift
    out = PROXIMITY.outgoing(pd.DataFrame({"distance_m": [near, moved]}))["distance_m"]
    assert out.nunique() == 1


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, list[float]]:
    folder = tmp_path_factory.mktemp("planted")
    findings, used = planted()
    write_all(
        folder,
        findings=findings,
        data=maps_fixture.data(),
        params=Params(),
        map_html="<!doctype html>",
        ten_lines=["five sightings"],
        now=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )
    return folder, used


def test_no_exact_measure_of_a_position_is_in_any_text_file(
    folder: tuple[Path, list[float]],
) -> None:
    path, used = folder
    assert len(used) > 100
    for file in path.rglob("*"):
        if file.suffix in (".json", ".geojson", ".csv", ".md", ".gpx", ".html"):
            text = file.read_text("utf-8")
            assert not [value for value in used if f"{value:.6f}"[:-2] in text], file.name


def test_no_exact_measure_of_a_position_is_in_the_geopackage(
    folder: tuple[Path, list[float]],
) -> None:
    path, used = folder
    exact = np.array(used)
    with closing(sqlite3.connect(path / "mitrovica.gpkg")) as gpkg:
        names = [row[0] for row in gpkg.execute("SELECT table_name FROM gpkg_contents")]
        assert "corridor_measures" not in names
        for name in names:
            for row in gpkg.execute(f'SELECT * FROM "{name}"'):
                floats = [value for value in row if isinstance(value, float)]
                for value in floats:
                    assert abs(exact - value).min() > 1e-4 or value == round(value), (name, value)


def test_the_findings_place_no_sighting_along_a_corridor(
    folder: tuple[Path, list[float]],
) -> None:
    found = json.loads((folder[0] / "findings.json").read_text("utf-8"))
    columns = {
        key
        for rows in found.values()
        if isinstance(rows, list)
        for row in rows
        if isinstance(row, dict) and "sighting" in row
        for key in row
    }
    assert columns == {
        *PROXIMITY.names, "share", "entropy", "explained_by",
    }  # fmt: skip


def test_of_a_day_only_the_month_leaves(tmp_path: Path) -> None:
    made, data = maps_fixture.findings(), maps_fixture.data()
    days = {"date_from": "1987-06-05", "date_to": "1987-06-27"}
    events = schema.SIGHTINGS.geoframe(made.sightings.assign(**days))
    findings = dataclasses.replace(
        made,
        sightings=events,
        exported=exported_sightings(events, data.places.to_crs(schema.METRIC)),
    )
    write_all(
        tmp_path,
        findings=findings,
        data=data,
        params=Params(),
        map_html=planner(findings, data).get_root().render(),
        ten_lines=ten_lines(findings, places=data.places),
        now=datetime(2026, 3, 1, 12, tzinfo=UTC),
    )
    sightings = json.loads((tmp_path / "layers/sightings.geojson").read_text("utf-8"))
    assert {f["properties"]["month"] for f in sightings["features"]} == {"1987-06"}
    assert "| `month` |" in (tmp_path / "data_dictionary.md").read_text("utf-8")
    for file in tmp_path.rglob("*.*"):
        content = file.read_bytes()
        assert b"1987-06-" not in content, file.name
        assert b"05/06/1987" not in content, file.name
        assert not re.search(rb"\b(5|27)\.? (June|qershor|juna)", content), file.name
    assert b"June 1987" in (tmp_path / "map.html").read_bytes()


def test_the_dictionary_says_in_which_steps(folder: tuple[Path, list[float]]) -> None:
    text = (folder[0] / "data_dictionary.md").read_text("utf-8")
    line = next(line for line in text.splitlines() if line.startswith("| `distance_m` | float64 "))
    assert line.endswith("| in steps of 50 |")
    assert text.count("| in steps of 0.1 |") == len(STEPPED) - 2
