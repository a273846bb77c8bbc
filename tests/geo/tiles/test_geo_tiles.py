"""What a network in tiles gives is what the whole network gives, to 1e-9."""

from __future__ import annotations

from itertools import islice
from pathlib import Path

import geopandas as gpd
import numpy as np
import pandas as pd
import pytest
from network_fixture import lines
from numpy.testing import assert_allclose

from geo import tiles
from geo.corridors import corridors_of, proximity
from geo.corridors.distance import as_corridors, totals
from geo.network import NetworkError, Positions, from_lines
from geo.network.graph import Network
from geo.patterns.density import ESTIMATORS, estimate_density
from geo.patterns.equal_split import sigma_of
from geo.patterns.k import BLOCK, k_function, patterns, simulate_k
from layers.readers import bundled
from layers.readers.osm import extract
from layers.schema import METRIC

TOWN = lines(
    *[[(x, y), (x + 100, y)] for y in range(0, 400, 100) for x in range(0, 500, 100)],
    *[[(x, y), (x, y + 100)] for y in range(0, 300, 100) for x in range(0, 600, 100)],
    [(500, 300), (520, 340), (480, 360), (500, 300)],  # a loop at a corner
    [(0, 0), (50, -40), (100, 0)],  # a second way between two corners
    [(5000, 5000), (5300, 5000)],  # a street that nothing joins
)  # fmt: skip
"""A grid of streets, with a loop, a parallel way and a piece apart."""


@pytest.fixture(scope="module")
def roads(shared: Path) -> Network:
    layer = extract.read(shared / "data" / "osm" / "mitrovica_core.osm.pbf", None).roads
    return from_lines(layer.to_crs(METRIC))


def events(network: Network, n: int, seed: int = 1) -> Positions:
    return Positions.random(network, n, np.random.default_rng(seed))


def whole(network: Network, at: Positions, sigma: float, lixel: float, kind: str) -> pd.DataFrame:
    lixels, found = estimate_density(network, at, sigma, lixel, kind)
    return lixels.frame(found, np.zeros(len(lixels), dtype=int))


def check_density(network: Network, at: Positions, sigma: float, edges: int, kind: str) -> None:
    reach = tiles.density_reach(kind, "epanechnikov", sigma)
    parts = [tiles.density(t, at, sigma, 25.0, kind) for t in tiles.cut(network, reach, edges)]
    assert len(parts) > 3
    found = pd.concat(parts).sort_values(["edge", "from_m"], ignore_index=True)
    expected = whole(network, at, sigma, 25.0, kind)
    pd.testing.assert_frame_equal(found[["edge", "from_m", "to_m"]],
                                  expected[["edge", "from_m", "to_m"]])  # fmt: skip
    assert found.geometry.geom_equals(expected.geometry).all()
    peak = expected["density_per_km"].max()
    assert peak > 0
    assert_allclose(found["density_per_km"], expected["density_per_km"], rtol=0, atol=1e-9 * peak)


def check_k(network: Network, at: Positions, r: np.ndarray, edges: int, correction: str) -> None:
    cut = list(tiles.cut(network, r[-1], edges))
    shortest, length = network.length_m.min(), network.length_m.sum()
    sums = [tiles.k_sums(t, at, r, shortest, correction) for t in cut]
    expected = k_function(network, at, r, correction)
    assert expected[-1] > 0
    assert_allclose(tiles.k_of(sums, len(at), length), expected, rtol=1e-9)


def test_every_edge_is_owned_once_and_tiles_are_balanced() -> None:
    own = [tile.edges[tile.own] for tile in tiles.cut(TOWN, 50.0, 7)]
    assert sorted(np.concatenate(own)) == list(range(TOWN.n_edges))
    assert {len(edges) for edges in own} <= {6, 7}


def test_the_halo_is_what_lies_within_reach_along_the_network() -> None:
    street = lines(*[[(x, 0), (x + 100, 0)] for x in range(0, 1000, 100)])
    first = next(tiles.cut(street, 150.0, 3))
    assert first.edges.tolist() == [0, 1, 2, 3, 4]
    assert first.own.tolist() == [True, True, True, False, False]
    assert first.network.n_nodes == 6


def test_a_tile_of_no_edges_is_refused() -> None:
    with pytest.raises(NetworkError, match="edges is 0; give how many edges a tile may own"):
        list(tiles.cut(TOWN, 50.0, 0))


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_density_in_a_town(kind: str) -> None:
    check_density(TOWN, events(TOWN, 60), 20.0, 7, kind)


