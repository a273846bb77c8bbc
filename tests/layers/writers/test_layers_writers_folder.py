"""The output folder: complete, free of what describes people, whole after a kill."""

from __future__ import annotations

import json
import os
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

from geo.params import Params
from geo.results import Findings
from layers.handling import Handling
from layers.listing import STAGING, OutputFolderError, fingerprint
from layers.schema import RECORDS, SIGHTINGS
from layers.staging import complete, staged
from layers.writers.folder import kept_line, write_all, write_plan

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
HANDLING = Handling(date(2026, 5, 30), internal=False)
PAGE = "<!doctype html><html><head></head>"


def write(folder: Path, findings: Findings | None = None, **changes: object) -> list[Path]:
    given = {
        "findings": findings or maps_fixture.findings(),
        "data": maps_fixture.data(),
        "params": Params(),
        "map_html": PAGE,
        "handling": HANDLING,
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


def test_a_run_leaves_all_its_files_and_lists_them(tmp_path: Path) -> None:
    write(tmp_path / "out")
    assert_whole(tmp_path / "out")
    assert files(tmp_path / "out").keys() >= {
        "map.html", "study.gpkg", "patrol_plan.csv", "findings.json", "data_dictionary.md",
        "manifest.json", "layers/sightings.geojson", "layers/roads.geojson",
        "layers/movement_sections.geojson", "layers/access_sections.geojson",
        "layers/help_places.geojson", "rasters/walking_time_health.tif",
        "patrols/patrol_evening_1.gpx", "patrols/patrol_evening_2.gpx",
    }  # fmt: skip


def test_the_dictionary_names_only_files_that_are_there(tmp_path: Path) -> None:
    write(tmp_path)
    text = (tmp_path / "data_dictionary.md").read_text("utf-8")
    named = {
        cell.split(" ")[0]
        for line in text.splitlines()
        if line.startswith("In `")
        for cell in line.split("`")[1::2]
    }
    assert named == files(tmp_path).keys() - {"map.html", "manifest.json", "data_dictionary.md"}


def test_an_earlier_runs_files_go_and_the_users_own_stay(tmp_path: Path) -> None:
    write(tmp_path, cards=b"%PDF")
    assert (tmp_path / "stop_cards.pdf").is_file()
    own = {"notes.txt": b"mine", "layers/field.geojson": b"{}"}
    for name, content in own.items():
        (tmp_path / name).write_bytes(content)
    assert write(tmp_path) == []
    remaining = files(tmp_path)
    assert "stop_cards.pdf" not in remaining
    assert own.items() <= remaining.items()


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
    remaining = files(tmp_path).keys()
    assert calendars.isdisjoint(remaining)
    assert {"patrols/mine.ics", "patrols/patrol_evening_1.gpx"} <= remaining


def test_routes_and_rasters_of_an_earlier_run_go(tmp_path: Path) -> None:
    write(tmp_path)
    found = maps_fixture.findings(patrols=False)
    write(tmp_path, replace(found, access=replace(found.access, minutes={})))
    assert_whole(tmp_path)
    assert not [name for name in files(tmp_path) if name.startswith(("patrols/", "rasters/"))]


def test_files_that_the_user_edited_are_kept_under_a_new_name_and_named(tmp_path: Path) -> None:
    """Both one that the next run writes again and one that it does not."""
    write(tmp_path, cards=b"%PDF")
    day = datetime(2026, 11, 26, 12).timestamp()
    for name in ("patrol_plan.csv", "stop_cards.pdf", "layers/sightings.geojson"):
        (tmp_path / name).write_text("corrected by hand")
        os.utime(tmp_path / name, (day, day))
    edited = write(tmp_path)
    kept = {
        "patrol_plan (edited 2026-11-26).csv",
        "stop_cards (edited 2026-11-26).pdf",
        "layers/sightings (edited 2026-11-26).geojson",
    }
    assert {path.relative_to(tmp_path).as_posix() for path in edited} == kept
    remaining = files(tmp_path)
    assert all(remaining[name] == b"corrected by hand" for name in kept)
    assert {line.split(" is kept as ")[1] for line in map(kept_line, edited)} == {
        str(tmp_path / name) for name in kept
    }
    assert b"order" in remaining["patrol_plan.csv"]
    # Edited again on the same day, both versions stay.
    (tmp_path / "patrol_plan.csv").write_text("again")
    os.utime(tmp_path / "patrol_plan.csv", (day, day))
    (second,) = write(tmp_path)
    assert second.name == "patrol_plan (edited 2026-11-26, 2).csv"
    assert second.read_text() == "again"
    assert files(tmp_path)["patrol_plan (edited 2026-11-26).csv"] == b"corrected by hand"


def test_a_plan_does_not_take_the_place_of_a_run_nor_a_run_that_of_a_plan(tmp_path: Path) -> None:
    found = maps_fixture.findings()
    run, plan = tmp_path / "run", tmp_path / "run" / "plan"

    def write_patrols(folder: Path) -> None:
        write_plan(
            folder, patrols=found.patrols, source=found.source, params=Params(),
            map_html=PAGE, handling=HANDLING, inputs={"runs": 1}, now=NOW,
        )  # fmt: skip

    write(run)
    before = files(run)
    write_patrols(plan)
    assert_whole(plan)
    assert before.items() <= files(run).items()
    for folder, other, again in ((run, "run", write_patrols), (plan, "plan", write)):
        remaining = files(folder)
        with pytest.raises(OutputFolderError, match=f"holds what a {other} wrote"):
            again(folder)
        assert files(folder) == remaining


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
        with staged(tmp_path, internal=False):
            write(tmp_path)

    with pytest.raises(OutputFolderError, match="another run is writing there"):
        two()
    assert files(tmp_path) == before


def test_a_block_that_completes_nothing_replaces_nothing(tmp_path: Path) -> None:
    write(tmp_path)
    before = files(tmp_path)
    with (
        pytest.raises(OutputFolderError, match="is not complete"),
        staged(tmp_path, internal=False) as here,
    ):
        (here.path / "map.html").write_text("new")
    assert files(tmp_path) == before


def test_the_sightings_that_leave_have_the_columns_of_the_door_and_no_other(tmp_path: Path) -> None:
    write(tmp_path)
    sightings = gpd.read_file(tmp_path / "layers" / "sightings.geojson")
    assert set(sightings.columns) == {*SIGHTINGS.names, "geometry"}
    sensitive = {c.name for c in RECORDS.columns if c.sensitive} - {"place", "note"}
    with closing(sqlite3.connect(tmp_path / "study.gpkg")) as gpkg:
        for (table,) in gpkg.execute("SELECT table_name FROM gpkg_contents").fetchall():
            columns = {row[1] for row in gpkg.execute(f'PRAGMA table_info("{table}")')}
            assert not columns & sensitive, table
            assert table != "sightings" or columns == {*SIGHTINGS.names, "fid", "geom"}


# A full disk

FULL = """
import resource, sys
sys.path[:0] = {paths}
from pathlib import Path
from layers.listing import OutputFolderError
from test_layers_writers_folder import write
resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
try:
    write(Path({out!r}), map_html="<head>new")
except OutputFolderError as error:
    print(error)
"""


# Met first by Python (nothing fits), by GDAL, and by SQLite (all but the last page fits).
@pytest.mark.parametrize("room", [0, 4_000, 100_000, -1])
def test_a_disk_that_takes_no_more_is_reported_in_one_line(tmp_path: Path, room: int) -> None:
    write(tmp_path)
    limit = room if room >= 0 else (tmp_path / "study.gpkg").stat().st_size - 1
    before = files(tmp_path)
    code = FULL.format(paths=sys.path, limit=limit, out=str(tmp_path))
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, timeout=120, check=True
    )
    (line,) = done.stdout.splitlines()
    assert line.startswith(f"{tmp_path} could not be written to: ")
    assert "Nothing is replaced. Fix: make room on the disk" in line
    assert done.stderr == ""
    assert files(tmp_path) == before


