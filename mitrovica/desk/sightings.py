"""Files of sightings at the desk: dropped, looked at row by row, mended, taken into the study.

They are held in memory until they are put away or the desk is closed; what is read of them is the
story's.
"""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from types import MappingProxyType
from typing import TYPE_CHECKING, Annotated, Any, Final, Literal

from annotated_types import Interval, MaxLen
from pydantic import Field, TypeAdapter
from pydantic.dataclasses import dataclass as checked

from layers.complaints import UserError, complaint
from maps.words.told import FIX, each_told, told
from mitrovica import story
from mitrovica.desk.edit_steps import CHECKED
from mitrovica.desk.office import Office
from mitrovica.desk.part import Drop, Fill, Query, empty_table, file_name

if TYPE_CHECKING:
    from mitrovica.story.submission import Looked

MOST_FILES: Final = 20
MOST_BYTES: Final = 200_000_000
"""Bytes that all files in memory may have together."""

Number = Annotated[int, Interval(ge=0, le=10_000_000)]
Text = Annotated[str, MaxLen(1000)]


@checked(frozen=True, config=CHECKED)
class Mend:
    """Cells of a row say something else."""

    file: Number
    row: Number
    cells: dict[Number, Text]
    do: Literal["mend"] = "mend"

    def apply(self, handed: story.Handed) -> story.Handed:
        """Return the file with the cells mended."""
        more = {(self.row, place): text for place, text in self.cells.items()}
        return replace(handed, cells={**handed.cells, **more})


@checked(frozen=True, config=CHECKED)
class LeaveOut:
    """Rows are left out, or are there again."""

    file: Number
    rows: Annotated[list[Number], MaxLen(100_000)]
    do: Literal["leave"] = "leave"

    def apply(self, handed: story.Handed) -> story.Handed:
        """Return the file without the rows."""
        return replace(handed, left_out=handed.left_out | {*self.rows})


@checked(frozen=True, config=CHECKED)
class Read:
    """Which column is what, what words mean, how days are written."""

    file: Number
    mapping: dict[str, Any]
    name: Annotated[str, MaxLen(500)] = ""
    """Under which it is kept for the form; empty: for this file alone."""
    do: Literal["read"] = "read"

    def apply(self, handed: story.Handed) -> story.Handed:
        """Return the file read so."""
        return replace(handed, mapping=story.form_of(self.mapping))


@checked(frozen=True, config=CHECKED)
class Take:
    """The study keeps the coarse rows."""

    file: Number
    merge: bool = False
    do: Literal["take"] = "take"


@checked(frozen=True, config=CHECKED)
class PutAway:
    """The file is forgotten."""

    file: Number
    do: Literal["away"] = "away"


Act = Mend | LeaveOut | Read | Take | PutAway
ACTS: Final[TypeAdapter[Act]] = TypeAdapter(Annotated[Act, Field(discriminator="do")])


