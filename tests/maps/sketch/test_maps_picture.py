"""Ranges of numbers in words of a picture."""

from hypothesis import given
from hypothesis import strategies as st

from maps.sketch.picture import ranges


@given(st.sets(st.integers(1, 40), min_size=1))
def test_ranges_name_every_number_once(numbers: set[int]) -> None:
    named: list[int] = []
    for part in ranges(sorted(numbers)).split(","):
        low, _, high = part.partition("–")
        named += range(int(low), int(high or low) + 1)
    assert named == sorted(numbers)
