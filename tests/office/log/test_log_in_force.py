"""Whatever was corrected, merged, withdrawn and purged: every command counts what the pages say."""

from __future__ import annotations

import random
import re
import shutil
from collections import Counter
from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from pathlib import Path
from tempfile import TemporaryDirectory

import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from logs import visit_log
from logs.visit_pages import Answers, kobo_rows, plan, write_csv
from studies.quick import quick
from test_log_tracks import osmand
from tools.command_line import call

from geo import schema, study
from geo.corridors.distance import corridors_of
from geo.crs import to_metric
from geo.network.graph import of_layers
from geo.presence.visits import by_shift_and_month
from geo.records import Log, StudyData
from geo.sections.cutting import corridor_sections
from layers.readers import bundled
from maps.overlays import models
from mitrovica.log import imports, retention, store

NIGHTS = 2
AREAS = ("A town", "B town")
STOPS = pd.concat([plan(NIGHTS, area=area) for area in AREAS], ignore_index=True)
"""The planned stops of two studies, which share the ids of their stops."""

Desk = int
Step = tuple[str, int, Desk]


@dataclass
class Office:
    """A server of pages, and two desks that each keep a log."""

    folder: Path
    pages: dict[int, Answers] = field(default_factory=dict)
    """The last answers of each page, by the number of its stop."""
    said: set[str] = field(default_factory=set)
    number: int = 0

    def log(self, desk: Desk) -> Path:
        return self.folder / f"desk{desk}.gpkg"

    def add(self, desk: Desk, file: Path) -> None:
        (report,) = imports.add(self.log(desk), [file], now=visit_log.NOW)
        assert not report.faults
        assert report.repeated >= 0

    def export(self, desk: Desk) -> None:
        if self.pages:
            rows = kobo_rows(self.pages.values(), visit_log.form(NIGHTS), ticks=False)
            self.add(desk, write_csv(rows, self.folder / "pages.csv", kobo=True))

    def fill(self, which: int) -> None:
        """Fill in the page of a stop, or correct it: with answers that it never had."""
        stop = STOPS.iloc[which % len(STOPS)].to_dict()
        before = self.pages.get(which % len(STOPS))
        while True:
            self.number += 1
            page = visit_log.form(NIGHTS).fill(stop, random.Random(self.number))
            text = str([(k, v) for k, v in page.items() if not k.startswith("meta")])
            if text not in self.said:
                break
        self.said.add(text)
        if before is not None:
            root = before.get("meta/rootUuid", before["meta/instanceID"])
            page |= {"meta/rootUuid": root}
        self.pages[which % len(STOPS)] = page

    def do(self, step: Step) -> None:
        what, which, desk = step
        track = self.folder / "track.gpx"
        if what == "fill":
            self.fill(which)
        elif what == "export":
            self.export(desk)
        elif what == "merge":
            retention.merge(self.log(desk), self.log(1 - desk), now=visit_log.NOW)
        elif what == "purge":
            retention.purge(
                self.log(desk), date(2027, 2, 1), now=datetime(2028, 2, 1, tzinfo=UTC)
            )
        elif what == "track":
            self.add(desk, track)
        elif len(store.read(self.log(desk)).tracks):
            imports.withdraw(self.log(desk), [track], now=visit_log.NOW)