@dataclass
class Table:
    """The files that lie on the desk."""

    office: Office
    files: dict[int, story.Handed] = field(default_factory=dict)
    told: dict[int, list[Any]] = field(default_factory=dict)
    """What was said when a file was taken in."""
    _looked: dict[int, tuple[story.Handed, dict[str, Any]]] = field(
        default_factory=dict
    )
    _next: int = 1
    _busy: Any = field(default_factory=threading.RLock)

    @property
    def drops(self) -> Mapping[str, Drop]:
        """A file of sightings."""
        return {"sightings": self.drop}

    @property
    def tables(self) -> Mapping[str, Fill]:
        """Of sightings."""
        return {"sightings": empty_table("sightings")}

    def drop(self, name: str, data: bytes) -> None:
        """Lay a file on the desk; raise `UserError` where too many lie there."""
        with self._busy:
            size = sum(len(file.data) for file in self.files.values())
            if len(self.files) >= MOST_FILES or size + len(data) > MOST_BYTES:
                raise UserError(
                    f"{MOST_FILES} files or {MOST_BYTES // 10**6} MB lie on the desk at most. Fix: "
                    "put away those that you are done with"
                )
            number, self._next = self._next, self._next + 1
            self.files[number] = story.Handed(file_name(name), data)
            # While it is read, the page says so.
            self._file(number)

    def do(self, asked: Any) -> None:
        """Do something with a file."""
        act = ACTS.validate_python(asked)
        with self._busy:
            if act.file not in self.files:
                raise UserError("this file was put away. Fix: drop it again")
            handed = self.files[act.file]
            if isinstance(act, PutAway):
                for held in (self.files, self.told, self._looked):
                    held.pop(act.file, None)
            elif isinstance(act, Take):
                self.told[act.file] = self._take(handed, merge=act.merge)
            else:
                after = act.apply(handed)
                self._looked[act.file] = (after, self._look(after))
                if isinstance(act, Read) and act.name and after.mapping:
                    story.keep_form(self._study, act.name, after.mapping)
                self.files[act.file] = after
                self.told.pop(act.file, None)

    @property
    def _study(self) -> Any:
        if self.office.study is None:
            raise UserError(
                "the office has no study of its own to keep this. Fix: set one up first"
            )
        return self.office.study

    @property
    def _reading(self) -> dict[str, Any]:
        asked = self.office.asked
        return {"study": self.office.study, "store": asked.store}

    def _take(self, handed: story.Handed, *, merge: bool) -> list[Any]:
        asked = story.TakeIn(
            study=self._study,
            store=self.office.asked.store,
            file=handed,
            duplicates="merge" if merge else "keep",
        )
        return each_told(story.take_in(asked).shown)

    def _look(self, handed: story.Handed) -> dict[str, Any]:
        reading = story.Reading(**self._reading)
        return shown(story.look_at(reading, handed))

    def shown(self, query: Query = MappingProxyType({})) -> dict[str, Any]:
        """Return the files that lie on the desk, and what is read of them."""
        del query
        with self._busy:
            files = [self._file(number) for number in self.files]
            return {"files": files, "study": str(self.office.study or "")}

    def _file(self, number: int) -> dict[str, Any]:
        handed = self.files[number]
        before = self._looked.get(number)
        if before is None or before[0] is not handed:
            self._looked[number] = (handed, self._attempted(handed))
        return {
            **self._looked[number][1],
            "file": number,
            "name": handed.name,
            "left_out": len(handed.left_out),
            "told": self.told.get(number, []),
            "taken": story.taken(self.office.study, handed.name),
        }

    def _attempted(self, handed: story.Handed) -> dict[str, Any]:
        """Return what is read of a file, or why it cannot be."""
        try:
            return self._look(handed)
        except Exception as error:
            lines = complaint(error)
            if not lines:
                raise
            sheets = story.sheets_of(handed)
            return {"unread": each_told(lines), "sheets": sheets}


def shown(looked: Looked) -> dict[str, Any]:
    """Return what a page shows of a file, as plain values."""
    report, mapping = looked.report, looked.mapping
    counts = report.files[0]
    # Which columns are missing is asked for below.
    whole = [
        told(f"{fault.problem}{FIX}{fault.fix}")
        for fault in report.faults
        if not fault.row and fault.column != (", ".join(looked.missing) or None)
    ]
    return {
        "counts": {
            "rows": counts.rows,
            "used": counts.used,
            "of_nobody": counts.of_nobody,
            "rejected": counts.rejected,
        },
        "whole": whole,
        "notes": [told(note.partition(": ")[2]) for note in report.notes],
        "duplicates": each_told(report.duplicate_lines()),
        "columns": [vars(column) for column in looked.columns],
        "missing": looked.missing,
        "words": looked.words,
        "values": looked.values,
        "headings": looked.headings,
        "mapping": {
            "header_row": mapping and mapping.header_row,
            "sheet": mapping and mapping.sheet,
            "dates": mapping and mapping.dates,
            "decimal": mapping and mapping.decimal,
            "fill": dict(mapping.fill) if mapping else {},
            "words": {name: dict(said) for name, said in mapping.words.items()}
            if mapping
            else {},
        },
        "rows": [
            {
                "row": row.row,
                "cells": row.cells,
                "values": row.values,
                "faults": [
                    {
                        "column": fault.column,
                        "problem": told(fault.problem),
                        "fix": told(fault.fix),
                    }
                    for fault in row.faults
                ],
            }
            for row in looked.rows
        ],
    }
