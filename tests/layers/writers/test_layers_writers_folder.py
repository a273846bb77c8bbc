"""The output folder: complete, free of what describes people, whole after a kill."""

from __future__ import annotations

import json
import os
import random
import resource
import shutil
import signal
import sqlite3
import time
from collections.abc import Callable
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from multiprocessing import get_context
from pathlib import Path

import geopandas as gpd
import pytest
from studies import small_study
from studies.nights import numbered
from tools import programs
from tools.small_output import small

from geo.params import Params
from geo.results import Findings, Patrols
from geo.schema import MEASURED, RECORDS
from layers.artwork import Drawn
from layers.files.handling import Handling
from layers.files.listing import STAGING, OutputFolderError, fingerprint
from layers.files.staging import staged
from layers.writers import formats, surfaces
from layers.writers.layer_tables import patrol_layers
from layers.writers.run_folder import Contents, kept_line, write_all, write_plan

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HANDLING = Handling(date(2026, 5, 30))
PAGE = Drawn("<!doctype html><html><head></head>", summary=["five sightings"])


def write(
    folder: Path, findings: Findings | None = None, **changes: object
) -> list[Path]:
    return write_all(
        folder,
        replace(Contents(Params(), PAGE, HANDLING, NOW), **changes),
        findings=findings or small_study.findings(),
        data=small_study.data(),
    )


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a run, which nobody changes."""
    folder = tmp_path_factory.mktemp("whole") / "out"
    write(folder)
    return folder


def planned(
    folder: Path, patrols: Patrols | None = None, **changes: object
) -> list[Path]:
    """Write a plan: files take their places as those of a run do."""
    return write_plan(
        folder,
        replace(Contents(Params(), PAGE, HANDLING, NOW, inputs={"runs": 1}), **changes),
        patrols=patrols or small_study.findings().patrols,
        data=small_study.data(),
    )


@pytest.fixture(scope="module")
def with_cards(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a plan with cards, which nobody changes."""
    folder = tmp_path_factory.mktemp("cards") / "out"
    planned(folder, drawn=replace(PAGE, cards=b"%PDF"))
    return folder


@pytest.fixture
def plan(with_cards: Path, tmp_path: Path) -> Path:
    """Return a copy of the folder of a plan."""
    return shutil.copytree(with_cards, tmp_path / "plan")


@pytest.fixture
def out(whole: Path, tmp_path: Path) -> Path:
    """Return a copy of the folder of a run."""
    return shutil.copytree(whole, tmp_path / "out")


def files(folder: Path) -> dict[str, bytes]:
    """Return every file under `folder` by its path, hidden ones as well."""
    return {
        path.relative_to(folder).as_posix(): path.read_bytes()
        for path in folder.rglob("*")
        if path.is_file()
    }


def assert_whole(folder: Path) -> None:
    """Check that the folder holds exactly what its manifest says, and nothing half-done."""
    listed = json.loads((folder / "manifest.json").read_text("utf-8"))["outputs"]
    for entry in listed:
        found = fingerprint(folder / entry["file"])
        assert found == {"sha256": entry["sha256"], "bytes": entry["bytes"]}, entry[
            "file"
        ]
    assert files(folder).keys() == {entry["file"] for entry in listed} | {
        "manifest.json"
    }


def test_a_run_leaves_all_its_files_and_lists_them(whole: Path) -> None:
    assert_whole(whole)
    assert files(whole).keys() >= {
        "map.html", "study.gpkg", "patrol_plan.csv", "findings.json", "data_dictionary.md",
        "manifest.json", "layers/sightings.geojson", "layers/roads.geojson",
        "layers/access_sections.geojson", "layers/help_places.geojson",
        "rasters/walking_time_health.tif",
        "patrols/patrol_evening_1.gpx", "patrols/patrol_evening_2.gpx",
    }  # fmt: skip


