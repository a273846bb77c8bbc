"""Patrols on an earlier run: plan, check an edited plan, name crews, print the map."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING

from layers import readers, writers
from mitrovica import intake, terminal
from mitrovica import log as logs
from mitrovica.story.outcome import SILENT, Analysed, Outcome, Watch
from mitrovica.story.run_and_plan import (
    UsedLog,
    edited_lines,
    folium_imported,
    make_ready,
    used_log,
    with_met,
    with_minutes_of_tracks,
)

if TYPE_CHECKING:
    import geopandas as gpd

    from geo.params import Params
    from geo.patrols.inputs import PlanningInputs
    from geo.records import StudyData
    from geo.results import Findings, Patrols
    from layers.readers.earlier_run import Results
    from layers.readers.study import Study
    from maps.outputs import Drawn
    from maps.words.text_tables import Columns


@dataclass(frozen=True, kw_only=True)
class OnRun:
    """What `plan` and `check_plan` take of an earlier run."""

    from_: Path = Path("out")
    study: Path | None = None
    date: str | None = None
    config: Path | None = None
    store: Path | None = None
    snapshot: str | None = None
    log: Path | None = None
    no_log: bool = False

    def read_earlier(self) -> Results:
        """Return the run, read anew."""
        return readers.earlier_run.read(self.from_)


@dataclass(frozen=True, kw_only=True)
class Plan(OnRun):
    """A plan of one night or several."""

    nights: int | None = None
    out: Path | None = None
    draft: bool = False
    tiles: bool = False
    compare: list[Path] | None = None
    formats: str = ""
    quiet: bool = False
    timings: bool = False
    now: str | None = None
    driven: Path | None = None
    out_of_use: list[int] | None = None
    late: list[str] | None = None
    closed: list[str] | None = None
    cancelled: bool = False

    @property
    def target(self) -> Path:
        """The folder for the plan, or for the rest of a night."""
        return self.out or self.from_ / ("plan" if self.now is None else "tonight")


def plan(asked: Plan, watch: Watch = SILENT) -> Analysed:
    """Plan the patrols of a run again with what changes; the analysis stays.

    Parameters
    ----------
    asked : Plan
    watch : Watch, optional
        Hears each stage.

    Returns
    -------
    Analysed
        The findings with the new patrols; the timetables and what they cover, or if `quiet` only
        what was not as usual.

    Raises
    ------
    layers.complaints.UserError
        If the folder holds no run of the study, or a file or a day cannot be used.
    geo.routing.problem.ProblemError
        If a shift admits no plan; the message has the smallest change that mends it.
    layers.files.listing.OutputFolderError
        If the folder cannot be written to.
    """
    writers.formats.named(asked.formats)
    earlier = asked.read_earlier()
    new = _replanned(asked, earlier, watch)
    drawn, edited = written(asked, new, earlier, watch)
    shown: list[str | Columns] = [*drawn.late, *edited, *new.notes]
    if not asked.quiet:
        shown += terminal.lines.of_plan(
            drawn.shown, asked.target, new.changes, new.log_lines
        )
    return Analysed(shown, findings=new.findings, data=new.data)


def written(
    asked: Plan, new: Replanned, earlier: Results, watch: Watch
) -> tuple[Drawn, list[str]]:
    """Draw new patrols, write their folder, enter them in the log; say which edited files stay.

    Parameters
    ----------
    asked : Plan
        What the command asks.
    new : Replanned
        The new patrols.
    earlier : Results
        The run that they were planned from.
    watch : Watch
        Is told of the stages.
    """
    from maps.outputs import draw
    from mitrovica.markdown import as_html

    patrols = new.findings.patrols

    drawn = draw(
        new.findings,
        new.data,
        new.params,
        earlier.handling,
        made=earlier.made,
        tiles=asked.tiles,
        more=new.changes,
        as_html=as_html,
    )
    watch.step("files")
    contents = writers.run_folder.Contents(
        new.params,
        drawn,
        earlier.handling,
        datetime.now(UTC),
        writers.formats.named(asked.formats),
        inputs=new.inputs,
    )
    edited = writers.run_folder.write_plan(
        asked.target,
        contents,
        patrols=patrols,
        data=new.data,
        attach=partial(
            intake.xlsform.attach,
            stops=patrols.stops,
            data=new.data,
            time_zone=new.params.patrols.time_zone,
            handling=earlier.handling,
        ),
    )
    if not (asked.no_log or asked.draft):
        zone = new.params.patrols.time_zone
        logs.imports.add_plan(
            asked.log, patrols.stops, earlier.study, zone, datetime.now(UTC)
        )
    return drawn, edited_lines(edited)


@dataclass(frozen=True)
class Replanned:
    """New patrols on what a run found."""

    findings: Findings
    data: StudyData
    params: Params
    inputs: dict[str, int]
    """How many files it rests on, by kind."""
    changes: list[str]
    """How it differs from the plan before, and why."""
    log_lines: list[str] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    """What is wrong with tracks of crews."""


def _replanned(asked: Plan, earlier: Results, watch: Watch) -> Replanned:
    """Plan anew on the ways and the log of today, and say what is new."""
    from geo.patrols.proposal import replan
    from mitrovica.adaptation import Feedback

    study = study_of(asked, earlier)
    params, several = readers.config.for_plan(
        earlier.parameters, asked.config, date=asked.date, nights=asked.nights
    )
    nights = params.fortnight.nights if several else 1
    incidents = study.settings.incidents
    params = readers.config.away_from(params, incidents, nights)
    make_ready(asked.target, "plan", watch)
    used = _used_log(asked, earlier)
    watch.step("network")
    data = earlier.data(study, params, asked.snapshot, used.log)
    data, notes = with_minutes_of_tracks(asked.log, data, params)
    watch.step("patrols")
    run_findings = with_met(earlier.findings, data, params)
    with folium_imported():
        patrols = replan(
            data,
            run_findings.need,
            params,
            several=several,
            hotspots=run_findings.hotspots.table,
            feedback=Feedback(data.log, study.settings.banks) if several else None,
        )
    # What tells and draws imports parts of the analysis: planning has not waited for them.
    watch.step("map")
    before = readers.earlier_run.nights_before(asked.target) if several else None
    changes = terminal.lines.new_in_plan(
        run_findings, patrols, data, params, nights, before
    )
    inputs = {
        "runs": 1,
        "parameter files": int(asked.config is not None),
        "logs": int(earlier.used_log or run_findings.patrolled is not None),
    }
    findings = with_patrols(run_findings, data, patrols)
    return Replanned(findings, data, params, inputs, changes, used.lines, notes)


def with_patrols(findings: Findings, data: StudyData, patrols: Patrols) -> Findings:
    """Return the findings of a run with other patrols, on the ways that they drive."""
    others = tuple(
        omission for omission in findings.omitted if omission.part != "patrols"
    )
    source = data.layers.source
    return replace(findings, source=source, patrols=patrols, omitted=others)


def study_of(asked: OnRun, earlier: Results) -> Study:
    """Return the study of an earlier run; errors as `Study.again`."""
    study = readers.study.read(asked.study, asked.store)
    return study.again(earlier.study, earlier.boundary)


def params_of(asked: OnRun, earlier: Results, study: Study) -> Params:
    """Return the parameters of a night of a run, away from stops that are not safe by now."""
    params, _ = readers.config.for_plan(
        earlier.parameters, asked.config, date=asked.date
    )
    return readers.config.away_from(params, study.settings.incidents)


def _used_log(asked: OnRun, earlier: Results) -> UsedLog:
    in_run = asked.no_log and earlier.used_log
    return used_log(asked.log, earlier.study, unused=asked.no_log, in_run=in_run)


@dataclass(frozen=True, kw_only=True)
class CheckPlan(OnRun):
    """An edited timetable."""

    file: Path
    against: Path | None = None


def check_plan(asked: CheckPlan) -> Outcome:
    """Check an edited timetable, and say what the edit costs.

    It checks times, windows, reach, breaks and need.

    Parameters
    ----------
    asked : CheckPlan
        The edited file, the run, and the plan that was edited if it is not that of the run.

    Returns
    -------
    Outcome
        The faults, the changes and the costs; it has not passed if there is a fault.

    Raises
    ------
    layers.complaints.UserError
        If the file is no timetable of a night, or the run has no patrols.
    """
    from mitrovica.dispatch import edits

    earlier = asked.read_earlier()
    planned = _timetable(asked.against or asked.from_, earlier)
    rows = readers.earlier_run.edited(asked.file)
    night = int(rows["night"].min())
    unedited = planned[planned["night"] == night]
    used = _used_log(asked, earlier)
    inputs = _inputs(asked, earlier, used, night)
    before = edits.weigh(inputs, unedited)
    after = edits.weigh(inputs, rows)
    moved = edits.times_not_kept(unedited, rows, after.patrols.stops)
    faults = [*terminal.lines.faults(after), *moved]
    one_of_several = night if planned["night"].nunique() > 1 else None
    lines = terminal.lines.edit_lines(before, after, faults, night=one_of_several)
    return Outcome([*used.lines, *lines], passed=not faults)


def _inputs(
    asked: OnRun, earlier: Results, used: UsedLog, night: int
) -> PlanningInputs:
    """Return what a night is planned on."""
    from geo.patrols.inputs import prepare

    data, need, params = read_again(asked, earlier, used)
    return prepare(data, need, params).of_night(night)


def read_again(
    asked: OnRun, earlier: Results, used: UsedLog
) -> tuple[StudyData, gpd.GeoDataFrame, Params]:
    """Return the study of a run, table `NEED` with what patrols met since, and the parameters."""
    study = study_of(asked, earlier)
    params = params_of(asked, earlier, study)
    data = earlier.data(study, params, asked.snapshot, used.log)
    return data, with_met(earlier.findings, data, params).need, params


def _timetable(folder: Path, earlier: Results) -> gpd.GeoDataFrame:
    """Return the timetable in a folder; raise `UserError` where the run has no patrols."""
    stops = readers.earlier_run.timetable(folder)
    if stops.empty:
        raise terminal.lines.left_out(earlier.findings, "patrols")
    return stops


@dataclass(frozen=True, kw_only=True)
class Crews:
    """The people for the patrols of a plan."""

    from_: Path = Path("out")
    people: Path | None = None
    study: Path | None = None
    log: Path | None = None


def crews(asked: Crews) -> Outcome:
    """Say which languages are likely, and who drives and rides.

    Parameters
    ----------
    asked : Crews
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    from mitrovica.brief import crews as crew_lists
    from mitrovica.brief import languages, report_tables

    study = readers.study.read(asked.study)
    team = readers.config.team(asked.people)
    stops = readers.earlier_run.timetable(asked.from_)
    if stops.empty:
        findings = readers.earlier_run.read(asked.from_).findings
        raise terminal.lines.left_out(findings, "patrols")
    used = used_log(asked.log, study.about.name, unused=False)
    report = report_tables.figures(report_tables.read(study))
    expected = languages.likely(used.log.contacts, used.log.groups, report)
    banks = study.settings.banks
    assigned = crew_lists.crews_of(stops, banks, team, expected)
    return Outcome(terminal.crew.lines(expected, assigned, team))


@dataclass(frozen=True, kw_only=True)
class PrintMap:
    """A map to be printed."""

    from_: Path = Path("out")
    pdf: Path | None = None
    paper: str = "a4"
    language: str | None = None
    crew: bool = False


def print_map(asked: PrintMap, watch: Watch = SILENT) -> Outcome:
    """Print the map of a run or a plan to PDF, a page a patrol.

    Parameters
    ----------
    asked : PrintMap
        What the command was asked for.
    watch : Watch, optional
        Hears of each step.

    Returns
    -------
    Outcome

    Raises `layers.writers.printing.PdfError` where no browser prints.
    """
    from maps.words.catalogue import language_of

    language = None if asked.language is None else language_of(asked.language)
    html, until = readers.earlier_run.map_of(asked.from_, crew=asked.crew)
    if datetime.now(UTC).date() > until:
        fix = "run again, or ask for a new release"
        watch.warn([f"{html} is out of date: it held until {until}. Fix: {fix}"])
    pdf = asked.pdf or html.with_suffix(".pdf")
    path = writers.printing.write_pdf(html, pdf, paper=asked.paper, language=language)
    return Outcome([f"Wrote {path}"])
