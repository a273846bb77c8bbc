"""The map after it was moved, and the ways that lead through the panel."""

from __future__ import annotations

from pathlib import Path

import pytest
from playwright.sync_api import BrowserContext, Page, expect
from studies import small_study
from tools.browser import (
    AT_ONCE,
    PHONE,
    TABLET,
    TWO_LANGUAGES,
    WIDE,
    opened,
    settled,
    speak,
    spoil,
)

import maps
from maps.words.catalogue import word

pytestmark = pytest.mark.browser

PICTURES = "[...document.querySelectorAll('.leaflet-map-pane canvas')].map((c) => c.toDataURL())"
GROUNDS = """(() => {
  const found = new Set();
  map_planner.eachLayer((one) => one instanceof Still && found.add(one.ground));
  return found;
})()"""
MOVED = f"""(move) => {{
  const before = {PICTURES};
  move === "zoom" ? map_planner.zoomIn(1, {{ animate: false }})
    : map_planner.panBy([300, 120], {{ animate: false }});
  return JSON.stringify({PICTURES}) === JSON.stringify(before);
}}"""
ANEW = f"""() => {{
  const later = JSON.stringify({PICTURES});
  {GROUNDS}.forEach({AT_ONCE});
  return JSON.stringify({PICTURES}) === later;
}}"""
ARROWS = (
    """document.querySelector(".arrows path").getAttribute("d").split("M").length - 1"""
)

STRIPS = """() => new Promise((done) => {
  const drawn = [], get = HTMLCanvasElement.prototype.getContext;
  let frame = 0;
  HTMLCanvasElement.prototype.getContext = function (...of) {
    drawn.push(frame);
    return get.apply(this, of);
  };
  const tick = () => (++frame < 40 ? requestAnimationFrame(tick) : done(drawn));
  map_planner.setZoom(13, { animate: false });
  requestAnimationFrame(tick);
})"""
"""In which frame after a zoom each strip of the ground is drawn."""


def test_after_a_move_a_frame_draws_one_strip_of_the_ground(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file, fresh=True)
    spoil(page)
    page.evaluate("map_planner.setZoom(11, { animate: false })")
    settled(page)
    drawn = page.evaluate(STRIPS)
    assert len(drawn) == page.locator(".leaflet-map-pane canvas").count() > 4
    assert len(set(drawn)) == len(drawn), "two in a frame"
    # One sheet of them is left.
    expect(page.locator(".leaflet-ground-pane > *")).to_have_count(1)


def test_what_is_not_unpacked_yet_stays_out_of_a_sheet(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file, screen=WIDE)
    # A layer that is switched on while a sheet is drawn is unpacked for the next one.
    page.evaluate(
        """() => {
          const { textContent } = document.getElementById("planner-data");
          const outline = JSON.parse(textContent).layers[0];
          let ground = null;
          map_planner.eachLayer((one) => {
            if (one.ground?.pane === "ground") ({ ground } = one);
          });
          const look = () => ({ color: "red", weight: 2, fill: { color: "red", opacity: 1 } });
          const [paint, packed] = stillLines(outline, look);
          const view = ground.view(ground.shown, 0, 900);
          ground.stills.add(new Still(ground, () => 0, paint, packed));
          if (packed(view).length !== 1) throw new Error("nothing to unpack");
          ground.strip(ground.shown, 0);
        }"""
    )


def test_what_shows_from_a_zoom_on_lies_no_higher_than_it_belongs(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file, fresh=True)
    spoil(page)
    order = f"""() => {{
      const drawn = [], ground = [...{GROUNDS}].find(({{ pane }}) => pane === "ground");
      for (const still of ground.stills) still.paint = () => {{ drawn.push(still.order); }};
      ({AT_ONCE})(ground);
      return drawn.slice(0, new Set(drawn).size);
    }}"""
    page.evaluate("map_planner.setZoom(10, { animate: false })")
    settled(page)
    page.evaluate("map_planner.setZoom(14, { animate: false })")
    settled(page)
    drawn = page.evaluate(order)
    assert drawn == sorted(drawn)
    assert len(drawn) > 3