@pytest.fixture(scope="module")
def begun(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Return a folder with the logs of two desks, which know both plans, and a track."""
    folder = tmp_path_factory.mktemp("office")
    (folder / "track.gpx").write_bytes(osmand())
    for area in AREAS:
        file = folder / f"{area}.csv"
        plan(NIGHTS, area=area).to_csv(file, index=False)
        for desk in (0, 1):
            imports.add(folder / f"desk{desk}.gpkg", [file], now=visit_log.NOW)
    return folder


def counted(pages: dict[int, Answers], area: str) -> Counter[str]:
    """Count the pages of a study by hand."""
    found: Counter[str] = Counter()
    nights = set()
    for which, answers in pages.items():
        if STOPS["area"][which] != area:
            continue
        said = {path.rpartition("/")[2]: answer for path, answer in answers.items()}
        found["pages"] += 1
        found["made"] += said["outcome"] == "done"
        found["groups"] += int(said.get("groups", 0))
        if said["outcome"] == "done":
            nights.add(STOPS["night"][which])
            took = pd.Timestamp(said["left"]) - pd.Timestamp(said["arrived"])
            found["minutes"] += round(took.total_seconds() / 60)
        for i in range(1, int(said.get("groups", 0)) + 1):
            found["spoke"] += f"language_{i}" in said
            found["asked"] += len([n for n in said.get(f"needs_{i}", "").split()
                                   if n != "none_named"])  # fmt: skip
    found["nights"] = len(nights)
    return found


STEPS = st.lists(
    st.tuples(
        st.sampled_from(["fill", "fill", "fill", "export", "export", "merge", "purge", "track",
                         "withdraw"]),
        st.integers(0, 7) | st.integers(16, 23),
        st.integers(0, 1),
    ),
    min_size=3, max_size=7,
)  # fmt: skip


@settings(max_examples=settings.default.max_examples // 2)
@given(STEPS)
def test_every_command_counts_what_the_pages_say(
    begun: Path, steps: list[Step]
) -> None:
    with TemporaryDirectory() as name:
        office = Office(Path(shutil.copytree(begun, Path(name) / "office")))
        office.fill(0)
        for step in steps:
            office.do(step)
        retention.merge(office.log(0), office.log(1), now=visit_log.NOW)
        office.export(0)
        path = office.log(0)
        totals = [counted(office.pages, area) for area in AREAS]
        whole = sum(totals, Counter())
        text = call("log", "--log", path).output
        assert (
            f"nights planned: 4, nights made: {whole['nights']}, stops made: {whole['made']}, "
            f"groups met: {whole['groups']}, tracks" in " ".join(text.split())
        )
        assert "count" not in text.partition("Groups met in")[2]
        held = store.read(path)
        for area, total in zip(AREAS, totals, strict=True):
            agree(held, area, total)


def agree(held: Log, area: str, total: Counter[str]) -> None:
    """Check that brief, report, map and release of a study have the totals of its pages."""
    on = date(2027, 12, 1)
    brief, _ = retention.for_brief(held, area, "2026-12", "internal", on)
    assert brief.groups == total["groups"]
    assert brief.counts["nights_made"] == total["nights"]
    assert brief.counts["nights_planned"] == NIGHTS
    assert brief.counts["made"] == total["made"]
    assert brief.counts["skipped"] == total["pages"] - total["made"]
    assert round(60 * brief.hours) == pytest.approx(total["minutes"], abs=1)
    assert brief.needs["asked"].sum() == total["asked"]
    leaves, _ = retention.for_brief(held, area, "2026-Q4", "partner", on)
    assert leaves.groups == (
        total["groups"] // 5 * 5 if total["groups"] >= 10 else None
    )
    log = retention.by_study(held)[area]
    assert by_shift_and_month(log.groups, least=1)["groups"].sum() == total["groups"]
    said = [phrase.forms["en"] for phrase in models.visits_made(log).values()]
    assert sum(int(re.findall(r"\d+", text)[0]) for text in said) == total["made"]
    spoke = log.contacts[log.contacts["kind"] == "language"]
    assert spoke["groups"].sum() == total["spoke"]


@pytest.fixture(scope="module")
def region() -> StudyData:
    return to_metric(bundled.study_data())


def test_a_plan_counts_what_the_log_counts(
    begun: Path, region: StudyData, tmp_path: Path
) -> None:
    """Two pages are corrected to no groups, as the server's newest export says."""
    office = Office(Path(shutil.copytree(begun, tmp_path / "office")))
    for which in range(16):
        office.fill(which)
    office.export(0)
    for which in [n for n, page in office.pages.items() if page.get("page/groups", 0)][
        :2
    ]:
        while office.pages[which].get("page/groups") != 0:
            office.fill(which)
    office.export(0)
    path, total = office.log(0), counted(office.pages, AREAS[0])
    log = retention.of_study(path, AREAS[0])
    ways, params = region.layers, quick()
    kinds = corridors_of(ways.roads, ways.paths, ways.railways, ways.waterways)
    sections = corridor_sections(
        ways.roads, ways.railways, region.places, params.corridors
    ).table
    logged = replace(region, log=log)
    met = study.patrolled(logged, kinds, of_layers(ways), sections, params)
    assert met is not None
    assert (met.met, met.visits) == (total["groups"], total["made"])
    assert met.minutes.empty
    agree(store.read(path), AREAS[0], total)


def test_a_page_that_two_desks_know_differently_is_named_until_its_export_comes_again(
    begun: Path, tmp_path: Path
) -> None:
    office = Office(Path(shutil.copytree(begun, tmp_path / "office")))
    office.fill(1)
    office.export(1)
    office.fill(1)
    office.export(0)
    merged = call("log", "merge", office.log(1), "--log", office.log(0))
    assert (
        "Pages that two desks corrected differently: 2026-12-01 Place 2."
        in " ".join(merged.output.split())
    )
    office.export(0)
    held = store.read(office.log(0))
    assert retention.unsettled(held) == []
    agree(held, AREAS[0], counted(office.pages, AREAS[0]))


def test_groups_of_an_older_log_are_of_the_study_that_made_the_stop(
    begun: Path,
) -> None:
    """Where two studies made it in that shift and month, of neither, and the log says so."""
    office = Office(begun)
    stops = [0, 1, 2, 3, 16]
    for which in stops:
        while office.pages.get(which, {}).get("page/groups", 0) in {0, 10}:
            office.fill(which)
    office.export(0)
    held = store.read(office.log(0))
    older = replace(held, groups=held.groups.drop(columns="area"))
    store.write(Log.of(**vars(older)), path := begun / "older.gpkg")
    shared = [which for which in stops if which in {0, 16}]
    lost = sum(office.pages[which]["page/groups"] for which in shared)
    studies = retention.by_study(store.read(path))
    own = sum(
        office.pages[which]["page/groups"] for which in stops if which not in shared
    )
    assert [len(log.groups) for log in studies.values()] == [own, 0]
    assert (
        f"older version: {lost}. They count in none"
        in retention.unsettled(store.read(path))[0]
    )


def test_only_the_log_knows_what_replaces_what() -> None:
    """Whoever else chose rows by it would count apart from the others."""
    root = Path(schema.__file__).parents[1]
    named = {
        file.relative_to(root).as_posix()
        for room in ("geo", "layers", "maps", "mitrovica")
        for file in (root / room).rglob("*.py")
        if '"replaces"' in file.read_text("utf-8")
    }
    # `validity` refuses a row that replaces itself, and chooses none.
    log = ("current.py", "imports.py", "validity.py")
    assert named == {f"mitrovica/log/{file}" for file in log}
