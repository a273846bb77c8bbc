"""The output folder: complete, free of what describes people, whole after a kill."""

from __future__ import annotations

import json
import random
import shutil
import signal
import sqlite3
import subprocess
import sys
import textwrap
import time
from contextlib import closing
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import geopandas as gpd
import maps_fixture
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from geo.exports import exported_sightings
from geo.params import Params
from geo.results import Findings
from layers.schema import METRIC, REJECTED, SIGHTINGS
from layers.writers.folder import write_all, write_plan
from layers.writers.manifest import fingerprint
from layers.writers.staging import STAGING, OutputFolderError, settle, staged

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)


def write(folder: Path, findings: Findings | None = None, **changes: object) -> list[Path]:
    given = {
        "findings": findings or maps_fixture.findings(),
        "data": maps_fixture.data(),
        "params": Params(),
        "map_html": "<!doctype html>",
        "ten_lines": ["five sightings"],
        "now": NOW,
    }
    return write_all(folder, **(given | changes))


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
        assert found == {"sha256": entry["sha256"], "bytes": entry["bytes"]}, entry["file"]
    assert files(folder).keys() == {entry["file"] for entry in listed} | {"manifest.json"}


def test_a_run_leaves_all_its_files_and_names_them(tmp_path: Path) -> None:
    written = write(tmp_path / "out")
    assert_whole(tmp_path / "out")
    names = {path.relative_to(tmp_path / "out").as_posix() for path in written}
    assert names == files(tmp_path / "out").keys()
    assert names >= {
        "map.html", "mitrovica.gpkg", "patrol_plan.csv", "findings.json", "data_dictionary.md",
        "manifest.json", "layers/sightings.geojson", "layers/roads.geojson",
        "layers/movement_sections.geojson", "layers/access_sections.geojson",
        "layers/help_places.geojson", "rasters/walking_time_health.tif",
        "patrols/patrol_evening_1.gpx", "patrols/patrol_evening_2.gpx",
    }  # fmt: skip


def test_the_dictionary_names_only_files_that_are_there(tmp_path: Path) -> None:
    rejected = REJECTED.frame([{"file": "mine.csv", "row": 3, "problem": "no position"}])
    write(tmp_path, rejected=rejected)
    text = (tmp_path / "data_dictionary.md").read_text("utf-8")
    named = {
        cell.split(" ")[0]
        for line in text.splitlines()
        if line.startswith("In `")
        for cell in line.split("`")[1::2]
    }
    assert named == files(tmp_path).keys() - {"map.html", "manifest.json", "data_dictionary.md"}


def test_an_earlier_runs_files_go_and_the_users_own_stay(tmp_path: Path) -> None:
    rejected = REJECTED.frame([{"file": "mine.csv", "row": 3, "problem": "no position"}])
    write(tmp_path, rejected=rejected)
    assert (tmp_path / "rejected_sightings.csv").is_file()
    own = {"notes.txt": b"mine", "layers/field.geojson": b"{}"}
    for name, content in own.items():
        (tmp_path / name).write_bytes(content)
    write(tmp_path)
    left = files(tmp_path)
    assert "rejected_sightings.csv" not in left
    assert own.items() <= left.items()


def test_calendars_are_written_for_a_night_with_a_date_and_go_without(tmp_path: Path) -> None:
    dated = replace(Params(), patrols=replace(Params().patrols, date=date(2026, 11, 30)))
    write(tmp_path, params=dated)
    assert_whole(tmp_path)
    calendars = {"patrols/vehicle_1.ics", "patrols/vehicle_2.ics"}
    assert calendars <= files(tmp_path).keys()
    assert b"DTSTART:20261130T170000Z" in files(tmp_path)["patrols/vehicle_1.ics"]
    assert "`patrols/vehicle_1.ics`" in (tmp_path / "data_dictionary.md").read_text("utf-8")
    (tmp_path / "patrols" / "mine.ics").write_text("mine")
    write(tmp_path)
    left = files(tmp_path).keys()
    assert calendars.isdisjoint(left)
    assert {"patrols/mine.ics", "patrols/patrol_evening_1.gpx"} <= left


def test_routes_and_rasters_of_an_earlier_run_go(tmp_path: Path) -> None:
    write(tmp_path)
    found = maps_fixture.findings(patrols=False)
    write(tmp_path, replace(found, access=replace(found.access, minutes={})))
    assert_whole(tmp_path)
    assert not [name for name in files(tmp_path) if name.startswith(("patrols/", "rasters/"))]


