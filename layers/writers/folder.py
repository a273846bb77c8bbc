"""The output folder: everything that a run leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd

from geo.params import Params, PatrolParams
from geo.results import Findings, Patrols, StudyData
from layers.schema import (
    CONTRADICTIONS,
    OUTPUTS,
    REJECTED,
    STOPS,
    Table,
)
from layers.writers import cog, dictionary, geojson, geopackage, gpx, ics, manifest, tables
from layers.writers import findings as findings_json
from layers.writers.outputs import Layer, map_layers, plain_tables
from layers.writers.staging import MANIFEST, settle, staged, write_json

MAP: Final = "map.html"
GEOPACKAGE: Final = "mitrovica.gpkg"
PLAN: Final = "patrol_plan.csv"
FINDINGS: Final = "findings.json"
DICTIONARY: Final = "data_dictionary.md"
REJECTS: Final = "rejected_sightings.csv"
PATROLS: Final = "patrols"
RASTERS: Final = "rasters"
OTHERS: Final[Mapping[str, str]] = MappingProxyType(
    {
        ".gpx": "stops of one patrol as numbered waypoints and its drives as a track, GPX 1.1",
        ".ics": "timetable of one vehicle as iCalendar, times in UTC",
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
        (staging / MAP).write_text(map_html, "utf-8")
        (staging / "layers").mkdir()
        for layer in layers:
            geojson.write(layer, staging / "layers" / f"{layer.name}.geojson")
        geopackage.write(layers, plain, staging / GEOPACKAGE, now=now)
        tables.write(STOPS, findings.patrols.stops, staging / PLAN)
        patrols = _write_patrols(findings.patrols, params.patrols, staging / PATROLS)
        rasters = cog.write_cogs(findings.access, staging / RASTERS)
        rasters += cog.write_density(findings.hotspots.raster, staging / RASTERS)
        if rejected is not None and len(rejected):
            tables.write(REJECTED, rejected, staging / REJECTS)
        numbers = findings_json.render(
            findings, data, contradictions=contradictions, ten_lines=ten_lines
        )
        write_json(numbers, staging / FINDINGS)
        where = _where(findings, layers, plain)
        others = {
            path.relative_to(staging).as_posix(): OTHERS.get(path.name) or OTHERS[path.suffix]
            for path in [*patrols, *rasters]
        }
        (staging / DICTIONARY).write_text(dictionary.render(where, others), "utf-8")
        record = manifest.render(
            staging,
            source=findings.source,
            params=params,
            inputs=inputs,
            duplicates=duplicates,
            now=now,
        )
        settle(staging, record)
    return [folder / entry["file"] for entry in record["outputs"]] + [folder / MANIFEST]


def _write_patrols(patrols: Patrols, params: PatrolParams, folder: Path) -> list[Path]:
    """Write the routes for navigation devices and, where the night has a date, for calendars."""
    written = gpx.write_gpx(patrols.stops, patrols.legs, folder)
    if params.date is not None:
        written += ics.write_ics(
            patrols.stops, folder, date=params.date, time_zone=params.time_zone
        )
    return written


def _where(
    findings: Findings, layers: Sequence[Layer], plain: Sequence[tuple[Table, pd.DataFrame]]
) -> dict[str, list[str]]:
    """Return, by name of table, the files that hold it."""
    where: dict[str, list[str]] = {table.name: [] for table in OUTPUTS}
    for layer in layers:
        where[layer.table.name].append(f"layers/{layer.name}.geojson")
    where[STOPS.name].append(PLAN)
    for table, _ in findings_json.placed_tables(findings):
        where[table.name].append(FINDINGS)
    where[REJECTED.name].append(REJECTS)
    for table, _ in plain:
        where[table.name] += [FINDINGS, f"{GEOPACKAGE} ({table.name})"]
    return where
