"""The calendar days on which shifts begin."""

from __future__ import annotations

import datetime

import pandas as pd

from geo.patrols.clock import first_days

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
    assert first_days(rows((1, "evening", 18, None), (1, "dawn", 27, None))).tolist() == [None] * 2
