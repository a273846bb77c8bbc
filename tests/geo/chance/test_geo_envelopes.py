"""Global envelopes by extreme rank length: worked by hand, exact level, agreement with p."""

from __future__ import annotations

import numpy as np
import pytest

from geo.chance.envelopes import envelope


def test_worked_by_hand() -> None:
    """Five curves at three arguments; the observed is highest twice, and second once.

    Ranks from above, sorted: observed 1 1 2; curves 1 2 3 | 2 3 3... so the observed is the most
    extreme of the six: p = 1/6.
    """
    simulated = np.array([[1, 1, 9], [2, 2, 2], [3, 3, 3], [4, 4, 4], [0, 0, 0]])
    found = envelope([5, 5, 5], simulated, level=0.2, alternative="greater")
    assert found.p == pytest.approx(1 / 6)
    assert found.high.tolist() == [4, 4, 9]
    assert (found.low == -np.inf).all()
    assert found.central.tolist() == [2, 2, 3]


def test_the_most_extreme_ranks_count_first_then_how_many() -> None:
    """Both curves reach rank 1 once; the one whose other ranks are smaller is more extreme."""
    simulated = np.array([[9, 0], [1, 1], [2, 2], [3, 3]])
    assert envelope(
        [4, 9], simulated, level=0.4, alternative="greater"
    ).p == pytest.approx(1 / 5)
    assert envelope(
        [0, 9], simulated, level=0.4, alternative="greater"
    ).p == pytest.approx(2 / 5)


def test_equal_curves_share_their_p() -> None:
    simulated = np.zeros((19, 4))
    assert envelope(np.zeros(4), simulated).p == 1.0


@pytest.mark.parametrize("alternative", ["two-sided", "greater"])
def test_the_curve_leaves_the_envelope_just_where_p_is_small(alternative: str) -> None:
    rng = np.random.default_rng(3)
    outside, small = [], []
    for k in range(300):
        curves = rng.normal(size=(100, 30)).cumsum(axis=1)
        curves[0] += (k % 3) * rng.normal(0, 5)
        found = envelope(curves[0], curves[1:], alternative=alternative)  # type: ignore[arg-type]
        outside.append(((curves[0] < found.low) | (curves[0] > found.high)).any())
        small.append(found.p <= 0.05)
    assert outside == small
    assert any(small)
    assert not all(small)


def test_the_level_is_kept_under_the_null() -> None:
    rng = np.random.default_rng(8)
    p = []
    for _ in range(800):
        curves = rng.normal(size=(40, 25)).cumsum(axis=1)
        p.append(envelope(curves[0], curves[1:]).p)
    for level in (0.05, 0.1, 0.25, 0.5):
        share = np.mean(np.array(p) <= level)
        assert abs(share - level) < 4 * np.sqrt(level * (1 - level) / 800)


@pytest.mark.parametrize(
    ("observed", "simulated", "message"),
    [
        ([1.0, 2.0], np.zeros((99, 3)), "shape"),
        ([], np.zeros((99, 0)), "at least 1"),
        ([np.nan], np.zeros((99, 1)), "finite"),
        ([0.0], np.zeros((5, 1)), "at least 19 are needed"),
    ],
)
def test_what_cannot_be_ranked_is_refused(
    observed: list[float], simulated: np.ndarray, message: str
) -> None:
    with pytest.raises(ValueError, match=message):
        envelope(observed, simulated)
