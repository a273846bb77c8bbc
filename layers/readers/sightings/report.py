"""Sightings from the field: every row is used or rejected with its reasons, none is lost."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field, replace
from itertools import chain
from pathlib import Path

import geopandas as gpd
import pandas as pd

from layers.readers.sightings import databases
from layers.readers.sightings.cells import Fault, UnreadableError, listed, printable
from layers.readers.sightings.columns import IDS, FileColumns, match_columns, recognised
from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.personal import MASK, masked
from layers.readers.sightings.rows import WIDENED, Rows, read_rows
from layers.readers.sightings.tables import FileTable, by_tags
from layers.readers.sightings.values import Options, decimal_mark
from layers.schema import EMPTY_VISITS, RECORDS, REJECTED, VISIT, WGS84, Table


@dataclass(frozen=True)
class SightingsReport:
    """What was read: every row is in one of `accepted`, `visits` and `rejected`."""

    accepted: gpd.GeoDataFrame
    """Table `RECORDS`, EPSG:4326: the rows that are used."""
    visits: gpd.GeoDataFrame
    """Table `EMPTY_VISITS`, EPSG:4326: rows that say where nobody was met."""
    rejected: pd.DataFrame
    """Table `REJECTED`: the other rows, each once, with all its faults."""
    faults: list[Fault]
    """Every fault: those of whole files, then those of rows, in the order of the files."""
    ignored_columns: list[str]
    """Columns that no table knows, ``file: column``; their values were not taken in."""
    notes: list[str] = field(default_factory=list)
    """What was decided by a rule, ``file: note``."""
    rows: int = 0
    """Rows in all files that are not blank."""
    files: tuple[tuple[str, int, int, int, int], ...] = ()
    """By file: its name, its rows, and how many are used, of nobody met, and rejected."""

    def counts(self) -> str:
        """Return in words how many rows are used, and how many are not."""
        visits = f", {len(self.visits)} of nobody met" if len(self.visits) else ""
        used = f"{len(self.accepted)} used{visits}, {len(self.rejected)} rejected"
        return f"{self.rows} row{'s' if self.rows != 1 else ''}: {used}"

    def fault_lines(self) -> list[str]:
        """Return the first ten rows of each fault as text."""
        return list(listed(self.faults))

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
    and the exports of KoboToolbox and ODK in these formats, with the columns of `RECORDS`.  Ids
    must be unique, and relations known, over all files together.  Faults of files and rows are in
    the report; they are not raised.  Raises `OSError` if a file cannot be opened.
    """
    options = options or Options()
    paths = [Path(file) for file in files]
    opened = [_open(path, name, options) for path, name in zip(paths, _names(paths), strict=True)]
    faults = [fault for file in opened for fault in file.faults]
    rejected = [
        _rejected(f.name, n, f.faults) for f in opened if f.faults for n in f.table.cells.index
    ]
    readable = {
        file.name: read_rows(file.table, file.columns, file.options)
        for file in opened
        if file.columns and not file.faults
    }
    _compare_ids(readable)
    taken = {}
    for name, rows in readable.items():
        found = _by_row(name, rows.faults)
        faults += chain.from_iterable(found.values())
        rejected += _rejected_rows(name, rows.values, found)
        taken[name] = rows.values[~rows.values.index.isin(list(found))]
    used = pd.concat(taken.values(), ignore_index=True) if taken else pd.DataFrame()
    visit = used["kind"] == VISIT if len(used) else pd.Series([], dtype=bool)
    columns = [(file.name, file.columns) for file in opened if file.columns]
    return SightingsReport(
        accepted=_frame(used[~visit], RECORDS),
        visits=_frame(used[visit], EMPTY_VISITS),
        rejected=REJECTED.frame(rejected),
        faults=faults,
        ignored_columns=[f"{name}: {column}" for name, c in columns for column in c.ignored],
        notes=[f"{file.name}: {note}" for file in opened for note in file.notes],
        rows=sum(len(file.table.cells) for file in opened),
        files=tuple(_counts(file, taken.get(file.name)) for file in opened),
    )


def _counts(file: _File, used: pd.DataFrame | None) -> tuple[str, int, int, int, int]:
    """Return what became of the rows of a file, of which `used` is taken."""
    n, taken = len(file.table.cells), 0 if used is None else len(used)
    visits = 0 if used is None or used.empty else int((used["kind"] == VISIT).sum())
    return file.name, n, taken - visits, visits, n - taken


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
        empty = FileTable((), pd.DataFrame())
        return _File(name, empty, (Fault(0, "", None, error.problem, error.fix, name),))
    columns = match_columns(table, name, drop_personal=options.drop_personal)
    mark = options.decimal or decimal_mark(
        (table.cells[position], column) for column, position in columns.numbers()
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


def _compare_ids(files: dict[str, Rows]) -> None:
    """Add the faults that rows have only beside all others: ids used twice, unknown relations."""
    if not files:
        return
    names = list(files)
    ids = pd.concat([_text(rows.values, "id") for rows in files.values()], keys=names).dropna()
    again = ids.duplicated()
    first = dict(zip(ids[~again], ids.index[~again].tolist(), strict=True)) if again.any() else {}
    for (name, row), one in ids[again].items():
        there, earlier = first[one]
        problem = f"this id is used already ({there}, row {earlier})"
        files[name].faults.append(Fault(row, "id", one, problem, "give each row its own id"))
    others = [_text(rows.values, "relates_to") for rows in files.values()]
    other = pd.concat(others, keys=names).dropna()
    own = other == ids.reindex(other.index)
    bad = own | ~other.isin(ids)
    for ((name, row), one), itself in zip(other[bad].items(), own[bad], strict=True):
        problem, fix = "no row has this id", "correct it or leave it empty"
        if itself:
            problem, fix = "the row relates to itself", "name another"
        files[name].faults.append(Fault(row, "relates_to", one, problem, fix))


def _text(values: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of text; all null where nothing was read of it."""
    blank = pd.Series(None, index=values.index, dtype="str")
    return values.get(name, blank)


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


def _frame(used: pd.DataFrame, table: Table) -> gpd.GeoDataFrame:
    rows = used.reindex(columns=table.names).reset_index(drop=True)
    rows["geometry"] = gpd.points_from_xy(
        rows["lon"].astype("float64"), rows["lat"].astype("float64"), crs=WGS84
    )
    return table.geoframe(rows)
