"""The options of the command line, and the words that `--help` has for them."""

from pathlib import Path
from typing import Annotated

import typer

Version = Annotated[bool, typer.Option("--version", help="Print the version.")]

# Of several commands

Store = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of the snapshots.  Default: the user's data folder."),
]
FromRun = Annotated[Path, typer.Option("--from", help="Folder that a run has filled.")]
Exact = Annotated[
    bool,
    typer.Option(
        "--exact",
        help="For the office that keeps the records: exact positions, for files marked INTERNAL "
        "that never leave it.",
    ),
]
Tiles = Annotated[
    bool, typer.Option("--tiles", help="Let the map offer OSM tiles, loaded on demand.")
]

Quiet = Annotated[
    bool,
    typer.Option(
        "--quiet",
        "-q",
        help="Print only warnings: no stages (these go to stderr), no results.",
    ),
]
Study = Annotated[
    Path | None,
    typer.Option("--study", help="Folder of the study.  Default: the study that is shipped."),
]

LogFile = Annotated[
    Path | None,
    typer.Option("--log", help="File of the log.  Default: in the user's data folder."),
]
NoLog = Annotated[bool, typer.Option("--no-log", help="Leave the log out.")]

# init

NewFolder = Annotated[Path, typer.Argument(help="Folder of the new study.")]
NewArea = Annotated[
    str | None, typer.Option("--area", help="Its boundary: a GeoJSON file or a place name.")
]
Title = Annotated[
    str | None, typer.Option("--title", help="What it is called.  Default: as its folder.")
]

# Sightings

DropPersonal = Annotated[
    bool, typer.Option("--drop-personal", help="Leave out columns that look like personal data.")
]
Decimal = Annotated[
    str | None, typer.Option("--decimal", help="Decimal mark of the numbers: '.' or ','.")
]
Dates = Annotated[str | None, typer.Option("--dates", help="Order of the dates: 'dmy' or 'mdy'.")]
Sheet = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of the workbook, layer of the GeoPackage.")
]
Files = Annotated[
    list[Path] | None,
    typer.Argument(help="CSV, XLSX, GeoJSON, GeoPackage.  Default: the study's own."),
]
FormFile = Annotated[Path, typer.Argument(help="Where to write it.")]

# run

Folder = Annotated[
    Path | None,
    typer.Argument(help="Folder of the study.  Default: the study that is shipped."),
]
Sightings = Annotated[
    list[Path] | None,
    typer.Option(help="Sightings in place of the study's own; may be given several times."),
]
Snapshot = Annotated[
    str | None,
    typer.Option(
        help="Id of an OSM snapshot, or 'own': the network in the study's folder.  Default: "
        "the one that the study names, else the newest that covers it."
    ),
]
Config = Annotated[Path | None, typer.Option(help="Parameters, TOML.")]
Out = Annotated[Path, typer.Option(help="Folder for the results.")]
Full = Annotated[bool, typer.Option("--full", help="Take the time for everything.")]
Duplicates = Annotated[
    str, typer.Option(help="Probable duplicates among your sightings: 'keep' or 'merge'.")
]

# plan

Date = Annotated[
    str | None, typer.Option(help="Day on which the (first) night begins, YYYY-MM-DD.")
]
Nights = Annotated[
    int | None, typer.Option(min=1, help="Nights to plan, such as 14.  Default: one.")
]
Changes = Annotated[Path | None, typer.Option(help="What changes since the run, TOML.")]
PlanOut = Annotated[
    Path | None, typer.Option(help="Folder for the plan.  Default: 'plan' in that of the run.")
]
OtherSnapshot = Annotated[
    str | None, typer.Option(help="Id of another OSM snapshot than the run's, or 'own'.")
]
ComparePlans = Annotated[
    tuple[Path, Path] | None,
    typer.Option("--compare", help="Two folders of runs or plans: only say what differs."),
]
Scenario = Annotated[
    str | None,
    typer.Option(
        help="'movement': let the movement model weigh, and list the stops that depend on it."
    ),
]

# check-plan

PlanFile = Annotated[
    Path, typer.Argument(help="An edited patrol_plan.csv; its rows count in their order.")
]
Against = Annotated[
    Path | None,
    typer.Option(help="Folder of the run or plan that was edited.  Default: that of the run."),
]

# map

Pdf = Annotated[
    Path | None, typer.Option(help="File to write.  Default: 'map.pdf' beside the map.")
]
Paper = Annotated[str, typer.Option(help="'a4' or 'a3', landscape.")]
Language = Annotated[str | None, typer.Option(help="Of the page: 'en', 'sq', 'sr', 'sr-Cyrl'.")]

# fetch

Origin = Annotated[
    str, typer.Option("--from", help="'overpass', or a file: .osm.pbf, .osm, .shp, .gpkg.")
]
Area = Annotated[
    str | None,
    typer.Option(
        help="A GeoJSON file, a place name, 'mitrovica' or 'corridor'.  Default: the study's "
        "boundary."
    ),
]
Server = Annotated[
    list[str] | None, typer.Option(help="Overpass server; may be given several times.")
]
Refresh = Annotated[bool, typer.Option("--refresh", help="Ask again, whatever is in the cache.")]
TerrainFile = Annotated[
    str | None,
    typer.Option("--terrain", help="GeoTIFF, or the address of a COG; 'copernicus' for GLO-30."),
]
TerrainCell = Annotated[float, typer.Option("--terrain-cell", help="Cell size to warp it to, m.")]
TerrainDetail = Annotated[
    float | None, typer.Option("--terrain-detail", help="Smallest feature it truly shows, m.")
]
TerrainCredit = Annotated[str, typer.Option("--terrain-credit", help="Whom to credit for it.")]
CompareSnapshots = Annotated[
    bool, typer.Option("--compare", help="Show what changed since the snapshot before.")
]
Cache = Annotated[
    Path | None, typer.Option(help="Folder of the servers' answers.  Default: the user's.")
]
