"""The planner page in Chromium: from a file, without a network, as a planner uses it."""

from __future__ import annotations

import re
from collections.abc import Callable
from dataclasses import replace
from datetime import date
from pathlib import Path
from typing import Any

import geopandas as gpd
import pandas as pd
import pytest
import shapely
from folium import Map
from playwright.sync_api import Browser, BrowserContext, Page, expect
from shapely import LineString
from studies import small_study
from studies.nights import numbered
from studies.small_study import ABOUT
from tools.browser import (
    AT_ONCE,
    EMPTY,
    PHONE,
    TWO_LANGUAGES,
    WIDE,
    decoded,
    opened,
    serious_faults,
    settled,
    speak,
    spoil,
    unfold,
)

import maps
from geo.schema import WGS84
from maps.page.figure import TILES
from maps.page.map_layers import GROUND
from maps.words.about import title
from maps.words.catalogue import LANGUAGES, word

pytestmark = pytest.mark.browser

STOP = "#stop-shift-1-vehicle-1-1"
SHOWN_SIGHTINGS = ".leaflet-places-pane [aria-label^='Sighting']"

BOTH = pytest.mark.parametrize(
    "context", [WIDE, PHONE], ids=["wide", "phone"], indirect=True
)
ON_WIDE = pytest.mark.parametrize(
    "context",
    [WIDE, pytest.param(PHONE, marks=pytest.mark.proof)],
    ids=["wide", "phone"],
    indirect=True,
)
ON_A_PHONE = pytest.mark.parametrize("context", [PHONE], ids=["phone"], indirect=True)


def test_policy_stops_a_script_that_was_not_there(page: Page) -> None:
    spoil(page)
    for made, given in (
        ("document.createElement('script')", "{ textContent: 'window.ran = true' }"),
        ("new Image()", "{ src: 'http://127.0.0.1:9/x' }"),
    ):
        with page.expect_console_message(lambda m: "Content Security Policy" in m.text):
            page.evaluate(f"void document.body.append(Object.assign({made}, {given}))")
    assert page.evaluate("window.ran") is None
    assert len(page.messages) == 2  # type: ignore[attr-defined]


def test_hostile_text_runs_nowhere(context: BrowserContext, tmp_path: Path) -> None:
    path = tmp_path / "map.html"
    maps.planner(*small_study.hostile()).save(path)
    page = opened(context, path)
    click = "nodes => nodes.forEach((node) => node.click())"
    page.locator("input[type=checkbox]:not(:checked)").evaluate_all(click)
    page.locator("[data-language]").evaluate_all(click)
    for viewport in (PHONE, WIDE):
        page.set_viewport_size(viewport)
        page.locator("[role=tab], .go").evaluate_all(click)
        page.locator(".leaflet-marker-icon").evaluate_all(click)
    assert page.messages == []  # type: ignore[attr-defined]
    assert page.requests == [path.as_uri()]  # type: ignore[attr-defined]
    assert page.locator("img:not(.leaflet-image-layer)").count() == 0
    assert (
        page.locator(f"{STOP} .name")
        .inner_text()
        .startswith("<script>alert(1)</script>")
    )


@pytest.fixture(scope="module")
def drawn() -> Map:
    """A map with a hillshade, tiles to be switched on, dated patrols and sightings of periods.

    Patrols drive out and back on one road.
    """
    found = small_study.findings()
    out = [(20.861, 42.889), (20.853, 42.9), (20.845, 42.91)]
    back: list[Any] = [(20.845, 42.91), (20.853, 42.9), (20.865, 42.878)]
    legs = found.patrols.legs
    lines = [LineString(back if order % 2 else out) for order in legs["order"]]
    driven = gpd.GeoSeries(lines, index=legs.index, crs=WGS84).to_crs(legs.crs)
    patrols = replace(found.patrols, legs=legs.set_geometry(driven))
    periods = pd.array(
        ["2021-10", "2021-Q4", "2021-11", "2022-Q1", None], dtype="string"
    )
    dated = replace(
        found,
        patrols=numbered(patrols, 1, date(2020, 11, 30), "Europe/Belgrade"),
        sightings=found.sightings.assign(period=periods),
    )
    data = replace(small_study.data(), terrain=small_study.terrain())
    return maps.planner(dated, data, tiles=True)


