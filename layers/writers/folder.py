"""The output folder: everything that a run leaves behind, and everything that a plan does."""

from __future__ import annotations

import html
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError

from geo.params import Params
from geo.results import Findings, Patrols
from layers.filenames import (
    CARDS,
    DICTIONARY,
    FINDINGS,
    GEOPACKAGE,
    MANIFEST,
    MAP,
    PATROLS,
    PLAN,
    RASTERS,
)
from layers.handling import Handling
from layers.listing import OutputFolderError, write_json
from layers.records import Source, StudyData
from layers.schema import (
    CONTRADICTIONS,
    OUTPUTS,
    PLAN_OUTPUTS,
    STOPS,
    VISITS,
    Table,
)
from layers.staging import settle, staged
from layers.writers import dictionary, geojson, geopackage, gpx, ics, manifest, rasters, tables
from layers.writers import findings as findings_json
from layers.writers.layers import Layer, map_layers, patrol_layers, patrol_tables, plain_tables

Plain = Sequence[tuple[Table, pd.DataFrame]]

OTHERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".gpx": "stops of one patrol as numbered waypoints and its drives as a track, GPX 1.1",
        ".ics": "timetable of one vehicle as iCalendar, times in UTC",
        ".pdf": "a card for each stop, to hang up where people wait: place, days, hours, what is "
        "offered, in four languages",
        ".tif": "minutes on foot to the nearest help of the kind, a model with assumptions; "
        f"cloud-optimised GeoTIFF, nodata {rasters.NODATA:g} where there is no way",
        rasters.DENSITY: "reported sightings per km² in the plane, from coarse positions: where "
        "they were reported, never where people are; cloud-optimised GeoTIFF",
    }
)
"""By suffix, or by name where one differs, what is in the files that hold no table."""

HEAD: Final = "<head>"


@dataclass(frozen=True)
class Written:
    """What a command wrote."""

    files: tuple[Path, ...]
    kept: tuple[Path, ...]
    """Files that the user had edited since they were written, under their new names."""

    def lines(self) -> list[str]:
        """Return each file that was kept, as a user reads it."""
        return [kept_line(path) for path in self.kept]


def kept_line(path: Path) -> str:
    """Return what to say of an edited file that got a new name."""
    return f"A file that you had edited is kept as {path}"


def write_all(
    folder: Path,
    *,
    findings: Findings,
    data: StudyData,
    params: Params,
    map_html: str,
    ten_lines: Sequence[str],
    handling: Handling,
    cards: bytes | None = None,
    contradictions: pd.DataFrame | None = None,
    inputs: Mapping[str, int] = MappingProxyType({}),
    merged: int = 0,
    now: datetime,
) -> Written:
    """Write everything that a run leaves, and return the files.

    All files change or none: see `layers.staging`.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing; files in it that are no output of a run stay as they are.
    findings : geo.results.Findings
    data : layers.records.StudyData
        What they were found in.
    params : geo.params.Params
        With which they were found.
    map_html : str
        The map, as one page.
    ten_lines : sequence of str
        The findings as the terminal says them.
    handling : layers.handling.Handling
        Stands in every file.
    cards : bytes, optional
        A card for each stop, as PDF.
    contradictions : pandas.DataFrame, table `CONTRADICTIONS`, optional
    inputs : mapping
        By kind, how many files the user gave.
    merged : int
        Records that were merged into another one as probable duplicates.
    now : datetime.datetime
        Time of the run, with its zone.

    Raises
    ------
    layers.listing.OutputFolderError
        If another run writes there, a file of the user's stands in the way, or the disk is full.
    """
    contradictions = CONTRADICTIONS.frame() if contradictions is None else contradictions
    layers = map_layers(findings, data)
    plain = plain_tables(findings, contradictions)
    with staged(folder, internal=handling.internal) as here, _disk_errors(folder):
        staging = here.path
        others = _write_plan(
            staging, findings.patrols, layers, plain, params, map_html, handling, cards, now
        )
        others += rasters.write_cogs(findings.access, staging / RASTERS, handling)
        others += rasters.write_density(findings.hotspots.raster, staging / RASTERS, handling)
        numbers = findings_json.render(
            findings, data, contradictions=contradictions, ten_lines=ten_lines, handling=handling
        )
        write_json(numbers, staging / FINDINGS)
        where = _where(OUTPUTS, layers, plain)
        for table, _ in [*plain, *findings_json.placed_tables(findings)]:
            where[table.name].append(FINDINGS)
        _describe(staging, where, others, OUTPUTS, handling)
        record = manifest.render(
            staging,
            made_by="run",
            source=findings.source,
            params=params,
            handling=handling,
            inputs=inputs,
            merged=merged,
            now=now,
        )
        settle(staging, record)
    return _written(folder, record, here.kept)


