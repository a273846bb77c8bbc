"""What `mitrovica run` and `plan` write tells an attacker no more than the table of sightings.

What each attack wins, and its error beside that of the table, goes to ``out/proof/attacker.csv``.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import asdict
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import pandas as pd
import pytest
from attack import leaks, places
from attack.folder import Folder
from attack.methods import FACTS, POSITIONS, Report, attack, fine
from attack.planted import Planted, plant
from attack.targets import score, targets
from attack.twins import differing, twin
from attack.world import World
from test_attacker import LEAKS
from tools.command_line import SMALL, passed

from layers.readers import config

pytestmark = pytest.mark.proof

NUMBERS = (1, 2, 3, 5, 50)
FOLDERS = ("run", "plan")
IN_A_PLAN = [
    name for name, (leak, *_) in LEAKS.items() if leak is not leaks.day_in_a_cell
]
"""Leaks that a plan can have: it holds no table of sightings that could get a column."""
PROOF = Path(__file__).parents[1] / "out" / "proof"

Run = Callable[..., tuple[Folder, Planted, World]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Return a maker of folders: of `n` planted sightings, of their twins, or without one row.

    The folder is that of a run, or that of a plan of a dated night, made from the run.
    """
    home = tmp_path_factory.mktemp("home")
    night = datetime.now(UTC).date() + timedelta(days=7)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home))

        @cache
        def ran(n: int, which: str) -> tuple[Path, Planted, World]:
            path = tmp_path_factory.mktemp(f"{which}{n}")
            of = {
                "planted": lambda p: p,
                "twin": twin,
                "without": lambda p: p.without(n // 2),
            }
            planted = of[which](plant(n))
            sightings, parameters = (path / planted.file_name, path / "small.toml")
            sightings.write_bytes(planted.csv)
            parameters.write_text(SMALL, "utf-8")
            passed("run", "--snapshot", "own", "--sightings", sightings, "--config",
                        parameters, "--out", path / "run")  # fmt: skip
            return path, planted, World(config.for_run(parameters))

        @cache
        def made(
            n: int, which: str = "planted", of: str = "run"
        ) -> tuple[Folder, Planted, World]:
            path, planted, world = ran(n, which)
            if of == "plan":
                passed("plan", "--from", path / "run", "--date", night, "--out",
                              path / "plan")  # fmt: skip
            return Folder(path / of, path / "run"), planted, world

        yield made


@pytest.fixture(scope="module")
def tabulated() -> Iterator[Callable[[str, int, Report], None]]:
    """Return what takes the report on a folder; the table of all is written at the end."""
    rows: list[dict[str, object]] = []

    def take(of: str, n: int, report: Report) -> None:
        rows.extend(
            {
                "folder": of,
                "n": n,
                "attack": name,
                "best": name == report.best,
                **asdict(found),
            }
            for name, found in report.scores.items()
        )

    yield take
    PROOF.mkdir(parents=True, exist_ok=True)
    pd.DataFrame(rows).round(3).to_csv(PROOF / "attacker.csv", index=False)


@pytest.mark.parametrize("n", NUMBERS)
@pytest.mark.parametrize("of", FOLDERS)
def test_no_attack_knows_more_than_the_table(
    of: str, n: int, run: Run, tabulated: Callable[[str, int, Report], None]
) -> None:
    folder, planted, world = run(n, of=of)
    assert len(targets(folder, 50.0)) == n
    report = attack(folder, planted, world)
    tabulated(of, n, report)
    assert set(report.scores) | set(report.facts) == {*POSITIONS, *FACTS}
    assert report.leaks == []


@pytest.mark.parametrize("n", NUMBERS)
@pytest.mark.parametrize("of", FOLDERS)
def test_twins_give_the_same_folder(of: str, n: int, run: Run) -> None:
    (one, planted, _), (other, changed, _) = run(n, of=of), run(n, "twin", of)
    assert planted.csv != changed.csv
    assert differing(one, other) == []


@pytest.mark.parametrize("n", [n for n in NUMBERS if n > 1])
def test_runs_with_and_without_a_row_tell_its_cell_only(n: int, run: Run) -> None:
    (every, planted, world), (fewer, _, _) = run(n), run(n, "without")
    found, left = (targets(folder, fine(n)) for folder in (every, fewer))
    guess = places.difference(every, fewer, world, found, left)
    assert not score(found, guess, planted.truth).leaks


@pytest.mark.parametrize(
    ("of", "name"),
    [*(("run", name) for name in LEAKS), *(("plan", name) for name in IN_A_PLAN)],
)
def test_a_leak_put_into_a_real_folder_is_found(
    of: str, name: str, run: Run, tmp_path: Path
) -> None:
    leak, n, method = LEAKS[name]
    folder, planted, world = run(n, of=of)
    shutil.copytree(folder.path, tmp_path / of)
    leak(tmp_path / of, planted, world)
    left = Folder(tmp_path / of, folder.run)
    assert attack(left, planted, world, [method]).leaks == [method]
