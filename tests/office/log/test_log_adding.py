"""What is wrong in a file is listed with its place and its fix, and the rest is taken."""

from __future__ import annotations

import shutil
from datetime import UTC, datetime
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from logs import visit_log
from logs.visit_pages import Answers, kobo_rows, write_csv, write_xlsx

from mitrovica.log import imports, store, visit_forms


@cache
def met(count: int) -> list[Answers]:
    """Return pages of stops that were made, each with groups; nobody changes them."""
    made = [page for page in visit_log.filled(5) if int(page.get("page/groups", 0)) > 0]
    return made[:count]


CHANGES = {
    "no such stop": ("page/stop", "2026-12-01_evening_1_9_0000", "stop",
                     "no plan in the log has this stop"),
    "no outcome": ("page/outcome", "", "outcome", "outcome is empty"),
    "no reason": ("page/outcome", "skipped", "skip_reason", "needs a reason"),
    "no time": ("page/arrived", "half past nine", "arrived", "this is not a time"),
    "clock shows it twice": ("page/arrived", "2026-10-25T02:30:00", "arrived", "twice"),
    "wrong year": ("page/arrived", "2025-12-02T04:36:00.000+01:00", "arrived", "more than a day"),
    "left before": ("page/left", "2026-12-01T04:00:00.000+01:00", "left", "not a departure"),
    "left in the future": ("page/left", "2027-12-01T04:00:00.000+01:00", "left", "in the future"),
    "no number": ("page/groups", "many", "groups", "this is not a number"),
    "more than were met": ("page/groups", "0", "size_1", "more groups than were met"),
    "no size": ("page/group_1/size_1", "", "size_1", "group 1 was met and has no"),
    "no such need": ("page/group_1/needs_1", "water gold", "needs_1", "knows no such value"),
    "text as language": ("page/group_1/language_1", "he said", "language_1", "no such value"),
    "reviewer": ("_validation_status", "Not Approved", "_validation_status", "not approved"),
}  # fmt: skip


@pytest.fixture(scope="module")
def reported(
    planned: Path, tmp_path_factory: pytest.TempPathFactory
) -> imports.FileReport:
    """Return what is said of a page for each change, a row each, and of two that are right."""
    folder = tmp_path_factory.mktemp("changed")
    path = Path(shutil.copy(planned, folder))
    rows = kobo_rows(met(len(CHANGES) + 2), visit_log.form(), ticks=False)
    for row, (question, value, _, _) in zip(rows, CHANGES.values(), strict=False):
        row[question] = value
    # A crew may leave in the minute in which it came.
    rows[-1]["page/left"] = rows[-1]["page/arrived"]
    (report,) = visit_log.add(path, write_csv(rows, folder / "kobo.csv", kobo=True))
    assert (report.taken, report.unusable) == (2, len(CHANGES))
    assert len(store.read(path).visits) == 2
    return report


@pytest.mark.parametrize("change", CHANGES, ids=str)
def test_a_page_that_cannot_be_used_is_listed_and_the_others_are_taken(
    reported: imports.FileReport, change: str
) -> None:
    _, _, column, problem = CHANGES[change]
    # Below the line of names.
    row = [*CHANGES].index(change) + 2
    faults = [one for one in reported.faults if (one.row, one.column) == (row, column)]
    assert any(problem in fault.problem for fault in faults)
    assert all(fault.file == "kobo.csv" and fault.fix for fault in faults)


def test_a_skipped_stop_of_a_night_to_come_is_not_taken(
    path: Path, tmp_path: Path
) -> None:
    """As one that was made is not: the wrong night was chosen, or a clock is wrong."""
    rows = kobo_rows(met(1), visit_log.form(), ticks=False)
    rows[0] |= {
        "page/outcome": "skipped",
        "page/skip_reason": "no_time",
        "page/groups": "",
    }
    rows[0] = {
        k: "" if k.startswith("page/group_") else value for k, value in rows[0].items()
    }
    file = write_csv(rows, tmp_path / "kobo.csv", kobo=True)
    before = datetime(2026, 11, 1, tzinfo=UTC)
    (report,) = imports.add(path, [file], now=before)
    assert [(fault.column, report.taken) for fault in report.faults] == [("stop", 0)]
    assert "planned for more than a day from now" in report.faults[0].problem
    assert visit_log.add(path, file)[0].taken == 1


