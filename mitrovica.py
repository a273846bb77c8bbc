"""The front door: the command line, and the story it tells: read, analyse, draw, write.

Heavy imports happen inside the commands, so that ``mitrovica --help`` answers at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console

if TYPE_CHECKING:
    from geopandas import GeoDataFrame
    from pandas import DataFrame
    from rich.status import Status
    from shapely import Polygon

    from geo.duplicates import Choice
    from geo.params import Params
    from geo.results import Layers, StudyData, Terrain
    from layers.readers.changes import Changes
    from layers.readers.download import Event
    from layers.readers.sightings import Options, SightingsReport
    from layers.readers.values import DateOrder, DecimalMark

app = typer.Typer(
    help="Corridor proximity, hotspots and patrol routes for outreach in the Mitrovica region.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
sightings_app = typer.Typer(help="Check files of sightings from the field.", no_args_is_help=True)
app.add_typer(sightings_app, name="sightings")

console = Console(highlight=False, soft_wrap=True)
complain = Console(stderr=True, highlight=False, soft_wrap=True)

FATES = ("added", "removed", "reshaped", "reclassed")

StoreOption = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of the snapshots.  Default: the user's data folder."),
]


DropOption = Annotated[
    bool,
    typer.Option("--drop-personal", help="Leave out columns that look like personal data."),
]
DecimalOption = Annotated[
    str | None, typer.Option("--decimal", help="Decimal mark of the numbers: '.' or ','.")
]
DatesOption = Annotated[
    str | None, typer.Option("--dates", help="Order of the dates: 'dmy' or 'mdy'.")
]
SheetOption = Annotated[
    str | None, typer.Option("--sheet", help="Sheet of the workbook, layer of the GeoPackage.")
]


class InputError(ValueError):
    """What the user gave cannot be used."""


@app.command()
def run(
    sightings: Annotated[
        list[Path] | None,
        typer.Option(help="Your own sightings; may be given several times."),
    ] = None,
    snapshot: Annotated[
        str | None,
        typer.Option(help="Id of an OSM snapshot, or 'bundled'.  Default: the newest one."),
    ] = None,
    config: Annotated[Path | None, typer.Option(help="Parameters, TOML.")] = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out"),
    full: Annotated[bool, typer.Option("--full", help="Take the time for everything.")] = False,
    tiles: Annotated[
        bool, typer.Option("--tiles", help="Let the map offer OSM tiles, asked for on demand.")
    ] = False,
    store: StoreOption = None,
    duplicates: Annotated[
        str, typer.Option(help="Probable duplicates among your sightings: 'keep' or 'merge'.")
    ] = "keep",
    drop_personal: DropOption = False,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    sheet: SheetOption = None,
) -> None:
    """Run the study: read, analyse, draw, write."""
    with plain_errors():
        from geo import study
        from layers.readers import report
        from layers.writers import folder
        from maps import planner
        from maps.summary import ten_lines

        now = datetime.now(UTC)
        params = read_params(config)
        params = params.in_full() if full else params
        options = reading_options(drop_personal, decimal, dates, sheet)
        field = read_field(sightings or [], options, duplicates)
        data = read(snapshot, store, field)
        console.print(f"Network: {data.layers.source.title}")

        findings = study.run(data, params)

        map_html = planner(findings, data, tiles=tiles).get_root().render()
        lines = ten_lines(findings, places=data.places)

        folder.write_all(
            out,
            findings=findings,
            data=data,
            params=params,
            map_html=map_html,
            ten_lines=lines,
            contradictions=report.contradictions(),
            rejected=field.rejected if field else None,
            duplicates=field.duplicates if field else None,
            inputs=[*(sightings or []), *([config] if config else [])],
            now=now,
        )
        tell(lines, out)


@app.command()
def fetch(
    from_: Annotated[
        str, typer.Option("--from", help="'overpass', or a file: .osm.pbf, .osm, .shp, .gpkg.")
    ] = "overpass",
    area: Annotated[
        str, typer.Option(help="'mitrovica', 'corridor', a GeoJSON file or a place name.")
    ] = "mitrovica",
    server: Annotated[
        list[str] | None, typer.Option(help="Overpass server; may be given several times.")
    ] = None,
    refresh: Annotated[
        bool, typer.Option("--refresh", help="Ask again, whatever is in the cache.")
    ] = False,
    terrain: Annotated[
        str | None,
        typer.Option(help="GeoTIFF or COG, a file or an address; 'copernicus' for GLO-30."),
    ] = None,
    cell: Annotated[
        float, typer.Option("--terrain-cell", help="Cell size to warp it to, m.")
    ] = 30.0,
    detail: Annotated[
        float | None, typer.Option("--terrain-detail", help="Smallest feature it truly shows, m.")
    ] = None,
    credit: Annotated[
        str, typer.Option("--terrain-credit", help="Whom to credit for it.")
    ] = "not stated",
    compare: Annotated[
        bool, typer.Option("--compare", help="Show what changed since the snapshot before.")
    ] = False,
    store: StoreOption = None,
    cache: Annotated[
        Path | None, typer.Option(help="Folder of the servers' answers.  Default: the user's.")
    ] = None,
) -> None:
    """Fetch OpenStreetMap and keep it as a snapshot."""
    with plain_errors():
        from layers.readers import areas, changes, extract, overpass, roads_file, snapshots
        from layers.readers import terrain as ground

        study_area = areas.resolve(area, cache=cache)
        polygon = cast("Polygon", study_area.geometry.iloc[0])
        if from_ == "overpass":
            with console.status("Asking Overpass …") as status:
                layers = overpass.fetch(
                    polygon,
                    urls=server or overpass.SERVERS,
                    cache=cache,
                    refresh=refresh,
                    progress=lambda event: show_progress(event, status),
                )
        else:
            reader = roads_file if from_.endswith(roads_file.SUFFIXES) else extract
            layers = reader.read(Path(from_), polygon)
        folder = store or snapshots.default_store()
        before = snapshots.newest(folder)
        earlier = snapshots.load(folder, before) if compare and before else None
        name = snapshots.save(layers, folder, study_area)
        console.print(f"Snapshot {name} in {folder}")
        if earlier is not None:
            show_changes(changes.compare(earlier, layers), str(before))
        if terrain is not None:
            copernicus = terrain == "copernicus"
            made = ground.fetch(
                folder,
                name,
                ground.COPERNICUS if copernicus else terrain,
                polygon,
                cell_m=cell,
                detail_m=detail,
                licence=ground.COPERNICUS_LICENCE if copernicus else credit,
            )
            console.print(f"Terrain: {made.rows} x {made.columns} cells of {made.cell_m:g} m")
        console.print("Next: mitrovica run")


@app.command("snapshots")
def list_snapshots(store: StoreOption = None) -> None:
    """List the snapshots: source, OSM date, counts."""
    with plain_errors():
        from layers.readers import snapshots

        folder = store or snapshots.default_store()
        found = snapshots.list_all(folder)
        for manifest in found:
            counts = ", ".join(f"{s.features:,} {name}" for name, s in manifest.layers.items())
            km = sum(summary.kilometres for summary in manifest.layers.values())
            dated = manifest.osm_date[:10] if manifest.osm_date else "not stated"
            console.print(f"[bold]{manifest.id}[/bold]")
            console.print(f"  {manifest.title}; OSM date {dated}; made {manifest.made[:10]}")
            console.print(f"  {counts}; {km:,.0f} km of ways")
        if not found:
            console.print(f"No snapshot in {folder}. Make one: mitrovica fetch")


@sightings_app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(help="CSV, XLSX, GeoJSON, GeoPackage.")],
    drop_personal: DropOption = False,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    sheet: SheetOption = None,
) -> None:
    """Check files of sightings, row by row."""
    with plain_errors():
        options = reading_options(drop_personal, decimal, dates, sheet)
        report = check_sightings(files, options)
        if report.faults:
            raise typer.Exit(1)


@sightings_app.command("form")
def form(
    path: Annotated[Path, typer.Argument(help="Where to write it.")] = Path("sightings_form.xlsx"),
) -> None:
    """Write the field form (XLSForm) for KoboToolbox and ODK."""
    with plain_errors():
        from layers.writers.xlsform import write_form

        console.print(f"Wrote {write_form(path)}")


def read_params(config: Path | None) -> Params:
    """Return the parameters in the TOML file, or the defaults."""
    from geo import params

    table: dict[str, Any] = {}
    if config is not None:
        try:
            table = tomllib.loads(config.read_text("utf-8"))
        except (tomllib.TOMLDecodeError, UnicodeDecodeError) as error:
            raise InputError(f"{config} is not valid TOML in UTF-8: {error}") from error
    return params.from_mapping(table)


@dataclass(frozen=True)
class Field:
    """The user's own sightings: what is used, what is not, what may be reported twice."""

    used: GeoDataFrame
    rejected: DataFrame
    duplicates: DataFrame


