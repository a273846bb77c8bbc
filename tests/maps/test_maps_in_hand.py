"""The map in the hand: the next stop, the own position, night colours, large text, who helps."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import Browser, BrowserContext, Page, expect
from tools.browser import opened, serious_faults, spoil

from layers.files.filenames import REPORT
from layers.package_data import toml
from layers.palette import symbol
from maps.words.catalogue import LANGUAGES, word

pytestmark = pytest.mark.browser

PHONE = {"width": 390, "height": 844}
STANDS_OUT = 3.0
"""Contrast of a line to the paper (WCAG 2.2, 1.4.11)."""
IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 18_0 like Mac OS X) Version/18.0"
SUPPORTERS = ("DCAM", "UNHCR", "KRCT", "JRS", "CRPK", "IOM")


def at(page: Page, clock: str) -> None:
    """Let the device's clock stand at a time of the day, and load the page anew."""
    page.clock.set_fixed_time(f"2026-11-30T{clock}:00")
    page.reload()
    page.wait_for_selector("body[data-ready]")


@pytest.mark.parametrize(
    ("clock", "number", "arrival"),
    [("12:00", "1", "18:30"), ("18:49", "1", "18:30"), ("18:51", "2", "19:00")],
)
def test_the_next_stop_follows_the_clock(
    context: BrowserContext, file: Path, clock: str, number: str, arrival: str
) -> None:
    page = opened(context, file, screen=PHONE)
    at(page, clock)
    spoil(page)
    box = page.locator(".next")
    expect(box).to_be_in_viewport(ratio=1)
    expect(box.locator(".badge")).to_have_text(number)
    row = page.locator(f"#stop-shift-1-vehicle-1-{number}")
    expect(row.locator(".when b")).to_have_text(box.locator("b").inner_text())
    expect(box.locator(".drive")).to_have_text(row.locator(".by b").inner_text())
    drive = box.locator(".drive").evaluate(
        "e => parseFloat(getComputedStyle(e).fontSize)"
    )
    assert drive >= 19


def test_the_next_stop_is_stepped_to_by_keys_and_opened(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file)
    at(page, "12:00")
    spoil(page)
    box = page.locator(".next")
    box.locator(".on").focus()
    page.keyboard.press("Enter")
    expect(box.locator(".badge")).to_have_text("2")
    expect(box.locator(".on")).to_be_focused()
    box.locator(".shown").focus()
    page.keyboard.press("Enter")
    expect(page.locator("#stop-shift-1-vehicle-1-2 .more")).to_be_visible()


def test_a_phone_of_apple_gets_an_address_that_it_opens(
    browser: Browser, file: Path
) -> None:
    for agent, begins in ((IPHONE, "https:"), (None, "geo:")):
        context = browser.new_context(user_agent=agent)
        page = context.new_page()
        page.goto(file.as_uri())
        page.wait_for_selector("body[data-ready]")
        href = page.locator(".next .navigate").get_attribute("href")
        assert href is not None
        assert href.startswith(begins)
        context.close()


def test_the_own_position_shows_by_consent_and_is_kept_nowhere(
    browser: Browser, file: Path
) -> None:
    context = browser.new_context(
        viewport=PHONE,
        geolocation={"latitude": 42.88, "longitude": 20.866, "accuracy": 30},
        permissions=["geolocation"],
    )
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    asked: list[str] = []
    page.once("dialog", lambda box: (asked.append(box.message), box.dismiss()))
    button = page.get_by_role("button", name=word("where", "en"))
    button.click()
    assert asked == [word("where.who", "en")]
    expect(page.locator(".own-place")).to_have_count(0)
    page.once("dialog", lambda box: box.accept())
    button.click()
    expect(page.locator(".own-place")).to_be_in_viewport()
    assert "42.88" not in page.evaluate("location.href")
    assert page.evaluate("localStorage.length + sessionStorage.length") == 0
    assert context.cookies() == []
    context.close()


def test_without_a_position_there_is_no_button_and_the_page_says_why(
    browser: Browser, file: Path
) -> None:
    context = browser.new_context(viewport=PHONE)
    context.add_init_script(
        "Object.defineProperty(Navigator.prototype, 'geolocation', { value: undefined })"
    )
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    button = page.get_by_role("button", name=word("where", "en"))
    expect(button).to_have_count(0)
    said = page.locator(".patrol.chosen .where")
    expect(said).to_have_text(word("where.none", "en"))
    context.close()


def test_night_follows_the_device_and_the_switch_which_the_address_keeps(
    browser: Browser, file: Path
) -> None:
    context = browser.new_context(color_scheme="dark")
    page = context.new_page()
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    html, switch = page.locator("html"), page.locator(".colours")
    expect(html).to_have_class("dark")
    expect(switch).to_have_attribute("aria-pressed", "true")
    assert serious_faults(page) == []
    switch.click()
    expect(html).not_to_have_class("dark")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(html).not_to_have_class("dark")
    # Paper is white at night too.
    switch.click()
    page.emulate_media(media="print")
    ink = page.locator("h1").evaluate("e => getComputedStyle(document.body).color")
    assert ink == "rgb(36, 33, 28)"
    context.close()


