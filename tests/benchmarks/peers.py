"""Distances and K beside spaghetti, pandana, FastNSA and spatstat, in one run on one network.

    python tests/benchmarks/peers.py

The network is `chicago` of spatstat (503 edges, 116 events), from the figures beside the checkout.
Where the definition is the same, so must be the result: the largest difference is printed before
the times, and one above `ROUNDING` of the largest value ends the run.  pandana keeps lengths in
32 bits and steps from node to node only, so it is asked for nodes.  FastNSA is no dependency of the
project: where it is absent, a line says how to install it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import geopandas as gpd
import numpy as np
import pandas as pd
from density import SHARED, fastnsa_pair
from figures import Figure, least, seconds, show

from geo.network.graph import Network, Positions
from geo.patterns import k_function

ROUNDING = 1e-5
"""Of the largest value; the networks of the peers are made of rounded lengths."""


def same(name: str, ours: Any, theirs: Any) -> None:
    """Print by how much two results differ; end the run where they are not the same."""
    off = np.abs(np.asarray(ours) - np.asarray(theirs)).max()
    off /= np.abs(np.asarray(ours)).max()
    print(f"  {name}: differs by {off:.1e} of the largest value")
    if not off < ROUNDING:
        raise SystemExit(f"{name} is not the same")


def chicago() -> tuple[Network, Positions]:
    """Return the network and its events."""
    sys.path.insert(0, str(Path(__file__).parents[1] / "fixtures"))
    from problems.networks import from_tables, positions_in

    folder = SHARED / "oracles" / "chicago"
    nodes, edges, points = (
        pd.read_csv(folder / f"{name}.csv") for name in ("nodes", "edges", "points")
    )
    network = from_tables(nodes, edges)
    return network, positions_in(network, points)


def k_from(distances_m: Any, length_m: float, r_m: Any) -> Any:
    """Return the uncorrected K of a matrix of distances (Okabe and Yamada 2001)."""
    pairs = distances_m[~np.eye(len(distances_m), dtype=bool)]
    counts = (pairs <= np.asarray(r_m)[:, None]).sum(axis=1)
    return length_m * counts / len(pairs)


def of_spaghetti(network: Network, events: Positions) -> Callable[[], Any]:
    """Return what measures all distances of the events by spaghetti."""
    import spaghetti

    streets = gpd.GeoDataFrame(geometry=network.geometry, crs=network.crs)
    xy = events.points(network)
    points = gpd.GeoDataFrame(geometry=gpd.points_from_xy(*xy.T), crs=network.crs)

    def work() -> Any:
        theirs = spaghetti.Network(in_data=streets)
        theirs.snapobservations(points, "events")
        return theirs.allneighbordistances("events", fill_diagonal=0.0)

    return work


def of_pandana(network: Network, nodes: Any) -> Callable[[], Any]:
    """Return what measures all distances of some nodes by pandana."""
    import pandana

    x, y = map(pd.Series, network.node_xy.T)
    tail, head = map(pd.Series, (network.edge_from, network.edge_to))
    lengths_m = pd.DataFrame({"length_m": network.length_m})
    first, second = np.repeat(nodes, len(nodes)), np.tile(nodes, len(nodes))

    def work() -> Any:
        theirs = pandana.Network(x, y, tail, head, lengths_m)
        found = theirs.shortest_path_lengths(first, second)
        return np.array(found).reshape(len(nodes), -1)

    return work


def main() -> None:
    """Compare, then measure."""
    network, events = chicago()
    table = pd.read_csv(SHARED / "oracles" / "chicago" / "linearK_none.csv").iloc[1:]
    r_m = table["r"].to_numpy(float)
    positions = pd.DataFrame({"edge": events.edge, "offset_m": events.offset_m})

    def distances() -> Any:
        with_events, nodes = network.insert(positions)
        return with_events.distances(nodes)[:, nodes]

    figures: list[Figure] = []
    ours, spaghetti = distances(), of_spaghetti(network, events)
    same("distances of events, spaghetti", ours, spaghetti())
    name = "chicago: distances of 116 events, from the layers on"
    figures.append(seconds(name, least(distances), "spaghetti", least(spaghetti, 1)))
    nodes = np.arange(network.n_nodes)
    pandana = of_pandana(network, nodes)
    same("distances of nodes, pandana", network.distances(nodes), pandana())
    name = "chicago: distances of 338 nodes, from their edges on"
    figures.append(
        seconds(
            name, least(lambda: network.distances(nodes)), "pandana", least(pandana, 1)
        )
    )
    k = k_function(network, events, r_m, "none")
    length_m = float(network.length_m.sum())
    same("K, spatstat", k, table["est"].to_numpy(float))
    same("K, of spaghetti's distances", k, k_from(spaghetti(), length_m, r_m))
    native = fastnsa_pair(network, events)
    if native:
        from fastnsa.stats.k_function import network_k_function

        def fastnsa() -> Any:
            return network_k_function(network=native[0], points=native[1], r_values=r_m)

        same("K, FastNSA", k, fastnsa().k_obs)
        name = "chicago: K at 512 distances (none)"
        took = least(lambda: k_function(network, events, r_m, "none"))
        figures.append(seconds(name, took, "FastNSA", least(fastnsa, 1)))
    show(figures)


if __name__ == "__main__":
    if SHARED.is_dir():
        main()
    else:
        sys.exit(
            "the figures (../shared) are not beside this checkout; nothing to measure"
        )
