"""Files that an office keeps: its log, its register of releases, its list of partners.

Each is always whole and for its owner only.  Programs change it one after the other: who holds the
lock of the folder reads the file, writes a new one and puts it in place of the old one.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import platformdirs

from layers.files import atomic

WAIT_S: Final = 60.0
"""So long a program waits for another one that changes a file."""


def folder() -> Path:
    """Return the office's own folder, in the user's data folder."""
    return Path(platformdirs.user_data_dir("mitrovica"))


@contextmanager
def changing(path: Path) -> Iterator[None]:
    """Hold a file while it is changed; what is written is for its owner only.

    The folder is made where it is missing.  Raises `atomic.BusyError` if another program changes
    a file of the folder for longer than `WAIT_S`.
    """
    with atomic.owner_only():
        path.parent.mkdir(parents=True, exist_ok=True)
        try:
            with atomic.locked(path.parent, wait_s=WAIT_S):
                yield
        except atomic.BusyError as error:
            raise atomic.BusyError(
                f"{path} is in use: another program has been changing it for {WAIT_S:.0f} s. "
                "Fix: wait until it ends, and give the command again"
            ) from error
