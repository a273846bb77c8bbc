"""Setting up and what leaves, in the browser: an office's tasks without a terminal."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, Page, expect
from servers.small_snapshot import make
from tools import desks, offices
from tools.browser import serious_faults, watched, without_map
from tools.desks import StartedDesk
from tools.hands import SCREENS, Tasks, cut_off

from layers.readers import study
from layers.readers.osm import snapshots
from maps.words.catalogue import LANGUAGES, of_desk

pytestmark = [pytest.mark.browser, pytest.mark.usefixtures("generalised")]

PATIENCE_MS = 90_000
EXPECTED = re.compile(r"status of 40\d")
SOON = f"{datetime.now(UTC).date() + timedelta(days=60)}"
EACH_HAND = pytest.mark.parametrize(
    "screen",
    [
        "keyboard",
        pytest.param("mouse", marks=pytest.mark.proof),
        pytest.param("phone", marks=pytest.mark.proof),
    ],
)
Opened = tuple[Page, Tasks]


@pytest.fixture
def used(browser: Browser) -> Iterator[Callable[[StartedDesk, str], Opened]]:
    """Open a desk as somebody uses it; nothing is asked for elsewhere."""
    pages: list[tuple[Any, StartedDesk]] = []

    def opened(desk: StartedDesk, screen: str) -> Opened:
        viewport, hand = SCREENS[screen]
        page = watched(browser.new_context(viewport=viewport))
        pages.append((page, desk))
        open_in(page, desk)
        return page, Tasks(hand(page), screen)

    yield opened
    for page, desk in pages:
        assert [m for m in page.messages if not EXPECTED.search(m)] == []
        own = (desk.origin, "file:", "data:", "about:")
        assert [url for url in page.requests if not url.startswith(own)] == []
        page.context.close()


def open_in(page: Page, desk: StartedDesk) -> None:
    page.set_default_timeout(PATIENCE_MS)
    without_map(page)
    page.goto(desk.key_file.as_uri())
    page.wait_for_selector("body[data-ready]")


@pytest.fixture
def new(tmp_path: Path) -> Iterator[StartedDesk]:
    """The desk of an empty folder, with a snapshot that was fetched before."""
    snapshots.save(make("small"), tmp_path / "store")
    (tmp_path / "office").mkdir()
    store = ["--store", str(tmp_path / "store")]
    with desks.started(tmp_path / "office", options=store) as desk:
        yield desk


@pytest.fixture(scope="module")
def office(
    generalised_run: tuple[Path, str], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[StartedDesk]:
    """The desk of an office with a run, a log and a study of its own."""
    folder = tmp_path_factory.mktemp("office")
    offices.with_log(generalised_run[0], folder)
    (folder / "register.jsonl").touch()
    with desks.started(folder, log=True) as desk:
        yield desk


@EACH_HAND
def test_an_office_sets_up_its_study(
    new: StartedDesk, used: Callable[[StartedDesk, str], Opened], screen: str
) -> None:
    """Four tasks, from an empty folder to a study with patrols."""
    page, tasks = used(new, screen)
    hand = tasks.hand
    done = page.locator("#setup-done")
    file = new.folder / "study" / "study.toml"
    with tasks.task("a study and its boundary"):
        hand.press(page.locator("[data-page=setup]"))
        hand.write(page.locator("#new-study [name=title]"), 'Valley "1"')
        corners = {"west": 20.8, "south": 42.85, "east": 20.95, "north": 42.95}
        for side, degrees in corners.items():
            hand.write(page.locator(f"[name={side}]"), str(degrees))
        hand.press(page.locator("#new-study .strong"))
        expect(page.locator("#set-up")).to_be_visible()
    assert study.read(file.parent).about.name == 'Valley "1"'
    with tasks.task("a place by a tick"):
        hand.press(page.locator("#ticks .offered input").first)
        if screen == "keyboard":  # Enter in a field sends its form.
            page.keyboard.press("Space")
        hand.press(page.locator("#ticks .strong"))
        expect(page.locator("#ticks details b")).to_have_text("1")
    with tasks.task("depot, vehicles, shifts"):
        hand.choose(page.locator("[name=depot]"), "taxi_node_1")
        hand.write(page.locator("#patrol-form [name=vehicles]"), "1")
        hand.press(page.locator(".shift button").last)
        hand.press(page.locator("#patrol-form .strong"))
        expect(page.locator(".shift")).to_have_count(1)
        expect(done).to_have_text(of_desk("en")["setup.saved"])
    with tasks.task("a parameter, first a wrong one"):
        hand.press(page.locator("[data-table=hotspots] summary"))
        field = page.locator("[name='parameters.hotspots.radii_m']")
        save = page.locator("[data-table=hotspots] button")
        hand.write(field, "[1]\n[office]" if screen != "keyboard" else "[1")
        hand.press(save)
        expect(page.locator("#faults")).to_contain_text("Fix: ")
        hand.write(field, "[100, 200]")
        hand.press(save)
        expect(page.locator("#faults")).to_be_hidden()
        expect(done).to_have_text(of_desk("en")["setup.saved"])
    text = file.read_text("utf-8")
    assert "# of all local times" in text
    assert tomllib.loads(text)["parameters"] == {
        "patrols": {
            "time_zone": "Europe/Belgrade",
            "depot": "taxi_node_1",
            "vehicles": 1,
            "shifts": [{"name": "evening", "start": "18:00", "end": "23:00"}],
        },
        "hotspots": {"radii_m": [100, 200]},
    }


@pytest.mark.proof
@pytest.mark.parametrize("screen", SCREENS)
def test_what_leaves_in_a_month(
    office: StartedDesk, used: Callable[[StartedDesk, str], Opened], screen: str
) -> None:
    """Partners, what a release would tell, a release, its recall."""
    page, tasks = used(office, screen)
    hand, folder = tasks.hand, office.folder
    ended = page.locator("#job.done, #job.failed")
    with tasks.task("a partner; the police are none"):
        hand.press(page.locator("[data-page=leaving]"))
        hand.press(page.locator("#partner summary"))
        form = page.locator("#partner form")
        name = form.locator("[name=organisation]")
        hand.write(name, "Kosovo Police")
        hand.write(form.locator("[name=first]"), "coordinator")
        hand.write(form.locator("[name=second]"), "data protection officer")
        form.locator("[name=until]").fill(SOON)
        hand.press(form.locator("button"))
        expect(page.locator("#faults")).to_contain_text("never on the list")
        hand.write(name, 'Doctors "1"')
        hand.press(form.locator("button"))
        expect(page.locator("#partners td").first).to_have_text('Doctors "1"')
    with tasks.task("what a release would tell"):
        release = page.locator("#release")
        hand.choose(release.locator("[name=tier]"), "public")
        hand.write(release.locator("[name=to]"), "Everybody")
        release.locator("[name=until]").fill(SOON)
        hand.press(release.locator("button"))
        expect(ended).to_be_visible()
        told = page.locator("#judged")
        expect(told).to_contain_text("no cell has at least 20 groups")
        expect(told.locator("button")).to_be_hidden()
    with tasks.task("a release, and its recall"):
        hand.choose(release.locator("[name=tier]"), "internal")
        to = "DCAM regional coordinator"
        hand.write(release.locator("[name=to]"), to)
        hand.press(release.locator("button"))
        expect(told).to_contain_text("Nothing is masked")
        hand.press(told.locator("button"))
        row = page.locator("#register tbody tr").last
        expect(row).to_contain_text("holds")
        hand.press(page.locator("#register button").last)
        expect(row).to_contain_text("recalled")
    notes = list(folder.glob("recall-*.md"))
    assert notes
    assert all(to in note.read_text("utf-8") for note in notes)


@pytest.mark.parametrize(
    ("width", "text", "languages"),
    [
        (390, 2.0, ("sq",)),
        pytest.param(390, 2.0, tuple(LANGUAGES), marks=pytest.mark.proof),
        pytest.param(1280, 1.0, tuple(LANGUAGES), marks=pytest.mark.proof),
    ],
)
def test_every_screen_of_an_office_fits_and_is_accessible(
    office: StartedDesk,
    browser: Browser,
    width: int,
    text: float,
    languages: tuple[str, ...],
) -> None:
    context = browser.new_context(
        viewport={"width": width, "height": 900}, bypass_csp=True
    )
    page = context.new_page()
    open_in(page, office)
    page.evaluate(
        "size => { document.documentElement.style.fontSize = size; }", f"{16 * text}px"
    )
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    for language in languages:
        page.click(f"[data-language={language}]")
        for name in ("setup", "leaving"):
            page.click(f"[data-page={name}]")
            title = page.locator(f"[data-page-of={name}] h2")
            expect(title).to_have_text(of_desk(language)[name])
            page.wait_for_load_state("networkidle")
            for fold in page.locator(f"[data-page-of={name}] summary").all():
                if not fold.evaluate("one => one.parentElement.open"):
                    fold.click()
            assert page.evaluate(wide) <= 0, (language, name)
            assert cut_off(page) == [], (language, name)
    page.click("[data-language=en]")
    for name in ("setup", "leaving"):
        page.click(f"[data-page={name}]")
        page.wait_for_load_state("networkidle")
        assert serious_faults(page) == []
    context.close()


def test_what_a_form_may_not_do(office: StartedDesk) -> None:
    """Files outside the folder, keys that name files, a release that was not judged."""
    office.enter()
    folder = office.folder
    refused: list[tuple[str, dict[str, Any]]] = [
        ("setup", {"do": "fetch", "file": "../x.osm"}),
        ("setup", {"do": "fetch", "file": "/etc/passwd"}),
        ("setup", {"do": "new", "title": "x", "bbox": "1,2,3,4"}),
        ("setup", {"do": "change", "changes": {"boundary": "/etc/passwd"}}),
        ("setup", {"do": "change", "changes": {"title": "a\n[b]"}}),
        ("setup", {"do": "tick", "chosen": ["node/1\n../x"]}),
        ("setup", {"do": "run"}),
        ("leaving", {"do": "recall", "name": "../../x"}),
        ("leaving", {"do": "brief", "period": "../x", "tier": "internal", "language": "en"}),
        ("leaving", {"do": "release", "tier": "public", "to": "All", "purpose": "health",
                     "until": SOON, "draft": False}),
        ("leaving", {"do": "partner", "organisation": "Caritas", "kind": "health",
                     "purpose": "health", "decided_by": ["a", "b"]}),
        ("leaving", {"do": "partner", "organisation": "A\nB", "kind": "health",
                     "purpose": "health", "decided_by": ["a", "b"], "until": SOON}),
    ]  # fmt: skip
    before = {path: path.stat().st_mtime for path in folder.rglob("*")}
    for page, what in refused:
        answer = office.ask(f"api/{page}/do", what)
        assert answer.status == 400, (what, answer.body)
        assert answer.found["faults"]
    file = {"Content-Type": "application/octet-stream"}
    for name, content in {
        "../../x.geojson": b"{}",
        "x.gpkg": b"{}",
        "a.geojson": b'{"type": "FeatureCollection", "features": []}',
        "b.json": b"[" * 100_000,
    }.items():
        answer = office.ask(f"drop/area?name={name}", headers=file, raw=content)
        assert answer.status == 400, (name, answer.body)
    assert {path: path.stat().st_mtime for path in folder.rglob("*")} == {
        **before,
        folder / "desk": (folder / "desk").stat().st_mtime,
    }
