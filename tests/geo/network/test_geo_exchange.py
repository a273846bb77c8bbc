"""Graphs of networkx: osmnx's in and out, by hand and of real streets; momepy's and libpysal's."""

from __future__ import annotations

from pathlib import Path

import networkx as nx
import numpy as np
import osmium
import osmnx as ox
import pandas as pd
import pytest
import shapely
from problems.networks import lines
from scipy.sparse.csgraph import dijkstra

import layers
from geo import network
from layers.readers.osm import extract

NODES = {
    1: (20.8600, 42.8900), 2: (20.8620, 42.8900), 3: (20.8640, 42.8905), 4: (20.8660, 42.8900),
    5: (20.8620, 42.8920), 6: (20.8640, 42.8930), 7: (20.8620, 42.8880), 8: (20.8625, 42.8870),
    9: (20.8615, 42.8870),
}  # fmt: skip
#        6        A two-way street 1-2-3-4, a one-way street 2-5-6, one that is drawn against its
#       / \       direction, 6-4, and a lane 2-7 that ends in a loop.
#      5   \
#      |    \
#  1---2--3--4
#      7
#     9-8
WAYS = {
    10: ([1, 2, 3, 4], {"highway": "residential", "name": "Rruga A", "bridge": "yes"}),
    11: ([2, 5, 6], {"highway": "primary", "oneway": "yes", "maxspeed": "60"}),
    12: ([6, 4], {"highway": "residential", "oneway": "-1"}),
    13: ([2, 7, 8, 9, 7], {"highway": "service"}),
}
REAL = shapely.box(20.860, 42.885, 20.875, 42.895)
"""Part of the middle of the town."""


def written(path: Path, nodes: dict, ways: dict) -> Path:
    """Write nodes (longitude, latitude) and ways (nodes, tags) as OpenStreetMap XML."""
    make = osmium.osm.mutable
    with osmium.SimpleWriter(path) as out:
        for number, at in sorted(nodes.items()):
            out.add_node(make.Node(id=number, location=at, version=1))
        for number, (along, tags) in ways.items():
            out.add_way(make.Way(id=number, nodes=along, tags=tags, version=1))
    return path


def real(path: Path, extract_: Path) -> Path:
    """Write the streets of a real extract, as our own reader finds them."""
    layers = extract.read(extract_, REAL)
    lines = pd.concat([layers.roads, layers.paths], ignore_index=True)
    number: dict[tuple[float, float], int] = {}
    ways = {}
    for k, row in enumerate(lines.itertuples()):
        along = [number.setdefault(xy, len(number) + 1) for xy in row.geometry.coords]
        ways[k + 1] = along, {"highway": row.highway, "oneway": str(row.oneway)}
    return written(path, {k: xy for xy, k in number.items()}, ways)


def graph_of(path: Path, *, simplify: bool) -> nx.MultiDiGraph:
    return ox.project_graph(ox.graph_from_xml(path, simplify=simplify, retain_all=True))


REAL_STREETS = pytest.param("real", marks=pytest.mark.proof)


@pytest.fixture(
    scope="module", params=["by hand", "by hand, each vertex a node", REAL_STREETS]
)
def graph(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory):
    path = tmp_path_factory.mktemp("osm") / "streets.osm"
    if request.param == "real":
        shared = request.getfixturevalue("shared")
        return graph_of(
            real(path, shared / "data/osm/mitrovica_core.osm.pbf"), simplify=True
        )
    return graph_of(written(path, NODES, WAYS), simplify=request.param == "by hand")


def nodes_of(net: network.Network, graph: nx.MultiDiGraph) -> dict[int, int]:
    """Return the number in the network of each node of the graph."""
    at = {tuple(np.round(xy, 3)): k for k, xy in enumerate(net.node_xy.tolist())}
    return {
        node: at[tuple(np.round((data["x"], data["y"]), 3).tolist())]
        for node, data in graph.nodes(data=True)
        if graph.degree(node)
    }


def from_graph(graph: nx.MultiDiGraph) -> network.Network:
    """Return the network of the edges of a projected graph of osmnx."""
    return network.from_lines(ox.graph_to_gdfs(graph, nodes=False))


def metres_on_graph(graph: nx.MultiDiGraph, node: int) -> dict[int, float]:
    """Return the distance by networkx from a node to all others, one-way streets obeyed."""

    def least(_u: int, _v: int, parallel: dict) -> float:
        return min(data["metres"] for data in parallel.values())

    return nx.single_source_dijkstra_path_length(graph, node, weight=least)