def write_plan(
    folder: Path,
    *,
    patrols: Patrols,
    source: Source,
    params: Params,
    map_html: str,
    handling: Handling,
    cards: bytes | None = None,
    inputs: Mapping[str, int] = MappingProxyType({}),
    now: datetime,
) -> Written:
    """Write everything that a plan of one night or several leaves, and return the files.

    Parameters
    ----------
    folder : pathlib.Path
        Not one that a run has filled.
    patrols : geo.results.Patrols
    source : layers.records.Source
        Of the ways that are driven.
    params : geo.params.Params
        With which it was planned.
    map_html : str
        The map, as one page.
    handling : layers.handling.Handling
        Of the run that the plan goes on from: it holds no longer.
    cards : bytes, optional
        A card for each stop, as PDF.
    inputs : mapping
        By kind, how many files the user gave.
    now : datetime.datetime
        Time of planning, with its zone.

    Raises
    ------
    layers.listing.OutputFolderError
        As `write_all`, and where a run would be replaced.
    """
    layers = patrol_layers(patrols)
    plain: Plain = (*patrol_tables(patrols), (VISITS, patrols.visits))
    with staged(folder, internal=handling.internal) as here, _disk_errors(folder):
        staging = here.path
        others = _write_plan(
            staging, patrols, layers, plain, params, map_html, handling, cards, now
        )
        where = _where(PLAN_OUTPUTS, layers, plain)
        _describe(staging, where, others, PLAN_OUTPUTS, handling)
        record = manifest.render(
            staging,
            made_by="plan",
            source=source,
            params=params,
            handling=handling,
            inputs=inputs,
            now=now,
        )
        settle(staging, record)
    return _written(folder, record, here.kept)


def _write_plan(
    staging: Path,
    patrols: Patrols,
    layers: Sequence[Layer],
    plain: Plain,
    params: Params,
    map_html: str,
    handling: Handling,
    cards: bytes | None,
    now: datetime,
) -> list[Path]:
    """Write what a run and a plan both leave, and return the files that hold no table."""
    (staging / MAP).write_text(_marked(map_html, handling), "utf-8")
    (staging / "layers").mkdir()
    for layer in layers:
        geojson.write(layer, staging / "layers" / f"{layer.name}.geojson", handling)
    geopackage.write(layers, plain, staging / GEOPACKAGE, handling=handling, now=now)
    tables.write(STOPS, patrols.stops, staging / PLAN, handling)
    others = gpx.write_gpx(patrols.stops, patrols.legs, staging / PATROLS, handling)
    if params.patrols.date is not None:
        date, zone = params.patrols.date, params.patrols.time_zone
        others += ics.write_ics(
            patrols.stops, staging / PATROLS, handling, date=date, time_zone=zone
        )
    if cards is not None:
        (staging / CARDS).write_bytes(cards)
        others.append(staging / CARDS)
    return others


def _marked(page: str, handling: Handling) -> str:
    """Return a page with the handling words among what it says of itself."""
    before, head, after = page.partition(HEAD)
    if not head:
        raise ValueError(f"the map has no {HEAD} to say in how it is to be handled")
    words = html.escape(handling.line())
    return f'{before}{head}<meta name="handling" content="{words}">{after}'


def _where(outputs: Iterable[Table], layers: Sequence[Layer], plain: Plain) -> dict[str, list[str]]:
    """Return, by name of table, the files that hold it."""
    where: dict[str, list[str]] = {table.name: [] for table in outputs}
    for layer in layers:
        where[layer.table.name].append(f"layers/{layer.name}.geojson")
    where[STOPS.name].append(PLAN)
    for table, _ in plain:
        where[table.name].append(f"{GEOPACKAGE} ({table.name})")
    return where


def _describe(
    staging: Path,
    where: Mapping[str, list[str]],
    others: Iterable[Path],
    outputs: Iterable[Table],
    handling: Handling,
) -> None:
    """Write the data dictionary."""
    named = {
        path.relative_to(staging).as_posix(): OTHERS.get(path.name) or OTHERS[path.suffix]
        for path in others
    }
    (staging / DICTIONARY).write_text(dictionary.render(where, handling, named, outputs), "utf-8")


def _written(folder: Path, record: Mapping[str, Any], kept: Iterable[Path]) -> Written:
    """Return the files that a manifest lists, and itself."""
    files = [folder / entry["file"] for entry in record["outputs"]]
    return Written((*files, folder / MANIFEST), tuple(kept))


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Say in one line that the disk took no more, whichever library met it."""
    try:
        yield
    except (DataSourceError, DataLayerError, sqlite3.OperationalError, OSError) as error:
        raise OutputFolderError(
            f"{folder} could not be written to: {str(error).rstrip('. ')}. Nothing is replaced. "
            "Fix: make room on the disk, or choose another folder with --out"
        ) from error