def test_an_output_that_the_user_changed_since_is_not_removed(tmp_path: Path) -> None:
    write(tmp_path, rejected=REJECTED.frame([{"file": "mine.csv"}]))
    (tmp_path / "rejected_sightings.csv").write_text("corrected by hand")
    write(tmp_path)
    assert (tmp_path / "rejected_sightings.csv").read_text() == "corrected by hand"


def test_a_plan_does_not_take_the_place_of_a_run_nor_a_run_that_of_a_plan(tmp_path: Path) -> None:
    found = maps_fixture.findings()
    run, plan = tmp_path / "run", tmp_path / "run" / "plan"

    def write_patrols(folder: Path) -> None:
        write_plan(
            folder, patrols=found.patrols, source=found.source, params=Params(),
            map_html="<!doctype html>", inputs=[run / "manifest.json"], now=NOW,
        )  # fmt: skip

    write(run)
    before = files(run)
    write_patrols(plan)
    assert_whole(plan)
    assert before.items() <= files(run).items()
    for folder, other, again in ((run, "run", write_patrols), (plan, "plan", write)):
        left = files(folder)
        with pytest.raises(OutputFolderError, match=f"holds what a {other} left"):
            again(folder)
        assert files(folder) == left


@pytest.mark.parametrize("name", ["map.html", "manifest.json"])
def test_a_file_of_the_users_own_is_never_replaced(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_text("mine")
    with pytest.raises(OutputFolderError, match=f"holds {name}, which no earlier run wrote"):
        write(tmp_path)
    assert files(tmp_path) == {name: b"mine"}


def test_a_manifest_that_points_outside_deletes_nothing(tmp_path: Path) -> None:
    out, precious = tmp_path / "out", tmp_path / "precious.txt"
    precious.write_text("keep")
    write(out)
    record = json.loads((out / "manifest.json").read_text("utf-8"))
    for name in ("../precious.txt", str(precious)):
        record["outputs"].append({"file": name, **fingerprint(precious)})
    (out / "manifest.json").write_text(json.dumps(record))
    write(out)
    assert precious.read_text() == "keep"
    assert_whole(out)


def test_an_error_while_writing_leaves_the_old_output(tmp_path: Path) -> None:
    write(tmp_path)
    before = files(tmp_path)
    broken = replace(maps_fixture.findings(), sensitivity=None)
    with pytest.raises(TypeError):
        write(tmp_path, broken)
    assert files(tmp_path) == before


def test_two_runs_do_not_write_to_one_folder_at_a_time(tmp_path: Path) -> None:
    write(tmp_path)
    before = files(tmp_path)

    def two() -> None:
        with staged(tmp_path):
            write(tmp_path)

    with pytest.raises(OutputFolderError, match="another run is writing"):
        two()
    assert files(tmp_path) == before


def test_a_block_that_settles_nothing_replaces_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    before = files(tmp_path)
    with pytest.raises(OutputFolderError, match="were not settled"), staged(tmp_path) as staging:
        (staging / "map.html").write_text("new")
    assert files(tmp_path) == before


# No word of what describes people

CANARY = st.text(st.characters(categories=["Lu", "Ll"]), min_size=12, max_size=16)


@settings(max_examples=4, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(word=CANARY)
def test_nothing_that_describes_people_leaves(
    tmp_path_factory: pytest.TempPathFactory, word: str
) -> None:
    text, number, day = f"Q{word}Q", 987_654_321, "1987-06-05"
    values = {"string": text, "Int64": number, "datetime64[us]": day}
    plant = {c.name: values[c.dtype] for c in SIGHTINGS.columns if c.sensitive}
    # Days that span months: of days in one month, the month leaves.
    plant["date_to"] = "1987-07-05"
    assert {"age_min", "males_min", "heading", "luggage", "clothing", "note", "place"} <= set(plant)
    made, data = maps_fixture.findings(), maps_fixture.data()
    events = SIGHTINGS.geoframe(made.sightings.assign(**plant))
    coarse = exported_sightings(events, data.places.to_crs(METRIC))
    findings = replace(made, sightings=events, exported=coarse)
    records = SIGHTINGS.geoframe(data.sightings.assign(**plant))

    folder = tmp_path_factory.mktemp("canary")
    write(folder, findings, data=replace(data, sightings=records))
    traces = [text.encode(), str(number).encode(), number.to_bytes(4, "big"), day.encode()]
    traces += [json.dumps(text).strip('"').encode(), b"1987"]
    for name, written in files(folder).items():
        # Of all sightings together the first and the last month leave.
        content = written.replace(b'"1987-06"', b"").replace(b'"1987-07"', b"")
        assert not [trace for trace in traces if trace in content], name


def test_the_sightings_that_leave_have_no_column_but_the_coarse_ones(tmp_path: Path) -> None:
    write(tmp_path)
    coarse = {"id", "size_class", "coarse_place", "month", "uncertainty_m"}
    sightings = gpd.read_file(tmp_path / "layers" / "sightings.geojson")
    assert set(sightings.columns) == coarse | {"geometry"}
    sensitive = {c.name for c in SIGHTINGS.columns if c.sensitive} - {"place", "note"}
    with closing(sqlite3.connect(tmp_path / "mitrovica.gpkg")) as gpkg:
        for (table,) in gpkg.execute("SELECT table_name FROM gpkg_contents").fetchall():
            columns = {row[1] for row in gpkg.execute(f'PRAGMA table_info("{table}")')}
            assert not columns & sensitive, table
            assert table != "sightings" or columns == coarse | {"fid", "geom"}


# Killed

PRELUDE = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {paths}
from test_layers_writers_folder import small, write
from layers.writers.staging import staged
"""


def small(folder: Path, run: int) -> None:
    """Write the small output of run number `run`: three files that stay and one that goes."""
    with staged(folder) as staging:
        (staging / "layers").mkdir()
        names = ["map.html", "plan.csv", "layers/roads.geojson", f"only_{run}.txt"]
        for name in names:
            (staging / name).write_text(f"{name} of run {run}")
        outputs = [{"file": name, **fingerprint(staging / name)} for name in names]
        settle(staging, {"program": "mitrovica-corridors", "outputs": outputs})


def child(code: str) -> subprocess.Popen[str]:
    here = Path(__file__).resolve()
    prelude = PRELUDE.format(paths=[str(here.parent), str(here.parents[1])])
    return subprocess.Popen(
        [sys.executable, "-c", prelude + textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )


def test_a_run_killed_while_it_writes_leaves_the_old_output_whole(tmp_path: Path) -> None:
    write(tmp_path)
    before = files(tmp_path)
    writer = child(
        f"""
        with staged(Path({str(tmp_path)!r})) as staging:
            (staging / "map.html").write_text("half a ma")
            print("writing", flush=True)
            signal.pause()
        """
    )
    assert writer.stdout.readline() == "writing\n"
    writer.kill()
    writer.communicate(timeout=30)
    assert writer.returncode == -signal.SIGKILL
    left = files(tmp_path)
    assert left.pop(f"{STAGING}/map.html") == b"half a ma"
    assert left == before
    write(tmp_path)
    assert_whole(tmp_path)


@pytest.mark.parametrize("last", [0, 2, 4])  # 4 is the rename of the manifest
def test_a_run_killed_between_two_renames_is_finished_by_the_next(
    tmp_path: Path, last: int
) -> None:
    small(tmp_path, 1)
    writer = child(
        f"""
        folder, replace, done = Path({str(tmp_path)!r}), os.replace, []
        def die_after(source, target):
            if Path(target).parent.name != ".mitrovica-staging":
                if len(done) == {last}:
                    os.kill(os.getpid(), signal.SIGKILL)
                done.append(target)
            replace(source, target)
        os.replace = die_after
        small(folder, 2)
        """
    )
    writer.communicate(timeout=60)
    assert writer.returncode == -signal.SIGKILL
    assert len(list((tmp_path / STAGING).rglob("*.*"))) == 5 - last
    with pytest.raises(RuntimeError), staged(tmp_path):  # the next run, which fails
        raise RuntimeError
    assert_whole(tmp_path)
    assert (tmp_path / "map.html").read_text() == "map.html of run 2"
    assert not (tmp_path / "only_1.txt").exists()


@pytest.mark.proof
def test_fifty_runs_killed_at_random_moments_leave_the_folder_whole(tmp_path: Path) -> None:
    out, pick = tmp_path / "out", random.Random(5)
    write(out)
    old, outcomes = files(out), []
    for moment in (pick.uniform(0.0, 1.2) for _ in range(50)):
        writer = child(
            f"""
            print("ready", flush=True)
            write(Path({str(out)!r}), map_html="new")
            """
        )
        assert writer.stdout.readline() == "ready\n"
        time.sleep(moment)
        writer.kill()
        writer.communicate(timeout=30)
        settled = (out / STAGING / "manifest.json").exists()
        left = {k: v for k, v in files(out).items() if not k.startswith(STAGING)}
        outcomes.append("old" if left == old else "among renames" if settled else "new")
        if outcomes[-1] == "new":
            shutil.rmtree(out / STAGING, ignore_errors=True)
            assert_whole(out)
        write(out)
        assert files(out) == old
    assert {"old", "new"} <= set(outcomes), outcomes
