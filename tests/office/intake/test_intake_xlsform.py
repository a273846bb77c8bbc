"""The field form: compiled by pyxform, filled by a script, exported, read back, nothing lost."""

from __future__ import annotations

import random
import re
import time
import uuid
from collections.abc import Iterable
from functools import partial
from pathlib import Path

import openpyxl
import pytest
from logs.visit_pages import Answers, Form, write_csv, write_xlsx
from pyxform.xls2xform import convert

from geo.schema import NEEDS, RECORDS, VISIT
from layers.package_data import FORMULA
from mitrovica.intake import report as sightings
from mitrovica.intake import xlsform
from mitrovica.intake.personal import header_suspicion
from mitrovica.intake.record_rows import WIDENED

KOBO = ("_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status",
        "_submitted_by", "__version__", "_tags", "_index")  # fmt: skip
ODK = ("meta-instanceID", "KEY", "SubmitterID", "SubmitterName", "AttachmentsPresent",
       "AttachmentsExpected", "Status", "ReviewState", "DeviceID", "Edits",
       "FormVersion")  # fmt: skip


class SightingForm(Form):
    """The form of sightings, filled by a script that knows only what a device does."""

    def fill_in(self, draw: random.Random) -> Answers:
        """Answer every question that the answers so far leave relevant, within its constraint."""
        answers: Answers = {
            "meta/instanceID": f"uuid:{uuid.UUID(int=draw.getrandbits(128))}"
        }
        for path, bind in self.binds.items():
            if path.startswith("meta") or not bind.get("type"):
                continue
            skipped = path.startswith("group/") and answers["kind"] == VISIT
            optional = bind.get("required") != "true()" and draw.random() < 0.3
            if not (skipped or optional):
                answers[path] = self.answered(
                    path, str(bind.get("type")), answers, draw
                )
        return answers

    def answered(
        self, path: str, kind: str, answers: Answers, draw: random.Random
    ) -> object:
        name = path.rpartition("/")[2]
        if path in self.choices:
            tag, items = self.choices[path]
            values = [item["name"] for item in items]
            if tag == "select1":
                return draw.choice(values)
            some = [value for value in values if value != "none_named"]
            return " ".join(draw.sample(some, draw.randint(1, 4)))
        match kind:
            case "geopoint":
                lat, lon = draw.uniform(42.8, 43.2), draw.uniform(20.6, 21.1)
                return f"{lat:.7f} {lon:.7f} {draw.uniform(400, 900):.1f} {draw.uniform(0, 30):.3f}"
            case "int":
                low = answers["group/group_min"] if name == "group_max" else 1
                return draw.randint(low, low + 40)
            case "date":
                first = int(answers["when/date_from"][-2:]) if name == "date_to" else 1
                return f"2024-05-{draw.randint(first, 31):02}"
        return draw.choice(
            ["кеј на Ибру", "Stacioni i autobusëve, peroni 3", 'most "Šarski"; levo']
        )