def test_the_dictionary_names_only_files_that_are_there(whole: Path) -> None:
    text = (whole / "data_dictionary.md").read_text("utf-8")
    named = {
        cell.split(" ")[0]
        for line in text.splitlines()
        if line.startswith("In `")
        for cell in line.split("`")[1::2]
    }
    assert named == files(whole).keys() - {
        "map.html",
        "manifest.json",
        "data_dictionary.md",
    }


def test_an_earlier_plans_files_go_and_the_users_own_stay(plan: Path) -> None:
    assert (plan / "stop_cards.pdf").is_file()
    own = {"notes.txt": b"mine", "layers/field.geojson": b"{}"}
    for name, content in own.items():
        (plan / name).write_bytes(content)
    assert planned(plan) == []
    remaining = files(plan)
    assert "stop_cards.pdf" not in remaining
    assert own.items() <= remaining.items()


def test_calendars_are_written_for_a_night_with_a_date_and_go_without(
    tmp_path: Path,
) -> None:
    found = small_study.findings().patrols
    planned(tmp_path, numbered(found, 1, date(2026, 11, 30), "Europe/Belgrade"))
    assert_whole(tmp_path)
    calendars = {"patrols/vehicle_1.ics", "patrols/vehicle_2.ics"}
    assert calendars <= files(tmp_path).keys()
    assert b"DTSTART:20261130T170000Z" in files(tmp_path)["patrols/vehicle_1.ics"]
    assert "`patrols/vehicle_1.ics`" in (tmp_path / "data_dictionary.md").read_text(
        "utf-8"
    )
    (tmp_path / "patrols" / "mine.ics").write_text("mine")
    planned(tmp_path)
    remaining = files(tmp_path).keys()
    assert calendars.isdisjoint(remaining)
    assert {"patrols/mine.ics", "patrols/patrol_evening_1.gpx"} <= remaining


def test_routes_and_rasters_of_an_earlier_run_go(out: Path) -> None:
    found = small_study.findings(patrols=False)
    write(out, replace(found, access=replace(found.access, minutes={})))
    assert_whole(out)
    assert not [
        name for name in files(out) if name.startswith(("patrols/", "rasters/"))
    ]


def test_files_that_the_user_edited_are_kept_under_a_new_name_and_named(
    plan: Path,
) -> None:
    """Both one that the next plan writes again and one that it does not."""
    day = datetime(2026, 11, 26, 12).timestamp()
    for name in ("patrol_plan.csv", "stop_cards.pdf", "layers/patrol_stops.geojson"):
        (plan / name).write_text("corrected by hand")
        os.utime(plan / name, (day, day))
    edited = planned(plan)
    kept = {
        "patrol_plan (edited 2026-11-26).csv",
        "stop_cards (edited 2026-11-26).pdf",
        "layers/patrol_stops (edited 2026-11-26).geojson",
    }
    assert {path.relative_to(plan).as_posix() for path in edited} == kept
    remaining = files(plan)
    assert all(remaining[name] == b"corrected by hand" for name in kept)
    assert {line.split(" is kept as ")[1] for line in map(kept_line, edited)} == {
        str(plan / name) for name in kept
    }
    assert b"order" in remaining["patrol_plan.csv"]
    # Edited again on the same day, both versions stay.
    (plan / "patrol_plan.csv").write_text("again")
    os.utime(plan / "patrol_plan.csv", (day, day))
    (second,) = planned(plan)
    assert second.name == "patrol_plan (edited 2026-11-26, 2).csv"
    assert second.read_text() == "again"
    assert files(plan)["patrol_plan (edited 2026-11-26).csv"] == b"corrected by hand"


def test_a_plan_does_not_take_the_place_of_a_run_nor_a_run_that_of_a_plan(
    out: Path,
) -> None:
    run, plan = out, out / "plan"
    before = files(run)
    planned(plan)
    assert_whole(plan)
    assert before.items() <= files(run).items()
    for folder, other, again in ((run, "run", planned), (plan, "plan", write)):
        remaining = files(folder)
        with pytest.raises(OutputFolderError, match=f"holds what a {other} wrote"):
            again(folder)
        assert files(folder) == remaining