@pytest.mark.parametrize("move", ["zoom", "pan"])
def test_the_canvases_follow_a_move_in_later_frames(page: Page, move: str) -> None:
    before = page.evaluate(PICTURES)
    assert page.evaluate(MOVED, move), "drawn in the same frame"
    settled(page)
    assert page.evaluate(PICTURES) != before
    assert page.evaluate(ANEW), "not what is drawn at once"


def test_a_lit_leg_has_the_arrows_of_its_own_way(page: Page) -> None:
    legs = page.locator(".patrol.chosen .leg")
    several = []
    for k in range(legs.count()):
        legs.nth(k).click()
        zoom = page.evaluate("map_planner.getZoom()")
        settled(page)
        lit = page.evaluate(ARROWS)
        legs.nth(k).click()
        settled(page)
        assert page.evaluate("map_planner.getZoom()") == zoom
        several.append((lit, page.evaluate(ARROWS)))
    assert all(lit <= unlit for lit, unlit in several)
    assert any(0 < lit < unlit for lit, unlit in several)


@pytest.mark.parametrize(
    "context",
    [*(pytest.param(one, marks=pytest.mark.proof) for one in (WIDE, TABLET)), PHONE],
    ids=["wide", "tablet", "phone"],
    indirect=True,
)
@TWO_LANGUAGES
def test_a_row_of_links_leads_to_what_lies_far_down(
    page: Page, languages: tuple[str, ...]
) -> None:
    parts = {
        "group.patrols": "#timetable",
        "found.hotspots": "#found-hotspots",
        "found.sightings": "#found-sightings",
        "left.short": "#left-out-stops",
        "crossings": "#crossings",
        "rests": "#rests",
    }
    for language in languages:
        speak(page, language)
        links = page.locator(".jumps a")
        expect(links).to_have_text([word(key, language) for key in parts])
        if page.viewport_size != WIDE:
            for link in links.all():
                box = link.bounding_box()
                assert box is not None
                assert box["height"] >= 44
    for key, part in parts.items():
        page.locator(f".jumps [data-w='{key}']").click()
        row = page.locator(part)
        expect(
            row.locator("summary").first if key != "group.patrols" else row
        ).to_be_focused()
        if key != "group.patrols":
            # Of the crossings the first is reached, all are folded; so is what all rests on.
            assert (row.get_attribute("open") is not None) == (
                key not in {"crossings", "rests"}
            )
            expect(row.locator("summary").first).to_be_in_viewport()
            if page.viewport_size != WIDE:
                stage, seen = (page.locator("#stage"), row.locator("summary").first)
                above, below = stage.bounding_box(), seen.bounding_box()
                assert above is not None
                assert below is not None
                assert below["y"] >= above["y"] + above["height"] - 1
        # What the address keeps of the page stays.
        assert "lang=" in page.url


@pytest.fixture(scope="module")
def long(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A map on which every name is one long word."""
    path, name = (
        tmp_path_factory.mktemp("long") / "map.html",
        "station_of_the_" + "long" * 30,
    )
    maps.planner(small_study.findings(name=name), small_study.data(name)).save(path)
    return path


@pytest.mark.parametrize(
    "context",
    [pytest.param(WIDE, marks=pytest.mark.proof), PHONE],
    ids=["wide", "phone"],
    indirect=True,
)
def test_a_long_name_breaks_in_what_is_opened(
    context: BrowserContext, long: Path
) -> None:
    page = opened(context, long)
    page.locator("#found .entry").first.click()
    box = page.locator(".leaflet-popup-content, .sheet").first
    expect(box).to_be_visible()
    assert box.evaluate("node => node.scrollWidth <= node.clientWidth")
