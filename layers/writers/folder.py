"""The output folder: everything that a run leaves behind, and everything that a plan does."""

from __future__ import annotations

import html
import sqlite3
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import datetime
from pathlib import Path
from types import MappingProxyType
from typing import Final

import pandas as pd
from pyarrow import parquet
from pyogrio.errors import DataLayerError, DataSourceError

from geo.crs import to_metric
from geo.params import Params
from geo.results import Findings, Patrols
from layers import filenames, gpx, shipped
from layers.handling import Handling
from layers.listing import OutputFolderError, sha256, write_json
from layers.records import Source, StudyData
from layers.schema import CONTRADICTIONS, FORM_STOPS, OUTPUTS, PLAN_OUTPUTS, STOPS, Table
from layers.staging import complete, staged
from layers.writers import findings as findings_json
from layers.writers import (
    formats,
    geopackage,
    network,
    phone,
    project,
    rasters,
    xlsform,
)
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
RUN_DIGITS: Final = 12


def kept_line(path: Path) -> str:
    """Return the message about an edited file that got a new name."""
    return f"A file that you had edited is kept as {path}"


def large_lines(folder: Path) -> list[str]:
    """Return which layers of a run are in neither GeoJSON nor GeoPackage, and what to use."""
    return [
        f"{path} is in neither GeoJSON nor GeoPackage: it has "
        f"{parquet.read_metadata(path).num_rows:,} features. QGIS and DuckDB read it; tiles for a "
        "map of it: --formats pmtiles"
        for path in sorted((folder / "layers").glob("*.parquet"))
        if not path.with_suffix(".geojson").exists()
    ]


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
    bring: Mapping[tuple[str, int], str] = MappingProxyType({}),
    more: frozenset[str] = frozenset(),
    contradictions: pd.DataFrame | None = None,
    inputs: Mapping[str, int] = MappingProxyType({}),
    duplicates: Mapping[str, str | int] = MappingProxyType({}),
    now: datetime,
) -> list[Path]:
    """Write everything that a run leaves; all files change or none, see `layers.staging`.

    `folder` is made where it is missing; files that are not outputs of a run stay as they are.
    `map_html` is the map as one page; `texts` are the report and its pictures, by their names in
    the folder; `cards` a card for each stop as PDF; `bring` says by file of a patrol and order of a
    stop what to bring; `more` are formats of `layers.writers.formats`; `contradictions` table
    `CONTRADICTIONS`.  `inputs` says by kind how many files the user gave, `duplicates` what the
    user chose for probable duplicates and how many records were merged.

    Returns the files that the user had edited since they were written, under their new names.
    Raises `layers.listing.OutputFolderError` if another run writes there, a file of the user's
    stands in the way, or the disk is full.
    """
    contradictions = CONTRADICTIONS.frame() if contradictions is None else contradictions
    plain, placed = plain_tables(findings, contradictions), placed_tables(findings)
    layers = map_layers(findings, data)
    contents = _Contents(
        layers, plain, findings.patrols, map_html, texts, cards, data, bring, params, more
    )
    numbers = findings_json.render(
        findings, data, contradictions=contradictions, ten_lines=ten_lines, handling=handling
    )
    with staged(folder) as here, _disk_errors(folder):
        write_json(numbers, here.path / filenames.FINDINGS)
        marked = _marked_as(handling, findings.source, here.path / filenames.FINDINGS)
        others = _write_contents(here.path, contents, marked, now)
        rastered = here.path / filenames.RASTERS
        surfaces = rasters.write_walking_times(findings.access, rastered, marked)
        others += [path for one in surfaces for path in (one.path, one.path.with_suffix(".qml"))]
        others += project.write(
            here.path, layers=[one for one in layers if not one.is_large], tables=plain,
            surfaces=surfaces, title=data.about.name, crs=str(findings.sightings.crs),
            handling=marked,
        )  # fmt: skip
        _describe(here.path, contents, others, OUTPUTS, handling, (*plain, *placed))
        record = findings_json.manifest(
            here.path, made_by="run", study=data.about.name, source=findings.source, params=params,
            handling=marked, inputs=inputs, duplicates=duplicates, now=now,
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
    bring: Mapping[tuple[str, int], str] = MappingProxyType({}),
    more: frozenset[str] = frozenset(),
    inputs: Mapping[str, int] = MappingProxyType({}),
    data: StudyData | None = None,
    now: datetime,
) -> list[Path]:
    """Write everything that a plan of one night or several leaves.

    `study` is the title of the study, `source` that of the ways that are driven, `handling` that of
    the run: a plan holds no longer than its run.  With `data`, what it was planned on, a plan with
    a date gets a form for what its crews find.  All else, and the errors, are as in `write_all`.
    """
    layers, plain = patrol_layers(patrols), patrol_tables(patrols)
    contents = _Contents(layers, plain, patrols, map_html, texts, cards, data, bring, params, more)
    with staged(folder) as here, _disk_errors(folder):
        formats.csv(STOPS, patrols.stops, here.path / filenames.PLAN, handling)
        marked = _marked_as(handling, source, here.path / filenames.PLAN)
        others = _write_contents(here.path, contents, marked, now)
        others += project.write(
            here.path, layers=layers, tables=plain, surfaces=(), title=study,
            crs=str(patrols.stops.crs), handling=marked,
        )  # fmt: skip
        listed = xlsform.stops_of(patrols.stops, study, params.patrols.time_zone)
        if data is not None and len(listed):
            form = xlsform.write_visit_form(
                here.path / filenames.FORMS, listed, data.places, handling
            )
            others.append(form)
        _describe(here.path, contents, others, PLAN_OUTPUTS, handling)
        record = findings_json.manifest(
            here.path, made_by="plan", study=study, source=source, params=params, handling=marked,
            inputs=inputs, now=now,
        )  # fmt: skip
        complete(here.path, record)
    return here.edited


