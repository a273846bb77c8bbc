"""Network K and density beside their peers, in one run.

Run by ``make bench``.  Peers, each skipped where it is absent:

- spatstat: Debian package ``r-cran-spatstat.linnet``, through ``Rscript``
- FastNSA: ``.venv/bin/python -m pip install --no-deps fastnsa`` (no dependency of the project)
- spNetwork's approach, one shortest-path search and one pass over lixels for each event, written
  plainly with scipy

Each time is processor time of all threads, the least of three after one call that compiles or warms
up.  Memory is the peak of the process.  First calls are in ``start.py``.
"""

from __future__ import annotations

import importlib.util
import resource
import shutil
import struct
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
from figures import Figure, least, plain, seconds, show
from scipy.sparse.csgraph import dijkstra

from geo.hotspots import heat
from geo.network import graph as network
from geo.network import lixels
from geo.network.graph import Positions
from geo.patterns import equal_split, estimate_density
from geo.patterns import k as network_k
from geo.patterns.estimators import sources_at
from layers.readers.osm import extract

HERE = Path(__file__).resolve()
SHARED = HERE.parents[3] / "shared"
SIGMA = 60.0


def memory_mb() -> int:
    """Return the peak memory of this process."""
    return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024


SPATSTAT = """
suppressMessages(library(spatstat.linnet)); X <- unmark(chicago)
best <- function(f) min(sapply(1:2, function(i) sum(system.time(f())[c("user.self", "sys.self")])))
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
        ["Rscript", "-e", SPATSTAT], capture_output=True, text=True, check=True
    )
    rows = (row.split() for row in run.stdout.splitlines())
    return {
        r[0]: float(r[1])
        for r in rows
        if len(r) == 2 and r[0] in ("K", "KAng", "heat", "esc")
    }


def fastnsa_pair(net: network.Network, at: Positions) -> tuple[object, object] | None:
    """Return the network and the events as FastNSA holds them, or nothing."""
    if importlib.util.find_spec("fastnsa") is None:
        print("  FastNSA is absent: .venv/bin/python -m pip install --no-deps fastnsa")
        return None
    from fastnsa.runtime import NativeNetwork, NativePointSet

    edges = np.stack([net.edge_from, net.edge_to, net.length_m], axis=1).astype(float)
    ends = np.r_[net.edge_from, net.edge_to]
    order = np.argsort(ends, kind="stable")
    offsets = np.r_[0, np.cumsum(np.bincount(ends, minlength=net.n_nodes))].astype(
        np.int32
    )
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
            node[tail] + cells.middle_m,
            node[head] + net.length_m[cells.edge] - cells.middle_m,
        )
        own = cells.edge == edge
        away[own] = np.minimum(away[own], abs(cells.middle_m[own] - offset))
        total += np.where(away < reach, 0.75 / reach * (1 - (away / reach) ** 2), 0.0)
    return float((total * cells.length_m).sum())


def chicago() -> list[Figure]:
    """K, heat and equal split on spatstat's own network."""
    folder = SHARED / "oracles" / "chicago"
    nodes, edges, points = (
        pd.read_csv(folder / f"{n}.csv") for n in ("nodes", "edges", "points")
    )
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
            drawn = network_k.simulate_k(
                net, len(at), r, correction, simulations=99, seed=1
            )
            return network_k.k_function(net, at, r, correction), np.sort(drawn, axis=0)[
                [0, -1]
            ]

        return work

    def split() -> object:
        return equal_split.on_lixels(sources, cells, step_m=0.5)

    def warmth() -> object:
        return heat.heat_density(sources, cells)

    work = {"K": k("none"), "KAng": k("ang"), "heat": warmth, "esc": split}
    names = {
        "K": "chicago: K and 99 simulations (none)",
        "KAng": "chicago: K and 99 simulations (ang)",
        "heat": "chicago: heat, sigma 60",
        "esc": "chicago: equal split continuous, sigma 60, step 0.5",
    }
    ours = {key: least(call) for key, call in work.items()}
    peer = "spatstat" if theirs else ""
    figures = [seconds(names[key], ours[key], peer, theirs.get(key)) for key in ours]
    native = fastnsa_pair(net, at)
    if native:
        from fastnsa.stats.k_function import network_k_function

        slower = least(
            lambda: network_k_function(
                network=native[0],
                points=native[1],
                r_values=r[1:],
                simulations=99,
                random_state=1,
            ),
            1,
        )
        figures.append(seconds(names["K"], ours["K"], "FastNSA", slower))
    mass = float(
        (equal_split.on_lixels(sources, cells, step_m=0.5) * cells.length_m).sum()
    )
    finer = equal_split.on_lixels(sources, cells, step_m=0.125)
    error = (
        abs(equal_split.on_lixels(sources, cells, step_m=0.5) - finer).max()
        / finer.max()
    )
    print(f"  equal split: mass - 116 {mass - 116:+.1e}; error at step 0.5 {error:.1e}")
    mass = (heat.heat_density(sources, cells) * cells.length_m).sum()
    print(f"  heat: mass - 116 {mass - 116:+.1e}")
    return figures


