"""Another desk's file is merged whole, or refused in a sentence; the own log is as it was."""

from __future__ import annotations

import os
import random
import shutil
import sqlite3
from collections.abc import Callable
from contextlib import closing
from datetime import date
from pathlib import Path

import pytest
from logs import visit_log
from logs.visit_pages import kobo_rows, write_csv

from layers.complaints import UserError, complaint
from mitrovica.log import imports, retention, store

Change = Callable[[Path], object]


def sql(*statements: str) -> Change:
    """Return what changes a file with these statements, as SQLite lets anybody do."""

    def change(path: Path) -> None:
        with closing(sqlite3.connect(path)) as gpkg, gpkg:
            for (trigger,) in gpkg.execute(
                "SELECT name FROM sqlite_master WHERE type = 'trigger'"
            ).fetchall():
                gpkg.execute(f'DROP TRIGGER "{trigger}"')
            for statement in statements:
                gpkg.execute(statement)

    return change


def torn(share: float) -> Change:
    return lambda path: os.truncate(path, int(path.stat().st_size * share))


def flipped(seed: int) -> Change:
    """Return what changes twenty bits of a file."""

    def change(path: Path) -> None:
        content, draw = bytearray(path.read_bytes()), random.Random(seed)
        for _ in range(20):
            content[draw.randrange(len(content))] ^= 1 << draw.randrange(8)
        path.write_bytes(bytes(content))

    return change


def linked(path: Path) -> None:
    path.unlink()
    path.symlink_to(path.name)


def pipe(path: Path) -> None:
    path.unlink()
    os.mkfifo(path)


def elsewhere(path: Path) -> None:
    """Let the file be a link to a folder."""
    path.unlink()
    path.symlink_to(path.parent)


ENDLESS = (
    "CREATE VIEW visits AS WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n) "
    "SELECT i AS visit_id FROM n"
)
REFUSED: dict[str, tuple[Change, str]] = {
    "a later version": (
        sql("UPDATE imports SET version = '99.0'", "ALTER TABLE visits ADD mood TEXT"),
        "was written by version 99.0, which keeps visits.mood",
    ),
    "a view without an end": (sql("DROP TABLE visits", ENDLESS), "has no table visits"),
    "text for a number": (sql("UPDATE visits SET vehicle = 'x'"), "table visits: "),
    "a row that replaces itself": (
        sql("UPDATE visits SET replaces = visit_id"), "row 1 replaces itself",
    ),
    "twenty bits": (flipped(1), "Fix: name another file"),
    "a pipe": (pipe, "is a folder, a pipe or a device"),
}  # fmt: skip
MORE: dict[str, tuple[Change, str]] = {
    "a stop of no plan": (sql("UPDATE visits SET stop = 'x'"), "row 1 names a stop of no plan"),
    "ids that stand twice": (sql("UPDATE visits SET visit_id = 'x'"), "row 2 stands twice"),
    "no ids": (sql("UPDATE visits SET visit_id = NULL"), "column visit_id: an empty cell"),
    "no stops": (sql("ALTER TABLE visits DROP COLUMN stop"), "column stop: an empty cell"),
    "a huge number": (sql("UPDATE visits SET vehicle = 1e300"), "table visits: "),
    "a vehicle below 1": (sql("UPDATE visits SET vehicle = -5"), "column vehicle: '-5'"),
    "a class of no list": (
        sql("UPDATE groups SET size_class = '<script>'"), "size_class: '<script>'",
    ),
    "a kind of no list": (sql("UPDATE imports SET kind = 'x'"), "imports, row 1, column kind: 'x'"),
    "a day of no calendar": (sql("UPDATE visits SET date = '2026-02-30'"), "date: '2026-02-30'"),
    "a month of no calendar": (sql("UPDATE groups SET month = '2026-13'"), "month: '2026-13'"),
    "a time of no clock": (sql("UPDATE visits SET left_at = 'late'"), "table visits: "),
    "a time without end": (sql("UPDATE visits SET left_at = '99999-01-01'"), "table visits: "),
    "a zone of no list": (sql("UPDATE nights SET time_zone = 'Moon/Base'"), "'Moon/Base'"),
    "bytes for text": (sql("UPDATE visits SET stop = x'ff00fe'"), "table visits: "),
    "a shape of no bytes": (sql("UPDATE plans SET geom = x'00'"), "no GeoPackage that can"),
    "a shape of no form": (
        sql("UPDATE plans SET geom = x'47500001E6100000AB'"), "no GeoPackage that can",
    ),
    "a link to itself": (linked, "Fix: "),
    "a link to a folder": (elsewhere, "is a folder, a pipe or a device"),
    "of 10 GB": (lambda path: os.truncate(path, 10**10), "has 10,000 MB"),
    **{f"torn at {share:.0%}": (torn(share), "Fix: ") for share in (0, 0.1, 0.5, 0.9)},
}  # fmt: skip
PROOF = [
    pytest.param(*case, id=name, marks=pytest.mark.proof) for name, case in MORE.items()
]


