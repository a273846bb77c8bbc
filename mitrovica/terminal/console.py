"""Lines and tables on the screen, printed as they are; what went wrong, on the stream for errors.

On a terminal text is wrapped between words and tables are fitted to the width.  Elsewhere, as in a
file or a log, each line of text and each row of a table is one line, without colour.
"""

import re
import signal
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Final

from rich import box
from rich.console import Console
from rich.markup import escape
from rich.status import Status
from rich.table import Table
from rich.text import Text

from maps.words.text_tables import Columns

_FIGURE: Final = re.compile(r"(?:[<>]? ?[\d.,]+(?: (?:%|m|km|min|h))?|–|)")
"""A cell that stands at the right of its column."""

UNLIMITED: Final = 100_000
"""Columns where there is no terminal."""

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


def _print(console: Console, content: Iterable[str | Columns]) -> None:
    for part in content:
        if isinstance(part, Columns):
            _print_table(console, part)
        elif console.is_terminal:
            _print_wrapped(console, part)
        else:
            console.print(part, markup=False, soft_wrap=True)


def _print_wrapped(console: Console, text: str) -> None:
    """Print a text between the edges of a terminal; what is longer than a line is left to it."""
    for line in _with_command_apart(text, console.width):
        longest = max(map(len, line.split()), default=0)
        whole = longest > console.width or line.startswith(COMMAND)
        console.print(line, markup=False, soft_wrap=whole)


def _with_command_apart(text: str, width: int) -> list[str]:
    """Return a text that needs several lines with its command on one of its own, to be copied."""
    before, command, after = text.partition(f" {COMMAND}")
    if command and len(text) > width:
        return [before, COMMAND + after]
    return [text]


def _print_table(console: Console, grid: Columns) -> None:
    """Print a table as wide as the terminal lets it be, elsewhere as wide as it is."""
    look = box.SIMPLE_HEAD if console.is_terminal else None
    # A look has a column of its own between two.
    padding = (0, 2 if look is None else 1, 0, 0)
    table = Table(box=look, padding=padding, pad_edge=False, show_edge=False)
    for head, *cells in zip(grid.head, *grid.rows, strict=True):
        are_figures = all(map(_FIGURE.fullmatch, cells))
        one_word = not any(" " in cell for cell in (head, *cells))
        table.add_column(
            Text(head), justify="right" if are_figures else "left", no_wrap=one_word
        )
    for row in grid.rows:
        table.add_row(*map(Text, row))
    console.print()
    if grid.title:
        console.print(Text(grid.title, "bold"))
    console.print(table)


@dataclass(frozen=True)
class Work:
    """A command at work: a terminal shows its step, and lines above it."""

    _console: Console
    _status: Status

    def step(self, name: str) -> None:
        """Say which step begins."""
        self._status.update(escape(name))

    def show(self, content: Iterable[str | Columns]) -> None:
        """Print lines and tables."""
        _print(self._console, content)


@contextmanager
def working() -> Iterator[Work]:
    """Yield what says which step is at work; only a terminal shows it."""
    console = screen()
    with console.status("Starting …") as status:
        yield Work(console, status)


Stage = Callable[[str], None]
"""Takes the name of a stage as it begins."""


@contextmanager
def stages(*, quiet: bool = False, timings: bool = False) -> Iterator[Stage]:
    """Yield what is called as each stage begins.

    On the stream for errors each stage has a line with its time when it ends; a terminal shows
    which is at work.  `quiet` says nothing; `timings` says processor time, too, and that of what
    came before the first stage.
    """
    console = screen(stderr=True)
    console.quiet = quiet and not timings
    status = console.status("")
    name = ""
    wall = time.monotonic()
    processor = 0.0
    stopped = False

    def stop(*_signal: object) -> None:
        nonlocal stopped
        stopped = True
        raise KeyboardInterrupt

    def begin(following: str) -> None:
        nonlocal name, wall, processor
        # A compiler's callback loses the exception: then the next stage stops.
        if stopped:
            raise KeyboardInterrupt
        ended, used = time.monotonic(), time.process_time()
        line = f"{name or 'start':<10}{ended - wall:6.1f} s"
        if timings:
            line += f"{used - processor:8.1f} s of processor time"
        if timings or name:
            console.print(line, markup=False)
        status.update(following)
        status.start()
        name, wall, processor = following, ended, used

    before = signal.signal(signal.SIGINT, stop)
    try:
        yield begin
        begin("")
        if timings:
            whole = f"{'whole':<21}{processor:6.1f} s of processor time"
            console.print(whole, markup=False)
    finally:
        status.stop()
        signal.signal(signal.SIGINT, before)