@pytest.mark.parametrize(
    "name", ["map.html", pytest.param("manifest.json", marks=pytest.mark.proof)]
)
def test_a_file_of_the_users_own_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(
        OutputFolderError, match=f"holds {name}, which no earlier run wrote"
    ):
        planned(tmp_path)
    assert files(tmp_path) == {name: b"mine"}


def test_a_manifest_that_points_outside_deletes_nothing(
    plan: Path, tmp_path: Path
) -> None:
    precious = tmp_path / "precious.txt"
    precious.write_text("keep")
    record = json.loads((plan / "manifest.json").read_text("utf-8"))
    for name in ("../precious.txt", str(precious)):
        record["outputs"].append({"file": name, **fingerprint(precious)})
    (plan / "manifest.json").write_text(json.dumps(record))
    planned(plan)
    assert precious.read_text() == "keep"
    assert_whole(plan)


def test_an_error_while_writing_leaves_the_old_output(out: Path) -> None:
    before = files(out)
    broken = replace(small_study.findings(), excluded=None)
    with pytest.raises(TypeError):
        write(out, broken)
    assert files(out) == before


def test_two_runs_do_not_write_to_one_folder_at_a_time(plan: Path) -> None:
    before = files(plan)

    def two() -> None:
        with staged(plan):
            planned(plan)

    with pytest.raises(OutputFolderError, match="another run is writing there"):
        two()
    assert files(plan) == before


def test_a_block_that_completes_nothing_replaces_nothing(out: Path) -> None:
    before = files(out)
    with pytest.raises(OutputFolderError, match="is not complete"), staged(out) as here:
        (here.path / "map.html").write_text("new")
    assert files(out) == before


def test_the_sightings_that_leave_have_the_columns_of_the_door_and_no_other(
    whole: Path,
) -> None:
    sightings = gpd.read_file(whole / "study.gpkg", layer="sightings")
    assert set(sightings.columns) == {*MEASURED.names, "geometry"}
    # GeoJSON has those of them that hold something.
    holding = sightings.columns[sightings.notna().any()]
    on_web = gpd.read_file(whole / "layers" / "sightings.geojson")
    assert set(on_web.columns) == {*holding}
    sensitive = {c.name for c in RECORDS.columns if c.sensitive} - {"place", "note"}
    with closing(sqlite3.connect(whole / "study.gpkg")) as gpkg:
        for (table,) in gpkg.execute("SELECT table_name FROM gpkg_contents").fetchall():
            columns = {row[1] for row in gpkg.execute(f'PRAGMA table_info("{table}")')}
            assert not columns & sensitive, table
            assert table != "sightings" or columns == {*MEASURED.names, "fid", "geom"}


# A full disk


def limited(limit: int, name: str, use: Callable[[], object]) -> None:
    """Print how `use` ends where no file may be larger than the limit."""
    resource.setrlimit(resource.RLIMIT_FSIZE, (limit, resource.RLIM_INFINITY))
    try:
        use()
    except (OutputFolderError, OSError) as error:
        caught = f"{type(error).__name__}: {error}"
    else:
        caught = "nothing"
    resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY,) * 2)
    print(name, caught)


