"""The stages of a command as they pass, and how long each took."""

from __future__ import annotations

import signal
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from typing import Final

from rich.console import Console
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn, TimeElapsedColumn

from maps.terminal.console import complain, errors

RUN: Final = (
    "network", "proximity", "tests", "hotspots", "movement", "access", "patrols", "map", "files",
)  # fmt: skip
PLAN: Final = ("network", "patrols", "map", "files")

Stage = Callable[[str], None]
"""Takes the name of a stage as it begins."""


@contextmanager
def stages(names: Sequence[str], *, quiet: bool = False) -> Iterator[Stage]:
    """Begin the first stage, and yield what is called as each of the others begins.

    All of it goes to the stream for errors.

    On a terminal one live line shows the stage, and when all have passed one line has their times.
    Elsewhere, as in a log, each stage has a line when it ends.  `quiet` says nothing.
    """
    watch = _Watch()
    console = errors()
    before = signal.signal(signal.SIGINT, watch.interrupt)
    try:
        yield from _shown(watch, names, console, quiet)
    finally:
        signal.signal(signal.SIGINT, before)


def _shown(watch: _Watch, names: Sequence[str], console: Console, quiet: bool) -> Iterator[Stage]:
    """Yield once what shows the stages in the way that fits the console."""
    if quiet:
        yield watch.begin
    elif not console.is_terminal:
        watch.ended = lambda name, s: complain([f"{name:<10}{s:6.1f} s"])
        watch.begin(names[0])
        yield watch.begin
        watch.end()
    else:
        with Progress(
            TextColumn("{task.description:<10}"), BarColumn(20), MofNCompleteColumn(),
            TimeElapsedColumn(), console=console, transient=True, redirect_stdout=False,
        ) as bar:  # fmt: skip
            task = bar.add_task("", total=len(names))

            def begin(name: str) -> None:
                watch.begin(name)
                done = names.index(name) if name in names else None
                bar.update(task, description=name, completed=done)

            begin(names[0])
            yield begin
        watch.end()
        times = ", ".join(f"{name} {s:.1f}" for name, s in watch.times.items())
        console.print(f"Done in {sum(watch.times.values()):.1f} s: {times}.", style="dim")


class _Watch:
    """Takes the time of one stage after the other."""

    def __init__(self) -> None:
        self.times: dict[str, float] = {}
        self.ended: Callable[[str, float], None] = lambda _name, _seconds: None
        self._name: str | None = None
        self._since = 0.0
        self._interrupted = False

    def interrupt(self, *_signal: object) -> None:
        """Stop; where a compiler's callback loses the exception, stop at the next stage."""
        self._interrupted = True
        raise KeyboardInterrupt

    def begin(self, name: str) -> None:
        """End the stage before and begin one."""
        self.end()
        if self._interrupted:
            raise KeyboardInterrupt
        self._name, self._since = name, time.monotonic()

    def end(self) -> None:
        """End the stage, if one has begun."""
        if self._name is not None:
            self.times[self._name] = time.monotonic() - self._since
            self.ended(self._name, self.times[self._name])
            self._name = None
