"""What is told of an error that the user can mend; an error of the program has no such words."""

from __future__ import annotations

import errno
from dataclasses import fields
from typing import TYPE_CHECKING, Final

from pydantic import ValidationError

from geo.limits import exhausted
from geo.params import Params
from geo.params.suggest import hint

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

OURS: Final = ("geo", "layers", "maps", "mitrovica", "__main__")
"""Programs whose errors are told: they say what was found, where, and what to do."""

_LONGEST: Final = 80
_ANOTHER: Final = "name another file or folder"
_CURES: Final = {
    errno.ENOENT: "check the name and the folder",
    errno.EACCES: "make it readable, or writable where it is written, or name another",
    errno.ENOSPC: "make room on that disk, or name a folder on another",
    errno.ENAMETOOLONG: "use a shorter name",
}


def complaint(error: Exception) -> list[str]:
    """Return the lines that tell a user what to mend; none where the fault is the program's.

    Parameters
    ----------
    error : Exception
        Told are wrong parameters, a line each; memory that ran out; what the system says of files;
        and the errors that this project's own modules define.
    """
    if isinstance(error, ValidationError):
        return [_parameter(fault) for fault in error.errors()]
    if isinstance(error, MemoryError):
        return [exhausted(error)]
    if isinstance(error, OSError) and error.filename is not None and error.strerror:
        cure = _CURES.get(error.errno or 0, _ANOTHER)
        return [f"{error.filename}: {error.strerror}. Fix: {cure}"]
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in OURS:
        # A KeyError shows what it was given in quotes.
        return [str(error.args[0] if isinstance(error, KeyError) else error)]
    return []


def _parameter(fault: ErrorDetails) -> str:
    """Return what is wrong with a parameter: its key, what was found and what is expected."""
    key = ".".join(str(part) for part in fault["loc"])
    what = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "unexpected_keyword_argument" and len(fault["loc"]) <= 2:
        *tables, name = map(str, fault["loc"])
        table = getattr(Params(), tables[0]) if tables else Params()
        what = f"There is no such parameter. {hint([name], [f.name for f in fields(table)])}"
    # Of a fault of a whole table the message names what is wrong in it.
    if isinstance(fault["input"], dict):
        return f"{key}: {what}"
    found = repr(fault["input"])
    found = found if len(found) <= _LONGEST else f"{found[: _LONGEST - 1]}…"
    return f"{key}: found {found}. {what}"
