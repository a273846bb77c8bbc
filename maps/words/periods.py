"""When sightings were reported: a month or a quarter, in words and in order."""

from __future__ import annotations

from datetime import date

import pandas as pd

from maps.words import names
from maps.words.catalogue import LANGUAGES, month, word
from maps.words.names import Texts


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
    """Return a period YYYY-MM or YYYY-Qn as the language writes it.

    >>> in_words("2021-Q4", "en"), in_words("2021-10", "sr-Latn")
    ('4th quarter of 2021', 'oktobar 2021.')
    """
    year, _, part = period.partition("-")
    if part.startswith("Q"):
        return word(f"quarter.{part[1:]}", language, year=year)
    return month(date.fromisoformat(f"{period}-01"), language)


def in_order(sightings: pd.DataFrame) -> list[str]:
    """Return the periods of sightings, the earliest first; a quarter after its first month.

    Parameters
    ----------
    sightings : pandas.DataFrame, table `SIGHTINGS`
    """
    return sorted(sightings["period"].dropna().unique(), key=months_of)


def listed(sightings: pd.DataFrame, texts: Texts) -> list[tuple[str, str, str, str]]:
    """Return the periods of sightings in order, as the page filters by them.

    Parameters
    ----------
    sightings : pandas.DataFrame, table `SIGHTINGS`
    texts : names.Texts
        The names are added to it, and how many sightings have no period as ``periods.without``.

    Returns
    -------
    list of (str, str, str, str)
        The period, the key of its name, its first and its last month.
    """
    undated = int(sightings["period"].isna().sum())
    if undated:
        names.add_count(texts, "periods.without", "periods.undated", undated)
    return [
        (
            period,
            names.add(texts, f"period.{period}", {g: in_words(period, g) for g in LANGUAGES}),
            *months_of(period),
        )
        for period in in_order(sightings)
    ]
