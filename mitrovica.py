"""The front door: the command line, and the story it tells: read, analyse, draw, write.

Heavy imports happen inside the commands, so that ``mitrovica --help`` answers at once.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, cast, get_args

import typer
from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    import pandas as pd
    from rich.status import Status
    from shapely import Polygon

    from geo.params import Params, PrivacyParams
    from geo.results import Findings, Patrols
    from layers.readers.osm.download import Event
    from layers.readers.sightings.report import Options, SightingsReport
    from layers.readers.sightings.usable import UsableRecords
    from layers.records import Layers, StudyData, Terrain
    from layers.schema import Table
    from layers.writers.pdf import Paper

__version__ = "0.1.0"

app = typer.Typer(
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
ConfigOption = Annotated[Path | None, typer.Option(help="Parameters, TOML.")]
FromOption = Annotated[Path, typer.Option("--from", help="Folder that a run has filled.")]
ExactOption = Annotated[
    bool,
    typer.Option(
        "--exact",
        help="For the office that keeps the records: exact positions, for files marked INTERNAL "
        "that never leave it.",
    ),
]
TilesOption = Annotated[
    bool, typer.Option("--tiles", help="Let the map offer OSM tiles, asked for on demand.")
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


def print_version(wanted: bool) -> None:
    """Print the version and stop."""
    if wanted:
        console.print(f"mitrovica {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=print_version, is_eager=True, help="Print the version."),
    ] = False,
) -> None:
    """Corridor proximity, hotspots and patrol routes for outreach in the Mitrovica region."""


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
    config: ConfigOption = None,
    out: Annotated[Path, typer.Option(help="Folder for the results.")] = Path("out"),
    full: Annotated[bool, typer.Option("--full", help="Take the time for everything.")] = False,
    tiles: TilesOption = False,
    store: StoreOption = None,
    duplicates: Annotated[
        str, typer.Option(help="Probable duplicates among your sightings: 'keep' or 'merge'.")
    ] = "keep",
    exact: ExactOption = False,
    drop_personal: DropOption = False,
    decimal: DecimalOption = None,
    dates: DatesOption = None,
    sheet: SheetOption = None,
) -> None:
    """Run the study: read, analyse, draw, write."""
    with plain_errors():
        from geo import limits, study
        from layers import staging
        from layers.handling import Handling
        from layers.readers import config as toml
        from layers.readers import machine, network, report
        from layers.readers.osm import snapshots
        from layers.readers.sightings.cells import local_time
        from layers.readers.sightings.report import Options
        from layers.writers import folder, private
        from maps.summary import ten_lines

        now = datetime.now(UTC)
        params = exactly(toml.for_run(config), exact)
        params = params.in_full() if full else params
        handling = Handling.of(now.date(), params.privacy)
        tell(map(folder.kept_line, staging.ready(out, "run", internal=exact)))
        inside = private.folder_of(now, out)
        options = Options(drop_personal, decimal, dates, sheet, today=local_time(now).date())
        field = read_field(sightings, options, duplicates) if sightings else None
        warn(snapshots.damaged(store or snapshots.default_store()) if snapshot is None else ())
        data, ids = read(network.load(snapshot, store), field, params.privacy)
        tell([f"Network: {data.layers.source.title}"])
        limits.require_fits(len(data.sightings), data.layers, params, machine.available_bytes())

        findings = study.run(data, params)

        lines = ten_lines(findings, places=data.places)
        inputs = [*(sightings or []), *([config] if config else [])]
        if inputs:
            private.write(inside, inner_tables(field, ids), inputs, handling)
        kept = folder.write_all(
            out,
            findings=findings,
            data=data,
            params=params,
            map_html=draw_map(findings, data, made=now.date(), tiles=tiles),
            cards=None if exact else draw_cards(findings.patrols, data, params, made=now.date()),
            ten_lines=lines,
            handling=handling,
            contradictions=report.contradictions(),
            inputs={"sightings files": len(sightings or ()), "parameter files": int(bool(config))},
            merged=field.merged if field else 0,
            now=now,
        )
        tell([*map(folder.kept_line, kept), *lines])
        if inputs:
            tell(
                [f"What never leaves (rows not used, which record is which, your files): {inside}"]
            )
        tell([f"Open {out / 'map.html'} in a browser; everything else is in {out}."])


@app.command()
def plan(
    from_: FromOption = Path("out"),
    date: Annotated[
        str | None, typer.Option(help="Day on which the (first) night begins, YYYY-MM-DD.")
    ] = None,
    nights: Annotated[
        int | None, typer.Option(min=1, help="Nights to plan, such as 14.  Default: one.")
    ] = None,
    config: Annotated[Path | None, typer.Option(help="What changes since the run, TOML.")] = None,
    out: Annotated[
        Path | None, typer.Option(help="Folder for the plan.  Default: 'plan' in that of the run.")
    ] = None,
    snapshot: Annotated[
        str | None, typer.Option(help="Id of another OSM snapshot than the run's, or 'bundled'.")
    ] = None,
    tiles: TilesOption = False,
    store: StoreOption = None,
    compare: Annotated[
        tuple[Path, Path] | None,
        typer.Option("--compare", help="Two folders of runs or plans: only say what differs."),
    ] = None,
    scenario: Annotated[
        str | None,
        typer.Option(help="'movement': let the movement model weigh, and list what hangs on it."),
    ] = None,
    exact: ExactOption = False,
) -> None:
    """Plan the patrols again, with other shifts, vehicles, stops, dates; the analysis stays."""
    with plain_errors():
        from geo.patrols.nights import night_of
        from geo.patrols.proposal import replan
        from geo.patrols.timetable import changes
        from layers import staging
        from layers.handling import Handling
        from layers.readers import config as toml
        from layers.readers import earlier_run, network
        from layers.writers import folder
        from maps import terminal

        if compare is not None:
            before, after = (earlier_run.timetable(folder, exact=exact) for folder in compare)
            tell(terminal.change_lines(before, after))
            tell(terminal.only_in_one_lines(before, after))
            return
        now = datetime.now(UTC)
        tell(map(folder.kept_line, staging.finish(from_)))
        left = earlier_run.read(from_, exact=exact)
        found = left.findings
        plain, several = toml.for_plan(left.parameters, config, date=date, nights=nights)
        params = plain if scenario is None else plain.in_scenario(scenario)
        # Map, cards and words are out of date when what the plan rests on is.
        handling = Handling.of(left.made, params.privacy)
        target = out or from_ / "plan"
        tell(map(folder.kept_line, staging.ready(target, "plan", internal=handling.internal)))
        ways = (
            network.load(snapshot, store) if snapshot else network.load_again(found.source, store)
        )
        data, _ = read(ways, None, params.privacy)

        patrols = replan(data, found.need, found.hotspots.segments, params, several=several)
        if scenario is not None:
            without = replan(data, found.need, found.hotspots.segments, plain, several=several)
            tell(terminal.scenario_lines(scenario, without.stops, patrols.stops))

        drawn = replace(found, source=data.layers.source, patrols=patrols)
        kept = folder.write_plan(
            target,
            patrols=patrols,
            source=data.layers.source,
            params=params,
            map_html=draw_map(drawn, data, made=left.made, tiles=tiles),
            cards=None if handling.internal else draw_cards(patrols, data, params, made=left.made),
            handling=handling,
            inputs={"runs": 1, "parameter files": int(config is not None)},
            now=now,
        )
        tell(map(folder.kept_line, kept))
        # The run has one night: it is compared with the first.
        different = changes(found.patrols.stops, night_of(patrols, 1).stops)
        tell(terminal.plan_lines(patrols, found.n_sightings))
        tell([terminal.change_line(different, f"the plan in {from_}"), f"The plan is in {target}."])


@app.command("map")
def print_map(
    from_: FromOption = Path("out"),
    pdf: Annotated[
        Path | None, typer.Option(help="File to write.  Default: 'map.pdf' beside the map.")
    ] = None,
    paper: Annotated[str, typer.Option(help="'a4' or 'a3', landscape.")] = "a4",
    language: Annotated[
        str | None, typer.Option(help="Of the page: 'en', 'sq', 'sr', 'sr-Cyrl'.")
    ] = None,
    exact: ExactOption = False,
) -> None:
    """Print the map of a run or a plan to PDF: a page for each patrol."""
    with plain_errors():
        from layers import atomic, staging
        from layers.readers import earlier_run
        from layers.writers.folder import kept_line
        from layers.writers.pdf import Paper, write_pdf
        from maps.words.catalogue import language_of

        if paper not in get_args(Paper):
            raise InputError(f"--paper {paper}: say 'a4' or 'a3'")
        tongue = None if language is None else language_of(language)
        tell(map(kept_line, staging.finish(from_)))
        html = earlier_run.map_of(from_, exact=exact)
        with atomic.owner_only() if exact else nullcontext():
            written = write_pdf(
                html, pdf or from_ / "map.pdf", paper=cast("Paper", paper), language=tongue
            )
        tell([f"Wrote {written}"])


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
        typer.Option(help="GeoTIFF, or the address of a COG; 'copernicus' for GLO-30."),
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
        from layers.readers import areas, network
        from layers.readers import terrain as terrains
        from layers.readers.osm import changes, snapshots

        study_area = areas.resolve(area, cache=cache)
        polygon = cast("Polygon", study_area.geometry.iloc[0])
        with console.status(escape(f"Reading {from_} …")) as status:
            layers = network.fetch(
                from_, polygon, servers=server, cache=cache, refresh=refresh,
                progress=lambda event: show_progress(event, status),
            )  # fmt: skip
        folder = store or snapshots.default_store()
        warn(snapshots.damaged(folder) if compare else ())
        before = snapshots.newest(folder)
        earlier = snapshots.load(folder, before) if compare and before else None
        name = snapshots.save(layers, folder, study_area)
        tell([f"Snapshot {name} in {folder}"])
        if earlier is not None:
            tell([f"Changes since {before}:", *changes.compare(earlier, layers).lines()])
        if terrain is not None:
            made = terrains.fetch(
                folder, name, terrain, polygon, cell_m=cell, detail_m=detail, licence=credit
            )
            console.print(
                f"Terrain: {made['rows']} x {made['columns']} cells of {made['cell_m']:g} m"
            )
        console.print("Next: mitrovica run")


@app.command("snapshots")
def list_snapshots(store: StoreOption = None) -> None:
    """List the snapshots: source, OSM date, counts."""
    with plain_errors():
        from layers.readers.osm import snapshots

        folder = store or snapshots.default_store()
        found = snapshots.list_all(folder)
        for manifest in found:
            console.print(manifest.id, style="bold", markup=False)
            tell(f"  {line}" for line in manifest.lines())
        warn(snapshots.damaged(folder))
        if not found:
            tell([f"No snapshot in {folder}. Make one: mitrovica fetch"])


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
        from layers.readers.sightings.cells import local_time
        from layers.readers.sightings.report import Options

        today = local_time(datetime.now(UTC)).date()
        options = Options(drop_personal, decimal, dates, sheet, today=today)
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

        tell([f"Wrote {write_form(path)}"])


def exactly(params: Params, exact: bool) -> Params:
    """Return the parameters of a study on exact positions, where the command line says so."""
    if params.privacy.exact and not exact:
        raise InputError(
            "privacy.exact: found true. Fix: take it out, and say --exact in the office that keeps "
            "the records"
        )
    return replace(params, privacy=replace(params.privacy, exact=exact))


def read(
    ways: tuple[Layers, Terrain | None], field: UsableRecords | None, privacy: PrivacyParams
) -> tuple[StudyData, pd.DataFrame]:
    """Return the data of the study, its sightings coarsened, and which record each one is."""
    from geo.crs import metric_crs
    from geo.sightings import coarsen
    from layers.readers import bundled
    from layers.schema import SIGHTING_IDS, WGS84

    layers, terrain = ways
    data = replace(bundled.study_data(privacy), layers=layers, terrain=terrain)
    if field is None:
        return data, SIGHTING_IDS.frame()
    crs = metric_crs(data.boundary)
    found = coarsen(field.records.to_crs(crs), data.places.to_crs(crs), privacy)
    return replace(data, sightings=found.sightings.to_crs(WGS84)), found.ids


def read_field(files: list[Path], options: Options, duplicates: str) -> UsableRecords:
    """Return the user's own sightings, checked row by row, and say what became of them."""
    from layers.readers.sightings import usable

    found = usable.from_report(check_sightings(files, options), duplicates)
    tell(found.lines())
    return found


