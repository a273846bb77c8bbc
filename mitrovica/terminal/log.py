"""The log in lines and tables: what it holds, what a command did with it, what is missing."""

from collections.abc import Mapping, Sequence
from datetime import date
from pathlib import Path
from typing import Final

import pandas as pd

from geo.patrols.reach import NO_VISIT
from geo.records import Log
from geo.results import Findings
from maps.words.text_tables import Columns

COUNTS: Final = ("planned", "made", "skipped", "missing", "minutes", "tracks")
AT_STOPS: Final = (
    "stop",
    "hours",
    "visits",
    "min",
    "groups",
    "groups an hour",
    "empty",
)
IN_RUN: Final = (
    "The need is that of the run, which used the log: --no-log leaves out only what came since. "
    "Fix: mitrovica run --no-log --out FOLDER, then plan --from FOLDER --no-log"
)
NIGHTS: Final = (
    "night",
    "planned",
    "made",
    "skipped",
    "no page",
    "minutes at stops",
    "tracks",
)


def used(log: Log, path: Path, *, in_run: bool = False) -> list[str]:
    """Return that a command uses the log; nothing where the log holds nothing of its study.

    `in_run` says that it is left out, and that the run before used it.
    """
    if in_run:
        return [IN_RUN]
    if log.visits.empty and log.tracks.empty and log.presence.empty:
        return []
    return [f"Log: {path} ({_counted([log])}). Without it: --no-log"]


def need_lines(findings: Findings) -> list[str]:
    """Return on what the need that was found rests."""
    n = findings.n_sightings
    line = f"What was found rests on {n} report{'s' * (n != 1)}"
    met = findings.patrolled
    return [f"{line}; {NO_VISIT if met is None else met}"]


def _counted(logs: Sequence[Log]) -> str:
    """Return what counts in the logs of some studies, which share their tracks."""
    done = [log.made for log in logs]
    counts = {
        "nights planned": sum(len(log.nights) for log in logs),
        "nights made": sum(rows["date"].nunique() for rows in done),
        "stops made": sum(map(len, done)),
        "groups met": sum(len(log.groups) for log in logs),
        "tracks": max((len(log.tracks) for log in logs), default=0),
    }
    return ", ".join(f"{name}: {n}" for name, n in counts.items())


def status(
    log: Log,
    path: Path,
    studies: Mapping[str, Log],
    nights: pd.DataFrame,
    unreached: pd.DataFrame,
    today: date,
) -> list[str | Columns]:
    """Return what a log holds and what is missing in it of the nights before today.

    Parameters
    ----------
    log : geo.records.Log
    path : pathlib.Path
        Its file.
    studies : mapping of str to geo.records.Log
        What counts in it of each study, by its title.
    nights, unreached : pandas.DataFrame
        Of all studies, as `mitrovica.log.retention` gives them.
    today : datetime.date
    """
    if log.imports.empty:
        return [
            f"No log at {path}. Begin: mitrovica plan --date YYYY-MM-DD, then log add FILES"
        ]
    done = log.imports.iloc[-1]
    lines: list[str | Columns] = [
        f"{path}: {_counted([*studies.values()])}.",
        f"Last change: {done['kind']}, {done['at']:%Y-%m-%d %H:%M} UTC, by version "
        f"{done['version']}.",
    ]
    for area, rows in nights.groupby("area", dropna=False):
        cells = [
            (n["date"], *(round(n[name]) for name in COUNTS))
            for n in rows.to_dict("records")
        ]
        lines.append(Columns.of(NIGHTS, cells, str(area)))
    months = [
        month
        for log_of_study in studies.values()
        for month in log_of_study.groups["month"]
    ]
    by_month = pd.Series(months, dtype="string").value_counts().sort_index()
    lines += ["", *(f"Groups met in {month}: {n}" for month, n in by_month.items())]
    if len(unreached):
        lines.append(
            f"Stops never reached: {', '.join(unreached['name'].fillna(unreached['stop']))}"
        )
    lines.append(
        "Languages, needs met and unmet, month by month: mitrovica brief --month YYYY-MM"
    )
    return [*lines, *_missing(log, nights[nights["date"] < today.isoformat()])]


def at_stops(table: pd.DataFrame) -> list[str | Columns]:
    """Return what was found at each stop, as `mitrovica.log.retention.found_at_stops`."""
    if table.empty:
        return []
    table = table.sort_values(
        ["groups", "name"], ascending=[False, True], kind="stable"
    )
    rows = [
        (
            row["name"],
            row["time_class"].replace("_", " "),
            row["visits"],
            round(row["minutes"]),
            row["groups"],
            f"{row['groups_per_h']:.1f} ({row['low']:.1f}-{row['high']:.1f})",
            "" if row["groups"] else f"{100 * row['p_empty']:.0f} in 100",
        )
        for row in table.to_dict("records")
    ]
    return [
        "",
        "INTERNAL: what was found at each stop. In brackets, the rates that agree with it (95 %, "
        "Poisson). Where nobody was met: how often a stop of the mean rate of all would have "
        "stayed empty so long.",
        Columns.of(AT_STOPS, rows),
    ]


def _missing(log: Log, nights: pd.DataFrame) -> list[str]:
    """Return what a coordinator is to ask for."""
    lines = []
    without = nights[nights["missing"] > 0]
    if len(without):
        lines.append(
            f"No page yet for {without['missing'].sum()} planned stops, of "
            f"{', '.join(without['date'])}: ask the crews, then mitrovica log add FILE"
        )
    no_track = nights[
        (nights["made"] > 0)
        & ~nights["date"].isin(log.tracks["date"])
        & ~nights["date"].isin(log.presence["date"])
    ]
    if len(no_track):
        lines.append(f"No track of {', '.join(no_track['date'])}")
    lost = log.tracks["vehicle"].isna().sum()
    if lost:
        lines.append(f"Tracks that come near no planned patrol: {lost}")
    return lines
