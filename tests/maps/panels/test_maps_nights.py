"""The map of several nights: one page, a night at a time; on paper and without scripts all."""

from __future__ import annotations

import io
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from PIL import Image
from playwright.sync_api import Browser, BrowserContext, Page, expect
from studies import small_study
from studies.nights import numbered
from studies.small_study import text
from tools.browser import PHONE, WIDE, opened, serious_faults, speak, spoil, unfold

import maps
from geo.presence.packing import basis_of
from geo.results import Findings
from geo.schema import PATROL_MEASURES, PLANS
from maps.outputs import report
from maps.panels import patrol_panel, plan_quality
from maps.view import put_together
from maps.words.catalogue import LANGUAGES

FIRST = date(2020, 11, 30)
EVENING, DAWN = "shift-1-vehicle-1", "shift-2-vehicle-1"


def findings(first: date | None = FIRST, nights: int = 3) -> Findings:
    """Return the study made by hand with the same patrols on every night."""
    found = small_study.findings()
    made = [
        numbered(found.patrols, night + 1, first, "Europe/Belgrade")
        for night in range(nights)
    ]
    tables = {
        name: pd.concat([getattr(one, name) for one in made], ignore_index=True)
        for name in ("stops", "legs", "measures")
    }
    return replace(found, patrols=replace(found.patrols, **tables))


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("map") / "map.html"
    maps.planner(findings(), small_study.data()).save(path)
    return path


@pytest.mark.browser
def test_the_night_is_chosen_by_keyboard_announced_and_remembered(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file, fresh=True)
    days = page.get_by_role("group", name="Day on which the patrols begin")
    chosen, status = days.get_by_role("combobox"), days.get_by_role("status")
    before, after = days.get_by_role("button").all()
    expect(chosen).to_have_value("1")
    expect(status).to_be_empty()
    chosen.focus()
    page.keyboard.press("ArrowDown")
    expect(status).to_have_text("Tue 1 Dec")
    expect(page.locator(".tabs:visible button")).to_have_count(3)
    expect(page.locator(f"#patrol-night-2-{EVENING}")).to_be_visible()
    expect(page.locator(f"#patrol-night-1-{EVENING}")).to_be_hidden()
    expect(page).to_have_url(re.compile(f"patrol=night-2-{EVENING}"))
    page.keyboard.press("Tab")
    expect(after).to_be_focused()
    page.keyboard.press("Enter")
    expect(status).to_have_text("Wed 2 Dec")
    expect(after).to_be_focused()
    expect(after).to_have_attribute("aria-disabled", "true")
    page.keyboard.press("Enter")
    expect(chosen).to_have_value("3")
    page.keyboard.press("Shift+Tab")
    page.keyboard.press("Shift+Tab")
    expect(before).to_be_focused()
    page.keyboard.press("Enter")
    expect(chosen).to_have_value("2")
    page.reload()
    page.wait_for_selector("body[data-ready]")
    expect(chosen).to_have_value("2")
    expect(page.locator(f"#patrol-night-2-{EVENING}")).to_be_visible()
    assert page.messages == []  # type: ignore[attr-defined]
    assert all(url.startswith(file.as_uri()) for url in page.requests)  # type: ignore[attr-defined]


@pytest.mark.browser
@pytest.mark.parametrize(
    ("now", "patrol"),
    [
        ("2020-11-28T12:00", f"night-1-{EVENING}"),
        ("2020-12-01T12:00", f"night-2-{EVENING}"),
        ("2020-12-03T02:00", f"night-3-{DAWN}"),
        # All are over.
        ("2020-12-24T12:00", f"night-1-{EVENING}"),
    ],
)
def test_the_page_opens_with_the_patrol_that_is_due(
    context: BrowserContext, file: Path, now: str, patrol: str
) -> None:
    page = opened(context, file, fresh=True)
    spoil(page)
    page.clock.set_fixed_time(now)
    page.goto("about:blank")
    page.goto(file.as_uri())
    page.wait_for_selector("body[data-ready]")
    expect(page.locator(f"#patrol-{patrol}")).to_be_visible()


@pytest.mark.browser
def test_tabs_legend_and_marks_are_those_of_the_night(
    context: BrowserContext, file: Path
) -> None:
    page = opened(context, file, f"#patrol=night-1-{DAWN}")
    page.locator(".days select").select_option("2")
    # The same shift and vehicle of the other night.
    expect(page.locator(f"#patrol-night-2-{DAWN}")).to_be_visible()
    listed = page.locator(".legend label:visible", has_text="vehicle")
    # What is drawn, and folded under it the other shift of the night.
    expect(listed).to_have_text("Wed 2 Dec\u00a0· dawn <tour>, vehicle 1")
    unfold(page)
    expect(listed).to_have_text(
        [
            "Wed 2 Dec\u00a0· dawn <tour>, vehicle 1",
            "Tue 1 Dec\u00a0· Evening, vehicle 1",
            "Tue 1 Dec\u00a0· Evening, vehicle 2",
        ]
    )
    expect(page.locator(".mark")).not_to_have_count(0)
    listed.first.locator("input").uncheck()
    expect(page.locator(".mark")).to_have_count(0)
    # Arrows go round the tabs of the night.
    page.locator(f"#tab-night-2-{DAWN}").focus()
    page.keyboard.press("ArrowRight")
    expect(page.locator(f"#tab-night-2-{EVENING}")).to_be_focused()
    page.locator(f"#stop-night-2-{EVENING}-1 .go").click()
    expect(page.locator("li.open .code use")).to_be_visible()
    assert page.messages == []  # type: ignore[attr-defined]


