"""What a planner does on the map, on a wide screen, a tablet and a phone, in every language."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, ViewportSize, expect
from shapely import LineString, Point
from studies import small_study
from tools.browser import (
    PHONE,
    TABLET,
    WIDE,
    each_screen,
    keep_one_page,
    opened,
    settled,
    speak,
)

import maps
from geo.schema import SETTLEMENTS
from layers import palette
from maps.words.catalogue import LANGUAGES, word

pytestmark = pytest.mark.browser

TWO = pytest.mark.parametrize(
    "screen",
    [WIDE, pytest.param(TABLET, marks=pytest.mark.proof), PHONE],
    ids=["wide", "tablet", "phone"],
)
"""For what a tablet does as a wide screen or a phone does."""
ON_WIDE = pytest.mark.parametrize(
    "screen",
    [WIDE, *(pytest.param(one, marks=pytest.mark.proof) for one in (TABLET, PHONE))],
    ids=["wide", "tablet", "phone"],
)
ON_A_PHONE = pytest.mark.parametrize(
    "screen",
    [*(pytest.param(one, marks=pytest.mark.proof) for one in (WIDE, TABLET)), PHONE],
    ids=["wide", "tablet", "phone"],
)
"""For what every screen does alike: in the suite where it is hardest."""
EVENING, DAWN = "shift-1-vehicle-1", "shift-2-vehicle-1"

NEAR = """([[lat, lon], px]) => {
  const canvas = document.querySelector(".leaflet-patrols-pane canvas");
  const at = map_planner.latLngToContainerPoint([lat, lon]), box = canvas.getBoundingClientRect();
  const view = map_planner.getContainer().getBoundingClientRect();
  const scale = canvas.width / box.width;
  const x = (at.x + view.left - box.left) * scale, y = (at.y + view.top - box.top) * scale;
  const { data } = canvas.getContext("2d").getImageData(x - px, y - px, 2 * px, 2 * px);
  const colours = new Set();
  for (let i = 0; i < data.length; i += 4) {
    if (data[i + 3] > 100) {
      const parts = [...data.slice(i, i + 3)].map((n) => n.toString(16).padStart(2, "0"));
      colours.add(`#${parts.join("")}`);
    }
  }
  return [...colours];
}"""
"""Colours of the routes around a place."""

MIDDLE = [42.894, 20.855]
"""On the way from the bus station to Zvecan, away from any stop."""


def near(page: Page, at: list[float], px: int = 12) -> list[str]:
    settled(page)
    colours: list[str] = page.evaluate(NEAR, [at, px])
    return colours


@pytest.fixture(scope="module")
def varied(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study with names in each script, in which the vehicle halts 150 m east of the bus station.

    A street, two villages and a neighbour have their names; the bus station is in one of them.
    """
    found, data = small_study.findings(), small_study.data()
    legs = found.patrols.legs.copy()

    def moved(line: LineString) -> LineString:
        (*points, (x, y)) = line.coords
        return LineString([*points, (x + 150, y)])

    arrives = legs["to_stop"] == "bus"
    legs.loc[arrives, "geometry"] = legs.loc[arrives, "geometry"].map(moved)
    roads = data.layers.roads.copy()
    roads.loc[roads["id"] == "r1", ["name", "name_sr"]] = [
        "Rruga e Mbretit",
        "Краља Милутина",
    ]
    village = {"id": "n1", "kind": "village", "name": "Zhazhë", "name_sr": "Жажа",
               "geometry": Point(20.83, 42.89)}  # fmt: skip
    (bus,) = data.places.loc[data.places["id"] == "bus", "geometry"]
    around = {"id": "n2", "kind": "village", "name": "Frashër", "geometry": bus}
    settlements = SETTLEMENTS.geoframe([village, around])
    layers = replace(data.layers, roads=roads, settlements=settlements)
    about = replace(
        data.about, neighbours=(({"en": "Serbia", "sr": "Србија"}, 42.9, 20.9),)
    )
    path = tmp_path_factory.mktemp("varied") / "map.html"
    maps.planner(
        replace(found, patrols=replace(found.patrols, legs=legs)),
        replace(data, layers=layers, about=about),
    ).save(path)
    return path


