"""How the files of one form are read: which column is what, what its words mean, what is the same.

A mapping is asked for once, and kept as TOML in the folder ``forms`` of a study; a file is read by
the one whose columns it has.  What the program knows by its words needs none.
"""

from __future__ import annotations

import json
from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass as record
from dataclasses import field, replace
from pathlib import Path
from typing import Annotated, Final, Literal

import pandas as pd
from annotated_types import Interval, Len
from pydantic import AfterValidator
from pydantic.dataclasses import dataclass

from geo.params.types import CHECKED, Table
from geo.schema import NEEDS, RECORDS
from layers import complaints
from layers.complaints import UserError
from layers.readers import config
from layers.readers.spelling import plain
from layers.readers.tabular.parsing import Cell, printable
from layers.readers.tabular.tables import FileTable
from mitrovica.intake.columns import (
    GEOPOINT,
    READ,
    is_repeat,
    last_name,
    meaning,
    meaning_of_name,
)
from mitrovica.intake.containers import SERVERS
from mitrovica.intake.quantities import bounds, point
from mitrovica.intake.words import columns, values

FOLDER: Final = "forms"
"""Folder of a study with its mappings."""
LEFT_OUT: Final = ""
"""What a column is that is not read."""
POSITION: Final = "position"
"""A column of latitude and longitude in one cell."""
GROUP: Final = "group"
"""A column of the size of a group as it is told, such as 10-15."""
OF_ROW: Final = "row"
"""Said of `id`: the number of the row."""
PARTS: Final = {POSITION: ("lat", "lon"), GROUP: ("group_min", "group_max")}
"""Columns that such a column is cut into."""
CUT: Final = {name: f"({name})" for name in PARTS}
"""What such a column is called once it is cut."""
KNOWN: Final = (*RECORDS.names, *PARTS)
"""What a column may be."""


def _known(name: str) -> str:
    if name not in (*KNOWN, LEFT_OUT):
        raise ValueError(f"a column can be {', '.join(KNOWN)}, or empty: not read")
    return name


Header = Annotated[str, Len(1, 1000)]
Column = Annotated[str, AfterValidator(_known)]
Text = Annotated[str, Len(0, 1000)]


@dataclass(frozen=True, config=CHECKED)
class FormMapping(Table):
    """How files of one form are read."""

    title: Text = ""
    """What the form is called; by default as its file."""
    columns: Mapping[Header, Column] = field(default_factory=dict)
    """What a column holds, by its name in the file; empty: it is not read."""
    words: Mapping[Column, Mapping[Text, Text]] = field(default_factory=dict)
    """What words of a column mean, by the column."""
    fill: Mapping[Column, Text] = field(default_factory=dict)
    """What holds where a column is missing or a cell empty; ``id = "row"``: the row's number."""
    dates: Literal["dmy", "mdy"] | None = None
    decimal: Literal[".", ","] | None = None
    header_row: Annotated[int, Interval(ge=1, le=1000)] | None = None
    sheet: Text | None = None

    @property
    def names(self) -> frozenset[str]:
        """The names of its columns, as `plain` writes them."""
        return frozenset(map(plain, self.columns))

    def fits(self, header: Iterable[str]) -> bool:
        """Return whether a file has all columns that are read."""
        there = set(map(plain, header))
        read = [name for name, column in self.columns.items() if column]
        return bool(read) and all(plain(name) in there for name in read)


def read(path: Path) -> FormMapping:
    """Return the mapping in a file; raise `UserError` with every fault, by its key."""
    content = config.read(path)
    try:
        return FormMapping(**{"title": path.stem, **content})
    except (TypeError, ValueError) as error:
        lines = complaints.complaint(error) or [str(error)]
        raise UserError("\n".join(f"{path}: {line}" for line in lines)) from error


def chosen(
    header: Sequence[str], mappings: Iterable[FormMapping]
) -> FormMapping | None:
    """Return the mapping that reads most columns of a file, of those that fit it."""
    fitting = [mapping for mapping in mappings if mapping.fits(header)]
    return max(fitting, key=lambda one: len(one.columns), default=None)


@record(frozen=True)
class Mapped:
    """A table under the names of `RECORDS`."""

    table: FileTable
    sources: Mapping[str, int]
    """The place in the file of each column that is read."""
    notes: tuple[str, ...] = ()


