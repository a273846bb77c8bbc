"""Tracks on roads: true edges found through noise, and all that is not known named."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pytest
import shapely
from problems.networks import frame, lines
from scipy.sparse.csgraph import connected_components, dijkstra

from geo.network import graph
from geo.network.graph import Network
from geo.presence.matching import Matched, match
from geo.schema import METRIC
from layers.readers.osm import extract

START_S = 1.8e9
SPEED_MS = 11.0


def track(*fixes: tuple[float, float, float]) -> gpd.GeoSeries:
    """Return a track of (x, y, seconds)."""
    return gpd.GeoSeries([shapely.LineString(fixes)], crs=METRIC)


def driven_along(
    line: shapely.LineString, noise_m: float, fix_s: float, seed: int
) -> shapely.LineString:
    """Return the track of a drive along a line."""
    at = np.arange(0, line.length, SPEED_MS * fix_s)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, at))
    xy = xy + np.random.default_rng(seed).normal(0, noise_m, xy.shape)
    return shapely.LineString(np.column_stack([xy, START_S + at / SPEED_MS]))


def grid(side_m: float = 200.0, n: int = 8) -> Network:
    """Return a town of straight streets, all crossings joined."""
    at = [side_m * k for k in range(n)]
    return lines(
        *([(x, y) for y in at] for x in at), *([(x, y) for x in at] for y in at)
    )


def drive_through(
    network: Network, rng: np.random.Generator
) -> tuple[set[int], object]:
    """Return edges and line of a shortest drive between two distant nodes."""
    adjacency = network.adjacency(directed=True)
    _, part = connected_components(adjacency, connection="strong")
    nodes = np.flatnonzero(part == np.bincount(part).argmax())
    tail, head, _, edge = network.arcs(directed=True)
    by_ends = {
        (int(a), int(b)): int(e)
        for a, b, e in zip(tail, head, edge, strict=True)
    }
    while True:
        start, end = rng.choice(nodes, 2)
        away, before = dijkstra(
            adjacency, indices=start, return_predecessors=True
        )
        if 8_000 < away[end] < 20_000:
            break
    path = [int(end)]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    steps = list(zip(path[:0:-1], path[-2::-1], strict=True))
    edges = [by_ends[step] for step in steps]
    parts = [
        network.geometry[e]
        if network.edge_from[e] == a
        else network.geometry[e].reverse()
        for e, (a, _) in zip(edges, steps, strict=True)
    ]
    xy = np.concatenate([shapely.get_coordinates(part) for part in parts])
    return set(edges), shapely.LineString(xy)


def shares(
    matched: Matched, true: set[int], network: Network
) -> tuple[float, float]:
    """Return the share of the true length that was found, and of what was found beyond it."""
    length = (matched.path["to_m"] - matched.path["from_m"]).abs()
    on = length.groupby(matched.path["edge"]).sum()
    right = sum(min(on.get(e, 0.0), network.length_m[e]) for e in true)
    total = sum(network.length_m[e] for e in true)
    return right / total, float(on[~on.index.isin(true)].sum()) / total


def test_a_drive_through_a_town_is_found_turn_by_turn() -> None:
    network = grid()
    corner = shapely.LineString(
        [(0, 400), (800, 400), (800, 1000), (1400, 1000)]
    )
    true = {
        e for e in range(network.n_edges) if corner.covers(network.geometry[e])
    }
    for seed in range(5):
        fixes = driven_along(corner, 10.0, 10.0, seed)
        matched = match(network, gpd.GeoSeries([fixes], crs=METRIC))[0]
        right, wrong = shares(matched, true, network)
        assert right > 0.95
        assert wrong < 0.02
        assert matched.gaps.empty
        assert matched.fault.isna().all()


def test_a_path_takes_the_time_of_its_track() -> None:
    network = grid()
    fixes = driven_along(
        shapely.LineString([(0, 400), (1400, 400)]), 5.0, 10.0, 1
    )
    path = match(network, gpd.GeoSeries([fixes], crs=METRIC))[0].path
    took = fixes.coords[-1][2] - fixes.coords[0][2]
    assert path["duration_s"].sum() == pytest.approx(took)
    assert path["start_s"].is_monotonic_increasing
    assert path["start_s"].iloc[0] == START_S


def test_one_way_streets_are_driven_their_way() -> None:
    # Two carriageways 16 m apart: the fixes lie between them, nearer to the wrong one.
    ways = frame([(0, 0), (3000, 0)], [(0, 16), (3000, 16)], oneway=[1, -1])
    network = graph.from_lines(ways)
    fixes = [(3000 - 150.0 * k, 7.0, START_S + 10 * k) for k in range(20)]
    matched = match(network, track(*fixes))[0]
    assert set(matched.path["edge"]) == {1}


def test_a_stand_is_one_place_however_its_fixes_stray() -> None:
    rng = np.random.default_rng(2)
    stood = [
        (500 + dx, 10 + dy, START_S + 10 * k)
        for k, (dx, dy) in enumerate(rng.normal(0, 15, (120, 2)))
    ]
    after = [
        (500 + 110.0 * k, 0.0, START_S + 1190 + 10 * k) for k in range(1, 9)
    ]
    matched = match(lines([(0, 0), (3000, 0)]), track(*stood, *after))[0]
    still = matched.path[matched.path["from_m"] == matched.path["to_m"]]
    assert still["from_m"].tolist() == [pytest.approx(500, abs=10)]
    assert still["duration_s"].tolist() == [pytest.approx(1190, abs=20)]


def test_what_cannot_be_used_is_named_and_nothing_is_repaired() -> None:
    def at(k: int, y: float = 3.0) -> tuple[float, float, float]:
        return (100.0 * k, y, START_S + 10 * k)

    fixes = [
        at(0),
        at(1),
        at(2, 9e5),
        at(3),
        (400, 3, START_S + 5),
        at(5),
        at(6, 400.0),
        at(7),
    ]
    road = lines([(0, 0), (9000, 0)])
    matched = match(road, track(*fixes))[0]
    found = matched.fault.fillna("").tolist()
    assert found == ["", "", "jump", "", "clock", "", "far", ""]
    assert matched.path["to_m"].max() == 700

    silent = [at(k) for k in (0, 1, 2)] + [at(k) for k in (60, 61, 62)]
    matched = match(road, track(*silent))[0]
    assert matched.gaps["fault"].tolist() == ["gap"]
    assert matched.gaps[["from_s", "to_s"]].to_numpy().tolist() == [
        [START_S + 20, START_S + 600]
    ]
    assert matched.path["duration_s"].sum() == pytest.approx(40)


def test_a_drive_over_no_road_is_named() -> None:
    network = lines([(0, 0), (1000, 0)], [(0, 300), (1000, 300)])
    fixes = [
        (100.0 * k, 0.0 if k < 5 else 300.0, START_S + 10 * k)
        for k in range(10)
    ]
    matched = match(network, track(*fixes))[0]
    assert matched.gaps["fault"].tolist() == ["no_route"]
    assert set(matched.path["edge"]) == {0, 1}


def test_a_track_of_another_area_is_named() -> None:
    away = track(*((90_000 + 100.0 * k, 0, START_S + 10 * k) for k in range(9)))
    matched = match(lines([(0, 0), (1000, 0)]), away)[0]
    assert matched.elsewhere
    assert matched.path.empty
    assert not match(
        grid(), track(*((100.0 * k, 0, START_S + 10 * k) for k in range(9)))
    )[0].elsewhere


@pytest.mark.parametrize("fixes", [1, 2])
def test_a_track_of_hardly_a_fix_has_no_path(fixes: int) -> None:
    same = (
        [(10.0, 0.0, START_S)] * 2
        if fixes == 1
        else [(10, 0, START_S), (11, 0, START_S + 1)]
    )
    assert match(lines([(0, 0), (1000, 0)]), track(*same))[0].path.empty


@pytest.mark.proof
def test_true_edges_through_noise_and_sparse_fixes(shared: Path) -> None:
    """Print the table of the share of the length found, and of what was found beyond it."""
    roads = extract.read(
        shared / "data/osm/mitrovica_core.osm.pbf", None
    ).roads.to_crs(METRIC)
    network = graph.from_lines(roads)
    rng = np.random.default_rng(5)
    drives = [drive_through(network, rng) for _ in range(30)]
    print("\nnoise_m  fix_s  right  wrong")
    found = {}
    for noise in (5.0, 10.0, 20.0, 30.0):
        for fix in (1.0, 10.0, 30.0, 60.0):
            fixes = [
                driven_along(line, noise, fix, k)
                for k, (_, line) in enumerate(drives)
            ]
            matched = match(network, gpd.GeoSeries(fixes, crs=METRIC))
            each = [
                shares(m, true, network)
                for m, (true, _) in zip(matched, drives, strict=True)
            ]
            found[noise, fix] = right, wrong = np.mean(each, axis=0)
            print(f"{noise:7.0f} {fix:6.0f} {right:6.3f} {wrong:6.3f}")
    assert found[10.0, 10.0][0] > 0.95
    assert found[10.0, 10.0][1] < 0.05
    assert min(right for right, _ in found.values()) > 0.9
