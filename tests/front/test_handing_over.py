"""Feedback goes outside the patrols, an incident keeps them away, partners get a sheet."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import openpyxl
import pytest
from pypdf import PdfReader
from studies import example
from tools.command_line import call

from geo.params import Params
from geo.params.patrols import PatrolParams
from layers.readers import study
from layers.readers.config import away_from

FIRST = date(2026, 12, 1)


def test_the_feedback_form_asks_for_no_name_and_no_text(tmp_path: Path) -> None:
    form = tmp_path / "feedback.xlsx"
    done = call(
        "init", "form", form, "--feedback-to", "data protection officer"
    )
    assert done.exit_code == 0, done.output
    book = openpyxl.load_workbook(form)
    kinds = {
        str(row[0].value).split()[0] for row in book["survey"].iter_rows(2)
    }
    assert kinds == {"note", "select_one"}
    cells = [cell.value for row in book["survey"] for cell in row]
    assert any("data protection officer" in str(cell) for cell in cells)
    assert "@TO@" not in " ".join(map(str, cells))
    settings = [cell.value for row in book["settings"] for cell in row]
    assert "feedback_mitrovica_region" in settings


@pytest.mark.parametrize(
    "role",
    ["crew 2", "Regional coordinator", "DCAM", "Kosovo Police", " ", "a\nb"],
)
def test_feedback_goes_to_no_patrol_and_no_authority(
    role: str, tmp_path: Path
) -> None:
    form = tmp_path / "feedback.xlsx"
    refused = call("init", "form", form, "--feedback-to", role)
    assert refused.exit_code == 2
    assert "Fix: a role outside the patrols" in refused.output
    assert not form.exists()


def params(day: date | None) -> Params:
    return Params(
        patrols=PatrolParams(depot="d", date=day, suspend_stops=("old",))
    )


def test_an_incident_keeps_patrols_away_up_to_its_last_day() -> None:
    incidents = {"a": FIRST, "b": FIRST + timedelta(days=3)}
    one = away_from(params(FIRST), incidents).patrols
    assert one.suspend_stops == ("old", "a", "b")
    later = away_from(params(FIRST + timedelta(days=1)), incidents).patrols
    assert later.suspend_stops == ("old", "b")
    over = away_from(params(FIRST + timedelta(days=4)), incidents)
    assert over == params(FIRST + timedelta(days=4))
    several = away_from(params(FIRST), incidents, nights=3).patrols
    stops = [several.of_night(n).suspend_stops for n in (1, 2, 3)]
    assert stops == [("old", "b", "a"), ("old", "b"), ("old", "b")]
    without_day = away_from(params(None), incidents).patrols
    assert without_day.suspend_stops == ("old", "a", "b")


def test_an_incident_stands_in_the_study(tmp_path: Path) -> None:
    folder = example.copy(tmp_path / "study")
    with (folder / "study.toml").open("a", encoding="utf-8") as settings:
        settings.write(f"[incidents]\nstation = {FIRST}\n")
    assert study.read(folder).settings.incidents == {"station": FIRST}


def test_partners_get_a_sheet_and_no_authority_does(tmp_path: Path) -> None:
    out = tmp_path / "handover.pdf"
    done = call("plan", "handover", "--out", out)
    assert done.exit_code == 0, done.output
    assert "a sheet each for UNHCR, KRCT, JRS, CRPK, IOM" in " ".join(
        done.stdout.split()
    )
    assert len(PdfReader(out).pages) == 5
    bare = example.copy(tmp_path / "bare", services=None)
    refused = call("plan", "handover", "--study", bare, "--out", out)
    assert "names no organisation that helps. Fix: " in refused.output
