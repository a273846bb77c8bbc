"""Planning problems for tests: in the plane, along a line; every route of a small one."""

from __future__ import annotations

import numpy as np

from geo.network.graph import Floats
from geo.patrols.covering import Cover
from geo.routing.problem import DEPOT, Problem, Window


def euclidean(
    seed: int, stops: int, vehicles: int, hours: float = 2.0, windows: bool = False
) -> Problem:
    rng = np.random.default_rng(seed)
    xy = rng.uniform(0, 1800, (stops + 1, 2))
    travel = np.ceil(np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))).astype(np.int64)
    end = int(hours * 3600)
    opening = rng.integers(0, end // 2, stops)
    return Problem(
        travel_s=travel,
        prize=np.r_[0, rng.integers(1, 10, stops)].astype(float),
        service_s=np.r_[0, rng.integers(600, 1800, stops)],
        vehicles=((0, end),) * vehicles,
        windows=((), *((Window(int(o), int(o) + end // 3),) for o in opening)) if windows else (),
    )


def line(*at: float, prize: list[float], service: int = 0, shift: tuple[int, int]) -> Problem:
    """Stops along a line, a second a metre, the depot at 0."""
    x = np.array([0.0, *at])
    return Problem(
        travel_s=np.abs(x[:, None] - x).astype(np.int64),
        prize=np.array([0.0, *prize]),
        service_s=np.array([0, *[service] * len(at)]),
        vehicles=(shift,),
    )


def alone(prize: Floats) -> Cover:
    """Return the need of stops that each serve a point of their own."""
    reaches = np.eye(len(prize), dtype=bool)
    reaches[DEPOT] = False
    return Cover(reaches, prize, np.zeros(len(prize)))


def routes_of_sets(problem: Problem) -> dict[frozenset[int], int]:
    """Return every set of stops that fits a shift, with the least driving that serves it."""
    start, end = problem.vehicles[0]
    travel, service = problem.travel_s.tolist(), problem.service_s.tolist()
    best: dict[frozenset[int], int] = {}
    # Per set and last stop: the pairs (time, driving) that no other beats in both.
    layer = {(frozenset[int](), DEPOT): [(start, 0)]}
    while layer:
        longer: dict[tuple[frozenset[int], int], list[tuple[int, int]]] = {}
        for (stops, last), labels in layer.items():
            for stop in set(problem.stops) - stops:
                early, late = problem.windows[stop][0][:2] if problem.windows else (0, end)
                for time, drive in labels:
                    arrival = time + travel[last][stop]
                    done = max(arrival, early) + service[stop]
                    if arrival <= late and done + travel[stop][DEPOT] <= end:
                        label = done, drive + travel[last][stop]
                        longer.setdefault((stops | {stop}, stop), []).append(label)
        layer = {}
        for (stops, last), labels in longer.items():
            kept: list[tuple[int, int]] = []
            for time, drive in sorted(labels):
                if not kept or drive < kept[-1][1]:
                    kept.append((time, drive))
            layer[stops, last] = kept
            home = kept[-1][1] + travel[last][DEPOT]
            best[stops] = min(best.get(stops, home), home)
    return best
