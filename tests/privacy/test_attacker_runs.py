"""What `mitrovica run` writes tells an attacker no more than its table of sightings."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path

import pytest
from attack import places
from attack.folder import Folder
from attack.methods import FACTS, POSITIONS, attack, fine
from attack.planted import Planted, plant
from attack.targets import score, targets
from attack.twins import differing, twin
from attack.world import World
from command_line import SMALL, call
from test_attacker import LEAKS

from layers.readers import config

pytestmark = pytest.mark.proof

NUMBERS = (1, 2, 3, 5, 50)

Run = Callable[..., tuple[Folder, Planted, World]]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Run]:
    """Return a maker of runs: of `n` planted sightings, of their twins, or without one row."""
    home = tmp_path_factory.mktemp("home")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("XDG_DATA_HOME", str(home))

        @cache
        def made(n: int, which: str = "planted") -> tuple[Folder, Planted, World]:
            path = tmp_path_factory.mktemp(f"{which}{n}")
            of = {"planted": lambda p: p, "twin": twin, "without": lambda p: p.without(n // 2)}
            planted = of[which](plant(n))
            sightings, parameters = path / planted.file_name, path / "small.toml"
            sightings.write_bytes(planted.csv)
            parameters.write_text(
                SMALL.replace("null_points = 1000", "null_points = 50000"), "utf-8"
            )
            result = call("run", "--snapshot", "bundled", "--sightings", sightings, "--config",
                        parameters, "--out", path / "out")  # fmt: skip
            assert result.exit_code == 0, result.output
            return Folder(path / "out"), planted, World(config.for_run(parameters))

        yield made


@pytest.mark.parametrize("n", NUMBERS)
def test_no_attack_knows_more_than_the_table(n: int, run: Run) -> None:
    folder, planted, world = run(n)
    assert len(targets(folder, 50.0)) == n
    report = attack(folder, planted, world)
    assert set(report.scores) | set(report.facts) == {*POSITIONS, *FACTS}
    assert report.leaks == []


@pytest.mark.parametrize("n", NUMBERS)
def test_twins_give_the_same_folder(n: int, run: Run) -> None:
    (one, planted, _), (other, changed, _) = run(n), run(n, "twin")
    assert planted.csv != changed.csv
    assert differing(one, other) == []


@pytest.mark.parametrize("n", [n for n in NUMBERS if n > 1])
def test_runs_with_and_without_a_row_tell_its_cell_only(n: int, run: Run) -> None:
    (every, planted, world), (fewer, _, _) = run(n), run(n, "without")
    found, left = (targets(folder, fine(n)) for folder in (every, fewer))
    guess = places.difference(every, fewer, world, found, left)
    assert not score(found, guess, planted.truth).leaks


@pytest.mark.parametrize("name", LEAKS)
def test_a_leak_put_into_a_real_run_is_found(name: str, run: Run, tmp_path: Path) -> None:
    leak, n, method = LEAKS[name]
    folder, planted, world = run(n)
    shutil.copytree(folder.path, tmp_path / "out")
    leak(tmp_path / "out", planted, world)
    assert attack(Folder(tmp_path / "out"), planted, world, [method]).leaks == [method]
