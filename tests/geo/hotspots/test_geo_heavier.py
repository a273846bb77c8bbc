"""Places where events weigh more: a planted one is found, equal weights find none."""

from __future__ import annotations

import geopandas as gpd
import numpy as np
import pytest
import shapely
from hypothesis import given
from hypothesis import strategies as st

from geo import hotspots, network
from geo.hotspots.weighted_scan import normal_scores
from geo.network import NetworkError

STREET = gpd.GeoSeries([shapely.LineString([(0, 0), (9000, 0)])], crs="EPSG:9141")
SEEN = gpd.GeoSeries.from_xy([*range(500, 8500, 500)], [0] * 16, crs=9141)


def likelihood_ratio(inside: np.ndarray, outside: np.ndarray) -> float:
    """Kulldorff, Huang and Konty (2009), written out by its definition."""
    every = np.r_[inside, outside]
    n = len(every)
    variance = ((every - every.mean()) ** 2).sum() / n
    squares = ((inside - inside.mean()) ** 2).sum()
    squares += ((outside - outside.mean()) ** 2).sum()
    null = -n / 2 * np.log(2 * np.pi * variance) - n / 2
    found = -n / 2 * np.log(2 * np.pi * squares / n) - n / 2
    return float(found - null)


weights = st.lists(st.integers(0, 20), min_size=6, max_size=12)


@given(weights, st.integers(2, 3))
def test_the_score_is_the_ratio_of_likelihoods(values: list, k: int) -> None:
    x = np.array(values, dtype=float)
    inside, outside = x[:k], x[k:]
    score = float(normal_scores(np.array(inside.sum()), np.array(float(k)), x))
    if inside.mean() <= outside.mean() or np.ptp(x) == 0:
        assert score == 0
    elif inside.var() + outside.var() > 1e-9:
        assert score == pytest.approx(likelihood_ratio(inside, outside))
    else:
        assert score > 10


def test_a_planted_place_is_found_and_p_is_that_of_all_windows() -> None:
    size = np.ones(16)
    size[2:5] = [8, 9, 10]
    found = hotspots.find_heavier(
        STREET, SEEN, size, [300.0, 750.0], lixel_m=500.0, simulations=4999
    )
    first = found.iloc[0]
    assert (first["events"], first["mean"], first["mean_elsewhere"]) == (3, 9, 1)
    assert first["radius_m"] == 750
    # The three largest of 16 stand side by side in 14 of 560 ways.
    assert first["p_value"] == pytest.approx(0.025, abs=0.009)
    assert first.geometry.bounds[0] >= 2000 - 750 - 500
    assert first.geometry.bounds[2] <= 2000 + 750 + 500
    again = hotspots.find_heavier(
        STREET, SEEN, size * 7, [300.0, 750.0], lixel_m=500.0, simulations=4999
    )
    assert again["p_value"].tolist() == found["p_value"].tolist()
    shuffled = hotspots.find_heavier(
        network.from_lines(STREET), SEEN, size, [750.0], seed=2
    )
    assert shuffled.iloc[0]["events"] == 3


def test_p_values_of_weights_by_chance_are_even() -> None:
    rng = np.random.default_rng(5)
    streets = network.from_lines(STREET)
    low = 0
    for _ in range(120):
        found = hotspots.find_heavier(
            streets, SEEN, rng.permutation(16), [750.0], simulations=19,
            lixel_m=500.0, seed=int(rng.integers(1000)),
        )  # fmt: skip
        low += bool(len(found)) and found["p_value"].iloc[0] <= 0.1
    assert 3 <= low <= 25, "12 of 120 are expected, 3.3 is the deviation"


@pytest.mark.parametrize("n", [0, 1, 3, 16])
def test_equal_weights_and_few_events_find_nothing(n: int) -> None:
    found = hotspots.find_heavier(STREET, SEEN.iloc[:n], np.full(n, 3.0), simulations=9)
    assert len(found) == 0
    assert found.crs == STREET.crs
    assert "p_value" in found


@pytest.mark.parametrize(
    ("change", "fault"),
    [
        ({"weights": [1.0]}, "weights has shape"),
        ({"weights": [-1.0] * 16}, "weights are numbers of 0 or more"),
        ({"radii_m": [500, 100]}, r"Fix: radii_m=\[150"),
        ({"radii_m": [0.0]}, "radii are metres above 0"),
        ({"positions": SEEN.translate(0, 9000)}, "16 of 16 points lie more"),
    ],
)
def test_what_cannot_be_scanned_is_refused(change: dict, fault: str) -> None:
    given = {"positions": SEEN, "weights": [1.0] * 16} | change
    with pytest.raises(NetworkError, match=fault):
        hotspots.find_heavier(STREET, **given)