@pytest.fixture
def context(
    windows: Callable[[int, int], BrowserContext], screen: ViewportSize
) -> Iterator[BrowserContext]:
    context = windows(screen["width"], screen["height"])
    yield context
    keep_one_page(context, screen)


@pytest.fixture
def page(context: BrowserContext, file: Path) -> Iterator[Page]:
    page = opened(context, file)
    yield page
    # What Chromium says of reading a canvas is of the test.
    assert [m for m in page.messages if "getImageData" not in m] == []  # type: ignore[attr-defined]
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@TWO
def test_stops_of_a_shift_show_of_both_vehicles(
    page: Page, screen: ViewportSize
) -> None:
    shifts, marks = page.locator(".shifts"), page.locator(".mark")
    for language in LANGUAGES:
        speak(page, language)
        expect(shifts.locator("[aria-pressed=true]")).to_have_text(
            word("shift.evening", language)
        )
        expect(marks).to_have_count(5)
    shifts.get_by_text(word("shifts.all", LANGUAGES[-1]), exact=True).click()
    # Where there is little room, those of another shift have no number.
    expect(marks).to_have_count(7 if screen is WIDE else 5)
    expect(page.locator(f"#tab-{EVENING}")).to_have_attribute("aria-selected", "true")
    shifts.locator("[data-shift='2']").click()
    expect(marks).to_have_count(3)
    expect(page.locator(f"#tab-{DAWN}")).to_have_attribute("aria-selected", "true")
    page.click(f"[data-patrol={EVENING}]")
    expect(shifts.locator("[data-shift='1']")).to_have_attribute("aria-pressed", "true")


@ON_WIDE
def test_the_chosen_line_lies_on_top(page: Page) -> None:
    page.click("[data-shift='0']")
    colours = {EVENING: palette.SHIFTS[0].colour, DAWN: palette.SHIFTS[1].colour}
    for chosen, other in ((EVENING, DAWN), (DAWN, EVENING)):
        page.click(f"[data-patrol={chosen}]")
        assert colours[other] not in near(page, MIDDLE, 3)
        # Both sides of it show the other, though both drive one road.
        assert {colours[chosen], colours[other]} <= set(near(page, MIDDLE))


@ON_A_PHONE
def test_a_leg_lights_up_and_the_map_shows_it(page: Page) -> None:
    leg = page.locator(".patrol.chosen .leg").nth(1)
    leg.click()
    expect(leg).to_have_attribute("aria-pressed", "true")
    assert "#ffd400" in near(page, MIDDLE)
    in_view = "at => map_planner.getBounds().contains(at)"
    assert page.evaluate(in_view, [42.878, 20.865])
    assert page.evaluate(in_view, [42.910, 20.845])
    leg.click()
    expect(leg).to_have_attribute("aria-pressed", "false")
    assert "#ffd400" not in near(page, MIDDLE)


@pytest.mark.parametrize("screen", [WIDE])
def test_arrows_lie_on_the_right_and_point_ahead(page: Page) -> None:
    east = page.evaluate(
        "chevrons([L.point(0, 0), L.point(200, 0)]).map((a) => a.map((p) => [p.x, p.y]))"
    )
    assert len(east) == 2  # one for each 90 pixels
    for (x1, y1), (tip, y), (x2, y2) in east:
        assert min(y1, y, y2) > 0  # down is south: the right of who drives east
        assert tip > max(x1, x2)
    west = page.evaluate(
        "chevrons([L.point(200, 0), L.point(0, 0)]).map((a) => a.map((p) => [p.x, p.y]))"
    )
    assert all(y < 0 for arrow in west for _, y in arrow)