@pytest.mark.parametrize("part", ["geojson", "tif"])
def test_no_file_is_cut_short_in_silence(tmp_path: Path, part: str) -> None:
    """A byte less than the file needs: GDAL itself tells of no error when it closes the file."""
    write(tmp_path)
    name = {"geojson": "layers/patrol_stops.geojson", "tif": "rasters/walking_time_health.tif"}
    limit = (tmp_path / name[part]).stat().st_size - 1
    code = {
        "geojson": "geojson.write(layer, Path('stops.geojson'), HANDLING)",
        "tif": "rasters.write_walking_times(found.access, Path(), HANDLING)",
    }
    prelude = f"""
        import resource, sys
        sys.path[:0] = {sys.path}
        from pathlib import Path
        import maps_fixture
        from layers.writers import geojson, rasters
        from layers.writers.layers import patrol_layers
        from test_layers_writers_folder import HANDLING
        found = maps_fixture.findings()
        layer = patrol_layers(found.patrols)[1]
        resource.setrlimit(resource.RLIMIT_FSIZE, ({limit}, {limit}))
        """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(prelude) + code[part]],
        capture_output=True, text=True, timeout=120, check=False, cwd=tmp_path,
    )  # fmt: skip
    assert "OSError: [Errno 27] File too large" in done.stderr


