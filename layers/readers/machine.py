"""The machine: how much memory it has free, and whether all that the program needs is there."""

import os
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from importlib import import_module, metadata
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
    """Where all is not well: ``missing`` where only one command needs it, ``open`` of a disk that
    anybody can read who has it, ``not known``, else ``wrong``."""


def available_bytes() -> int | None:
    """Return the bytes of memory that a new program may use; None where the system does not say.

    On Linux what the kernel calls available, or what a container's limit leaves, whichever is
    less; elsewhere all the memory that is built in.
    """
    if not _MEMINFO.exists():
        if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
            return os.sysconf("SC_PHYS_PAGES") * os.sysconf("SC_PAGE_SIZE")
        return None
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
    for part in (_packages, _own_names, _fonts, _gdal, _folders, _disk):
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


def _check(part: str, found: str, fix: str, *, wrong: bool) -> Check:
    return Check(part, found, fix, "wrong") if wrong else Check(part, found)


def _packages() -> Check:
    """Check that every package is there, in a version with which the program works."""
    from packaging.requirements import Requirement  # noqa: PLC0415

    needed = [Requirement(text) for text in metadata.requires(PROGRAM) or ()]
    wrong = []
    for one in needed:
        here = [d.version for d in metadata.distributions(name=one.name)]
        if one.marker is None and not any(map(one.specifier.contains, here)):
            wrong.append(f"{one} (here: {', '.join(here) or 'none'})")
    found = "; ".join(wrong) or f"{len(needed)}, in versions that work"
    return _check("packages", found, AGAIN, wrong=bool(wrong))


def _own_names() -> Check:
    """Look for other packages with the names of ours: one would hide or overwrite the other."""
    own = Path(__file__).parents[2]
    owners = metadata.packages_distributions()
    strays = {
        owner for room in ROOMS for owner in owners.get(room, ()) if owner != PROGRAM
    }
    places = {Path(entry).resolve() for entry in sys.path} - {own}
    strays |= {
        str(place / room)
        for place in places
        for room in ROOMS
        if (place / room).is_dir() or (place / f"{room}.py").is_file()
    }
    fix = (
        "keep this program in an environment of its own, and uninstall the others there"
    )
    found = ", ".join(sorted(strays)) or f"only in {own}"
    return _check("own names", found, fix, wrong=bool(strays))


def _fonts() -> Check:
    """Check the files of the fonts that cards are printed in."""
    names = [d.name for d in metadata.distributions() if d.name.startswith("fontpkg-")]
    files = [
        f for name in names for f in metadata.files(name) or () if f.suffix == ".ttf"
    ]
    absent = [file.name for file in files if not Path(str(file.locate())).is_file()]
    found = f"{len(files)} files" + (f", without {', '.join(absent)}" if absent else "")
    return _check("fonts", found, AGAIN, wrong=bool(absent) or not files)


def _gdal() -> Check:
    vector, raster = import_module("pyogrio"), import_module("rasterio")
    absent = sorted(DRIVERS - set(vector.list_drivers(write=True)))
    found = f"{vector.__gdal_version_string__}, for rasters {raster.__gdal_version__}"
    found += f", without {', '.join(absent)}" if absent else ""
    return _check("GDAL", found, AGAIN, wrong=bool(absent))


def _folders() -> Check:
    """Check the folders of what never leaves and of snapshots, and this one."""
    data = import_module("platformdirs").user_data_path
    folders = map(atomic.in_the_way, (data("mitrovica"), data(PROGRAM), Path.cwd()))
    closed = [str(folder) for folder in folders if folder]
    found = (
        f"cannot be written to: {', '.join(closed)}"
        if closed
        else f"{data()} and this one"
    )
    return _check(
        "folders", found, "make them folders that you can write to", wrong=bool(closed)
    )


def _disk() -> Check:
    """Look whether the disk of the office's folder is encrypted, as far as that can be known."""
    folder = import_module("layers.files.kept").folder()
    there = next(path for path in (folder, *folder.parents) if path.exists())
    known = encrypted(there)
    if known is None:
        found = f"not known whether the disk of {folder} is encrypted"
        return Check("disk", found, state="not known")
    if known:
        return Check("disk", f"the disk of {folder} is encrypted")
    fix = "encrypt it (LUKS, FileVault, BitLocker): log, register and records lie there"
    return Check("disk", f"the disk of {folder} is not encrypted", fix, "open")


def encrypted(folder: Path, devices: Path = Path("/sys/dev/block")) -> bool | None:
    """Return whether the disk under a folder is encrypted; None where that cannot be known.

    `devices` is the kernel's list of disks, on Linux: below a mapped disk lie those that it is made
    of, and one of dm-crypt says so.  Else FileVault and BitLocker are asked.
    """
    if devices.is_dir():
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
    for words, known in ((_ENCRYPTED, True), (_PLAIN, False)):
        if any(word in text for word in words):
            return known
    return None


def _under(device: Path) -> bool:
    """Return whether a disk, or one that it is made of, is of dm-crypt."""
    mapped = device / "dm" / "uuid"
    if mapped.exists() and mapped.read_text("ascii").startswith("CRYPT-"):
        return True
    below = device / "slaves"
    parts = sorted(below.iterdir()) if below.is_dir() else []
    return bool(parts) and all(_under(part.resolve()) for part in parts)
