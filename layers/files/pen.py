"""Who writes in the folder of an office: one desk at a time, and no command beside it.

The desk holds a lock, which ends with it however that ends; beside the lock stands who it is.
"""

import json
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Final

from layers.files import atomic, system

LOCK: Final = ".desk"
"""The file that the desk of a folder holds."""


@contextmanager
def held(folder: Path, now: datetime) -> Iterator[None]:
    """Hold a folder for a desk from `now` on.

    Raises `atomic.BusyError`, which says who has it and since when, if another desk holds it.
    """
    path = folder / LOCK
    with path.open("a+", encoding="utf-8") as file:
        path.chmod(0o600)
        if not system.lock(file.fileno()):
            raise atomic.BusyError(_busy(folder))
        file.truncate(0)
        holder = {
            "who": system.user(),
            "since": now.isoformat(),
            "process": os.getpid(),
        }
        json.dump(holder, file)
        file.flush()
        yield
        file.truncate(0)


def require_free(folder: Path) -> None:
    """Raise `atomic.BusyError` if another program's desk holds a folder, or one that it is in.

    The desk's own process and those that it starts may write.
    """
    for office in (folder.absolute(), *folder.absolute().parents):
        path = office / LOCK
        if not path.is_file():
            continue
        with path.open("r", encoding="utf-8") as file:
            if system.lock(file.fileno()):
                continue
        if _holder(office).get("process") not in (os.getpid(), os.getppid()):
            raise atomic.BusyError(_busy(office))


def _holder(folder: Path) -> dict[str, object]:
    try:
        holder = json.loads((folder / LOCK).read_text("utf-8"))
    except ValueError:
        return {}
    return holder if isinstance(holder, dict) else {}


def _busy(folder: Path) -> str:
    holder = _holder(folder)
    since = str(holder.get("since", ""))[:16].replace("T", " ")
    return (
        f"{folder} is open at the desk of {holder.get('who', 'somebody')}, since {since}. Fix: do "
        "it there, or end that desk (Ctrl-C in its terminal), and give the command again"
    )
