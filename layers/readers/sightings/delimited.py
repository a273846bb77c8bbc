"""Delimited text as field offices save it: encoding and separator are found by rule."""

import codecs
import csv
import io
from collections.abc import Callable, Iterator
from typing import Final

from layers.readers.sightings.cells import EDGES
from layers.readers.sightings.faults import UnreadableError
from layers.readers.sightings.tables import FileTable, build_table, check_size

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}


def read_delimited(data: bytes, recognise: Callable[[list[str]], int]) -> FileTable:
    """Return the rows of comma, semicolon or tab separated text.  Raises `UnreadableError`.

    The text is UTF-8, UTF-16 with a byte order mark, or Windows-1250.  The separator is the one
    that makes the first line into the most columns that `recognise` counts, so a semicolon file
    with decimal commas is never cut at the commas.
    """
    encoding, notes = _encoding(data)
    lines = io.TextIOWrapper(io.BytesIO(data), encoding, newline=None)
    first = next((line for line in lines if line.strip()), "").rstrip("\n")
    for mark in _SEPARATORS:
        check_size(columns=first.count(mark) + 1, cells=data.count(mark.encode()))
    separator = max(_SEPARATORS, key=lambda mark: (recognise(first.split(mark)), first.count(mark)))
    if separator != ",":
        notes.append(f"columns separated by {_SEPARATORS[separator]}")
    rows = _rows(io.TextIOWrapper(io.BytesIO(data), encoding, newline=""), separator)
    header = next((cells for _, cells in rows if any(cells)), [])
    return build_table(header, rows, tuple(notes))


def _rows(text: io.TextIOWrapper, separator: str) -> Iterator[tuple[int, list[str | None]]]:
    """Yield each row with its number: a row counts once, also where a cell holds line breaks."""
    reader = csv.reader(text, delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, 1):
            yield number, [cell.strip().strip(EDGES) or None for cell in cells]
    except csv.Error as error:
        raise UnreadableError(
            f"line {reader.line_num} cannot be cut into cells",
            "look there, and above it, for a quotation mark that is opened and not closed",
        ) from error


def _encoding(data: bytes) -> tuple[str, list[str]]:
    """Return the encoding in which all of it is text, and what the user should know of it."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "cp1250"]:
        try:
            data.decode(encoding)
        except UnicodeDecodeError as error:
            refused = error
        else:
            return encoding, ["not UTF-8, so read as Windows-1250"] if encoding == "cp1250" else []
    raise UnreadableError(
        f"this is no {marked} text, though it begins with its mark: {refused.reason}"
        if marked
        else f"this is no text: byte {refused.start + 1} fits neither UTF-8 nor Windows-1250",
        "save the file again as CSV UTF-8",
    ) from refused
