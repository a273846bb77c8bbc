"""What a run or a plan left in its folder: enough to plan again, to draw and to compare."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any, Final

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd
import pyogrio
import rasterio
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
    Patrols,
    Proximity,
)
from geo.sightings.laws import middle
from layers import filenames, listing, schema, staging
from layers.filenames import FINDINGS, GEOPACKAGE, MANIFEST, PROGRAM, Maker
from layers.records import Source
from layers.schema import SCHEMA_VERSION, Table

_BACK: Final = "Fix: name the folder of a run; `mitrovica run --out FOLDER` makes one"


class ResultsError(ValueError):
    """A folder is not what it is taken for."""


@dataclass(frozen=True)
class Results:
    """What a run left."""

    findings: Findings
    parameters: Mapping[str, Any]
    """Nested tables, as `geo.params.from_mapping` takes them."""
    made: date
    """Day of the run, UTC."""


def read(folder: Path, *, exact: bool = False) -> Results:
    """Read what a run left in its folder.

    Parameters
    ----------
    folder : pathlib.Path
    exact : bool
        Take a folder that rests on exact positions, too.

    Returns
    -------
    Results

    Raises
    ------
    ResultsError
        If it is no folder of a run, one of another version, lacks a file of it, or is internal
        where `exact` is not given.
    layers.listing.OutputFolderError
        If a run writes there at this moment, or was stopped among its renames.
    """
    record = _manifest(folder, made_by=("run",), exact=exact)
    try:
        source, parameters = Source(**record["source"]), record["parameters"]
        privacy = PrivacyParams(**parameters["privacy"])
        made = datetime.fromisoformat(record["written"]).date()
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{folder / MANIFEST} is damaged ({error!r}). {_BACK}") from error
    with staging.reading(folder), _damage_told(folder):
        return Results(_Folder(folder).findings(source, privacy), parameters, made)


def timetable(folder: Path, *, exact: bool = False) -> gpd.GeoDataFrame:
    """Return the timetable that a run or a plan left, table `STOPS`, in EPSG:4326.

    Raises
    ------
    ResultsError
        As `read`; a plan's folder will do here.
    """
    _manifest(folder, made_by=("run", "plan"), exact=exact)
    with staging.reading(folder), _damage_told(folder):
        return _Folder(folder).layer(schema.STOPS, "patrol_stops")


def map_of(folder: Path, *, exact: bool = False) -> Path:
    """Return the map that a run or a plan left.

    Raises
    ------
    ResultsError
        As `timetable`.
    """
    _manifest(folder, made_by=("run", "plan"), exact=exact)
    with staging.reading(folder):
        return folder / filenames.MAP


def _manifest(folder: Path, *, made_by: tuple[Maker, ...], exact: bool) -> dict[str, Any]:
    """Return the manifest of a folder, or say why it cannot be used."""
    path = folder / MANIFEST
    if not path.is_file():
        raise ResultsError(f"{folder} has no {MANIFEST}: nothing was run there. {_BACK}")
    try:
        record = json.loads(path.read_text("utf-8"))
    except ValueError as error:
        raise ResultsError(f"{path} is damaged ({error}). {_BACK}") from error
    if not isinstance(record, dict) or record.get("program") != PROGRAM:
        raise ResultsError(f"{path} was written by another program. {_BACK}")
    version, maker = record.get("schema_version"), record.get("made_by")
    if version != SCHEMA_VERSION:
        raise ResultsError(
            f"{folder} was written with version {version} of the tables, this "
            f"program reads {SCHEMA_VERSION}. Fix: run again, with `mitrovica run --out {folder}`"
        )
    if maker not in made_by:
        raise ResultsError(f"{folder} was left by a {maker}, not by a run. {_BACK}")
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
def _damage_told(folder: Path) -> Iterator[None]:
    """Say in one line that GDAL cannot read a file."""
    try:
        yield
    except (DataSourceError, DataLayerError, RasterioIOError) as error:
        raise ResultsError(
            f"a file in {folder} cannot be read ({error}). Fix: run again"
        ) from error


class _Folder:
    """The files of a run, read back into the records that they were written from."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.geopackage = folder / GEOPACKAGE

    def layer(self, table: Table, name: str) -> gpd.GeoDataFrame:
        """Return a layer of the GeoPackage, in EPSG:4326."""
        return table.geoframe(pyogrio.read_dataframe(self.geopackage, layer=name))

    def table(self, table: Table) -> pd.DataFrame:
        """Return a table of the GeoPackage that has no place on a map."""
        return table.frame(pyogrio.read_dataframe(self.geopackage, layer=table.name))

    def findings(self, source: Source, privacy: PrivacyParams) -> Findings:
        """Return the findings."""
        said = json.loads((self.folder / FINDINGS).read_text("utf-8"))
        crs = metric_crs(self.layer(schema.BOUNDARY, "boundary")).to_string()
        return Findings(
            source=source,
            sightings=self.sightings(crs),
            excluded=self.table(schema.EXCLUDED),
            proximity=self.proximity(),
            hotspots=self.hotspots(said, crs),
            patrols=self.patrols(crs),
            sensitivity=self.table(schema.SENSITIVITY),
            tests=self.tests(said["corridor_design"], crs),
            movement=self.movement(said["movement"], crs),
            access=self.access(said["access"], crs),
            need=self.layer(schema.NEED, "need").to_crs(crs),
            privacy=privacy,
        )

    def sightings(self, crs: str) -> gpd.GeoDataFrame:
        """Return the sightings at the middles of their cells, free of the rounding of degrees."""
        found = self.layer(schema.SIGHTINGS, "sightings").to_crs(crs)
        xy, cell = shapely.get_coordinates(found.geometry.values), found["cell_m"].to_numpy(float)
        for side in np.unique(cell):
            own = cell == side
            xy[own] = middle(xy[own], side)
        return found.set_geometry(gpd.GeoSeries(shapely.points(xy), found.index, crs))

    def hotspots(self, said: Mapping[str, Any], crs: str) -> Hotspots:
        """Return the hotspots, without the surface in the plane."""
        gate = said["hotspot_gate"]
        return Hotspots(
            lixels=self.layer(schema.LIXELS, "lixels").to_crs(crs),
            segments=self.layer(schema.HOTSPOTS, "hotspots").to_crs(crs),
            gate=Gate(
                "hotspots", gate["sightings"], gate["minimum"], gate["reason"], gate["detects"]
            ),
            simulations=gate["simulations"],
            draws=gate["draws"],
            unplaced=tuple(said["unplaced_sightings"]),
        )

    def proximity(self) -> Proximity:
        """Return nearness to corridors, in the bands of the run."""
        totals = self.table(schema.PROXIMITY_TOTALS)
        table = schema.proximity_table(totals["band_m"].unique())
        return Proximity(self.table(table), totals)

    def patrols(self, crs: str) -> Patrols:
        """Return the run's own plan."""
        return Patrols(
            stops=self.layer(schema.STOPS, "patrol_stops").to_crs(crs),
            legs=self.layer(schema.LEGS, "patrol_legs").to_crs(crs),
            left_out=self.table(schema.LEFT_OUT),
            hotspot_stops=self.table(schema.HOTSPOT_STOPS),
            stop_need=self.table(schema.STOP_NEED),
            measures=self.table(schema.PATROL_MEASURES),
            trade_off=self.table(schema.TRADE_OFF),
        )

    def tests(self, design: Mapping[str, Any] | None, crs: str) -> CorridorTests | None:
        """Return the tests of corridors, without the window."""
        if design is None:
            return None
        return CorridorTests(
            tests=self.table(schema.CORRIDOR_TESTS),
            bands=self.table(schema.CORRIDOR_BANDS),
            curves=self.table(schema.CORRIDOR_CURVES),
            explained=self.table(schema.CORRIDOR_EXPLAINED),
            nulls=self.layer(schema.NULL_POINTS, "null_points").to_crs(crs),
            window=gpd.GeoDataFrame(geometry=[], crs=crs),
            outside=tuple(design["sightings_outside"]),
            level=design["level"],
            simulations=design["simulations"],
        )

    def movement(self, said: Mapping[str, Any], crs: str) -> Movement:
        """Return the model of movement."""
        return Movement(
            sections=self.layer(schema.SECTIONS, "movement_sections").to_crs(crs),
            origins=self.table(schema.ORIGINS),
            check=self.table(schema.MOVEMENT_CHECK),
            assumptions=self.assumptions("movement"),
            waypoint_share=_number(said["waypoint_share"]),
            waypoint_range=(
                _number(said["waypoint_share_low"]),
                _number(said["waypoint_share_high"]),
            ),
            waypoint_forced=said["waypoint_forced"],
            rank_stability=_number(said["rank_stability"]),
            detour=_number(said["detour"]),
            unpublished_share=_number(said["unpublished_share"]),
            draws=said["draws"],
            connectors=said["connectors"],
            network=said["network"],
            label=said["label"],
        )

    def access(self, said: Mapping[str, Any], crs: str) -> Access:
        """Return the model of walking time, with its surfaces."""
        surfaces = {kind: self.surface(kind) for kind in said["kinds"]}
        places = self.layer(schema.HELP, "help_places").to_crs(crs)
        names = [f"help_places-{row.help}-" for row in places.itertuples()]
        places["id"] = [i.removeprefix(name) for i, name in zip(places["id"], names, strict=True)]
        nothing = (said["cell_m"], 0.0, 0.0, 0.0, -said["cell_m"], 0.0)
        _, transform, of_surface = next(iter(surfaces.values()), (None, nothing, crs))
        return Access(
            minutes={kind: minutes for kind, (minutes, _, _) in surfaces.items()},
            transform=transform,
            crs=of_surface,
            sections=self.layer(schema.ACCESS_SECTIONS, "access_sections").to_crs(crs),
            places=places,
            assumptions=self.assumptions("access"),
            note=said["note"],
            level_share=said["level_share"],
            label=said["label"],
        )

    def surface(
        self, kind: str
    ) -> tuple[npt.NDArray[np.float32], tuple[float, float, float, float, float, float], str]:
        """Return minutes on foot to one kind of help, with transform and CRS."""
        path = self.folder / filenames.RASTERS / f"{filenames.WALKING}{kind}.tif"
        with rasterio.open(path) as raster:
            minutes = raster.read(1, masked=True).filled(np.nan)
            a, b, c, d, e, f = tuple(raster.transform)[:6]
            return minutes, (a, b, c, d, e, f), raster.crs.to_string()

    def assumptions(self, model: str) -> pd.DataFrame:
        """Return the assumptions of one model."""
        table = self.table(schema.ASSUMPTIONS)
        return table[table["model"] == model].reset_index(drop=True)


def _number(value: float | None) -> float:
    """Return a figure of JSON, which knows no NaN."""
    return float("nan") if value is None else value
