"""The machine: how much memory it has free, and whether all that the program needs is there."""

import os
import re
import shutil
import subprocess
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

_ENCRYPTED: Final = ("FileVault is On", "Protection On")
_PLAIN: Final = ("FileVault is Off", "Protection Off")

HEAD: Final = ("part", "found", "state")
"""Head of a table of checks."""
ROOMS: Final = ("geo", "layers", "maps")
"""Packages of ours, whose names others have, too."""
DRIVERS: Final = frozenset({"FlatGeobuf", "GPKG", "GPX", "GeoJSON"})
AGAIN: Final = "make clean, then make run; or pip install --require-hashes -r requirements.lock"


class Check(NamedTuple):
    """What one part of the machine is like."""

    part: str
    found: str
    fix: str = ""
    """What to do; empty where all is well."""
    state: str = ""
    """Where all is not well: ``missing`` where only one command needs it, ``open`` of a disk that
    anybody can read who has it, ``not known``, else ``wrong``."""


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
            int((_GROUP / f"memory.{n}").read_text())
            for n in ("max", "current")
        )
    except (
        OSError,
        ValueError,
    ):  # no container, or one without a limit ("max")
        return free
    return min(free or most, max(most - used, 0))


def checks(browser: Callable[[], str]) -> Iterator[Check]:
    """Yield what the machine has of all that the program needs, also where packages are missing.

    `browser` finds the one that prints, or raises RuntimeError.
    """
    yield Check("Python", f"{sys.version.split()[0]} at {sys.executable}")
    for part in (_packages, _own_names, _fonts, _gdal, _folders, _disk):
        try:
            yield part()
        except ImportError as error:
            yield Check(part.__name__.strip("_"), str(error), AGAIN, "wrong")
    try:
        yield Check("browser", browser())
    except RuntimeError as error:
        yield Check(
            "browser",
            "none that prints",
            str(error).rpartition("Fix: ")[2],
            "missing",
        )


def _check(part: str, well: str, wrong: Sequence[str], fix: str) -> Check:
    """Return what is wrong with a part, or what it is like where nothing is."""
    if wrong:
        return Check(part, "; ".join(wrong), fix, "wrong")
    return Check(part, well)


def _packages() -> Check:
    """Check that every package is there, in a version with which the program works."""
    from packaging.requirements import Requirement  # noqa: PLC0415

    needed = [Requirement(text) for text in metadata.requires(PROGRAM) or ()]
    wrong = []
    for package in needed:
        here = [d.version for d in metadata.distributions(name=package.name)]
        if package.marker is None and not any(
            map(package.specifier.contains, here)
        ):
            wrong.append(f"{package} (here: {', '.join(here) or 'none'})")
    return _check(
        "packages", f"{len(needed)}, in versions that work", wrong, AGAIN
    )


def _own_names() -> Check:
    """Look for other packages with the names of ours: one would hide or overwrite the other."""
    root = Path(__file__).parents[2]
    strays = {d.name for d in metadata.distributions() if _has_room(d)}
    places = {Path(entry).resolve() for entry in sys.path} - {root}
    for room in ROOMS:
        paths = [place / room for place in places]
        files = [path.with_suffix(".py") for path in paths]
        strays.update(str(path) for path in paths if path.is_dir())
        strays.update(
            str(file.parent / room) for file in files if file.is_file()
        )
    fix = "keep this program in an environment of its own, and uninstall the others there"
    others = sorted(strays - {PROGRAM})
    return _check("own names", f"only in {root}", others, fix)


_ROOM: Final = re.compile(rf"^(?:{'|'.join(ROOMS)})(?=[/.\s])", re.MULTILINE)
"""Where a list of files or of modules names one of ours."""


def _has_room(package: metadata.Distribution) -> bool:
    """Return whether a package that is installed has a module with the name of one of ours."""
    lists = map(package.read_text, ("top_level.txt", "RECORD"))
    return any(_ROOM.search(text) for text in lists if text)


