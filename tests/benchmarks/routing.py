"""Travel-time matrix of 200 positions on the region extract, beside other libraries.

    python tests/benchmarks/routing.py

Needs the real data beside the checkout (../shared).  networkx, through osmnx, and
rustworkx run for ten of the sources and their time is scaled to all.  networkit and pandana run
where they are installed (``pip install networkit rustworkx pandana``).  Ours finds ways and metres
as well, which a plan needs; the others only times.  scipy is as fast as networkit and rustworkx;
pandana answers faster once its hierarchy is built, which takes most of its time, but rounds.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd
from figures import seconds, show

from geo.arrays import Ints
from geo.params import Params
from geo.routing import driving
from geo.routing.driving import Drive
from geo.schema import METRIC
from layers.readers import bundled
from layers.readers.osm import extract

EXTRACT = (
    Path(__file__).resolve().parents[3] / "shared/data/osm/mitrovica_region.osm.pbf"
)
T = TypeVar("T")
POSITIONS = 200
SOME = 10


def timed(what: str, run: Callable[[], T]) -> tuple[T, float]:
    """Run, print what it took, and return both."""
    begin = time.process_time()
    result = run()
    took = time.process_time() - begin
    print(f"{what:55} {took:8.2f} s")
    return result, took


def with_osmnx(drive: Drive) -> nx.MultiDiGraph:
    """Return the drive network as the graph that osmnx would hand to networkx."""
    network, time_s = drive.network, drive.time_s
    forth, back = network.oneway >= 0, network.oneway <= 0
    u = np.r_[network.edge_from[forth], network.edge_to[back]]
    v = np.r_[network.edge_to[forth], network.edge_from[back]]
    edges = gpd.GeoDataFrame(
        {"u": u, "v": v, "travel_time": np.r_[time_s[forth], time_s[back]]},
        geometry=np.r_[network.geometry[forth], network.geometry[back]],
        crs=network.crs,
    )
    edges["key"] = edges.groupby(["u", "v"]).cumcount()
    xy = network.node_xy
    nodes = gpd.GeoDataFrame(
        {"x": xy[:, 0], "y": xy[:, 1]},
        geometry=gpd.points_from_xy(*xy.T),
        crs=network.crs,
    )
    return ox.graph_from_gdfs(nodes, edges.set_index(["u", "v", "key"]))


def by_networkx(graph: nx.MultiDiGraph, nodes: Ints) -> np.ndarray:
    """Return the rows of the matrix for the first few sources."""
    rows = []
    for source in nodes[:SOME]:
        found = nx.single_source_dijkstra_path_length(
            graph, source, weight="travel_time"
        )
        rows.append([found.get(node, np.inf) for node in nodes])
    return np.array(rows)


def by_networkit(drive: Drive, nodes: Ints) -> np.ndarray:
    """Return the matrix of networkit, on one thread."""
    import networkit

    networkit.setNumberOfThreads(1)
    tail, head, cost, _ = drive.network.arcs(drive.time_s, directed=True)
    arcs = (cost, (tail.astype(np.uint64), head.astype(np.uint64)))
    size = drive.network.n_nodes
    graph = networkit.GraphFromCoo(arcs, n=size, weighted=True, directed=True)
    search = networkit.distance.SPSP(graph, nodes.tolist()).run()
    return np.array(search.getDistances())[:, nodes]


def by_rustworkx(drive: Drive, nodes: Ints) -> np.ndarray:
    """Return the rows of the matrix for the first few sources."""
    import rustworkx

    tail, head, cost, _ = drive.network.arcs(drive.time_s, directed=True)
    graph = rustworkx.PyDiGraph()
    graph.add_nodes_from(range(drive.network.n_nodes))
    graph.add_edges_from(
        list(zip(tail.tolist(), head.tolist(), cost.tolist(), strict=True))
    )
    rows = []
    for source in nodes[:SOME]:
        found = rustworkx.dijkstra_shortest_path_lengths(graph, int(source), float)
        rows.append([0.0 if n == source else found[n] for n in nodes.tolist()])
    return np.array(rows)


def by_pandana(drive: Drive, nodes: Ints) -> np.ndarray:
    """Return the matrix of pandana, from contraction hierarchies."""
    import pandana

    tail, head, cost, _ = drive.network.arcs(drive.time_s, directed=True)
    x, y = map(pd.Series, drive.network.node_xy.T)
    arcs = pd.Series(tail), pd.Series(head), pd.DataFrame({"s": cost})
    network = pandana.Network(x, y, *arcs, twoway=False)
    pairs = np.repeat(nodes, len(nodes)), np.tile(nodes, len(nodes))
    return np.reshape(network.shortest_path_lengths(*pairs), (len(nodes), len(nodes)))


def main() -> None:
    """Print the time of each way, and by how much they differ."""
    if not EXTRACT.is_file():
        print(f"{EXTRACT.name} is not beside this checkout: nothing to measure")
        return
    layers = extract.read(EXTRACT, None)
    boundary = bundled.boundary().to_crs(METRIC)
    places = bundled.places().to_crs(METRIC).set_index("id")
    drive = driving.drivable(layers.roads.to_crs(METRIC), boundary, Params().speeds)
    drive = drive.two_way_from(places.geometry[["dcam_coordinator"]], 150)
    rng = np.random.default_rng(0)
    edge = rng.integers(0, drive.network.n_edges, POSITIONS)
    offset = drive.network.length_m[edge] * rng.random(POSITIONS)
    positions = pd.DataFrame({"edge": edge, "offset_m": offset})
    print(f"{drive.network.n_edges} edges, {POSITIONS} positions")

    (inserted, nodes), _ = timed(
        "ours: insertion of nodes", lambda: drive.insert(positions)
    )
    ours, own = timed("ours: matrix", lambda: driving.matrix(inserted, nodes))
    graph, built = timed("networkx through osmnx: graph", lambda: with_osmnx(inserted))
    rows, took = timed(f"networkx: {SOME} sources", lambda: by_networkx(graph, nodes))
    print(f"they differ by at most {np.abs(rows - ours.time_s[:SOME]).max():.4f} s")
    name = f"times, metres and ways between {POSITIONS} places of {drive.network.n_edges:,} edges"
    figures = [seconds(name, own, "networkx", built + took * POSITIONS / SOME)]
    peers = {
        "networkit": by_networkit,
        "rustworkx": by_rustworkx,
        "pandana": by_pandana,
    }
    for peer, matrix in peers.items():
        if not find_spec(peer):
            continue
        rows, took = timed(peer, lambda matrix=matrix: matrix(inserted, nodes))
        scale = POSITIONS / len(rows)
        print(
            f"it differs by at most {np.abs(rows - ours.time_s[: len(rows)]).max():.4f} s"
        )
        figures.append(seconds(name, own, peer, took * scale))
    show(figures)


if __name__ == "__main__":
    main()
