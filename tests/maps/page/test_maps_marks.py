"""Marks, names and legend of the planner page in Chromium: by mouse, by key, on every screen."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Locator, Page, expect
from tools.browser import PHONE, TABLET, WIDE, opened, settled, speak, unfold

from maps.words.catalogue import LANGUAGES

pytestmark = pytest.mark.browser

ON_ITS_SIDE = {"width": 844, "height": 390}
LOW = {"width": 1200, "height": 420}
MARKS = ".leaflet-stops-pane [role=button]"
FIRST = f"{MARKS}[data-anchor='stop-shift-1-vehicle-1-1']"
HOSPITAL = ".leaflet-places-pane [aria-label=Hospital]"
HOTSPOT = ".leaflet-reported-pane path[role=button]"


ONLY_PROOFS = [
    pytest.param(screen, marks=pytest.mark.proof)
    for screen in (WIDE, TABLET, ON_ITS_SIDE)
]
on = pytest.mark.parametrize("context", [PHONE, *ONLY_PROOFS], indirect=True)
"""For what every screen does alike: in the suite where it is hardest."""
in_languages = pytest.mark.parametrize(
    ("context", "languages"),
    [
        (WIDE, ("sq",)),
        *(
            pytest.param(screen, LANGUAGES, marks=pytest.mark.proof)
            for screen in (WIDE, PHONE, TABLET, ON_ITS_SIDE)
        ),
    ],
    indirect=["context"],
)


def box(found: Locator) -> dict[str, float]:
    """Return where an element is, in CSS pixels."""
    return dict(found.evaluate("node => node.getBoundingClientRect().toJSON()"))


def boxes(found: Locator) -> list[dict[str, float]]:
    """Return where each of some elements is."""
    rectangles = "nodes => nodes.map((node) => node.getBoundingClientRect().toJSON())"
    return list(found.evaluate_all(rectangles))


def meet(one: dict[str, float], other: dict[str, float]) -> bool:
    """Return whether two boxes overlap by more than their rims."""
    return (
        one["left"] < other["right"] - 1 and other["left"] < one["right"] - 1
        and one["top"] < other["bottom"] - 1 and other["top"] < one["bottom"] - 1
    )  # fmt: skip


def zoom_out(page: Page, times: int) -> None:
    page.evaluate("n => void map_planner.zoomOut(n, { animate: false })", times)
    settled(page)


@pytest.mark.parametrize(
    "keys",
    [
        ("Enter", "Space", "Enter"),
        pytest.param(("Space", "Enter", "Space"), marks=pytest.mark.proof),
    ],
)
def test_keys_open_what_is_on_the_map_and_escape_goes_back(
    page: Page, keys: tuple[str, ...]
) -> None:
    page.locator(FIRST).focus()
    page.keyboard.press(keys[0])
    expect(page.locator("li.open .go")).to_be_focused()
    page.keyboard.press("Escape")
    expect(page.locator("li.open")).to_have_count(0)
    expect(page.locator(FIRST)).to_be_focused()
    titles = ((HOSPITAL, "Hospital"), (HOTSPOT, "Hotspot 1: Bus station"))
    for (mark, title), key in zip(titles, keys[1:], strict=True):
        page.locator(mark).focus()
        page.keyboard.press(key)
        dialog = page.get_by_role("dialog", name=title, exact=True)
        expect(dialog).to_be_focused()
        page.keyboard.press("Escape")
        expect(dialog).to_have_count(0)
        expect(page.locator(mark)).to_be_focused()
    assert page.messages == []  # type: ignore[attr-defined]


def test_escape_goes_back_to_a_mark_that_the_mouse_opened(page: Page) -> None:
    # From farther out a stop is moved to, and the marks are made anew.
    for mark, opened_by, times in (
        (HOSPITAL, page.get_by_role("dialog", name="Hospital", exact=True), 1),
        (FIRST, page.locator("li.open .go"), 2),
    ):
        zoom_out(page, times)
        # It waits until the map has come to rest.
        page.locator(f"{mark} > *").click()
        expect(opened_by).to_be_focused()
        page.keyboard.press("Escape")
        expect(page.locator(mark)).to_be_focused()


def test_a_popup_that_closes_leaves_the_focus_where_it_has_gone(page: Page) -> None:
    page.locator(FIRST).click()
    tab = page.locator("#tab-shift-1-vehicle-1")
    tab.focus()
    page.keyboard.press("Enter")
    expect(page.get_by_role("dialog")).to_have_count(0)
    expect(tab).to_be_focused()


def test_tab_is_in_and_out_of_the_marks_in_one_step_and_arrows_go_along_them(
    page: Page,
) -> None:
    expect(page.get_by_role("group", name="Map of the patrols")).to_have_count(1)
    page.locator(".leaflet-container").focus()
    before = page.evaluate("map_planner.getCenter().toString()")
    reached = []
    for key in ("Tab", "ArrowDown", "ArrowRight"):
        page.keyboard.press(key)
        reached.append(
            page.evaluate("document.activeElement.getAttribute('aria-label')")
        )
    assert reached == ["Coordinator", "1 Bus station", "2 Zvecan railway station"]
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.getAttribute('role')") is None
    page.keyboard.press("Shift+Tab")
    expect(page.get_by_label(reached[-1], exact=True)).to_be_focused()
    # The crossing is far beyond the frame.
    gate = page.locator(".leaflet-places-pane [aria-label=Gate]")
    expect(gate).to_have_attribute("tabindex", "-1")
    seen = along_the_marks(page)
    assert {*reached, "Hotspot 1: Bus station", "Hospital"} <= seen
    assert "Gate" not in seen
    assert page.evaluate("map_planner.getCenter().toString()") == before
    zoom_out(page, 6)
    assert "Gate" in along_the_marks(page)


def along_the_marks(page: Page) -> set[str]:
    """Return the names of what the arrows reach on the map, once round."""
    page.locator(".leaflet-container").focus()
    page.keyboard.press("Tab")
    seen = set()
    for _ in page.locator(".leaflet-container [role=button]").all():
        seen.add(page.evaluate("document.activeElement.getAttribute('aria-label')"))
        page.keyboard.press("ArrowDown")
    return seen


def test_the_focus_is_seen_on_the_map(page: Page) -> None:
    page.keyboard.press("Tab")
    for mark in (f"{FIRST} .mark", f"{HOSPITAL} .point", HOTSPOT):
        seen = page.locator(mark)
        seen.evaluate("node => node.closest('[role=button]').focus()")
        expect(seen).to_have_css("outline-style", "solid")
        expect(seen).to_have_css("outline-width", "3px")
        at = box(seen)
        assert min(at["width"], at["height"]) > 5


def test_the_code_stands_beside_the_position_and_the_name_changes_its_language(
    page: Page,
) -> None:
    page.locator(FIRST).click()
    settled(page)
    card = page.locator("li.open")
    code, position = (box(card.locator(".code")), box(card.locator(".position")))
    assert abs(code["top"] - position["top"]) < 20
    expect(card.locator(".note")).to_have_text("Hours not known; emergency 112")
    page.click("[data-language=sr-Cyrl]")
    expect(card.locator(".go .name")).to_contain_text("Bus station cyrl")


NUMBERS = """nodes => nodes.map((node) => node.textContent.split(", ").flatMap((run) => {
  const [from, to = from] = run.split("–").map(Number);
  return Array.from({ length: to - from + 1 }, (_, k) => from + k);
}))"""


@on
def test_every_stop_is_on_one_mark_however_far_out(page: Page) -> None:
    for _ in range(3):
        marks = page.locator(MARKS)
        expect(marks.locator("svg")).to_have_count(1)
        numbers = marks.locator(".mark:not(.home)").evaluate_all(NUMBERS)
        assert sorted(itertools.chain(*numbers)) == [1, 1, 2, 2]
        if page.evaluate("map_planner.getZoom()") >= 12:
            assert all(len(each) == 1 for each in numbers)
        at = boxes(marks)
        assert not any(meet(a, b) for k, a in enumerate(at) for b in at[:k])
        assert all(one["width"] >= 24 and one["height"] >= 24 for one in at)
        zoom_out(page, 3)
    # One mark a vehicle, which leads nearer until its stops have their own.
    both = page.locator(f"{MARKS}[data-anchor*='vehicle-1-1 ']")
    expect(both).to_have_text("1, 2")
    for _ in range(3):
        if both.count():
            both.click()
            settled(page)
    page.locator(FIRST).click()
    expect(page.locator("#stop-shift-1-vehicle-1-1 .more:visible")).to_have_count(1)
    assert page.messages == []  # type: ignore[attr-defined]


def test_marks_of_stops_in_one_town_are_small_and_stand_around_it(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file, screen=WIDE)
    expect(page.locator(".mark:not(.small)").first).to_be_visible()
    page.evaluate("map_planner.setView([42.89, 20.86], 8, { animate: false })")
    settled(page)
    marks = page.locator(MARKS)
    assert marks.all_inner_texts() == ["", "1, 2", "1, 2"]
    at = boxes(marks)
    expect(page.locator(".mark.small")).to_have_count(len(at))
    middles = [((b["left"] + b["right"]) / 2, (b["top"] + b["bottom"]) / 2) for b in at]
    assert all(b["height"] == 24 for b in at)
    wide, high = (max(xs) - min(xs) for xs in zip(*middles, strict=True))
    assert max(wide, high) < 24 * len(at) / 2 + 24


@on
def test_the_whole_patrol_comes_back_into_view(page: Page) -> None:
    page.evaluate("void map_planner.setView([42.5, 21.5], 16, { animate: false })")
    expect(page.locator(FIRST)).not_to_be_in_viewport()
    page.get_by_role("button", name="Whole patrol").click()
    settled(page)
    stage = box(page.locator("#stage"))
    covers = boxes(page.locator(".leaflet-control:visible"))
    for at in boxes(page.locator(MARKS)):
        assert stage["left"] <= at["left"] < at["right"] <= stage["right"]
        assert stage["top"] <= at["top"] < at["bottom"] <= stage["bottom"]
        assert not any(meet(at, cover) for cover in covers)


@in_languages
def test_the_town_of_the_depot_is_named_and_no_name_is_cut(
    page: Page, languages: tuple[str, ...]
) -> None:
    stage = box(page.locator("#stage"))
    for language in languages:
        speak(page, language)
        settled(page)
        expect(page.locator(".town", has_text="South")).to_be_visible()
        taken = boxes(page.locator(f"{MARKS}, .leaflet-control:visible"))
        for at in boxes(page.locator(".town:visible, .shield:visible")):
            assert stage["left"] <= at["left"] < at["right"] <= stage["right"]
            assert not any(meet(at, other) for other in taken)


def test_a_name_keeps_off_the_edge_and_the_buttons(page: Page) -> None:
    page.click(".legend > button")
    settled(page)
    stage = box(page.locator("#stage"))
    width, middle = stage["width"], stage["height"] / 2
    name = page.locator(".town", has_text="South")

    def move_town(x: float, y: float) -> None:
        page.evaluate(
            """([x, y]) => {
              const half = map_planner.getSize().divideBy(2);
              map_planner.setView([42.89, 20.86], 17, { animate: false });
              map_planner.panBy(half.subtract([x, y]), { animate: false });
            }""",
            [x, y],
        )
        settled(page)

    for x, y in (
        (width - 15, middle),
        (25, 100),
    ):  # at the right edge, under the buttons
        move_town(x, y)
        expect(name).to_be_visible()
        at = box(name)
        assert stage["left"] <= at["left"] < at["right"] <= stage["right"]
        assert not meet(at, box(page.locator(".leaflet-bar")))
    move_town(-4, middle)
    expect(name).to_be_hidden()


def test_the_legend_begins_with_what_is_shown(page: Page) -> None:
    shown = page.locator("#legend-body > fieldset input")
    folded = page.locator(".legend details input")
    assert shown.evaluate_all("nodes => nodes.every((node) => node.checked)")
    # Six lines at most, all of what is drawn at this zoom.
    assert 4 <= shown.count() <= 6
    far = "nodes => nodes.some((node) => node.closest('.far, [hidden]'))"
    assert not shown.evaluate_all(far)
    expect(shown.last).to_be_in_viewport()
    expect(folded.first).to_be_hidden()
    unfold(page)
    page.check("[data-layer=band_river]")
    # It stays under the pointer until the others are folded.
    expect(page.locator(".legend details [data-layer=band_river]")).to_be_visible()
    unfold(page)
    expect(
        page.locator("#legend-body > fieldset [data-layer=band_river]")
    ).to_be_visible()


@pytest.mark.parametrize("context", [PHONE, LOW, *ONLY_PROOFS], indirect=True)
def test_the_legend_leaves_the_credit_free(context: BrowserContext, file: Path) -> None:
    page = opened(context, file)
    head = page.locator(".legend > button")
    small = context.pages[0].viewport_size != WIDE
    expect(head).to_have_attribute("aria-expanded", "false" if small else "true")
    if small:
        head.click()
    unfold(page)
    page.locator(".legend summary").scroll_into_view_if_needed()
    settled(page)
    legend, credit = box(page.locator(".legend")), box(page.locator(".credit"))
    assert not meet(legend, credit)
    assert legend["height"] > 150


@in_languages
def test_no_page_is_wider_than_the_screen(
    page: Page, languages: tuple[str, ...]
) -> None:
    wider = """([side]) => [[document.documentElement, innerWidth], [side, side.clientWidth]]
      .filter(([node, width]) => node.scrollWidth > width).map(([node]) => node.tagName)"""
    for language in languages:
        speak(page, language)
        for go in page.locator(".patrol.chosen .go").all():
            go.evaluate("button => button.click()")
            assert page.locator("#side").evaluate_all(wider) == [], language
