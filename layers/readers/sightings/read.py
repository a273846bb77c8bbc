"""Sightings from the field: every row is used or rejected with its reasons, none is lost."""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Final, cast, get_args

import geopandas as gpd
import numpy as np
import pandas as pd

from geo.crs import KOSOVO
from layers.readers.sightings.columns import Mapping, match_columns, recognised
from layers.readers.sightings.containers import content_of, open_table
from layers.readers.sightings.personal import MASK, PersonalColumn, masked
from layers.readers.sightings.raw import RawTable, UnreadableError, shown
from layers.readers.sightings.rowchecks import Flaw, Region
from layers.readers.sightings.rows import WIDENED, Rows, read_rows
from layers.readers.sightings.values import Conventions, DateOrder, DecimalMark, decimal_mark
from layers.schema import EMPTY_VISITS, RECORDS, REJECTED, VISIT, WGS84, Table

FIRST: Final = 10
"""Rows of one fault that are listed one by one; the others are counted."""

_IDS: Final = frozenset({"id", "relates_to"})


class OptionError(ValueError):
    """A word that an option does not know."""


@dataclass(frozen=True)
class Options:
    """What a user says about a file where the file itself leaves it open."""

    drop_personal: bool = False
    """Leave out the columns that look like personal data, where otherwise they stop the file."""
    decimal: DecimalMark | None = None
    """Decimal mark of the numbers written as text."""
    dates: DateOrder | None = None
    """Order of day and month in dates such as 03/04/2021."""
    sheet: str | None = None
    """Sheet of a workbook, or layer of a GeoPackage, that holds the sightings."""
    region: Region = KOSOVO
    """West, south, east, north in degrees: a position outside is an error."""
    today: date | None = None
    """A day after it is an error."""

    @classmethod
    def of(
        cls,
        drop_personal: bool,
        decimal: str | None,
        dates: str | None,
        sheet: str | None,
        *,
        today: date,
    ) -> Options:
        """Return the options that a command line says in words.

        Raises
        ------
        OptionError
            If a word is none of those known.
        """
        if decimal not in (None, *get_args(DecimalMark)):
            raise OptionError(f"--decimal {decimal}: say '.' or ','")
        if dates not in (None, *get_args(DateOrder)):
            raise OptionError(f"--dates {dates}: say 'dmy' or 'mdy'")
        return cls(
            drop_personal=drop_personal,
            decimal=cast("DecimalMark | None", decimal),
            dates=cast("DateOrder | None", dates),
            sheet=sheet,
            today=today,
        )


@dataclass(frozen=True)
class Fault:
    """One thing wrong: where it stands, what stands there, what is wrong, what to do."""

    file: str
    row: int | None
    """Row in the file, the header being row 1; None where the whole file is at fault."""
    column: str
    value: str
    """As a message may show it: text about people and ids are masked."""
    problem: str
    cure: str

    def __str__(self) -> str:
        place = self.file if self.row is None else f"{self.file}, row {self.row}"
        column = f", {self.column}" if self.column else ""
        value = f" {self.value!r}:" if self.value else ""
        return f"{place}{column}:{value} {self.problem}. {self.cure}."


@dataclass(frozen=True)
class SightingsReport:
    """What was read: ``rows == len(accepted) + len(visits) + len(rejected)``."""

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
    personal: list[PersonalColumn] = field(default_factory=list)
    """Columns that look like personal data: left out, or the reason why a file was stopped."""
    notes: list[str] = field(default_factory=list)
    """What was settled by a stated rule, ``file: note``."""
    rows: int = 0
    """Rows in all files that are not blank."""

    def lines(self) -> list[str]:
        """Return the report as a user reads it, line by line: counts first, then the faults.

        Of each fault the first ten rows are listed, and the others counted.
        """
        visits = f", {len(self.visits)} of nobody met" if len(self.visits) else ""
        used = f"{len(self.accepted)} used{visits}, {len(self.rejected)} rejected"
        rows = f"{self.rows} row{'s' if self.rows != 1 else ''}"
        lines = [f"{rows}: {used}", *_listed(self.faults), *self.notes]
        if self.ignored_columns:
            lines.append(f"columns not used: {', '.join(self.ignored_columns)}")
        return lines


@dataclass(frozen=True)
class _File:
    """A file on its way: its table, its columns, and the faults of the whole."""

    name: str
    table: RawTable
    faults: tuple[Fault, ...]
    region: Region
    mapping: Mapping | None = None
    conventions: Conventions = field(default_factory=Conventions)
    notes: tuple[str, ...] = ()


