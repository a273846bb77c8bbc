"""Published formats, on problems written here whose answer is plain."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from problems import published

from geo.routing.problem import Window
from geo.routing.solver import greedy, solve

#   start (0, 0) --3-- (3, 0) prize 5 --4-- end (3, 4);   (9, 9) prize 8 lies beyond the limit of 8
CHAO = "n 4\nm 1\ntmax 8.0\n0.0\t0.0\t0\n3.0\t0.0\t5\n9.0\t9.0\t8\n3.0\t4.0\t0\n"

#   depot (0, 0), open to 100;   1 at (3, 4) from 20 to 30;   2 at (1, 1) from 0 to 3
WINDOWS = """\
5 1 2 1
100 50
 0 0.0 0.0 0 0 0 0 0 100
 1 3.0 4.0 10 7 1 1 1 20 30
 2 1.0 1.0 5 4 2 2 5 10 0 3
"""


@pytest.mark.parametrize("separator", ["\t", " ", ";"])
def test_chaos_format_with_a_start_and_an_end(tmp_path: Path, separator: str) -> None:
    path = tmp_path / "p4.1.b.txt"
    path.write_text(CHAO.replace("\t", separator).replace(" ", separator))
    ((name, problem, best),) = published.read(path)
    assert (name, best) == ("p4.1.b", None)
    assert problem.vehicles == ((0, 80_000),)
    assert problem.prize.tolist() == [0, 5, 8]
    assert problem.travel_s[0, 1] == 30_000, "from the start"
    assert problem.travel_s[1, 0] == 40_000, "to the end"
    assert (
        problem.travel_s[1, 2]
        == problem.travel_s[2, 1]
        == np.ceil(np.hypot(6, 9) * 10_000)
    )
    routes = solve(problem, iterations=20, seed=0)
    assert routes == ((1,),)
    assert (
        published.prizes(problem, routes)
        == published.prizes(problem, greedy(problem))
        == 5
    )


def test_a_file_that_lacks_its_last_row_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "p4.1.b.txt"
    path.write_text(CHAO.rsplit("3.0\t4.0", 1)[0])
    with pytest.raises(ValueError, match="says n 4 and holds 3 rows"):
        published.read(path)


def test_a_start_that_is_the_end(tmp_path: Path) -> None:
    path = tmp_path / "p7.2.a.txt"
    path.write_text("n 3\nm 2\ntmax 6.0\n0 0 0\n0 3 9\n0 0 0\n")
    ((_, problem, best),) = published.read(path)
    assert best == 30
    assert problem.travel_s.tolist() == [[0, 30_000], [30_000, 0]]
    assert len(problem.vehicles) == 2
    assert problem.worth_s.tolist() == [0, 120_000], "two shifts"
    assert published.prizes(problem, solve(problem, iterations=20, seed=0)) == 9


@pytest.mark.parametrize(
    ("name", "steps", "near"), [("r101", 10, 14), ("pr01", 100, 141)]
)
def test_windows_and_distances_cut_as_published(
    tmp_path: Path, name: str, steps: int, near: int
) -> None:
    path = tmp_path / f"{name}.txt"
    path.write_text(WINDOWS)
    found = published.read(path)
    assert [problem_name for problem_name, _, _ in found] == [
        f"{name} m={m}" for m in range(1, 5)
    ]
    assert [best for _, _, best in found] == list(published.BEST[name])
    assert [len(problem.vehicles) for _, problem, _ in found] == [1, 2, 3, 4]
    problem = found[0][1]
    assert problem.vehicles[0] == (0, 100 * steps)
    assert problem.windows[1] == (Window(20 * steps, 30 * steps),)
    assert problem.service_s.tolist() == [0, 10 * steps, 5 * steps]
    assert problem.prize.tolist() == [0, 7, 4]
    assert problem.travel_s[0].tolist() == [0, 5 * steps, near]
    assert published.prizes(problem, solve(problem, iterations=20, seed=0)) == 11