@pytest.fixture(scope="module")
def richer(drawn: Map, tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("richer") / "map.html"
    drawn.save(path)
    return path


UNDER_THE_LEGEND = """() => {
  const box = map_planner.getContainer().getBoundingClientRect();
  const legend = document.querySelector(".legend").getBoundingClientRect();
  const under = [legend.x + legend.width / 2 - box.left, legend.y + 150 - box.top];
  const at = map_planner.containerPointToLatLng(under);
  return [legend.height, at.lng, at.lat];
}"""


@pytest.fixture(scope="module")
def poorer(
    windows: Callable[[int, int], BrowserContext],
    file: Path,
    tmp_path_factory: pytest.TempPathFactory,
) -> tuple[Path, list[float]]:
    """A map with sightings of one month, and a crossing where the legend would lie over it."""
    page = opened(windows(WIDE["width"], WIDE["height"]), file)
    height, *at = page.evaluate(UNDER_THE_LEGEND)
    assert height > 300
    found, data = small_study.findings(), small_study.data()
    places = data.places.copy()
    places.loc[places["kind"] == "crossing", "geometry"] = shapely.Point(at)
    path = tmp_path_factory.mktemp("poorer") / "map.html"
    one = replace(found, sightings=found.sightings.assign(period="2021-10"))
    maps.planner(one, replace(data, places=places)).save(path)
    return path, at


@ON_WIDE
def test_opens_without_a_request_and_first_road_and_stop_are_on_the_first_screen(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file, fresh=True)
    assert page.requests == [file.as_uri()]  # type: ignore[attr-defined]
    assert page.messages == []  # type: ignore[attr-defined]
    assert page.locator(".leaflet-container canvas").count() > 0
    facts = page.locator(".patrol.chosen .facts")
    expect(facts).to_be_in_viewport(ratio=0.9)
    expect(facts).to_contain_text("First road")
    expect(facts).to_contain_text("M-2 leaves 18:00")
    expect(page.locator("#tab-shift-1-vehicle-1 small")).not_to_contain_text("next day")
    expect(page.locator("#tab-shift-2-vehicle-1 small")).to_contain_text("next day")
    expect(facts).to_contain_text("First stopBus station")
    expect(facts).to_contain_text(
        re.compile(r"To bringwater \d+ l, food \d+, .*first aid")
    )


def test_every_language_at_once_and_remembered(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file)
    for language in LANGUAGES:
        page.click(f"[data-language={language}]")
        expect(page.locator("h1")).to_have_text(title(ABOUT)(language))
        expect(page.locator("html")).to_have_attribute("lang", language)
        expect(page).to_have_url(re.compile(f"[#&]lang={language}(&|$)"))
        texts = page.locator("[data-w]").evaluate_all(
            "nodes => nodes.map((node) => [node.dataset.w, node.textContent])"
        )
        assert not [key for key, text in texts if not text.strip() or text == key]
    again = opened(context, file, "#lang=sr-Cyrl&patrol=shift-1-vehicle-2")
    expect(again.locator("h1")).to_have_text(title(ABOUT)("sr-Cyrl"))
    expect(again.locator("#patrol-shift-1-vehicle-2")).to_be_visible()
    expect(again.locator(".town").first).to_have_text("South cyrl")
    assert again.messages == []  # type: ignore[attr-defined]


def test_the_scale_is_in_the_script_of_the_language(page: Page) -> None:
    scale = page.locator(".leaflet-control-scale-line")
    expect(scale).to_have_text(re.compile(r"^\d+ k?m$"))
    page.click("[data-language=sr-Cyrl]")
    expect(scale).to_have_text(re.compile(r"^\d+ к?м$"))
    page.get_by_role("button", name=word("zoom_in", "sr-Cyrl")).click()
    expect(scale).to_have_text(re.compile(r"^\d+ к?м$"))


@TWO_LANGUAGES
def test_the_day_stands_on_tab_heading_legend_and_paper(
    context: BrowserContext, richer: Path, languages: tuple[str, ...]
) -> None:
    page = opened(context, richer)
    evening, dawn = "shift-1-vehicle-1", "shift-2-vehicle-1"
    for language, first, second, whole in (
        ("en", "Mon 30 Nov", "Tue 1 Dec", "Tuesday, 1 December 2020"),
        ("sq", "hën 30 nën", "mar 1 dhj", "e martë, 1 dhjetor 2020"),
        ("sr-Latn", "pon 30. nov", "uto 1. dec", "utorak, 1. decembra 2020."),
        ("sr-Cyrl", "пон 30. нов", "уто 1. дец", "уторак, 1. децембра 2020."),
    ):
        if language not in languages:
            continue
        speak(page, language)
        for key, day in ((evening, first), (dawn, second)):
            expect(page.locator(f"#tab-{key}")).to_contain_text(f"{day} · ")
            expect(page.locator(f"#tab-{key}")).not_to_contain_text(
                word("next_day", language)
            )
            expect(page.locator(f"#patrol-{key} h3")).to_contain_text(f"{day} · ")
            legend = page.locator(f".legend label:has([data-layer='route.{key}'])")
            expect(legend).to_contain_text(f"{day} · ")
        foot = page.locator(f"#patrol-{dawn} .foot")
        expect(foot).to_contain_text(whole)
        expect(foot).not_to_contain_text("____")
    assert page.messages == []  # type: ignore[attr-defined]


def test_hillshade_lies_under_the_lines_and_can_be_switched_off(
    context: BrowserContext, richer: Path
) -> None:
    page = opened(context, richer)
    shade = page.locator(".leaflet-relief-pane img")
    expect(shade).to_have_count(1)
    assert decoded(shade)
    above = """() => {
      const pane = (name) => document.querySelector(`.leaflet-${name}-pane`);
      const z = (name) => Number(getComputedStyle(pane(name)).zIndex);
      return z("paper") < z("relief") && z("relief") < z("ground");
    }"""
    assert page.evaluate(above)
    unfold(page)
    page.get_by_label(word("layer.hillshade", "en")).uncheck()
    expect(shade).to_have_count(0)
    expect(page.locator("#rests")).to_contain_text("Hillshade: Nobody's hills")
    assert page.messages == []  # type: ignore[attr-defined]


def test_a_road_driven_out_and_back_is_drawn_once(
    context: BrowserContext, richer: Path
) -> None:
    """Else the dashes of the way back would fill the gaps of the way out."""
    page = opened(context, richer)
    points = page.evaluate(
        """() => {
          const before = pathOf, drawn = [];
          pathOf = (lines, ...more) => {
            drawn.push(lines.map(({ points }) => points.length / 2));
            return before(lines, ...more);
          };
          map_planner.eachLayer(({ ground }) => ground?.pane === "patrols" && (AT_ONCE)(ground));
          pathOf = before;
          return drawn[0];
        }""".replace("AT_ONCE", AT_ONCE)
    )
    assert points == [3, 2]


def test_sightings_are_filtered_by_period_and_remembered(
    context: BrowserContext, richer: Path
) -> None:
    page = opened(context, richer)
    filtered, points = page.locator(".periods"), page.locator(SHOWN_SIGHTINGS)
    start, end = (
        filtered.get_by_label("From"),
        filtered.get_by_label("to", exact=True),
    )
    expect(points).to_have_count(5)
    expect(filtered.get_by_role("status")).to_have_text("Sightings shown: 5 / 5")
    expect(filtered).to_contain_text(
        "1 sighting without a month or quarter stays shown."
    )
    start.focus()
    page.keyboard.press("ArrowDown")
    page.keyboard.press("ArrowDown")
    expect(start).to_have_value("2021-11")
    # October goes; the fourth quarter has November in it.
    expect(points).to_have_count(4)
    expect(filtered.get_by_role("status")).to_have_text("Sightings shown: 4 / 5")
    expect(page).to_have_url(re.compile("from=2021-11&to=2022-Q1"))
    end.select_option("2021-10")
    expect(start).to_have_value("2021-10")
    expect(points).to_have_count(3)
    page.click("[data-language=sr-Cyrl]")
    expect(filtered.get_by_role("status")).to_contain_text(
        word("periods.shown", "sr-Cyrl")
    )
    expect(filtered.locator("option").first).to_have_text("октобар 2021.")
    again = opened(context, richer, "#from=2021-11&to=2021-11")
    expect(again.locator(SHOWN_SIGHTINGS)).to_have_count(3)
    assert again.messages == []  # type: ignore[attr-defined]


def test_an_unknown_fragment_is_passed_over(
    context: BrowserContext, richer: Path
) -> None:
    unknown = "#lang=xx&patrol=<img src=x onerror=alert(1)>&from=1999-01&to=<b>"
    page = opened(context, richer, unknown)
    expect(page.locator("h1")).to_have_text(title(ABOUT)("en"))
    expect(page.locator(SHOWN_SIGHTINGS)).to_have_count(5)
    assert page.messages == []  # type: ignore[attr-defined]


def test_keyboard_reaches_every_stop_in_order(page: Page) -> None:
    page.locator("[role=tab][aria-selected=true]").focus()
    reached = []
    for _ in range(7):
        page.keyboard.press("Tab")
        at = page.evaluate("({ ...document.activeElement.dataset })")
        reached.append(at.get("stop") or int(at["leg"]))
    stops = [f"stop-shift-1-vehicle-1-{n}" for n in range(4)]
    assert reached == [stops[0], 1, stops[1], 2, stops[2], 3, stops[3]]


def test_arrows_change_the_patrol(page: Page) -> None:
    # No text of a tab breaks anew when it is chosen.
    of_text = "nodes => nodes.map((node) => node.getBoundingClientRect().width)"
    before = page.locator("[role=tab] span span").evaluate_all(of_text)
    page.click("#tab-shift-1-vehicle-2")
    assert page.locator("[role=tab] span span").evaluate_all(of_text) == before
    page.click("#tab-shift-1-vehicle-1")
    page.locator("[role=tab][aria-selected=true]").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator("#tab-shift-1-vehicle-2")).to_be_focused()
    expect(page.locator("#patrol-shift-1-vehicle-2")).to_be_visible()
    expect(page.locator("#patrol-shift-1-vehicle-1")).to_be_hidden()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("ArrowLeft")
    expect(page.locator("#tab-shift-2-vehicle-1")).to_be_focused()


