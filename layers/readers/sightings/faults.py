"""What can be wrong with a file of sightings, with one of its rows, or with one cell."""

from __future__ import annotations

from dataclasses import dataclass

from layers.readers.sightings.cells import Cell


@dataclass(frozen=True)
class FileFault:
    """Why no row of a file is used."""

    file: str
    column: str
    """Columns at fault; empty where it is the whole file."""
    problem: str
    fix: str

    def __str__(self) -> str:
        column = f", {self.column}" if self.column else ""
        return f"{self.file}{column}: {self.problem}. Fix: {self.fix}."


@dataclass(frozen=True)
class RowFault:
    """Why one row is not used."""

    row: int
    """Number in the file; the header is row 1."""
    column: str
    value: Cell
    """What is there.  The report masks text about people, and ids."""
    problem: str
    fix: str
    file: str = ""
    """Name of the file; the report fills it in."""

    def __str__(self) -> str:
        column = f", {self.column}" if self.column else ""
        value = f" {self.value!r}:" if self.value else ""
        return f"{self.file}, row {self.row}{column}:{value} {self.problem}. Fix: {self.fix}."


class InputError(ValueError):
    """Base of the two errors below: what was found, and how to fix it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}. Fix: {fix}")
        self.problem = problem
        self.fix = fix


class UnreadableError(InputError):
    """A file cannot be read as a table; it becomes a `FileFault`."""


class RefusedError(InputError):
    """A cell cannot be used; it becomes a `RowFault`."""
