"""`findings.json`, numbers by the JSON Schema in `layers/data`, and `manifest.json`."""

import dataclasses
import json
import math
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

import pandas as pd
from pydantic_core import to_jsonable_python

from geo import sightings
from geo.params import Params, PrivacyParams
from geo.records import Source, StudyData
from geo.results import Access, Findings
from geo.schema import SCHEMA_VERSION, Table
from layers.files.filenames import PROGRAM, Maker
from layers.files.handling import Handling
from layers.files.listing import fingerprint
from layers.writers.layer_tables import DECIMALS, placed_tables, plain_tables

WAYS: Final = ("roads", "paths", "railways", "waterways", "facilities")


FILE: Final = "file"
"""Under this key a snapshot's provenance holds the name of the user's file."""

MEAN_OFF: Final = (math.sqrt(2) + math.asinh(1)) / 6
"""Mean distance of a point of a unit square from its middle: 0.3826."""


def render(
    findings: Findings,
    data: StudyData,
    *,
    contradictions: pd.DataFrame,
    ten_lines: Sequence[str],
    handling: Handling,
) -> dict[str, Any]:
    """Return the findings as plain values for JSON.

    Parameters
    ----------
    findings, data
        Of one run.
    contradictions
        Table `CONTRADICTIONS`.
    ten_lines
        The findings in words.
    handling
        What every file of the run says.

    Raises
    ------
    geo.sightings.CoarseningError
        If the sightings are not coarse.
    """
    sightings.check(findings.sightings, data.places, findings.privacy)
    tables = [*plain_tables(findings, contradictions), *placed_tables(findings)]
    return {
        "schema_version": SCHEMA_VERSION,
        "handling": handling.line(),
        "source": source_record(findings.source),
        "privacy": _privacy(findings.privacy),
        "n_sightings": findings.n_sightings,
        "periods": _periods(findings.sightings),
        "small_sample": small_sample(findings.n_sightings),
        "counts": {
            "records": len(data.sightings),
            "places": len(data.places),
            **{name: len(getattr(data.layers, name)) for name in WAYS},
        },
        **{table.name: records(table, rows) for table, rows in tables},
        "placed_sightings": findings.hotspots.n,
        "unplaced_sightings": list(findings.hotspots.unplaced),
        "access": _access(findings.access),
        "omitted": [dataclasses.asdict(omission) for omission in findings.omitted],
        "summary": list(ten_lines),
    }


def records(table: Table, rows: pd.DataFrame) -> list[dict[str, Any]]:
    """Return the columns of `table`, a dict a row, nulls as None."""
    text = table.frame(rows).to_json(orient="records", double_precision=DECIMALS)
    result: list[dict[str, Any]] = json.loads(text)
    return result


def small_sample(n: int) -> dict[str, Any]:
    """Return how little `n` sightings prove."""
    return {"sightings": n, "one_more_could_move_a_share_by": round(1 / (n + 1), 4)}


def _privacy(params: PrivacyParams) -> dict[str, Any]:
    """Return how the sightings were coarsened, and what the grid costs in metres."""
    grid_m = params.grid_m
    return {
        "grid_m": grid_m,
        "least_reports": params.least_reports,
        "off_at_most_m": round(grid_m / math.sqrt(2), 1),
        "off_on_average_m": round(grid_m * MEAN_OFF, 1),
    }


def _periods(sightings: pd.DataFrame) -> list[str | None]:
    """Return the first and the last month that the periods of the sightings span."""
    periods = [pd.Period(period) for period in sightings["period"].dropna().unique()]
    if not periods:
        return [None, None]
    first = min(period.start_time for period in periods)
    last = max(period.end_time for period in periods)
    return [f"{first:%Y-%m}", f"{last:%Y-%m}"]


def _access(access: Access | None) -> dict[str, Any] | None:
    """Return what the walking times rest on."""
    if access is None:
        return None
    return {
        "label": access.label,
        "note": access.note,
        "kinds": list(access.minutes),
        "cell_m": access.transform[0],
        "level_share": round(float(access.level_share), DECIMALS),
    }


def manifest(
    folder: Path,
    *,
    made_by: Maker,
    study: str,
    source: Source,
    params: Params | None = None,
    handling: Handling,
    inputs: Mapping[str, int] = MappingProxyType({}),
    duplicates: Mapping[str, str | int] = MappingProxyType({}),
    now: datetime,
) -> dict[str, Any]:
    """Return the manifest of the outputs in `folder`: every file there that is not hidden.

    Parameters
    ----------
    folder
        Where the outputs lie.
    made_by
        ``run``, ``plan`` or ``release``.
    study
        Title of the study, whose folder is not named.
    source
        The network.
    params
        Parameters; a release names none: hours and depots are among them.
    handling
        What every file says.
    inputs
        How many files of each kind the user gave: their names and contents stay inside
        (`mitrovica.intake.private_folder`).
    duplicates
        The user's choice, and how many records were merged.
    now
        When it was written.
    """
    return {
        "program": PROGRAM,
        "made_by": made_by,
        "handling": handling.line(),
        "run": handling.run,
        "holds_until": handling.until.isoformat(),
        "version": version(PROGRAM),
        "schema_version": SCHEMA_VERSION,
        "written": now.astimezone(UTC).isoformat(timespec="seconds"),
        "study": study,
        "source": source_record(source),
        "parameters": to_jsonable_python(params),
        "inputs": dict(inputs),
        "duplicates": dict(duplicates),
        "outputs": [
            {"file": path.relative_to(folder).as_posix(), **fingerprint(path)}
            for path in sorted(folder.rglob("[!.]*"))
            if path.is_file()
        ],
    }


def source_record(source: Source) -> dict[str, Any]:
    """Return a source as plain values, without the name of the user's file."""
    record = dataclasses.asdict(source)
    record["provenance"] = {k: v for k, v in record["provenance"].items() if k != FILE}
    return record
