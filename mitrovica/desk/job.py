"""A job of the desk in a process of its own: one command of the story, told line by line.

It reads which command, pickled, from its input, and writes JSON, a line for each stage and one for
the end.  It can be stopped at any moment: what a command writes is whole or absent.  It stops when
its input ends: the desk is gone then, however that came.
"""

import json
import os
import pickle
import sys
import threading
from collections.abc import Iterable
from dataclasses import asdict
from inspect import signature
from typing import Any

from layers.complaints import complaint
from layers.files import system
from maps.words.phrases import Spoken
from maps.words.text_tables import Columns
from mitrovica import story


def main() -> None:
    """Do the job."""
    name, record = pickle.load(sys.stdin.buffer)
    threading.Thread(target=_end_with_desk, daemon=True).start()
    out = sys.stdout
    sys.stdout = sys.stderr

    def tell(**what: Any) -> None:
        out.write(json.dumps(what) + "\n")
        out.flush()

    def warned(lines: Iterable[str]) -> None:
        tell(lines=list(lines))

    watch = story.Watch(lambda step: tell(stage=step), warned, warned)
    try:
        function = getattr(story, name)
        more = {"watch": watch} if "watch" in signature(function).parameters else {}
        outcome = function(record, **more)
    except Exception as error:
        lines = complaint(error)
        if not lines:
            raise
        tell(end="failed", lines=lines)
        return
    shown = [plain_lines(part) for part in outcome.shown]
    end = "done" if outcome.passed else "failed"
    tell(end=end, lines=[*shown, *outcome.warned])


def _end_with_desk() -> None:
    """Wait until the input ends, and end the job and all that it started."""
    # Not by Python's own buffer, which a program cannot close while a thread reads it.
    while os.read(sys.stdin.fileno(), 1024):
        pass
    system.end(os.getpid(), at_once=True)


def plain_lines(part: str | Columns) -> Any:
    """Return a line, in every language where it has them, or a table as plain values."""
    if isinstance(part, str):
        return dict(part.forms) if isinstance(part, Spoken) else part
    return asdict(part)


if __name__ == "__main__":
    main()
