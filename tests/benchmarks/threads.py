"""Wall-clock time by two threads beside one: equal split, K, bandwidths, nearness.

Figures are the same whatever the number of threads; what two bring depends on what else the
machine does, so each is the least of several, one after the other in turns.
"""

from __future__ import annotations

import os
import sys
import time
from collections.abc import Callable
from unittest.mock import patch

import numpy as np
from density import roads
from figures import Figure, seconds, show

from geo import patterns
from geo.network import Positions

TURNS = 3


def walls(work: Callable[[], object]) -> tuple[float, float]:
    """Return the least wall-clock time of some calls, by one thread and by two."""
    work()
    taken: dict[int, list[float]] = {1: [], 2: []}
    for _ in range(TURNS):
        for threads, times in taken.items():
            with patch.object(os, "cpu_count", lambda threads=threads: threads):
                begin = time.perf_counter()
                work()
                times.append(time.perf_counter() - begin)
    return min(taken[1]), min(taken[2])


def figure(name: str, work: Callable[[], object]) -> Figure:
    one, two = walls(work)
    return seconds(f"two threads: {name}", two, "one thread", one)


def main() -> None:
    if (os.cpu_count() or 1) < 2:
        print("threads: this machine has one processor; nothing measured")
        sys.exit(0)
    network = roads("mitrovica_region.osm.pbf")
    rng = np.random.default_rng(1)
    many, some = (Positions.random(network, n, rng) for n in (30_000, 300))
    show([
        figure(
            "equal split, 30,000 events of the region",
            lambda: patterns.estimate_density(network, many, 100.0, 25.0, "esc"),
        ),
        figure(
            "bandwidth scores, 300 events, eight bandwidths",
            lambda: patterns.bandwidth_scores(network, some, np.geomspace(50, 800, 8)),
        ),
        figure(
            "K to 2 km, 30,000 events",
            lambda: patterns.k_function(network, many, np.linspace(100, 2000, 20)),
        ),
    ])  # fmt: skip


if __name__ == "__main__":
    main()