@pytest.fixture(scope="module")
def desks(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the own log, of a plan alone, and another with its pages."""
    home = tmp_path_factory.mktemp("desks")
    stops = visit_log.stops_file(home)
    rows = kobo_rows(visit_log.filled(7)[:20], visit_log.form(), ticks=False)
    pages = write_csv(rows, home / "kobo.csv", kobo=True)
    imports.add(home / "own.gpkg", [stops], now=visit_log.NOW)
    imports.add(home / "other.gpkg", [stops, pages], now=visit_log.NOW)
    return home


@pytest.fixture
def both(desks: Path, tmp_path: Path) -> tuple[Path, Path]:
    names = "own.gpkg", "other.gpkg"
    own, other = (Path(shutil.copy(desks / name, tmp_path)) for name in names)
    return own, other


@pytest.mark.parametrize(
    ("change", "says"),
    [*(pytest.param(*case, id=name) for name, case in REFUSED.items()), *PROOF],
)
def test_what_no_log_holds_is_refused_in_a_sentence(
    both: tuple[Path, Path], change: Change, says: str
) -> None:
    own, other = both
    before = own.read_bytes()
    change(other)
    with pytest.raises((UserError, OSError)) as caught:
        retention.merge(own, other, now=visit_log.NOW)
    (line,) = complaint(caught.value)
    assert says in line
    assert "Fix: " in line
    assert own.read_bytes() == before


@pytest.mark.proof
def test_five_hundred_files_with_twenty_bits_changed_are_merged_or_refused(
    both: tuple[Path, Path],
) -> None:
    own, other = both
    content, before = other.read_bytes(), own.read_bytes()
    ends = {"merged": 0, "refused": 0}
    for seed in range(500):
        other.write_bytes(content)
        flipped(seed)(other)
        try:
            retention.merge(own, other, now=visit_log.NOW)
        except Exception as error:  # noqa: BLE001 - each is judged
            assert complaint(error), (seed, error)
            assert own.read_bytes() == before
            ends["refused"] += 1
        else:
            log = store.read(own)
            assert log.visits["visit_id"].notna().all()
            retention.unsettled(log)
            own.write_bytes(before)
            ends["merged"] += 1
    print(ends)


def test_a_log_merged_with_itself_or_through_a_link_is_as_it_was(
    both: tuple[Path, Path],
) -> None:
    own, _ = both
    link = own.with_name("link.gpkg")
    link.symlink_to(own)
    before = own.read_bytes()
    for other in (own, link):
        said = retention.merge(own, other, now=visit_log.NOW)
        assert said == "The log has all of it already: nothing is added"
    assert own.read_bytes() == before


@pytest.mark.proof
def test_purged_sizes_stay_purged_whichever_log_is_merged(
    both: tuple[Path, Path],
) -> None:
    own, other = both
    retention.merge(own, other, now=visit_log.NOW)
    later = visit_log.NOW.replace(year=visit_log.NOW.year + 2)
    whole = own.read_bytes()
    retention.purge(own, date(later.year, 1, 1), now=later)
    purged = own.with_name("purged.gpkg")
    shutil.copy(own, purged)
    retention.merge(own, other, now=later)
    assert set(store.read(own).groups["size_class"]) == {"unknown"}
    own.write_bytes(whole)
    retention.merge(own, purged, now=later)
    assert set(store.read(own).groups["size_class"]) == {"unknown"}
    groups = [len(store.read(path).groups) for path in (own, purged)]
    assert groups[0] == groups[1] > 10