def _fonts() -> Check:
    """Check the files of the fonts that cards are printed in."""
    names = [
        d.name
        for d in metadata.distributions()
        if d.name.startswith("fontpkg-")
    ]
    files = chain.from_iterable(metadata.files(name) or () for name in names)
    fonts = [file for file in files if file.suffix == ".ttf"]
    absent = [
        f"no {f.name}" for f in fonts if not Path(str(f.locate())).is_file()
    ]
    wrong = absent if fonts else ["0 files"]
    return _check("fonts", f"{len(fonts)} files", wrong, AGAIN)


def _gdal() -> Check:
    vector, raster = import_module("pyogrio"), import_module("rasterio")
    absent = sorted(DRIVERS - set(vector.list_drivers(write=True)))
    vectors, rasters = vector.__gdal_version_string__, raster.__gdal_version__
    wrong = [f"no {driver}" for driver in absent]
    return _check("GDAL", f"{vectors}, for rasters {rasters}", wrong, AGAIN)


def _folders() -> Check:
    """Check the folders of what never leaves and of snapshots, and this one."""
    data = import_module("platformdirs").user_data_path
    folders = map(
        atomic.in_the_way, (data("mitrovica"), data(PROGRAM), Path.cwd())
    )
    closed = [f"cannot be written to: {folder}" for folder in folders if folder]
    fix = "make them folders that you can write to"
    return _check("folders", f"{data()} and this one", closed, fix)


def _disk() -> Check:
    """Look whether the disk of the office's folder is encrypted, as far as that can be known."""
    folder = import_module("layers.files.kept").folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    is_encrypted = encrypted(there)
    if is_encrypted is None:
        what = f"not known whether the disk of {folder} is encrypted"
        return Check("disk", what, state="not known")
    if is_encrypted:
        return Check("disk", f"the disk of {folder} is encrypted")
    fix = "encrypt it (LUKS, FileVault, BitLocker): log, register and records lie there"
    return Check("disk", f"the disk of {folder} is not encrypted", fix, "open")


def encrypted(
    folder: Path, devices: Path = Path("/sys/dev/block")
) -> bool | None:
    """Return whether the disk under a folder is encrypted; None where that cannot be known.

    `devices` is the kernel's list of disks, on Linux: below a mapped disk lie those that it is made
    of, and one of dm-crypt says so.  Else FileVault and BitLocker are asked.
    """
    if sys.platform != "win32" and devices.is_dir():
        number = folder.stat().st_dev
        device = devices / f"{os.major(number)}:{os.minor(number)}"
        return _under(device.resolve()) if device.exists() else None
    asked = {
        "darwin": ("fdesetup", "status"),
        "win32": ("manage-bde", "-status", folder.drive),
    }
    program, *words = asked.get(sys.platform, ("",))
    path = shutil.which(program)
    if path is None:
        return None
    done = subprocess.run(
        [path, *words], capture_output=True, text=True, check=False, timeout=20
    )
    return told(done.stdout)


def told(text: str) -> bool | None:
    """Return whether FileVault or BitLocker says that a disk is encrypted; None for neither.

    >>> told("FileVault is On."), told("Protection Status: Protection Off"), told("Access denied")
    (True, False, None)
    """
    for words, is_encrypted in ((_ENCRYPTED, True), (_PLAIN, False)):
        if any(word in text for word in words):
            return is_encrypted
    return None


def _under(device: Path) -> bool:
    """Return whether a disk, or one that it is made of, is of dm-crypt."""
    mapped = device / "dm" / "uuid"
    if mapped.exists() and mapped.read_text("ascii").startswith("CRYPT-"):
        return True
    below = device / "slaves"
    parts = sorted(below.iterdir()) if below.is_dir() else []
    return bool(parts) and all(_under(part.resolve()) for part in parts)