@pytest.fixture(scope="module")
def workbook(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return xlsform.write_form(tmp_path_factory.mktemp("form") / "form.xlsx")


@pytest.fixture(scope="module")
def form(workbook: Path) -> SightingForm:
    return SightingForm(convert(str(workbook)).xform)


def split_point(point: str, names: Iterable[str]) -> dict[str, str]:
    return dict(zip(names, point.split(" "), strict=True))


def kobo_rows(filled: list[Answers], paths: list[str]) -> list[Answers]:
    parts = [
        f"where/_location_{p}"
        for p in ("latitude", "longitude", "altitude", "precision")
    ]
    rows = []
    for index, answers in enumerate(filled, 1):
        row: Answers = {}
        needs = str(answers.get("group/needs", "")).split()
        for path in paths:
            row[path] = answers.get(path, "")
            if path == "where/location":
                row |= split_point(answers[path], parts)
            if path == "group/needs":
                row |= {f"{path}/{n}": int(n in needs) if needs else "" for n in NEEDS}
        server = dict.fromkeys(KOBO, "")
        server |= {"_id": 405_000_000 + index, "_uuid": answers["meta/instanceID"][5:],
                   "_submission_time": "2024-06-01T10:00:00", "_submitted_by": "team_2",
                   "_status": "submitted_via_web", "__version__": "vX",
                   "_index": index}  # fmt: skip
        rows.append(row | server)
    return rows


def odk_rows(filled: list[Answers], paths: list[str]) -> list[Answers]:
    parts = [
        f"where-location-{p}" for p in ("Latitude", "Longitude", "Altitude", "Accuracy")
    ]
    rows = []
    for answers in filled:
        row: Answers = {"SubmissionDate": "2024-06-01T10:00:00.000Z"}
        for path in paths:
            if path == "where/location":
                row |= split_point(answers[path], parts)
            else:
                row[path.replace("/", "-")] = answers.get(path, "")
        key = answers["meta/instanceID"]
        rows.append(row | dict.fromkeys(ODK, "") | {"meta-instanceID": key, "KEY": key,
                    "SubmitterName": "Team Two", "SubmitterID": 12})  # fmt: skip
    return rows


EXPORTS = {
    "KoboToolbox CSV": (kobo_rows, "kobo.csv", partial(write_csv, kobo=True)),
    "KoboToolbox XLSX": (kobo_rows, "kobo.xlsx", write_xlsx),
    "ODK Central CSV": (odk_rows, "odk.csv", partial(write_csv, kobo=False)),
}


def assert_nothing_lost(
    report: sightings.SightingsReport, filled: list[Answers]
) -> None:
    assert not report.faults
    assert len(report.accepted) + len(report.visits) == len(filled)
    used = {**report.accepted.set_index("id").to_dict("index"),
            **report.visits.set_index("id").to_dict("index")}  # fmt: skip
    for answers in filled:
        key = answers["meta/instanceID"]
        row = used.get(key) or used[key.removeprefix("uuid:")]
        lat, lon, _, accuracy = map(float, answers["where/location"].split(" "))
        assert (row["lat"], row["lon"]) == (lat, lon)
        stated = answers["where/uncertainty_m"] + WIDENED * accuracy
        assert row["uncertainty_m"] == pytest.approx(stated, abs=1e-9)
        for path, answer in answers.items():
            name = path.rpartition("/")[2]
            if name in {"instanceID", "location", "uncertainty_m"}:
                continue
            if name == "kind":
                assert row.get("kind", VISIT) == answer
            elif name == "needs":
                assert set(row["needs"].split("; ")) == set(answer.split())
            elif name.startswith("date"):
                assert f"{row[name]:%Y-%m-%d}" == answer
            else:
                assert row[name] == answer


def test_pyxform_compiles_the_form_without_a_warning(workbook: Path) -> None:
    result = convert(str(workbook))
    assert result.warnings == []
    assert result.xform.count("<translation ") == 3


def questions() -> list[dict[str, str]]:
    header, *rows = xlsform.rows("form_survey")
    return [dict(zip(header, row, strict=True)) for row in rows]


def choices(question: str) -> set[str]:
    return {name for of, name, *_ in xlsform.rows("form_choices")[1:] if of == question}


def test_every_text_stands_in_three_languages() -> None:
    for row in questions():
        for column in ("label", "hint", "constraint_message"):
            texts = [
                text for name, text in row.items() if name.startswith(f"{column}::")
            ]
            assert len(texts) == 3
            assert all(texts) or not any(texts)
    for row_ in xlsform.rows("form_choices"):
        assert len(row_) == 5
        assert all(row_)


def test_the_form_has_the_names_of_the_schema() -> None:
    names = {
        q["name"]
        for q in questions()
        if q["name"] and not q["type"].startswith("begin")
    }
    assert names - {"location"} <= set(RECORDS.names)
    assert choices("kind") == {*RECORDS["kind"].values, VISIT}
    assert choices("located_kind") == set(RECORDS["located_kind"].values)
    assert choices("heading") == set(RECORDS["heading"].values)
    assert choices("needs") == set(NEEDS)


def test_the_form_asks_for_nothing_that_identifies_a_person() -> None:
    named = [q for q in questions() if q["name"]]
    assert not [q["name"] for q in named if header_suspicion(q["name"])]
    people = {c.name for c in RECORDS.columns if c.sensitive}
    # Of what describes people the form has only needs and heading; the others describe the spot.
    assert people & {q["name"] for q in named} == {
        "place", "needs", "heading", "date_from", "date_to", "time_of_day"
    }  # fmt: skip
    recorded = {
        "start",
        "end",
        "deviceid",
        "username",
        "phonenumber",
        "email",
        "image",
        "audio",
    }
    assert not recorded & {q["type"] for q in named}


@pytest.mark.parametrize("export", EXPORTS, ids=str)
def test_an_export_reads_back_with_no_mapping(
    form: SightingForm, tmp_path: Path, export: str
) -> None:
    assert_reads_back(form, tmp_path, export, count=20, seed=1)


@pytest.mark.proof
@pytest.mark.parametrize("export", EXPORTS, ids=str)
def test_200_submissions_come_back_whole(
    form: SightingForm, tmp_path: Path, export: str
) -> None:
    assert_reads_back(form, tmp_path, export, count=200, seed=2)


def assert_reads_back(
    form: SightingForm, folder: Path, export: str, count: int, seed: int
) -> None:
    draw = random.Random(seed)
    filled = [form.fill_in(draw) for _ in range(count)]
    assert any(answers["kind"] == VISIT for answers in filled)
    rows, name, write = EXPORTS[export]
    path = write(rows(filled, form.paths), folder / name)
    assert_nothing_lost(sightings.read(path), filled)


def test_no_cell_is_taken_for_a_formula(tmp_path: Path) -> None:
    book = openpyxl.load_workbook(xlsform.write_form(tmp_path / "form.xlsx"))
    cells = [
        cell
        for sheet in book
        for row in sheet
        for cell in row
        if cell.value is not None
    ]
    assert len(cells) > 200
    for cell in cells:
        assert cell.data_type != "f", cell.coordinate
        assert not re.search(FORMULA, str(cell.value)), (cell.coordinate, cell.value)


def test_equal_forms_are_equal_files_whenever_written(
    workbook: Path, tmp_path: Path
) -> None:
    # The times in a ZIP file are even seconds.
    time.sleep(max(0.0, workbook.stat().st_mtime + 2.1 - time.time()))
    again = xlsform.write_form(tmp_path / "again.xlsx", "sightings")
    assert again.read_bytes() == workbook.read_bytes()