def test_a_stop_opens_in_the_panel_and_covers_no_route(page: Page) -> None:
    go, card = page.locator(f"{STOP} .go"), page.locator(f"{STOP} .more")
    go.focus()
    page.keyboard.press("Enter")
    expect(go).to_be_focused()
    expect(go).to_have_attribute("aria-expanded", "true")
    expect(go).to_contain_text("18:30–18:50")
    expect(card).to_contain_text("Bus station cyrl")
    expect(card).to_contain_text("Hospital")
    expect(card.locator("a[href='geo:42.87800,20.86500']").first).to_be_visible()
    expect(card.locator(".code svg")).to_be_visible()
    expect(page.locator(".leaflet-popup, .sheet")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(card).to_be_hidden()
    expect(go).to_be_focused()


def test_a_stop_on_the_map_is_opened_by_key_and_by_mouse_and_escape_gives_the_focus_back(
    page: Page,
) -> None:
    mark = page.locator(".leaflet-stops-pane .leaflet-marker-icon", has_text="1").first
    mark.focus()
    page.keyboard.press("Tab")
    page.keyboard.press("Shift+Tab")
    outline = (
        "getComputedStyle(document.activeElement.querySelector('.mark')).outlineWidth"
    )
    assert page.evaluate(outline) == "3px"
    for press in (lambda: page.keyboard.press("Enter"), mark.locator(".mark").click):
        for _ in range(3):  # a mark of several stops is parted first
            if not page.locator("li.open").count():
                mark.focus()
                press()
                settled(page)
        expect(page.locator("li.open .go")).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator("li.open")).to_have_count(0)
        settled(page)
        assert page.evaluate("document.activeElement.tagName") != "BODY"


