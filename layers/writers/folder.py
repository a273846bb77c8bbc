"""The output folder: everything that a run leaves behind."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Final

import pandas as pd

from geo.params import Params
from geo.results import Findings, StudyData
from layers.schema import (
    CONTRADICTIONS,
    EXCLUDED,
    HOTSPOTS,
    LEFT_OUT,
    OUTPUTS,
    PROXIMITY,
    PROXIMITY_TOTALS,
    REJECTED,
    SENSITIVITY,
    STOPS,
    Table,
)
from layers.writers import dictionary, geojson, geopackage, manifest, tables
from layers.writers import findings as findings_json
from layers.writers.outputs import Layer, map_layers
from layers.writers.staging import MANIFEST, settle, staged, write_json

MAP: Final = "map.html"
GEOPACKAGE: Final = "mitrovica.gpkg"
PLAN: Final = "patrol_plan.csv"
FINDINGS: Final = "findings.json"
DICTIONARY: Final = "data_dictionary.md"
REJECTS: Final = "rejected_sightings.csv"


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
    plain = (
        (PROXIMITY, findings.proximity.table),
        (PROXIMITY_TOTALS, findings.proximity.totals),
        (LEFT_OUT, findings.patrols.left_out),
        (EXCLUDED, findings.excluded),
        (SENSITIVITY, findings.sensitivity),
        (CONTRADICTIONS, contradictions),
    )
    with staged(folder) as staging:
        (staging / MAP).write_text(map_html, "utf-8")
        (staging / "layers").mkdir()
        for layer in layers:
            geojson.write(layer, staging / "layers" / f"{layer.name}.geojson")
        geopackage.write(layers, plain, staging / GEOPACKAGE, now=now)
        tables.write(STOPS, findings.patrols.stops, staging / PLAN)
        if rejected is not None and len(rejected):
            tables.write(REJECTED, rejected, staging / REJECTS)
        numbers = findings_json.render(
            findings, data, contradictions=contradictions, ten_lines=ten_lines
        )
        write_json(numbers, staging / FINDINGS)
        (staging / DICTIONARY).write_text(dictionary.render(_where(layers, plain)), "utf-8")
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


def _where(
    layers: Sequence[Layer], plain: Sequence[tuple[Table, pd.DataFrame]]
) -> dict[str, list[str]]:
    """Return, by name of table, the files that hold it."""
    where: dict[str, list[str]] = {table.name: [] for table in OUTPUTS}
    for layer in layers:
        where[layer.table.name].append(f"layers/{layer.name}.geojson")
    where[STOPS.name].append(PLAN)
    where[HOTSPOTS.name].append(FINDINGS)
    where[REJECTED.name].append(REJECTS)
    for table, _ in plain:
        where[table.name] += [FINDINGS, f"{GEOPACKAGE} ({table.name})"]
    return where
