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
from typing import Final

import pandas as pd
from pyogrio.errors import DataLayerError, DataSourceError

from geo.params import Params
from geo.results import Findings, Patrols
from layers import shipped
from layers.filenames import (
    CARDS,
    DICTIONARY,
    FINDINGS,
    FORM_STOPS_FILE,
    FORMS,
    GEOPACKAGE,
    MAP,
    PATROLS,
    PLAN,
    RASTERS,
)
from layers.handling import Handling
from layers.listing import OutputFolderError, write_json
from layers.log.planned import stops_of
from layers.records import Source, StudyData
from layers.schema import CONTRADICTIONS, FORM_STOPS, OUTPUTS, PLAN_OUTPUTS, STOPS, VISITS, Table
from layers.staging import complete, staged
from layers.writers import findings as findings_json
from layers.writers import geojson, geopackage, manifest, phone, rasters, tables, visit_form
from layers.writers.layers import (
    Layer,
    map_layers,
    patrol_layers,
    patrol_tables,
    placed_tables,
    plain_tables,
)

_OTHERS: Final = shipped.toml("templates", "files.toml")
"""By suffix, or by name where one differs, what is in the files that hold no table."""

HEAD: Final = "<head>"


def kept_line(path: Path) -> str:
    """Return the message about an edited file that got a new name."""
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
    texts: Mapping[str, str] = MappingProxyType({}),
    cards: bytes | None = None,
    contradictions: pd.DataFrame | None = None,
    inputs: Mapping[str, int] = MappingProxyType({}),
    merged: int = 0,
    now: datetime,
) -> list[Path]:
    """Write everything that a run leaves; all files change or none, see `layers.staging`.

    `folder` is made where it is missing; what is no output of a run stays as it is.  `map_html` is
    the map as one page; `texts` are the report and its pictures, by their names in the folder;
    `cards` a card for each stop as PDF; `contradictions` table `CONTRADICTIONS`.  `inputs` says by
    kind how many files the user gave, `merged` how many records were merged into another one.

    Returns the files that the user had edited since they were written, under their new names.
    Raises `layers.listing.OutputFolderError` if another run writes there, a file of the user's
    stands in the way, or the disk is full.
    """
    contradictions = CONTRADICTIONS.frame() if contradictions is None else contradictions
    plain = plain_tables(findings, contradictions)
    layers = map_layers(findings, data)
    contents = _Contents(layers, plain, findings.patrols, map_html, texts, cards)
    numbers = findings_json.render(
        findings, data, contradictions=contradictions, ten_lines=ten_lines, handling=handling
    )
    with staged(folder, internal=handling.internal) as here, _disk_errors(folder):
        _write_study(here.path, contents, findings, numbers, params, handling, now)
        record = manifest.render(
            here.path, made_by="run", study=data.about.name, source=findings.source, params=params,
            handling=handling, inputs=inputs, merged=merged, now=now,
        )  # fmt: skip
        complete(here.path, record)
    return here.edited


def _write_study(
    staging: Path,
    contents: _Contents,
    findings: Findings,
    numbers: Mapping[str, object],
    params: Params,
    handling: Handling,
    now: datetime,
) -> None:
    """Write and describe all files of a run but the manifest."""
    others = _write_contents(staging, contents, params, handling, now)
    others += rasters.write_walking_times(findings.access, staging / RASTERS, handling)
    others += rasters.write_density(findings.hotspots.raster, staging / RASTERS, handling)
    write_json(numbers, staging / FINDINGS)
    in_findings = [table for table, _ in (*contents.plain, *placed_tables(findings))]
    _describe(staging, contents, others, OUTPUTS, handling, in_findings)