@pytest.mark.browser
def test_days_are_written_in_each_language(page: Page) -> None:
    page.locator(".days select").select_option("3")
    wording = ("Wed 2 Dec", "mër 2 dhj", "sre 2. dec", "сре 2. дец")
    for language, day in zip(LANGUAGES, wording, strict=True):
        speak(page, language)
        expect(page.locator(".days option").last).to_have_text(day)
        expect(page.locator(".days [role=status]")).to_have_text(day)
        expect(page.locator(".tabs:visible button").first).to_contain_text(f"{day} · ")


@pytest.mark.browser
@pytest.mark.parametrize(
    ("context", "part"),
    [
        (PHONE, ".days"),
        pytest.param(PHONE, None, marks=pytest.mark.proof),
        pytest.param(WIDE, None, marks=pytest.mark.proof),
    ],
    indirect=["context"],
)
def test_axe_finds_nothing_serious(page: Page, part: str | None) -> None:
    """In the suite of what a map of one night has not."""
    page.locator(".days button").last.click()
    page.locator(".patrol.chosen .stop .go").first.click()
    assert serious_faults(page, part) == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


@pytest.mark.browser
def test_a_page_for_each_patrol_of_every_night(page: Page) -> None:
    content = page.pdf(format="A4", landscape=True, print_background=True)
    assert content.count(b"/Type /Page\n") == 9 + 1


@pytest.mark.browser
def test_ground_and_codes_that_are_shared_are_drawn_as_meant(page: Page) -> None:
    page.emulate_media(media="print")
    patrol = page.locator(f"#patrol-night-3-{DAWN}")

    def seen(picture: str) -> np.ndarray:
        shot = patrol.locator(picture).first.screenshot()
        return np.asarray(Image.open(io.BytesIO(shot)).convert("L"))

    # Ground of the outline and beyond is light; a code is as much black as white.
    assert (seen("figure.sketch svg") > 200).mean() > 0.8
    assert 0.25 < (seen(".stop .code svg") < 100).mean() < 0.6


@pytest.mark.browser
def test_without_scripts_every_night_is_there_in_order(
    browser: Browser, file: Path
) -> None:
    context = browser.new_context(
        viewport=PHONE, java_script_enabled=False, offline=True
    )  # type: ignore[arg-type]
    page = context.new_page()
    page.goto(file.as_uri())
    headings = page.locator(".patrol h3:visible")
    expect(headings).to_have_count(9)
    days = [heading.split("\u00a0· ")[0] for heading in headings.all_text_contents()]
    assert days == [
        "Mon 30 Nov", "Mon 30 Nov", "Tue 1 Dec", "Tue 1 Dec", "Tue 1 Dec", "Wed 2 Dec",
        "Wed 2 Dec", "Wed 2 Dec", "Thu 3 Dec",
    ]  # fmt: skip
    expect(page.locator(".days")).to_be_hidden()
    context.close()


def test_what_repeats_is_on_the_page_once(file: Path) -> None:
    text = file.read_text("utf-8")
    codes = re.findall(r'<svg[^>]* id="(qr-[^"]+)"', text)
    assert len(codes) == len(set(codes)) == 3
    assert set(re.findall(r'<use href="#(qr-[^"]+)"', text)) == set(codes)
    grounds = re.findall(r'<g id="(ground-\d+)" class="sketch">', text)
    assert (
        len(grounds)
        == len(set(grounds))
        < len(re.findall('<figure class="sketch"', text))
    )
    assert set(re.findall(r'<use href="#(ground-\d+)"/>', text)) == set(grounds)


def test_nights_without_a_date_have_numbers() -> None:
    found, data = findings(None, nights=2), small_study.data()
    names = small_study.names(data, found.patrols.left_out)
    made = patrol_panel.patrols(found, data, names, "", basis_of(data.log))
    shown = plan_quality.quality(made, found.patrols, names).nights
    assert [night.number for night in shown] == [1, 2]
    assert [text(night.title, "sq") for night in shown] == ["Nata 1", "Nata 2"]
    second = shown[1].patrols[0]
    assert text(second.title) == "Night 2\u00a0· Evening, vehicle 1"
    assert second.day is None
    assert [len(night.brief) for night in shown] == [4, 4]
    assert text(shown[0].brief[2]).startswith(
        "All 2 nights are alike: 1 other that can be used is left out"
    )
    assert all(night.measures is not None for night in shown)


def test_each_night_has_its_own_worth_and_the_report_has_that_of_the_first() -> None:
    found, data = findings(nights=2), small_study.data()
    whole = PATROL_MEASURES.frame(
        [
            {"plan": plan, "night": night, "worth_share": share / 100}
            for night, best in ((1, 91), (2, 84))
            for plan, share in zip(PLANS, (best, best - 10, best - 20), strict=True)
        ]
    )
    measures = pd.concat([whole, found.patrols.measures], ignore_index=True)
    found = replace(found, patrols=replace(found.patrols, measures=measures))
    shown = put_together(found, data, small_study.MADE)
    worth = [text(line) for (line,) in shown.plan.quality.beside.values()]
    assert [line.partition(" %")[0] for line in worth] == [
        f"The night reaches {share}" for share in (91, 84)
    ]
    page = maps.planner(found, data, made=small_study.MADE).get_root().render()
    assert re.findall(r'<p class="small night" data-night="(\d)">', page) == ["1", "2"]
    assert [share in report(shown) for share in ("reaches 91 %", "reaches 84 %")] == [
        True,
        False,
    ]
