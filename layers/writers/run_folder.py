"""The output folder: everything that a run leaves behind, and everything that a plan does."""

import html
import sqlite3
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import cached_property
from pathlib import Path
from typing import Final

import pandas as pd
from pyarrow import parquet
from pyogrio.errors import DataLayerError, DataSourceError

from geo.crs import to_metric
from geo.params import Params
from geo.records import Source, StudyData
from geo.results import Findings, Patrols
from geo.schema import CONTRADICTIONS, OUTPUTS, PLAN_OUTPUTS, STOPS, Table
from layers import package_data
from layers.artwork import Drawn
from layers.files import atomic, filenames, patrol_routes
from layers.files.filenames import Maker
from layers.files.handling import Handling
from layers.files.listing import OutputFolderError, sha256, write_json
from layers.files.staging import complete, staged
from layers.writers import findings_json, formats, geopackage, phone, qgis, road_graph
from layers.writers.layer_tables import (
    Layer,
    Tables,
    map_layers,
    patrol_layers,
    patrol_tables,
    placed_tables,
    plain_tables,
)
from layers.writers.surfaces import Surface, write_densities, write_walking_times

_OTHERS: Final = package_data.toml("templates", "files.toml")
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


def write_all(
    folder: Path,
    contents: Contents,
    *,
    findings: Findings,
    data: StudyData,
    contradictions: pd.DataFrame | None = None,
) -> list[Path]:
    """Write everything that a run leaves; all files change or none, see `staging`.

    Parameters
    ----------
    folder
        Made where it is missing; files that are not outputs of a run stay as they are.
    contents
        What is written beside the results.
    findings, data
        Of the run.
    contradictions
        Table `CONTRADICTIONS`; by default without rows.

    Returns
    -------
    list of Path
        The files that the user had edited since they were written, under their new names.

    Raises
    ------
    OutputFolderError
        If another run writes there, a file of the user's stands in the way, or the disk is full.
    """
    if contradictions is None:
        contradictions = CONTRADICTIONS.frame()
    tables = plain_tables(findings, contradictions)
    layers = map_layers(findings, data)
    figures = findings_json.render(
        findings,
        data,
        contradictions=contradictions,
        ten_lines=contents.drawn.summary,
        handling=contents.handling,
    )
    with staged(folder) as here, _disk_errors(folder):
        results = here.path / filenames.FINDINGS
        write_json(figures, results)
        output = _Output(here.path, contents, data, findings.source, results)
        output.write(layers, tables, findings.patrols)
        for table, _ in (*tables, *placed_tables(findings)):
            output.where[table.name].append(filenames.FINDINGS)
        surfaces = output.surfaces(findings)
        small = [layer for layer in layers if not layer.is_large]
        output.project(small, tables, findings.sightings.crs, surfaces)
        output.finish("run", OUTPUTS)
    return here.edited


def write_plan(
    folder: Path,
    contents: Contents,
    *,
    patrols: Patrols,
    data: StudyData,
    attach: Callable[[Path], dict[str, list[str]]] | None = None,
) -> list[Path]:
    """Write everything that a plan of one night or several leaves.

    Parameters
    ----------
    folder, contents
        As for `write_all`; returns and errors too.
    patrols
        The plan.
    data
        What it was planned on.
    attach
        Writes more into the folder, and returns the files of each table that it wrote.
    """
    layers = patrol_layers(patrols)
    tables = patrol_tables(patrols)
    with staged(folder) as here, _disk_errors(folder):
        results = here.path / filenames.PLAN
        formats.csv(STOPS, patrols.stops, results, contents.handling)
        output = _Output(here.path, contents, data, data.layers.source, results)
        output.write(layers, tables, patrols)
        output.project(layers, tables, patrols.stops.crs)
        if attach is not None:
            output.where |= attach(here.path)
        output.finish("plan", PLAN_OUTPUTS)
    return here.edited


