"""From a plan to its form, to filled pages, to exports, to the log: nothing lost, nothing more."""

from __future__ import annotations

import random
import shutil
from collections import Counter
from pathlib import Path

import pandas as pd
import pytest
from logs import visit_log
from logs.visit_pages import EXPORTS, Answers, kobo_rows, plan, write_csv

from mitrovica.log import retention, store, visit_forms
from mitrovica.log.current import in_force

COUNT = 100
NIGHTS = 14
GROUP = ["stop", "shift", "month", "size_class"]


@pytest.fixture(scope="module")
def filled() -> list[Answers]:
    return visit_log.filled(1, COUNT, NIGHTS)


@pytest.fixture(scope="module")
def taken(planned: Path, filled: list[Answers]) -> Path:
    """Return a log of a plan and its pages, as KoboToolbox's CSV has them."""
    path = Path(shutil.copy(planned, planned.with_name("taken.gpkg")))
    file = EXPORTS["KoboToolbox CSV"](filled, visit_log.form(NIGHTS), planned.parent)
    (report,) = visit_log.add(path, file)
    assert not report.faults
    assert (report.taken, report.repeated, report.corrected) == (COUNT, 0, 0)
    return path


@pytest.fixture
def whole(taken: Path, tmp_path: Path) -> Path:
    """Return a log of a plan and its pages."""
    return Path(shutil.copy(taken, tmp_path))


def short(answers: Answers) -> Answers:
    """Return the answers by the questions' own names."""
    return {path.rpartition("/")[2]: answer for path, answer in answers.items()}


def given_only(answers: Answers) -> Answers:
    """Return the answers without the ids of the page."""
    return {
        path: answer for path, answer in answers.items() if not path.startswith("meta")
    }


def answered(answers: list[Answers]) -> tuple[Counter[object], ...]:
    """Count the visits, groups and contacts that pages tell, by another way than the reader's."""
    stops = plan(NIGHTS).set_index("name")
    visits: Counter[object] = Counter()
    groups: Counter[object] = Counter()
    contacts: Counter[object] = Counter()
    for page in map(short, answers):
        stop = stops.loc[page["stop"]]
        month = stop["night"][:7]
        left = pd.Timestamp(page["left"]) if "left" in page else None
        visits[stop["night"], stop["shift"], stop["stop"], page["outcome"], left] += 1
        for i in range(1, int(page.get("groups", 0)) + 1):
            size = visit_forms.SIZES[page[f"size_{i}"]]
            noted = page[f"help_{i}"], page.get(f"came_by_{i}")
            groups[stop["stop"], stop["shift"], month, size, *noted] += 1
            spoken = page.get(f"language_{i}", "unknown")
            for name in ("language", "from", "women", "minors"):
                kind = "direction" if name == "from" else name
                if f"{name}_{i}" in page:
                    contacts[month, kind, page[f"{name}_{i}"], None] += 1
            if f"understood_{i}" in page:
                contacts[month, "understood", page[f"understood_{i}"], spoken] += 1
            for name, kind in (("needs", "need"), ("met", "need_met")):
                for need in page.get(f"{name}_{i}", "").split():
                    contacts[month, kind, need, None] += 1
    return visits, groups, contacts


def logged(path: Path) -> tuple[Counter[object], ...]:
    log = in_force(store.read(path), "A town")
    kept = []
    for rows, columns in (
        (log.visits, ["date", "shift", "stop", "outcome", "left_at"]),
        (log.groups, [*GROUP, "help", "came_by"]),
        (log.contacts, ["month", "kind", "value", "language"]),
    ):
        cells = rows[columns].astype(object)
        kept.append(
            Counter(map(tuple, cells.where(cells.notna(), None).to_numpy().tolist()))
        )
    return tuple(kept)


def test_every_visit_group_and_contact_is_accounted_for(
    filled: list[Answers], taken: Path
) -> None:
    assert logged(taken) == answered(filled)
    assert sum(logged(taken)[1].values()) > 40


def test_pages_of_the_older_form_are_read_and_corrected_by_newer_ones(
    filled: list[Answers], path: Path, tmp_path: Path
) -> None:
    """An older page has none of the questions that came later, and its id stays."""
    later = ("help_", "came_by_", "women_", "minors_")
    older = [
        {q: a for q, a in page.items() if not q.split("/")[-1].startswith(later)}
        for page in filled
    ]
    form = visit_log.form(NIGHTS)
    rows = kobo_rows(older, form)
    for row in rows:
        for question in list(row):
            if question.split("/")[-1].startswith(later):
                del row[question]
    file = write_csv(rows, tmp_path / "older.csv", kobo=True)
    (report,) = visit_log.add(path, file)
    assert not report.faults
    assert report.taken == COUNT
    log = in_force(store.read(path), "A town")
    assert log.groups[["help", "came_by"]].isna().all(axis=None)
    before = len(log.groups)
    (report,) = visit_log.add(path, EXPORTS["KoboToolbox CSV"](filled, form, tmp_path))
    assert report.taken == report.corrected > 0
    log = in_force(store.read(path), "A town")
    assert log.groups["help"].notna().all()
    assert len(log.groups) == before
    assert logged(path) == answered(filled)


