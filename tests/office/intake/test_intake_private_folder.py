"""What never leaves a run: in the user's data folder, for its owner only, never inside `out`."""

from __future__ import annotations

import csv
import hashlib
import json
import os
from datetime import UTC, date, datetime
from pathlib import Path

import pytest

from geo.schema import DUPLICATES, REJECTED, SIGHTING_IDS
from layers.files.handling import Handling
from layers.files.listing import OutputFolderError
from mitrovica.intake import private_folder as private

NOW = datetime(2026, 3, 1, 12, 0, 0, 5, tzinfo=UTC)
HANDLING = Handling(date(2026, 5, 30))


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """The user's data folder, on Linux."""
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "home"))
    return tmp_path / "home"


def test_it_is_a_folder_for_each_run_in_the_users_data_folder(
    home: Path, tmp_path: Path
) -> None:
    folder = private.folder_of(NOW, tmp_path / "out")
    assert folder == home / "mitrovica" / "runs" / "2026-03-01T120000.000005Z"


@pytest.mark.parametrize(
    "out", [".", "home", "home/mitrovica", "home/mitrovica/runs", "link"]
)
def test_an_output_folder_that_would_hold_it_is_refused(
    home: Path, tmp_path: Path, out: str
) -> None:
    home.mkdir()
    (tmp_path / "link").symlink_to(home)
    with pytest.raises(
        OutputFolderError, match=r"which lies inside .* Fix: choose another"
    ):
        private.folder_of(NOW, tmp_path / out)


def test_only_its_owner_may_read_it_from_the_first_byte(
    home: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Modes are those at which files are opened, before anything stands in them."""
    mine = tmp_path / "Ahmad K. 1998-04-03.csv"
    mine.write_text("mine")
    folder = private.folder_of(NOW, tmp_path / "out")
    before = os.umask(0o022)
    try:
        private.write(
            folder,
            [
                (SIGHTING_IDS, SIGHTING_IDS.frame([{"id": "S1", "record": "=A1"}])),
                (
                    REJECTED,
                    REJECTED.frame([{"file": "mine.csv", "row": 3, "problem": "x"}]),
                ),
                (DUPLICATES, DUPLICATES.frame()),
            ],
            [mine],
            HANDLING,
        )
        assert os.umask(0o022) == 0o022
    finally:
        os.umask(before)
    assert {path.name for path in folder.iterdir()} == {
        "sighting_ids.csv", "rejected_sightings.csv", "inputs.json",
    }  # fmt: skip
    for path in (folder.parent, folder, *folder.iterdir()):
        assert path.stat().st_mode & 0o777 == (0o700 if path.is_dir() else 0o600), path
    record = json.loads((folder / "inputs.json").read_text("utf-8"))
    assert record["handling"].startswith("INTERNAL: ")
    assert record["inputs"] == [
        {"file": str(mine), "sha256": hashlib.sha256(b"mine").hexdigest(), "bytes": 4}
    ]
    with (folder / "sighting_ids.csv").open(encoding="utf-8", newline="") as file:
        (row,) = csv.DictReader(file)
    assert (row["id"], row["record"]) == ("S1", "'=A1")
    assert row["handling"].startswith("INTERNAL: ")


def test_a_folder_of_the_same_moment_is_not_written_to(
    home: Path, tmp_path: Path
) -> None:
    folder = private.folder_of(NOW, tmp_path / "out")
    given = tmp_path / "sightings.csv"
    given.write_text("id\n", "utf-8")
    private.write(folder, [], [given], HANDLING)
    with pytest.raises(FileExistsError):
        private.write(folder, [], [given], HANDLING)


def test_a_data_folder_that_cannot_be_is_refused_before_the_work(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_text("no folder")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "file"))
    with pytest.raises(OutputFolderError, match=r"cannot be written to\. Fix: "):
        private.folder_of(NOW, tmp_path / "out")
