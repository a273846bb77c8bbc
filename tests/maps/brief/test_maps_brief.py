"""The brief as a page: whole in four language forms, without a script, on two sheets each."""

from __future__ import annotations

import base64
import re
from dataclasses import replace
from datetime import date
from pathlib import Path

import brief_fixture
import pandas as pd
import pypdf
import pytest
from browser import executable, serious_faults
from command_line import call
from lxml import etree, html
from playwright.sync_api import Browser

from layers.log import keeping, store
from layers.readers import bundled, report, study
from maps.brief import Content, charts, draw
from maps.words.catalogue import LANGUAGES


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return brief_fixture.make(tmp_path_factory.mktemp("brief"))


@pytest.fixture(scope="module")
def page(log: Path) -> str:
    opened, on = study.read(bundled.FOLDER), date(2027, 5, 1)
    held = store.read(log)
    now, before = keeping.brief(held, brief_fixture.AREA, "2026-12", "internal", on)
    figures = report.figures(opened.report_tables())
    return draw(Content(now, before, figures, opened.about, "internal", on))


def forms(page: str) -> dict[str, etree._Element]:
    root = html.fromstring(page)
    return {one.get("lang"): one for one in root.iter("article")}


def test_it_runs_no_script_and_asks_for_nothing(page: str) -> None:
    assert "<script" not in page
    assert not re.findall(r'(?:src|href)="(?!data:|#)', page)
    assert "default-src 'none'" in page


def test_every_language_has_the_same_tables_and_charts(page: str) -> None:
    found = forms(page)
    assert set(found) == set(LANGUAGES)
    shapes = {
        tuple(len(table.findall(".//td")) for table in one.iter("table")) for one in found.values()
    }
    assert len(shapes) == 1
    assert {len(list(one.iter("img"))) for one in found.values()} == {6}


def test_a_chart_says_in_words_what_it_shows_and_its_table_too(page: str) -> None:
    for one in forms(page)["en"].iter("img"):
        beside = [cell.text_content() for cell in one.getparent().iter("td", "th")]
        said = re.findall(r"\d+(?:\.\d+)?", one.get("alt").partition(". ")[2])
        shown = re.findall(r"\d+", " ".join(beside).replace(",", ""))
        assert len(said) > 3
        assert set(said) <= set(shown)
        picture = base64.b64decode(one.get("src").partition(",")[2])
        assert etree.fromstring(picture).tag.endswith("svg")


def test_a_partner_is_told_of_no_place(log: Path) -> None:
    opened, on, held = study.read(bundled.FOLDER), date(2027, 5, 1), store.read(log)
    met = held.groups[held.groups["stop"] == "place_1"]
    held = replace(held, groups=met)
    pages = {}
    for tier, period in (("internal", "2026-12"), ("partner", "2026-Q4")):
        now, before = keeping.brief(held, brief_fixture.AREA, period, tier, on)
        pages[tier] = draw(Content(now, before, None, opened.about, tier, on))
    assert "Place 2" in pages["internal"]
    assert not re.search(r"Place \d", pages["partner"])
    assert "not told" in pages["partner"]
    assert "fewer than 10 groups" in pages["partner"]


def test_every_contradiction_is_on_the_page_with_both_figures(page: str) -> None:
    text = forms(page)["en"].text_content()
    found = report.contradictions(study.read(bundled.FOLDER).report_tables())
    assert len(found) > 8
    for value in (*found["value"], *found["other_value"]):
        assert f"{value:,.0f}" in text or f"{value:,.1f}" in text


def test_the_same_figures_give_the_same_picture() -> None:
    one, other = (charts.bars("Needs", ["food"], {"met": pd.Series([3])}) for _ in range(2))
    assert one == other
    assert one.text == "Needs. food: met 3."


@pytest.mark.browser
def test_each_form_is_two_sheets_and_axe_finds_nothing(
    page: str, tmp_path: Path, browser: Browser
) -> None:
    path = tmp_path / "brief.html"
    path.write_text(page, "utf-8")
    context = browser.new_context(offline=True)
    for language in LANGUAGES:
        shown = context.new_page()
        shown.goto(f"{path.as_uri()}#{language}")
        titles = [t for t in shown.locator("h1").all() if t.is_visible()]
        assert len(titles) == 1
        assert serious_faults(shown) == []
        shown.pdf(path=tmp_path / "brief.pdf", prefer_css_page_size=True)
        pages = pypdf.PdfReader(tmp_path / "brief.pdf").pages
        assert len(pages) == 2
        assert pages[0].mediabox.width == pytest.approx(595, abs=1)
    context.close()


def test_the_command_writes_page_and_pdf(log: Path, tmp_path: Path) -> None:
    executable()
    out = tmp_path / "out"
    made = call("brief", "--month", "2026-11", "--log", log, "--out", out, "--language", "sq")
    assert made.exit_code == 0, made.output
    assert "nëntor 2026" in pypdf.PdfReader(out / "2026-11.pdf").pages[0].extract_text().lower()
    assert (out / "2026-11.html").stat().st_mode & 0o077 == 0
    refused = call("brief", "--month", "2026-11", "--tier", "public", "--log", log, "--out", out)
    assert refused.exit_code == 2
    assert "--half-year YYYY-HN" in refused.output