_NOTHING: Final = RawTable((), np.zeros(0, dtype=np.int64), ())


def read(*files: Path | str, options: Options | None = None) -> SightingsReport:
    """Read sightings and say what became of every row.

    Ids must be unique, and relations known, over all the files together.  Whatever the files
    hold, the answer is a report: their faults are in it and are not raised.

    Parameters
    ----------
    *files : path
        CSV (comma, semicolon, tab; UTF-8, UTF-16, Windows-1250), XLSX, GeoJSON, GeoPackage, and
        the exports of KoboToolbox and ODK in these formats, with the columns of `RECORDS`.
    options : Options, optional

    Returns
    -------
    SightingsReport

    Raises
    ------
    OSError
        If a file cannot be opened.
    """
    options = options or Options()
    paths = [Path(file) for file in files]
    opened = [_open(path, name, options) for path, name in zip(paths, _names(paths), strict=True)]
    faults = [fault for file in opened for fault in file.faults]
    rejected = [_unused(f, n, f.faults) for f in opened if f.faults for n in f.table.numbers]
    read_in = [(file, _rows(file)) for file in opened if not file.faults]
    among_others = _among_others(read_in)
    good = []
    for file, rows in read_in:
        found: dict[int, list[Fault]] = defaultdict(list)
        for flaw in sorted([*rows.flaws, *among_others[file.name]], key=lambda flaw: flaw.row):
            found[flaw.row].append(_fault(file, flaw))
        faults += [fault for of_row in found.values() for fault in of_row]
        rejected += _rejected(file, rows, found)
        good.append(rows.values[~rows.values.index.isin(list(found))])
    used = pd.concat(good, ignore_index=True) if good else pd.DataFrame()
    visit = used["kind"] == VISIT if len(used) else pd.Series([], dtype=bool)
    mapped = [(file.name, file.mapping) for file in opened if file.mapping]
    return SightingsReport(
        accepted=_frame(used[~visit], RECORDS),
        visits=_frame(used[visit], EMPTY_VISITS),
        rejected=REJECTED.frame(rejected),
        faults=faults,
        ignored_columns=[f"{name}: {column}" for name, m in mapped for column in m.ignored],
        personal=[column for _, mapping in mapped for column in mapping.personal],
        notes=[f"{file.name}: {note}" for file in opened for note in file.notes],
        rows=sum(len(file.table) for file in opened),
    )


def _names(paths: list[Path]) -> list[str]:
    """Return the files' names; those of one name are numbered in their order."""
    names = [shown(path.name) for path in paths]
    return [
        name if names.count(name) == 1 else f"{name} ({names[: i + 1].count(name)})"
        for i, name in enumerate(names)
    ]


def _open(path: Path, name: str, options: Options) -> _File:
    try:
        table = open_table(content_of(path), path.name, recognised, options.sheet)
    except UnreadableError as error:
        fault = Fault(name, None, "", "", error.problem, error.cure)
        return _File(name, _NOTHING, (fault,), options.region)
    if not table.header:
        fault = Fault(name, None, "", "", "the file is empty", "Check that it is the one you mean")
        return _File(name, table, (fault,), options.region)
    mapping = match_columns(table, name, drop_personal=options.drop_personal)
    faults = tuple(Fault(name, None, p.column, "", p.problem, p.cure) for p in mapping.problems)
    conventions = _conventions(table, mapping, options)
    notes = (*table.notes, *_notes(conventions, mapping))
    return _File(name, table, faults, options.region, mapping, conventions, notes)


def _conventions(table: RawTable, mapping: Mapping, options: Options) -> Conventions:
    mark = options.decimal or decimal_mark(
        (table.columns[position], column) for column, position in mapping.numbers()
    )
    return Conventions(mark, options.decimal is not None, options.dates, options.today)


def _notes(conventions: Conventions, mapping: Mapping) -> tuple[str, ...]:
    """Return what was settled by a rule, for the user to know."""
    comma = ("numbers have a decimal comma",) if conventions.mark == "," else ()
    device = (f"uncertainty_m includes {WIDENED:.2f} times the accuracy that the device states, "
              "its 68 % radius made one of 95 %",)  # fmt: skip
    return comma + (device if mapping.geopoint and mapping.geopoint.has_accuracy else ())