def read(snapshot: str | None, store: Path | None, field: Field | None) -> StudyData:
    """Return the data of the study: the bundled data, a snapshot's ways, the user's sightings."""
    from layers.readers import bundled

    layers, terrain = read_layers(snapshot, store)
    data = replace(bundled.study_data(), layers=layers, terrain=terrain)
    return data if field is None else replace(data, sightings=field.used)


def read_field(files: list[Path], options: Options, duplicates: str) -> Field | None:
    """Return the user's own sightings, checked row by row, or None where there are none."""
    if not files:
        return None
    from geo.crs import metric_crs
    from geo.duplicates import probable_duplicates, resolve

    if duplicates not in ("keep", "merge"):
        raise InputError(f"--duplicates {duplicates}: say 'keep' or 'merge'")
    report = check_sightings(files, options)
    if report.accepted.empty:
        raise InputError("No row of the sightings can be used: see the list above")
    pairs = probable_duplicates(report.accepted.to_crs(metric_crs(report.accepted)))
    used, noted = resolve(report.accepted, pairs, cast("Choice", duplicates))
    for pair in noted.itertuples():
        what = f"{pair.first} and {pair.second} may be one group, score {pair.score:.2f}"
        console.print(f"{what}: {duplicates}", markup=False)
    return Field(used, report.rejected, noted)


