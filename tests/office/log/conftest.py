"""Fixtures of the tests of the log."""

from __future__ import annotations

import shutil
from pathlib import Path

import pytest
from logs import visit_log


@pytest.fixture(scope="session")
def planned(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a log of a plan without a page, which nobody changes."""
    folder = tmp_path_factory.mktemp("planned")
    visit_log.add(folder / "log.gpkg", visit_log.stops_file(folder))
    return folder / "log.gpkg"


@pytest.fixture
def path(planned: Path, tmp_path: Path) -> Path:
    """Return a copy of it."""
    return Path(shutil.copy(planned, tmp_path))
