"""Files on the desk in the browser: tasks of sightings and of the log, and every screen."""

from __future__ import annotations

import re
import shutil
from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Page, expect
from tools import desks, offices
from tools.browser import serious_faults, watched, without_map
from tools.desks import StartedDesk
from tools.hands import SCREENS, Tasks, cut_off

from maps.words.catalogue import LANGUAGES, of_desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("generalised")]

MESSY = Path(__file__).parents[2] / "data" / "messy"
PATIENCE_MS = 90_000


@pytest.fixture(scope="module")
def desk(
    generalised_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartedDesk]:
    folder = tmp_path_factory.mktemp("office")
    offices.with_log(generalised_run[0], folder)
    with desks.started(folder, log=True) as desk:
        yield desk


def opened(desk: StartedDesk, page: Page) -> Page:
    page.set_default_timeout(PATIENCE_MS)
    without_map(page)
    page.goto(desk.key_file.as_uri())
    page.wait_for_selector("body[data-ready]")
    return page


def drop(page: Page, *names: str) -> None:
    """Choose files, as the dialogue of the system hands them to the page."""
    field = page.locator("[data-drop=sightings] input")
    field.set_input_files([MESSY / name for name in names])
    expect(page.locator(".file h3").last).to_have_text(names[-1])


@pytest.mark.parametrize(
    "screen",
    [
        "keyboard",
        pytest.param("mouse", marks=pytest.mark.proof),
        pytest.param("phone", marks=pytest.mark.proof),
    ],
)
def test_what_an_office_does_with_files(
    desk: StartedDesk, browser: Browser, screen: str
) -> None:
    """Seven tasks without a terminal."""
    # What another one kept is not known here.
    for kept in ("forms", "sightings"):
        shutil.rmtree(desk.folder / "study" / kept, ignore_errors=True)
    viewport, hand_of = SCREENS[screen]
    context = browser.new_context(viewport=viewport)
    page = opened(desk, watched(context))
    hand = hand_of(page)
    tasks = Tasks(hand, screen)
    with tasks.task("drop a file that is asked for"):
        hand.press(page.locator("[data-page=sightings]"))
        drop(page, "dezurni.xlsx")
        counts = page.locator(".file .counts")
        expect(counts).to_have_text(re.compile("read: 0"))
    with tasks.task("say which column is what, once"):
        said = {0: "date_from", 2: "lat", 3: "lon", 4: "group"}
        for place, column in said.items():
            field = page.locator(f"[data-key$='|{place}'][name=column]")
            hand.choose(field, column)
        hand.choose(page.locator("[name=fill][data-column=kind]"), "sighting")
        hand.write(page.locator("[name=fill][data-column=uncertainty_m]"), "500")
        hand.choose(page.locator("[name=dates]"), "dmy")
        hand.press(page.locator("[data-key^='keep|']"))
        expect(counts).to_have_text(re.compile("read: 10 .* to mend: 2"))
    with tasks.task("mend a row"):
        hand.write(page.locator("[data-key$='|9|4']"), "8-10")
        hand.press(page.locator("[data-key^='mend|'][data-key$='|9']"))
        expect(counts).to_have_text(re.compile("read: 11 .* to mend: 1"))
    with tasks.task("leave a row out"):
        hand.press(page.locator("[data-key^='leave|'][data-key$='|7']"))
        expect(counts).to_have_text(re.compile("rows: 11 .* to mend: 0"))
    with tasks.task("take the rows into the study"):
        hand.press(page.locator("[data-key^='take_in|']"))
        expect(page.locator(".file .told")).to_contain_text("11 coarse rows")
        hand.press(page.locator("[data-key^='away|']"))
        expect(page.locator(".file")).to_have_count(0)
    with tasks.task("tell a visit by hand"):
        hand.press(page.locator("[data-page=log]"))
        stop = page.locator("#log-stops details").first
        hand.press(stop.locator("> summary"))
        hand.write(stop.locator("[name=groups]"), "0")
        hand.press(stop.locator("button"))
        expect(page.locator("#log-told")).to_contain_text("by hand")
        expect(stop.locator("small")).to_contain_text("we stood there")
    with tasks.task("see what a purge would remove"):
        hand.press(page.locator("#log-purge > summary"))
        field = page.locator("#log-purge input")
        field.fill("2026-01-01")
        hand.press(page.locator("#log-purge form button"))
        told = page.locator("#log-purge .said")
        expect(told).to_contain_text("Would be purged")
    assert page.messages == []  # type: ignore[attr-defined]
    own = (desk.origin, "file:", "data:", "about:")
    asked = [url for url in page.requests if not url.startswith(own)]  # type: ignore[attr-defined]
    assert asked == []
    context.close()


@pytest.mark.parametrize(
    ("width", "text"), [(390, 2.0), pytest.param(1280, 1.0, marks=pytest.mark.proof)]
)
def test_every_screen_of_files_fits_and_is_accessible(
    desk: StartedDesk, browser: Browser, width: int, text: float
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page = opened(desk, context.new_page())
    page.evaluate(
        "size => { document.documentElement.style.fontSize = size; }", f"{16 * text}px"
    )
    page.click("[data-page=sightings]")
    drop(page, "dezurni.xlsx", "patrola.xlsx", "patrulla.csv")
    for language in LANGUAGES:
        page.click(f"[data-language={language}]")
        for name in ("sightings", "log"):
            page.click(f"[data-page={name}]")
            words = of_desk(language)[name]
            title = page.locator(f"[data-page-of={name}] h2")
            expect(title).to_have_text(words)
            page.wait_for_load_state("networkidle")
            for fold in page.locator(f"[data-page-of={name}] summary").all():
                if not fold.evaluate("one => one.parentElement.open"):
                    fold.click()
                if name == "log":
                    break
            wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
            assert page.evaluate(wide) <= 0, (language, name)
            assert cut_off(page) == [], (language, name)
    page.click("[data-language=en]")
    for name in ("sightings", "log"):
        page.click(f"[data-page={name}]")
        page.wait_for_load_state("networkidle")
        assert serious_faults(page) == []
    context.close()
    desk.enter()
    for file in desk.ask("api/sightings").found["files"]:
        desk.ask("api/sightings/do", {"do": "away", "file": file["file"]})
