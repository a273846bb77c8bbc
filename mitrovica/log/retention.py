"""A log kept: merged with another one of the office, exported, purged, and looked over."""

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import date, datetime
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.presence import stop_table
from geo.records import Log, months_of, stayed_s
from layers.complaints import UserError, require_file
from layers.files.listing import sha256
from layers.readers.tabular.table_file import MOST_BYTES
from mitrovica.brief import BriefError, Figures, figures_of, period_before
from mitrovica.log import store
from mitrovica.log.current import SPOT, areas, in_force, told_twice, without_area

COUNTED: Final = {
    "nights": "planned nights",
    "plans": "planned stops",
    "visits": "pages",
    "groups": "groups",
    "contacts": "answers of groups",
    "tracks": "tracks",
}
"""What a merge counts: tables, and what their rows are called."""

MONTHS: Final = 12
"""So long is kept what was noted of a group; then only that there was one."""


def of_study(path: Path | None, area: str, *, no_log: bool = False) -> Log:
    """Return what counts in the log in a file of one study, by its title; nothing if not wanted."""
    return Log.of() if no_log else in_force(store.read(store.at(path)), area)


def by_study(log: Log) -> dict[str, Log]:
    """Return what counts in a log of each study, by its title."""
    return {area: in_force(log, area) for area in areas(log)}


def of_each(
    studies: Mapping[str, Log], table: Callable[[Log], pd.DataFrame]
) -> pd.DataFrame:
    """Return a table of what counts of each study, one below the other, with ``area``."""
    if not studies:
        return table(Log.of()).assign(area="")
    tables = [table(log).assign(area=area) for area, log in studies.items()]
    return pd.concat(tables, ignore_index=True)


def export(path: Path | None, to: Path) -> str:
    """Write a copy of a log without tracks, for one office; return what to say of it.

    Raises `UserError` if there is no log, or a file at `to` already.
    """
    log = store.at(path)
    if not log.exists():
        raise UserError(
            f"there is no log at {log}. Fix: mitrovica log add FILES, or name another"
        )
    if to.exists():
        raise UserError(f"{to} exists already. Fix: name another file")
    empty = Log.of()
    copy = replace(store.read(log), tracks=empty.tracks, presence=empty.presence)
    store.write(copy, to)
    return f"Wrote {to}. {store.INTERNAL}"


def merge(path: Path | None, other: Path, *, now: datetime) -> str:
    """Add the records of another log, each once; return how many of each table were new.

    A track that was withdrawn from either is taken out.  Raises `OSError` if `other` does not
    exist; `UserError` as `mitrovica.log.store.change`.
    """
    require_file(other)
    if (size := other.stat().st_size) > MOST_BYTES:
        raise UserError(
            f"{other} has {size / 1e6:,.0f} MB, and a log has fewer than "
            f"{MOST_BYTES / 1e6:,.0f}. Fix: name a copy made by `mitrovica log export`"
        )
    content = sha256(other)
    theirs = store.read(other)

    def make(log: Log) -> tuple[Log, str]:
        gone = store.withdrawn(log) | store.withdrawn(theirs)
        ours = store.without(log, gone)
        more = store.without(theirs, gone)
        both, new_rows = store.entered(ours, more, "merge", now, content)
        if both is log:
            return log, "The log has all of it already: nothing is added"
        counts = [
            f"{COUNTED[name]} {n}"
            for name, n in new_rows.items()
            if n and name in COUNTED
        ]
        text = ", ".join(counts) or "what was done to it"
        return both, f"New in the log: {text}"

    return store.change(store.at(path), make)


def purge(
    path: Path | None, before: date, *, now: datetime, preview: bool = False
) -> list[str]:
    """Take away tracks of nights before a day, and what was noted of old groups.

    A track stays until its minutes are in the log.
    The size of a group, its answers to help and by which way it came, whether there were women or
    minors go with the months that ended before the day and more than `MONTHS` months ago.  Purging
    goes before append-only, and is itself on record.  The lines that are returned say what went,
    and what stays and why.

    Parameters
    ----------
    path
        The log; by default the one in the user's data folder.
    before
        The first day whose tracks stay.
    now
        Time of the command, for the record.
    preview
        Nothing goes, and the lines say what would.

    Raises
    ------
    UserError
        If the day lies in the future.
    """
    if before > now.date():
        raise UserError(
            f"--before {before} is in the future: nothing was recorded on it. Fix: a day up to "
            f"{now.date()}"
        )

    def make(log: Log) -> tuple[Log, list[str]]:
        old = log.tracks["date"] < before.isoformat()
        kept = log.tracks["track_id"].isin(log.presence["track_id"])
        year_ago = (pd.Timestamp(now.date()) - pd.DateOffset(months=MONTHS)).date()
        month = f"{min(before, year_ago):%Y-%m}"
        noted = _noted(log.groups, month)
        persons = _persons(log.contacts, month)
        tracks = int((old & kept).sum())
        groups = int(noted.sum())
        without = int((old & ~kept).sum())
        what = "Would be purged" if preview else "Purged"
        lines = [f"{what}: {tracks} tracks; of {groups} groups only the count is kept"]
        if without:
            lines.append(
                f"{without} tracks stay: their minutes are not in the log yet. "
                "Fix: mitrovica run, then purge again"
            )
        rows = tracks + groups + int(persons.sum())
        if preview or not rows:
            return log, lines
        counted = log.groups.assign(
            size_class=log.groups["size_class"].mask(noted, "unknown"),
            help=log.groups["help"].mask(noted),
            came_by=log.groups["came_by"].mask(noted),
        )
        value = log.contacts["value"].mask(persons)
        remaining = replace(
            log,
            tracks=log.tracks[~(old & kept)],
            groups=counted,
            contacts=log.contacts.assign(value=value),
        )
        return store.recorded(remaining, "purge", now, None, rows), lines

    return store.change(store.at(path), make)