@each_screen("wide")
def test_hotspots_and_sightings_are_listed_and_open(
    page: Page, languages: tuple[str, ...]
) -> None:
    read = page.locator(".leaflet-popup, .sheet")
    for language in languages:
        speak(page, language)
        found = page.locator("#found .entry")
        expect(found).to_have_count(6)
        head = page.locator("#found-hotspots summary")
        expect(head).to_contain_text(word("found.reported", language))
        found.first.click()
        expect(read.locator(".pop-title")).to_contain_text(
            word("hotspot.number", language, rank=1)
        )
        expect(page.locator(".outlined")).to_have_count(2)
        expect(read).to_contain_text(word("line.scan", language))
        expect(read.locator(".found-mark")).to_have_text(
            [f"{word('number', language)} {n}" for n in (1, 2, 3)]
        )
        # By key: while the map still moves, a click may land beside it.
        read.locator(".found-mark").last.press("Enter")
        expect(read.locator(".pop-title")).to_contain_text(
            f"{word('number', language)} 3"
        )
        expect(page.locator(".outlined")).to_have_count(0)
        page.keyboard.press("Escape")
        expect(read).to_have_count(0)
    found.last.click()
    expect(read.locator(".pop-title")).to_contain_text("5")
    page.keyboard.press("Escape")
    expect(found.last).to_be_focused()


@pytest.mark.parametrize(
    ("screen", "languages"),
    [(PHONE, ("sr-Cyrl",)), pytest.param(PHONE, LANGUAGES, marks=pytest.mark.proof)],
)
def test_a_phone_first_says_who_when_where_and_what_to_bring(
    page: Page, languages: tuple[str, ...]
) -> None:
    for language in languages:
        speak(page, language)
        for tab in page.locator("[data-patrol]").all():
            tab.click()
            page.evaluate("scrollTo(0, 0)")
            facts = page.locator(".patrol.chosen .facts > div:not(.paper)")
            assert facts.count() >= 3
            for part in (tab, *facts.all()):
                expect(part).to_be_in_viewport(ratio=1)
    bullets = page.locator("#plan .briefly.chosen")
    assert (
        bullets.evaluate("node => parseFloat(getComputedStyle(node).paddingLeft)") > 15
    )
    assert bullets.evaluate("node => getComputedStyle(node).display") == "block"
    # A link leads to just under the map.
    page.locator(".jumps a").nth(1).click()
    head, stage = (
        page.locator("#found-hotspots").bounding_box(),
        page.locator("#stage").bounding_box(),
    )
    assert head is not None
    assert stage is not None
    assert abs(head["y"] - stage["y"] - stage["height"]) < 2


COVERED = """(others) => {
  const boxes = (names) => [...document.querySelectorAll(names)]
    .map((node) => node.getBoundingClientRect());
  const view = document.getElementById("stage").getBoundingClientRect();
  const controls = boxes(".leaflet-control");
  return boxes(`.mark${others ? "" : ":not(.other)"}`).filter(({ left, top, right, bottom }) =>
    left < view.left || right > view.right || top < view.top || bottom > view.bottom
    || controls.some((c) => left < c.right && c.left < right && top < c.bottom && c.top < bottom))
    .length;
}"""
"""How many stops lie out of view or under a button, the legend or the credit."""

ASTRAY = """() => [...document.querySelectorAll(".town")]
  .filter((node) => node.checkVisibility({ visibilityProperty: true })).filter((node) => {
    const { left, top, right, bottom } = node.getBoundingClientRect();
    const { left: x, top: y } = node.parentElement.getBoundingClientRect();
    return Math.hypot(x - Math.max(left, Math.min(x, right)),
      y - Math.max(top, Math.min(y, bottom))) > 30;
  }).map((node) => node.textContent)"""
"""Names that stand away from their places."""


@pytest.mark.parametrize("screen", [PHONE])
def test_names_stand_by_their_places_and_a_rough_network_says_so(page: Page) -> None:
    for shift in ("2", "0", "1"):
        page.click(f"[data-shift='{shift}']")
        settled(page)
        expect(page.locator(".town:visible").first).to_be_visible()
        assert page.evaluate(ASTRAY) == []
    expect(page.locator(".hint")).to_be_in_viewport(ratio=1)
    other = page.locator(".mark.other").first
    # To the edge, which would cut it.
    page.evaluate(
        """node => {
      const { top, height } = node.getBoundingClientRect();
      const y = top + height / 2 - document.getElementById("stage").getBoundingClientRect().top;
      map_planner.panBy([0, y], { animate: false });
    }""",
        other.element_handle(),
    )
    settled(page)
    expect(other).to_be_hidden()


