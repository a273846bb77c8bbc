"""Delimited text as field offices save it: encodings and separators told apart by rule."""

from __future__ import annotations

import codecs
import csv
import io
from collections.abc import Callable
from typing import Final

from layers.readers.rawtable import RawTable, UnreadableError, raw_table, tidy

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}


def read_delimited(data: bytes, recognise: Callable[[list[str]], int]) -> RawTable:
    """Return the rows of comma, semicolon or tab separated text.

    The separator is the one that makes the first line into the most columns that `recognise`
    counts, so a semicolon file with decimal commas is never cut at the commas.

    Parameters
    ----------
    data : bytes
        UTF-8 with or without a byte order mark, UTF-16 with one, else Windows-1250.
    recognise : callable
        How many of these headers have a meaning.

    Raises
    ------
    UnreadableError
        If the text cannot be decoded, or its quotes do not balance.
    """
    text, notes = _decode(data)
    first = next((line for line in text.splitlines() if line.strip()), "")
    separator = max(_SEPARATORS, key=lambda mark: (recognise(first.split(mark)), first.count(mark)))
    if separator != ",":
        notes.append(f"columns separated by {_SEPARATORS[separator]}")
    header: list[str] = []
    rows = []
    # Rows are counted as a spreadsheet counts them: a cell may hold a line break.
    reader = csv.reader(io.StringIO(text, newline=""), delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            if header:
                rows.append((number, [tidy(cell) for cell in cells]))
            elif any(cell.strip() for cell in cells):
                header = cells
    except csv.Error as error:
        raise UnreadableError(
            f"line {reader.line_num} cannot be cut into cells",
            "Look there, and above it, for a quotation mark that is opened and not closed",
        ) from error
    return raw_table(header, rows, tuple(notes))


def _decode(data: bytes) -> tuple[str, list[str]]:
    encoding = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    if encoding:
        return _strictly(data, encoding), []
    try:
        return data.decode("utf-8"), []
    except UnicodeDecodeError:
        return _strictly(data, "cp1250"), ["not UTF-8, so read as Windows-1250"]


def _strictly(data: bytes, encoding: str) -> str:
    try:
        return data.decode(encoding)
    except UnicodeDecodeError as error:
        raise UnreadableError(
            f"this is no text: byte {error.start + 1} fits neither UTF-8 nor Windows-1250"
            if encoding == "cp1250"
            else f"this is no {encoding} text, though it begins with its mark: {error.reason}",
            "Save the file again as CSV UTF-8",
        ) from error
