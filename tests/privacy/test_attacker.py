"""An attacker finds what a folder leaks, and finds nothing in what a run writes."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import numpy as np
import pytest
from attack import leaks, places
from attack.folder import Floats, Folder
from attack.lattice import measured
from attack.methods import FACTS, POSITIONS, attack, fine
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
    "null lattice over exact bounds, one sighting": (leaks.window_lattice, 1, "lattice"),
    "null lattice over exact bounds, three": (leaks.window_lattice, 3, "lattice"),
    "four distances in steps of 50 m": (leaks.stepped_distances, 50, "distances"),
    "one exact distance": (leaks.exact_distance, 3, "distances"),
    "shares of bands of exact discs": (leaks.disc_shares, 5, "discs"),
    "curve of exact distances": (leaks.exact_curve, 5, "curves"),
    "raster of exact points": (leaks.exact_raster, 1, "surface"),
    "densities of exact points": (leaks.exact_lixels, 5, "densities"),
    "hotspots about snapped exact points": (leaks.hotspot, 50, "snapped"),
    "stop at a sighting": (leaks.stop, 2, "coordinates"),
    "stop at an interview": (leaks.stop_at_an_interview, 50, "coordinates"),
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


@pytest.fixture(scope="module")
def clean(tmp_path_factory: pytest.TempPathFactory) -> Iterator[object]:
    """Return a maker of folders that rest on the table of sightings only, one a number."""

    @cache
    def made(n: int) -> Path:
        path = tmp_path_factory.mktemp(f"clean{n}")
        leaks.clean(path, plant(n), WORLD)
        return path

    return made


@pytest.mark.parametrize("name", LEAKS)
def test_the_attack_finds_the_leak_and_nothing_without_it(
    name: str, clean: object, tmp_path: Path
) -> None:
    leak, n, method = LEAKS[name]
    planted = plant(n)
    leaking = tmp_path / "leaking"
    shutil.copytree(clean(n), leaking)
    leak(leaking, planted, WORLD)
    assert attack(Folder(clean(n)), planted, WORLD, [method]).leaks == []
    assert attack(Folder(leaking), planted, WORLD, [method]).leaks == [method]


@pytest.mark.parametrize("name", LEAKS)
def test_twins_tell_every_leak(name: str, tmp_path: Path) -> None:
    leak, n, _ = LEAKS[name]
    n = min(n, 3)
    folders = {}
    for which, planted in (("one", plant(n)), ("other", twin(plant(n)))):
        folders[which] = tmp_path / which
        leaks.clean(folders[which], planted, WORLD)
    one, other = (Folder(folders[which]) for which in ("one", "other"))
    assert differing(one, other) == []
    leak(folders["one"], plant(n), WORLD)
    leak(folders["other"], twin(plant(n)), WORLD)
    assert differing(Folder(folders["one"]), Folder(folders["other"])) != []


@pytest.mark.parametrize("n", [1, 3])
def test_a_lattice_tells_the_bounds_of_its_window_to_a_centimetre(n: int, tmp_path: Path) -> None:
    planted = plant(n)
    leaks.clean(tmp_path, planted, WORLD)
    leaks.window_lattice(tmp_path, planted, WORLD)
    found = measured(Folder(tmp_path), WORLD, targets(Folder(tmp_path), fine(n)))
    exact = WORLD.window(list(leaks.Exact.of(planted).xy)).bounds
    assert found is not None
    assert np.abs(found - np.array(exact)).max() < 0.01


def test_a_hash_of_the_file_confirms_day_and_group_size(tmp_path: Path) -> None:
    planted = plant(1)
    leaks.clean(tmp_path, planted, WORLD)
    leaks.fingerprint(tmp_path, planted, WORLD)
    day = planted.records["date_from"].iloc[0].date().isoformat()
    size = str(planted.records["group_min"].iloc[0])
    [row] = [guess.decode() for guess in confirmed(Folder(tmp_path), planted.guesses())]
    assert f",{size},{size}," in row
    assert f",{day},{day}," in row


@pytest.mark.parametrize(("leak", "leaks_it"), [(None, False), (leaks.exact_totals, True)])
def test_totals_of_two_runs_tell_the_row_that_one_lacks(
    leak: leaks.Leak | None, leaks_it: bool, tmp_path: Path
) -> None:
    planted = plant(5, uncertainty_m=(70, 150))
    guesses: dict[str, Floats] = {}

    def folder(name: str, records: Planted) -> Folder:
        leaks.near(tmp_path / name, records, WORLD)
        if leak:
            leak(tmp_path / name, records, WORLD)
        return Folder(tmp_path / name)

    every = folder("all", planted)
    found = targets(every, 2.0)
    for gone in range(len(found)):
        fewer = folder(f"without{gone}", planted.without(gone))
        guesses |= places.difference(every, fewer, WORLD, found, targets(fewer, 2.0))
    assert len(guesses) == len(found)
    assert score(found, guesses, planted.truth).leaks is leaks_it


@given(weights=st.lists(st.floats(0, 1), min_size=4, max_size=9).filter(lambda w: sum(w) > 0))
def test_who_knows_the_cell_only_wins_nothing_on_average(weights: list[float]) -> None:
    xy = np.stack([np.arange(len(weights)) * 10.0, np.zeros(len(weights))], axis=1)
    target = Target("S1", 100.0, 10.0, xy)
    wins = [score([target], {"S1": np.array(weights)}, {"S1": place}).won for place in xy]
    assert np.mean(wins) == pytest.approx(1.0)


@pytest.mark.proof
@pytest.mark.parametrize("n", [1, 2, 3, 5, 50])
def test_no_attack_finds_anything_in_figures_of_the_table(n: int, clean: object) -> None:
    report = attack(Folder(clean(n)), plant(n), WORLD)
    assert set(report.scores) | set(report.facts) == {*POSITIONS, *FACTS}
    assert report.leaks == []
