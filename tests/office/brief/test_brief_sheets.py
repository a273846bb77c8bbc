"""The brief as a page: whole in four language forms, without a script, on two sheets each."""

from __future__ import annotations

import base64
import csv
import re
from dataclasses import replace
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
from lxml import etree, html
from playwright.sync_api import Browser
from pypdfium2 import PdfDocument
from scipy.stats import chi2
from studies import briefs, town
from studies import partners as given
from tools.browser import TWO_LANGUAGES, executable, serious_faults
from tools.command_line import call, passed

from geo.records import Log
from geo.schema import RELEASED_CELLS
from layers import package_data
from layers.files.handling import Release
from layers.readers import study
from maps.words.catalogue import LANGUAGES, word
from mitrovica.brief import BriefError, Figures, period_before, report_tables
from mitrovica.brief import overview as brief_map
from mitrovica.brief.overview import OnMap
from mitrovica.brief.press import PressCheck
from mitrovica.brief.sheets import Content, bars, draw
from mitrovica.log import retention, store
from mitrovica.masks.differences import squares
from mitrovica.releases import register


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return briefs.make(tmp_path_factory.mktemp("brief"))


@pytest.fixture(scope="module")
def on_map(log: Path) -> OnMap:
    """Return a map of all stops of the month, and of a square released twice."""
    opened, held = study.read(), retention.of_study(log, briefs.AREA)
    stops = retention.stops_of(held, "2026-12")
    x, y = stops.to_crs(9141).geometry.iloc[0].coords[0]
    corner = {"west_m": x // 8000 * 8000, "south_m": y // 8000 * 8000}
    cells = pd.DataFrame(
        [
            corner | {"side_m": 8000.0, "period": period, "groups": groups}
            for period, groups in (("2026-H1", 21), ("2025-H2", 20))
        ]
    )
    ground = opened.boundary, opened.places, opened.network()
    return OnMap(*ground, stops, squares(cells, "EPSG:9141"), date(2027, 5, 1))


@pytest.fixture(scope="module")
def page(log: Path, on_map: OnMap) -> str:
    opened, on = study.read(), date(2027, 5, 1)
    held = store.read(log)
    now, before = retention.for_brief(held, briefs.AREA, "2026-12", "internal", on)
    content = longest(now, before, opened, "internal")
    return draw(replace(content, map=on_map))


def longest(
    now: Figures, before: Figures | None, opened: study.Study, tier: str
) -> Content:
    """Return all that a brief can hold."""
    to, purpose = (
        "United Nations High Commissioner for Refugees",
        "planning of services",
    )
    given = Release(f"2027-05-01-brief-{tier}-1", tier, to, purpose, date(2027, 6, 30))
    return Content(
        now, before, report_tables.figures(report_tables.read(opened)), opened.about, tier,
        date(2027, 5, 1),
        opened.table("others"), PressCheck(9, 7, 80, 41), terms=given,
    )  # fmt: skip


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
        tuple(len(table.findall(".//td")) for table in one.iter("table"))
        for one in found.values()
    }
    assert len(shapes) == 1
    assert {len(list(one.iter("img"))) for one in found.values()} == {8}