def test_a_street_counts_once_and_is_passable_as_osmnx_has_it(graph):
    edges = ox.graph_to_gdfs(graph, nodes=False)
    net = from_graph(graph)
    once = edges.geometry.normalize().drop_duplicates()
    assert net.length_m.sum() == pytest.approx(once.length.sum())
    assert net.length_m.sum() < 0.75 * edges.length.sum()
    assert len(net.twins) == len(edges) - len(once)

    nx.set_edge_attributes(
        graph, dict(zip(edges.index, edges.length, strict=True)), "metres"
    )
    number = nodes_of(net, graph)
    some = list(number)[:: max(len(number) // 7, 1)]
    found = dijkstra(
        net.adjacency(directed=True), indices=[number[node] for node in some]
    )
    for row, node in zip(found, some, strict=True):
        reached = metres_on_graph(graph, node)
        expected = [reached.get(other, np.inf) for other in number]
        np.testing.assert_allclose(row[list(number.values())], expected, atol=1e-6)


def test_there_and_back_is_the_same_network(graph):
    net = from_graph(graph)
    back = from_graph(network.to_networkx(net))
    assert (back.n_nodes, back.n_edges) == (net.n_nodes, net.n_edges)
    np.testing.assert_allclose(np.sort(back.length_m), np.sort(net.length_m))
    one, other = (np.lexsort(n.node_xy.T) for n in (net, back))
    for directed in (False, True):
        there = net.adjacency(directed=directed)[one][:, one]
        here = back.adjacency(directed=directed)[other][:, other]
        assert abs(there - here).max() < 1e-6


def test_osmnx_takes_what_goes_out(graph, tmp_path):
    net = from_graph(graph)
    out = network.to_networkx(net)
    nodes, edges = ox.graph_to_gdfs(out)
    assert edges.crs == net.crs
    np.testing.assert_allclose(edges["length"], edges.length)
    assert len(nodes) == net.n_nodes
    stats = ox.stats.basic_stats(out)
    assert stats["street_length_total"] == pytest.approx(net.length_m.sum())
    assert stats["edge_length_total"] == pytest.approx(edges["length"].sum())
    # osmnx counts two streets between the same two nodes once where one leads each way.
    count = ox.stats.count_streets_per_node(out)
    more = [node for node, own in out.nodes(data="street_count") if own != count[node]]
    assert len(more) <= 0.01 * len(out)
    called = {number: node for node, number in out.nodes(data="node")}
    assert ox.distance.nearest_nodes(out, *net.node_xy[1]) == called[1]
    tail, head, _ = ox.distance.nearest_edges(
        out, *net.geometry[0].interpolate(0.4).coords[0]
    )
    assert {tail, head} == {called[net.edge_from[0]], called[net.edge_to[0]]}
    at = dijkstra(net.adjacency(directed=True), indices=0)
    end = int(np.flatnonzero(np.isfinite(at)).max())
    path = ox.routing.shortest_path(out, called[0], called[end])
    gone = ox.routing.route_to_gdf(out, path)["length"].sum() if len(path) > 1 else 0.0
    assert gone == pytest.approx(at[end])
    ox.save_graphml(out, tmp_path / "out.graphml")
    again = from_graph(ox.load_graphml(tmp_path / "out.graphml"))
    np.testing.assert_allclose(np.sort(again.length_m), np.sort(net.length_m))
    assert ox.projection.is_projected(out.graph["crs"])


def said(graph: nx.MultiDiGraph) -> set[tuple[str, ...]]:
    """Return what the edges of a graph say; osmnx lists several values in any order."""
    told = set()
    for tail, head, data in graph.edges(data=True):
        values = [
            data.get(name)
            for name in ("osmid", "highway", "name", "bridge", "maxspeed")
        ]
        texts = [
            str(sorted(v) if isinstance(v, list) else v) for v in (tail, head, *values)
        ]
        told.add(tuple(texts))
    return told


def test_ids_and_tags_come_back(graph):
    out = network.to_networkx(from_graph(graph))
    assert {node for node in graph if graph.degree(node)} == set(out)
    assert said(out) <= said(graph)
    assert len(said(out)) > 0.99 * len(said(graph)), (
        "only a street drawn twice is left out"
    )
    times = []
    for each in (graph, out):
        ox.routing.add_edge_speeds(each, fallback=30)
        ox.routing.add_edge_travel_times(each)
        times.append(sum(seconds for *_, seconds in each.edges(data="travel_time")))
    assert times[0] == pytest.approx(
        times[1], rel=5e-3
    )  # speeds are means of other streets


def test_a_frame_that_changes_later_changes_no_network(graph):
    edges = ox.graph_to_gdfs(graph, nodes=False)
    net = network.from_lines(edges)
    edges["highway"] = "changed"
    assert said(network.to_networkx(net)) <= said(graph)


def test_layers_of_a_graph_are_those_of_its_streets_and_go_back(graph):
    streets = ox.graph_to_gdfs(ox.convert.to_undirected(graph), nodes=False)
    found = layers.from_osmnx(graph)
    roads = pd.concat([found.roads, found.paths], ignore_index=True)
    assert roads["id"].is_unique
    ours = roads.to_crs(graph.graph["crs"])
    assert ours.length.sum() == pytest.approx(streets.length.sum())
    known = {str(way) for way in streets["osmid"].explode()}
    assert set(roads["id"].str.extract(r"^way/(\d+)")[0]) <= known
    assert roads["bridge"].sum() == sum(
        "yes" in str(bridge) for bridge in streets.get("bridge", [])
    )
    back = network.to_networkx(network.from_lines(ours))
    ways = {data["osmid"] for *_, data in back.edges(data=True)}
    assert ways == set(pd.to_numeric(roads["id"].str.extract(r"^way/(\d+)")[0]))
    ox.routing.add_edge_speeds(back, fallback=30)
    bridges = {data.get("bridge", "no") for *_, data in back.edges(data=True)}
    assert bridges <= {"yes", "no"}


def test_a_node_that_is_new_gets_a_negative_id(graph):
    net = from_graph(graph)
    half = pd.DataFrame({"edge": [0], "offset_m": net.length_m[:1] / 2})
    cut, node = net.insert(half)
    new = set(network.to_networkx(cut)) - set(network.to_networkx(net))
    assert new == {-1 - int(node[0])}


STREETS = [[(0, 0), (30, 0), (60, 0)], [(60, 0), (60, 40)], [(60, 40), (0, 40), (0, 0)]]


def test_the_form_of_libpysal_goes_out():
    """`libpysal.graph.Graph.from_sparse` takes a square sparse array of neighbours' weights."""
    matrix = lines(*STREETS).walking
    assert matrix.shape == (3, 3)
    assert abs(matrix - matrix.T).max() == 0
    assert sorted(matrix.data) == [40, 40, 60, 60, 100, 100]
