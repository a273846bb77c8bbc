"""The commands: each calls a function of `mitrovica.story`, prints and exits."""

from __future__ import annotations

import gc
import os
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, nullcontext
from inspect import signature
from types import MappingProxyType
from typing import Annotated, Any, Final

import typer

from mitrovica import __version__, commands, options, story
from mitrovica.desk import desk
from mitrovica.terminal.console import complain, show, stages, working

# On matrices as small as ours a second thread of numpy's waits more than it works.
os.environ.setdefault("OPENBLAS_NUM_THREADS", "1")

# Help and errors without boxes, alike on a screen and in a file.
app = typer.Typer(
    cls=commands.Commands,
    no_args_is_help=True,
    pretty_exceptions_enable=False,
    rich_markup_mode=None,
)


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


def plan(asked: story.Plan, watch: story.Watch) -> story.Outcome:
    """Plan the patrols again with what changes; the analysis stays."""
    if asked.compare:
        return story.compare(asked, watch)
    told = story.plan if asked.now is None else story.tonight
    return told(asked, watch)


COMMANDS: Final[Mapping[str, Callable[..., story.Outcome]]] = MappingProxyType(
    {
        "init": story.init,
        "init form": story.form,
        "init table": story.table_form,
        "fetch": story.fetch,
        "fetch list": story.snapshots,
        "run": story.run,
        "run check": story.check_sightings,
        "run measure": story.measure,
        "plan": plan,
        "plan check": story.check_plan,
        "plan crews": story.crews,
        "plan sites": story.sites,
        "plan leaflet": story.leaflet,
        "log": story.show_log,
        "log add": story.add_to_log,
        "log withdraw": story.withdraw,
        "log export": story.export_log,
        "log merge": story.merge_log,
        "log purge": story.purge_log,
        "release": story.release,
        "release combine": story.combine,
        "release list": story.list_releases,
        "release recall": story.recall,
        "brief": story.brief,
        "map": story.print_map,
        "desk": desk,
    }
)
"""What each command tells; its help is the beginning of the docstring."""


@contextmanager
def no_collection() -> Iterator[None]:
    """Leave reference cycles in memory: a command ends before they fill it.

    What a run builds lives to its end, so a search among it finds little and takes a tenth of
    the time.
    """
    gc.disable()
    try:
        yield
    finally:
        gc.enable()


def answer(tell: Callable[..., story.Outcome], asked: Any) -> None:
    """Print what a command tells, while it works and when it ends."""
    # The desk works for hours.
    with nullcontext() if tell is desk else no_collection():
        outcome = _told(tell, asked)
    finish(outcome)


def _told(tell: Callable[..., story.Outcome], asked: Any) -> story.Outcome:
    """Return what a command tells; print its stages while it works."""
    if hasattr(asked, "quiet"):
        with stages(quiet=asked.quiet, timings=asked.timings) as stage:
            return tell(asked, story.Watch(stage, complain, show))
    if "watch" in signature(tell).parameters:
        with working() as work:
            watch = story.Watch(work.step, complain, work.show)
            return tell(asked, watch)
    return tell(asked)


def finish(outcome: story.Outcome) -> None:
    """Print what came of a command; end with exit code 1 where something is to be mended."""
    show(outcome.shown)
    complain(outcome.warned)
    if not outcome.passed:
        raise typer.Exit(1)


for name, tell in COMMANDS.items():
    commands.add(app, name, tell, answer)


@app.command("doctor", cls=commands.Command)
def doctor() -> None:
    """Check the machine: versions, fonts, folders, browser."""
    finish(story.doctor())
