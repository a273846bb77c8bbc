"""What a study begins with: its folder, its form, the ways; and whether the machine has all."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Literal

from layers import readers, writers
from layers.complaints import UserError
from layers.package_data import command
from maps.words.text_tables import Columns
from mitrovica import intake, machine
from mitrovica.story.outcome import SILENT, Outcome, Watch

if TYPE_CHECKING:
    import geopandas as gpd

    from layers.readers.study import Study


@dataclass(frozen=True, kw_only=True)
class Init:
    """The folder of a new study."""

    folder: Path
    area: str | None = None
    bbox: str | None = None
    title: str | None = None
    store: Path | None = None
    cache: Path | None = None


def init(asked: Init) -> Outcome:
    """Write the folder of a new study, with examples.

    Parameters
    ----------
    asked : Init
        What the command was asked for.

    Returns
    -------
    Outcome

    Raises `layers.complaints.UserError` if the folder holds a study, or the area is not known.

    Examples
    --------
    >>> from pathlib import Path
    >>> from tempfile import TemporaryDirectory
    >>> with TemporaryDirectory() as home:
    ...     outcome = init(Init(folder=Path(home) / "valley", title="The valley"))
    >>> outcome.shown[0].endswith("valley/study.toml")
    True
    """
    outline, warned = _outline(asked)
    title = asked.title or asked.folder.resolve().name
    written = intake.new_study.write(asked.folder, title, outline)
    area = "PLACE" if outline is None else None
    fetching = command(
        "fetch", study=asked.folder, area=area, store=asked.store, cache=asked.cache
    )
    steps = f"Next: fill in places.csv and sightings.csv, then {fetching}"
    return Outcome([*(f"Wrote {path}" for path in written), steps], warned)


def _outline(asked: Init) -> tuple[gpd.GeoDataFrame | None, list[str]]:
    """Return the boundary that is asked for, and what is to be said of it."""
    from layers.readers.osm.queries import DownloadError

    areas = readers.areas
    if asked.bbox is not None:
        if asked.area is not None:
            raise UserError(
                "--area and --bbox are two boundaries. Fix: give one of them"
            )
        return areas.rectangle(asked.bbox), []
    if asked.area is None:
        return None, []
    try:
        return areas.area_of(asked.area, cache=asked.cache), []
    except DownloadError as error:
        found = areas.in_snapshots(asked.area, asked.store)
        if found is None:
            raise DownloadError(
                f"{error}. No snapshot has a place of that name: a rectangle or a file of polygons "
                "does without a server"
            ) from error
    side_km = areas.SQUARE_KM[found.kind]
    line = (
        f"No server told where {asked.area} ends: the boundary is a square of {side_km} km about "
        f"the {found.kind} in snapshot {found.snapshot}. Fix: draw it in boundary.geojson"
    )
    return found.area, [line]


@dataclass(frozen=True, kw_only=True)
class Form:
    """The form for the field."""

    file: Path = Path("sightings_form.xlsx")
    study: Path | None = None


def form(asked: Form) -> Outcome:
    """Write the field form (XLSForm), for KoboToolbox and ODK.

    Parameters
    ----------
    asked : Form
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    study = readers.study.read(asked.study)
    path = intake.xlsform.write_form(asked.file, study.form_id)
    return Outcome([f"Wrote {path}"])


@dataclass(frozen=True, kw_only=True)
class TableForm:
    """The table for a spreadsheet."""

    file: Path | None = None
    of: Literal["sightings", "places"] = "sightings"
    language: str = "en"


def table_form(asked: TableForm) -> Outcome:
    """Write a table of sightings or places to fill in, XLSX or CSV.

    Parameters
    ----------
    asked : TableForm
        What the command was asked for.

    Returns
    -------
    Outcome

    Raises `layers.complaints.UserError` if the ending of the file or the language is not known.
    """
    file = asked.file or Path(f"{asked.of}_table.xlsx")
    path = intake.table_form.write(file, asked.language, asked.of)
    return Outcome([f"Wrote {path}"])


def table_form_of(
    of: Literal["sightings", "places"], suffix: str, language: str
) -> bytes:
    """Return the table that `table_form` writes."""
    return intake.table_form.content_of(suffix, language, of)


