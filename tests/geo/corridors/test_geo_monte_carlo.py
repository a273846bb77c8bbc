"""Monte Carlo tests: adjustments by hand, pools and their error, shared draws, level and power."""

from __future__ import annotations

import math

import geopandas as gpd
import numpy as np
import pytest
import shapely
from scipy.stats import norm

from geo.chance.nulls import Null, uniform
from geo.corridors import monte_carlo
from geo.corridors.monte_carlo import Group, NullDistances, Pool
from geo.network.segments import segments_of
from geo.sightings.laws import Law

#       y
#  1000 +-----------------------+     A window of 2,000 m by 1,000 m; the railway runs through its
#   500 |+++++++++ railway +++++|     middle, the river across a corner.
#     0 +-----------------------+
LINES = {
    "railway": segments_of(
        gpd.GeoSeries([shapely.LineString([(0, 500), (2000, 500)])])
    ),
    "river": segments_of(gpd.GeoSeries([shapely.LineString([(0, 700), (900, 0)])])),
}
WINDOW = (0.0, 0.0, 2000.0, 1000.0)
BANDS = (50.0, 100.0, 250.0)
EXACT = Law(0.0, 0.0, False)


@pytest.fixture(scope="module")
def null() -> Null:
    return uniform(WINDOW, n=4000)


@pytest.fixture(scope="module")
def ref(null: Null) -> NullDistances:
    return NullDistances(null, LINES, BANDS)


def pools(ref: NullDistances, *laws: Law, sightings: int = 5) -> list[Pool]:
    return monte_carlo.pools(laws, ref, [sightings] * len(laws), 2)


def group(n: int, law: int = 0, tests: tuple[bool, bool] = (True, True)) -> Group:
    return Group(law, np.array(tests), np.arange(n))


def test_p_counts_the_observed_among_the_simulated() -> None:
    simulated = np.array([[1.0], [2.0], [3.0], [4.0]])
    assert monte_carlo.monte_carlo_p(np.array([3.0]), simulated).tolist() == [3 / 5]
    assert monte_carlo.monte_carlo_p(np.array([9.0]), simulated).tolist() == [1 / 5]
    assert monte_carlo.monte_carlo_p(np.array([0.0]), simulated).tolist() == [1.0]


def test_sums_in_another_order_are_ties() -> None:
    simulated = np.array([[0.3], [1.0]], dtype=np.float32).astype(float)
    assert monte_carlo.monte_carlo_p(np.array([0.1 + 0.2]), simulated).tolist() == [1.0]


def test_the_error_of_p_is_that_of_its_simulations_and_of_its_pool() -> None:
    p = np.array([0.04, 0.5])
    assert monte_carlo.p_error(p, 999, 0.0) == pytest.approx(
        np.sqrt(p * (1 - p) / 1000)
    )
    # A pool of 400 for 100 sightings moves the quantile by half a standard deviation.
    moved = norm.pdf(norm.ppf(p)) * 0.5
    assert monte_carlo.p_error(p, 10**9, 0.25) == pytest.approx(moved, rel=1e-3)