@dataclass
class _Output:
    """A folder that is being filled, and which files it holds."""

    path: Path
    contents: Contents
    data: StudyData
    source: Source
    results: Path
    where: dict[str, list[str]] = field(default_factory=dict)
    """The files that hold each table, by its name."""

    @cached_property
    def handling(self) -> Handling:
        """With the run, by digits of the SHA-256 of its results."""
        return replace(
            self.contents.handling,
            credit=self.source.licence,
            study=self.data.about.credit,
            run=sha256(self.results)[:RUN_DIGITS],
        )

    def write(self, layers: Sequence[Layer], tables: Tables, patrols: Patrols) -> None:
        """Write what both a run and a plan write."""
        contents = self.contents
        path = self.path
        handling = self.handling
        drawn = contents.drawn
        self.where = layer_files(path, layers, tables, handling, contents.now)
        self.where[STOPS.name].append(filenames.PLAN)
        formats.csv(STOPS, patrols.stops, path / filenames.PLAN, handling)
        self.routes(patrols)
        formats.more(layers, path / "layers", contents.more, handling)
        if formats.NETWORK in contents.more and patrols.roads is not None:
            road_graph.write(
                to_metric(self.data),
                patrols.roads,
                patrols.nodes,
                contents.params,
                path,
                handling,
            )
        (path / filenames.MAP).write_text(self._marked(drawn.page), "utf-8")
        if drawn.crew:
            (path / filenames.CREW).write_text(self._marked(drawn.crew), "utf-8")
        if drawn.cards is not None:
            (path / filenames.CARDS).write_bytes(drawn.cards)
        for name, text in drawn.texts.items():
            (path / name).parent.mkdir(exist_ok=True)
            (path / name).write_text(text, "utf-8")

    def routes(self, patrols: Patrols) -> None:
        """Write the patrols for phones."""
        folder = self.path / filenames.PATROLS
        handling = self.handling
        routes = patrol_routes.routes(
            patrols.stops, patrols.legs, handling.credit, self.data.places
        )
        phone.write_routes(routes, folder, handling)
        if patrols.stops["starts_at"].notna().any():
            bring = self.contents.drawn.bring
            phone.write_ics(patrols.stops, routes, folder, handling, bring)

    def surfaces(self, findings: Findings) -> list[Surface]:
        """Write the surfaces of a run with their styles."""
        folder = self.path / filenames.RASTERS
        return [
            *write_walking_times(findings.access, folder, self.handling),
            *write_densities(findings.hotspots, folder, self.handling),
        ]

    def project(
        self,
        layers: Sequence[Layer],
        tables: Tables,
        crs: object,
        surfaces: Iterable[Surface] = (),
    ) -> None:
        """Write the project of QGIS.

        Parameters
        ----------
        layers, tables
            What the GeoPackage holds.
        crs
            In which the map is drawn, in metres.
        surfaces
            The rasters of the folder.
        """
        title = self.data.about.name
        text = qgis.project(
            layers,
            tables,
            surfaces,
            str(crs),
            title,
            self.handling,
            self.source,
            self.data.boundary,
        )
        qgis.write_project(self.path, title, text)

    def finish(self, maker: Maker, outputs: Iterable[Table]) -> None:
        """Write the data dictionary and the manifest."""
        contents = self.contents
        dictionary = package_data.filled(
            "dictionary.md",
            handling=contents.handling.line(),
            tables=outputs,
            where=self.where,
            others=self._without_table(),
        )
        (self.path / filenames.DICTIONARY).write_text(dictionary, "utf-8")
        manifest = findings_json.manifest(
            self.path,
            made_by=maker,
            study=self.data.about.name,
            source=self.source,
            params=contents.params,
            handling=self.handling,
            inputs=contents.inputs,
            duplicates=contents.duplicates,
            now=contents.now,
        )
        complete(self.path, manifest)

    def _marked(self, page: str) -> str:
        """Return a page with the handling words in its head."""
        words = html.escape(self.handling.line())
        return page.replace(HEAD, f'{HEAD}<meta name="handling" content="{words}">', 1)

    def _without_table(self) -> dict[str, str]:
        """Return what is in the files that hold no table, by name."""
        of_tables = {name for files in self.where.values() for name in files}
        meanings = {}
        for path in sorted(self.path.rglob("*.*")):
            name = path.relative_to(self.path).as_posix()
            meaning = _OTHERS.get(path.name) or _OTHERS.get(path.suffix)
            if meaning and name not in of_tables:
                meanings[name] = meaning
        return meanings


def layer_files(
    staging: Path,
    layers: Sequence[Layer],
    plain: Tables,
    handling: Handling,
    now: datetime,
) -> dict[str, list[str]]:
    """Write layers as GeoJSON, and with plain tables as a GeoPackage, but for large layers.

    Parameters
    ----------
    staging
        Where files are written before all change at once.
    layers, plain
        Layers, and tables without a place on a map.
    handling
        What every file says.
    now
        Time of the last change.

    Returns
    -------
    dict
        The files of each table, by its name.
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