def _marked_as(handling: Handling, source: Source, results: Path) -> Handling:
    """Return the handling with whose the roads are, and the run: the first digits of a SHA-256."""
    return replace(handling, credit=source.licence, run=sha256(results)[:RUN_DIGITS])


@dataclass(frozen=True)
class _Contents:
    """What both a run and a plan write."""

    layers: Sequence[Layer]
    plain: Tables
    """Tables that have no place on a map."""
    patrols: Patrols
    map_html: str
    texts: Mapping[str, str]
    cards: bytes | None
    data: StudyData | None
    bring: Mapping[tuple[str, int], str]
    params: Params
    more: frozenset[str]


def _write_contents(
    staging: Path, contents: _Contents, handling: Handling, now: datetime
) -> list[Path]:
    """Write what both a run and a plan write; return the files that hold no table."""
    patrols, layers = contents.patrols, [one for one in contents.layers if not one.is_large]
    (staging / filenames.MAP).write_text(_marked(contents.map_html, handling), "utf-8")
    (staging / "layers").mkdir()
    for layer in layers:
        formats.geojson(layer, staging / "layers" / f"{layer.name}.geojson", handling)
    geopackage.write(
        layers, contents.plain, staging / filenames.GEOPACKAGE, handling=handling, now=now
    )
    formats.csv(STOPS, patrols.stops, staging / filenames.PLAN, handling)
    here = staging / filenames.PATROLS
    data = contents.data
    places = None if data is None else data.places
    routes = gpx.routes(patrols.stops, patrols.legs, handling.credit, places)
    others = phone.write_routes(routes, here, handling)
    if patrols.stops["starts_at"].notna().any():
        others += phone.write_ics(patrols.stops, routes, here, handling, contents.bring)
    others += formats.more(contents.layers, staging / "layers", contents.more, handling)
    if formats.NETWORK in contents.more and data is not None and patrols.roads is not None:
        others += network.write(
            to_metric(data), patrols.roads, patrols.nodes, contents.params, staging, handling
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
        suffix = "parquet" if layer.is_large else "geojson"
        where[layer.table.name].append(f"layers/{layer.name}.{suffix}")
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
        formats.dictionary(where, handling, named, outputs), "utf-8"
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
