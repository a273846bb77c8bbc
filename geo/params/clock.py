"""Local times of a night in seconds from the midnight before its first day."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Final

from geo.params import Shift
from geo.params.patrols import minutes

DAY_S: Final = 86_400


def clock_s(shift: Shift) -> tuple[int, int]:
    """Return start and end of a shift by the clock, in seconds from the midnight before its night.

    Parameters
    ----------
    shift : geo.params.Shift
        As from `geo.patrols.daylight.by_the_clock`; without ``days_later`` it is of the night's
        first day.
    """
    start, end = 60 * minutes(shift.start), 60 * minutes(shift.end)
    day_s = DAY_S * (shift.days_later or 0)
    return start + day_s, end + day_s + DAY_S * (end <= start)


def longest_free_s(shifts: Iterable[Shift]) -> int:
    """Return the longest time that a shift by the clock leaves beside its break."""
    return max(
        end - start - round(shift.break_min * 60)
        for shift in shifts
        for start, end in [clock_s(shift)]
    )


def clock_after(clock: str, start_s: int) -> int:
    """Return the first time at or after `start_s` at which the clock shows HH:MM."""
    return start_s + (60 * minutes(clock) - start_s) % DAY_S
