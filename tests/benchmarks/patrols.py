"""Patrol plans beside OR-Tools and greedy insertion, and what the scale of prizes does.

    python tests/benchmarks/patrols.py [seeds] [--instances FOLDER] [--seconds 1,10]
        [--sizes 45,100,200]

100 stops, 4 vehicles of 5 hours, a window of 2 hours at half of the stops.  OR-Tools gets the
processor time that our plan took, one search (guided local search) and the same objective; it is
left out where the package ``ortools`` is not installed.

With ``--seconds`` there are problems of several sizes, a window at every stop, and each of us,
PyVRP and OR-Tools has so many seconds of one processor for the same objective.

With a folder, published problems are solved instead: every ``.txt`` in it, in the formats that
`tests.published` reads, beside the best known prizes.  None is kept here.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path

import numpy as np
from figures import Figure, show

sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))

from problems.published import prizes, read

from geo.routing.problem import DEPOT, SCALE, Problem, Routes, Window
from geo.routing.solver import greedy, solve

HOUR = 3600


def instance(
    seed: int, stops: int = 100, vehicles: int = 4, *, every: bool = False
) -> Problem:
    """Return a random problem of the size of a busy region."""
    rng = np.random.default_rng(seed)
    xy = rng.normal(0, 900, (stops + 1, 2))
    travel = np.ceil(np.hypot(*(xy[:, None] - xy).transpose(2, 0, 1))).astype(np.int64)
    opens = rng.integers(18 * HOUR, 21 * HOUR, stops)
    return Problem(
        travel_s=travel,
        prize=np.r_[0, rng.integers(1, 10, stops)].astype(float),
        service_s=np.r_[0, rng.integers(600, 1800, stops)],
        vehicles=((18 * HOUR, 23 * HOUR),) * vehicles,
        windows=((), *((Window(int(o), int(o) + 2 * HOUR),) if every or k % 2 else ()
                       for k, o in enumerate(opens))),
    )  # fmt: skip


def by_or_tools(problem: Problem, seconds: float) -> Routes | None:
    """Return OR-Tools' plan for the same objective, or None where it is not installed."""
    try:
        from ortools.constraint_solver import pywrapcp, routing_enums_pb2
    except ImportError:
        return None
    manager = pywrapcp.RoutingIndexManager(
        len(problem.prize), len(problem.vehicles), DEPOT
    )
    model = pywrapcp.RoutingModel(manager)

    def drive(a: int, b: int) -> int:
        return int(problem.travel_s[manager.IndexToNode(a), manager.IndexToNode(b)])

    def drive_and_serve(a: int, b: int) -> int:
        return drive(a, b) + int(problem.service_s[manager.IndexToNode(a)])

    model.SetArcCostEvaluatorOfAllVehicles(model.RegisterTransitCallback(drive))
    transit = model.RegisterTransitCallback(drive_and_serve)
    end = max(late for _, late in problem.vehicles)
    model.AddDimension(transit, end, end, False, "time")
    clock = model.GetDimensionOrDie("time")
    for vehicle, (start, last) in enumerate(problem.vehicles):
        clock.CumulVar(model.Start(vehicle)).SetRange(start, last)
        clock.CumulVar(model.End(vehicle)).SetRange(start, last)
    for stop in problem.stops:
        index = manager.NodeToIndex(stop)
        model.AddDisjunction([index], int(problem.worth_s[stop]))
        for window in problem.windows[stop]:
            clock.CumulVar(index).SetRange(window.early, window.late)
    search = pywrapcp.DefaultRoutingSearchParameters()
    search.first_solution_strategy = (
        routing_enums_pb2.FirstSolutionStrategy.PARALLEL_CHEAPEST_INSERTION
    )
    search.local_search_metaheuristic = (
        routing_enums_pb2.LocalSearchMetaheuristic.GUIDED_LOCAL_SEARCH
    )
    search.time_limit.FromSeconds(3600)
    end = time.process_time() + max(seconds, 0.05)
    solver = model.solver()
    model.AddSearchMonitor(solver.CustomLimit(lambda: time.process_time() > end))
    found = model.SolveWithParameters(search)
    routes = []
    for vehicle in range(len(problem.vehicles)):
        index, route = model.Start(vehicle), []
        while not model.IsEnd(index):
            index = found.Value(model.NextVar(index))
            route.append(manager.IndexToNode(index))
        routes.append(tuple(route[:-1]))
    return tuple(routes)


