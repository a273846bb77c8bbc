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
from layers import filenames, shipped
from layers.handling import Handling
from layers.listing import OutputFolderError, write_json
from layers.planned import stops_of
from layers.records import Source, StudyData
from layers.schema import CONTRADICTIONS, FORM_STOPS, OUTPUTS, PLAN_OUTPUTS, STOPS, Table
from layers.staging import complete, staged
from layers.writers import findings as findings_json
from layers.writers import geojson, geopackage, manifest, phone, rasters, tables, visit_form
from layers.writers.layers import (
    Layer,
    Tables,
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
    plain, placed = plain_tables(findings, contradictions), placed_tables(findings)
    layers = map_layers(findings, data)
    contents = _Contents(
        layers, plain, findings.patrols, findings.source.licence, map_html, texts, cards
    )
    numbers = findings_json.render(
        findings, data, contradictions=contradictions, ten_lines=ten_lines, handling=handling
    )
    with staged(folder, internal=handling.internal) as here, _disk_errors(folder):
        others = _write_contents(here.path, contents, params, handling, now)
        surfaces = here.path / filenames.RASTERS
        others += rasters.write_walking_times(findings.access, surfaces, handling)
        others += rasters.write_density(findings.hotspots.raster, surfaces, handling)
        write_json(numbers, here.path / filenames.FINDINGS)
        _describe(here.path, contents, others, OUTPUTS, handling, (*plain, *placed))
        record = manifest.render(
            here.path, made_by="run", study=data.about.name, source=findings.source, params=params,
            handling=handling, inputs=inputs, merged=merged, now=now,
        )  # fmt: skip
        complete(here.path, record)
    return here.edited


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
    layers, plain = patrol_layers(patrols), patrol_tables(patrols)
    contents = _Contents(layers, plain, patrols, source.licence, map_html, texts, cards)
    with staged(folder, internal=handling.internal) as here, _disk_errors(folder):
        others = _write_contents(here.path, contents, params, handling, now)
        listed = stops_of(patrols.stops, study, params.patrols.time_zone)
        if places is not None and len(listed):
            others.append(visit_form.write(here.path / filenames.FORMS, listed, places, handling))
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
    plain: Tables
    """Tables that have no place on a map."""
    patrols: Patrols
    credit: str
    """Of the roads."""
    map_html: str
    texts: Mapping[str, str]
    cards: bytes | None


def _write_contents(
    staging: Path, contents: _Contents, params: Params, handling: Handling, now: datetime
) -> list[Path]:
    """Write what both a run and a plan write; return the files that hold no table."""
    patrols, layers = contents.patrols, contents.layers
    (staging / filenames.MAP).write_text(_marked(contents.map_html, handling), "utf-8")
    (staging / "layers").mkdir()
    for layer in layers:
        geojson.write(layer, staging / "layers" / f"{layer.name}.geojson", handling)
    geopackage.write(
        layers, contents.plain, staging / filenames.GEOPACKAGE, handling=handling, now=now
    )
    tables.write(STOPS, patrols.stops, staging / filenames.PLAN, handling)
    others = phone.write_gpx(
        patrols.stops, patrols.legs, contents.credit, staging / filenames.PATROLS, handling
    )
    date, zone = params.patrols.date, params.patrols.time_zone
    if date is not None:
        others += phone.write_ics(
            patrols.stops, staging / filenames.PATROLS, handling, date=date, time_zone=zone
        )
    if contents.cards is not None:
        (staging / filenames.CARDS).write_bytes(contents.cards)
        others.append(staging / filenames.CARDS)
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
    in_findings: Tables = (),
) -> None:
    """Write the data dictionary: the tables, and which files hold each."""
    where: dict[str, list[str]] = {table.name: [] for table in outputs}
    for layer in contents.layers:
        where[layer.table.name].append(f"layers/{layer.name}.geojson")
    where[STOPS.name].append(filenames.PLAN)
    if (staging / filenames.FORMS).exists():
        where[FORM_STOPS.name].append(f"{filenames.FORMS}/{filenames.FORM_STOPS_FILE}")
    for table, _ in contents.plain:
        where[table.name].append(f"{filenames.GEOPACKAGE} ({table.name})")
    for table, _ in in_findings:
        where[table.name].append(filenames.FINDINGS)
    named = {
        path.relative_to(staging).as_posix(): _OTHERS.get(path.name) or _OTHERS[path.suffix]
        for path in others
    }
    (staging / filenames.DICTIONARY).write_text(
        tables.dictionary(where, handling, named, outputs), "utf-8"
    )


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
