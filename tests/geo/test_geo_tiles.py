"""What a network in tiles gives is what the whole network gives, to 1e-9."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from itertools import islice
from pathlib import Path
from typing import Any

import cloudpickle
import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from numpy.testing import assert_allclose
from problems.networks import lines
from pyproj import CRS
from studies.bundled_region import bundled_region

from geo import tiles
from geo.access.grid import Grid, grid_over
from geo.access.walking import WalkingCells, cells_on, walking_minutes
from geo.chance.envelopes import envelope
from geo.corridors import corridors_of, proximity
from geo.corridors.distance import as_corridors, totals
from geo.network import NetworkError, Positions, from_lines
from geo.network.graph import Network
from geo.params import AccessParams
from geo.patterns.equal_split import sigma_of
from geo.patterns.estimators import ESTIMATORS, estimate_density
from geo.patterns.k import BLOCK, k_envelopes, k_function, patterns, simulate_k
from geo.records import Layers
from geo.schema import METRIC
from layers.readers.osm import extract

TOWN = lines(
    *[[(x, y), (x + 100, y)] for y in range(0, 400, 100) for x in range(0, 500, 100)],
    *[[(x, y), (x, y + 100)] for y in range(0, 300, 100) for x in range(0, 600, 100)],
    [(500, 300), (520, 340), (480, 360), (500, 300)],  # a loop at a corner
    [(0, 0), (50, -40), (100, 0)],  # a second way between two corners
    [(5000, 5000), (5300, 5000)],  # a street that nothing joins
)  # fmt: skip
"""A grid of streets, with a loop, a parallel way and a piece apart."""


def shipped(function: Callable[[Any], Any], items: Iterable[Any]) -> Iterable[Any]:
    """Call as a cluster does: in another order, with what the function holds sent there."""
    there = cloudpickle.loads(cloudpickle.dumps(function))
    return reversed([there(item) for item in reversed([*items])])


@pytest.fixture(scope="module")
def core(shared: Path) -> Layers:
    layers = extract.read(shared / "data" / "osm" / "mitrovica_core.osm.pbf", None)
    names = ("roads", "paths", "railways", "waterways")
    return replace(
        layers, **{name: getattr(layers, name).to_crs(METRIC) for name in names}
    )


@pytest.fixture(scope="module")
def roads(core: Layers) -> Network:
    return from_lines(core.roads)


def events(network: Network, n: int, seed: int = 1) -> Positions:
    return Positions.random(network, n, np.random.default_rng(seed))


def whole(
    network: Network, at: Positions, sigma: float, lixel: float, kind: str
) -> pd.DataFrame:
    lixels, found = estimate_density(network, at, sigma, lixel, kind)
    return lixels.frame(found, np.zeros(len(lixels), dtype=int))


def check_density(
    network: Network, at: Positions, sigma: float, edges: int, kind: str
) -> None:
    reach = tiles.density_reach(kind, "epanechnikov", sigma)
    parts = [
        tiles.density(t, at, sigma, 25.0, kind)
        for t in tiles.partition(network, reach, edges)
    ]
    assert len(parts) > 3
    found = pd.concat(parts).sort_values(["edge", "from_m"], ignore_index=True)
    expected = whole(network, at, sigma, 25.0, kind)
    pd.testing.assert_frame_equal(found[["edge", "from_m", "to_m"]],
                                  expected[["edge", "from_m", "to_m"]])  # fmt: skip
    assert found.geometry.geom_equals(expected.geometry).all()
    peak = expected["density_per_km"].max()
    assert peak > 0
    assert_allclose(
        found["density_per_km"], expected["density_per_km"], rtol=0, atol=1e-9 * peak
    )


def check_k(
    network: Network, at: Positions, r: np.ndarray, edges: int, correction: str
) -> None:
    cut = list(tiles.partition(network, r[-1], edges))
    shortest, length = network.length_m.min(), network.length_m.sum()
    sums = [tiles.k_sums(t, at, r, shortest, correction) for t in cut]
    expected = k_function(network, at, r, correction)
    assert expected[-1] > 0
    assert_allclose(tiles.k_of(sums, len(at), length), expected, rtol=1e-9)


def test_every_edge_is_owned_once_and_tiles_are_balanced() -> None:
    own = [tile.edges[tile.own] for tile in tiles.partition(TOWN, 50.0, 7)]
    assert sorted(np.concatenate(own)) == list(range(TOWN.n_edges))
    assert {len(edges) for edges in own} <= {6, 7}


def test_the_halo_is_what_lies_within_reach_along_the_network() -> None:
    street = lines(*[[(x, 0), (x + 100, 0)] for x in range(0, 1000, 100)])
    first = next(tiles.partition(street, 150.0, 3))
    assert first.edges.tolist() == [0, 1, 2, 3, 4]
    assert first.own.tolist() == [True, True, True, False, False]
    assert first.network.n_nodes == 6


def test_a_tile_of_no_edges_is_refused() -> None:
    with pytest.raises(
        NetworkError, match="edges is 0; give how many edges a tile may own"
    ):
        list(tiles.partition(TOWN, 50.0, 0))


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_density_in_a_town(kind: str) -> None:
    check_density(TOWN, events(TOWN, 60), 20.0, 7, kind)


def test_density_with_bandwidths_of_each_event() -> None:
    at, sigma = events(TOWN, 30), np.random.default_rng(2).uniform(20, 45, 30)
    reach = tiles.density_reach("heat", "gaussian", sigma.max())
    found = pd.concat(
        [tiles.density(t, at, sigma, 10.0) for t in tiles.partition(TOWN, reach, 7)]
    )
    expected = whole(TOWN, at, sigma, 10.0, "heat")["density_per_km"].to_numpy()
    found = found.sort_values(["edge", "from_m"])["density_per_km"].to_numpy()
    assert_allclose(found, expected, rtol=0, atol=1e-9 * expected.max())


def test_a_halo_too_short_is_seen() -> None:
    at = events(TOWN, 60)
    parts = [
        tiles.density(t, at, 80.0, 25.0, "simple")
        for t in tiles.partition(TOWN, 10.0, 7)
    ]
    found = pd.concat(parts)["density_per_km"].sum()
    assert found < 0.99 * whole(TOWN, at, 80.0, 25.0, "simple")["density_per_km"].sum()


@pytest.mark.parametrize("correction", ["none", "ang"])
def test_k_in_a_town(correction: str) -> None:
    check_k(TOWN, events(TOWN, 80), np.arange(20.0, 260.0, 20.0), 7, correction)


def test_simulated_k_in_tiles_whoever_takes_which_block() -> None:
    r = np.array([40.0, 120.0])
    expected = simulate_k(TOWN, 30, r, simulations=BLOCK + 10, seed=4)
    shortest, length = TOWN.length_m.min(), TOWN.length_m.sum()
    cut = list(tiles.partition(TOWN, r[-1], 12))
    for block, many in ((1, 10), (0, BLOCK)):
        drawn = list(
            islice(patterns(length_m=TOWN.length_m, n=30, block=block, seed=4), many)
        )
        found = [tiles.k_of([tiles.k_sums(t, at, r, shortest) for t in cut], 30, length)
                 for at in drawn]  # fmt: skip
        assert_allclose(found, expected[block * BLOCK :][:many], rtol=1e-9)


def test_proximity_in_parts() -> None:
    ways = bundled_region().layers
    kinds = corridors_of(ways.roads, ways.paths, ways.railways, ways.waterways)
    seen = bundled_region().sightings.reset_index(drop=True)
    expected = proximity(seen, kinds)
    parts = np.array_split(np.random.default_rng(1).permutation(len(seen)), 3)
    found = pd.concat([proximity(seen.take(part), kinds).table for part in parts])
    order = pd.concat([expected.table[expected.table["sighting"] == name]
                       for name in seen["id"].take(np.concatenate(parts))])  # fmt: skip
    pd.testing.assert_frame_equal(
        found, order.set_index(found.index), rtol=1e-9, atol=1e-9
    )
    bands = expected.totals["band_m"].unique().tolist()
    pd.testing.assert_frame_equal(
        totals(found, [*kinds], bands), expected.totals, rtol=1e-9
    )
    for each in (map, shipped):
        whole = tiles.proximity_in_parts(seen, kinds, rows=3, each=each)
        pd.testing.assert_frame_equal(whole.table, expected.table, rtol=1e-9, atol=1e-9)
        pd.testing.assert_frame_equal(whole.totals, expected.totals, rtol=1e-9)


def test_which_ways_can_change_a_nearness() -> None:
    canal = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 900 0)"], crs=METRIC)
    seen = gpd.GeoDataFrame(
        {"uncertainty_m": [50.0]},
        geometry=gpd.GeoSeries.from_xy([10], [100], crs=METRIC),
    )
    ways = as_corridors({"canal": canal})["canal"]
    reach = 100 + 2 * 50 * np.sqrt(2)
    assert tiles.within_reach(seen, ways, reach + 1)
    assert not tiles.within_reach(seen, ways, reach - 1)


def test_walking_minutes_in_parts() -> None:
    rng = np.random.default_rng(5)
    shape = 70, 90
    grid = Grid(0.0, 0.0, 25.0, shape, CRS.from_user_input(METRIC))
    height = rng.normal(0, 2, shape).cumsum(axis=1).astype(np.float32)
    factor = rng.choice(np.array([1, 1.5], dtype=np.float32), shape)
    walls = np.zeros(shape, dtype=np.uint32)
    walls[40, 5:] = ~np.uint32(0)
    ground, start = (
        WalkingCells(grid, height, factor, walls),
        np.array([0, 333, 2750]),
    )
    expected = walking_minutes(ground, start)
    found = tiles.minutes_in_parts(ground, start, cells=16)
    assert found.tolist() == expected.tolist()
    limit = float(np.median(expected))
    found = tiles.minutes_in_parts(ground, start, limit, cells=16)
    assert found.tolist() == np.where(expected <= limit, expected, np.inf).tolist()


@pytest.mark.proof
@pytest.mark.parametrize("kind", ESTIMATORS)
def test_density_on_the_real_roads(roads: Network, kind: str) -> None:
    check_density(
        roads, events(roads, 100), sigma_of("epanechnikov", 500.0), 4000, kind
    )


@pytest.mark.proof
@pytest.mark.parametrize("correction", ["none", "ang"])
def test_k_on_the_real_roads(roads: Network, correction: str) -> None:
    check_k(
        roads, events(roads, 400), np.arange(100.0, 1100.0, 100.0), 4000, correction
    )


@pytest.mark.proof
def test_k_with_envelopes_on_the_real_roads(roads: Network) -> None:
    at, r, many = events(roads, 60), np.arange(200.0, 1100.0, 200.0), BLOCK + 9
    expected = k_envelopes(roads, at, r, simulations=many, seed=4)
    cut = list(tiles.partition(roads, r[-1], 4000))
    shortest, length = roads.length_m.min(), roads.length_m.sum()
    curves = []
    for block, some in ((0, BLOCK), (1, 9)):
        for pattern in islice(patterns(roads.length_m, 60, block, 4), some):
            sums = [tiles.k_sums(t, pattern, r, shortest) for t in cut]
            curves.append(tiles.k_of(sums, 60, length))
    observed = tiles.k_of([tiles.k_sums(t, at, r, shortest) for t in cut], 60, length)
    band, found = expected.envelopes["even"], envelope(observed, curves)
    assert found.p == band.p
    for one, other in ((found.low, band.low), (found.high, band.high)):
        assert_allclose(one, other, rtol=1e-9)


def reported(roads: Network, n: int) -> gpd.GeoDataFrame:
    """Return coarse sightings about the roads."""
    rng = np.random.default_rng(1)
    xy = events(roads, n).points(roads) + rng.normal(0, 80, (n, 2))
    columns = {"id": [f"S{k}" for k in range(n)], "cell_m": 100.0,
               "uncertainty_m": rng.choice([0.0, 50.0, 200.0], n)}  # fmt: skip
    points = gpd.points_from_xy(*((np.floor(xy / 100) + 0.5) * 100).T)
    return gpd.GeoDataFrame(columns, geometry=points, crs=METRIC)


@pytest.mark.proof
def test_proximity_on_the_real_ways(core: Layers, roads: Network) -> None:
    kinds = corridors_of(core.roads, core.paths, core.railways, core.waterways)
    seen = reported(roads, 90)
    expected = proximity(seen, kinds)
    found = tiles.proximity_in_parts(seen, kinds, rows=30)
    pd.testing.assert_frame_equal(found.table, expected.table, rtol=1e-9, atol=1e-9)
    pd.testing.assert_frame_equal(found.totals, expected.totals, rtol=1e-9)
    elsewhere = tiles.proximity_in_parts(seen, kinds, rows=30, each=shipped)
    pd.testing.assert_frame_equal(elsewhere.table, found.table, check_exact=True)


@pytest.mark.proof
@pytest.mark.parametrize(("limit", "cells"), [(20.0, 30), (np.inf, 100)])
def test_walking_minutes_on_the_real_ways(
    core: Layers, limit: float, cells: int
) -> None:
    params, speed = AccessParams(), {"road": 5.0, "path": 4.0, "railway": 3.0}
    grid = grid_over(core.roads.geometry, 200.0, 0.0)
    ground = cells_on(grid, core, None, params, speed)
    start = np.random.default_rng(2).integers(0, ground.factor.size, 60)
    expected = walking_minutes(ground, start)
    found = tiles.minutes_in_parts(ground, start, limit, cells=cells)
    assert found.tolist() == np.where(expected <= limit, expected, np.inf).tolist()
