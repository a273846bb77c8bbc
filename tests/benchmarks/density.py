"""Network K and density beside their peers, in one run.

Run by ``make bench``.  Peers, each skipped where it is absent:

- spatstat: Debian package ``r-cran-spatstat.linnet``, through ``Rscript``
- FastNSA: ``.venv/bin/python -m pip install --no-deps fastnsa`` (no dependency of the project)
- spNetwork's approach, one shortest-path search and one pass over lixels for each event, written
  plainly with scipy

Each time is the best of three after one call that compiles or warms up; compile time is the
first call in a new process with an empty cache, given apart.  Memory is the peak of the process.
"""

from __future__ import annotations

import importlib.util
import os
import resource
import shutil
import struct
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from scipy.sparse.csgraph import dijkstra

from geo.hotspots import heat
from geo.network import graph as network
from geo.network import lixels
from geo.network.graph import Positions
from geo.patterns import equal_split, estimate_density
from geo.patterns import k as network_k
from geo.patterns.density import sources_at
from layers.readers.osm import extract

HERE = Path(__file__).resolve()
SHARED = HERE.parents[3] / "shared"
SIGMA = 60.0


def best(work: Callable[[], object], times: int = 3) -> float:
    """Return the least wall time in seconds of some calls after a first one."""
    work()
    taken = []
    for _ in range(times):
        begin = time.perf_counter()
        work()
        taken.append(time.perf_counter() - begin)
    return min(taken)


def line(what: str, seconds: float, note: str = "") -> None:
    """Print one figure."""
    print(f"  {what:<52} {seconds * 1000:12.1f} ms  {note}", flush=True)


def memory_mb() -> int:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


SPATSTAT = """
suppressMessages(library(spatstat.linnet)); X <- unmark(chicago)
best <- function(f) min(sapply(1:2, function(i) system.time(f())["elapsed"]))
cat("K", best(function() envelope(X, linearK, correction="none", nsim=99, verbose=FALSE)), "\n")
cat("KAng", best(function() envelope(X, linearK, correction="Ang", nsim=99, verbose=FALSE)), "\n")
cat("heat", best(function() densityHeat(X, sigma=60)), "\n")
sink("/dev/null")
esc <- best(function() densityEqualSplit(X, sigma=60, kernel="epanechnikov", verbose=FALSE))
sink()
cat("esc", esc, "\n")
"""


def spatstat() -> dict[str, float]:
    """Return the times of spatstat in seconds, or nothing."""
    if shutil.which("Rscript") is None:
        print("  spatstat is absent: apt-get install r-cran-spatstat.linnet")
        return {}
    run = subprocess.run(
        ["Rscript", "-e", SPATSTAT], capture_output=True, text=True, check=True, timeout=600
    )
    rows = (row.split() for row in run.stdout.splitlines())
    return {r[0]: float(r[1]) for r in rows if len(r) == 2 and r[0] in ("K", "KAng", "heat", "esc")}


def fastnsa_pair(net: network.Network, at: Positions) -> tuple[object, object] | None:
    """Return the network and the events as FastNSA holds them, or nothing."""
    if importlib.util.find_spec("fastnsa") is None:
        print("  FastNSA is absent: .venv/bin/python -m pip install --no-deps fastnsa")
        return None
    from fastnsa.runtime import NativeNetwork, NativePointSet

    edges = np.stack([net.edge_from, net.edge_to, net.length_m], axis=1).astype(float)
    ends = np.r_[net.edge_from, net.edge_to]
    order = np.argsort(ends, kind="stable")
    offsets = np.r_[0, np.cumsum(np.bincount(ends, minlength=net.n_nodes))].astype(np.int32)
    blobs = [
        struct.pack("<BII", 1, 2, len(xy)) + xy.astype("<f8").tobytes()
        for xy in np.split(net.xy, net.start[1:-1])
    ]
    native = NativeNetwork(
        edges=edges,
        offsets=offsets,
        indices=(order % net.n_edges).astype(np.int32),
        wkb_blob=b"".join(blobs),
        wkb_offsets=np.r_[0, np.cumsum([len(b) for b in blobs])].astype(np.int32),
        crs="EPSG:9141",
    )
    xy = at.points(net)
    return native, NativePointSet.map_xy(native, xy[:, 0].tolist(), xy[:, 1].tolist())


