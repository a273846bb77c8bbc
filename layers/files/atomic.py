"""Files and folders that are whole or absent: written beside the target, then renamed.

A process killed while it writes leaves the old target as it was, and beside it a leftover under a
name that starts with a dot.  The next write to the same target clears leftovers a day old.
A disk that is full leaves the old target as it was, too; the error names the target.
"""

import errno
import os
import secrets
import shutil
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Final

from layers.files import system

FULL: Final = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
"""Errors of a disk that takes no more."""

LITTLE: Final = 1 << 20
"""Bytes free on a disk that is as good as full."""

LEFTOVER_S: Final = 24 * 3600
"""Age in seconds at which a leftover is no longer work in progress."""


class DiskError(OSError):
    """A file could not be written; the old one is as it was."""


@contextmanager
def file(path: Path) -> Iterator[Path]:
    """Yield a free name beside `path`, of the same suffix; when the block ends well, it is renamed.

    The folder is made where it is missing.  A block that writes no file raises FileNotFoundError.
    """
    with aside(path) as part:
        yield part
        sync(part)
        put({part: path})


def write(path: Path, content: str | bytes) -> None:
    """Write a file, a text in UTF-8, whole or not at all."""
    with file(path) as part:
        part.write_bytes(content if isinstance(content, bytes) else content.encode())


def write_private(path: Path, content: str | bytes) -> None:
    """Write a file that only its owner may read, as `write`."""
    with owner_only():
        write(path, content)


@contextmanager
def aside(path: Path) -> Iterator[Path]:
    """Yield a free hidden name beside `path`, of the same suffix; what is left there is removed.

    The folder of `path` is made where it is missing.  Raises `DiskError` if the disk is full.
    """
    with naming(path):
        part = _part(path)
        try:
            with naming(path):
                yield part
        finally:
            if part.is_dir():
                shutil.rmtree(part, ignore_errors=True)
            else:
                part.unlink(missing_ok=True)


def is_full(error: Exception, path: Path) -> bool:
    """Return whether an error in writing to `path` says that the disk takes no more.

    SQLite and GDAL have no number for it, and not always a word: what they say counts where there
    is hardly any room left.
    """
    if isinstance(error, OSError):
        return error.errno in FULL
    if not type(error).__module__.startswith(("sqlite3", "pyogrio", "rasterio")):
        return False
    nearest = next(folder for folder in path.absolute().parents if folder.exists())
    return "full" in str(error) or shutil.disk_usage(nearest).free < LITTLE


@contextmanager
def naming(path: Path) -> Iterator[None]:
    """Raise `DiskError`, which names a path, for an error of a full disk."""
    try:
        yield
    except Exception as error:
        if not is_full(error, path):
            raise
        raise DiskError(
            f"{path} could not be written: the disk is full. What was there is as it was. Fix: "
            "make room on that disk, or name a file on another"
        ) from error


@contextmanager
def folder(path: Path) -> Iterator[Path]:
    """Yield an empty folder beside `path` to fill; when the block ends well, it is renamed.

    An older folder at `path` is moved aside first and removed last; where the new one cannot
    take its place, it is moved back.  There is none at `path` between the two renames.
    """
    with aside(path) as part:
        part.mkdir()
        yield part
        sync(part)
        _put(part, path)


def put(files: Mapping[Path, Path]) -> None:
    """Give files, or folders, their names: of each the one that it has, and the new one."""
    for part, path in files.items():
        system.rename(part, path)


class BusyError(OSError):
    """Another program holds a folder."""


@contextmanager
def locked(
    folder: Path, *, shared: bool = False, wait_s: float = 0.0
) -> Iterator[None]:
    """Hold a folder for one program; the lock ends with it, however that ends.

    Those that hold it `shared` do so together.  Raises `BusyError` if another program holds the
    folder for longer than `wait_s`.
    """
    handle = system.open_folder(folder)
    until = time.monotonic() + wait_s
    try:
        while not system.lock(handle, shared=shared):
            if time.monotonic() >= until:
                raise BusyError(f"{folder} is in use")
            time.sleep(0.05)
        yield
    finally:
        os.close(handle)


def in_the_way(folder: Path) -> Path | None:
    """Return the file, or the sealed folder, that keeps files from being made in a folder.

    The folder itself may be missing.  None where nothing does.
    """
    there = next(path for path in (folder, *folder.absolute().parents) if path.exists())
    return None if there.is_dir() and os.access(there, os.W_OK | os.X_OK) else there


def unwritable(folder: Path) -> str:
    """Return why no file can be made in a folder, and the fix up to its last word; or nothing."""
    there = in_the_way(folder)
    if there is None:
        return ""
    if not there.is_dir():
        return f"{there} is a file, not a folder. Fix: choose another"
    return f"{there} cannot be written to. Fix: make it writable (chmod u+w), or choose another"


def require_writable(folder: Path) -> None:
    """Raise `DiskError` where no file can be made in a folder, before the work begins."""
    if fault := unwritable(folder):
        raise DiskError(f"{fault} folder with --out")


@contextmanager
def owner_only() -> Iterator[None]:
    """Make every file and folder of the block readable by its owner only, from its first byte."""
    before = os.umask(0o077)
    try:
        yield
    finally:
        os.umask(before)


def sync(path: Path) -> None:
    """Have a file, or all files of a folder, on the disk itself."""
    for file in (path, *path.rglob("*")):
        if not file.is_dir():
            system.sync(file)


def _put(part: Path, path: Path) -> None:
    """Rename a folder to `path`, in place of an older one or, on an error, not at all."""
    old = _part(path)
    try:
        if path.exists():
            system.rename(path, old)
        system.rename(part, path)
    except BaseException:
        if old.exists() and not path.exists():
            system.rename(old, path)
        raise
    shutil.rmtree(old, ignore_errors=True)


def _part(path: Path) -> Path:
    """Return a fresh hidden name beside `path`, and clear the leftovers of killed processes."""
    if fault := unwritable(path.parent):
        raise DiskError(f"{path} could not be written: {fault} folder")
    path.parent.mkdir(parents=True, exist_ok=True)
    for leftover in path.parent.glob(f".{path.stem}.*.part{path.suffix}"):
        # Another program may give one its name, or clear it, meanwhile.
        with suppress(FileNotFoundError):
            if time.time() - leftover.stat().st_mtime > LEFTOVER_S:
                shutil.rmtree(leftover) if leftover.is_dir() else leftover.unlink()
    return path.with_name(f".{path.stem}.{secrets.token_hex(6)}.part{path.suffix}")
