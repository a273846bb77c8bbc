"""What is drawn lies where it is, whatever was opened, moved, switched or made larger before."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import pytest
from playwright.sync_api import Browser, Page, ViewportSize, expect
from studies.quick import quick
from tools.browser import PATIENCE_MS, PHONE, WIDE, settled

import maps
from geo import study
from layers.readers import areas, bundled
from layers.readers.osm import extract

pytestmark = pytest.mark.browser

DRAWN: Final = Path(__file__).parents[1] / "fixtures" / "tools" / "drawn.js"
ACTS: Final = (
    "stop", "stop", "mark", "leg", "hotspot", "sighting", "left_out", "patrol", "shift",
    "language", "layer", "legend", "whole", "zoom", "wheel", "pan", "slide", "jump", "fit",
    "escape", "resize",
)  # fmt: skip
"""What a planner does: those of `drawn.js`, and another size of the window."""
SCREENS = pytest.mark.parametrize("screen", [WIDE, PHONE], ids=["wide", "phone"])

Step = tuple[str, float, float]


@pytest.fixture
def page(browser: Browser, screen: ViewportSize) -> Iterator[Page]:
    """Return a page that keeps what it draws."""
    context = browser.new_context(viewport=screen, offline=True, reduced_motion="reduce")
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(path=DRAWN)
    yield context.new_page()
    context.close()


def steps_of(seed: int) -> list[Step]:
    """Return a random sequence of what a planner does."""
    rng = random.Random(seed)
    return [(rng.choice(ACTS), rng.random(), rng.random()) for _ in range(rng.randint(3, 8))]


def act(page: Page, screen: ViewportSize, step: Step) -> None:
    """Do one thing; every third time wait until the map stands still."""
    name, a, b = step
    if name != "resize":
        page.evaluate("([name, a, b]) => drawn.act(name, a, b)", [name, a, b])
    else:
        page.evaluate("drawn.resizes()")
        wide, high = screen["width"], screen["height"]
        page.set_viewport_size({"width": wide - int(60 * a), "height": high - int(200 * b)})
        page.evaluate("drawn.ends")
    if b < 1 / 3:
        settled(page)


def faults(page: Page) -> list[dict[str, Any]]:
    """Return what does not lie at its coordinates, and how far off it is in pixels."""
    settled(page)
    found: list[dict[str, Any]] = page.evaluate("drawn.faults()")
    return found


def check(page: Page, file: Path, screen: ViewportSize, seeds: range) -> None:
    """Open the map and go through random sequences, one after the other."""
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    assert faults(page) == []
    for seed in seeds:
        steps = steps_of(seed)
        for step in steps:
            act(page, screen, step)
        found = faults(page)
        assert found == [], f"after {json.dumps(steps)} of seed {seed}: {found[:5]}"


@SCREENS
def test_everything_lies_at_its_coordinates(
    page: Page, screen: ViewportSize, bundled_run: tuple[Path, str]
) -> None:
    check(page, bundled_run[0] / "map.html", screen, range(6))


OTHER = ("stop", "mark", "hotspot", "sighting", "left_out", "patrol", "shift", "escape")
"""What takes the place of a leg that is lit."""


@SCREENS
def test_a_lit_leg_goes_dark_when_another_thing_is_chosen(
    page: Page, screen: ViewportSize, bundled_run: tuple[Path, str]
) -> None:
    page.goto((bundled_run[0] / "map.html").as_uri())
    page.wait_for_selector("body[data-ready]")
    lit, ring = page.locator("[data-leg][aria-pressed=true]"), page.locator(".left-spot")
    for name in OTHER:
        act(page, screen, ("leg", 0.3, 0))
        expect(lit).to_have_count(1)
        expect(ring).to_have_count(0)
        assert faults(page) == []
        act(page, screen, (name, 0.6, 0))
        expect(lit).to_have_count(0)
        assert faults(page) == [], name
    act(page, screen, ("leg", 0.3, 0))
    hand = page.locator(".patrol.chosen .hand")
    hand.locator("summary").click()
    hand.locator(".out").first.click()
    expect(lit).to_have_count(0)


@pytest.fixture(scope="module")
def core(shared: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return the map of the bundled study on the roads of the real core extract."""
    data = bundled.study_data()
    extract_of = shared / "data/osm/mitrovica_core.osm.pbf"
    layers = extract.read(extract_of, areas.area_of("mitrovica").geometry.iloc[0])
    on_core = replace(data, layers=layers)
    path = tmp_path_factory.mktemp("core") / "map.html"
    maps.planner(study.run(on_core, quick(vehicles=2)), on_core).save(path)
    return path


@pytest.mark.proof
@SCREENS
def test_everything_lies_at_its_coordinates_after_a_hundred_sequences(
    page: Page, screen: ViewportSize, bundled_run: tuple[Path, str], core: Path
) -> None:
    check(page, bundled_run[0] / "map.html", screen, range(100, 150))
    check(page, core, screen, range(200, 250))
