"""The options of the command line; their help texts are in ``maps/assets/options.toml``."""

import tomllib
from datetime import datetime
from importlib import resources
from pathlib import Path
from typing import Annotated, Final

import typer

_HELP: Final = tomllib.loads(
    resources.files("maps").joinpath("assets", "options.toml").read_text("utf-8")
)


def day(text: str) -> datetime:
    """Read a day; raises typer.BadParameter where it is written otherwise."""
    try:
        return datetime.strptime(text, "%Y-%m-%d")
    except ValueError as error:
        fix = "a day is written YYYY-MM-DD. Fix: such as 2026-11-30"
        raise typer.BadParameter(f"{text}: {fix}") from error


Version = Annotated[bool, typer.Option("--version", help=_HELP["version"])]

# Of several commands

Store = Annotated[Path | None, typer.Option("--store", help=_HELP["store"])]
FromRun = Annotated[Path, typer.Option("--from", help=_HELP["from_run"])]
Exact = Annotated[bool, typer.Option("--exact", help=_HELP["exact"])]
Tiles = Annotated[bool, typer.Option("--tiles", help=_HELP["tiles"])]
Quiet = Annotated[bool, typer.Option("--quiet", "-q", help=_HELP["quiet"])]
Formats = Annotated[str, typer.Option(metavar="LIST", help=_HELP["formats"])]
Study = Annotated[Path | None, typer.Option("--study", help=_HELP["study"])]
LogFile = Annotated[Path | None, typer.Option("--log", help=_HELP["log_file"])]
NoLog = Annotated[bool, typer.Option("--no-log", help=_HELP["no_log"])]

# init

NewFolder = Annotated[Path, typer.Argument(help=_HELP["new_folder"])]
NewArea = Annotated[str | None, typer.Option("--area", help=_HELP["new_area"])]
Title = Annotated[str | None, typer.Option("--title", help=_HELP["title"])]

# Sightings

DropPersonal = Annotated[bool, typer.Option("--drop-personal", help=_HELP["drop_personal"])]
Decimal = Annotated[str | None, typer.Option("--decimal", help=_HELP["decimal"])]
Dates = Annotated[str | None, typer.Option("--dates", help=_HELP["dates"])]
Sheet = Annotated[str | None, typer.Option("--sheet", help=_HELP["sheet"])]
Files = Annotated[list[Path] | None, typer.Argument(help=_HELP["files"])]
FormFile = Annotated[Path, typer.Argument(help=_HELP["form_file"])]

# run

Folder = Annotated[Path | None, typer.Argument(help=_HELP["folder"])]
Sightings = Annotated[list[Path] | None, typer.Option(help=_HELP["sightings"])]
Snapshot = Annotated[str | None, typer.Option(help=_HELP["snapshot"])]
Config = Annotated[Path | None, typer.Option(help=_HELP["config"])]
Out = Annotated[Path, typer.Option(help=_HELP["out"])]
Full = Annotated[bool, typer.Option("--full", help=_HELP["full"])]
Duplicates = Annotated[str, typer.Option(help=_HELP["duplicates"])]

# measure

Cluster = Annotated[str | None, typer.Option(metavar="ADDRESS", help=_HELP["cluster"])]
Workers = Annotated[int | None, typer.Option(min=1, help=_HELP["workers"])]

# plan

Date = Annotated[str | None, typer.Option(help=_HELP["date"])]
Nights = Annotated[int | None, typer.Option(min=1, help=_HELP["nights"])]
Changes = Annotated[Path | None, typer.Option(help=_HELP["changes"])]
PlanOut = Annotated[Path | None, typer.Option(help=_HELP["plan_out"])]
OtherSnapshot = Annotated[str | None, typer.Option(help=_HELP["other_snapshot"])]
ComparePlans = Annotated[
    tuple[Path, Path] | None, typer.Option("--compare", help=_HELP["compare_plans"])
]
Scenario = Annotated[str | None, typer.Option(help=_HELP["scenario"])]

# check-plan

PlanFile = Annotated[Path, typer.Argument(help=_HELP["plan_file"])]
Against = Annotated[Path | None, typer.Option(help=_HELP["against"])]

# map

