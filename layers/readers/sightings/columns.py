"""Which column of a file holds what: names in groups, geopoints, choices, personal data."""

import re
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Final

import pandas as pd

from layers.readers.sightings.cells import Fault, own_name
from layers.readers.sightings.containers import SERVERS
from layers.readers.sightings.personal import content_suspicion, header_suspicion, masked_headers
from layers.readers.sightings.tables import POINT_LAT, POINT_LON, FileTable
from layers.readers.sightings.workbooks import REPEAT, REPEAT_FIX
from layers.schema import RECORDS, Column

GEOPOINT: Final = re.compile(r"-?\d+(?:\.\d+)? -?\d+(?:\.\d+)?(?: -?\d+(?:\.\d+)?){2}")
"""``lat lon alt acc``, as KoboToolbox and ODK write a geopoint in one cell."""

_POINT_PART: Final = re.compile(
    r"(?P<kobo>(?:.*[/:.-])?_(?P<q>[^/:]+?)_)(?P<part>latitude|longitude|altitude|precision)"
    r"|(?P<odk>(?:.*[/:-])?[^/:-]+)[-:](?P<part2>latitude|longitude|altitude|accuracy)",
    re.IGNORECASE,
)
_REPEAT: Final = re.compile(r"\[\d+\]|^SET-OF-|^PARENT_KEY$|^_parent_(?:index|table_name)$")

IDS: Final = frozenset({"id", "relates_to"})
"""Columns that may hold anything: they stay in memory, and no message has their values."""


@dataclass(frozen=True)
class Geopoint:
    """Columns that together hold a position: one text, or its parts."""

    text: int | None = None
    lat: int | None = None
    lon: int | None = None
    accuracy: int | None = None

    @property
    def has_accuracy(self) -> bool:
        """Whether the device says how well it knows the position."""
        return self.text is not None or self.accuracy is not None


@dataclass(frozen=True)
class FileColumns:
    """Which column of a file holds what, by its position."""

    at: dict[str, int]
    """By name in the schema."""
    geopoint: Geopoint | None
    geometry: tuple[int, int] | None
    """Latitude and longitude of a feature's geometry."""
    needs: dict[str, int]
    """The columns of the select-multiple question, by choice."""
    reviews: tuple[int, ...]
    """The columns that hold a reviewer's decision."""
    ignored: tuple[str, ...]
    faults: tuple[Fault, ...]

    def numbers(self) -> Iterator[tuple[Column, int]]:
        """Yield the columns that hold numbers, and where each stands."""
        for name, position in self.at.items():
            if RECORDS[name].dtype in {"float64", "Int64"}:
                yield RECORDS[name], position
        if self.geopoint:
            point = self.geopoint
            named = {"lat": point.lat, "lon": point.lon, "uncertainty_m": point.accuracy}
            yield from ((RECORDS[n], at) for n, at in named.items() if at is not None)


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
    found = _Finder(table, file)
    needs = choices_of(table.header, "needs")
    found.take(lambda header: header in {table.header[i] for i in needs.values()})
    reviews = tuple(found.take(lambda header: last_name(header) in SERVERS["reviews"]))
    personal = found.personal()
    repeats = [header for header in found.free.values() if _REPEAT.search(header)]
    if repeats:
        found.add_fault(masked_headers(repeats), REPEAT, REPEAT_FIX)
    if hidden := table.hidden_columns:
        which = "this column" if len(hidden) == 1 else "these columns"
        fix = "unhide what is meant to be read, and delete the others"
        found.add_fault(masked_headers(hidden), f"the workbook hides {which}", fix)
    labels = {label for label, _ in personal}
    ignored = found.take(lambda h: masked_headers([h])[0] in labels) if drop_personal else {}
    at = found.named()
    geopoint = found.geopoint(at)
    points = found.take(lambda header: header in {POINT_LAT, POINT_LON})
    geometry = (min(points), max(points)) if points else None
    if not drop_personal:
        fix = "remove it from the file, or leave it out with --drop-personal"
        for label, problem in personal:
            found.add_fault([label], problem, fix)
    found.check_missing(at, geopoint, has_position=bool(geopoint or geometry))
    unused = sorted({**ignored, **found.free}.items())
    return FileColumns(
        at, geopoint, geometry, needs, reviews, tuple(masked_headers(h for _, h in unused)),
        tuple(found.faults),
    )  # fmt: skip


