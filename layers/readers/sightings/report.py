"""Sightings from the field: every row is used or rejected with its reasons, none is lost."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Final

import geopandas as gpd
import pandas as pd

from geo.crs import metric_crs
from geo.sightings.duplicates import MOST, Choice, probable_duplicates, resolve
from layers.complaints import UserError
from layers.readers.sightings import databases
from layers.readers.sightings.cells import Fault, UnreadableError, listed, printable
from layers.readers.sightings.columns import IDS, FileColumns, match_columns, recognised
from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.personal import MASK, masked
from layers.readers.sightings.rows import WIDENED, Rows, read_rows
from layers.readers.sightings.tables import FileTable, Packed, by_tags
from layers.readers.sightings.values import Options, decimal_mark
from layers.schema import (
    DUPLICATES,
    EMPTY_VISITS,
    RECORDS,
    REJECTED,
    SIGHTING_IDS,
    VISIT,
    WGS84,
    Table,
)

LISTED: Final = 10
"""The most pairs of probable duplicates that are listed."""

FileCounts = tuple[str, int, int, int, int]
"""A file: its name, its rows, and how many are used, of nobody met, and rejected."""


@dataclass(frozen=True)
class SightingsReport:
    """What was read: every row is in one of `accepted`, `visits` and `rejected`."""

    used: tuple[Packed, ...]
    """Rows that are used, in chunks."""
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
        return sum(n for _, n, _, _, _ in self.files)

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
        return [(SIGHTING_IDS, ids), (REJECTED, self.rejected), (DUPLICATES, self.resolved[1])]

    def require_used(self) -> None:
        """Raise `UserError` if there are rows and none can be used."""
        if self.accepted.empty and (self.rows or self.faults):
            raise UserError(
                "No row of the sightings can be used. Fix: correct them, as "
                "`mitrovica sightings check` lists them"
            )

    def _frame(self, table: Table, *, of_nobody: bool) -> gpd.GeoDataFrame:
        parts = [table.frame()]
        for packed in self.used:
            rows = packed.frame()
            parts.append(table.frame(rows[(rows["kind"] == VISIT) == of_nobody]))
        rows = pd.concat(parts, ignore_index=True)
        return gpd.GeoDataFrame(rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]),
                                crs=WGS84)  # fmt: skip

    def counts(self) -> str:
        """Return in words how many rows are used, and how many are not."""
        used, of_nobody = (sum(n) for n in [*zip(*self.files, strict=True)][2:4] or [(), ()])
        visits = f", {of_nobody} of nobody met" if of_nobody else ""
        kept = f"{used} used{visits}, {len(self.rejected)} rejected"
        return f"{self.rows} row{'s' if self.rows != 1 else ''}: {kept}"

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
    """A file that was opened: its table and columns, or why they cannot be used."""

    name: str
    table: FileTable
    faults: tuple[Fault, ...]
    columns: FileColumns | None = None
    options: Options = field(default_factory=Options)
    notes: tuple[str, ...] = ()


def read(*files: Path | str, options: Options | None = None) -> SightingsReport:
    """Read sightings, and report what became of every row.

    Files are CSV (comma, semicolon, tab; UTF-8, UTF-16, Windows-1250), XLSX, GeoJSON, GeoPackage,
    GeoParquet, and the exports of KoboToolbox and ODK in these formats, with the columns of
    `RECORDS`.  Ids must be unique, and relations known, over all files together.  Faults of files
    and rows are in the report; they are not raised.  Raises `OSError` if a file cannot be opened.
    """
    options = options or Options()
    paths = [Path(file) for file in files]
    opened = [_open(path, name, options) for path, name in zip(paths, _names(paths), strict=True)]
    faults = [fault for file in opened for fault in file.faults]
    rejected = [REJECTED.frame()]
    rejected += [
        REJECTED.frame(_rejected(file.name, n, file.faults) for n in part.index)
        for file in opened
        if file.faults
        for part in file.table.parts
    ]
    readable = {
        (file.name, k): read_rows(chunk, file.columns, file.options)
        for file in opened
        if file.columns and not file.faults
        for k, chunk in enumerate(file.table.chunks())
    }
    _compare_ids(readable)
    used = []
    counts = {file.name: [0, 0] for file in opened}
    for (name, _), rows in readable.items():
        values, found = rows.packed.frame(), _by_row(name, rows.faults)
        faults += chain.from_iterable(found.values())
        rejected.append(REJECTED.frame(_rejected_rows(name, values, found)))
        taken = values[~values.index.isin(list(found))]
        used.append(Packed(taken))
        visits = int((taken["kind"] == VISIT).sum())
        counts[name][0] += len(taken) - visits
        counts[name][1] += visits
    columns = [(file.name, file.columns) for file in opened if file.columns]
    return SightingsReport(
        used=tuple(used),
        rejected=pd.concat(rejected, ignore_index=True),
        faults=faults,
        ignored_columns=[f"{name}: {column}" for name, c in columns for column in c.ignored],
        notes=[f"{file.name}: {note}" for file in opened for note in file.notes],
        files=tuple(_counts(file.table, file.name, *counts[file.name]) for file in opened),
    )


def _counts(table: FileTable, name: str, used: int, visits: int) -> FileCounts:
    n = sum(len(part.index) for part in table.parts)
    return name, n, used, visits, n - used - visits


def _by_row(file: str, faults: list[Fault]) -> dict[int, list[Fault]]:
    """Return the faults of a file by row, with their values masked."""
    found: dict[int, list[Fault]] = defaultdict(list)
    for fault in sorted(faults, key=lambda fault: fault.row):
        found[fault.row].append(replace(fault, file=file, value=_masked(fault)))
    return found


def _rejected_rows(
    file: str, values: pd.DataFrame, found: dict[int, list[Fault]]
) -> Iterator[dict[str, object]]:
    """Yield the rows of table `REJECTED` of a file that could be read."""
    kinds = values.reindex(columns=["kind", "located_kind"], index=list(found)).astype(object)
    rows = kinds.where(kinds.notna(), None).to_dict("records")
    for (row, faults), kind in zip(found.items(), rows, strict=True):
        yield {**_rejected(file, row, faults), **{str(name): kind[name] for name in kind}}


def _names(paths: list[Path]) -> list[str]:
    """Return the files' names; those of one name are numbered in their order."""
    names = ["database" if databases.is_address(p) else printable(p.name) for p in paths]
    return [
        name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
        for i, name in enumerate(names)
    ]


