"""What can be wrong with a file of sightings, or with one of its rows."""

from dataclasses import dataclass

from layers.readers.sightings.cells import Cell


@dataclass(frozen=True)
class Fault:
    """Why one row of a file is not used, or none of them."""

    row: int
    """Number in the file; the header is row 1; 0 where no row is used."""
    column: str
    """Columns at fault; empty where it is all of them."""
    value: Cell
    """What is there.  The report masks text about people, and ids."""
    problem: str
    fix: str
    file: str = ""
    """Name of the file; the report fills it in."""

    def __str__(self) -> str:
        column = f", {self.column}" if self.column else ""
        value = f" {self.value!r}:" if self.value else ""
        row = f", row {self.row}" if self.row else ""
        return f"{self.file}{row}{column}:{value} {self.problem}. Fix: {self.fix}."


class InputError(ValueError):
    """Base of the two errors below: what was found, and how to fix it."""

    def __init__(self, problem: str, fix: str) -> None:
        super().__init__(f"{problem}. Fix: {fix}")
        self.problem = problem
        self.fix = fix


class UnreadableError(InputError):
    """A file cannot be read as a table; it becomes a `Fault` without a row."""


class RefusedError(InputError):
    """A cell cannot be used; it becomes a `Fault` of its row."""
