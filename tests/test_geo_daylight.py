"""Shifts told from the sun."""

from __future__ import annotations

import datetime
import math

import pytest

from geo.daylight import by_the_clock
from geo.params import PatrolParams, Shift

LON, LAT = 20.87, 42.89


def spencer(day: datetime.date) -> tuple[float, float]:
    """Return sunrise and sunset in minutes of UTC by Spencer's series (1971), good to minutes."""
    g = 2 * math.pi * (day.timetuple().tm_yday - 1) / 365
    declination = (
        0.006918 - 0.399912 * math.cos(g) + 0.070257 * math.sin(g) - 0.006758 * math.cos(2 * g)
        + 0.000907 * math.sin(2 * g) - 0.002697 * math.cos(3 * g) + 0.00148 * math.sin(3 * g)
    )  # fmt: skip
    equation = 229.18 * (
        0.000075 + 0.001868 * math.cos(g) - 0.032077 * math.sin(g)
        - 0.014615 * math.cos(2 * g) - 0.040849 * math.sin(2 * g)
    )  # fmt: skip
    lat = math.radians(LAT)
    hour = math.acos(
        (math.sin(math.radians(-0.833)) - math.sin(lat) * math.sin(declination))
        / (math.cos(lat) * math.cos(declination))
    )
    noon = 720 - 4 * LON - equation
    return noon - 4 * math.degrees(hour), noon + 4 * math.degrees(hour)


def minutes(clock: str) -> int:
    return int(clock[:2]) * 60 + int(clock[3:])


@pytest.mark.parametrize(
    ("day", "utc_offset"),
    [("2026-01-10", 60), ("2026-03-20", 60), ("2026-06-21", 120), ("2026-11-25", 60)],
)
def test_sunset_and_sunrise_agree_with_spencer(day: str, utc_offset: int) -> None:
    wish = PatrolParams(
        date=day,
        shifts=(
            Shift("dusk", "sunset+01:00", "23:30"),
            Shift("dawn", "03:30", "sunrise-00:30"),
            Shift("night", "sunset", "sunrise"),
        ),
    )
    dusk, dawn, night = by_the_clock(wish, LON, LAT).shifts
    today = datetime.date.fromisoformat(day)
    rise, down = spencer(today)
    assert minutes(dusk.start) == pytest.approx(down + utc_offset + 60, abs=3)
    assert dusk.end == "23:30"
    assert minutes(dawn.end) == pytest.approx(rise + utc_offset - 30, abs=3)
    rise_after, _ = spencer(today + datetime.timedelta(days=1))
    assert minutes(night.end) == pytest.approx(rise_after + utc_offset, abs=3)


def test_shifts_by_the_clock_stay() -> None:
    wish = PatrolParams()
    assert by_the_clock(wish, LON, LAT).shifts == wish.shifts


def test_the_sun_needs_a_date() -> None:
    with pytest.raises(ValueError, match="needs a date, such as date = 2026-11-30"):
        PatrolParams(shifts=(Shift("dusk", "sunset", "23:00"),))
    with pytest.raises(ValueError, match="no local time"):
        Shift("dusk", "moonrise", "23:00")
