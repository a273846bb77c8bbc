"""What a run or a plan wrote to its folder: enough to plan again, to draw and to compare."""

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import pandas as pd
import pyogrio
import shapely
from pyogrio.errors import DataLayerError, DataSourceError
from rasterio.errors import RasterioIOError

from geo.crs import metric_crs
from geo.params import PrivacyParams
from geo.results import (
    Access,
    CorridorTests,
    Findings,
    Gate,
    Hotspots,
    Movement,
    Omission,
    Patrols,
    Proximity,
)
from geo.sightings.laws import middle
from layers import listing, rasters, schema, staging
from layers.commands import command
from layers.complaints import require_exists
from layers.filenames import (
    FINDINGS,
    GEOPACKAGE,
    MANIFEST,
    MAP,
    PROGRAM,
    RASTERS,
    WALKING,
    Maker,
)
from layers.handling import Handling
from layers.records import Source
from layers.schema import SCHEMA_VERSION, Table

_RUN: Final = "Fix: name the folder of a run; `mitrovica run --out FOLDER` makes one"


class ResultsError(ValueError):
    """A folder is not what it is taken for."""


@dataclass(frozen=True)
class Results:
    """What a run wrote."""

    findings: Findings
    parameters: Mapping[str, Any]
    """Nested tables, as `geo.params.Params` takes them."""
    made: date
    """Day of the run, UTC."""
    study: str
    """Title of the study."""
    boundary: gpd.GeoDataFrame
    """Table `BOUNDARY`, EPSG:4326."""

    @property
    def handling(self) -> Handling:
        """That of the run: what rests on it is out of date when it is."""
        return Handling.of(self.made, self.findings.privacy)


def read(folder: Path, *, exact: bool = False) -> Results:
    """Read what a run wrote to its folder.

    `exact` takes a folder that rests on exact positions, too.  Raises `ResultsError` if it is no
    folder of a run, one of another version, or lacks a file; `layers.listing.OutputFolderError` if
    a run writes there at this moment, or was stopped among its renames.
    """
    record = _manifest(folder, made_by=("run",), exact=exact)
    try:
        source, parameters = Source(**record["source"]), record["parameters"]
        privacy = PrivacyParams(**parameters["privacy"])
        made, study = datetime.fromisoformat(record["written"]).date(), str(record["study"])
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{folder / MANIFEST} is damaged ({error!r}). {_RUN}") from error
    with staging.reading(folder), _damage_explained(folder):
        findings = _Folder(folder).findings(source, privacy)
        return Results(findings, parameters, made, study, _boundary(folder))


def timetable(folder: Path, *, exact: bool = False) -> gpd.GeoDataFrame:
    """Return the timetable that a run or a plan wrote, table `STOPS`, in EPSG:4326; as `read`."""
    _manifest(folder, made_by=("run", "plan"), exact=exact)
    with staging.reading(folder), _damage_explained(folder):
        return _layer(folder, schema.STOPS, "patrol_stops")


def is_plan_of_nights(folder: Path, *, exact: bool = False) -> bool:
    """Return whether a plan of several nights lies in a folder."""
    if not (folder / MANIFEST).is_file():
        return False
    return timetable(folder, exact=exact)["night"].nunique() > 1


def map_of(folder: Path, *, exact: bool = False) -> Path:
    """Return the map that a run or a plan wrote; errors as for `read`."""
    _manifest(folder, made_by=("run", "plan"), exact=exact)
    with staging.reading(folder):
        return folder / MAP


def _manifest(folder: Path, *, made_by: tuple[Maker, ...], exact: bool) -> dict[str, Any]:
    """Return the manifest of a folder, or say why it cannot be used."""
    require_exists(folder)
    path = folder / MANIFEST
    if not path.is_file():
        raise ResultsError(f"{folder} has no {MANIFEST}: nothing was run there. {_RUN}")
    try:
        record = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ResultsError(f"{path} is damaged ({error}). {_RUN}") from error
    if not isinstance(record, dict) or record.get("program") != PROGRAM:
        raise ResultsError(f"{path} was written by another program. {_RUN}")
    version, maker = record.get("schema_version"), record.get("made_by")
    if version != SCHEMA_VERSION:
        raise ResultsError(
            f"{folder} was written with version {version} of the tables, this "
            f"program reads {SCHEMA_VERSION}. Fix: run again: {command('run', out=folder)}"
        )
    if maker not in made_by:
        raise ResultsError(f"{folder} was written by a {maker}, not by a run. {_RUN}")
    if record.get("internal") and not exact:
        raise ResultsError(
            f"{folder} is INTERNAL: it rests on exact positions and never leaves the office that "
            "keeps the records. Fix: name another folder, or say --exact in that office"
        )
    listed = listing.outputs_of(record, path)
    missing = [name for name in listed if not (folder / name).is_file()]
    if missing:
        raise ResultsError(f"{folder} misses {', '.join(missing)}. Fix: run again")
    return record


@contextmanager
def _damage_explained(folder: Path) -> Iterator[None]:
    """Say in one line that GDAL cannot read a file."""
    try:
        yield
    except (DataSourceError, DataLayerError, RasterioIOError) as error:
        raise ResultsError(
            f"a file in {folder} cannot be read ({error}). Fix: run again"
        ) from error


def _layer(folder: Path, table: Table, name: str) -> gpd.GeoDataFrame:
    """Return a layer of the GeoPackage, in EPSG:4326."""
    return table.geoframe(pyogrio.read_dataframe(folder / GEOPACKAGE, layer=name))


def _boundary(folder: Path) -> gpd.GeoDataFrame:
    return _layer(folder, schema.BOUNDARY, "boundary")


