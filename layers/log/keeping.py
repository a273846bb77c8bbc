"""A log kept: merged with another one of the office, exported, purged, and looked over."""

from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import pandas as pd

from geo.brief import BriefError, Figures, figures_of, period_before
from geo.presence import stop_table
from layers.complaints import UserError
from layers.files.listing import sha256
from layers.log import store
from layers.records import Log
from layers.schema import current

COUNTED: Final = {
    "nights": "planned nights", "plans": "planned stops", "visits": "pages", "groups": "groups",
    "contacts": "answers of groups", "tracks": "tracks",
}  # fmt: skip
"""What a merge counts: tables, and what their rows are called."""

MONTHS: Final = 12
"""So long the size of a group is kept; then only that there was one."""


def of_study(path: Path | None, area: str, *, no_log: bool = False) -> Log:
    """Return what the log in a file holds of one study, by its title; nothing if not wanted."""
    return Log.of() if no_log else of_area(store.read(store.at(path)), area)


def of_area(log: Log, area: str) -> Log:
    """Return what a log holds of one study, by its title; tracks and presence of all nights."""
    nights = log.nights[log.nights["area"] == area]
    plans = log.plans[log.plans["plan_id"].isin(nights["plan_id"])]
    visits = log.visits[log.visits["plan_id"].isin(nights["plan_id"])]
    groups = log.groups[log.groups["stop"].isin(plans["stop"])]
    contacts = log.contacts[log.contacts["area"] == area]
    return replace(log, nights=nights, plans=plans, visits=visits, groups=groups, contacts=contacts)


def export(path: Path | None, to: Path) -> str:
    """Write a copy of a log without tracks, for one office; return what to say of it.

    Raises `UserError` if there is no log, or a file at `to` already.
    """
    log = store.at(path)
    if not log.exists():
        raise UserError(f"there is no log at {log}. Fix: mitrovica log add FILES, or name another")
    if to.exists():
        raise UserError(f"{to} exists already. Fix: name another file")
    empty = Log.of()
    store.write(replace(store.read(log), tracks=empty.tracks, presence=empty.presence), to)
    return f"Wrote {to}. {store.INTERNAL}"


def merge(path: Path | None, other: Path, *, now: datetime) -> str:
    """Add the records of another log, each once; return how many of each table were new.

    A track that was withdrawn from either is taken out.  Raises `OSError` if `other` does not
    exist; `UserError` as `layers.log.store.change`.
    """
    content, theirs = sha256(other), store.read(other)

    def make(log: Log) -> tuple[Log, str]:
        gone = store.withdrawn(log) | store.withdrawn(theirs)
        ours, more = store.without(log, gone), store.without(theirs, gone)
        both, new = store.entered(ours, more, "merge", now, content)
        if both is log:
            return log, "The log has all of it already: nothing is added"
        text = ", ".join(f"{COUNTED[name]} {n}" for name, n in new.items() if n and name in COUNTED)
        return both, f"New in the log: {text or 'what was done to it'}"

    return store.change(store.at(path), make)


def purge(path: Path | None, before: date, *, now: datetime) -> list[str]:
    """Take away the matched tracks of nights before a day, and the sizes of old groups.

    Sizes go with the months that ended before the day and more than `MONTHS` months ago.  Purging
    goes before append-only, and is itself on record.  The lines that are returned say what went,
    and what stays and why.
    """

    def make(log: Log) -> tuple[Log, list[str]]:
        old = log.tracks["date"] < before.isoformat()
        matched = log.tracks["track_id"].isin(log.presence["track_id"])
        year_ago = (pd.Timestamp(now.date()) - pd.DateOffset(months=MONTHS)).date()
        month = f"{min(before, year_ago):%Y-%m}"
        sized = (log.groups["month"] < month) & (log.groups["size_class"] != "unknown")
        sized = sized.fillna(value=False)
        tracks, groups, stay = (int(n.sum()) for n in (old & matched, sized, old & ~matched))
        lines = [f"Purged: {tracks} tracks; of {groups} groups only the count is kept"]
        if stay:
            lines.append(
                f"{stay} tracks stay: they are not matched to roads yet. Fix: mitrovica run, then "
                "purge again"
            )
        if not tracks + groups:
            return log, lines
        size_class = log.groups["size_class"].mask(sized, "unknown")
        remaining = replace(
            log, tracks=log.tracks[~(old & matched)],
            groups=log.groups.assign(size_class=size_class),
        )  # fmt: skip
        return store.recorded(remaining, "purge", now, None, tracks + groups), lines

    return store.change(store.at(path), make)


