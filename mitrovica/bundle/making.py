"""Make the bundle of one system from the lock and the wheel; ``make bundle`` calls it."""

import argparse
import hashlib
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from importlib import resources
from pathlib import Path
from types import MappingProxyType
from typing import Final

from packaging.requirements import Requirement

from layers.files import atomic

STARTERS: Final = resources.files("mitrovica.bundle")


@dataclass(frozen=True)
class System:
    """A system that bundles are made for."""

    platforms: tuple[str, ...]
    """Tags of its wheels."""
    markers: dict[str, str]
    """What a lock says of it."""
    starters: tuple[str, ...]


SYSTEMS: Final = MappingProxyType(
    {
        "linux": System(
            # As of Debian 12 and Ubuntu 22.04.
            (
                *(f"manylinux_2_{minor}_x86_64" for minor in range(36, 4, -1)),
                "manylinux2014_x86_64",
            ),
            {
                "os_name": "posix",
                "sys_platform": "linux",
                "platform_system": "Linux",
                "platform_machine": "x86_64",
            },
            ("start_desk.sh", "start_desk.desktop"),
        ),
        "windows": System(
            ("win_amd64",),
            {
                "os_name": "nt",
                "sys_platform": "win32",
                "platform_system": "Windows",
                "platform_machine": "AMD64",
            },
            ("start_desk.bat",),
        ),
    }
)


def locked(text: str, system: System, version: str) -> str:
    r"""Return what of a lock a system needs, with its hashes and without conditions.

    >>> lock = "a==1 --hash=sha256:0\nb==2 ; sys_platform == 'win32' --hash=sha256:1\n"
    >>> locked(lock, SYSTEMS["linux"], "3.13")
    'a==1 --hash=sha256:0\n'
    """
    markers = system.markers | {
        "python_version": version,
        "python_full_version": f"{version}.0",
        "implementation_name": "cpython",
        "platform_python_implementation": "CPython",
    }
    lines = []
    for entry in re.split(r"\n(?=\S)", text.strip()):
        head, *hashes = re.split(r"[\s\\]+(?=--hash)", entry)
        wanted = Requirement(head)
        if wanted.marker is None or wanted.marker.evaluate(markers):
            lines.append(
                " ".join([f"{wanted.name}{wanted.specifier}", *hashes])
            )
    return "\n".join(lines) + "\n"


def version_of(python: Path) -> str:
    """Return the version of the Python in a folder, of whichever system it is."""
    names = [path.name for path in python.glob("python3*.dll")]
    names += [path.name for path in python.glob("bin/python3.*")]
    found = {
        f"3.{minor}"
        for name in names
        for minor in re.findall(r"^python3\.?(\d\d)(?:\.dll)?$", name)
    }
    if len(found) != 1:
        sys.exit(
            f"{python} is no folder of one Python 3: it has neither python3….dll nor "
            "bin/python3.…. Fix: name the folder of an installed Python"
        )
    return found.pop()


def fill(
    bundle: Path,
    wheel: Path,
    lock: Path,
    system: System,
    version: str,
    python: Path | None,
) -> None:
    """Fill the folder of a bundle.

    Parameters
    ----------
    bundle
        The folder, which exists.
    wheel
        Wheel of the toolkit.
    lock
        Locked versions with hashes.
    system
        Linux or Windows.
    version
        Of Python, as ``3.12``.
    python
        Folder with a Python of its own to copy; without it the office has one.
    """
    requirements = bundle / "requirements.txt"
    requirements.write_text(
        locked(lock.read_text("utf-8"), system, version), "utf-8"
    )
    wheels = bundle / "wheels"
    command = [sys.executable, "-m", "pip", "download", "--quiet"]
    command += ["--disable-pip-version-check", "--no-deps", "--require-hashes"]
    command += ["--only-binary", ":all:", "--python-version", version]
    for platform in system.platforms:
        command += ["--platform", platform]
    command += ["--dest", str(wheels), "--requirement", str(requirements)]
    subprocess.run(command, check=True)
    shutil.copy(wheel, wheels)
    name, number, *_ = wheel.name.split("-")
    digest = hashlib.sha256(wheel.read_bytes()).hexdigest()
    with requirements.open("a", encoding="utf-8") as lines:
        lines.write(f"{name}=={number} --hash=sha256:{digest}\n")
    (bundle / "python.txt").write_text(version + "\n", "utf-8")
    for starter in ("start.py", *system.starters):
        text = STARTERS.joinpath(starter).read_text("utf-8")
        newline = "\r\n" if starter.endswith(".bat") else "\n"
        (bundle / starter).write_text(text, "utf-8", newline=newline)
        (bundle / starter).chmod(0o755)
    if python is not None:
        shutil.copytree(python, bundle / "python", symlinks=True)


def main() -> None:
    """Read the command line, and make the bundle."""
    asked = argparse.ArgumentParser(description=__doc__)
    asked.add_argument("bundle", type=Path)
    asked.add_argument("--wheel", type=Path, required=True)
    asked.add_argument("--lock", type=Path, required=True)
    asked.add_argument("--system", choices=SYSTEMS, default="linux")
    asked.add_argument("--python", type=Path)
    here = f"{sys.version_info.major}.{sys.version_info.minor}"
    asked.add_argument("--version", default=here)
    given = asked.parse_args()
    python = given.python
    version = given.version if python is None else version_of(python)
    system = SYSTEMS[given.system]
    with atomic.folder(given.bundle) as part:
        fill(part, given.wheel, given.lock, system, version, python)
    print(f"Wrote {given.bundle}")


if __name__ == "__main__":
    main()
