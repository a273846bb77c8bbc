"""When sightings were reported: a month or a quarter, in words and in order."""

from datetime import date
from functools import partial

import pandas as pd

from maps.words.catalogue import month, word
from maps.words.phrases import Phrase, of_count, phrase


def months_of(period: str) -> tuple[str, str]:
    """Return the first and the last month YYYY-MM of a period YYYY-MM or YYYY-Qn.

    >>> months_of("2021-Q4"), months_of("2021-10")
    (('2021-10', '2021-12'), ('2021-10', '2021-10'))
    """
    year, _, part = period.partition("-")
    if not part.startswith("Q"):
        return period, period
    last = 3 * int(part[1:])
    return f"{year}-{last - 2:02d}", f"{year}-{last:02d}"


def in_words(period: str, language: str) -> str:
    """Return a period YYYY-MM, YYYY-Qn or YYYY-Hn as the language writes it.

    >>> in_words("2021-Q4", "en"), in_words("2021-10", "sr-Latn")
    ('4th quarter of 2021', 'oktobar 2021.')
    """
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return word(f"quarter.{part[1:]}", language, year=year)
    if part.startswith("H"):
        return word("monthly.half", language, n=part[1:], year=year)
    return month(date.fromisoformat(f"{period}-01"), language)


def in_order(sightings: pd.DataFrame) -> list[str]:
    """Return the periods of table `SIGHTINGS`, the earliest first; quarters after their months."""
    return sorted(sightings["period"].dropna().unique(), key=months_of)


def listed(sightings: pd.DataFrame) -> list[tuple[str, Phrase, str, str]]:
    """Return each period of table `SIGHTINGS`: its name in words, its first and its last month."""
    return [
        (period, phrase(f"period.{period}", partial(in_words, period)), *months_of(period))
        for period in in_order(sightings)
    ]


def undated(sightings: pd.DataFrame) -> list[Phrase]:
    """Return how many sightings of table `SIGHTINGS` have no period; nothing if all have one."""
    n = int(sightings["period"].isna().sum())
    return [of_count("periods.without", "periods.undated", n)] if n else []
