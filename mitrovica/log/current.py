"""What of a log counts: one answer, which every command reads.

A row of a log is never changed: a correction is a row that names the one it replaces.  So no
command may count rows, or choose some of them, before this has: a row that takes an answer
back names no stop and no study.
"""

from dataclasses import replace
from typing import Final

import pandas as pd

from geo.records import Log, stayed_s

SPOT: Final = ["date", "shift", "vehicle", "stop"]
"""What tells a visit of a study from its others."""


def in_force(log: Log, area: str) -> Log:
    """Return what counts of one study, by its title; tracks and presence of all nights.

    `nights` are its nights, each with the plan that counts: the one that most pages name, else the
    last.  `plans` keep the stops of every plan, since a crew may have had an older one.  `visits`
    are one for each stop of a patrol, though two pages may tell of it; `groups` and `contacts` are
    those of all pages.
    """
    planned = log.nights[log.nights["area"] == area]
    pages = _pages(log, planned)
    groups = latest(log.groups)
    contacts = latest(log.contacts)
    contacts = contacts[contacts["groups"] > 0]
    return replace(
        log,
        nights=_plan_of_each_night(planned, pages),
        plans=log.plans[log.plans["plan_id"].isin(planned["plan_id"])],
        visits=_visits(pages),
        groups=groups[(groups["area"] == area) & groups["stop"].notna()],
        contacts=contacts[contacts["area"] == area],
    )


def areas(log: Log) -> list[str]:
    """Return the titles of the studies of a log."""
    return sorted(log.nights["area"].dropna().unique())


def latest(rows: pd.DataFrame) -> pd.DataFrame:
    """Return the rows of a table, its id in the first column, that none replaces, each once."""
    ids = rows.columns[0]
    return rows[~rows[ids].isin(rows["replaces"].dropna())].drop_duplicates(ids)


def told_twice(log: Log, area: str) -> tuple[list[str], list[str]]:
    """Return the stops of a study with two pages, and those whose page two desks corrected.

    The second are of a page of which two answers count, until the server's export is added again.
    """
    pages = _pages(log, log.nights[log.nights["area"] == area])
    names = pages["stop"].map(log.stop_names).fillna(pages["stop"])
    where = pages["date"] + " " + names
    corrected = pages.duplicated("page", keep=False)
    alone = pages[~corrected]
    two = alone[alone.duplicated(SPOT)].index
    return sorted(set(where[two])), sorted(set(where[corrected]))


def without_area(log: Log) -> int:
    """Return the number of groups that lie at stops of several studies, and name none."""
    groups = latest(log.groups)
    return int((groups["stop"].notna() & groups["area"].isna()).sum())


def with_areas(log: Log) -> Log:
    """Return a log with the study of each group, as an older version wrote none.

    It is the one study whose crews made that stop in that shift and month; of several studies none
    is taken.
    """
    where = ["stop", "shift", "month"]
    groups = log.groups
    if (groups["area"].notna() | groups["stop"].isna()).all():
        return log
    visits = latest(log.visits)
    visits = visits[visits["outcome"] == "done"]
    visits = visits.assign(month=visits["date"].str[:7])
    nights = log.nights[["plan_id", "date", "area"]]
    visits = visits.merge(nights, on=["plan_id", "date"])
    spots = visits[[*where, "area"]].drop_duplicates()
    spots = spots.drop_duplicates(where, keep=False)
    area = groups[where].merge(spots, on=where, how="left")["area"]
    area = groups["area"].fillna(area.set_axis(groups.index))
    return replace(log, groups=groups.assign(area=area))


def _pages(log: Log, nights: pd.DataFrame) -> pd.DataFrame:
    """Return the visits that none replaces, of some nights."""
    visits = latest(log.visits)
    return visits[visits["plan_id"].isin(nights["plan_id"])]


def _visits(pages: pd.DataFrame) -> pd.DataFrame:
    """Return a visit for each stop of a patrol: made rather than skipped, the longest."""
    took = stayed_s(pages).fillna(0.0)
    longest = pages.assign(made=pages["outcome"] == "done", took=took)
    longest = longest.sort_values(["made", "took"], kind="stable")
    longest = longest.drop_duplicates(SPOT, keep="last")
    return longest.sort_index()[pages.columns]


def _plan_of_each_night(planned: pd.DataFrame, pages: pd.DataFrame) -> pd.DataFrame:
    """Return each night once, with the plan that counts."""
    number = pages.groupby(["plan_id", "date"]).size().rename("pages").reset_index()
    plans = planned.merge(number, on=["plan_id", "date"], how="left")
    plans = plans.fillna({"pages": 0}).sort_values("pages", kind="stable")
    plans = plans.drop_duplicates("date", keep="last")
    return plans.sort_values("date")[planned.columns].reset_index(drop=True)