def test_lines_of_the_ground_but_water_stand_out_from_the_paper_by_day_and_night(
    context: BrowserContext, file: Path
) -> None:
    looks = {
        name: symbol(look)
        for name, look in toml("lists", "looks.toml")["ground"].items()
    }
    paper = looks["boundary"].fill
    lines = {
        name: look.casing if look.colour in ("#ffffff", "#f5b83d") else look.colour
        for name, look in looks.items()
        if look.shape in ("line", "area")
        and look.colour != paper
        and name not in ("rivers", "streams")
    }
    page = opened(context, file)
    spoil(page)
    ratio = """([paper, line, night]) => {
      colours.night = night;
      const parts = (colour) => [1, 3, 5].map((k) => parseInt(tint(colour).slice(k, k + 2), 16));
      const light = (colour) => parts(colour).map((part) => part / 255)
        .map((c) => (c <= 0.04045 ? c / 12.92 : ((c + 0.055) / 1.055) ** 2.4))
        .reduce((sum, c, k) => sum + c * [0.2126, 0.7152, 0.0722][k], 0.05);
      const [a, b] = [light(paper), light(line)];
      return Math.max(a, b) / Math.min(a, b);
    }"""
    assert len(lines) == 8
    for night in (False, True):
        for name, line in lines.items():
            found = page.evaluate(ratio, [paper, line, night])
            assert found >= STANDS_OUT, (name, night, found)


@pytest.mark.parametrize("language", LANGUAGES)
def test_nothing_is_cut_at_twice_the_size_of_text(
    context: BrowserContext, file: Path, language: str
) -> None:
    page = opened(context, file, f"#lang={language}", screen=PHONE)
    spoil(page)
    page.add_style_tag(content=":root { font-size: 30px !important; }")
    page.locator("#stop-shift-1-vehicle-1-1 .go").click()
    fold = "nodes => nodes.forEach((node) => { node.open = true; })"
    page.locator("#side details").evaluate_all(fold)
    assert page.evaluate("document.documentElement.scrollWidth") <= 390
    cut = """() => [...document.querySelectorAll("button, dd, td, th, p, li")]
      .filter((node) => node.checkVisibility() && !node.closest(".leaflet-container"))
      .filter((node) => getComputedStyle(node).overflowX !== "visible")
      .filter((node) => node.scrollWidth > node.clientWidth + 1)
      .map((node) => node.outerHTML.slice(0, 90))"""
    assert page.evaluate(cut) == []


@pytest.mark.parametrize("language", LANGUAGES)
def test_who_helps_stands_on_the_page_and_in_the_report(
    context: BrowserContext, bundled_run: tuple[Path, str], language: str
) -> None:
    for name in ("map.html", "crew.html"):
        page = opened(context, bundled_run[0] / name, f"#lang={language}")
        block = page.locator("#helpers")
        expect(block).to_contain_text(word("helpers.order", language))
        for organisation in SUPPORTERS[1:]:
            expect(block).to_contain_text(organisation)
        expect(block).to_contain_text(word("referral.need.child_alone", language))
    hours = {"en": "daily in the centres", "sq": "çdo ditë në qendra",
             "sr-Latn": "svakodnevno u centrima", "sr-Cyrl": "свакодневно у центрима"}  # fmt: skip
    expect(block).to_contain_text(hours[language])
    text = (bundled_run[0] / REPORT).read_text("utf-8")
    assert all(organisation in text for organisation in SUPPORTERS)


def test_the_keyboard_is_in_and_out_of_the_legend_in_one_step_each(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file)
    body = page.locator("#legend-body")
    first = body.locator("input:visible").first
    page.locator(".legend > button").focus()
    page.keyboard.press("Tab")
    expect(first).to_be_focused()
    page.keyboard.press("ArrowDown")
    second = body.locator("input:visible").nth(1)
    expect(second).to_be_focused()
    page.keyboard.press("Tab")
    # On to the periods, or to what is folded: to no other layer.
    assert page.evaluate("document.activeElement.type") != "checkbox"
    page.keyboard.press("Shift+Tab")
    expect(second).to_be_focused()


FROM_THE_TOP = (
    ".next .navigate",
    ".leaflet-stops-pane [role=button]",
    ".leaflet-bar button",
    ".legend > button",
    "#legend-body input",
)
FROM_THE_TIMETABLE = (".jumps a", "[role=tab]", ".go", ".leg")
KEYS = 15


def test_every_part_of_the_page_is_reached_in_fifteen_keys(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file)

    def passed(keys: int) -> set[str]:
        found = set()
        for _ in range(keys):
            page.keyboard.press("Tab")
            for part in (*FROM_THE_TOP, *FROM_THE_TIMETABLE):
                if page.evaluate("part => document.activeElement.matches(part)", part):
                    found.add(part)
        return found

    page.evaluate("document.activeElement.blur()")
    assert set(FROM_THE_TOP) <= passed(KEYS)
    page.locator(".skip").focus()
    page.keyboard.press("Enter")
    assert set(FROM_THE_TIMETABLE) <= passed(KEYS - 2)
    # Arrows go from stop to stop, and round the parts of the page.
    stops = page.locator(".patrol.chosen .go")
    stops.first.focus()
    page.keyboard.press("ArrowDown")
    expect(stops.nth(1)).to_be_focused()
    page.keyboard.press("ArrowUp")
    page.keyboard.press("ArrowUp")
    expect(stops.last).to_be_focused()
    page.locator(".jumps a").first.focus()
    page.keyboard.press("ArrowLeft")
    page.keyboard.press("Enter")
    expect(page.locator("#rests summary").first).to_be_focused()
