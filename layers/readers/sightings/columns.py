"""Which column of a file holds what: names in groups, geopoints, choices, personal data."""

import re
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from typing import Final

from geo.schema import RECORDS, VISIT
from layers.readers.sightings.cells import Fault, own_name
from layers.readers.sightings.containers import SERVERS
from layers.readers.sightings.personal import (
    content_suspicion,
    header_suspicion,
    masked_headers,
)
from layers.readers.sightings.tables import POINT_LAT, POINT_LON, FileTable
from layers.readers.sightings.workbooks import REPEAT, REPEAT_FIX

GEOPOINT: Final = "geopoint"
"""A column of ``lat lon alt acc``, as KoboToolbox and ODK write a geopoint in one cell."""
ACCURACY: Final = "accuracy"
"""A column of the radius that a device states."""
POSITION: Final = {POINT_LAT: "lat", POINT_LON: "lon"}
"""Columns of the geometry, and what each holds."""

READ: Final = {column.name: column for column in RECORDS.columns} | {
    "kind": replace(RECORDS["kind"], values=(*RECORDS["kind"].values, VISIT)),
    ACCURACY: replace(RECORDS["uncertainty_m"], required=False),
}
"""Columns as a file may fill them."""

_IN_ONE_CELL: Final = r"-?\d+(?:\.\d+)? -?\d+(?:\.\d+)?(?: -?\d+(?:\.\d+)?){2}"
_PARTS: Final = {"latitude": "lat", "longitude": "lon", "precision": ACCURACY}

_POINT_PART: Final = re.compile(
    r"(?P<kobo>(?:.*[/:.-])?_(?P<q>[^/:]+?)_)(?P<part>latitude|longitude|altitude|precision)"
    r"|(?P<odk>(?:.*[/:-])?[^/:-]+)[-:](?P<part2>latitude|longitude|altitude|accuracy)",
    re.IGNORECASE,
)
_REPEAT: Final = re.compile(
    r"\[\d+\]|^SET-OF-|^PARENT_KEY$|^_parent_(?:index|table_name)$"
)

IDS: Final = frozenset({"id", "relates_to"})
"""Columns that may hold anything: they stay in memory, and no message has their values."""


@dataclass(frozen=True)
class FileColumns:
    """Which column of a file holds what, by its position."""

    at: dict[str, int]
    """Columns by name in the schema, `GEOPOINT`, `ACCURACY` and the keys of `POSITION`."""
    needs: dict[str, int]
    """The columns of the select-multiple question, by choice."""
    reviews: tuple[int, ...]
    """The columns that hold a reviewer's decision."""
    ignored: tuple[str, ...]
    faults: tuple[Fault, ...]


def last_name(header: str) -> str:
    """Return a question's own name as the schema writes names: in small letters."""
    return own_name(header).casefold()


def recognised(headers: list[str]) -> int:
    """Return how many of these headers have a meaning."""
    names = {*RECORDS.names, *SERVERS["columns"]}
    plain = [header.strip().strip('"\ufeff') for header in headers]
    return sum(last_name(h) in names or bool(_POINT_PART.fullmatch(h)) for h in plain)


def match_columns(table: FileTable, file: str, *, drop_personal: bool) -> FileColumns:
    """Find what each column of a table holds, with every fault that the header shows.

    A column that looks like personal data is left out with `drop_personal`; otherwise it is a
    fault.
    """
    faults: list[Fault] = []

    def refuse(headers: Iterable[str], problem: str, fix: str) -> None:
        faults.append(
            Fault(0, ", ".join(masked_headers(headers)), None, problem, fix, file)
        )

    needs = choices_of(table.header, "needs")
    free = {
        i: header for i, header in enumerate(table.header) if i not in needs.values()
    }
    reviews = tuple(
        i for i, header in free.items() if last_name(header) in SERVERS["reviews"]
    )
    personal = {
        i: why for i in free if i not in reviews and (why := _personal(table, i))
    }
    if repeats := [header for header in free.values() if _REPEAT.search(header)]:
        refuse(repeats, REPEAT, REPEAT_FIX)
    if hidden := table.hidden_columns:
        which = "this column" if len(hidden) == 1 else "these columns"
        fix = "unhide what is meant to be read, and delete the others"
        refuse(hidden, f"the workbook hides {which}", fix)
    left_out = {*reviews, *(personal if drop_personal else ())}
    at, placed, clashes = _found(table, [i for i in free if i not in left_out])
    for what, places in clashes:
        headers = [table.header[i] for i in places]
        fix = "keep the one that is meant and remove the others"
        refuse(headers, f"{what}: {', '.join(masked_headers(headers))}", fix)
    for i, problem in personal.items() if not drop_personal else ():
        fix = "remove it from the file, or leave it out with --drop-personal"
        refuse([table.header[i]], problem, fix)
    if absent := _missing(at):
        s = "s" if len(absent) > 1 else ""
        present = ", ".join(masked_headers(table.header)) or "none"
        refuse(
            absent,
            f"missing column{s} {', '.join(absent)}; the file has {present}",
            f"add the column{s}; from KoboToolbox and ODK export values and headers in XML, "
            "not their labels",
        )
    unused = sorted(free.keys() - {*reviews, *placed, *at.values()})
    ignored = masked_headers(table.header[i] for i in unused)
    return FileColumns(at, needs, reviews, tuple(ignored), tuple(faults))