class _Folder:
    """The files of a run, read back into the records that they were written from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.figures: dict[str, Any] = json.loads((folder / FINDINGS).read_text("utf-8"))
        self.crs = metric_crs(_boundary(folder)).to_string()

    def layer(self, table: Table, name: str) -> gpd.GeoDataFrame:
        """Return a layer of the GeoPackage, in metres."""
        return _layer(self.folder, table, name).to_crs(self.crs)

    def table(self, table: Table) -> pd.DataFrame:
        """Return a table of the GeoPackage that has no place on a map."""
        return table.frame(pyogrio.read_dataframe(self.folder / GEOPACKAGE, layer=table.name))

    def findings(self, source: Source, privacy: PrivacyParams) -> Findings:
        """Return the findings; what no file holds (surfaces in the plane, windows) is empty."""
        totals = self.table(schema.PROXIMITY_TOTALS)
        return Findings(
            source=source,
            sightings=self.sightings(),
            excluded=self.table(schema.EXCLUDED),
            proximity=Proximity(
                self.table(schema.proximity_table(totals["band_m"].unique())), totals
            ),
            hotspots=self.hotspots(),
            patrols=Patrols(
                stops=self.layer(schema.STOPS, "patrol_stops"),
                legs=self.layer(schema.LEGS, "patrol_legs"),
                left_out=self.table(schema.LEFT_OUT),
                hotspot_stops=self.table(schema.HOTSPOT_STOPS),
                stop_need=self.table(schema.STOP_NEED),
                measures=self.table(schema.PATROL_MEASURES),
                trade_off=self.table(schema.TRADE_OFF),
            ),
            sensitivity=self.table(schema.SENSITIVITY),
            tests=self.tests(),
            movement=self.movement(),
            access=self.access(),
            need=self.layer(schema.NEED, "need"),
            privacy=privacy,
            omitted=tuple(Omission(**each) for each in self.figures["omitted"]),
        )

    def sightings(self) -> gpd.GeoDataFrame:
        """Return the sightings at the middles of their cells, free of the rounding of degrees."""
        found = self.layer(schema.SIGHTINGS, "sightings")
        xy, cell = shapely.get_coordinates(found.geometry.values), found["cell_m"].to_numpy(float)
        for side in np.unique(cell):
            own = cell == side
            xy[own] = middle(xy[own], side)
        return found.set_geometry(gpd.GeoSeries(shapely.points(xy), found.index, self.crs))

    def hotspots(self) -> Hotspots:
        gate = self.figures["hotspot_gate"]
        return Hotspots(
            lixels=self.layer(schema.LIXELS, "lixels"),
            segments=self.layer(schema.HOTSPOTS, "hotspots"),
            gate=Gate("hotspots", gate["sightings"], gate["detects"]),
            simulations=gate["simulations"],
            draws=gate["draws"],
            unplaced=tuple(self.figures["unplaced_sightings"]),
        )

    def tests(self) -> CorridorTests | None:
        design = self.figures["corridor_design"]
        if design is None:
            return None
        return CorridorTests(
            tests=self.table(schema.CORRIDOR_TESTS),
            bands=self.table(schema.CORRIDOR_BANDS),
            curves=self.table(schema.CORRIDOR_CURVES),
            explained=self.table(schema.CORRIDOR_EXPLAINED),
            nulls=self.layer(schema.NULL_POINTS, "null_points"),
            window=gpd.GeoDataFrame(geometry=[], crs=self.crs),
            outside=tuple(design["sightings_outside"]),
            level=design["level"],
            simulations=design["simulations"],
        )

    def movement(self) -> Movement | None:
        figures = self.figures["movement"]
        if figures is None:
            return None
        shares = ("waypoint_share", "rank_stability", "detour", "unpublished_share")
        others = ("waypoint_forced", "draws", "connectors", "network", "label")
        values: dict[str, Any] = {name: _number(figures[name]) for name in shares}
        values |= {name: figures[name] for name in others}
        return Movement(
            sections=self.layer(schema.SECTIONS, "movement_sections"),
            origins=self.table(schema.ORIGINS),
            check=self.table(schema.MOVEMENT_CHECK),
            assumptions=self.assumptions("movement"),
            waypoint_range=(
                _number(figures["waypoint_share_low"]),
                _number(figures["waypoint_share_high"]),
            ),
            **values,
        )

    def access(self) -> Access | None:
        figures = self.figures["access"]
        if figures is None:
            return None
        surfaces = {
            kind: rasters.read(self.folder / RASTERS / f"{WALKING}{kind}.tif")
            for kind in figures["kinds"]
        }
        first = next(iter(surfaces.values()), None)
        cell_m = figures["cell_m"]
        places = self.layer(schema.HELP, "help_places")
        names = [f"help_places-{row.help}-" for row in places.itertuples()]
        places["id"] = [i.removeprefix(name) for i, name in zip(places["id"], names, strict=True)]
        return Access(
            minutes={kind: surface.values.astype(np.float32) for kind, surface in surfaces.items()},
            transform=first.transform if first else (cell_m, 0.0, 0.0, 0.0, -cell_m, 0.0),
            crs=first.crs if first else self.crs,
            sections=self.layer(schema.ACCESS_SECTIONS, "access_sections"),
            places=places,
            assumptions=self.assumptions("access"),
            note=figures["note"],
            level_share=figures["level_share"],
            label=figures["label"],
        )

    def assumptions(self, model: str) -> pd.DataFrame:
        table = self.table(schema.ASSUMPTIONS)
        return table[table["model"] == model].reset_index(drop=True)


def _number(value: float | None) -> float:
    """Return a figure of JSON, which has no NaN."""
    return float("nan") if value is None else value
