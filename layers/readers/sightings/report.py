"""Sightings from the field: every row is used or rejected with its reasons, none is lost."""

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import chain
from pathlib import Path
from typing import Final

import geopandas as gpd
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
from layers.readers.sightings import columns, databases
from layers.readers.sightings.cells import (
    Fault,
    Options,
    UnreadableError,
    decimal_mark,
    listed,
    printable,
)
from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.personal import MASK, masked
from layers.readers.sightings.rows import WIDENED, read_rows
from layers.readers.sightings.tables import FileTable, Packed, by_tags

LISTED: Final = 10
"""The most pairs of probable duplicates that are listed."""

FileCounts = tuple[str, int, int, int, int]
"""A file: its name, its rows, and how many are used, of nobody met, and rejected."""

_Chunks = dict[tuple[str, int], tuple[Packed, list[Fault]]]
"""Values and faults of rows, by file and number of the chunk."""


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
        parts = [table.frame()]
        for packed in self.used:
            rows = packed.frame()
            parts.append(table.frame(rows[(rows["kind"] == VISIT) == of_nobody]))
        rows = pd.concat(parts, ignore_index=True)
        return gpd.GeoDataFrame(
            rows, geometry=gpd.points_from_xy(rows["lon"], rows["lat"]), crs=WGS84
        )

    def counts(self) -> str:
        """Return in words how many rows are used, and how many are not."""
        used, of_nobody = (
            sum(n) for n in [*zip(*self.files, strict=True)][2:4] or [(), ()]
        )
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
    matched: columns.FileColumns | None = None
    options: Options = field(default_factory=Options)


def read(*files: Path | str, options: Options | None = None) -> SightingsReport:
    """Read sightings, and report what became of every row.

    Files are CSV (comma, semicolon, tab; UTF-8, UTF-16, Windows-1250), XLSX, GeoJSON, GeoPackage,
    GeoParquet, and the exports of KoboToolbox and ODK in these formats, with the columns of
    `RECORDS`.  Ids must be unique, and relations known, over all files together.  Faults of files
    and rows are in the report; they are not raised.  Raises `OSError` if a file cannot be opened.
    """
    options = options or Options()
    paths = [Path(file) for file in files]
    opened = [
        _open(path, name, options)
        for path, name in zip(paths, _names(paths), strict=True)
    ]
    chunks = {
        (file.name, k): read_rows(
            replace(file.table, parts=(part,)), file.matched, file.options
        )
        for file in opened
        if file.matched and not file.faults
        for k, part in enumerate(file.table.parts)
    }
    _compare_ids(chunks)
    faults = [fault for file in opened for fault in file.faults]
    used, rejected = [], [REJECTED.frame()]
    counts: list[FileCounts] = []
    for file in opened:
        rows = of_nobody = out = 0
        for k, part in enumerate(file.table.parts):
            values = pd.DataFrame(index=part.index, columns=["kind"])
            bad: Mapping[int, Sequence[Fault]] = dict.fromkeys(part.index, file.faults)
            if not file.faults:
                packed, found = chunks[file.name, k]
                values, bad = packed.frame(), _by_row(file.name, found)
                faults += chain.from_iterable(bad.values())
            taken = values[~values.index.isin(list(bad))]
            used.append(Packed(taken))
            rejected.append(_rejected(file.name, bad, values))
            rows, out = rows + len(part.index), out + len(bad)
            of_nobody += int((taken["kind"] == VISIT).sum())
        counts.append((file.name, rows, rows - of_nobody - out, of_nobody, out))
    return SightingsReport(
        used=tuple(used),
        rejected=pd.concat(rejected, ignore_index=True),
        faults=faults,
        ignored_columns=[
            f"{file.name}: {name}"
            for file in opened
            if file.matched
            for name in file.matched.ignored
        ],
        notes=[f"{file.name}: {note}" for file in opened for note in file.table.notes],
        files=tuple(counts),
    )


def _by_row(file: str, faults: list[Fault]) -> dict[int, list[Fault]]:
    """Return the faults of a file by row, with their values masked."""
    found: dict[int, list[Fault]] = defaultdict(list)
    for fault in sorted(faults, key=lambda fault: fault.row):
        found[fault.row].append(replace(fault, file=file, value=_masked(fault)))
    return found