@each_screen("wide", "phone")
def test_what_is_chosen_is_in_view_and_free(
    context: BrowserContext,
    file: Path,
    screen: ViewportSize,
    languages: tuple[str, ...],
) -> None:
    page = opened(context, file, fresh=True)
    # A phone shows the one patrol at first, other screens its shift.
    assert page.evaluate(COVERED, screen is not PHONE) == 0
    for language in languages:
        speak(page, language)
        for shift in ("0", "1", "2"):
            page.click(f"[data-shift='{shift}']")
            settled(page)
            assert page.evaluate(COVERED, True) == 0, (language, shift)
    page.get_by_role("button", name=word("whole_patrol", languages[-1])).click()
    settled(page)
    assert page.evaluate(COVERED, False) == 0


@TWO
def test_a_popup_leaves_free_what_it_tells_of(page: Page) -> None:
    # The points of the first hotspot, then of the first sighting.
    script = """() => {
      const { layers } = JSON.parse(document.getElementById("planner-data").textContent);
      const spots = layers.find(({ key }) => key === "hotspots").shapes.flatMap(decode).flat();
      const cells = layers.filter(({ features }) => features[0]?.number);
      const first = cells.flatMap(({ features, shapes }) =>
        features.map(({ number }, i) => [number, decode(shapes[i])[0]])).find(([n]) => n === 1);
      return [spots, first[1]];
    }"""
    covered = """points => points.some(([lat, lon]) => {
      const at = map_planner.latLngToContainerPoint([lat, lon]);
      const { left, top } = map_planner.getContainer().getBoundingClientRect();
      const box = document.querySelector(".leaflet-popup-content-wrapper, .sheet")
        .getBoundingClientRect();
      const [x, y] = [at.x + left, at.y + top];
      return x > box.left && x < box.right && y > box.top && y < box.bottom;
    })"""
    for entry, points in enumerate(page.evaluate(script)):
        page.locator("#found .entry").nth(entry).click()
        settled(page)
        assert points
        assert not page.evaluate(covered, points)
        page.keyboard.press("Escape")


ON_TOP = """(node) => {
  const box = node.getBoundingClientRect();
  return node.contains(document.elementFromPoint(box.x + box.width / 2, box.y + box.height / 2));
}"""
"""Whether nothing lies over the middle of a button where it stands: a click of a test scrolls."""


@pytest.mark.parametrize("screen", [PHONE])
def test_sheets_make_room_for_one_another(page: Page) -> None:
    head, sheet = page.locator(".legend > button"), page.locator(".sheet")
    page.locator("#found .entry").first.click()
    page.set_viewport_size({"width": 390, "height": 420})
    settled(page)
    sheet.evaluate("node => { node.scrollTop = 9999; }")
    assert sheet.evaluate("node => node.scrollTop") > 0
    expect(sheet.locator(".shut")).to_be_in_viewport(ratio=1)
    assert head.evaluate(ON_TOP)
    head.click()
    expect(sheet).to_have_count(0)
    expect(head).to_have_attribute("aria-expanded", "true")
    page.evaluate("document.querySelector('#found .entry').click()")
    expect(head).to_have_attribute("aria-expanded", "false")
    sheet.locator(".shut").click()
    expect(sheet).to_have_count(0)


