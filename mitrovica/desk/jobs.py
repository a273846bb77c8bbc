"""Jobs of the desk: one at a time, each a command in a process of its own that can be stopped."""

import json
import pickle
import subprocess
import sys
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path
from types import MappingProxyType
from typing import Any, Final

from layers.complaints import UserError
from layers.files import system
from maps.words.told import each_told, told

WAIT_S: Final = 3.0
"""Seconds that a process has to end by itself when it is stopped."""
HEARD_S: Final = 30.0
"""Seconds that the desk has to take in what an ended job has done."""
MOST_LINES: Final = 400


WORDS: Final[Mapping[str, Sequence[str]]] = MappingProxyType(
    {
        "run": ["run"],
        "plan": ["plan"],
        "tonight": ["plan"],
        "fetch": ["fetch"],
        "brief": ["brief"],
        "release": ["release"],
    }
)
"""Words of the command that a function of the story stands behind."""


@dataclass
class Job:
    """A command that runs, or has run."""

    kind: str
    """What it is for, such as ``again``."""
    command: str
    """The command that it stands for."""
    function: str
    """Its function in `mitrovica.story`."""
    record: Any
    folder: Path
    """Where it writes."""
    finished: Callable[[], None]
    """Called when it has ended well."""
    stages: list[tuple[Any, float]] = field(default_factory=list)
    """Names of stages, with the seconds after which each began."""
    lines: list[Any] = field(default_factory=list)
    end: str = ""
    """``done``, ``failed`` or ``stopped``; empty while it runs."""
    seconds: float = 0.0
    """How long it took; while it runs, since when by the clock that does not jump."""
    _process: subprocess.Popen[bytes] | None = None
    _hearing: threading.Thread | None = None
    """It alone decides how the job ends: one that had done all is done, though it was stopped."""
    _is_stopped: bool = False

    def start(self) -> None:
        """Start the command, and a thread that hears of it."""
        self.seconds = time.monotonic()
        self._process = subprocess.Popen(
            [sys.executable, "-P", "-m", "mitrovica.desk.job"],
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            start_new_session=True,
        )
        self._hearing = threading.Thread(target=self._hear, daemon=True)
        self._hearing.start()

    def stop(self) -> None:
        """Stop it; what it had not finished is as it was before."""
        process, hearing = self._process, self._hearing
        if process is None or hearing is None or self.end:
            return
        self._is_stopped = True
        for at_once in (False, True):
            try:
                system.end(process.pid, at_once=at_once)
                process.wait(WAIT_S)
                break
            except (ProcessLookupError, subprocess.TimeoutExpired):
                continue
        hearing.join(HEARD_S)

    def shown(self) -> dict[str, Any]:
        """Return what a page shows of it."""
        running = not self.end
        now = time.monotonic() - self.seconds if running else self.seconds
        return {
            "kind": self.kind,
            "command": self.command,
            "folder": str(self.folder),
            "stages": self.stages,
            "lines": self.lines,
            "end": self.end,
            "seconds": round(now, 1),
        }

    def _hear(self) -> None:
        """Hear of the command until it ends."""
        process = self._process
        if process is None or process.stdin is None or process.stdout is None:
            return
        started = self.seconds
        complaints: list[bytes] = []
        errors = threading.Thread(
            target=lambda: complaints.extend(process.stderr or ())
        )
        errors.start()
        end = ""
        # It ends when its input does: that stays open as long as the desk hears of it.
        with suppress(BrokenPipeError):  # It was stopped before it began.
            process.stdin.write(pickle.dumps((self.function, self.record)))
            process.stdin.flush()
        for line in process.stdout:
            what = json.loads(line)
            if "stage" in what:
                begun = round(time.monotonic() - started, 1)
                # That of an analysis has a word of the page; others say what is read.
                stage = what["stage"]
                name = told(stage) if " " in stage else stage
                self.stages.append((name, begun))
            more = each_told(what.get("lines", []))
            self.lines += more[: MOST_LINES - len(self.lines)]
            end = what.get("end", end)
        process.wait()
        errors.join()
        for pipe in (process.stdin, process.stdout, process.stderr):
            with suppress(BrokenPipeError):
                if pipe is not None:
                    pipe.close()
        if end == "done":
            try:
                self.finished()
            except (UserError, OSError, ValueError) as error:
                end = "failed"
                self.lines.append(told(str(error)))
        elif self._is_stopped:
            end = "stopped"
        elif not end:
            end = "failed"
            last = b"".join(complaints[-1:]).decode(errors="replace").strip()
            failed = f"It ended with an error of the program: {last}"
            self.lines.append(told(failed))
        self.seconds = time.monotonic() - started
        self.end = end
