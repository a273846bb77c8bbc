"""Text as a raw table: separated by comma, semicolon or tab, in the encodings that are met."""

import codecs
import csv
import io
import re
from collections.abc import Iterator
from itertools import chain, islice
from statistics import median_low, mode
from typing import Final

from layers.readers.tabular import tables
from layers.readers.tabular.parsing import EDGES, UnreadableError
from layers.readers.tabular.tables import Heading

_MARKS: Final = (
    (codecs.BOM_UTF8, "utf-8-sig"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
LOOKED_AT: Final = 20
"""Lines by which the separator of a text is told."""
_STATED: Final = re.compile(r"sep=([,;\t])\r?\n", re.IGNORECASE)
"""First line of a text that says its separator, as Excel writes it."""
_SEPARATORS: Final = {",": "comma", ";": "semicolon", "\t": "tab"}
"""What parts the columns of text."""


def read_text(data: bytes, heading: Heading = tables.top_row) -> tables.FileTable:
    """Return the rows of comma, semicolon or tab separated text; raise `UnreadableError`.

    The text is UTF-8, UTF-16 with a byte order mark, or Windows-1250.
    """
    text, encoding = _decoded(data)
    lines = io.StringIO(text, newline=None)
    first = [*islice((line for line in lines if line.strip()), LOOKED_AT)]
    for mark in _SEPARATORS:
        tables.check_size(
            columns="".join(first[:1]).count(mark) + 1, cells=text.count(mark)
        )
    notes = []
    if encoding == "cp1250":
        notes.append("not UTF-8, so read as Windows-1250")
    rows, note = _cut(text, first)
    headed = heading(tables.filled(rows))
    body = headed.rows
    if _above(first) is not None:
        body = _cut_again(body, len(headed.names))
    return tables.build_table(headed.names, body, (*notes, *note, *headed.notes))


def _cut(text: str, first: list[str]) -> tuple[Iterator[tables.Row], tuple[str, ...]]:
    """Return the rows of a text, and what was decided by a rule.

    A spreadsheet whose country has the semicolon leaves a header of commas in one cell, and
    writes semicolons between the cells that were filled in under it.
    """
    if stated := _STATED.match(text):
        rest = text[stated.end() :]
        return _rows(rest, stated[1], 2), (_separated(stated[1]),)
    separator, above = _separator(first), _above(first)
    if above is None or above == separator:
        said = () if separator == "," else (_separated(separator),)
        return _rows(text, separator), said
    head, _, rest = text.partition("\n")
    header = _rows(head.rstrip(f"\r{separator} "), above)
    note = (
        f"the header is separated by {_SEPARATORS[above]}, the rows by "
        f"{_SEPARATORS[separator]}"
    )
    return chain(header, _rows(rest, separator, 2)), (note,)


def _separated(separator: str) -> str:
    return f"columns separated by {_SEPARATORS[separator]}"


def _count(line: str, mark: str) -> int:
    """Return how often a mark stands in a line, outside quotation marks."""
    return re.sub(r'"[^"]*"', "", line).count(mark)


def _above(lines: list[str]) -> str | None:
    """Return the mark of a header most of whose rows have another one; None where it has not."""
    if len(lines) < 2:
        return None
    header = lines[0].rstrip("\r\n; ")
    for mark, other in ((",", ";"), (";", ","), (",", "\t")):
        cuts = _count(header, mark)
        below = [_count(line, other) for line in lines[1:]]
        is_other = cuts > 1 and not _count(header, other)
        if is_other and 2 * below.count(cuts) > len(below):
            return mark
    return None


def _separator(lines: list[str]) -> str:
    """Return the mark that stands most often both in the header and in most rows.

    So neither commas of decimals, nor those of the words of a header, cut a semicolon file.  Where
    the first line is a title, or has another mark, it is the mark that most lines have alike.
    """

    def often(mark: str) -> tuple[int, int]:
        header, *rows = [_count(line, mark) for line in lines] or [0]
        return min(header, median_low(rows or [header])), header

    def alike(mark: str) -> tuple[int, int]:
        counts = [_count(line, mark) for line in lines[1:]]
        usual = mode([count for count in counts if count] or [0])
        return (counts.count(usual) if usual else 0), usual

    is_apart = _above(lines) is not None
    best = max(_SEPARATORS, key=often)
    if often(best)[0] and not is_apart:
        return best
    return max(_SEPARATORS, key=lambda mark: (*alike(mark), often(mark)))


def _cut_again(rows: Iterator[tables.Row], width: int) -> Iterator[tables.Row]:
    """Yield rows; one that stands in its first cell as text with commas is cut there."""
    for number, cells in rows:
        alone = cells[0] if cells.count(None) == len(cells) - 1 else None
        if width > 2 and isinstance(alone, str) and alone.count(",") >= width - 1:
            _, parts = next(_rows(alone, ","))
            yield number, parts if len(parts) == width else cells
        else:
            yield number, cells


def _rows(text: str, separator: str, first: int = 1) -> Iterator[tables.Row]:
    """Yield each row with its number: a row counts once, also where a cell holds line breaks."""
    lines = io.StringIO(text, newline="")
    reader = csv.reader(lines, delimiter=separator, strict=True)
    try:
        for number, cells in enumerate(reader, first):
            yield number, [cell.strip().strip(EDGES) or None for cell in cells]
    except csv.Error as error:
        raise UnreadableError(
            f"line {reader.line_num} cannot be cut into cells",
            "look there, and above it, for a quotation mark that is opened and not closed",
        ) from error


def _decoded(data: bytes) -> tuple[str, str]:
    """Return all of it as text, and the encoding."""
    marked = next((name for mark, name in _MARKS if data.startswith(mark)), None)
    for encoding in [marked] if marked else ["utf-8", "cp1250"]:
        try:
            return data.decode(encoding), encoding
        except UnicodeDecodeError as error:
            refused = error
    byte = refused.start + 1
    problem = f"this is not text: byte {byte} fits neither UTF-8 nor Windows-1250"
    if marked:
        problem = f"this is no {marked} text, though it begins with its mark: {refused.reason}"
    raise UnreadableError(problem, "save the file again as CSV UTF-8") from refused