class _Finder:
    """Takes columns off a header, one meaning after the other, and gathers faults."""

    def __init__(self, table: FileTable, file: str) -> None:
        self.table, self.file = table, file
        self.free = dict(enumerate(table.header))
        self.faults: list[Fault] = []

    def take(self, wanted: Callable[[str], object]) -> dict[int, str]:
        """Take the columns whose header is wanted."""
        taken = {i: header for i, header in self.free.items() if wanted(header)}
        self.free = {i: header for i, header in self.free.items() if i not in taken}
        return taken

    def add_fault(self, headers: Iterable[str], problem: str, fix: str) -> None:
        self.faults.append(Fault(0, ", ".join(headers), None, problem, fix, self.file))

    def check_missing(
        self, at: dict[str, int], geopoint: Geopoint | None, *, has_position: bool
    ) -> None:
        given = {*at, *(("lat", "lon") if has_position else ())}
        if geopoint and geopoint.has_accuracy:
            given.add("uncertainty_m")
        absent = [c.name for c in RECORDS.columns if c.required and c.name not in given]
        if absent:
            s = "s" if len(absent) > 1 else ""
            present = ", ".join(masked_headers(self.table.header)) or "none"
            self.add_fault(
                absent, f"missing column{s} {', '.join(absent)}; the file has {present}",
                f"add the column{s}; from KoboToolbox and ODK export values and headers in XML, "
                "not their labels",
            )  # fmt: skip

    def clash(self, what: str, headers: list[str]) -> None:
        names = masked_headers(headers)
        fix = "keep the one that is meant and remove the others"
        self.add_fault(names, f"{what}: {', '.join(names)}", fix)

    def personal(self) -> list[tuple[str, str]]:
        """Return the header and the problem of each column that looks like personal data."""
        suspects = []
        for i, header in self.free.items():
            name = last_name(header)
            if header in {POINT_LAT, POINT_LON} or _POINT_PART.fullmatch(header):
                continue
            if name in SERVERS["columns"] or name in IDS:
                continue
            known = name in RECORDS.names
            what, why = (None if known else header_suspicion(header)), "its header"
            if not what:
                what = content_suspicion(self.table.column(i), describes=known)
                why = "its content"
            if what:
                problem = f"by {why} this column looks like {what} of persons"
                suspects.append((masked_headers([header])[0], problem))
        return suspects

    def named(self) -> dict[str, int]:
        """Take the columns that have a name of the schema, and the record's identifier."""
        claims: dict[str, list[int]] = defaultdict(list)
        taken = self.take(lambda h: not _POINT_PART.fullmatch(h) and last_name(h) in RECORDS.names)
        for i, header in taken.items():
            claims[last_name(header)].append(i)
        for name, positions in claims.items():
            if len(positions) > 1:
                self.clash(f"two columns for {name}", [taken[i] for i in positions])
        at = {name: positions[0] for name, positions in claims.items()}
        free = {last_name(header): i for i, header in self.free.items()}
        ids = [free[name] for name in SERVERS["record_ids"] if name in free]
        if "id" not in at and ids:
            at["id"] = ids[0]
            del self.free[at["id"]]
        return at

    def geopoint(self, at: dict[str, int]) -> Geopoint | None:
        """Take the columns of the one geopoint question: its text, its parts, or both."""
        parts: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, header in self.free.items():
            if part := _POINT_PART.fullmatch(header):
                question = (part["q"] or last_name(part["odk"])).casefold()
                kind = (part["part"] or part["part2"]).casefold().replace("precision", "accuracy")
                parts[question, kind].append(i)
            elif _are_geopoints([cells.dropna() for cells in self.table.column(i)]):
                parts[last_name(header), "text"].append(i)
        positions = sorted(i for found in parts.values() for i in found)
        headers = [self.free.pop(i) for i in positions]
        named = [self.table.header[at[name]] for name in ("lat", "lon") if name in at]
        if len({question for question, _ in parts}) > 1 or len(positions) > len(parts):
            self.clash("several geopoints", headers)
        elif parts and named:
            self.clash("a position given twice", named + headers)
        elif parts:
            one = {kind: found[0] for (_, kind), found in parts.items()}
            return Geopoint(
                one.get("text"), one.get("latitude"), one.get("longitude"), one.get("accuracy")
            )
        return None


def _are_geopoints(column: list[pd.Series]) -> bool:
    text = sum(map(len, column)) > 0 and all(cells.dtype == "str" for cells in column)
    return text and all(cells.str.fullmatch(GEOPOINT.pattern).all() for cells in column)


def choices_of(headers: Sequence[str], question: str) -> dict[str, int]:
    """Return the columns of a select-multiple question, by choice: its place in the header."""
    return {
        header.split("/")[-1].casefold(): place
        for place, header in enumerate(headers)
        if "/" in header and last_name(header.rpartition("/")[0]) == question
    }
