"""An output folder in which a command replaces its own files, all or none, and nobody else's.

Files are first written whole into a hidden folder inside the output folder.  When all are
there, a manifest of them is written; from then on the change is settled.  Each file is then
renamed into its place, the manifest last.  A run killed before the manifest is written leaves
the old output as it was; one killed among the renames is finished by the next.
"""

from __future__ import annotations

import fcntl
import json
import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path, PurePosixPath
from typing import Any, Final

from layers import atomic
from layers.filenames import MANIFEST, PROGRAM
from layers.writers.manifest import fingerprint

STAGING: Final = ".mitrovica-staging"


class OutputFolderError(ValueError):
    """The output folder cannot be written to as it is."""


@contextmanager
def staged(folder: Path) -> Iterator[Path]:
    """Yield an empty folder to fill; when the block ends well, its files move to `folder`.

    The block calls `settle` as its last act.
    Files of an earlier run that this one did not write are removed, unless they were changed
    since.  Other files are never touched.

    Parameters
    ----------
    folder : pathlib.Path
        Made where it is missing.

    Raises
    ------
    OutputFolderError
        If another run writes there at this moment, a file that is no output of an earlier run
        stands where an output is to go, or the block ends without `settle`.
    """
    folder.mkdir(parents=True, exist_ok=True)
    staging = folder / STAGING
    with _locked(folder):
        if (staging / MANIFEST).is_file():
            _put_in_place(staging, folder)
        _clear(staging)
        staging.mkdir()
        try:
            yield staging
            _put_in_place(staging, folder)
        finally:
            _clear(staging)


def settle(staging: Path, manifest: dict[str, Any]) -> None:
    """Have every staged file on the disk, then write the manifest that lists them.

    Parameters
    ----------
    staging : pathlib.Path
        The folder that `staged` gave.
    manifest : dict
        As `layers.writers.manifest.render` gives it.
    """
    for entry in manifest["outputs"]:
        with (staging / entry["file"]).open("rb") as written:
            os.fsync(written.fileno())
    with atomic.file(staging / MANIFEST) as part:
        write_json(manifest, part)


def write_json(content: dict[str, Any], path: Path) -> None:
    """Write JSON in UTF-8, indented, without the NaN that JSON does not know."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", "utf-8")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """Hold the folder for one run; the lock ends with the process, however that ends."""
    handle = os.open(folder, os.O_RDONLY)
    try:
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise OutputFolderError(
                f"another run is writing to {folder}; wait until it ends, or choose another "
                "folder with --out"
            ) from error
        yield
    finally:
        os.close(handle)


def _put_in_place(staging: Path, folder: Path) -> None:
    """Rename every staged file into its place, the manifest last."""
    if not (staging / MANIFEST).is_file():
        raise OutputFolderError(f"the files in {staging} were not settled; nothing is replaced")
    old, new = _outputs(folder / MANIFEST), _outputs(staging / MANIFEST)
    waiting = [file for file in new if (staging / file).is_file()]
    _refuse_foreign(folder, waiting, old)
    _refuse_other(folder, staging)
    for file in waiting:
        (folder / file).parent.mkdir(parents=True, exist_ok=True)
        os.replace(staging / file, folder / file)  # noqa: PTH105 - the rename in one step
    for file, sha256 in old.items():
        if file not in new and _unchanged(folder / file, sha256):
            (folder / file).unlink()
    os.replace(staging / MANIFEST, folder / MANIFEST)  # noqa: PTH105


def _refuse_foreign(folder: Path, waiting: list[str], old: dict[str, str]) -> None:
    """Raise if an output would replace something that no earlier run wrote."""
    foreign = [file for file in waiting if file not in old and (folder / file).exists()]
    if (folder / MANIFEST).exists() and _read(folder / MANIFEST) is None:
        foreign.append(MANIFEST)
    if foreign:
        raise OutputFolderError(
            f"{folder} holds {', '.join(foreign)}, which no earlier run wrote there. "
            "Move it away, or choose another folder with --out"
        )


def _refuse_other(folder: Path, staging: Path) -> None:
    """Raise if a plan would take the place of a run, or a run that of a plan."""
    old, new = _read(folder / MANIFEST), _read(staging / MANIFEST)
    if old and new and _maker(old) != _maker(new):
        raise OutputFolderError(
            f"{folder} holds what a {_maker(old)} left, and a {_maker(new)} would replace it. "
            "Choose another folder with --out"
        )


def _maker(manifest: dict[str, Any]) -> str:
    """Return the command that filled a folder; before there were plans it was always a run."""
    return str(manifest.get("made_by", "run"))


def _outputs(manifest: Path) -> dict[str, str]:
    """Return the files that a manifest of ours lists, with their SHA-256; else nothing.

    A path that would lead out of the folder is passed over.
    """
    listed = (_read(manifest) or {"outputs": []})["outputs"]
    paths = {entry["file"]: PurePosixPath(entry["file"]) for entry in listed}
    inside = {f for f, path in paths.items() if not path.is_absolute() and ".." not in path.parts}
    return {entry["file"]: entry["sha256"] for entry in listed if entry["file"] in inside}


def _read(manifest: Path) -> dict[str, Any] | None:
    """Return the manifest if there is one and it is ours."""
    if not manifest.is_file():
        return None
    try:
        found = json.loads(manifest.read_text("utf-8"))
    except ValueError:
        return None
    return found if isinstance(found, dict) and found.get("program") == PROGRAM else None


def _unchanged(path: Path, sha256: str) -> bool:
    return path.is_file() and fingerprint(path)["sha256"] == sha256


def _clear(staging: Path) -> None:
    """Remove the staging folder of a run that has ended, if there is one."""
    if staging.is_dir():
        shutil.rmtree(staging)
