"""Which column of a file holds what: names in groups, geopoints, choices, personal data."""

import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import Final

from geo.schema import RECORDS, VISIT
from layers.readers.tabular.parsing import Fault, own_name
from layers.readers.tabular.tables import POINT_LAT, POINT_LON, FileTable
from layers.readers.tabular.workbooks import REPEAT, REPEAT_FIX
from mitrovica.intake.containers import SERVERS
from mitrovica.intake.personal import (
    content_suspicion,
    header_suspicion,
    masked_headers,
)

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

    places: dict[str, int]
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


def match_columns(table: FileTable, file: str, *, drop_personal: bool) -> FileColumns:
    """Find what each column of a table holds, with every fault that the header shows.

    A column that looks like personal data is left out with `drop_personal`; otherwise it is a
    fault.
    """
    header = table.header
    needs = choices_of(header, "needs")
    free = [place for place in range(len(header)) if place not in needs.values()]
    reviews = [p for p in free if last_name(header[p]) in SERVERS["reviews"]]
    answers = [place for place in free if place not in reviews]
    suspicions = {place: personal_in(table, place) for place in answers}
    personal = {place: why for place, why in suspicions.items() if why}
    if drop_personal:
        answers = [place for place in answers if place not in personal]
        personal = {}
    matches = _found(table, answers)
    complaints = _complaints(table, free, personal, matches)
    used = {*reviews, *matches.geopoints, *matches.places.values()}
    ignored = masked_headers(header[place] for place in free if place not in used)
    return FileColumns(
        matches.places, needs, tuple(reviews), tuple(ignored), _faults(complaints, file)
    )


def _faults(
    complaints: Iterable[tuple[Sequence[str], str, str]], file: str
) -> tuple[Fault, ...]:
    """Return faults of a header; `complaints` as `_complaints` yields them."""
    return tuple(
        Fault(0, ", ".join(masked_headers(headers)), None, problem, fix, file)
        for headers, problem, fix in complaints
    )


@dataclass(frozen=True)
class _Found:
    """The columns that have a meaning."""

    places: dict[str, int]
    """Where they stand, as in `FileColumns`."""
    geopoints: list[int]
    """Places of the parts of geopoints."""
    doubled: list[tuple[str, list[int]]]
    """What is there twice, and where: one of them is meant."""


def _found(table: FileTable, places: list[int]) -> _Found:
    names: dict[str, list[int]] = defaultdict(list)
    parts: dict[tuple[str, str], list[int]] = defaultdict(list)
    for place in places:
        question, name = meaning(table, place)
        if question:
            parts[question, name].append(place)
        elif name:
            names[name].append(place)
    place_of = {name: same[0] for name, same in names.items()}
    doubled = [(f"two columns for {n}", same) for n, same in names.items() if same[1:]]
    geopoints = sorted(chain.from_iterable(parts.values()))
    position = [place_of[name] for name in ("lat", "lon") if name in place_of]
    if len({question for question, _ in parts}) > 1 or len(geopoints) > len(parts):
        doubled.append(("several geopoints", geopoints))
    elif parts and position:
        doubled.append(("a position given twice", position + geopoints))
    else:
        place_of |= {
            name: same[0] for (_, name), same in parts.items() if name != "altitude"
        }
    ids = {last_name(table.header[place]): place for place in places}
    identifiers = [ids[name] for name in SERVERS["record_ids"] if name in ids]
    if identifiers:
        place_of.setdefault("id", identifiers[0])
    return _Found(place_of, geopoints, doubled)


def _complaints(
    table: FileTable, free: list[int], personal: dict[int, str], matches: _Found
) -> Iterator[tuple[Sequence[str], str, str]]:
    """Yield headers, what is wrong with them, and the fix."""
    header = table.header
    names = table.named or header
    repeats = [names[place] for place in free if is_repeat(names, place)]
    if repeats:
        yield repeats, REPEAT, REPEAT_FIX
    for what, places in matches.doubled:
        same = [header[place] for place in places]
        fix = "keep the one that is meant and remove the others"
        yield same, f"{what}: {', '.join(masked_headers(same))}", fix
    for place, problem in personal.items():
        fix = "remove it from the file, or leave it out with --drop-personal"
        yield [header[place]], problem, fix
    if absent := _missing(matches.places):
        s = "s" if len(absent) > 1 else ""
        present = ", ".join(masked_headers(table.named or header)) or "none"
        yield (
            absent,
            f"missing column{s} {', '.join(absent)}; the file has {present}",
            f"add the column{s}, or say with --mapping which of these hold that; from KoboToolbox "
            "and ODK export values and headers in XML, not their labels",
        )


def is_repeat(header: Sequence[str], place: int) -> bool:
    """Return whether a column belongs to a repeat group."""
    return place < len(header) and bool(_REPEAT.search(header[place]))


def personal_in(table: FileTable, place: int) -> str | None:
    """Return why a column looks like personal data."""
    header, name = table.header[place], last_name(table.header[place])
    if (
        header in POSITION
        or _POINT_PART.fullmatch(header)
        or name in IDS | {*SERVERS["columns"]}
    ):
        return None
    is_known = name in RECORDS.names
    what = None if is_known else header_suspicion(header)
    if what:
        return f"by its header this column looks like {what} of persons"
    what = content_suspicion(table.cells[place], describes=is_known)
    return f"by its content this column looks like {what} of persons" if what else None


def meaning(table: FileTable, place: int) -> tuple[str, str]:
    """Return the question of a geopoint, and the name of what a column holds; else empty texts."""
    found = meaning_of_name(table.header[place])
    cells = table.cells[place].dropna()
    is_text = cells.dtype == "str" and len(cells)
    if found == ("", "") and is_text and cells.str.fullmatch(_IN_ONE_CELL).all():
        return last_name(table.header[place]), GEOPOINT
    return found


def meaning_of_name(header: str) -> tuple[str, str]:
    """Return what the name of a column says by itself, as `meaning`."""
    if part := _POINT_PART.fullmatch(header):
        kind = (part["part"] or part["part2"]).casefold()
        question = part["q"] or last_name(part["odk"])
        return question.casefold(), _PARTS.get(kind, kind)
    name = header if header in POSITION else last_name(header)
    return ("", name) if name in POSITION or name in RECORDS.names else ("", "")


def _missing(names: Iterable[str]) -> list[str]:
    """Return the columns that a file needs, and has not."""
    given = {POSITION.get(name, name) for name in names}
    if given & {GEOPOINT, ACCURACY}:
        given.add("uncertainty_m")
    if GEOPOINT in given:
        given |= {"lat", "lon"}
    return [
        column.name
        for column in RECORDS.columns
        if column.required and column.name not in given
    ]


def choices_of(headers: Sequence[str], question: str) -> dict[str, int]:
    """Return the columns of a select-multiple question, by choice: its place in the header."""
    return {
        header.split("/")[-1].casefold(): place
        for place, header in enumerate(headers)
        if "/" in header and last_name(header.rpartition("/")[0]) == question
    }
