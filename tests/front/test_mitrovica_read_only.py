"""Folders that cannot be written to, or are in use: a sentence names them, nothing is torn."""

from __future__ import annotations

import json
import os
import shlex
import shutil
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from folders import digests
from logs import visit_log
from servers.small_snapshot import make
from studies import example, partners
from studies.releases import entry
from tools import a_user, full_disk, programs
from tools.command_line import call

from geo.records import Log
from layers.files import atomic, vault
from layers.readers.osm import snapshots
from mitrovica.log import imports, store
from mitrovica.releases import register

CALLS = {
    "log add": "stops.csv --log sealed/log.gpkg",
    "log merge": "other.gpkg --log sealed/log.gpkg",
    "log export": "sealed/copy.gpkg --log sealed/log.gpkg",
    "release recall": "2026-11-29-partner-1 --register sealed/releases.jsonl --out note.md",
    "brief": "--study study --log sealed/log.gpkg --month 2026-11 --out sealed/brief",
    "run": "--study study --out sealed/out --no-log",
    "plan": "--study study --from run --date {night} --out sealed/plan --no-log",
    "run measure": "--study study --out sealed/measured",
    "map": "--from run --pdf sealed/map.pdf",
    "release": "--study study --from run --tier public --to everybody --purpose health"
    " --until {night} --out sealed/release",
    "init": "sealed/new --area outline.geojson",
    "init form": "sealed/form.xlsx --study study",
    "init table": "sealed/table.xlsx",
}
"""What would write into the folder ``sealed``."""

READ = {
    "log": "--log sealed/log.gpkg",
    "release list": "--register sealed/releases.jsonl",
    "log export": "copy.gpkg --log sealed/log.gpkg",
    "fetch list": "--store sealed/store",
}
"""What only reads there."""


@pytest.fixture(scope="module")
def filled(
    town_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Path:
    """Return a folder with a study, a run, a log, a register and what is added to them."""
    home = tmp_path_factory.mktemp("sealed")
    run, _ = town_run
    shutil.copytree(run, home / "run")
    shutil.copytree(run.parent / "study", home / "study")
    shutil.copy(example.EXAMPLE / "boundary.geojson", home / "outline.geojson")
    sealed = home / "sealed"
    stops = visit_log.stops_file(home)
    imports.add(home / "other.gpkg", [stops], now=visit_log.NOW)
    purged = store.recorded(Log.of(), "purge", visit_log.NOW, None, 3)
    store.write(purged, sealed / "log.gpkg")
    register._write(sealed / "releases.jsonl", [entry()])
    partners.write(sealed / "partners.toml", partners.DOCTORS)
    snapshots.save(make("good"), sealed / "store")
    return home


def answers(home: Path, calls: dict[str, str]) -> dict[str, tuple[int, str]]:
    """Call commands in a folder; return what each ended with and said."""
    os.chdir(home)
    os.environ["XDG_DATA_HOME"] = str(home / "own")
    night = datetime.now(UTC).date() + timedelta(days=1)
    found = {}
    for name, line in calls.items():
        done = call(*name.split(), *shlex.split(line.format(night=night)))
        fault = done.exception
        if not (fault is None or isinstance(fault, SystemExit)):
            raise fault
        found[name] = done.exit_code, done.output
    return found


def judge(printed: str, before: dict[str, str], sealed: Path) -> None:
    """Require a sentence of each command that would write, and no file that is another."""
    for name, (code, said) in json.loads(printed).items():
        assert code in (1, 2), (name, said)
        line = said.splitlines()[-1]
        assert "cannot be written to. Fix: " in line, (name, said)
        assert "sealed" in line, (name, said)
        assert ".part" not in line, (name, said)
    assert digests(sealed) == before


def test_a_sealed_folder_is_named_and_what_only_reads_there_passes(
    filled: Path, tmp_path: Path
) -> None:
    home = shutil.copytree(filled, tmp_path / "home")
    sealed = home / "sealed"
    for path in (sealed, *sealed.rglob("*")):
        path.chmod(path.stat().st_mode & 0o555)
    before = digests(sealed)
    wrote = a_user.as_a_user(lambda: print(json.dumps(answers(home, CALLS))))
    assert wrote.returncode == 0, wrote.stderr
    judge(wrote.stdout, before, sealed)
    read = a_user.as_a_user(lambda: print(json.dumps(answers(home, READ))))
    assert read.returncode == 0, read.stderr
    assert {code for code, _ in json.loads(read.stdout).values()} == {0}, read.stdout


@pytest.mark.proof
def test_a_disk_that_may_only_be_read_is_named(filled: Path, tmp_path: Path) -> None:
    """To the superuser, too."""
    full_disk.require(tmp_path)
    home = shutil.copytree(filled, tmp_path / "home")

    def work() -> None:
        full_disk.apart()
        shutil.move(home / "sealed", home / "whole")
        with full_disk.disk(home / "sealed", 50_000_000) as sealed:
            shutil.copytree(home / "whole", sealed, dirs_exist_ok=True)
            before = digests(sealed)
            full_disk.seal(sealed)
            judge(json.dumps(answers(home, CALLS)), before, sealed)
            assert {code for code, _ in answers(home, READ).values()} == {0}

    done = programs.run(work)
    assert done.returncode == 0, done.stderr


BUSY = {
    "log add": "stops.csv --log sealed/log.gpkg",
    "log merge": "other.gpkg --log sealed/log.gpkg",
    "log withdraw": "track.gpx --log sealed/log.gpkg",
    "log purge": "--before 2026-01-01 --log sealed/log.gpkg",
    "release recall": CALLS["release recall"],
    "run": "--study study --out sealed --no-log",
    "plan": "--study study --from run --date {night} --out sealed --no-log",
}


def test_a_busy_folder_is_named(
    filled: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    home = shutil.copytree(filled, tmp_path / "home")
    (home / "track.gpx").write_text("<gpx><trk></trk></gpx>")
    before = digests(home / "sealed")
    monkeypatch.setattr(vault, "WAIT_S", 0.1)
    monkeypatch.setenv("XDG_DATA_HOME", "")  # `answers` sets it, and the folder
    monkeypatch.chdir(home)
    with atomic.locked(home / "sealed"):
        found = answers(home, BUSY)
    for name, (code, said) in found.items():
        assert code in (1, 2), (name, said)
        line = said.splitlines()[-1]
        assert "is in use: another" in line, (name, said)
        assert "sealed" in line, (name, said)
        assert "Fix: wait until" in line, (name, said)
    assert digests(home / "sealed") == before
