"""What plans expected: a digest in the log, the text beside it until it is scored, nowhere else."""

from __future__ import annotations

import json
from datetime import UTC, date, datetime
from pathlib import Path

import pandas as pd
import pytest
from folders import ROOT

from layers import office
from layers.log import expected, keeping, store

TABLE = pd.DataFrame(
    {"plan": [0.123457], "probability": [None]},
    pd.Index(["zlatiborska"], name="stop"),
)
NOW = datetime(2026, 11, 10, tzinfo=UTC)


@pytest.fixture
def log(tmp_path: Path) -> Path:
    """Return a log in which a plan noted what it expects, up to 15 November."""
    path = tmp_path / "log.gpkg"
    expected.note(path, "plan", "Town", date(2026, 11, 15), TABLE, NOW)
    return path


def test_the_log_holds_a_digest_and_no_word_of_the_text(log: Path) -> None:
    (one,) = expected.texts(log)
    assert one.table.loc["zlatiborska", "plan"] == pytest.approx(0.123457)
    row = store.read(log).imports.iloc[-1]
    assert row[["kind", "sha256", "rows"]].tolist() == ["expect", one.digest, 1]
    for word in (b"zlatiborska", b"0.123457", one.salt.encode()):
        assert word not in log.read_bytes()


@pytest.mark.parametrize(
    "room",
    ["layers/releases", "layers/writers", "maps", "geo/brief", "geo/release"],
)
def test_nothing_that_leaves_or_is_drawn_reads_it(room: str) -> None:
    files = [*(ROOT / room).rglob("*.py")]
    assert files
    for file in files:
        text = file.read_text("utf-8")
        assert "log.expected" not in text, file
        assert "import expected" not in text, file
        assert expected.TEXTS not in text, file


def test_a_digest_without_its_salt_cannot_be_guessed_nor_a_text_changed(
    log: Path,
) -> None:
    (one,) = expected.texts(log)
    other = log.with_name("other.gpkg")
    expected.note(other, "plan", "Town", date(2026, 11, 15), TABLE, NOW)
    assert expected.texts(other)[0].text == one.text
    assert expected.texts(other)[0].digest != one.digest
    file = log.with_name(expected.TEXTS)
    file.write_text(file.read_text().replace("0.123457", "0.9"))
    digests = store.read(log).imports["sha256"].tolist()
    assert expected.texts(log)[0].digest not in digests


def test_it_is_in_no_export_and_in_no_backup_and_only_its_owner_reads_it(
    log: Path,
) -> None:
    copy = log.with_name("copy.gpkg")
    keeping.export(log, copy)
    assert b"zlatiborska" not in copy.read_bytes()
    file = log.with_name(expected.TEXTS)
    assert file.stat().st_mode & 0o077 == 0
    expected.settle(log, [{"area": "Town", "month": "2026-10"}], NOW.date())
    files = office.of_office(log, log.with_name("releases.jsonl"))
    assert file.exists()
    assert file not in files.values()
    # The scores name no stop; they stay.
    assert files["office/scores.json"] == log.with_name(expected.SCORES)


@pytest.mark.parametrize(
    ("month", "stays"), [("2026-10", True), ("2026-11", False)]
)
def test_the_text_goes_when_its_last_month_is_scored(
    log: Path, month: str, stays: bool
) -> None:
    for area in ("Other town", "Town"):
        assert expected.texts(log)
        score = {"area": area, "month": month}
        expected.settle(log, [score], date(2026, 12, 1))
    assert bool(expected.texts(log)) == stays
    assert log.with_name(expected.TEXTS).exists() == stays
    assert len(expected.scores(log)) == 2


def test_a_text_that_nobody_scored_goes_two_weeks_after_its_month(
    log: Path,
) -> None:
    for day, left in ((15, {"plan", "later"}), (16, {"later"})):
        now = datetime(2026, 12, day, tzinfo=UTC)
        expected.note(log, "later", "Town", date(2026, 12, 30), TABLE, now)
        assert {one.plan_id for one in expected.texts(log)} == left


def test_a_purge_takes_salt_and_text_of_nights_before_a_day(log: Path) -> None:
    assert expected.purge(log, date(2026, 11, 15)) == 0
    assert expected.purge(log, date(2026, 11, 16)) == 1
    assert expected.texts(log) == []
    assert not log.with_name(expected.TEXTS).exists()
    assert store.read(log).imports["kind"].tolist() == ["expect"]


def test_what_is_kept_is_json_of_one_line_a_plan(log: Path) -> None:
    (row,) = json.loads(log.with_name(expected.TEXTS).read_text())
    assert set(row) == {"plan_id", "area", "until", "salt", "text"}
