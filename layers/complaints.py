"""Messages for errors that the user can mend; an error of the program gets none."""

from __future__ import annotations

import errno
import stat
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from pydantic_core import ErrorDetails

OURS: Final = ("geo", "layers", "maps", "mitrovica", "__main__")
"""Programs whose errors say what was found, where, and what to do."""

_LONGEST: Final = 80
NO_FILE: Final = (
    "this is a folder, a pipe or a device, and no file",
    "give the path of a file",
)
"""What is wrong with what cannot be read to its end, and the fix."""

_WORDS: Final = dict.fromkeys(
    (errno.ENOSPC, errno.EDQUOT, errno.EFBIG), "the disk is full"
)
_FIXES: Final = {
    errno.EACCES: "make it readable, or writable where it is written, or name another",
    **dict.fromkeys(_WORDS, "make room on that disk, or name a folder on another"),
    errno.ENAMETOOLONG: "use a shorter name",
}


class UserError(ValueError):
    """What a user gave cannot be used; each line says what was found, where, and what to do."""


@contextmanager
def extra(name: str, work: str) -> Iterator[None]:
    """Raise `UserError` that names an extra of the package if it is not installed.

    Parameters
    ----------
    name : str
        The extra, as in ``pyproject.toml``.
    work : str
        What needs it, as in ``reading workbooks``.

    Examples
    --------
    >>> with extra("osm", "reading extracts"):
    ...     import osmium
    """
    try:
        yield
    except ModuleNotFoundError as error:
        if str(error.name).partition(".")[0] in OURS:
            raise
        raise UserError(
            f"{work} needs {error.name}, which is not installed. "
            f"Fix: pip install 'mitrovica-corridors[{name}]'"
        ) from error


def require_exists(path: Path) -> None:
    """Raise FileNotFoundError, with the folder in which it was looked for, if nothing is there."""
    if not path.exists():
        raise FileNotFoundError(_missing(path))


def require_file(path: Path) -> None:
    """Raise an error if there is no regular file: reading a pipe could wait for ever."""
    require_exists(path)
    if not stat.S_ISREG(path.stat().st_mode):
        raise UserError(f"{path}: {NO_FILE[0]}. Fix: {NO_FILE[1]}")


def complaint(error: Exception) -> list[str]:
    """Return the lines that say what to mend; none where the fault is the program's.

    Wrong parameters give a line each; memory that ran out, what the system says of files, and the
    errors that this project's own modules define give one.
    """
    # Help and small commands answer without these.
    from pydantic import ValidationError  # noqa: PLC0415

    if isinstance(error, ValidationError):
        return [_parameter(fault) for fault in error.errors()]
    if isinstance(error, MemoryError):
        from geo.limits import exhausted  # noqa: PLC0415

        return [exhausted(error)]
    if isinstance(error, OSError) and error.strerror:
        if error.errno == errno.ENOENT and error.filename is not None:
            return [_missing(Path(error.filename))]
        number = error.errno or 0
        where = "" if error.filename is None else f"{error.filename}: "
        fix = _FIXES.get(number, "name another file or folder")
        return [f"{where}{_WORDS.get(number, error.strerror)}. Fix: {fix}"]
    if isinstance(error, OSError) or type(error).__module__.partition(".")[0] in OURS:
        # A KeyError shows its message in quotes.
        return [str(error.args[0] if isinstance(error, KeyError) else error)]
    return []


def _missing(path: Path) -> str:
    folder = path.absolute().parent
    return (
        f"{path} does not exist: looked in {folder}. Fix: check the name and the folder"
    )


def _parameter(fault: ErrorDetails) -> str:
    """Return what is wrong with a parameter: its key, what was found and what is expected."""
    from pydantic_core import ArgsKwargs  # noqa: PLC0415

    key = ".".join(str(part) for part in fault["loc"])
    what = fault["msg"].removeprefix("Value error, ")
    if fault["type"] == "missing":
        return f'{key}: it is missing. Fix: {key} = "…"'
    # Where a whole table is wrong, the message names what is wrong in it.
    if isinstance(fault["input"], dict | ArgsKwargs):
        return f"{key}: {what}" if key else what
    value = repr(fault["input"])
    value = value if len(value) <= _LONGEST else f"{value[: _LONGEST - 1]}…"
    return f"{key}: found {value}. {what}"
