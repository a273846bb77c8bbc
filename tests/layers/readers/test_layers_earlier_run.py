"""What a run wrote, read back: the findings, and no folder taken for another."""

from __future__ import annotations

import json
import shutil
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import pytest
from geopandas.testing import assert_geodataframe_equal
from studies import small_study
from studies.nights import numbered

from geo.params import Params
from geo.results import Findings
from geo.schema import (
    ACCESS_SECTIONS,
    ASSUMPTIONS,
    EXCLUDED,
    HELP,
    HOTSPOTS,
    LEGS,
    NEED,
    SIGHTINGS,
    STOPS,
    WGS84,
    Table,
)
from geo.sightings import check
from layers.artwork import Drawn
from layers.complaints import UserError
from layers.files.handling import Handling
from layers.files.listing import STAGING, OutputFolderError
from layers.files.staging import ready
from layers.readers import earlier_run
from layers.readers.earlier_run import Results
from layers.writers import layer_tables
from layers.writers.run_folder import Contents, large_lines, write_all, write_plan
from maps import planner

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="module")
def made() -> Findings:
    found = small_study.findings()
    return replace(
        found, patrols=numbered(found.patrols, 1, date(2026, 11, 30), "Europe/Belgrade")
    )


@pytest.fixture(scope="module")
def written(made: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run, which nobody changes."""
    return write(tmp_path_factory.mktemp("written") / "run", made)


@pytest.fixture(scope="module")
def left(written: Path) -> Results:
    return earlier_run.read(written)


@pytest.fixture
def folder(written: Path, tmp_path: Path) -> Path:
    """Return a copy of the folder of a run."""
    return shutil.copytree(written, tmp_path / "run")


def write(folder: Path, found: Findings) -> Path:
    write_all(
        folder,
        Contents(
            Params(privacy=found.privacy),
            Drawn("<!doctype html><head>", summary=["five sightings"]),
            Handling.of(NOW.date(), found.privacy),
            NOW,
        ),
        findings=found,
        data=small_study.data(),
    )
    return folder


def change(folder: Path, **values: object) -> None:
    """Change what the manifest of a folder says."""
    path = folder / "manifest.json"
    path.write_text(json.dumps(json.loads(path.read_text("utf-8")) | values))


@pytest.fixture(scope="module")
def large(made: Findings, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run with few rows that count as many, which nobody changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(layer_tables, "MOST_POINTS", len(made.need) - 1)
        patch.setattr(layer_tables, "MOST_FEATURES", 2)
        return write(tmp_path_factory.mktemp("large") / "run", made)


def test_a_need_of_many_points_is_a_file_of_its_own_and_comes_back_as_it_was(
    made: Findings, large: Path
) -> None:
    assert "need" not in pyogrio.list_layers(large / "study.gpkg")[:, 0]
    assert not (large / "layers" / "need.geojson").exists()
    assert "`layers/need.parquet`" in (large / "data_dictionary.md").read_text("utf-8")
    found = earlier_run.read(large).findings.need.to_crs(WGS84).reset_index(drop=True)
    written = made.need.to_crs(WGS84).reset_index(drop=True)
    assert_geodataframe_equal(found, NEED.geoframe(written), check_less_precise=True)


def test_layers_of_many_features_are_geoparquet_only(
    made: Findings, large: Path
) -> None:
    files = sorted((large / "layers").glob("*.parquet"))
    held = {path.stem for path in (large / "layers").glob("*.geojson")}
    held |= set(pyogrio.list_layers(large / "study.gpkg")[:, 0])
    assert files
    assert held.isdisjoint(path.stem for path in files)
    for path, line in zip(files, large_lines(large), strict=True):
        n = len(gpd.read_parquet(path))
        assert n > 2
        assert (
            f"{path.name} is in neither GeoJSON nor GeoPackage: it has {n:,} features"
            in line
        )
    assert len(earlier_run.read(large).findings.sightings) == len(made.sightings)


@pytest.mark.parametrize(
    ("table", "of"),
    [
        (SIGHTINGS, lambda f: f.sightings),
        (HOTSPOTS, lambda f: f.hotspots.table),
        (ACCESS_SECTIONS, lambda f: f.access.sections),
        (HELP, lambda f: f.access.places),
        (NEED, lambda f: f.need),
        (STOPS, lambda f: f.patrols.stops),
        (LEGS, lambda f: f.patrols.legs),
    ],
)
def test_layers_come_back(
    table: Table, of: object, made: Findings, left: Results
) -> None:
    read, written = (
        table.geoframe(of(found)).to_crs(WGS84).reset_index(drop=True)
        for found in (left.findings, made)
    )
    moments = {"starts_at", "ends_at"} & set(table.names)
    assert not moments or read["ends_at"].notna().all()
    for name in moments:
        # The same moments, which a GeoPackage holds in UTC.
        for frame in (read, written):
            frame[name] = pd.to_datetime(frame[name], utc=True)
    assert_geodataframe_equal(read, written, check_less_precise=True)


def test_tables_and_figures_come_back(made: Findings, left: Results) -> None:
    read = left.findings
    assert read.source == made.source
    pd.testing.assert_frame_equal(read.excluded, EXCLUDED.frame(made.excluded))
    for name in ("n", "simulations", "unplaced"):
        assert getattr(read.hotspots, name) == getattr(made.hotspots, name), name
    assert read.privacy == made.privacy
    pd.testing.assert_frame_equal(
        read.access.assumptions, ASSUMPTIONS.frame(made.access.assumptions)
    )
    np.testing.assert_allclose(
        read.access.minutes["health"], made.access.minutes["health"], atol=0.051
    )
    assert read.access.transform == made.access.transform
    assert read.n_sightings == made.n_sightings
    assert left.parameters["patrols"]["vehicles"] == 2
    assert left.made == NOW.date()


def test_sightings_come_back_through_the_door(left: Results) -> None:
    """The middles of their cells are those of the grid to the last digit, not of six decimals."""
    made, read = small_study.findings().sightings, left.findings.sightings
    check(read, small_study.data().places)
    assert np.array_equal(read.get_coordinates(), made.get_coordinates())
    pd.testing.assert_frame_equal(SIGHTINGS.frame(read), SIGHTINGS.frame(made))


def test_the_text_on_sightings_is_that_of_the_run(left: Results) -> None:
    made, data = small_study.findings(), small_study.data()
    run, later = (
        small_study.summary_lines(found, data=data)[:6]
        for found in (made, left.findings)
    )
    assert later == run


def test_a_folder_in_the_midst_of_its_renames_is_not_read(folder: Path) -> None:
    (folder / STAGING).mkdir()
    (folder / STAGING / "manifest.json").write_bytes(
        (folder / "manifest.json").read_bytes()
    )
    for read in (earlier_run.read, earlier_run.timetable, earlier_run.map_of):
        with pytest.raises(OutputFolderError, match="holds new files beside old ones"):
            read(folder)
    assert ready(folder, "run") == []
    earlier_run.read(folder)


@pytest.mark.parametrize(
    "outputs", [None, 3, ["map.html"], [{"file": 1, "sha256": ""}]]
)
def test_a_manifest_without_a_list_of_outputs_is_refused(
    folder: Path, outputs: object
) -> None:
    change(folder, outputs=outputs)
    with pytest.raises(OutputFolderError, match="has no list of outputs"):
        earlier_run.read(folder)


@pytest.mark.parametrize("name", ["study.gpkg", "rasters/walking_time_health.tif"])
def test_a_damaged_file_is_refused(folder: Path, name: str) -> None:
    (folder / name).write_bytes(b"no such format")
    with pytest.raises(UserError, match=r"cannot be read.*run again"):
        earlier_run.read(folder)


def test_the_map_can_be_drawn_of_it(left: Results) -> None:
    html = planner(left.findings, small_study.data()).get_root().render()
    assert "Bus station" in html
    assert len(small_study.summary_lines(left.findings)) == 9


def test_a_run_without_sightings_comes_back(tmp_path: Path) -> None:
    read = earlier_run.read(
        write(tmp_path, small_study.findings(0, patrols=False))
    ).findings
    assert read.n_sightings == 0
    assert read.patrols.stops.empty
    assert len(small_study.summary_lines(read)) == 9


def test_a_folder_of_something_else_is_refused(tmp_path: Path, folder: Path) -> None:
    with pytest.raises(FileNotFoundError, match="nowhere does not exist: looked in "):
        earlier_run.read(tmp_path / "nowhere")
    with pytest.raises(
        UserError, match=r"has no manifest\.json: nothing was run there"
    ):
        earlier_run.read(tmp_path)
    with pytest.raises(UserError, match="written by another program"):
        change(folder, program="other")
        earlier_run.read(folder)
    (folder / "manifest.json").write_text("{")
    with pytest.raises(UserError, match="is damaged"):
        earlier_run.read(folder)


def test_a_run_of_another_version_is_refused(folder: Path) -> None:
    """One of 6.0 has parameters of a model that left."""
    change(folder, schema_version="6.0")
    with pytest.raises(UserError, match=r"version 6\.0 of the tables.*Fix: run again"):
        earlier_run.read(folder)


def test_a_missing_file_is_named(folder: Path) -> None:
    (folder / "study.gpkg").unlink()
    with pytest.raises(UserError, match=r"misses study\.gpkg"):
        earlier_run.timetable(folder)


def test_a_plan_is_compared_but_not_planned_on(made: Findings, tmp_path: Path) -> None:
    write_plan(
        tmp_path,
        Contents(
            Params(),
            Drawn("<!doctype html>"),
            Handling.of(NOW.date(), made.privacy),
            NOW,
        ),
        patrols=made.patrols,
        data=small_study.data(),
    )
    assert len(earlier_run.timetable(tmp_path)) == len(made.patrols.stops)
    assert earlier_run.map_of(tmp_path) == (tmp_path / "map.html", date(2026, 5, 30))
    with pytest.raises(UserError, match="written by a plan, not by a run"):
        earlier_run.read(tmp_path)
