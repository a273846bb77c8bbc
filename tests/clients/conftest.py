"""A dated plan that the clients open: the night in which the clocks go back."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call

DAY = "2026-10-24"


@pytest.fixture(scope="session")
def night(town_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a plan of a night on the town drawn by hand."""
    run, _ = town_run
    out = tmp_path_factory.mktemp("clients") / "night"
    study = run.parent / "study"
    done = call(
        "plan", "--from", run, "--study", study, "--date", DAY, "--out", out, "--no-log",
        "--formats", "parquet,flatgeobuf,network,pmtiles",
    )  # fmt: skip
    assert done.exit_code == 0, done.output
    return out
