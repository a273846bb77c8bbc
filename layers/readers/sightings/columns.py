"""Which column of a file is which column of the schema: group prefixes, geopoints, choices."""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Final

from layers.readers.sightings.personal import (
    PersonalColumn,
    content_suspicion,
    header_suspicion,
    masked_headers,
)
from layers.readers.sightings.raw import POINT_LAT, POINT_LON, RawTable, own_name
from layers.readers.sightings.workbooks import REPEAT_CURE
from layers.schema import RECORDS, Column

GEOPOINT: Final = re.compile(r"-?\d+(?:\.\d+)? -?\d+(?:\.\d+)?(?: -?\d+(?:\.\d+)?){2}")
"""``lat lon alt acc``, as KoboToolbox and ODK write a geopoint into one cell."""

_POINT_PART: Final = re.compile(
    r"(?P<kobo>(?:.*[/:.-])?_(?P<q>[^/:]+?)_)(?P<part>latitude|longitude|altitude|precision)"
    r"|(?P<odk>(?:.*[/:-])?[^/:-]+)[-:](?P<part2>latitude|longitude|altitude|accuracy)",
    re.IGNORECASE,
)
_REPEAT: Final = re.compile(r"\[\d+\]|^SET-OF-|^PARENT_KEY$|^_parent_(?:index|table_name)$")

_SERVER: Final = frozenset(
    {"_id", "_uuid", "_submission_time", "_validation_status", "_notes", "_status",
     "_submitted_by", "__version__", "_version_", "_tags", "_index", "_geolocation",
     "_attachments", "_xform_id_string", "uuid", "formhub_uuid", "rootuuid", "deprecatedid",
     "instanceid", "instancename", "submissiondate", "key", "submitterid", "submittername",
     "attachmentspresent", "attachmentsexpected", "status", "reviewstate", "deviceid", "edits",
     "formversion", "start", "end", "today"}
)  # fmt: skip
"""What the servers add to every export.  Never taken in, but for a record's own identifier."""

_RECORD_IDS: Final = ("instanceid", "_uuid", "key", "_id")

_IDS: Final = frozenset({"id", "relates_to"})

_REVIEWS: Final = frozenset({"_validation_status", "reviewstate"})
"""Columns in which the servers keep what a reviewer decided of a submission."""


@dataclass(frozen=True)
class Geopoint:
    """Columns that together hold a position: one string, or its parts."""

    text: int | None = None
    lat: int | None = None
    lon: int | None = None
    accuracy: int | None = None

    @property
    def has_accuracy(self) -> bool:
        """Whether the device says how well it knows the position."""
        return self.text is not None or self.accuracy is not None


@dataclass(frozen=True)
class Problem:
    """A fault of a whole file."""

    column: str
    problem: str
    cure: str


@dataclass(frozen=True)
class Mapping:
    """Positions of the columns in a file, by the schema's names; and what was left."""

    at: dict[str, int]
    geopoint: Geopoint | None
    geometry: tuple[int, int] | None
    needs: dict[str, int]
    """Position of each column of a select-multiple question, by its choice."""
    reviews: tuple[int, ...]
    """Positions of the columns that hold a reviewer's decision."""
    ignored: tuple[str, ...]
    personal: tuple[PersonalColumn, ...]
    problems: tuple[Problem, ...]

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
    names = {*RECORDS.names, *_SERVER}
    plain = [header.strip().strip('"\ufeff') for header in headers]
    return sum(last_name(h) in names or bool(_POINT_PART.fullmatch(h)) for h in plain)


def match_columns(table: RawTable, file: str, *, drop_personal: bool) -> Mapping:
    """Say what each column of a table is, and gather every fault that its header shows.

    Parameters
    ----------
    table : RawTable
    file : str
        Name of the file, for the suspicions.
    drop_personal : bool
        Leave out the columns that look like personal data, where otherwise each is a fault.
    """
    found = _Finder(table)
    needs = found.choices("needs")
    reviews = found.reviews()
    personal = found.personal(file)
    problems = found.repeats() + found.hidden()
    if drop_personal:
        found.drop({column.column for column in personal})
    at, clashes = found.named()
    geopoint, more = found.geopoint(at)
    geometry = found.geometry()
    problems += clashes + more
    problems += [] if drop_personal else _stops(personal)
    problems += _missing(at, table, has_point=bool(geopoint or geometry), geopoint=geopoint)
    return Mapping(
        at, geopoint, geometry, needs, reviews, found.left(), tuple(personal), tuple(problems)
    )


