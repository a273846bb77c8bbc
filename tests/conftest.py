"""Fixtures shared by the tests."""

from __future__ import annotations

import gc
import json
import subprocess
import sys
from collections.abc import Callable, Iterator
from functools import cache, partial
from pathlib import Path

import pandas as pd
import pytest
from folders import NO_SHARED, SHARED
from hypothesis import settings
from logs import followed as following
from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, expect
from studies import generalised as small_network
from studies import november, small_study
from studies.town import ORIGINAL, replace_bundled
from studies.town import write as write_town
from tools.browser import PATIENCE_MS, WIDE, chromium, keep_one_page, opened
from tools.command_line import NIGHT, SHORT, SMALL, TOWN_RUN, call, passed
from tools.shared_runs import compile_once, import_share, made_once, map_once

import maps
from layers import package_data

# Else jsonschema builds 38 grammars at its import, for addresses that no schema of ours checks.
sys.modules.setdefault("rfc3987_syntax", None)  # type: ignore[arg-type]

collect_ignore = [
    "benchmarks",
    "fixtures",
    "conftest.py",
    "clients/conftest.py",
    "mitrovica/log/conftest.py",
]
"""Programs and set-up, which hold no tests; files of one name are not read as modules."""

# No test asserts a time, and the same commit gives the same verdict.
settings.register_profile("house", deadline=None, derandomize=True, max_examples=6)
settings.register_profile("thorough", deadline=None, derandomize=True, max_examples=200)
settings.load_profile("house")

# What the imports leave is not looked through for garbage again and again.
gc.set_threshold(100_000, 50, 100)


def pytest_collection(session: pytest.Session) -> None:
    import_share(session.config.args)


def pytest_collection_finish() -> None:
    gc.freeze()


# A package of the tests brings numexpr; who uses the program has none, and pandas warns of it.
pd.set_option("compute.use_numexpr", False)


