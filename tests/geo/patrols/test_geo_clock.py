"""Shifts by the clock and by the sun."""

from __future__ import annotations

import datetime
import math

import pandas as pd
import pytest

from geo.params import PatrolParams, Shift
from geo.patrols.clock import ShiftError, by_the_clock, first_days, shift_span_s

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
    params = PatrolParams(
        date=day,
        shifts=(
            Shift("night", "sunset", "sunrise"),
            Shift("dusk", "sunset+01:00", "23:30"),
            Shift("dawn", "03:30", "sunrise-00:30"),
        ),
    )
    night, dusk, dawn = by_the_clock(params, LON, LAT).shifts
    today = datetime.date.fromisoformat(day)
    _, down = spencer(today)
    assert minutes(dusk.start) == pytest.approx(down + utc_offset + 60, abs=3)
    assert dusk.end == "23:30"
    rise_after, _ = spencer(today + datetime.timedelta(days=1))
    assert minutes(dawn.end) == pytest.approx(rise_after + utc_offset - 30, abs=3)
    assert minutes(night.end) == pytest.approx(rise_after + utc_offset, abs=3)


def test_shifts_by_the_clock_keep_their_times() -> None:
    params = PatrolParams()
    found = by_the_clock(params, LON, LAT).shifts
    assert [(s.start, s.end) for s in found] == [
        (s.start, s.end) for s in params.shifts
    ]


def test_a_shift_that_starts_earlier_than_the_one_before_begins_the_next_day() -> None:
    spans = (
        ("18:00", "02:00"),
        ("22:00", "23:00"),
        ("03:30", "08:00"),
        ("09:00", "10:00"),
    )
    shifts = tuple(Shift(f"s{n}", *span) for n, span in enumerate(spans))
    found = by_the_clock(PatrolParams(shifts=shifts), LON, LAT).shifts
    assert [shift.days_later for shift in found] == [0, 0, 1, 1]
    assert [shift_span_s(shift)[0] / 3600 for shift in found] == [18, 22, 27.5, 33]
    # A night that begins with a morning shift begins on its own day.
    first = by_the_clock(PatrolParams(shifts=shifts[2:]), LON, LAT).shifts
    assert [shift.days_later for shift in first] == [0, 0]


def test_the_day_of_a_shift_can_be_given() -> None:
    """The early morning of the next day, without an evening before it."""
    params = PatrolParams(shifts=(Shift("dawn", "03:30", "08:00", days_later=1),))
    (found,) = by_the_clock(params, LON, LAT).shifts
    assert shift_span_s(found) == (27.5 * 3600, 32 * 3600)


def test_the_sun_needs_a_date() -> None:
    with pytest.raises(ValueError, match="needs a date, such as date = 2026-11-30"):
        PatrolParams(shifts=(Shift("dusk", "sunset", "23:00"),))
    with pytest.raises(ValueError, match="not a local time"):
        Shift("dusk", "moonrise", "23:00")


@pytest.mark.parametrize(
    ("start", "end", "text"),
    [
        ("sunset", "20:00", r"from 20:\d\d to 20:00 on the next day, 23 h \d\d min"),
        (
            "22:00",
            "sunset",
            r"from 22:00 to 20:\d\d on that day: it ends before it starts",
        ),
        ("sunset+02:00", "sunset", "it ends before it starts"),
        ("13:00", "sunrise+08:00", r"on the next day, 2\d h"),
    ],
)
def test_a_shift_that_no_crew_can_work_is_refused_with_what_was_read(
    start: str, end: str, text: str
) -> None:
    params = PatrolParams(date="2026-06-21", shifts=(Shift("dusk", start, end),))
    with pytest.raises(ShiftError, match=rf"the shift 'dusk' .*{text}"):
        by_the_clock(params, LON, LAT)


def test_hours_after_sunset_may_lie_on_the_next_day() -> None:
    """Sunset is at 20:1x: five hours later is the next day, and so is what follows."""
    spans = (
        ("sunset+05:00", "sunset+06:00"),
        ("03:30", "sunrise"),
        ("sunset", "23:00"),
    )
    shifts = tuple(Shift(f"s{n}", *span) for n, span in enumerate(spans))
    found = by_the_clock(
        PatrolParams(date="2026-06-21", shifts=shifts), LON, LAT
    ).shifts
    assert [shift.days_later for shift in found] == [1, 1, 1]
    assert found[0].start[:2] == "01"
    hours = [tuple(s / 3600 for s in shift_span_s(shift)) for shift in found]
    assert hours[0][1] - hours[0][0] == 1
    assert hours[0][1] < hours[1][0] == 27.5 < hours[1][1] < hours[2][0] < 45


def test_a_place_where_the_sun_does_not_set_is_refused() -> None:
    params = PatrolParams(date="2026-06-21", shifts=(Shift("dusk", "sunset", "23:00"),))
    with pytest.raises(ShiftError, match=r"no sunset at the depot on 2026-06-21.*Fix"):
        by_the_clock(params, 25.0, 75.0)


# --- The calendar days on which shifts begin.

HOUR = 3600


def rows(*shifts: tuple[int, str, int, str | None]) -> pd.DataFrame:
    """Return rows of night, shift, hour of departure, date of the night."""
    table = pd.DataFrame(shifts, columns=["night", "shift", "hour", "date"])
    return table.assign(departure_s=table["hour"] * HOUR)


def test_a_shift_is_of_the_day_of_its_first_departure() -> None:
    found = rows(
        (1, "evening", 18, "2026-11-30"), (1, "evening", 25, "2026-11-30"),
        (1, "dawn", 28, "2026-11-30"), (2, "dawn", 28, "2026-12-01"), (3, "noon", 12, "2026-12-02"),
    )  # fmt: skip
    assert [day.isoformat()[5:] for day in first_days(found)] == [
        "11-30", "11-30", "12-01", "12-02", "12-02",
    ]  # fmt: skip


def test_the_last_night_of_a_year_ends_in_the_next() -> None:
    found = rows((1, "evening", 18, "2026-12-31"), (1, "dawn", 27, "2026-12-31"))
    assert first_days(found).tolist() == [
        datetime.date(2026, 12, 31), datetime.date(2027, 1, 1),
    ]  # fmt: skip


def test_without_a_date_there_is_no_day() -> None:
    assert (
        first_days(rows((1, "evening", 18, None), (1, "dawn", 27, None))).tolist()
        == [None] * 2
    )