# For its owner only


def test_an_internal_run_is_for_its_owner_only_from_the_first_byte(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    out, modes, fsync = tmp_path / "out", [], os.fsync
    out.mkdir(mode=0o755)
    internal = Handling(HANDLING.until, internal=True)

    def watched(handle: int) -> None:
        """Look at every file before it gets its place."""
        modes.append(os.fstat(handle).st_mode & 0o777)
        fsync(handle)

    monkeypatch.setattr(os, "fsync", watched)
    write(out, handling=internal)
    assert len(modes) > 20
    assert set(modes) == {0o600}
    for path in (out, *out.rglob("*")):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    assert json.loads((out / "manifest.json").read_text("utf-8"))["internal"] is True


def test_an_internal_run_and_another_do_not_take_each_others_place(tmp_path: Path) -> None:
    internal = Handling(HANDLING.until, internal=True)
    for first, second, message in (
        (internal, HANDLING, "holds what an internal run wrote, and a run"),
        (HANDLING, internal, "holds what a run wrote, and an internal run"),
    ):
        out = tmp_path / str(first.internal)
        write(out, handling=first)
        before = files(out)
        with pytest.raises(OutputFolderError, match=message):
            write(out, handling=second)
        assert files(out) == before


# Killed

PRELUDE = """
import os, signal, sys
from pathlib import Path
sys.path[:0] = {paths}
from test_layers_writers_folder import small, write
from layers.staging import staged
"""


def small(folder: Path, run: int) -> None:
    """Write the small output of run number `run`: three files that stay and one that goes."""
    with staged(folder, internal=False) as here:
        staging = here.path
        (staging / "layers").mkdir()
        names = ["map.html", "plan.csv", "layers/roads.geojson", f"only_{run}.txt"]
        for name in names:
            (staging / name).write_text(f"{name} of run {run}")
        outputs = [{"file": name, **fingerprint(staging / name)} for name in names]
        complete(staging, {"program": "mitrovica-corridors", "outputs": outputs})


def child(code: str) -> subprocess.Popen[str]:
    prelude = PRELUDE.format(paths=sys.path)
    return subprocess.Popen(
        [sys.executable, "-c", prelude + textwrap.dedent(code)], stdout=subprocess.PIPE, text=True
    )


def test_a_run_killed_while_it_writes_leaves_the_old_output_whole(tmp_path: Path) -> None:
    write(tmp_path)
    before = files(tmp_path)
    writer = child(
        f"""
        with staged(Path({str(tmp_path)!r}), internal=False) as here:
            (here.path / "map.html").write_text("half a ma")
            print("writing", flush=True)
            signal.pause()
        """
    )
    assert writer.stdout.readline() == "writing\n"
    writer.kill()
    writer.communicate(timeout=30)
    assert writer.returncode == -signal.SIGKILL
    remaining = files(tmp_path)
    assert remaining.pop(f"{STAGING}/map.html") == b"half a ma"
    assert remaining == before
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
    with pytest.raises(RuntimeError), staged(tmp_path, internal=False):  # the next run, which fails
        raise RuntimeError
    assert_whole(tmp_path)
    assert (tmp_path / "map.html").read_text() == "map.html of run 2"
    assert not (tmp_path / "only_1.txt").exists()


@pytest.mark.proof
def test_fifty_runs_killed_at_random_moments_leave_the_folder_whole(tmp_path: Path) -> None:
    out, pick = tmp_path / "out", random.Random(5)
    write(out)
    began = time.monotonic()
    write(out)
    whole_s = time.monotonic() - began
    old, outcomes = files(out), []
    for moment in (pick.uniform(0.0, 2.5 * whole_s) for _ in range(50)):
        writer = child(
            f"""
            print("ready", flush=True)
            write(Path({str(out)!r}), map_html="<head>new")
            """
        )
        assert writer.stdout.readline() == "ready\n"
        time.sleep(moment)
        writer.kill()
        writer.communicate(timeout=30)
        complete = (out / STAGING / "manifest.json").exists()
        remaining = {k: v for k, v in files(out).items() if not k.startswith(STAGING)}
        outcomes.append("old" if remaining == old else "among renames" if complete else "new")
        if outcomes[-1] == "new":
            shutil.rmtree(out / STAGING, ignore_errors=True)
            assert_whole(out)
        write(out)
        assert files(out) == old
    assert {"old", "new"} <= set(outcomes), outcomes
