"""What a run or a plan left in its folder: enough to plan again, to draw and to compare."""

from __future__ import annotations

import json
from collections.abc import Mapping
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
from pandas.tseries.offsets import MonthEnd

from geo.crs import metric_crs
from geo.power import Gate
from geo.results import (
    Access,
    CorridorTests,
    Findings,
    HotspotEvidence,
    Hotspots,
    Movement,
    Patrols,
    Proximity,
    Source,
)
from layers import filenames, schema
from layers.filenames import FINDINGS, GEOPACKAGE, MANIFEST, PROGRAM, Maker
from layers.schema import SCHEMA_VERSION, Table

_BACK: Final = "Cure: name the folder of a run; `mitrovica run --out FOLDER` makes one"


class ResultsError(ValueError):
    """A folder is not what it is taken for."""


@dataclass(frozen=True)
class Results:
    """What a run left."""

    findings: Findings
    """As exported: sightings at their rounded points, distances and curves in steps.  Of the days
    of the sightings only the months do leave a run in which all of them lie."""
    parameters: Mapping[str, Any]
    """Nested tables, as `geo.params.from_mapping` takes them."""
    made: date
    """Day of the run, UTC."""


def read(folder: Path) -> Results:
    """Read what a run left in its folder.

    Parameters
    ----------
    folder : pathlib.Path

    Returns
    -------
    Results

    Raises
    ------
    ResultsError
        If it is no folder of a run, one of another version, or lacks a file of it.
    """
    record = _manifest(folder, made_by=("run",))
    try:
        source, parameters = Source(**record["source"]), record["parameters"]
        made = datetime.fromisoformat(record["written"]).date()
    except (KeyError, TypeError, ValueError) as error:
        raise ResultsError(f"{folder / MANIFEST} is damaged ({error!r}). {_BACK}") from error
    return Results(_Folder(folder).findings(source), parameters, made)


def timetable(folder: Path) -> gpd.GeoDataFrame:
    """Return the timetable that a run or a plan left, table `STOPS`, in EPSG:4326.

    Raises
    ------
    ResultsError
        As `read`; a plan's folder will do here.
    """
    _manifest(folder, made_by=("run", "plan"))
    return _Folder(folder).layer(schema.STOPS, "patrol_stops")


def map_of(folder: Path) -> Path:
    """Return the map that a run or a plan left.

    Raises
    ------
    ResultsError
        As `timetable`.
    """
    _manifest(folder, made_by=("run", "plan"))
    return folder / filenames.MAP


def _manifest(folder: Path, *, made_by: tuple[Maker, ...]) -> dict[str, Any]:
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
            f"program reads {SCHEMA_VERSION}. Cure: run again, with `mitrovica run --out {folder}`"
        )
    if maker not in made_by:
        raise ResultsError(f"{folder} was left by a {maker}, not by a run. {_BACK}")
    listed = [str(entry.get("file")) for entry in record.get("outputs", [])]
    missing = [name for name in listed if not (folder / name).is_file()]
    if missing:
        raise ResultsError(f"{folder} misses {', '.join(missing)}. Cure: run again")
    return record


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

    def findings(self, source: Source) -> Findings:
        """Return the findings as far as they left the run."""
        said = json.loads((self.folder / FINDINGS).read_text("utf-8"))
        exported = self.layer(schema.EXPORTED_SIGHTINGS, "sightings")
        crs = metric_crs(self.layer(schema.BOUNDARY, "boundary")).to_string()
        return Findings(
            source=source,
            sightings=self.sightings(exported, said["months"]).to_crs(crs),
            exported=exported,
            excluded=self.table(schema.EXCLUDED),
            proximity=self.proximity(),
            hotspots=Hotspots(
                lixels=self.layer(schema.LIXELS, "lixels").to_crs(crs),
                segments=self.layer(schema.HOTSPOTS, "hotspots").to_crs(crs),
                snapped=pd.DataFrame(),
                unplaced=tuple(said["unplaced_sightings"]),
            ),
            patrols=self.patrols(crs),
            sensitivity=self.table(schema.SENSITIVITY),
            tests=self.tests(said["corridor_design"], crs),
            evidence=self.evidence(said["hotspot_gate"]),
            movement=self.movement(said["movement"], crs),
            access=self.access(said["access"], crs),
            need=self.layer(schema.NEED, "need").to_crs(crs),
        )

    def sightings(self, exported: gpd.GeoDataFrame, months: list[str | None]) -> gpd.GeoDataFrame:
        """Return the sightings as exported, each within the months in which all of them lie."""
        first, last = pd.to_datetime(pd.Series(months, dtype="string"), format="%Y-%m")
        days = pd.DataFrame({"date_from": first, "date_to": last + MonthEnd()}, exported.index)
        return schema.SIGHTINGS.geoframe(exported.join(days))

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
        """Return the tests of corridors, without what places a sighting along one."""
        if design is None:
            return None
        return CorridorTests(
            measures=schema.CORRIDOR_MEASURES.frame(),
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

    def evidence(self, gate: Mapping[str, Any]) -> HotspotEvidence:
        """Return what chance leaves of the hotspots."""
        return HotspotEvidence(
            table=self.table(schema.HOTSPOT_EVIDENCE),
            level_per_km=_number(gate["level_per_km"]),
            simulations=gate["simulations"],
            draws=gate["draws"],
            gate=Gate(
                "hotspots", gate["sightings"], gate["minimum"], gate["reason"], gate["detects"]
            ),
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
