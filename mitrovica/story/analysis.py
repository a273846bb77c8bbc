"""The analysis of a study: check its sightings, run it, measure it in parts."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

from layers import readers, writers
from layers.complaints import UserError
from layers.package_data import command
from maps.words.text_tables import Columns
from mitrovica import intake, machine, terminal
from mitrovica.story.outcome import SILENT, Analysed, Outcome, Watch
from mitrovica.story.run_and_plan import (
    edited_lines,
    folium_imported,
    make_ready,
    used_log,
    with_minutes_of_tracks,
)

if TYPE_CHECKING:
    import pandas as pd

    from geo.params import Params
    from geo.records import Log, StudyData
    from geo.results import Findings, Hotspots
    from layers.readers.study import Study
    from layers.writers.run_folder import Contents
    from mitrovica.intake.report import SightingsReport


@dataclass(frozen=True, kw_only=True)
class Reading:
    """How files of sightings are read."""

    study: Path | None = None
    store: Path | None = None
    drop_personal: bool = False
    decimal: str | None = None
    dates: str | None = None
    sheet: str | None = None
    mapping: Path | None = None

    @property
    def unclear(self) -> dict[str, Any]:
        """How to read what a file leaves open: fields of `intake.options.FileOptions`."""
        return {
            "drop_personal": self.drop_personal,
            "decimal": self.decimal,
            "dates": self.dates,
            "sheet": self.sheet,
            "mapping": self.mapping and intake.mapping.read(self.mapping),
        }


@dataclass(frozen=True, kw_only=True)
class CheckSightings(Reading):
    """Files of sightings to be checked."""

    files: list[Path] | None = None


def check_sightings(asked: CheckSightings) -> Outcome:
    """Check files of sightings row by row; nothing is run.

    Parameters
    ----------
    asked : CheckSightings
        What the command was asked for.

    Returns
    -------
    Outcome
        It has not passed if a row is rejected.

    Raises
    ------
    layers.complaints.UserError
        If the study cannot be used.
    FileNotFoundError
        If a file is missing.

    Examples
    --------
    >>> outcome = check_sightings(CheckSightings())
    >>> outcome.passed, outcome.shown[2]
    (True, '7 rows: 7 used, 0 rejected')
    """
    study = study_to_check(asked)
    now = datetime.now(UTC)
    report = intake.study_sightings.check(study, asked.files, now=now, **asked.unclear)
    head = ("file", "rows", "used", "nobody met", "rejected")
    table = Columns.of(head, report.files)
    return Outcome([table, "", *report.lines()], passed=not report.faults)


def study_to_check(asked: Reading) -> Study:
    """Return the study whose region sightings are checked against."""
    study = readers.study.read(asked.study, asked.store)
    if study.boundary is None and readers.network.chosen(study):
        return study.on(readers.network.load(study, None)[0])
    return study


@dataclass(frozen=True, kw_only=True)
class OnStudy(Reading):
    """What `run` and `measure` take."""

    folder: Path | None = None
    sightings: list[Path] | None = None
    snapshot: str | None = None
    config: Path | None = None
    cluster: str | None = None
    workers: int | None = None

    @property
    def named(self) -> Path | None:
        """The folder of the study; raises `UserError` where two are named."""
        if self.folder and self.study:
            two = f"two studies, {self.folder} and {self.study}"
            raise UserError(f"{two}. Fix: name one of them")
        return self.folder or self.study

    @property
    def check(self) -> str:
        """The command that reports on the same files row by row."""
        return command(
            "run",
            "check",
            *self.sightings or (),
            study=self.named,
            store=self.store,
            decimal=self.decimal,
            dates=self.dates,
            sheet=self.sheet,
            mapping=self.mapping,
            drop_personal=self.drop_personal,
        )


@dataclass(frozen=True, kw_only=True)
class Run(OnStudy):
    """A run of a study."""

    out: Path = Path("out")
    full: bool = False
    tiles: bool = False
    duplicates: Literal["keep", "merge"] = "keep"
    log: Path | None = None
    no_log: bool = False
    formats: str = ""
    quiet: bool = False
    timings: bool = False

    @property
    def another_night(self) -> str:
        """The command that plans another night."""
        return command(
            "plan",
            from_=self.out,
            study=self.named,
            store=self.store,
            log=self.log,
            no_log=self.no_log,
        )


def run(asked: Run, watch: Watch = SILENT) -> Analysed:
    """Run the study: read, analyse, draw, write.

    Parameters
    ----------
    asked : Run
        The folder of the study, by default that which is shipped; where to write; options.
    watch : Watch, optional
        Hears each stage, and what is wrong with snapshots and rows.

    Returns
    -------
    Analysed
        The findings; what to open and to do next, or if `quiet` only what was not as usual.

    Raises
    ------
    layers.complaints.UserError
        If a file that the user gave cannot be used; other errors, too, say what to mend.
    pydantic.ValidationError
        If a parameter has a wrong value.
    layers.files.listing.OutputFolderError
        If the folder cannot be written to.

    Examples
    --------
    >>> asked = Run(snapshot="own", out=Path("out"), no_log=True)
    >>> run(asked).findings.n_sightings  # doctest: +SKIP
    5
    """
    from layers.files.handling import Handling
    from maps.outputs import draw
    from mitrovica.markdown import as_html

    now = datetime.now(UTC)
    formats = writers.formats.named(asked.formats)
    study = readers.study.read(asked.named, asked.store)
    params = _params(asked, study, full=asked.full)
    handling = Handling.of(now.date(), params.privacy)
    make_ready(asked.out, "run", watch)
    used = used_log(asked.log, study.about.name, unused=asked.no_log)
    private = intake.private_folder.folder_of(now, asked.out)
    if not asked.snapshot:
        watch.warn(readers.network.passed_over(asked.store))
    read = _read(asked, study, params, used.log, now, watch)
    # What a run keeps of its parameters outlasts an incident.
    tonight = readers.config.away_from(params, study.settings.incidents)
    findings = _analysed(asked, read.data, tonight, watch)
    watch.step("map")
    drawn = draw(
        findings,
        read.data,
        tonight,
        handling,
        made=now.date(),
        tiles=asked.tiles,
        as_html=as_html,
    )
    watch.step("files")
    contents = writers.run_folder.Contents(
        params,
        drawn,
        handling,
        now,
        formats,
        inputs=read.counts | {"logs": len(used.lines)},
        duplicates={"choice": asked.duplicates, "merged_records": read.rows.merged},
    )
    written = _written(asked, study, read, findings, contents, private)
    notes = [*read.notes, *drawn.late, *written]
    if asked.quiet:
        return Analysed(notes, findings=findings, data=read.data)
    shown = terminal.lines.of_run(
        drawn.shown,
        asked.out,
        private if read.is_users else None,
        asked.another_night,
        [*used.lines, *_counted(asked, read), *notes],
    )
    return Analysed(shown, findings=findings, data=read.data)


@dataclass(frozen=True)
class _Read:
    """What a run reads."""

    data: StudyData
    rows: SightingsReport
    ids: pd.DataFrame
    """Table `SIGHTING_IDS`."""
    sightings: list[Path]
    """Files of sightings that are the user's, and not shipped."""
    config: Path | None
    notes: list[str]
    """What is wrong with tracks of crews."""

    @property
    def is_users(self) -> bool:
        """Whether anything that was read is the user's own."""
        return bool(self.sightings or self.config)

    @property
    def inputs(self) -> list[Path]:
        """The user's own files."""
        files = [*self.sightings, self.config]
        return [file for file in files if file is not None and file.is_file()]

    @property
    def counts(self) -> dict[str, int]:
        """How many files the user gave, by kind."""
        configs = 0 if self.config is None else 1
        return {"sightings files": len(self.sightings), "parameter files": configs}


