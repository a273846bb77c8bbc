"""The heat kernel on networks: closed forms, mass, and a finite-volume solution of our own."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.sparse import coo_array, diags_array
from scipy.sparse.linalg import expm_multiply
from scipy.stats import norm

from geo.hotspots import Sources, heat_density
from geo.hotspots.heat import at_events
from geo.network import graph as network
from geo.network import lixels
from geo.network.graph import Positions
from geo.schema import METRIC


def lines(*coordinates: list[tuple[float, float]]) -> network.Network:
    geometry = [shapely.LineString(xy) for xy in coordinates]
    return network.from_lines(gpd.GeoDataFrame(geometry=geometry, crs=METRIC))


def one(edge: int, offset: float, sigma: float) -> Sources:
    return Sources(np.array([edge]), np.array([offset]), np.ones(1), np.array([sigma]))


def gaussian_mass(
    low: np.ndarray, high: np.ndarray, at: float, sigma: float
) -> np.ndarray:
    return norm.cdf(high, at, sigma) - norm.cdf(low, at, sigma)


#        2
#        |
#   3 -- 0 -- 1      four arms of 1 km; the event is 30 m from the junction, on arm 0
#        |
#        4
STAR = (
    [(0, 0), (1000, 0)],
    [(0, 0), (0, 1000)],
    [(0, 0), (-1000, 0)],
    [(0, 0), (0, -1000)],
)


def test_star_of_four_arms_has_its_closed_form():
    star = lines(*STAR)
    cells = lixels.lixelize(star, 10.0)
    mass = heat_density(one(0, 30.0, 50.0), cells) * cells.length_m
    low, high = cells.from_m, cells.from_m + cells.length_m
    image = gaussian_mass(low, high, -30.0, 50.0)
    expected = np.where(
        cells.edge == 0, gaussian_mass(low, high, 30.0, 50.0) - image / 2, image / 2
    )
    np.testing.assert_allclose(mass, expected, atol=1e-11)


def test_dead_ends_reflect():
    road = lines([(0, 0), (100, 0)])
    cells = lixels.lixelize(road, 10.0)
    mass = heat_density(one(0, 20.0, 40.0), cells) * cells.length_m
    low, high = cells.from_m, cells.from_m + cells.length_m
    images = [200.0 * k + at for k in range(-9, 10) for at in (20.0, -20.0)]
    expected = sum(gaussian_mass(low, high, at, 40.0) for at in images)
    np.testing.assert_allclose(mass, expected, atol=1e-11)


def test_a_ring_wraps_around():
    ring = lines([(0, 0), (100, 0), (100, 100), (0, 100), (0, 0)])
    assert ring.n_edges == 1
    cells = lixels.lixelize(ring, 8.0)
    mass = heat_density(one(0, 350.0, 90.0), cells) * cells.length_m
    low, high = cells.from_m, cells.from_m + cells.length_m
    expected = sum(
        gaussian_mass(low, high, 350.0 + 400.0 * k, 90.0) for k in range(-9, 10)
    )
    np.testing.assert_allclose(mass, expected, atol=1e-11)


def test_finite_volumes_converge_to_it():
    grid = lines(
        [(0, 0), (50, 0), (100, 0)], [(0, 80), (50, 80), (100, 80)], [(0, 0), (0, 80)],
        [(50, 0), (50, 80)], [(100, 0), (100, 80)], [(50, 0), (80, 40), (50, 80)],
    )  # fmt: skip
    source = one(1, 33.0, 30.0)
    cells = lixels.lixelize(grid, 2.0)
    exact = heat_density(source, cells)
    error = [
        abs(finite_volumes(grid, source, step, cells) - exact).max()
        for step in (1.0, 0.5)
    ]
    assert error[0] < 2e-5
    assert error[1] < error[0] / 3  # second order in the length of a volume


def finite_volumes(
    grid: network.Network, source: Sources, step: float, cells: lixels.Lixels
) -> np.ndarray:
    """Vertex-centred volumes: each node of a fine grid owns half of the pieces that meet there."""
    fine = lixels.lixelize(grid, step)
    pieces = fine.as_network
    n, tail, head = pieces.n_nodes, pieces.edge_from, pieces.edge_to
    volume = np.bincount(
        np.r_[tail, head], np.r_[fine.length_m, fine.length_m] / 2, minlength=n
    )
    ends, half = (
        (np.r_[tail, head], np.r_[head, tail]),
        0.5 / np.r_[fine.length_m, fine.length_m],
    )
    flow = coo_array((half, ends), shape=(n, n)).tocsr()
    laplace = flow - diags_array(flow.sum(axis=1))
    at = fine.holding(source.edge, source.offset_m)
    share = (source.offset_m - fine.from_m[at]) / fine.length_m[at]
    start = np.zeros(n)
    start[tail[at]], start[head[at]] = 1 - share, share
    rate = laplace @ diags_array(source.sigma_m[0] ** 2 / volume)
    end = expm_multiply(rate, start) / volume
    middle = (end[tail] + end[head]) / 2 * fine.length_m
    owner = cells.holding(fine.edge, fine.middle_m)
    return np.bincount(owner, middle, minlength=len(cells)) / cells.length_m


def test_mass_is_kept_with_unequal_bandwidths_and_weights():
    star = lines(*STAR)
    rng = np.random.default_rng(3)
    sources = Sources(
        rng.integers(0, 4, 50), rng.uniform(0, 1000, 50), rng.uniform(1, 9, 50),
        rng.uniform(5, 400, 50),
    )  # fmt: skip
    cells = lixels.lixelize(star, 7.0)
    density = heat_density(sources, cells)
    assert (density * cells.length_m).sum() == pytest.approx(
        sources.weight.sum(), rel=1e-10
    )
    assert (density >= 0).all()


def test_density_is_additive_in_events():
    star = lines(*STAR)
    cells = lixels.lixelize(star, 25.0)
    both = Sources(
        np.array([0, 2]), np.array([30.0, 400.0]), np.ones(2), np.full(2, 60.0)
    )
    apart = heat_density(one(0, 30.0, 60.0), cells) + heat_density(
        one(2, 400.0, 60.0), cells
    )
    np.testing.assert_allclose(heat_density(both, cells), apart, atol=1e-13)


def test_following_only_what_the_bandwidth_reaches_changes_nothing_that_counts():
    star = lines([(k * 10.0, 0.0) for k in range(400)], [(2000, 0), (2000, 900)])
    source = one(0, 1950.0, 20.0)
    near = lixels.lixelize(
        star, 5.0, lixels.reached(star, source.edge, source.offset_m, 120.0)
    )
    whole = lixels.lixelize(star, 5.0)
    density = heat_density(source, whole)[np.isin(whole.edge, near.edges)]
    np.testing.assert_allclose(heat_density(source, near), density, atol=1e-9)


@pytest.mark.parametrize("sigma", [0.0, -5.0, np.nan])
def test_a_bandwidth_that_is_not_positive_is_refused(sigma):
    star = lines(*STAR)
    with pytest.raises(network.NetworkError, match="event 0 has bandwidth"):
        heat_density(one(0, 1.0, sigma), lixels.lixelize(star, 10.0))


def test_no_events_no_density():
    star = lines(*STAR)
    none = Sources(np.zeros(0, int), np.zeros(0), np.zeros(0), np.zeros(0))
    assert not heat_density(none, lixels.lixelize(star, 100.0)).any()


#   A loop, a double street, a dead end, and edges far shorter than the bandwidths.
TOWN = lines(
    [(0, 0), (120, 0), (120.4, 0), (240, 0)], [(120, 0), (120, 90)], [(120, 90), (240, 0)],
    [(240, 0), (300, 40), (360, 0), (300, -40), (240, 0)], [(0, 0), (60, 50), (120, 0)],
    [(120.4, 0), (120.4, -70)],
)  # fmt: skip


def test_at_two_events_on_a_long_road_are_gaussians():
    road = lines([(0, 0), (2000, 0)])
    both = Positions(np.array([0, 0]), np.array([1000.0, 1045.0]))
    sigmas = np.array([10.0, 60.0])
    total, own = at_events(road, both, sigmas)
    peak, other = norm.pdf(0, scale=sigmas), norm.pdf(45, scale=sigmas)
    np.testing.assert_allclose(own, np.stack([peak, peak], axis=1), atol=1e-12)
    np.testing.assert_allclose(
        total - own, np.stack([other, other], axis=1), atol=1e-12
    )


def test_the_heat_kernel_is_symmetric():
    points = Positions.random(TOWN, 8, np.random.default_rng(11))
    for i in range(8):
        for j in range(i):
            total, own = at_events(
                TOWN, points.take(np.array([i, j])), np.array([60.0])
            )
            (from_j, from_i), *_ = total - own
            assert from_i == pytest.approx(from_j, abs=1e-11)


def test_the_own_part_is_what_leaving_it_out_takes_away():
    points = Positions.random(TOWN, 4, np.random.default_rng(2))
    total, own = at_events(TOWN, points, np.array([10.0, 60.0]))
    cells = lixels.lixelize(TOWN, 0.02)
    at = cells.holding(points.edge, points.offset_m)
    for k in range(4):
        others = points.take(np.delete(np.arange(4), k))
        for s, sigma in enumerate((10.0, 60.0)):
            sources = Sources(
                others.edge, others.offset_m, np.ones(3), np.full(3, sigma)
            )
            expected = heat_density(sources, cells)[at[k]]
            assert total[s, k] - own[s, k] == pytest.approx(expected, abs=1e-5)