# A table in order: what is said, what words tell, cells cut, filled, in known words.
def mapped(table: FileTable, mapping: FormMapping | None) -> Mapped:
    """Return a table as a mapping says; what it does not say, by the words of the program."""
    said = _said(table, mapping)
    known, notes = by_words(table, said)
    meant = said | known
    header = list(table.header)
    for place, column in meant.items():
        header[place] = column or f"(not read {place + 1})"
    if not meant and mapping is None:
        sources = {last_name(name): k for k, name in enumerate(header)}
        return Mapped(_in_words(table, sources, {}), sources, notes)
    cells = table.cells.copy()
    for place, column in meant.items():
        if column == LEFT_OUT:
            cells[place] = _nothing(cells)
    sources = {last_name(name): place for place, name in enumerate(header)}
    for column in [name for name in PARTS if name in meant.values()]:
        place = sources.pop(column)
        for part, texts in _cut(cells[place], column).items():
            if part not in sources:
                sources[part] = place
                cells[len(header)] = texts
                header.append(part)
        header[place], cells[place] = CUT[column], _nothing(cells)
    for column, text in (mapping.fill if mapping else {}).items():
        _fill(cells, header, column, text)
    names = tuple(header)
    renamed = replace(table, header=names, cells=cells, named=table.header)
    places = {last_name(name): place for place, name in enumerate(header)}
    words = mapping.words if mapping else {}
    return Mapped(_in_words(renamed, places, words), sources, notes)


def _nothing(cells: pd.DataFrame) -> pd.Series:
    return pd.Series(None, cells.index, dtype="str")


def _said(table: FileTable, mapping: FormMapping | None) -> dict[int, str]:
    """Return what each place of a table is, as a mapping says."""
    if mapping is None:
        return {}
    by_name = {plain(name): column for name, column in mapping.columns.items()}
    return {
        place: by_name[plain(name)]
        for place, name in enumerate(table.header)
        if plain(name) in by_name
    }


def by_words(
    table: FileTable, said: Mapping[int, str]
) -> tuple[dict[int, str], tuple[str, ...]]:
    """Return what other places of a table are by the words of their headers, and notes.

    Two columns that could be the same are neither: the user says which.
    """
    free = [place for place in range(len(table.header)) if place not in said]
    # What cells say is looked at only where the name has a word: that takes long.
    meanings = {
        place: meaning(table, place)
        if _by_word(table.header[place])
        else meaning_of_name(table.header[place])
        for place in free
    }
    taken = _taken({*said.values()}, meanings.values())
    places_of: dict[str, list[int]] = defaultdict(list)
    for place in free:
        column = _by_word(table.header[place])
        is_free = meanings[place] == ("", "") and column not in taken
        if column and is_free and not is_repeat(table.header, place):
            places_of[column].append(place)
    for column, parts in PARTS.items():
        if places_of.keys() & {*parts}:
            places_of.pop(column, None)
    known: dict[int, str] = {}
    notes: list[str] = []
    for column, places in places_of.items():
        names = [table.header[place] for place in places]
        if len(places) > 1:
            notes.append(
                f"{' and '.join(names)} could each be {column}: neither is read. Fix: say which "
                "with --mapping"
            )
        else:
            known[places[0]] = column
    told = [f"{table.header[place]} = {name}" for place, name in known.items()]
    if told:
        notes.insert(0, f"columns by their words: {', '.join(told)}")
    return known, tuple(notes)


def _by_word(header: str) -> str | None:
    """Return the column that a header means by its words; a server's own ``_id`` means none."""
    if last_name(header) in SERVERS["record_ids"]:
        return None
    return columns().get(plain(header)) or columns().get(plain(last_name(header)))


def _taken(said: set[str], meanings: Iterable[tuple[str, str]]) -> frozenset[str]:
    """Return the columns that are there already, in parts or whole."""
    meanings = list(meanings)
    taken = said | {name for _, name in meanings if name}
    whole = {column for column, parts in PARTS.items() if taken & {*parts}}
    parts = {part for column in taken & PARTS.keys() for part in PARTS[column]}
    has_point = GEOPOINT in taken or any(question for question, _ in meanings)
    points = {POSITION, *PARTS[POSITION]} if has_point else set()
    return frozenset(taken | whole | parts | points)


def _cut(cells: pd.Series, column: str) -> dict[str, pd.Series]:
    """Return the parts of cells; where one is not clear, its whole text, which is then a fault."""
    parts = {cell: _parts(cell, column) for cell in cells.dropna().unique()}
    cut = {}
    for k, name in enumerate(PARTS[column]):
        of_name = {cell: both[k] for cell, both in parts.items()}
        cut[name] = cells.map(of_name).astype(object).where(cells.notna(), None)
    return cut