def inner_tables(
    field: UsableRecords | None, ids: pd.DataFrame
) -> list[tuple[Table, pd.DataFrame]]:
    """Return the tables of a run that never leave."""
    from layers.schema import DUPLICATES, REJECTED, SIGHTING_IDS

    if field is None:
        return []
    return [(SIGHTING_IDS, ids), (REJECTED, field.rejected), (DUPLICATES, field.duplicates)]


def check_sightings(files: list[Path], options: Options) -> SightingsReport:
    """Read sightings and say what became of every row."""
    from layers.readers.sightings import report as sightings

    report = sightings.read(*files, options=options)
    tell(report.lines())
    return report


def draw_map(findings: Findings, data: StudyData, *, made: date, tiles: bool) -> str:
    """Return the planner map as one page."""
    from maps import planner

    page: str = planner(findings, data, tiles=tiles, made=made).get_root().render()
    return page


def draw_cards(patrols: Patrols, data: StudyData, params: Params, *, made: date) -> bytes | None:
    """Return a card for each stop; None where there is no stop, or nights have no dates.

    Visits after the last day on which the cards hold are on none of them, and are named.
    """
    from geo.patrols.nights import by_night
    from maps.cards.pdf import stop_cards
    from maps.cards.times import split_at, visits
    from maps.page.validity import cards_line

    nights = by_night(patrols.stops)
    if not nights or (len(nights) > 1 and nights[0][0] is None):
        return None
    until = made + timedelta(days=params.privacy.hold_days)
    kept, late = split_at(visits(nights), until)
    if late:
        tell([cards_line(made, until, late)])
    if not kept:
        return None
    return stop_cards(
        nights, data.places, data.layers.facilities,
        until=until, time_zone=params.patrols.time_zone,
    )  # fmt: skip


def show_progress(event: Event, status: Status) -> None:
    """Show what the download is doing; what went wrong stays on the screen."""
    status.update(escape(event.text))
    if event.kind != "asking":
        tell([event.text])


def warn(faults: Iterable[Exception]) -> None:
    """Name what is passed over."""
    for fault in faults:
        complain.print(f"Passed over: {fault}", markup=False)


def tell(lines: Iterable[str]) -> None:
    """Print lines as they are."""
    for line in lines:
        console.print(line, markup=False)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an error that the user can mend into one plain message; let every other one through."""
    from layers.complaints import complaint

    try:
        yield
    except Exception as error:
        lines = complaint(error)
        if not lines:
            raise
        for line in lines:
            complain.print(line, markup=False)
        raise typer.Exit(2) from error


if __name__ == "__main__":
    app()
