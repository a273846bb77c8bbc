"""A log is one whole file: merged, exported, purged, read by GDAL, changed by one at a time."""

from __future__ import annotations

import random
import re
import shutil
import signal
import sqlite3
import stat
import subprocess
import time
from contextlib import closing
from datetime import UTC, date, datetime
from functools import partial
from multiprocessing.context import ForkProcess
from pathlib import Path

import pandas as pd
import pytest
from logs import visit_log
from logs.visit_pages import kobo_rows, write_csv
from test_log_tracks import osmand
from tools import programs

from geo.records import Log
from geo.schema import LOG_PRESENCE, LOG_TABLES
from layers.complaints import UserError
from layers.files import atomic, vault
from mitrovica.log import retention, store
from mitrovica.log.current import in_force

LATER = datetime(2028, 2, 1, tzinfo=UTC)


def export_of(folder: Path, name: str, pages: slice) -> Path:
    rows = kobo_rows(visit_log.filled(7)[pages], visit_log.form(), ticks=False)
    return write_csv(rows, folder / f"{name}.csv", kobo=True)


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with a log of a plan, pages and a track; nobody changes it."""
    folder = tmp_path_factory.mktemp("log")
    (folder / "track.gpx").write_bytes(osmand())
    files = [visit_log.stops_file(folder), export_of(folder, "all", slice(None))]
    visit_log.add(folder / "log.gpkg", *files, folder / "track.gpx")
    return folder


@pytest.fixture
def path(made: Path, tmp_path: Path) -> Path:
    return Path(shutil.copy(made / "log.gpkg", tmp_path))


def have_minutes(path: Path) -> None:
    """Let the log hold minutes of its tracks."""
    log = store.read(path)
    rows = [{"track_id": track, "edge": "1", "time_class": "evening", "minutes": 3.0,
             "network": "n", "date": "2026-12-01"} for track in log.tracks["track_id"]]  # fmt: skip
    tables = {table.name: getattr(log, table.name) for table in LOG_TABLES}
    store.write(Log.of(**{**tables, "presence": LOG_PRESENCE.frame(rows)}), path)


def test_what_is_written_is_read_back(path: Path, tmp_path: Path) -> None:
    log = store.read(path)
    store.write(log, tmp_path / "copy.gpkg")
    again = store.read(tmp_path / "copy.gpkg")
    for table in LOG_TABLES:
        pd.testing.assert_frame_equal(
            getattr(log, table.name), getattr(again, table.name)
        )
    assert len(log.visits) == 112
    assert log.visits["arrived_at"].notna().any()


def test_the_file_is_one_and_for_its_owner_only(path: Path, tmp_path: Path) -> None:
    fresh = tmp_path / "data" / "log.gpkg"
    visit_log.add(fresh, visit_log.stops_file(tmp_path))
    assert [file.name for file in fresh.parent.iterdir()] == ["log.gpkg"]
    assert stat.S_IMODE(fresh.stat().st_mode) == 0o600
    assert stat.S_IMODE(fresh.parent.stat().st_mode) == 0o700


@pytest.mark.skipif(
    shutil.which("ogrinfo") is None, reason="needs GDAL's programs (gdal-bin)"
)
def test_gdal_reads_every_table_as_it_is(path: Path) -> None:
    done = subprocess.run(
        ["ogrinfo", "-so", "-al", str(path)], capture_output=True, text=True, check=True
    )
    assert done.stderr == ""
    for table in LOG_TABLES:
        assert f"Layer name: {table.name}\n" in done.stdout
    assert "Geometry: 3D Line String" in done.stdout
    assert "arrived_at: DateTime" in done.stdout
    with closing(sqlite3.connect(path)) as gpkg:
        assert gpkg.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        said = gpkg.execute("SELECT description FROM gpkg_contents").fetchall()
    assert all("INTERNAL" in text for (text,) in said)


def test_merging_takes_each_record_once(made: Path, tmp_path: Path) -> None:
    one, two = tmp_path / "one" / "log.gpkg", tmp_path / "two" / "log.gpkg"
    visit_log.add(one, made / "stops.csv", export_of(tmp_path, "first", slice(0, 70)))
    visit_log.add(
        two, made / "stops.csv", export_of(tmp_path, "second", slice(40, 112))
    )
    copy = tmp_path / "copy.gpkg"
    retention.export(two, copy)
    said = retention.merge(one, copy, now=visit_log.NOW)
    assert re.fullmatch(
        r"New in the log: pages \d+, groups \d+, answers of groups \d+", said
    )
    merged, whole = store.read(one), store.read(made / "log.gpkg")
    for name in ("visits", "groups", "contacts"):
        rows, expected = (getattr(log, name) for log in (merged, whole))
        ids = rows.columns[0]
        assert sorted(rows[ids]) == sorted(expected[ids])
    assert len(merged.plans) == len(whole.plans)
    before = one.read_bytes()
    said = retention.merge(one, copy, now=visit_log.NOW)
    assert said == "The log has all of it already: nothing is added"
    assert one.read_bytes() == before


def test_an_export_has_no_track_and_replaces_nothing(
    path: Path, tmp_path: Path
) -> None:
    have_minutes(path)
    copy = tmp_path / "copy.gpkg"
    assert "INTERNAL" in retention.export(path, copy)
    left = store.read(copy)
    assert (len(left.tracks), len(left.presence)) == (0, 0)
    assert len(left.visits) == 112
    with pytest.raises(UserError, match="exists already"):
        retention.export(path, copy)
    with pytest.raises(UserError, match="there is no log"):
        retention.export(tmp_path / "none.gpkg", tmp_path / "other.gpkg")


def noted(log: Log) -> set[str]:
    """Return what a log holds of groups beside their count."""
    persons = log.contacts["kind"].isin(["women", "minors"])
    answers = [
        log.groups["size_class"],
        log.groups["help"],
        log.groups["came_by"],
        log.contacts["value"][persons],
    ]
    return set(pd.concat(answers).dropna())


def test_purging_takes_tracks_that_have_minutes_and_what_is_noted_of_old_groups(
    path: Path, tmp_path: Path
) -> None:
    def purge(before: date) -> list[str]:
        return retention.purge(path, before, now=LATER)

    old, track = path.read_bytes(), osmand()[600:700]
    assert purge(date(2026, 12, 1)) == [
        "Purged: 0 tracks; of 0 groups only the count is kept"
    ]
    assert path.read_bytes() == old
    full = store.read(path)
    assert noted(full) > {"refused", "accepted", "river", "yes", "no", "5-9"}
    first = purge(date(2027, 2, 1))
    groups = full.groups["size_class"].notna().sum()
    assert first[0] == f"Purged: 0 tracks; of {groups} groups only the count is kept"
    assert first[1].startswith("1 tracks stay: their minutes are not in")
    have_minutes(path)
    assert purge(date(2027, 2, 1))[0].startswith("Purged: 1 tracks")
    log = store.read(path)
    assert len(log.tracks) == 0
    assert noted(log) == {"unknown"}
    assert len(log.groups) == len(store.read(path).groups) > 50
    assert log.imports["kind"].tolist()[-2:] == ["purge", "purge"]
    # Neither the same files nor an older copy bring back what was purged.
    (tmp_path / "track.gpx").write_bytes(osmand())
    reports = visit_log.add(
        path, tmp_path / "track.gpx", export_of(tmp_path, "all", slice(None))
    )
    assert [report.taken for report in reports] == [0, 0]
    (tmp_path / "old.gpkg").write_bytes(old)
    retention.merge(path, tmp_path / "old.gpkg", now=LATER)
    after = store.read(path)
    assert len(after.tracks) == 0
    assert noted(after) == {"unknown"}
    # Nor does another desk keep it.
    retention.merge(tmp_path / "old.gpkg", path, now=LATER)
    assert noted(store.read(tmp_path / "old.gpkg")) == {"unknown"}
    assert track not in path.read_bytes()


def test_another_file_is_no_log(tmp_path: Path, made: Path) -> None:
    (tmp_path / "text.gpkg").write_text("notes")
    with pytest.raises(UserError, match="no GeoPackage"):
        store.read(tmp_path / "text.gpkg")
    with closing(sqlite3.connect(made / "log.gpkg")) as gpkg:
        other = tmp_path / "other.gpkg"
        with closing(sqlite3.connect(other)) as copy:
            gpkg.backup(copy)
            copy.execute("DELETE FROM gpkg_contents WHERE table_name = 'visits'")
            copy.execute("DROP TABLE visits")
            copy.commit()
    with pytest.raises(UserError, match="has no table visits"):
        store.read(other)


def test_a_log_of_an_older_version_opens(path: Path) -> None:
    """It had fewer tables, and fewer columns."""
    visits = store.read(path).visits
    with closing(sqlite3.connect(path)) as gpkg, gpkg:
        gpkg.execute("DROP TABLE presence")
        gpkg.execute("DELETE FROM gpkg_contents WHERE table_name = 'presence'")
        gpkg.execute("ALTER TABLE imports DROP COLUMN sha256")
    found = store.read(path)
    assert found.visits.equals(visits)
    assert found.imports["sha256"].isna().all()
    assert found.presence.empty


def test_changes_that_another_program_left_beside_the_file_are_brought_in(
    path: Path, tmp_path: Path
) -> None:
    """QGIS opens a GeoPackage with a write-ahead log."""
    qgis = sqlite3.connect(path)
    qgis.execute("PRAGMA journal_mode = WAL").fetchone()
    qgis.execute("UPDATE visits SET skip_reason = 'other' WHERE outcome = 'skipped'")
    qgis.commit()
    qgis.execute("BEGIN").execute("SELECT * FROM visits").fetchone()
    with pytest.raises(UserError, match="open in another program, such as QGIS"):
        store.read(path)
    qgis.close()
    assert set(store.read(path).visits["skip_reason"].dropna()) == {"other"}
    assert not list(path.parent.glob("log.gpkg-*"))


def start(path: Path, file: Path) -> ForkProcess:
    """Start a program that adds a file."""
    return programs.start(partial(visit_log.add, path, file))


def test_two_programs_at_once_add_one_after_the_other(
    made: Path, tmp_path: Path
) -> None:
    path = tmp_path / "log.gpkg"
    visit_log.add(path, made / "stops.csv")
    parts = [export_of(tmp_path, str(n), slice(40 * n, 40 * n + 40)) for n in range(2)]
    programs = [start(path, part) for part in parts]
    for program in programs:
        program.join(240)
        assert program.exitcode == 0
    assert len(store.read(path).visits) == 80
    assert [file.name for file in tmp_path.glob("*log.gpkg*")] == ["log.gpkg"]


def test_a_program_that_waits_too_long_says_so(
    path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(vault, "WAIT_S", 0.2)
    waits = pytest.raises(atomic.BusyError, match="Fix: wait until it ends")
    with atomic.locked(path.parent), waits:
        visit_log.add(path, export_of(tmp_path, "all", slice(None)))


def kill_while_adding(
    made: Path, folder: Path, times: int, seed: int
) -> tuple[int, int]:
    """Kill a program at random moments of an import; return how often it was, and was done."""
    path = folder / "log.gpkg"
    file = export_of(folder, "some", slice(40))
    visit_log.add(folder / "before.gpkg", made / "stops.csv")
    shutil.copy(folder / "before.gpkg", path)
    began = time.monotonic()
    program = start(path, file)
    program.join(240)
    assert program.exitcode == 0
    whole_s = time.monotonic() - began
    draw = random.Random(seed)
    killed = done = tries = 0
    while killed < times and (tries := tries + 1) <= 10 * times:
        shutil.copy(folder / "before.gpkg", path)
        program = start(path, file)
        time.sleep(wait_s := draw.uniform(0, whole_s))
        program.kill()
        program.join(60)
        if program.exitcode == -signal.SIGKILL:
            killed += 1
        else:
            # It ends sooner than was thought: a moment as late as this is none of its own.
            whole_s = wait_s
        with closing(sqlite3.connect(path)) as gpkg:
            assert gpkg.execute("PRAGMA integrity_check").fetchone() == ("ok",)
        n = len(store.read(path).visits)
        assert n in {0, 40}
        done += n == 40
        assert not list(folder.glob("log.gpkg-*"))
    return killed, done


def test_a_log_is_whole_after_a_kill(made: Path, tmp_path: Path) -> None:
    killed, _ = kill_while_adding(made, tmp_path, 2, seed=1)
    assert killed == 2


@pytest.mark.proof
def test_a_log_is_whole_after_kills_at_fifty_moments(
    made: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    killed, done = kill_while_adding(made, tmp_path, 50, seed=2)
    with capsys.disabled():
        print(f"\n{killed} imports killed; {done} imports were whole by then")
    assert killed == 50


def test_what_was_found_at_stops_counts_every_visit_and_group(made: Path) -> None:
    log = in_force(store.read(made / "log.gpkg"), "A town")
    table = retention.found_at_stops(log)
    done = log.visits[log.visits["outcome"] == "done"]
    minutes = (done["left_at"] - done["arrived_at"]).dt.total_seconds().sum() / 60
    assert table["visits"].sum() == len(done)
    assert table["minutes"].sum() == pytest.approx(minutes)
    assert table["groups"].sum() == len(log.groups)
    assert table["name"].notna().all()
    assert retention.found_at_stops(Log.of()).empty