def core() -> list[Figure]:
    """Ten events in the core extract."""
    net = roads("mitrovica_core.osm.pbf")
    at = Positions.random(net, 10, np.random.default_rng(1))
    sigma = equal_split.sigma_of("epanechnikov", 1000.0)
    print(
        f"core extract: {net.n_edges} road edges, 10 events, 10 m lixels, half-width 1 km"
    )
    simple = least(lambda: estimate_density(net, at, sigma, 10.0, "simple"))
    heat_s = least(lambda: estimate_density(net, at, sigma, 10.0))
    figures = [seconds("core: heat, 10 events", heat_s)]
    sources = sources_at(at, sigma)
    near = lixels.reached(net, at.edge, at.offset_m, 1100.0)
    cells = lixels.lixelize(net, 10.0, near)
    for step in (4.0, 1.0):
        found = equal_split.on_lixels(sources, cells, step_m=step)
        finer = equal_split.on_lixels(sources, cells, step_m=step / 4)
        error = abs(finer - found).max() / finer.max()
        print(f"  equal split, step {step:g} m: error {error:.1e} of the peak")
        split = least(lambda d=step: equal_split.on_lixels(sources, cells, step_m=d))
        figures.append(seconds(f"core: equal split, 10 events, step {step:g} m", split))
    native = fastnsa_pair(net, at)
    if native:
        from fastnsa.stats.network_kde import network_kde

        slower = least(
            lambda: network_kde(
                network=native[0], points=native[1], bandwidth=1000.0, lixel_length=10.0
            ),
            1,
        )
        figures.append(seconds("core: simple, 10 events", simple, "FastNSA", slower))
    slower = least(lambda: plainly(net, at, 1000.0, 10.0), 1)
    return [*figures, seconds("core: simple, 10 events", simple, "scipy", slower)]


def region() -> list[Figure]:
    """Many events in the region extract, and how time grows."""
    net = roads("mitrovica_region.osm.pbf")
    sigma = equal_split.sigma_of("epanechnikov", 500.0)
    print(f"region extract: {net.n_edges} road edges, 25 m lixels, half-width 500 m")
    figures = []
    for n in (1_000, 10_000, 30_000):
        at = Positions.random(net, n, np.random.default_rng(1))
        for kind in ("simple", "heat"):
            taken = least(
                lambda p=at, k=kind: estimate_density(net, p, sigma, 25.0, k), 2
            )
            ours = f"{plain(taken)}, {memory_mb()} MB"
            figures.append(Figure(f"region: {kind}, {n} events", ours))
    return figures


def roads(name: str) -> network.Network:
    """Return the network of an extract's roads."""
    layer = extract.read(SHARED / "data" / "osm" / name, None).roads
    net = network.from_lines(layer.to_crs(9141))
    net.walking.sum()
    return net


if __name__ == "__main__":
    if not SHARED.is_dir():
        sys.exit(
            "the real data (../shared) is not beside this checkout; nothing to measure"
        )
    show([*chicago(), *core(), *region()])