def test_coordinates_are_copied(context: BrowserContext, file: Path) -> None:
    context.grant_permissions(["clipboard-read", "clipboard-write"])
    page = opened(context, file)
    spoil(page)
    page.locator(f"{STOP} .go").click()
    # Else the word of the button is there again after a second and a half.
    page.evaluate("window.setTimeout = () => 0")
    page.locator(f"{STOP} .copy").click()
    expect(page.locator(f"{STOP} .copy")).to_have_text("Copied")
    assert page.evaluate("navigator.clipboard.readText()") == "42.87800, 20.86500"


@ON_A_PHONE
def test_on_a_phone_a_stop_unfolds_in_the_timetable(page: Page) -> None:
    go = page.locator(f"{STOP} .go")
    go.click()
    expect(go).to_have_attribute("aria-expanded", "true")
    expect(page.locator(f"{STOP} .more")).to_be_visible()
    expect(page.locator(".leaflet-popup")).to_have_count(0)
    page.keyboard.press("Escape")
    expect(page.locator(f"{STOP} .more")).to_be_hidden()
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.parametrize(
    ("context", "languages"),
    [
        (PHONE, ("sr-Cyrl",)),
        *(
            pytest.param(one, LANGUAGES, marks=pytest.mark.proof)
            for one in (WIDE, PHONE)
        ),
    ],
    indirect=["context"],
)
def test_the_text_of_a_stop_known_roughly_is_not_cut(
    page: Page, languages: tuple[str, ...]
) -> None:
    page.locator(f"{STOP} .go").click()
    settled(page)
    content = page.locator(".leaflet-popup-content, .stops li.open .more").first
    assert content.evaluate("e => e.scrollWidth <= e.clientWidth + 1")
    wording = page.locator(STOP)
    cut = """(node, part) => {
      const content = document.createRange();
      content.selectNodeContents(node.querySelector(part));
      const { right } = node.querySelector("dl").getBoundingClientRect();
      return content.getBoundingClientRect().right - right;
    }"""
    for language in languages:
        speak(page, language)
        expect(wording.locator(".roughly")).to_contain_text("400")
        for part in (".roughly", ".copy", ".position", ".code"):
            assert wording.evaluate(cut, part) < 1, (language, part)
        assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_patrol_is_downloaded_for_the_phone_and_as_a_table(page: Page) -> None:
    label = page.locator(".patrol.chosen .files > span > span").first
    expect(label).to_have_css("margin-right", "0px")
    for name, holds in (
        ("GPX", "<gpx "),
        ("KML", "<kml "),
        ("CSV", "Arritja / Dolazak"),
    ):
        with page.expect_download() as waited:
            page.locator(".patrol.chosen .files").get_by_text(name, exact=True).click()
        assert waited.value.suggested_filename == f"patrol_evening_1.{name.lower()}"
        text = waited.value.path().read_text("utf-8")
        assert holds in text
        assert "Bus station" in text


