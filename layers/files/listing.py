"""The manifest of an output folder: read back, checked, and the fingerprints that stand in it."""

import hashlib
import json
import os
import stat
from collections.abc import Mapping
from pathlib import Path, PurePosixPath, PureWindowsPath
from typing import Any, Final

from layers.files import system
from layers.files.filenames import MANIFEST, PROGRAM

STAGING: Final = ".mitrovica-staging"
"""The hidden folder of files that are not in their places yet."""


class OutputFolderError(ValueError):
    """The output folder cannot be used as it is."""


def read(manifest: Path) -> dict[str, Any] | None:
    """Return the manifest if there is one and it is ours."""
    if not is_file(manifest):
        return None
    try:
        content = json.loads(manifest.read_text("utf-8"))
    except ValueError:
        return None
    return (
        content
        if isinstance(content, dict) and content.get("program") == PROGRAM
        else None
    )


def outputs(manifest: Path) -> dict[str, str]:
    """Return the files that a manifest of ours lists, with their SHA-256; else nothing."""
    record = read(manifest)
    return {} if record is None else outputs_of(record, manifest)


def outputs_of(record: Mapping[str, Any], manifest: Path) -> dict[str, str]:
    """Return the files that a manifest lists, with their SHA-256.

    A path that would lead out of the folder, or to the manifest or the hidden folder, is passed
    over.  Raises `OutputFolderError` if there is no list of outputs.
    """
    listed = record.get("outputs")
    if not isinstance(listed, list) or not all(
        isinstance(entry, dict)
        and isinstance(entry.get("file"), str)
        and isinstance(entry.get("sha256"), str)
        for entry in listed
    ):
        raise OutputFolderError(
            f"{manifest} is damaged: it has no list of outputs with their SHA-256. Fix: move it "
            "and the files beside it away, or choose another folder with --out"
        )
    return {
        entry["file"]: entry["sha256"] for entry in listed if _is_inside(entry["file"])
    }


def sha256(path: Path) -> str:
    """Return the SHA-256 of a file, in hexadecimal digits."""
    with path.open("rb") as content:
        return hashlib.file_digest(content, "sha256").hexdigest()


def fingerprint(path: Path) -> dict[str, Any]:
    """Return the SHA-256 and the size in bytes of a file; a link is not followed."""
    with os.fdopen(os.open(path, os.O_RDONLY | system.NO_LINK), "rb") as file:
        return {
            "sha256": hashlib.file_digest(file, "sha256").hexdigest(),
            "bytes": os.fstat(file.fileno()).st_size,
        }


def write_json(content: Mapping[str, Any], path: Path) -> None:
    """Write JSON in UTF-8, indented, without the NaN that JSON does not know."""
    text = json.dumps(content, indent=2, ensure_ascii=False, allow_nan=False)
    path.write_text(text + "\n", "utf-8")


def is_file(path: Path) -> bool:
    """Return whether a file lies at a path; a link is none."""
    return os.path.lexists(path) and stat.S_ISREG(path.lstat().st_mode)


def _is_inside(file: str) -> bool:
    path = PurePosixPath(file)
    return (
        bool(path.parts)
        and not {"\0", "\\"} & set(file)
        and not PureWindowsPath(file).drive
        and not path.is_absolute()
        and ".." not in path.parts
        and path.parts[0] not in (MANIFEST, STAGING)
    )