def _rejected(
    file: str, faults: Mapping[int, Sequence[Fault]], values: pd.DataFrame
) -> pd.DataFrame:
    """Return table `REJECTED` of rows with faults, without ids: file and row say which they are."""
    known = values.reindex(columns=["kind", "located_kind"], index=list(faults))
    each = list(faults.values())
    return REJECTED.frame(
        known.assign(
            file=file,
            row=known.index,
            column=["; ".join(f.column for f in row if f.column) for row in each],
            value=["; ".join(str(f.value) for f in row if f.value) for row in each],
            problem=["; ".join(f.problem for f in row) for row in each],
            fix=["; ".join(dict.fromkeys(f.fix for f in row)) for row in each],
        )
    )


def _names(paths: list[Path]) -> list[str]:
    """Return the files' names; those of one name are numbered in their order."""
    names = [
        "database" if databases.is_address(p) else printable(p.name) for p in paths
    ]
    return [
        name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
        for i, name in enumerate(names)
    ]


def _open(path: Path, name: str, options: Options) -> _File:
    try:
        if databases.is_address(path):
            table = databases.read_address(path, options.sheet)
        else:
            table = open_table(
                content_of(path), path.name, columns.recognised, options.sheet
            )
        table = by_tags(table)
    except UnreadableError as error:
        return _File(
            name,
            FileTable((), ()),
            (Fault(0, "", None, error.problem, error.fix, name),),
        )
    found = columns.match_columns(table, name, drop_personal=options.drop_personal)
    mark = options.decimal or decimal_mark(
        (cells, columns.READ[name])
        for name, place in found.at.items()
        if name in columns.READ and columns.READ[name].dtype in {"float64", "Int64"}
        for cells in table.column(place)
    )
    notes = [*table.notes]
    if mark == ",":
        notes.append("numbers have a decimal comma")
    if {columns.GEOPOINT, columns.ACCURACY} & found.at.keys():
        notes.append(
            f"uncertainty_m includes {WIDENED:.2f} times the accuracy that the device states, "
            "its 68 % radius made one of 95 %"
        )
    table = replace(table, notes=tuple(notes))
    return _File(name, table, found.faults, found, replace(options, mark=mark))


def _compare_ids(chunks: _Chunks) -> None:
    """Add the faults that rows have only beside all others: ids used twice, unknown relations."""
    ids, other = (_text(chunks, name) for name in ("id", "relates_to"))
    again = ids.duplicated()
    twice = ids[ids.isin(ids[again].unique())] if again.any() else ids[:0]
    first = {one: at for at, one in reversed([*twice.items()])}
    for (name, k, row), one in zip(ids.index[again], ids[again], strict=True):
        there, _, earlier = first[one]
        problem = f"this id is used already ({there}, row {earlier})"
        chunks[name, k][1].append(
            Fault(row, "id", one, problem, "give each row its own id")
        )
    if other.empty:
        return
    own, known = other == ids.reindex(other.index), set(ids)
    bad = own | ~other.map(known.__contains__)
    for (name, k, row), one, itself in zip(
        other.index[bad], other[bad], own[bad], strict=True
    ):
        problem, fix = "no row has this id", "correct it or leave it empty"
        if itself:
            problem, fix = "the row relates to itself", "name another"
        chunks[name, k][1].append(Fault(row, "relates_to", one, problem, fix))


def _text(chunks: _Chunks, name: str) -> pd.Series:
    """Return the filled cells of a column of text, by file, chunk and row."""
    parts = {
        key: packed.column(name).dropna()
        for key, (packed, _) in chunks.items()
        if name in packed
    }
    return pd.concat(parts) if parts else pd.Series(dtype="str")


def _masked(fault: Fault) -> str:
    """Return the value of a fault as a message may show it."""
    names = fault.column.split(", ")
    if fault.value is not None and not columns.IDS.isdisjoint(names):
        return MASK
    sensitive = any(RECORDS[name].sensitive for name in names if name in RECORDS.names)
    return masked(fault.value, sensitive=sensitive)