def test_the_open_legend_covers_no_crossing(
    context: BrowserContext, poorer: tuple[Path, list[float]]
) -> None:
    path, at = poorer
    page = opened(context, path)
    x = page.evaluate(
        "([lng, lat]) => map_planner.latLngToContainerPoint([lat, lng]).x "
        "+ map_planner.getContainer().getBoundingClientRect().left",
        at,
    )
    legend = page.locator(".legend").bounding_box()
    assert legend is not None
    assert 0 < x < legend["x"]


def test_without_two_periods_there_is_no_filter(
    context: BrowserContext, poorer: tuple[Path, list[float]]
) -> None:
    page = opened(context, poorer[0])
    expect(page.locator(".periods")).to_have_count(0)
    page.locator(SHOWN_SIGHTINGS).first.dispatch_event("click")
    expect(page.locator(".leaflet-popup")).to_contain_text("October 2021")


def test_legend_switches_layers(page: Page) -> None:
    towns = page.locator(".town")
    expect(towns).to_have_count(3)  # two towns and a crossing
    unfold(page)
    page.get_by_label("Town").uncheck()
    expect(towns).to_have_count(0)
    page.get_by_label("Town").check()
    expect(towns).to_have_count(3)
    for vehicle in (1, 2):
        page.get_by_role("checkbox", name=f"Evening, vehicle {vehicle}").uncheck()
    expect(page.locator(".mark")).to_have_count(0)


