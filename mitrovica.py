"""The front door: the command line, and the story it tells: read, analyse, draw, write.

Heavy imports happen inside the commands, so that ``mitrovica --help`` answers at once.
"""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, Any, cast

import typer
from rich.console import Console

if TYPE_CHECKING:
    from shapely import Polygon

    from geo.params import Params
    from geo.results import Layers, StudyData
    from layers.readers.changes import Changes
    from layers.readers.download import Event
    from layers.readers.sightings import SightingsReport

app = typer.Typer(
    help="Corridor proximity, hotspots and patrol routes for outreach in the Mitrovica region.",
    no_args_is_help=True,
    pretty_exceptions_enable=False,
)
sightings_app = typer.Typer(help="Check files of sightings from the field.", no_args_is_help=True)
app.add_typer(sightings_app, name="sightings")

console = Console(highlight=False, soft_wrap=True)
complain = Console(stderr=True, highlight=False, soft_wrap=True)

StoreOption = Annotated[
    Path | None,
    typer.Option("--store", help="Folder of the snapshots.  Default: the user's data folder."),
]


DropOption = Annotated[
    bool,
    typer.Option("--drop-personal", help="Leave out columns that look like personal data."),
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
    store: StoreOption = None,
    drop_personal: DropOption = False,
) -> None:
    """Run the study: read, analyse, draw, write."""
    with plain_errors():
        from geo import study
        from layers.readers import report
        from layers.writers import folder
        from maps import planner
        from maps.summary import ten_lines

        now = datetime.now(UTC)
        params = replace(read_params(config), full=full)
        data, checked = read(sightings or [], snapshot, store, drop_personal)
        console.print(f"Network: {data.layers.source.title}")

        findings = study.run(data, params)

        map_html = planner(findings, data).get_root().render()
        lines = ten_lines(findings)

        folder.write_all(
            out,
            findings=findings,
            data=data,
            params=params,
            map_html=map_html,
            ten_lines=lines,
            contradictions=report.contradictions(),
            rejected=checked.rejected if checked else None,
            inputs=[*(sightings or []), *([config] if config else [])],
            now=now,
        )
        tell(lines, out)


@app.command()
def fetch(
    from_: Annotated[
        str, typer.Option("--from", help="'overpass', or an OSM extract (.osm.pbf, .osm).")
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
        from layers.readers import areas, changes, extract, overpass, snapshots

        study_area = areas.resolve(area, cache=cache)
        polygon = cast("Polygon", study_area.geometry.iloc[0])
        if from_ == "overpass":
            with console.status("Asking Overpass …") as status:
                layers = overpass.fetch(
                    polygon,
                    urls=server or overpass.SERVERS,
                    cache=cache,
                    refresh=refresh,
                    progress=lambda event: status.update(progress_line(event)),
                )
        else:
            layers = extract.read(Path(from_), polygon)
        folder = store or snapshots.default_store()
        before = snapshots.newest(folder)
        earlier = snapshots.load(folder, before) if compare and before else None
        name = snapshots.save(layers, folder, study_area)
        console.print(f"Snapshot {name} in {folder}")
        if earlier is not None:
            show_changes(changes.compare(earlier, layers), str(before))
        console.print("Next: mitrovica run")


@app.command("snapshots")
def list_snapshots(store: StoreOption = None) -> None:
    """List the snapshots: source, OSM date, counts."""
    with plain_errors():
        from layers.readers import snapshots

        folder = store or snapshots.default_store()
        found = snapshots.list_all(folder)
        rows = [
            {
                "id": manifest.id,
                "made": manifest.made[:10],
                "OSM date": (manifest.osm_date or "not stated")[:10],
                **{name: layer.features for name, layer in manifest.layers.items()},
                "km": round(sum(layer.kilometres for layer in manifest.layers.values())),
            }
            for manifest in found
        ]
        show_table(rows)
        if not found:
            console.print(f"No snapshot in {folder}. Make one: mitrovica fetch")


@sightings_app.command("check")
def check(
    files: Annotated[list[Path], typer.Argument(help="CSV, XLSX, GeoJSON, GeoPackage.")],
    drop_personal: DropOption = False,
) -> None:
    """Check files of sightings, row by row."""
    with plain_errors():
        report = check_sightings(files, drop_personal)
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
        except tomllib.TOMLDecodeError as error:
            raise InputError(f"{config} is not valid TOML: {error}") from error
    return params.from_mapping(table)


def read(
    sightings: list[Path], snapshot: str | None, store: Path | None, drop_personal: bool
) -> tuple[StudyData, SightingsReport | None]:
    """Return the data of the study, and what the check of the user's own sightings found."""
    from layers.readers import bundled

    data = replace(bundled.study_data(), layers=read_layers(snapshot, store))
    if not sightings:
        return data, None
    report = check_sightings(sightings, drop_personal)
    if report.accepted.empty:
        raise InputError("No row of the sightings can be used: see the list above")
    return replace(data, sightings=report.accepted), report


def read_layers(snapshot: str | None, store: Path | None) -> Layers:
    """Return the named snapshot, else the newest, else the bundled reference network."""
    from layers.readers import bundled, snapshots

    folder = store or snapshots.default_store()
    chosen = snapshot or snapshots.newest(folder)
    if chosen is None or chosen == "bundled":
        return bundled.network()
    return snapshots.load(folder, chosen)


def check_sightings(files: list[Path], drop_personal: bool) -> SightingsReport:
    """Read sightings and say what became of every row."""
    from layers.readers.sightings import Options, read

    report = read(*files, options=Options(drop_personal=drop_personal))
    for line in report.lines():
        console.print(line, markup=False)
    return report


def progress_line(event: Event) -> str:
    """Return what the download is doing, in one line."""
    where = f"query {event.query} of {event.queries}"
    tries = f"attempt {event.attempt} of {event.attempts} at {event.server}"
    match event.kind:
        case "cached":
            return f"{where}: in the cache"
        case "waiting":
            return f"{where}: {event.what}; {tries} in {event.seconds:.0f} s"
        case "next_server":
            return f"{where}: {event.what}; trying the next server"
        case _:
            return f"{where}: {tries}, {event.seconds:.0f} s, {event.received / 1e6:.1f} MB"


def show_changes(found: Changes, before: str) -> None:
    """Print what changed since the snapshot `before`."""
    console.print(f"Changes since {before}:")
    show_table(found.layers.round(1).reset_index().to_dict("records"))
    for railway in found.status.itertuples():
        what = f"railway {railway.id}: {railway.before} -> {railway.after}, {railway.km:.1f} km"
        console.print(what, markup=False)
    if found.note:
        console.print(found.note)


def show_table(rows: list[dict[Any, Any]]) -> None:
    """Print rows as a table, numbers to the right."""
    from rich.table import Table

    if not rows:
        return
    table = Table(box=None, pad_edge=False)
    for column, value in rows[0].items():
        right = isinstance(value, int | float)
        table.add_column(str(column), justify="right" if right else "left", no_wrap=True)
    for row in rows:
        table.add_row(*(f"{v:,}" if isinstance(v, int | float) else str(v) for v in row.values()))
    console.print(table)


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
