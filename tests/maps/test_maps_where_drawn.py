"""What is drawn lies where it is, whatever was opened, moved, switched or made larger before."""

from __future__ import annotations

import json
import random
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pytest
import shapely
from playwright.sync_api import Browser, Page, ViewportSize, expect
from pyproj import Transformer
from studies.quick import quick
from tools.browser import PATIENCE_MS, PHONE, WIDE, settled

import maps
from geo import study
from geo.schema import METRIC, WGS84
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
SCREENS = pytest.mark.parametrize(
    "screen",
    [
        pytest.param(WIDE, id="wide"),
        pytest.param(PHONE, id="phone", marks=pytest.mark.proof),
    ],
)

NEAR_PX: Final = 2.0

Step = tuple[str, float, float]


@pytest.fixture
def page(browser: Browser, screen: ViewportSize) -> Iterator[Page]:
    """Return a page that keeps what it draws."""
    context = browser.new_context(
        viewport=screen, offline=True, reduced_motion="reduce"
    )
    context.set_default_timeout(PATIENCE_MS)
    context.add_init_script(path=DRAWN)
    yield context.new_page()
    context.close()


def steps_of(seed: int) -> list[Step]:
    """Return a random sequence of what a planner does."""
    rng = random.Random(seed)
    return [
        (rng.choice(ACTS), rng.random(), rng.random()) for _ in range(rng.randint(2, 6))
    ]


def act(page: Page, screen: ViewportSize, step: Step) -> None:
    """Do one thing; every third time wait until the map stands still."""
    name, a, b = step
    if name != "resize":
        page.evaluate("([name, a, b]) => drawn.act(name, a, b)", [name, a, b])
    else:
        page.evaluate("drawn.resizes()")
        wide, high = screen["width"], screen["height"]
        page.set_viewport_size(
            {"width": wide - int(60 * a), "height": high - int(200 * b)}
        )
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


OTHER: Final = (
    "left_out",
    "hotspot",
    "stop",
    "shift",
    "mark",
    "sighting",
    "patrol",
    "escape",
)
"""What takes the place of a leg that is lit."""


@pytest.mark.parametrize(
    ("screen", "others"),
    [
        pytest.param(WIDE, OTHER[:2], id="wide"),
        pytest.param(WIDE, OTHER, id="wide-all", marks=pytest.mark.proof),
        pytest.param(PHONE, OTHER, id="phone-all", marks=pytest.mark.proof),
    ],
)
def test_a_lit_leg_goes_dark_when_another_thing_is_chosen(
    page: Page,
    screen: ViewportSize,
    others: tuple[str, ...],
    bundled_run: tuple[Path, str],
) -> None:
    page.goto((bundled_run[0] / "map.html").as_uri())
    page.wait_for_selector("body[data-ready]")
    lit, ring = (
        page.locator("[data-leg][aria-pressed=true]"),
        page.locator(".left-spot"),
    )
    # Patrols of all shifts: those of another one are drawn wider.
    act(page, screen, ("shift", 0.99, 0.9))
    leg = ("leg", 0.3, 0.9)
    act(page, screen, leg)
    expect(lit).to_have_count(1)
    assert faults(page) == []
    for name in others:
        act(page, screen, (name, 0.6, 0.9))
        expect(lit).to_have_count(0)
        assert faults(page) == [], name
        act(page, screen, leg)
        expect(ring).to_have_count(0)


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


def orders(label: str) -> list[int]:
    """Return the stops that a mark stands for.

    >>> orders("1,4–6")
    [1, 4, 5, 6]
    """
    ends = [part.split("–") for part in label.split(",")]
    return [n for end in ends for n in range(int(end[0]), int(end[-1]) + 1)]


def points_of(lines: list[list[list[float]]]) -> Any:
    """Return the vertices of lines, which may be none."""
    return shapely.points(
        np.array([point for line in lines for point in line]).reshape(-1, 2)
    )


@pytest.mark.parametrize("paper", ["a4", pytest.param("a3", marks=pytest.mark.proof)])
@pytest.mark.parametrize("screen", [WIDE], ids=["wide"])
def test_pictures_on_paper_lie_at_their_coordinates(
    page: Page, screen: ViewportSize, paper: str, bundled_run: tuple[Path, str]
) -> None:
    """Whatever was opened before, all in a picture is of one scale, which is that of its bar."""
    html = bundled_run[0] / "map.html"
    page.goto(f"{html.as_uri()}#paper={paper}")
    page.wait_for_selector("body[data-ready]")
    for step in steps_of(1):
        act(page, screen, step)
    page.emulate_media(media="print")
    data = json.loads(page.locator("#planner-data").text_content() or "")
    patrols = {patrol["key"]: patrol for patrol in data["patrols"]}
    legs = gpd.read_file(bundled_run[0] / "layers/patrol_legs.geojson").to_crs(METRIC)
    in_metres = Transformer.from_crs(WGS84, METRIC, always_xy=True)
    pictures = page.evaluate("drawn.pictures()")
    assert len(pictures) > len(patrols)
    seen: set[str] = set()
    for picture in pictures:
        patrol = patrols[picture["patrol"]]
        length, text = picture["bar"]
        (digits, unit) = text.replace("\u00a0", " ").split()
        metres_per_px = (
            float(digits.replace(",", ".")) * (1000 if unit == "km" else 1) / length
        )
        at = np.array(
            [in_metres.transform(*stop["at"][::-1]) for stop in patrol["stops"]]
        )
        meant = {label: at[orders(label)].mean(axis=0) for label, _ in picture["marks"]}
        anchor, (x, y) = picture["marks"][-1]
        corner = meant[anchor] - np.array([x, -y]) * metres_per_px

        def pixels(xy: Any, corner: Any = corner, scale: float = metres_per_px) -> Any:
            return (np.asarray(xy) - corner) / scale * np.array([1, -1])

        home = pixels(at[0])
        aside = 25 * picture["px"] + NEAR_PX
        for label, mark in picture["marks"]:
            away = float(np.abs(pixels(meant[label]) - mark).max())
            beside_home = abs(mark[1] - home[1]) <= aside
            assert away <= (aside if beside_home else NEAR_PX), (
                picture["patrol"],
                label,
                away,
            )
        night, vehicle = patrol["shift"], int(patrol["key"].rsplit("-", 1)[1])
        shift = list(dict.fromkeys(legs["shift"]))[night - 1]
        own = legs[(legs["shift"] == shift) & (legs["vehicle"] == vehicle)].geometry
        driven = shapely.transform(shapely.union_all(own.to_numpy()), pixels)
        assert np.all(shapely.distance(driven, points_of(picture["route"])) <= NEAR_PX)
        # Of roads that lie side by side one is drawn.
        whole = shapely.MultiLineString(picture["route"]).buffer(12 * picture["px"])
        if picture["patrol"] not in seen:
            assert whole.covers(driven)
        seen.add(picture["patrol"])
        ways = [
            [stop["walk"]["from"], stop["at"]]
            for stop in patrol["stops"]
            if stop["walk"]
        ]
        walked = [[in_metres.transform(lon, lat) for lat, lon in way] for way in ways]
        on_foot = shapely.transform(shapely.MultiLineString(walked), pixels)
        assert np.all(shapely.distance(on_foot, points_of(picture["walks"])) <= NEAR_PX)
