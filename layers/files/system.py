"""What Linux and Windows do each in its own way: locks, files that are open, ending programs.

All that differs between them stands here; ``make proof`` has mypy read both halves; that of
Windows is untried.
"""

import getpass
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Final

if sys.platform == "win32":
    import msvcrt
else:
    import fcntl

NO_LINK: Final = getattr(os, "O_NOFOLLOW", 0) | getattr(os, "O_BINARY", 0)
"""How `os.open` opens bytes; where links are common, it follows none."""
OPEN_S: Final = 5.0
"""So long a file may be open in another program of Windows before it is replaced."""
_FAR: Final = 1 << 30
"""Byte that stands for a whole file: Windows keeps others from reading a byte that is locked."""
_LOCK: Final = ".lock"
"""File that stands for its folder: Windows locks no folder."""


def open_folder(folder: Path) -> int:
    """Return a handle by which a folder is locked."""
    if sys.platform == "win32":
        return os.open(folder / _LOCK, os.O_RDWR | os.O_CREAT)
    return os.open(folder, os.O_RDONLY | os.O_DIRECTORY)


def lock(handle: int, *, shared: bool = False) -> bool:
    """Lock what a handle stands for, until it is closed; return whether that could be done.

    Programs that lock it `shared` do so together; in Windows one after the other.
    """
    try:
        if sys.platform == "win32":
            os.lseek(handle, _FAR, os.SEEK_SET)
            msvcrt.locking(handle, msvcrt.LK_NBLCK, 1)
        else:
            kind = fcntl.LOCK_SH if shared else fcntl.LOCK_EX
            fcntl.flock(handle, kind | fcntl.LOCK_NB)
    except (BlockingIOError, PermissionError):
        return False
    return True


def rename(part: Path, path: Path) -> None:
    """Give a file or folder its name in one step, in place of an older file.

    Windows refuses while a program has the older one open: it is asked again for `OPEN_S`.
    """
    until = time.monotonic() + OPEN_S
    while True:
        try:
            os.replace(part, path)  # noqa: PTH105 - the rename that cannot fail half-way
        except PermissionError:
            if sys.platform != "win32" or time.monotonic() > until:
                raise
        else:
            return
        time.sleep(0.1)


def sync(file: Path) -> None:
    """Have a file on the disk itself; Windows asks that it is open for writing."""
    mode = "r+b" if sys.platform == "win32" else "rb"
    with file.open(mode) as written:
        os.fsync(written.fileno())


def user() -> str:
    """Return who is at work; ``somebody`` where the system knows no name."""
    try:
        return getpass.getuser()
    except (ImportError, KeyError, OSError):
        return "somebody"


def end(process: int, *, at_once: bool) -> None:
    """End a program that has a session of its own, and all that it started.

    Raises ProcessLookupError where it has ended; in Windows it is always ended `at_once`.
    """
    if sys.platform == "win32":
        command = ["taskkill", "/T", "/F", "/PID", str(process)]
        if subprocess.run(command, capture_output=True, check=False).returncode:
            raise ProcessLookupError(process)
    else:
        os.killpg(process, signal.SIGKILL if at_once else signal.SIGTERM)
