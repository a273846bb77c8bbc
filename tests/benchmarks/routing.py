"""Travel-time matrix of 200 positions on the region extract: ours, networkx with osmnx.

    python tests/benchmarks/routing.py

Needs the real data beside the checkout (../shared).  networkx runs for ten of the sources and
its time is scaled to all: it says so.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from pathlib import Path
from typing import TypeVar

import geopandas as gpd
import networkx as nx
import numpy as np
import osmnx as ox
import pandas as pd

from geo.arrays import Ints
from geo.params import Params
from geo.routing import driving
from geo.routing.driving import Drive
from layers.readers import bundled
from layers.readers.osm import extract
from layers.schema import METRIC

EXTRACT = Path(__file__).resolve().parents[3] / "shared/data/osm/mitrovica_region.osm.pbf"
T = TypeVar("T")
POSITIONS = 200
NETWORKX_SOURCES = 10


def timed(what: str, run: Callable[[], T]) -> tuple[T, float]:
    """Run, print what it took, and return both."""
    begin = time.perf_counter()
    result = run()
    took = time.perf_counter() - begin
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
        {"x": xy[:, 0], "y": xy[:, 1]}, geometry=gpd.points_from_xy(*xy.T), crs=network.crs
    )
    return ox.graph_from_gdfs(nodes, edges.set_index(["u", "v", "key"]))


def by_networkx(graph: nx.MultiDiGraph, nodes: Ints) -> np.ndarray:
    """Return the rows of the matrix for the first few sources."""
    rows = []
    for source in nodes[:NETWORKX_SOURCES]:
        found = nx.single_source_dijkstra_path_length(graph, source, weight="travel_time")
        rows.append([found.get(node, np.inf) for node in nodes])
    return np.array(rows)


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

    (inserted, nodes), _ = timed("ours: insertion of nodes", lambda: drive.insert(positions))
    ours, _ = timed("ours: matrix", lambda: driving.matrix(inserted, nodes))
    graph, _ = timed("networkx through osmnx: graph", lambda: with_osmnx(inserted))
    some, took = timed(
        f"networkx: {NETWORKX_SOURCES} of {POSITIONS} sources", lambda: by_networkx(graph, nodes)
    )
    print(f"{'networkx: scaled to all sources':55} {took * POSITIONS / NETWORKX_SOURCES:8.2f} s")
    print(f"they differ by at most {np.abs(some - ours.time_s[:NETWORKX_SOURCES]).max():.4f} s")


if __name__ == "__main__":
    main()