def _rows(file: _File) -> Rows:
    """Return what the rows of a file say.  A file without faults has its columns known."""
    mapping = cast("Mapping", file.mapping)
    return read_rows(file.table, mapping, file.conventions, file.region)


def _among_others(files: list[tuple[_File, Rows]]) -> dict[str, list[Flaw]]:
    """Return the flaws that rows have only beside all the others, by the name of their file."""
    flaws: dict[str, list[Flaw]] = defaultdict(list)
    if not files:
        return flaws
    names = [file.name for file, _ in files]
    ids = pd.concat([_text(rows.values, "id") for _, rows in files], keys=names).dropna()
    again = ids.duplicated()
    first: dict[str, tuple[str, int]] = {}
    if again.any():
        first = dict(zip(ids[~again], ids.index[~again].tolist(), strict=True))
    for (name, row), one in ids[again].items():
        there, earlier = first[one]
        used = f"this id is used already ({there}, row {earlier})"
        flaws[name].append(Flaw(row, "id", one, used, "Give each row its own id"))
    other = pd.concat([_text(rows.values, "relates_to") for _, rows in files], keys=names).dropna()
    own = other == ids.reindex(other.index)
    for (name, row), one in other[own].items():
        problem = "the row relates to itself"
        flaws[name].append(Flaw(row, "relates_to", one, problem, "Name another"))
    known = set(ids) if len(other) else set()
    for (name, row), one in other[~own & ~other.isin(known)].items():
        cure = "Correct it or leave it empty"
        flaws[name].append(Flaw(row, "relates_to", one, "no row has this id", cure))
    return flaws


def _text(values: pd.DataFrame, name: str) -> pd.Series:
    """Return a column of text; all null where nothing was read of it."""
    blank = pd.Series(None, index=values.index, dtype="str")
    return values.get(name, blank)


def _fault(file: _File, flaw: Flaw) -> Fault:
    columns = flaw.column.split(", ")
    hidden = flaw.value is not None and not _IDS.isdisjoint(columns)
    sensitive = any(RECORDS[name].sensitive for name in columns if name in RECORDS.names)
    value = MASK if hidden else masked(flaw.value, sensitive=sensitive)
    return Fault(file.name, flaw.row, flaw.column, value, flaw.problem, flaw.cure)


def _rejected(
    file: _File, rows: Rows, found: dict[int, list[Fault]]
) -> Iterator[dict[str, object]]:
    """Yield the rows of table `REJECTED` of a file."""
    read = rows.values.reindex(columns=["kind", "located_kind"], index=list(found)).astype(object)
    kinds = read.where(read.notna(), None).to_numpy().tolist()
    for (row, faults), (kind, located) in zip(found.items(), kinds, strict=True):
        yield _unused(file, row, faults) | {"kind": kind, "located_kind": located}


def _unused(file: _File, row: int, faults: Sequence[Fault]) -> dict[str, object]:
    """Return a row of table `REJECTED`.  Ids are left out: file and row say which it is."""
    return {
        "file": file.name,
        "row": row,
        "column": "; ".join(filter(None, (f.column for f in faults))),
        "value": "; ".join(filter(None, (f.value for f in faults))),
        "problem": "; ".join(f.problem for f in faults),
        "cure": "; ".join(dict.fromkeys(f.cure for f in faults)),
    }


def _listed(faults: list[Fault]) -> Iterator[str]:
    """Yield the first rows of each fault, then how many rows more have it."""
    count: Counter[tuple[str, str, str]] = Counter()
    last: dict[tuple[str, str, str], Fault] = {}
    for fault in faults:
        # One fault differs from row to row in numbers, dates and names.
        kind = (fault.file, fault.column, re.sub(r"\S*[\dA-Z(]\S*", "#", fault.problem))
        count[kind] += 1
        last[kind] = fault
        if count[kind] <= FIRST:
            yield str(fault)
    for kind, fault in last.items():
        if count[kind] > FIRST:
            column = f", {fault.column}" if fault.column else ""
            yield (f"{fault.file}{column}: {count[kind] - FIRST:,} more rows of this kind, down to "
                   f"row {fault.row}: {fault.problem}. {fault.cure}.")  # fmt: skip


def _frame(used: pd.DataFrame, table: Table) -> gpd.GeoDataFrame:
    rows = used.reindex(columns=table.names).reset_index(drop=True)
    rows["geometry"] = gpd.points_from_xy(
        rows["lon"].astype("float64"), rows["lat"].astype("float64"), crs=WGS84
    )
    return table.geoframe(rows)