def test_density_with_bandwidths_of_each_event() -> None:
    at, sigma = events(TOWN, 30), np.random.default_rng(2).uniform(20, 45, 30)
    reach = tiles.density_reach("heat", "gaussian", sigma.max())
    found = pd.concat([tiles.density(t, at, sigma, 10.0) for t in tiles.cut(TOWN, reach, 7)])
    expected = whole(TOWN, at, sigma, 10.0, "heat")["density_per_km"].to_numpy()
    found = found.sort_values(["edge", "from_m"])["density_per_km"].to_numpy()
    assert_allclose(found, expected, rtol=0, atol=1e-9 * expected.max())


def test_a_halo_too_short_is_seen() -> None:
    at = events(TOWN, 60)
    parts = [tiles.density(t, at, 80.0, 25.0, "simple") for t in tiles.cut(TOWN, 10.0, 7)]
    found = pd.concat(parts)["density_per_km"].sum()
    assert found < 0.99 * whole(TOWN, at, 80.0, 25.0, "simple")["density_per_km"].sum()


@pytest.mark.parametrize("correction", ["none", "ang"])
def test_k_in_a_town(correction: str) -> None:
    check_k(TOWN, events(TOWN, 80), np.arange(20.0, 260.0, 20.0), 7, correction)


def test_simulated_k_in_tiles_whoever_takes_which_block() -> None:
    r = np.array([40.0, 120.0])
    expected = simulate_k(TOWN, 30, r, simulations=BLOCK + 10, seed=4)
    shortest, length = TOWN.length_m.min(), TOWN.length_m.sum()
    cut = list(tiles.cut(TOWN, r[-1], 12))
    for block, many in ((1, 10), (0, BLOCK)):
        drawn = list(islice(patterns(length_m=TOWN.length_m, n=30, block=block, seed=4), many))
        found = [tiles.k_of([tiles.k_sums(t, at, r, shortest) for t in cut], 30, length)
                 for at in drawn]  # fmt: skip
        assert_allclose(found, expected[block * BLOCK :][:many], rtol=1e-9)


def test_proximity_in_parts() -> None:
    ways, seen = bundled.network(), bundled.study_data().sightings
    kinds = corridors_of(*(layer.to_crs(METRIC) for layer in
                           (ways.roads, ways.paths, ways.railways, ways.waterways)))  # fmt: skip
    seen = seen.to_crs(METRIC).reset_index(drop=True)
    expected = proximity(seen, kinds)
    parts = np.array_split(np.random.default_rng(1).permutation(len(seen)), 3)
    found = pd.concat([proximity(seen.take(part), kinds).table for part in parts])
    order = pd.concat([expected.table[expected.table["sighting"] == name]
                       for name in seen["id"].take(np.concatenate(parts))])  # fmt: skip
    pd.testing.assert_frame_equal(found, order.set_index(found.index), rtol=1e-9, atol=1e-9)
    bands = expected.totals["band_m"].unique().tolist()
    pd.testing.assert_frame_equal(totals(found, [*kinds], bands), expected.totals, rtol=1e-9)


def test_which_ways_can_change_a_nearness() -> None:
    canal = gpd.GeoSeries.from_wkt(["LINESTRING (0 0, 900 0)"], crs=METRIC)
    seen = gpd.GeoDataFrame(
        {"uncertainty_m": [50.0]}, geometry=gpd.GeoSeries.from_xy([10], [100], crs=METRIC)
    )
    ways = as_corridors({"canal": canal})["canal"]
    reach = 100 + 2 * 50 * np.sqrt(2)
    assert tiles.within_reach(seen, ways, reach + 1)
    assert not tiles.within_reach(seen, ways, reach - 1)


@pytest.mark.parametrize("kind", ESTIMATORS)
def test_density_on_the_real_roads(roads: Network, kind: str) -> None:
    check_density(roads, events(roads, 300), sigma_of("epanechnikov", 500.0), 4000, kind)


@pytest.mark.parametrize("correction", ["none", "ang"])
def test_k_on_the_real_roads(roads: Network, correction: str) -> None:
    check_k(roads, events(roads, 400), np.arange(100.0, 1100.0, 100.0), 4000, correction)