@pytest.mark.parametrize("screen", [WIDE])
def test_shapes_tell_apart_what_colours_do(page: Page) -> None:
    page.click("[data-shift='0']")
    settled(page)
    looks = page.locator(".mark.other:not(.home)").evaluate_all(
        "nodes => nodes.map((n) => [n.className, getComputedStyle(n).borderStyle, "
        "getComputedStyle(n).backgroundColor, getComputedStyle(n).borderRadius].join())"
    )
    assert len(set(looks)) == 2  # the other vehicle of the shift, and the other shift
    crossing, office = (
        page.locator(f".legend label:has([data-layer={key}]) path").get_attribute("d")
        for key in ("crossings", "institutions")
    )
    assert crossing != office
    spot = page.locator(".leaflet-reported-pane path")
    widths = spot.evaluate_all(
        "nodes => nodes.map((node) => [Number(node.getAttribute('stroke-width')), "
        "node.getAttribute('stroke-dasharray')])"
    )
    (edge, _), (tint, none) = widths
    assert none is None
    # Wider than a route with its casing, and the edge wider than the tint.
    assert edge > tint > palette.SHIFTS[0].width + 4
    # What lies under the tint shows through it.
    seen = "node => +getComputedStyle(node.closest('.leaflet-pane')).opacity"
    assert 0.3 < spot.first.evaluate(seen) < 0.7
    strokes = page.locator(".by").evaluate_all(
        "nodes => nodes.map((n) => getComputedStyle(n).borderLeftStyle)"
    )
    assert set(strokes) == {"solid", "dashed"}


@each_screen("phone")
def test_no_sighting_has_an_id_and_places_left_out_show(
    page: Page, languages: tuple[str, ...]
) -> None:
    opened_all = "nodes => nodes.forEach((node) => { node.open = true; })"
    page.locator("#side details").evaluate_all(opened_all)
    for language in languages:
        speak(page, language)
        no = word("number", language)
        texts = page.locator("#rests p").all_inner_texts()
        assert not [text for text in texts if re.search(r"\b[SI]\d+\b", text)]
        page.locator("#found .entry").nth(2).click()
        read = page.locator(".leaflet-popup, .sheet")
        expect(read.locator(".pop-title")).to_have_text(
            f"{word('sighting', language)} {no} 2"
        )
        expect(read.locator(".wide")).to_have_text(
            [word("responsibility.sighting", language)]
        )
        page.keyboard.press("Escape")
        expect(page.locator("#plan .change")).to_have_text(
            word("plan.change", language)
        )
    page.locator(".spot").first.click()
    expect(page.locator(".left-spot")).to_be_in_viewport(ratio=1)
    # What would admit it stands over its group, why beside it.
    group = page.locator("tbody:has(.spot)").first
    admits = group.locator("th").inner_text()
    row = group.locator("tr:has(.spot)").first
    why = row.locator("td").last.inner_text()
    expect(page.locator(".leaflet-popup dd, .sheet dd")).to_have_text([why, admits])


@pytest.mark.parametrize("screen", [WIDE])
def test_a_disc_answers_a_click(page: Page) -> None:
    disc = page.locator(".leaflet-discs-pane path").first
    disc.dispatch_event("click")
    expect(page.locator(".leaflet-popup .pop-title")).to_contain_text(
        word("sighting", "en")
    )


@ON_A_PHONE
def test_no_stop_covers_a_sighting(page: Page) -> None:
    page.click("[data-shift='0']")
    for _ in range(4):
        settled(page)
        boxes = """nodes => nodes.map((node) => {
          const { left, top, right, bottom } = node.getBoundingClientRect();
          return [left, top, right, bottom];
        })"""
        points = page.locator(
            ".leaflet-places-pane [aria-label^='Sighting'] svg"
        ).evaluate_all(boxes)
        for left, top, right, bottom in page.locator(".mark").evaluate_all(boxes):
            for a, b, c, d in points:
                assert not (left < (a + c) / 2 < right and top < (b + d) / 2 < bottom)
        page.evaluate("void map_planner.zoomOut(1, { animate: false })")