def test_rows_are_listed_from_the_first_on(path: Path, tmp_path: Path) -> None:
    rows = kobo_rows(met(3), visit_log.form(), ticks=False)
    rows[0]["page/stop"], rows[2]["page/groups"] = (
        "2026-12-01_evening_1_9_0000",
        "many",
    )
    rows[1]["page/left"] = "2027-12-01T04:00:00.000+01:00"
    lines = imports.lines(
        visit_log.add(path, write_csv(rows, tmp_path / "kobo.csv", kobo=True))
    )
    said = [line.split(",")[1] for line in lines if ", row " in line]
    assert list(dict.fromkeys(said)) == [" row 2", " row 3", " row 4"]


def test_a_page_is_taken_once_it_is_mended(path: Path, tmp_path: Path) -> None:
    rows = kobo_rows(met(3), visit_log.form(), ticks=False)
    right = rows[1]["page/groups"]
    rows[1]["page/groups"] = "many"
    visit_log.add(path, write_csv(rows, tmp_path / "kobo.csv", kobo=True))
    rows[1]["page/groups"] = right
    (report,) = visit_log.add(path, write_csv(rows, tmp_path / "kobo.csv", kobo=True))
    assert (report.taken, report.repeated, report.corrected) == (1, 2, 0)


def test_pages_of_a_plan_that_is_not_in_the_log_wait_for_it(tmp_path: Path) -> None:
    path = tmp_path / "other.gpkg"
    file = write_csv(
        kobo_rows(met(3), visit_log.form()), tmp_path / "kobo.csv", kobo=True
    )
    (report,) = visit_log.add(path, file)
    assert (report.taken, report.unusable) == (0, 3)
    assert "mitrovica log add FOLDER/forms/stops.csv" in report.faults[0].fix
    assert not path.exists()
    # In whatever order they are given, the plan goes first.
    pages, _ = visit_log.add(path, file, visit_log.stops_file(tmp_path))
    assert (pages.taken, pages.unusable) == (3, 0)


def test_another_file_and_an_export_of_labels_are_named_and_nothing_is_taken(
    path: Path, tmp_path: Path
) -> None:
    (tmp_path / "notes.csv").write_text("place,remark\nA,B\n")
    (tmp_path / "broken.gpx").write_text("<gpx><trk>")
    (tmp_path / "old.xls").write_bytes(b"\xd0\xcf\x11\xe0old")
    before = path.read_bytes()
    reports = visit_log.add(
        path, *(tmp_path / name for name in ("notes.csv", "broken.gpx", "old.xls"))
    )
    assert [report.taken for report in reports] == [0, 0, 0]
    assert "this is not an export of the visit form" in reports[0].faults[0].problem
    assert "values and headers in XML" in reports[0].faults[0].fix
    assert "no GPX" in reports[1].faults[0].problem
    assert "no workbook" in reports[2].faults[0].problem
    assert path.read_bytes() == before


def test_times_of_a_workbook_without_an_offset_are_those_of_the_plan(
    path: Path, tmp_path: Path
) -> None:
    pages = met(3)
    rows = kobo_rows(pages, visit_log.form(), ticks=False)
    for row in rows:
        for name in ("page/arrived", "page/left"):
            row[name] = visit_log.local(row[name])
    (report,) = visit_log.add(path, write_xlsx(rows, tmp_path / "kobo.xlsx"))
    assert (report.taken, report.unusable) == (3, 0)
    stored = set(store.read(path).visits["arrived_at"])
    assert stored == {visit_log.utc(page["page/arrived"]) for page in pages}


@pytest.mark.parametrize("column", ["vehicle", "order"])
@pytest.mark.parametrize("number", ["1e308", "1e19", "-1", "1.5"])
def test_a_number_that_no_plan_has_is_named(
    planned: Path, tmp_path: Path, column: str, number: str
) -> None:
    stops = visit_log.stops_file(tmp_path)
    rows = pd.read_csv(stops, dtype=str)
    rows.loc[0, column] = number
    rows.to_csv(stops, index=False)
    (report,) = visit_log.add(tmp_path / "log.gpkg", stops)
    (fault,) = report.faults
    assert (fault.row, fault.column, fault.value) == (2, column, number)
    assert "a whole number" in fault.fix
    assert report.taken == len(rows) - 1


@pytest.mark.parametrize("end", ["+1:0", "-1", "UTC", " CET", "z", "+"])
def test_a_time_with_half_an_offset_is_not_read_as_another(end: str) -> None:
    stated = pd.Series([f"2026-12-01T17:00:00{end}", "2026-12-01T17:00:00"])
    first, second = visit_forms._instants(stated, pd.Series(["Europe/Belgrade"] * 2))
    assert pd.isna(first)
    assert second == pd.Timestamp("2026-12-01T16:00Z")
