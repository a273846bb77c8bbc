"""The desk in the browser: a planner's and a dispatcher's tasks, by mouse, keyboard, phone."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, expect
from studies import kinds
from tools import desks
from tools.browser import serious_faults, watched, without_map
from tools.command_line import passed
from tools.desks import StartedDesk
from tools.hands import SCREENS, Hand, Tasks, cut_off

from maps.words.catalogue import LANGUAGES, of_desk

pytestmark = pytest.mark.browser

PATIENCE_MS = 90_000
LEAST_MAP = 240
"""Pixels of height that the ground has in the page."""
EXPECTED = re.compile(r"status of 40\d")
"""What the browser says of an answer that the page shows itself."""


@pytest.fixture(scope="module")
def desk(
    town_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartedDesk]:
    office = tmp_path_factory.mktemp("office")
    folder = desks.office_of_town(town_run[0], office)
    with desks.started(folder) as desk:
        yield desk


@pytest.fixture(
    params=[
        "keyboard",
        pytest.param("mouse", marks=pytest.mark.proof),
        pytest.param("phone", marks=pytest.mark.proof),
    ]
)
def used(
    desk: StartedDesk, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[tuple[Page, Tasks]]:
    """Return the page as it opens, without an edit, and how it is used."""
    screen, hand = SCREENS[request.param]
    desk.enter()
    while desk.night()["can_undo"]:
        desk.does("undo", {})
    context = browser.new_context(viewport=screen)
    page = opened(desk, watched(context))
    yield page, Tasks(hand(page), request.param)
    said = [text for text in page.messages if not EXPECTED.search(text)]  # type: ignore[attr-defined]
    assert said == []
    own = (desk.origin, "file:", "data:", "about:")
    asked = [url for url in page.requests if not url.startswith(own)]  # type: ignore[attr-defined]
    assert asked == []
    context.close()


def opened(desk: StartedDesk, page: Page) -> Page:
    page.set_default_timeout(PATIENCE_MS)
    page.goto(desk.key_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    expect(page.locator(".patrol li").first).to_be_visible()
    return page


def sum_of(page: Page) -> Locator:
    return page.locator("#sum")


COST = re.compile(
    r": .*[+−±][\d.]+ % of the need index, [+−±][\d,]+ min, [+−±]\d+ stops"
)


def says(page: Page, start: str) -> None:
    """Wait until the page says what the last edit was, and what it costs."""
    last = page.locator("#last")
    expect(last).to_have_text(re.compile(f"^{start}"))
    expect(last).to_have_text(COST)


def edits(page: Page, number: int) -> None:
    """Wait until so many edits are counted."""
    expect(page.locator("#history b")).to_have_text(str(number or ""))


def unfolded(page: Page, name: str, hand: Hand) -> None:
    """Open what is folded."""
    fold = page.locator(name)
    if fold.get_attribute("open") is None:
        hand.press(fold.locator("> summary"))


def row_of(page: Page, number: int) -> Locator:
    """Return a stop of the first patrol."""
    return page.locator(".patrol").first.locator("li").nth(number)


def tool(row: Locator, name: str) -> Locator:
    """Return a button of a stop."""
    return row.locator(f"button[data-key^='{name}|']")


def test_what_a_planner_does(used: tuple[Page, Tasks]) -> None:
    """Ten tasks without a terminal: each says what it costs, and all are undone."""
    page, tasks = used
    hand = tasks.hand
    first = page.locator(".patrol").first
    before = sum_of(page).inner_text()
    name = row_of(page, 1).locator(".name").inner_text()
    ground = page.frame_locator("#map").locator(".leaflet-container")
    assert ground.evaluate("node => node.clientHeight") >= LEAST_MAP
    with tasks.task("1 a vehicle more"):
        unfolded(page, "#means", hand)
        hand.press(page.locator("[data-do=more]"))
        says(page, "Vehicles: 3: planned again, about")
    expect(page.locator(".patrol")).to_have_count(6)
    with tasks.task("2 other hours"):
        hours = page.locator("#hours p").first
        hand.write(hours.locator("input").last, "23:30")
        hand.press(hours.locator("button"))
        says(page, "Hours: Evening .*23:30: planned again, about")
    with tasks.task("3 lock a stop"):
        hand.press(tool(row_of(page, 1), "lock"))
        says(page, "Locked")
    expect(tool(row_of(page, 1), "lock")).to_have_attribute("aria-pressed", "true")
    with tasks.task("4 visit a stop later"):
        hand.press(tool(row_of(page, 2), "down"))
        says(page, "Moved")
    expect(first.locator(".kept")).to_be_visible()
    expect(page.locator(".map .legend")).to_be_visible()
    assert page.evaluate(DRAWN_ABOVE)
    with tasks.task("5 drop a stop"):
        hand.press(tool(row_of(page, 1), "drop"))
        says(page, "Dropped")
    expect(first.get_by_text(name, exact=True)).to_have_count(0)
    expect(sum_of(page)).not_to_have_text(before)
    with tasks.task("6 stay longer"):
        hand.press(row_of(page, 0).locator(".more summary"))
        minutes = row_of(page, 0).locator("input[type=number]")
        hand.write(minutes, "35")
        minutes.press("Enter")
        hand.done += 1
        says(page, "Stay")
    with tasks.task("7 give a stop to another patrol"):
        stop = row_of(page, 2)
        hand.press(stop.locator(".more summary"))
        choice = stop.locator("select")
        value = choice.locator("option").nth(1).get_attribute("value")
        hand.choose(choice, value or "")
        hand.press(tool(stop, "give"))
        says(page, "Moved")
    with tasks.task("8 close a stop"):
        hand.press(row_of(page, 2).locator(".more summary"))
        hand.press(tool(row_of(page, 2), "close_stop"))
        says(page, "Stop closed")
    # Who goes on by keyboard goes on there.
    expect(page.locator("#patrols :focus")).to_have_count(1)
    with tasks.task("9 close a road"):
        road = page.locator("#roads option").nth(3).get_attribute("value")
        hand.write(page.locator("#road input"), road or "")
        hand.press(page.locator("#road button"))
        says(page, "Road closed")
    with tasks.task("10 add one that was left out"):
        unfolded(page, "#add", hand)
        # Crossings are refused until they are assessed.
        hand.press(page.locator("#left [data-key='add|stop_bus_vushtrri']"))
        says(page, "Added")
    with tasks.task("   or any public place"):
        hand.write(page.locator("#search"), "vushtrri")
        places = page.locator("#places button")
        expect(places.first).to_be_visible()
        counted = int(page.locator("#history b").inner_text())
        hand.press(places.first)
        # A place that no road reaches, or that the patrol has, is refused with the reason.
        page.wait_for_function(
            """counted => !document.querySelector("#faults").hidden
            || document.querySelector("#history b").textContent > counted""",
            arg=counted,
        )
    # A reload loses nothing.
    told, number = (
        sum_of(page).inner_text(),
        int(page.locator("#history b").inner_text()),
    )
    assert number >= 9
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(sum_of(page)).to_have_text(told)
    unfolded(page, "#history", hand)
    expect(page.locator("#history li")).to_have_count(number)
    with tasks.task("take all of it back"):
        for left in range(number - 1, -1, -1):
            hand.press(page.locator("[data-do=undo]"))
            edits(page, left)
    expect(sum_of(page)).to_have_text(before)
    expect(page.locator(".map .legend")).to_be_hidden()


def test_what_a_dispatcher_does(used: tuple[Page, Tasks]) -> None:
    """Plan again, publish, take files, see what changed, plan the rest from now, and the nights."""
    page, tasks = used
    hand = tasks.hand
    job = page.locator("#job [role=status]")

    def done(name: str, end: str = "done") -> None:
        expect(job).to_contain_text(re.compile(f"{name}: {end}"), timeout=PATIENCE_MS)
        told = page.locator("#job .end")
        expect(told).to_have_text(re.compile(r"folder /.+|Below the command"))

    with tasks.task("1 drop a stop, plan again"):
        hand.press(tool(row_of(page, 1), "drop"))
        says(page, "Dropped")
        hand.press(page.locator("[data-do=again]"))
        expect(page.locator("#job code")).to_contain_text("mitrovica plan ")
        done("Planning again")
    edits(page, 0)
    with tasks.task("2 publish the night"):
        hand.press(page.locator("[data-do=publish]"))
        done("Publishing")
    with tasks.task("3 take the cards"):
        unfolded(page, "#out", hand)
        cards = page.locator("#out .files a").filter(has_text="stop_cards.pdf")
        with page.expect_download() as taken:
            hand.press(cards)
        assert taken.value.suggested_filename == "stop_cards.pdf"
    with tasks.task("4 change it, see what is other"):
        hand.press(tool(page.locator(".patrol").first.locator("li").last, "drop"))
        expect(page.locator("#out .changes li").nth(1)).to_contain_text("dropped")
    with tasks.task("5 a crew is late: plan the rest"):
        unfolded(page, "#now", hand)
        hand.write(page.locator("#now [name=now]"), "18:30")
        hand.write(page.locator("#now [name=late]").first, "10")
        hand.press(page.locator("#now form .strong"))
        done("rest of the night", "(done|not possible)")
    with tasks.task("6 plan two nights, publish them"):
        hand.press(page.locator("[data-page=nights]"))
        hand.write(page.locator("#several input"), "2")
        hand.press(page.locator("#several button"))
        done("Planning the nights")
        expect(page.locator(".nights section")).to_have_count(2)
        hand.press(page.locator("[data-do=publish_nights]"))
        done("Publishing the nights")
    expect(page.locator(".drafted")).to_be_hidden()
    expect(page.locator("#taken")).to_be_visible()
    hand.press(page.locator("[data-page=found]"))
    expect(page.locator(".report h1")).to_be_visible()
    hand.press(page.locator("[data-page=tonight]"))


DRAWN_ABOVE = """() => {
  const map = document.getElementById("map").contentWindow.map_planner;
  const height = (pane) => Number(map.getPane(pane).style.zIndex);
  return map.getPane("edited").querySelector("path") && height("edited") > height("patrols");
}"""
"""Drives that were edited lie above those of the map."""


def test_a_run_without_a_night_is_told_in_the_language_of_the_page(
    tmp_path: Path, browser: Browser
) -> None:
    """A study that `init` made, run at the desk: it says what is missing, and shows the rest."""
    kinds.write("bare", tmp_path)
    store = tmp_path / "fetched"
    study, ways = tmp_path / "study", tmp_path / "ways.osm"
    passed("fetch", "--study", study, "--from", ways, "--store", store)
    page = browser.new_page()
    with desks.started(tmp_path, options=["--store", str(store)]) as desk:
        page.goto(desk.key_file.as_uri())
        page.wait_for_selector("body[data-ready]")
        page.click("[data-language=sq]")
        words = of_desk("sq")
        expect(page.locator(".empty p")).to_have_text(words["no_run"])
        page.wait_for_load_state("networkidle")
        expect(page.locator("#faults")).to_be_hidden()
        page.click("[data-do=run]")
        out = (tmp_path / "out").resolve()
        told = page.locator("#job .end")
        done = f"{words['end.done']} {out}"
        expect(told).to_have_text(done, timeout=PATIENCE_MS)
        expect(page.locator(".empty p")).to_have_text(words["no_night"])
        faults = page.locator("#faults p")
        expect(faults.first).to_have_text(words["unshown"])
        no_depot = "s'është emërtuar baza, pra asnjë patrullë s'mund të niset. depot = "
        expect(faults.nth(1)).to_contain_text(no_depot)
        expect(faults.nth(1)).not_to_have_attribute("lang", "en")
        page.click("[data-page=nights]")
        page.click("#several button")
        expect(told).to_have_text(words["end.failed"], timeout=PATIENCE_MS)
        said = page.locator("#job .said")
        expect(said).to_be_visible()
        expect(said).to_contain_text(no_depot)
        page.evaluate("edit({ kind: 'drop', stop: 'office' })")
        expect(faults.first).to_have_text(words["refused"])
        page.click("[data-page=found]")
        expect(page.locator(".report h1")).to_be_visible()
    page.close()


def test_a_second_window_reads_until_it_takes_over(
    desk: StartedDesk, browser: Browser
) -> None:
    context = browser.new_context()
    first, second = context.new_page(), context.new_page()
    without_map(first)
    without_map(second)
    opened(desk, first)
    second.goto(first.url)
    second.wait_for_selector("body[data-ready]")
    held = second.locator("#held")
    expect(held).to_contain_text(
        re.compile(r"Another window has this desk: \S+, \d\d:\d\d")
    )
    second.locator("[data-do=take]").click()
    expect(held).to_be_hidden()
    first.locator("[data-key^='drop|']").first.click()
    expect(first.locator("#held")).to_be_visible()
    context.close()


def test_a_page_that_is_locked_says_how_to_go_on(
    desk: StartedDesk, browser: Browser
) -> None:
    context = browser.new_context()
    page = context.new_page()
    without_map(page)
    opened(desk, page)
    desk.enter()  # Somebody opened it anew.
    # What the page asks for by itself may have told it first: then nothing below can be clicked.
    page.locator("[data-key^='drop|']").first.evaluate("node => node.click()")
    expect(page.locator("#locked")).to_contain_text("open.html")
    context.close()


@pytest.mark.parametrize(
    ("width", "text"),
    [
        pytest.param(390, 1.0, marks=pytest.mark.proof),
        (390, 2.0),
        pytest.param(1024, 2.0, marks=pytest.mark.proof),
        (1440, 1.0),
    ],
)
def test_every_page_fits_and_is_accessible_in_every_language(
    desk: StartedDesk, browser: Browser, width: int, text: float
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900},
        # What looks for faults runs beside the page, whose policy lets nothing else in.
        bypass_csp=True,
    )
    page = context.new_page()
    # Nothing here looks into the frames of the map.
    without_map(page)
    opened(desk, page)
    page.evaluate(
        "size => { document.documentElement.style.fontSize = size; }", f"{16 * text}px"
    )
    for name in ("#add", "#means", "#out", "#now", "#history"):
        unfolded(page, name, Hand(page))
    page.locator(".patrol .more summary").first.click()
    for language in LANGUAGES:
        page.click(f"[data-language={language}]")
        words = of_desk(language)
        expect(page.locator("[data-do=again]")).to_have_text(words["again"])
        for name in ("nights", "found", "tonight"):
            page.click(f"[data-page={name}]")
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(wide) <= 0, (language, name)
            assert cut_off(page) == [], (language, name)
    if text == 1.0:
        page.click("[data-language=en]")
        only_page: Any = {"include": [["body"]], "exclude": [["iframe"]]}
        for name in ("nights", "found", "tonight"):
            page.click(f"[data-page={name}]")
            assert serious_faults(page, only_page) == []
    context.close()