def _parts(cell: Cell, column: str) -> tuple[Cell, Cell]:
    if column == GROUP:
        if isinstance(cell, float):
            return cell, cell
        low, high = bounds(str(cell)) or (cell, None)
        return (
            float(low) if isinstance(low, int) else low,
            float(high) if isinstance(high, int) else high,
        )
    return (point(cell) if isinstance(cell, str) else None) or (cell, cell)


def _fill(cells: pd.DataFrame, header: list[str], column: str, text: str) -> None:
    """Put a text where a column has nothing; add the column where there is none."""
    rows = pd.Series(cells.index, cells.index).map(lambda n: f"row {n}")
    filling = rows if (column, text) == ("id", OF_ROW) else text
    names = [last_name(name) for name in header]
    if column in names:
        place = names.index(column)
        filled = cells[place].astype(object)
        cells[place] = filled.where(filled.notna(), filling)
        return
    cells[len(header)] = pd.Series(filling, cells.index, dtype="str")
    header.append(column)


def _in_words(
    table: FileTable, places: Mapping[str, int], words: Mapping[str, Mapping[str, str]]
) -> FileTable:
    """Return a table in which words that are known stand as the values of their columns."""
    changed: dict[int, pd.Series] = {}
    for column in {*values(), *words} & places.keys():
        cells = table.cells[places[column]]
        allowed = NEEDS if column == "needs" else _values_of(column)
        said = {plain(word): value for word, value in words.get(column, {}).items()}
        meant = {**values().get(column, {}), **said}
        new = {
            cell: _meant(cell, meant, allowed, several=column == "needs")
            for cell in cells.dropna().unique()
        }
        new = {cell: value for cell, value in new.items() if value != cell}
        if new:
            changed[places[column]] = cells.astype(object).replace(new)
    if not changed:
        return table
    new_cells = table.cells.copy()
    for place, translated in changed.items():
        new_cells[place] = translated
    return replace(table, cells=new_cells)


def _values_of(column: str) -> Sequence[str]:
    return READ[column].values if column in READ else ()


def _meant(
    cell: Cell, meant: Mapping[str, str], allowed: Sequence[str], *, several: bool
) -> Cell:
    """Return what a cell means by known words, or the cell."""
    text = cell if isinstance(cell, str) else printable(cell)
    if text.casefold() in allowed or len(text) > _LONGEST:
        return cell
    if value := meant.get(plain(text)):
        return value
    return _each(text, meant, allowed) or cell if several else cell


def _each(text: str, meant: Mapping[str, str], allowed: Sequence[str]) -> str | None:
    """Return the values of several words, such as ``voda, hrana``; None where one is not known.

    A server joins the labels of the answers with spaces: the longest known words come first.
    """
    words = plain(text.replace("_", "")).split()
    named = {plain(value.replace("_", "")): value for value in allowed}
    known = {**meant, **named}
    found: list[str] = []
    while words:
        if words[0] in _AND:
            words = words[1:]
            continue
        for number in range(len(words), 0, -1):
            if value := known.get(" ".join(words[:number])):
                found.append(value)
                words = words[number:]
                break
        else:
            return None
    return "; ".join(found)


_LONGEST: Final = 500
"""Letters of a cell beyond which it is no list of words."""
_AND: Final = frozenset({"and", "i", "dhe", "e"})


def to_toml(mapping: FormMapping) -> str:
    """Return the file of a mapping, to be read and edited by people."""
    lines = [
        "# How files of this form are read. A column with an empty text is not read."
    ]
    names = ("title", "header_row", "sheet", "dates", "decimal")
    set_values = {name: getattr(mapping, name) for name in names}
    lines += [
        f"{name} = {_toml(value)}"
        for name, value in set_values.items()
        if value is not None
    ]
    tables = {"columns": mapping.columns, "fill": mapping.fill}
    tables |= {f"words.{name}": said for name, said in mapping.words.items()}
    for name, table in tables.items():
        if table:
            pairs = (f"{_toml(key)} = {_toml(v)}" for key, v in table.items())
            lines += ["", f"[{name}]", *pairs]
    return "\n".join([*lines, ""])


def _toml(value: object) -> str:
    # A text of JSON is one of TOML, but for this character.
    return json.dumps(value, ensure_ascii=False).replace("\x7f", "\\u007f")
