"""The output folder: everything that a run leaves behind, and everything that a plan does."""

from __future__ import annotations

import html
import sqlite3
from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from pathlib import Path
from typing import Any, Final

import pandas as pd
from pyarrow import parquet
from pyogrio.errors import DataLayerError, DataSourceError

from geo.crs import to_metric
from geo.params import Params
from geo.records import Source, StudyData
from geo.results import Findings, Patrols
from geo.schema import CONTRADICTIONS, FORM_STOPS, OUTPUTS, PLAN_OUTPUTS, STOPS, Table
from layers import shipped
from layers.drawn import Drawn
from layers.files import atomic, filenames, patrol_routes
from layers.files.filenames import Maker
from layers.files.handling import Handling
from layers.files.listing import OutputFolderError, sha256, write_json
from layers.files.staging import complete, staged
from layers.writers import findings as findings_json
from layers.writers import formats, geopackage, network, phone, qgis, rasters, xlsform
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
"""What is in the files that hold no table, by suffix, or by name where one differs."""

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


@dataclass(frozen=True)
class Contents:
    """What a run or a plan writes beside its results."""

    params: Params
    drawn: Drawn
    handling: Handling
    """That of the run: a plan holds no longer than its run."""
    now: datetime
    more: frozenset[str] = frozenset()
    """Formats of `layers.writers.formats`."""
    inputs: Mapping[str, int] = field(default_factory=dict)
    """How many files the user gave, by kind."""
    duplicates: Mapping[str, str | int] = field(default_factory=dict)
    """What the user chose for probable duplicates, and how many records were merged."""

    def manifest(
        self,
        staging: Path,
        made_by: Maker,
        study: str,
        source: Source,
        handling: Handling,
    ) -> dict[str, Any]:
        """Return the manifest of all that was written."""
        return findings_json.manifest(
            staging,
            made_by=made_by,
            study=study,
            source=source,
            params=self.params,
            handling=handling,
            inputs=self.inputs,
            duplicates=self.duplicates,
            now=self.now,
        )


def write_all(
    folder: Path,
    contents: Contents,
    *,
    findings: Findings,
    data: StudyData,
    contradictions: pd.DataFrame | None = None,
) -> list[Path]:
    """Write everything that a run leaves; all files change or none, see `staging`.

    `folder` is made where it is missing; files that are not outputs of a run stay as they are.
    `contradictions` is table `CONTRADICTIONS`.

    Returns the files that the user had edited since they were written, under their new names.
    Raises `OutputFolderError` if another run writes there, a file of the user's
    stands in the way, or the disk is full.
    """
    contradictions = (
        CONTRADICTIONS.frame() if contradictions is None else contradictions
    )
    handling, study = contents.handling, data.about.name
    plain, placed = plain_tables(findings, contradictions), placed_tables(findings)
    layers = map_layers(findings, data)
    figures = findings_json.render(
        findings,
        data,
        contradictions=contradictions,
        ten_lines=contents.drawn.summary,
        handling=handling,
    )
    with staged(folder) as here, _disk_errors(folder):
        write_json(figures, here.path / filenames.FINDINGS)
        results = here.path / filenames.FINDINGS
        marked = _marked_as(handling, findings.source, data.about.credit, results)
        where = layer_files(here.path, layers, plain, marked, contents.now)
        for table, _ in (*plain, *placed):
            where[table.name].append(filenames.FINDINGS)
        others = _write_contents(
            here.path, layers, findings.patrols, contents, data, marked
        )
        rastered = here.path / filenames.RASTERS
        surfaces = [
            *rasters.write_walking_times(findings.access, rastered, marked),
            *rasters.write_densities(findings.hotspots, rastered, marked),
        ]
        others += [
            path
            for surface in surfaces
            for path in (surface.path, surface.path.with_suffix(".qml"))
        ]
        others += qgis.write_project(
            here.path,
            layers=[surface for surface in layers if not surface.is_large],
            tables=plain,
            surfaces=surfaces,
            title=study,
            crs=str(findings.sightings.crs),
            handling=marked,
        )
        _describe(here.path, where, others, OUTPUTS, handling)
        complete(
            here.path,
            contents.manifest(here.path, "run", study, findings.source, marked),
        )
    return here.edited