def by_pyvrp(problem: Problem, seconds: float) -> float:
    """Return the objective of PyVRP's plan, in so many seconds of processor time."""
    from pyvrp import Model

    begin = time.process_time()
    model = Model()
    places = [model.add_location(0, 0) for _ in problem.prize]
    depot = model.add_depot(places[DEPOT])
    for stop in problem.stops:
        [window] = problem.windows[stop]
        model.add_client(
            places[stop],
            service_duration=int(problem.service_s[stop]),
            tw_early=window.early,
            tw_late=window.late,
            prize=int(problem.worth_s[stop]),
            required=False,
        )
    start, end = problem.vehicles[0]
    vehicles = len(problem.vehicles)
    model.add_vehicle_type(
        vehicles, start_depot=depot, end_depot=depot, tw_early=start, tw_late=end
    )
    for i, a in enumerate(places):
        for j, b in enumerate(places):
            drive = int(problem.travel_s[i, j])
            model.add_edge(a, b, distance=drive, duration=drive)
    found = model.solve(ProcessorTime(begin + seconds), seed=1, display=False)
    return float(problem.worth_s.sum() - found.cost())


class ProcessorTime:
    """Stops PyVRP when the process has worked so long."""

    def __init__(self, end: float) -> None:
        self.begin, self.end = time.process_time(), end

    def __call__(self, _: float) -> bool:
        return time.process_time() > self.end

    def fraction_remaining(self) -> float:
        left = self.end - time.process_time()
        return max(left / (self.end - self.begin), 0.0)


def ours_in(problem: Problem, seconds: float) -> float:
    """Return the objective of our plan, in about so many seconds of processor time."""
    solve(problem, iterations=1, seed=1)  # the loops are loaded
    begin = time.process_time()
    solve(problem, iterations=1, seed=1)
    ready = time.process_time()
    solve(problem, iterations=101, seed=1)
    once = ready - begin
    each = (time.process_time() - ready - once) / 100
    iterations = max(int((seconds - once) / each), 1)
    return problem.value(solve(problem, iterations=iterations, seed=1))