@pytest.mark.parametrize(
    ("screen", "languages"),
    [
        (TABLET, ("sq",)),
        (PHONE, ("sr-Cyrl",)),
        pytest.param(TABLET, LANGUAGES, marks=pytest.mark.proof),
        pytest.param(PHONE, LANGUAGES, marks=pytest.mark.proof),
    ],
)
def test_a_finger_hits_everything(page: Page, languages: tuple[str, ...]) -> None:
    page.locator("#side summary").evaluate_all(
        "nodes => nodes.forEach((node) => { node.parentElement.open = true; })"
    )
    page.locator(".patrol.chosen .stop .go").first.click()
    small = """() => [...document.querySelectorAll("button, summary, select, a, label")]
      .filter((node) => node.checkVisibility({ visibilityProperty: true }))
      .filter((node) => !node.matches(".skip, .code, .small a"))
      .map((node) => [node.className || node.textContent, node.getBoundingClientRect()])
      .filter(([, box]) => box.width && (box.height < 43.9 || box.width < 43.9))
      .map(([name, box]) => `${name}: ${box.width} x ${box.height}`)"""
    for language in languages:
        speak(page, language)
        assert page.evaluate(small) == []
    page.locator(".legend > button").click()
    page.locator(".legend summary").click()
    assert page.evaluate(small) == []


@each_screen("wide")
def test_what_is_opened_is_not_cut(page: Page, languages: tuple[str, ...]) -> None:
    for language in languages:
        speak(page, language)
        page.locator("#found .entry").first.click()
        # The map slides until the popup is in view.
        expect(page.locator(".leaflet-popup, .sheet")).to_be_in_viewport(ratio=0.99)
        page.keyboard.press("Escape")
        page.locator(f"#stop-{EVENING}-1 .go").click()
        settled(page)
        expect(page.locator("li.open .go")).to_be_in_viewport(ratio=1)
        whole = "node => node.scrollWidth <= node.clientWidth + 1"
        assert page.locator("li.open .more").evaluate(whole), language
        expect(page.locator("li.open .why")).to_be_visible()
        page.keyboard.press("Escape")


@TWO
def test_the_legend_can_be_read_and_used(page: Page) -> None:
    head = page.locator(".legend > button")
    if head.get_attribute("aria-expanded") == "false":
        head.click()
    page.locator(".legend summary").click()
    expect(page.locator(".legend details label").first).to_be_in_viewport(ratio=1)
    town = page.locator("[data-layer=towns]")
    town.scroll_into_view_if_needed()
    town.uncheck()
    expect(page.locator(".town")).to_have_count(0)
    box = page.locator("#legend-body").bounding_box()
    assert box is not None
    assert box["height"] > 300
    # Folded it has six lines.
    page.locator(".legend summary").click()
    lines = page.locator(".legend label:visible")
    expect(lines.nth(6)).to_have_count(0)
    assert lines.count() > 3
    head.click()
    expect(page.locator("#legend-body")).to_be_hidden()


@each_screen("phone")
def test_a_stop_is_navigated_to_first_of_all_and_the_page_printed(
    page: Page, languages: tuple[str, ...]
) -> None:
    card = page.locator(".leaflet-popup-content, li.open").first
    links = card.locator(".more > .way .navigate")
    for language in languages:
        speak(page, language)
        page.keyboard.press("Escape")
        page.evaluate("anchor => document.querySelector(`[data-stop=${anchor}]`).click()",
                      f"stop-{EVENING}-1")  # fmt: skip
        expect(links.first).to_have_text(word("navigate", language))
        expect(links.first).to_be_in_viewport(ratio=1)
    settled(page)
    above = card.locator("dt").first.evaluate(
        "node => node.getBoundingClientRect().top"
    )
    assert links.last.evaluate("node => node.getBoundingClientRect().bottom") <= above
    assert links.evaluate_all(
        "nodes => nodes.map((node) => node.getAttribute('href'))"
    ) == [
        "geo:42.87800,20.86500?q=42.87800,20.86500",
        "https://www.openstreetmap.org/directions?to=42.87800,20.86500",
    ]
    expect(links.last).to_have_attribute("rel", "noopener noreferrer")
    page.keyboard.press("Escape")
    page.locator("#found .entry").last.click()
    expect(page.locator(".leaflet-popup, .sheet")).to_have_count(1)
    # Where people were reported and where a patrol starts nothing leads; home from its last stop
    # does.
    for nowhere in (".leaflet-popup", ".sheet", ".end:first-child"):
        assert page.locator(nowhere).locator(".navigate").count() == 0
    for home in page.locator(".end:last-child").all():
        href = home.locator(".position").get_attribute("href")
        at = str(href).removeprefix("geo:")
        assert home.locator(".navigate").evaluate_all(
            "nodes => nodes.map((node) => node.getAttribute('href'))"
        ) == [f"geo:{at}?q={at}", f"https://www.openstreetmap.org/directions?to={at}"]
    page.keyboard.press("Escape")
    page.evaluate("window.print = () => { window.printed = true; }")
    page.get_by_role("button", name=word("print", languages[-1])).click()
    assert page.evaluate("window.printed")