def write_plan(
    folder: Path,
    *,
    patrols: Patrols,
    study: str,
    source: Source,
    params: Params,
    map_html: str,
    handling: Handling,
    texts: Mapping[str, str] = MappingProxyType({}),
    cards: bytes | None = None,
    inputs: Mapping[str, int] = MappingProxyType({}),
    places: pd.DataFrame | None = None,
    now: datetime,
) -> list[Path]:
    """Write everything that a plan of one night or several leaves.

    `study` is the title of the study, `source` that of the ways that are driven, `handling` that of
    the run: a plan holds no longer than its run.  With `places`, table `PLACES`, a plan with a date
    gets a form for what its crews find.  All else, and the errors, are as in `write_all`.
    """
    plain = (*patrol_tables(patrols), (VISITS, patrols.visits))
    contents = _Contents(patrol_layers(patrols), plain, patrols, map_html, texts, cards)
    with staged(folder, internal=handling.internal) as here, _disk_errors(folder):
        others = _write_contents(here.path, contents, params, handling, now)
        listed = stops_of(patrols.stops, study, params.patrols.time_zone)
        if places is not None and len(listed):
            others.append(visit_form.write(here.path / FORMS, listed, places, handling))
        _describe(here.path, contents, others, PLAN_OUTPUTS, handling)
        record = manifest.render(
            here.path, made_by="plan", study=study, source=source, params=params, handling=handling,
            inputs=inputs, now=now,
        )  # fmt: skip
        complete(here.path, record)
    return here.edited


@dataclass(frozen=True)
class _Contents:
    """What both a run and a plan write."""

    layers: Sequence[Layer]
    plain: Sequence[tuple[Table, pd.DataFrame]]
    """Tables that have no place on a map."""
    patrols: Patrols
    map_html: str
    texts: Mapping[str, str]
    cards: bytes | None


def _write_contents(
    staging: Path, contents: _Contents, params: Params, handling: Handling, now: datetime
) -> list[Path]:
    """Write what both a run and a plan write; return the files that hold no table."""
    patrols, layers = contents.patrols, contents.layers
    (staging / MAP).write_text(_marked(contents.map_html, handling), "utf-8")
    (staging / "layers").mkdir()
    for layer in layers:
        geojson.write(layer, staging / "layers" / f"{layer.name}.geojson", handling)
    geopackage.write(layers, contents.plain, staging / GEOPACKAGE, handling=handling, now=now)
    tables.write(STOPS, patrols.stops, staging / PLAN, handling)
    others = phone.write_gpx(patrols.stops, patrols.legs, staging / PATROLS, handling)
    date, zone = params.patrols.date, params.patrols.time_zone
    if date is not None:
        others += phone.write_ics(
            patrols.stops, staging / PATROLS, handling, date=date, time_zone=zone
        )
    if contents.cards is not None:
        (staging / CARDS).write_bytes(contents.cards)
        others.append(staging / CARDS)
    for name, text in contents.texts.items():
        path = staging / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        others.append(path)
    return others


def _marked(page: str, handling: Handling) -> str:
    """Return a page with the handling words in its head."""
    words = html.escape(handling.line())
    return page.replace(HEAD, f'{HEAD}<meta name="handling" content="{words}">', 1)


def _describe(
    staging: Path,
    contents: _Contents,
    others: Iterable[Path],
    outputs: Iterable[Table],
    handling: Handling,
    in_findings: Iterable[Table] = (),
) -> None:
    """Write the data dictionary: the tables, and which files hold each."""
    where: dict[str, list[str]] = {table.name: [] for table in outputs}
    for layer in contents.layers:
        where[layer.table.name].append(f"layers/{layer.name}.geojson")
    where[STOPS.name].append(PLAN)
    if (staging / FORMS).exists():
        where[FORM_STOPS.name].append(f"{FORMS}/{FORM_STOPS_FILE}")
    for table, _ in contents.plain:
        where[table.name].append(f"{GEOPACKAGE} ({table.name})")
    for table in in_findings:
        where[table.name].append(FINDINGS)
    named = {
        path.relative_to(staging).as_posix(): _OTHERS.get(path.name) or _OTHERS[path.suffix]
        for path in others
    }
    (staging / DICTIONARY).write_text(tables.dictionary(where, handling, named, outputs), "utf-8")


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Raise one clear error when the disk is full, whichever library failed."""
    try:
        yield
    except (DataSourceError, DataLayerError, sqlite3.OperationalError, OSError) as error:
        raise OutputFolderError(
            f"{folder} could not be written to: {str(error).rstrip('. ')}. Nothing is replaced. "
            "Fix: make room on the disk, or choose another folder with --out"
        ) from error
