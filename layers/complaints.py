"""Messages for errors that the user can mend; an error of the program gets none."""

from __future__ import annotations

import errno
from dataclasses import fields
from pathlib import Path
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from geo.limits import exhausted
from geo.params import Params
from geo.params.types import hint

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

OURS: Final = ("geo", "layers", "maps", "mitrovica", "__main__")
"""Programs whose errors say what was found, where, and what to do."""

_LONGEST: Final = 80
_FIXES: Final = {
    errno.EACCES: "make it readable, or writable where it is written, or name another",
    errno.ENOSPC: "make room on that disk, or name a folder on another",
    errno.ENAMETOOLONG: "use a shorter name",
}


class UserError(ValueError):
    """What a user gave cannot be used; each line says what was found, where, and what to do."""


def require_exists(path: Path) -> None:
    """Raise FileNotFoundError, with the folder in which it was looked for, if nothing is there."""
    if not path.exists():
        raise FileNotFoundError(_missing(path))


def complaint(error: Exception) -> list[str]:
    """Return the lines that say what to mend; none where the fault is the program's.

    Wrong parameters give a line each; memory that ran out, what the system says of files, and the
    errors that this project's own modules define give one.
    """
    if isinstance(error, ValidationError):
        return [_parameter(fault) for fault in error.errors()]
    if isinstance(error, MemoryError):
        return [exhausted(error)]
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        if error.errno == errno.ENOENT:
            return [_missing(Path(error.filename))]
        fix = _FIXES.get(error.errno or 0, "name another file or folder")
        return [f"{error.filename}: {error.strerror}. Fix: {fix}"]
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in OURS:
        # A KeyError shows its message in quotes.
        return [str(error.args[0] if isinstance(error, KeyError) else error)]
    return []


def _missing(path: Path) -> str:
    folder = path.absolute().parent
    return f"{path} does not exist: looked in {folder}. Fix: check the name and the folder"


def _parameter(fault: ErrorDetails) -> str:
    """Return what is wrong with a parameter: its key, what was found and what is expected."""
    key = ".".join(str(part) for part in fault["loc"])
    what = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "unexpected_keyword_argument" and len(fault["loc"]) <= 2:
        *tables, name = map(str, fault["loc"])
        table = getattr(Params(), tables[0]) if tables else Params()
        what = f"There is no such parameter. {hint([name], [f.name for f in fields(table)])}"
    # Where a whole table is wrong, the message names what is wrong in it.
    if isinstance(fault["input"], dict):
        return f"{key}: {what}"
    found = repr(fault["input"])
    found = found if len(found) <= _LONGEST else f"{found[: _LONGEST - 1]}…"
    return f"{key}: found {found}. {what}"