def test_roads_are_cased(page: Page) -> None:
    """The wider line under the narrow one is drawn, in its own colour."""
    main = next(spec.symbol for spec in GROUND if spec.key == "main_roads")
    drawn = [[*bytes.fromhex(colour[1:])] for colour in (main.colour, main.casing)]
    # Lines are unpacked some a frame.
    page.wait_for_function(
        """drawn => {
          const colours = new Set();
          for (const canvas of document.querySelectorAll(".leaflet-ground-pane canvas")) {
            const { width, height } = canvas;
            const { data } = canvas.getContext("2d").getImageData(0, 0, width, height);
            for (let i = 0; i < data.length; i += 4) {
              if (data[i + 3] === 255) colours.add(data.slice(i, i + 3).join());
            }
          }
          return drawn.every((colour) => colours.has(colour.join()));
        }""",
        arg=drawn,
        polling=100,
    )


def test_models_are_shown_on_request(page: Page, file: Path) -> None:
    picture = page.locator("img.leaflet-image-layer")
    lines = page.locator(".leaflet-models-pane path")
    expect(picture).to_have_count(0)
    expect(lines).to_have_count(0)
    unfold(page)
    for layer in ("walking", "far"):
        page.check(f"[data-layer={layer}]")
    expect(picture).to_have_attribute("src", re.compile("^data:image/png;base64,"))
    assert decoded(picture)
    expect(lines).to_have_count(1)
    expect(lines).to_have_attribute("stroke-dasharray", "2 4")
    lines.dispatch_event("click")
    popup = page.locator(".leaflet-popup")
    expect(popup).to_contain_text("Health care")
    expect(popup).to_contain_text(word("models.access", "en"))
    expect(page.locator("#rests")).to_contain_text(word("models.level", "en"))
    expect(page.locator("#rests")).to_contain_text(
        "a model with assumptions, not an observation"
    )
    assert page.requests == [file.as_uri()]  # type: ignore[attr-defined]
    assert page.messages == []  # type: ignore[attr-defined]


def test_need_is_shown_on_request_larger_for_more(page: Page) -> None:
    drawn = """() => [...document.querySelectorAll(".leaflet-need-pane canvas")].some((canvas) => {
      const { width, height } = canvas;
      return canvas.getContext("2d").getImageData(0, 0, width, height).data.some(Boolean);
    })"""
    assert not page.evaluate(drawn)
    unfold(page)
    for part in ("observed", "far_from_help", "advised"):
        page.check(f"[data-layer=need_{part}]")
    page.wait_for_function(drawn, polling=100)
    expect(page.locator(".legend")).to_contain_text(word("group.need", "en"))
    # What Chromium says of reading a canvas is of the test.
    assert [m for m in page.messages if "getImageData" not in m] == []  # type: ignore[attr-defined]


def test_a_stop_says_why_it_is_there_and_what_to_bring(page: Page) -> None:
    page.locator(f"{STOP} .go").click()
    card = page.locator("li.open .more")
    expect(card).to_contain_text("4.0 % of the need that any stop reaches (found 50 %")
    page.keyboard.press("Escape")
    page.locator("#stop-shift-1-vehicle-1-2 .go").click()
    expect(card).to_contain_text("To be explored: little is known here.")
    page.click("[data-language=sr-Cyrl]")
    expect(card).to_contain_text(word("why.explore", "sr-Cyrl"))


