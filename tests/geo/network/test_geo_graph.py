"""The network: splitting, snapping, inserting, and what must not depend on how lines are drawn."""

from __future__ import annotations

from dataclasses import replace
from itertools import pairwise

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from problems.networks import frame, lines
from scipy.sparse.csgraph import dijkstra

import geo
from geo.crs import CRSError
from geo.network import graph as network
from geo.network.source_lines import NetworkError
from geo.patterns import k_function
from geo.schema import METRIC

#   3 x 3 nodes, 100 m apart, as three streets each way
GRID = [[(0, y), (100, y), (200, y)] for y in (0, 100, 200)] + [
    [(x, 0), (x, 100), (x, 200)] for x in (0, 100, 200)
]


def node(net: network.Network, x: float, y: float) -> int:
    return int(np.flatnonzero((net.node_xy == (x, y)).all(axis=1))[0])


def test_a_grid_has_its_nodes_edges_and_distances():
    net = lines(*GRID)
    assert (net.n_nodes, net.n_edges) == (9, 12)
    assert set(net.length_m) == {100.0}
    distance = net.distances([node(net, 0, 0)])[0]
    expected = net.node_xy.sum(axis=1)
    np.testing.assert_allclose(distance, expected)


def test_lines_join_at_shared_vertices_only():
    crossing = lines([(0, 0), (100, 0)], [(50, -50), (50, 50)])
    assert (crossing.n_nodes, crossing.n_edges) == (4, 2)
    assert len(set(crossing.components())) == 2
    joined = lines([(0, 0), (50, 0), (100, 0)], [(50, -50), (50, 0), (50, 50)])
    assert (joined.n_nodes, joined.n_edges) == (5, 4)
    assert len(set(joined.components())) == 1


def test_vertices_within_a_millimetre_are_one():
    net = lines([(0, 0), (50.0002, 0)], [(50, 0), (100, 0)])
    assert (net.n_nodes, net.n_edges) == (3, 2)


def test_edges_remember_their_line_and_its_direction():
    net = lines([(0, 0), (50, 0), (100, 0)], [(50, 0), (50, 60)], oneway=[1, 0])
    assert net.line.tolist() == [0, 0, 1]
    assert net.oneway.tolist() == [1, 1, 0]
    forth, back = node(net, 0, 0), node(net, 100, 0)
    one_way = dijkstra(net.adjacency(directed=True))
    assert one_way[forth, back] == 100
    assert one_way[back, forth] == np.inf
    assert len(set(net.components())) == 3


def test_parallel_edges_and_loops_are_kept():
    net = lines(
        [(0, 0), (100, 0)],
        [(0, 0), (50, 50), (100, 0)],
        [(0, 0), (-9, 9), (-9, -9), (0, 0)],
    )
    assert net.n_edges == 3
    assert (net.edge_from == net.edge_to).sum() == 1
    assert net.distances([node(net, 0, 0)])[0, node(net, 100, 0)] == 100


def test_repeated_vertices_make_no_edge_of_no_length():
    net = lines([(0, 0), (0, 0), (50, 0), (50, 0), (100, 0)], [(50, 0), (50, 10)])
    assert (net.length_m > 0).all()
    assert net.length_m.sum() == 110


def test_snapping_takes_the_nearest_edge_and_on_a_tie_the_first():
    net = lines(*GRID)
    points = gpd.GeoSeries.from_xy(
        [30, 50, 100], [10, 50, 100], index=[7, 8, 9], crs=METRIC
    )
    found = net.snap(points)
    assert found.index.tolist() == [7, 8, 9]
    np.testing.assert_allclose(found["snap_m"], [10, 50, 0])
    np.testing.assert_allclose(found.loc[7, "offset_m"], 30)
    ties = [shapely.distance(g, points[8]) == 50 for g in net.geometry]
    assert found.loc[8, "edge"] == np.flatnonzero(ties)[0]