def plainly(net: network.Network, at: Positions, reach: float, lixel_m: float) -> float:
    """Return the integral of the simple density, event by event as spNetwork works."""
    cells = lixels.lixelize(net, lixel_m)
    tail, head = net.edge_from[cells.edge], net.edge_to[cells.edge]
    total = np.zeros(len(cells))
    for edge, offset in zip(at.edge, at.offset_m, strict=True):
        ends = [net.edge_from[edge], net.edge_to[edge]]
        way = dijkstra(net.walking, indices=ends, limit=reach)
        node = np.minimum(way[0] + offset, way[1] + net.length_m[edge] - offset)
        away = np.minimum(
            node[tail] + cells.middle_m, node[head] + net.length_m[cells.edge] - cells.middle_m
        )
        own = cells.edge == edge
        away[own] = np.minimum(away[own], abs(cells.middle_m[own] - offset))
        total += np.where(away < reach, 0.75 / reach * (1 - (away / reach) ** 2), 0.0)
    return float((total * cells.length_m).sum())


FIRST_CALLS = """
import time, geopandas as gpd, numpy as np, shapely
from geo import network, patterns
lines = [shapely.LineString([(0, 0), (90, 0), (180, 0)]), shapely.LineString([(90, 0), (90, 90)])]
net = network.from_lines(gpd.GeoDataFrame(geometry=lines, crs=9141))
at = network.Positions.random(net, 5, np.random.default_rng(1))
work = {
    kind: lambda k=kind: patterns.estimate_density(net, at, 30.0, 5.0, k)
    for kind in patterns.ESTIMATORS
}
work |= {f"K, {c}": lambda c=c: patterns.k_function(net, at, [20.0], c) for c in ("none", "ang")}
for name, call in work.items():
    begin = time.perf_counter()
    call()
    print(name, time.perf_counter() - begin, sep="\\t")
"""


def compiling() -> None:
    """Print the first calls with an empty cache of machine code, and then with a full one."""
    print("first call in a new process, three edges: compiling, and from the cache")
    with tempfile.TemporaryDirectory() as cache:
        runs = [
            subprocess.run(
                [sys.executable, "-c", FIRST_CALLS], env={**os.environ, "NUMBA_CACHE_DIR": cache},
                capture_output=True, text=True, check=True, timeout=600,
            ).stdout.splitlines()
            for _ in range(2)
        ]  # fmt: skip
    for cold, warm in zip(*runs, strict=True):
        name, seconds = cold.split("\t")
        line(name, float(seconds), f"cached {float(warm.split(chr(9))[1]) * 1000:.1f} ms")


def chicago() -> None:
    """K, heat and equal split on spatstat's own network."""
    folder = SHARED / "oracles" / "chicago"
    nodes, edges, points = (pd.read_csv(folder / f"{n}.csv") for n in ("nodes", "edges", "points"))
    sys.path.insert(0, str(HERE.parents[1] / "fixtures"))
    from problems.networks import from_tables, positions_in

    net = from_tables(nodes, edges)
    at = positions_in(net, points)
    r = pd.read_csv(folder / "linearK_none.csv")["r"].to_numpy()
    sources, cells = sources_at(at, SIGMA), lixels.lixelize(net, 10.0)
    print(
        "chicago: 116 events, 503 edges; K at 513 distances, pointwise envelopes of 99 simulations"
    )
    theirs = spatstat()

    def k(correction: network_k.Correction) -> Callable[[], object]:
        def work() -> tuple[object, object]:
            drawn = network_k.simulate_k(net, len(at), r, correction, simulations=99, seed=1)
            return network_k.k_function(net, at, r, correction), np.sort(drawn, axis=0)[[0, -1]]

        return work

    def split() -> object:
        return equal_split.on_lixels(sources, cells, step_m=0.5)

    def warmth() -> object:
        return heat.heat_density(sources, cells)

    ours = {"K": k("none"), "KAng": k("ang"), "heat": warmth, "esc": split}
    names = {"K": "K, uncorrected", "KAng": "K, Ang", "heat": "heat, sigma 60",
             "esc": "equal split continuous, sigma 60, step 0.5"}  # fmt: skip
    for key, work in ours.items():
        seconds = best(work)
        ratio = f"spatstat {theirs[key]:.2f} s: {theirs[key] / seconds:.0f} x" if theirs else ""
        line(names[key], seconds, ratio)
    native = fastnsa_pair(net, at)
    if native:
        from fastnsa.stats.k_function import network_k_function

        seconds = best(
            lambda: network_k_function(
                network=native[0], points=native[1], r_values=r[1:], simulations=99, random_state=1
            )
        )
        line("K, uncorrected, FastNSA", seconds, f"{seconds / best(ours['K']):.1f} x ours")
    mass = float((equal_split.on_lixels(sources, cells, step_m=0.5) * cells.length_m).sum())
    finer = equal_split.on_lixels(sources, cells, step_m=0.125)
    error = abs(equal_split.on_lixels(sources, cells, step_m=0.5) - finer).max() / finer.max()
    print(f"  equal split: mass - 116 {mass - 116:+.1e}; error at step 0.5 {error:.1e}")
    mass = (heat.heat_density(sources, cells) * cells.length_m).sum()
    print(f"  heat: mass - 116 {mass - 116:+.1e}")


