"""The calendar days on which the shifts of a night begin."""

from __future__ import annotations

import datetime

import pandas as pd


def days_later(stops: pd.DataFrame) -> pd.Series:
    """Return, per row, how many days after the day of its night its shift begins.

    A shift that starts earlier in the day than the one before it in its night begins on the
    next day.

    Parameters
    ----------
    stops : pandas.DataFrame, table `STOPS`
        The shifts of each night in the order in which they are driven.

    Returns
    -------
    pandas.Series of int64
        On the index of `stops`.
    """
    later = pd.Series(0, index=stops.index, dtype="int64")
    for _, rows in stops.groupby("night", dropna=False):
        start = rows.groupby("shift", sort=False)["departure_s"].min().astype("int64")
        later[rows.index] = rows["shift"].map((start.diff() < 0).cumsum()).astype("int64")
    return later


def first_days(stops: pd.DataFrame) -> pd.Series:
    """Return, per row, the calendar day on which its shift begins; None where it has no date.

    Parameters
    ----------
    stops : pandas.DataFrame, table `STOPS`
        As for `days_later`.

    Returns
    -------
    pandas.Series of datetime.date or None
        On the index of `stops`.
    """
    found = [
        None if pd.isna(night) else datetime.date.fromisoformat(str(night)) + datetime.timedelta(n)
        for night, n in zip(stops["date"], days_later(stops).tolist(), strict=True)
    ]
    return pd.Series(found, index=stops.index, dtype="object")
