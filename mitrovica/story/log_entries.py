"""What the office keeps: the log of what patrols found."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from pathlib import Path

from maps.words.text_tables import Columns
from mitrovica import log as logs
from mitrovica import terminal
from mitrovica.story.outcome import Outcome


@dataclass(frozen=True, kw_only=True)
class OfLog:
    """A log, by default that in the user's data folder."""

    log: Path | None = None


def show_log(asked: OfLog) -> Outcome:
    """Say what the log holds: nights, stops, groups met, gaps.

    It never leaves the office.

    Parameters
    ----------
    asked : OfLog
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    path = logs.store.at(asked.log)
    log = logs.store.read(path)
    keeping = logs.retention
    studies = keeping.by_study(log)
    nights = keeping.of_each(studies, keeping.nights)
    unreached = keeping.of_each(studies, keeping.never_reached)
    at_stops = keeping.of_each(studies, keeping.found_at_stops)
    today = datetime.now(UTC).date()
    status = terminal.log.status(log, path, studies, nights, unreached, today)
    unsettled = keeping.unsettled(log)
    return Outcome([*status, *unsettled, *terminal.log.at_stops(at_stops)])


@dataclass(frozen=True, kw_only=True)
class AddToLog(OfLog):
    """Files to be added."""

    files: list[Path]


Content = tuple[str, bytes]
"""The name of a file, and what is in it."""


def add_to_log(asked: AddToLog, contents: Sequence[Content] = ()) -> Outcome:
    """Add what crews filled in and where they drove, each once.

    Parameters
    ----------
    asked : AddToLog
        What the command was asked for.
    contents : sequence of (str, bytes), optional
        Files that are in memory.

    Returns
    -------
    Outcome
        It has not passed if a row is not taken.

    Raises
    ------
    layers.complaints.UserError
        If the log cannot be read or changed.
    """
    files: list[Path | Content] = [*asked.files, *contents]
    reports = logs.imports.add(asked.log, files, now=datetime.now(UTC))
    table = Columns.of(logs.imports.HEAD, [report.row for report in reports])
    passed = not any(report.faults for report in reports)
    return Outcome([table, "", *logs.imports.lines(reports)], passed=passed)


@dataclass(frozen=True, kw_only=True)
class Withdraw(OfLog):
    """Tracks to be taken out."""

    files: list[Path]


def withdraw(asked: Withdraw, contents: Sequence[Content] = ()) -> Outcome:
    """Take wrong tracks out of the log again.

    Parameters
    ----------
    asked : Withdraw
        What the command was asked for.
    contents : sequence of (str, bytes), optional
        Files that are in memory.

    Returns
    -------
    Outcome
    """
    now = datetime.now(UTC)
    files: list[Path | Content] = [*asked.files, *contents]
    return Outcome(logs.imports.withdraw(asked.log, files, now=now))


@dataclass(frozen=True, kw_only=True)
class ExportLog(OfLog):
    """A copy of the log."""

    file: Path


def export_log(asked: ExportLog) -> Outcome:
    """Copy the log without tracks, for another desk of the office.

    It is for a merge there only.

    Parameters
    ----------
    asked : ExportLog
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    return Outcome([logs.retention.export(asked.log, asked.file)])


@dataclass(frozen=True, kw_only=True)
class MergeLog(OfLog):
    """Another desk's log."""

    file: Path


def merge_log(asked: MergeLog) -> Outcome:
    """Add the records of another desk's log, each once.

    Parameters
    ----------
    asked : MergeLog
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    line = logs.retention.merge(asked.log, asked.file, now=datetime.now(UTC))
    log = logs.store.read(logs.store.at(asked.log))
    return Outcome([line, *logs.retention.unsettled(log)])


@dataclass(frozen=True, kw_only=True)
class PurgeLog(OfLog):
    """What is old in a log."""

    before: date
    preview: bool = False


def purge_log(asked: PurgeLog) -> Outcome:
    """Take away old tracks and sizes of groups.

    Tracks go of nights before a day whose minutes are kept, and what plans of such nights expected;
    sizes a year after.

    Parameters
    ----------
    asked : PurgeLog
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    now = datetime.now(UTC)
    return Outcome(
        logs.retention.purge(asked.log, asked.before, now=now, preview=asked.preview)
    )
