"""An output folder in which a command replaces its own files, all or none, and nobody else's.

1. Files are written whole into a hidden folder inside the output folder.
2. When all are there, a manifest of them is written (`complete`).
3. Each file is renamed into its place, the manifest last.

What stops before 2 leaves the old output as it was.  What stops within 3 leaves the hidden folder,
from which the next one goes on; until then `reading` refuses the folder, so that nobody reads new
files beside old ones.  Links are never followed: nothing outside the folder is read, replaced or
removed.
"""

import os
import shutil
import stat
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path, PurePosixPath
from typing import Any, Final

from layers.files import atomic, listing, system
from layers.files.filenames import DICTIONARY, GEOPACKAGE, MANIFEST, MAP, PLAN, Maker

ALWAYS: Final = (MAP, GEOPACKAGE, PLAN, DICTIONARY)
"""What every run and every plan writes."""


@dataclass(frozen=True)
class Staged:
    """Where a command writes."""

    path: Path
    """An empty folder to fill."""
    edited: list[Path] = field(default_factory=list)
    """Files that the user had edited, under their new names; filled when the block ends."""


@contextmanager
def staged(folder: Path) -> Iterator[Staged]:
    """Yield an empty folder to fill; when the block ends well, its files move to `folder`.

    The block ends with `complete`.  Files of an earlier run that this one does not write are
    removed.  Those that were edited since are renamed first, as
    ``patrol_plan (edited 2026-11-26).csv``.  Other files are never touched.

    Raises `OutputFolderError` if another run writes there, an output would replace a file that no
    earlier run wrote, or a folder there is a link or cannot be written to.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with _locked(folder):
        here = Staged(_staging(folder), _finish(folder))
        here.path.mkdir()
        try:
            yield here
            _refuse_staged(folder, here.path)
        except BaseException:
            shutil.rmtree(here.path)
            raise
        here.edited.extend(_put_in_place(here.path, folder))


def complete(staging: Path, manifest: Mapping[str, Any]) -> None:
    """Have every staged file on the disk, then write the manifest that lists them."""
    for entry in manifest["outputs"]:
        atomic.sync(staging / entry["file"])
    with atomic.file(staging / MANIFEST) as part:
        listing.write_json(manifest, part)


def ready(folder: Path, made_by: Maker) -> list[Path]:
    """Refuse a folder that could not be written to, before the work begins; nothing is made.

    `made_by` is the command that is to write there.  Returns the files that the user had
    edited, under their new names; errors as `staged`.
    """
    _refuse_unwritable([folder])
    if not folder.exists():
        return []
    with _locked(folder):
        edited = _finish(folder)
        _refuse(folder, {"made_by": made_by}, ALWAYS)
    return edited


@contextmanager
def reading(folder: Path) -> Iterator[None]:
    """Hold a folder as it is while it is read; refuse one in which a run writes or was stopped."""
    with _locked(folder, shared=True):
        if listing.is_file(folder / listing.STAGING / MANIFEST):
            raise listing.OutputFolderError(
                f"{folder} holds new files beside old ones: a run was stopped there. Fix: give the "
                "command that writes there again"
            )
        yield


@contextmanager
def _locked(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the folder for one run."""
    try:
        with atomic.locked(folder, shared=shared):
            yield
    except atomic.BusyError as error:
        raise listing.OutputFolderError(
            f"{folder} is in use: another run is writing there, or reads it. Fix: wait until "
            "it ends, or choose another folder with --out"
        ) from error


def _staging(folder: Path) -> Path:
    """Return the hidden folder, refused where it is a link."""
    staging = folder / listing.STAGING
    if staging.is_symlink():
        raise listing.OutputFolderError(
            f"{staging} is a link, which no run makes. Fix: remove it"
        )
    return staging


def _finish(folder: Path) -> list[Path]:
    """Finish the renames that a run did not, or clear what it had not completed."""
    staging = _staging(folder)
    if listing.is_file(staging / MANIFEST):
        _refuse_staged(folder, staging)
        return _put_in_place(staging, folder)
    if staging.is_dir():
        shutil.rmtree(staging)
    return []