def _params(asked: OnStudy, study: Study, *, full: bool = False) -> Params:
    return readers.config.for_run(asked.config, study.settings.parameters, full=full)


def _read(
    asked: Run, study: Study, params: Params, log: Log, now: datetime, watch: Watch
) -> _Read:
    """Read ways and sightings, make the sightings coarse, match tracks of crews."""
    given: list[Path] = []
    if asked.sightings or asked.named:
        given = asked.sightings or study.sightings
    watch.step("network")
    ways = readers.network.load(study, asked.snapshot)
    study = study.on(ways[0])
    rows = intake.study_sightings.check(
        study, asked.sightings, now=now, **asked.unclear
    )
    if given and not asked.quiet:
        watch.warn(rows.fault_lines())
    rows.require_used()
    rows = replace(rows, choice=asked.duplicates)
    data, ids = study.data(rows.resolved[0], ways, params.privacy, log)
    data, notes = with_minutes_of_tracks(asked.log, data, params)
    return _Read(data, rows, ids, given, asked.config, notes)


def _analysed(asked: Run, data: StudyData, params: Params, watch: Watch) -> Findings:
    """Analyse in one process or on several; raise an error first where memory is too small."""
    from geo import limits
    from geo import study as analysis
    from layers.cluster import engine

    n = len(data.sightings)
    limits.require_fits(n, data.layers, params, machine.available_bytes())
    with engine.connected(asked.cluster, asked.workers, n) as client, folium_imported():
        parts_on = engine.each_on(client)
        return analysis.run(data, params, stage=watch.step, each=parts_on)