def nights(log: Log) -> pd.DataFrame:
    """Return what was planned and made of each night.

    Columns are ``area``, ``date``, ``planned``, ``made``, ``skipped``, ``missing`` (planned stops
    without a page), ``minutes`` at stops and ``tracks``.  Where a night was planned
    several times, the plan counts that most pages name, else the last one.
    """
    visits = current(log.visits)
    plan = _plan_of_each_night(log, visits)
    stops = pd.DataFrame(log.plans.drop(columns="geometry")).merge(plan, on=["plan_id", "date"])
    spot = ["date", "shift", "vehicle", "stop"]
    done = visits[visits["outcome"] == "done"]
    minutes = (done["left_at"] - done["arrived_at"]).dt.total_seconds() / 60
    page = visits.assign(minutes=minutes, made=visits["outcome"] == "done")
    page = page.groupby(spot, dropna=False)[["minutes", "made"]].max().reset_index()
    both = stops.merge(page, on=spot, how="outer", indicator=True)
    both["area"] = both["area"].fillna(both["date"].map(plan.set_index("date")["area"]))
    by_night = both.assign(
        planned=both["_merge"] != "right_only",
        made=both["made"].eq(True),
        skipped=both["made"].eq(False),
        missing=both["_merge"] == "left_only",
    ).groupby(["area", "date"], dropna=False)
    found = by_night[["planned", "made", "skipped", "missing", "minutes"]].sum().reset_index()
    tracks = log.tracks["date"].value_counts()
    return found.assign(tracks=found["date"].map(tracks).fillna(0).astype(int))


def _plan_of_each_night(log: Log, visits: pd.DataFrame) -> pd.DataFrame:
    """Return ``plan_id``, ``date`` and ``area`` of the plan that counts for each night."""
    named = visits.groupby(["plan_id", "date"]).size().rename("pages").reset_index()
    plans = log.nights.merge(named, on=["plan_id", "date"], how="left").fillna({"pages": 0})
    plans = plans.reset_index(drop=True).sort_values("pages", kind="stable")
    last = plans.drop_duplicates(["area", "date"], keep="last")
    return last[["plan_id", "date", "area"]]


def found_at_stops(log: Log) -> pd.DataFrame:
    """Return `geo.presence.stop_table` of each study in a log, with ``area`` and ``name``.

    It tells when people are where: it stays in the office.
    """
    visits, groups = current(log.visits), current(log.groups).dropna(subset=["stop"])
    names = log.plans.drop_duplicates("stop", keep="last").set_index("stop")["name"]
    found = []
    for by, own in log.nights.groupby(["area", "time_zone"]):
        area, time_zone = map(str, by)
        made = visits[visits["plan_id"].isin(own["plan_id"]) & (visits["outcome"] == "done")]
        if made.empty:
            continue
        stops = log.plans[log.plans["plan_id"].isin(own["plan_id"])]
        centre = stops.union_all().centroid
        met = groups[groups["stop"].isin(made["stop"])]
        table = stop_table(made, met, time_zone, centre.x, centre.y)
        found.append(table.assign(area=area, name=table["stop"].map(names)))
    return pd.concat(found, ignore_index=True) if found else pd.DataFrame()


def never_reached(log: Log) -> pd.DataFrame:
    """Return the stops, ``stop`` and ``name``, that plans name and no crew has stood at."""
    visits = current(log.visits)
    done = visits[visits["outcome"] == "done"]["stop"]
    stops = log.plans[~log.plans["stop"].isin(done)]
    return pd.DataFrame(stops[["stop", "name"]]).drop_duplicates("stop").reset_index(drop=True)


def for_brief(
    log: Log, area: str, period: str, tier: str, on: date
) -> tuple[Figures, Figures | None]:
    """Return the figures of a period that a tier may know on a day, and those of the one before.

    `area` is the title of the study.  The second is None where the tier may not know of it.  Raises
    `geo.brief.BriefError`.
    """
    own, every = of_area(log, area), nights(log)
    planned = every[every["area"] == area]
    if planned.empty and not every.empty:
        others = ", ".join(map(repr, sorted(every["area"].dropna().unique())))
        raise BriefError(
            f"the log has no night of {area!r}, but {len(every)} of {others}. Fix: --study with "
            "the folder of that study"
        )
    found = figures_of(own, planned, period, tier, on)
    try:
        return found, figures_of(own, planned, period_before(period, tier), tier, on)
    except BriefError:
        return found, None
