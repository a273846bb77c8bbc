"""Months, quarters and half-years, and the day from which a tier may know of one."""

from datetime import date, timedelta
from typing import Final

from geo.params.release import Tier

_MONTHS: Final = {"month": 1, "quarter": 3, "half-year": 6}
_LETTERS: Final = {3: "Q", 6: "H"}


def months_of(period: str) -> list[str]:
    """Return the months of a month, quarter or half-year, ``YYYY-MM``.

    >>> months_of("2021-Q4")
    ['2021-10', '2021-11', '2021-12']
    """
    year, part = period.split("-")
    count = {"Q": 3, "H": 6}.get(part[0], 1)
    last = int(part.strip("QH")) * count
    return [f"{year}-{month:02d}" for month in range(last - count + 1, last + 1)]


def period_of(name: str, tier: Tier, on: date) -> str | None:
    """Return the period of a tier that holds a month or quarter; None where it is withheld."""
    months, last = _MONTHS[tier.period], months_of(name)[-1]
    if len(months_of(name)) > months:
        return None
    number = (int(last[5:]) - 1) // months + 1
    after = date(int(last[:4]) + number * months // 12, number * months % 12 + 1, 1)
    if after + timedelta(days=tier.delay_days) > on:
        return None
    return f"{last[:4]}-{_LETTERS[months]}{number}" if months > 1 else name
