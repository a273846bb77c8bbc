"""The calendar days on which the shifts of a night begin."""

from __future__ import annotations

import datetime

import pandas as pd

from geo.params.clock import DAY_S


def first_days(stops: pd.DataFrame) -> pd.Series:
    """Return, per row, the calendar day on which its shift begins; None where it has no date.

    Parameters
    ----------
    stops : pandas.DataFrame, table `STOPS`

    Returns
    -------
    pandas.Series of datetime.date or None
        On the index of `stops`.
    """
    shift = stops.groupby(["night", "shift"], sort=False, dropna=False)
    days = shift["departure_s"].transform("min") // DAY_S
    found = [
        None if pd.isna(night) else datetime.date.fromisoformat(str(night)) + datetime.timedelta(n)
        for night, n in zip(stops["date"], days.tolist(), strict=True)
    ]
    return pd.Series(found, index=stops.index, dtype="object")