@pytest.mark.proof
@pytest.mark.parametrize("export", EXPORTS, ids=str)
def test_every_visit_group_and_contact_of_an_export_is_accounted_for(
    filled: list[Answers], path: Path, tmp_path: Path, export: str
) -> None:
    file = EXPORTS[export](filled, visit_log.form(NIGHTS), tmp_path)
    (report,) = visit_log.add(path, file)
    assert not report.faults
    assert (report.taken, report.repeated, report.corrected) == (COUNT, 0, 0)
    assert logged(path) == answered(filled)
    assert sum(logged(path)[1].values()) > 40


@pytest.mark.parametrize(
    "exports",
    [
        ("KoboToolbox CSV", "KoboToolbox API", "ODK Central CSV"),
        pytest.param(tuple(EXPORTS), marks=pytest.mark.proof),
    ],
)
def test_the_same_pages_in_another_export_or_again_are_the_same(
    filled: list[Answers], whole: Path, tmp_path: Path, exports: tuple[str, ...]
) -> None:
    files = [
        EXPORTS[name](filled, visit_log.form(NIGHTS), tmp_path) for name in exports
    ]
    before = whole.read_bytes()
    first, *others = visit_log.add(whole, *files)
    for report in (first, *others):
        assert (report.taken, report.repeated, report.unusable) == (0, COUNT, 0)
    assert whole.read_bytes() == before
    assert first.notes[-1] == "added on 2026-12-30 12:00 UTC already: it adds nothing"


def test_a_correction_replaces_the_visit_and_all_that_was_said_of_groups(
    filled: list[Answers], whole: Path, tmp_path: Path
) -> None:
    path, form = whole, visit_log.form(NIGHTS)
    write = EXPORTS["KoboToolbox CSV"]
    draw = random.Random(3)
    stops = plan(NIGHTS).set_index("name", drop=False)
    corrected = []
    for answers in filled[:40]:
        new = form.fill(stops.loc[answers["page/stop"]].to_dict(), draw)
        corrected.append(new | {"meta/rootUuid": answers["meta/instanceID"]})
    now = [*corrected, *filled[40:]]
    same = sum(
        old == new
        for old, new in zip(map(given_only, filled), map(given_only, now), strict=True)
    )
    assert same < COUNT - 20
    before = store.read(path)
    (report,) = visit_log.add(path, write(now, form, tmp_path))
    assert (report.taken, report.corrected, report.repeated) == (
        COUNT - same,
        COUNT - same,
        same,
    )
    assert logged(path) == answered(now)
    # Nothing is changed or removed: the old rows are there, and are named.
    after = store.read(path)
    assert set(before.visits["visit_id"]) < set(after.visits["visit_id"])
    assert set(before.groups["group_id"]) <= set(after.groups["group_id"])
    assert set(after.visits["replaces"].dropna()) <= set(before.visits["visit_id"])
    # An older export that comes late changes nothing.
    (late,) = visit_log.add(path, write(filled, form, tmp_path))
    assert (late.taken, late.repeated) == (0, COUNT)
    assert logged(path) == answered(now)


def test_no_row_of_a_group_or_contact_says_which_visit_it_is_of(
    filled: list[Answers], taken: Path
) -> None:
    log = store.read(taken)
    for rows in (log.groups, log.contacts):
        ids = rows[rows.columns[:2]].stack()
        assert not set(ids) & set(log.visits[["visit_id", "page", "import_id"]].stack())
        assert not [
            name for name in rows if name in {"date", "import_id", "plan_id", "order"}
        ]
        assert rows[rows.columns[0]].is_monotonic_increasing
    everything = taken.read_bytes()
    for secret in ("crew_2", "x:7", "42.9012345", filled[0]["meta/instanceID"][5:]):
        assert secret.encode() not in everything, secret


def test_the_nights_say_what_was_planned_made_and_is_missing(
    filled: list[Answers], taken: Path
) -> None:
    nights = retention.nights(in_force(store.read(taken), "A town"))
    pages_ = [short(answers) for answers in filled]
    done = [page for page in pages_ if page["outcome"] == "done"]
    assert len(nights) == NIGHTS
    assert nights["planned"].eq(8).all()
    assert nights["made"].sum() == len(done)
    assert nights["skipped"].sum() == COUNT - len(done)
    assert nights["missing"].sum() == 8 * NIGHTS - COUNT
    minutes = [
        (pd.Timestamp(page["left"]) - pd.Timestamp(page["arrived"])).total_seconds()
        / 60
        for page in done
    ]
    assert nights["minutes"].sum() == pytest.approx(sum(minutes))