def test_every_figure_of_the_first_sheet_is_computed_anew_from_the_files_of_crews(
    log: Path, page: str
) -> None:
    """With csv and school arithmetic alone, as it stands on the page."""
    months = {}
    for first, nights in briefs.PERIODS.items():
        planned, rows, done = briefs.files(log.parent / first)
        met, said = (sum(int(row["page/groups"]) for row in done), briefs.counted(rows))
        answered, words = (sum(said["answered"].values()), sum(said["words"].values()))
        figures = {
            "nights planned": nights, "nights made": briefs.nights_made(planned, done),
            "stops planned": len(planned), "stops made": len(done),
            "stops not made": len(rows) - len(done),
            "stops without a page": len(planned) - len(rows), "groups met": met,
            "hours at stops": briefs.hours(done),
        }  # fmt: skip
        months[first] = figures, said, answered, answered - words
    (before, _, all_before, lost_before), (now, said, answered, lost) = months.values()
    sheet = forms(page)["en"].find_class("sheet")[0]
    shown = {
        one.findtext("dt"): one.findtext("dd") for one in sheet.find_class("figures")[0]
    }
    assert shown == {
        k: f"{v:.1f}" if k.startswith("hours") else str(v) for k, v in now.items()
    }
    tables = {
        one.findtext("caption"): {
            row[0].text: [cell.text for cell in row[1:]] for row in one.find("tbody")
        }
        for one in sheet.iter("table")
    }

    def name(kind: str, value: str) -> str:
        return word(f"monthly.{kind}.{value}", "en")

    of_languages = {
        name("lang", one): [
            str(max(said["language"][one], said["answered"][one])), str(said["words"][one]),
            str(said["answered"][one] - said["words"][one]),
        ]
        for one in {*said["language"], *said["answered"]}
    }  # fmt: skip
    assert tables.pop("Languages, and who was understood") == of_languages
    of_needs = {
        name("need", one): [str(asked), str(met), str(max(0, asked - met))]
        for one in {*said["needs"], *said["met"]} - {"none_named"}
        for asked, met in [(said["needs"][one], said["met"][one])]
    }
    assert tables.pop("Needs met and unmet") == of_needs
    change = {
        key: [f"{one[key]:.1f}" if key.startswith("hours") else str(one[key])
              for one in (before, now)]
        for key in ("stops made", "hours at stops", "groups met")
    }  # fmt: skip
    change["not understood"] = [f"{lost_before} / {all_before}", f"{lost} / {answered}"]
    assert tables.pop("figure") == change
    assert not tables
    text, met = sheet.text_content(), now["groups met"]
    low, high = chi2.ppf(0.025, 2 * met) / 2, chi2.ppf(0.975, 2 * met + 2) / 2
    assert f"from {low:.0f} to {high:.0f} groups" in text
    assert re.search(
        r"no more than chance explains \(p = 1.00, adjusted .* in \d+ of 100", text
    )
    assert f"Not understood in words: {lost} of {answered} groups" in text
    assert f"({100 * lost / answered:.0f} %)" in text
    over = any(int(row[1]) > int(row[0]) for row in of_needs.values())
    assert ("more was met than asked" in text) is over
    assert f"{now['stops without a page']} planned stops have no page" in text
    named = sum(
        int(row[0]) for language, row in of_languages.items() if language != "not known"
    )
    assert f"Nobody wrote down the language of {met - named} groups" in text
    assert f"Nobody wrote down whether {met - answered} groups" in text


def test_a_log_of_another_study_is_named(log: Path) -> None:
    with pytest.raises(
        BriefError, match=f"no night of 'none', but .* of '{briefs.AREA}'"
    ):
        retention.for_brief(
            store.read(log), "none", "2026-12", "internal", date(2027, 5, 1)
        )


def test_totals_of_others_are_those_of_the_file() -> None:
    opened = study.read()
    on = date(2027, 5, 1)
    now, _ = retention.for_brief(Log.of(), "none", "2026-12", "internal", on)
    page = draw(
        Content(now, None, None, opened.about, "internal", on, opened.table("others"))
    )
    (table,) = forms(page)["en"].iter("table")
    with (package_data.STUDY / "others.csv").open(encoding="utf-8") as stream:
        counts = [row["count"] for row in csv.DictReader(stream)]
    assert [row[-1].text for row in table.find("tbody")] == counts


def test_a_chart_says_in_words_what_it_shows_and_its_table_too(page: str) -> None:
    form = forms(page)["en"]
    on_maps = {one for place in form.find_class("map") for one in place.iter()}
    for one in set(form.iter("img")) - on_maps:
        beside = [cell.text_content() for cell in one.getparent().iter("td", "th")]
        said = re.findall(r"\d+(?:\.\d+)?", one.get("alt").partition(". ")[2])
        shown = re.findall(r"\d+(?:\.\d+)?", " ".join(beside).replace(",", ""))
        assert len(said) > 3
        assert set(said) <= set(shown)
        picture = base64.b64decode(one.get("src").partition(",")[2])
        assert etree.fromstring(picture).tag.endswith("svg")


