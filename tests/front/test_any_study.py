"""Any study survives: a result, or a sentence that names the fix; each file is read by another."""

from __future__ import annotations

import json
import os
import re
import shutil
import warnings
from collections import Counter
from collections.abc import Iterator
from pathlib import Path
from xml.etree import ElementTree

import icalendar
import openpyxl
import pandas as pd
import pyogrio
import pypdf
import pytest
import rasterio
from hypothesis import HealthCheck, Phase, given, seed, settings
from playwright.sync_api import Browser
from studies import any_study
from studies.any_study import Choices
from tools.command_line import call

import geo.study
import maps
from layers.readers import study

SEED = 20261203
DATE = "2026-12-10"

REFUSED = {
    "depot outside": r"the depot .* outside the boundary",
    "depot off the roads": r"no road that can be driven there and back|none of \d+ roads lies",
    "no depot": r"no depot is named",
    "no usable stop": r"candidate stops can be used",
    "no need": r"nothing that has a weight|the need .* is empty|no need",
    "nothing in reach": r"no stop can be visited within a shift|all prizes are 0",
    "no patrol to drive": r"no patrol|has no stops|holds no night",
}
"""Causes for which a plan is refused, and how the sentence that names the fix begins."""

NEVER = re.compile(r"\bNone\b|\bnan\b|\bNaN\b|<NA>|Traceback|\{[a-z_]+\}")
"""What no report and no page shows."""


def studies(number: int, first: int) -> Iterator[Choices]:
    """Return a study that hypothesis draws by each of so many seeds."""
    return map(drawn, range(first, first + number))


def drawn(by: int) -> Choices:
    """Return a study by a seed; the first that hypothesis draws is the simplest by any."""
    found: list[Choices] = []

    @seed(by)
    @settings(
        max_examples=2,
        deadline=None,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=[*HealthCheck],
    )
    @given(any_study.choices())
    def draw(choices: Choices) -> None:
        found.append(choices)

    draw()
    return found[-1]


def commands(home: Path) -> Iterator[tuple[str, list[object]]]:
    """Yield the commands in their order, each with its name."""
    of_study = ["--study", home / "study", "--no-log"]
    yield (
        "run",
        ["run", home / "study", "--snapshot", "own", "--out", home / "out", "--no-log"],
    )
    yield "plan", ["plan", "--from", home / "out", *of_study, "--date", DATE]
    yield "tonight", [
        "plan", "--from", home / "out", *of_study, "--date", DATE, "--now", "19:00",
    ]  # fmt: skip


def survive(choices: Choices, home: Path) -> str:
    """Run, plan and draw a study; return what it was refused for, or ``planned``."""
    any_study.write(choices, home / "study")
    for name, words in commands(home):
        done = call(*words)
        said = done.output
        if done.exit_code:
            assert isinstance(done.exception, SystemExit), (choices, done.exception)
            assert re.search(r"Fix: |Smallest change: |To add ", said), (choices, said)
            assert name != "run", (choices, said)
            return cause_of(said, choices)
        assert not NEVER.search(said), (choices, NEVER.search(said), said)
        out = {"run": home / "out", "plan": home / "out" / "plan"}.get(
            name, home / "out" / "tonight"
        )
        for file in sorted(out.rglob("*.*")):
            if name != "run" or "plan" not in file.parts:
                read_again(file, choices)
    return "planned"


def cause_of(said: str, choices: Choices) -> str:
    """Return the cause of a refusal by its name."""
    for cause, sentence in REFUSED.items():
        if re.search(sentence, said):
            return cause
    raise AssertionError(f"{said} of {choices}")


def read_again(file: Path, choices: Choices) -> None:
    """Read a file by another program than that which wrote it."""
    shown = (choices, file.name)
    match file.suffix:
        case ".geojson":
            features = json.loads(file.read_text("utf-8"))["features"]
            assert len(pyogrio.read_dataframe(file)) == len(features), shown
        case ".json":
            json.loads(file.read_text("utf-8"), parse_constant=_refused)
        case ".gpkg":
            for layer, _ in pyogrio.list_layers(file):
                with warnings.catch_warnings():
                    # Empty layers of mixed geometry have no type.
                    warnings.simplefilter("ignore", UserWarning)
                    pyogrio.read_dataframe(file, layer=layer)
        case ".csv":
            pd.read_csv(file, comment="#")
        case ".pdf":
            assert len(pypdf.PdfReader(file).pages), shown
        case ".ics":
            icalendar.Calendar.from_ical(file.read_bytes())
        case ".gpx" | ".kml" | ".qml" | ".qgs":
            ElementTree.parse(file)
        case ".tif":
            with rasterio.open(file) as raster:
                raster.read()
        case ".xlsx":
            openpyxl.load_workbook(file)
        case ".md":
            said = file.read_text("utf-8")
            assert not NEVER.search(said), (*shown, NEVER.search(said))
        case ".html":
            text = re.sub(
                r"<(script|style)\b.*?</\1>|<[^>]+>",
                " ",
                file.read_text("utf-8"),
                flags=re.S,
            )
            assert not NEVER.search(text), (*shown, NEVER.search(text))


def _refused(constant: str) -> None:
    raise AssertionError(f"{constant} is no JSON")


def drawn_in_library(home: Path) -> None:
    """Call what the README calls, but for what it fetches."""
    opened = study.read(home / "study")
    data, _ = opened.data()
    findings = geo.study.run(data, opened.params)
    maps.explore(findings.hotspots, data)
    maps.planner(findings, data)


def sample() -> int:
    """Return how many studies are tried: few, more where `CI` is set."""
    return 20 if os.environ.get("CI") else 3


def test_any_study_survives(
    tmp_path: Path, capsys: pytest.CaptureFixture[str], browser: Browser
) -> None:
    causes = Counter[str]()
    for number, choices in enumerate(studies(sample(), SEED)):
        home = tmp_path / str(number)
        causes[survive(choices, home)] += 1
        if number % 10 == 0:
            drawn_in_library(home)
            open_in_browser(home / "out" / "map.html", browser)
        shutil.rmtree(home)
    with capsys.disabled():
        print(f"\nseed {SEED}: {dict(causes)}")


def open_in_browser(page_file: Path, browser: Browser) -> None:
    errors: list[str] = []
    page = browser.new_page(offline=True)
    page.on("pageerror", lambda error: errors.append(str(error)))
    page.goto(page_file.as_uri())
    page.wait_for_load_state()
    page.close()
    assert errors == []


@pytest.mark.proof
def test_five_hundred_studies_survive(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    causes = Counter[str]()
    for choices in studies(500, SEED):
        causes[survive(choices, tmp_path / "any")] += 1
        shutil.rmtree(tmp_path / "any")
    with capsys.disabled():
        print(f"\nseed {SEED}: {dict(causes)}")


ONE = Choices(
    seed=1, ways=1, components=1, highways="residential", has_names=False, has_refs=False,
    has_oneways=False, railway=False, river=False, centre="south", boundary=False,
    places="one stop", crossing=False, facilities=False, sightings=1, uncertainty_m=100.0,
    month=False, sparse=True, vehicles=1, shifts=1, depot="on a road",
)  # fmt: skip
"""One road, one stop, one vehicle."""


def test_one_road_one_stop_and_one_vehicle_are_planned(tmp_path: Path) -> None:
    assert survive(ONE, tmp_path) == "planned"
