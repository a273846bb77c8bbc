"""Fixtures shared by the tests."""

from __future__ import annotations

from pathlib import Path

import pytest
from command_line import call
from hypothesis import settings
from typer.testing import Result

# No test asserts a time, and the same commit gives the same verdict.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")

SHARED = Path(__file__).resolve().parents[2] / "shared"


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data that lies beside the checkout, or skip."""
    if not SHARED.is_dir():
        pytest.skip("the real data (../shared) is not beside this checkout")
    return SHARED


@pytest.fixture(scope="session")
def bundled_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Result]:
    """Return the folder of a run on the bundled data, and what it said; nobody changes it."""
    out = tmp_path_factory.mktemp("run") / "out"
    return out, call("run", "--snapshot", "bundled", "--out", out)
