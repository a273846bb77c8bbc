"""What a run or a plan wrote to its folder, and its timetable as somebody edited it since."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from sqlite3 import Connection
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import shapely
from rasterio.errors import RasterioIOError

from geo import results, schema
from geo.crs import metric_crs
from geo.params import Params, PrivacyParams
from geo.records import Log, Source, StudyData
from geo.schema import EDITED_PLAN, RECORDS, SCHEMA_VERSION, SIGHTINGS, Table
from geo.sightings.laws import cells_of
from layers.complaints import UserError, require_exists
from layers.files import filenames, listing, rasters, staging
from layers.files.handling import Handling
from layers.package_data import command
from layers.readers import network, package_rows
from layers.readers.study import Study
from layers.readers.tabular.table_file import read_table

MOST_STOPS: Final = 500
"""Rows of one night: stops and breaks of 25 vehicles, twenty each.  Each takes about 2 MB."""

_RUN: Final = "Fix: name the folder of a run; `mitrovica run --out FOLDER` makes one"


@dataclass(frozen=True)
class Results:
    """What a run wrote."""

    findings: results.Findings
    parameters: Mapping[str, Any]
    """Nested tables, as `geo.params.Params` takes them."""
    made: date
    """Day of the run, UTC."""
    study: str
    """Title of the study."""
    boundary: gpd.GeoDataFrame
    """Table `BOUNDARY`, EPSG:4326."""
    used_log: bool
    """Whether its need rests on what patrols met, too."""

    @property
    def handling(self) -> Handling:
        """That of the run: what rests on it is out of date when it is."""
        return Handling.of(self.made, self.findings.privacy)

    def data(
        self, study: Study, params: Params, snapshot: str | None, *log: Log
    ) -> StudyData:
        """Return what the run was made from, without its records; errors as of `Study.data`.

        Parameters
        ----------
        study
            The study that was run.
        params
            Those of the run, or of a plan that goes on from it.
        snapshot
            Id of the ways; by default those of the run.
        *log
            What patrols found, where it counts.
        """
        ways = network.load(study, snapshot or self.findings.source.id)
        return study.data(RECORDS.geoframe(), ways, params.privacy, *log)[0]


def read(folder: Path) -> Results:
    """Read what a run wrote to its folder.

    Raises `UserError` if it is no folder of a run, one of another version, or lacks a file;
    `OutputFolderError` if a run writes there at this moment, or was stopped among its renames.
    """
    with _opened(folder, "run") as record:
        try:
            source = Source(**record["source"])
            parameters = record["parameters"]
            privacy = PrivacyParams(**parameters["privacy"])
            written = datetime.fromisoformat(record["written"]).date()
            study = str(record["study"])
            used_log = bool(record["inputs"].get("logs"))
        except (KeyError, TypeError, ValueError) as error:
            path = folder / filenames.MANIFEST
            raise UserError(f"{path} is damaged ({error!r}). {_RUN}") from error
        with package_rows.opened(folder / filenames.GEOPACKAGE) as gpkg:
            files = _Folder(folder, gpkg)
            findings = files.findings(source, privacy)
        return Results(findings, parameters, written, study, files.boundary, used_log)


def timetable(folder: Path) -> gpd.GeoDataFrame:
    """Return the timetable that a run or a plan wrote, table `STOPS`, in EPSG:4326; as `read`."""
    package = folder / filenames.GEOPACKAGE
    with _opened(folder, "run", "plan"), package_rows.opened(package) as gpkg:
        return _layer(folder, gpkg, schema.STOPS)


def followed(folder: Path) -> pd.DataFrame:
    """Return what hours a plan moved and why, table `FOLLOWED`; empty where it follows no log."""
    package = folder / filenames.GEOPACKAGE
    table = schema.FOLLOWED
    with _opened(folder, "plan"), package_rows.opened(package) as gpkg:
        if table.name not in package_rows.names(gpkg):
            return table.frame()
        return table.frame(package_rows.rows(gpkg, table.name))


def edited(path: Path) -> pd.DataFrame:
    """Return the stops of an edited ``patrol_plan.csv``, table `EDITED_PLAN`, in their order.

    CSV or XLSX, as for sightings, of which the columns ``arrival`` and ``departure`` may be absent.
    Raises `layers.complaints.UserError` where it cannot be used, or has more rows
    than a night can hold.
    """
    rows = _edited_table(path)
    if rows.empty:
        raise UserError(
            f"{path} has no row. Fix: the patrol_plan.csv of a run or a plan, edited"
        )
    if len(rows) > MOST_STOPS:
        raise UserError(
            f"{path} has {len(rows):,} rows, and no night holds more than {MOST_STOPS:,} stops and "
            "breaks. Fix: keep the rows of one night"
        )
    return rows.astype({"night": "int64", "vehicle": "int64"})


def _edited_table(path: Path) -> pd.DataFrame:
    rows = read_table(path, EDITED_PLAN)
    if "kind" not in rows:
        raise UserError(
            f"{path} has no column kind. Fix: edit the patrol_plan.csv of a run or a plan, and "
            "keep its first line"
        )
    # A stop that somebody added has no kind of its own; only a break must say that it is one.
    rows["kind"] = rows["kind"].fillna("")
    return rows


def nights_before(folder: Path) -> gpd.GeoDataFrame | None:
    """Return the timetable of the plan in a folder; None where it is of one night, or none."""
    stops = timetable(folder) if (folder / filenames.MANIFEST).is_file() else None
    return None if stops is None or stops["night"].nunique() < 2 else stops


def map_of(folder: Path, *, crew: bool = False) -> tuple[Path, date]:
    """Return the map of a run, a plan or a release, and its last day; errors as for `read`.

    That of the office, or that of its crews.
    """
    with _opened(folder, "run", "plan", "release") as record:
        name = filenames.CREW if crew else filenames.MAP
        return folder / name, date.fromisoformat(record["holds_until"])


@contextmanager
def _opened(folder: Path, *made_by: filenames.Maker) -> Iterator[dict[str, Any]]:
    """Hold a folder and yield its manifest, or say why it, or a file in it, cannot be used."""
    require_exists(folder)
    path = folder / filenames.MANIFEST
    if not path.is_file():
        raise UserError(
            f"{folder} has no {filenames.MANIFEST}: nothing was run there. {_RUN}"
        )
    record = listing.read(path)
    if record is None:
        raise UserError(f"{path} is damaged, or written by another program. {_RUN}")
    version, maker = record.get("schema_version"), record.get("made_by")
    if version != SCHEMA_VERSION:
        raise UserError(
            f"{folder} was written with version {version} of the tables, this "
            f"program reads {SCHEMA_VERSION}. Fix: run again: {command('run', out=folder)}"
        )
    if maker not in made_by:
        raise UserError(f"{folder} was written by a {maker}, not by a run. {_RUN}")
    if missing := [
        n for n in listing.outputs_of(record, path) if not (folder / n).is_file()
    ]:
        raise UserError(f"{folder} misses {', '.join(missing)}. Fix: run again")
    try:
        with staging.reading(folder):
            yield record
    except (pd.errors.DatabaseError, shapely.GEOSException, RasterioIOError) as error:
        raise UserError(
            f"a file in {folder} cannot be read ({error}). Fix: run again"
        ) from error


def _layer(folder: Path, gpkg: Connection, table: Table) -> gpd.GeoDataFrame:
    """Return a layer of the GeoPackage, in EPSG:4326; a large one is a file of its own."""
    name = table.layer or table.name
    own_file = folder / "layers" / f"{name}.parquet"
    if own_file.exists() and not own_file.with_suffix(".geojson").exists():
        return table.geoframe(gpd.read_parquet(own_file))
    return table.geoframe(package_rows.rows(gpkg, name))


class _Folder:
    """The files of a run, read back into the records that they were written from."""

    def __init__(self, folder: Path, gpkg: Connection) -> None:
        self.folder = folder
        self.gpkg = gpkg
        text = (folder / filenames.FINDINGS).read_text("utf-8")
        self.figures: dict[str, Any] = json.loads(text)
        self.boundary = self.layer(schema.BOUNDARY)
        self.crs = metric_crs(self.boundary).to_string()

    def layer(self, table: Table) -> gpd.GeoDataFrame:
        """Return a layer of the GeoPackage, in EPSG:4326."""
        return _layer(self.folder, self.gpkg, table)

    def rows(self, table: Table) -> Any:
        """Return a table of the GeoPackage; a layer in metres."""
        if table.geometry:
            return self.layer(table).to_crs(self.crs)
        return table.frame(package_rows.rows(self.gpkg, table.name))

    def tables(self, of: str) -> dict[str, Any]:
        """Return the tables of a part of the findings, by their names there."""
        frames = {}
        for table in schema.OUTPUTS:
            part, _, name = table.part.rpartition(".")
            if table.part and part == of:
                frames[name] = self.rows(table)
        return frames

    def findings(self, source: Source, privacy: PrivacyParams) -> results.Findings:
        """Return the findings; what no file holds (windows) is empty."""
        omitted = [results.Omission(**part) for part in self.figures["omitted"]]
        return results.Findings(
            source=source,
            **self.tables(""),
            sightings=self.sightings(),
            proximity=self.proximity(),
            hotspots=self.hotspots(),
            patrols=results.Patrols(**self.tables("patrols")),
            access=self.access(),
            privacy=privacy,
            omitted=tuple(omitted),
        )

    def sightings(self) -> gpd.GeoDataFrame:
        """Return the sightings at the middles of their cells, free of the rounding of degrees."""
        rows: gpd.GeoDataFrame = self.rows(SIGHTINGS)
        xy, _ = cells_of(rows)
        return rows.set_geometry(shapely.points(xy), crs=self.crs)

    def proximity(self) -> results.Proximity:
        tables = self.tables("proximity")
        bands_m = tables["totals"]["band_m"].unique()
        tables["table"] = self.rows(schema.proximity_table(bands_m))
        return results.Proximity(**tables)

    def hotspots(self) -> results.Hotspots:
        return results.Hotspots(
            **self.tables("hotspots"),
            n=self.figures["placed_sightings"],
            simulations=0,
            unplaced=tuple(self.figures["unplaced_sightings"]),
        )

    def access(self) -> results.Access | None:
        figures = self.figures["access"]
        if figures is None:
            return None
        walking = self.folder / filenames.RASTERS / filenames.WALKING
        surfaces = {
            kind: rasters.read(Path(f"{walking}{kind}.tif"))
            for kind in figures["kinds"]
        }
        ground = next(iter(surfaces.values()))
        tables = self.tables("access")
        # In the layer the kind of help stands before the id.
        places = tables["places"]
        places["id"] = places["id"].str.replace("^help_places-[^-]*-", "", regex=True)
        return results.Access(
            **tables,
            minutes={
                kind: surface.values.astype(np.float32)
                for kind, surface in surfaces.items()
            },
            transform=ground.transform,
            crs=ground.crs,
            note=figures["note"],
            label=figures["label"],
            level_share=figures["level_share"],
        )
