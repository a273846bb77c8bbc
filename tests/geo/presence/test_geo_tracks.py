"""Where crews were: true minutes through noise, and all that is not known named."""

from __future__ import annotations

from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
import shapely
from problems.networks import frame
from scipy.sparse.csgraph import connected_components, dijkstra

from geo.network import from_lines
from geo.network.graph import Network
from geo.presence import in_sight, where_crew_was
from geo.presence.tracks import Whereabouts
from geo.schema import METRIC
from layers.readers.osm import extract

START_S = 1.8e9
SPEED_MS = 11.0
ROAD = frame([(0, 0), (9000, 0)])


def crew_of(
    *fixes: tuple[float, float, float], roads: gpd.GeoDataFrame = ROAD
) -> Whereabouts:
    """Return where the crew of a track of (x, y, seconds) was."""
    track = gpd.GeoSeries([shapely.LineString(fixes)], crs=METRIC)
    return where_crew_was(roads, track)[0]


def at(k: int, y: float = 3.0) -> tuple[float, float, float]:
    """Return the fix of a drive after k times ten seconds."""
    return (100.0 * k, y, START_S + 10 * k)


def test_points_lie_where_the_crew_was_and_take_the_time_of_its_track() -> None:
    points = crew_of(*map(at, range(20))).points
    assert points["minutes"].sum() == pytest.approx(190 / 60)
    assert points["x"].tolist() == pytest.approx(
        (10 * (points["at_s"] - START_S)).tolist()
    )
    assert set(points["y"]) == {3.0}
    assert points["x"].iloc[[0, -1]].tolist() == [50, 1850]


def test_a_crew_that_stays_is_at_one_place_however_its_fixes_stray() -> None:
    stray = np.random.default_rng(2).normal(0, 15, (120, 2))
    stayed = [(500 + x, y, START_S + 10 * k) for k, (x, y) in enumerate(stray)]
    points = crew_of(*stayed).points
    assert points["x"].mean() == pytest.approx(500, abs=5)
    assert points["minutes"].sum() == pytest.approx(1190 / 60)


def test_what_cannot_be_used_is_named_and_nothing_is_repaired() -> None:
    back = (400, 3, START_S + 5)
    crew = crew_of(at(0), at(1), at(2, 9e5), at(3), back, at(5), at(6, 400.0), at(7))
    found = crew.fault.fillna("").tolist()
    assert found == ["", "", "jump", "", "clock", "", "far", ""]
    assert crew.points["x"].max() == 650
    assert set(crew.points["y"]) == {3.0}
    assert crew.gaps.empty


def test_a_gap_is_named_and_left_out_unless_the_crew_stayed() -> None:
    crew = crew_of(*map(at, (0, 1, 2, 60, 61, 62)))
    assert crew.gaps.to_numpy().tolist() == [["gap", START_S + 20, START_S + 600]]
    assert crew.points["minutes"].sum() == pytest.approx(40 / 60)
    stayed = crew_of(at(0), (50, 3, START_S + 900), (60, 3, START_S + 910))
    assert stayed.gaps.empty
    assert stayed.points["minutes"].sum() == pytest.approx(910 / 60)
    far = crew_of(at(0), at(1), (8000, 0, START_S + 20), (8100, 0, START_S + 30))
    assert far.gaps["fault"].tolist() == ["jump"]
    assert far.points["x"].between(100, 8000).sum() == 0


def test_a_track_of_another_area_is_named() -> None:
    away = crew_of(*(at(k, 90_000) for k in range(9)))
    assert away.elsewhere
    assert away.points.empty
    assert not crew_of(*map(at, range(9))).elsewhere


@pytest.mark.parametrize(
    "fixes", [[at(0)] * 2, [(10, 0, START_S), (11, 0, START_S + 1)]], ids=["one", "two"]
)
def test_a_track_of_hardly_a_fix_has_no_points(
    fixes: list[tuple[float, float, float]],
) -> None:
    assert crew_of(*fixes).points.empty


def drive_through(network: Network, rng: np.random.Generator) -> shapely.LineString:
    """Return the line of a shortest drive between two distant nodes."""
    adjacency = network.adjacency(directed=True)
    _, part = connected_components(adjacency, connection="strong")
    nodes = np.flatnonzero(part == np.bincount(part).argmax())
    tail, head, _, edge = network.arcs(directed=True)
    by_ends = {
        (int(a), int(b)): int(e) for a, b, e in zip(tail, head, edge, strict=True)
    }
    while True:
        start, end = rng.choice(nodes, 2)
        away, before = dijkstra(adjacency, indices=start, return_predecessors=True)
        if 8_000 < away[end] < 20_000:
            break
    path = [int(end)]
    while path[-1] != start:
        path.append(int(before[path[-1]]))
    parts = []
    for step in zip(path[:0:-1], path[-2::-1], strict=True):
        e = by_ends[step]
        line = network.geometry[e]
        parts.append(line if network.edge_from[e] == step[0] else line.reverse())
    return shapely.LineString(
        np.concatenate([shapely.get_coordinates(part) for part in parts])
    )


def driven_along(
    line: shapely.LineString, noise_m: float, fix_s: float, seed: int
) -> shapely.LineString:
    """Return the track of a drive along a line."""
    along = np.arange(0, line.length, SPEED_MS * fix_s)
    xy = shapely.get_coordinates(shapely.line_interpolate_point(line, along))
    xy = xy + np.random.default_rng(seed).normal(0, noise_m, xy.shape)
    return shapely.LineString(np.column_stack([xy, START_S + along / SPEED_MS]))


@pytest.mark.proof
def test_true_minutes_through_noise_and_sparse_fixes(shared: Path) -> None:
    """Print the table of the share of the true minutes found, and of those found beyond them."""
    roads = extract.read(shared / "data/osm/mitrovica_core.osm.pbf", None).roads.to_crs(
        METRIC
    )
    network = from_lines(roads)
    rng = np.random.default_rng(5)
    drives = [drive_through(network, rng) for _ in range(12)]

    def minutes(tracks: list[shapely.LineString]) -> pd.DataFrame:
        """Return the minute-metres by edge, a column a drive."""
        crews = where_crew_was(roads, gpd.GeoSeries(tracks, crs=METRIC))
        of_drives = [
            in_sight(network, crew.points, "Europe/Belgrade")
            .groupby("edge")["minutes"]
            .sum()
            for crew in crews
        ]
        table = pd.concat(of_drives, axis=1).reindex(range(network.n_edges))
        return table.fillna(0).mul(network.length_m, axis=0)

    true = minutes([driven_along(line, 0.0, 1.0, 0) for line in drives])
    print("\nnoise_m  fix_s  right  wrong")
    found = {}
    for noise, fix in ((10.0, 10.0), (20.0, 30.0), (30.0, 60.0)):
        tracks = [driven_along(line, noise, fix, k) for k, line in enumerate(drives)]
        own = minutes(tracks)
        right = np.minimum(own, true).to_numpy().sum() / true.to_numpy().sum()
        wrong = (own - true).clip(lower=0).to_numpy().sum()
        wrong /= true.to_numpy().sum()
        found[noise, fix] = right, wrong
        print(f"{noise:7.0f} {fix:6.0f} {right:6.3f} {wrong:6.3f}")
    assert found[10.0, 10.0][0] > 0.97
    assert found[10.0, 10.0][1] < 0.03
    assert min(right for right, _ in found.values()) > 0.85
