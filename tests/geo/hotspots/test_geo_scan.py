"""The network scan: scores and windows by hand, a level that is exact whatever the pool."""

from __future__ import annotations

from functools import cache

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st
from problems.networks import pair_distances
from scipy.sparse import eye_array

from geo.hotspots import scan
from geo.network import graph as network
from geo.network.cells import Placing
from geo.network.graph import Positions
from geo.network.lixels import Lixels, lixelize
from geo.network.source_lines import NetworkError
from geo.schema import METRIC
from geo.sightings.laws import Law

#   A grid of 7 by 7 streets, 300 m apart.
GRID = network.from_lines(
    gpd.GeoDataFrame(
        geometry=[
            shapely.LineString([(300.0 * k, 300.0 * y) for k in range(7)])
            for y in range(7)
        ]
        + [
            shapely.LineString([(300.0 * x, 300.0 * k) for k in range(7)])
            for x in range(7)
        ],
        crs=METRIC,
    )
)
LIXELS = lixelize(GRID, 50.0)
RADII = np.array([100.0, 200.0, 400.0])
RANDOM = st.integers(0, 2**32 - 1)


@cache
def view() -> scan.Windows:
    """Return windows about all lixels."""
    return scan.windows_about(LIXELS, np.arange(len(LIXELS)), RADII)


class Even:
    """True places evenly along the network."""

    def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
        return Positions.random(GRID, n, rng).points(GRID)


