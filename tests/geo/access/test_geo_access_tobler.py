"""Walking functions against their published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.access.grid import tobler


def kph(minutes_per_m: np.ndarray) -> np.ndarray:
    return 0.06 / minutes_per_m


def test_tobler() -> None:
    """6 km/h at its best, a slope of -0.05; about 5.04 km/h on level ground."""
    assert kph(tobler([-0.05, 0.0])) == pytest.approx([6.0, 6 * np.exp(-0.175)])
    assert kph(tobler(0.0)) == pytest.approx(5.037, abs=1e-3)
    assert tobler(0.1) == pytest.approx(tobler(-0.2))


@given(slope=st.floats(-1, 1))
def test_every_pace_is_positive_and_steep_is_slow(slope: float) -> None:
    assert 0 < tobler(slope) < 1
    assert tobler(1.0) > tobler(0.2) > tobler(0.0)
    assert tobler(np.array([[slope]])).shape == (1, 1)
