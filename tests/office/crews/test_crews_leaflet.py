"""The leaflet: nothing unchecked without the word draft, every letter in a font, no script."""

from __future__ import annotations

import io
import re
from datetime import date, timedelta
from importlib import resources
from pathlib import Path

import pandas as pd
import pytest
from fontTools.ttLib import TTFont
from pypdf import PdfReader

from layers import readers
from maps.cards.typesetting import FONTS
from mitrovica.crews import leaflet

TODAY = date(2026, 11, 30)


@pytest.fixture(scope="module")
def table() -> pd.DataFrame:
    return readers.study.read().table("leaflet")


def content(
    table: pd.DataFrame, *languages: str, draft: bool = True
) -> dict[str, object]:
    study = readers.study.read()
    return leaflet.content(
        table, study.places, study.table("services"), languages, draft=draft
    )


@pytest.mark.parametrize(
    ("on", "by", "says"),
    [
        (None, None, "ask: checked by nobody"),
        ("2026-11-30", " ", "ask: checked by nobody"),
        (None, "A lawyer", "which is no day"),
        ("30.11.2026", "A lawyer", "which is no day"),
        (str(TODAY - timedelta(days=185)), "A lawyer", "within six months"),
        (str(TODAY + timedelta(days=1)), "A lawyer", "within six months"),
        (str(TODAY - timedelta(days=184)), "A lawyer", None),
        (str(TODAY), "A lawyer", None),
    ],
)
def test_a_statement_without_a_check_is_named(
    on: str | None, by: str | None, says: str | None
) -> None:
    rows = pd.DataFrame({"statement": ["ask"], "checked_on": [on], "checked_by": [by]})
    found = [*leaflet.faults(rows, TODAY)]
    assert [says in fault for fault in found] == [True] * bool(says)  # type: ignore[operator]


def test_nobody_has_checked_the_shipped_leaflet(table: pd.DataFrame) -> None:
    assert len([*leaflet.faults(table, TODAY)]) == len(table) - 1
    assert leaflet.read_in(table) == []


def test_every_statement_has_a_source_and_a_text_in_each_language(
    table: pd.DataFrame,
) -> None:
    rows = table[table["statement"] != "reader"]
    assert rows[[*leaflet.LANGUAGES, "source"]].notna().all().all()
    assert {*leaflet.labels()["draft"]} == {*leaflet.LANGUAGES}
    assert all({*texts} == {*leaflet.LANGUAGES} for texts in leaflet.labels().values())
    # As of 2022, in every language; and the numbers are the same.
    for language in leaflet.LANGUAGES:
        texts = rows.set_index("statement")[language]
        assert "2022" in texts["as_of"]
        assert "112" in texts["emergency"]
        assert not set(re.findall(r"\d+", " ".join(texts))) - {"2022", "112"}


def test_every_letter_is_in_the_fonts(table: pd.DataFrame) -> None:
    known: set[int] = set()
    for package in FONTS:
        folder = Path(str(resources.files(package))) / "files"
        font = TTFont(sorted(folder.glob("*Regular.*"))[0])
        known |= {*font.getBestCmap()}
    texts = "".join(table[[*leaflet.LANGUAGES]].fillna("").to_numpy().ravel())
    labels = "".join("".join(t.values()) for t in leaflet.labels().values())
    joiners = {0x200C}
    letters = {*map(ord, texts + labels + "".join(leaflet.LANGUAGE_NAMES))}
    assert {chr(letter) for letter in letters - known - joiners} == set()


def test_each_page_of_a_draft_says_so(table: pd.DataFrame) -> None:
    said = content(table, "ar", "en")
    pages = PdfReader(io.BytesIO(leaflet.pdf(said, TODAY))).pages
    texts = [page.extract_text() for page in pages]
    assert len(texts) == 3
    assert all("DRAFT: not checked" in text for text in texts)
    html = leaflet.page(said)
    assert "DRAFT: not checked" in html
    assert "<script" not in html
    assert "script-src" not in html
    assert 'dir="rtl"' in html
    assert html.count("not tested") == 2


def test_what_is_checked_is_no_draft(table: pd.DataFrame) -> None:
    checked = table.assign(checked_on=str(TODAY), checked_by="A lawyer")
    checked.loc[checked["statement"] == "reader", "en"] = "A reader"
    assert [*leaflet.faults(checked, TODAY)] == []
    assert leaflet.read_in(checked) == ["en"]
    said = content(checked, "en", draft=False)
    [sheet, sources] = PdfReader(io.BytesIO(leaflet.pdf(said, TODAY))).pages
    text = sheet.extract_text()
    assert "DRAFT" not in text + sources.extract_text() + leaflet.page(said)
    assert "photographs and fingerprints" in " ".join(text.split())
    assert "Hani i Elezit / Đeneral Janković" in " ".join(text.split())
    assert sources.extract_text().count("A lawyer") == len(table) - 1


def test_a_guardian_and_a_safe_house_are_never_named(table: pd.DataFrame) -> None:
    study = readers.study.read()
    services = study.table("services").assign(organisation="Someone")
    said = leaflet.content(table, study.places, services, ["en"], draft=True)
    [english] = said["languages"]
    assert {"guardian", "safe_house"} <= {*services["service"]}
    assert not {"guardian", "safe_house"} & {*leaflet.labels()}
    told = {*services["service"]} & {*leaflet.labels()}
    assert len(english["services"]) == len(told)