class _Finder:
    """Takes columns off a header one meaning after the other."""

    def __init__(self, table: RawTable) -> None:
        self.table = table
        self.free = dict(enumerate(table.header))
        self.ignored: list[int] = []

    def left(self) -> tuple[str, ...]:
        positions = sorted({*self.ignored, *self.free})
        return tuple(masked_headers(self.table.header[i] for i in positions))

    def repeats(self) -> list[Problem]:
        names = [h for h in self.free.values() if _REPEAT.search(h)]
        if not names:
            return []
        return [
            Problem(
                ", ".join(masked_headers(names)),
                "a repeat group: one record holds several groups of people, whose place and time "
                "cannot be told apart",
                REPEAT_CURE,
            )
        ]

    def hidden(self) -> list[Problem]:
        names = self.table.hidden_columns
        if not names:
            return []
        return [
            Problem(
                ", ".join(masked_headers(names)),
                "the workbook hides this column"
                if len(names) == 1
                else "the workbook hides these columns",
                "Unhide what is meant to be read, and delete the others",
            )
        ]

    def reviews(self) -> tuple[int, ...]:
        """Take the columns in which a server keeps what a reviewer decided."""
        taken = tuple(i for i, header in self.free.items() if last_name(header) in _REVIEWS)
        for i in taken:
            del self.free[i]
        return taken

    def personal(self, file: str) -> list[PersonalColumn]:
        suspects = []
        for i, header in self.free.items():
            name = last_name(header)
            if name in _SERVER or header in {POINT_LAT, POINT_LON} or _POINT_PART.fullmatch(header):
                continue
            if name in _IDS:  # any will do: they stay in memory, and no message shows them
                continue
            known = name in RECORDS.names
            label = masked_headers([header])[0]
            if not known and (what := header_suspicion(header)):
                suspects.append(PersonalColumn(file, label, what, "its header"))
            elif what := content_suspicion(self.table.columns[i], describes=known):
                suspects.append(PersonalColumn(file, label, what, "its content"))
        return suspects

    def drop(self, labels: set[str]) -> None:
        for i, header in list(self.free.items()):
            if masked_headers([header])[0] in labels:
                self.ignored.append(i)
                del self.free[i]

    def named(self) -> tuple[dict[str, int], list[Problem]]:
        """Take the columns that carry a name of the schema, and the record's identifier."""
        claims: dict[str, list[int]] = defaultdict(list)
        for i, header in self.free.items():
            if not _POINT_PART.fullmatch(header) and last_name(header) in RECORDS.names:
                claims[last_name(header)].append(i)
        problems = [
            _clash(f"two columns for {name}", [self.free[i] for i in positions])
            for name, positions in claims.items()
            if len(positions) > 1
        ]
        at = {name: positions[0] for name, positions in claims.items()}
        ids = {last_name(h): i for i, h in self.free.items() if last_name(h) in _RECORD_IDS}
        if "id" not in at and ids:
            at["id"] = next(ids[name] for name in _RECORD_IDS if name in ids)
        for i in {*at.values(), *(i for positions in claims.values() for i in positions)}:
            del self.free[i]
        return at, problems

    def geopoint(self, at: dict[str, int]) -> tuple[Geopoint | None, list[Problem]]:
        """Take the columns of the one geopoint question: its string, its parts, or both."""
        parts: dict[tuple[str, str], list[int]] = defaultdict(list)
        for i, header in self.free.items():
            if part := _POINT_PART.fullmatch(header):
                question = (part["q"] or last_name(part["odk"])).casefold()
                kind = (part["part"] or part["part2"]).casefold().replace("precision", "accuracy")
                parts[question, kind].append(i)
            elif self._is_geopoint(i):
                parts[last_name(header), "text"].append(i)
        taken = sorted(i for positions in parts.values() for i in positions)
        headers = [self.free.pop(i) for i in taken]
        if not parts:
            return None, []
        if len({question for question, _ in parts}) > 1 or len(taken) > len(parts):
            return None, [_clash("several geopoints", headers)]
        if {"lat", "lon"} & set(at):
            named = [self.table.header[at[name]] for name in ("lat", "lon") if name in at]
            return None, [_clash("a position given twice", named + headers)]
        one = {kind: positions[0] for (_, kind), positions in parts.items()}
        return Geopoint(
            one.get("text"), one.get("latitude"), one.get("longitude"), one.get("accuracy")
        ), []

    def _is_geopoint(self, position: int) -> bool:
        filled = self.table.columns[position].dropna()
        return (
            len(filled) > 0
            and filled.dtype == "str"
            and bool(filled.str.fullmatch(GEOPOINT.pattern).all())
        )

    def geometry(self) -> tuple[int, int] | None:
        places = {header: i for i, header in self.free.items()}
        if POINT_LAT not in places:
            return None
        lat, lon = places[POINT_LAT], places[POINT_LON]
        del self.free[lat], self.free[lon]
        return lat, lon

    def choices(self, question: str) -> dict[str, int]:
        """Take the columns of a select-multiple question, one a choice."""
        taken = {}
        for i, header in list(self.free.items()):
            segments = [part.casefold() for part in header.split("/")]
            if len(segments) > 1 and last_name(segments[-2]) == question:
                taken[segments[-1]] = i
                del self.free[i]
        return taken


def _clash(what: str, headers: list[str]) -> Problem:
    names = ", ".join(masked_headers(headers))
    return Problem(names, f"{what}: {names}", "Keep the one that is meant and remove the others")


def _stops(personal: list[PersonalColumn]) -> list[Problem]:
    return [
        Problem(
            suspect.column,
            f"by {suspect.why} this column looks like {suspect.what} of persons",
            "Remove it from the file, or leave it out with --drop-personal",
        )
        for suspect in personal
    ]


def _missing(
    at: dict[str, int], table: RawTable, *, has_point: bool, geopoint: Geopoint | None
) -> list[Problem]:
    given = {*at, *(("lat", "lon") if has_point else ())}
    if geopoint and geopoint.has_accuracy:
        given.add("uncertainty_m")
    absent = [c.name for c in RECORDS.columns if c.required and c.name not in given]
    if not absent:
        return []
    columns = ", ".join(masked_headers(table.header)) or "none"
    plural = "s" if len(absent) > 1 else ""
    return [
        Problem(
            ", ".join(absent),
            f"missing column{plural} {', '.join(absent)}; the file has {columns}",
            f"Add the column{plural}; from KoboToolbox and ODK export values and headers in XML, "
            "not their labels",
        )
    ]
