"""What few sightings can show: against the binomial, spelt out, and against simulation."""

from __future__ import annotations

import math
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import binom, binomtest

from geo.corridors import small_samples as small
from geo.corridors.small_samples import Design, Moments

SURE = 1e7


def exact(q: float) -> Design:
    """Return the design of exact positions with a null known without error."""
    return Design(q, Moments(1.0, 0.0), Moments(0.0, 0.0), pools=SURE)


@pytest.mark.parametrize("n", [1, 2, 5, 96])
def test_the_lowest_share_if_all_agree_is_the_exact_bound(n: int) -> None:
    bound = (
        binomtest(n, n)
        .proportion_ci(confidence_level=small.CONFIDENCE, method="exact")
        .low
    )
    assert small.lowest_share_if_all_agree(n) == pytest.approx(bound)
    assert small.lowest_share_if_all_agree(0) == 0


@pytest.mark.parametrize(("n", "q"), [(1, 0.5), (5, 0.4), (30, 0.2), (400, 0.03)])
def test_exact_positions_are_binomial(n: int, q: float) -> None:
    counts = np.arange(n + 1)
    found = exact(q).at_least(counts.astype(float), n)
    assert found == pytest.approx(binom.sf(counts - 1, n, q), abs=2e-4)


def test_a_pool_widens_the_count_as_its_trials_do() -> None:
    """The variance of a beta-binomial: n q (1 - q) (1 + (n - 1) / (s + 1)), with s of 2,000."""
    weight, mean, _ = Design(0.3, Moments(1.0, 0.0), Moments(0.0, 0.0)).mixture(100)
    centre = weight @ mean
    assert centre == pytest.approx(30)
    assert weight @ (mean - centre) ** 2 == pytest.approx(
        21 * (1 + 99 / 2001), rel=1e-6
    )


def test_uncertain_positions_add_their_own_variance() -> None:
    """Of n sightings: n (q v1 + (1 - q) v0 + q (1 - q) (m1 - m0)^2)."""
    design = replace(exact(0.3), inside=Moments(0.7, 0.04), outside=Moments(0.2, 0.02))
    weight, mean, deviation = design.mixture(50)
    centre = weight @ mean
    assert centre == pytest.approx(50 * (0.3 * 0.7 + 0.7 * 0.2), rel=1e-5)
    variance = weight @ (deviation**2 + (mean - centre) ** 2)
    assert variance == pytest.approx(
        50 * (0.3 * 0.04 + 0.7 * 0.02 + 0.21 * 0.25), rel=1e-4
    )


def test_a_tilt_makes_a_band_likelier() -> None:
    assert exact(0.2).tilted(3.0).q == pytest.approx(0.6 / 1.4)
    assert exact(0.2).tilted(1.0).q == pytest.approx(0.2)
    assert exact(1.0).tilted(3.0).q == 1.0


@pytest.mark.parametrize(
    ("n", "q", "level"), [(5, 0.3, 0.05), (20, 0.2, 0.05), (100, 0.3, 0.01)]
)
def test_power_of_exact_positions_is_binomial(n: int, q: float, level: float) -> None:
    counts = np.arange(n + 2)
    needed = counts[binom.sf(counts - 1, n, q) <= level][0]
    doubled = binom.sf(needed - 1, n, 2 * q / (1 + q))
    assert small.power(exact(q), n, level) == pytest.approx(doubled, abs=2e-4)


@given(n=st.integers(1, 300), q=st.floats(0.02, 0.95), spread=st.floats(0.001, 0.05))
def test_power_lies_above_the_level_and_grows_with_it(
    n: int, q: float, spread: float
) -> None:
    design = Design(q, Moments(0.8, spread), Moments(0.1, spread))
    low, high = (small.power(design, n, level) for level in (0.01, 0.05))
    assert 0.05 - 1e-4 <= high <= 1
    assert low <= high


@pytest.mark.parametrize("q", [0.2, 0.5])
def test_so_many_sightings_have_the_power(q: float) -> None:
    """Power by the binomial rises in teeth: between the first that is enough and the last not."""
    doubled, enough = 2 * q / (1 + q), []
    for n in range(1, 200):
        counts = np.arange(n + 2)
        needed = counts[binom.sf(counts - 1, n, q) <= 0.05][0]
        enough.append(binom.sf(needed - 1, n, doubled) >= small.ENOUGH)
    first, last = enough.index(True) + 1, 199 - enough[::-1].index(False)
    assert first <= small.sightings_for_power(exact(q), 0.05) <= last + 1


def test_a_rare_band_takes_more_sightings_than_are_tried() -> None:
    assert math.isnan(small.sightings_for_power(exact(0.002), 0.05))
    assert small.power(exact(0.999), 2, 0.05) == 0


@pytest.mark.parametrize("q", [0.0, 1.0])
def test_a_band_of_all_or_nothing_shows_nothing(q: float) -> None:
    assert math.isnan(small.power(exact(q), 5, 0.05))
    assert math.isnan(small.tipping_ratio(exact(q), 2.0, 5, 0.05))


@given(
    n=st.integers(2, 200), q=st.floats(0.02, 0.95), share=st.floats(0.05, 1.0),
    spread=st.floats(0.0, 0.05), outside=st.floats(0.0, 0.3),
)  # fmt: skip
def test_at_the_tipping_ratio_the_count_has_just_the_level(
    n: int, q: float, share: float, spread: float, outside: float
) -> None:
    design = Design(q, Moments(0.8, spread + 0.001), Moments(outside, spread + 0.001))
    count = share * n
    ratio = small.tipping_ratio(design, count, n, 0.05)
    if math.isnan(ratio):
        return
    assert design.tilted(ratio).at_least(count, n) == pytest.approx(0.05, abs=1e-3)
    rare = float(design.at_least(count, n)) <= 0.05
    assert (ratio >= 1 - 1e-6) == rare or ratio == pytest.approx(1, abs=1e-3)


@pytest.mark.parametrize(
    ("n", "within", "q"), [(10, 8, 0.3), (5, 5, 0.2), (40, 20, 0.25)]
)
def test_the_tipping_ratio_of_exact_counts(n: int, within: int, q: float) -> None:
    ratio = small.tipping_ratio(exact(q), within, n, 0.05)
    biased = ratio * q / (ratio * q + 1 - q)
    assert binom.sf(within - 1, n, biased) == pytest.approx(0.05, rel=1e-2)


def test_nothing_within_needs_no_explanation() -> None:
    assert math.isnan(small.tipping_ratio(exact(0.4), 0.0, 5, 0.05))
    assert small.tipping_ratio(exact(0.4), 2.0, 5, 0.05) < 1


def test_a_level_between_two_whole_counts() -> None:
    """Asked for more than 3 of 5: between the probabilities of 3 and of 4."""
    level = small.level_beyond(exact(0.4), 3.0, 5)
    assert binom.sf(3, 5, 0.4) < level < binom.sf(2, 5, 0.4)
    smooth = replace(exact(0.4), inside=Moments(0.7, 0.03), outside=Moments(0.2, 0.03))
    assert small.level_beyond(smooth, 3.0, 5) == pytest.approx(
        float(smooth.at_least(3.0, 5)), rel=1e-3
    )
