"""First calls of compiled measures in a new process: compiled, and from the cache.

    python tests/benchmarks/start.py

Each measure runs in processes of its own on three edges, after an empty compiled function has run,
so that the start of numba, which is stated apart, is not in it.  Processor time.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable

import geopandas as gpd
import numpy as np
import shapely
from figures import Figure, plain, seconds, show
from numba import njit
from pyproj import CRS

from geo import network, patterns
from geo.access.grid import Grid
from geo.access.walking import WalkingCells, walking_minutes
from geo.hotspots.scan import windows_about
from geo.network.lixels import lixelize

REPEATS = 2

LINES = [
    shapely.LineString([(0, 0), (90, 0), (180, 0)]),
    shapely.LineString([(90, 0), (90, 90)]),
]
NET = network.from_lines(gpd.GeoDataFrame(geometry=LINES, crs=9141))
AT = network.Positions.random(NET, 5, np.random.default_rng(1))
CELLS = lixelize(NET, 5.0)


def on_foot() -> object:
    """Return the minutes on foot over nine level cells."""
    level = np.ones((3, 3), dtype=np.float32)
    grid = Grid(0.0, 75.0, 25.0, (3, 3), CRS(9141))
    cells = WalkingCells(grid, level, level, np.zeros((3, 3), dtype=np.uint32))
    return walking_minutes(cells, np.array([0]))


def many_patterns() -> object:
    """Return K of patterns that share a table of distances."""
    return patterns.k.simulate_k(NET, 50, [20.0], simulations=20, seed=1)


MEASURES: dict[str, Callable[[], object]] = {
    **{
        f"density {kind}": lambda kind=kind: patterns.estimate_density(NET, AT, 30.0, 5.0, kind)
        for kind in patterns.ESTIMATORS
    },
    "K of one pattern": lambda: patterns.k_function(NET, AT, [20.0]),
    "K of many patterns": many_patterns,
    "nearest way": lambda: NET.nearest(np.array([[10.0, 10.0], [50.0, 5.0]])),
    "windows of the scan": lambda: windows_about(CELLS, np.array([0]), np.array([50.0, 90.0])),
    "minutes on foot": on_foot,
}  # fmt: skip


def once(name: str) -> None:
    """Print what an empty compiled function takes at first, and then the measure."""
    begin = time.process_time()
    njit(lambda: None)()
    empty = time.process_time()
    MEASURES[name]()
    print(empty - begin, time.process_time() - empty)


def first_calls(name: str, cache: str) -> list[float]:
    """Return both times of a new process, in seconds."""
    run = subprocess.run(
        [sys.executable, __file__, name], env={**os.environ, "NUMBA_CACHE_DIR": cache},
        capture_output=True, text=True, check=True, timeout=600,
    )  # fmt: skip
    return [float(part) for part in run.stdout.split()[-2:]]


def main() -> None:
    """Measure each in new processes, the first with an empty cache."""
    figures, empty = [], []
    with tempfile.TemporaryDirectory() as cache:
        for name in MEASURES:
            compiled = first_calls(name, cache)[1]
            cached = np.array([first_calls(name, cache) for _ in range(REPEATS)]).min(
                axis=0
            )
            empty.append(cached[0])
            print(f"{name}: compiled in {plain(compiled)}", flush=True)
            figures.append(seconds(f"first call from the cache: {name}", cached[1]))
    show([Figure("start of numba: an empty function", plain(min(empty))), *figures])


if __name__ == "__main__":
    once(sys.argv[1]) if len(sys.argv) > 1 else main()
