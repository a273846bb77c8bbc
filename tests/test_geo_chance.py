"""Monte Carlo tests: adjustments by hand, error laws, level and power."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
import shapely
from scipy.stats import binom, kstest

from geo import chance
from geo.chance import Law, Prepared
from geo.nulls import uniform
from geo.segments import from_lines

BANDS = np.array([50.0, 100.0, 250.0])
LINES = {
    "railway": from_lines([shapely.LineString([(0, 500), (2000, 500)])]),
    "river": from_lines([shapely.LineString([(0, 700), (900, 0)])]),
}
WINDOW = (0.0, 0.0, 2000.0, 1000.0)


def test_p_counts_the_observed_among_the_simulated() -> None:
    simulated = np.array([[1.0], [2.0], [3.0], [4.0]])
    assert chance.p_value(np.array([3.0]), simulated).tolist() == [3 / 5]
    assert chance.p_value(np.array([9.0]), simulated).tolist() == [1 / 5]
    assert chance.p_value(np.array([0.0]), simulated).tolist() == [1.0]


def test_holm_by_hand() -> None:
    """0.01 x 3, 0.02 x 2, 0.04 x 1, made to ascend (Holm 1979)."""
    assert chance.holm(np.array([0.04, 0.01, 0.02])) == pytest.approx([0.04, 0.03, 0.04])
    assert chance.holm(np.array([0.6, 0.9])).tolist() == [1.0, 1.0]


def test_step_down_max_t_by_hand() -> None:
    """The largest is compared with the maximum of all, the next with the maximum of the rest."""
    simulated = np.array([[5.0, 0.0], [1.0, 2.0], [0.0, 0.0]])
    assert chance.max_t(np.array([4.0, 1.0]), simulated) == pytest.approx([2 / 4, 2 / 4])
    assert chance.max_t(np.array([6.0, 3.0]), simulated) == pytest.approx([1 / 4, 1 / 4])


def test_equal_hypotheses_cost_nothing_with_max_t() -> None:
    rng = np.random.default_rng(0)
    simulated = np.repeat(rng.normal(size=(99, 1)), 5, axis=1)
    one = chance.p_value(np.array([1.0]), simulated[:, :1])[0]
    assert chance.max_t(np.full(5, 1.0), simulated) == pytest.approx(np.full(5, one))


@pytest.mark.parametrize("gaussian", [False, True])
def test_laws_are_what_they_say(gaussian: bool) -> None:
    law = Law(100.0, gaussian)
    drawn = np.hypot(*law.draw(200_000, np.random.default_rng(1)).T)
    spread = np.hypot(*law.spread(4096).T)
    for radius in (30.0, 60.0, 100.0):
        share = 1 - 0.05 ** ((radius / 100) ** 2) if gaussian else (radius / 100) ** 2
        assert (drawn <= radius).mean() == pytest.approx(share, abs=0.005)
        assert (spread <= radius).mean() == pytest.approx(share, abs=0.001)


def test_many_uncertainties_are_raised_to_a_few() -> None:
    uncertainty = np.linspace(1, 500, 200)
    laws, which = chance.laws_of(uncertainty, np.zeros(200, dtype=bool))
    assert len(laws) <= chance.LAWS
    assert all(laws[k].radius >= u for k, u in zip(which, uncertainty, strict=True))


def prepared(*laws: Law) -> Prepared:
    return chance.prepare(uniform(WINDOW, n=4000), LINES, laws, seed=2)


def test_one_simulated_set_is_the_same_for_all_kinds() -> None:
    """With one exact sighting, its distances to both kinds come from one position."""
    ready = prepared(Law(0.0, False))
    found = chance.simulate(
        ready, np.zeros(1, dtype=int), {k: np.array([True]) for k in LINES}, BANDS,
        simulations=50, seed=3,
    )  # fmt: skip
    both = {tuple(row) for row in np.stack([ready.pool[0][k][:, 0] for k in LINES], axis=1)}
    for a, b in zip(found["railway"].mean_distance, found["river"].mean_distance, strict=True):
        assert (a, b) in both


def test_memory_is_bounded_and_chunks_change_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    ready = prepared(Law(0.0, False))
    used = {"railway": np.ones(7, dtype=bool)}

    def run() -> np.ndarray:
        return chance.simulate(
            ready, np.zeros(7, dtype=int), used, BANDS, simulations=40, seed=5
        )["railway"].mean_distance  # fmt: skip

    whole = run()
    monkeypatch.setattr(chance, "VALUES_AT_ONCE", 21)
    np.testing.assert_array_equal(run(), whole)


def p_values(rng: np.random.Generator, sets: int, n: int, pull: float) -> np.ndarray:
    """Return p of Z1, Z2, KS and each band for data sets, of which a share is on the railway."""
    laws = (Law(0.0, False), Law(80.0, False), Law(120.0, True))
    ready, law = prepared(*laws), np.arange(n) % 3
    used = {"railway": np.ones(n, dtype=bool)}
    null = chance.simulate(ready, law, used, BANDS, simulations=999, seed=1)["railway"]
    out = []
    for _ in range(sets):
        true = rng.uniform((0, 0), (2000, 1000), (n, 2))
        on = rng.random(n) < pull
        true[on, 1] = 500 + rng.uniform(-50, 50, on.sum())
        moved = np.stack([laws[k].draw(1, rng)[0] for k in law])
        discs = np.stack([laws[k].spread(chance.SPREAD) for k in law])
        distance = chance.measure(true + moved, discs, LINES)["railway"][None]
        seen = chance.statistics(distance, ready, "railway", BANDS)
        out.append(
            [
                chance.p_value(-seen.mean_distance[0], -null.mean_distance),
                chance.p_value(-seen.mean_rank[0], -null.mean_rank),
                chance.p_value(seen.ks[0], null.ks),
                *chance.p_value(seen.within[0], null.within),
            ]
        )
    return np.array(out)


NAMES = ("Z1", "Z2", "KS", "50 m", "100 m", "250 m")


def test_p_is_small_as_rarely_as_it_says() -> None:
    p = p_values(np.random.default_rng(11), 150, 6, 0.0)
    for column in p.T:
        assert (column <= 0.1).mean() <= 0.1 + 3 * np.sqrt(0.09 / 150)


def test_a_planted_effect_is_found() -> None:
    p = p_values(np.random.default_rng(12), 30, 20, 0.6)
    assert (p[:, 0] <= 0.05).mean() > 0.8
    assert (p[:, 4] <= 0.05).mean() > 0.8


@pytest.mark.proof
@pytest.mark.parametrize("on_corridor", [0.2, 0.4])
def test_power_is_as_the_binomial_predicts(on_corridor: float) -> None:
    """Exact positions, 25 sightings, 100 m band that holds a fifth of the window; 1,000 sets."""
    rng, n, sets = np.random.default_rng(30), 25, 1000
    ready, law = prepared(Law(0.0, False)), np.zeros(25, dtype=int)
    used = {"railway": np.ones(n, dtype=bool)}
    null = chance.simulate(ready, law, used, BANDS, simulations=4999, seed=1)["railway"]
    true = rng.uniform((0, 0), (2000, 1000), (sets * n, 2))
    on = rng.random(len(true)) < on_corridor
    true[on, 1] = 500 + rng.uniform(-100, 100, on.sum())
    distance = LINES["railway"].nearest(true)[0].reshape(sets, n, 1)
    seen = chance.statistics(distance, ready, "railway", BANDS)
    found = np.mean([chance.p_value(row, null.within)[1] <= 0.05 for row in seen.within])
    share = on_corridor + (1 - on_corridor) * 0.2
    predicted = binom.sf(binom.isf(0.05, n, 0.2), n, share)
    assert abs(found - predicted) < 3.5 * np.sqrt(predicted * (1 - predicted) / sets)


@pytest.mark.proof
def test_uniform_under_the_null_and_power_under_an_effect() -> None:
    """1,000 data sets each; the plot goes to out/proof/corridor_p_values.png."""
    pyplot = pytest.importorskip("matplotlib.pyplot")
    rng = np.random.default_rng(20)
    null = p_values(rng, 1000, 12, 0.0)
    figure, (left, right) = pyplot.subplots(1, 2, figsize=(10, 5), layout="constrained")
    for name, column in zip(NAMES, null.T, strict=True):
        left.step(np.sort(column), np.arange(1, 1001) / 1000, where="post", label=name)
    left.plot([0, 1], [0, 1], "k:", label="uniform")
    left.set(xlabel="p", ylabel="share of 1,000 data sets", title="No effect, 12 sightings")
    left.legend()
    pulls = (0.0, 0.2, 0.4, 0.6)
    power = np.array([(p_values(rng, 250, 12, pull) <= 0.05).mean(axis=0) for pull in pulls])
    for name, column in zip(NAMES, power.T, strict=True):
        right.plot(pulls, column, marker="o", label=name)
    right.axhline(0.05, color="k", linestyle=":")
    right.set(xlabel="share of groups on the corridor", ylabel="found at 0.05", title="Power")
    folder = Path(__file__).parents[1] / "out" / "proof"
    folder.mkdir(parents=True, exist_ok=True)
    figure.savefig(folder / "corridor_p_values.png", dpi=120)
    pyplot.close(figure)

    for name, column in zip(NAMES, null.T, strict=True):
        if name in ("Z1", "Z2", "KS"):
            assert kstest(column, "uniform").pvalue > 0.001, name
        for level in (0.01, 0.05, 0.1, 0.2, 0.5):
            assert (column <= level).mean() <= level + 3.5 * np.sqrt(level * (1 - level) / 1000)
    assert (np.diff(power[:, 0]) > 0).all()
    assert power[-1, 0] > 0.8
