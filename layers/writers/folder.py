"""The output folder: everything that a run leaves behind, and everything that a plan does."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd

from geo.params import Params
from geo.results import Findings, Patrols, Source, StudyData
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
    REJECTS,
)
from layers.schema import (
    CONTRADICTIONS,
    OUTPUTS,
    PLAN_OUTPUTS,
    REJECTED,
    STOPS,
    VISITS,
    Table,
)
from layers.writers import cog, dictionary, geojson, geopackage, gpx, ics, manifest, tables
from layers.writers import findings as findings_json
from layers.writers.outputs import Layer, map_layers, patrol_layers, patrol_tables, plain_tables
from layers.writers.staging import settle, staged, write_json

Plain = Sequence[tuple[Table, pd.DataFrame]]

OTHERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".gpx": "stops of one patrol as numbered waypoints and its drives as a track, GPX 1.1",
        ".ics": "timetable of one vehicle as iCalendar, times in UTC",
        ".pdf": "a card for each stop, to hang up where people wait: place, days, hours, what is "
        "offered, in four languages",
        ".tif": "minutes on foot to the nearest help of the kind, a model with assumptions; "
        f"cloud-optimised GeoTIFF, nodata {cog.NODATA:g} where there is no way",
        cog.DENSITY: "reported sightings per km² in the plane, from exported positions: where they "
        "were reported, never where people are; cloud-optimised GeoTIFF",
    }
)
"""By suffix, or by name where one differs, what is in the files that hold no table."""


def write_all(
    folder: Path,
    *,
    findings: Findings,
    data: StudyData,
    params: Params,
    map_html: str,
    ten_lines: Sequence[str],
    cards: bytes | None = None,
    contradictions: pd.DataFrame | None = None,
    rejected: pd.DataFrame | None = None,
    duplicates: pd.DataFrame | None = None,
    inputs: Iterable[Path] = (),
    now: datetime,
) -> list[Path]:
    """Write everything that a run leaves, and return the files.

    All files change or none: see `layers.writers.staging`.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing; files in it that are no output of a run stay as they are.
    findings : geo.results.Findings
    data : geo.results.StudyData
        What they were found in.
    params : geo.params.Params
        With which they were found.
    map_html : str
        The map, as one page.
    ten_lines : sequence of str
        The findings as the terminal says them.
    cards : bytes, optional
        A card for each stop, as PDF.
    contradictions : pandas.DataFrame, table `CONTRADICTIONS`, optional
    rejected : pandas.DataFrame, table `REJECTED`, optional
        Rows of the user's sightings that were not used; written where there are any.
    duplicates : pandas.DataFrame, table `DUPLICATES`, optional
        Which of them may report one group, and what was decided; for the manifest.
    inputs : iterable of pathlib.Path
        The user's own files, to be named and fingerprinted.
    now : datetime.datetime
        Time of the run, with its zone.

    Raises
    ------
    layers.writers.staging.OutputFolderError
        If another run writes there, or a file of the user's stands in the way.
    """
    contradictions = CONTRADICTIONS.frame() if contradictions is None else contradictions
    layers = map_layers(findings, data)
    plain = plain_tables(findings, contradictions)
    with staged(folder) as staging:
        others = _write_plan(staging, findings.patrols, layers, plain, params, map_html, cards, now)
        others += cog.write_cogs(findings.access, staging / RASTERS)
        others += cog.write_density(findings.hotspots.raster, staging / RASTERS)
        if rejected is not None and len(rejected):
            tables.write(REJECTED, rejected, staging / REJECTS)
        numbers = findings_json.render(
            findings, data, contradictions=contradictions, ten_lines=ten_lines
        )
        write_json(numbers, staging / FINDINGS)
        where = _where(OUTPUTS, layers, plain)
        for table, _ in [*plain, *findings_json.placed_tables(findings)]:
            where[table.name].append(FINDINGS)
        where[REJECTED.name].append(REJECTS)
        _describe(staging, where, others, OUTPUTS)
        record = manifest.render(
            staging,
            made_by="run",
            source=findings.source,
            params=params,
            inputs=inputs,
            duplicates=duplicates,
            now=now,
        )
        settle(staging, record)
    return _listed(folder, record)


def write_plan(
    folder: Path,
    *,
    patrols: Patrols,
    source: Source,
    params: Params,
    map_html: str,
    cards: bytes | None = None,
    inputs: Iterable[Path],
    now: datetime,
) -> list[Path]:
    """Write everything that a plan of one night or several leaves, and return the files.

    Parameters
    ----------
    folder : pathlib.Path
        Not one that a run has filled.
    patrols : geo.results.Patrols
    source : geo.results.Source
        Of the ways that are driven.
    params : geo.params.Params
        With which it was planned.
    map_html : str
        The map, as one page.
    cards : bytes, optional
        A card for each stop, as PDF.
    inputs : iterable of pathlib.Path
        The manifest of the run that the plan goes on from, and the user's own files.
    now : datetime.datetime
        Time of planning, with its zone.

    Raises
    ------
    layers.writers.staging.OutputFolderError
        As `write_all`, and where a run would be replaced.
    """
    layers = patrol_layers(patrols)
    plain: Plain = (*patrol_tables(patrols), (VISITS, patrols.visits))
    with staged(folder) as staging:
        others = _write_plan(staging, patrols, layers, plain, params, map_html, cards, now)
        _describe(staging, _where(PLAN_OUTPUTS, layers, plain), others, PLAN_OUTPUTS)
        record = manifest.render(
            staging, made_by="plan", source=source, params=params, inputs=inputs, now=now
        )
        settle(staging, record)
    return _listed(folder, record)


def _write_plan(
    staging: Path,
    patrols: Patrols,
    layers: Sequence[Layer],
    plain: Plain,
    params: Params,
    map_html: str,
    cards: bytes | None,
    now: datetime,
) -> list[Path]:
    """Write what a run and a plan both leave, and return the files that hold no table."""
    (staging / MAP).write_text(map_html, "utf-8")
    (staging / "layers").mkdir()
    for layer in layers:
        geojson.write(layer, staging / "layers" / f"{layer.name}.geojson")
    geopackage.write(layers, plain, staging / GEOPACKAGE, now=now)
    tables.write(STOPS, patrols.stops, staging / PLAN)
    others = gpx.write_gpx(patrols.stops, patrols.legs, staging / PATROLS)
    if params.patrols.date is not None:
        date, zone = params.patrols.date, params.patrols.time_zone
        others += ics.write_ics(patrols.stops, staging / PATROLS, date=date, time_zone=zone)
    if cards is not None:
        (staging / CARDS).write_bytes(cards)
        others.append(staging / CARDS)
    return others


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
) -> None:
    """Write the data dictionary."""
    named = {
        path.relative_to(staging).as_posix(): OTHERS.get(path.name) or OTHERS[path.suffix]
        for path in others
    }
    (staging / DICTIONARY).write_text(dictionary.render(where, named, outputs), "utf-8")


def _listed(folder: Path, record: Mapping[str, Any]) -> list[Path]:
    """Return the files that a manifest lists, and itself."""
    return [folder / entry["file"] for entry in record["outputs"]] + [folder / MANIFEST]
