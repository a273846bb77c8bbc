"""What visits brought, by stop and by month: no night, no hour, no group."""

from dataclasses import dataclass

import pandas as pd

from geo.records import Log, stayed_s

ANSWERS = ("accepted", "refused")
"""Answers of groups to which help was offered."""


@dataclass(frozen=True)
class Records:
    """What visits brought to each stop that was visited."""

    by_stop: pd.DataFrame
    """By ``stop``: ``visits``, ``nights``, ``minutes``, ``groups``; ``asked``, groups to which help
    was offered and of which the answer is known, and ``accepted``; ``last``, the month of the last
    visit."""
    by_month: pd.DataFrame
    """``stop``, ``month``, ``minutes`` and ``groups``."""


def records_of(log: Log, before: str | None = None) -> Records:
    """Return what the visits of a log brought to each stop.

    Visits of which it is not known how long they took are left out.

    Parameters
    ----------
    log : geo.records.Log
        What counts of one study.
    before : str, optional
        Only what was before this month, YYYY-MM: what is told in words is of whole months.

    Returns
    -------
    Records
    """
    groups = pd.DataFrame(log.groups[["stop", "month", "help"]])
    groups = groups[groups["stop"].notna()]
    made = log.timed
    if before is not None:
        groups = groups[groups["month"] < before]
        made = made[made["date"].str[:7] < before]
    visits = pd.DataFrame(
        {
            "stop": made["stop"],
            "date": made["date"],
            "month": made["date"].str[:7],
            "minutes": stayed_s(made) / 60,
        }
    )
    by_stop = visits.groupby("stop").agg(
        visits=("minutes", "size"),
        nights=("date", "nunique"),
        minutes=("minutes", "sum"),
        last=("month", "max"),
    )
    asked = groups[groups["help"].isin(ANSWERS)]
    accepted = asked[asked["help"] == "accepted"]
    for name, rows in (("groups", groups), ("asked", asked), ("accepted", accepted)):
        number = rows["stop"].value_counts()
        by_stop[name] = number.reindex(by_stop.index, fill_value=0).astype(int)
    minutes = visits.groupby(["stop", "month"])["minutes"].sum()
    number = groups.groupby(["stop", "month"]).size()
    by_month = pd.DataFrame({"minutes": minutes})
    by_month["groups"] = number.reindex(minutes.index, fill_value=0)
    return Records(by_stop, by_month.reset_index())
