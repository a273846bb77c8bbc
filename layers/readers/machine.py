"""How much memory the machine has free."""

import os
from pathlib import Path
from typing import Final

_MEMINFO: Final = Path("/proc/meminfo")
_GROUP: Final = Path("/sys/fs/cgroup")


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
        most, used = (int((_GROUP / f"memory.{n}").read_text()) for n in ("max", "current"))
    except (OSError, ValueError):  # no container, or one without a limit ("max")
        return free
    return min(free or most, max(most - used, 0))
