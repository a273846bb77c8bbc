"""Columns by the hashtags of the Humanitarian Exchange Language."""

import re
import tomllib
from collections.abc import Iterable
from dataclasses import replace
from typing import Final

from geo.schema import RECORDS
from layers.readers.tabular.tables import FileTable
from maps.page.escaping import asset

_TAG: Final = re.compile(r"#[a-z]\w*(\s*\+\s*[a-z]\w*)*", re.IGNORECASE)
"""A hashtag of HXL with its attributes."""
_TAGS: Final = {
    name: frozenset(re.findall(r"[#\w]+", tag))
    for name, tag in tomllib.loads(asset("hxl.toml", "mitrovica"))["records"].items()
}


def by_tags(table: FileTable) -> FileTable:
    """Return a table under the names of `RECORDS` that its HXL tags stand for.

    Tags are the header, or the row under it; without them the table is as it was.  A column that
    has a name of `RECORDS` already keeps it.
    """
    tags = table.header
    if not any(map(_TAG.fullmatch, tags)) and len(table.cells):
        first = table.cells.iloc[0].astype(object)
        tags = tuple(map(str, first.where(first.notna(), "")))
        if _are_tags(tags):
            table = replace(table, cells=table.cells.iloc[1:])
    if not _are_tags(tags):
        return table
    header = list(table.header)
    taken = set(header) & set(RECORDS.names)
    for place, tag in enumerate(tags):
        meant = _meant(tag, taken)
        if header[place] not in taken and meant:
            header[place] = meant
            taken.add(meant)
    notes = (*table.notes, "columns by their HXL tags")
    return replace(table, header=tuple(header), notes=notes)


def _are_tags(cells: Iterable[str]) -> bool:
    given = [cell for cell in cells if cell]
    return bool(given) and all(map(_TAG.fullmatch, given))


def _meant(tag: str, taken: set[str]) -> str | None:
    """Return the column that a tag stands for, the closest of those that are not taken."""
    words = set(re.findall(r"[#\w]+", tag.casefold()))
    fits = [name for name, needed in _TAGS.items() if needed <= words]
    free = [name for name in fits if name not in taken]
    return max(free, key=lambda name: len(_TAGS[name]), default=None)