def test_step_down_max_t_by_hand() -> None:
    """The largest is compared with the maximum of all, the next with the maximum of the others."""
    simulated = np.array([[5.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    assert monte_carlo.max_t(np.array([4.0, 1.0]), simulated) == pytest.approx(
        [2 / 4, 2 / 4]
    )
    assert monte_carlo.max_t(np.array([6.0, 3.0]), simulated) == pytest.approx(
        [1 / 4, 1 / 4]
    )


def test_equal_hypotheses_cost_nothing_with_max_t() -> None:
    rng = np.random.default_rng(0)
    simulated = np.repeat(rng.normal(size=(99, 1)), 5, axis=1)
    one = monte_carlo.monte_carlo_p(np.array([1.0]), simulated[:, :1])[0]
    assert monte_carlo.max_t(np.full(5, 1.0), simulated) == pytest.approx(
        np.full(5, one)
    )


@pytest.mark.parametrize(
    ("sightings", "size"),
    [(1, 1000), (100, 2000), (400, 8000), (5000, 12_000), (50_000, 100_000)],
)
def test_a_pool_grows_with_the_sightings(sightings: int, size: int) -> None:
    assert monte_carlo.pool_size(sightings) == size


def test_the_features_of_an_exact_place(ref: NullDistances) -> None:
    """60 m from the railway: within 100 m and 250 m, not 50 m."""
    found = ref.features(np.array([[1000.0, 560.0]]), EXACT)[0, 0]
    assert found[:3].tolist() == [0.0, 1.0, 1.0]
    assert found[3:].sum() == (ref.curve_m["railway"] >= 60).sum()


def test_the_features_of_a_disc_are_means_over_it(ref: NullDistances) -> None:
    """A disc of 100 m on the railway: half of it lies within 40.4 m."""
    found = ref.features(np.array([[1000.0, 500.0]]), Law(0.0, 100.0, False))
    half = 2 * (0.5 * math.sqrt(0.75) + math.asin(0.5)) / math.pi
    assert found[0, 0, :3] == pytest.approx([half, 1.0, 1.0], abs=0.03)


def test_a_pool_is_the_null(null: Null, ref: NullDistances) -> None:
    """A fifth of the window lies within 100 m of the railway."""
    (pool,) = pools(ref, EXACT, sightings=1000)
    assert len(pool.report) == 12_000
    share = pool.features[pool.report, 0, 1].mean()
    assert share == pytest.approx(0.2, abs=4 * math.sqrt(0.16 / 12_000))
    assert (pool.true_distance[:, 0] <= 100).mean() == pytest.approx(share)


def test_a_pool_on_a_grid_measures_each_cell_once(
    null: Null, ref: NullDistances
) -> None:
    (pool,) = pools(ref, Law(100.0, 0.0, False))
    assert len(pool.features) <= 200
    assert len(pool.report) == 1000


def test_groups_are_alike_in_law_and_tests() -> None:
    law = np.array([0, 1, 0, 0])
    tests = np.array([[True, True], [True, True], [False, True], [True, True]])
    found = {
        (g.law, tuple(g.tests.tolist()), tuple(g.members.tolist()))
        for g in monte_carlo.groups_of(law, tests)
    }
    assert found == {
        (0, (True, True), (0, 3)),
        (1, (True, True), (1,)),
        (0, (False, True), (2,)),
    }


def test_a_simulated_sighting_is_one_report_for_all_kinds(
    null: Null, ref: NullDistances
) -> None:
    (pool,) = pools(ref, EXACT)
    sums, first = monte_carlo.simulate([pool], [group(1)], simulations=60, seed=3)
    known = {row.tobytes() for row in pool.features.astype(float)}
    assert {row.tobytes() for row in sums} <= known
    np.testing.assert_array_equal(first[:, 0], sums)


def test_what_does_not_test_a_kind_adds_nothing_to_it(
    null: Null, ref: NullDistances
) -> None:
    made = pools(ref, EXACT)
    some = [group(4, tests=(True, False))]
    sums, _ = monte_carlo.simulate(made, some, simulations=20, seed=3)
    assert (sums[:, 0].sum(axis=1) > 0).all()
    assert (sums[:, 1] == 0).all()


def test_more_simulations_begin_with_the_same(null: Null, ref: NullDistances) -> None:
    """Blocks have seeds of their own."""
    made = pools(ref, EXACT, Law(0.0, 80.0, False))
    groups = [group(3), group(4, law=1)]
    few, _ = monte_carlo.simulate(made, groups, simulations=monte_carlo.BLOCK, seed=9)
    many, _ = monte_carlo.simulate(
        made, groups, simulations=3 * monte_carlo.BLOCK, seed=9
    )
    np.testing.assert_array_equal(few, many[: monte_carlo.BLOCK])
    assert len(np.unique(many[:, 0], axis=0)) > 2 * monte_carlo.BLOCK


def test_blocks_run_in_any_order(null: Null, ref: NullDistances) -> None:
    made, many = pools(ref, EXACT), 3 * monte_carlo.BLOCK + 1
    expected = monte_carlo.simulate(made, [group(3)], simulations=many, seed=9)
    found = monte_carlo.simulate(
        made, [group(3)], simulations=many, seed=9,
        each=lambda call, blocks: reversed([call(one) for one in reversed([*blocks])]),
    )  # fmt: skip
    for one, other in zip(found, expected, strict=True):
        np.testing.assert_array_equal(one, other)
        assert len(one) == many


def test_sums_are_those_of_the_reports_that_test_each_kind() -> None:
    rng = np.random.default_rng(4)
    features = rng.random((7, 3, 2), dtype=np.float32)
    parts, tests = (
        [rng.integers(0, 7, (5, n)) for n in (4, 2)],
        np.array([[1, 0, 0], [1, 1, 0]]),
    )
    found = monte_carlo._summed(features, parts, list(tests > 0))
    one, two = (features[part].sum(axis=1) for part in parts)
    np.testing.assert_allclose(found[:, 0], one[:, 0] + two[:, 0], rtol=1e-6)
    np.testing.assert_allclose(found[:, 1], two[:, 1], rtol=1e-6)
    assert (found[:, 2] == 0).all()


@pytest.mark.parametrize("parts", [(300,), (150, 150)])
def test_simulations_carry_the_error_of_their_pool(
    null: Null, ref: NullDistances, parts: tuple[int, ...]
) -> None:
    """A pool of 2,000 for 300 sightings: variance 300 s^2 (1 + 299 / 2000), in any groups."""
    (pool,) = pools(ref, EXACT, sightings=100)
    groups = [group(n) for n in parts]
    found = monte_carlo.simulate([pool], groups, simulations=4000, seed=5)[0][:, 0, 1]
    share = pool.features[pool.report, 0, 1].mean(dtype=float)
    assert found.mean() == pytest.approx(
        300 * share, abs=4 * math.sqrt(300 * 0.16 / 4000) * 1.1
    )
    expected = 300 * share * (1 - share) * (1 + 299 / 2000)
    assert found.var() == pytest.approx(expected, rel=4 * math.sqrt(2 / 4000))


def simulated_p(
    sets: int, n: int, pull: float, law: Law, null: Null, ref: NullDistances
) -> np.ndarray:
    """Return p of lying within each band of the railway, for data sets partly on it."""
    rng = np.random.default_rng([n, int(10 * pull)])
    out = []
    for k in range(sets):
        true = null.draw(n, rng)
        on = rng.random(n) < pull
        true[on, 1] = 500 + rng.uniform(-50, 50, on.sum())
        made = monte_carlo.pools([law], ref, [n], k)
        seen = ref.features(law.report(true, rng), law)[:, 0, :3].sum(axis=0)
        drawn, _ = monte_carlo.simulate(
            made, [group(n)], simulations=199, seed=1000 + k
        )
        out.append(monte_carlo.monte_carlo_p(seen.astype(float), drawn[:, 0, :3]))
    return np.array(out)


@pytest.mark.parametrize(
    "law",
    [pytest.param(EXACT, marks=pytest.mark.proof), Law(100.0, 80.0, False)],
    ids=str,
)
def test_p_is_small_as_rarely_as_it_says(
    law: Law, null: Null, ref: NullDistances
) -> None:
    p = simulated_p(80, 6, 0.0, law, null, ref)
    for column in p.T:
        assert (column <= 0.1).mean() <= 0.1 + 3 * np.sqrt(0.09 / 80)


def test_a_planted_effect_is_found(null: Null, ref: NullDistances) -> None:
    p = simulated_p(25, 20, 0.6, Law(0.0, 80.0, False), null, ref)
    assert (p[:, 1] <= 0.05).mean() > 0.8
