"""What few sightings can show: against the binomial, spelt out."""

from __future__ import annotations

import math

import pytest
from scipy.stats import binom, binomtest

from geo import small_samples as small


def test_the_smallest_p_is_that_of_all_within() -> None:
    assert small.smallest_p(3, 0.4) == pytest.approx(0.4**3)
    assert small.smallest_p(3, 0.4) == pytest.approx(
        binomtest(3, 3, 0.4, alternative="greater").pvalue
    )


@pytest.mark.parametrize("n", [1, 2, 5, 96])
def test_the_share_if_all_agree_is_the_exact_bound(n: int) -> None:
    exact = binomtest(n, n).proportion_ci(confidence_level=small.CONFIDENCE, method="exact").low
    assert small.share_if_all_agree(n) == pytest.approx(exact)
    assert small.share_if_all_agree(0) == 0


@pytest.mark.parametrize(("share", "needed"), [(0.5, 5), (0.05, 1), (0.9, 29), (0.0, 1)])
def test_sightings_for_the_level(share: float, needed: int) -> None:
    assert small.sightings_for_level(share, 0.05) == needed
    assert share**needed <= 0.05
    assert needed == 1 or share ** (needed - 1) > 0.05


def test_a_null_that_is_all_within_needs_more_than_any() -> None:
    assert math.isnan(small.sightings_for_level(1.0, 0.05))


def test_the_effect_found_has_eighty_per_cent_power() -> None:
    n, share = 30, 0.2
    effect = small.effect_found(n, share, 0.05)
    critical = next(k for k in range(n + 1) if binom.sf(k - 1, n, share) <= 0.05)
    assert binom.sf(critical - 1, n, effect) == pytest.approx(0.8)


def test_a_design_that_cannot_reach_the_level_finds_nothing() -> None:
    assert math.isnan(small.effect_found(3, 0.5, 0.05))


def test_sightings_for_an_effect() -> None:
    n = small.sightings_for_effect(0.2, 0.5, 0.05)
    critical = binom.isf(0.05, n, 0.2) + 1
    assert binom.sf(critical - 1, n, 0.5) >= 0.8
    assert 10 <= n <= 25
    assert math.isnan(small.sightings_for_effect(0.5, 0.4, 0.05))


@pytest.mark.parametrize(("n", "within", "share"), [(10, 8, 0.3), (5, 5, 0.2), (40, 20, 0.25)])
def test_at_the_tipping_ratio_the_result_is_just_not_significant(
    n: int, within: int, share: float
) -> None:
    ratio = small.tipping_ratio(n, within, share, 0.05)
    biased = ratio * share / (ratio * share + 1 - share)
    assert binom.sf(within - 1, n, biased) == pytest.approx(0.05, rel=1e-6)


def test_what_is_not_significant_needs_no_bias() -> None:
    assert small.tipping_ratio(5, 2, 0.4, 0.05) < 1
    assert math.isnan(small.tipping_ratio(5, 0, 0.4, 0.05))
