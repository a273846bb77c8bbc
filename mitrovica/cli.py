"""The commands: each calls the function of its name in `mitrovica.story`, prints and exits."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from maps.terminal.console import complain, show, stages, working
from mitrovica import __version__, commands, options, story

# Help and errors without boxes, alike on a screen and in a file.
app = typer.Typer(
    cls=commands.Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)
command = partial(commands.command, app)

LISTENING = story.Watch(warn=complain, show=show)


def finish(outcome: story.Outcome) -> None:
    """Print what came of a command; end with exit code 1 where something is to be mended."""
    show(outcome.shown)
    complain(outcome.warned)
    if not outcome.passed:
        raise typer.Exit(1)


@app.callback(invoke_without_command=True)
def main(
    version: Annotated[
        bool, typer.Option("--version", help=options.HELP["version"])
    ] = False,
) -> None:
    """Corridor proximity, hotspots and patrol routes for outreach to people on the move."""
    if version:
        show([f"mitrovica {__version__}"])
        raise typer.Exit


@command("init")
def init(asked: story.Init) -> None:
    """Write the folder of a new study, with examples."""
    finish(story.init(asked))


@command("init form")
def form(asked: story.Form) -> None:
    """Write the field form (XLSForm), for KoboToolbox and ODK."""
    finish(story.form(asked))


@command("fetch")
def fetch(asked: story.Fetch) -> None:
    """Fetch OpenStreetMap and keep it as a snapshot."""
    with working() as work:
        outcome = story.fetch(
            asked, story.Watch(work.step, complain, work.show)
        )
    finish(outcome)


@command("fetch list")
def snapshots(asked: story.Snapshots) -> None:
    """List the snapshots: source, OSM date, counts."""
    finish(story.snapshots(asked))


@command("run")
def run(asked: story.Run) -> None:
    """Run the study: read, analyse, draw, write."""
    with stages(quiet=asked.quiet) as stage:
        outcome = story.run(asked, story.Watch(stage, complain, show))
    finish(outcome)


@command("run check")
def check_sightings(asked: story.CheckSightings) -> None:
    """Check files of sightings row by row; nothing is run."""
    finish(story.check_sightings(asked))


@command("run measure")
def measure(asked: story.Measure) -> None:
    """Measure a study too large for one run, in parts.

    It measures nearness to corridors and density on ways.
    """
    with working() as work:
        outcome = story.measure(
            asked, story.Watch(work.step, complain, work.show)
        )
    finish(outcome)


@command("plan")
def plan(asked: story.Plan) -> None:
    """Plan the patrols again with what changes; the analysis stays."""
    if asked.compare is not None:
        finish(story.compare(*asked.compare))
        return
    told = story.plan if asked.now is None else story.tonight
    with stages(quiet=asked.quiet) as stage:
        outcome = told(asked, story.Watch(stage, complain, show))
    finish(outcome)


@command("plan check")
def check_plan(asked: story.CheckPlan) -> None:
    """Check an edited timetable, and say what the edit costs.

    It checks times, windows, reach, breaks and need.
    """
    finish(story.check_plan(asked))


@command("plan crews")
def crews(asked: story.Crews) -> None:
    """Say which languages are likely, and who drives and rides."""
    finish(story.crews(asked))


@command("plan exercise")
def exercise(asked: story.Exercise) -> None:
    """Practise on a made-up season: what a plan meets, its score."""
    finish(story.exercise(asked))


@command("log")
def show_log(asked: story.OfLog) -> None:
    """Say what the log holds: nights, stops, groups met, gaps.

    It never leaves the office.
    """
    finish(story.show_log(asked))


@command("log add")
def add_to_log(asked: story.AddToLog) -> None:
    """Add what crews filled in and where they drove, each once."""
    finish(story.add_to_log(asked))


@command("log withdraw")
def withdraw(asked: story.Withdraw) -> None:
    """Take wrong tracks out of the log again."""
    finish(story.withdraw(asked))


@command("log export")
def export_log(asked: story.ExportLog) -> None:
    """Copy the log without tracks, for another desk of the office.

    It is for a merge there only.
    """
    finish(story.export_log(asked))


@command("log merge")
def merge_log(asked: story.MergeLog) -> None:
    """Add the records of another desk's log, each once."""
    finish(story.merge_log(asked))


@command("log purge")
def purge_log(asked: story.PurgeLog) -> None:
    """Take away old tracks and sizes of groups.

    Tracks go that are matched and of nights before a day, sizes a year after.
    """
    finish(story.purge_log(asked))


@command("release")
def release(asked: story.Release) -> None:
    """Make what may leave of a run, or refuse it and say why."""
    finish(story.release(asked, LISTENING))


@command("release list")
def list_releases(asked: story.OfRegister) -> None:
    """List the releases: who has what, for what, until when."""
    finish(story.list_releases(asked))


@command("release recall")
def recall(asked: story.Recall) -> None:
    """Recall a release: write the note to its recipient."""
    finish(story.recall(asked))


@command("brief")
def brief(asked: story.Brief) -> None:
    """Write the month in two pages.

    They say what patrols did, whom they met, and what is not known.
    """
    finish(story.brief(asked, LISTENING))


@command("map")
def print_map(asked: story.PrintMap) -> None:
    """Print the map of a run or a plan to PDF, a page a patrol."""
    finish(story.print_map(asked, LISTENING))


@app.command("doctor", cls=commands.Command)
def doctor() -> None:
    """Check the machine: versions, browser, fonts, folders, disk.

    It finds other packages of our names, too.
    """
    finish(story.doctor())


@command("doctor backup")
def back_up(asked: story.Backup) -> None:
    """Back up study, log, register and briefs, encrypted."""
    passphrase = _passphrase(asked.passphrase_file, confirm=True)
    finish(story.back_up(asked, passphrase))


@command("doctor restore")
def restore(asked: story.Restore) -> None:
    """Put a backup back: all of it, and nothing replaced."""
    passphrase = _passphrase(asked.passphrase_file, confirm=False)
    finish(story.restore(asked, passphrase))


def _passphrase(file: Path | None, *, confirm: bool) -> str:
    """Return the passphrase in a file, or ask for it without showing it."""
    if file is not None:
        return story.passphrase_in(file)
    asked: str = typer.prompt(
        "Passphrase", hide_input=True, confirmation_prompt=confirm
    )
    return asked