@pytest.mark.parametrize(
    "tier", ["partner", pytest.param("internal", marks=pytest.mark.proof)]
)
def test_a_partner_is_told_of_no_place(log: Path, tier: str) -> None:
    opened, on, held = study.read(), date(2027, 5, 1), store.read(log)
    held = replace(held, groups=held.groups[held.groups["stop"] == "place_1"])
    found = {
        each: retention.for_brief(held, briefs.AREA, period, each, on)
        for each, period in (("internal", "2026-12"), ("partner", "2026-Q4"))
    }
    assert "Place 2" in [*found["internal"][0].empty["name"]]
    page = draw(Content(*found[tier], None, opened.about, tier, on))
    assert (
        ("Place 2" in page)
        == bool(re.search(r"Place \d", page))
        == (tier == "internal")
    )
    assert (
        ("withheld" in page) == ("fewer than 10 groups" in page) == (tier == "partner")
    )


@pytest.mark.parametrize(
    ("tier", "period"),
    [("partner", "2026-Q4"),
     pytest.param("public", "2026-H2", marks=pytest.mark.proof),
     pytest.param("internal", "2026-12", marks=pytest.mark.proof)],
)  # fmt: skip
def test_a_brief_that_leaves_tells_nothing_of_where_groups_were_met(
    log: Path, tier: str, period: str
) -> None:
    """Another log with the same counts of the area gives the same page, byte for byte."""
    opened, on, held = study.read(), date(2027, 5, 1), store.read(log)
    other = held.groups.assign(
        stop=held.groups["stop"].iloc[0], size_class="unknown", shift="early_morning"
    )
    one, twin = (
        draw(Content(*retention.for_brief(each, briefs.AREA, period, tier, on), None,
                     opened.about, tier, on))
        for each in (held, replace(held, groups=other))
    )  # fmt: skip
    assert (one == twin) is (tier != "internal")
    ours, theirs = (
        retention.for_brief(
            replace(held, groups=groups), briefs.AREA, "2026-12", "internal", on
        )
        for groups in (held.groups, other)
    )
    assert repr(ours) != repr(theirs)


