"""A file or folder is whole or absent."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

from layers.files import atomic, system


def test_a_file_appears_when_the_block_ends(tmp_path: Path) -> None:
    target = tmp_path / "new" / "map.html"
    with atomic.file(target) as part:
        assert part.suffix == ".html"
        part.write_text("whole")
        assert not target.exists()
    assert target.read_text() == "whole"
    assert [p.name for p in target.parent.iterdir()] == ["map.html"]


def test_an_error_leaves_the_old_file_and_no_trace(tmp_path: Path) -> None:
    target = tmp_path / "map.html"
    target.write_text("old")

    def fail() -> None:
        with atomic.file(target) as part:
            part.write_text("ha")
            raise RuntimeError("disk full")

    with pytest.raises(RuntimeError, match="disk full"):
        fail()
    assert target.read_text() == "old"
    assert [p.name for p in tmp_path.iterdir()] == ["map.html"]


def test_a_block_that_writes_nothing_is_an_error(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic.file(tmp_path / "a.csv"):
        pass


def test_a_folder_replaces_the_old_one_whole(tmp_path: Path) -> None:
    target = tmp_path / "snapshot"
    for content in ("first", "second"):
        with atomic.folder(target) as part:
            (part / content).write_text(content)
        assert [p.name for p in target.iterdir()] == [content]
    assert [p.name for p in tmp_path.iterdir()] == ["snapshot"]


def test_an_error_leaves_the_old_folder(tmp_path: Path) -> None:
    target = tmp_path / "snapshot"
    with atomic.folder(target) as part:
        (part / "a").write_text("a")

    def fail() -> None:
        with atomic.folder(target) as part:
            (part / "b").write_text("b")
            raise RuntimeError("no network")

    with pytest.raises(RuntimeError, match="no network"):
        fail()
    assert [p.name for p in target.iterdir()] == ["a"]
    assert [p.name for p in tmp_path.iterdir()] == ["snapshot"]


def test_a_new_folder_that_cannot_be_renamed_leaves_the_old_one(tmp_path: Path) -> None:
    """The rename fails because the new folder is gone, after the old one was moved aside."""
    target = tmp_path / "snapshot"
    with atomic.folder(target) as part:
        (part / "deep").mkdir()
        (part / "deep" / "a").write_text("a")

    def fail() -> None:
        with atomic.folder(target) as part:
            part.rmdir()

    for _ in range(2):
        with pytest.raises(FileNotFoundError):
            fail()
        assert (target / "deep" / "a").read_text() == "a"
        assert [p.name for p in tmp_path.iterdir()] == ["snapshot"]


def test_a_first_folder_that_cannot_be_renamed_leaves_nothing(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError), atomic.folder(tmp_path / "snapshot") as part:
        part.rmdir()
    assert list(tmp_path.iterdir()) == []


def test_a_killed_process_leaves_the_old_file_and_the_leftover_is_cleared_later(
    tmp_path: Path,
) -> None:
    target = tmp_path / "out.csv"
    target.write_text("old")
    script = (
        "import os, sys, pathlib; from layers.files import atomic\n"
        "with atomic.file(pathlib.Path(sys.argv[1])) as part:\n"
        "    part.write_text('half'); os.kill(os.getpid(), 9)\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, str(target)], check=False, timeout=60
    )
    assert done.returncode == -9
    assert target.read_text() == "old"
    (leftover,) = tmp_path.glob(".*")
    with atomic.file(target) as part:
        part.write_text("new")
    assert leftover.exists(), "a young leftover may be another process at work"
    os.utime(leftover, (0, 0))
    with atomic.file(target) as part:
        part.write_text("newer")
    assert [p.name for p in tmp_path.iterdir()] == ["out.csv"]


def test_a_machine_that_knows_no_name_has_a_user(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("LOGNAME", "USER", "LNAME", "USERNAME"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setattr(os, "getuid", lambda: 2**31 - 7)
    assert system.user() == "somebody"