def test_a_disk_that_takes_no_more_is_reported_in_one_line_and_no_file_is_cut_short(
    out: Path, tmp_path: Path
) -> None:
    """A limit on the size of files is met first by Python (nothing fits), by GDAL, by SQLite.

    It takes all but the last page, and of each writer alone all but the last byte: GDAL itself
    reports no error when it closes a file that misses its last byte.
    """
    found, before = small_study.findings(), files(out)
    stops, marked = (patrol_layers(found.patrols)[1], replace(HANDLING, run="0" * 12))
    marked = replace(marked, credit=found.source.licence)

    def size(name: str) -> int:
        return (out / name).stat().st_size

    def work() -> None:
        for limit in (0, 4_000, size("study.gpkg") - 1):
            limited(limit, "folder", lambda: write(out, drawn=Drawn("<head>new")))
        limited(
            size("layers/patrol_stops.geojson") - 1, "geojson",
            lambda: formats.geojson(stops, tmp_path / "stops.geojson", marked),
        )  # fmt: skip
        limited(
            size("rasters/walking_time_health.tif") - 1, "tif",
            lambda: surfaces.write_walking_times(found.access, tmp_path, marked),
        )  # fmt: skip

    done = programs.run(work)
    *lines, geojson, raster = done.stdout.splitlines()
    assert len(lines) == 3
    for line in lines:
        assert line.startswith(
            f"folder OutputFolderError: {out} could not be written to: "
        )
        assert "Nothing is replaced. Fix: make room on the disk" in line
    assert geojson.startswith("geojson OSError: [Errno 27] File too large")
    assert raster.startswith("tif OSError: [Errno 27] File too large")
    assert (done.stderr, done.returncode) == ("", 0)
    assert files(out) == before


# Killed


def test_a_plan_killed_while_it_writes_leaves_the_old_output_whole(plan: Path) -> None:
    before = files(plan)
    writing = get_context("fork").Event()

    def work() -> None:
        with staged(plan) as here:
            (here.path / "map.html").write_text("half a ma")
            writing.set()
            signal.pause()

    writer = programs.start(work)
    assert writing.wait(60)
    writer.kill()
    writer.join(30)
    assert writer.exitcode == -signal.SIGKILL
    remaining = files(plan)
    assert remaining.pop(f"{STAGING}/map.html") == b"half a ma"
    assert remaining == before
    planned(plan)
    assert_whole(plan)


@pytest.mark.parametrize("last", [0, 2, 4])  # 4 is the rename of the manifest
def test_a_run_killed_between_two_renames_is_finished_by_the_next(
    tmp_path: Path, last: int
) -> None:
    small(tmp_path, 1)
    renamed, done = os.replace, []

    def die_after(source: Path, target: Path) -> None:
        if Path(target).parent.name != STAGING:
            if len(done) == last:
                os.kill(os.getpid(), signal.SIGKILL)
            done.append(target)
        renamed(source, target)

    def work() -> None:
        os.replace = die_after
        small(tmp_path, 2)

    writer = programs.start(work)
    writer.join(60)
    assert writer.exitcode == -signal.SIGKILL
    assert len(list((tmp_path / STAGING).rglob("*.*"))) == 5 - last
    with pytest.raises(RuntimeError), staged(tmp_path):  # the next run, which fails
        raise RuntimeError
    assert_whole(tmp_path)
    assert (tmp_path / "map.html").read_text() == "map.html of run 2"
    assert not (tmp_path / "only_1.txt").exists()


@pytest.mark.proof
def test_fifty_runs_killed_at_random_moments_leave_the_folder_whole(
    tmp_path: Path,
) -> None:
    out, pick = tmp_path / "out", random.Random(5)
    write(out)
    began = time.monotonic()
    write(out)
    whole_s = time.monotonic() - began
    old, outcomes = files(out), []
    for moment in (pick.uniform(0.0, 2.5 * whole_s) for _ in range(50)):
        writer = programs.start(lambda: write(out, drawn=Drawn("<head>new")))
        time.sleep(moment)
        writer.kill()
        writer.join(30)
        complete = (out / STAGING / "manifest.json").exists()
        remaining = {k: v for k, v in files(out).items() if not k.startswith(STAGING)}
        outcomes.append(
            "old" if remaining == old else "among renames" if complete else "new"
        )
        if outcomes[-1] == "new":
            shutil.rmtree(out / STAGING, ignore_errors=True)
            assert_whole(out)
        write(out)
        assert files(out) == old
    assert {"old", "new"} <= set(outcomes), outcomes
