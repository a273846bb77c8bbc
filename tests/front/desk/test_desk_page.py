"""The desk in the browser: a planner's and a dispatcher's tasks, by mouse, keyboard, phone."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Locator, Page, ViewportSize, expect
from tools import desks
from tools.browser import PHONE, WIDE, serious_faults, watched
from tools.desks import StartedDesk

from maps.words.catalogue import LANGUAGES, of_desk

pytestmark = pytest.mark.browser

PATIENCE_MS = 90_000
EXPECTED = re.compile(r"status of 40\d")
"""What the browser says of an answer that the page shows itself."""


@pytest.fixture(scope="module")
def desk(
    bundled_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartedDesk]:
    folder = desks.office(bundled_run[0], tmp_path_factory.mktemp("office"))
    with desks.started(folder) as desk:
        yield desk


Hand = Callable[[Locator], None]


def by_mouse(target: Locator) -> None:
    target.click()


def by_keyboard(target: Locator) -> None:
    """Press what can be reached by Tab: it has no negative index, and shows that it is focused."""
    target.focus()
    assert target.evaluate(
        "node => node === document.activeElement && node.tabIndex >= 0"
    )
    outline = target.evaluate("node => getComputedStyle(node).outlineStyle")
    assert outline != "none"
    target.press("Enter")


SCREENS: dict[str, tuple[ViewportSize, Hand]] = {
    "mouse": (WIDE, by_mouse),
    "keyboard": (WIDE, by_keyboard),
    "phone": (PHONE, by_mouse),
}


@pytest.fixture(
    params=[
        "keyboard",
        pytest.param("mouse", marks=pytest.mark.proof),
        pytest.param("phone", marks=pytest.mark.proof),
    ]
)
def used(
    desk: StartedDesk, browser: Browser, request: pytest.FixtureRequest
) -> Iterator[tuple[Page, Hand]]:
    """Return the page as it opens, without an edit, and how it is used."""
    screen, hand = SCREENS[request.param]
    desk.enter()
    while desk.night()["can_undo"]:
        desk.does("undo", {})
    context = browser.new_context(viewport=screen)
    page = opened(desk, watched(context))
    yield page, hand
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


def edits(page: Page, number: int) -> None:
    """Wait until so many edits are listed, each with what it costs."""
    listed = page.locator("#history li")
    expect(listed).to_have_count(number)
    if number:
        expect(listed.last).to_have_text(
            re.compile(r"[+−±][\d.]+ %.*[+−±]\d+ min")
        )


def fold(page: Page, name: str, hand: Hand) -> None:
    if page.locator(name).get_attribute("open") is None:
        hand(page.locator(f"{name} > summary"))


def test_what_a_planner_does(used: tuple[Page, Hand]) -> None:
    """Ten tasks without a terminal: each says what it costs, and all are undone."""
    page, hand = used
    first = page.locator(".patrol").first
    before = sum_of(page).inner_text()
    row = first.locator("li").nth(1)
    name = row.locator(".name").inner_text()
    # 1 lock, 2 later, 3 drop
    hand(row.locator("[data-key^='lock|']"))
    edits(page, 1)
    expect(row.locator("[data-key^='lock|']")).to_have_attribute(
        "aria-pressed", "true"
    )
    hand(first.locator("li").nth(2).locator("[data-key^='down|']"))
    edits(page, 2)
    expect(first.locator(".kept")).to_be_visible()
    expect(page.locator(".map .legend")).to_be_visible()
    hand(row.locator("[data-key^='drop|']"))
    edits(page, 3)
    expect(first.get_by_text(name, exact=True)).to_have_count(0)
    expect(sum_of(page)).not_to_have_text(before)
    # 4 longer stay, 5 to another patrol, 6 close a stop
    hand(first.locator("li").nth(0).locator(".more summary"))
    minutes = first.locator("li").nth(0).locator("input[type=number]")
    minutes.fill("35")
    minutes.press("Enter")
    edits(page, 4)
    stop = first.locator("li").nth(2)
    hand(stop.locator(".more summary"))
    choice = stop.locator("select")
    choice.select_option(choice.locator("option").nth(1).get_attribute("value"))
    edits(page, 5)
    stop = first.locator("li").nth(2)
    hand(stop.locator(".more summary"))
    hand(stop.locator("[data-key^='close_stop|']"))
    edits(page, 6)
    # 7 add one left out, 8 any public place, 9 vehicles, 10 hours
    fold(page, "#add", hand)
    hand(page.locator("#left button").first)
    edits(page, 7)
    page.locator("#search").fill("vushtrri")
    expect(page.locator("#places li").first).to_be_visible()
    fold(page, "#means", hand)
    hand(page.locator("[data-do=more]"))
    edits(page, 8)
    expect(page.locator(".patrol")).to_have_count(6)
    hours = page.locator("#hours p").first
    hours.locator("input").last.fill("23:30")
    hand(hours.locator("button"))
    edits(page, 9)
    # A reload loses nothing.
    told = sum_of(page).inner_text()
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(sum_of(page)).to_have_text(told)
    edits(page, 9)
    for number in range(8, -1, -1):
        hand(page.locator("[data-do=undo]"))
        edits(page, number)
    expect(sum_of(page)).to_have_text(before)
    expect(page.locator(".map .legend")).to_be_hidden()


def test_what_a_dispatcher_does(used: tuple[Page, Hand]) -> None:
    """Plan again, publish, see what changed, plan the rest from now, look at nights and report."""
    page, hand = used
    job = page.locator("#job [role=status]")
    hand(
        page.locator(".patrol")
        .first.locator("li")
        .nth(1)
        .locator("[data-key^='drop|']")
    )
    edits(page, 1)
    hand(page.locator("[data-do=again]"))
    expect(page.locator("#job code")).to_contain_text("mitrovica plan ")
    expect(job).to_contain_text(
        re.compile(r"done, [\d.]+ s"), timeout=PATIENCE_MS
    )
    edits(page, 0)
    hand(page.locator("[data-do=publish]"))
    expect(page.locator("#job.runs")).to_be_visible()
    expect(job).to_contain_text(
        re.compile(r"Publishing: done"), timeout=PATIENCE_MS
    )
    fold(page, "#out", hand)
    expect(
        page.locator("#out .files a").filter(has_text="stop_cards.pdf")
    ).to_have_count(1)
    last = page.locator(".patrol").first.locator("li").last
    hand(last.locator("[data-key^='drop|']"))
    expect(page.locator("#out .changes li").nth(1)).to_contain_text("dropped")
    fold(page, "#now", hand)
    page.locator("#now [name=now]").fill("18:30")
    page.locator("#now [name=late]").first.fill("10")
    hand(page.locator("#now form .strong"))
    expect(job).to_contain_text(
        re.compile("rest of the night: (done|not possible)"),
        timeout=PATIENCE_MS,
    )
    hand(page.locator("[data-page=found]"))
    expect(page.locator(".report h1")).to_be_visible()
    hand(page.locator("[data-page=nights]"))
    expect(page.locator("#several")).to_be_visible()
    hand(page.locator("[data-page=tonight]"))


def test_a_second_window_reads_until_it_takes_over(
    desk: StartedDesk, browser: Browser
) -> None:
    context = browser.new_context()
    first = opened(desk, context.new_page())
    second = context.new_page()
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
    page = opened(desk, context.new_page())
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
    page = opened(desk, context.new_page())
    page.evaluate(
        "size => { document.documentElement.style.fontSize = size; }",
        f"{16 * text}px",
    )
    for name in ("#add", "#means", "#out", "#now", "#history"):
        fold(page, name, by_mouse)
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


def cut_off(page: Page) -> list[str]:
    """Return what is wider than the button, the row or the box that it stands in."""
    found: list[str] = page.evaluate(
        """() => [...document.querySelectorAll("button, summary, .name, label, p, h1, h2, h3")]
        .filter((node) => node.checkVisibility() && node.scrollWidth > node.clientWidth + 1
          && getComputedStyle(node).display !== "inline")
        .map((node) => node.outerHTML.slice(0, 100))"""
    )
    return found