def _written(
    asked: Run,
    study: Study,
    read: _Read,
    findings: Findings,
    contents: Contents,
    private: Path,
) -> list[str]:
    """Write what never leaves, then the folder; return what to say of edited and large files."""
    from mitrovica.brief import report_tables

    if read.is_users:
        tables = read.rows.inner_tables(read.ids)
        intake.private_folder.write(private, tables, read.inputs, contents.handling)
    edited = writers.run_folder.write_all(
        asked.out,
        contents,
        findings=findings,
        data=read.data,
        contradictions=report_tables.contradictions(report_tables.read(study)),
    )
    return [*edited_lines(edited), *writers.run_folder.large_lines(asked.out)]


def _counted(asked: Run, read: _Read) -> list[str]:
    """Return how many of the user's rows are used; nothing of a study that is shipped."""
    if not read.sightings:
        return []
    counts = f"Sightings: {read.rows.counts()}. Row by row: {asked.check}"
    return [counts, *read.rows.duplicate_lines()]


@dataclass(frozen=True, kw_only=True)
class Measure(OnStudy):
    """A study to be measured in parts."""

    out: Path = Path("measured")


# The story in its order: read, measure, find, draw, write, tell.
def measure(asked: Measure, watch: Watch = SILENT) -> Outcome:
    """Measure a study too large for one run, in parts.

    It measures nearness to corridors and density on ways, and finds hotspots where the memory holds
    all ways; they stand on one page with a map, and in tiles.

    Parameters
    ----------
    asked : Measure
    watch : Watch, optional
        Hears how many parts of a step are finished, and what is wrong with rows.

    Returns
    -------
    Outcome
        How many sightings lie within each distance of each kind of corridor.

    Raises
    ------
    layers.cluster.ClusterError
        If no sighting can be used, the folder holds something else, or the cluster is lost.
    layers.complaints.UserError
        If a file that the user gave cannot be used.
    """
    from layers import cluster
    from layers.files import atomic, filenames
    from layers.files.handling import Handling
    from maps.large_study_page import measured_page

    now = datetime.now(UTC)
    study = readers.study.read(asked.named, asked.store)
    params = _params(asked, study)
    ways = readers.network.load(study, asked.snapshot)
    study = study.on(ways[0])
    rows = intake.study_sightings.check(
        study, asked.sightings, now=now, **asked.unclear
    )
    watch.warn(rows.fault_lines())
    data, _ = study.data(rows.accepted, ways, params.privacy)
    handling = Handling.of(now.date(), params.privacy)

    def progress(name: str, finished: int, parts: int) -> None:
        watch.step(f"{name}: {finished} of {parts} parts")

    with cluster.connected(asked.cluster, asked.workers, len(data.sightings)) as client:
        totals = cluster.measure(
            data, params, handling, asked.out, client=client, progress=progress
        )
        watch.step("hotspots")
        hotspots, found = _reported(data, params)
    watch.step("files")
    notes = writers.large_study.write(hotspots, asked.out, handling)
    if hotspots is not None:
        page = measured_page(hotspots, totals, data, handling, tuple(notes))
        atomic.write(asked.out / filenames.MAP, page)
        notes.insert(0, f"Map and findings: {asked.out / filenames.MAP}")
    columns = ["corridor", "band_m", "sightings", "expected_within"]
    figures = totals[columns].round(1).astype(str)
    head = ("corridor", "within m", "sightings", "expected within")
    return Outcome(
        [
            Columns.of(head, figures.itertuples(index=False)),
            "",
            f"Sightings: {rows.counts()}",
            found,
            f"Wrote {asked.out}: proximity and density, a file a part",
            *notes,
        ]
    )


def _reported(data: StudyData, params: Params) -> tuple[Hotspots | None, str]:
    """Return the hotspots, where the memory holds what they need, and what to say of them."""
    from geo import limits
    from geo import study as analysis

    available = machine.available_bytes()
    try:
        limits.require_fits(len(data.sightings), data.layers, params, available)
    except limits.TooLargeError as error:
        return None, f"No hotspots, no map: {error}"
    hotspots = analysis.reported(data, params)
    return hotspots, f"Hotspots: {len(hotspots.table)}, of {hotspots.n} sightings"
