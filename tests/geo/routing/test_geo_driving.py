"""Driving on a network whose answers can be worked out by hand."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import networkx as nx
import numpy as np
import pandas as pd
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from problems.roads import EVERYWHERE, box, roads_of

from geo.crs import CRSError
from geo.network.graph import Network
from geo.params import SpeedParams
from geo.routing.driving import RoutingError, drivable, matrix, to_and_from
from geo.schema import DRIVABLE, METRIC
from layers.readers.osm import extract

SPEEDS = SpeedParams()

#   A ---primary 1000 m--- B ---one-way 500 m--> C
#   |                      |                     |
#   +---residential--------+---residential-------+      400 m to the south
ROADS = [
    ("primary", "M-2", "Long Road", 0, [(0, 0), (1000, 0)]),
    ("secondary", None, "One Way", 1, [(1000, 0), (1500, 0)]),
    ("residential", None, None, 0, [(0, 0), (0, -400), (1000, -400)]),
    (
        "residential",
        None,
        "South Street",
        0,
        [(1000, 0), (1000, -400), (1500, -400), (1500, 0)],
    ),
]


def node(network: Network, x: float, y: float) -> int:
    return int(np.hypot(*(network.node_xy - (x, y)).T).argmin())


def points(*xy: tuple[float, float]) -> gpd.GeoSeries:
    return gpd.GeoSeries([shapely.Point(p) for p in xy], crs=METRIC)


def test_times_metres_and_roads_by_hand() -> None:
    drive = drivable(roads_of(ROADS), EVERYWHERE, SPEEDS)
    a, b, c = (node(drive.network, *p) for p in ((0, 0), (1000, 0), (1500, 0)))
    found = matrix(drive, np.array([a, b, c]))
    primary, one_way = 1000 / (60 / 3.6), 500 / (50 / 3.6)
    south = 1300 / (25 / 3.6)  # B - 400 - 500 - 400 - C, against the one-way street
    expected = [
        [0, primary, primary + one_way],
        [primary, 0, one_way],
        [south + primary, south, 0],
    ]
    np.testing.assert_allclose(found.time_s, expected, rtol=1e-12)
    np.testing.assert_allclose(
        found.distance_m, [[0, 1000, 1500], [1000, 0, 500], [2300, 1300, 0]]
    )
    leg = found.leg(2, 0)
    assert leg.roads == "South Street > M-2"
    assert list(leg.geometry.coords) == [
        (1500, 0), (1500, -400), (1000, -400), (1000, 0), (0, 0),
    ]  # fmt: skip


def test_a_road_of_several_numbers_is_named_by_the_first() -> None:
    pieces = [
        ("primary", "M-2", None, 0, [(0, 0), (1000, 0)]),
        ("primary", "M-2; M-25", "Main Street", 0, [(1000, 0), (2000, 0)]),
        ("primary", "M-25;M-2", None, 0, [(2000, 0), (3000, 0)]),
    ]
    drive = drivable(roads_of(pieces), EVERYWHERE, SPEEDS)
    found = matrix(drive, np.array([node(drive.network, x, 0) for x in (0, 3000)]))
    assert found.leg(0, 1).roads == "M-2 > M-25"


@pytest.mark.parametrize(("metres", "roads"), [(49, "M-2"), (61, "M-2 > R-105 > M-2")])
def test_a_few_metres_of_another_road_are_a_crossing(metres: float, roads: str) -> None:
    end = 1000.0 + metres
    pieces = [
        ("primary", "M-2", None, 0, [(0, 0), (1000, 0)]),
        ("secondary", "R-105", None, 0, [(1000, 0), (end, 0)]),
        ("primary", "M-2", None, 0, [(end, 0), (2000, 0), (3000, 0)]),
    ]
    drive = drivable(roads_of(pieces), EVERYWHERE, SPEEDS)
    ends = np.array([node(drive.network, x, 0) for x in (0, end, 3000)])
    found = matrix(drive, ends)
    assert found.leg(0, 2).roads == roads
    # At an end it is driven to, and named.
    assert found.leg(0, 1).roads == "M-2 > R-105"


def test_a_leg_to_where_one_stands_is_a_point_of_no_length() -> None:
    drive = drivable(roads_of(ROADS), EVERYWHERE, SPEEDS)
    at = node(drive.network, 0, 0)
    leg = matrix(drive, np.array([at, at])).leg(0, 1)
    assert leg.geometry.length == 0
    assert leg.roads == ""


def test_a_link_drives_as_its_road_and_every_class_has_a_speed() -> None:
    line = [(0, 0), (360, 0)]
    link = drivable(roads_of([("trunk_link", None, None, 0, line)]), EVERYWHERE, SPEEDS)
    road = drivable(roads_of([("trunk", None, None, 0, line)]), EVERYWHERE, SPEEDS)
    np.testing.assert_array_equal(link.time_s, road.time_s)
    assert {highway.removesuffix("_link") for highway in DRIVABLE} == SPEEDS.kph.keys()


@pytest.mark.parametrize(
    ("highway", "surface", "limit", "kph"),
    [
        ("primary", None, np.nan, 60),
        ("primary", "asphalt", np.nan, 60),
        ("primary", "compacted", np.nan, 60 * 0.85),
        ("primary_link", "gravel", np.nan, 60 * 0.7),
        ("unclassified", "earth", np.nan, 30 * 0.5),
        ("unclassified", "concrete:plates", np.nan, 30),
        ("primary", "asphalt", 40.0, 40),
        ("primary", "asphalt", 80.0, 60),
        ("primary", "sand", 40.0, 30),
        ("primary", "gravel", 40.0, 40),
    ],
)
def test_the_speed_of_a_surface_within_the_limit(
    highway: str, surface: str | None, limit: float, kph: float
) -> None:
    roads = roads_of([(highway, None, None, 0, [(0, 0), (600, 0), (600, 300)])])
    roads = roads.assign(
        surface=pd.array([surface], dtype="string"), maxspeed_kph=limit
    )
    drive = drivable(roads, EVERYWHERE, SPEEDS)
    ends = np.array([node(drive.network, 0, 0), node(drive.network, 600, 300)])
    seconds = 900 / (kph / 3.6)
    np.testing.assert_allclose(matrix(drive, ends).time_s, [[0, seconds], [seconds, 0]])


def test_a_worse_surface_sends_the_drive_round() -> None:
    """2 km of earth at 15 km/h take 480 s, 3 km of asphalt at 30 km/h take 360 s."""
    roads = roads_of([
        ("unclassified", None, "Short", 0, [(0, 0), (2000, 0)]),
        ("unclassified", None, "Long", 0, [(0, 0), (0, 500), (2000, 500), (2000, 0)]),
    ])  # fmt: skip
    roads["surface"] = pd.array(["earth", "asphalt"], dtype="string")
    for speeds, seconds, road in (
        (SPEEDS, 360.0, "Long"),
        (SpeedParams(surface={"earth": 1.0}), 240.0, "Short"),
    ):
        drive = drivable(roads, EVERYWHERE, speeds)
        ends = np.array([node(drive.network, 0, 0), node(drive.network, 2000, 0)])
        found = matrix(drive, ends)
        assert found.time_s[0, 1] == pytest.approx(seconds)
        assert found.leg(0, 1).roads == road


@pytest.mark.proof
def test_the_extract_names_no_surface_and_drives_at_the_speeds_of_its_classes(
    shared: Path,
) -> None:
    """Its tags are those of vector tiles: neither surface nor maxspeed is among them."""
    roads = extract.read(shared / "data/osm/mitrovica_core.osm.pbf", None).roads.to_crs(
        METRIC
    )
    assert (len(roads), roads["surface"].count(), roads["maxspeed_kph"].count()) == (
        12611,
        0,
        0,
    )
    drive = drivable(roads, box(*roads.total_bounds), SPEEDS)
    driven = roads[roads["highway"].isin(DRIVABLE)]
    expected = driven["highway"].str.removesuffix("_link").map(SPEEDS.kph) / 3.6
    np.testing.assert_allclose(np.sort(drive.speed_mps), np.sort(expected))


def test_footways_and_tracks_are_not_driven() -> None:
    rows = [
        (kind, None, None, 0, [(0, 0), (9, 0)])
        for kind in ("pedestrian", "track", "footway")
    ]
    with pytest.raises(RoutingError, match="none of 3 roads lies inside the boundary"):
        drivable(roads_of(rows), EVERYWHERE, SPEEDS)


def test_a_road_that_leaves_the_boundary_is_cut_there_and_keeps_its_direction() -> None:
    weave = [(-50, 0), (50, 0), (50, 150), (80, 150), (80, 10), (150, 10)]
    drive = drivable(
        roads_of([("primary", None, None, 1, weave)]), box(0, -100, 100, 100), SPEEDS
    )
    network = drive.network
    assert network.n_edges == 2
    ends = {
        (tuple(network.node_xy[u]), tuple(network.node_xy[v]))
        for u, v in zip(network.edge_from, network.edge_to, strict=True)
    }
    assert ends == {((0, 0), (50, 100)), ((80, 100), (100, 10))}


def test_layers_in_degrees_or_elsewhere_are_refused() -> None:
    with pytest.raises(CRSError, match="boundary is in EPSG:4326"):
        drivable(roads_of(ROADS), EVERYWHERE.to_crs(4326), SPEEDS)


def test_every_node_kept_reaches_the_depot_and_back() -> None:
    trap = ("residential", None, None, 1, [(1500, -400), (3000, -400)])
    island = ("residential", None, None, 0, [(0, 50), (100, 50)])
    drive = drivable(roads_of([*ROADS, trap, island]), EVERYWHERE, SPEEDS)
    part = drive.two_way_from(points((0, 20)), 100)
    assert len(set(part.network.line)) == len(ROADS)
    nodes = np.unique(np.r_[part.network.edge_from, part.network.edge_to])
    out, back = to_and_from(part, node(part.network, 0, 0), nodes)
    assert np.isfinite(out + back).all()
    with pytest.raises(
        RoutingError, match="no road that can be driven there and back lies within"
    ):
        drive.two_way_from(points((3000, -390)), 100)


def test_no_way_is_infinite_and_has_no_leg() -> None:
    trap = ("residential", None, None, 1, [(1500, 0), (3000, 0)])
    drive = drivable(roads_of([*ROADS, trap]), EVERYWHERE, SPEEDS)
    found = matrix(
        drive, np.array([node(drive.network, 0, 0), node(drive.network, 3000, 0)])
    )
    assert np.isfinite(found.distance_m[0, 1])
    assert np.isinf(found.time_s[1, 0])
    assert np.isinf(found.distance_m[1, 0])
    with pytest.raises(RoutingError, match="there is no way"):
        found.leg(1, 0)


@given(seed=st.integers(0, 10_000))
def test_matrix_and_legs_agree_with_networkx(seed: int) -> None:
    rng = np.random.default_rng(seed)
    side, rows = 5, []
    spot = {
        k: (100 * (k % side) + rng.uniform(0, 40), 100 * (k // side))
        for k in range(side**2)
    }
    for k in range(side**2):
        for other in (k + 1, k + side):
            if other < side**2 and (other != k + 1 or other % side):
                kind = rng.choice(["primary", "residential", "service"])
                rows.append(
                    (kind, None, None, int(rng.integers(-1, 2)), [spot[k], spot[other]])
                )
    drive = drivable(roads_of(rows), EVERYWHERE, SPEEDS)
    network, time_s = drive.network, drive.time_s
    graph = nx.DiGraph()
    graph.add_nodes_from(range(network.n_nodes))
    for e in range(network.n_edges):
        u, v, way = network.edge_from[e], network.edge_to[e], network.oneway[e]
        if way >= 0:
            graph.add_edge(u, v, weight=time_s[e])
        if way <= 0:
            graph.add_edge(v, u, weight=time_s[e])
    nodes = rng.integers(0, network.n_nodes, 6)
    found = matrix(drive, nodes)
    for i, source in enumerate(nodes):
        best = nx.single_source_dijkstra_path_length(graph, source)
        for j, target in enumerate(nodes):
            assert found.time_s[i, j] == pytest.approx(best.get(target, np.inf))
            if target in best:
                leg = found.leg(i, j)
                assert leg.geometry.length == pytest.approx(
                    found.distance_m[i, j], abs=1e-6
                )
                np.testing.assert_allclose(
                    leg.geometry.coords[0], network.node_xy[source]
                )
                np.testing.assert_allclose(
                    leg.geometry.coords[-1], network.node_xy[target]
                )
