"""Lines and tables on the screen, printed as they are; what went wrong, on the stream for errors.

On a terminal text is wrapped between words and tables are fitted to the width.  Elsewhere, as in a
file or a log, each line of text and each row of a table is one line, without colour.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any, Final

import typer
from rich.console import Console
from rich.markup import escape
from rich.text import Text
from typer.core import TyperGroup

from maps.terminal.grid import Grid

if TYPE_CHECKING:
    from rich.status import Status

COMMAND: Final = "mitrovica "


def screen() -> Console:
    """Return the stream of results."""
    return Console(highlight=False)


def errors() -> Console:
    """Return the stream of errors, and of what passes while a command works."""
    return Console(stderr=True, highlight=False)


def show(content: Iterable[str | Grid]) -> None:
    """Print lines and tables."""
    _print(screen(), content)


def complain(lines: Iterable[str]) -> None:
    """Print what went wrong."""
    _print(errors(), lines)


def pass_over(faults: Iterable[Exception]) -> None:
    """Name what is passed over."""
    complain(f"Passed over: {fault}" for fault in faults)


@contextmanager
def plain_errors() -> Iterator[None]:
    """Turn an error that the user can mend into one plain message; let every other one through."""
    try:
        yield
    except KeyboardInterrupt:
        complain(["Stopped. The results of earlier commands are whole."])
        raise typer.Exit(130) from None
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


def show_progress(kind: str, text: str, status: Status) -> None:
    """Show what a download is doing; what went wrong stays on the screen."""
    status.update(escape(text))
    if kind != "asking":
        show([text])


def _print(console: Console, content: Iterable[str | Grid]) -> None:
    for part in content:
        if isinstance(part, str) and console.is_terminal:
            for line in _with_command_apart(part, console.width):
                # What is longer than the screen, such as a path, is left to the terminal.
                long = max(map(len, line.split()), default=0) > console.width
                console.print(line, markup=False, soft_wrap=long or line.startswith(COMMAND))
        elif isinstance(part, str):
            console.print(part, markup=False, soft_wrap=True)
        elif console.is_terminal:
            _print_fitted(console, part)
        else:
            _print(console, ["", *part.plain()])


def _with_command_apart(text: str, width: int) -> list[str]:
    """Return a text that needs several lines with its command on one of its own, to be copied."""
    before, found, after = text.partition(f" {COMMAND}")
    return [before, COMMAND + after] if found and len(text) > width else [text]


def _print_fitted(console: Console, grid: Grid) -> None:
    """Print a table as wide as the terminal lets it be."""
    table = grid.fitted(console.width)
    console.print()
    if grid.title:
        console.print(Text(grid.title, "bold"))
    if table is None:
        _print(console, grid.sentences())
    else:
        console.print(table)