def on_one_lixel_each(
    cell: np.ndarray, pool: np.ndarray, lixels: Lixels = LIXELS
) -> scan.Reports:
    """Return reports of exact places: every lixel is a cell."""
    shares = eye_array(len(lixels), format="csr")
    middle = np.zeros((len(lixels), 2))
    laws = (Law(0.0, 0.0, False),)
    return scan.Reports(laws, middle, shares, (cell,), (pool,), len(pool) // len(cell))


def test_the_score_is_the_likelihood_ratio():
    counts = np.array([5.0, 1.0, 4.0, 3.0, 10.0, 1.4])
    mean = np.array([1.0, 0.1, 5.0, 1.5, 2.0, 0.1])
    found = scan.scores(counts, mean, 10)
    by_hand = (5 * np.log(5) + 5 * np.log(5 / 9), 3 * np.log(2) + 7 * np.log(7 / 8.5))
    # One report is no hotspot; where less than expected lies there is none; all lie in the fifth.
    expected = [by_hand[0], 0, 0, by_hand[1], 10 * np.log(5), 0]
    np.testing.assert_allclose(found, expected)


def test_what_is_expected_is_the_pool_without_the_reports():
    with_pool, counts = np.array([24.0, 3.0, 2.5]), np.array([4.0, 3.0, 2.0])
    # Of a pool of five a report; less than one counts as one.
    np.testing.assert_allclose(scan.expected(with_pool, counts, 5), [4.0, 0.2, 0.2])


def test_the_p_value_is_the_rank_among_the_maxima():
    maxima = np.array([1.0, 2.0, 3.0, 4.0])
    np.testing.assert_allclose(
        scan.familywise_p(np.array([5.0, 3.0, 0.5]), maxima), [0.2, 0.6, 1.0]
    )


@given(RANDOM)
def test_windows_hold_what_lies_within_their_radius(seed: int):
    rng = np.random.default_rng(seed)
    weight = rng.random(len(LIXELS)) * (rng.random(len(LIXELS)) < 0.1)
    chosen, distance = centres()
    by_hand = [(distance <= radius) @ weight for radius in RADII]
    np.testing.assert_allclose(
        view().counts(weight), np.stack(by_hand, axis=1), atol=1e-12
    )
    window = int(rng.integers(len(chosen) * 3))
    inside = np.flatnonzero(distance[window // 3] <= RADII[window % 3])
    np.testing.assert_array_equal(view().lixels(window), inside)


def centres() -> tuple[np.ndarray, np.ndarray]:
    """Return the lixels that are centres, and their network distance to the middle of each."""
    middle = Positions(LIXELS.edge, LIXELS.middle_m)
    distance = pair_distances(GRID, middle, middle)
    covered, chosen = np.zeros(len(LIXELS), dtype=bool), []
    for lixel in range(len(LIXELS)):
        if not covered[lixel]:
            chosen.append(lixel)
            covered |= distance[lixel] <= scan.CENTRES_M / 2
    return np.array(chosen), distance[chosen]


def test_every_place_lies_near_a_centre():
    _, distance = centres()
    assert len(distance) < len(LIXELS) / 2 + len(GRID.length_m)
    assert distance.min(axis=0).max() <= scan.CENTRES_M / 2


@given(RANDOM)
def test_the_first_windows_share_no_lixel_and_each_is_the_best_that_is_left(seed: int):
    rng = np.random.default_rng(seed)
    score = np.maximum(rng.normal(size=(len(centres()[0]), 3)), 0.0)
    first = view().best(score, 5)
    held = [set(view().lixels(window)) for window in first]
    every = [set(view().lixels(window)) for window in range(score.size)]
    taken: set[int] = set()
    for window, lixels in zip(first, held, strict=True):
        free = [w for w in range(score.size) if not every[w] & taken]
        assert score.flat[window] == max(score.flat[w] for w in free)
        taken |= lixels
    assert sum(map(len, held)) == len(taken)


@pytest.mark.parametrize(
    ("n", "each", "sets"),
    [
        (20, 30, 300),
        pytest.param(20, 30, 600, marks=pytest.mark.proof),
        pytest.param(60, 1, 600, marks=pytest.mark.proof),
    ],
)
def test_the_level_is_exact_whatever_the_pool(n: int, each: int, sets: int):
    """Reports follow the number of the lixel, squared; of all data sets one in 20 is found."""
    share = np.arange(1.0, len(LIXELS) + 1) ** 2
    share /= share.sum()
    rng, p = np.random.default_rng(each), []
    for k in range(sets):
        drawn = rng.choice(len(LIXELS), n * (1 + each), p=share)
        reports = on_one_lixel_each(drawn[:n], drawn[n:])
        with_pool = view().counts(reports.weight(drawn))
        counts = view().counts(reports.weight(drawn[:n]))
        score = scan.scores(counts, scan.expected(with_pool, counts, each), n).max()
        maxima = scan.null_maxima(
            view(), reports, with_pool, 19, np.random.SeedSequence(k)
        )
        p.append(float(scan.familywise_p(np.array(score), maxima)))
    assert 0.03 <= np.mean(np.array(p) <= 0.05) <= 0.07
    assert np.mean(np.array(p) <= 0.5) <= 0.56  # scores that tie can only raise p


def test_blocks_of_simulations_have_seeds_of_their_own():
    rng = np.random.default_rng(1)
    reports = on_one_lixel_each(rng.integers(0, 99, 10), rng.integers(0, 99, 200))
    with_pool = view().counts(reports.weight(np.concatenate(reports.both)))
    short, long = (
        scan.null_maxima(view(), reports, with_pool, s, np.random.SeedSequence(3))
        for s in (50, 120)
    )
    assert set(short) <= set(long)
    assert len(long) == 120


def test_reports_by_effort_pass_the_error_and_the_grid_of_each_sighting():
    placing = Placing(GRID, 500.0, 50.0)
    laws = Law(100.0, 50.0, False), Law(0.0, 0.0, False)
    points = np.array([[50.0, 50.0], [350.0, 50.0]]), np.array([[300.0, 100.0]])
    rng = np.random.default_rng(2)
    found = scan.reports_by_effort(placing, LIXELS, laws, points, Even(), rng)
    assert found.n == 3
    assert found.each == 6667
    assert [len(cell) for cell in found.pool] == [2 * 6667, 6667]
    np.testing.assert_allclose(found.on_lixels.sum(axis=1), 1.0)
    coarse = found.middle[found.pool[0]]
    np.testing.assert_allclose((coarse / 100) % 1, 0.5)
    np.testing.assert_array_equal(found.middle[found.cell[1]], points[1])
    # Exact reports lie evenly along the network, as their places do.
    share = found.weight(found.pool[1]) / 6667
    assert np.abs(share - LIXELS.length_m / LIXELS.length_m.sum()).max() < 0.004


def test_effort_far_from_the_network_is_refused():
    class Away:
        def draw(self, n: int, rng: np.random.Generator) -> np.ndarray:
            return np.full((n, 2), 1e6)

    placing = Placing(GRID, 500.0, 50.0)
    with pytest.raises(
        NetworkError, match=r"0 lie within 500 m .* Fix: a wider hotspots"
    ):
        scan.reports_by_effort(
            placing, LIXELS, (Law(0.0, 0.0, False),), (np.zeros((1, 2)),), Away(),
            np.random.default_rng(1),
        )  # fmt: skip
