"""Sightings from the field: every row is used or rejected with its reasons, none is lost."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final, cast, get_args

import geopandas as gpd
import pandas as pd

from geo.crs import KOSOVO
from layers.readers.columns import Mapping, match_columns, recognised
from layers.readers.containers import open_table
from layers.readers.personal import PersonalColumn, masked
from layers.readers.rawtable import RawRow, RawTable, UnreadableError, shown
from layers.readers.rows import WIDENED, Flaw, Record, read_row
from layers.readers.values import Conventions, DateOrder, DecimalMark, decimal_mark
from layers.schema import EMPTY_VISITS, RECORDS, REJECTED, VISIT, WGS84, Table

Region = tuple[float, float, float, float]


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

    @classmethod
    def of(
        cls, drop_personal: bool, decimal: str | None, dates: str | None, sheet: str | None
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
        )


@dataclass(frozen=True)
class Fault:
    """One thing wrong: where it stands, what stands there, what is wrong, what to do."""

    file: str
    row: int | None
    """Row in the file, the header being row 1; None where the whole file is at fault."""
    column: str
    value: str
    """As a message may show it: text about people is masked."""
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
        """Return the report as a user reads it, line by line: counts first, then each fault."""
        visits = f", {len(self.visits)} of nobody met" if len(self.visits) else ""
        used = f"{len(self.accepted)} used{visits}, {len(self.rejected)} rejected"
        rows = f"{self.rows} row{'s' if self.rows != 1 else ''}"
        lines = [f"{rows}: {used}", *map(str, self.faults), *self.notes]
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


_NOTHING: Final = RawTable((), ())


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
    good, rejected, faults = _judge(opened)
    mapped = [(file.name, file.mapping) for file in opened if file.mapping]
    return SightingsReport(
        accepted=_frame([r for r in good if r.values["kind"] != VISIT], RECORDS),
        visits=_frame([r for r in good if r.values["kind"] == VISIT], EMPTY_VISITS),
        rejected=REJECTED.frame(rejected),
        faults=faults,
        ignored_columns=[f"{name}: {column}" for name, m in mapped for column in m.ignored],
        personal=[column for _, mapping in mapped for column in mapping.personal],
        notes=[f"{file.name}: {note}" for file in opened for note in file.notes],
        rows=sum(len(file.table.rows) for file in opened),
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
        table = open_table(path.read_bytes(), path.name, recognised, options.sheet)
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


def _judge(files: list[_File]) -> tuple[list[Record], list[dict[str, object]], list[Fault]]:
    """Return the records to use, the rows of table `REJECTED`, and every fault."""
    faults = [fault for file in files for fault in file.faults]
    rejected = [_unused(f, row, f.faults) for f in files if f.faults for row in f.table.rows]
    records = [(f, record) for f in files if not f.faults for record in _records(f)]
    known = {str(record.values["id"]) for _, record in records if "id" in record.values}
    first: dict[str, tuple[_File, Record]] = {}
    good = []
    for file, record in records:
        flaws = [*record.flaws, *_among_others(file, record, first, known)]
        if flaws:
            found = [_fault(file, record.row, flaw) for flaw in flaws]
            faults += found
            rejected.append(_unused(file, record.row, found, record))
        else:
            good.append(record)
    return good, rejected, faults


def _conventions(table: RawTable, mapping: Mapping, options: Options) -> Conventions:
    mark = options.decimal or decimal_mark(
        (row.cells[position], column)
        for column, position in mapping.numbers()
        for row in table.rows
        if position < len(row.cells)
    )
    return Conventions(mark, options.decimal is not None, options.dates)


def _notes(conventions: Conventions, mapping: Mapping) -> tuple[str, ...]:
    """Return what was settled by a rule, for the user to know."""
    comma = ("numbers have a decimal comma",) if conventions.mark == "," else ()
    device = (f"uncertainty_m includes {WIDENED:.2f} times the accuracy that the device states, "
              "its 68 % radius made one of 95 %",)  # fmt: skip
    return comma + (device if mapping.geopoint and mapping.geopoint.has_accuracy else ())


def _records(file: _File) -> list[Record]:
    mapping = file.mapping
    if mapping is None:
        return []
    return [
        read_row(
            row,
            mapping,
            width=len(file.table.header),
            conventions=file.conventions,
            region=file.region,
        )
        for row in file.table.rows
    ]


def _among_others(
    file: _File, record: Record, first: dict[str, tuple[_File, Record]], known: set[str]
) -> list[Flaw]:
    """Return the flaws that a row has only beside the others; note its id as used."""
    flaws = []
    name, other = record.values.get("id"), record.values.get("relates_to")
    if name is not None:
        there, earlier = first.setdefault(str(name), (file, record))
        if earlier is not record:
            used = f"this id is used already ({there.name}, row {earlier.row.number})"
            flaws.append(Flaw("id", str(name), used, "Give each row its own id"))
    if other is not None and other == name:
        flaws.append(Flaw("relates_to", str(other), "the row relates to itself", "Name another"))
    elif other is not None and str(other) not in known:
        flaws.append(
            Flaw("relates_to", str(other), "no row has this id", "Correct it or leave it empty")
        )
    return flaws


def _fault(file: _File, row: RawRow, flaw: Flaw) -> Fault:
    sensitive = any(RECORDS[n].sensitive for n in flaw.column.split(", ") if n in RECORDS.names)
    value = masked(flaw.value, sensitive=sensitive)
    return Fault(file.name, row.number, flaw.column, value, flaw.problem, flaw.cure)


def _unused(
    file: _File, row: RawRow, faults: Sequence[Fault], record: Record | None = None
) -> dict[str, object]:
    """Return a row of table `REJECTED`."""
    values = record.values if record else {}
    columns, texts = [f.column for f in faults], [f.value for f in faults]
    return {
        "file": file.name,
        "row": row.number,
        "id": masked(str(values["id"]), sensitive=False) if "id" in values else None,
        "column": "; ".join(filter(None, columns)),
        "value": "; ".join(filter(None, texts)),
        "problem": "; ".join(f.problem for f in faults),
        "cure": "; ".join(dict.fromkeys(f.cure for f in faults)),
        **{name: values.get(name) for name in ("kind", "located_kind")},
        "relates_to": masked(str(values["relates_to"]), sensitive=False)
        if "relates_to" in values
        else None,
    }


def _frame(records: list[Record], table: Table) -> gpd.GeoDataFrame:
    rows = pd.DataFrame([record.values for record in records], columns=table.names)
    rows["geometry"] = gpd.points_from_xy(
        rows["lon"].astype("float64"), rows["lat"].astype("float64"), crs=WGS84
    )
    return table.geoframe(rows)