def read_layers(snapshot: str | None, store: Path | None) -> tuple[Layers, Terrain | None]:
    """Return the named snapshot, else the newest, else the bundled network, and its terrain."""
    from layers.readers import bundled, snapshots, terrain

    folder = store or snapshots.default_store()
    chosen = snapshot or snapshots.newest(folder)
    if chosen is None or chosen == "bundled":
        return bundled.network(), None
    return snapshots.load(folder, chosen), terrain.load(folder, chosen)


def reading_options(
    drop_personal: bool, decimal: str | None, dates: str | None, sheet: str | None
) -> Options:
    """Return what the user says about a file where the file leaves it open."""
    from layers.readers.sightings import Options

    if decimal not in (None, ".", ","):
        raise InputError(f"--decimal {decimal}: say '.' or ','")
    if dates not in (None, "dmy", "mdy"):
        raise InputError(f"--dates {dates}: say 'dmy' or 'mdy'")
    return Options(
        drop_personal=drop_personal,
        decimal=cast("DecimalMark | None", decimal),
        dates=cast("DateOrder | None", dates),
        sheet=sheet,
    )


def check_sightings(files: list[Path], options: Options) -> SightingsReport:
    """Read sightings and say what became of every row."""
    from layers.readers import sightings

    report = sightings.read(*files, options=options)
    for line in report.lines():
        console.print(line, markup=False)
    return report


def show_progress(event: Event, status: Status) -> None:
    """Show what the download is doing; what went wrong stays on the screen."""
    status.update(str(event))
    if event.kind in ("waiting", "next_server"):
        console.print(str(event), markup=False)


def show_changes(found: Changes, before: str) -> None:
    """Print what changed since the snapshot `before`."""
    console.print(f"Changes since {before}:")
    for layer in found.layers.itertuples():
        fates = (f"{getattr(layer, fate):,} {fate}" for fate in FATES)
        console.print(
            f"  {layer.Index}: {layer.before:,} -> {layer.after:,} ({', '.join(fates)}), "
            f"{layer.km_before:,.1f} -> {layer.km_after:,.1f} km"
        )
    for railway in found.status.itertuples():
        what = f"railway {railway.id}: {railway.before} -> {railway.after}, {railway.km:.1f} km"
        console.print(what, markup=False)
    if found.note:
        console.print(found.note)


def tell(lines: list[str], out: Path) -> None:
    """Print what was found and where to look."""
    for line in lines:
        console.print(line, markup=False)
    console.print(f"Open {out / 'map.html'} in a browser; everything else is in {out}.")


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an error that the user can mend into one plain message; let every other one through."""
    from pydantic import ValidationError

    try:
        yield
    except ValidationError as error:
        for fault in error.errors():
            key = ".".join(str(part) for part in fault["loc"])
            complain.print(f"{key}: found {fault['input']!r}. {fault['msg']}", markup=False)
        raise typer.Exit(2) from error
    except Exception as error:
        ours = type(error).__module__.partition(".")[0] in ("geo", "layers", "maps", __name__)
        if not (ours or isinstance(error, OSError)):
            raise
        complain.print(str(error), markup=False)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