@pytest.mark.parametrize("screen", [WIDE])
def test_the_zoom_ends_where_the_data_do(page: Page) -> None:
    page.evaluate("void map_planner.setZoom(22, { animate: false })")
    assert page.evaluate("map_planner.getZoom()") == 17


@each_screen("phone")
def test_the_way_on_foot_to_a_stop_off_the_road(
    context: BrowserContext, varied: Path, languages: tuple[str, ...]
) -> None:
    page = opened(context, varied)
    page.locator(f"#stop-{EVENING}-1 .go").click()
    read = page.locator(".leaflet-popup, li.open .more").first
    for language in languages:
        speak(page, language)
        expect(read.locator(".walk")).to_contain_text("150")
        expect(read.locator(".walk")).to_contain_text("2")  # 150 m at 5 km/h
        expect(read.locator(".walk")).to_contain_text(word("walk", language))
        row = page.locator(f"#stop-{EVENING}-1 .go")
        expect(row).to_contain_text(
            word("walk.time", language, time="2").split("2")[1].strip()
        )
        page.emulate_media(media="print")
        expect(row.locator(".afoot")).to_be_visible()
        page.emulate_media(media="screen")
    stops = "JSON.parse(document.getElementById('planner-data').textContent).patrols[0].stops"
    walks = page.evaluate(f"{stops}.map((stop) => stop.walk)")
    assert [bool(walk) for walk in walks] == [False, True, False]


@TWO
def test_a_village_is_named_beside_the_stop_in_it(
    context: BrowserContext, varied: Path
) -> None:
    page = opened(context, varied)
    page.locator("#stop-shift-1-vehicle-1-1 .go").click()
    settled(page)
    expect(page.locator(".village", has_text="Frashër")).to_be_visible()


@ON_A_PHONE
def test_roads_and_streets_are_named_in_the_script_of_the_language(
    context: BrowserContext, varied: Path
) -> None:
    page = opened(context, varied)
    page.evaluate("void map_planner.setView([42.8835, 20.863], 15, { animate: false })")
    for language in LANGUAGES:
        speak(page, language)
        in_serbian = {"sr-Latn": "Kralja Milutina", "sr-Cyrl": "Краља Милутина"}
        expect(page.locator(".street").first).to_have_text(
            in_serbian.get(language, "Rruga e Mbretit")
        )
    page.evaluate("void map_planner.setView([42.897, 20.855], 13, { animate: false })")
    settled(page)
    expect(page.locator(".shield").first).to_have_text("M-2")
    expect(page.locator(".village", has_text="Жажа")).to_be_visible()
    expect(page.locator(".neighbours")).to_have_text("Србија")
    boxes = page.locator(
        ".street, .shield, .village, .town:visible, .mark"
    ).evaluate_all(
        """nodes => nodes.map((node) => {
          const { left, top, right, bottom } = node.getBoundingClientRect();
          return [left, top, right, bottom];
        })"""
    )
    for k, (left, top, right, bottom) in enumerate(boxes):
        for a, b, c, d in boxes[:k]:
            assert not (
                left < c - 1 and a < right - 1 and top < d - 1 and b < bottom - 1
            )