def write_plan(
    folder: Path, contents: Contents, *, patrols: Patrols, data: StudyData
) -> list[Path]:
    """Write everything that a plan of one night or several leaves.

    `data` is what it was planned on.  A plan with a date gets a form for what its crews find.  All
    else, and the errors, are as in `write_all`.
    """
    layers, plain, handling = (
        patrol_layers(patrols),
        patrol_tables(patrols),
        contents.handling,
    )
    study, source = data.about.name, data.layers.source
    with staged(folder) as here, _disk_errors(folder):
        formats.csv(STOPS, patrols.stops, here.path / filenames.PLAN, handling)
        marked = _marked_as(
            handling, source, data.about.credit, here.path / filenames.PLAN
        )
        where = layer_files(here.path, layers, plain, marked, contents.now)
        others = _write_contents(here.path, layers, patrols, contents, data, marked)
        others += qgis.write_project(
            here.path,
            layers=layers,
            tables=plain,
            surfaces=(),
            title=study,
            crs=str(patrols.stops.crs),
            handling=marked,
        )
        listed = xlsform.stops_of(
            patrols.stops, study, contents.params.patrols.time_zone
        )
        if len(listed):
            forms = here.path / filenames.FORMS
            others.append(
                xlsform.write_visit_form(forms, listed, data.places, handling)
            )
            where[FORM_STOPS.name] = [f"{filenames.FORMS}/{filenames.FORM_STOPS_FILE}"]
        _describe(here.path, where, others, PLAN_OUTPUTS, handling)
        complete(here.path, contents.manifest(here.path, "plan", study, source, marked))
    return here.edited


def layer_files(
    staging: Path,
    layers: Sequence[Layer],
    plain: Tables,
    handling: Handling,
    now: datetime,
) -> dict[str, list[str]]:
    """Write layers as GeoJSON, and with plain tables as a GeoPackage, but for large layers.

    Returns the files of each table, by its name.
    """
    where: dict[str, list[str]] = defaultdict(list)
    (staging / "layers").mkdir(parents=True)
    for layer in layers:
        file = f"layers/{layer.name}.{'parquet' if layer.is_large else 'geojson'}"
        where[layer.table.name].append(file)
        if not layer.is_large:
            formats.geojson(layer, staging / file, handling)
    small = [layer for layer in layers if not layer.is_large]
    geopackage.write(
        small, plain, staging / filenames.GEOPACKAGE, handling=handling, now=now
    )
    for table, _ in plain:
        where[table.name].append(f"{filenames.GEOPACKAGE} ({table.name})")
    return where


def _marked_as(
    handling: Handling, source: Source, study: str, results: Path
) -> Handling:
    """Return the handling with whose roads and places are, and the run: digits of a SHA-256."""
    return replace(
        handling, credit=source.licence, study=study, run=sha256(results)[:RUN_DIGITS]
    )


def _write_contents(
    staging: Path,
    layers: Sequence[Layer],
    patrols: Patrols,
    contents: Contents,
    data: StudyData,
    handling: Handling,
) -> list[Path]:
    """Write what both a run and a plan write; return the files that hold no table."""
    head = f'{HEAD}<meta name="handling" content="{html.escape(handling.line())}">'
    drawn = contents.drawn
    (staging / filenames.MAP).write_text(drawn.page.replace(HEAD, head, 1), "utf-8")
    formats.csv(STOPS, patrols.stops, staging / filenames.PLAN, handling)
    here = staging / filenames.PATROLS
    routes = patrol_routes.routes(
        patrols.stops, patrols.legs, handling.credit, data.places
    )
    others = phone.write_routes(routes, here, handling)
    if patrols.stops["starts_at"].notna().any():
        others += phone.write_ics(patrols.stops, routes, here, handling, drawn.bring)
    others += formats.more(layers, staging / "layers", contents.more, handling)
    if formats.NETWORK in contents.more and patrols.roads is not None:
        others += network.write(
            to_metric(data),
            patrols.roads,
            patrols.nodes,
            contents.params,
            staging,
            handling,
        )
    if drawn.crew:
        (staging / filenames.CREW).write_text(
            drawn.crew.replace(HEAD, head, 1), "utf-8"
        )
        others.append(staging / filenames.CREW)
    if drawn.cards is not None:
        (staging / filenames.CARDS).write_bytes(drawn.cards)
        others.append(staging / filenames.CARDS)
    for name, text in drawn.texts.items():
        path = staging / name
        path.parent.mkdir(exist_ok=True)
        path.write_text(text, "utf-8")
        others.append(path)
    return others


def _describe(
    staging: Path,
    where: dict[str, list[str]],
    others: Iterable[Path],
    outputs: Iterable[Table],
    handling: Handling,
) -> None:
    """Write the data dictionary: the tables, and which files hold each."""
    where[STOPS.name].append(filenames.PLAN)
    named = {
        path.relative_to(staging).as_posix(): _OTHERS.get(path.name)
        or _OTHERS[path.suffix]
        for path in others
    }
    text = formats.dictionary(where, handling, named, outputs)
    (staging / filenames.DICTIONARY).write_text(text, "utf-8")


@contextmanager
def _disk_errors(folder: Path) -> Iterator[None]:
    """Raise one clear error when the disk is full, whichever library failed."""
    try:
        yield
    except (
        DataSourceError,
        DataLayerError,
        sqlite3.OperationalError,
        OSError,
    ) as error:
        full = atomic.is_full(error, folder / filenames.MANIFEST)
        reason = "the disk is full" if full else str(error).rstrip(". ")
        raise OutputFolderError(
            f"{folder} could not be written to: {reason}. Nothing is replaced. "
            "Fix: make room on the disk, or choose another folder with --out"
        ) from error