def test_few_points_snap_as_many_do():
    """On 7080 edges 30 points are few; where segments are known, all are looked at."""
    ticks = np.arange(0.0, 600.0, 10.0)
    streets = [[(x, y) for x in ticks] for y in ticks]
    streets += [[(x, y) for y in ticks] for x in ticks]
    few, many = lines(*streets), lines(*streets)
    assert len(many.segments) == many.n_edges
    xy = np.random.default_rng(1).uniform(-50, 650, (30, 2))
    xy[:10] = xy[:10].round(-1)  # at nodes, and between two parallel streets
    xy[5:10] += 5.0
    points = gpd.GeoSeries.from_xy(*xy.T, crs=METRIC)
    pd.testing.assert_frame_equal(few.snap(points), many.snap(points))
    assert "segments" not in vars(few)


def test_snapping_refuses_what_has_no_place():
    net = lines([(0, 0), (9, 0)])
    with pytest.raises(NetworkError, match="point 3 has no position"):
        net.snap(gpd.GeoSeries([shapely.Point()], index=[3], crs=METRIC))
    with pytest.raises(CRSError):
        net.snap(gpd.GeoSeries.from_xy([20.8], [42.9], crs=4326))
    with pytest.raises(NetworkError, match="no edges"):
        network.from_lines(frame()).snap(gpd.GeoSeries.from_xy([0], [0], crs=METRIC))


def test_points_far_from_the_network_are_refused_until_a_caller_moves_them():
    net = lines([(0, 0), (900, 0)])
    seen = gpd.GeoSeries.from_xy(
        [100, 110, 120], [500, 501, 1e5], index=[*"abc"], crs=METRIC
    )
    message = "2 of 3 points lie more than 500 m .* the farthest, c, 100000 m"
    with pytest.raises(NetworkError, match=message) as refused:
        k_function(net, seen, [15.0])
    fix = str(refused.value).split("or give positions = ")[1]
    moved = eval(fix, {"geo": geo, "network": net, "points": seen})
    assert k_function(net, moved, [15.0], "none").tolist() == [600]
    assert net.snap(seen)["snap_m"].tolist() == [500, 501, 1e5]
    assert np.isfinite(k_function(net, seen[["a"]], [15.0])).sum() == 0


@pytest.mark.parametrize("cost", [0.0, -1.0, np.nan])
def test_an_edge_that_costs_nothing_is_refused(cost):
    with pytest.raises(NetworkError, match=r"edge 1 has weight .*positive"):
        lines(*GRID).arcs(np.array([1.0, cost, *[1.0] * 10]))


def test_inserted_positions_become_nodes():
    net = lines([(0, 0), (60, 0), (60, 40)], [(60, 40), (90, 40)])
    at = pd.DataFrame(
        {"edge": [0, 0, 1, 0, 0], "offset_m": [80.0, 20.0, 30.0, 20.0, 0.0]}
    )
    assert len(net.geometry) == 2
    cut, nodes = net.insert(at)
    assert cut.n_edges == 4
    np.testing.assert_allclose(
        cut.node_xy[nodes], [(60, 20), (20, 0), (90, 40), (20, 0), (0, 0)]
    )
    np.testing.assert_allclose(cut.length_m, [20, 60, 20, 30])
    np.testing.assert_allclose(shapely.length(cut.geometry), cut.length_m)
    assert cut.distances([nodes[1]])[0, nodes[2]] == pytest.approx(110)
    # Lines that are made anew, and not taken from the network that was cut:
    anew, _ = replace(net).insert(at)
    assert shapely.equals_exact(cut.geometry, anew.geometry).all()


#   a --- b ... c: how two lines over the same vertices may be travelled, and the street of both.
@pytest.mark.parametrize(
    ("first", "second", "turned", "street"),
    [
        (1, 1, True, 0),
        (1, 1, False, 1),
        (0, 0, True, 0),
        (-1, 1, True, -1),
        (-1, 1, False, 0),
        (0, 1, False, 0),
        (-1, 0, True, 0),
        (-1, -1, True, 0),
    ],
)
def test_twins_become_one_street(first, second, turned, street):
    xy = [(0, 0), (50, 10), (90, 0)]
    side = [(90, 0), (90, 50)]
    net = lines(xy, side, xy[::-1] if turned else xy, oneway=[first, 1, second])
    assert net.twins.tolist() == [2]
    assert net.line.tolist() == [0, 1]
    assert net.oneway.tolist() == [street, 1]
    assert repr(net).endswith("; twins left out: 1)")