def _open(path: Path, name: str, options: Options) -> _File:
    try:
        if databases.is_address(path):
            table = databases.read_address(path, options.sheet)
        else:
            table = open_table(content_of(path), path.name, recognised, options.sheet)
        table = by_tags(table)
    except UnreadableError as error:
        return _File(name, FileTable((), ()), (Fault(0, "", None, error.problem, error.fix, name),))
    columns = match_columns(table, name, drop_personal=options.drop_personal)
    mark = options.decimal or decimal_mark(
        (cells, column) for column, place in columns.numbers() for cells in table.column(place)
    )
    notes = [*table.notes]
    if mark == ",":
        notes.append("numbers have a decimal comma")
    if columns.geopoint and columns.geopoint.has_accuracy:
        notes.append(
            f"uncertainty_m includes {WIDENED:.2f} times the accuracy that the device states, "
            "its 68 % radius made one of 95 %"
        )
    return _File(name, table, columns.faults, columns, replace(options, mark=mark), tuple(notes))


def _compare_ids(chunks: dict[tuple[str, int], Rows]) -> None:
    """Add the faults that rows have only beside all others: ids used twice, unknown relations."""
    ids, other = (_text(chunks, name) for name in ("id", "relates_to"))
    again = ids.duplicated()
    twice = ids[ids.isin(ids[again].unique())] if again.any() else ids[:0]
    first = {one: at for at, one in reversed([*twice.items()])}
    for (name, k, row), one in zip(ids.index[again], ids[again], strict=True):
        there, _, earlier = first[one]
        problem = f"this id is used already ({there}, row {earlier})"
        chunks[name, k].faults.append(Fault(row, "id", one, problem, "give each row its own id"))
    if other.empty:
        return
    own, known = other == ids.reindex(other.index), set(ids)
    bad = own | ~other.map(known.__contains__)
    for (name, k, row), one, itself in zip(other.index[bad], other[bad], own[bad], strict=True):
        problem, fix = "no row has this id", "correct it or leave it empty"
        if itself:
            problem, fix = "the row relates to itself", "name another"
        chunks[name, k].faults.append(Fault(row, "relates_to", one, problem, fix))


def _text(chunks: dict[tuple[str, int], Rows], name: str) -> pd.Series:
    """Return the filled cells of a column of text, by file, chunk and row."""
    parts = {
        key: rows.packed.column(name).dropna()
        for key, rows in chunks.items()
        if name in rows.packed
    }
    return pd.concat(parts) if parts else pd.Series(dtype="str")


def _masked(fault: Fault) -> str:
    """Return the value of a fault as a message may show it."""
    columns = fault.column.split(", ")
    if fault.value is not None and not IDS.isdisjoint(columns):
        return MASK
    sensitive = any(RECORDS[name].sensitive for name in columns if name in RECORDS.names)
    return masked(fault.value, sensitive=sensitive)


def _rejected(file: str, row: int, faults: Sequence[Fault]) -> dict[str, object]:
    """Return a row of table `REJECTED`, without its id: file and row say which it is."""
    values = (str(f.value) for f in faults if f.value)
    return {
        "file": file,
        "row": row,
        "column": "; ".join(filter(None, (f.column for f in faults))),
        "value": "; ".join(values),
        "problem": "; ".join(f.problem for f in faults),
        "fix": "; ".join(dict.fromkeys(f.fix for f in faults)),
    }
