"""Walking functions against their published values."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from geo.access.least_cost import WALKING_FUNCTIONS, irmischer_clarke, langmuir, tobler


def kph(minutes_per_m: np.ndarray) -> np.ndarray:
    return 0.06 / minutes_per_m


def test_tobler() -> None:
    """6 km/h at its best, a slope of -0.05; about 5.04 km/h on level ground."""
    assert kph(tobler([-0.05, 0.0])) == pytest.approx([6.0, 6 * np.exp(-0.175)])
    assert kph(tobler(0.0)) == pytest.approx(5.037, abs=1e-3)
    assert tobler(0.1) == pytest.approx(tobler(-0.2))


def test_irmischer_clarke() -> None:
    """1.11 m/s at its best, a slope of -5 %; never below 0.11 m/s."""
    assert kph(irmischer_clarke([-0.05, 5.0])) == pytest.approx([1.11 * 3.6, 0.11 * 3.6])
    assert kph(irmischer_clarke(0.0)) == pytest.approx((0.11 + np.exp(-25 / 1800)) * 3.6)


def test_langmuir() -> None:
    """GRASS r.walk: walk_coeff 0.72,6.0,1.9998,-1.9998 and slope_factor -0.2125, in seconds."""
    seconds = 60 * langmuir([0.0, 0.1, -0.1, -0.5])
    assert seconds == pytest.approx([0.72, 0.72 + 0.6, 0.72 - 0.19998, 0.72 + 0.9999])


@pytest.mark.parametrize("name", sorted(WALKING_FUNCTIONS))
@given(slope=st.floats(-1, 1))
def test_every_pace_is_positive_and_steep_is_slow(name: str, slope: float) -> None:
    function = WALKING_FUNCTIONS[name]
    assert 0 < function(slope) < 1
    assert function(1.0) > function(0.2) > function(0.0)
    assert function(np.array([[slope]])).shape == (1, 1)