def test_lines_of_the_same_ends_and_other_vertices_are_no_twins():
    net = lines(
        [(0, 0), (9, 9), (20, 0)], [(0, 0), (9, -9), (20, 0)], [(0, 0), (20, 0)],
        [(0, 0), (9, 9), (9, -9), (20, 0)], [(0, 0), (9, -9), (9, 9), (20, 0)],
    )  # fmt: skip
    assert len(net.twins) == 0


def test_multi_part_lines_are_taken_apart():
    row = shapely.MultiLineString([[(0, 0), (9, 0)], [(20, 0), (9, 0)]])
    net = network.from_lines(
        gpd.GeoDataFrame(
            {"oneway": ["yes", "no"]}, geometry=[row, row.geoms[0]], crs=METRIC
        )
    )
    assert (net.n_nodes, net.line.tolist()) == (3, [0, 0])
    assert net.oneway.tolist() == [0, 1], (
        "the second row is passable both ways, the first is not"
    )
    assert net.twins.tolist() == [1]


@pytest.mark.parametrize(
    ("given", "found"),
    [([True, False], [1, 0]), ([1.0, np.nan], [1, 0]), (["-1", None], [-1, 0]),
     (["yes", "no"], [1, 0]), ([-1, 0], [-1, 0])],
)  # fmt: skip
def test_directions_come_in_numbers_booleans_and_words(given, found):
    net = lines([(0, 0), (9, 0)], [(9, 0), (9, 9)], oneway=given)
    assert net.oneway.tolist() == found


def test_an_unknown_direction_is_named():
    with pytest.raises(
        NetworkError, match=r"oneway of row 1 of lines is 'left'\. Fix: 1"
    ):
        lines([(0, 0), (9, 0)], [(9, 0), (9, 9)], oneway=["yes", "left"])


def test_wrong_rows_are_named():
    rows = frame([(0, 0), (9, 0)], [(0, 0), (0, 9)])
    rows.loc[1, "geometry"] = shapely.Point(0, 0)
    with pytest.raises(NetworkError, match="row 1 of lines holds POINT"):
        network.from_lines(rows)
    with pytest.raises(NetworkError, match="edge 0 has weight 0"):
        lines([(0, 0), (9, 0)]).adjacency(np.zeros(1))


walks = st.lists(
    st.lists(
        st.tuples(st.integers(0, 4), st.integers(0, 4)), min_size=2, max_size=6
    ).filter(lambda xy: any(a != b for a, b in pairwise(xy))),
    min_size=1, max_size=5,
)  # fmt: skip


@given(walks)
def test_the_length_of_all_lines_but_twins_is_kept(coordinates):
    """Twins have the same vertices, forth or back; one that is repeated at once is one vertex."""
    kept: set[tuple] = set()
    for xy in coordinates:
        drawn = tuple(at for k, at in enumerate(xy) if k == 0 or at != xy[k - 1])
        kept |= set() if drawn[::-1] in kept else {drawn}
    net = network.from_lines(frame(*coordinates))
    assert net.length_m.sum() == pytest.approx(frame(*kept).length.sum())
    assert len(net.twins) == len(coordinates) - len(kept)


@given(walks, st.randoms(use_true_random=False))
def test_direction_and_order_of_lines_do_not_matter(coordinates, random):
    turned = [xy[:: random.choice((1, -1))] for xy in coordinates]
    random.shuffle(turned)
    one, other = lines(*coordinates), lines(*turned)
    assert (one.n_nodes, one.n_edges) == (other.n_nodes, other.n_edges)
    order, other_order = (np.lexsort(net.node_xy.T) for net in (one, other))
    np.testing.assert_allclose(one.node_xy[order], other.node_xy[other_order])
    distance, other_distance = (one.distances(order), other.distances(other_order))
    np.testing.assert_allclose(distance[:, order], other_distance[:, other_order])