def _put_in_place(staging: Path, folder: Path) -> list[Path]:
    """Rename every staged file into its place, the manifest last; return the edited files."""
    old = listing.outputs(folder / MANIFEST)
    new = listing.outputs(staging / MANIFEST)
    waiting = [file for file in new if listing.is_file(staging / file)]
    gone = [file for file in old if file not in new]
    edited = []
    try:
        for file in (*waiting, *gone):
            if file in old and os.path.lexists(folder / file):
                edited += _set_aside(folder / file, old[file])
        for file in waiting:
            (folder / file).parent.mkdir(parents=True, exist_ok=True)
            system.rename(staging / file, folder / file)
        for file in gone:
            (folder / file).unlink(missing_ok=True)
        system.rename(staging / MANIFEST, folder / MANIFEST)
    except OSError as error:
        raise listing.OutputFolderError(
            f"a file could not take its place in {folder} ({error}). The new files wait in "
            f"{staging}. Fix: mend that; the next run or plan there goes on"
        ) from error
    shutil.rmtree(staging)
    return edited


def _set_aside(path: Path, sha256: str) -> list[Path]:
    """Rename an output that was edited since, and return its new name; else nothing."""
    if listing.is_file(path) and listing.fingerprint(path)["sha256"] == sha256:
        return []
    day = date.fromtimestamp(path.lstat().st_mtime)
    free = path.with_name(f"{path.stem} (edited {day}){path.suffix}")
    n = 1
    while os.path.lexists(free):
        n += 1
        free = path.with_name(f"{path.stem} (edited {day}, {n}){path.suffix}")
    path.rename(free)
    return [free]


def _refuse_staged(folder: Path, staging: Path) -> None:
    """Raise if staged files cannot all take their places, before any of them does."""
    record = listing.read(staging / MANIFEST)
    if record is None:
        raise listing.OutputFolderError(
            f"{staging} is not complete: its {MANIFEST} is missing or damaged. Fix: remove it"
        )
    new = listing.outputs_of(record, staging / MANIFEST)
    _folders(staging, new)
    waiting = [file for file in new if listing.is_file(staging / file)]
    _refuse(folder, record, waiting, new)


def _refuse(
    folder: Path,
    record: Mapping[str, Any],
    files: Iterable[str],
    all_files: Iterable[str] = (),
) -> None:
    """Raise if files that a manifest lists would replace what is not theirs, or cannot be placed.

    A plan replaces no run, and nothing replaces what no run wrote.
    """
    manifest = folder / MANIFEST
    old = listing.read(manifest)
    listed = listing.outputs(manifest)
    if old is not None and _maker(old) != _maker(record):
        raise listing.OutputFolderError(
            f"{folder} holds what {_maker(old)} wrote, and {_maker(record)} would replace it. "
            "Fix: choose another folder with --out"
        )
    foreign = [
        file for file in files if file not in listed and os.path.lexists(folder / file)
    ]
    if os.path.lexists(manifest) and old is None:
        foreign.append(MANIFEST)
    if foreign:
        raise listing.OutputFolderError(
            f"{folder} holds {', '.join(foreign)}, which no earlier run wrote there. "
            "Fix: move it away, or choose another folder with --out"
        )
    _refuse_unwritable([folder, *_folders(folder, [*listed, *all_files])])


def _folders(folder: Path, files: Iterable[str]) -> list[Path]:
    """Return the folders inside `folder` that hold or are to hold files, those that are there."""
    inside = {
        above for file in files for above in PurePosixPath(file).parents if above.parts
    }
    folders = []
    for path in (folder / above for above in sorted(inside)):
        if not os.path.lexists(path):
            continue
        if not stat.S_ISDIR(path.lstat().st_mode):
            raise listing.OutputFolderError(
                f"{path} is a link or a file where results need a folder of their own. "
                "Fix: move it away, or choose another folder with --out"
            )
        folders.append(path)
    return folders


def _refuse_unwritable(folders: Iterable[Path]) -> None:
    """Raise for what is not a folder, or one in which no file can be made or renamed."""
    for fault in filter(None, map(atomic.unwritable, folders)):
        raise listing.OutputFolderError(f"{fault} folder with --out")


def _maker(manifest: Mapping[str, Any]) -> str:
    """Return which command filled a folder."""
    return f"a {manifest.get('made_by', 'run')}"