@dataclass(frozen=True, kw_only=True)
class Fetch:
    """Ways to be fetched."""

    from_: str = "overpass"
    study: Path | None = None
    area: str | None = None
    server: list[str] | None = None
    refresh: bool = False
    compare: str | None = None
    terrain: str | None = None
    terrain_cell: float = 30.0
    terrain_detail: float | None = None
    terrain_credit: str = "not stated"
    store: Path | None = None
    cache: Path | None = None


def fetch(asked: Fetch, watch: Watch = SILENT) -> Outcome:
    """Fetch OpenStreetMap and keep it as a snapshot.

    Parameters
    ----------
    asked : Fetch
    watch : Watch, optional
        Hears each step, each server that is given up, and the snapshot as soon as it is kept.

    Returns
    -------
    Outcome
        What changed since another snapshot, the size of the terrain, and the next command.

    Raises `layers.complaints.UserError` if the area or the source cannot be used,
    `layers.readers.osm.queries.DownloadError` if no server answers.
    """
    from layers.readers.osm import changes, snapshots

    study = readers.study.read(asked.study, asked.store)
    area = _area(asked, study)
    folder = snapshots.at(asked.store)
    before = snapshots.load(folder, asked.compare) if asked.compare else None
    name = _snapshot(asked, area, folder, watch)
    watch.show([f"Snapshot {name} in {folder}"])
    shown: list[str | Columns] = []
    if before is not None:
        table = changes.compare(before, snapshots.load(folder, name))
        km = table["km"].map("{:.2f}".format).where(table["km"] > 0, "")
        rows = table.assign(km=km).itertuples(index=False)
        shown.append(Columns.of(changes.HEAD, rows, f"Changed since {asked.compare}"))
    if asked.terrain is not None:
        grid = readers.terrain.fetch(
            folder,
            name,
            asked.terrain,
            area.geometry.iloc[0],
            cell_m=asked.terrain_cell,
            detail_m=asked.terrain_detail,
            licence=asked.terrain_credit,
        )
        size = f"{grid['rows']} x {grid['columns']} cells of {grid['cell_m']:g} m"
        shown.append(f"Terrain: {size}")
    shown.append(f"Next: {command('run', asked.study, store=asked.store)}")
    return Outcome(shown)


def _area(asked: Fetch, study: Study) -> gpd.GeoDataFrame:
    if asked.area:
        return readers.areas.area_of(asked.area, cache=asked.cache)
    return readers.areas.of_study(study)


def _snapshot(asked: Fetch, area: gpd.GeoDataFrame, folder: Path, watch: Watch) -> str:
    """Keep the ways of an area as a snapshot in a folder, and return its id."""
    from layers.readers.osm.queries import Servers

    steps: list[str] = []

    def progress(step: str) -> None:
        steps.append(step)
        watch.step(step)

    watch.step(f"Reading {asked.from_} …")
    fetch_command = partial(
        command, "fetch", study=asked.study, area=asked.area, store=asked.store
    )
    name = readers.network.fetch(
        asked.from_,
        area,
        folder,
        servers=Servers(asked.server or (), asked.cache, asked.refresh, progress),
        fetch_command=fetch_command,
    )
    watch.warn(step for step in steps if step.endswith("given up"))
    return name


@dataclass(frozen=True, kw_only=True)
class Snapshots:
    """The snapshots of a folder."""

    store: Path | None = None


def snapshots(asked: Snapshots) -> Outcome:
    """List the snapshots: source, OSM date, counts.

    Parameters
    ----------
    asked : Snapshots
        What the command was asked for.

    Returns
    -------
    Outcome
    """
    from layers.readers.osm import snapshots as store

    folder = store.at(asked.store)
    manifests = store.list_all(folder)
    damaged = readers.network.passed_over(asked.store)
    if manifests:
        table = Columns.of(store.HEAD, (manifest.row() for manifest in manifests))
        return Outcome([table], damaged)
    fetching = command("fetch", store=asked.store)
    return Outcome([f"No snapshot in {folder}. Make one: {fetching}"], damaged)


def doctor() -> Outcome:
    """Check the machine: versions, fonts, folders, browser.

    Returns
    -------
    Outcome
    """
    rows = []
    fixes = []
    passed = True
    for check in machine.checks(writers.printing.browser):
        rows.append((check.part, check.found, check.state or "good"))
        if check.fix:
            fixes.append(f"{check.part}: {check.found}. Fix: {check.fix}")
        passed = passed and check.state != "wrong"
    return Outcome([Columns.of(machine.HEAD, rows)], fixes, passed)