def test_the_plan_is_measured_and_says_what_it_leaves_out(page: Page) -> None:
    plan = page.locator("#plan")
    expect(plan.locator(".briefly li").first).to_contain_text(
        "Evening: 41 % of the need index lies within 500 m of a stop"
    )
    expect(plan.locator(".briefly li").last).to_have_text(word("plan.whole", "en"))
    expect(plan.locator("table.measures")).to_have_count(1)
    expect(plan.locator("table.measures")).to_be_hidden()
    plan.get_by_text("In figures").click()
    expect(plan.locator("table.measures")).to_contain_text("of all of it41 %41 %")
    expect(plan.get_by_text(re.compile("41.% as plann"))).to_be_visible()
    left = plan.locator("details.left-out")
    expect(left.locator("table")).to_be_hidden()
    left.locator("summary").focus()
    page.keyboard.press("Enter")
    expect(left.locator("table")).to_be_visible()
    expect(left).to_contain_text("not worth the detour")
    expect(left).to_contain_text("one vehicle more")
    # By its id a stop is added.
    expect(left.locator("tbody .id").first).to_have_text("gate")


@ON_A_PHONE
def test_on_a_phone_nothing_lies_over_what_is_read(page: Page) -> None:
    page.locator(SHOWN_SIGHTINGS).first.dispatch_event("click")
    title = page.locator(".sheet .pop-title")
    expect(title).to_be_in_viewport(ratio=1)
    on_top = """title => {
      const { left, top, width, height } = title.getBoundingClientRect();
      return title.contains(document.elementFromPoint(left + width / 2, top + height / 2));
    }"""
    assert title.evaluate(on_top)
    page.keyboard.press("Escape")
    expect(title).to_have_count(0)


def test_a_map_past_its_date_says_so(browser: Browser, file: Path) -> None:
    # A page of its own: the time holds for all pages of a context.
    page = browser.new_page(viewport=WIDE, offline=True)
    notice = page.get_by_role("alert")
    for today, expired in (("2027-02-23", 0), ("2027-02-24", 1)):
        page.clock.set_fixed_time(f"{today}T12:00:00")
        page.goto(EMPTY)
        page.goto(file.as_uri() + "#lang=en")
        page.wait_for_selector("body[data-ready]")
        expect(page.locator(".bar .marking")).to_contain_text(
            "Made on 25 November 2026, to be renewed by 23 February 2027"
        )
        expect(notice).to_have_count(expired)
    expect(notice).to_be_in_viewport()
    expect(notice).to_contain_text("was to be renewed by 23 February 2027")
    page.click("[data-language=sq]")
    expect(notice).to_contain_text("23 shkurt 2027")
    page.emulate_media(media="print")
    expect(page.locator(".patrol .foot .expired").first).to_be_visible()
    page.close()


def test_tiles_are_fetched_only_when_switched_on(
    browser: Browser, richer: Path
) -> None:
    context = browser.new_context(viewport=WIDE)  # type: ignore[arg-type]
    # Answered here: the test itself fetches nothing.
    context.route(f"{TILES}/**", lambda route: route.fulfill(status=204))
    page = opened(context, richer)
    assert page.requests == [richer.as_uri()]  # type: ignore[attr-defined]
    unfold(page)
    with page.expect_request(f"{TILES}/**"):
        page.get_by_label(word("layer.tiles", "en")).check()
    settled(page)
    tiles = page.requests[1:]  # type: ignore[attr-defined]
    assert tiles
    assert all(url.startswith(f"{TILES}/") for url in tiles)
    context.close()


def test_without_scripts_timetable_and_sketches_are_there(
    browser: Browser, file: Path
) -> None:
    context = browser.new_context(
        viewport=PHONE, java_script_enabled=False, offline=True
    )  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(file.as_uri())
    for key in ("shift-1-vehicle-1", "shift-1-vehicle-2", "shift-2-vehicle-1"):
        patrol = page.locator(f"#patrol-{key}")
        expect(patrol).to_be_visible()
        expect(patrol.locator(".sketch svg").first).to_be_visible()
        expect(patrol).to_contain_text("42.87800, 20.86500")
    expect(page.locator("#stage")).to_be_hidden()
    # One night has no choice.
    expect(page.locator(".days")).to_have_count(0)
    context.close()


