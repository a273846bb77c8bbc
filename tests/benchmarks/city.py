"""K, its envelope and densities on a whole city, K beside FastNSA and spatstat.

    python tests/benchmarks/city.py

Road accidents in Western Australia (Rakshit, Baddeley and Nair 2019): 115,169 segments, 14,562
events, from the real data beside the checkout.  Processor time of all threads.  The peers take
every hundredth event only: the time of FastNSA grows at least in proportion to their number.  A
peer that does not end within `LIMIT_S`, or needs more than `MEMORY_GB`, is ended.
"""

from __future__ import annotations

import importlib.util
import resource
import shutil
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

import numpy as np
import pandas as pd
from figures import Figure, plain, seconds, show

from geo.network.graph import Network, Positions
from geo.patterns.estimators import Estimator, estimate_density
from geo.patterns.k import k_envelopes, k_function

HERE = Path(__file__).resolve()
CITY = HERE.parents[3] / "shared" / "data" / "wacrashes"
SIMULATIONS = 99
SIGMA_M = 250.0
LIXEL_M = 50.0
ESTIMATED: Final[tuple[Estimator, ...]] = ("heat", "esc")
SOME = 100
"""One event in so many is given to the peers."""
LIMIT_S = 600
MEMORY_GB = 8

SPATSTAT = f"""
suppressMessages(library(spatstat.linnet))
n <- read.csv("{CITY}/nodes.csv.gz"); e <- read.csv("{CITY}/edges.csv.gz")
p <- read.csv("{CITY}/points.csv.gz"); p <- p[seq(1, nrow(p), by = {SOME}), ]
w <- owin(range(n$x), range(n$y))
L <- linnet(ppp(n$x, n$y, window = w), edges = as.matrix(e), sparse = TRUE)
X <- lpp(data.frame(seg = p$edge, tp = p$along), L)
took <- system.time(linearK(X, r = seq(0, 10000, length = 513), correction = "none"))
cat(took["user.self"] + took["sys.self"], "\n")
"""

FASTNSA = f"""
import sys, time
sys.path[:0] = [{str(HERE.parent)!r}, {str(HERE.parents[1] / "fixtures")!r}]
import numpy as np
from city import some_events
from density import fastnsa_pair
from fastnsa.stats.k_function import network_k_function
network, points = fastnsa_pair(*some_events())
begin = time.process_time()
network_k_function(network=network, points=points, r_values=np.linspace(0, 10_000, 513)[1:])
print(time.process_time() - begin)
"""


def city() -> tuple[Network, Positions]:
    """Return the network and the events."""
    sys.path.insert(0, str(HERE.parents[1] / "fixtures"))
    from problems.networks import from_tables, positions_in

    nodes, edges, points = (
        pd.read_csv(CITY / f"{n}.csv.gz") for n in ("nodes", "edges", "points")
    )
    xy = nodes[["x", "y"]].to_numpy(float)
    length = np.hypot(*(xy[edges["from"] - 1] - xy[edges["to"] - 1]).T)
    nodes = nodes.assign(node=np.arange(len(nodes)) + 1)
    network = from_tables(nodes, edges.assign(length=length))
    return network, positions_in(
        network, points.rename(columns={"edge": "seg", "along": "tp"})
    )


def some_events() -> tuple[Network, Positions]:
    """Return the network and the events that peers are given."""
    network, events = city()
    return network, events.take(np.arange(0, len(events), SOME))


def peer(name: str, command: list[str]) -> tuple[str, float | None]:
    """Return what a peer takes for the uncorrected K of the events, or why that is not known."""

    def bounded() -> None:
        resource.setrlimit(resource.RLIMIT_AS, (MEMORY_GB << 30, MEMORY_GB << 30))
        resource.setrlimit(resource.RLIMIT_CPU, (LIMIT_S, LIMIT_S + 1))

    done = subprocess.run(
        command, capture_output=True, text=True, check=False, preexec_fn=bounded
    )
    if done.returncode in (-signal.SIGXCPU, -signal.SIGKILL):
        return f"{name} does not end within {LIMIT_S} s", None
    if done.returncode:
        why = [row for row in done.stderr.splitlines() if "Error" in row] or ["?"]
        return f"{name} fails: {why[-1]}", None
    return name, float(done.stdout.split()[-1])


def densities(network: Network, events: Positions) -> list[Figure]:
    """Measure the density of all events on lixels of 50 m, heat and equal split."""
    figures = []
    for estimator in ESTIMATED:
        begin = time.process_time()
        lixels, density = estimate_density(network, events, SIGMA_M, LIXEL_M, estimator)
        took = time.process_time() - begin
        mass = float((density * lixels.length_m).sum())
        peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
        print(f"  {len(lixels)} lixels; mass {mass:.2f} of {len(events)}")
        name = f"density of wacrashes, sigma {SIGMA_M:g} m ({estimator})"
        figures.append(Figure(name, f"{plain(took)}, {peak} MB"))
        print(*figures[-1], flush=True)
    return figures


def main() -> None:
    """Measure ours to 1 km and 10 km, then the peers."""
    network, events = city()
    print(f"{network.n_edges} segments, {len(events)} events")
    figures = densities(network, events)
    k_function(network, events, [1.0])  # compile, or load
    for reach in (1000, 10_000):
        for correction in ("none", "ang"):
            r = np.linspace(0, reach, 513)
            begin = time.process_time()
            k_function(network, events, r, correction)
            took = time.process_time() - begin
            figures.append(
                seconds(f"K of wacrashes to {reach // 1000} km ({correction})", took)
            )
            print(*figures[-1], flush=True)
    begin, wall = time.process_time(), time.perf_counter()
    k_envelopes(network, events, np.linspace(0, 10_000, 513), simulations=SIMULATIONS)
    took, wall = time.process_time() - begin, time.perf_counter() - wall
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss >> 10
    name = f"K of wacrashes to 10 km and {SIMULATIONS} simulations (ang)"
    figures.append(
        Figure(name, f"{plain(took)}, {peak} MB; {plain(wall)} by the clock")
    )
    print(*figures[-1], flush=True)
    commands = {
        "FastNSA": [sys.executable, "-c", FASTNSA],
        "spatstat": ["Rscript", "-e", SPATSTAT],
    }
    here = {
        "FastNSA": importlib.util.find_spec("fastnsa") is not None,
        "spatstat": shutil.which("Rscript") is not None,
    }
    _, some = some_events()
    begin = time.process_time()
    k_function(network, some, np.linspace(0, 10_000, 513), "none")
    took = time.process_time() - begin
    for other, command in commands.items():
        if here[other]:
            told, theirs = peer(other, command)
            name = f"K of {len(some)} events of wacrashes to 10 km (none)"
            figures.append(seconds(name, took, told, theirs))
    show(figures)


if __name__ == "__main__":
    if CITY.is_dir():
        main()
    else:
        sys.exit(
            "the real data (../shared) is not beside this checkout; nothing to measure"
        )