def test_a_brief_is_compared_with_earlier_ones(
    log: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    listed = {**given.UNHCR, "purpose": "health", "until": date(2027, 5, 1)}
    given.write(tmp_path / "partners.toml", listed)
    path, on, held = (tmp_path / "register.jsonl", date(2027, 5, 1), store.read(log))
    found, before = retention.for_brief(held, briefs.AREA, "2026-Q4", "partner", on)
    assert found.groups >= 20
    assert before is not None
    more = [
        replace(found, groups=found.groups + 5),
        replace(found, groups=found.groups + 10),
    ]
    half, _ = retention.for_brief(held, briefs.AREA, "2026-H2", "public", on)

    def enter(study: str, *figures: Figures) -> None:
        terms = register.terms(
            path, "partner", "UNHCR", "health", on, on, kind="brief-"
        )
        entry = register.brief_of(terms, study, figures)
        register.enter(path, entry, register.known(path), {})

    for figures in ([found, before], [half], [found]):
        enter("A title", *figures)
    with pytest.raises(
        register.ReleaseError, match=r"fewer than 10 groups \(groups met, 2026-Q4"
    ):
        enter("Another title", more[0])
    enter("Another title", more[1])
    needs = found.needs.assign(asked=found.needs["asked"] - 5)
    with pytest.raises(
        register.ReleaseError, match=r"fewer than 10 groups \(need \w+: asked"
    ):
        enter("A title", replace(found, needs=needs))
    ids = [entry.id for entry in register.read(path)]
    assert ids == [f"2027-05-01-brief-partner-{n}" for n in (1, 2, 3, 4)]


def test_every_contradiction_is_on_the_page_with_both_figures(page: str) -> None:
    text = forms(page)["en"].text_content()
    found = report_tables.contradictions(report_tables.read(study.read()))
    assert len(found) > 8
    for value in (*found["value"], *found["other_value"]):
        assert f"{value:,.0f}" in text or f"{value:,.1f}" in text
    # What arithmetic cannot show is said: figures of unlike years.
    assert (
        "Table 4 is headed 2019/2020, yet its total, 1,409, is that of 2020 alone"
        in text
    )
    assert "Men are 82 % in one sentence and 89.5 % in another" in text


def test_the_same_figures_give_the_same_picture() -> None:
    one, other = (bars("Needs", ["food"], {"met": pd.Series([3])}) for _ in range(2))
    assert one == other
    assert one.text == "Needs. food: met 3."


@pytest.mark.browser
@TWO_LANGUAGES
def test_each_form_is_two_sheets_and_axe_finds_nothing(
    page: str, tmp_path: Path, browser: Browser, languages: tuple[str, ...]
) -> None:
    path = tmp_path / "brief.html"
    path.write_text(page, "utf-8")
    context = browser.new_context(offline=True)
    for language in languages:
        shown = context.new_page()
        shown.goto(f"{path.as_uri()}#{language}")
        titles = [t for t in shown.locator("h1").all() if t.is_visible()]
        assert len(titles) == 1
        if language == languages[0]:
            assert serious_faults(shown) == []
        shown.set_viewport_size({"width": 390, "height": 800})
        assert shown.evaluate("document.documentElement.scrollWidth") == 390
        shown.pdf(path=tmp_path / "brief.pdf", prefer_css_page_size=True)
        pages = PdfDocument(tmp_path / "brief.pdf")
        assert len(pages) == 2
        assert pages[0].get_width() == pytest.approx(595, abs=1)
    context.close()


@pytest.mark.browser
@TWO_LANGUAGES
def test_an_empty_log_gives_one_page_of_what_is_known_and_will_come(
    tmp_path: Path, browser: Browser, languages: tuple[str, ...]
) -> None:
    opened, on = study.read(), date(2026, 11, 30)
    empty = store.read(tmp_path / "none.gpkg")
    now, before = retention.for_brief(empty, briefs.AREA, "2026-10", "internal", on)
    page = draw(longest(now, before, opened, "internal"))
    for language, form in forms(page).items():
        text = form.text_content()
        for key in ("known.nothing", "will_come.when"):
            assert word(f"monthly.{key}", language) in text
        assert word("monthly.did", language) not in text
    path = tmp_path / "brief.html"
    path.write_text(page, "utf-8")
    context = browser.new_context(offline=True)
    for language in languages:
        shown = context.new_page()
        shown.goto(f"{path.as_uri()}#{language}")
        shown.pdf(path=tmp_path / "brief.pdf", prefer_css_page_size=True)
        assert len(PdfDocument(tmp_path / "brief.pdf")) == 1
    context.close()


@pytest.mark.browser
def test_the_map_has_each_stop_and_square_once_and_fills_its_sheet(
    log: Path, page: str, on_map: OnMap, tmp_path: Path, browser: Browser
) -> None:
    held, stops = retention.of_study(log, briefs.AREA), on_map.stops
    assert set(stops["stop"]) == set(held.plans["stop"])
    made = held.visits[held.visits["date"].str.startswith("2026-12")]
    made = set(made.loc[made["outcome"] == "done", "stop"])
    assert set(stops.loc[stops["made"], "stop"]) == made
    for form in forms(page).values():
        picture = form.find_class("map")[0].find(".//img")
        told = picture.get("alt")
        assert told.count("8 km: 41") == 1
        assert all(name in told for name in stops["name"])
        svg = base64.b64decode(picture.get("src").partition(",")[2])
        marks = etree.fromstring(svg).findall(".//{*}g[@id='stops']//{*}use")
        assert len(marks) == len(stops)
    # Stops in a row have a map that is as high as its place, too.
    bare = replace(on_map, cells=RELEASED_CELLS.geoframe(), released=None)
    in_a_row = brief_map.draw(bare, "en")
    (west, east), (south, north) = in_a_row.get_xlim(), in_a_row.get_ylim()
    assert east - west <= brief_map.WIDE * (north - south)
    path = tmp_path / "brief.html"
    path.write_text(page, "utf-8")
    tab = browser.new_page()
    for language in LANGUAGES:
        tab.goto("about:blank")
        tab.goto(f"{path.as_uri()}#{language}")
        tab.pdf(path=tmp_path / "brief.pdf", prefer_css_page_size=True)
        pages = PdfDocument(tmp_path / "brief.pdf")
        assert len(pages) == 2, language
        for sheet in pages:
            lowest = min(each.get_bounds()[1] for each in sheet.get_objects())
            assert lowest < 0.2 * sheet.get_height(), language
    tab.close()


def test_only_stops_whose_cards_hang_by_the_day_are_announced(log: Path) -> None:
    held, today = retention.of_study(log, briefs.AREA), date(2027, 5, 1)
    first, second = held.plans["stop"].unique()[:2]
    hung_out = {first: date(2027, 4, 30), second: date(2027, 5, 2)}
    assert list(retention.announced(held, hung_out, today)["stop"]) == [first]
    assert retention.announced(held, {}, today).empty


@pytest.mark.proof
@pytest.mark.browser
@TWO_LANGUAGES
def test_a_brief_of_a_quarter_for_partners_is_two_sheets_too(
    log: Path, tmp_path: Path, browser: Browser, languages: tuple[str, ...]
) -> None:
    opened, on = study.read(), date(2027, 5, 1)
    now, before = retention.for_brief(
        store.read(log), briefs.AREA, "2026-Q4", "partner", on
    )
    page = draw(longest(now, before, opened, "partner"))
    (tmp_path / "brief.html").write_text(page, "utf-8")
    shown = browser.new_page()
    for language in languages:
        shown.goto("about:blank")
        shown.goto(f"{(tmp_path / 'brief.html').as_uri()}#{language}")
        shown.pdf(path=tmp_path / "brief.pdf", prefer_css_page_size=True)
        assert len(PdfDocument(tmp_path / "brief.pdf")) == 2, language
    shown.close()


@pytest.fixture(scope="module")
def without_report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A study without a report: its charts are on the briefs of the tests above."""
    folder = tmp_path_factory.mktemp("study")
    town.write(folder)
    settings = (folder / "study.toml").read_text("utf-8")
    (folder / "study.toml").write_text(
        re.sub("(?m)^report_tables.*", "", settings), "utf-8"
    )
    return folder


@pytest.mark.usefixtures("own_register")
def test_the_command_writes_page_and_pdf(
    without_report: Path, log: Path, tmp_path: Path
) -> None:
    executable()
    out = tmp_path / "out"
    passed("brief", "--month", "2026-11", "--study", without_report, "--log", log,
                "--out", out, "--language", "sq")  # fmt: skip
    text = PdfDocument(out / "2026-11.pdf")[0].get_textpage().get_text_range()
    assert "nëntor 2026" in text.lower()
    assert (out / "2026-11.html").stat().st_mode & 0o077 == 0


@pytest.mark.usefixtures("own_register")
def test_a_brief_leaves_for_a_recipient_a_purpose_and_until_a_day(
    without_report: Path, log: Path, tmp_path: Path
) -> None:
    executable()
    today = datetime.now(UTC).date()
    files = ("--study", without_report, "--log", log, "--out", tmp_path / "out",
             "--register", tmp_path / "register.jsonl")  # fmt: skip
    quarter = period_before(period_before(f"{today:%Y-%m}", "partner"), "partner")
    half = period_before(period_before(f"{today:%Y-%m}", "public"), "public")
    partner = ("brief", "--tier", "partner", "--quarter", quarter, *files)
    ends = ("--purpose", "health", "--until", today)
    assert "--to has no name" in call(*partner, *ends).output
    early = call(*partner, "--to", "UNHCR", *ends)
    assert "UNHCR is not on the office's list today" in " ".join(early.output.split())
    assert not (tmp_path / "register.jsonl").exists()
    given.write(tmp_path / "partners.toml", given.UNHCR | {"purpose": "health"})
    passed(*partner, "--to", "UNHCR", *ends)
    name = f"{today}-brief-partner-1"
    line = f"RELEASE {name}, tier partner, to UNHCR, for health."
    assert line in (tmp_path / "out" / f"{name}.html").read_text("utf-8")
    text = (
        PdfDocument(tmp_path / "out" / f"{name}.pdf")[1].get_textpage().get_text_range()
    )
    assert line in " ".join(text.split())
    assert (
        name
        in call("release", "list", "--register", tmp_path / "register.jsonl").output
    )
    police = call(*partner, "--to", "Kosovo Police", *ends)
    assert "Kosovo Police reads like an authority that stops" in police.output
    assert "--half-year YYYY-HN" in police.output
    public = ("brief", "--tier", "partner", "--half-year", half, *files)
    assert call(*public, "--to", "Kosovo Police", *ends).exit_code == 0
    assert f"{today}-brief-public-1" in (tmp_path / "register.jsonl").read_text("utf-8")