def core() -> None:
    """Ten events in the core extract."""
    net = roads("mitrovica_core.osm.pbf")
    at = Positions.random(net, 10, np.random.default_rng(1))
    sigma = equal_split.sigma_of("epanechnikov", 1000.0)
    print(f"core extract: {net.n_edges} road edges, 10 events, 10 m lixels, half-width 1 km")
    simple = best(lambda: estimate_density(net, at, sigma, 10.0, "simple"))
    line("simple", simple)
    line("heat", best(lambda: estimate_density(net, at, sigma, 10.0)))
    sources = sources_at(at, sigma)
    near = lixels.reached(net, at.edge, at.offset_m, 1100.0)
    cells = lixels.lixelize(net, 10.0, near)
    for step in (4.0, 2.0, 1.0):
        found = equal_split.on_lixels(sources, cells, step_m=step)
        finer = equal_split.on_lixels(sources, cells, step_m=step / 4)
        error = abs(finer - found).max() / finer.max()
        seconds = best(lambda d=step: equal_split.on_lixels(sources, cells, step_m=d))
        line(f"equal split continuous, step {step:g} m", seconds, f"error {error:.1e} of the peak")
    native = fastnsa_pair(net, at)
    if native:
        from fastnsa.stats.network_kde import network_kde

        seconds = best(
            lambda: network_kde(
                network=native[0], points=native[1], bandwidth=1000.0, lixel_length=10.0
            )
        )
        line("simple, FastNSA", seconds, f"{seconds / simple:.0f} x ours")
    seconds = best(lambda: plainly(net, at, 1000.0, 10.0), 1)
    line("simple, event by event over all lixels", seconds, f"{seconds / simple:.0f} x ours")


def region() -> None:
    """Many events in the region extract, and how time grows."""
    net = roads("mitrovica_region.osm.pbf")
    sigma = equal_split.sigma_of("epanechnikov", 500.0)
    print(f"region extract: {net.n_edges} road edges, 25 m lixels, half-width 500 m")
    for n in (1_000, 3_000, 10_000, 30_000):
        at = Positions.random(net, n, np.random.default_rng(1))
        for kind in ("simple", "heat"):
            seconds = best(lambda p=at, k=kind: estimate_density(net, p, sigma, 25.0, k), 2)
            line(f"{kind}, {n} events", seconds, f"peak memory {memory_mb()} MB")
    for share in (0.25, 0.5, 1.0):
        near = net.node_xy[net.edge_from, 0] <= np.quantile(net.node_xy[net.edge_from, 0], share)
        part = net.keep(near)
        at = Positions.random(part, 3000, np.random.default_rng(1))
        seconds = best(lambda p=part, a=at: estimate_density(p, a, sigma, 25.0), 2)
        line(f"heat, 3000 events on {part.n_edges} edges", seconds)


def roads(name: str) -> network.Network:
    """Return the network of an extract's roads."""
    layer = extract.read(SHARED / "data" / "osm" / name, None).roads
    net = network.from_lines(layer.to_crs(9141))
    net.walking.sum()
    return net


if __name__ == "__main__":
    if not SHARED.is_dir():
        sys.exit("the real data (../shared) is not beside this checkout; nothing to measure")
    compiling()
    chicago()
    core()
    region()