@pytest.fixture(scope="session", autouse=True)
def data_home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Give the tests a data folder of their own, so that none writes to the user's."""
    home = tmp_path_factory.mktemp("data_home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home))
        yield home


@pytest.fixture
def quick_config(tmp_path: Path) -> Path:
    """Return the parameters of a run that takes the least time."""
    config = tmp_path / "quick.toml"
    config.write_text(SHORT)
    return config


@pytest.fixture
def own_register(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Give a test an office's folder of its own, whose register learns of every release."""
    home = tmp_path / "own"
    monkeypatch.setenv("XDG_DATA_HOME", str(home))
    return home / "mitrovica" / "releases.jsonl"


@pytest.fixture(scope="session", autouse=True)
def loops(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let one worker compile what the others wait for."""
    with pytest.MonkeyPatch.context() as patch:
        compile_once(tmp_path_factory.getbasetemp().parent, patch)
        yield


@pytest.fixture(scope="session")
def shared() -> Path:
    """Return the folder of real data that lies beside the checkout, or skip."""
    if not SHARED.is_dir():
        pytest.skip(NO_SHARED)
    return SHARED


@pytest.fixture(scope="module")
def town(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    """Let the bundled data be a small town drawn by hand, within this process."""
    with pytest.MonkeyPatch.context() as patch:
        replace_bundled(tmp_path_factory.mktemp("town"), patch)
        yield


@pytest.fixture(scope="module")
def generalised() -> Iterator[None]:
    """Let the bundled study stand on a small network, within this process."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(package_data, "STUDY", small_network.folder())
        yield


STAGES = [
    "network", "proximity", "access", "hotspots", "patrols", "map", "files",
]  # fmt: skip


def quick_run(study: Path, out: Path) -> str:
    """Run a study in the place of the bundled one; return what was printed."""
    config = out.parent / "small.toml"
    config.write_text(SMALL.replace(", vehicles = 1", ""), "utf-8")
    with pytest.MonkeyPatch.context() as patch:
        # A file of tests may have put a town in its place.
        patch.setattr(package_data, "STUDY", study)
        done = call("run", "--snapshot", "own", "--config", config, "--out", out)
    assert done.exit_code == 0, done.output
    assert [line.split()[0] for line in done.stderr.splitlines()] == STAGES
    return done.stdout


@pytest.fixture(scope="session")
def bundled_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of a quick run on the bundled data, and what it printed.

    Nobody changes the folder.
    """
    return made_once("bundled_run", partial(quick_run, ORIGINAL), tmp_path_factory)


@pytest.fixture(scope="session")
def generalised_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the same of the bundled study on a small network; see `generalised`."""
    run = partial(quick_run, small_network.folder())
    return made_once("generalised_run", run, tmp_path_factory)


@pytest.fixture(scope="session")
def installed_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the same of the installed program, without a parameter."""

    def run(out: Path) -> str:
        program = str(Path(sys.executable).parent / "mitrovica")
        command = [program, "run", "--snapshot", "own", "--out", str(out)]
        done = subprocess.run(
            command, capture_output=True, text=True, check=False, timeout=600
        )
        assert done.returncode == 0, done.stderr
        assert [line.split()[0] for line in done.stderr.splitlines()] == STAGES
        return done.stdout

    return made_once("installed_run", run, tmp_path_factory)


@pytest.fixture(scope="session")
def town_run(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Return the folder of `TOWN_RUN`, a quick run on the town drawn by hand, and what it printed.

    The command prints as on a terminal of 80 columns.
    """

    def run(out: Path) -> str:
        home = out.parent
        (home / "study").mkdir()
        write_town(home / "study")
        small = SMALL.replace("vehicles = 1", "vehicles = 2")
        (home / "small.toml").write_text(small, "utf-8")
        terminal = {"COLUMNS": "80", "TTY_COMPATIBLE": "1", "TTY_INTERACTIVE": "0"}
        with pytest.MonkeyPatch.context() as patch:
            patch.chdir(home)
            for name, value in terminal.items():
                patch.setenv(name, value)
            done = call(*TOWN_RUN.split()[1:])
        assert done.exit_code == 0, done.output
        return done.stdout

    return made_once("town_run", run, tmp_path_factory)


@pytest.fixture(scope="session")
def night(town_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the folder of a plan of `NIGHT` on the town drawn by hand, in all formats.

    Nobody changes it.
    """
    run, _ = town_run

    def plan(out: Path) -> str:
        done = passed(
            "plan", "--from", run, "--study", run.parent / "study", "--date", NIGHT, "--out", out,
            "--no-log", "--formats", "parquet,flatgeobuf,network,pmtiles",
        )  # fmt: skip
        return done.output

    return made_once("night", plan, tmp_path_factory)[0]


@pytest.fixture(scope="session")
def one_night(
    town_run: tuple[Path, str],
    data_home: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, str]:
    """Return a folder with a plan of one night, and what was printed; see `november`."""
    plan = partial(november.one_night, run=town_run[0], data_home=data_home)
    return made_once("one_night", plan, tmp_path_factory)


@pytest.fixture(scope="session")
def two_nights(
    town_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, str]:
    """Return a folder with a plan of two nights, and what was printed; see `november`."""
    plan = partial(november.two_nights, run=town_run[0])
    return made_once("two_nights", plan, tmp_path_factory)


@pytest.fixture(scope="session")
def followed(
    two_nights: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, str]]:
    """Return the folder of `followed.follow`, and what its commands printed."""
    follow = partial(following.follow, two_nights=two_nights[0])
    home, said = made_once("followed", follow, tmp_path_factory)
    return home, json.loads(said)


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    expect.set_options(timeout=PATIENCE_MS)
    with chromium() as running:
        yield running


@pytest.fixture(scope="session")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the map of the study made by hand."""
    found, data = small_study.findings(), small_study.data()
    drawn = partial(maps.planner, found, data, made=small_study.MADE)
    return map_once("map", drawn, tmp_path_factory)


@pytest.fixture(scope="module")
def windows(browser: Browser) -> Iterator[Callable[[int, int], BrowserContext]]:
    """Return a maker of browsers without network, one for each size of the screen."""

    @cache
    def window(width: int, height: int) -> BrowserContext:
        screen: ViewportSize = {"width": width, "height": height}
        context = browser.new_context(
            viewport=screen, offline=True, reduced_motion="reduce"
        )
        context.set_default_timeout(PATIENCE_MS)
        return context

    yield window
    for context in browser.contexts:
        context.close()


@pytest.fixture
def context(
    windows: Callable[[int, int], BrowserContext], request: pytest.FixtureRequest
) -> Iterator[BrowserContext]:
    """Return a browser without network; its parameter, if any, is the size of the screen.

    Tests of a file share it, and its first page, which `opened` brings back to how it was opened.
    """
    screen = getattr(request, "param", WIDE)
    context = windows(screen["width"], screen["height"])
    yield context
    keep_one_page(context, screen)


@pytest.fixture
def page(context: BrowserContext, file: Path) -> Page:
    """Return the map, as it opens."""
    return opened(context, file)


MISSING = {
    "chromium": "chromium-headless-shell",
    "gdal": "gdal-bin",
    "osmium": "osmium-tool",
    "openssl": "openssl",
}
"""Words of the reasons for which tests are skipped, and the Debian package that each lacks."""


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    """Say in one line what was skipped, and what to install."""
    skipped = terminalreporter.stats.get("skipped", [])
    if not skipped:
        return
    reasons = [report.longrepr[2].lower() for report in skipped]
    packages = [
        package
        for word, package in MISSING.items()
        if any(word in reason for reason in reasons)
    ]
    install = (
        f". To run more of them: apt-get install {' '.join(packages)}"
        if packages
        else ""
    )
    beside = sum("../shared" in reason for reason in reasons)
    data = (
        f", {beside} of them for want of the real data in ../shared" if beside else ""
    )
    terminalreporter.write_line(f"{len(skipped)} tests skipped{data}{install}")