def beside_peers(
    sizes: Sequence[int], instances: int, seconds: Sequence[float]
) -> None:
    """Print how far others are behind our plans of the same processor time."""
    print(
        f"PyVRP {version('pyvrp')}, OR-Tools {version('ortools')}; {instances} instances each"
    )
    for size in sizes:
        for limit in seconds:
            behind: dict[str, list[float]] = {"PyVRP": [], "OR-Tools": []}
            for seed in range(instances):
                problem = instance(seed, size, max(2, size // 25), every=True)
                ours = ours_in(problem, limit)
                routes = by_or_tools(problem, limit)
                assert routes is not None
                behind["PyVRP"].append(1 - by_pyvrp(problem, limit) / ours)
                behind["OR-Tools"].append(1 - problem.value(routes) / ours)
            for name, gaps in behind.items():
                print(
                    f"{size} stops, {limit:g} s: {name} behind by {np.mean(gaps):.2%}, "
                    f"{min(gaps):.2%} to {max(gaps):.2%}",
                    flush=True,
                )


def quality(seeds: int) -> list[Figure]:
    """Print our objective beside that of OR-Tools and of greedy insertion."""
    wins = {"OR-Tools": 0, "greedy": 0}
    behind: dict[str, list[float]] = {"OR-Tools": [], "greedy": []}
    print(f"{'seed':>4} {'seconds':>8} {'ours':>9} {'OR-Tools':>9} {'greedy':>9}")
    for seed in range(seeds):
        problem = instance(seed)
        begin = time.process_time()
        ours = problem.value(solve(problem, iterations=2000, seed=seed))
        took = time.process_time() - begin
        theirs = by_or_tools(problem, took)
        others = {"greedy": problem.value(greedy(problem))}
        if theirs is not None:
            others["OR-Tools"] = problem.value(theirs)
        for name, value in others.items():
            wins[name] += ours >= value
            behind[name].append(1 - value / ours)
        ortools = others.get("OR-Tools", float("nan"))
        print(f"{seed:4} {took:8.2f} {ours:9} {ortools:9.0f} {others['greedy']:9}")
    for name, gaps in behind.items():
        if gaps:
            print(
                f"at least as good as {name} on {wins[name]} of {seeds}; {name} behind by "
                f"{np.mean(gaps):.1%} on average, {min(gaps):.1%} to {max(gaps):.1%}"
            )
    return [
        Figure(f"prizes of {seeds} small problems", "1", f"{name} {1 - np.mean(of):.3f}",
               f"{1 - np.mean(of):.3f}")
        for name, of in behind.items() if of
    ]  # fmt: skip


def _collected(seed: int, scale: float) -> float:
    problem = instance(seed)
    price_s = problem.unit * scale / SCALE
    routes = solve(replace(problem, price_s=price_s), iterations=2000, seed=seed)
    return prizes(problem, routes)


def scaling(seeds: int) -> None:
    """Print the prizes collected by the scale of the prizes, as a share of the best of all."""
    scales = (0.5, 1, 2, 5, 20, 100, 1000)
    got = np.array(
        [[_collected(seed, scale) for scale in scales] for seed in range(seeds)]
    )
    share = (got / got.max(axis=1, keepdims=True)).mean(axis=0)
    print("prize scale      " + " ".join(f"{scale:>7g}" for scale in scales))
    print("prizes collected " + " ".join(f"{value:7.1%}" for value in share))


def published(folder: Path, iterations: int) -> None:
    """Print our prizes beside the best known and those of greedy insertion, and the mean gaps."""
    gaps: dict[str, list[tuple[float, float, float]]] = defaultdict(list)
    print(
        f"{'problem':12} {'best':>6} {'ours':>6} {'gap':>7} {'seconds':>8} {'greedy':>7} {'gap':>7}"
    )
    for path in sorted(folder.glob("*.txt")):
        for name, problem, best in read(path):
            if not best:
                continue  # nothing is known, or no stop can be reached
            begin = time.perf_counter()
            ours = prizes(problem, solve(problem, iterations=iterations, seed=0))
            took = time.perf_counter() - begin
            plain = prizes(problem, greedy(problem))
            gaps[name.rsplit(".", 1)[0].split(" ")[0]].append(
                (1 - ours / best, 1 - plain / best, took)
            )
            print(
                f"{name:12} {best:6} {ours:6.0f} {1 - ours / best:7.1%} {took:8.2f} {plain:7.0f} "
                f"{1 - plain / best:7.1%}",
                flush=True,
            )
    for name, of in [
        *gaps.items(),
        ("all", [row for rows in gaps.values() for row in rows]),
    ]:
        ours, plain, took = np.mean(of, axis=0)
        print(
            f"{name}: {len(of)} problems, {iterations} iterations, {took:.1f} s each; ours behind "
            f"the best known by {ours:.1%}, greedy by {plain:.1%}; the best reached on "
            f"{sum(gap <= 0 for gap, _, _ in of)}"
        )


if __name__ == "__main__":
    parser = argparse.ArgumentParser()
    parser.add_argument("seeds", nargs="?", type=int, default=20)
    parser.add_argument("--instances", type=Path, help="a folder of published problems")
    parser.add_argument(
        "--iterations", type=int, default=2000, help="on published problems"
    )
    parser.add_argument("--seconds", help="processor time of each, beside PyVRP")
    parser.add_argument("--sizes", default="45,100,200", help="numbers of stops")
    options = parser.parse_args()
    if options.seconds:
        sizes = [int(size) for size in options.sizes.split(",")]
        limits = [float(limit) for limit in options.seconds.split(",")]
        beside_peers(sizes, options.seeds, limits)
    elif options.instances:
        published(options.instances, options.iterations)
    else:
        figures = quality(options.seeds)
        scaling(min(options.seeds, 5))
        show(figures)
