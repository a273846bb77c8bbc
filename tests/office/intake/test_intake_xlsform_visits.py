"""The visit form of a plan: compiled by pyxform, in three languages, with the names of the log."""

from __future__ import annotations

import csv
from pathlib import Path

import openpyxl
import pytest
from logs import visit_log, visit_pages
from pyxform.xls2xform import convert

from geo.schema import NEEDS, SKIP_REASONS, UNDERSTOOD, values
from mitrovica.intake import xlsform
from mitrovica.log import visit_forms


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("forms")
    return xlsform.write_visit_form(
        folder, visit_pages.plan(2), visit_log.places(), visit_log.HANDLING
    )


def sheet(workbook: Path, title: str) -> list[dict[str, object]]:
    head, *rows = openpyxl.load_workbook(workbook)[title].iter_rows(values_only=True)
    return [dict(zip(map(str, head), row, strict=True)) for row in rows]


def test_pyxform_compiles_the_form_without_a_warning(workbook: Path) -> None:
    result = convert(str(workbook))
    assert result.warnings == []
    assert result.xform.count("<translation ") == 3
    assert 'src="jr://file-csv/stops.csv"' in result.xform
    assert sheet(workbook, "settings")[0]["form_id"] == "visit_a_town"


def test_the_stops_are_the_plans_in_each_language_and_in_the_attachment(
    workbook: Path,
) -> None:
    stops = [row for row in sheet(workbook, "choices") if row["list_name"] == "stop"]
    planned = visit_pages.plan(2)
    assert [row["name"] for row in stops] == planned["name"].tolist()
    assert [row["night"] for row in stops] == planned["night"].tolist()
    assert stops[4] == {
        "list_name": "stop", "name": planned["name"][4], "night": "2026-12-01",
        "label::English (en)": "03:50 · Early morning 1 · 1. Place 1",
        "label::Shqip (sq)": "03:50 · Herët në mëngjes 1 · 1. Vendi 1",
        "label::Srpski (sr)": "03:50 · Rano ujutru 1 · 1. Mesto 1",
    }  # fmt: skip
    with (workbook.parent / "stops.csv").open(encoding="utf-8", newline="") as file:
        attached = list(csv.DictReader(file))
    assert [row["name"] for row in attached] == planned["name"].tolist()
    assert attached[4]["label"] == "03:50 · 1 · 1. Place 1 / Vendi 1 / Mesto 1"
    assert attached[4]["stop"] == "place_1"


def test_every_text_stands_in_three_languages() -> None:
    for file in ("visit_survey", "visit_choices"):
        head, *rows = xlsform.rows(file)
        for row in rows:
            by_name = dict(zip(head, row, strict=True))
            for column in ("label", "hint", "constraint_message"):
                texts = [
                    text
                    for name, text in by_name.items()
                    if name.startswith(f"{column}::")
                ]
                assert all(texts) or not any(texts), row


def test_the_form_has_the_names_that_the_log_reads(workbook: Path) -> None:
    choices = sheet(workbook, "choices")

    def of(question: str) -> set[object]:
        return {row["name"] for row in choices if row["list_name"] == question}

    asked = {row["name"] for row in sheet(workbook, "survey") if row["type"]}
    assert asked >= {column.name for column in visit_forms.COLUMNS} - {"root"}
    assert of("outcome") == set(values("outcomes"))
    assert of("skip_reason") == set(SKIP_REASONS)
    assert of("size") == set(visit_forms.SIZES)
    assert of("needs") == set(NEEDS)
    assert of("understood") == set(UNDERSTOOD)
    assert of("help") == set(values("help_answers"))
    assert of("came_by") == set(values("came_by"))
    assert of("yes_no") == {"yes", "no"}
    assert of("direction") == {"town_north", "town_south", "elsewhere", "unknown"}


def test_the_way_is_asked_after_help_was_offered_and_nobody_has_to_answer(
    workbook: Path,
) -> None:
    survey = sheet(workbook, "survey")
    order = [row["name"] for row in survey]
    by_name = {row["name"]: row for row in survey}
    assert order.index("help_1") < order.index("came_by_1")
    assert by_name["came_by_1"]["relevant"] == "${help_1} != 'not_offered'"
    for name in ("came_by_1", "women_1", "minors_1"):
        assert not by_name[name]["required"]
    for name in ("women_1", "minors_1"):
        assert "Never ask" in str(by_name[name]["hint::English (en)"])


def test_a_protection_concern_opens_the_referral_card_and_is_not_stored(
    workbook: Path,
) -> None:
    [concern] = [row for row in sheet(workbook, "survey") if row["name"] == "concern"]
    # A note has no answer, so that no export has one.
    assert concern["type"] == "note"
    assert "referral card" in str(concern["label::English (en)"])
    assert "concern" not in {column.name for column in visit_forms.COLUMNS}


def test_the_form_asks_for_no_name_number_picture_place_or_free_text(
    workbook: Path,
) -> None:
    kinds = {str(row["type"]).split()[0] for row in sheet(workbook, "survey")}
    assert kinds == {
        "begin_group", "end_group", "calculate", "date", "dateTime", "integer", "select_one",
        "select_multiple", "select_one_from_file", "note",
    }  # fmt: skip
