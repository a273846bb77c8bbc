"""`plan leaflet`: a draft only where it is asked for, and in no run."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from studies import example, leaflets
from tools.command_line import call

pytestmark = pytest.mark.usefixtures("generalised")

TODAY = datetime.now(UTC).date()


def test_what_nobody_checked_is_a_draft_or_nothing(tmp_path: Path) -> None:
    study = leaflets.add(example.copy(tmp_path / "study"))
    line = ("plan", "leaflet", "--study", study, "--out", tmp_path / "out")
    done = call(*line)
    assert done.exit_code == 2
    assert "ask: checked by nobody" in done.output
    assert "Fix: fill in checked_on" in done.output
    assert not (tmp_path / "out").exists()
    draft = call(*line, "--draft")
    assert draft.exit_code == 0, draft.output
    assert "not tested" in draft.stderr
    assert "do not hand it out" in draft.stderr
    text = (tmp_path / "out" / "leaflet.html").read_text("utf-8")
    assert "DRAFT: not checked" in text


def test_checked_statements_are_written_in_languages_that_were_read(
    tmp_path: Path,
) -> None:
    study = example.copy(tmp_path / "study")
    line = ("plan", "leaflet", "--study", study, "--out", tmp_path / "out")
    assert "has no leaflet. Fix: " in call(*line).output
    leaflets.add(study, on=str(TODAY), by="A lawyer")
    assert "nobody is named who has read" in call(*line).output
    leaflets.add(study, on=str(TODAY), by="A lawyer", readers=("en", "fr"))
    done = call(*line)
    assert done.exit_code == 0, done.output
    text = (tmp_path / "out" / "leaflet.html").read_text("utf-8")
    assert "DRAFT" not in text
    assert text.count("Read by: A reader") == 2
    old = TODAY - timedelta(days=190)
    leaflets.add(study, on=str(old), by="A lawyer", readers=("en",))
    assert "not within six months" in call(*line).output
    wrong = call(*line, "--languages", "de")
    assert "--languages names de. Fix: some of ar,ckb" in wrong.output


def test_no_run_and_no_card_holds_a_leaflet(generalised_run: tuple[Path, str]) -> None:
    names = {path.name for path in generalised_run[0].rglob("*")}
    assert not {name for name in names if "leaflet" in name}
