"""Lines and tables on the screen, printed as they are; what went wrong, on the stream for errors.

On a terminal text is wrapped between words and tables are fitted to the width.  Elsewhere, as in a
file or a log, each line of text and each row of a table is one line, without colour.
"""

from __future__ import annotations

import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any, Final

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text
from typer.core import TyperGroup

_FIGURE: Final = re.compile(r"(?:[<>]? ?[\d.,]+(?: (?:%|m|km|min|h))?|–|)")
"""A cell that stands at the right of its column."""

UNLIMITED: Final = 100_000
"""Columns where there is no terminal."""


@dataclass(frozen=True)
class Columns:
    """A table of text."""

    head: tuple[str, ...]
    rows: tuple[tuple[str, ...], ...]
    title: str = ""

    @classmethod
    def of(
        cls, head: Sequence[str], rows: Iterable[Iterable[object]], title: str = ""
    ) -> Columns:
        """Return the table of any values, as text."""
        return cls(tuple(head), tuple(tuple(map(str, row)) for row in rows), title)


COMMAND: Final = "mitrovica "


def screen(*, stderr: bool = False) -> Console:
    """Return the stream of results, or that of errors and of what passes while a command works."""
    console = Console(stderr=stderr, highlight=False)
    if not console.is_terminal:
        console.width = UNLIMITED
    return console


def show(content: Iterable[str | Columns]) -> None:
    """Print lines and tables."""
    _print(screen(), content)


def complain(lines: Iterable[str]) -> None:
    """Print what went wrong."""
    _print(screen(stderr=True), lines)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an error that the user can mend into one plain message; let every other one through."""
    try:
        yield
    except KeyboardInterrupt:
        complain(["Stopped. The results of earlier commands are whole."])
        raise typer.Exit(130) from None
    except typer.Exit:
        raise
    except Exception as error:
        from layers.complaints import complaint  # noqa: PLC0415 - it imports much

        lines = complaint(error)
        if not lines:
            raise
        complain(lines)
        raise typer.Exit(2) from error


class Commands(TyperGroup):
    """Commands whose errors are plain messages where the user can mend them."""

    def invoke(self, ctx: Any) -> Any:
        """Run the command that was called."""
        with plain_errors():
            return super().invoke(ctx)


def _print(console: Console, content: Iterable[str | Columns]) -> None:
    for part in content:
        if isinstance(part, Columns):
            _print_table(console, part)
        elif console.is_terminal:
            for line in _with_command_apart(part, console.width):
                # What is longer than the screen, such as a path, is left to the terminal.
                long = max(map(len, line.split()), default=0) > console.width
                console.print(
                    line, markup=False, soft_wrap=long or line.startswith(COMMAND)
                )
        else:
            console.print(part, markup=False, soft_wrap=True)


def _with_command_apart(text: str, width: int) -> list[str]:
    """Return a text that needs several lines with its command on one of its own, to be copied."""
    before, found, after = text.partition(f" {COMMAND}")
    return [before, COMMAND + after] if found and len(text) > width else [text]


def _print_table(console: Console, grid: Columns) -> None:
    """Print a table as wide as the terminal lets it be, elsewhere as wide as it is."""
    look = box.SIMPLE_HEAD if console.is_terminal else None
    # A look has a column of its own between two.
    padding = (0, 2 if look is None else 1, 0, 0)
    table = Table(box=look, padding=padding, pad_edge=False, show_edge=False)
    for head, *cells in zip(grid.head, *grid.rows, strict=True):
        right = all(map(_FIGURE.fullmatch, cells))
        one_word = not any(" " in cell for cell in (head, *cells))
        table.add_column(
            Text(head), justify="right" if right else "left", no_wrap=one_word
        )
    for row in grid.rows:
        table.add_row(*map(Text, row))
    console.print()
    if grid.title:
        console.print(Text(grid.title, "bold"))
    console.print(table)


Stage = Callable[[str], None]
"""Takes the name of a stage as it begins."""


@contextmanager
def stages(first: str, *, quiet: bool = False) -> Iterator[Stage]:
    """Begin a stage, and yield what is called as each of the others begins.

    On the stream for errors each stage has a line with its time when it ends; a terminal shows
    which is at work.  `quiet` says nothing.
    """
    console, name, since, stopped = screen(stderr=True), first, time.monotonic(), False
    console.quiet = quiet

    def stop(*_signal: object) -> None:
        nonlocal stopped
        stopped = True
        raise KeyboardInterrupt

    def begin(following: str) -> None:
        nonlocal name, since
        # A compiler's callback loses the exception: then the next stage stops.
        if stopped:
            raise KeyboardInterrupt
        now = time.monotonic()
        console.print(f"{name:<10}{now - since:6.1f} s", markup=False)
        status.update(following)
        name, since = following, now

    before = signal.signal(signal.SIGINT, stop)
    try:
        with console.status(first) as status:
            yield begin
            begin("")
    finally:
        signal.signal(signal.SIGINT, before)
