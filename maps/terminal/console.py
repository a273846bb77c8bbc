"""Lines on the screen, printed as they are, and what went wrong, on the stream for errors."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING, Final

from rich.console import Console
from rich.markup import escape

if TYPE_CHECKING:
    from rich.status import Status

screen: Final = Console(highlight=False, soft_wrap=True)
errors: Final = Console(stderr=True, highlight=False, soft_wrap=True)


def show(lines: Iterable[str]) -> None:
    """Print lines as they are."""
    for line in lines:
        screen.print(line, markup=False)


def complain(lines: Iterable[str]) -> None:
    """Print what went wrong."""
    for line in lines:
        errors.print(line, markup=False)


def pass_over(faults: Iterable[Exception]) -> None:
    """Name what is passed over."""
    complain(f"Passed over: {fault}" for fault in faults)


def show_progress(kind: str, text: str, status: Status) -> None:
    """Show what a download is doing; what went wrong stays on the screen."""
    status.update(escape(text))
    if kind != "asking":
        show([text])