def test_a_notebook_frame_shows_the_map(context: BrowserContext, drawn: Map) -> None:
    page = context.new_page()
    page.set_content(drawn._repr_html_())
    frame = page.frame_locator("iframe")
    expect(frame.locator("body[data-ready]")).to_have_count(1)
    expect(frame.locator(".mark").first).to_be_visible()
    frame.locator("[data-language=sq]").click()
    expect(frame.locator("h1")).to_have_text(title(ABOUT)("sq"))


@pytest.mark.proof
@pytest.mark.parametrize(("paper", "width_mm"), [("A4", 297), ("A3", 420)])
def test_prints_a_page_for_each_patrol_and_one_for_the_findings(
    page: Page, paper: str, width_mm: int
) -> None:
    content = page.pdf(format=paper, landscape=True, print_background=True)
    assert content.count(b"/Type /Page\n") == 4
    box = re.search(rb"/MediaBox \[0 0 ([\d.]+)", content)
    assert box is not None
    assert float(box[1]) == pytest.approx(width_mm / 25.4 * 72, abs=2)


@BOTH
def test_axe_finds_nothing_serious(page: Page) -> None:
    if page.viewport_size == WIDE:
        show_everything(page)
        page.locator(
            ".leaflet-models-pane path.leaflet-interactive"
        ).first.dispatch_event("click")
        expect(page.locator(".leaflet-popup")).to_contain_text("Health care")
    else:
        page.click("[data-patrol=shift-2-vehicle-1]")
        page.locator(".patrol.chosen .stop .go").first.click()
        show_everything(page)
    assert serious_faults(page) == []


@pytest.mark.proof
@BOTH
def test_axe_finds_nothing_serious_in_any_state(page: Page) -> None:
    for key in ("shift-2-vehicle-1", "shift-1-vehicle-1"):
        page.click(f"[data-patrol={key}]")
        page.locator(".patrol.chosen .stop .go").first.click()
        assert serious_faults(page) == []
    page.keyboard.press("Escape")
    show_everything(page)
    page.locator(".leaflet-models-pane path.leaflet-interactive").first.dispatch_event(
        "click"
    )
    expect(page.locator(".leaflet-popup, .sheet")).to_contain_text("Health care")
    assert serious_faults(page) == []


def show_everything(page: Page) -> None:
    """Unfold whatever folds, and switch on every layer."""
    page.locator("details, .legend > button").evaluate_all(
        """nodes => nodes.forEach((node) => {
          if (node.tagName === "DETAILS") node.open = true;
          else if (node.getAttribute("aria-expanded") === "false") node.click();
        })"""
    )
    page.locator("input[type=checkbox]:not(:checked)").evaluate_all(
        "nodes => nodes.forEach((node) => node.click())"
    )


@pytest.mark.proof
@pytest.mark.parametrize("deficiency", ["achromatopsia", "deuteranopia"])
def test_pictures_for_people_to_look_at(
    context: BrowserContext, file: Path, deficiency: str, tmp_path: Path
) -> None:
    """Grey, and as a deuteranope sees it; kept with ``pytest --basetemp=FOLDER``."""
    page = opened(context, file)
    session = context.new_cdp_session(page)
    session.send("Emulation.setEmulatedVisionDeficiency", {"type": deficiency})
    unfold(page)
    for tick in ("band_main_road", "band_river", "lixels"):
        page.check(f"[data-layer={tick}]")
    picture = tmp_path / f"{deficiency}.png"
    page.screenshot(path=picture)
    assert picture.stat().st_size > 10_000
    session.detach()


@ON_A_PHONE
def test_evidence_is_folded_and_no_paragraph_is_long(page: Page) -> None:
    rests = page.locator("#rests")
    railway = rests.locator("details", has_text="Railway: 0.5 of 3 within 250 m")
    expect(railway.locator("p").first).to_be_hidden()
    railway.locator("summary").click()
    expect(railway.locator("p").first).to_contain_text("0.5 of 3 reports lie")
    expect(railway.locator("p").last).to_contain_text("located from the railway itself")
    page.locator("#side details").evaluate_all(
        "nodes => nodes.forEach((n) => { n.open = true; })"
    )
    paragraphs = page.locator("#plan p, #rests p, .facts dd").all_inner_texts()
    assert max(len(text.split()) for text in paragraphs) <= 75
