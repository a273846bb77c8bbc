"""The machine: how much memory it has free, and whether all that the program needs is there."""

import os
import sys
from collections.abc import Callable, Iterator, Sequence
from importlib import import_module, metadata
from itertools import chain
from pathlib import Path
from typing import Final, NamedTuple

from layers.files import atomic
from layers.files.filenames import PROGRAM

_MEMINFO: Final = Path("/proc/meminfo")
_GROUP: Final = Path("/sys/fs/cgroup")

HEAD: Final = ("part", "found", "state")
"""Head of a table of checks."""
AGAIN: Final = (
    "make clean, then make run; or pip install --require-hashes -r requirements.lock"
)


class Check(NamedTuple):
    """What one part of the machine is like."""

    part: str
    found: str
    fix: str = ""
    """What to do; empty where all is well."""
    state: str = ""
    """Where all is not well: ``missing`` where only one command needs it, else ``wrong``."""


def available_bytes() -> int | None:
    """Return the bytes of memory that a new program may use; None where the system does not say.

    On Linux what the kernel calls available, or what a container's limit leaves, whichever is
    less; elsewhere all the memory that is built in.
    """
    if not _MEMINFO.exists():
        if sys.platform == "win32":
            return None
        return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
    rows = (line.split() for line in _MEMINFO.read_text("ascii").splitlines())
    free = {row[0]: int(row[1]) * 1024 for row in rows}.get("MemAvailable:")
    try:
        most, used = (
            int((_GROUP / f"memory.{n}").read_text()) for n in ("max", "current")
        )
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    return min(free or most, max(most - used, 0))


def checks(browser: Callable[[], str]) -> Iterator[Check]:
    """Yield what the machine has of all that the program needs, also where packages are missing.

    `browser` finds the one that prints, or raises RuntimeError.
    """
    yield Check("Python", f"{sys.version.split()[0]} at {sys.executable}")
    for part in (_packages, _fonts, _gdal, _folders):
        try:
            yield part()
        except ImportError as error:
            yield Check(part.__name__.strip("_"), str(error), AGAIN, "wrong")
    try:
        yield Check("browser", browser())
    except RuntimeError as error:
        yield Check(
            "browser", "none that prints", str(error).rpartition("Fix: ")[2], "missing"
        )


def _check(part: str, well: str, wrong: Sequence[str], fix: str) -> Check:
    """Return what is wrong with a part, or what it is like where nothing is."""
    if wrong:
        return Check(part, "; ".join(wrong), fix, "wrong")
    return Check(part, well)


def _packages() -> Check:
    """Check that every package is there, in a version with which the program works."""
    from packaging.requirements import Requirement

    every = map(Requirement, metadata.requires(PROGRAM) or ())
    needed = [
        package
        for package in every
        if package.marker is None or package.marker.evaluate({"extra": "office"})
    ]
    wrong = []
    for package in needed:
        here = [d.version for d in metadata.distributions(name=package.name)]
        if not any(map(package.specifier.contains, here)):
            wrong.append(f"{package} (here: {', '.join(here) or 'none'})")
    return _check("packages", f"{len(needed)}, in versions that work", wrong, AGAIN)


def _fonts() -> Check:
    """Check the files of the fonts that cards are printed in."""
    names = [d.name for d in metadata.distributions() if d.name.startswith("fontpkg-")]
    files = chain.from_iterable(metadata.files(name) or () for name in names)
    fonts = [file for file in files if file.suffix == ".ttf"]
    absent = [f"no {f.name}" for f in fonts if not Path(str(f.locate())).is_file()]
    wrong = absent if fonts else ["0 files"]
    return _check("fonts", f"{len(fonts)} files", wrong, AGAIN)


def _gdal() -> Check:
    vector, raster = import_module("pyogrio"), import_module("rasterio")
    vectors, rasters = vector.__gdal_version_string__, raster.__gdal_version__
    return Check("GDAL", f"{vectors}, for rasters {rasters}")


def _folders() -> Check:
    """Check the folders of what never leaves and of snapshots, and this one."""
    data = import_module("platformdirs").user_data_path
    folders = (data("mitrovica"), data(PROGRAM), Path.cwd())
    sealed = filter(None, map(atomic.in_the_way, folders))
    closed = [f"cannot be written to: {folder}" for folder in sealed]
    fix = "make them folders that you can write to"
    return _check("folders", ", ".join(map(str, folders)), closed, fix)