def _found(
    table: FileTable, columns: list[int]
) -> tuple[dict[str, int], list[int], list[tuple[str, list[int]]]]:
    """Return the columns that have a meaning, those of geopoints, and those of which one is meant.

    The last are what is there twice, and where.
    """
    found: dict[tuple[str, str], list[int]] = defaultdict(list)
    for i in columns:
        if meaning := _meaning(table, i):
            found[meaning].append(i)
    names = {name: places for (question, name), places in found.items() if not question}
    parts = {meaning: places for meaning, places in found.items() if meaning[0]}
    at = {name: places[0] for name, places in names.items()}
    clashes = [
        (f"two columns for {n}", places)
        for n, places in names.items()
        if len(places) > 1
    ]
    placed = sorted(i for places in parts.values() for i in places)
    named = [at[name] for name in ("lat", "lon") if name in at]
    if len({question for question, _ in parts}) > 1 or len(placed) > len(parts):
        clashes.append(("several geopoints", placed))
    elif parts and named:
        clashes.append(("a position given twice", named + placed))
    else:
        at |= {part: i for (_, part), (i,) in parts.items() if part != "altitude"}
    ids = {last_name(table.header[i]): i for i in columns}
    own = [ids[name] for name in SERVERS["record_ids"] if name in ids]
    return {"id": own[0]} | at if own else at, placed, clashes


def _personal(table: FileTable, place: int) -> str | None:
    """Return why a column looks like personal data."""
    header, name = table.header[place], last_name(table.header[place])
    if (
        header in POSITION
        or _POINT_PART.fullmatch(header)
        or name in IDS | {*SERVERS["columns"]}
    ):
        return None
    known = name in RECORDS.names
    what, why = (None if known else header_suspicion(header)), "its header"
    if not what:
        what = content_suspicion(table.cells[place], describes=known)
        why = "its content"
    return f"by {why} this column looks like {what} of persons" if what else None


def _meaning(table: FileTable, place: int) -> tuple[str, str] | None:
    """Return the name of what a column holds, behind the question if it is a geopoint's."""
    header = table.header[place]
    if part := _POINT_PART.fullmatch(header):
        kind = (part["part"] or part["part2"]).casefold()
        return (part["q"] or last_name(part["odk"])).casefold(), _PARTS.get(kind, kind)
    name = header if header in POSITION else last_name(header)
    if name in POSITION or name in RECORDS.names:
        return "", name
    cells = table.cells[place].dropna()
    if cells.dtype == "str" and len(cells) and cells.str.fullmatch(_IN_ONE_CELL).all():
        return name, GEOPOINT
    return None


def _missing(at: Iterable[str]) -> list[str]:
    """Return the columns that a file needs, and has not."""
    given = {POSITION.get(name, name) for name in at}
    if given & {GEOPOINT, ACCURACY}:
        given.add("uncertainty_m")
    if GEOPOINT in given:
        given |= {"lat", "lon"}
    return [
        one.name for one in RECORDS.columns if one.required and one.name not in given
    ]


def choices_of(headers: Sequence[str], question: str) -> dict[str, int]:
    """Return the columns of a select-multiple question, by choice: its place in the header."""
    return {
        header.split("/")[-1].casefold(): place
        for place, header in enumerate(headers)
        if "/" in header and last_name(header.rpartition("/")[0]) == question
    }
