"""An attacker finds what a folder leaks, and finds nothing in what a run writes."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from attack import leaks, places
from attack.folder import Floats, Folder
from attack.methods import FACTS, POSITIONS, attack
from attack.planted import Planted, plant
from attack.targets import Target, score, targets
from attack.twins import differing, twin
from attack.words import confirmed
from attack.world import World
from hypothesis import given
from hypothesis import strategies as st

from geo.params import Params

WORLD = World(Params())

LEAKS: dict[str, tuple[leaks.Leak, int, str]] = {
    "four distances in steps of 50 m": (leaks.stepped_distances, 10, "distances"),
    "one exact distance": (leaks.exact_distance, 3, "distances"),
    "shares of bands of exact discs": (leaks.disc_shares, 3, "discs"),
    "raster of exact points": (leaks.exact_raster, 1, "surface"),
    "densities of exact points": (leaks.exact_lixels, 5, "densities"),
    "hotspots about snapped exact points": (leaks.hotspot, 10, "snapped"),
    "stop at a sighting": (leaks.stop, 2, "coordinates"),
    "stop at an interview": (leaks.stop_at_an_interview, 20, "coordinates"),
    "point of the map": (leaks.point_of_the_map, 3, "coordinates"),
    "rejected rows with positions": (leaks.rejected, 2, "coordinates"),
    "hash of the file": (leaks.fingerprint, 1, "digests"),
    "size of the file": (leaks.size_of_file, 1, "digests"),
    "name of the file": (leaks.file_name, 1, "words"),
    "ids of the user": (leaks.user_ids, 1, "words"),
    "words of a record": (leaks.page_words, 1, "words"),
    "day in a cell": (leaks.day_in_a_cell, 1, "words"),
    "column about people": (leaks.day_in_a_cell, 1, "columns"),
    "month that the row withholds": (leaks.days_months, 1, "months"),
    "months at the ends of a span of days": (leaks.days_months, 5, "months"),
    "density weighted by group": (leaks.weighted, 5, "sizes"),
}
"""Each leak with the number of sightings and the attack that must find it."""
ALIKE = (
    "four distances in steps of 50 m",
    "stop at a sighting", "stop at an interview", "rejected rows with positions",
    "months at the ends of a span of days",
)  # fmt: skip
"""Leaks that another one stands for, of the same attack, where there is little time."""
EACH_LEAK = pytest.mark.parametrize(
    "name",
    [
        pytest.param(name, marks=pytest.mark.proof if name in ALIKE else ())
        for name in LEAKS
    ],
)


@cache
def planted_pair(n: int) -> tuple[Planted, Planted]:
    """Return records, and their twins."""
    return plant(n), twin(plant(n))


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., Path]:
    """Return a maker of folders that rest on the table of sightings only.

    They are made once for a number of records, and for their twins.  Nobody changes them.
    """

    @cache
    def made(n: int, twins: bool = False) -> Path:
        path = tmp_path_factory.mktemp(f"clean{n}")
        leaks.clean(path, planted_pair(n)[twins], WORLD)
        return path

    return made


@pytest.fixture(scope="module")
def found_in_clean(clean: Callable[..., Path]) -> Callable[[int, str], list[str]]:
    """Return what runs an attack on a folder that leaks nothing."""

    @cache
    def found(n: int, method: str) -> list[str]:
        return attack(Folder(clean(n)), planted_pair(n)[0], WORLD, [method]).leaks

    return found


@EACH_LEAK
def test_the_attack_finds_the_leak_and_nothing_without_it(
    name: str,
    clean: Callable[..., Path],
    found_in_clean: Callable[[int, str], list[str]],
    tmp_path: Path,
) -> None:
    leak, n, method = LEAKS[name]
    planted = planted_pair(n)[0]
    leaking = tmp_path / "leaking"
    shutil.copytree(clean(n), leaking)
    leak(leaking, planted, WORLD)
    assert found_in_clean(n, method) == []
    assert attack(Folder(leaking), planted, WORLD, [method]).leaks == [method]


@pytest.mark.parametrize("n", [1, pytest.param(2, marks=pytest.mark.proof), 3])
def test_twins_leave_equal_folders(n: int, clean: Callable[..., Path]) -> None:
    assert differing(Folder(clean(n)), Folder(clean(n, True))) == []


@EACH_LEAK
def test_twins_tell_every_leak(
    name: str, clean: Callable[..., Path], tmp_path: Path
) -> None:
    leak, n, _ = LEAKS[name]
    n = min(n, 3)
    for folder, twins in (("one", False), ("other", True)):
        shutil.copytree(clean(n, twins), tmp_path / folder)
        leak(tmp_path / folder, planted_pair(n)[twins], WORLD)
    assert differing(Folder(tmp_path / "one"), Folder(tmp_path / "other")) != []


def test_a_hash_of_the_file_confirms_day_and_group_size(
    clean: Callable[..., Path], tmp_path: Path
) -> None:
    planted = planted_pair(1)[0]
    leaking = shutil.copytree(clean(1), tmp_path / "leaking")
    leaks.fingerprint(leaking, planted, WORLD)
    day = planted.records["date_from"].iloc[0].date().isoformat()
    size = str(planted.records["group_min"].iloc[0])
    [row] = [guess.decode() for guess in confirmed(Folder(leaking), planted.guesses())]
    assert f",{size},{size}," in row
    assert f",{day},{day}," in row


def test_totals_of_two_runs_tell_the_row_that_one_lacks(tmp_path: Path) -> None:
    """Exact totals do; those of the table of sightings do not."""
    planted = plant(5, uncertainty_m=(70, 150))

    def folder(name: str, records: Planted) -> tuple[Path, Planted]:
        leaks.near(tmp_path / name, records, WORLD)
        return tmp_path / name, records

    def leaking(folders: list[tuple[Path, Planted]]) -> bool:
        every, *fewer = (Folder(path) for path, _ in folders)
        found = targets(every, 2.0)
        guesses: dict[str, Floats] = {}
        for one in fewer:
            guesses |= places.difference(every, one, WORLD, found, targets(one, 2.0))
        assert len(guesses) == len(found) == len(fewer)
        return score(found, guesses, planted.truth).leaks

    n = len(planted.of_kind("sighting"))
    without = [folder(f"without{gone}", planted.without(gone)) for gone in range(n)]
    folders = [folder("all", planted), *without]
    assert not leaking(folders)
    for path, records in folders:
        leaks.exact_totals(path, records, WORLD)
    assert leaking(folders)


@given(
    weights=st.lists(st.floats(0, 1), min_size=4, max_size=9).filter(
        lambda w: sum(w) > 0
    )
)
def test_who_knows_the_cell_only_wins_nothing_on_average(weights: list[float]) -> None:
    xy = np.stack([np.arange(len(weights)) * 10.0, np.zeros(len(weights))], axis=1)
    target = Target("S1", 100.0, 10.0, xy)
    wins = [
        score([target], {"S1": np.array(weights)}, {"S1": place}).won for place in xy
    ]
    assert np.mean(wins) == pytest.approx(1.0)


@pytest.mark.proof
@pytest.mark.parametrize("n", [1, 2, 3, 5, 50])
def test_no_attack_finds_anything_in_figures_of_the_table(
    n: int, clean: Callable[..., Path]
) -> None:
    report = attack(Folder(clean(n)), planted_pair(n)[0], WORLD)
    assert set(report.scores) | set(report.facts) == {*POSITIONS, *FACTS}
    assert report.leaks == []