Pdf = Annotated[Path | None, typer.Option(help=_HELP["pdf"])]
Paper = Annotated[str, typer.Option(help=_HELP["paper"])]
Language = Annotated[str | None, typer.Option(help=_HELP["language"])]

# fetch

Origin = Annotated[str, typer.Option("--from", help=_HELP["origin"])]
Mapping = Annotated[Path | None, typer.Option(metavar="FILE.toml", help=_HELP["mapping"])]
Area = Annotated[str | None, typer.Option(help=_HELP["area"])]
Server = Annotated[list[str] | None, typer.Option(help=_HELP["server"])]
Refresh = Annotated[bool, typer.Option("--refresh", help=_HELP["refresh"])]
TerrainFile = Annotated[str | None, typer.Option("--terrain", help=_HELP["terrain_file"])]
TerrainCell = Annotated[float, typer.Option("--terrain-cell", help=_HELP["terrain_cell"])]
TerrainDetail = Annotated[
    float | None, typer.Option("--terrain-detail", help=_HELP["terrain_detail"])
]
TerrainCredit = Annotated[str, typer.Option("--terrain-credit", help=_HELP["terrain_credit"])]
Cache = Annotated[Path | None, typer.Option(help=_HELP["cache"])]

# log

LogInputs = Annotated[
    list[Path],
    typer.Argument(
        help="Exports of the visit form (CSV, XLSX, JSON of KoboToolbox's API), tracks (GPX, "
        "GeoJSON), a plan's forms/stops.csv."
    ),
]
LogCopy = Annotated[Path, typer.Argument(help="File to write, GeoPackage.")]
OtherLog = Annotated[Path, typer.Argument(help="A log that `log export` wrote.")]
Before = Annotated[
    datetime, typer.Option("--before", parser=day, metavar="DAY", help="Day, YYYY-MM-DD.")
]

# release

Tier = Annotated[str, typer.Option(help=_HELP["tier"])]
Recipient = Annotated[str, typer.Option("--to", help=_HELP["recipient"])]
Purpose = Annotated[str, typer.Option(help=_HELP["purpose"])]
Until = Annotated[datetime, typer.Option(parser=day, metavar="DAY", help=_HELP["until"])]
ReleaseOut = Annotated[Path | None, typer.Option("--out", help=_HELP["release_out"])]
Announced = Annotated[bool, typer.Option("--announced", help=_HELP["announced"])]
LeastGroups = Annotated[int | None, typer.Option(min=2, help=_HELP["least_groups"])]
DelayDays = Annotated[int | None, typer.Option(min=0, help=_HELP["delay_days"])]
Override = Annotated[str, typer.Option(help=_HELP["override"])]
Register = Annotated[Path | None, typer.Option(help=_HELP["register"])]
Recall = Annotated[str, typer.Argument(metavar="ID", help=_HELP["recall"])]
Note = Annotated[Path | None, typer.Option("--out", help=_HELP["note"])]

# crews

PeopleFile = Annotated[Path | None, typer.Option("--people", help=_HELP["people_file"])]
PlanFolder = Annotated[Path, typer.Option("--from", help=_HELP["plan_folder"])]

# exercise

PracticeNight = Annotated[int, typer.Option("--night", min=1, help=_HELP["practice_night"])]
Seed = Annotated[int, typer.Option("--seed", min=0, help=_HELP["seed"])]
PracticePlan = Annotated[Path | None, typer.Option("--plan", help=_HELP["practice_plan"])]

# brief

BriefRecipient = Annotated[str, typer.Option("--to", help=_HELP["recipient"])]
BriefPurpose = Annotated[str, typer.Option("--purpose", help=_HELP["purpose"])]
BriefUntil = Annotated[
    datetime | None, typer.Option("--until", parser=day, metavar="DAY", help=_HELP["until"])
]
BriefTier = Annotated[str, typer.Option("--tier", help=_HELP["tier"])]
Month = Annotated[str | None, typer.Option(help=_HELP["month"])]
Quarter = Annotated[str | None, typer.Option(help=_HELP["quarter"])]
HalfYear = Annotated[str | None, typer.Option(help=_HELP["half_year"])]
BriefOut = Annotated[Path, typer.Option("--out", help=_HELP["brief_out"])]
BriefLanguage = Annotated[str, typer.Option("--language", help=_HELP["brief_language"])]
