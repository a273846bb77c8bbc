"""XLSX workbooks as raw tables; what a workbook hides is named."""

from __future__ import annotations

import zipfile
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from io import BytesIO
from itertools import islice
from typing import Any, Final
from urllib.parse import urljoin
from xml.parsers.expat import ParserCreate

import openpyxl

from layers.readers.sightings.raw import (
    Cell,
    RawTable,
    UnreadableError,
    check_size,
    choose,
    raw_table,
    tidy,
)

MOST_UNPACKED: Final = 1_000_000_000
"""Bytes that the parts of a workbook may have together when unpacked."""

REPEAT_CURE: Final = (
    "Export the records without the repeat, or enter each group as a record of its own; the "
    "form that `mitrovica sightings form` writes does so"
)
_REPEATS: Final = (
    "it holds a repeat group, one record for several groups of people, whose place and time "
    "cannot be told apart"
)


def read_workbook(data: bytes, sheet: str | None) -> RawTable:
    """Return the rows of the one sheet with content, or of the sheet that is named.

    Raises
    ------
    UnreadableError
        If it is too large, holds a repeat group, or a sheet must be named.
    zipfile.BadZipFile, KeyError, ValueError, xml.parsers.expat.ExpatError
        If it is damaged.
    """
    archive = zipfile.ZipFile(BytesIO(data))
    unpacked = sum(part.file_size for part in archive.infolist())
    if unpacked > MOST_UNPACKED:
        raise UnreadableError(
            f"unpacked it has {unpacked:,} bytes, and at most {MOST_UNPACKED:,} are read",
            "Fix: cut it into several files, or save the sheet as CSV",
        )
    book = openpyxl.load_workbook(BytesIO(data), read_only=True, data_only=True)
    headers = {p.title: first for p in book.worksheets if (first := next(_filled_rows(p), None))}
    if any("_parent_index" in cells or "PARENT_KEY" in cells for _, cells in headers.values()):
        raise UnreadableError(_REPEATS, REPEAT_CURE)
    title = choose("sheet", list(headers), sheet)
    header = headers[title][1]
    rows = islice(_filled_rows(book[title]), 1, None)
    table = raw_table(header, _padded(rows, len(header)))
    hidden = _hidden(archive, title)
    return replace(
        table,
        hidden_rows=frozenset(hidden.rows),
        hidden_columns=tuple(
            name for i, name in enumerate(table.header, 1)
            if any(first <= i <= last for first, last in hidden.columns)
        ),
    )  # fmt: skip


def _filled_rows(page: Any) -> Iterator[tuple[int, list[Cell]]]:
    page.reset_dimensions()  # some exporters state a wrong size, and rows beyond it would be lost
    seen = 0
    for number, row in enumerate(page.values, 1):
        seen += len(row)
        check_size(cells=seen)
        if row.count(None) == len(row):
            continue
        cells = [tidy(cell) for cell in row]
        if cells.count(None) < len(cells):
            yield number, cells


def _padded(rows: Iterator[tuple[int, list[Cell]]], width: int) -> Iterator[tuple[int, list[Cell]]]:
    """Yield rows as wide as the header: a workbook leaves out the empty cells at the right."""
    for number, cells in rows:
        yield number, cells + [None] * (width - len(cells))


@dataclass
class _Hidden:
    """Numbers of the rows, and first and last numbers of the columns, that a sheet hides."""

    rows: set[int] = field(default_factory=set)
    columns: list[tuple[int, int]] = field(default_factory=list)


def _hidden(archive: zipfile.ZipFile, title: str) -> _Hidden:
    """Return what a sheet hides, by the attributes of its rows and columns."""
    hidden = _Hidden()
    number = 0

    def start(tag: str, attributes: dict[str, str]) -> None:
        nonlocal number
        name = tag.rpartition(" ")[2]
        if name == "row":
            number = int(attributes.get("r", number + 1))
        if name in {"row", "col"} and attributes.get("hidden") in {"1", "true"}:
            if name == "row":
                hidden.rows.add(number)
            else:
                hidden.columns.append((int(attributes["min"]), int(attributes["max"])))

    _parse(archive, _part_of(archive, title), start)
    return hidden


def _part_of(archive: zipfile.ZipFile, title: str) -> str:
    """Return the name of the part of the archive that holds a sheet."""
    sheets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "sheet":
            sheets[attributes["name"]] = next(v for k, v in attributes.items() if k.endswith(" id"))

    kinds = _relations(archive, "", "_rels/.rels", key="Type")
    book = next(part for kind, part in kinds.items() if kind.endswith("/officeDocument"))
    _parse(archive, book, start)
    folder, _, name = book.rpartition("/")
    return _relations(archive, folder, f"{folder}/_rels/{name}.rels", key="Id")[sheets[title]]


def _relations(archive: zipfile.ZipFile, folder: str, part: str, *, key: str) -> dict[str, str]:
    """Return the parts that a part of the archive names, by an attribute of the relation."""
    targets: dict[str, str] = {}

    def start(tag: str, attributes: dict[str, str]) -> None:
        if tag.rpartition(" ")[2] == "Relationship":
            targets[attributes[key]] = urljoin(f"/{folder}/", attributes["Target"]).lstrip("/")

    _parse(archive, part, start)
    return targets


def _parse(archive: zipfile.ZipFile, part: str, start: Any) -> None:
    parser = ParserCreate(namespace_separator=" ")
    parser.StartElementHandler = start
    with archive.open(part) as stream:
        parser.ParseFile(stream)
