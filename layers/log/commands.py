"""The log's commands: what the log holds, and what is put into it and taken out."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Annotated

import typer

from layers import log as logs
from maps import terminal
from maps.terminal.console import show
from maps.terminal.grid import Grid
from maps.terminal.options import LogFile

Files = Annotated[
    list[Path],
    typer.Argument(
        help="Exports of the visit form (CSV, XLSX, JSON of KoboToolbox's API), tracks (GPX, "
        "GeoJSON), a plan's forms/stops.csv."
    ),
]
Copy = Annotated[Path, typer.Argument(help="File to write, GeoPackage.")]
Other = Annotated[Path, typer.Argument(help="A log that `log export` wrote.")]
Before = Annotated[
    datetime, typer.Option("--before", formats=["%Y-%m-%d"], help="Day, YYYY-MM-DD.")
]

app = typer.Typer(
    help="What patrols found: the log, which never leaves the office.", rich_markup_mode=None
)


@app.callback(invoke_without_command=True)
def status(context: typer.Context, log: LogFile = None) -> None:
    """Say what the log holds: nights, stops planned and made, groups met, what is missing."""
    if context.invoked_subcommand is None:
        found = logs.store.read(path := logs.store.at(log))
        nights, unreached = logs.keeping.nights(found), logs.keeping.never_reached(found)
        show(terminal.log.status(found, path, nights, unreached))
    elif log is not None:
        raise typer.BadParameter("--log goes behind the command: log add FILES --log FILE")


@app.command()
def add(context: typer.Context, files: Files, log: LogFile = None) -> None:
    """Add what crews filled in and where they drove; each record is taken once."""
    adding = logs.adding
    reports = adding.add(log, files, now=datetime.now(UTC), version=context.obj)
    show([Grid.of(adding.HEAD, map(adding.row, reports)), "", *adding.lines(reports)])
    if any(report.faults for report in reports):
        raise typer.Exit(1)


@app.command()
def export(file: Copy, log: LogFile = None) -> None:
    """Copy the log without tracks, for the desks and the backup of this office only."""
    show([logs.keeping.export(log, file)])


@app.command()
def merge(context: typer.Context, file: Other, log: LogFile = None) -> None:
    """Add the records of another desk's log, each once."""
    show([logs.keeping.merge(log, file, now=datetime.now(UTC), version=context.obj)])


@app.command()
def purge(context: typer.Context, before: Before, log: LogFile = None) -> None:
    """Take away matched tracks of nights before a day, and the sizes of groups of a year ago."""
    now = datetime.now(UTC)
    show(logs.keeping.purge(log, before.date(), now=now, version=context.obj))
