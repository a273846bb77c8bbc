"""Sightings from the field: every row is used or rejected with its reasons, none is lost."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import Final, NamedTuple

import geopandas as gpd
import numpy as np
import numpy.typing as npt
import pandas as pd

from geo.crs import metric_crs
from geo.schema import (
    DUPLICATES,
    EMPTY_VISITS,
    RECORDS,
    REJECTED,
    SIGHTING_IDS,
    VISIT,
    WGS84,
    Table,
)
from geo.sightings.duplicates import MOST, Choice, probable_duplicates, resolve
from layers.complaints import UserError
from layers.files.filenames import TAKEN
from layers.readers.sightings import names_of, of_ids
from layers.readers.tabular.parsing import (
    Fault,
    UnreadableError,
    decimal_mark,
    is_short_year,
    listed,
    printable,
)
from layers.readers.tabular.table_file import content_of
from layers.readers.tabular.tables import FileTable
from mitrovica.intake import columns
from mitrovica.intake.containers import open_table
from mitrovica.intake.hashtags import by_tags
from mitrovica.intake.heading import Heading
from mitrovica.intake.mapping import CUT, chosen, mapped
from mitrovica.intake.options import FileOptions
from mitrovica.intake.personal import MASK, masked
from mitrovica.intake.record_rows import WIDENED, read_rows

LISTED: Final = 10
"""The most pairs of probable duplicates that are listed."""


_DAYS: Final = ("date_from", "date_to")


class FileCounts(NamedTuple):
    """How many rows of a file are there, used, of nobody met, and rejected."""

    file: str
    rows: int
    used: int
    of_nobody: int
    rejected: int


@dataclass(frozen=True)
class SightingsReport:
    """What was read: every row is in one of `accepted`, `visits` and `rejected`."""

    used: pd.DataFrame
    """Rows that are used, columns of `RECORDS`."""
    rejected: pd.DataFrame
    """Table `REJECTED`: the other rows, each once, with all its faults."""
    faults: list[Fault]
    """Every fault: those of whole files, then those of rows, in the order of the files."""
    ignored_columns: list[str]
    """Columns that no table knows, ``file: column``; their values were not taken in."""
    notes: list[str] = field(default_factory=list)
    """What was decided by a rule, ``file: note``."""
    files: tuple[FileCounts, ...] = ()
    choice: Choice = "keep"
    """What becomes of probable duplicates."""

    @property
    def rows(self) -> int:
        """Rows in all files that are not blank."""
        return sum(file.rows for file in self.files)

    @cached_property
    def accepted(self) -> gpd.GeoDataFrame:
        """Table `RECORDS`, EPSG:4326: the rows that are used."""
        return self._frame(RECORDS, of_nobody=False)

    @cached_property
    def visits(self) -> gpd.GeoDataFrame:
        """Table `EMPTY_VISITS`, EPSG:4326: rows that say where nobody was met."""
        return self._frame(EMPTY_VISITS, of_nobody=True)

    @cached_property
    def resolved(self) -> tuple[gpd.GeoDataFrame, pd.DataFrame]:
        """The rows that are used after duplicates are kept or merged, and table `DUPLICATES`."""
        if self.accepted.empty:
            return self.accepted, DUPLICATES.frame()
        pairs = probable_duplicates(self.accepted.to_crs(metric_crs(self.accepted)))
        return resolve(self.accepted, pairs, self.choice)

    @property
    def merged(self) -> int:
        """How many rows were merged into another one."""
        return len(self.accepted) - len(self.resolved[0])

    def inner_tables(self, ids: pd.DataFrame) -> list[tuple[Table, pd.DataFrame]]:
        """Return the tables that never leave; `ids`, table `SIGHTING_IDS`, says which is which."""
        return [
            (SIGHTING_IDS, ids),
            (REJECTED, self.rejected),
            (DUPLICATES, self.resolved[1]),
        ]

    def require_used(self) -> None:
        """Raise `UserError` if there are rows and none can be used."""
        if self.accepted.empty and (self.rows or self.faults):
            raise UserError(
                "No row of the sightings can be used. Fix: correct them, as "
                "`mitrovica run check` lists them"
            )

    def _frame(self, table: Table, *, of_nobody: bool) -> gpd.GeoDataFrame:
        wanted = (self.used["kind"] == VISIT) == of_nobody
        rows = table.frame(self.used[wanted].reset_index(drop=True))
        points = gpd.points_from_xy(rows["lon"], rows["lat"])
        return gpd.GeoDataFrame(rows, geometry=points, crs=WGS84)

    def counts(self) -> str:
        """Return in words how many rows are used, and how many are not."""
        used = sum(file.used for file in self.files)
        of_nobody = sum(file.of_nobody for file in self.files)
        visits = f", {of_nobody} of nobody met" if of_nobody else ""
        s = "" if self.rows == 1 else "s"
        return f"{self.rows} row{s}: {used} used{visits}, {len(self.rejected)} rejected"

    def fault_lines(self) -> list[str]:
        """Return the first ten rows of each fault as text."""
        return list(listed(self.faults))

    def duplicate_lines(self) -> list[str]:
        """Return the best pairs of probable duplicates as text, and what was done with all."""
        pairs = self.resolved[1]
        lines = [
            f"{printable(pair.first)} and {printable(pair.second)} may be one group, "
            f"{pair.distance_m:,.0f} m apart, score {pair.score:.2f}"
            f"{', one names the other' if pair.marked else ''}: {pair.outcome}"
            for pair in pairs.head(LISTED).itertuples()
        ]
        if len(pairs) > LISTED:
            more = " or more" if len(pairs) >= MOST else ""
            lines.append(
                f"{len(pairs):,} pairs{more} may be one group; the best {LISTED} are shown"
            )
        if self.merged:
            lines.append(f"Merged into other rows: {self.merged:,}")
        elif len(pairs) and self.choice == "keep":
            lines.append("To merge what was reported twice: --duplicates merge")
        return lines

    def lines(self) -> list[str]:
        """Return the report as text: counts, faults, notes."""
        lines = [self.counts(), *self.fault_lines(), *self.notes]
        if self.ignored_columns:
            lines.append(f"columns not used: {', '.join(self.ignored_columns)}")
        return lines


@dataclass(frozen=True)
class _File:
    """A file that was read, or why it cannot be."""

    values: pd.DataFrame
    """What could be read, columns of `RECORDS`, by the number of the row."""
    faults: Sequence[Fault]
    """What is wrong with single rows; of row 0, why no row is used."""
    ignored: tuple[str, ...] = ()
    notes: tuple[str, ...] = ()


def read(*files: Path | str, options: FileOptions | None = None) -> SightingsReport:
    """Read sightings, and report what became of every row.

    Files are CSV (comma, semicolon, tab; UTF-8, UTF-16, Windows-1250), XLSX, XLS, ODS, GeoJSON,
    GeoPackage, GeoParquet, and the exports of KoboToolbox and ODK in these formats, with the
    columns of `RECORDS`.  Ids must be unique, and relations known, over all files together.  Faults
    of files and rows are in the report; they are not raised.

    Parameters
    ----------
    *files
        Their paths.
    options
        What a user says where files are not clear, and the region of the study.

    Raises
    ------
    OSError
        If a file cannot be opened.
    """
    paths = [Path(file) for file in files]
    return _reported(
        {
            name: _read_file(path, name, options or FileOptions())
            for path, name in zip(paths, names_of(paths), strict=True)
        }
    )


def of_tables(
    tables: Mapping[str, FileTable], options: FileOptions | None = None
) -> SightingsReport:
    """Report what became of every row of tables that are open, by the names of their files."""
    return _reported(
        {
            name: _read_table(table, name, options or FileOptions())
            for name, table in tables.items()
        }
    )


def _reported(read_files: Mapping[str, _File]) -> SightingsReport:
    values = _together({n: file.values for n, file in read_files.items()})
    faults = [fault for file in read_files.values() for fault in file.faults]
    faults = _in_order([*faults, *of_ids(values)], list(read_files))
    faults_by_row = _by_row(faults, values)
    is_bad = values.index.isin(list(faults_by_row))
    return SightingsReport(
        used=values[~is_bad].reset_index(drop=True),
        rejected=_rejected(values[is_bad], faults_by_row),
        faults=faults,
        ignored_columns=[
            f"{name}: {column}"
            for name, file in read_files.items()
            for column in file.ignored
        ],
        notes=[
            f"{name}: {note}"
            for name, file in read_files.items()
            for note in file.notes
        ],
        files=_counts(values["kind"] == VISIT, is_bad, list(read_files)),
    )


def _together(values_by_file: dict[str, pd.DataFrame]) -> pd.DataFrame:
    """Return the values of all files, by file and row."""
    values = pd.concat(values_by_file or {"": pd.DataFrame()}, names=["file", "row"])
    return values.reindex(columns=RECORDS.names)


def _by_row(
    faults: Iterable[Fault], values: pd.DataFrame
) -> dict[tuple[str, int], list[Fault]]:
    """Return faults by file and row; those of a whole file for each of its rows."""
    faults_by_row: dict[tuple[str, int], list[Fault]] = defaultdict(list)
    for fault in faults:
        faults_by_row[fault.file, fault.row].append(fault)
    refused = {file for file, row in faults_by_row if not row}
    for file, row in values.index:
        if file in refused:
            faults_by_row[file, row] = faults_by_row[file, 0]
    return faults_by_row


def _counts(
    is_visit: pd.Series, is_bad: npt.NDArray[np.bool_], files: list[str]
) -> tuple[FileCounts, ...]:
    """Return what became of the rows of each file."""
    rows = pd.DataFrame(
        {
            "rows": True,
            "used": ~is_bad & ~is_visit,
            "of_nobody": ~is_bad & is_visit,
            "rejected": is_bad,
        }
    )
    counts = rows.groupby("file").sum().reindex(files, fill_value=0)
    return tuple(FileCounts(*row) for row in counts.itertuples())


def _in_order(faults: list[Fault], files: list[str]) -> list[Fault]:
    """Return faults with masked values, those of whole files first, then by file and row."""
    return sorted(
        (replace(fault, value=_masked(fault)) for fault in faults),
        key=lambda fault: (fault.row > 0, files.index(fault.file), fault.row),
    )


def _rejected(
    rows: pd.DataFrame, faults_by_row: Mapping[tuple[str, int], list[Fault]]
) -> pd.DataFrame:
    """Return table `REJECTED` of rows with faults, without ids: file and row say which they are."""
    faults = [faults_by_row[place] for place in rows.index]
    return REJECTED.frame(
        rows[["kind", "located_kind"]]
        .reset_index()
        .assign(
            column=[_joined(fault.column for fault in row) for row in faults],
            value=[_joined(fault.value for fault in row) for row in faults],
            problem=[_joined(fault.problem for fault in row) for row in faults],
            fix=[_joined(dict.fromkeys(fault.fix for fault in row)) for row in faults],
        )
    )


def _joined(texts: Iterable[object]) -> str:
    return "; ".join(str(text) for text in texts if text)


def _read_file(path: Path, name: str, options: FileOptions) -> _File:
    if path.parent.name == TAKEN:
        options = replace(options, today=None)
    try:
        table = by_tags(opened(content_of(path), path.name, options))
    except UnreadableError as error:
        fault = Fault(0, "", None, error.problem, error.fix, name)
        return _File(pd.DataFrame(), [fault])
    return _read_table(table, name, options)


def _read_table(raw: FileTable, name: str, options: FileOptions) -> _File:
    """Read a table as its mapping says."""
    mapping = options.mapping or chosen(raw.header, options.mappings)
    if mapping is not None:
        options = replace(
            options,
            dates=options.dates or mapping.dates,
            decimal=options.decimal or mapping.decimal,
        )
    found = mapped(raw, mapping)
    table = found.table
    matched = columns.match_columns(table, name, drop_personal=options.drop_personal)
    mark = options.decimal or decimal_mark(
        (table.cells[place], columns.READ[what])
        for what, place in matched.places.items()
        if what in columns.READ and columns.READ[what].dtype in {"float64", "Int64"}
    )
    notes = [*table.notes, *found.notes]
    if mapping is not None and mapping.title:
        notes.append(f"read as files of the form {printable(mapping.title)}")
    days = [
        table.cells[place] for what, place in matched.places.items() if what in _DAYS
    ]
    if any(is_short_year(cell) for cells in days for cell in cells.unique()):
        notes.append("days such as 2.11.26. are day, month and year of 20..")
    if mark == ",":
        notes.append("numbers have a decimal comma")
    if {columns.GEOPOINT, columns.ACCURACY} & matched.places.keys():
        notes.append(
            f"uncertainty_m includes {WIDENED:.2f} times the accuracy that the device states, "
            "its 68 % radius made one of 95 %"
        )
    values, faults = pd.DataFrame(), list(matched.faults)
    if not faults:
        values, of_rows = read_rows(table, matched, replace(options, mark=mark))
        faults = [replace(fault, file=name) for fault in of_rows]
    values = values.reindex(table.cells.index)
    ignored = [name for name in matched.ignored if name not in CUT.values()]
    return _File(values, faults, tuple(ignored), tuple(notes))


def opened(data: bytes, name: str, options: FileOptions) -> FileTable:
    """Return the table in a file, its header found by the mappings that there are.

    Raises `UnreadableError` as `open_table`.
    """
    mapping = options.mapping
    known = [mapping] if mapping else options.mappings
    names = frozenset(name for one in known for name in one.names)
    row = mapping.header_row if mapping else None
    sheet = options.sheet or (mapping.sheet if mapping else None)
    return open_table(data, name, sheet, Heading(row, names))


def _masked(fault: Fault) -> str:
    """Return the value of a fault as a message may show it."""
    names = fault.column.split(", ")
    if fault.value is not None and not columns.IDS.isdisjoint(names):
        return MASK
    sensitive = any(RECORDS[name].sensitive for name in names if name in RECORDS.names)
    return masked(fault.value, sensitive=sensitive)
