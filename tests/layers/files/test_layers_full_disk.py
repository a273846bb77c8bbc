"""A disk that is full at any size: one sentence that names the file, and nothing is torn."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import UTC, date, datetime
from pathlib import Path

import numpy as np
import pytest
from logs import visit_log
from logs.visit_pages import kobo_rows, write_csv
from servers.small_snapshot import make
from studies import small_study
from tools import full_disk, programs

from geo.arrays import Floats
from geo.params import Params
from layers.artwork import Drawn
from layers.complaints import complaint
from layers.files.handling import Handling
from layers.readers.osm import snapshots
from layers.writers import printing, run_folder
from layers.writers.run_folder import Contents
from mitrovica.intake import new_study, xlsform
from mitrovica.log import imports, retention, store

NOW = datetime(2026, 3, 1, 12, tzinfo=UTC)
CONTENTS = Contents(
    Params(),
    Drawn("<!doctype html><html><head></head>"),
    Handling(date(2026, 5, 30)),
    NOW,
)


def files(of: Path) -> dict[str, bytes]:
    """Return every file of a folder by its path, hidden ones as well."""
    return {
        str(p.relative_to(of)): p.read_bytes() for p in of.rglob("*") if p.is_file()
    }


class Works:
    """What is written to a disk: a name, what lies there before, the work, and what it makes."""

    def __init__(self, home: Path) -> None:
        self.stops = visit_log.stops_file(home)
        self.log = home / "log.gpkg"
        imports.add(self.log, [self.stops], now=visit_log.NOW)
        self.pages_taken = len(visit_log.filled(5))
        rows = kobo_rows(visit_log.filled(5), visit_log.form(), ticks=False)
        self.pages = write_csv(rows, home / "kobo.csv", kobo=True)
        self.other = Path(shutil.copy(self.log, home / "other.gpkg"))
        imports.add(self.other, [self.pages], now=visit_log.NOW)
        self.page = home / "page.html"
        rows = "".join(f"<p>Row {n} of a page to be printed</p>" for n in range(900))
        self.page.write_text(f"<!doctype html><title>Page</title>{rows}", "utf-8")
        self.found, self.data = small_study.findings(), small_study.data()

    def add(self, disk: Path) -> object:
        return imports.add(disk / "log.gpkg", [self.pages], now=visit_log.NOW)

    def merge(self, disk: Path) -> object:
        return retention.merge(disk / "log.gpkg", self.other, now=visit_log.NOW)

    def export(self, disk: Path) -> object:
        return retention.export(self.log, disk / "copy.gpkg")

    def init(self, disk: Path) -> object:
        return new_study.write(disk / "town", "A town", self.data.boundary)

    def form(self, disk: Path) -> object:
        return xlsform.write_form(disk / "form.xlsx", "sightings")

    def snapshot(self, disk: Path) -> object:
        return snapshots.save(make("good"), disk)

    def map(self, disk: Path) -> object:
        return printing.write_pdf(self.page, disk / "map.pdf")

    def brief(self, disk: Path) -> object:
        page = self.page.read_text("utf-8")
        return list(printing.write_page(disk / "brief.html", page, "en"))

    def run(self, disk: Path) -> object:
        return run_folder.write_all(
            disk / "out", CONTENTS, findings=self.found, data=self.data
        )

    def plan(self, disk: Path) -> object:
        patrols = self.found.patrols
        return run_folder.write_plan(
            disk / "out", CONTENTS, patrols=patrols, data=self.data
        )


WORKS: dict[str, Callable[[Works, Path], object]] = {
    "log add": Works.add, "log merge": Works.merge, "log export": Works.export, "init": Works.init,
    "sightings form": Works.form, "fetch": Works.snapshot, "run": Works.run, "plan": Works.plan,
    "map": Works.map, "brief": Works.brief,
}  # fmt: skip
HAS_LOG = ("log add", "log merge")


def attempt(works: Works, name: str, disk: Path, size: int) -> str:
    """Do a work on a disk of a size; return what is wrong with how it ended, or how it did."""
    with full_disk.disk(disk, size):
        try:
            if name in HAS_LOG:
                shutil.copy(works.log, disk)
        except OSError:
            return "no room for what is there before"
        before = files(disk)
        try:
            WORKS[name](works, disk)
        except Exception as error:  # noqa: BLE001 - each is judged
            lines = complaint(error)
            if not lines:
                return f"WRONG: a traceback, {type(error).__module__}: {error!r}"
            if (
                len(lines) != 1
                or str(disk) not in lines[0]
                or "disk is full" not in lines[0]
            ):
                return f"WRONG: {lines}"
            if "Errno" in lines[0] or ".part" in lines[0]:
                return f"WRONG: not in words, {lines}"
            left = files(disk)
            if name == "brief":  # the page goes out before it is printed
                before["brief.html"] = left.get("brief.html", works.page.read_bytes())
                left.setdefault("brief.html", before["brief.html"])
                if before["brief.html"] != works.page.read_bytes():
                    return "WRONG: half a page"
            if left != before:
                return f"WRONG: torn, {sorted(files(disk))}"
            return "refused"
        if (
            name in HAS_LOG
            and len(store.read(disk / "log.gpkg").visits) != works.pages_taken
        ):
            return "WRONG: the log is not whole"
        return "whole"


def judged(works: Works, name: str, at: Path, sizes: list[int]) -> list[str]:
    """Return how a work ends on a disk of each size, in a process with mounts of its own."""

    def each() -> None:
        full_disk.apart()
        for size in sizes:
            print(attempt(works, name, at, size))

    done = programs.run(each)
    assert done.returncode == 0, done.stderr
    return done.stdout.splitlines()


def needed(works: Works, name: str, home: Path) -> int:
    """Return the bytes of what lies on the disk when a work has been done there."""
    home.mkdir()
    if name in HAS_LOG:
        shutil.copy(works.log, home)
    WORKS[name](works, home)
    return sum(len(content) + 4096 for content in files(home).values())


@pytest.fixture(scope="module")
def works(tmp_path_factory: pytest.TempPathFactory) -> Works:
    home = tmp_path_factory.mktemp("works")
    full_disk.require(home)
    return Works(home)


def check_sizes(
    works: Works, name: str, folder: Path, sizes: Callable[[int], Floats]
) -> None:
    """Check that a work ends well on disks of these sizes, given the bytes that it needs."""
    at = sizes(needed(works, name, folder / "whole")).astype(int).tolist()
    ends = judged(works, name, folder / "disk", at)
    assert len(ends) == len(at)
    assert not [end for end in ends if end.startswith("WRONG")], ends
    assert {"refused", "whole"} <= set(ends)


@pytest.mark.parametrize("name", ["log add", "init", "sightings form"])
def test_a_full_disk_is_named_in_a_sentence_and_tears_nothing(
    name: str, works: Works, tmp_path: Path
) -> None:
    check_sizes(works, name, tmp_path, lambda most: np.linspace(8192, 3 * most, 6))


@pytest.mark.proof
@pytest.mark.parametrize("name", WORKS)
def test_a_disk_full_at_100_sizes_tears_nothing(
    name: str, works: Works, tmp_path: Path
) -> None:
    check_sizes(works, name, tmp_path, lambda most: np.linspace(4096, 2.2 * most, 100))
