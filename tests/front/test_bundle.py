"""The bundle: which wheels a system needs, the starter, and packages of our names beside it."""

from __future__ import annotations

import os
import subprocess
import sys
import time
import tomllib
from collections.abc import Callable
from pathlib import Path

import pytest
from folders import ROOT

from mitrovica import story
from mitrovica.bundle import making, start
from mitrovica.desk.jobs import Job

HERE = f"{sys.version_info.major}.{sys.version_info.minor}"


@pytest.mark.parametrize("name", making.SYSTEMS)
def test_a_bundle_names_what_its_system_needs_by_hash(name: str) -> None:
    lock = (ROOT / "requirements.lock").read_text("utf-8")
    lines = making.locked(lock, making.SYSTEMS[name], "3.13").splitlines()
    assert all("--hash=sha256:" in line and ";" not in line for line in lines)
    names = {line.partition("==")[0] for line in lines}
    assert ("colorama" in names) == (name == "windows")
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    wanted = {
        making.Requirement(line).name
        for line in project["project"]["dependencies"]
    }
    assert wanted | {"pip"} <= names


@pytest.mark.parametrize("file", ["python313.dll", "bin/python3.13"])
def test_the_version_of_a_folder_of_python(file: str, tmp_path: Path) -> None:
    for name in (file, "python3.dll", "bin/python3.13-config"):
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).touch()
    assert making.version_of(tmp_path) == "3.13"
    with pytest.raises(SystemExit, match="is no folder of one Python 3"):
        making.version_of(tmp_path / "bin")


@pytest.fixture
def bundle(tmp_path: Path) -> Callable[..., subprocess.CompletedProcess[str]]:
    """Return what calls the starter of a bundle whose packages are in place."""
    for name in ("start.py", "start_desk.sh"):
        text = making.STARTERS.joinpath(name).read_text("utf-8")
        (tmp_path / name).write_text(text)
    (tmp_path / "python.txt").write_text(f"{HERE}\n")
    (tmp_path / "requirements.txt").write_text("a==1\n")
    made = tmp_path / "environment"
    (made / "bin").mkdir(parents=True)
    python = made / "bin" / "python"
    python.write_text(f'#!/bin/sh\nexec {sys.executable} "$@"\n')
    python.chmod(0o755)
    (made / "requirements.txt").write_text("a==1\n")

    def called(*words: str) -> subprocess.CompletedProcess[str]:
        beside = Path(sys.executable).parent
        path = os.pathsep.join([str(beside), os.environ["PATH"]])
        return subprocess.run(
            ["sh", tmp_path / "start_desk.sh", *words],
            capture_output=True,
            text=True,
            check=False,
            cwd=tmp_path,
            env=os.environ | {"PATH": path, "PYTHONPATH": "elsewhere"},
        )

    return called


def test_the_starter_starts_the_program_whatever_lies_in_the_folder(
    bundle: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    for name in ("geo", "layers", "maps", "mitrovica"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('another')")
    done = bundle("--version")
    assert done.stdout.startswith("mitrovica "), done.stderr


def test_the_starter_names_the_python_that_it_needs(
    bundle: Callable[..., subprocess.CompletedProcess[str]], tmp_path: Path
) -> None:
    (tmp_path / "python.txt").write_text("3.99\n")
    done = bundle("--version")
    assert done.returncode == 1
    assert "Fix: install the packages python3.99" in done.stdout


def test_an_environment_of_other_packages_is_made_anew(
    bundle: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, place in {
        "WANTED": "requirements.txt",
        "MADE": "environment/requirements.txt",
        "PYTHON": "environment/bin/python",
    }.items():
        monkeypatch.setattr(start, name, tmp_path / place)
    assert start.is_in_place()
    start.WANTED.write_text("a==2\n")
    assert not start.is_in_place()
    start.WANTED.write_text("a==1\n")
    start.PYTHON.unlink()
    start.PYTHON.symlink_to(tmp_path / "moved")
    assert not start.is_in_place()


def test_a_job_takes_no_package_from_the_folder_of_the_office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name in ("geo", "layers", "maps", "mitrovica"):
        (tmp_path / f"{name}.py").write_text("raise SystemExit('another')")
    monkeypatch.chdir(tmp_path)
    asked = story.Snapshots(store=tmp_path)
    job = Job("list", "", "snapshots", asked, tmp_path, lambda: None)
    job.start()
    until = time.monotonic() + 60
    while not job.end and time.monotonic() < until:
        time.sleep(0.05)
    assert job.end == "done", job.lines
