"""Fixtures shared by the tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import maps_fixture
import pytest
from browser import WIDE, chromium
from command_line import call
from folders import SHARED
from hypothesis import settings
from playwright.sync_api import Browser, BrowserContext
from typer.testing import Result

import maps

# No test asserts a time, and the same commit gives the same verdict.
settings.register_profile("house", deadline=None, derandomize=True)
settings.load_profile("house")


@pytest.fixture(scope="session", autouse=True)
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the tests a data folder of their own, so that none writes to the user's."""
    home = tmp_path_factory.mktemp("data_home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home))
        yield home


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


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium() as running:
        yield running


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the map of the study made by hand."""
    path = tmp_path_factory.mktemp("map") / "map.html"
    findings, data = maps_fixture.findings(), maps_fixture.data()
    maps.planner(findings, data, made=maps_fixture.MADE).save(path)
    return path


@pytest.fixture
def context(browser: Browser, request: pytest.FixtureRequest) -> Iterator[BrowserContext]:
    """Return a browser without network; its parameter, if any, is the size of the screen."""
    screen = getattr(request, "param", WIDE)
    context = browser.new_context(viewport=screen, offline=True, reduced_motion="reduce")
    context.set_default_timeout(10_000)
    yield context
    context.close()
