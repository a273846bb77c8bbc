"""What a run and a plan do alike: use the log, make a folder ready, say which files stay.

The log and the analysis are imported only where a log is used: a plan waits for neither.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from dataclasses import dataclass
from importlib import import_module
from pathlib import Path
from typing import TYPE_CHECKING

from layers import writers
from layers.files import pen, staging
from mitrovica import log as logs
from mitrovica import terminal
from mitrovica.story.outcome import Watch

if TYPE_CHECKING:
    from geo.params import Params
    from geo.records import Log, StudyData
    from geo.results import Findings
    from layers.files.filenames import Maker


@dataclass(frozen=True)
class UsedLog:
    """What counts in the log of a study, and the line that says so."""

    log: Log
    lines: list[str]


def used_log(
    path: Path | None, study: str, *, unused: bool, in_run: bool = False
) -> UsedLog:
    """Return what counts in a log of a study.

    Parameters
    ----------
    path : Path, optional
        File of the log, by default that in the user's data folder.
    study : str
        Title of the study.
    unused : bool
        Nothing of the log is to be used.
    in_run : bool
        The run before used it, which the lines then say.
    """
    from geo.records import Log

    if unused:
        return UsedLog(Log.of(), [terminal.log.IN_RUN] if in_run else [])
    log = logs.retention.of_study(path, study)
    return UsedLog(log, terminal.log.used(log, logs.store.at(path)))


def with_minutes_of_tracks(
    path: Path | None, data: StudyData, params: Params
) -> tuple[StudyData, list[str]]:
    """Return the data with crews' minutes in place of tracks, and what is wrong with tracks."""
    if data.log.tracks.empty and data.log.presence.empty:
        return data, []
    return logs.tracks.with_minutes(path, data, params.patrols.time_zone)


def with_met(findings: Findings, data: StudyData, params: Params) -> Findings:
    """Return the findings of a run with what patrols met since."""
    if data.log.visits.empty:
        return findings
    from geo.study import with_log

    return with_log(findings, data, params)


def make_ready(folder: Path, made_by: Maker, watch: Watch) -> None:
    """Refuse a folder that could not be written to; say which edited files it holds.

    A folder that is open at a desk is written to by that desk alone.
    """
    pen.require_free(folder)
    watch.warn(edited_lines(staging.ready(folder, made_by)))


@contextmanager
def folium_imported() -> Iterator[None]:
    """Import folium on the second core, while the search for routes keeps the first one busy."""
    with ThreadPoolExecutor(max_workers=1) as second_core:
        second_core.submit(import_module, "folium")
        yield


def edited_lines(paths: Iterable[Path]) -> list[str]:
    """Return a line for each edited file that got a new name."""
    return [writers.run_folder.kept_line(path) for path in paths]