def _noted(groups: pd.DataFrame, month: str) -> pd.Series:
    """Tell of which groups before a month more is kept than the count."""
    answered = groups[["help", "came_by"]].notna().any(axis=1)
    noted = answered | (groups["size_class"] != "unknown")
    return ((groups["month"] < month) & noted).fillna(value=False)


def _persons(contacts: pd.DataFrame, month: str) -> pd.Series:
    """Tell which answers before a month are of women and minors."""
    noted = contacts["kind"].isin(["women", "minors"]) & contacts["value"].notna()
    return ((contacts["month"] < month) & noted).fillna(value=False)


def nights(log: Log) -> pd.DataFrame:
    """Return what was planned and made of each night, of what counts in a log of one study.

    Columns are ``date``, ``planned``, ``made``, ``skipped``, ``missing`` (planned stops
    without a page), ``minutes`` at stops and ``tracks``.
    """
    done = log.visits["outcome"] == "done"
    minutes = (stayed_s(log.visits) / 60).where(done)
    visits = log.visits[SPOT].assign(done=done, minutes=minutes)
    stops = pd.DataFrame(log.planned)[SPOT].drop_duplicates()
    both = stops.merge(visits, on=SPOT, how="outer", indicator=True)
    both = both.assign(
        planned=both["_merge"] != "right_only",
        made=both["done"].eq(True),
        skipped=both["done"].eq(False),
        missing=both["_merge"] == "left_only",
    )
    counted = ["planned", "made", "skipped", "missing", "minutes"]
    by_night = both.groupby("date")[counted].sum().reset_index()
    tracks = by_night["date"].map(log.tracks["date"].value_counts())
    return by_night.assign(tracks=tracks.fillna(0).astype(int))


def found_at_stops(log: Log) -> pd.DataFrame:
    """Return `geo.presence.stop_table` of what counts in a log of one study, with ``name``.

    It tells when people are where: it stays in the office.
    """
    visits = log.made
    if visits.empty:
        return pd.DataFrame()
    centre = log.plans.union_all().centroid
    table = stop_table(visits, log.groups, log.time_zone, centre.x, centre.y)
    return table.assign(name=table["stop"].map(log.stop_names))


def stops_of(log: Log, period: str) -> gpd.GeoDataFrame:
    """Return the planned stops of a period: ``stop``, ``name``, ``made`` once, EPSG:4326.

    `log` is what counts of one study, and a stop is made where a crew stood there in the period.
    """
    months = months_of(period)
    planned = log.planned[log.planned["date"].str[:7].isin(months)]
    done = log.made.loc[log.made["date"].str[:7].isin(months), "stop"]
    each = planned.drop_duplicates("stop", keep="last")
    return gpd.GeoDataFrame(
        each[["stop", "name", "geometry"]].assign(made=each["stop"].isin(done))
    )


def announced(log: Log, hung_out: Mapping[str, date], today: date) -> gpd.GeoDataFrame:
    """Return the stops whose cards hang, by the days since when, as `stops_of` does."""
    hangs = [stop for stop, since in hung_out.items() if since <= today]
    each = log.stops[log.stops["stop"].isin(hangs)]
    return gpd.GeoDataFrame(each[["stop", "name", "geometry"]].assign(made=True))


def never_reached(log: Log) -> pd.DataFrame:
    """Return the planned stops, ``stop`` and ``name``, of a study at which no crew has stood."""
    stops = pd.DataFrame(log.planned)[["stop", "name"]]
    return stops[~stops["stop"].isin(log.made["stop"])].drop_duplicates(
        "stop", ignore_index=True
    )


def unsettled(log: Log) -> list[str]:
    """Return what of a log counts twice, or in no study, and what to do."""
    lines = []
    for area in areas(log):
        two_pages, two_answers = told_twice(log, area)
        if two_pages:
            lines.append(
                f"Stops with two pages: {', '.join(two_pages)}. Their groups count twice where "
                "both pages hold them: correct one on the server, and add its export again"
            )
        if two_answers:
            lines.append(
                f"Pages that two desks corrected differently: {', '.join(two_answers)}. The groups "
                "of both count until the server's newest export is added: mitrovica log add FILE"
            )
    if lost := without_area(log):
        lines.append(
            f"Groups at stops of several studies, written by an older version: {lost}. They count "
            "in none of them"
        )
    return lines


def for_brief(
    log: Log, area: str, period: str, tier: str, today: date
) -> tuple[Figures, Figures | None]:
    """Return the figures of a period that a tier may know on a day, and those of the one before.

    Parameters
    ----------
    log
        The whole of it.
    area
        Title of the study.
    period
        ``YYYY-MM``, ``YYYY-Qn`` or ``YYYY-Hn``.
    tier
        Of `mitrovica.masks.tiers.TIERS`.
    today
        By which a period is over, and old enough.

    Returns
    -------
    tuple
        The second is None where the tier may not know of the period before.

    Raises
    ------
    mitrovica.brief.BriefError
        If the log has no night of the study, or the tier may not know of the period.
    """
    studies = areas(log)
    if studies and area not in studies:
        others = ", ".join(map(repr, studies))
        raise BriefError(
            f"the log has no night of {area!r}, but {len(log.nights)} of {others}. Fix: --study "
            "with the folder of that study"
        )
    counting = in_force(log, area)
    planned = nights(counting)
    figures = figures_of(counting, planned, period, tier, today)
    try:
        earlier = period_before(period, tier)
        return figures, figures_of(counting, planned, earlier, tier, today)
    except BriefError:
        return figures, None
