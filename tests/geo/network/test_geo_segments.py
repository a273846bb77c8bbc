"""The nearest segment, however many lie about and however points are spread."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.network.segments import GROUP, LEAF, MOST, Segments


def streets(rng: np.random.Generator, n: int, extent: int) -> Segments:
    """Return segments along x or y between whole numbers: their distances are exact."""
    start = rng.integers(0, extent, (n, 2)).astype(float)
    along = rng.integers(0, 2, n)[:, None] == [[0, 1]]
    end = start + along * rng.integers(0, 9, (n, 1))
    return Segments(start, end, np.arange(n))


def apart(segments: Segments, xy: np.ndarray) -> np.ndarray:
    """Return the distance from each point to each segment, which are boxes without area."""
    low = np.minimum(segments.start, segments.end)
    high = np.maximum(segments.start, segments.end)
    away = np.maximum(np.maximum(low - xy[:, None], xy[:, None] - high), 0.0)
    return np.sqrt((away**2).sum(axis=2))


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 3 * LEAF * MOST),
    st.sampled_from([8, 60, 4000]),
)
def test_the_nearest_of_all_the_lowest_of_equals(
    seed: int, n: int, extent: int
) -> None:
    rng = np.random.default_rng(seed)
    segments = streets(rng, n, extent)
    scattered = rng.integers(-extent, 2 * extent, (3 * GROUP + 1, 2))
    together = rng.integers(0, extent, 2) + rng.integers(0, 12, (5 * GROUP, 2))
    xy = np.concatenate([scattered, together, together[:9]]).astype(float)
    distance, found = segments.nearest(xy)
    every = apart(segments, xy)
    assert distance.tolist() == every.min(axis=1).tolist()
    assert found.tolist() == every.argmin(axis=1).tolist()
    assert segments.nearest(xy, np.arange(len(xy)))[1].tolist() == found.tolist()


@given(
    st.integers(0, 2**32 - 1),
    st.integers(1, 3 * LEAF * MOST),
    st.sampled_from([8, 60, 4000]),
)
def test_squares_meet_what_their_boxes_meet(seed: int, n: int, extent: int) -> None:
    rng = np.random.default_rng(seed)
    segments = streets(rng, n, extent)
    xy = rng.integers(-9, extent + 9, (20, 2)).astype(float)
    half = rng.integers(0, 9, 20).astype(float)
    low, high = xy - half[:, None], xy + half[:, None]
    from_, to = np.sort([segments.start, segments.end], axis=0)
    meets = (from_ <= high[:, None]) & (to >= low[:, None])
    square, segment = segments.near_squares(xy, half)
    expected = np.nonzero(meets.all(axis=2))
    assert square.tolist() == expected[0].tolist()
    assert segment.tolist() == expected[1].tolist()


def test_without_segments_nothing_is_near() -> None:
    none = Segments(np.empty((0, 2)), np.empty((0, 2)), np.empty(0, dtype=np.int64))
    assert none.nearest(np.zeros((1, 2))) == (
        pytest.approx([np.inf]),
        pytest.approx([-1]),
    )
    assert none.near_squares(np.zeros((1, 2)), np.ones(1))[0].size == 0


def test_threads_find_the_same(monkeypatch: pytest.MonkeyPatch) -> None:
    rng = np.random.default_rng(1)
    start = np.round(rng.random((60, 2)) * 20)
    segments = Segments(start, start + np.round(rng.random((60, 2)) * 3), np.arange(60))
    xy = np.round(rng.random((500, 2)) * 20)
    expected = segments.nearest(xy)
    monkeypatch.setattr("geo.network.segments.PART", 40)
    for one, other in zip(segments.nearest(xy), expected, strict=True):
        np.testing.assert_array_equal(one, other)
