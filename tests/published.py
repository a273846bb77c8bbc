"""Published problems of team orienteering, from the text formats in which they are passed round.

Chao, Golden and Wasil (1996) give ``n``, ``m`` and ``tmax`` by name, then a row ``x y prize`` for
the start, each stop and the end, parted by blanks or semicolons.  Where start and end differ, the
way from the depot is that from the start, and the way to it that to the end.

Vansteenwegen et al. (2009) give problems with windows in Cordeau's format: ``type m n t``, then
``D Q``, then a row ``i x y service prize f a list opens closes`` for the depot and each stop.

What is published counts prizes alone: here the least prize is worth two shifts of driving.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

import numpy as np

from geo.routing.problem import Problem, Routes, Window

CHAO_STEPS = 10_000
"""Steps of time to a unit of Chao's distances: they are rounded up to the fourth decimal, so that
a plan that fits here fits in truth."""

SOLOMON_STEPS, CORDEAU_STEPS = 10, 100
"""Steps of time to a unit of distance: published results cut distances after the first decimal on
Solomon's problems and after the second on Cordeau's, ``pr``."""

BEST = {
    "p4.2": (206, 341, 452, 531, 618, 687, 757, 835, 918, 965,
             1022, 1074, 1132, 1174, 1218, 1242, 1268, 1292, 1304, 1306),
    "p4.3": (0, 38, 193, 335, 468, 579, 653, 729, 809, 861,
             919, 979, 1063, 1121, 1172, 1222, 1253, 1273, 1295, 1305),
    "p4.4": (0, 0, 0, 38, 183, 324, 461, 571, 657, 732,
             821, 880, 919, 977, 1061, 1124, 1161, 1216, 1260, 1285),
    "p7.2": (30, 64, 101, 190, 290, 387, 459, 521, 580, 646,
             705, 767, 827, 888, 945, 1002, 1044, 1094, 1136, 1179),
    "p7.3": (0, 46, 79, 117, 175, 247, 344, 425, 487, 564,
             633, 684, 762, 820, 874, 929, 987, 1026, 1081, 1120),
    "p7.4": (0, 30, 46, 79, 123, 164, 217, 285, 366, 462,
             520, 590, 646, 730, 781, 846, 909, 970, 1022, 1077),
    "c101": (320, 590, 810, 1020),
    "r101": (198, 349, 484, 611),
    "pr01": (308, 502, 622, 657),
}  # fmt: skip
"""Best known prizes in the literature: of Chao's sets by letter from a (Dang, Guibadj and Moukrim
2013, EJOR 229, 332-344), of problems with windows for 1 to 4 vehicles (Righini and Salani 2009;
Vansteenwegen et al. 2009; Hu and Lim 2014, EJOR 232, 276-286).  Noted from second hand, not from
the papers' tables; no plan found here collects more."""


def read(path: Path) -> list[tuple[str, Problem, int | None]]:
    """Return name, problem and best known prizes of a file: one of Chao's, four with windows."""
    lines = path.read_text("utf-8").replace(";", " ").splitlines()
    rows = [line.split() for line in lines if line.split()]
    if rows[0][0] == "n":
        set_, letter = path.stem.rsplit(".", 1)
        return [(path.stem, _chao(rows), _best(set_, ord(letter[0]) - ord("a")))]
    steps = CORDEAU_STEPS if path.stem.startswith("pr") else SOLOMON_STEPS
    return [
        (f"{path.stem} m={m}", _windows(rows, m, steps), _best(path.stem, m - 1))
        for m in range(1, 5)
    ]


def prizes(problem: Problem, routes: Routes) -> float:
    """Return the sum of the prizes that a plan visits: what is published."""
    return float(sum(problem.prize[stop] for route in routes for stop in route))


def _best(name: str, number: int) -> int | None:
    known = BEST.get(name, ())
    return known[number] if number < len(known) else None


def _chao(rows: Sequence[Sequence[str]]) -> Problem:
    head = {row[0]: float(row[1]) for row in rows[:3]}
    x, y, prize = np.array(rows[3:], dtype=float).T
    apart = np.hypot(x[:, None] - x, y[:, None] - y)
    apart[1:-1, 0] = apart[1:-1, -1]
    travel = np.ceil(apart[:-1, :-1] * CHAO_STEPS)
    limit = int(head["tmax"] * CHAO_STEPS + 0.5)
    return _any_prize_pays(
        Problem(
            travel_s=travel.astype(np.int64),
            prize=prize[:-1],
            service_s=np.zeros(len(travel), dtype=np.int64),
            vehicles=((0, limit),) * int(head["m"]),
        )
    )


def _windows(rows: Sequence[Sequence[str]], vehicles: int, steps: int) -> Problem:
    x, y, service, prize = np.array([row[1:5] for row in rows[2:]], dtype=float).T
    opens, closes = (np.array([row[-2:] for row in rows[2:]], dtype=float) * steps).astype(int).T
    # 1e-6: a distance that is whole in these steps must not be cut by its last bit.
    travel = np.floor(np.hypot(x[:, None] - x, y[:, None] - y) * steps + 1e-6)
    windows = [(Window(int(a), int(b)),) for a, b in zip(opens, closes, strict=True)]
    return _any_prize_pays(
        Problem(
            travel_s=travel.astype(np.int64),
            prize=prize,
            service_s=(service * steps).astype(np.int64),
            vehicles=((int(opens[0]), int(closes[0])),) * vehicles,
            windows=((), *windows[1:]),
        )
    )


def _any_prize_pays(problem: Problem) -> Problem:
    least = problem.prize[problem.prize > 0].min()
    scale = 2 * float(problem.prize.sum() / least / len(problem.vehicles))
    return replace(problem, prize_scale=scale)
