"""Files that an office keeps: its log, its register of releases, its list of partners.

Each is always whole and for its owner only.  Programs change it one after the other: who holds the
lock of the folder reads the file, writes a new one and puts it in place of the old one.
"""

from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
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
def changing(*paths: Path) -> Iterator[None]:
    """Hold files while they are changed; what is written is for its owner only.

    Their folders are made where they are missing.  Raises `atomic.BusyError` if another program
    changes a file of one of them for longer than `WAIT_S`.
    """
    by_folder = {path.parent.resolve(): path for path in paths}
    with atomic.owner_only(), ExitStack() as locks:
        # In one order, so that no two programs wait for each other.
        for folder_of, path in sorted(by_folder.items()):
            folder_of.mkdir(parents=True, exist_ok=True)
            try:
                locks.enter_context(atomic.locked(folder_of, wait_s=WAIT_S))
            except atomic.BusyError as error:
                raise atomic.BusyError(
                    f"{path} is in use: another program has been changing it for {WAIT_S:.0f} s. "
                    "Fix: wait until it ends, and give the command again"
                ) from error
        yield
